"""Threads of BLAS and of Keras: their number, and what is left of them after a fork."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import threadpoolctl
from threadpoolctl import ThreadpoolController


class BlasThreads:
    """The number of threads of BLAS, which is one number for the whole process.

    Threads of Python that compute at the same time share it, and the last one restores it. If each
    one restored what it had found, the limit of the first would stay for ever.
    """

    def __init__(self) -> None:
        self.usual = 1  # the number without a limit, as long as somebody holds it
        self._held: int | None = None
        self._holders = 0
        self._limits: list[Any] = []
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, number: int | None) -> Iterator[int]:
        """Fix the number until the block ends, and yield it; None takes the number that it has.

        A computation that needs another number waits for the others to end.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._holders == 0 or self._held == number)
            libraries = _loaded_libraries(len(sys.modules)).select(user_api="blas")
            if self._holders == 0:
                self.usual = max((one["num_threads"] for one in libraries.info()), default=1)
            if number is not None:
                with _in_control():
                    self._limits.append(libraries.limit(limits=number))
            self._held = number
            self._holders += 1
        try:
            yield number or self.usual
        finally:
            with self._changed:
                self._holders -= 1
                if self._holders == 0 and self._limits:
                    self._restore()
                self._changed.notify_all()

    def restart(self) -> None:
        """Forget all holders, in a forked child: they are threads of its parent."""
        self._restore()
        self._holders, self._changed = 0, threading.Condition()

    def _restore(self) -> None:
        with _in_control():
            while self._limits:
                self._limits.pop().restore_original_limits()


@contextmanager
def _in_control() -> Iterator[None]:
    """Let this thread set the number of threads of OpenBLAS, and leave the right to any other.

    From version 3.8 on, threadpoolctl gives this right to the first thread that asks. In all others
    it does nothing, without a word, until the first one has ended. :class:`BlasThreads` has its own
    lock.
    """
    controller = threadpoolctl.OpenBLASController
    clear = getattr(controller, "clear_controlling_thread", lambda force: None)
    clear(force=True)
    try:
        yield
    finally:
        clear(force=True)


@lru_cache(maxsize=1)
def _loaded_libraries(n_modules: int) -> ThreadpoolController:
    """Find the libraries again whenever a module was imported: the search takes a millisecond."""
    return ThreadpoolController()


BLAS = BlasThreads()


class _Keras:
    started = False  # Has this process done any work with Keras?
    lost = False  # Was it forked from one that had?


def use_keras() -> None:
    """Note that Keras is used from here on, or refuse it in a process where it would hang.

    A forked child has none of the threads of TensorFlow and JAX, and would wait for them for ever.

    Raises
    ------
    RuntimeError
        If the process was forked from one that had already used Keras.
    """
    if _Keras.lost:
        raise RuntimeError(
            "multiprocessing: this process was forked from one that had already used Keras, and "
            "Keras would wait for ever here; start processes with "
            'multiprocessing.get_context("spawn"), or before the first network is made'
        )
    _Keras.started = True


def _forked() -> None:
    """Note, in a forked child, what its parent had begun."""
    BLAS.restart()
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    _Keras.lost = _Keras.started or bool(getattr(context, "_initialized", False))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
