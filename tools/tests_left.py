"""A plugin of pytest: how many tests have run, and how long the others take.

pytest shows the share of the tests that have run, and has no option for the time left. A share says
little here, because some chapters take minutes and most tests take milliseconds. So pytest's cache
keeps how long a test of each file takes. In the first run, which has no such cache, every test is
expected to take as long as the average of those that have run.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tools.waiting import BEAT, left

KEPT = "lstm_md/seconds"  # the key in pytest's cache
SHORT_BEAT = 10.0  # seconds between two lines in a terminal


class TimeLeft:
    """Writes a line of progress from time to time.

    Parameters
    ----------
    reporter : TerminalReporter
        pytest's own; it writes the lines.
    kept : dict of str to float
        The seconds that a test of each file took in an earlier run.
    """

    def __init__(self, reporter: Any, kept: Mapping[str, float]) -> None:
        self.reporter, self.kept = reporter, kept
        self.beat = SHORT_BEAT if reporter.isatty else BEAT
        self.total: Counter[str] = Counter()  # tests by file
        self.done: Counter[str] = Counter()
        self.seconds: dict[str, float] = defaultdict(float)
        self.begun = self.told = time.monotonic()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the tests of a run in one process."""
        self.starts([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Count the tests of a run in several processes; each of them collects all."""
        self.starts(ids)

    def starts(self, ids: Sequence[str]) -> None:
        """Count the tests by file, and start the clock."""
        self.total = Counter(map(file_of, ids))
        self.begun = self.told = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what a test took, and write a line if the last one is old."""
        name = file_of(report.nodeid)
        self.seconds[name] += report.duration
        if report.when != "teardown":
            return
        self.done[name] += 1
        now, did, total = time.monotonic(), sum(self.done.values()), sum(self.total.values())
        if now - self.told >= self.beat and did < total:
            self.told = now
            seconds = self.seconds_left(now - self.begun)
            self.reporter.write_line(f" {did:,} of {total:,} tests, {left(seconds)}")

    def seconds_left(self, elapsed: float) -> float:
        """Estimate the time left, once a test has run.

        What the tests took in an earlier run says how much of the work is done, and the time that
        has elapsed says how fast this run is.
        """
        typical = sum(self.seconds.values()) / sum(self.done.values())
        each = {name: self.kept.get(name, typical) for name in self.total}
        did = sum(each[name] * self.done[name] for name in self.total)
        still = sum(each[name] * (n - self.done[name]) for name, n in self.total.items())
        return elapsed * still / did if did else 0.0

    def means(self) -> dict[str, float]:
        """Return the seconds that a test of each file took, in this run or in an earlier one."""
        return {**self.kept, **{name: self.seconds[name] / n for name, n in self.done.items()}}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Keep what the tests took."""
        if cache := getattr(session.config, "cache", None):
            cache.set(KEPT, self.means())


def start(config: pytest.Config) -> None:
    """Register the plugin in the process that writes to the terminal."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    cache = getattr(config, "cache", None)
    config.pluginmanager.register(TimeLeft(reporter, cache.get(KEPT, {}) if cache else {}))


def file_of(nodeid: str) -> str:
    """Return the file of a test.

    >>> file_of("tests/test_model.py::test_shape[3]")
    'tests/test_model.py'
    """
    return nodeid.partition("::")[0]
