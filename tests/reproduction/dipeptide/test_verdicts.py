"""The estimates of a record of alanine dipeptide, and the verdicts on A1–A5 and O1*."""

import re

import numpy as np
import pytest

from lstm_md.analysis.uncertainty import Estimate
from reproduction.common.estimates import DATA, MODEL, SAME
from reproduction.dipeptide import criteria
from reproduction.dipeptide.claims import CLAIMS
from reproduction.dipeptide.states import labels_of
from reproduction.dipeptide.verdicts import same_along_both
from reproduction.runs.files import load_file, save_file
from tests.reproduction.dipeptide.tiny import angles, estimates_of


def test_a_longer_commit_time_gives_fewer_and_longer_waits(recorded):
    estimates = estimates_of(recorded[1])
    for name in (DATA, SAME):
        short, long = estimates.waits_at(name, 1), estimates.waits_at(name, 200)
        assert all(one.n > other.n and one.value < other.value for one, other in zip(short, long))
        for one, other in zip(estimates.waits_at(name, 30), estimates.waits[name]):
            assert (one.value, one.error, one.n) == (other.value, other.error, other.n)


def test_a_claim_on_epochs_that_were_not_trained_is_refused(recorded):
    with pytest.raises(ValueError, match=r"other_epochs: .* after \[10, 20, 40\] epochs"):
        estimates_of(recorded[1]).verdict("A5")


def test_a_claim_on_epochs_is_judged_after_each_number_of_them(recorded, monkeypatch):
    monkeypatch.setattr(criteria, "JUDGED_EPOCHS", (1, 2))
    verdict = estimates_of(recorded[1]).verdict("A5")
    assert verdict.truth is None
    for outcome in verdict.tests.values():
        assert re.match(r"1: .*; 2: |1, 2: ", outcome.measured)
    monkeypatch.setattr(criteria, "JUDGED_EPOCHS", (1, 2, 3))
    with pytest.raises(ValueError, match=r"after \[3\] epochs too, and the run has only \[1, 2\]"):
        estimates_of(recorded[1]).verdict("A5")


def test_every_claim_of_the_study_can_be_judged(recorded, monkeypatch):
    monkeypatch.setattr(criteria, "JUDGED_EPOCHS", (1, 2))
    estimates = estimates_of(recorded[1])
    for id_ in CLAIMS:
        if id_ != "O1*":
            assert estimates.verdict(id_).claim is CLAIMS[id_]
    with pytest.raises(KeyError, match="K1"):
        estimates.verdict("K1")


def estimates_of_labels(folder, generated, n_frames=200_000):
    """The estimates of a record of networks that generated these labels, without a training."""
    path = folder / "tiny"
    path.mkdir()
    history = {"loss": np.ones(2), "validation_loss": np.ones(2)}
    files = {
        "data.npz": {"labels": labels_of(angles(n_frames, 1)["phi"])},
        "reference.npz": {"labels": labels_of(angles(2 * n_frames, 2)["phi"])},
        "controls.npz": {
            "untrained": np.random.default_rng(3).integers(20, size=(3, 50_000), dtype=np.uint8)
        },
        "epochs-01.npz": {"generated": generated[0], **history},
    }
    for k, labels in enumerate(generated):
        files[f"training-{k:02d}.npz"] = {"generated": labels, **history}
    for file, content in files.items():
        save_file(path / file, content, {}, {})
    return estimates_of(folder, trainings=len(generated))


def test_networks_that_generate_the_same_process_pass_and_others_fail(tmp_path):
    generated = [labels_of(angles(200_000, 10 + k)["phi"]) for k in range(3)]
    estimates = estimates_of_labels(tmp_path, generated)
    for id_ in ("A1", "A3"):
        tests = estimates.verdict(id_).tests
        assert tests["LSTM"].passed and tests["LSTM, against the truth"].passed
        assert tests["independent simulation"].passed
        assert not tests["untrained network"].passed and not tests["shuffled labels"].passed
        # The process is a first-order Markov chain, so that this control passes too.
        assert tests["first-order Markov chain"].passed
        assert estimates.verdict(id_).outcome == "reproduced in part"


def test_networks_that_generate_a_process_twice_as_fast_have_right_free_energies_only(tmp_path):
    generated = [labels_of(angles(200_000, 10 + k, speed=2.0)["phi"]) for k in range(3)]
    estimates = estimates_of_labels(tmp_path, generated)
    assert estimates.free_energies_agree(MODEL).passed
    assert not estimates.waits_agree(MODEL).passed


def test_a_single_training_has_the_errors_of_its_own_length(tmp_path):
    estimates = estimates_of_labels(tmp_path, [labels_of(angles(200_000, 10)["phi"])])
    assert np.isfinite(estimates.populations[MODEL].error).all()
    for wait, same in zip(estimates.waits[MODEL], estimates.waits[SAME]):
        # It is as long as the independent simulation, and so has similar errors.
        assert wait.n > 50 and 0.5 < wait.error / same.error < 2
    assert "SE" in estimates.verdict("A3").model.measured


def test_a_training_is_found_by_its_number_of_epochs(recorded):
    estimates = estimates_of(recorded[1])
    for epochs, file in ((1, "epochs-01.npz"), (2, "training-00.npz")):
        expected = load_file(recorded[1] / "tiny" / file)["generated"]
        np.testing.assert_array_equal(estimates.generated_after(epochs), expected)
    with pytest.raises(ValueError, match=r"epochs: no training ended after 7; .* \[1, 2\]"):
        estimates.generated_after(7)


def test_a_single_training_of_a_record_has_finite_populations(recorded):
    estimates = estimates_of(recorded[1], trainings=1)
    assert np.isfinite(estimates.populations[MODEL].value).all()
    assert np.isfinite(estimates.populations[MODEL].error).all()
    assert set(estimates.verdict("A1").tests) >= {"LSTM", "untrained network"}


@pytest.fixture
def along_psi(recorded):
    """The same record as if it were along sin ψ; a test sets its waits."""
    return estimates_of(recorded[1], "psi")


@pytest.mark.parametrize(
    ("phi_waits", "psi_waits", "outcome"),
    [
        ((100.0, 30.0), (100.0, 30.0), "reproduced"),
        # Each within two errors of its data, but not of each other.
        ((87.0, 30.0), (115.0, 30.0), "not reproduced"),
        ((100.0, 26.0), (100.0, 34.5), "not reproduced"),
        # The same along both, and wrong.
        ((150.0, 30.0), (150.0, 30.0), "not reproduced"),
        ((100.0, 30.0), (150.0, 30.0), "not reproduced"),
    ],
)
def test_both_angles_have_to_give_the_waits_of_the_data_and_the_same_waits(
    recorded, along_psi, monkeypatch, phi_waits, psi_waits, outcome
):
    along_phi = estimates_of(recorded[1])
    for estimates, model_waits in ((along_phi, phi_waits), (along_psi, psi_waits)):
        means = {DATA: (100.0, 30.0), MODEL: model_waits}
        pairs = {
            name: tuple(Estimate(mean, 0.06 * mean, 60) for mean in means.get(name, (1.0, 1.0)))
            for name in estimates.waits
        }
        monkeypatch.setattr(estimates, "waits", pairs)
    verdict = same_along_both(along_phi, along_psi)
    assert verdict.line() == f"O1*: {outcome}"


def test_the_record_of_phi_comes_before_that_of_psi(recorded, along_psi):
    with pytest.raises(ValueError, match="along psi and phi; give one along each"):
        same_along_both(along_psi, estimates_of(recorded[1]))
