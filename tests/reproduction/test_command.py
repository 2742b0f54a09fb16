import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reproduction import __main__ as command
from reproduction.recipes import RECIPES
from reproduction.runs import records
from reproduction.runs.files import load_file, load_summary, save_file, save_summary
from reproduction.runs.recipe import LOCK, WORKING, locked
from tests.reproduction.runs.in_this_process import in_this_process

FROZEN, RUNS = (Path(__file__).parent / name for name in ("frozen", "runs"))
# The command with two jobs of the smallest recipe: fewer processes load Keras.
SOME_JOBS = """
import runpy
from dataclasses import replace
from reproduction import recipes
smoke = recipes.recipe("smoke")
jobs = tuple(job for job in smoke.jobs if job.name in {names!r})
recipes.recipe = lambda *_: replace(smoke, jobs=jobs, summarise=lambda *_: {{}})
runpy.run_module("reproduction", run_name="__main__")
"""
# The command with two jobs that need no network: data that are made at once, and what takes long.
LONG_JOB = """
import runpy, sys
sys.path.insert(0, {runs!r})  # the workers inherit it
import pool_jobs
from reproduction import recipes
from reproduction.runs.recipe import Job, Recipe
jobs = tuple(
    Job(f"{{name}}.npz", pool_jobs.steps, {{"log": {log!r}, "name": name, "n": n}}, stage)
    for stage, (name, n) in enumerate({{"data": 1, "training-00": 5_000}}.items())
)
recipes.recipe = lambda *_: Recipe("smoke", "", {{}}, jobs, lambda *_: {{}})
runpy.run_module("reproduction", run_name="__main__")
"""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A folder with a record of the smallest recipe, made without an interruption."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    with in_this_process():
        assert command.main(["record", "smoke", "--with-changes", "--folder", str(folder)]) == 0
    return folder


def begin(program, folder):
    """Start to record the smallest recipe in another process."""
    return subprocess.Popen(
        [sys.executable, "-c", program, "record", "smoke", "--with-changes", "--folder", folder],
        env={**os.environ, "KERAS_BACKEND": "numpy"},  # starts soonest; the compiled engine works
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, process, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)


def test_a_record_is_complete_and_leaves_no_other_files(uninterrupted, capsys):
    names = sorted(path.name for path in (uninterrupted / "smoke").iterdir())
    assert names == [
        "controls.npz", "data.npz", "reference.npz", "summary.json", "training-00.npz",
        "training-01.npz",
    ]  # fmt: skip
    assert command.main(["verify", "smoke", "--folder", str(uninterrupted)]) == 0
    assert "smoke: every checksum and number holds" in capsys.readouterr().out


def test_recording_again_does_no_finished_job_again(uninterrupted, capsys):
    before = {path: path.stat().st_mtime_ns for path in (uninterrupted / "smoke").glob("*.npz")}
    assert command.main(["record", "smoke", "--with-changes", "--folder", str(uninterrupted)]) == 0
    assert "5 of 5 jobs are done already" in capsys.readouterr().out
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_kill_at_a_random_moment_does_not_change_the_record(
    uninterrupted, tmp_path, monkeypatch, capsys
):
    names = {"data", "training-00"}
    program, path = SOME_JOBS.format(names=names), tmp_path / "smoke"
    process = begin(program, tmp_path)
    wait_for((path / "data.npz").exists, process)
    moment = random.uniform(0, 6)
    print(f"killed after {moment:.2f} s")
    with suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    process.kill()
    process.wait()
    done = list(path.glob("*.npz"))
    jobs = tuple(job for job in RECIPES["smoke"].jobs if job.name in names)
    some = replace(RECIPES["smoke"], jobs=jobs, summarise=lambda *_: {})
    monkeypatch.setattr(command, "recipe_of", lambda *_: some)
    with in_this_process():
        assert command.main(["record", "smoke", "--with-changes", "--folder", str(tmp_path)]) == 0
    assert f"{len(done)} of 2 jobs are done already" in capsys.readouterr().out
    assert {file.name for file in path.iterdir()} == {f"{n}.npz" for n in names} | {"summary.json"}
    for name in names:
        expected, found = (load_file(at / f"{name}.npz") for at in (uninterrupted / "smoke", path))
        assert expected.keys() == found.keys()
        for key in expected.keys() - {"provenance", "seconds"}:
            np.testing.assert_array_equal(found[key], expected[key])


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_command_with_its_own_status_and_ends_the_workers(
    tmp_path, number, status
):
    log = tmp_path / "log"
    process = begin(LONG_JOB.format(runs=str(RUNS), log=str(log)), tmp_path)
    wait_for(lambda: log.exists() and "start training-00" in log.read_text(), process)
    process.send_signal(number)
    assert process.wait(30) == status
    assert (tmp_path / "smoke" / "data.npz").exists()
    assert not (tmp_path / "smoke" / "training-00.npz").exists(), "the command did not wait for it"
    begun = command._state(RECIPES["smoke"], tmp_path / "smoke")
    assert begun.startswith(f"begun, 1 of {len(RECIPES['smoke'].jobs)} files done")
    with locked(tmp_path / "smoke" / WORKING / "training-00.lock", wait=False):
        pass  # A worker that still ran would hold the lock.


def test_repeating_compares_the_verdicts_and_its_exit_status_says_whether_they_agree(
    uninterrupted, tmp_path, capsys
):
    into = ["--into", str(tmp_path)]
    shutil.copytree(uninterrupted / "smoke", tmp_path / "smoke")
    os.remove(tmp_path / "smoke" / "reference.npz")  # so that one job is left to do
    with in_this_process():
        assert command.main(["repeat", "smoke", "--folder", str(uninterrupted), *into]) == 0
    out = capsys.readouterr().out
    assert "5/5 reference" in out and "numbers: the same" in out
    assert "B1      not reproduced          not reproduced" in out

    summary = load_summary(uninterrupted / "smoke")
    summary["verdicts"]["K1"]["outcome"] = "reproduced"
    elsewhere = shutil.copytree(uninterrupted, tmp_path / "recorded")
    files = list(summary.pop("files"))
    save_summary(elsewhere / "smoke", summary, files)
    assert command.main(["repeat", "smoke", "--folder", str(elsewhere), *into]) == 1
    assert "K1      reproduced              not reproduced          <- differs" in (
        capsys.readouterr().out
    )


def test_verify_fails_for_a_damaged_record(tmp_path, capsys):
    record = shutil.copytree(FROZEN / "smoke", tmp_path / "smoke")
    at = ["verify", "smoke", "--folder", str(tmp_path)]
    assert command.main(at) == 0
    whole = bytearray((record / "controls.npz").read_bytes())
    whole[1000] ^= 4
    (record / "controls.npz").write_bytes(whole)
    assert command.main(at) == 1
    assert "controls.npz: its checksum is not the one recorded" in capsys.readouterr().err
    shutil.rmtree(record)
    assert command.main(at) == 1
    assert "there is no file" in capsys.readouterr().err


def test_two_commands_do_not_record_in_one_folder(tmp_path, capsys):
    working = tmp_path / "smoke" / WORKING
    working.mkdir(parents=True)
    with locked(working / LOCK):
        assert command.main(["record", "smoke", "--with-changes", "--folder", str(tmp_path)]) == 1
    assert "another process is recording" in capsys.readouterr().err


def test_a_record_made_with_other_settings_is_not_mixed(tmp_path, capsys):
    shutil.copytree(FROZEN / "smoke", tmp_path / "smoke")
    file = tmp_path / "smoke" / "training-00.npz"
    found = load_file(file)
    settings = {**found["settings"], "epochs": 1}
    content = {k: v for k, v in found.items() if k not in ("format", "settings", "provenance")}
    save_file(file, content, settings, found["provenance"])
    assert command.main(["record", "smoke", "--with-changes", "--folder", str(tmp_path)]) == 1
    assert "was made with {'epochs': 1}" in capsys.readouterr().err


def test_list_names_the_runs_and_tells_which_are_recorded(tmp_path, capsys):
    assert command.main(["list", "--names", "--folder", str(tmp_path)]) == 0
    names = capsys.readouterr().out.splitlines()
    assert {"linear", "triangular", "four_state", "path_entropy", "costs"} < set(names)
    assert not {"smoke", "costs_smoke"} & set(names)
    assert command.main(["list", "--all", "--folder", str(FROZEN)]) == 0
    lines = capsys.readouterr().out
    assert "not recorded" in lines and "recorded 2026-11-25, 0.0 core hours" in lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["record", "linaer"],
            "NAME: no run 'linaer'; there are linear, triangular, four_state",
        ),
        (["record", "smoke", "--workers", "0"], "expected a whole number from 1, found '0'"),
        (["record", "smoke", "--workers", "2", "--scheduler", "tcp://x:1"], "not allowed with"),
        ([], "required: COMMAND"),
    ],
)
def test_wrong_usage_has_its_own_exit_status(arguments, message, capsys):
    with pytest.raises(SystemExit) as end:
        command.main(arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_help_explains_the_exit_status(capsys):
    for arguments in (["--help"], ["record", "--help"]):
        with pytest.raises(SystemExit) as end:
            command.main(arguments)
        assert end.value.code == 0
        assert "130 after Ctrl-C" in " ".join(capsys.readouterr().out.split())


def test_the_default_folder_is_beside_the_chapters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert records.default_folder() == Path("recorded")
    (tmp_path / "book").mkdir()
    assert records.default_folder() == Path("book/recorded")


def test_a_source_with_changes_is_refused_unless_told_otherwise(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "revision", lambda *_: "0123456789ab with changes")
    recorded = []
    monkeypatch.setattr(command, "record", lambda recipe, *_, **__: recorded.append(recipe) or {})
    assert command.main(["record", "smoke", "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("revision: 0123456789ab with changes") and "--with-changes" in said
    assert recorded == [] and list(tmp_path.iterdir()) == []
    assert command.main(["record", "smoke", "--with-changes", "--folder", str(tmp_path)]) == 0
    for clean in ("0123456789ab", "unknown"):
        monkeypatch.setattr(command, "revision", lambda *_, clean=clean: clean)
        assert command.main(["record", "smoke", "--folder", str(tmp_path)]) == 0
    assert len(recorded) == 3
