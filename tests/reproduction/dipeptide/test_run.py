"""The trainings on alanine dipeptide: their files, their seeds, and their record."""

import shutil

import numpy as np
import pytest

from reproduction.dipeptide.run import DipeptideStudy
from reproduction.dipeptide.states import labels_of
from reproduction.runs import recording
from reproduction.runs.files import load_file, save_file
from tests.reproduction.dipeptide.tiny import TINY, angles


def test_a_study_ends_in_a_record_with_a_verdict_for_each_claim(recorded):
    recipe, folder, summary = recorded
    assert sorted(summary["verdicts"]) == ["A1", "A3*"]
    assert sorted(path.name for path in (folder / "tiny").iterdir()) == [
        "controls.npz", "data.npz", "epochs-01.npz", "reference.npz", "summary.json",
        "training-00.npz", "training-01.npz",
    ]  # fmt: skip
    numbers = summary["numbers"]
    assert sorted(numbers["by_epochs"]) == ["1", "2"]
    assert [len(loss) for loss in numbers["loss"]] == [2, 2]
    assert len(numbers["populations"]["LSTM"]["value"]) == 20
    assert recording.verify(recipe, folder) == []


def test_data_and_reference_are_the_labels_of_the_two_simulations(recorded):
    _, folder, _ = recorded
    for seed, file in enumerate(("data.npz", "reference.npz"), 1):
        # The labels are those of the stored angles, which are rounded to a milliradian.
        labels = load_file(folder / "tiny" / file)["labels"]
        exact = labels_of(angles(30_000, seed)["phi"])[:20_000]
        assert labels.dtype == np.uint8 and labels.shape == (20_000,)
        assert np.mean(labels == exact) > 0.99
        assert np.abs(labels.astype(int) - exact).max() <= 1


def test_trainings_have_different_seeds_and_fewer_epochs_have_the_first_seed(recorded):
    _, folder, _ = recorded
    first, second, fewer = (
        load_file(folder / "tiny" / file)
        for file in ("training-00.npz", "training-01.npz", "epochs-01.npz")
    )
    assert first["generated"].shape == (20_000,)
    assert not np.array_equal(first["generated"], second["generated"])
    assert fewer["settings"] == {**first["settings"], "epochs": 1}


def test_changed_labels_are_found(recorded, tmp_path):
    recipe, folder, _ = recorded
    path = shutil.copytree(folder / "tiny", tmp_path / "tiny") / "training-01.npz"
    file = load_file(path)
    content = {k: v for k, v in file.items() if k not in ("format", "settings", "provenance")}
    content["generated"] = np.roll(content["generated"], 5000)
    content["generated"][:5000] = 19
    save_file(path, content, file["settings"], file["provenance"])
    wrong = recording.verify(recipe, tmp_path)
    assert wrong[0].startswith("training-01.npz: its checksum is not the one recorded")
    assert any(line.startswith("numbers.populations.LSTM") for line in wrong)


def test_a_study_whose_epochs_cannot_be_judged_is_refused_at_once():
    study = DipeptideStudy("phi", ("A3", "A5"), epochs=40, other_epochs=(5, 10))
    with pytest.raises(ValueError, match="other_epochs: A5 judges 20 epochs too"):
        study.recipe("r", "r")
    assert DipeptideStudy("phi", ("A5",), other_epochs=(10, 20)).recipe("r", "r").jobs


def test_a_study_without_the_simulations_that_it_needs_is_refused_at_once(tmp_path):
    recipe = DipeptideStudy("phi", (), **TINY).recipe("tiny", "tiny")
    with pytest.raises(FileNotFoundError, match="'dipeptide'"):
        recording.record(recipe, tmp_path, workers=1)
    assert list(tmp_path.iterdir()) == []
