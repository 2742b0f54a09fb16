"""Simulated records: one run in seconds, and the verdicts on networks that are right or wrong."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lstm_md.analysis.markov_models import fit_hmm
from lstm_md.training import History
from reproduction.optical_trap import run as surrogate_runs
from reproduction.optical_trap.run import TrapStudy, rivals, statistics_of
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.optical_trap.verdicts import (
    CHAIN,
    HMM,
    METHODS,
    MODEL,
    MSM,
    RECORD,
    SHUFFLED,
    TRUTH,
    TrapEstimates,
    summarise,
)
from reproduction.recipes import RECIPES
from reproduction.riboswitch.states import CENTRES, LABELS, PARTS, labels_of
from reproduction.riboswitch.verdicts import LAGS
from reproduction.rivals.counts import held
from reproduction.runs import recording
from reproduction.runs.recipe import WORKING, do
from reproduction.runs.records import Record, load

RECORDED = Path(__file__).parents[3] / "book" / "recorded"
RUN = TrapStudy(
    commit_times=(1, 3, 10, 100),
    trainings=2,
    frames=20_000,
    truth_factor=5,
    embedding=4,
    units=4,
    epochs=1,
    prompt_frames=100,
)
# No network: what is to be its text is put in its place. Enough of them for an error.
LONGER = replace(RUN, trainings=8, frames=60_000, commit_times=(1, 2, 4, 8, 20, 50, 100, 200))
MODEL_OF_TRAP = ADD_RIBOSWITCH


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    recipe = RUN.recipe("tiny", "tiny")
    return recipe, folder, recording.record(recipe, folder, workers=1)


@pytest.fixture(scope="module")
def perfect(tmp_path_factory):
    """A record whose network writes what another realisation might have shown."""

    def train_and_generate(network, text, prompt, length, work, *, seed, **learning):
        assert work.parent.name == WORKING  # so that a killed part goes on
        assert text.shape == (PARTS, length // PARTS)
        assert learning["validation_fraction"] == pytest.approx(1 / LONGER.sets)
        written = labels_of(simulate(MODEL_OF_TRAP, length, seed=seed).extension_nm)
        return written, History([2.0], [2.0], [1.0])

    recipe = LONGER.recipe("longer", "longer")
    path = tmp_path_factory.mktemp("perfect") / "longer"
    (path / WORKING).mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surrogate_runs, "learn_and_write", train_and_generate)
        # So few frames decide no fit: it may end early.
        patch.setattr(surrogate_runs, "fit_hmm", partial(fit_hmm, accuracy=1.0))
        for part in recipe.jobs:
            do(part, path)
    return TrapEstimates(Record("longer", path, dict(recipe.settings), {}))


def test_a_run_ends_in_a_record_with_verdicts_that_can_be_made_again(recorded):
    recipe, folder, summary = recorded
    assert sorted(summary["verdicts"]) == ["S1", "S2"]
    assert recording.verify(recipe, folder) == []
    numbers = summary["numbers"]
    for name in (TRUTH, *METHODS.values()):
        assert np.shape(numbers["counts"][name]["value"]) == (4, 3, 3)
        assert np.shape(numbers["autocorrelation"][name]["value"]) == (len(LAGS),)
        assert np.sum(numbers["label_populations"][name]["value"]) == pytest.approx(1)
        assert np.sum(numbers["populations"][name]["value"]) == pytest.approx(1)
    assert np.shape(numbers["validation_loss"]) == (2, 1)
    # Nothing that is kept grows with the text.
    assert max(path.stat().st_size for path in folder.rglob("*.npz")) < 200_000


def test_every_test_of_a_verdict_is_named(recorded):
    verdicts = recorded[2]["verdicts"]
    assert list(verdicts["S1"]["tests"]) == [MODEL, CHAIN, SHUFFLED, MSM, HMM, RECORD]
    assert list(verdicts["S2"]["tests"]) == ["MSM and HMM", MODEL, RECORD, SHUFFLED]
    assert "HMM: single frames" in verdicts["S2"]["tests"]["MSM and HMM"]["measured"]


def test_the_network_learns_as_it_learns_the_riboswitch():
    ours, theirs = (RECIPES[name] for name in ("surrogate", "riboswitch_64"))
    assert ours.settings["commit_times"] == theirs.settings["commit_times"]
    for k in range(5):
        arguments = theirs.jobs[1 + k].arguments
        assert arguments["number"] == k
        for number in (k, k + 5):
            found = ours.jobs[1 + number].arguments
            assert {name: found[name] % 5 if name == "number" else found[name]
                    for name in arguments if name != "seed"} == {
                name: value for name, value in arguments.items() if name != "seed"
            }  # fmt: skip


def test_no_two_simulations_share_a_seed():
    seeds = [
        part.arguments["seed"]
        for seed in (1, 2)
        for part in replace(LONGER, trainings=10, seed=seed).recipe("x", "x").jobs
    ]
    assert len(set(seeds)) == len(seeds) == 22


def test_a_network_that_is_right_is_reproduced_and_every_control_fails(perfect):
    verdict = perfect.verdict("S1")
    assert verdict.line() == "S1: reproduced"
    assert verdict.best.passed
    assert set(verdict.controls) == {CHAIN, SHUFFLED, MSM, HMM}
    assert {name: out.passed for name, out in perfect.verdict("S2").controls.items()} == {
        MODEL: False, RECORD: False, SHUFFLED: False,
    }  # fmt: skip


def test_markov_models_that_are_right_beyond_only_are_reproduced(perfect, monkeypatch):
    right, wrong = perfect.curves(TRUTH), perfect.curves(SHUFFLED)
    curves = TrapEstimates.curves

    def coarse(self, name):
        return (wrong[0], right[1]) if name in (MSM, HMM) else curves(self, name)

    monkeypatch.setattr(TrapEstimates, "curves", coarse)
    assert perfect.verdict("S2").line() == "S2: reproduced"
    # One of the two is not enough.
    monkeypatch.setattr(
        TrapEstimates, "curves", lambda self, n: wrong if n == HMM else coarse(self, n)
    )
    verdict = perfect.verdict("S2")
    assert verdict.line() == "S2: not reproduced"
    assert verdict.model.measured.startswith("MSM: single frames")


def test_a_network_that_is_half_as_fast_is_not(perfect):
    slow = TrapEstimates(perfect.record)
    for k, each in enumerate(slow.realisations):
        simulated = simulate(MODEL_OF_TRAP, LONGER.frames // 2, seed=k)
        text = held(labels_of(simulated.extension_nm), 2, LONGER.frames)
        found = statistics_of(text, LONGER.commit_times)
        each.update({f"lstm_{name}": array for name, array in found.items()})
    assert slow.verdict("S1").line() == "S1: not reproduced"
    assert slow.verdict("S1").best.passed


def test_another_claim_is_refused(perfect):
    with pytest.raises(KeyError, match="claim: expected one of S1, S2, found 'R1'"):
        perfect.verdict("R1")


@pytest.fixture(scope="module")
def in_the_book():
    return TrapEstimates(load("surrogate", RECORDED))


def test_the_record_in_the_book_says_what_its_files_say(in_the_book):
    assert recording.verify(RECIPES["surrogate"], RECORDED) == []
    assert "10 trainings" in in_the_book.verdict("S1").source


def test_the_hidden_kinetics_is_in_the_record_and_not_in_the_text_of_a_markov_state_model(
    in_the_book,
):
    exact = in_the_book.truth["relaxation_frames"]
    of_record, of_msm, seen_by_msm = (
        in_the_book.over_realisations(f"{name}_timescales") for name in ("hmm", "msm_hmm", "msm")
    )
    assert np.abs(of_record.deviation_from(exact)).max() < 3
    assert of_msm.value[0] < exact[0] / 5
    assert seen_by_msm.value[0] < exact[0] / 20
    # U has the longest extension and is the rarest.
    populations = in_the_book.over_realisations("hmm_stationary")
    assert np.abs(populations.deviation_from(MODEL_OF_TRAP.populations)).max() < 3
    means = in_the_book.over_realisations("hmm_outputs").value @ CENTRES
    np.testing.assert_allclose(means, MODEL_OF_TRAP.extension_nm, atol=0.7)


def test_the_truth_knows_its_conformations(in_the_book):
    model, truth = MODEL_OF_TRAP, in_the_book.truth
    up, down = model.fold_p3_per_s, model.unfold_p3_per_s
    on, off = model.fold_p2_per_s, model.unfold_p2_per_s
    rates = 1e4 / truth["relaxation_frames"]  # of the quadratic that a linear scheme has
    assert rates.sum() == pytest.approx(up + down + on + off)
    assert rates.prod() == pytest.approx(up * on + up * off + down * off)
    # Flow from U to P3 and from P3 to P2P3 in a tenth of 40 s; a frame misses hardly a stay.
    counts = truth["conformation_counts"][:, 0].mean(axis=0)
    flow = 4 * model.populations[:2] * (up, on)
    np.testing.assert_allclose((counts[0, 1], counts[1, 2]), flow, rtol=0.06)
    assert counts[0, 2] + counts[2, 0] < 0.01 * counts.sum()
    shares = in_the_book.over_realisations("conformation_populations")
    assert np.abs(shares.deviation_from(model.populations)).max() < 3


def test_rivals_write_as_much_as_they_are_asked_and_hold_it():
    learned = labels_of(simulate(MODEL_OF_TRAP, 40_000, seed=3).extension_nm).reshape(8, -1)
    texts, found = rivals(learned, 40_001, msm_lag=5, hidden_states=3, hmm_lag=30, seed=1)
    assert {text.shape for text in texts.values()} == {(40_001,)}
    for name, lag in (("msm", 5), ("hmm", 30), ("chain", 1)):
        changes = np.flatnonzero(np.diff(texts[name])) + 1
        assert (changes % lag == 0).all()
        assert changes.size > 40_001 // lag // 2
    assert found["msm_timescales"].shape == found["hmm_timescales"].shape == (2,)
    assert found["hmm_stationary"].sum() == pytest.approx(1)
    assert (np.diff(found["hmm_outputs"] @ CENTRES) < 0).all()  # as U, P3, P2P3 are
    again, _ = rivals(learned, 40_001, msm_lag=5, hidden_states=3, hmm_lag=30, seed=2)
    assert not any(np.array_equal(again[name], texts[name]) for name in texts)


def test_statistics_are_those_of_tenths():
    u, p3 = labels_of([722.0, 710.0])
    text = np.full(20_000, p3)
    text[300:400] = u  # a stay in the first tenth
    text[2_500] = u  # a frame in the third
    text[3_990:4_010] = u  # cut by the end of the fourth
    text[15_000:] = u  # for the other whole
    found = statistics_of(text, [1, 5, 90], wholes=2)
    assert found["counts"].shape == found["mean_counts"].shape == (20, 3, 3, 3)
    assert found["counts"].dtype == np.int32
    assert found["counts"][0, :, 0, 1].tolist() == [1, 1, 1]
    # The tenths have 1,000 frames.
    assert found["counts"][2, :, 0, 1].tolist() == [1, 0, 0]
    assert found["counts"][3, :, 1, 0].tolist() == [1, 1, 0]
    assert found["counts"][4, :, 0, 1].tolist() == [1, 1, 0]
    assert found["mean_counts"][2].sum() == 0
    assert found["mean_counts"][0, :, 0, 1].tolist() == [1, 1, 1]
    assert found["counts"][5:].sum() == 0  # a change between two tenths is in neither
    assert found["populations"].shape == (20, LABELS)
    assert found["populations"][0, u] == pytest.approx(0.1)
    assert found["autocorrelation"].shape == (2, len(LAGS))


def test_a_summary_is_made_of_the_files_alone(perfect):
    path = perfect.record.folder
    assert summarise(path, perfect.record.settings)["verdicts"]["S1"]["outcome"] == "reproduced"
