"""Checkpoints of long computations, and signals that wait until the state is saved."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.archives import DamagedError, load_arrays, save_arrays
from lstm_md._support.checks import real_number
from lstm_md._support.files import locked

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
        self._last_is_whole = True  # until the opposite is found
        if self.path is not None and self.path.suffix != ".npz":
            raise ValueError(
                f"checkpoint: expected a name that ends in .npz, found {path}; change it"
            )
        if self.path is not None and not self.path.parent.is_dir():
            raise FileNotFoundError(
                f"checkpoint: the folder of {path} does not exist; make it first"
            )
        for file in () if self.path is None else (self.path, self.previous):
            if file.is_dir():
                raise IsADirectoryError(
                    f"checkpoint: {file} is a folder; give the name of a file that ends in .npz"
                )

    @property
    def previous(self) -> Path:
        """The file of the state before the last one."""
        assert self.path is not None
        return self.path.with_suffix(".before.npz")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no second computation work with the same file until the block ends.

        Raises
        ------
        BlockingIOError
            If another one does already.
        """
        # Without the permission to write nothing can be lost; a finished state is still read.
        if self.path is None or not os.access(self.path.parent, os.W_OK):
            yield
            return
        lock = self.path.with_name(f".{self.path.name}.lock")
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(lock, wait=False))
            except BlockingIOError as error:
                raise BlockingIOError(
                    f"checkpoint: another training or generation is working with {self.path}; "
                    f"wait until it has ended, or give another path"
                ) from error
            yield

    def must_be_writable(self) -> None:
        """Check, before long work, that its state can be saved.

        Raises
        ------
        PermissionError
            If it cannot.
        """
        if self.path is not None and not os.access(self.path.parent, os.W_OK):
            raise PermissionError(
                f"checkpoint: no file can be written to the folder of {self.path}; give a path in "
                f"a folder of your own"
            )

    def forget(self) -> None:
        """Remove both files, so that the computation starts from the beginning."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.previous.unlink(missing_ok=True)

    def due(self) -> bool:
        """Tell whether it is time for the next save."""
        return self.path is not None and time.monotonic() - self.saved >= self.seconds

    def save(self, state: Mapping[str, Any]) -> None:
        """Write a state. The last state becomes the one before it, unless it was damaged.

        Raises
        ------
        OSError
            If the file cannot be written. Both older states are kept.
        """
        if self.path is None:
            return
        content = {**state, PURPOSE: np.array(self.purpose)}
        save_arrays(self.path, content, keep=self.previous if self._last_is_whole else None)
        self._last_is_whole = True
        self.saved = time.monotonic()

    def advice(self) -> str:
        """Say how to continue after Ctrl-C, or the stop button of a notebook."""
        if self.path is None:
            return 'stopped; with checkpoint="NAME.npz" the same call would go on from here'
        return f"stopped, and saved in {self.path}: run the same call again to go on from here"

    def load(self, read: Callable[[dict[str, NDArray]], Any] = dict) -> Any:
        """Read the last undamaged state, or return None if no state was saved.

        Parameters
        ----------
        read : callable
            Makes of the arrays what is returned. If it raises an error, the state counts as
            damaged: a checksum shows only that nobody has changed a file since it was written.

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
                self._check(str(state.pop(PURPOSE, "")), path)
                return _read(read, state, path)
            except DamagedError as error:
                self._last_is_whole = False
                warnings.warn(
                    f"checkpoint: {error}; the state before it is used instead", stacklevel=4
                )
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


def must_be(
    state: Mapping[str, NDArray],
    name: str,
    dtype: np.dtype,
    shape: tuple[int, ...],
    low: float = -np.inf,
    high: float = np.inf,
) -> None:
    """Check an array of a state: its type, its shape, and that its numbers are finite and in range.

    Raises
    ------
    ValueError
    """
    array = state[name]
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"{name}: expected {dtype} of shape {shape}, found {array.dtype} of {array.shape}"
        )
    if not (np.isfinite(array).all() and (array >= low).all() and (array <= high).all()):
        raise ValueError(f"{name}: expected numbers from {low} to {high}")


def threads_of(state: Mapping[str, NDArray]) -> int | None:
    """Return the number of BLAS threads of a state; older ones do not have it.

    Raises
    ------
    ValueError
        If it is not a number of threads.
    """
    if "threads" not in state:
        return None
    must_be(state, "threads", np.dtype(np.int64), (), 1)
    return int(state["threads"])


def _read(read: Callable[[dict[str, NDArray]], Any], state: dict[str, NDArray], path: Path) -> Any:
    try:
        return read(state)
    except Exception as error:  # A state that was never saved can raise nearly any error.
        raise DamagedError(
            f"path: {path} is damaged, although its checksum is right "
            f"({type(error).__name__}: {error})"
        ) from error


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
