"""The house style, and the few plots that the chapters share."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.uncertainty import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lstm_md.systems.potentials import ModelPotential

#: By Okabe and Ito: told apart by all common kinds of colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
#: What a line stands for has one colour in the whole book.
ACTUAL, LSTM, CONTROL = "#222222", COLOURS[1], COLOURS[0]
INK = "#222222"  #: Of axes and of what is neither data nor model


def figure(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float = 7.0,
    height: float | None = None,
    **subplots: Any,
) -> tuple[Figure, Any]:
    """A figure in the house style; width and height in inches, the rest as plt.subplots.

    Returns
    -------
    Figure, and Axes or an array of Axes
    """
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "axes.titlesize": 10,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": INK,
            "axes.prop_cycle": plt.cycler(color=COLOURS),
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "savefig.dpi": 160,
        }
    )
    size = (width, height or 0.62 * width * rows / columns)
    return plt.subplots(rows, columns, figsize=size, **subplots)


def show(fig: Figure, caption: str) -> None:
    """Display a figure with its caption below, and close it.

    Parameters
    ----------
    fig : Figure
    caption : str
        States the finding; Markdown.

    Raises
    ------
    ValueError
        If one of the axes is empty: a figure without data is an error, not a picture.
    """
    import matplotlib.pyplot as plt
    from IPython.display import Image, Markdown, display

    for number, ax in enumerate(fig.axes):
        if not ax.has_data() and ax.axison:
            raise ValueError(f"fig: axes {number} of {len(fig.axes)} hold no data; plot something")
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", facecolor="white")
    plt.close(fig)
    width = int(fig.get_size_inches()[0] * 100)
    display(Image(buffer.getvalue(), format="png", width=width))
    display(Markdown(f"*{caption}*"))


def surface(ax: Axes, potential: ModelPotential, *, reach: float = 3.0) -> Any:
    """The free-energy surface of a potential in kT above its minimum (Fig 2 a–c).

    Returns the filled contours, for a colour bar.
    """
    grid = np.linspace(-reach, reach, 241)
    energy = potential.beta * potential.energy(grid[None, :], grid[:, None])
    levels = np.arange(0, 11, 1.0)
    filled = ax.contourf(
        grid, grid, np.minimum(energy - energy.min(), 12), levels=levels, cmap="cividis",
        extend="max",
    )  # fmt: skip
    for name, (x, y) in zip(potential.states, potential.minima, strict=True):
        ax.text(x, y, name, color="white", ha="center", va="center", weight="bold")
    ax.set(xlabel="x", ylabel="y", aspect="equal")
    return filled


def trajectory(
    axes: Sequence[Axes],
    values: ArrayLike,
    labels: ArrayLike,
    *,
    names: Sequence[str],
    time_per_frame: float = 1.0,
    unit: str = "frames",
    value_name: str = "x",
) -> None:
    """A trajectory above and its labels below, on one time axis."""
    time = np.arange(len(np.asarray(values))) * time_per_frame
    axes[0].plot(time, values, color=INK, linewidth=0.6)
    axes[0].set(ylabel=value_name)
    axes[1].step(time[: len(np.asarray(labels))], labels, where="post", linewidth=0.8)
    axes[1].set(xlabel=f"time ({unit})", ylabel="label", yticks=range(len(names)))
    axes[1].set_yticklabels(names)


def losses(ax: Axes, histories: Sequence[Any], bound: float | None = None) -> None:
    """Training and validation loss against epochs, a pair of lines a training."""
    for k, history in enumerate(histories):
        epochs = np.arange(1, len(history.loss) + 1)
        ax.plot(epochs, history.loss, color=CONTROL, label="training" if k == 0 else None)
        ax.plot(
            epochs, history.validation_loss, color=LSTM, linestyle="--",
            label="held back" if k == 0 else None,
        )  # fmt: skip
    if bound is not None:
        ax.axhline(bound, color=INK, linewidth=0.8, linestyle=":", label="first-order Markov chain")
    ax.set(xlabel="epoch", ylabel="loss (nats per label)")
    ax.legend()


def populations(
    ax: Axes,
    estimates: Mapping[str, Estimate],
    names: Sequence[str],
    *,
    quantity: str = "population",
) -> None:
    """Populations, or their free energies, with standard errors: one group a label."""
    styles = _styles(estimates)
    offsets = np.linspace(-0.25, 0.25, len(estimates)) if len(estimates) > 1 else [0.0]
    for offset, (name, estimate) in zip(offsets, estimates.items(), strict=True):
        ax.errorbar(
            np.arange(len(names)) + offset, estimate.value, estimate.error, linestyle="",
            capsize=3, label=name, **styles[name],
        )  # fmt: skip
    ax.set(xticks=range(len(names)), ylabel=quantity, xlim=(-0.5, len(names) - 0.5))
    if quantity == "population":
        ax.set_ylim(bottom=0)
    ax.set_xticklabels(names)


def count_curves(
    axes: NDArray,
    commit_times: ArrayLike,
    curves: Mapping[str, Estimate],
    names: Sequence[str],
    *,
    thin: Collection[str] = (),
    unit: str = "frames",
    legend: bool = True,
) -> None:
    """Transition counts against commit time (Fig 3): a column a pair, a row a direction.

    Parameters
    ----------
    axes : array of Axes, shape (2, pairs)
    commit_times : array_like, shape (commit times,)
    curves : mapping of str to Estimate of shape (commit times, N, N)
        The first is drawn as a band, the others as lines with error bars.
    names : sequence of str
        Of the states.
    thin : collection of str
        Names of curves that are drawn as a line without marks, such as a long reference.
    legend : bool
        Above the panels; False where the figure has one already.
    """
    styles = _styles(curves)
    times = np.asarray(commit_times)
    pairs = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    for column, pair in enumerate(pairs):
        for row, (i, j) in enumerate((pair, pair[::-1])):
            ax = axes[row, column]
            for name, estimate in curves.items():
                value = np.asarray(estimate.value)[:, i, j]
                error = np.asarray(estimate.error)[:, i, j]
                if name == next(iter(curves)):
                    ax.fill_between(times, value - error, value + error, color=INK, alpha=0.18)
                    ax.plot(times, value, color=INK, label=name)
                elif name in thin:
                    ax.plot(
                        times, value, color=styles[name]["color"], linewidth=1, linestyle="--",
                        label=name, zorder=3,
                    )  # fmt: skip
                else:
                    ax.errorbar(
                        times, value, error, markersize=3.5, linewidth=1, label=name,
                        **styles[name],
                    )  # fmt: skip
            ax.set_title(f"{names[i]} → {names[j]}")
            ax.set(xscale="log")
            ax.set_ylim(bottom=0)
    if legend:  # above the panels: inside one of them it would hide a curve
        axes[0, 0].figure.legend(
            *axes[0, 0].get_legend_handles_labels(),
            loc="outside upper center",
            ncols=min(len(curves), 3),
        )
    for ax in axes[-1]:
        ax.set_xlabel(f"commit time ({unit})")
    for ax in axes[:, 0]:
        ax.set_ylabel("transitions")


def _styles(names: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """One colour and one marker a name, so that print without colour tells them apart too."""
    colours = (ACTUAL, LSTM, COLOURS[0], COLOURS[2], COLOURS[3], COLOURS[4])
    return {
        name: {"color": colours[k % 6], "marker": "os^Dvx"[k % 6]} for k, name in enumerate(names)
    }
