"""The record of the cost sweep: read, and judged by C1–C4. This needs no network library."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.archives import DamagedError
from lstm_md.judging import criteria
from lstm_md.judging.verdict import Verdict, judge
from reproduction.costs import two_dimensions as projections
from reproduction.potentials.verdicts import round_for_json, verdict_to_json
from reproduction.runs.files import SUMMARY, check_files, load_file, load_summary

PARTS = ("frames", "labels", "units", "models", "memory", "projections")


def load_sweep(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a sweep that was recorded, and check its files.

    Parameters
    ----------
    path : path
        The record's folder.

    Returns
    -------
    dict
        ``provenance``, as :attr:`reproduction.runs.records.Record.provenance`; for each of ``PARTS``
        what was measured.

    Raises
    ------
    FileNotFoundError
        If there is no finished record, or it lacks a part.
    DamagedError
        If a file was changed, is no part of a sweep, or is one that a later version wrote.
    """
    folder = Path(path)
    if not (folder / SUMMARY).is_file():
        raise FileNotFoundError(
            f"path: there is no finished sweep in {folder}; make it with "
            f"`python -m reproduction record costs`"
        )
    summary = load_summary(folder)
    missing = [part for part in PARTS if f"{part}.json" not in summary["files"]]
    if missing:
        raise DamagedError(f"path: {folder} is no cost sweep, it lacks {', '.join(missing)}")
    measured = _measured(folder)
    check_files(folder, summary)
    return {"provenance": summary["provenance"], **measured}


def verdicts(record: Mapping[str, Any]) -> list[Verdict]:
    """C1, C2, C3 and C4, each with what its criterion has to refuse.

    Parameters
    ----------
    record : mapping
        From :func:`load_sweep`.
    """
    frames, units = record["frames"], record["units"]
    n_labels = next(iter(record["labels"].values()))["labels"]
    of_labels = {name: part["seconds"] for name, part in record["labels"].items()}
    seconds = medians(record)
    easy = projections.judged(record["projections"])
    found = [
        judge(
            "C1",
            criteria.grows_linearly(frames["frames"], frames["seconds"]),
            {
                "labels, not frames": criteria.grows_linearly(n_labels, of_labels["L 64"]),
                "units, not frames": criteria.grows_linearly(units["units"], units["seconds"]),
            },
        ),
        judge(
            "C2",
            criteria.grows_weakly(n_labels, of_labels),
            {
                "frames, not labels": criteria.grows_weakly(
                    frames["frames"], {"L 64": frames["seconds"]}
                ),
                "units, not labels": criteria.grows_weakly(
                    units["units"], {"M 8": units["seconds"]}
                ),
            },
        ),
        judge(
            "C3",
            criteria.efforts_alike(seconds["LSTM, L 1024"], seconds["HMM"]),
            {"Markov state model": criteria.efforts_alike(seconds["MSM"], seconds["HMM"])},
        ),
        judge("C4", easy["LSTM"], {name: out for name, out in easy.items() if name != "LSTM"}),
    ]
    origin = record.get("provenance", {})
    if not origin:  # while it is being made
        return found
    source = f"recorded {origin['date'][:10]}, revision {origin['revision']}"
    return [replace(verdict, source=source) for verdict in found]


def medians(record: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
    """Seconds to train each network and to fit each Markov model, shape (frames,) each."""
    return {name: np.median(spent, axis=0) for name, spent in record["models"]["seconds"].items()}


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers that the chapter shows, and the verdicts, as JSON holds them."""
    record = _measured(folder)
    plane = record["projections"]
    of_labels = record["labels"].items()
    return {
        "numbers": {
            "frames": _median(record["frames"]),
            "labels": {name: _median(part) for name, part in of_labels},
            "units": _median(record["units"]),
            "models": {name: round_for_json(seconds) for name, seconds in medians(record).items()},
            "memory": {name: round_for_json(grown) for name, grown in record["memory"].items()},
            "time_ratios": {
                grid: round_for_json(projections.time_ratio(plane, grid))
                for grid in projections.GRIDS
            },
            "validation_loss": {
                name: round_for_json(np.mean(losses, axis=0))
                for name, losses in plane["validation_loss"].items()
            },
        },
        "verdicts": {verdict.claim.id: verdict_to_json(verdict) for verdict in verdicts(record)},
    }


def _measured(folder: Path) -> dict[str, Any]:
    return {part: load_file(folder / f"{part}.json")["content"] for part in PARTS}


def _median(part: Mapping[str, Any]) -> Any:
    return round_for_json(np.median(part["seconds"], axis=0))
