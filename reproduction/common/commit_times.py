"""The commit times of the long runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def logarithmic_commit_times(longest: int) -> tuple[int, ...]:
    """Return up to 24 commit times from 1 to the longest, evenly spaced on a logarithmic axis.

    >>> logarithmic_commit_times(10)
    (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    """
    times = np.unique(np.geomspace(1, longest, 24).round().astype(int))
    return tuple(int(time) for time in times)


def place_of_commit_time(commit_times: Sequence[int], wanted: int) -> int:
    """Return the place of the commit time that is nearest to the wanted one.

    >>> place_of_commit_time((1, 8, 16), 10)
    1
    """
    return int(np.argmin(np.abs(np.subtract(commit_times, wanted))))
