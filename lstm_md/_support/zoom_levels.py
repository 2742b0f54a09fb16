"""Summarise a recording at several levels of detail, for a picture into which a reader can zoom."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

COLUMNS, SINGLE, FACTOR, STEPS = 300, 400, 6, 999  # columns; single values; zoom; resolution


def levels_of(values: NDArray, centre: int, shortest: int) -> dict[str, Any]:
    """Return mean, least and largest value of equal columns, in windows around one frame.

    The first window is the whole recording. Each one after it is up to six times shorter. The last
    has single values.
    """
    n = values.size
    least = float(values.min())
    step = (float(values.max()) - least) / STEPS or 1.0
    whole = np.rint((values - least) / step).astype(int)
    last = min(n, max(SINGLE, shortest))
    n_steps = int(np.ceil(np.log(n / last) / np.log(FACTOR)))
    levels = []
    for k in range(n_steps):
        frames = round(n * (last / n) ** (k / n_steps))
        start = _start(n, centre, frames)
        edges = start + np.rint(np.linspace(0, frames, COLUMNS + 1)).astype(int)
        part = whole[: start + frames]
        low, high = (f.reduceat(part, edges[:-1]).tolist() for f in (np.minimum, np.maximum))
        mean = np.rint(np.add.reduceat(part, edges[:-1]) / np.diff(edges)).astype(int).tolist()
        summary = {"mean": mean, "low": low, "high": high}
        levels.append({"start": start, "frames": frames, **summary})
    start = _start(n, centre, last)
    single = whole[start : start + last].tolist()
    levels.append({"start": start, "frames": last, "mean": single})
    return {"levels": levels, "least": least, "step": step}


def _start(n: int, centre: int, frames: int) -> int:
    """Return the first frame of a window around a frame, inside the recording."""
    return min(max(centre - frames // 2, 0), n - frames)
