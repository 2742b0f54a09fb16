"""Compilation of loops with numba, in one way for the whole package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function with numba, and cache the machine code on disk if a folder is writable.

    Parameters
    ----------
    **options
        Options of ``numba.njit``.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba finds no writable folder, as in a read-only installation.
            return numba.njit(**options)(function)

    return decorate
