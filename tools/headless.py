"""What headless browsers have in common: a process with a folder of its own, and a deadline."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tools import process_groups

if TYPE_CHECKING:
    from typing import Self


class Headless:
    """A browser that answers requests; a ``with`` block stops it at its end.

    A subclass starts its process with :meth:`_start`, and says in :meth:`_prepare` what a block
    begins with.

    Parameters
    ----------
    seconds : float
        The browser is stopped after this time, counted from the start.
    """

    name = "the browser"

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._read, self._number = b"", 0

    def _start(self, command: Sequence[str], **options: Any) -> None:
        """Start the process, in a group of its own so that :meth:`close` ends all of it."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **options,
        )

    def _prepare(self) -> None:
        """Make the browser ready for requests."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the browser and everything that it started."""
        process_groups.end(self._process)
        self._folder.cleanup()

    def _left(self) -> float:
        """Return the seconds until the deadline.

        Raises
        ------
        TimeoutError
            If there are none.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise self._too_slow()
        return left

    def _too_slow(self) -> TimeoutError:
        return TimeoutError(f"{self.name} took too long and was stopped")
