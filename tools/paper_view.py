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
from reproduction.paper import AUTHORS, FIGURES, NOT_RECORDED, OURS, Answers, Figure, Part
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
    HOLDS: "every rate that can be tested is right within 25 %, with 90 % confidence",
    UNDECIDED: "the data are too few to decide",
    DOES_NOT_HOLD: "a rate is wrong by more than 25 %, and not by chance",
    NOT_DIAGNOSTIC: "it agrees, but a control that must fail agrees as well",
    CANNOT_BE_TESTED: "an independent simulation of the same length fails as well",
    NOT_RECORDED: "the runs are not finished",
}


def css(status: str) -> str:
    """Return the class of a status in the style sheet."""
    return status.replace(" ", "-")


def worded(status: str) -> str:
    """Return the symbol and the words of a status."""
    return f"{SYMBOLS[status]} {status}"


def counted(answers: Answers, method: str) -> list[tuple[str, int, str]]:
    """List each status that a claim has, the number of its claims, and what they do: "hold"."""
    found = paper.tally(answers, method)
    return [(one, n, DO[one][n != 1]) for one, n in found.items() if n]


def in_words(answers: Answers, method: str) -> str:
    """Say how many claims have which status."""
    return ", ".join(f"{n} {words}" for _, n, words in counted(answers, method))


# The landing page


def bar(answers: Answers) -> str:
    """Write the bar of the paper's claims under the authors' settings, with its legend."""
    found = counted(answers, AUTHORS)
    segments = "".join(
        f'<span class="{css(one)}" style="flex-grow:{n}">{SYMBOLS[one]}&nbsp;{n}</span>'
        for one, n, _ in found
    )
    legend = "".join(
        f'<li><span class="status {css(one)}" aria-hidden="true">{SYMBOLS[one]}</span> '
        f"<b>{n}</b> {words}</li>"
        for one, n, words in found
    )
    return (
        f'<div class="paper-bar" aria-hidden="true">{segments}</div>\n'
        f'<ul class="paper-legend">{legend}</ul>\n'
        f'<p class="paper-ours">The {len(paper.CLAIMS)} claims of the paper, with the settings of '
        f"the authors. With our settings, {in_words(answers, OURS)}.</p>\n"
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
    authors = paper.statuses(figure.claims, answers, AUTHORS)
    ours = paper.statuses(figure.claims, answers, OURS)
    where, number = html.escape(figure.where), _escaped(paper.number(figure, answers))
    chips = "".join(_chips(part, authors, ours) for part in figure.parts)
    return (
        f'<li id="{figure.key}">'
        f'<a class="what" href="{figure.chapter}.html">'
        f'<img src="_static/{thumbnails.name(figure.key)}" width="100" height="60" loading="lazy" '
        f'alt="A detail of the picture in the chapter">'
        f"<span><b>{where}</b> <small>{html.escape(figure.shows)}</small></span></a>"
        f'<div class="answer"><p class="question">{_escaped(figure.question)}</p>'
        f"<p><strong>{_escaped(paper.sentence(figure, authors))}</strong>"
        + (f' <span class="number">{number}</span>' if number else "")
        + f" {_escaped(paper.other_settings(figure, authors, ours))}</p></div>"
        f'<div class="chips">{chips}</div></li>'
    )


def _chips(part: Part, authors: Mapping[str, str], ours: Mapping[str, str]) -> str:
    label = f'<span class="chip-label">{_escaped(part.label)}</span> ' if part.label else ""
    links = " ".join(_chip(part, claim, authors[claim], ours[claim]) for claim in part.names)
    return f"<span>{label}{links}</span>"


def _chip(part: Part, claim: str, authors: str, ours: str) -> str:
    """Write a link to the ledger: filled for the authors' settings, outlined for ours."""
    return (
        f'<a class="chip" href="ledger.html#{anchor(claim)}">'
        f'<span class="status {css(authors)}">{SYMBOLS[authors]} {_escaped(part.names[claim])}'
        f'<span class="in-words">: {authors} with the authors’ settings, </span></span>'
        f'<span class="status ours {css(ours)}">{SYMBOLS[ours]}'
        f'<span class="in-words"> {ours} with ours</span></span></a>'
    )


def _escaped(text: str) -> str:
    return html.escape(readable(text), quote=False)


# The README


def text_bar(answers: Answers) -> str:
    """Write the bar as a line of text."""
    found = counted(answers, AUTHORS)
    signs = " · ".join(f"{SYMBOLS[one]} {n} {words}" for one, n, words in found)
    return f"**{len(paper.CLAIMS)} claims, with the settings of the authors:** {signs}"


def table(answers: Answers, book: Path, page: Path) -> str:
    """Write the answers to all figures as a Markdown table."""
    to_book = Path(os.path.relpath(book, page.parent)).as_posix()
    return "\n".join(_table(answers, to_book)) + "\n"


def _table(answers: Answers, to_book: str) -> Iterator[str]:
    yield "| paper | question | answer |"
    yield "| --- | --- | --- |"
    for figure in FIGURES:
        authors = paper.statuses(figure.claims, answers, AUTHORS)
        ours = paper.statuses(figure.claims, answers, OURS)
        link = f"[{figure.where}]({to_book}/{figure.chapter}.ipynb)"
        answer = f"**{plain(paper.sentence(figure, authors))}**"
        other = plain(paper.other_settings(figure, authors, ours))
        yield f"| {link} | {plain(figure.question)} | {answer} {other} |"
