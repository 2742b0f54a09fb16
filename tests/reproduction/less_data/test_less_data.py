"""Less data: the models on chains whose answer is exact, the rules, and a run at a tiny size."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lstm_md.analysis.markov import MarkovModel, simulate_markov_chain
from lstm_md.analysis.markov_models import HiddenMarkovModel
from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.less_data import criteria, memory, numbers, systems
from reproduction.less_data import run as less_data
from reproduction.less_data.claims import CLAIMS
from reproduction.less_data.criteria import Interval
from reproduction.recipes import RECIPES
from reproduction.runs.recipe import JobSettings, run_job

RECORDED = Path(__file__).parents[3] / "book" / "recorded"
CHAIN = np.array([[0.9, 0.08, 0.02], [0.05, 0.85, 0.1], [0.03, 0.07, 0.9]])
#: Two labels; the hidden states behind each of them have different lifetimes.
HIDDEN = HiddenMarkovModel(
    [
        [0.9, 0.05, 0.03, 0.02],
        [0.1, 0.6, 0.1, 0.2],
        [0.02, 0.08, 0.7, 0.2],
        [0.01, 0.0, 0.04, 0.95],
    ],
    [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]],
)
#: As many hidden states as labels: T(t) is A T̂^t at all times.
NOISY = HiddenMarkovModel([[0.95, 0.05], [0.02, 0.98]], [[0.9, 0.1], [0.2, 0.8]])


def powers(matrix, times):
    return np.array([np.linalg.matrix_power(matrix, t) for t in times])


def test_the_kernels_of_a_markov_chain_vanish():
    kernels = memory.memory_kernels(powers(CHAIN, range(1, 9)))
    np.testing.assert_allclose(kernels, np.zeros((7, 3, 3)), atol=1e-14)


def test_the_kernels_of_a_hidden_markov_model_do_not_vanish_but_decay():
    exact = memory.of_hidden_markov_model(HIDDEN, range(1, 41))
    sizes = np.abs(memory.memory_kernels(exact)).max(axis=(1, 2))
    assert sizes[0] > 0.01
    assert sizes[30] < 1e-3 * sizes[0]


def test_the_qmsm_of_a_markov_chain_is_exact_from_two_matrices():
    found = memory.qmsm(powers(CHAIN, (1, 2)), 50)
    np.testing.assert_allclose(found, powers(CHAIN, range(1, 51)), atol=1e-12)


def test_the_qmsm_is_exact_as_its_memory_covers_that_of_the_process():
    exact = memory.of_hidden_markov_model(HIDDEN, range(1, 101))
    errors = [np.abs(memory.qmsm(exact[:m], 100) - exact).max() for m in (2, 5, 10, 20, 40)]
    assert np.all(np.diff(errors) < 0)
    assert errors[0] > 0.01 and errors[-1] < 1e-4
    markov = np.abs(powers(exact[0], range(1, 101)) - exact).max()
    assert errors[0] < markov


def test_the_given_matrices_are_reproduced_by_the_qmsm():
    exact = memory.of_hidden_markov_model(HIDDEN, range(1, 11))
    np.testing.assert_allclose(memory.qmsm(exact, 10), exact, atol=1e-13)


@pytest.mark.parametrize("weights", [None, [0.3, 0.7]])
def test_the_igme_finds_a_process_of_its_own_form(weights):
    times = np.arange(5, 16)
    first, step = memory.igme(memory.of_hidden_markov_model(NOISY, times), times, weights)
    later = np.array([1, 2, 40, 100])
    exact = memory.of_hidden_markov_model(NOISY, later)
    np.testing.assert_allclose(memory.predict_igme(first, step, later), exact, atol=1e-5)
    assert np.abs(first - np.eye(2)).max() > 0.1


def test_the_igme_of_a_markov_chain_is_the_chain():
    times = np.arange(3, 9)
    first, step = memory.igme(powers(CHAIN, times), times)
    np.testing.assert_allclose(step, CHAIN, atol=1e-5)
    np.testing.assert_allclose(first, np.eye(3), atol=1e-4)


def test_the_igme_never_grows_even_if_the_data_are_noise():
    random = np.random.default_rng(1)
    noise = random.dirichlet([1, 1, 1, 1], (8, 4))
    first, step = memory.igme(noise, np.arange(10, 18))
    assert np.abs(np.linalg.eigvals(step)).max() < 1 + 1e-9
    assert np.isfinite(memory.predict_igme(first, step, [10_000])).all()


def test_t_of_a_hidden_markov_model_is_that_of_its_labels():
    exact = memory.of_hidden_markov_model(HIDDEN, [1, 4])
    labels = HIDDEN.simulate(1_000_000, seed=1)
    found = systems.probabilities(systems.pair_counts(labels, [1, 4])[:, :2, :2])
    np.testing.assert_allclose(found, exact, atol=0.004)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: memory.memory_kernels(CHAIN[None]), "matrices"),
        (lambda: memory.igme(CHAIN[None], [1]), "times"),
        (lambda: memory.igme(powers(CHAIN, (1, 2)), [1, 2, 3]), "times"),
    ],
)
def test_wrong_input_is_named(call, name):
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        call()


def test_pairs_are_counted_within_trajectories():
    one = np.array([0, 1, 2, 3, 3, 0], np.uint8)
    counts = systems.pair_counts(one, [1, 2, 10])
    assert counts[0].sum() == 5 and counts[0, 3, 3] == 1 and counts[0, 3, 0] == 1
    assert counts[1, 0, 2] == 1 and counts[1].sum() == 4 and counts[2].sum() == 0
    assert (systems.pair_counts([one, one], [1]) == 2 * counts[:1]).all()


def test_a_label_without_data_leads_to_the_populations():
    found = systems.probabilities([[0, 0, 0], [0, 3, 1], [0, 1, 3]])
    np.testing.assert_allclose(found, [[0, 0.5, 0.5], [0, 0.75, 0.25], [0, 0.25, 0.75]])


def test_the_states_of_the_dipeptide_lie_in_the_plane():
    angles = np.radians([[60, -60, -60, -150, 170, -150], [-40, -40, 140, 160, 170, -40]])
    assert systems.dipeptide_states(*angles).tolist() == [0, 1, 2, 3, 3, 1]


def test_errors_are_weighted_by_populations():
    counts = np.array([[[80.0, 10.0], [10.0, 0.0]]])
    right = systems.probabilities(counts)
    assert numbers.error_of(right, counts) == 0
    off = right + np.array([[[0.1, -0.1], [0.0, 0.0]]])
    assert numbers.error_of(off, counts) == pytest.approx(0.1 * np.sqrt(0.9))


def test_the_time_scale_of_a_chain_is_found_at_any_time():
    expected = MarkovModel(CHAIN).timescales[0]
    for time in (1, 5, 20):
        found = numbers.time_scale(np.linalg.matrix_power(CHAIN, time), time)
        assert found == pytest.approx(expected, rel=1e-6)
    assert numbers.time_scale(np.full((3, 3), 1 / 3), 10) < 2


def test_the_rules_of_savings():
    one = np.exp(0.1 * np.linspace(-1, 1, 10))
    outcomes = [criteria.above(criteria.ratio_interval(s * one), 1.25) for s in (2, 1.25, 1)]
    assert outcomes == [HOLDS, UNDECIDED, DOES_NOT_HOLD]
    assert criteria.below(Interval(0.05, 0.02, 0.08), 0.1) == HOLDS
    assert criteria.below(Interval(1, 0.9, 1.1), 0.1) == DOES_NOT_HOLD
    assert criteria.within_margin(Interval(1, 0.9, 1.1)) == HOLDS
    assert criteria.within_margin(Interval(1, 0.7, 1.1)) == UNDECIDED
    assert criteria.within_margin(Interval(0.6, 0.5, 0.7)) == DOES_NOT_HOLD
    assert criteria.controlled(HOLDS, [HOLDS], [UNDECIDED]) == HOLDS
    assert criteria.controlled(HOLDS, [UNDECIDED], []) == UNDECIDED
    assert criteria.controlled(HOLDS, [HOLDS], [HOLDS]) == UNDECIDED


def test_the_rule_of_savings_rarely_errs_and_sees_a_saving_of_two():
    found = criteria.power(0.35, 10)
    assert found["1.25"][HOLDS] < 0.08 and found["1.25"][DOES_NOT_HOLD] < 0.08
    assert found["1"][HOLDS] < 0.01 and found["2"][HOLDS] > 0.9


def test_the_rule_of_memory():
    high, low, open_ = Interval(2, 1.5, 3), Interval(1, 0.9, 1.1), Interval(1.3, 1, 1.6)
    assert criteria.memory_helps({"a": {"x": high, "y": low}, "b": {"x": high, "y": low}}) == HOLDS
    assert criteria.memory_helps({"a": {"x": low, "y": low}, "b": {"x": high, "y": low}}) == (
        DOES_NOT_HOLD
    )
    assert criteria.memory_helps({"a": {"x": high, "y": low}, "b": {"x": low, "y": open_}}) == (
        UNDECIDED
    )


def pieces(random, scale, part):
    """Predictions of a chain: all off by noise, "lstm" by half as much, "qmsm" by more."""
    exact = powers(CHAIN4, (10, 20))
    found = {f"{part}_count": np.rint(1e4 * exact).astype(int)}
    for model in numbers.MODELS:
        size = scale * {"lstm": 0.5, "qmsm": 1.5}.get(model, 1.0)
        found[f"{part}_{model}"] = exact + size * random.standard_normal(exact.shape)
    return found


CHAIN4 = np.full((4, 4), 0.01) + 0.96 * np.eye(4)


def test_a_model_that_halves_the_error_saves_a_factor_of_four():
    random, rest = np.random.default_rng(2), 1e6 * powers(CHAIN4, (10, 20))
    rows = [
        numbers._row(pieces(random, 0.01, "quarter"), "quarter", rest, (10, 20)) for _ in range(10)
    ]
    errors, scales = numbers._tables({"quarter": rows, "tenth": rows, "all": rows[:2]})
    saving = numbers.savings(errors)["quarter"]
    assert saving["lstm"]["outcome"] == HOLDS and 3 < saving["lstm"]["mean"] < 5.5
    assert saving["qmsm"]["outcome"] == DOES_NOT_HOLD
    assert saving["lstm"]["p_value"] < 0.01 < saving["hmm"]["p_value"]
    assert scales["quarter"]["lstm"] == pytest.approx(1, abs=0.2)


def test_every_claim_has_a_criterion_and_a_reason():
    assert list(CLAIMS) == [f"X3{k}" for k in "abcdefghij"]
    assert all(claim.criterion and claim.rationale and claim.short for claim in CLAIMS.values())


def test_a_quarter_and_its_tenths_are_the_right_pieces(tmp_path, monkeypatch):
    runs = [np.arange(1000), np.arange(1000, 2000)]
    monkeypatch.setattr(systems, "dipeptide", lambda which, records: runs[which])
    monkeypatch.setattr(less_data, "learn", lambda labels, part, *others: {part: labels})
    found = [
        less_data.one_quarter(tmp_path, tmp_path, JobSettings(place=k, quarters=4, frames=800))
        for k in range(8)
    ]
    quarters = np.concatenate([one["quarter"] for one in found])
    assert quarters.tolist() == [*range(800), *range(1000, 1800)]
    for one in found:
        tenths = np.concatenate([one["tenth0"], one["tenth1"]])
        assert tenths.tolist() == one["quarter"][:160].tolist() and len(one["tenth0"]) == 80


def test_a_tiny_run_answers_every_claim(tmp_path, monkeypatch):
    monkeypatch.setattr(systems, "dipeptide", cache(systems.dipeptide))  # read each file once
    recipe, folder = RECIPES["less_data_smoke"], tmp_path / "less_data_smoke"
    for name in recipe.needs:
        (tmp_path / name).symlink_to(RECORDED / name)
    (folder / ".working").mkdir(parents=True)
    for job in recipe.jobs:
        run_job(job, folder)
    found = recipe.summarise(folder, recipe.settings)["numbers"]
    assert json.dumps(found, allow_nan=False)
    assert {f"X3{k}" for k in "abcdefg"} <= set(found)
    assert {found[f"X3{k}"]["outcome"] for k in "abcdefg"} <= {HOLDS, DOES_NOT_HOLD, UNDECIDED}
    for system in ("four_state", "dipeptide"):
        errors = found["errors"][system]
        assert set(errors) == {"tenth", "quarter", "all"}
        assert all(0 < value < 1 for row in errors.values() for value in row.values())


def test_a_markov_chain_of_four_labels_is_predicted_from_counts():
    labels = simulate_markov_chain(CHAIN4, 200_000, seed=3)
    found = systems.probabilities(systems.pair_counts(labels, [10]))
    np.testing.assert_allclose(found[0], np.linalg.matrix_power(CHAIN4, 10), atol=0.03)
