"""What all tests need: the signals of the process, and a browser that a file of tests shares."""

import signal

import pytest


def pytest_configure():
    # A shell that runs something in the background has it ignore Ctrl-C, and so do its children.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def started_chromium():
    """Chromium, started once for a file of tests; each test renews the page."""
    from tools.devtools import Page

    with Page(seconds=240) as page:
        yield page
