"""Trajectories of values: an array, or a list of arrays of unequal length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import finite_array, is_list_of_chains, more_chains_than_frames


def each_trajectory(
    function: Callable[[NDArray, str], Any], values: ArrayLike, *, table: bool = False
) -> Any:
    """Apply a function to an array of values, or to each array of a list.

    Two axes are (walkers, frames), or (frames, dimensions) if ``table`` allows it.
    """
    if is_list_of_chains(values):
        named = {f"values[{k}]": one for k, one in enumerate(values)}  # type: ignore[arg-type]
        axes = (1, 2) if table else (1,)
        return [function(_frames(one, name, table, axes), name) for name, one in named.items()]
    return function(_frames(values, "values", table, (1, 2)), "values")


def _frames(
    values: ArrayLike, name: str, table: bool, dimensions: tuple[int, ...]
) -> NDArray[np.floating]:
    array = finite_array(values, name, dimensions=dimensions)
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one frame, found shape {array.shape}")
    if array.ndim == 2 and not table and array.shape[0] > array.shape[1]:
        raise ValueError(more_chains_than_frames(array.shape, name))
    return array
