"""Every run anew, live, with a seed that no record was made with: does its verdict hold?

``python -m tools.fresh --seed 2 --trainings 5`` records each run that has verdicts under
_build/fresh, goes on where it stopped, and writes both verdicts of each claim to
book/recorded/fresh.json. A verdict that flips is a finding: the exit status is 1 then.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm_md._support.files import whole_or_nothing
from lstm_md.judging.verdict import Verdict
from reproduction.copies import verdicts as copying
from reproduction.dipeptide.verdicts import DipeptideEstimates, same_along_both
from reproduction.potentials.verdicts import verdict_to_json
from reproduction.projections import verdicts as views
from reproduction.recipes import RECIPES, recipe
from reproduction.runs import records
from reproduction.runs.files import SUMMARY, load_summary
from reproduction.runs.recipe import EnsembleError, Recipe
from reproduction.runs.recording import outcomes, record, tell
from tools.notebooks import BOOK, ROOT

FRESH = "fresh.json"  # beside the records
COPIED = {"N1": "linear", "N2": "triangular", "N3": "four_state"}
ALL_AXES = "all axes"  # the run that a verdict from all records of O1 belongs to
BOTH_ANGLES = "both angles"
ANGLES = ("dipeptide_phi_256", "dipeptide_psi_256")

Row = dict[str, Any]


def of_record(folder: Path, name: str) -> dict[str, tuple[str, str]]:
    """What a finished record says of each claim: outcome and what was measured."""
    summary = load_summary(folder / name)
    verdicts = summary.get("verdicts", {})
    return {claim: _said(verdicts[claim]) for claim in outcomes(summary)}


def _said(verdict: Mapping[str, Any]) -> tuple[str, str]:
    model = next(iter(verdict["tests"].values()))
    return verdict["outcome"], model["measured"]


def from_all_axes(folder: Path) -> Verdict:
    """O1 from every record that it needs, as its chapter judges it; some seconds."""
    names = [name for each in views.RECORDS.values() for name in each]
    return views.verdict(views.seen({name: records.load(name, folder) for name in names}))


def from_both_angles(folder: Path) -> Verdict:
    """O1* from the records along sin φ and sin ψ."""
    phi, psi = (DipeptideEstimates(records.load(name, folder)) for name in ANGLES)
    return same_along_both(phi, psi)


def beyond(folder: Path) -> dict[tuple[str, str], tuple[tuple[str, ...], Callable[[], Verdict]]]:
    """Verdicts that no record holds: by claim and run, the records needed and how to judge."""
    every = tuple(name for names in views.RECORDS.values() for name in names)
    found: dict[Any, Any] = {("O1", ALL_AXES): (every, lambda: from_all_axes(folder))}
    found["O1*", BOTH_ANGLES] = (ANGLES, lambda: from_both_angles(folder))
    for claim, name in COPIED.items():
        found[claim, name] = (
            (name,),
            lambda name=name: copying.verdict(records.load(name, folder)),
        )
    return found


def comparable(folder: Path) -> list[str]:
    """The listed runs that have a seed, and a record with verdicts in ``folder``."""
    return [
        name
        for name, each in RECIPES.items()
        if not each.hidden
        and "seed" in each.settings
        and (folder / name / SUMMARY).is_file()
        and of_record(folder, name)
    ]


def fresh_recipe(name: str, seed: int, trainings: int | None, folder: Path) -> Recipe:
    """The recipe of a run with the fresh seed.

    Raises
    ------
    ValueError
        If the record was made with that seed, or the run has none.
    FileNotFoundError
        If there is no record to compare with.
    """
    made_with = load_summary(folder / name)["settings"].get("seed")
    if made_with == seed:
        raise ValueError(f"seed: the record {name} was made with seed {seed}; give another")
    return recipe(name, seed, trainings)


def rows_of(name: str, folder: Path, into: Path) -> Iterator[Row]:
    """A row a claim of one run: what its record says, and what the fresh run says."""
    before, after = of_record(folder, name), of_record(into, name)
    for claim in before:
        yield _row(claim, name, into / name, before[claim], after.get(claim, ("none", "")))


def rows_beyond(names: Sequence[str], folder: Path, into: Path) -> Iterator[Row]:
    """The rows of what no record holds, where all of its runs are among ``names``."""
    recorded, anew = beyond(folder), beyond(into)
    for (claim, run), (needed, judge) in recorded.items():
        if set(needed) <= set(names):
            tell(f"{claim}, {run}: judging both")
            before, after = (_said(verdict_to_json(f())) for f in (judge, anew[claim, run][1]))
            yield _row(claim, run, into / needed[0], before, after)


def _row(claim: str, run: str, path: Path, before: tuple[str, str], after: tuple[str, str]) -> Row:
    summary = load_summary(path)
    origin = summary["provenance"]
    return {
        "claim": claim,
        "run": run,
        "trainings": summary["settings"].get("trainings"),
        "date": origin["date"],
        "revision": origin["revision"],
        "recorded": before[0],
        "fresh": after[0],
        "measured": {"recorded": before[1], "fresh": after[1]},
    }


def table(rows: Sequence[Row], seed: int) -> str:
    """The rows as text, those that flip with a mark."""
    lines = [f"{'claim':8}{'run':22}{'record':22}{f'seed {seed}':22}same?"]
    for row in rows:
        same = "yes" if row["recorded"] == row["fresh"] else "<- flips"
        lines.append(f"{row['claim']:8}{row['run']:22}{row['recorded']:22}{row['fresh']:22}{same}")
    return "\n".join(lines)


def flips(rows: Sequence[Row]) -> list[str]:
    """The claims whose verdict is another, with their run."""
    return [f"{r['claim']} ({r['run']})" for r in rows if r["recorded"] != r["fresh"]]


def load(folder: Path = BOOK / "recorded") -> dict[str, Any]:
    """What was written last: ``seed`` and ``rows``; no rows if there is no file."""
    path = folder / FRESH
    if not path.is_file():
        return {"seed": None, "rows": []}
    return json.loads(path.read_text(encoding="utf-8"))


def save(folder: Path, seed: int, rows: Sequence[Row]) -> list[Row]:
    """Write the rows, whole or not at all; those of other runs stay if they have the same seed.

    Returns all rows in the order of the runs.
    """
    old = load(folder)
    ours = {(row["claim"], row["run"]) for row in rows}
    kept = [
        row for row in old["rows"] if old["seed"] == seed and (row["claim"], row["run"]) not in ours
    ]
    order = [*RECIPES, ALL_AXES, BOTH_ANGLES]
    every = sorted([*kept, *rows], key=lambda row: order.index(row["run"]))
    with whole_or_nothing(folder / FRESH) as temporary:
        whole = {"seed": seed, "rows": every}
        temporary.write_text(
            json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return every


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Every run anew with a fresh seed.")
    parser.add_argument("--seed", type=int, default=2, help="none that a record was made with")
    parser.add_argument("--trainings", type=int, help="fewer than the record has, to be quicker")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="runs, all if left out")
    parser.add_argument("--workers", type=int, help="processes (default: the usable cores)")
    parser.add_argument(
        "--folder", type=Path, default=BOOK / "recorded", help="what holds the records"
    )
    parser.add_argument(
        "--into", type=Path, default=ROOT / "_build" / "fresh", help="where the fresh runs go"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.only or ()) - set(RECIPES))
    if unknown:
        parser.error(f"--only: no such run: {', '.join(unknown)}; there are {', '.join(RECIPES)}")
    folder, seed, trainings = options.folder, options.seed, options.trainings
    names = options.only or comparable(folder)
    into = options.into / f"seed-{seed}"
    try:
        recipes = [fresh_recipe(name, seed, trainings, folder) for name in names]
        needed = dict.fromkeys(need for each in recipes for need in each.needs)
        first = [fresh_recipe(name, seed, None, folder) for name in needed]
    except (FileNotFoundError, ValueError) as error:
        parser.error(str(error))
    rows: list[Row] = []
    try:
        for each in first:
            tell(f"{each.name}, seed {seed}: others are made from it")
            record(each, into, workers=options.workers)
        for each in recipes:
            tell(f"{each.name}, seed {seed}")
            record(each, into, workers=options.workers)
            rows += rows_of(each.name, folder, into)
        rows += rows_beyond(names, folder, into)
    except (EnsembleError, OSError, ValueError) as error:
        print(f"{error}\nthe same command goes on from here", file=sys.stderr)
        return 1
    rows = save(folder, seed, rows)
    print(table(rows, seed))
    found = flips(rows)
    print(f"{len(rows) - len(found)} of {len(rows)} verdicts hold for seed {seed}")
    if found:
        print(f"flips: {', '.join(found)}")
    return 1 if found or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
