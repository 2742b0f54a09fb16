"""Fresh data sets: the decision by hand, and a tiny run of the study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.markov import MarkovModel
from lstm_md.judging.decision import CANNOT_BE_TESTED, DOES_NOT_HOLD, HOLDS, UNDECIDED
from lstm_md.settings import AUTHORS
from reproduction.fresh_sets import answers, run
from reproduction.fresh_sets.paired import Design
from reproduction.fresh_sets.run import FreshStudy
from reproduction.methods.judge import NULLS
from reproduction.methods.questions import QUESTIONS
from reproduction.potentials import run as potential_run
from reproduction.potentials.run import PotentialStudy
from reproduction.recipes import RECIPES
from reproduction.runs import records
from reproduction.runs.files import load_file, save_file, save_summary
from reproduction.runs.recipe import run_job

MEAN = np.array([400.0, 100.0, 0.5])  # counts in a data set; the last rate is too rare to test
NAMES, RATES = ("A→B", "B→A", "A→C"), np.ones(3, bool)


def networks(factor, random, mean=MEAN, n_sets=10):
    """Count in networks that inherit the error of their data."""
    return random.poisson(10 * factor * random.poisson(mean, (n_sets, mean.size)))


def compared(factor, mean=MEAN, seed=1, scatter=0.0):
    random = np.random.default_rng(seed)
    design = Design(random.poisson(mean, (200, mean.size)), RATES, 10, 1, 10)
    network = networks(factor, random, mean)
    return design.compare(network * np.exp(scatter * random.standard_normal((10, 1))), NAMES)


def test_networks_that_follow_the_process_hold():
    found = compared(1.0)
    assert found.decision.outcome == HOLDS and found.decision.untestable == ("A→C",)
    assert found.names == ("A→B", "B→A")
    assert found.ratio == pytest.approx(1.0, abs=0.1)
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
    found = compared(1.0, scatter=0.6)
    assert found.decision.outcome == UNDECIDED and found.decision.more_data > 1


def test_rates_that_are_all_rare_cannot_be_tested():
    found = compared(1.0, mean=np.array([0.5, 0.5, 0.5]))
    assert found.decision.marks == (CANNOT_BE_TESTED,) and found.decision.outcome != HOLDS


def test_what_never_occurs_is_not_tested():
    # The logarithm of a count that is always zero has no variance.
    found = compared(1.0, mean=np.array([400.0, 100.0, 0.0]))
    assert found.names == ("A→B", "B→A") and found.decision.outcome == HOLDS


def test_the_logarithm_of_networks_like_the_process_has_no_bias():
    mean = np.array([40.0, 40.0, 40.0])
    ratios = [compared(1.0, mean=mean, seed=seed).ratio for seed in range(20)]
    # Without the correction the mean would be 1/80 too low.
    assert np.log(ratios).mean() == pytest.approx(0.0, abs=3 * 0.16 / np.sqrt(600))


def test_the_design_rejects_five_in_a_hundred_true_networks_and_others_often():
    blocks = np.random.default_rng(1).poisson(40.0, (200, 2))
    design = Design(blocks, np.ones(2, bool), 10, 4, 8)
    groups = np.array([0, 1])
    assert 0.02 <= design.rejections(groups, 0.1, n=400) <= 0.08
    assert design.rejections(groups, 0.1, 1.5, n=50) > 0.95


SLOW = np.array([[0.98, 0.02, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])


def simulate(n_frames, seed):
    return MarkovModel(SLOW).simulate(n_frames, seed=seed)


def follow_the_process(network, data, prompt, n_frames, work, *, n_chains, seed, **training):
    """What a network that knows the process would generate, without any training."""
    generated = simulate(n_chains * n_frames, seed).reshape(n_chains, n_frames)
    return generated, SimpleNamespace(loss=[1.0], validation_loss=[1.0], seconds=[0.0])


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """A record with short data, in a folder of records. One network is trained."""
    monkeypatch.setattr(
        run, "simulated", lambda folder, work, of: {"labels": simulate(of.frames, of.seed)}
    )
    short = PotentialStudy("linear_three_state", "", ("B1", "K1"), units=4, epochs=1, chains=2)
    study = FreshStudy(replace(short, frames=20_000), trainings=6)
    recipe = study.recipe("fresh_linear", "tiny")
    (tmp_path / NULLS).mkdir()
    for name in recipe.settings["questions"]:
        blocks = QUESTIONS[name].blocks(simulate(120 * 20_000, 99))
        save_file(tmp_path / NULLS / f"{name}.npz", {"blocks": blocks.astype(int)}, {}, {})
    folder = tmp_path / recipe.name
    (folder / ".working").mkdir(parents=True)
    for job in recipe.jobs:
        run_job(job, folder)
        monkeypatch.setattr(potential_run, "train_and_generate", follow_the_process)
    monkeypatch.setattr(answers, "N_REPETITIONS", 20)
    return tmp_path, recipe


def test_a_tiny_record_is_made_and_shown(tiny):
    folder, recipe = tiny
    assert recipe.settings["questions"] == ["B1", "K1", "K1-adjacent"]
    numbers = answers.summarise(folder / recipe.name, recipe.settings)["numbers"]
    assert set(numbers) == {"B1", "K1", "K1-adjacent"}
    files = [job.file for job in recipe.jobs]
    save_summary(folder / recipe.name, {"settings": recipe.settings, "numbers": numbers}, files)
    found = answers.judge(recipe.name, "K1", folder)
    assert numbers["K1"]["rates"] == list(found.names)
    assert numbers["K1"]["outcome"] == found.decision.outcome
    compared = [row[0] for row in answers.table(folder).rows]
    assert compared == [
        "linear, populations", "linear, counts", "linear, counts, both stays committed"
    ]  # fmt: skip
    answers.write(folder)
    lines = (folder / answers.FILE).read_text("utf-8").splitlines()
    assert len(lines) == 2 + 3 + 2
    assert lines[-1] == "Not recorded yet: triangular, four states, trap."


def test_the_table_in_the_book_is_that_of_the_records(tmp_path):
    folder = Path(__file__).parents[3] / "book" / "recorded"
    for name in (
        NULLS,
        *records.those_finished({name: name for name in answers.RECORDS.values()}, folder),
    ):
        (tmp_path / name).symlink_to(folder / name)
    answers.write(tmp_path)
    assert (folder / answers.FILE).read_text("utf-8") == (tmp_path / answers.FILE).read_text(
        "utf-8"
    )


def test_a_fresh_trap_is_cut_into_the_blocks_of_its_process(monkeypatch, tmp_path):
    learned = {}

    def learn(data, work, settings, seed):
        learned["data"], learned["seed"] = data, seed
        return None, np.tile(data, (settings.chains, 1)), SimpleNamespace(loss=[1.0])

    monkeypatch.setattr(run, "learn", learn)
    made = run.FreshTrapStudy(AUTHORS).recipe("fresh_trap", "tiny")
    (tmp_path / ".working").mkdir()
    run_job(made.jobs[2], tmp_path)
    found = load_file(tmp_path / "set-02.npz")
    assert (learned["data"].shape, learned["seed"]) == ((400_000,), 3052)
    for name in made.settings["questions"]:
        np.testing.assert_array_equal(found[f"LSTM {name}"], 4 * found[f"data {name}"])
    assert found["data R1"].sum() == 400_000


@pytest.mark.parametrize("record", answers.RECORDS.values())
def test_data_sets_differ_and_the_process_has_simulations_for_each(record):
    recipe = RECIPES[record]
    seeds = [job.arguments["seed"] for job in recipe.jobs]
    assert seeds == list(range(3000, 3010))
    questions = [QUESTIONS[name] for name in recipe.settings["questions"]]
    assert len(questions) == (5 if record == "fresh_trap" else 3)
    assert all(q.fits(recipe.settings) for q in questions)
    for question in questions:
        assert recipe.settings["frames"] % question.frames == 0
