"""What all tests need of the process that they run in."""

import signal


def pytest_configure():
    # A shell that runs something in the background has it ignore Ctrl-C, and so do its children.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
