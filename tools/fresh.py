"""Repeat every recorded run with a new seed, and compare the verdicts.

``python -m tools.fresh --seed 2 --trainings 5`` records each run that has verdicts under
_build/fresh, and resumes after a stop. It writes the old and the new verdict of each claim to
book/recorded/fresh.json. The exit status is 1 if a verdict differs.
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
from reproduction.common.numbers import verdict_to_json
from reproduction.copies import verdicts as copies
from reproduction.dipeptide.verdicts import DipeptideEstimates, same_along_both
from reproduction.projections import verdicts as projections
from reproduction.projections.states import RECORDS as ALONG_AXES
from reproduction.recipes import RECIPES, recipe
from reproduction.runs import records
from reproduction.runs.files import SUMMARY, load_summary
from reproduction.runs.recipe import EnsembleError, Recipe
from reproduction.runs.recording import outcomes, record, tell
from tools.notebooks import BOOK, ROOT

FRESH = "fresh.json"  # beside the records
COPIED = {"N1": "linear", "N2": "triangular", "N3": "four_state"}
ALL_AXES = "all axes"  # stands for the run of O1, which is judged from many records
BOTH_ANGLES = "both angles"
ANGLES = ("dipeptide_phi_256", "dipeptide_psi_256")

Row = dict[str, Any]


def of_record(folder: Path, name: str) -> dict[str, tuple[str, str]]:
    """Return the outcome and the measured text of each claim that a record decides."""
    summary = load_summary(folder / name)
    verdicts = summary.get("verdicts", {})
    return {claim: _outcome_and_text(verdicts[claim]) for claim in outcomes(summary)}


def _outcome_and_text(verdict: Mapping[str, Any]) -> tuple[str, str]:
    model = next(iter(verdict["tests"].values()))
    return verdict["outcome"], model["measured"]


def from_all_axes(folder: Path) -> Verdict:
    """Judge O1 from all records that it needs, as its chapter does; this takes seconds."""
    names = [name for each in ALONG_AXES.values() for name in each]
    loaded = {name: records.load(name, folder) for name in names}
    return projections.verdict(projections.estimates_of(loaded))


def from_both_angles(folder: Path) -> Verdict:
    """Judge O1* from the records along sin φ and sin ψ."""
    phi, psi = (DipeptideEstimates(records.load(name, folder)) for name in ANGLES)
    return same_along_both(phi, psi)


def beyond(folder: Path) -> dict[tuple[str, str], tuple[tuple[str, ...], Callable[[], Verdict]]]:
    """Return the verdicts that no single record holds.

    The keys are claim and run; the values are the records needed, and a function that judges.
    """
    all_names = tuple(name for names in ALONG_AXES.values() for name in names)
    found: dict[Any, Any] = {("O1", ALL_AXES): (all_names, lambda: from_all_axes(folder))}
    found["O1*", BOTH_ANGLES] = (ANGLES, lambda: from_both_angles(folder))
    for claim, name in COPIED.items():
        found[claim, name] = (
            (name,),
            lambda name=name: copies.verdict(records.load(name, folder)),
        )
    return found


def comparable(folder: Path) -> list[str]:
    """List the runs that have a seed and a record with verdicts in ``folder``."""
    return [
        name
        for name, each in RECIPES.items()
        if not each.hidden
        and "seed" in each.settings
        and (folder / name / SUMMARY).is_file()
        and of_record(folder, name)
    ]


def fresh_recipe(name: str, seed: int, trainings: int | None, folder: Path) -> Recipe:
    """Return the recipe of a run with the new seed.

    Raises
    ------
    ValueError
        If the record was made with that seed, or if the run has no seed.
    FileNotFoundError
        If there is no record to compare with.
    """
    made_with = load_summary(folder / name)["settings"].get("seed")
    if made_with == seed:
        raise ValueError(f"seed: the record {name} was made with seed {seed}; choose another seed")
    return recipe(name, seed, trainings)


def rows_of(name: str, folder: Path, into: Path) -> Iterator[Row]:
    """Yield one row per claim of a run: the result of the record and that of the new run."""
    before, after = of_record(folder, name), of_record(into, name)
    for claim in before:
        yield _row(claim, name, into / name, before[claim], after.get(claim, ("none", "")))


def rows_beyond(names: Sequence[str], folder: Path, into: Path) -> Iterator[Row]:
    """Yield the rows of verdicts from several records, if all their runs are in ``names``."""
    recorded, anew = beyond(folder), beyond(into)
    for (claim, run), (needed, judge) in recorded.items():
        if set(needed) <= set(names):
            tell(f"{claim}, {run}: judging the record and the new run")
            before, after = (
                _outcome_and_text(verdict_to_json(f())) for f in (judge, anew[claim, run][1])
            )
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
    """Write the rows as text, with a mark where the verdict differs."""
    lines = [f"{'claim':8}{'run':22}{'record':22}{f'seed {seed}':22}same?"]
    for row in rows:
        same = "yes" if row["recorded"] == row["fresh"] else "<- flips"
        lines.append(f"{row['claim']:8}{row['run']:22}{row['recorded']:22}{row['fresh']:22}{same}")
    return "\n".join(lines)


def flips(rows: Sequence[Row]) -> list[str]:
    """List the claims whose verdict differs, with their run."""
    return [f"{r['claim']} ({r['run']})" for r in rows if r["recorded"] != r["fresh"]]


def load(folder: Path = BOOK / "recorded") -> dict[str, Any]:
    """Read the table written last: ``seed`` and ``rows``; no rows if there is no file."""
    path = folder / FRESH
    if not path.is_file():
        return {"seed": None, "rows": []}
    return json.loads(path.read_text(encoding="utf-8"))


def save(folder: Path, seed: int, rows: Sequence[Row]) -> list[Row]:
    """Write the rows to the table, in one step, and return all rows in the order of the runs.

    Rows of other runs are kept if they have the same seed.
    """
    old = load(folder)
    replaced = {(row["claim"], row["run"]) for row in rows}
    kept = [
        row
        for row in old["rows"]
        if old["seed"] == seed and (row["claim"], row["run"]) not in replaced
    ]
    order = [*RECIPES, ALL_AXES, BOTH_ANGLES]
    whole = sorted([*kept, *rows], key=lambda row: order.index(row["run"]))
    with whole_or_nothing(folder / FRESH) as temporary:
        text = json.dumps({"seed": seed, "rows": whole}, indent=1, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    return whole


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Repeat every recorded run with a new seed.")
    parser.add_argument("--seed", type=int, default=2, help="a seed that no record was made with")
    parser.add_argument(
        "--trainings", type=int, help="fewer trainings than the record has, to save time"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="runs (default: all)")
    parser.add_argument("--workers", type=int, help="processes (default: the usable cores)")
    parser.add_argument(
        "--folder", type=Path, default=BOOK / "recorded", help="the folder of the records"
    )
    parser.add_argument(
        "--into", type=Path, default=ROOT / "_build" / "fresh", help="the folder of the new runs"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.only or ()) - set(RECIPES))
    if unknown:
        parser.error(f"--only: no such run: {', '.join(unknown)}; choose from {', '.join(RECIPES)}")
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
            tell(f"{each.name}, seed {seed}: other runs need it")
            record(each, into, workers=options.workers)
        for each in recipes:
            tell(f"{each.name}, seed {seed}")
            record(each, into, workers=options.workers)
            rows += rows_of(each.name, folder, into)
        rows += rows_beyond(names, folder, into)
    except (EnsembleError, OSError, ValueError) as error:
        print(f"{error}\nThe same command resumes from here.", file=sys.stderr)
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
