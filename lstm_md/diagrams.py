"""Line drawings of the method: the network of Fig 1, the network in time, and the whole pipeline.

They are SVG and take the colours of the page, so they can be read in its light and its dark theme,
and on a phone. A terminal shows their description.
"""

from __future__ import annotations

import base64
import html
import io

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import (
    count_array,
    finite_array,
    instance,
    label_array,
    number_array,
)
from lstm_md._support.svg import (
    MODEL,
    arrow,
    bars,
    bold,
    box,
    circle,
    italic,
    line,
    link,
    one_hot,
    svg,
    text,
    vector,
)
from lstm_md.systems.potentials import ModelPotential

DATA, BLUE = "currentColor", "#0072B2"
MARGIN = 1.25  # the equivalence margin, lstm_md.judging.decision.MARGIN
N_LETTERS, LETTERS_PER_ROW, N_VALUES = 36, 12, 240


class Diagram:
    """A drawing that a notebook shows as HTML.

    Parameters
    ----------
    drawing : str
        HTML or SVG.
    description : str
        What the drawing shows, in words: it is shown where there are no pictures.
    """

    def __init__(self, drawing: str, description: str) -> None:
        self.drawing = instance(drawing, str, "drawing", "give HTML or SVG")
        self.description = instance(description, str, "description", "say what is drawn")

    def __repr__(self) -> str:
        return self.description

    def _repr_html_(self) -> str:
        return f'<div class="diagram" style="max-width: 46rem">{self.drawing}</div>'


def network() -> Diagram:
    """Draw the network of Fig 1: the computation of one frame, with links to Eqs 1–9.

    The links lead to the anchors ``eq-1`` … ``eq-9`` of the same page.
    """
    gates = {"f": (58, 2), "i": (126, 3), "c̃": (194, 5), "o": (268, 4)}
    parts = [
        box(10, 122, 340, 226, dashed=True),
        text(180, 116, "LSTM layer", size=12),
        # The cell state runs along the top, the hidden state along the bottom.
        arrow("M2,160 H358"), arrow("M2,322 H268"), arrow("M320,322 H358"),
        text(32, 150, vector("c", "t−1")), text(334, 150, vector("c", "t")),
        text(34, 341, vector("h", "t−1")), text(334, 341, vector("h", "t")),
        *(arrow(f"M{x},322 V{292}") for x, _ in gates.values()),
        arrow("M58,264 V170"), arrow("M126,264 V214"), arrow("M194,264 V204 H136"),
        arrow("M126,194 V170"),
        arrow("M240,160 V176"), arrow("M240,204 V222 H310"), arrow("M268,264 V232 H310"),
        line("M320,237 V322"),
        circle(58, 160, "×"), circle(126, 160, "+"), circle(126, 204, "×"),
        circle(320, 227, "×"),
        box(219, 178, 42, 26), text(240, 195, "tanh"),
        text(82, 143, "forget", size=12), text(144, 143, "add", size=12),
        link(96, 186, 6), link(300, 205, 7),
        # Below: the label and its embedding. Above: the dense layer and the loss.
        box(112, 378, 136, 26), text(180, 395, f"embedding {bold('Λ')}"), link(290, 395, 1),
        arrow("M180,378 V324"), text(199, 366, vector("x", "t")),
        arrow("M180,424 V406"), *one_hot(158, 424), text(90, 437, vector("s", "t")),
        text(270, 437, "label now", size=12),
        line("M320,322 V122"), arrow("M320,122 V104"),
        box(182, 76, 166, 26), text(265, 93, "dense layer, softmax"), link(146, 93, 8),
        arrow("M265,76 V60"), *bars(240, 56, (0.1, 0.7, 0.2)), text(320, 52, vector("ŷ", "t")),
        box(12, 22, 128, 34), text(76, 43, f"loss {italic('J')}"), link(76, 73, 9),
        arrow("M232,38 H142"), text(76, 14, f"next label {vector('s', 't+1')}", size=12),
    ]  # fmt: skip
    for name, (x, equation) in gates.items():
        parts += [box(x - 24, 264, 48, 28), text(x, 283, bold(name), size=15)]
        parts.append(link(x + 23, 310, equation))
    alt = (
        "The network for one frame. Below, the label now, a one-hot vector s, is multiplied by the "
        "embedding matrix (Eq 1) and enters the LSTM layer as x. With the hidden state h of the "
        "frame before it goes to three gates and the candidate: forget f (Eq 2), input i (Eq 3), "
        "candidate (Eq 5), output o (Eq 4). The cell state c runs along the top: it is multiplied "
        "by f, and i times the candidate is added (Eq 6). Its tanh times o is the new hidden state "
        "h (Eq 7). Above, a dense layer and a softmax turn h into the probabilities of the next "
        "label (Eq 8), which the loss J compares with the label that came (Eq 9)."
    )
    return Diagram(svg(360, 448, parts, alt, "30rem"), alt)


def unrolled() -> Diagram:
    """Draw the network unrolled in time: four frames, each with the state of the one before."""
    letters, guesses = "AABB", ((0.8, 0.15, 0.05), (0.75, 0.2, 0.05), (0.25, 0.55, 0.2), None)
    parts = [text(8, 20, "label that comes next", size=12, anchor="start"),
             text(8, 232, "label now", size=12, anchor="start"),
             text(352, 232, "time →", size=12, anchor="end")]  # fmt: skip
    for k, letter in enumerate(letters):
        x = 52 + 85 * k
        parts += [
            box(x - 30, 112, 60, 34), text(x, 134, "LSTM"),
            text(x, 208, letter, size=20, weight="bold"), arrow(f"M{x},190 V148"),
            arrow(f"M{x},112 V92"),
        ]  # fmt: skip
        parts += bars(x - 21, 88, guesses[k] or (0.1, 0.7, 0.2))
        following = letters[k + 1] if k + 1 < len(letters) else "?"
        parts.append(text(x, 42, following, size=20, weight="bold"))
        if k + 1 < len(letters):
            parts.append(arrow(f"M{x + 30},129 H{x + 53}"))
            parts.append(text(x + 42, 164, f"{bold('h')}, {bold('c')}", size=12))
    alt = (
        "Four copies of the LSTM in a row. The labels A, A, B, B enter from below, one per frame. "
        "Arrows marked h and c lead from each copy to the next. Above each copy three bars show "
        "the probabilities of the next label, and above them stands the label that comes next: "
        "A, B, B, and a question mark."
    )
    return Diagram(svg(360, 240, parts, alt, "36rem"), alt)


def pipeline(
    potential: ModelPotential,
    values: ArrayLike,
    labels: ArrayLike,
    generated: ArrayLike,
    data: ArrayLike,
    model: ArrayLike,
) -> Diagram:
    """Draw the whole method as one strip: from a potential to a verdict.

    Parameters
    ----------
    potential : ModelPotential
    values : array_like, shape (frames,)
        A trajectory; its first 240 frames are drawn.
    labels, generated : array_like of int, shape (frames,)
        Labels of the data, and labels that a network generated; the first 36 of each are shown.
    data : array_like, shape (pairs,)
        Transition counts of the data.
    model : array_like, shape (trainings, pairs)
        Transition counts of each training, in trajectories of the length of the data.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or the counts of the data are 0.
    """
    instance(potential, ModelPotential, "potential", "take one from lstm_md.potentials")
    x = finite_array(values, "values", min_frames=2)
    names = potential.states
    texts = []
    for given, name in ((labels, "labels"), (generated, "generated")):
        array = label_array(given, name, n_labels=len(names) or 1)
        texts.append("".join(names[k] for k in array.reshape(-1)[:N_LETTERS]))
    counts = count_array(model, "model", least=2)
    known = count_array(np.atleast_2d(number_array(data, "data")), "data", least=1)[0]
    if known.size != counts.shape[1] or not known.all():
        raise ValueError(
            f"data: expected {counts.shape[1]} counts above 0, as the model has pairs, found "
            f"{known.size}; count the same pairs in both, in a longer trajectory"
        )
    panels = [
        ("potential", _landscape(potential)),
        ("trajectory", [_curve(x[:N_VALUES])]),
        ("letters", _letters(texts[0], DATA)),
        ("network", _copies()),
        ("generated letters", _letters(texts[1], MODEL)),
        ("counts", _pairs(known, counts.mean(axis=0))),
        ("verdict", _ratios(counts / known)),
    ]
    items = "".join(
        f'<li style="margin: 0; padding: 0">{svg(104, 80, parts, title, "8rem")}'
        f"<b>{number}</b>&nbsp;{title}</li>"
        for number, (title, parts) in enumerate(panels, 1)
    )
    grid = (
        "display: grid; grid-template-columns: repeat(auto-fit, minmax(5.4rem, 1fr)); "
        "gap: 0.6rem; list-style: none; padding: 0; margin: 0; font-size: 0.85rem; "
        "line-height: 1.2; text-align: center"
    )
    described = ", ".join(f"{number} {title}" for number, (title, _) in enumerate(panels, 1))
    return Diagram(f'<ol style="{grid}">{items}</ol>', f"The method as one strip: {described}.")


def _landscape(potential: ModelPotential) -> list[str]:
    """Draw a potential as a small picture, and the names of its states."""
    import matplotlib.image

    grid = np.linspace(-2.8, 2.8, 56)
    energy = potential.beta * potential.energy(grid[None, :], grid[:, None])
    buffer = io.BytesIO()
    shown = np.minimum(energy - energy.min(), 11)[::-1]
    matplotlib.image.imsave(buffer, shown, cmap="cividis", format="png")
    code = base64.b64encode(buffer.getvalue()).decode()
    parts = [f'<image href="data:image/png;base64,{code}" x="14" y="2" width="76" height="76"/>']
    for name, (x, y) in zip(potential.states, potential.minima):
        at = 52 + 76 / 5.6 * x, 45 - 76 / 5.6 * y
        parts.append(text(*at, html.escape(name), size=13, weight="bold", colour="#fff"))
    return parts


def _curve(values: NDArray) -> str:
    """Draw values against time, from the left to the right border."""
    low, high = float(values.min()), float(values.max())
    across = np.linspace(4, 100, len(values))
    up = 72 - 64 * (values - low) / max(high - low, 1e-300)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, up))
    return f'<polyline points="{points}" fill="none" stroke="{BLUE}" stroke-width="1"/>'


def _letters(text: str, colour: str) -> list[str]:
    """Write letters in rows."""
    rows = [text[k : k + LETTERS_PER_ROW] for k in range(0, len(text), LETTERS_PER_ROW)]
    return [
        f'<text x="52" y="{24 + 20 * k}" text-anchor="middle" font-size="13" fill="{colour}" '
        f'font-family="ui-monospace, monospace">{html.escape(row)}</text>'
        for k, row in enumerate(rows)
    ]


def _copies() -> list[str]:
    """Draw three copies of a network in a row."""
    parts = []
    for x in (8, 40, 72):
        parts += [box(x, 30, 24, 20), arrow(f"M{x + 12},66 V52"), arrow(f"M{x + 12},30 V14")]
    return [*parts, arrow("M32,40 H39"), arrow("M64,40 H71")]


def _pairs(data: NDArray, model: NDArray) -> list[str]:
    """Draw the counts of data and model as bars beside each other."""
    width = 96 / data.size
    highest = max(float(data.max()), float(model.max()))
    parts = []
    for k, both in enumerate(zip(data, model)):
        for j, (count, colour) in enumerate(zip(both, (DATA, MODEL))):
            height, left = 66 * count / highest, 4 + width * (k + 0.1 + 0.4 * j)
            parts.append(
                f'<rect x="{left:.1f}" y="{72 - height:.1f}" width="{0.38 * width:.1f}" '
                f'height="{height:.1f}" fill="{colour}"/>'
            )
    return [*parts, line("M2,72 H102")]


def _ratios(ratios: NDArray) -> list[str]:
    """Draw model over data for each pair, with its range over the trainings, and the margin."""

    def up(ratio: NDArray | float) -> NDArray:
        return np.asarray(40 - 34 * np.log(ratio) / np.log(2)).clip(2, 78)

    top, bottom = up(MARGIN), up(1 / MARGIN)
    parts = [f'<rect x="2" y="{top:.1f}" width="100" height="{bottom - top:.1f}" '
             f'fill="#009E73" opacity="0.3"/>', line("M2,40 H102")]  # fmt: skip
    mean = ratios.mean(axis=0)
    error = ratios.std(axis=0, ddof=1) / np.sqrt(len(ratios))
    for k, (middle, half) in enumerate(zip(mean, 2 * error)):
        x = 2 + 100 * (k + 0.5) / mean.size
        ends = up(max(middle - half, 1e-3)), up(middle + half)
        parts += [
            f'<path d="M{x:.1f},{ends[0]:.1f} V{ends[1]:.1f}" stroke="{MODEL}" stroke-width="2"/>',
            f'<circle cx="{x:.1f}" cy="{up(max(middle, 1e-3)):.1f}" r="3.4" fill="{MODEL}"/>',
        ]
    return parts
