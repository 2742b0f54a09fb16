"""What the tests have in common: chapters as tests, and an account of what was skipped.

``REQUIRED_TOOLS`` in the environment names tools, separated by spaces. A run in which a test was
skipped because one of them is missing fails.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tools import chapter_tests, tests_left

#: How to have what a skipped test lacks, by a word of the reason that it gives.
REMEDIES = {
    "chromium": "install Debian's package chromium",
    "bubblewrap": "install Debian's package bubblewrap",
    "GROMACS": "install Debian's package gromacs",
    "PyEMMA": "make pyemma builds it and runs these tests",
}


def pytest_addoption(parser):
    chapter_tests.add_option(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    chapter_tests.configure(config)


def pytest_sessionstart(session):
    tests_left.start(session.config)


def pytest_collect_file(file_path, parent):
    return chapter_tests.collect(file_path, parent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """Ask a chapter's kernel before it ends, and complain once all is put away.

    A chapter that was executed to its last cell held as much memory as the teacher's guide says.
    """
    complaint = chapter_tests.complaint_at_the_end(item)
    yield
    if complaint:
        pytest.fail(complaint, pytrace=False)


def pytest_sessionfinish(session):
    """Let the run fail if a test was skipped that the environment asks for."""
    if not hasattr(session.config, "workerinput") and _missing(_skipped(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Say in a line what was skipped, and how to have it."""
    skipped = _skipped(terminalreporter.config)
    if skipped:
        terminalreporter.write_line(f"skipped: {'; '.join(map(_in_words, skipped.items()))}")
    for tool in _missing(skipped):
        terminalreporter.write_line(f"REQUIRED_TOOLS: {tool} is missing: {REMEDIES[tool]}")


def _skipped(config):
    """Count the skipped tests by their reason."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    reasons = (r.longrepr[2] if isinstance(r.longrepr, tuple) else "" for r in reports)
    return Counter(reason.removeprefix("Skipped: ") for reason in reasons)


def _in_words(counted):
    reason, n = counted
    found = (REMEDIES[word] for word in REMEDIES if word.lower() in reason.lower())
    remedy = next(found, "")
    return f"{n} because {reason}" + (f" ({remedy})" if remedy else "")


def _missing(skipped):
    asked = os.environ.get("REQUIRED_TOOLS", "").split()
    return [tool for tool in asked if any(tool in reason for reason in skipped)]
