"""Give the book's pages the trained networks that write in a reader's browser.

``python -m tools.page_model`` takes training 0 of the records ``linear``, ``triangular`` and
``four_state``, the first and not the best, and writes into ``book/_static/page_model`` a script for
each: the weights (rounded, two characters a number), the populations and transition counts of the
simulation that it learned from, those of a first-order Markov chain, and the free energy along x. A
picture for pages where no script runs comes with them. Everything is computed before the first file
is replaced, and each file is replaced whole or not at all. Run it when one of these records was
made anew; the tests compare.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.files import whole_or_nothing
from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.systems import potentials
from lstm_md.systems.potentials import ModelPotential
from reproduction.potentials import controls
from reproduction.potentials.verdicts import DATA
from reproduction.runs import records
from reproduction.runs.records import Record
from tools.notebooks import BOOK

if TYPE_CHECKING:
    import keras

FOLDER = BOOK / "_static" / "page_model"
STILL = "still.png"
TRAINING = 0
# Raw counts; where recrossings have died out (K3, K4, and K6, K7); ten times that.
COMMIT_TIMES = {"linear": (1, 10, 100), "triangular": (1, 10, 100), "four_state": (1, 90, 1000)}
TITLES = {
    "linear": "three states in a row",
    "triangular": "three states in a triangle",
    "four_state": "four states",
}

# Two of these digits are a whole number from -LEVELS to LEVELS. In a string of a script a backslash
# would have to be doubled.
DIGITS = [chr(code) for code in range(ord("#"), ord("~") + 1) if chr(code) != "\\"]
LEVELS = (len(DIGITS) ** 2 - 1) // 2
GRID = np.linspace(-3, 3, 61)  # along x

Array = NDArray[np.float64]


def exported(name: str, folder: Path = BOOK / "recorded") -> dict[str, Any]:
    """What the page is given of a record, as JSON holds it.

    Parameters
    ----------
    name : str
        One of :data:`COMMIT_TIMES`.
    folder : Path
        Of the records.
    """
    record = records.load(name, folder)
    numbers = json.loads((record.folder / "summary.json").read_text("utf-8"))["numbers"]
    at = [numbers["commit_times"].index(time) for time in COMMIT_TIMES[name]]
    of_data = {kind: numbers[kind][DATA] for kind in ("populations", "counts")}
    potential: ModelPotential = getattr(potentials, record.settings["potential"])
    training = record.trainings[TRAINING]
    table, recurrent, dense, bias = folded(training.weights)
    return {
        "name": name,
        "title": TITLES[name],
        "states": "".join(potential.states),
        "centres": rounded(record.settings["centres"] or potential.minima[:, 0], 3),
        "source": f"training {TRAINING} of {name}, {record.recorded().partition(', revision')[0]}",
        "frames": len(record.data),
        "segment": len(record.data) // record.settings["segments"],
        "commitTimes": COMMIT_TIMES[name],
        "populations": {k: rounded(of_data["populations"][k], 5) for k in ("value", "error")},
        "counts": {
            k: [rounded(of_data["counts"][k][t], 4) for t in at] for k in ("value", "error")
        },
        "markov": markov(record, COMMIT_TIMES[name]),
        "prompt": in_runs(
            record.data[: record.settings["prompt_frames"]].tolist(), potential.states
        ),
        "grid": [GRID[0], GRID[-1]],
        "freeEnergy": rounded(free_energy(potential), 2),
        "units": len(recurrent),
        "weights": {
            "table": in_characters(by_unit(table)),
            "recurrent": in_characters(by_unit(recurrent).transpose(1, 0, 2)),
            "dense": in_characters(dense.T),
            "bias": in_characters(bias),
        },
    }


def folded(weights: list[NDArray[np.float32]]) -> tuple[Array, Array, Array, Array]:
    """Table (N, 4L), which is Λ W + b, recurrent (L, 4L), dense (L, N), bias (N,), of Keras's."""
    embedding, kernel, recurrent, bias, dense, dense_bias = (w.astype(float) for w in weights)
    return embedding @ kernel + bias, recurrent, dense, dense_bias


def by_unit(gates: Array) -> Array:
    """Keras's rows of gates (rows, 4L) as (rows, L, 4): the gates of a unit side by side."""
    return gates.reshape(len(gates), 4, -1).transpose(0, 2, 1)


def in_characters(array: Array) -> tuple[float, str]:
    """A scale, and two characters a number: what ``numbers`` of network.mjs reads."""
    scale = float(f"{np.abs(array).max() / LEVELS:.9g}") or 1.0
    whole = np.clip(np.rint(array.ravel() / scale), -LEVELS, LEVELS).astype(int) + LEVELS
    return scale, "".join(DIGITS[n // len(DIGITS)] + DIGITS[n % len(DIGITS)] for n in whole)


def from_characters(written: tuple[float, str], *shape: int) -> Array:
    """The numbers again, rounded as they were written."""
    scale, text = written
    round_for_json = np.array([DIGITS.index(character) for character in text]).reshape(-1, 2)
    return (scale * (round_for_json @ [len(DIGITS), 1] - LEVELS)).reshape(shape)


def keras_model(page: Mapping[str, Any]) -> keras.Model:
    """The network that a page has, as a Keras model: the same rounded weights.

    The embedding is the identity, and the table stands where Keras has the kernel.
    """
    from lstm_md.model import language_model

    n, units, weights = len(page["states"]), page["units"], page["weights"]
    table = from_characters(weights["table"], n, units, 4)
    recurrent = from_characters(weights["recurrent"], units, units, 4).transpose(1, 0, 2)
    network = language_model(n, embedding_dim=n, units=units)
    network.set_weights(
        [
            np.eye(n),
            table.transpose(0, 2, 1).reshape(n, -1),
            recurrent.transpose(0, 2, 1).reshape(units, -1),
            np.zeros(4 * units),
            from_characters(weights["dense"], n, units).T,
            from_characters(weights["bias"], n),
        ]
    )
    return network


def markov(record: Record, commit_times: tuple[int, ...]) -> dict[str, Any]:
    """Populations and counts in a segment of first-order Markov chains made from the data."""
    n = record.settings["labels"]
    chains = np.array(controls.standard_controls(record)["first-order Markov chain"])
    parts = chains.reshape(-1, len(record.data) // record.settings["segments"])
    counts = transition_counts(parts, commit_times, n_labels=n) / len(parts)
    return {"populations": rounded(populations(parts, n_labels=n), 5), "counts": rounded(counts, 4)}


def free_energy(potential: ModelPotential) -> Array:
    """−ln of the exact density along x, in kT above its lowest, at :data:`GRID`."""
    half = (GRID[1] - GRID[0]) / 2
    edges = np.concatenate([[GRID[0] - half], GRID + half])
    energy = -np.log(potential.probability(edges))
    return energy - energy.min()


def in_runs(labels: list[int], states: tuple[str, ...]) -> str:
    """A text with the length of each stay: A, A, A, B is A3B1."""
    return "".join(f"{states[label]}{len(list(run))}" for label, run in groupby(labels))


def rounded(array: ArrayLike, decimals: int) -> Any:
    return np.round(np.asarray(array, float), decimals).tolist()


def script(page: Mapping[str, Any]) -> str:
    """The file that a browser loads."""
    data = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
    return (
        "// Written by `python -m tools.page_model`, from a record; do not edit.\n"
        f"lstmMd.networks.{page['name']} = {data};\n"
    )


def read(path: Path) -> dict[str, Any]:
    """What :func:`script` was given."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status."""
    from tools.page_model_picture import still

    parser = argparse.ArgumentParser(
        prog="python -m tools.page_model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--records", type=Path, default=BOOK / "recorded", help="their folder")
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder of what is written")
    options = parser.parse_args(arguments)
    # All that can fail comes before the first file is written.
    pages = [exported(name, options.records) for name in COMMIT_TIMES]
    contents = {f"{page['name']}.mjs": script(page).encode() for page in pages}
    contents[STILL] = still(pages, options.records)
    for name, content in contents.items():
        with whole_or_nothing(options.output / name) as temporary:
            temporary.write_bytes(content)
        print(f"{name}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
