"""Ten fresh data sets: the decision by hand, and tiny runs of both studies."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import MarkovModel
from lstm_md.judging.decision import CANNOT_BE_TESTED, DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.calibration.case import off_diagonal
from reproduction.fresh_sets import answers, run
from reproduction.fresh_sets.run import FreshStudy, ReferenceStudy
from reproduction.fresh_sets.systems import COUNTS, FRAMES, STRICTER, SYSTEMS
from reproduction.runs.files import save_summary
from reproduction.runs.recipe import run_job

MEAN = np.array([400.0, 100.0, 0.5])  # counts in a data set; the last rate is too rare to test
NAMES, RATES = ("A→B", "B→A", "A→C"), np.array([True, True, True])


def counts(factor, n_sets=10, mean=MEAN, seed=1):
    """Networks that inherit the error of their data, and the pieces of a reference."""
    random = np.random.default_rng(seed)
    inherited = random.poisson(mean, (n_sets, mean.size))
    network = random.poisson(10 * factor * inherited)
    return network, random.poisson(mean, (1000, mean.size))


def compared(factor, **of_counts):
    return answers.compare(
        *counts(factor, **of_counts), NAMES, RATES, learned_pieces=1, generated_pieces=10
    )


def test_networks_that_follow_the_process_hold():
    found = compared(1.0)
    assert found.decision.outcome == HOLDS and found.decision.untestable == ("A→C",)
    assert found.names == ("A→B", "B→A")
    assert found.ratio == pytest.approx(1.0, abs=0.08)
    assert np.all(found.low < found.ratio) and np.all(found.ratio < found.high)


def test_networks_that_are_too_fast_do_not_hold():
    found = compared(np.array([1.0, 1.6, 1.0]))
    assert found.decision.outcome == DOES_NOT_HOLD and found.decision.worst == "B→A"
    assert found.decision.p_value <= 0.01
    assert found.ratio[1] == pytest.approx(1.6, rel=0.1)


def test_a_deviation_inside_the_margin_is_significant_and_the_claim_holds():
    found = compared(1.12)
    assert found.decision.p_value <= 0.05 and found.decision.outcome == HOLDS


def test_scattered_networks_are_undecided_and_more_sets_would_decide():
    random = np.random.default_rng(3)
    network, pieces = counts(1.0)
    network = network * np.exp(0.6 * random.standard_normal((10, 1)))
    found = answers.compare(network, pieces, NAMES, RATES, learned_pieces=1, generated_pieces=10)
    assert found.decision.outcome == UNDECIDED and found.decision.more_data > 1


def test_rates_that_are_all_rare_cannot_be_tested():
    found = compared(1.0, mean=np.array([0.5, 0.5, 0.5]))
    assert found.decision.marks == (CANNOT_BE_TESTED,) and found.decision.outcome != HOLDS


def test_the_logarithm_of_networks_like_the_process_has_no_bias():
    mean = np.array([40.0, 40.0, 40.0])
    ratios = [compared(1.0, mean=mean, seed=seed).ratio for seed in range(20)]
    # Without the correction the mean would be 1/80 too low.
    assert np.log(ratios).mean() == pytest.approx(0.0, abs=3 * 0.16 / np.sqrt(600))


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_case_has_as_many_points_as_are_counted(name):
    system = SYSTEMS[name]
    found = system.count(np.zeros(system.piece_frames, np.uint8))
    for what, case in system.cases.items():
        assert found[what].shape == (len(case.names),)
    assert system.learned_frames % system.piece_frames == 0
    assert system.generated_frames % system.piece_frames == 0
    assert system.piece_frames % system.block_frames == 0


def test_blocks_are_counted_one_by_one_as_in_the_calibration():
    system = SYSTEMS["linear"]
    labels = np.random.default_rng(1).integers(0, 3, (2, 2 * system.block_frames))
    found = system.count(labels.astype(np.uint8))
    blocks = labels.reshape(-1, system.block_frames)
    for what in (COUNTS, FRAMES):
        by_case = sum(system.cases[what].count(block) for block in blocks)
        assert found[what] == pytest.approx(by_case)
    strict = [
        transition_counts(block, system.commit_times, n_labels=3, adjacent=True) for block in blocks
    ]
    assert np.array_equal(found[STRICTER], off_diagonal(np.sum(strict, axis=0)))


SLOW = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])


def simulate(n_frames, seed):
    return MarkovModel(SLOW).simulate(n_frames, seed=seed)


def follow_the_process(network, data, prompt, n_frames, work, *, n_chains, seed, **training):
    """What a network that knows the process would generate, without any training."""
    generated = simulate(n_chains * n_frames, seed).reshape(n_chains, n_frames)
    return generated, SimpleNamespace(loss=[1.0], validation_loss=[1.0], seconds=[0.0])


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Both studies with short data, in a folder of records. One network is trained."""
    short = {
        "simulate": simulate,
        "data_frames": 20_000, "simulated_frames": 40_000, "piece_frames": 20_000,
        "learned_frames": 20_000, "generated_frames": 40_000,
    }  # fmt: skip
    monkeypatch.setitem(SYSTEMS, "linear", dataclasses.replace(SYSTEMS["linear"], **short))
    recipes = (
        FreshStudy("linear", units=4, epochs=1, trainings=6).recipe("fresh_linear_ours", "tiny"),
        ReferenceStudy(("linear",), times_longer=60, parts=2).recipe(answers.REFERENCE, "tiny"),
    )
    for recipe in recipes:
        folder = tmp_path / recipe.name
        (folder / ".working").mkdir(parents=True)
        for job in recipe.jobs:
            run_job(job, folder)
            monkeypatch.setattr(run, "train_and_generate", follow_the_process)
        save_summary(folder, {"settings": recipe.settings}, [job.file for job in recipe.jobs])
    return tmp_path


def test_tiny_records_are_made_and_shown(tiny):
    reference = answers.load_reference(tiny / answers.REFERENCE, 2, "linear", COUNTS)
    assert reference.shape == (120, len(SYSTEMS["linear"].cases[COUNTS].names))
    halves = np.split(reference, 2)
    assert not np.array_equal(*halves), "each part has seeds of its own"
    table = answers.table(COUNTS, tiny)
    assert [row[:2] for row in table.rows] == [["linear", "ours"]]
    numbers = answers.summarise(tiny / "fresh_linear_ours", {"system": "linear", "trainings": 6})
    assert set(numbers["numbers"]) == {COUNTS, STRICTER, FRAMES}
    of_reference = run.summarise_reference(
        tiny / answers.REFERENCE, {"systems": ["linear"], "parts": 2}
    )["numbers"]["linear"]
    assert of_reference[COUNTS] == pytest.approx(reference.mean(axis=0))
    found = answers.judge("fresh_linear_ours", FRAMES, tiny)
    rates = answers.table_of_rates("fresh_linear_ours", FRAMES, tiny)
    assert [row[0] for row in rates.rows] == list(found.names)


def test_the_data_sets_differ_and_are_the_same_for_each_method():
    jobs = FreshStudy("linear").recipe("x", "").jobs
    seeds = [job.arguments["seed"] for job in jobs]
    assert seeds == list(range(3000, 3010))
