"""The answers to K3, K4, K6 and K7 for made-up records: all outcomes, and both marks."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
)
from reproduction.common.families import COMMIT_FRAMES
from reproduction.common.intervals import NO_STRICTER
from reproduction.potentials import answers
from reproduction.potentials.answers import DIFFUSION, DRIVEN, OTHER, answer
from reproduction.potentials.pairs import PairCounts, pair_is_rare, pairs_are_alike, pieces

FRAMES, LONG = 100_000, 400_000


@pytest.fixture(autouse=True)
def short_commit_times(monkeypatch):
    """Made-up states are left so fast that stays of 100 frames would be rare."""
    monkeypatch.setitem(COMMIT_FRAMES, "four states", (10,))


def chain(*rates):
    """A symmetric chain with these rates of the pairs, in the order A–B, A–C, …."""
    n = {3: 3, 6: 4}[len(rates)]
    matrix = np.zeros((n, n))
    matrix[np.triu_indices(n, 1)] = rates
    matrix += matrix.T
    return matrix + np.diag(1 - matrix.sum(axis=1))


ROW = chain(0.004, 0.0003, 0.004)  # A–C has 0.1 of the transitions of the others
ALIKE = chain(0.004, 0.003, 0.004)
# A–B, A–C, A–D, B–C, B–D, C–D
RING = chain(0.002, 0.002, 0.0003, 0.0003, 0.002, 0.002)


@cache
def simulated(key, frames, seed):
    matrix = np.array(key).reshape(round(len(key) ** 0.5), -1)
    return simulate_markov_chain(matrix, frames, seed=seed)


def labels(matrix, frames, seed):
    return simulated(tuple(matrix.ravel().tolist()), frames, seed)


def record(data, model=None, *, frames=FRAMES, spread=0.0, other=ALIKE, trainings=5):
    """A record of one chain, whose networks generate another with a factor of their own on A–C."""
    model = data if model is None else model
    random = np.random.default_rng(1)
    generated = []
    for seed in range(trainings):
        own = model.copy()
        own[0, 2] = own[2, 0] = model[0, 2] * np.exp(spread * random.normal())
        np.fill_diagonal(own, 0)
        np.fill_diagonal(own, 1 - own.sum(axis=1))
        generated.append(
            np.stack([labels(own, frames, 100 + seed), labels(own, frames, 200 + seed)])
        )
    n = len(data)
    return SimpleNamespace(
        name="made_up",
        settings={
            "potential": "four_state" if n == 4 else "linear_three_state", "labels": n, "seed": 1,
            "segments": 10, "frames": frames, "running_mean": 1, "shortest_stay": 1,
            "centres": [2.0, 0.5, -0.5, -2.0] if n == 4 else [],
        },
        data=labels(data, frames, 1),
        reference=labels(data, 10 * frames, 2),
        generated=generated,
        controls={
            "untrained": [random.integers(n, size=frames).astype(np.uint8)],
            "other": labels(other, frames, 3),
        },
    )  # fmt: skip


def outcome(claim, made):
    return answer(claim, "ours", made).outcome


def test_a_rare_pair_holds_and_like_pairs_do_not():
    assert outcome("K3", record(ROW)) == HOLDS
    assert outcome("K3", record(ROW, ALIKE)) == DOES_NOT_HOLD
    assert outcome("K3", record(ROW, chain(0.004, 0.0013, 0.004))) == UNDECIDED


def test_trainings_that_scatter_decide_nothing():
    assert outcome("K3", record(ROW, spread=2.0)) == UNDECIDED
    assert outcome("K3", record(ROW, spread=0.1)) == HOLDS


def test_data_that_are_too_short_decide_nothing_and_cannot_be_tested():
    short = answer("K3", "ours", record(ROW, frames=4_000))
    assert (short.outcome, CANNOT_BE_TESTED in short.marks) == (UNDECIDED, True)
    assert short.more_data > 1
    assert CANNOT_BE_TESTED not in answer("K3", "ours", record(ROW)).marks


def test_like_pairs_hold_and_a_rare_pair_does_not():
    assert outcome("K4", record(ALIKE)) == HOLDS
    assert outcome("K4", record(ALIKE, ROW)) == DOES_NOT_HOLD
    assert outcome("K4", record(ALIKE, chain(0.004, 0.0013, 0.004))) == UNDECIDED


@pytest.mark.parametrize(("ac", "former"), [(0.004, HOLDS), (0.002, UNDECIDED)])
def test_the_former_limit_of_like_pairs_is_shown(ac, former):
    pairs = chain(0.004, ac, 0.004)
    found = answer("K4", "ours", record(pairs))
    assert f"by the former limit of 2: {former} (reference simulation: " in found.number
    assert found.outcome == HOLDS
    assert "former" not in answer("K3", "ours", record(ROW)).number


def test_the_limits_are_a_third_and_its_complement():
    assert [np.exp(each.high) for each in pair_is_rare()] == pytest.approx([1 / 3] * 2)
    assert [each.name for each in pair_is_rare()] == ["A–C / A–B", "A–C / B–C"]
    limits = [(np.exp(each.low), np.exp(each.high)) for each in pairs_are_alike()]
    assert limits == [pytest.approx((1 / 3, 3))] * 3


def test_what_has_no_memory_and_the_other_potential_are_the_controls():
    found = answer("K3", "ours", record(ROW))
    assert found.controls.pop("untrained network") != HOLDS
    assert found.controls == {
        "shuffled labels": UNDECIDED,  # hardly a committed transition
        "first-order Markov chain": HOLDS,  # the data are such a chain
        OTHER: DOES_NOT_HOLD,
    }
    assert found.marks == (NOT_DIAGNOSTIC,)
    assert answer("K3", "ours", record(ROW, other=ROW)).controls[OTHER] == HOLDS


def test_two_pairs_are_as_distal_as_each_other():
    assert outcome("K6", record(RING, frames=LONG)) == HOLDS
    near = chain(0.002, 0.002, 0.0003, 0.002, 0.002, 0.002)  # B–C as near as all others
    assert outcome("K6", record(RING, near, frames=LONG)) == DOES_NOT_HOLD
    apart = chain(0.002, 0.002, 0.00002, 0.0004, 0.002, 0.002)  # both rare, and not alike
    found = answer("K6", "ours", record(RING, apart, frames=LONG))
    assert found.outcome == DOES_NOT_HOLD and found.number.startswith("B–C / A–D")


def test_two_distal_pairs_of_short_data_cannot_be_tested():
    found = answer("K6", "ours", record(RING, frames=20_000))
    assert (found.outcome, found.marks[:1]) == (UNDECIDED, (CANNOT_BE_TESTED,))


def test_a_diffusion_along_x_is_a_control_of_distal_pairs():
    found = answer("K6", "ours", record(RING))
    assert set(found.controls) >= {DIFFUSION, "first-order Markov chain"}
    assert found.controls[DIFFUSION] != HOLDS


CIRCLE = chain(0.002, 0.002, 1e-6, 1e-6, 0.002, 0.002)  # hardly a transition across


def driven(factor):
    """The circle with more transitions one way round than the other."""
    matrix = CIRCLE.copy()
    for i, j in ((0, 2), (2, 3), (3, 1), (1, 0)):
        matrix[i, j] *= factor**0.5
        matrix[j, i] /= factor**0.5
    np.fill_diagonal(matrix, 0)
    return matrix + np.diag(1 - matrix.sum(axis=1))


def test_equal_counts_both_ways_hold_and_a_driven_ring_does_not():
    found = answer("K7", "ours", record(CIRCLE, frames=LONG))
    assert (found.outcome, found.marks) == (HOLDS, (NOT_DIAGNOSTIC,))
    assert found.controls[DRIVEN] == DOES_NOT_HOLD
    assert found.controls["first-order Markov chain"] == HOLDS  # it is in equilibrium
    assert outcome("K7", record(CIRCLE, driven(2.0), frames=LONG)) == DOES_NOT_HOLD
    assert outcome("K7", record(CIRCLE, driven(1.25), frames=LONG)) == UNDECIDED


def test_pairs_that_are_hardly_known_leave_the_asymmetry_open():
    found = answer("K7", "ours", record(RING, frames=LONG))
    assert (found.outcome, CANNOT_BE_TESTED in found.marks) == (UNDECIDED, True)
    assert 1 < found.more_data < 20


def test_pairs_that_are_too_rare_for_the_asymmetry_are_named_and_not_judged():
    found = answer("K7", "ours", record(CIRCLE, frames=LONG))
    assert "; too rare to test: A→D / D→A, B→C / C→B" in found.number


def test_an_asymmetry_without_transitions_cannot_be_tested():
    found = answer("K7", "ours", record(RING, frames=2_000))
    assert (found.outcome, found.marks[:1]) == (UNDECIDED, (CANNOT_BE_TESTED,))
    assert found.number.startswith(answers.NO_PAIR)
    assert 1 < found.more_data < np.inf


def test_the_stricter_commit_time_is_asked_as_well():
    assert answer("K3", "ours", record(ROW)).stricter == HOLDS
    assert answer("K3", "ours", record(ROW, ALIKE)).stricter == DOES_NOT_HOLD
    assert NO_STRICTER not in answer("K3", "ours", record(ROW)).number


def test_a_case_that_the_stricter_commit_time_does_not_have_is_not_asked():
    # Short stays lie between A and C, so that A–C is no rarer than others only if they are skipped.
    made = record(chain(0.004, 0.003, 0.004))
    made.data, made.reference = (each.copy() for each in (made.data, made.reference))
    for labels_of in (made.data, made.reference):
        ways = np.flatnonzero((np.diff(labels_of.astype(int)) != 0) & (labels_of[1:] != 1))
        labels_of[ways[labels_of[ways] != 1]] = 1  # one frame of B on the way from A to C
    found = answer("K4", "ours", made)
    assert (found.outcome, found.stricter) == (HOLDS, "")
    assert found.number.endswith(NO_STRICTER)


def test_the_error_of_the_data_is_that_of_repeated_simulations():
    made = PairCounts(record(ROW))
    ratio = pair_is_rare()[0]
    repeated = [labels(ROW, FRAMES, 1000 + seed) for seed in range(60)]
    spread = np.std([ratio.number(made.count([each])).value for each in repeated])
    assert np.sqrt(made.data_error(ratio).variance) == pytest.approx(spread, rel=0.35)
    found = made.limited([ratio], made.model)[0].number
    assert found.variance > made.data_error(ratio).variance > 0


def test_simulations_are_as_long_as_the_data():
    assert [each.size for each in pieces(np.zeros(35), np.zeros(10))] == [10, 10, 10]


def test_every_claim_is_asked_of_every_method_that_has_a_record():
    assert answers.ANSWERS["K3", "authors"].records == ("linear_authors",)
    assert answers.ANSWERS["K4", "ours"].records == ("triangular_ours",)
    assert answers.ANSWERS["K6**", "first edition"].records == ("four_state_raw",)
    assert answers.ANSWERS["K7", "first edition"].records == ("four_state",)
