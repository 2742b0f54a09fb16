"""The ledger page: every claim with its criterion, its verdict, all numbers, and its code.

:mod:`tools.results` builds the page from the outputs of the executed chapters, from the table of
:mod:`tools.fresh` and from the settings of the records. No result is typed by hand.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reproduction.ledger import LEDGER, STUDY_OF
from tools import fresh
from tools.claims import NOT_YET, anchor, key, short

PICTURE = "ledger.png"
CODE_PAGE = "package_reproduction.md"
SYMBOLS = {"reproduced": "●", "reproduced in part": "◐", "not reproduced": "✕"}
OUTCOMES = tuple(SYMBOLS)

Verdict = dict[str, Any]

HEAD = """\
# The ledger

This page lists every claim, the criterion that decides it, and the result. A program builds the
page from the outputs of the executed chapters; no number is typed by hand. Each criterion was
fixed before the run that it judges.

A claim is reproduced if the LSTM passes the test and every *control* fails it. An *independent
simulation* as long as the training data goes through the same test, and *against the truth*
compares the LSTM with a simulation ten times as long. These two are shown for comparison and do
not decide.

The symbols mean: ● reproduced; ◐ reproduced in part, because a control passes too and the test is
therefore too weak; ✕ not reproduced. *Code* leads to the folder that holds a claim's criterion,
its long run and its verdict.
"""


def counts(verdicts: Sequence[Verdict]) -> str:
    """Say how many claims have which outcome, and which claims are not reproduced."""
    found = {
        outcome: [v["id"] for v in verdicts if v["outcome"] == outcome] for outcome in OUTCOMES
    }
    good, weak, bad = found.values()
    text = f"{len(good)} of {len(verdicts)} claims reproduced"
    for ids, word in ((weak, "in part"), (bad, "not")):
        text += f", {len(ids)} {word}" + (f" ({', '.join(ids)})" if ids else "")
    return text


def alt(verdicts: Sequence[Verdict]) -> str:
    """Describe the picture of the ledger in words."""
    weak = [v["id"] for v in verdicts if any(c["passed"] for c in v["controls"].values())]
    return (
        f"A table with one row per claim: {counts(verdicts)}. Marks in each row show whether the "
        f"LSTM, each control and an independent simulation pass the test. A control passes for "
        f"{', '.join(weak) or 'no claim'}."
    )


def table(verdicts: Sequence[Verdict]) -> str:
    """Write claims, verdicts and the measured numbers as a Markdown table."""
    rows = ["| claim | verdict | measured |", "| --- | --- | --- |"]
    for v in verdicts:
        claim = f"{v['id']} {short(v['id'])}"
        rows.append(f"| {plain(claim)} | **{v['outcome']}** | {plain(v['measured'])} |")
    return "\n".join(rows) + "\n"


def page(verdicts: Sequence[Verdict], book: Path) -> str:
    """Write the page, in Markdown that a code host displays as well as the book.

    Raises
    ------
    ValueError
        If a claim has a verdict and is still listed as open.
    """
    judged = {v["id"]: v for v in verdicts}
    for claim in NOT_YET.keys() & judged.keys():
        raise ValueError(
            f"NOT_YET: {claim} has a verdict in {judged[claim]['chapter']}; take it off the list"
        )
    anew = fresh.load(book / "recorded")
    recorded = records_of(book)
    parts = [
        HEAD,
        f"![{plain(alt(verdicts))}](_static/{PICTURE})\n",
        f"**{plain(counts(verdicts))}.** {_fresh_in_a_sentence(anew)}\n",
        "## All claims\n",
        "\n".join(_overview(verdicts, anew)) + "\n",
        "## Claim by claim\n",
        *(section(v, recorded.get(v["id"], {}), anew) for v in verdicts),
    ]
    return "\n".join(parts)


def _fresh_in_a_sentence(anew: Mapping[str, Any]) -> str:
    if not anew["rows"]:
        return ""
    flips = fresh.flips(anew["rows"])
    return (
        f"The recorded runs were repeated with seed {anew['seed']}: "
        f"{len(anew['rows']) - len(flips)} of {len(anew['rows'])} verdicts are the same"
        + (f"; {plain(', '.join(flips))} changed." if flips else ".")
    )


def _overview(verdicts: Sequence[Verdict], anew: Mapping[str, Any]) -> Iterator[str]:
    yield "| claim | verdict | chapter | code |"
    yield "| --- | --- | --- | --- |"
    for v in verdicts:
        link = f'<a href="#{anchor(v["id"])}">{plain(v["id"])}</a>'
        yield (
            f"| {link} {plain(short(v['id']))} ({plain(v['where'])}) | {SYMBOLS[v['outcome']]} "
            f"{v['outcome']}{_holds(v['id'], anew)} | {_chapter(v)} | {code(v['id'])} |"
        )
    rest = {**NOT_YET, **{claim.id: (short(claim.id), claim.where) for claim in LEDGER.values()}}
    for claim in sorted(rest.keys() - {v["id"] for v in verdicts}, key=key):
        text, where = rest[claim]
        name = f"{plain(claim)} {plain(text)} ({plain(where)})"
        yield f"| {name} | not judged yet | | {code(claim)} |"


def _holds(claim: str, anew: Mapping[str, Any]) -> str:
    rows = [row for row in anew["rows"] if row["claim"] == claim]
    if not rows:
        return ""
    return f"; seed {anew['seed']} {'differs' if fresh.flips(rows) else 'agrees'}"


def _chapter(v: Verdict) -> str:
    return f"[{plain(v['title'])}]({v['chapter']}.ipynb)"


def code(claim: str, *, whole: bool = False) -> str:
    """Write the link to the code of a claim: its study, or the whole path of the folder.

    It is empty for a claim that has no criterion and therefore no code.
    """
    study = STUDY_OF.get(claim)
    if study is None:
        return ""
    return f"[`{f'reproduction/{study}/' if whole else study}`]({CODE_PAGE}#{study})"


def section(v: Verdict, recorded: Mapping[str, Any], anew: Mapping[str, Any]) -> str:
    """Write all that is known about one claim.

    Parameters
    ----------
    v : dict
        A verdict, from :func:`tools.results.verdicts`.
    recorded : mapping of str to dict
        The settings of the records that decide the claim, by name.
    anew : mapping
        The table that :func:`tools.fresh.load` returns.
    """
    claim = LEDGER.get(v["id"])
    reason = f" ({plain(v['reason'])})" if v["reason"] and v["reason"] != v["measured"] else ""
    points = {
        "Verdict": f"{SYMBOLS[v['outcome']]} **{v['outcome']}**{reason}",
        "Chapter": _chapter(v),
        "Criterion": plain(v["criterion"]),
        "Why this criterion": plain(claim.rationale) if claim else "",
        "The paper": plain(v["paper"]) or "no number given",
        "Detected nine times in ten": plain(v["power"]),
        "Source": plain(source(v, recorded)),
        "Code": code(v["id"], whole=True),
    }
    css = v["outcome"].replace(" ", "-")
    return "\n".join(
        [
            f"### {plain(v['id'])}: {v['outcome']}\n",
            f'<a id="{anchor(v["id"])}"></a>\n<div class="verdict {css}">\n',
            f"**{plain(v['text'])}** ({plain(v['where'])})\n",
            *(f"- {name}: {text}" for name, text in points.items() if text),
            "\n" + "\n".join([*_tests(v), *_fresh_rows(v["id"], anew)]) + "\n",
            "</div>\n",
        ]
    )


def _tests(v: Verdict) -> Iterator[str]:
    yield "| tested | result | measured |"
    yield "| --- | --- | --- |"
    model = {"passed": v["outcome"] != "not reproduced", "measured": v["measured"]}
    tested = v.get("tested", "LSTM")
    shown = [(tested, model), *((f"control: {name}", c) for name, c in v["controls"].items())]
    shown += [
        (v.get("best_is", "independent simulation"), v["best"]),
        (f"{tested}, against the truth", v["truth"]),
    ]
    for name, test in shown:
        if test is not None:
            word = "passes" if test["passed"] else "fails"
            yield f"| {plain(name)} | {word} | {plain(test['measured'])} |"


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
        yield f"| {plain(run)} | {row['fresh']}{flips} | {plain(row['measured']['fresh'])} |"


def records_of(book: Path) -> dict[str, dict[str, Any]]:
    """Return the settings of the records that decide each claim, by claim and record."""
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


def plain(text: str) -> str:
    """Escape a text so that Markdown shows it as it is, in a table too."""
    return re.sub(r"([\\`*_{}\[\]|$~])", r"\\\1", html.escape(text, quote=False))
