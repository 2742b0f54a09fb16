"""A run on simulated records in seconds, and verdicts on networks that are right or wrong."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lstm_md.analysis.markov_models import fit_hmm
from lstm_md.training import History
from reproduction.common.estimates import MODEL
from reproduction.optical_trap import run as trap_run
from reproduction.optical_trap.run import TrapStudy, markov_models, statistics
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.optical_trap.verdicts import (
    CHAIN,
    HMM,
    METHODS,
    MSM,
    SHUFFLED,
    SIMULATED_RECORD,
    TRUTH,
    TrapEstimates,
    summarise,
)
from reproduction.recipes import RECIPES
from reproduction.riboswitch.states import CENTRES, N_LABELS, N_TENTHS, labels_of
from reproduction.riboswitch.statistics import LAGS, repeat_labels
from reproduction.runs import recording
from reproduction.runs.recipe import WORKING, run_job
from reproduction.runs.records import Record, load
from tests.reproduction.runs.in_this_process import in_this_process

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
# No network is trained here: a perfect trajectory takes the place of what it would generate.
LONGER = replace(RUN, trainings=8, frames=60_000, commit_times=(1, 2, 4, 8, 20, 50, 100, 200))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    recipe = RUN.recipe("tiny", "tiny")
    with in_this_process():
        return recipe, folder, recording.record(recipe, folder)


@pytest.fixture(scope="module")
def perfect(tmp_path_factory):
    """A record whose network generates what another realisation might have shown."""

    def train_and_generate(network, labels, prompt, n_frames, work, *, seed, **training):
        assert work.parent.name == WORKING  # so that a killed job can resume
        assert labels.shape == (N_TENTHS, n_frames // N_TENTHS)
        assert training["validation_fraction"] == pytest.approx(1 / LONGER.sets)
        generated = labels_of(simulate(ADD_RIBOSWITCH, n_frames, seed=seed).extension_nm)
        return generated, History([2.0], [2.0], [1.0])

    recipe = LONGER.recipe("longer", "longer")
    path = tmp_path_factory.mktemp("perfect") / "longer"
    (path / WORKING).mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trap_run, "train_and_generate", train_and_generate)
        # With so few frames a precise fit gains nothing, so it may end early.
        patch.setattr(trap_run, "fit_hmm", partial(fit_hmm, accuracy=1.0))
        for job in recipe.jobs:
            run_job(job, path)
    return TrapEstimates(Record("longer", path, dict(recipe.settings), {}))


def test_a_run_ends_in_a_record_whose_verdicts_verify(recorded):
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
    # No stored array grows with the length of the trajectories.
    assert max(path.stat().st_size for path in folder.rglob("*.npz")) < 200_000


def test_every_test_of_a_verdict_is_named(recorded):
    verdicts = recorded[2]["verdicts"]
    assert list(verdicts["S1"]["tests"]) == [MODEL, CHAIN, SHUFFLED, MSM, HMM, SIMULATED_RECORD]
    assert list(verdicts["S2"]["tests"]) == ["MSM and HMM", MODEL, SIMULATED_RECORD, SHUFFLED]
    assert "HMM: single frames" in verdicts["S2"]["tests"]["MSM and HMM"]["measured"]


def test_the_network_is_trained_as_on_the_riboswitch():
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
        job.arguments["seed"]
        for seed in (1, 2)
        for job in replace(LONGER, trainings=10, seed=seed).recipe("x", "x").jobs
    ]
    assert len(set(seeds)) == len(seeds) == 22


def test_a_perfect_network_is_reproduced_and_every_control_fails(perfect):
    verdict = perfect.verdict("S1")
    assert verdict.line() == "S1: reproduced"
    assert verdict.best.passed
    assert set(verdict.controls) == {CHAIN, SHUFFLED, MSM, HMM}
    assert {name: out.passed for name, out in perfect.verdict("S2").controls.items()} == {
        MODEL: False, SIMULATED_RECORD: False, SHUFFLED: False,
    }  # fmt: skip


def test_markov_models_that_are_right_beyond_only_are_reproduced(perfect, monkeypatch):
    right, wrong = perfect.curves(TRUTH), perfect.curves(SHUFFLED)
    curves = TrapEstimates.curves

    def right_beyond(self, name):
        return (wrong[0], right[1]) if name in (MSM, HMM) else curves(self, name)

    monkeypatch.setattr(TrapEstimates, "curves", right_beyond)
    assert perfect.verdict("S2").line() == "S2: reproduced"
    # One of the two is not enough.
    monkeypatch.setattr(
        TrapEstimates, "curves", lambda self, n: wrong if n == HMM else right_beyond(self, n)
    )
    verdict = perfect.verdict("S2")
    assert verdict.line() == "S2: not reproduced"
    assert verdict.model.measured.startswith("MSM: single frames")


def test_a_network_with_half_the_speed_is_not_reproduced(perfect):
    slow = TrapEstimates(perfect.record)
    for k, arrays in enumerate(slow.realisations):
        simulated = simulate(ADD_RIBOSWITCH, LONGER.frames // 2, seed=k)
        generated = repeat_labels(labels_of(simulated.extension_nm), 2, LONGER.frames)
        found = statistics(generated, LONGER.commit_times)
        arrays.update({f"lstm_{name}": array for name, array in found.items()})
    assert slow.verdict("S1").line() == "S1: not reproduced"
    assert slow.verdict("S1").best.passed


def test_another_claim_is_refused(perfect):
    with pytest.raises(KeyError, match="claim_id: expected one of S1, S2, found 'R1'"):
        perfect.verdict("R1")


@pytest.fixture(scope="module")
def in_the_book():
    return TrapEstimates(load("surrogate", RECORDED))


def test_the_record_in_the_book_verifies(in_the_book):
    assert recording.verify(RECIPES["surrogate"], RECORDED) == []
    assert "10 trainings" in in_the_book.verdict("S1").source


def test_a_markov_state_model_loses_the_hidden_kinetics_of_the_record(in_the_book):
    exact = in_the_book.truth["relaxation_frames"]
    hmm, hmm_of_msm, msm = (
        in_the_book.over_realisations(f"{name}_timescales") for name in ("hmm", "msm_hmm", "msm")
    )
    assert np.abs(hmm.deviation_from(exact)).max() < 3
    assert hmm_of_msm.value[0] < exact[0] / 5
    assert msm.value[0] < exact[0] / 20
    # U has the longest extension and is the rarest.
    populations = in_the_book.over_realisations("hmm_stationary")
    assert np.abs(populations.deviation_from(ADD_RIBOSWITCH.populations)).max() < 3
    means = in_the_book.over_realisations("hmm_outputs").value @ CENTRES
    np.testing.assert_allclose(means, ADD_RIBOSWITCH.extension_nm, atol=0.7)


def test_the_conformations_of_the_truth_have_the_rates_of_the_model(in_the_book):
    model, truth = ADD_RIBOSWITCH, in_the_book.truth
    up, down = model.fold_p3_per_s, model.unfold_p3_per_s
    on, off = model.fold_p2_per_s, model.unfold_p2_per_s
    rates = 1e4 / truth["relaxation_frames"]  # roots of the quadratic equation of a linear scheme
    assert rates.sum() == pytest.approx(up + down + on + off)
    assert rates.prod() == pytest.approx(up * on + up * off + down * off)
    # Flow from U to P3 and from P3 to P2P3 in a tenth of 40 s. Few stays are shorter than a frame.
    counts = truth["conformation_counts"][:, 0].mean(axis=0)
    flow = 4 * model.populations[:2] * (up, on)
    np.testing.assert_allclose((counts[0, 1], counts[1, 2]), flow, rtol=0.06)
    assert counts[0, 2] + counts[2, 0] < 0.01 * counts.sum()
    shares = in_the_book.over_realisations("conformation_populations")
    assert np.abs(shares.deviation_from(model.populations)).max() < 3


def test_markov_models_generate_the_asked_length_and_repeat_labels_for_their_lag():
    learned = labels_of(simulate(ADD_RIBOSWITCH, 40_000, seed=3).extension_nm).reshape(8, -1)
    lags = {"msm_lag": 5, "hidden_states": 3, "hmm_lag": 30}
    trajectories, found = markov_models(learned, 40_001, seed=1, **lags)
    assert {labels.shape for labels in trajectories.values()} == {(40_001,)}
    for name, lag in (("msm", 5), ("hmm", 30), ("chain", 1)):
        changes = np.flatnonzero(np.diff(trajectories[name])) + 1
        assert (changes % lag == 0).all()
        assert changes.size > 40_001 // lag // 2
    assert found["msm_timescales"].shape == found["hmm_timescales"].shape == (2,)
    assert found["hmm_stationary"].sum() == pytest.approx(1)
    assert (np.diff(found["hmm_outputs"] @ CENTRES) < 0).all()  # in the order U, P3, P2P3
    again, _ = markov_models(learned, 40_001, seed=2, **lags)
    assert not any(np.array_equal(again[name], trajectories[name]) for name in trajectories)


def test_statistics_are_those_of_tenths():
    u, p3 = labels_of([722.0, 710.0])
    labels = np.full(20_000, p3)
    labels[300:400] = u  # a stay in the first tenth
    labels[2_500] = u  # a frame in the third
    labels[3_990:4_010] = u  # cut by the end of the fourth
    labels[15_000:] = u  # the second realisation
    found = statistics(labels, [1, 5, 90], n_realisations=2)
    assert found["counts"].shape == found["mean_counts"].shape == (20, 3, 3, 3)
    assert found["counts"].dtype == np.int32
    assert found["counts"][0, :, 0, 1].tolist() == [1, 1, 1]
    # A tenth has 1,000 frames.
    assert found["counts"][2, :, 0, 1].tolist() == [1, 0, 0]
    assert found["counts"][3, :, 1, 0].tolist() == [1, 1, 0]
    assert found["counts"][4, :, 0, 1].tolist() == [1, 1, 0]
    assert found["mean_counts"][2].sum() == 0
    assert found["mean_counts"][0, :, 0, 1].tolist() == [1, 1, 1]
    assert found["counts"][5:].sum() == 0  # a transition between two tenths is in neither
    assert found["populations"].shape == (20, N_LABELS)
    assert found["populations"][0, u] == pytest.approx(0.1)
    assert found["autocorrelation"].shape == (2, len(LAGS))


def test_a_summary_needs_only_the_files(perfect):
    path = perfect.record.folder
    assert summarise(path, perfect.record.settings)["verdicts"]["S1"]["outcome"] == "reproduced"
