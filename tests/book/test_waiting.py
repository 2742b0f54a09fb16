"""Whoever waits sees how far a command is, and how long it still takes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tools import waiting
from tools.notebooks import ROOT
from tools.tests_left import TimeLeft


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "21")
    return Terminal()


def test_in_a_terminal_the_line_is_written_in_its_place_and_fits(terminal):
    status = waiting.Status(terminal)
    status.show("1 of 9")
    status.show("x" * 99)
    assert terminal.getvalue() == f"\r1 of 9\x1b[K\r{'x' * 20}\x1b[K"
    status.line("done")
    assert terminal.getvalue().endswith("\r\x1b[Kdone\n")


def test_a_log_gets_a_line_a_minute(monkeypatch):
    clock = iter([0.0, 10.0, 59.0, 61.0, 61.0, 70.0, 122.0, 122.0])
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    log = io.StringIO()
    status = waiting.Status(log)
    for k in range(5):
        status.show(str(k))
    assert log.getvalue() == "2\n4\n"


def test_a_terminal_that_cannot_go_back_gets_the_lines_of_a_log(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    waiting.Status(terminal).show("1 of 9")
    assert terminal.getvalue() == ""


# The tests


def plugin_that_knows(kept, isatty=True):
    lines = []
    return TimeLeft(SimpleNamespace(isatty=isatty, write_line=lines.append), kept), lines


def report(plugin, nodeid, seconds):
    for when, share in (("setup", 0.25), ("call", 0.5), ("teardown", 0.25)):
        duration = seconds * share
        plugin.pytest_runtest_logreport(
            SimpleNamespace(nodeid=nodeid, when=when, duration=duration)
        )


def test_the_time_left_follows_from_an_earlier_run_and_from_how_fast_this_one_is():
    plugin, _ = plugin_that_knows({"long.py": 60.0, "short.py": 1.0})
    plugin.starts(["short.py::a", "short.py::b", "long.py::c"])
    report(plugin, "short.py::a", 2.0)
    assert plugin.seconds_left(elapsed=2.0) == pytest.approx(2 * 61)


def test_in_the_first_run_a_test_takes_as_long_as_the_average():
    plugin, _ = plugin_that_knows({})
    plugin.starts([f"a.py::{k}" for k in range(4)] + ["b.py::x"])
    report(plugin, "a.py::0", 3.0)
    assert plugin.seconds_left(elapsed=3.0) == pytest.approx(12.0)


def test_what_the_tests_took_is_kept_by_file_and_an_earlier_run_stays():
    plugin, _ = plugin_that_knows({"a.py": 9.0, "other.py": 1.0})
    plugin.starts(["a.py::0", "a.py::1"])
    report(plugin, "a.py::0", 3.0)
    report(plugin, "a.py::1", 5.0)
    assert plugin.means() == {"a.py": 4.0, "other.py": 1.0}


def test_the_lines_come_after_some_time_and_not_after_the_last_test(monkeypatch):
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("tools.tests_left.time", clock)
    plugin, lines = plugin_that_knows({"a.py": 1.0})
    plugin.starts([f"a.py::{k}" for k in range(1000)] + ["b.py::last"])
    for k in range(500):
        now[0] += 1.0
        report(plugin, f"a.py::{k}", 1.0)
    assert len(lines) == 50
    assert lines[-1] == " 500 of 1,001 tests, about 8 min left"


@pytest.mark.parametrize("options", [("-n", "0"), ("-n", "2")], ids=["one", "two"])
def test_a_run_says_how_many_tests_have_run_and_remembers_their_times(tmp_path, options):
    conftest = (ROOT / "conftest.py").read_text("utf-8") + "\ntests_left.BEAT = 0.0\n"
    (tmp_path / "conftest.py").write_text(conftest)
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text("def test_a(): pass\ndef test_b(): pass\n")
    line = [sys.executable, "-m", "pytest", "-q", "-p", "xdist", "--dist", "loadfile"]
    line += [*options, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    found = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    assert " 3 of 4 tests, less than a minute left\n" in found.stdout
    assert "4 of 4 tests" not in found.stdout
    (kept,) = tmp_path.rglob("lstm_md/seconds")
    assert '"test_one.py"' in kept.read_text() and '"test_two.py"' in kept.read_text()
