"""The picture that stands in for the generating network on pages where no script runs."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md import figures
from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import by_segments
from reproduction.runs import records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = ("linear", "triangular")
N_LABELS_SHOWN = 9_000  # labels drawn above the free energy
LABELS_PER_KT = 900.0  # labels drawn over the height of 1 kT
LARGEST_RATIO = 2.0  # to the value of the simulation


def still(pages: Sequence[Mapping[str, Any]], folder: Path, training: int = 0) -> bytes:
    """Draw one row per potential, as the page would show it after all recorded labels.

    Parameters
    ----------
    pages : sequence of dict
        From :func:`tools.page_model.exported`.
    folder : Path
        The folder of the records, which hold the generated labels.
    training : int

    Returns
    -------
    bytes
        A PNG.
    """
    shown = [page for page in pages if page["name"] in SHOWN]
    fig, axes = figures.figure(len(shown), 2, width=7.5, height=3.6 * len(shown))
    for (left, right), page in zip(axes, shown):
        generated = records.load(page["name"], folder).trainings[training].generated
        _labels(left, page, generated[0])
        _gauges(right, page, generated)
    fig.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside upper right", ncols=3)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", facecolor="white", dpi=110, metadata={"Software": None})
    import matplotlib.pyplot as plt

    plt.close(fig)
    return buffer.getvalue()


def _labels(ax: Axes, page: Mapping[str, Any], generated: NDArray) -> None:
    """Draw the free energy along x, and the labels above it, the newest at the bottom."""
    x = np.linspace(page["grid"][0], page["grid"][1], len(page["freeEnergy"]))
    ridge = 5.0
    ax.fill_between(x, np.minimum(page["freeEnergy"], ridge), color="0.87")
    ax.plot(x, np.minimum(page["freeEnergy"], ridge), color=figures.INK)
    newest_first = generated[:N_LABELS_SHOWN][::-1]
    for label, (state, centre) in enumerate(zip(page["states"], page["centres"])):
        at = np.flatnonzero(newest_first == label)
        ax.hlines(
            ridge + at / LABELS_PER_KT, centre - 0.3, centre + 0.3, figures.LSTM, linewidth=0.2
        )
        ax.text(centre, 0.9, state, ha="center", weight="bold")
    ax.set(xlabel="x", yticks=(0, 2, 4), ylabel="free energy (kT)      labels before", ylim=(0, 15))
    ax.set_title(page["title"])


def _gauges(ax: Axes, page: Mapping[str, Any], generated: NDArray) -> None:
    """Draw each population and count as a ratio to the value of the simulation."""
    n, frames, at = len(page["states"]), page["segment"], page["first"][0]
    n_segments = generated.shape[-1] // frames
    own = by_segments(lambda segment: _numbers(segment, page), generated, n_segments)
    off = ~np.eye(n, dtype=bool)

    def in_a_row(shares: ArrayLike, counts: ArrayLike) -> NDArray[np.float64]:
        return np.concatenate([np.asarray(shares), np.asarray(counts)[off]])

    value, error = (
        in_a_row(page["populations"][k], page["counts"][k][at]) for k in ("value", "error")
    )
    markov = in_a_row(page["markov"]["populations"], page["markov"]["counts"][at])
    names = [*page["states"], *(f"{page['states'][i]} → {page['states'][j]}"
                                for i, j in zip(*off.nonzero()))]  # fmt: skip
    rows = -np.arange(len(names)) - (np.arange(len(names)) >= n)  # a gap between the two kinds
    ax.barh(rows, 4 * error / value, left=1 - 2 * error / value, height=0.8,
            color="0.82", label="simulation")  # fmt: skip
    ax.axvline(1, color=figures.INK, linewidth=0.8)
    ax.plot(np.minimum(markov / value, LARGEST_RATIO), rows, linestyle="", mfc="none",
            label="Markov chain", clip_on=False, **figures.LOOKS["Markov chain"])  # fmt: skip
    ax.errorbar(own.value / value, rows, xerr=2 * own.error / value, linestyle="",
                label="network", **figures.LOOKS["LSTM"])  # fmt: skip
    ax.set(xlim=(0, LARGEST_RATIO), xticks=(0, 1, 2), yticks=rows)
    ax.set_title(f"shares; transitions, stays of at least {page['commitTimes'][at]} labels")
    ax.set_yticklabels(names)
    ax.set_xticklabels(("0", "as the simulation", "twice or more"))


def _numbers(segment: NDArray, page: Mapping[str, Any]) -> NDArray:
    n = len(page["states"])
    commit_time = page["commitTimes"][page["first"][0]]
    counts = transition_counts(segment, commit_time, n_labels=n)[0]
    return np.concatenate([populations(segment, n_labels=n), counts[~np.eye(n, dtype=bool)]])
