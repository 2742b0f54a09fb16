"""What the tests have in common: chapters as tests, the time left, and what was skipped."""

from __future__ import annotations

import pytest

from tools import chapter_tests, skipped, tests_left


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
    if not hasattr(session.config, "workerinput") and skipped.missing(_skipped(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Say in a line what was skipped, and how to have it."""
    if found := _skipped(terminalreporter.config):
        terminalreporter.write_line(skipped.in_words(found))
    for tool in skipped.missing(found):
        cure = skipped.REMEDIES[tool]
        terminalreporter.write_line(f"REQUIRED_TOOLS: {tool} is missing: {cure}")


def _skipped(config):
    return skipped.reasons(config.pluginmanager.get_plugin("terminalreporter"))
