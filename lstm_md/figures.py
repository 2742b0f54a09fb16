"""The style of the book's figures, and the plots that several chapters use."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.filters import running_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lstm_md.states import States
    from lstm_md.systems.potentials import ModelPotential

#: The palette of Okabe and Ito, which readers with any common colour vision can distinguish. It is
#: for what has no name below
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
#: Colour and marker of everything that several figures show, by its name
LOOKS: dict[str, dict[str, Any]] = {
    "training data": {"color": "#222222", "marker": "o"},
    "simulation": {"color": "#777777", "marker": "P"},
    "LSTM": {"color": "#D55E00", "marker": "^"},
    "Markov chain": {"color": "#0072B2", "marker": "d"},
    "Markov state model": {"color": "#9F6BFF", "marker": "x"},
    "hidden Markov model": {"color": "#E69F00", "marker": "D"},
    "paper": {"color": "#882255", "marker": "*"},
}
#: Colour and marker of the networks of each method, by the initial state of their sequences:
#: "carried" is that of the authors' code, "warmed" is ours
METHODS: dict[str, dict[str, Any]] = {
    "zero": {"color": "#CC79A7", "marker": "<"},
    "carried": {"color": "#56B4E9", "marker": "v"},
    "continued": {"color": "#009E73", "marker": "s"},
    "warmed": LOOKS["LSTM"],
}
#: Colours of the training data, of networks, and of Markov chains and other controls
ACTUAL, LSTM, CONTROL = (LOOKS[name]["color"] for name in ("training data", "LSTM", "Markov chain"))
#: Of the line of a long simulation beside its data
SIMULATION = {"color": LOOKS["simulation"]["color"], "linestyle": "--"}
INK = "#222222"  #: For axes, and for curves that are neither data nor model
# Other words for the names above
_SAME = {
    "data": "training data",
    "record": "training data",
    "long simulation": "simulation",
    "first-order Markov chain": "Markov chain",
    "MSM": "Markov state model",
    "HMM": "hidden Markov model",
}


_PIXELS_PER_INCH = 100  # Of a figure on a page; there, an inch of letters has 96 pixels
_BADGE_PAD = 0.08  # inches between rows of panels, so that the frame touches no title
_SMALLEST_LEGEND = 9.5  # points, at the size at which a figure is shown


def figure(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float = 7.0,
    height: float | None = None,
    **subplots: Any,
) -> tuple[Figure, Any]:
    """Make a figure in the book's style.

    Parameters
    ----------
    rows, columns : int
        Number of panels.
    width, height : float
        In inches.
    **subplots
        Further arguments of ``matplotlib.pyplot.subplots``.

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
    """Display a figure with its caption below it, and close it.

    Parameters
    ----------
    fig : Figure
    caption : str
        Markdown. It says what is shown and what to see.

    Raises
    ------
    ValueError
        If a panel is empty, or if the letters of a legend are too small to be read.
    """
    import matplotlib.pyplot as plt
    from IPython.display import Image, Markdown, display

    for number, ax in enumerate(fig.axes, 1):
        if not ax.has_data() and ax.axison:
            raise ValueError(f"fig: panel {number} of {len(fig.axes)} has no data; plot something")
    _refuse_small_legends(fig)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", facecolor="white")
    plt.close(fig)
    width = int(fig.get_size_inches()[0] * _PIXELS_PER_INCH)
    display(Image(buffer.getvalue(), format="png", width=width))
    display(Markdown(f"*{caption}*"))


def _refuse_small_legends(fig: Figure) -> None:
    from matplotlib.legend import Legend

    for legend in fig.findobj(Legend):
        for text in (*legend.get_texts(), legend.get_title()):
            shown = float(text.get_fontsize()) * _PIXELS_PER_INCH / 96
            if text.get_text() and shown < _SMALLEST_LEGEND:
                raise ValueError(
                    f"fig: expected letters of at least {_SMALLEST_LEGEND:g} points in a legend, "
                    f"found {shown:.1f} for {text.get_text()!r}; leave fontsize out"
                )


def badge(fig: Figure, text: str) -> None:
    """Write a short text in a frame above a figure, such as "the paper's Fig 3".

    The legend of such a figure stands inside a panel or below all of them.
    """
    frame = {"boxstyle": "round,pad=0.2", "facecolor": "#F2F2F2", "edgecolor": "0.7"}
    fig.suptitle(text, x=0.015, ha="left", fontsize=10, bbox=frame)
    if (engine := fig.get_layout_engine()) is not None:
        engine.set(h_pad=_BADGE_PAD)  # type: ignore[call-arg]


def surface(ax: Axes, potential: ModelPotential, *, reach: float = 3.0) -> Any:
    """Draw the free-energy surface of a potential, in kT above its minimum (Fig 2 a–c).

    Returns the filled contours, which ``fig.colorbar`` takes.
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
    """Draw a trajectory in the first panel and its labels in the second."""
    time = np.arange(len(np.asarray(values))) * time_per_frame
    axes[0].plot(time, values, color=INK, linewidth=0.6)
    axes[0].set(ylabel=value_name)
    axes[1].step(time[: len(np.asarray(labels))], labels, where="post", color=INK, linewidth=0.8)
    axes[1].set(xlabel=f"time ({unit})", ylabel="label", yticks=range(len(names)))
    axes[1].set_yticklabels(names)


def state_cuts(
    axes: Sequence[Axes],
    values: ArrayLike,
    states: States,
    *,
    window: int = 1,
    part: slice = slice(0, 3000),
    time_per_frame: float = 1.0,
    unit: str = "frames",
    value_name: str = "x",
) -> None:
    """Draw part of a trajectory, and the density of all of it, with the cuts between its states.

    Parameters
    ----------
    axes : two Axes
        The second is turned, so they can share the axis of the values.
    values : array_like, shape (frames,)
    states : States
        What :func:`~lstm_md.states.find_states` found for these values and this window.
    window : int
        Frames of the running mean. The trajectory and its mean are drawn, and their densities.
    part : slice
        The frames in the first panel.
    time_per_frame : float
    unit, value_name : str
        Of the time, and of the values.
    """
    x = np.asarray(values, np.float64)
    mean = running_mean(x, window, period=states.period or np.inf)
    time = np.arange(x.size) * time_per_frame
    axes[0].plot(time[part] - time[part][0], x[part], color="0.75", linewidth=0.4)
    # The mean stands for the time in the middle of its window.
    x_mean = np.concatenate([np.full((window - 1) // 2, np.nan), mean])[part]
    axes[0].plot(time[: x_mean.size], x_mean, color=INK, linewidth=1)
    low, high = np.quantile(x, [0.0005, 0.9995])
    if states.period is not None:
        low, high = states.start, states.start + states.period
    edges = np.linspace(low, high, 141)
    middle = (edges[1:] + edges[:-1]) / 2
    for each, colour in ((x, "0.7"), (mean, INK))[window == 1 :]:
        axes[1].plot(np.histogram(each, edges, density=True)[0], middle, color=colour)
    for centre, width, share in zip(states.centres, states.widths, states.shares):
        away = middle - centre
        if states.period is not None:
            away = (away + states.period / 2) % states.period - states.period / 2
        peak = share / (width * np.sqrt(2 * np.pi)) * np.exp(-((away / width) ** 2) / 2)
        axes[1].plot(peak, middle, color="0.4", linewidth=0.8, linestyle="--")
    for ax in axes:
        for cut in states.cuts:
            ax.axhline(cut, color=INK, linewidth=0.6, linestyle=":")
        ax.set(ylim=(low, high))
    axes[0].set(xlabel=f"time ({unit})", ylabel=value_name)
    axes[1].set(xlabel="density")


def losses(ax: Axes, histories: Sequence[Any], bound: float | None = None) -> None:
    """Draw training and validation loss against the epoch, two lines per training.

    ``bound`` is the loss of a first-order Markov chain.
    """
    for k, history in enumerate(histories):
        epochs = np.arange(1, len(history.loss) + 1)
        ax.plot(epochs, history.loss, color=LSTM, label="training" if k == 0 else None)
        ax.plot(
            epochs, history.validation_loss, color=LSTM, linestyle="--",
            label="validation" if k == 0 else None,
        )  # fmt: skip
    if bound is not None:
        ax.axhline(bound, color=CONTROL, linestyle=":", label="first-order Markov chain")
    ax.set(xlabel="epoch", ylabel="loss (nats per label)")
    ax.legend()


def populations(
    ax: Axes,
    estimates: Mapping[str, Estimate],
    names: Sequence[str],
    *,
    quantity: str = "population",
) -> None:
    """Draw populations or free energies of the states, with standard errors."""
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
    """Draw transition counts against commit time (Fig 3).

    Each column of panels is a pair of states, each row a direction.

    Parameters
    ----------
    axes : array of Axes, shape (2, pairs)
    commit_times : array_like, shape (commit times,)
    curves : mapping of str to Estimate of shape (commit times, N, N)
        The first is drawn as a band, the others as lines with error bars.
    names : sequence of str
        Names of the states.
    thin : collection of str
        Names of the curves to draw as a dashed line without error bars.
    unit : str
        Unit of the commit times.
    legend : bool
        Whether to put a legend above the panels.
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
    if legend:  # inside a panel it would hide a curve
        axes[0, 0].figure.legend(
            *axes[0, 0].get_legend_handles_labels(),
            loc="outside upper center",
            ncols=min(len(curves), 3),
        )
    for ax in axes[-1]:
        ax.set_xlabel(f"commit time ({unit})")
    for ax in axes[:, 0]:
        ax.set_ylabel("transitions")


def rate_curves(
    ax: Axes,
    commit_times: ArrayLike,
    curves: Mapping[str, Estimate],
    pair: tuple[int, int],
    styles: Mapping[str, Mapping[str, Any]],
    scale: float = 10_000,
) -> None:
    """Draw rates or counts from one state to another against commit time, on logarithmic axes.

    Parameters
    ----------
    ax : Axes
    commit_times : array_like, shape (commit times,)
        In frames.
    curves : mapping of str to Estimate of shape (commit times, N, N)
        The first is a line with a band. A curve whose style has a marker gets error bars. Other
        curves are lines: with their style, or dashed like a control.
    pair : (int, int)
        The state that is left, and the one that is reached.
    styles : mapping of str to mapping
        Colour and marker, or colour and line style, such as ``SIMULATION``.
    scale : float
        Multiplies all values: rates per frame are drawn per 10,000 frames. 1 for counts.
    """
    times = np.asarray(commit_times)
    for place, (name, curve) in enumerate(curves.items()):
        style = styles.get(name, {"color": CONTROL, "linestyle": "--"})
        value, error = (scale * np.asarray(part)[(slice(None), *pair)] for part in
                        (curve.value, curve.error))  # fmt: skip
        if place == 0:
            ax.plot(times, value, color=ACTUAL, label=name)
            ax.fill_between(times, value - error, value + error, color=INK, alpha=0.18)
        elif "marker" in style:
            ax.errorbar(
                times[::2], value[::2], error[::2], linewidth=1, markersize=4.5, label=name, **style
            )
        else:
            ax.plot(times, value, label=name, **style)
    ax.set(xscale="log", yscale="log")


def _styles(names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Give each name its look, and a look that is left to each name without one."""
    known = {name: LOOKS[same] for name in names if (same := _SAME.get(name, name)) in LOOKS}
    others = [look for look in (*LOOKS.values(), *METHODS.values()) if look not in known.values()]
    unknown = [name for name in names if name not in known]
    return known | {name: others[k % len(others)] for k, name in enumerate(unknown)}
