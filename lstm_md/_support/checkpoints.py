"""Long work that survives: its state on disk, and signals that wait until it is saved."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.archives import DamagedError, load_arrays, save_arrays
from lstm_md._support.checks import real_number

PURPOSE = "purpose"  # which work the state belongs to, as text


class Checkpoint:
    """The last state of some work, and the one before it, in two files.

    Parameters
    ----------
    path : path or None
        Ends in ``.npz``. None keeps nothing.
    purpose : str
        Everything that the outcome depends on; a state with another purpose is refused.
    minutes : float
        How often :meth:`due` says yes.
    """

    def __init__(self, path: str | os.PathLike[str] | None, purpose: str, minutes: float) -> None:
        self.path = None if path is None else Path(path)
        self.purpose = purpose
        self.seconds = 60 * real_number(minutes, "checkpoint_minutes", above=0)
        self.saved = time.monotonic()
        if self.path is not None and self.path.suffix != ".npz":
            raise ValueError(
                f"checkpoint: expected a name that ends in .npz, found {path}; change it"
            )
        if self.path is not None and not self.path.parent.is_dir():
            raise FileNotFoundError(
                f"checkpoint: the folder of {path} does not exist; make it first"
            )

    @property
    def before(self) -> Path:
        """Where the state before the last one is kept."""
        assert self.path is not None
        return self.path.with_suffix(".before.npz")

    def forget(self) -> None:
        """Remove what is there, to begin anew."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.before.unlink(missing_ok=True)

    def due(self) -> bool:
        """Whether the last save is long enough ago."""
        return self.path is not None and time.monotonic() - self.saved >= self.seconds

    def save(self, state: Mapping[str, Any]) -> None:
        """Write a state; what stood there becomes the one before.

        Raises
        ------
        OSError
            If it cannot be written; both older states are kept.
        """
        if self.path is None:
            return
        whole = {**state, PURPOSE: np.array(self.purpose)}
        save_arrays(self.path, whole, keep=self.before)
        self.saved = time.monotonic()

    def advice(self) -> str:
        """How to go on after Ctrl-C, or a notebook's stop button, has ended the work."""
        if self.path is None:
            return 'stopped; with checkpoint="NAME.npz" the same call would go on from here'
        return f"stopped, and saved in {self.path}: run the same call again to go on from here"

    def load(self) -> dict[str, NDArray] | None:
        """The last state that is whole, None if there is none.

        Raises
        ------
        ValueError
            If it belongs to other work, or all that is there is damaged.
        """
        if self.path is None:
            return None
        there = [path for path in (self.path, self.before) if path.is_file()]
        for path in there:
            try:
                state = load_arrays(path)
            except DamagedError as error:
                warnings.warn(f"checkpoint: {error}; going on from the one before it", stacklevel=4)
                continue
            self._check(str(state.pop(PURPOSE, "")), path)
            return state
        if there:
            raise ValueError(
                f"checkpoint: {' and '.join(map(str, there))} damaged; delete what is there, "
                f"or start again with resume=False"
            )
        return None

    def _check(self, found: str, path: Path) -> None:
        if found == self.purpose:
            return
        theirs, ours = set(found.split("\n")), set(self.purpose.split("\n"))
        raise ValueError(
            f"checkpoint: {path} belongs to other work: it has {', '.join(sorted(theirs - ours))}, "
            f"this call has {', '.join(sorted(ours - theirs))}; give another path, or overwrite "
            f"it with resume=False"
        )


class Stop:
    """Whether SIGTERM or Ctrl-C has asked for an end, and which."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __bool__(self) -> bool:
        return self.signal is not None


@contextmanager
def signals_wait(advice: str) -> Iterator[Stop]:
    """Hold SIGTERM and Ctrl-C back until the block ends, so that it can save and leave.

    What was asked for happens when the block ends, whatever it does; a KeyboardInterrupt has
    the advice as its message. Ctrl-C a second time is not held back. A signal that the process
    ignores stays ignored. Outside of the main thread Python allows no handlers, and nothing is
    held.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    handlers: dict[int, Any] = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    old = {number: handler for number, handler in handlers.items() if handler != signal.SIG_IGN}

    def ask(number: int, frame: Any) -> None:
        if stop and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.signal = number

    for number in old:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in old.items():
            # None stands for a handler that Python did not set, and cannot set again.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if stop.signal is not None:
            if old[stop.signal] is signal.default_int_handler:
                raise KeyboardInterrupt(advice)
            signal.raise_signal(stop.signal)
