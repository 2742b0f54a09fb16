import re
import shutil

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.analysis.uncertainty import Estimate
from reproduction.dipeptide import criteria as dipeptide_criteria
from reproduction.dipeptide.run import DipeptideStudy
from reproduction.dipeptide.simulations import DATA, REFERENCE, packed
from reproduction.dipeptide.states import labels_of
from reproduction.dipeptide.verdicts import DipeptideEstimates, same_along_both
from reproduction.potentials.verdicts import MODEL, SAME
from reproduction.runs import recording
from reproduction.runs.files import load_file, save_file, save_summary
from reproduction.runs.records import Record

TINY = {
    "frames": 20_000, "length": 20_000, "embedding": 4, "units": 4, "epochs": 2, "trainings": 2,
    "other_epochs": (1,), "prompt_frames": 100,
}  # fmt: skip
CENTRES = {"phi": (-1.4, 1.2), "psi": (1.2, -1.4)}  # of C7eq and C7ax, in radians


def angles(frames, seed, speed=1.0):
    """φ and ψ that jump between C7eq and C7ax, with noise in each."""
    leave_eq, leave_ax = speed / 1000, speed / 300
    chain = simulate_markov_chain(
        [[1 - leave_eq, leave_eq], [leave_ax, 1 - leave_ax]], frames, seed=seed
    )
    random = np.random.default_rng(seed)
    return {
        angle: np.array(centres)[chain] + 0.2 * random.normal(size=frames)
        for angle, centres in CENTRES.items()
    }


def simulated(folder, frames=30_000):
    """Two records of simulations of something else, which take no OpenMM."""
    (folder / "dipeptide").mkdir()
    for seed, file in enumerate((DATA, REFERENCE), 1):
        both = {angle: packed(found) for angle, found in angles(frames, seed).items()}
        save_file(folder / "dipeptide" / file, both, {}, {})
    save_summary(folder / "dipeptide", {"name": "dipeptide"}, (DATA, REFERENCE))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The recipe of the smallest run, its folder and its summary."""
    folder = tmp_path_factory.mktemp("recorded")
    simulated(folder)
    recipe = DipeptideStudy("phi", ("A1", "A3*"), **TINY).recipe("tiny", "tiny")
    return recipe, folder, recording.record(recipe, folder, workers=1)


def test_a_run_ends_in_a_record_with_a_verdict_for_each_claim(recorded):
    recipe, folder, summary = recorded
    assert sorted(summary["verdicts"]) == ["A1", "A3*"]
    assert sorted(path.name for path in (folder / "tiny").iterdir()) == [
        "controls.npz", "data.npz", "epochs-01.npz", "reference.npz", "summary.json",
        "training-00.npz", "training-01.npz",
    ]  # fmt: skip
    numbers = summary["numbers"]
    assert sorted(numbers["by_epochs"]) == ["1", "2"]
    assert [len(loss) for loss in numbers["loss"]] == [2, 2]
    assert len(numbers["populations"][MODEL]["value"]) == 20
    assert recording.verify(recipe, folder) == []


def test_data_and_reference_are_the_labels_of_the_two_simulations(recorded):
    _, folder, _ = recorded
    for seed, file in enumerate(("data.npz", "reference.npz"), 1):
        # Of the angles that were kept, which miss a milliradian.
        labels = load_file(folder / "tiny" / file)["labels"]
        exact = labels_of(angles(30_000, seed)["phi"])[:20_000]
        assert labels.dtype == np.uint8 and labels.shape == (20_000,)
        assert np.mean(labels == exact) > 0.99
        assert np.abs(labels.astype(int) - exact).max() <= 1


def test_trainings_have_seeds_of_their_own_and_fewer_epochs_that_of_the_first(recorded):
    _, folder, _ = recorded
    first, second, fewer = (
        load_file(folder / "tiny" / file)
        for file in ("training-00.npz", "training-01.npz", "epochs-01.npz")
    )
    assert first["generated"].shape == (20_000,)
    assert not np.array_equal(first["generated"], second["generated"])
    assert fewer["settings"] == {**first["settings"], "epochs": 1}


def test_a_longer_commit_time_leaves_fewer_and_longer_waits(recorded):
    found = measured(recorded[1])
    for name in ("training data", SAME):
        short, long = found.waits_at(name, 1), found.waits_at(name, 200)
        assert all(one.n > other.n and one.value < other.value for one, other in zip(short, long))
        for one, other in zip(found.waits_at(name, 30), found.waits[name]):
            assert (one.value, one.error, one.n) == (other.value, other.error, other.n)


def test_labels_that_were_changed_are_found(recorded, tmp_path):
    recipe, folder, _ = recorded
    path = shutil.copytree(folder / "tiny", tmp_path / "tiny") / "training-01.npz"
    part = load_file(path)
    content = {k: v for k, v in part.items() if k not in ("format", "settings", "provenance")}
    content["generated"] = np.roll(content["generated"], 5000)
    content["generated"][:5000] = 19
    save_file(path, content, part["settings"], part["provenance"])
    wrong = recording.verify(recipe, tmp_path)
    assert wrong[0].startswith("training-01.npz: its checksum is not the one recorded")
    assert any(line.startswith("numbers.populations.LSTM") for line in wrong)


def measured(folder, **changed):
    run = DipeptideStudy("phi", ("A1", "A3"), **{**TINY, **changed})
    return DipeptideEstimates(Record("tiny", folder / "tiny", dict(vars(run)), {}))


def test_a_claim_on_epochs_that_were_not_trained_is_refused_and_not_passed(recorded):
    with pytest.raises(ValueError, match=r"other_epochs: .* after \[10, 20, 40\] epochs"):
        measured(recorded[1]).verdict("A5")


def test_a_claim_on_epochs_is_judged_after_each_of_them(recorded, monkeypatch):
    monkeypatch.setattr(dipeptide_criteria, "JUDGED_EPOCHS", (1, 2))
    verdict = measured(recorded[1]).verdict("A5")
    assert verdict.truth is None
    for outcome in verdict.tests.values():
        assert re.match(r"1: .*; 2: |1, 2: ", outcome.measured)
    monkeypatch.setattr(dipeptide_criteria, "JUDGED_EPOCHS", (1, 2, 3))
    with pytest.raises(ValueError, match=r"after \[3\] epochs too, and the run has only \[1, 2\]"):
        measured(recorded[1]).verdict("A5")


def written(folder, texts, frames=200_000):
    """A record of networks that wrote these, which takes no training."""
    path = folder / "tiny"
    path.mkdir()
    history = {"loss": np.ones(2), "validation_loss": np.ones(2)}
    parts = {
        "data.npz": {"labels": labels_of(angles(frames, 1)["phi"])},
        "reference.npz": {"labels": labels_of(angles(2 * frames, 2)["phi"])},
        "controls.npz": {
            "untrained": np.random.default_rng(3).integers(20, size=(3, 50_000), dtype=np.uint8)
        },
        "epochs-01.npz": {"generated": texts[0], **history},
    }
    parts |= {f"training-{k:02d}.npz": {"generated": t, **history} for k, t in enumerate(texts)}
    for file, content in parts.items():
        save_file(path / file, content, {}, {})
    return measured(folder, trainings=len(texts))


def test_networks_that_write_the_same_process_pass_and_others_do_not(tmp_path):
    found = written(tmp_path, [labels_of(angles(200_000, 10 + k)["phi"]) for k in range(3)])
    for claim in ("A1", "A3"):
        tests = found.verdict(claim).tests
        assert tests["LSTM"].passed and tests["LSTM, against the truth"].passed
        assert tests["independent simulation"].passed
        assert not tests["untrained network"].passed and not tests["shuffled labels"].passed
        # A chain of first order is all there is to this process.
        assert tests["first-order Markov chain"].passed
        assert found.verdict(claim).outcome == "reproduced in part"


def test_networks_that_write_a_process_twice_as_fast_have_its_free_energies_only(tmp_path):
    texts = [labels_of(angles(200_000, 10 + k, speed=2.0)["phi"]) for k in range(3)]
    found = written(tmp_path, texts)
    assert found.free_energies_agree(MODEL).passed
    assert not found.waits_agree(MODEL).passed


def test_one_training_alone_has_errors_of_its_own_length(tmp_path):
    found = written(tmp_path, [labels_of(angles(200_000, 10)["phi"])])
    assert np.isfinite(found.populations[MODEL].error).all()
    for wait, same in zip(found.waits[MODEL], found.waits[SAME]):
        # As long as the independent simulation, and so as well known.
        assert wait.n > 50 and 0.5 < wait.error / same.error < 2
    assert "SE" in found.verdict("A3").model.measured


def test_what_was_written_after_fewer_epochs_is_that_of_the_part(recorded):
    found = measured(recorded[1])
    for epochs, file in ((1, "epochs-01.npz"), (2, "training-00.npz")):
        kept = load_file(recorded[1] / "tiny" / file)["generated"]
        np.testing.assert_array_equal(found.written_after(epochs), kept)
    with pytest.raises(ValueError, match=r"epochs: no training ended after 7; .* \[1, 2\]"):
        found.written_after(7)


def test_one_training_of_a_run_that_was_recorded_has_finite_populations(recorded):
    found = measured(recorded[1], trainings=1)
    assert np.isfinite(found.populations[MODEL].value).all()
    assert np.isfinite(found.populations[MODEL].error).all()
    assert set(found.verdict("A1").tests) >= {"LSTM", "untrained network"}


def test_a_run_whose_epochs_cannot_be_judged_is_refused_before_it_begins():
    run = DipeptideStudy("phi", ("A3", "A5"), epochs=40, other_epochs=(5, 10))
    with pytest.raises(ValueError, match="other_epochs: A5 judges 20 epochs too"):
        run.recipe("r", "r")
    assert DipeptideStudy("phi", ("A5",), other_epochs=(10, 20)).recipe("r", "r").jobs


def test_a_run_without_the_simulations_it_is_made_from_is_refused_at_once(tmp_path):
    recipe = DipeptideStudy("phi", (), **TINY).recipe("tiny", "tiny")
    with pytest.raises(FileNotFoundError, match="made from the record 'dipeptide', .* there first"):
        recording.record(recipe, tmp_path, workers=1)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def along_psi(recorded):
    """As if the record were one along sin ψ: its waits are given by hand."""
    run = DipeptideStudy("psi", ("A4",), **TINY)
    return DipeptideEstimates(Record("psi", recorded[1] / "tiny", dict(vars(run)), {}))


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
def test_both_angles_have_to_tell_the_data_and_the_same(
    recorded, along_psi, monkeypatch, phi_waits, psi_waits, outcome
):
    along_phi = measured(recorded[1])
    data = (100.0, 30.0)
    for found, waits in ((along_phi, phi_waits), (along_psi, psi_waits)):
        every = {"training data": data, MODEL: waits}
        pairs = {
            name: tuple(Estimate(mean, 0.06 * mean, 60) for mean in every.get(name, (1.0, 1.0)))
            for name in found.waits
        }
        monkeypatch.setattr(found, "waits", pairs)
    verdict = same_along_both(along_phi, along_psi)
    assert verdict.line() == f"O1*: {outcome}"


def test_records_of_both_angles_are_asked_for_in_their_order(recorded, along_psi):
    with pytest.raises(ValueError, match="along psi and phi; give one along each"):
        same_along_both(along_psi, measured(recorded[1]))
