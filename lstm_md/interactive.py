"""Pictures that a reader can operate, and that give a number for every choice.

They are HTML with SVG and a short script. They load nothing, so they work in a notebook, in a
rendered book and in a saved page. All controls work with a keyboard and on a phone.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any

from numpy.typing import ArrayLike

from lstm_md._support.checks import chains_of, instance, listed, whole_number
from lstm_md._support.stay_strip import chart_of, drawn_chart, drawn_strip, strip_of
from lstm_md.analysis.kinetics import stays_of, transition_counts
from lstm_md.diagrams import Diagram

MOST_FRAMES, MOST_LANES, MOST_CHARACTERS = 2000, 8, 2
LONGEST_COMMIT_TIME = 1000

_PAGE = """\
<div class="{kind}" data-picture="{key}" data-lm-suppress-shortcuts="true"{attributes}>
<style>{style}</style>
{content}
<script>
(() => {{
{script}
// Where currentScript is not set, take the first of these pictures that has not started.
const own = document.currentScript && document.currentScript.closest("[data-picture]");
const root = own || document.querySelector("[data-picture='{key}']:not([data-begun])");
if (root) {{
root.dataset.begun = "";
{call}(root, {data});
}}
}})();
</script>
</div>"""

_STRIP_STYLE = """
.lstm-md-strip { --strip-accent: #008060; }
html[data-theme=dark] .lstm-md-strip { --strip-accent: #2bbd8f; }
.lstm-md-strip .panels { display: flex; flex-wrap: wrap; gap: 0.6rem 1.2rem; align-items: center; }
.lstm-md-strip .panels > div { flex: 1.6 1 17rem; min-width: 0; }
.lstm-md-strip .panels > div + div { flex: 1 1 13rem; }
.lstm-md-strip .row { fill: currentColor; opacity: 0.07; }
.lstm-md-strip .stays rect { fill: currentColor; }
.lstm-md-strip .stays .short { opacity: 0.36; }
.lstm-md-strip .marks { fill: var(--strip-accent); stroke: var(--strip-accent); stroke-width: 1.6;
  fill-rule: nonzero; stroke-linejoin: round; }
.lstm-md-strip .axis { fill: none; stroke: currentColor; opacity: 0.6; }
.lstm-md-strip polyline { fill: none; stroke: var(--strip-accent); stroke-width: 2.2; }
.lstm-md-strip .all { stroke: currentColor; stroke-width: 1.2; opacity: 0.45; }
.lstm-md-strip .dot { fill: var(--strip-accent); }
.lstm-md-strip label { display: block; max-width: 30rem; margin: 0 0 0.5rem; }
.lstm-md-strip label[hidden] { display: none; }
.lstm-md-strip label b { font-weight: 600; font-variant-numeric: tabular-nums; }
.lstm-md-strip input { display: block; width: 100%; height: 1.8rem; margin: 0;
  accent-color: var(--strip-accent); }
.lstm-md-strip p { margin: 0.5rem 0 0; font-variant-numeric: tabular-nums; }
.lstm-md-strip :is(.said, .pairs) { margin: 0; }
.lstm-md-strip .pairs { min-height: 1.6em; margin-bottom: 0.4rem; font-size: 0.9em; }
@media (max-width: 480px) { .lstm-md-strip :is(.said, .pairs) { min-height: 3.2em; } }
@media print { .lstm-md-strip label { display: none; } }
"""


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
        _page("lstm-md-strip", _STRIP_STYLE, content, "commit_time", "chooseCommitTime", given),
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


def _page(kind: str, style: str, content: str, script: str, call: str, given: Any) -> str:
    """Put a picture, its style, its script and its data together."""
    data = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    data = data.replace("<", "\\u003c")  # a name must not open or close a tag within the script
    code = files("lstm_md._support").joinpath(f"{script}.js").read_text("utf-8")
    return _PAGE.format(
        kind=kind, attributes="", style=style, content=content, call=call, data=data,
        script=code.strip(), key=sha256((kind + data).encode()).hexdigest()[:12],
    )  # fmt: skip
