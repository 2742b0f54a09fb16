import json
import sys

import numpy as np
import pytest

from lstm_md.report import memory, sweep
from tools.notebooks import BOOK


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "recording.npz"
    rng = np.random.default_rng(1)
    states = np.repeat(rng.integers(3, size=60), 200)
    np.savez(path, extension_nm=703 + 7 * states + rng.normal(size=states.size))
    return path


@pytest.fixture
def measured(monkeypatch):
    monkeypatch.setattr(sweep, "measure", lambda part, labels, quick: {"of": part, "n": 0.123456})


def test_a_sweep_comes_back_from_its_file_with_its_origin(tmp_path, recording, measured, capsys):
    path = tmp_path / "costs.json"
    assert sweep.main([str(path), "--labels", str(recording)]) == 0
    record = sweep.load_sweep(path)
    assert record["frames"] == {"of": "frames", "n": 0.12346}
    assert {"date", "revision", "device", "versions"} <= set(record["provenance"])
    assert "deeptime" in record["provenance"]["versions"]
    assert capsys.readouterr().out.count(" s\n") == len(sweep.PARTS)


def test_after_a_kill_only_what_is_missing_is_measured(tmp_path, recording, monkeypatch):
    path = tmp_path / "costs.json"
    asked = []

    def measure(part, labels, quick):
        asked.append(part)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return part

    monkeypatch.setattr(sweep, "measure", measure)
    with pytest.raises(KeyboardInterrupt):
        sweep.main([str(path), "--labels", str(recording)])
    assert not path.exists()
    assert sweep.main([str(path), "--labels", str(recording)]) == 0
    assert asked == [*sweep.PARTS[:3], *sweep.PARTS[2:]]
    assert [sweep.load_sweep(path)[part] for part in sweep.PARTS] == list(sweep.PARTS)
    assert {p.name for p in tmp_path.iterdir()} == {"costs.json", "recording.npz"}


def test_one_part_is_measured_anew_and_the_others_are_kept(
    tmp_path, recording, measured, monkeypatch
):
    path = tmp_path / "costs.json"
    sweep.main([str(path), "--labels", str(recording)])
    monkeypatch.setattr(sweep, "measure", lambda part, labels, quick: "new")
    sweep.main([str(path), "--labels", str(recording), "--only", "units"])
    record = sweep.load_sweep(path)
    assert record["units"] == "new" and record["labels"] == {"of": "labels", "n": 0.12346}


def test_what_is_no_whole_sweep_is_refused(tmp_path):
    path = tmp_path / "costs.json"
    with pytest.raises(FileNotFoundError):
        sweep.load_sweep(path)
    for text, says in (
        ("{", "damaged"),
        ("[]", "expected a cost sweep of format 1, found None"),
        ('{"format": 9}', "found 9"),
        ('{"format": 1, "frames": []}', "lacks labels, units"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=says):
            sweep.load_sweep(path)


def test_a_failed_write_keeps_the_record(tmp_path, monkeypatch):
    path = tmp_path / "costs.json"
    path.write_text("before")
    monkeypatch.setattr(json, "dumps", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sweep.save(path, {})
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["costs.json"]


def test_the_recorded_sweep_has_the_sizes_that_the_criteria_speak_of():
    record = sweep.load_sweep(BOOK / "recorded/costs.json")
    frames = record["frames"]["frames"]
    assert frames[-1] / frames[0] >= 100, "C1 speaks of two decades"
    sizes = {(each["embedding"], each["units"]) for each in record["labels"].values()}
    assert sizes == {(8, 64), (128, 1024)}, "C2 speaks of the paper's networks"
    assert record["models"]["epochs"] == 20 and record["models"]["frames"][-1] == 400_000
    assert np.shape(record["projections"]["validation_loss"]["x"]) == (5, 20)


def test_the_riboswitch_has_34_labels():
    assert sweep.riboswitch_labels([600.0, 685.1, 735.9, 800.0]).tolist() == [0, 0, 33, 33]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says")
def test_memory_that_is_used_is_found():
    grown = memory.in_a_fresh_process(_grown)
    assert 60 < grown < 120


def _grown():
    return memory.grown_mb(lambda: np.ones(8_000_000))  # 64 MB


@pytest.mark.skipif(sys.platform.startswith("linux"), reason="Linux says")
def test_memory_is_nan_where_the_system_says_nothing():
    assert np.isnan(memory.grown_mb(lambda: None))
