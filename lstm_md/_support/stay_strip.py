"""Draw the stays of a strip of labels, and their transitions against commit time."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_md._support.svg import svg, text

ACCENT = "var(--strip-accent)"
WIDTH, FRAMES_PER_ROW = 360, 140
LEFT, LANE, ABOVE = 18.0, 12.0, 10.0  # of a row: its names, the height of a lane, the triangles
CHART = {"left": 38, "width": 204, "floor": 186, "height": 168}


def strip_of(stays: Sequence[tuple[int, int]], n_labels: int) -> dict[str, Any]:
    """Collect the stays, as label and length, and the sizes of the strip, for the script."""
    n_frames = sum(length for _, length in stays)
    n_rows = -(-n_frames // FRAMES_PER_ROW)
    frames = -(-n_frames // n_rows)
    return {
        "stays": stays,
        "frames": frames,
        "rows": n_rows,
        "left": LEFT,
        "step": round((WIDTH - LEFT - 4) / frames, 4),
        "top": ABOVE,
        "lane": LANE,
        "row": ABOVE + n_labels * LANE + 2,
    }


def drawn_strip(strip: dict[str, Any], names: Sequence[str], commit_time: int) -> str:
    """Draw each stay in the lane of its label; those that are too short are grey."""
    n_frames = sum(length for _, length in strip["stays"])
    parts, stays, start = [], [], 0
    for row in range(strip["rows"]):
        top = row * strip["row"] + strip["top"]
        frames = min(strip["frames"], n_frames - row * strip["frames"])
        parts.append(
            f'<rect class="row" x="{LEFT}" y="{top:g}" width="{frames * strip["step"]:.1f}" '
            f'height="{len(names) * LANE:g}"/>'
        )
        for label, name in enumerate(names):
            y = top + (len(names) - label - 0.5) * LANE + 4.3
            parts.append(text(LEFT - 4, y, html.escape(name), size=12, anchor="end"))
    for number, (label, length) in enumerate(strip["stays"]):
        end = start + length
        while start < end:
            row, at = divmod(start, strip["frames"])
            here = min(end, (row + 1) * strip["frames"]) - start
            y = row * strip["row"] + strip["top"] + (len(names) - 1 - label) * LANE
            short = ' class="short"' if length < commit_time else ""
            stays.append(
                f'<rect{short} data-stay="{number}" x="{LEFT + at * strip["step"]:.1f}" '
                f'y="{y + 2:g}" width="{here * strip["step"]:.1f}" height="{LANE - 4:g}"/>'
            )
            start += here
    parts.append(f'<g class="stays">{"".join(stays)}</g>')
    parts.append(f'<path class="marks" d="{"".join(_marks(strip, len(names), commit_time))}"/>')
    described = (
        f"A strip of {n_frames} labels in {strip['rows']} rows. Each stay is a bar in the lane of "
        f"its label. Bars that are shorter than the commit time are grey. An arrow marks each "
        f"transition."
    )
    return svg(WIDTH, round(strip["rows"] * strip["row"]), parts, described, "30rem")


def _marks(strip: dict[str, Any], n_labels: int, commit_time: int) -> list[str]:
    """Draw a triangle above each transition, and an arrow from lane to lane."""
    marks, before, frame = [], None, 0
    for label, length in strip["stays"]:
        if length >= commit_time:
            if before not in (None, label):
                row, at = divmod(frame, strip["frames"])
                x, top = LEFT + at * strip["step"], row * strip["row"] + strip["top"]
                start, end = (top + (n_labels - one - 0.5) * LANE for one in (before, label))
                back = -5 if end > start else 5
                marks.append(
                    f"M{x - 4:.1f},{top - 8:g}h8l-4,6zM{x:.1f},{start:g}V{end:g}"
                    f"M{x - 3:.1f},{end + back:g}L{x:.1f},{end:g}l3,{back}"
                )
            before = label
        frame += length
    return marks


def chart_of(totals: Sequence[int]) -> dict[str, Any]:
    """Return the sizes of the chart, as the script reads them."""
    return {**CHART, "highest": max(*totals, 1)}


def drawn_chart(chart: dict[str, Any], totals: Sequence[int], commit_time: int) -> str:
    """Draw the number of transitions against the commit time, with a dot at one commit time."""
    longest, floor, left = len(totals), chart["floor"], chart["left"]

    def at(time: int, count: float) -> tuple[float, float]:
        x = left + chart["width"] * np.log(time) / np.log(longest)
        return float(x), floor - chart["height"] * count / chart["highest"]

    points = [f"{x:.1f},{y:.1f}" for x, y in (at(k, n) for k, n in enumerate(totals, 1))]
    parts = [f'<path class="axis" d="M{left},{floor - chart["height"]}V{floor}h{chart["width"]}"/>']
    times = [time for time in (1, 3, 10, 30, 100, 300) if time < 0.7 * longest]
    for time in [*times, longest]:
        x, _ = at(time, 0)
        parts += [f'<path class="axis" d="M{x:.1f},{floor}v4"/>', text(x, floor + 17, str(time))]
    step = next(step for step in _STEPS if chart["highest"] <= 5 * step)
    for count in range(0, chart["highest"] + 1, step):
        _, y = at(1, count)
        parts += [f'<path class="axis" d="M{left},{y:.1f}h-4"/>',
                  text(left - 7, y + 4.5, str(count), anchor="end")]  # fmt: skip
    middle = floor - chart["height"] / 2
    parts += [
        text(left + chart["width"] / 2, floor + 34, "commit time (frames)"),
        f'<g transform="translate(11,{middle:g}) rotate(-90)">{text(0, 0, "transitions")}</g>',
        f'<polyline class="all" points="{" ".join(points)}"/>',
        f'<polyline class="so-far" points="{" ".join(points[:commit_time])}"/>',
        '<circle class="dot" r="5.5" cx="{}" cy="{}"/>'.format(*points[commit_time - 1].split(",")),
    ]
    described = (
        f"Transitions against commit time, on a logarithmic axis: {totals[0]} at 1 frame, "
        f"{totals[-1]} at {longest} frames."
    )
    return svg(260, 224, parts, described, "26rem")


_STEPS = [factor * 10**power for power in range(7) for factor in (1, 2, 5)]
