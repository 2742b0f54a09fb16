"""The ledger page: every claim with its answers, its criteria, all numbers, and its code.

:mod:`tools.results` builds the page from the answers, from the outputs of the executed chapters,
from the table of :mod:`tools.fresh` and from the settings of the records. No result is typed by
hand.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reproduction import paper
from reproduction.calibration import table as calibration
from reproduction.common.answers import METHODS
from reproduction.ledger import LEDGER, STUDY_OF
from reproduction.paper import AUTHORS, NOT_RECORDED, Answers
from tools import fresh
from tools.claims import (
    CHAPTERS,
    anchor,
    entry_of,
    figure_of,
    key,
    parts_of,
    system_of,
    title,
)
from tools.first_edition import SYMBOLS
from tools.paper_view import cell, css, worded
from tools.words import plain, readable

CODE_PAGE = "package_reproduction.md"
SETTINGS = {
    "authors": "the authors' settings",
    "ours": "our settings",
    "continued": "our settings, state carried in order",
    "first edition": "settings of the first edition",
}
PARTS = {
    "a": "Does the Markov model deviate below 10 ms?",
    "b": "Does it agree beyond 10 ms?",
    "c": "Does the LSTM agree at every commit time?",
}
SMALLEST_P = 0.001
DETECTED = "The test finds such a deviation in nine of ten cases"
TOO_WEAK = "too weak, because it also accepts"  #: As the frozen verdicts would say it now
#: What the records of the calibration call a wrong model, and how a reader would say it
WRONG = {
    "all off by 10%": "all rates wrong by 10%",
    "all off by 25%": "all rates wrong by 25%",
    "all off by 50%": "all rates wrong by 50%",
    "commonest pair off by 2": "most frequent pair wrong by a factor of 2",
    "rarest pair off by 2": "rarest pair wrong by a factor of 2",
    "lag-1 Markov chain": "first-order Markov chain",
}

Verdict = dict[str, Any]

HEAD = """\
# The ledger

This page lists every claim with its answers, its numbers and its code. A program builds the page
from the recorded runs and from the executed chapters; no number is typed by hand. The page
[How a claim is judged](criteria.md) explains the rules. The page
[The first edition's verdicts](first_edition.md) compares the answers with those of the first
edition.

There are five answers:

- ✓ *holds*
- ? *undecided*
- ✕ *does not hold*
- ◐ *not diagnostic*: the claim also holds for a control. A control is a model that lacks what the
  claim is about. It is judged by the same rule, and it should fail.
- – *cannot be tested here*: the data are too few, so that even an independent simulation of the
  same length would often fail; or they contain no case of the claim; or a measurement is missing

The sign … means that the runs are not finished. The brackets behind a claim say where it comes
from. A star marks a variant of a claim that the paper itself does not make.

The claims were tested with up to four groups of settings:

- *the authors' settings* are those of the authors' code, listed on the page
  [What we changed](what_we_changed.md)
- *our settings* are listed on the same page
- *our settings, state carried in order* have another initial state. The training sequences are read
  in order, and each one starts from the hidden state at the end of the sequence before it. In *our
  settings*, the hidden state comes from a warm-up.
- *settings of the first edition* are those of the first version of this book

<div class="ledger-filter"></div>
<script defer src="_static/ledger.mjs"></script>
"""

ENTRIES = """\
## Claim by claim

Open an entry to see the numbers. For most claims, one rate decides. The column *number* has the
rate of the network divided by the rate of its training data. So 1.00 means equal rates. The 90 %
interval stands in brackets. For claims that are not about rates, the column says what was measured.
The column *p* has the p-value of the test, corrected for the number of claims. The column
*stricter* has the verdict for a stricter definition of the commit time: both the stay before a
transition and the stay after it must last at least as long as the commit time.

Below the table, the first lines say whether the claim holds for the controls. *False alarms* says
how often the test rejects a model that is right. If there are two numbers, they are the lowest and
the highest rate for several numbers of trainings. The next line says how often the test rejects a
model that is wrong in a known way. The last part of an entry has the test of the first edition. SE
means standard error.
"""


def page(
    verdicts: Sequence[Verdict], book: Path, answers: Answers, frozen: Sequence[Verdict] = ()
) -> str:
    """Write the page, in Markdown that a code host displays as well as the book.

    Parameters
    ----------
    verdicts : sequence of dict
        From the chapters, by :func:`tools.results.verdicts`.
    book : Path
    answers : mapping
        From :func:`reproduction.paper.by_claim`.
    frozen : sequence of dict
        Verdicts of the first edition, for claims that no chapter shows any more.
    """
    judged = {v["id"]: v for v in frozen} | {v["id"]: v for v in verdicts}
    anew, recorded = fresh.load(book / "recorded"), records_of(book)
    claims = listed(judged, answers)
    parts = [
        HEAD,
        "## All claims\n",
        "An empty cell means that the claim was not tested with these settings, or not yet.\n",
        _fresh_in_a_sentence(anew),
        "\n".join(_overview(claims, judged, answers)) + "\n",
        ENTRIES,
        *(
            section(claim, judged.get(claim), recorded.get(claim, {}), anew, answers, book)
            for claim in claims
        ),
    ]
    return "\n".join(parts)


def listed(judged: Mapping[str, Verdict], answers: Answers) -> list[str]:
    """List the claims that have an entry: all but open ones, in the order of the paper."""
    asked = {*LEDGER, *paper.CLAIMS, *(claim for claim, _ in answers)}
    return sorted({*judged, *map(entry_of, asked)}, key=key)


def name(claim: str, judged: Mapping[str, Verdict] | None = None) -> str:
    """Return a claim in a few words."""
    if claim in LEDGER:
        return title(claim)
    known = (judged or {}).get(claim)
    return str(known["text"]) if known else paper.FIGURE_OF[parts_of(claim)[0]].shows


def where(claim: str, judged: Mapping[str, Verdict] | None = None) -> str:
    """Return where the paper makes a claim."""
    if claim in LEDGER:
        return LEDGER[claim].where
    known = (judged or {}).get(claim)
    return str(known["where"]) if known else figure_of(claim)


def shown(claim: str, answers: Answers) -> dict[str, str]:
    """Return the statuses by which an entry is found."""
    return paper.main_statuses(parts_of(claim), answers)


# The overview


def _fresh_in_a_sentence(anew: Mapping[str, Any]) -> str:
    if not anew["rows"]:
        return ""
    flips = fresh.flips(anew["rows"])
    return (
        f"The recorded runs of the first edition were repeated with seed {anew['seed']}: "
        f"{len(anew['rows']) - len(flips)} of {len(anew['rows'])} verdicts are the same"
        + (f"; {plain(', '.join(flips))} changed.\n" if flips else ".\n")
    )


def _overview(
    claims: Sequence[str], judged: Mapping[str, Verdict], answers: Answers
) -> Iterator[str]:
    yield "| claim | the authors' settings | our settings | chapter | code |"
    yield "| --- | --- | --- | --- | --- |"
    for claim in claims:
        link = f'<a href="#{anchor(claim)}">{plain(claim)}</a>'
        authors = paper.statuses(parts_of(claim), answers, AUTHORS)
        ours = paper.our_statuses(parts_of(claim), answers)
        cells = [cell(authors), cell(ours)]
        yield (
            f"| {link} {plain(name(claim, judged))} ({plain(where(claim, judged))}) "
            f"| {' | '.join(cells)} | {_chapter(judged.get(claim), claim)} | {code(claim)} |"
        )


def _chapter(v: Verdict | None, claim: str) -> str:
    if v is not None and claim not in CHAPTERS:
        return f"[{plain(v['title'])}]({v['chapter']}.ipynb)"
    part = parts_of(claim)[0]
    figure = paper.FIGURE_OF.get(part)
    chapter = figure.chapter if figure else CHAPTERS.get(claim[:2])
    if chapter is None:
        return ""
    return f"[{chapter.replace('_', ' ').capitalize()}]({chapter}.ipynb)"


def code(claim: str, *, whole: bool = False) -> str:
    """Write the link to the code of a claim: its study, or the whole path of the folder.

    It is empty for a claim that has no criterion and therefore no code.
    """
    study = STUDY_OF.get(claim) or STUDY_OF.get(parts_of(claim)[0])
    if study is None:
        return ""
    return f"[`{f'reproduction/{study}/' if whole else study}`]({CODE_PAGE}#{study})"


# The entries


def section(
    claim: str,
    v: Verdict | None,
    recorded: Mapping[str, Any],
    anew: Mapping[str, Any],
    answers: Answers,
    book: Path,
) -> str:
    """Write all that is known about one claim.

    Parameters
    ----------
    claim : str
    v : dict, optional
        Its verdict by the rules of the first edition.
    recorded : mapping of str to dict
        The settings of the records that decided it then, by name.
    anew : mapping
        The table that :func:`tools.fresh.load` returns.
    answers : mapping
    book : Path
    """
    parts = parts_of(claim)
    found = shown(claim, answers)
    statuses = sorted(set(found.values()))
    judged = {claim: v} if v else {}
    anchors = "".join(f'<a id="{anchor(one)}"></a>' for one in dict.fromkeys((claim, *parts)))
    only = css(statuses[0]) if len(statuses) == 1 else "several"
    text = LEDGER[claim].text if claim in LEDGER else name(claim, judged)
    return "\n".join(
        [
            f"### {plain(claim)} {plain(name(claim, judged))}\n",
            anchors,
            f'<div class="verdict entry {only}" data-figure="{html.escape(figure_of(claim))}" '
            f'data-system="{html.escape(system_of(claim))}" '
            f'data-verdict="{"|".join(statuses)}">\n',
            f"**{plain(text)}** ({plain(where(claim, judged))})\n",
            *_badges(parts, answers),
            "<details>\n<summary>Numbers, controls and criterion</summary>\n",
            *_answers(claim, answers, book),
            *(_first_edition(claim, v, recorded, anew) if v else _criterion(claim)),
            "</details>\n</div>\n",
        ]
    )


def _badges(parts: Sequence[str], answers: Answers) -> Iterator[str]:
    """Write the answers in one line for each part: sign and word, by settings."""
    for part in parts:
        found = {method: paper.status(answers.get((part, method))) for method in METHODS}
        due = {m: one for m, one in found.items() if one != NOT_RECORDED}
        if not due and part not in paper.CLAIMS:
            continue
        due = due or {AUTHORS: NOT_RECORDED}
        words = " · ".join(
            f'<span class="status {"" if m == AUTHORS else "ours "}{css(one)}">'
            f"{worded(one)}</span> {SETTINGS[m].replace(chr(39), '’')}"
            for m, one in due.items()
        )
        question = f"{PARTS[part[-1]]} " if len(parts) > 1 else ""
        yield f'<p class="badges">{question}{words}</p>\n'


def _answers(claim: str, answers: Answers, book: Path) -> Iterator[str]:
    """Write the numbers of all answers, and what is known of the test."""
    parts = parts_of(claim)
    given = [(part, m) for part in parts for m in METHODS if (part, m) in answers]
    if not given:
        return
    first = "| question and settings |" if len(parts) > 1 else "| settings |"
    yield f"{first} answer | number | p | stricter |"
    yield "| --- | --- | --- | --- | --- |"
    for part, method in given:
        answer = answers[part, method]
        question = f"{PARTS[part[-1]]} With " if len(parts) > 1 else ""
        more = paper.more_data(answer)
        number = plain(readable(paper.measured(answer))) + (f"; {more}" if more else "")
        yield (
            f"| {question}{SETTINGS[method]} | {worded(paper.status(answer))} | {number} "
            f"| {_p_value(answer['p_value'])} | {plain(answer['stricter'])} |"
        )
    yield ""
    yield "\n".join(
        [*_details(given, answers, len(parts) > 1), *_of_the_test(given, answers, book), ""]
    )


def _details(given: Sequence[tuple[str, str]], answers: Answers, several: bool) -> Iterator[str]:
    """Write controls and records. Answers with the same ones share a line."""
    same: dict[str, list[str]] = {}
    for part, method in given:
        answer = answers[part, method]
        controls = ", ".join(
            f"{plain(control)} {outcome}" for control, outcome in answer["controls"].items()
        )
        records = ", ".join(f"`{record}`" for record in answer["records"])
        line = f"controls by the same rule: {controls}; " if controls else ""
        others = ", ".join(f"`{n}` {outcome}" for n, outcome in answer.get("others", {}).items())
        line += f"networks of other sizes: {others}; " if others else ""
        if answer.get("p_deciding") is not None:
            line += (
                f"p-value of the commit times that can refute the claim, not corrected: "
                f"{_p_value(answer['p_deciding'])}; "
            )
        if answer.get("process"):
            line += f"compared with the process instead of the data: {answer['process']}; "
        line += f"{'record' if len(answer['records']) == 1 else 'records'}: {records}"
        who = SETTINGS[method] + (f" ({part})" if several else "")
        same.setdefault(line, []).append(who)
    for line, whose in same.items():
        yield f"- With {', '.join(whose)} – {line}"


def _p_value(p: float | None) -> str:
    if p is None:
        return ""
    return f"below {SMALLEST_P:g}" if p < SMALLEST_P else f"{p:.2g}"


def _of_the_test(given: Sequence[tuple[str, str]], answers: Answers, book: Path) -> Iterator[str]:
    """Say how often the test rejects: a perfect model, and models that are wrong."""
    cases = {answers[each]["calibration"] for each in given} - {""}
    found, _ = calibration.load(book / "recorded", sorted(cases))
    for case, content in found.items():
        alarms = [100 * share for share in content["false_alarms"].values()]
        power = ", ".join(
            f"{plain(WRONG.get(wrong, wrong).replace('%', ' %'))}: {100 * one['rejects']:.0f} %"
            for wrong, one in content["power"].items()
        )
        low, high = min(alarms), max(alarms)
        yield f"- False alarms of the test ({plain(case)}): {low:.1f} to {high:.1f} %"
        yield f"- How often the test rejects a wrong model ({plain(case)}) – {power}"
    found_by_test = sorted({answers[each]["power"] for each in given} - {""})
    if found_by_test:
        yield f"- {DETECTED}: {plain(readable('; '.join(found_by_test)))}"


def _criterion(claim: str) -> Iterator[str]:
    """Write by which rule a claim is judged that the first edition did not have."""
    if claim not in LEDGER:
        return
    known = LEDGER[claim]
    points = {
        "Chapter": _chapter(None, claim),
        "Criterion": plain(known.criterion),
        "Why this criterion": plain(known.rationale),
        "Published": plain(known.paper),
        "Code": code(claim, whole=True),
    }
    yield _list(points)


def _list(points: Mapping[str, str]) -> str:
    """Write a list of points, without those that have no text."""
    return "\n".join(f"- {head}: {text}" for head, text in points.items() if text) + "\n"


def _first_edition(
    claim: str, v: Verdict, recorded: Mapping[str, Any], anew: Mapping[str, Any]
) -> Iterator[str]:
    """Write the verdict by the rules of the first edition, with all its tests."""
    known = LEDGER.get(claim)
    reason = ""
    if v["reason"] and v["reason"] != v["measured"]:
        words = v["reason"].replace("too weak to tell: it also passes", TOO_WEAK)
        reason = f" ({plain(readable(words))})"
    points = {
        "Verdict": f"{SYMBOLS[v['outcome']]} {v['outcome']}{reason}",
        "Chapter": _chapter(v, claim),
        "Criterion": plain(known.criterion if known else v["criterion"]),
        "Why this criterion": plain(known.rationale) if known else "",
        "The paper": plain(v["paper"]) or "no number given",
        DETECTED: plain(readable(v["power"])),
        "Source": plain(source(v, recorded)),
        "Code": code(claim, whole=True),
    }
    yield "**By the rules of the first edition**\n"
    yield _list(points)
    yield "\n".join([*_tests(v), *_fresh_rows(v["id"], anew)]) + "\n"


def _tests(v: Verdict) -> Iterator[str]:
    yield "| tested | result | measured |"
    yield "| --- | --- | --- |"
    model = {"passed": v["outcome"] != "not reproduced", "measured": v["measured"]}
    tested = v.get("tested", "LSTM")
    rows = [(tested, model), *((f"control: {name}", c) for name, c in v["controls"].items())]
    rows += [
        (v.get("best_is", "independent simulation"), v["best"]),
        (f"{tested}, compared with the reference simulation", v["truth"]),
    ]
    for head, test in rows:
        if test is not None:
            word = "passes" if test["passed"] else "fails"
            yield f"| {plain(head)} | {word} | {plain(readable(test['measured']))} |"


def source(v: Verdict, recorded: Mapping[str, Any]) -> str:
    """Say where the numbers come from: records with their seeds, or the chapter with its seed."""
    if not v["source"]:
        return f"computed while the chapter was executed, seed {v['seed']}"
    names = [f"{name} (seed {settings.get('seed', '–')})" for name, settings in recorded.items()]
    label = "records" if len(names) > 1 else "record"
    return v["source"] + (f"; {label} {', '.join(names)}" if names else "")


def _fresh_rows(claim: str, anew: Mapping[str, Any]) -> Iterator[str]:
    for row in (row for row in anew["rows"] if row["claim"] == claim):
        run = f"verdict with seed {anew['seed']} on {row['run']}, {row['trainings']} trainings"
        flips = "" if row["recorded"] == row["fresh"] else f"; the record: {row['recorded']}"
        measured = plain(readable(row["measured"]["fresh"]))
        yield f"| {plain(run)} | {row['fresh']}{flips} | {measured} |"


def records_of(book: Path) -> dict[str, dict[str, Any]]:
    """Return the settings of the records that decided each claim, by claim and record."""
    folder = book / "recorded"
    paths = sorted(folder.glob("*/summary.json"))
    summaries = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    needed = [
        (claim, name) for name, each in summaries.items() for claim in each.get("verdicts", {})
    ]
    needed += [
        (claim, name) for (claim, _), (names, _) in fresh.beyond(folder).items() for name in names
    ]
    found: dict[str, dict[str, Any]] = {}
    for claim, name in needed:
        if name in summaries:
            found.setdefault(claim, {})[name] = summaries[name]["settings"]
    return found
