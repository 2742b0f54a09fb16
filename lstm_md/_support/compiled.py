"""The one way in which the package compiles its loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile with numba, and keep the result on disk where a folder for it can be written.

    Parameters
    ----------
    **options
        Those of ``numba.njit``.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba finds no such folder, as in a read-only installation
            return numba.njit(**options)(function)

    return decorate
