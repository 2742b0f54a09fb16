"""The run of C1–C4: its recipe, and a record of the smallest one."""

import pickle
import shutil
from contextlib import contextmanager

import pytest

from reproduction import __main__ as command
from reproduction.costs import peak_memory
from reproduction.costs import run as costs_run
from reproduction.costs.run import riboswitch_labels
from reproduction.costs.verdicts import MEASUREMENTS, CostEstimates
from reproduction.recipes import RECIPES
from reproduction.runs import records
from reproduction.runs.files import load_file, load_summary, save_file, save_summary
from tests.reproduction.runs.in_this_process import in_this_process
from tools.notebooks import ROOT

NAME = "costs_smoke"
FILES = {f"{name}.json" for name in MEASUREMENTS}


@contextmanager
def measured_here():
    """Do jobs here; give the jobs that were begun together, and what needs a fresh process."""
    asked = []

    def here(function, *arguments):
        asked.append(function)
        return pickle.loads(pickle.dumps(function))(*arguments)

    with pytest.MonkeyPatch.context() as patch, in_this_process() as together:
        patch.chdir(ROOT)  # the riboswitch's recording is found from there
        patch.setattr(costs_run, "in_fresh_process", here)
        yield together, asked


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """The folder with the smallest record, and what :func:`measured_here` gave."""
    folder = tmp_path_factory.mktemp("recorded")
    with measured_here() as found:
        # Two workers could do two jobs at once.
        at = ["record", NAME, "--with-changes", "--folder", str(folder), "--workers", "2"]
        assert command.main(at) == 0
    return folder, *found


@pytest.fixture(scope="module")
def recorded(recording):
    return recording[0]


def test_a_record_verifies_and_has_everything_that_the_chapter_shows(recorded, capsys):
    assert {path.name for path in (recorded / NAME).iterdir()} == FILES | {"summary.json"}
    assert command.main(["verify", NAME, "--folder", str(recorded)]) == 0
    assert "every checksum and number holds" in capsys.readouterr().out
    assert list(load_summary(recorded / NAME)["verdicts"]) == ["C1", "C2", "C3", "C4"]
    record = records.load(NAME, recorded)
    assert "deeptime" in record.provenance["versions"]
    assert record.provenance["backend"] in ("tensorflow", "jax")
    measured = CostEstimates(record).measured
    assert measured["frames"]["frames"] == list(RECIPES[NAME].settings["frames"])
    assert (measured["frames"]["embedding"], measured["frames"]["units"]) == (2, 4)
    assert set(measured["models"]["seconds"]) == set(measured["memory"])
    assert set(measured["memory"]) == {"MSM", "HMM", "HMM, lag 1", "LSTM, L 64", "LSTM, L 1024"}


def test_no_two_jobs_are_done_at_the_same_time(recording):
    _, together, _ = recording
    assert sorted(together) == sorted([name] for name in MEASUREMENTS)


def test_each_memory_is_measured_in_a_fresh_process(recording):
    _, _, asked = recording
    fits, trainings = 3 * [peak_memory.memory_of_fit], 2 * [peak_memory.memory_of_training]
    assert asked == fits + trainings


def test_repeating_measures_only_what_is_missing_and_compares(recorded, tmp_path, capsys):
    shutil.copytree(recorded / NAME, tmp_path / NAME)
    (tmp_path / NAME / "memory.json").unlink()  # no verdict depends on it
    at = ["repeat", NAME, "--folder", str(recorded), "--into", str(tmp_path)]
    with measured_here() as (together, _):
        assert command.main(at) == 0
    assert together == [["memory"]]
    out = capsys.readouterr().out
    assert "5 of 6" in out and "6/6 memory" in out
    assert [line[:2] for line in out.splitlines() if line[1:2].isdigit()][-4:] == [
        "C1", "C2", "C3", "C4",
    ]  # fmt: skip


def test_an_edited_time_is_found_even_if_the_checksums_were_updated(recorded, tmp_path, capsys):
    folder = shutil.copytree(recorded / NAME, tmp_path / NAME)
    file = load_file(folder / "frames.json")
    for spent in file["content"]["seconds"]:
        spent[-1] *= 3
    save_file(folder / "frames.json", file["content"], file["settings"], file["provenance"])
    at = ["verify", NAME, "--folder", str(tmp_path)]
    assert command.main(at) == 1
    assert "frames.json" in capsys.readouterr().err
    summary = load_summary(folder)
    save_summary(folder, summary, list(summary.pop("files")))
    assert command.main(at) == 1
    found = capsys.readouterr().err
    assert "numbers.frames[1]: recorded" in found and "verdicts.C1.tests.LSTM.measured" in found


def test_the_recipe_has_the_sizes_that_the_criteria_name():
    settings = RECIPES["costs"].settings
    assert settings["frames"][-1] / settings["frames"][0] >= 100, "C1 names two decades"
    assert list(settings["networks"].values()) == [(8, 64), (128, 1024)], "C2 and C3 name these"
    assert settings["trace_frames"][-1] == 400_000
    assert (settings["plane"]["trainings"], settings["plane"]["epochs"]) == (5, 20)
    jobs = RECIPES["costs"].jobs
    assert {job.file for job in jobs} == FILES
    assert len({job.stage for job in jobs}) == len(jobs), "each is measured alone"
    rounds = {job.name: job.arguments.get("rounds") for job in jobs}
    assert (rounds["frames"], rounds["labels"], rounds["units"], rounds["models"]) == (5, 5, 3, 3)


def test_the_labels_are_those_of_the_riboswitch(monkeypatch):
    monkeypatch.chdir(ROOT)
    labels = riboswitch_labels()
    assert labels.shape == (400_000,) and labels.max() < 34
