"""The recorded cost sweep: measures it, writes it, reads it.

``python -m lstm_md.report.sweep FILE --labels RECORDING`` takes about ten minutes on one core.
The same command goes on where it was killed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._files import whole_or_nothing
from lstm_md.labels import equal_width
from lstm_md.model import language_model
from lstm_md.report import costs, memory, projections
from lstm_md.report.provenance import provenance
from lstm_md.systems.recordings import load
from lstm_md.training import train

FORMAT = 1
N_LABELS, SHORTEST_NM, LONGEST_NM = 34, 685.0, 736.0  # labels of 1.5 nm, as in the paper
LABELS = (3, 10, 30, 100, 300, 1000)
UNITS = (32, 64, 128, 256, 512, 1024)
NETWORKS = {"LSTM, L 64": (8, 64), "LSTM, L 1024": (128, 1024)}
PARTS = ("frames", "labels", "units", "models", "memory", "projections")


def measure(part: str, labels: NDArray, *, quick: bool = False) -> Any:
    """One part of the sweep.

    Parameters
    ----------
    part : str
        One of ``PARTS``.
    labels : ndarray of int, shape (frames,)
        Of the riboswitch, for the parts that compare with Markov models.
    quick : bool
        Sizes that take seconds and show nothing, to try whether all runs.
    """
    n_rounds, largest = (2, 6) if quick else (5, 9)
    small, large = {"embedding": 8, "units": 64}, {"embedding": 128, "units": 1024}
    if quick:
        small, large = {"embedding": 2, "units": 4}, {"embedding": 2, "units": 8}
    parts: dict[str, Callable[[], Any]] = {
        "frames": lambda: costs.against_frames(
            [costs.STEP_FRAMES * 2**k for k in range(largest)], n_rounds=n_rounds, **small
        ),
        "labels": lambda: {
            "L 64": costs.against_labels(LABELS, n_rounds=n_rounds, **small),
            # A step takes seconds: one step and three rounds are enough.
            "L 1024": costs.against_labels(LABELS, steps=1, n_rounds=min(n_rounds, 3), **large),
        },
        "units": lambda: costs.against_units(
            UNITS if not quick else (2, 8, 64), steps=1, n_rounds=min(n_rounds, 3)
        ),
        "models": lambda: costs.against_markov_models(
            labels,
            N_LABELS,
            [labels.size >> k for k in (3, 2, 1, 0)],
            networks=NETWORKS if not quick else {"LSTM, L 64": (2, 4), "LSTM, L 1024": (2, 8)},
            steps=1,
            n_rounds=min(n_rounds, 3),
        ),
        "memory": lambda: memory_of_models(labels, quick),
        "projections": lambda: projections.one_and_two_dimensions(
            **({"frames": 20_000, "trainings": 2, "epochs": 1} if quick else {})
        ),
    }
    return parts[part]()


def memory_of_models(labels: NDArray, quick: bool = False) -> dict[str, float]:
    """MB that each training and each fit needs, each measured in a process of its own."""
    names = ("MSM", "HMM", "HMM, lag 1", *(NETWORKS if not quick else ()))
    return {name: memory.in_a_fresh_process(_memory, name, labels) for name in names}


def _memory(name: str, labels: NDArray) -> float:
    from lstm_md.analysis import markov_models

    if name in NETWORKS:
        # A step reads its own batch only: two steps need as much as a million.
        few = labels[: 2 * costs.STEP_FRAMES + 1]

        def learn(embedding: int, units: int) -> None:
            model = language_model(N_LABELS, embedding, units)
            train(model, few, epochs=1, validation_fraction=0.0, progress=False)

        learn(2, 2)  # what is loaded or compiled once does not count
        return memory.grown_mb(lambda: learn(*NETWORKS[name]))

    def fit(part: NDArray) -> None:
        if name == "MSM":
            markov_models.fit_msm(part, costs.MSM_LAG, N_LABELS)
        else:
            lag = 1 if name.endswith("lag 1") else costs.HMM_LAG
            markov_models.fit_hmm(part, costs.HIDDEN_STATES, lag, N_LABELS)

    fit(labels[: max(2_000, labels.size // 50)])
    return memory.grown_mb(lambda: fit(labels))


def riboswitch_labels(extension_nm: ArrayLike) -> NDArray[np.unsignedinteger]:
    """34 labels of 1.5 nm from 685 nm, as the chapter on the riboswitch has them."""
    return equal_width(extension_nm, SHORTEST_NM, LONGEST_NM, N_LABELS, outside="clip")


def save(path: Path, measured: dict[str, Any]) -> None:
    """Write a sweep as JSON, whole or not at all, with where and when it was measured."""
    origin = provenance()
    origin["versions"]["deeptime"] = version("deeptime")
    _write(path, {"format": FORMAT, "provenance": origin, **measured})


def load_sweep(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a sweep that was recorded.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a whole sweep, or one that a later version wrote.
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"path: {path} is damaged ({error}); record it again") from error
    found = record.get("format") if isinstance(record, dict) else None
    if found != FORMAT:
        raise ValueError(f"path: expected a cost sweep of format {FORMAT}, found {found} in {path}")
    missing = [part for part in PARTS if part not in record]
    if missing:
        raise ValueError(f"path: {path} lacks {', '.join(missing)}; record it again")
    return record


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m lstm_md.report.sweep",
        description="Measure what training costs, on a machine that does nothing else meanwhile, "
        "and write it to FILE.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the record, ends in .json")
    parser.add_argument("--labels", type=Path, required=True, help="the riboswitch's recording")
    parser.add_argument("--only", nargs="*", choices=PARTS, help="measure these anew, keep others")
    parser.add_argument("--quick", action="store_true", help="sizes that show nothing: a trial")
    options = parser.parse_args(arguments)
    if options.only and not options.file.exists():
        parser.error(f"--only: there is no {options.file} to keep the other parts of")
    labels = riboswitch_labels(load(options.labels, fields="extension_nm"))
    if options.quick:
        labels = labels[:40_000]
    measured = load_sweep(options.file) if options.only else {}
    # What was measured before a kill is kept beside the record, and not measured again.
    unfinished = options.file.with_suffix(".unfinished.json")
    done = json.loads(unfinished.read_text(encoding="utf-8")) if unfinished.exists() else {}
    for part in options.only or PARTS:
        begin = time.perf_counter()
        if part not in done:
            done[part] = measure(part, labels, quick=options.quick)
            _write(unfinished, done)
        print(f"{part}: {time.perf_counter() - begin:.0f} s", flush=True)
    save(options.file, {part: done.get(part, measured.get(part)) for part in PARTS})
    unfinished.unlink()
    return 0


def _write(path: Path, content: dict[str, Any]) -> None:
    with whole_or_nothing(path) as temporary:
        temporary.write_text(json.dumps(_short(content)) + "\n", encoding="utf-8")


def _short(node: Any) -> Any:
    """The same with numbers of five digits: no clock is better, and the file is read by people."""
    if isinstance(node, dict):
        return {key: _short(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_short(value) for value in node]
    return float(f"{node:.5g}") if isinstance(node, float) else node


if __name__ == "__main__":
    sys.exit(main())
