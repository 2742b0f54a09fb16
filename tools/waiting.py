"""How far a command is, and how long it still takes, for whoever waits for it.

It needs the standard library alone, because it is also used before anything else is installed.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TextIO

BEAT = 60.0  # seconds between two lines of a log


def left(seconds: float) -> str:
    """Say how long a command still takes.

    >>> left(200), left(20)
    ('about 3 min left', 'less than a minute left')
    """
    return f"about {seconds / 60:.0f} min left" if seconds >= 60 else "less than a minute left"


class Status:
    """A line that says how far a command is.

    In a terminal the line is written again and again in its place. Elsewhere, for example in a
    log, a new line is written once a minute.

    Parameters
    ----------
    stream : text file, optional
        Where the line goes (default: the standard output).
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self._last = time.monotonic()

    def show(self, text: str) -> None:
        """Say how far the command is; the next text takes the place of this one."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r{text[:width]}\x1b[K")
        elif time.monotonic() - self._last >= BEAT:
            self.line(text)

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self.clear()
        self._write(f"{text}\n")
        self._last = time.monotonic()

    def clear(self) -> None:
        """Take the changing line away."""
        if self.live:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
