"""Which difference between the authors' settings and ours changes a verdict? One at a time.

``python -m reproduction answer`` judges every record that differs from another one in one setting,
and writes the verdicts to ``recorded/differences.json``. The page *What we changed* is built from
that file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_md._support.files import whole_or_nothing
from reproduction.methods.judge import NULLS, judge
from reproduction.methods.questions import question_of
from reproduction.runs import records
from reproduction.runs.files import SUMMARY, load_summary

FILE = "differences.json"
LINEAR, TRIANGULAR, FOUR_STATES = "linear potential", "triangular potential", "four states"
RIBOSWITCH = "riboswitch"
#: The claim that each system is judged by: its transition counts
CLAIMS = {LINEAR: "K1", TRIANGULAR: "K2", FOUR_STATES: "K5", RIBOSWITCH: "R2"}


@dataclass(frozen=True)
class Difference:
    """A record that differs from another one in one setting.

    Attributes
    ----------
    setting : str
        What differs.
    system : str
        A key of ``CLAIMS``.
    before, after : str
        The names of the two records.
    also : str
        A second setting that differs; empty if there is none.
    """

    setting: str
    system: str
    before: str
    after: str
    also: str = ""


def _from_first(setting: str, ending: str) -> tuple[Difference, ...]:
    return tuple(
        Difference(setting, system, name, f"{name}_{ending}")
        for system, name in ((TRIANGULAR, "triangular"), (RIBOSWITCH, "riboswitch_64"))
    )


_OTHER_RATE = "the learning rate is 0.04 instead of 0.02"
#: Each compared with networks whose sequences start from zero, at a learning rate of 0.02 that
#: falls to zero
FROM_ZERO = (
    *_from_first("initial state: carried from an unrelated sequence (the authors)", "carried"),
    Difference(
        "initial state: warmed up (ours)", TRIANGULAR, "triangular", "triangular_ours", _OTHER_RATE
    ),
    Difference(
        "initial state: warmed up (ours)", RIBOSWITCH, "riboswitch_64", "riboswitch_64_ours"
    ),
    Difference(
        "initial state: carried, sequences in order",
        TRIANGULAR,
        "triangular",
        "triangular_continued",
        _OTHER_RATE,
    ),
    Difference(
        "initial state: carried, sequences in order",
        RIBOSWITCH,
        "riboswitch_64",
        "riboswitch_64_continued",
    ),
    *_from_first("learning rate: 0.001, constant (the authors)", "constant"),
    Difference(
        "learning rate: 0.002, falling to zero", RIBOSWITCH, "riboswitch_64", "riboswitch_64_low"
    ),
    *(
        Difference(
            f"size: {units} units (before: 64 units, at a learning rate of 0.002 as well)",
            RIBOSWITCH,
            "riboswitch_64_low",
            name,
        )
        for units, name in (("256", "riboswitch_256"), ("1,024", "riboswitch"))
    ),
    *_from_first("Adam's ε: 1e-8 (the authors)", "epsilon"),
    *_from_first("recurrent weights: Glorot (the authors)", "glorot"),
    *_from_first("sequences: chunks that share no label (the authors)", "chunks"),
)
#: Each compared with networks trained by the authors' settings
FROM_AUTHORS = (
    Difference(
        "filter for short stays: that of the first edition",
        FOUR_STATES,
        "four_state_authors",
        "four_state_authors_own_filter",
    ),
    Difference("frames: 500,000", LINEAR, "linear_authors", "linear_authors_long"),
    Difference("frames: 500,000", TRIANGULAR, "triangular_authors", "triangular_authors_long"),
    *(
        Difference(
            "preparation: 500,000 frames, smoothed and filtered over 20 frames",
            system,
            f"{name}_authors",
            f"{name}_authors_prepared",
        )
        for system, name in ((LINEAR, "linear"), (TRIANGULAR, "triangular"))
    ),
    Difference(
        "size: 1,024 units", RIBOSWITCH, "riboswitch_64_authors", "riboswitch_authors"
    ),
)  # fmt: skip
#: All settings at once: from the authors' to ours
TOGETHER = (
    Difference("all of them: ours", LINEAR, "linear_authors", "linear_ours"),
    Difference("all of them: ours", TRIANGULAR, "triangular_authors", "triangular_ours"),
    Difference("all of them: ours", FOUR_STATES, "four_state_authors", "four_state_ours"),
    Difference("all of them: ours", RIBOSWITCH, "riboswitch_64_authors", "riboswitch_64_ours"),
)
EVERY = (*FROM_ZERO, *FROM_AUTHORS, *TOGETHER)


def finished(folder: Path) -> list[tuple[str, str]]:
    """List the claim and the name of every finished record that is compared."""
    claims = {name: CLAIMS[one.system] for one in EVERY for name in (one.before, one.after)}
    there = records.those_finished({name: name for name in claims}, folder)
    return [(claims[name], name) for name in there]


def checksum_of(folder: Path, name: str) -> str:
    """Return the checksum of a record."""
    return str(load_summary(folder / name)["sha256"])


def judge_all(folder: Path) -> dict[str, dict[str, Any]]:
    """Judge every finished record that is compared, by its name.

    A record whose labels have no null sample gets an empty outcome.
    """
    if not (folder / NULLS / SUMMARY).is_file():
        return {}
    return {name: _judged(claim, name, folder) for claim, name in finished(folder)}


def _judged(claim: str, name: str, folder: Path) -> dict[str, Any]:
    record = records.load(name, folder)
    content = {"claim": claim, "sha256": checksum_of(folder, name), "outcome": "", "number": ""}
    try:
        question_of(claim, record.settings)
    except ValueError:
        return content
    found = judge(claim, record)
    return {
        **content,
        "outcome": found.outcome,
        "number": found.measured(),
        "p_value": round(found.p_value, 5),
        "trainings": len(record.generated),
    }


def write(found: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Write the verdicts to ``differences.json`` in a folder, in one step."""
    with whole_or_nothing(folder / FILE) as temporary:
        text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
        temporary.write_text(text, encoding="utf-8")


def load(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what :func:`write` has written; empty if nothing was written yet."""
    path = folder / FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def outdated(folder: Path) -> list[str]:
    """List the finished records whose verdict is missing, or belongs to an older record."""
    found = load(folder)
    return [
        name
        for _, name in finished(folder)
        if found.get(name, {}).get("sha256") != checksum_of(folder, name)
    ]


def changed(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool | None:
    """Tell whether a verdict changes; None if one of the two is not known."""
    if not before or not after or not before["outcome"] or not after["outcome"]:
        return None
    return bool(before["outcome"] != after["outcome"])
