import shutil

import pytest

from reproduction import __main__ as runs
from reproduction.costs import run as sweep
from reproduction.costs import verdicts as effort
from reproduction.recipes import RECIPES
from reproduction.runs.files import load_file, load_summary, save_file, save_summary
from tools.notebooks import BOOK, ROOT

FILES = {f"{part}.json" for part in effort.PARTS}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The folder with a record of the smallest sweep; two workers could do two parts at once."""
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # the riboswitch is found from there
        at = ["record", "costs_smoke", "--folder", str(folder), "--workers", "2"]
        assert runs.main(at) == 0
    return folder


def test_a_recorded_sweep_is_whole_and_reads_as_the_chapter_wants_it(recorded, capsys):
    folder = recorded / "costs_smoke"
    assert {path.name for path in folder.iterdir()} == FILES | {"summary.json"}
    assert runs.main(["verify", "costs_smoke", "--folder", str(recorded)]) == 0
    assert "every checksum and number holds" in capsys.readouterr().out
    record = effort.load_sweep(folder)
    assert list(load_summary(folder)["verdicts"]) == ["C1", "C2", "C3", "C4"]
    assert "deeptime" in record["provenance"]["versions"]
    assert record["provenance"]["backend"] in ("tensorflow", "jax")
    assert record["provenance"]["device"]["threads"] == 1
    asked = RECIPES["costs_smoke"].settings
    assert record["frames"]["frames"] == list(asked["frames"])
    assert (record["frames"]["embedding"], record["frames"]["units"]) == (2, 4)
    assert set(record["models"]["seconds"]) == set(record["memory"])
    assert set(record["memory"]) == {"MSM", "HMM", "HMM, lag 1", "LSTM, L 64", "LSTM, L 1024"}


def test_no_two_parts_are_measured_at_the_same_time(recorded):
    ends = {name: (recorded / "costs_smoke" / name).stat().st_mtime for name in FILES}
    order = sorted(ends, key=lambda name: ends[name])
    for before, name in zip(order, order[1:]):
        took = load_file(recorded / "costs_smoke" / name)["provenance"]["seconds"]
        assert ends[name] - took > ends[before], f"{name} began before {before} had ended"


def test_repeating_measures_only_what_is_not_there_and_compares(
    recorded, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(ROOT)
    shutil.copytree(recorded / "costs_smoke", tmp_path / "costs_smoke")
    (tmp_path / "costs_smoke" / "memory.json").unlink()  # no verdict depends on it
    at = ["repeat", "costs_smoke", "--folder", str(recorded), "--into", str(tmp_path)]
    assert runs.main(at) == 0
    out = capsys.readouterr().out
    assert "5 of 6 parts are there already" in out and "6/6 memory" in out
    assert [line[:2] for line in out.splitlines() if line[1:2].isdigit()][-4:] == [
        "C1", "C2", "C3", "C4",
    ]  # fmt: skip


def test_an_edited_time_is_found_even_if_the_checksums_were_mended(recorded, tmp_path, capsys):
    folder = shutil.copytree(recorded / "costs_smoke", tmp_path / "costs_smoke")
    part = load_file(folder / "frames.json")
    for spent in part["content"]["seconds"]:
        spent[-1] *= 3
    save_file(folder / "frames.json", part["content"], part["settings"], part["provenance"])
    at = ["verify", "costs_smoke", "--folder", str(tmp_path)]
    assert runs.main(at) == 1
    assert "frames.json: its checksum is not the one recorded" in capsys.readouterr().err
    summary = load_summary(folder)
    save_summary(folder, summary, list(summary.pop("files")))
    assert runs.main(at) == 1
    found = capsys.readouterr().err
    assert "numbers.frames[1]: recorded" in found and "verdicts.C1.tests.LSTM.measured" in found


def test_the_recipe_has_the_sizes_that_the_criteria_speak_of():
    asked = RECIPES["costs"].settings
    assert asked["frames"][-1] / asked["frames"][0] >= 100, "C1 speaks of two decades"
    assert list(asked["networks"].values()) == [(8, 64), (128, 1024)], "C2 and C3 speak of these"
    assert asked["trace_frames"][-1] == 400_000
    assert (asked["plane"]["trainings"], asked["plane"]["epochs"]) == (5, 20)
    parts = RECIPES["costs"].jobs
    assert {part.file for part in parts} == FILES
    assert len({part.stage for part in parts}) == len(parts), "each is measured alone"
    rounds = {part.name: part.arguments.get("rounds") for part in parts}
    assert (rounds["frames"], rounds["labels"], rounds["units"], rounds["models"]) == (5, 5, 3, 3)


def test_the_riboswitch_is_found_beside_the_chapters(tmp_path, monkeypatch):
    for folder in (ROOT, BOOK):
        monkeypatch.chdir(folder)
        assert sweep.recorded_labels().shape == (400_000,)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="riboswitch's recording is not there; run"):
        sweep.recorded_labels()


def test_the_riboswitch_has_34_labels():
    assert sweep.riboswitch_labels([600.0, 685.1, 735.9, 800.0]).tolist() == [0, 0, 33, 33]
