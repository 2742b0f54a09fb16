"""The first edition's verdicts as a picture: one row per claim, with marks for passed tests."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lstm_md.figures import COLOURS, INK, figure
from lstm_md.judging.controls import CONTROLS
from tools.claims import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Verdict = dict[str, Any]

HEADS = (
    "verdict", "tested", "untrained", "shuffled labels", "Markov chain", "other control",
    "simulation", "reference",
)  # fmt: skip
TEXT, FIRST, STEP, BESIDE = 0.45, 3.12, 0.31, 0.13  # inches: positions of the text and the columns
GREEN, ORANGE, RED, GREY = COLOURS[2], COLOURS[4], COLOURS[1], "#888888"
FILLED: dict[str, Any] = {"marker": "o", "markersize": 7, "linestyle": "", "markeredgewidth": 1.3}
OUTCOMES: dict[str, dict[str, Any]] = {
    "reproduced": {**FILLED, "markersize": 10, "color": GREEN},
    "reproduced in part": {
        **FILLED, "markersize": 10, "color": ORANGE, "fillstyle": "left",
        "markerfacecoloralt": "white",
    },
    "not reproduced": {
        **FILLED, "marker": "X", "markersize": 10, "color": RED, "markeredgewidth": 0.5,
    },
}  # fmt: skip
PASSES: dict[str, Any] = {**FILLED, "color": INK}
FAILS: dict[str, Any] = {**FILLED, "color": INK, "markerfacecolor": "white"}
WEAK: dict[str, Any] = {**FILLED, "marker": "D", "markersize": 6.5, "color": RED}
REFUSED: dict[str, Any] = {**FILLED, "color": GREY, "markerfacecolor": "white"}


def draw(verdicts: Sequence[Verdict]) -> bytes:
    """Draw the picture as a PNG: the same bytes for the same verdicts.

    The description stored in the file is the :func:`fingerprint` of the verdicts. It identifies
    the verdicts even if another version of Matplotlib drew the picture.
    """
    import matplotlib.pyplot as plt

    with plt.rc_context(), plt.style.context("default"):
        fig, ax = figure(width=5.6, height=2.1 + 0.27 * len(verdicts))
        for row, verdict in enumerate(verdicts):
            _row(ax, row, verdict)
        _heads(ax)
        _legend(ax)
        ax.set_xlim(-0.05, _column(len(HEADS) - 1) + 0.2)
        ax.set_ylim(len(verdicts) - 0.4, -0.6)
        ax.set_axis_off()
        buffer = io.BytesIO()
        # No date and no version: they would change the bytes without changing the picture.
        metadata = {"Software": None, "Description": fingerprint(verdicts)}
        fig.savefig(buffer, format="png", facecolor="white", metadata=metadata)
        plt.close(fig)
    return buffer.getvalue()


def fingerprint(verdicts: Sequence[Verdict]) -> str:
    """Return a hash of what the picture shows of the verdicts."""
    shown = [[v["id"], short(v["id"]), v["outcome"], tests(v)] for v in verdicts]
    return hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()


def alt(verdicts: Sequence[Verdict]) -> str:
    """Describe the picture in words."""
    weak = [v["id"] for v in verdicts if any(c["passed"] for c in v["controls"].values())]
    return (
        f"A table with one row for each of {len(verdicts)} claims. Marks in each row show whether "
        f"the LSTM, each control and an independent simulation pass the test. A control passes for "
        f"{', '.join(weak) or 'no claim'}."
    )


def tests(v: Verdict) -> list[list[bool]]:
    """List which tests passed: one list for each column after the verdict.

    The columns are the LSTM, the three standard controls, all other controls, the independent
    simulation, and the LSTM against the reference. A list is empty if nothing was tested.
    """
    others = [bool(test["passed"]) for name, test in v["controls"].items() if name not in CONTROLS]
    columns = [[v["outcome"] != "not reproduced"]]
    for name in CONTROLS:
        columns.append([bool(v["controls"][name]["passed"])] if name in v["controls"] else [])
    columns.append(others)
    for name in ("best", "truth"):
        columns.append([] if v[name] is None else [bool(v[name]["passed"])])
    return columns


def _row(ax: Axes, row: int, v: Verdict) -> None:
    if row % 2 == 0:
        ax.axhspan(row - 0.5, row + 0.5, color="#f3f3f3", linewidth=0, zorder=0)
    ax.text(0, row, v["id"], va="center", weight="bold")
    ax.text(TEXT, row, short(v["id"]), va="center")
    ax.plot(_column(0), row, **OUTCOMES[v["outcome"]])
    for number, passed in enumerate(tests(v), 1):
        control = 2 <= number <= 5
        styles = (REFUSED, WEAK) if control else (FAILS, PASSES)
        for place, one in enumerate(passed):
            offset = BESIDE * (place - (len(passed) - 1) / 2)
            ax.plot(_column(number) + offset, row, **styles[one])


def _column(number: int) -> float:
    return FIRST + STEP * number


def _heads(ax: Axes) -> None:
    for number, head in enumerate(HEADS):
        ax.text(
            _column(number) - 0.02, -0.8, head, rotation=50, ha="left", va="bottom",
            rotation_mode="anchor", clip_on=False, color=GREY if 2 <= number <= 5 else INK,
        )  # fmt: skip


def _legend(ax: Axes) -> None:
    from matplotlib.lines import Line2D

    shown = {
        **OUTCOMES,
        "passes": PASSES,
        "fails": FAILS,
        "control that fails, as it should": REFUSED,
        "control that passes: a weak test": WEAK,
    }
    handles = [Line2D([], [], **style) for style in shown.values()]
    ax.figure.legend(handles, list(shown), loc="outside lower center", ncols=2)
