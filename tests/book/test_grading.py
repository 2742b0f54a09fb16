"""Grading: which values reach the tests, and what a submission cannot reach."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Claim, VerdictTable, judge
from tools.grading import sandbox, session, values
from tools.notebooks import ROOT

LANDLOCK = sandbox.landlock_version()


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 0.5, "text", [1, (2, "a")], {"a": {1, 2}}, 1 + 2j,
        np.float32(0.5), np.arange(6).reshape(2, 3), np.array(["ab", "c"]), np.array([], bool),
    ],
)  # fmt: skip
def test_plain_values_reach_the_tests(value):
    back = values.loads(values.dumps(value))
    assert type(back) is type(value) or isinstance(value, complex)
    assert np.array_equal(back, value) if isinstance(value, np.ndarray) else back == value
    if isinstance(value, np.ndarray):
        assert back.dtype == value.dtype


def test_estimates_and_tables_reach_the_tests():
    estimate = values.loads(values.dumps(Estimate([1.0, 2.0], [0.1, 0.2], 5)))
    assert isinstance(estimate, Estimate) and estimate.n == 5 and estimate.value[1] == 2
    model = Outcome(True, "0.5 SE", numbers={"z": 0.5})
    table = VerdictTable([judge(Claim("mine", "agrees"), model, {"c": Outcome(False, "9 SE")})])
    assert str(values.loads(values.dumps(table))) == str(table)


def test_a_value_that_is_not_plain_equals_nothing():
    class Yes:
        def __eq__(self, other):
            return True

    for value in (Yes(), np.array([Yes()]), values, lambda: 1):
        back = values.loads(values.dumps([value]))[0]
        assert isinstance(back, values.Opaque)
        assert back != 1


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{}", b"[1]", b"[" * 100_000,
        b'{"record": "os", "fields": {"dict": []}}',
        b'{"array": "", "dtype": "O", "shape": [0]}',
        b'{"array": "AA==", "dtype": "<f8", "shape": [9]}',
    ],
)  # fmt: skip
def test_bytes_that_are_not_a_message_are_refused(text):
    with pytest.raises(ValueError):
        values.loads(text)


INSIDE = """
import os, signal, socket, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tools.grading import sandbox
sandbox.shut_in([Path({home!r})], [Path(sys.prefix), Path(sys.base_prefix)])
def attempt(name, action):
    try:
        action()
        print(name, "done")
    except PermissionError:
        print(name, "refused")
Path({home!r}, "own.txt").write_text("x")
attempt("write", lambda: Path({out!r}, "new.txt").write_text("x"))
attempt("read", lambda: Path({out!r}, "secret.txt").read_text())
attempt("delete", lambda: os.remove(Path({out!r}, "secret.txt")))
attempt("rename", lambda: os.rename(Path({home!r}, "own.txt"), Path({out!r}, "own.txt")))
attempt("environment", lambda: Path(f"/proc/{{os.getppid()}}/environ").read_bytes())
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("connect", lambda: socket.create_connection(("127.0.0.1", {port}), 1))
"""


@pytest.mark.skipif(LANDLOCK < 6, reason="needs Landlock of Linux 6.12 or newer")
def test_a_submission_reaches_no_other_file_process_or_port(tmp_path):
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    out.mkdir()
    (out / "secret.txt").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = INSIDE.format(root=str(ROOT), home=str(home), out=str(out), port=port)
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stderr == ""
    words = dict(line.split() for line in run.stdout.splitlines())
    assert set(words) == {"write", "read", "delete", "rename", "environment", "signal", "connect"}
    assert set(words.values()) == {"refused"}
    assert (out / "secret.txt").read_text() == "secret"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="orphans are found by /proc")
def test_a_process_in_another_group_is_ended_too():
    sandbox.adopt_orphans()
    before = sandbox.children()
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
        " start_new_session=True)\nprint(child.pid, flush=True)\ntime.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    escaped = int(process.stdout.readline())
    os.kill(escaped, 0)
    sandbox.end(process, before)
    process.stdout.close()
    with pytest.raises(ProcessLookupError):
        os.kill(escaped, signal.SIGKILL)


USUAL = """
from tools.grading.worker import Notebook
notebook = Notebook(60)
cells = ["%matplotlib inline\\nimport math", "!pip install nothing\\none = 1",
         "%pip install nothing\\nfiles = !ls\\ntwo = 2"]
print(notebook.run(cells), notebook.names["math"].tau > 6, notebook.names["two"])
"""


def test_magics_and_shell_lines_do_not_stop_a_cell():
    run = subprocess.run(
        [sys.executable, "-c", USUAL], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert run.stdout.splitlines()[-1] == "[] True 2", run.stdout + run.stderr
    assert run.stdout.count("not run: ") == 3


def test_a_submission_does_not_see_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "secret")
    monkeypatch.setenv("GRADING_SEED", "7")
    seen = session.environment(tmp_path)
    assert "SOME_TOKEN" not in seen and "GRADING_SEED" not in seen
    assert seen["HOME"] == str(tmp_path)


def test_links_in_a_submission_are_not_followed(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    given = tmp_path / "given"
    given.mkdir()
    (given / "data.csv").write_text("1")
    (given / "stolen.txt").symlink_to(tmp_path / "secret.txt")
    session.copy_files(given, tmp_path / "copy")
    assert (tmp_path / "copy" / "data.csv").exists()
    assert not (tmp_path / "copy" / "stolen.txt").exists()
