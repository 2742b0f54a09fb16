"""Recording a run, checking the record, and repeating it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reproduction.runs import pool as ensembles
from reproduction.runs import records
from reproduction.runs.files import SUMMARY, as_json, load_file, load_summary, save_summary
from reproduction.runs.recipe import LOCK, WORKING, EnsembleError, Recipe, locked, seconds_taken


def record(
    recipe: Recipe,
    folder: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> dict[str, Any]:
    """Make a record, or finish one that was begun; returns its summary.

    Parameters
    ----------
    recipe : Recipe
    folder : Path
        Of all records; the new one is ``folder / recipe.name``.
    workers, scheduler
        As in :func:`reproduction.runs.pool.run`.

    Raises
    ------
    EnsembleError
        If a part could not be done, or another process is recording there.
    ValueError
        If there are files made with other settings.
    FileNotFoundError
        If a record that it is made from is not there.
    OSError
        If a file cannot be written; those that are there stay.
    """
    for needed in recipe.needs:
        if not (folder / needed / SUMMARY).is_file():
            raise FileNotFoundError(
                f"folder: {recipe.name} is made from the record {needed!r}, and {folder} has "
                f"none; `record {needed}` there first"
            )
    path = folder / recipe.name
    working = path / WORKING
    working.mkdir(parents=True, exist_ok=True)
    try:
        with locked(working / LOCK, wait=False):
            ensembles.run(recipe.jobs, path, workers=workers, scheduler=scheduler, tell=tell)
            tell("computing the numbers")
            summary = _summarised(recipe, path)
            shutil.rmtree(working, ignore_errors=True)
    except BlockingIOError as error:
        raise EnsembleError(
            f"folder: another process is recording in {path}; wait for it, or give another folder"
        ) from error
    return summary


def summarise(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Compute a record's summary anew, as after a change of a criterion; prints how it differs.

    Raises
    ------
    FileNotFoundError, ValueError
        If a part is missing, or was made with other settings.
    """
    path = folder / recipe.name
    for job in recipe.jobs:
        if seconds_taken(job, path) is None:
            raise FileNotFoundError(
                f"folder: {path / job.file} is missing or damaged; "
                f"`record {recipe.name}` makes it anew"
            )
    old = load_summary(path)
    new = _summarised(recipe, path)
    _compare(old, new)
    return new


def _summarised(recipe: Recipe, path: Path) -> dict[str, Any]:
    settings = as_json(recipe.settings)
    summary = {
        "name": recipe.name,
        "settings": settings,
        "provenance": _origin(recipe, path),
        **recipe.summarise(path, settings),
    }
    save_summary(path, summary, [job.file for job in recipe.jobs])
    return summary


def _origin(recipe: Recipe, path: Path) -> dict[str, Any]:
    """Where the parts come from, in one; a run may have been resumed with another revision."""
    origins = [load_file(path / job.file)["provenance"] for job in recipe.jobs]
    # The part that took longest is a training: it names the backend.
    whole = dict(max(origins, key=lambda origin: origin["seconds"]))
    whole["backend"] = (
        " and ".join(sorted({str(o["backend"]) for o in origins} - {"none"})) or "none"
    )
    whole["revision"] = _revisions(origins)
    whole["date"] = max(origin["date"] for origin in origins)
    whole["seconds"] = round(sum(origin["seconds"] for origin in origins), 1)
    whole.pop("resumed", None)
    return whole


def _revisions(origins: Sequence[Mapping[str, Any]]) -> str:
    """One revision, or the first and the last by date; each part names its own."""
    in_time = sorted(origins, key=lambda origin: str(origin["date"]))
    found = list(dict.fromkeys(str(origin["revision"]) for origin in in_time))
    if len(found) < 3:
        return " and ".join(found)
    return f"{found[0]} to {found[-1]} ({len(found)} revisions)"


def verify(recipe: Recipe, folder: Path) -> list[str]:
    """What is wrong with a record, a line each: checksums, files, every number and verdict."""
    path = folder / recipe.name
    wrong = records.verify(path, recipe.summarise)
    if not wrong:
        listed = set(load_summary(path)["files"])
        extra = {job.file for job in recipe.jobs} - listed
        wrong = [f"{name}: the recipe has it, the record has not" for name in sorted(extra)]
    return wrong


def repeat(
    recipe: Recipe,
    folder: Path,
    into: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> bool:
    """Make a record anew in another folder, and print how its verdicts compare.

    Returns
    -------
    bool
        Whether all verdicts are the same.

    Raises
    ------
    FileNotFoundError, DamagedError
        If there is no whole record to compare with.
    """
    old = load_summary(folder / recipe.name)
    new = record(recipe, into, workers=workers, scheduler=scheduler)
    if old["settings"] != new["settings"]:
        for line in records.differences("settings", old["settings"], new["settings"]):
            tell(f"note: {line.replace('computed', 'recipe now')}")
    return _compare(old, new)


def _compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    same = True
    tell(f"{'claim':8}{'recorded':24}{'anew':24}")
    before, after = (outcomes(summary) for summary in (old, new))
    for claim in sorted({**before, **after}):
        pair = before.get(claim, "-"), after.get(claim, "-")
        same &= pair[0] == pair[1]
        tell(f"{claim:8}{pair[0]:24}{pair[1]:24}{'' if pair[0] == pair[1] else '<- differs'}")
    numbers = records.differences("numbers", old.get("numbers"), new.get("numbers"))
    tell(f"numbers: {f'{len(numbers)} differ' if numbers else 'the same'}")
    return same


def outcomes(summary: Mapping[str, Any]) -> dict[str, str]:
    """The verdicts of a record by claim."""
    return {claim: verdict["outcome"] for claim, verdict in summary.get("verdicts", {}).items()}


def tell(line: str) -> None:
    """Print a line of progress at once, whoever reads it."""
    print(line, flush=True)
