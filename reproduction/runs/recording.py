"""Making a record, checking it, and repeating it elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reproduction.runs import pool, records
from reproduction.runs.files import SUMMARY, as_json, load_file, load_summary, save_summary
from reproduction.runs.recipe import LOCK, WORKING, EnsembleError, Recipe, locked, seconds_taken


def record(
    recipe: Recipe,
    folder: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> dict[str, Any]:
    """Make a record, or finish one that was begun, and return its summary.

    Parameters
    ----------
    recipe : Recipe
    folder : Path
        The folder of all records. The new record is ``folder / recipe.name``.
    workers, scheduler
        As in :func:`reproduction.runs.pool.run`.

    Raises
    ------
    EnsembleError
        If a job failed, or another process is recording there.
    ValueError
        If the folder holds files that were made with other settings.
    FileNotFoundError
        If a record that the jobs read does not exist.
    OSError
        If a file cannot be written. Existing files are kept.
    """
    for needed in recipe.needs:
        if not (folder / needed / SUMMARY).is_file():
            raise FileNotFoundError(
                f"folder: {recipe.name} needs the record {needed!r}, which does not exist in "
                f"{folder}. Make it first with `record {needed}`"
            )
    path = folder / recipe.name
    working = path / WORKING
    working.mkdir(parents=True, exist_ok=True)
    try:
        with locked(working / LOCK, wait=False):
            pool.run(recipe.jobs, path, workers=workers, scheduler=scheduler, tell=tell)
            tell("computing the numbers")
            summary = write_summary(recipe, path)
            shutil.rmtree(working, ignore_errors=True)
    except BlockingIOError as error:
        raise EnsembleError(
            f"folder: another process is recording in {path}. Wait until it has ended, or give "
            f"another folder"
        ) from error
    return summary


def summarise(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Compute a record's summary again, after a change of a criterion, and print the differences.

    Raises
    ------
    FileNotFoundError
        If a file is missing or damaged.
    ValueError
        If a file was made with other settings.
    """
    path = folder / recipe.name
    for job in recipe.jobs:
        if seconds_taken(job, path) is None:
            raise FileNotFoundError(
                f"folder: {path / job.file} is missing or damaged. Make it again with "
                f"`record {recipe.name}`"
            )
    old = load_summary(path)
    new = write_summary(recipe, path)
    _compare(old, new)
    return new


def write_summary(recipe: Recipe, path: Path) -> dict[str, Any]:
    """Compute the summary of the record in the folder ``path``, write it, and return it."""
    settings = as_json(recipe.settings)
    summary = {
        "name": recipe.name,
        "settings": settings,
        "provenance": _provenance(recipe, path),
        **recipe.summarise(path, settings),
    }
    save_summary(path, summary, [job.file for job in recipe.jobs])
    return summary


def _provenance(recipe: Recipe, path: Path) -> dict[str, Any]:
    """Combine the provenance of all files. A run can be resumed with another revision."""
    origins = [load_file(path / job.file)["provenance"] for job in recipe.jobs]
    # The job that took longest gives the versions and the device.
    combined = dict(max(origins, key=lambda origin: origin["seconds"]))
    combined["backend"] = (
        " and ".join(sorted({str(o["backend"]) for o in origins} - {"none"})) or "none"
    )
    combined["revision"] = _revisions(origins)
    combined["date"] = max(origin["date"] for origin in origins)
    combined["seconds"] = round(sum(origin["seconds"] for origin in origins), 1)
    combined.pop("resumed", None)
    return combined


def _revisions(origins: Sequence[Mapping[str, Any]]) -> str:
    """Name one or two revisions, or the first and the last by date. Each file names its own."""
    in_time = sorted(origins, key=lambda origin: str(origin["date"]))
    found = list(dict.fromkeys(str(origin["revision"]) for origin in in_time))
    if len(found) < 3:
        return " and ".join(found)
    return f"{found[0]} to {found[-1]} ({len(found)} revisions)"


def verify(recipe: Recipe, folder: Path) -> list[str]:
    """Check a record's files, checksums, numbers and verdicts, and list what is wrong."""
    path = folder / recipe.name
    wrong = records.verify(path, recipe.summarise)
    if not wrong:
        listed = set(load_summary(path)["files"])
        missing = {job.file for job in recipe.jobs} - listed
        wrong = [f"{name}: the recipe has it, the record does not" for name in sorted(missing)]
    return wrong


def repeat(
    recipe: Recipe,
    folder: Path,
    into: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> bool:
    """Make a record again in another folder, and print how its verdicts compare.

    Returns
    -------
    bool
        Whether all verdicts are the same.

    Raises
    ------
    FileNotFoundError, DamagedError
        If there is no complete record to compare with.
    """
    old = load_summary(folder / recipe.name)
    new = record(recipe, into, workers=workers, scheduler=scheduler)
    if old["settings"] != new["settings"]:
        for line in records.differences("settings", old["settings"], new["settings"]):
            tell(f"note: {line.replace('computed', 'recipe now')}")
    return _compare(old, new)


def _compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    all_same = True
    tell(f"{'claim':8}{'recorded':24}{'now':24}")
    before, after = outcomes(old), outcomes(new)
    for claim in sorted({**before, **after}):
        pair = before.get(claim, "-"), after.get(claim, "-")
        same = pair[0] == pair[1]
        all_same &= same
        tell(f"{claim:8}{pair[0]:24}{pair[1]:24}{'' if same else '<- differs'}")
    numbers = records.differences("numbers", old.get("numbers"), new.get("numbers"))
    tell(f"numbers: {f'{len(numbers)} differ' if numbers else 'the same'}")
    return all_same


def outcomes(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return the outcome of each verdict of a record, by claim."""
    return {claim: verdict["outcome"] for claim, verdict in summary.get("verdicts", {}).items()}


def tell(line: str) -> None:
    """Print a line of progress at once, also into a pipe or a file."""
    print(line, flush=True)
