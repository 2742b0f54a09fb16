"""Pictures that a reader can operate, and that give a number for every choice.

They are HTML with SVG and a short script. They load nothing, so they work in a notebook, in a
rendered book and in a saved page. All controls work with a keyboard and on a phone.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_md._support import agreement_tables
from lstm_md._support.checks import (
    chains_of,
    finite_array,
    instance,
    listed,
    real_number,
    whole_number,
)
from lstm_md._support.curve_data import (
    checked_pairs,
    checked_panels,
    checked_times,
    looks_of,
    rounded,
    texts_of,
)
from lstm_md._support.picture_page import page
from lstm_md._support.stay_strip import chart_of, drawn_chart, drawn_strip, strip_of
from lstm_md._support.zoom_levels import levels_of
from lstm_md.analysis.kinetics import stays_of, transition_counts
from lstm_md.analysis.uncertainty import Estimate
from lstm_md.diagrams import Diagram
from lstm_md.judging.criteria import CurveComparison

MOST_FRAMES, MOST_LANES, MOST_CHARACTERS = 2000, 8, 2
LONGEST_COMMIT_TIME = 1000


def commit_time_slider(
    labels: ArrayLike,
    names: Sequence[str],
    *,
    commit_time: int = 10,
    longest: int = 60,
    caption: str = "",
) -> Diagram:
    """Show which stays and which transitions of a trajectory count at each commit time.

    A slider sets the commit time. Stays that are shorter turn grey. An arrow marks each transition
    between the stays that are left, and a dot moves along the curve of their number. Without a
    script, the picture shows one commit time.

    Parameters
    ----------
    labels : array_like of int, shape (frames,)
        A part of a trajectory, of at most 2,000 frames.
    names : sequence of str
        Names of the labels, from 2 to 8 of them with 1 or 2 characters. The first is in the lowest
        lane.
    commit_time : int
        The commit time at the beginning, in frames.
    longest : int
        The longest commit time of the slider, from 2 to 1,000 frames.
    caption : str
        A text below the picture. It says what is shown and what to see.

    Returns
    -------
    Diagram

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or size.

    Examples
    --------
    >>> commit_time_slider([0, 0, 0, 1, 0, 0, 2, 2], "ABC", commit_time=2, longest=5)
    A strip of 8 labels and its transitions against commit time: 3 at 1 frame, 1 at 2 frames.
    """
    lanes = _names(names)
    chains = chains_of(labels, n_labels=len(lanes))
    frames = chains.flat.size
    if len(chains) != 1 or not 2 <= frames <= MOST_FRAMES:
        raise ValueError(
            f"labels: expected one trajectory of 2 to {MOST_FRAMES} frames, found {len(chains)} of "
            f"{frames} frames together; give a part of one of them"
        )
    longest = whole_number(longest, "longest", minimum=2)
    if longest > LONGEST_COMMIT_TIME:
        raise ValueError(
            f"longest: expected at most {LONGEST_COMMIT_TIME} frames, found {longest}; give less"
        )
    first = whole_number(commit_time, "commit_time")
    if first > longest:
        raise ValueError(
            f"commit_time: expected at most longest, {longest} frames, found {first}; change one"
        )
    counts = transition_counts(chains.flat, range(1, longest + 1), n_labels=len(lanes))
    totals = counts.sum(axis=(1, 2)).tolist()
    found = stays_of(chains.flat)
    strip = strip_of(list(zip(found.label.tolist(), found.length.tolist())), len(lanes))
    chart = chart_of(totals)
    content = (
        '<label hidden>Commit time: <b></b><input type="range" min="1" '
        f'max="{longest}" step="1" value="{first}"></label>\n'
        f'<p class="said" role="status">{_in_words(strip["stays"], totals, first)}</p>\n'
        f'<p class="pairs"></p>\n'
        f'<div class="panels"><div>{drawn_strip(strip, lanes, first)}</div>'
        f"<div>{drawn_chart(chart, totals, first)}</div></div>{_below(caption)}"
    )
    given = {"names": lanes, "first": first, "longest": longest, "strip": strip, "chart": chart}
    return Diagram(
        page("lstm-md-strip", content, "commit_time", "chooseCommitTime", given),
        f"A strip of {frames} labels and its transitions against commit time: "
        f"{totals[0]} at 1 frame, {totals[first - 1]} at {_some(first, 'frame')}.",
    )


def _names(names: Any) -> list[str]:
    """Check the names of the labels."""
    found = list(names) if isinstance(names, str) else listed(names, "names", "give texts")
    for name in found:
        instance(name, str, "names", "give texts")
        if not 1 <= len(name) <= MOST_CHARACTERS:
            raise ValueError(
                f"names: expected 1 to {MOST_CHARACTERS} characters, found {name!r}; shorten it"
            )
    if not 2 <= len(found) <= MOST_LANES:
        raise ValueError(f"names: expected 2 to {MOST_LANES} of them, found {len(found)}")
    return found


def _in_words(stays: Sequence[tuple[int, int]], totals: Sequence[int], time: int) -> str:
    """Say what is counted, as the script does."""
    skipped = sum(length < time for _, length in stays)
    return (
        f"At a commit time of {_some(time, 'frame')}: {_some(totals[time - 1], 'transition')}; "
        f"{_some(skipped, 'short stay')} {'is' if skipped == 1 else 'are'} skipped."
    )


def _some(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def _below(caption: Any) -> str:
    words = html.escape(instance(caption, str, "caption", "give a text"))
    return f"\n<p><em>{words}</em></p>" if words else ""


def count_curves(
    commit_times: ArrayLike,
    panels: Mapping[str, Mapping[str, Estimate]],
    names: Sequence[str],
    *,
    pairs: Sequence[tuple[int, int]] | None = None,
    styles: Mapping[str, Mapping[str, Any]] | None = None,
    commit_time: float | None = None,
    unit: str = "frames",
    quantity: str = "transitions",
    caption: str = "",
) -> Diagram:
    """Show counts or rates against commit time, and their values where a reader points.

    The reader chooses a panel and a transition, and switches curves on and off. The values stand in
    a table below, with their ratios to the first curve. The axes are logarithmic. Nothing is shown
    without a script or on paper, so a still figure belongs beside it, such as
    :func:`~lstm_md.figures.rate_curves`.

    Parameters
    ----------
    commit_times : array_like, shape (commit times,)
        Positive and ascending, at least 2 of them.
    panels : mapping of str to mapping of str to Estimate of shape (commit times, N, N)
        The curves of each panel. All panels have the same curves. The first curve gets a band.
    names : sequence of str
        Names of the N states.
    pairs : sequence of (int, int), optional
        The transitions that can be chosen: the state that is left, and the one that is reached. All
        of them if left out.
    styles : mapping of str to mapping, optional
        Colour and marker (one of o, s, D, ^, v, x), or colour and line style, such as
        ``figures.SIMULATION``. Other curves are dashed like a control.
    commit_time : float, optional
        The first one to be read: the nearest of ``commit_times``. Their first if left out.
    unit : str
        Unit of the commit times.
    quantity : str
        What the values are.
    caption : str
        A text below.

    Returns
    -------
    Diagram

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or size.
    """
    times = checked_times(commit_times)
    states = texts_of(names, "names", 2)
    found = checked_panels(panels, (times.size, len(states), len(states)))
    curves = list(found[0][1])
    chosen = checked_pairs(pairs, len(states))
    n_first = 0
    if commit_time is not None:
        asked = real_number(commit_time, "commit_time", above=0)
        n_first = int(np.argmin(np.abs(np.log(times / asked))))
    for text, name in ((unit, "unit"), (quantity, "quantity")):
        instance(text, str, name, "give a text")
    looks = looks_of(curves, {} if styles is None else styles)
    moves = [f"{states[i]} → {states[j]}" for i, j in chosen]
    given = {
        "times": rounded(times, 6),
        "unit": unit,
        "quantity": quantity,
        "first": n_first,
        "pairs": moves,
        "curves": curves,
        "styles": looks,
    }
    each = [[estimates[name] for name in curves] for _, estimates in found]
    given["values"] = [
        [[rounded(one.value[:, i, j], 3, one.error[:, i, j]) for i, j in chosen] for one in panel]
        for panel in each
    ]
    given["errors"] = [
        [[rounded(one.error[:, i, j], 2) for i, j in chosen] for one in panel] for panel in each
    ]
    choices = _choice("Transition", "pair", moves)
    if len(found) > 1:
        choices = _choice("Show", "panel", [name for name, _ in found]) + choices
    boxes = "".join(
        f'<label><input type="checkbox" checked><svg class="key" viewBox="0 0 30 14" '
        f'aria-hidden="true"></svg>{html.escape(name)}</label>'
        for name in curves
    )
    content = (
        f'<div class="choices">{choices}</div>\n<fieldset><legend>Curves</legend>{boxes}</fieldset>'
        '\n<svg class="chart" viewBox="0 0 360 242" role="img"></svg>\n'
        f'<label class="at">Commit time: <b></b><input type="range" min="0" step="1" '
        f'max="{times.size - 1}" value="{n_first}"></label>\n'
        f'<table><caption aria-live="polite"></caption><thead><tr><td></td><th scope="col">'
        f'{html.escape(quantity)}</th><th scope="col">÷ {html.escape(curves[0])}</th></tr></thead>'
        f"<tbody></tbody></table>{_below(caption)}"
    )
    return Diagram(
        page("lstm-md-curves", content, "count_curves", "showCurves", given, " hidden"),
        f"{quantity[:1].upper()}{quantity[1:]} against commit time, to be read in a browser, for "
        f"{_some(len(moves), 'pair')} of states. The curves: {'; '.join(curves)}.",
    )


def agreement_map(
    models: Sequence[str],
    columns: Sequence[float],
    ways: Mapping[str, Mapping[str, Sequence[CurveComparison]]],
    *,
    column: str = "lag time",
    unit: str = "frames",
    heading: str = "",
    notes: Sequence[str] | None = None,
    caption: str = "",
) -> Diagram:
    """Show how well the count curves of many models agree with the data, as a map.

    A row is a kind of model, a column one of its settings. Each cell has the share of the points
    that agree, in per cent, and a ✓ if the whole curve meets the criterion. A stronger colour means
    that more points agree. The reader chooses the way of comparing and the counts, and reads one
    model below the map. Without a script and on paper, there is a table for each choice.

    Parameters
    ----------
    models : sequence of str
        The row of each model. Models with the same name share a row.
    columns : sequence of float
        The setting of each model, such as its lag time.
    ways : mapping of str to mapping of str to sequence of CurveComparison
        For each way of comparing, and for each kind of counts, what
        :func:`~lstm_md.judging.criteria.compare_curves` returned for each model.
    column, unit : str
        What the columns are, and in which unit.
    heading : str
        A text above the map. It says by which criterion the points are judged.
    notes : sequence of str, optional
        A sentence on each model, or an empty text.
    caption : str
        A text below.

    Returns
    -------
    Diagram

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or length, or two models stand in the same place.
    """
    rows = texts_of(models, "models", 1)
    places = agreement_tables.checked_places(rows, columns)
    tables = agreement_tables.checked_ways(ways, places)
    for text, name in ((column, "column"), (unit, "unit"), (heading, "heading")):
        instance(text, str, name, "give a text")
    said = [""] * len(rows) if notes is None else texts_of(notes, "notes", 0)
    if len(said) != len(rows):
        raise ValueError(
            f"notes: expected {len(rows)} texts, one for each model, found {len(said)}"
        )
    given = {
        "column": column,
        "unit": unit,
        "points": [
            one.points for table in tables.values() for one in agreement_tables.in_order(table)
        ],
        "notes": agreement_tables.in_order(dict(zip(places, said))),
    }
    switches = "".join(
        f'<label><input type="radio" name="way"> {html.escape(way)}</label>'
        for way in dict.fromkeys(way for way, _ in tables)
    )
    content = (
        f"<form hidden><fieldset><legend>Compare</legend>{switches}</fieldset>"
        f"{_choice('Counts', 'counts', ())}</form>\n"
        f"<p>{html.escape(heading)}</p>\n"
        f"{agreement_tables.drawn(tables, f'{column} ({unit})')}\n"
        f'<p class="said" aria-live="polite"></p>{_below(caption)}'
    )
    return Diagram(
        page("lstm-md-map", content, "agreement_map", "showAgreement", given),
        f"A map of {_some(len(rows), 'model')}: how many points agree, in "
        f"{_some(len(tables), 'table')}.",
    )


def zoom(
    values: ArrayLike,
    centre: int,
    *,
    shortest: int = 60,
    time_per_frame: float = 1.0,
    units: Mapping[str, float] | None = None,
    value_name: str = "x",
    lines: Sequence[float] = (),
    marks: Mapping[str, float] | None = None,
    caption: str = "",
) -> Diagram:
    """Zoom from a whole recording to single frames.

    Long parts are drawn by columns: a line for the mean, and a band from the least to the largest
    value, so no spike is lost. Nothing is shown without a script or on paper, so a still figure
    belongs beside it.

    Parameters
    ----------
    values : array_like, shape (frames,)
    centre : int
        The frame into which the reader zooms.
    shortest : int
        The frames of the shortest part, from 2.
    time_per_frame : float
    units : mapping of str to float, optional
        Units of time, the largest first, and their sizes in the unit of ``time_per_frame``, such as
        ``{"s": 1000, "ms": 1}`` for frames of 0.1 ms. Frames if left out.
    value_name : str
        What the values are.
    lines : sequence of float
        Values at which a dotted line is drawn.
    marks : mapping of str to float, optional
        Short texts on the right, such as names of states, and the values beside which they stand.
    caption : str
        A text below.

    Returns
    -------
    Diagram

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or size.

    Examples
    --------
    >>> zoom([0.0, 1.0, 0.5, 0.0] * 1000, centre=2000)
    A recording of 4,000 frames, into which a reader can zoom in a browser.
    """
    recording = finite_array(values, "values", min_frames=2).astype(np.float64)
    n = recording.size
    frame = whole_number(centre, "centre", minimum=0)
    least_frames = whole_number(shortest, "shortest", minimum=2)
    for number, highest, name in ((frame, n - 1, "centre"), (least_frames, n, "shortest")):
        if number > highest:
            raise ValueError(f"{name}: expected at most {highest}, found {number}; give less")
    each = instance({"frames": 1.0} if units is None else units, Mapping, "units", "give names")
    if not each:
        raise ValueError("units: found no unit; give one")
    data = {
        **levels_of(recording, frame, least_frames),
        "frames": n,
        "centre": frame,
        "shortest": least_frames,
        "time": real_number(time_per_frame, "time_per_frame", above=0),
        "units": [[name, real_number(size, "units", above=0)] for name, size in each.items()],
        "name": instance(value_name, str, "value_name", "give a text"),
        "lines": [real_number(one, "lines") for one in listed(lines, "lines", "give numbers")],
        "marks": [
            [text, real_number(value, "marks")]
            for text, value in instance(
                {} if marks is None else marks, Mapping, "marks", "give {text: value}"
            ).items()
        ],
    }
    texts_of([name for name, _ in data["units"]], "units", 1)
    texts_of([text for text, _ in data["marks"]], "marks", 0)
    content = (
        '<label>Shown: <b></b><input type="range" min="0" max="100" step="1" value="0"></label>\n'
        f'<svg class="chart" viewBox="0 0 360 242" role="img"></svg>{_below(caption)}'
    )
    return Diagram(
        page("lstm-md-zoom", content, "zoom", "zoomRecording", data, " hidden"),
        f"A recording of {n:,} frames, into which a reader can zoom in a browser.",
    )


def _choice(words: str, name: str, options: Sequence[str]) -> str:
    inside = "".join(f"<option>{html.escape(option)}</option>" for option in options)
    return f'<label>{words} <select name="{name}">{inside}</select></label>'
