"""Checkpoints of long computations, and signals that wait until the state is saved."""

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

PURPOSE = "purpose"  # The name of the text that says which computation a state belongs to.


class Checkpoint:
    """The last state of a computation and the state before it, in two files.

    Parameters
    ----------
    path : path or None
        Ends in ``.npz``. With None nothing is saved.
    purpose : str
        Everything that the result depends on. A state with another purpose is refused.
    minutes : float
        The time between two saves. :meth:`due` is true when it has passed.
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
    def previous(self) -> Path:
        """The file of the state before the last one."""
        assert self.path is not None
        return self.path.with_suffix(".before.npz")

    def forget(self) -> None:
        """Remove both files, so that the computation starts from the beginning."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.previous.unlink(missing_ok=True)

    def due(self) -> bool:
        """Tell whether it is time for the next save."""
        return self.path is not None and time.monotonic() - self.saved >= self.seconds

    def save(self, state: Mapping[str, Any]) -> None:
        """Write a state. The last state becomes the one before it.

        Raises
        ------
        OSError
            If the file cannot be written. Both older states are kept.
        """
        if self.path is None:
            return
        content = {**state, PURPOSE: np.array(self.purpose)}
        save_arrays(self.path, content, keep=self.previous)
        self.saved = time.monotonic()

    def advice(self) -> str:
        """Say how to continue after Ctrl-C, or the stop button of a notebook."""
        if self.path is None:
            return 'stopped; with checkpoint="NAME.npz" the same call would go on from here'
        return f"stopped, and saved in {self.path}: run the same call again to go on from here"

    def load(self) -> dict[str, NDArray] | None:
        """Read the last undamaged state, or return None if no state was saved.

        Raises
        ------
        ValueError
            If the state belongs to another computation, or both files are damaged.
        """
        if self.path is None:
            return None
        existing = [path for path in (self.path, self.previous) if path.is_file()]
        for path in existing:
            try:
                state = load_arrays(path)
            except DamagedError as error:
                warnings.warn(
                    f"checkpoint: {error}; the state before it is used instead", stacklevel=4
                )
                continue
            self._check(str(state.pop(PURPOSE, "")), path)
            return state
        if existing:
            raise ValueError(
                f"checkpoint: {' and '.join(map(str, existing))} damaged; delete what is there, "
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
    """A request to stop, by SIGTERM or Ctrl-C. It is true once a signal has come."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __bool__(self) -> bool:
        return self.signal is not None


@contextmanager
def signals_wait(advice: str) -> Iterator[Stop]:
    """Delay SIGTERM and Ctrl-C until the block ends, so that it can save its state first.

    The signal takes effect when the block ends, in whatever way it ends. A KeyboardInterrupt has
    ``advice`` as its message. A second Ctrl-C takes effect at once. A signal that the process
    ignores stays ignored. Python allows handlers in the main thread only, so that nothing is
    delayed in other threads.

    Yields
    ------
    Stop
        It becomes true when a signal comes.
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
            # None is a handler that was not set from Python, and cannot be set again from there.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if stop.signal is not None:
            if old[stop.signal] is signal.default_int_handler:
                raise KeyboardInterrupt(advice)
            signal.raise_signal(stop.signal)
