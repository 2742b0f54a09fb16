"""What depends on a GPU: its trials, which run on a CPU as well, and the page that lists them."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from benchmarks import __main__ as command
from benchmarks import bench_gpu, gpu_uses
from tools.notebooks import BOOK, ROOT

PAGE = (BOOK / "gpu.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| use", "| ---"))
]


def test_the_page_lists_every_trial():
    listed = [row[:2] for row in ROWS if len(row) == 4]
    assert listed == [[use.title, use.backend] for use in gpu_uses.USES.values()]


def test_each_row_names_a_file_that_is_there():
    for row in ROWS:
        assert (ROOT / row[-2].strip("`")).is_file(), row


def test_nothing_is_said_to_work_that_was_not_tried():
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text("utf-8"))
    if "gpu" not in results:
        assert all(row[-1].startswith("never tried") for row in ROWS)
        assert "none of them has ever been tried" in PAGE


def test_the_command_of_the_page_exists():
    (name,) = re.findall(r"-m benchmarks --only (\w+)", PAGE)
    assert name in command.ON_REQUEST and name not in command.BENCHMARKS


def test_without_a_gpu_nothing_is_tried_and_nothing_is_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench_gpu.machine, "gpu_model", lambda: "")
    monkeypatch.setattr(bench_gpu, "tried", lambda name: pytest.fail("it was tried"))
    assert command.main(["--only", "gpu", "--output", str(tmp_path)]) == 2
    assert "no GPU was found" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "printed, code, status",
    [
        ('{"cards": 1, "number": 3.5}', 0, "works"),
        ('{"cards": 1, "number": null}', 0, "needs more GPUs: 1 of 2"),
        ("", 1, "fails: AssertionError: x"),
    ],
)
def test_a_trial_becomes_a_row(monkeypatch, printed, code, status):
    done = SimpleNamespace(stdout=printed, stderr="a\nAssertionError: x\n", returncode=code)
    monkeypatch.setattr(bench_gpu.subprocess, "run", lambda *_, **__: done)
    title, backend, found, number, unit = bench_gpu.tried("devices")
    assert (title, backend, found) == ("several GPUs share each batch", "jax", status)
    assert number == (3.5 if status == "works" else None)


def test_the_trials_themselves_run_on_a_cpu():
    assert gpu_uses.losses() < 2e-3
    assert gpu_uses.generation(n_chains=20, n_frames=2000) > 0
    assert gpu_uses.step(8, 2) > 0
    if not gpu_uses.cards():
        with pytest.raises(AssertionError, match='"auto" chooses: expected keras, found compiled'):
            gpu_uses.chosen()
