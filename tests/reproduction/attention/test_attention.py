"""The study of attention: its processes, its rules, and a run at a tiny size."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.attention import criteria, networks, numbers, processes
from reproduction.attention import run as attention
from reproduction.attention.claims import CLAIMS
from reproduction.dipeptide import recorded_simulations, states
from reproduction.recipes import RECIPES
from reproduction.runs.files import load_file, save_file
from reproduction.runs.recipe import run_job

SETS = 8
NOISE = np.random.default_rng(1).standard_normal((SETS, 10))


def test_the_relaxation_rate_is_that_of_a_chain():
    matrix = np.array([[0.98, 0.02], [0.06, 0.94]])
    labels = simulate_markov_chain(matrix, 100_000, seed=1, n_chains=4)
    found = processes.relaxation_rate(list(labels), 10)
    assert found == pytest.approx(-np.log(0.92), rel=0.05)


@pytest.mark.parametrize("rows", [np.zeros((1, 100)), np.repeat([[0, 1]], 50, axis=1)])
def test_a_rate_without_a_transition_has_a_logarithm(rows):
    found = processes.relaxation_rate(list(rows.astype(np.uint8)), 60)
    assert np.isfinite(np.log(found)) and found > 0


def test_the_leaving_rate_of_a_semi_markov_chain_is_exact():
    labels = processes.semi_markov(400_000, seed=2)
    assert processes.leaving_rate([labels]) == pytest.approx(processes.LEAVING, rel=0.02)
    assert processes.LEAVING == 1 / 130
    assert pytest.approx(2 * np.log(41) / 180) == processes.BEST_LOSS
    assert processes.leaving_rate([np.zeros(101, np.uint8)]) == 0.5 / 100


@pytest.mark.parametrize("system", processes.SYSTEMS)
def test_a_process_has_labels_states_and_a_rate(system):
    found = processes.process(system, 20_000, 3)
    assert found.labels.shape == (20_000,) and found.labels.max() < found.n_labels
    assert np.isfinite(np.log(found.rate(found.labels[:4000].reshape(2, -1))))


def test_a_recorded_simulation_of_the_dipeptide_has_pieces_of_50_ns():
    assert len(processes.process("dipeptide", 10**7, 7).labels) == 500_000


def test_the_pieces_of_the_dipeptide_follow_each_other(monkeypatch):
    phi = [np.random.default_rng(k).uniform(-np.pi, np.pi, 400) for k in range(2)]
    monkeypatch.setattr(recorded_simulations, "load", lambda which, records: (phi[which], None))
    pieces = [processes.process("dipeptide", 100, k).labels for k in range(9)]
    whole = states.labels_of(np.concatenate(phi))
    np.testing.assert_array_equal(np.concatenate(pieces[:8]), whole)
    np.testing.assert_array_equal(pieces[8], pieces[0])


def test_all_views_show_one_simulation():
    seen = processes.views(30_000, 4, processes.VIEWS)
    raw = seen["raw"].labels
    np.testing.assert_array_equal(raw, processes.process("triangular", 30_000, 4).labels)
    np.testing.assert_array_equal(seen["every_10"].labels, raw[::10])
    assert seen["every_10"].lag * seen["every_10"].every == seen["raw"].lag
    fast = seen["fast"]
    np.testing.assert_array_equal(fast.states_of(fast.labels), raw)
    assert len(np.unique(fast.labels)) == 3 * processes.N_FAST
    for name, view in seen.items():
        states = view.states_of(view.labels)
        assert set(np.unique(states)) <= {0, 1, 2}
        same = (states == raw[:: view.every][: len(states)]).mean()
        assert same > 0.9, name
        # The slowest rate is nearly the same in all of them.
        assert view.rate(view.labels) == pytest.approx(seen["raw"].rate(raw), rel=0.5)


def test_all_trainings_have_as_many_steps():
    for frames in (200_000, 600_000):
        for window in (50, 100, 200):
            epochs = networks.epochs_for(frames, window, 400)
            per_epoch = ((frames - 1) // window) // (networks.BATCH_FRAMES // window)
            assert epochs * per_epoch == pytest.approx(400, rel=0.15)


def test_the_loss_of_groups_adds_probabilities():
    log_p = np.log([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]])
    learned = networks.Learned(np.zeros((1, 1), np.uint8), 0, 0, log_p, np.array([1, 3]))
    expected = -(np.log(0.3) + np.log(0.2)) / 2
    assert networks.loss_of_groups(learned, 2) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("shift", "noise", "outcome"),
    [(0.5, 0.05, HOLDS), (0.0, 0.05, DOES_NOT_HOLD), (0.2, 0.3, UNDECIDED)],
)
def test_an_arm_decides_or_does_not(shift, noise, outcome):
    for sign in (1, -1):
        assert criteria.decides(sign * shift * np.eye(3)[0] + noise * NOISE[:, :3]) == outcome


def test_a_loss_has_a_margin_of_its_own():
    values = 0.15 + 0.01 * NOISE[:, :2]
    assert criteria.decides(values) == DOES_NOT_HOLD
    assert criteria.decides(values, [criteria.LOG_MARGIN, criteria.GAIN_MARGIN]) == HOLDS


def test_a_small_but_sure_difference_decides_nothing():
    assert criteria.decides(0.1 + 0.01 * NOISE[:, :3]) == DOES_NOT_HOLD


def test_removing_recrossings_helps_or_does_not():
    after = 0.05 + 0.01 * NOISE[:, 0]
    assert criteria.helps(after + 0.4, after) == HOLDS
    assert criteria.helps(after, after + 0.4) == DOES_NOT_HOLD
    assert criteria.helps(after, 0.05 + 0.01 * NOISE[:, 1]) == DOES_NOT_HOLD
    assert criteria.helps(after + 0.2 + 0.3 * NOISE[:, 1], after) == UNDECIDED
    assert criteria.recrossings(HOLDS, HOLDS) == HOLDS
    assert criteria.recrossings(DOES_NOT_HOLD, HOLDS) == DOES_NOT_HOLD
    assert criteria.recrossings(HOLDS, DOES_NOT_HOLD) == UNDECIDED


def test_a_fast_label_hides_the_slow_one_or_does_not():
    small, large = 0.02 * NOISE[:, 0], 0.4 + 0.02 * NOISE[:, 1]
    assert criteria.fast_label(small, large) == HOLDS
    assert criteria.fast_label(small, small) == DOES_NOT_HOLD
    assert criteria.fast_label(large, large) == DOES_NOT_HOLD
    assert criteria.fast_label(0.1 + 0.1 * NOISE[:, 1], large) == UNDECIDED
    assert criteria.fast_label(small, 0.2 + 0.3 * NOISE[:, 1]) == UNDECIDED


def test_a_transformer_is_better_worse_or_neither():
    small, systems = 0.02 * NOISE[:, :5], np.eye(5)
    outcome, found, both = criteria.compare(small, 0.02 * NOISE[:, 5:])
    assert outcome == HOLDS and both.mean.shape == (10,)
    assert set(found["loss"] + found["rate"]) == {criteria.NO_DIFFERENCE}
    outcome, found, _ = criteria.compare(small - 0.3 * systems[2], small)
    assert outcome == DOES_NOT_HOLD and found["loss"][2] == criteria.BETTER
    outcome, found, _ = criteria.compare(small, small - 0.5 * systems[1])
    assert outcome == DOES_NOT_HOLD and found["rate"][1] == criteria.BETTER
    outcome, found, _ = criteria.compare(small + 0.3 * systems[2], small)
    assert outcome == HOLDS and found["loss"][2] == criteria.WORSE
    assert criteria.compare(small - 0.095 * systems[2], small)[0] == UNDECIDED


def test_the_rules_rarely_err_by_chance_and_see_an_effect(monkeypatch):
    monkeypatch.setattr(criteria, "N_DRAWS", 150)
    chance = criteria.calibrate_decides([0.1] * 4, SETS)
    assert chance[HOLDS] < 0.02 and chance[DOES_NOT_HOLD] > 0.9
    assert criteria.calibrate_decides([0.1] * 4, SETS, 1.5)[HOLDS] > 0.9
    # Where the networks scatter widely, an equal rate must not be called different.
    assert criteria.calibrate_decides([0.6] * 4, SETS)[HOLDS] < 0.09
    assert criteria.calibrate_helps(0.1, SETS)[HOLDS] < 0.02
    assert criteria.calibrate_helps(0.1, SETS, 1.5)[HOLDS] > 0.9
    assert criteria.calibrate_fast(0.02, 0.1, SETS)[HOLDS] < 0.02
    assert criteria.calibrate_fast(0.02, 0.1, SETS, 1.5)[HOLDS] > 0.9
    spreads = [0.05] * 5, [0.1] * 5
    assert criteria.calibrate_compare(*spreads, SETS)[DOES_NOT_HOLD] < 0.02
    assert criteria.calibrate_compare(*spreads, SETS, 0.25)[DOES_NOT_HOLD] > 0.8


def test_every_claim_has_an_answer_and_a_criterion():
    assert list(CLAIMS) == [f"X1{k}" for k in "abcdef"]
    assert all(claim.criterion and claim.rationale and claim.short for claim in CLAIMS.values())


def test_counts_of_stays_leave_out_those_that_are_cut():
    labels = np.repeat(np.array([0, 1, 0, 1, 0], np.uint8), [5, 3, 120, 3, 900])
    counts = attention.count_stays(labels)
    assert counts.sum() == counts[120] == 1
    assert numbers.possible_share(counts[None]) == 1


def test_a_tiny_run_answers_every_claim(tmp_path, monkeypatch):
    monkeypatch.setattr(criteria, "N_DRAWS", 20)
    recipe = RECIPES["attention_smoke"]
    (tmp_path / ".working").mkdir()
    done = {}
    for job in recipe.jobs:
        kind = job.name.rpartition("-")[0]
        if kind == "rates":
            content = {"lstm": np.array([0.1]), "transformer": np.array([0.1])}
            save_file(tmp_path / job.file, content, {}, {})
        elif kind not in done:
            # Networks of the other data sets would take minutes; their numbers are made up.
            run_job(job, tmp_path)
            done[kind] = load_file(tmp_path / job.file)
        else:
            save_file(tmp_path / job.file, made_up(done[kind], job), {}, {})
    found = recipe.summarise(tmp_path, recipe.settings)["numbers"]
    assert set(found) == {*CLAIMS, "rates"}
    for claim in CLAIMS:
        assert found[claim]["outcome"] in (HOLDS, DOES_NOT_HOLD, UNDECIDED)
    assert set(found["X1f"]["bias"]) == {"lstm", "transformer", *attention.WINDOWS}
    assert set(found["X1a"]["bias"]) == {"raw", "every_3", "every_10", "every_30"}
    assert found["rates"]["semi_markov"]["transformer"]["chosen"] == 0.003
    assert json.dumps(found, allow_nan=False)


def test_the_rule_chooses_the_rate_with_the_lowest_loss(tmp_path):
    study = attention.AttentionStudy(
        systems=("triangular", "semi_markov"), frames=(8_000, 8_000), unseen_frames=1_000,
        steps=1, chains=1, lstm_rates=(1e-6, 0.02), transformer_rates=(0.01,),
    )  # fmt: skip
    job = study.recipe("attention", "tiny").jobs[0]
    (tmp_path / ".working").mkdir()
    run_job(job, tmp_path)
    found = load_file(tmp_path / job.file)
    assert found["lstm"].shape == (2,) and found["lstm"][1] < found["lstm"][0]
    settings = attention.JobSettings(**job.arguments)
    assert attention.chosen_rates(tmp_path, settings) == (0.02, 0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"systems": ("linear",), "frames": (100,)}, "systems"),
        ({"systems": ("triangular", "semi_markov")}, "frames: expected 2 numbers"),
        ({"frames": (100,)}, "frames: expected 5 numbers"),
        ({"trainings": 5}, "trainings"),
        ({"trainings": 9}, "trainings"),
    ],
)
def test_a_study_that_cannot_answer_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        attention.AttentionStudy(**change)


def made_up(found, job):
    random = np.random.default_rng(job.arguments["number"])
    return {
        name: value if np.ndim(value) else float(value) * np.exp(0.05 * random.standard_normal())
        for name, value in found.items()
        if name not in ("format", "settings", "provenance")
    }
