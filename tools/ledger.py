"""The page with every claim: what was judged, by which criterion, and all that came out.

Built by :mod:`tools.results` from the outputs of the executed chapters, the table of
:mod:`tools.fresh` and the records' settings. Nobody types a result.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reproduction.ledger import LEDGER
from tools import fresh
from tools.claims import NOT_YET, key, short

PICTURE = "ledger.png"
SYMBOLS = {"reproduced": "●", "reproduced in part": "◐", "not reproduced": "✕"}
OUTCOMES = tuple(SYMBOLS)
BRIEF = 60  # characters

Verdict = dict[str, Any]

HEAD = """\
# The ledger

Every claim that was judged, by which criterion, with what came out. This page is put together from
the outputs of the executed chapters; no number on it was typed. A criterion was fixed before the
run that it judges. The LSTM has to pass it, and each *control* goes through the same test and has
to fail. The *independent simulation* of the same length as the training data shows the best that
anything could do, and *against the truth* compares with a simulation ten times as long; both are
shown and decide nothing. ● reproduced, ◐ reproduced in part (a control passes too, so the test is
too weak to tell), ✕ not reproduced.
"""


def briefly(verdict: Verdict) -> str:
    """The numbers that decided, the first of them where they are many."""
    measured: str = verdict["measured"]
    return measured if len(measured) <= BRIEF else f"{measured.split(';')[0]}; …"


def counts(verdicts: Sequence[Verdict]) -> str:
    """How many claims came out how, and which did not."""
    found = {
        outcome: [v["id"] for v in verdicts if v["outcome"] == outcome] for outcome in OUTCOMES
    }
    good, weak, bad = found.values()
    text = f"{len(good)} of {len(verdicts)} claims reproduced"
    for ids, word in ((weak, "in part"), (bad, "not")):
        text += f", {len(ids)} {word}" + (f" ({', '.join(ids)})" if ids else "")
    return text


def alt(verdicts: Sequence[Verdict]) -> str:
    """What the picture shows, for who cannot see it."""
    weak = [v["id"] for v in verdicts if any(c["passed"] for c in v["controls"].values())]
    return (
        f"A row for each claim: {counts(verdicts)}. Marks beside it say whether the LSTM, each "
        f"control and an independent simulation pass the test. A control passes for "
        f"{', '.join(weak) or 'none'}."
    )


def table(verdicts: Sequence[Verdict]) -> str:
    """Claim, verdict and the deciding number as a Markdown table."""
    rows = ["| claim | verdict | measured |", "| --- | --- | --- |"]
    for v in verdicts:
        claim = f"{v['id']} {short(v['id'])}"
        rows.append(f"| {plain(claim)} | **{v['outcome']}** | {plain(briefly(v))} |")
    return "\n".join(rows) + "\n"


def page(verdicts: Sequence[Verdict], book: Path) -> str:
    """The page, in Markdown that a repository shows as well as the book.

    Raises
    ------
    ValueError
        If a claim has a verdict and is still said to have none.
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
        f"Recorded runs were made anew with seed {anew['seed']}: "
        f"{len(anew['rows']) - len(flips)} of {len(anew['rows'])} verdicts are the same"
        + (f", and not {plain(', '.join(flips))}." if flips else ".")
    )


def _overview(verdicts: Sequence[Verdict], anew: Mapping[str, Any]) -> Iterator[str]:
    yield "| claim | verdict | chapter |"
    yield "| --- | --- | --- |"
    for v in verdicts:
        link = f'<a href="#{anchor(v["id"])}">{plain(v["id"])}</a>'
        yield (
            f"| {link} {plain(short(v['id']))} ({plain(v['where'])}) | {SYMBOLS[v['outcome']]} "
            f"{v['outcome']}{_holds(v['id'], anew)} | {_chapter(v)} |"
        )
    rest = {**NOT_YET, **{claim.id: (short(claim.id), claim.where) for claim in LEDGER.values()}}
    for claim in sorted(rest.keys() - {v["id"] for v in verdicts}, key=key):
        text, where = rest[claim]
        yield f"| {plain(claim)} {plain(text)} ({plain(where)}) | not judged yet | |"


def _holds(claim: str, anew: Mapping[str, Any]) -> str:
    rows = [row for row in anew["rows"] if row["claim"] == claim]
    if not rows:
        return ""
    return f"; seed {anew['seed']} {'differs' if fresh.flips(rows) else 'agrees'}"


def _chapter(v: Verdict) -> str:
    return f"[{plain(v['title'])}]({v['chapter']}.ipynb)"


def section(v: Verdict, recorded: Mapping[str, Any], anew: Mapping[str, Any]) -> str:
    """All that is known of one claim.

    Parameters
    ----------
    v : dict
        A verdict, from :func:`tools.results.verdicts`.
    recorded : mapping of str to dict
        The settings of the records that it is judged on, by name.
    anew : mapping
        What :func:`tools.fresh.load` gives.
    """
    claim = LEDGER.get(v["id"])
    reason = f" ({plain(v['reason'])})" if v["reason"] and v["reason"] != v["measured"] else ""
    points = {
        "Verdict": f"{SYMBOLS[v['outcome']]} **{v['outcome']}**{reason}",
        "Chapter": _chapter(v),
        "Criterion": plain(v["criterion"]),
        "Why so": plain(claim.rationale) if claim else "",
        "The paper": plain(v["paper"]) or "no number given",
        "Would have been caught nine times out of ten": plain(v["power"]),
        "Source": plain(source(v, recorded)),
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
    """Where the numbers come from: the records with their seeds, or the chapter with its own."""
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
    """The settings of the records that a claim is judged on, by claim and name."""
    folder = book / "recorded"
    paths = sorted(folder.glob("*/summary.json"))
    every = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    needed = [(claim, name) for name, each in every.items() for claim in each.get("verdicts", {})]
    needed += [
        (claim, name) for (claim, _), (names, _) in fresh.beyond(folder).items() for name in names
    ]
    found: dict[str, dict[str, Any]] = {}
    for claim, name in needed:
        if name in every:
            found.setdefault(claim, {})[name] = every[name]["settings"]
    return found


def anchor(claim: str) -> str:
    """Where a claim stands on the page, as the end of an address."""
    return claim.lower().replace("*", "-beyond")


def plain(text: str) -> str:
    """A text that Markdown leaves as it is, in a table too."""
    return re.sub(r"([\\`*_{}\[\]|$~])", r"\\\1", html.escape(text, quote=False))
