"""Processes that begin a group of their own, with ``start_new_session=True``."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any


def end(process: subprocess.Popen[Any]) -> None:
    """Kill a process and everything that it started, and wait for it."""
    with suppress(ProcessLookupError):  # All of them have ended.
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
