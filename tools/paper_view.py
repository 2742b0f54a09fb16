"""Does the paper hold? A bar of its claims and a row for each figure, as HTML and as Markdown.

The words come from :mod:`reproduction.paper`, which chooses them by the verdicts. Each status has
a symbol and a word, so that nobody needs to see its colour.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
)
from reproduction import paper
from reproduction.paper import AUTHORS, FIGURES, NOT_RECORDED, Answers, Figure, Part
from tools import thumbnails
from tools.claims import anchor
from tools.words import plain, readable

SYMBOLS = {
    HOLDS: "✓",
    UNDECIDED: "?",
    DOES_NOT_HOLD: "✕",
    NOT_DIAGNOSTIC: "◐",
    CANNOT_BE_TESTED: "–",
    NOT_RECORDED: "…",
}
#: What a number of claims does, in the bar and its legend
DO = {
    HOLDS: ("holds", "hold"),
    UNDECIDED: ("is undecided", "are undecided"),
    DOES_NOT_HOLD: ("does not hold", "do not hold"),
    NOT_DIAGNOSTIC: ("is not diagnostic", "are not diagnostic"),
    CANNOT_BE_TESTED: ("cannot be tested here", "cannot be tested here"),
    NOT_RECORDED: ("is not recorded yet", "are not recorded yet"),
}
MEANING = {
    HOLDS: "every number that can be tested lies within its limits, a rate within 25 %, with 90 % "
    "confidence",
    UNDECIDED: "there are too few data or trainings to decide",
    DOES_NOT_HOLD: "a number lies outside its limits, a rate by more than 25 %, and not by chance",
    NOT_DIAGNOSTIC: "it holds, but it also holds for a control that should fail",
    CANNOT_BE_TESTED: "an independent simulation fails as well, the data contain no case of it, or "
    "a program of the paper was not timed",
    NOT_RECORDED: "the runs are not finished",
}


def css(status: str) -> str:
    """Return the class of a status in the style sheet."""
    return status.replace(" ", "-")


def worded(status: str) -> str:
    """Return the symbol and the words of a status."""
    return f"{SYMBOLS[status]} {status}"


def cell(found: Mapping[str, str]) -> str:
    """Write the statuses of a claim, or of its parts, for a table; empty if none is recorded."""
    if set(found.values()) == {NOT_RECORDED}:
        return ""
    if len(set(found.values())) == 1:
        return worded(next(iter(found.values())))
    return "; ".join(f"{part[-1]} {worded(one)}" for part, one in found.items())


def counted(found: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """List each status that a claim has, the number of its claims, and what they do: "hold"."""
    return [(one, n, DO[one][n != 1]) for one, n in paper.tally(found).items() if n]


def in_words(found: Mapping[str, str]) -> str:
    """Say how many claims have which status."""
    return ", ".join(f"{n} {words}" for _, n, words in counted(found))


def about(answers: Answers) -> str:
    """Say which claims the bar counts, and with which settings."""
    n = sum(paper.main_method(claim, answers) not in (AUTHORS, None) for claim in paper.CLAIMS)
    theirs = f"{len(paper.CLAIMS) - n} with the authors' settings"
    ours = f" and {n} with ours only" if n else ""
    return f"We judged the paper's {len(paper.CLAIMS)} claims, {theirs}{ours}"


# The landing page


def bar(answers: Answers) -> str:
    """Write the bar of the paper's claims, with its legend."""
    found = counted(paper.main_statuses(paper.CLAIMS, answers))
    segments = "".join(
        f'<span class="{css(one)}" style="flex-grow:{n}">{SYMBOLS[one]}&nbsp;{n}</span>'
        for one, n, _ in found
    )
    legend = "".join(
        f'<li><span class="status {css(one)}" aria-hidden="true">{SYMBOLS[one]}</span> '
        f"<b>{n}</b> {words}</li>"
        for one, n, words in found
    )
    ours = ", ".join(
        f'<span aria-hidden="true">{SYMBOLS[one]}</span>&nbsp;{n}'
        f'<span class="in-words"> {words}</span>'
        for one, n, words in counted(paper.our_statuses(paper.CLAIMS, answers))
    )
    return (
        f'<div class="paper-bar" aria-hidden="true">{segments}</div>\n'
        f'<ul class="paper-legend">{legend}</ul>\n'
        f'<p class="paper-ours">{about(answers)}. '
        f"With ours for all {len(paper.CLAIMS)}: {ours}.</p>\n"
    )


def rows(answers: Answers) -> str:
    """Write a row for each figure: picture, question, answer, number, and chips."""
    found = "\n".join(_row(figure, answers) for figure in FIGURES)
    meanings = "".join(
        f'<li><span class="status {css(one)}" aria-hidden="true">{SYMBOLS[one]}</span> '
        f"<b>{one}</b>: {words}</li>"
        for one, words in MEANING.items()
    )
    return (
        f'<ul class="paper-figures">\n{found}\n</ul>\n'
        f'<details class="paper-meanings"><summary>What the words and signs mean</summary>'
        f"<ul>{meanings}</ul></details>\n"
    )


def _row(figure: Figure, answers: Answers) -> str:
    authors, ours, found = _statuses(figure, answers)
    where, number = html.escape(figure.where), _escaped(paper.number(figure, answers))
    chips = "".join(_chips(part, authors, ours) for part in figure.parts)
    return (
        f'<li id="{figure.key}">'
        f'<a class="what" href="{figure.chapter}.html">'
        f'<img src="_static/{thumbnails.name(figure.key)}" width="100" height="60" loading="lazy" '
        f'alt="A detail of the picture in the chapter">'
        f"<span><b>{where}</b> <small>{html.escape(figure.shows)}</small></span></a>"
        f'<div class="answer"><p class="question">{_escaped(figure.question)}</p>'
        f"<p><strong>{_escaped(paper.sentence(figure, found))}</strong>"
        + (f' <span class="number">{number}</span>' if number else "")
        + f" {_escaped(paper.other_settings(figure, authors, ours))}".rstrip()
        + "</p></div>"
        f'<div class="chips">{chips}</div></li>'
    )


def _chips(part: Part, authors: Mapping[str, str], ours: Mapping[str, str]) -> str:
    label = f'<span class="chip-label">{_escaped(part.label)}</span> ' if part.label else ""
    # Three claims that ask the same of the LSTM share a chip if their answers are the same.
    same = {(part.names[c], authors[c], ours[c]): c for c in reversed(part.names)}
    shown = [claim for claim in part.names if claim in same.values()]
    links = " ".join(_chip(part, claim, authors[claim], ours[claim]) for claim in shown)
    return f"<span>{label}{links}</span>"


def _chip(part: Part, claim: str, authors: str, ours: str) -> str:
    """Write a link to the ledger: filled for the authors' settings, outlined for ours."""
    name = _escaped(part.names[claim])
    signs = [("", authors, "the authors’ settings"), ("ours ", ours, "our settings")]
    if authors == NOT_RECORDED:
        signs = signs[:1] if ours == NOT_RECORDED else signs[1:]
    spans = []
    for k, (kind, one, whose) in enumerate(signs):
        shown = f"{SYMBOLS[one]} {name}" if k == 0 else SYMBOLS[one]
        words = f"{':' if k == 0 else ','} {one} with {whose}"
        spans.append(
            f'<span class="status {kind}{css(one)}">{shown}'
            f'<span class="in-words">{words}</span></span>'
        )
    return f'<a class="chip" href="ledger.html#{anchor(claim)}">{"".join(spans)}</a>'


def _statuses(figure: Figure, answers: Answers) -> tuple[dict[str, str], ...]:
    """Return the statuses with the authors' settings, with ours, and those that decide."""
    return (
        paper.statuses(figure.claims, answers, AUTHORS),
        paper.our_statuses(figure.claims, answers),
        paper.main_statuses(figure.claims, answers),
    )


def _escaped(text: str) -> str:
    return html.escape(readable(text), quote=False)


# The README


def text_bar(answers: Answers) -> str:
    """Write the bar as a line of text."""
    found = counted(paper.main_statuses(paper.CLAIMS, answers))
    signs = " · ".join(f"{SYMBOLS[one]} {n} {words}" for one, n, words in found)
    return f"**{about(answers)}:** {signs}"


def table(answers: Answers, book: Path, page: Path) -> str:
    """Write the answers to all figures as a Markdown table."""
    to_book = Path(os.path.relpath(book, page.parent)).as_posix()
    return "\n".join(_table(answers, to_book)) + "\n"


def _table(answers: Answers, to_book: str) -> Iterator[str]:
    yield "| paper | question | answer |"
    yield "| --- | --- | --- |"
    for figure in FIGURES:
        authors, ours, found = _statuses(figure, answers)
        link = f"[{figure.where}]({to_book}/{figure.chapter}.ipynb)"
        answer = f"**{plain(paper.sentence(figure, found))}**"
        other = plain(paper.other_settings(figure, authors, ours))
        yield f"| {link} | {plain(figure.question)} | {f'{answer} {other}'.strip()} |"
