"""Export the trained networks that generate labels in a reader's browser, and what trains one.

``python -m tools.page_model`` takes training 0 of the records ``triangular``, ``linear`` and
``four_state``: the first and not the best. For each it writes a script into
``book/_static/page_model`` with the weights (rounded, two characters per number), the populations
and transition counts of the training data and of a first-order Markov chain, and the free energy
along x. A second script holds the labels of the training data, for a training in the page, and one
script holds the inner loops of that training (:mod:`tools.page_kernels`). The command also draws a
picture for pages where no script runs. Nothing is replaced unless everything could be computed. Run
it after one of these records was repeated, or after a change of the loops.
"""

from __future__ import annotations

import argparse
import base64
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
from reproduction.common.estimates import DATA, record_controls
from reproduction.runs import records
from reproduction.runs.records import Record
from tools.notebooks import BOOK
from tools.page_kernels import kernels

if TYPE_CHECKING:
    import keras

FOLDER = BOOK / "_static" / "page_model"
STILL = "still.png"
TRAINING = 0
# The commit time that is shown first: recrossings no longer count there (K3, K4, and K6, K7).
FIRST_TIME = {"triangular": 10, "linear": 10, "four_state": 90}
TITLES = {
    "triangular": "three states in a triangle",
    "linear": "three states in a row",
    "four_state": "four states",
}
# The transition that is shown first. In the triangle, a Markov chain makes too many of these.
FIRST_PAIR = "AC"

# Two of these digits encode an integer from -LEVELS to LEVELS. The backslash is left out because it
# has to be doubled in a string.
DIGITS = [chr(code) for code in range(ord("#"), ord("~") + 1) if chr(code) != "\\"]
LEVELS = (len(DIGITS) ** 2 - 1) // 2
WRITTEN = "// Written by `python -m tools.page_model`; do not edit.\n"
GRID = np.linspace(-3, 3, 61)  # along x

Array = NDArray[np.float64]


def exported(name: str, folder: Path = BOOK / "recorded") -> dict[str, Any]:
    """Collect what a page needs from a record, as values that JSON can hold.

    Parameters
    ----------
    name : str
        One of :data:`TITLES`.
    folder : Path
        The folder of the records.
    """
    record = records.load(name, folder)
    numbers = json.loads((record.folder / "summary.json").read_text("utf-8"))["numbers"]
    commit_times = tuple(numbers["commit_times"])
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
        "loss": round(float(training.validation_loss[-1]), 4),
        "commitTimes": commit_times,
        "first": [commit_times.index(FIRST_TIME[name]), FIRST_PAIR],
        "populations": {k: rounded(of_data["populations"][k], 5) for k in ("value", "error")},
        "counts": {k: in_figures(of_data["counts"][k]) for k in ("value", "error")},
        "markov": markov(record, commit_times),
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
    """Fold the embedding into the input weights: table Λ W + b, recurrent, dense, bias.

    The shapes are (N, 4L), (L, 4L), (L, N) and (N,).
    """
    embedding, kernel, recurrent, bias, dense, dense_bias = (w.astype(float) for w in weights)
    return embedding @ kernel + bias, recurrent, dense, dense_bias


def by_unit(gates: Array) -> Array:
    """Reorder Keras's gates (rows, 4L) to (rows, L, 4): the gates of a unit side by side."""
    return gates.reshape(len(gates), 4, -1).transpose(0, 2, 1)


def in_characters(array: Array) -> tuple[float, str]:
    """Encode an array as a scale and two characters per number, as network.mjs reads it."""
    scale = float(f"{np.abs(array).max() / LEVELS:.9g}") or 1.0
    whole = np.clip(np.rint(array.ravel() / scale), -LEVELS, LEVELS).astype(int) + LEVELS
    return scale, "".join(DIGITS[n // len(DIGITS)] + DIGITS[n % len(DIGITS)] for n in whole)


def from_characters(encoded: tuple[float, str], *shape: int) -> Array:
    """Decode an array from :func:`in_characters`."""
    scale, characters = encoded
    pairs = np.array([DIGITS.index(character) for character in characters]).reshape(-1, 2)
    return (scale * (pairs @ [len(DIGITS), 1] - LEVELS)).reshape(shape)


def keras_model(page: Mapping[str, Any]) -> keras.Model:
    """Make a Keras model with the rounded weights of a page.

    The embedding is the identity, and the table takes the place of the input weights.
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
    """Return populations and counts per segment of Markov chains fitted to the data."""
    n = record.settings["labels"]
    chains = np.array(record_controls(record)["first-order Markov chain"])
    segments = chains.reshape(-1, len(record.data) // record.settings["segments"])
    counts = transition_counts(segments, commit_times, n_labels=n) / len(segments)
    shares = populations(segments, n_labels=n)
    return {"populations": rounded(shares, 5), "counts": in_figures(counts)}


def free_energy(potential: ModelPotential) -> Array:
    """Return the exact free energy along x at :data:`GRID`, in kT above its minimum."""
    half = (GRID[1] - GRID[0]) / 2
    edges = np.concatenate([[GRID[0] - half], GRID + half])
    energy = -np.log(potential.probability(edges))
    return energy - energy.min()


def in_runs(labels: list[int], states: tuple[str, ...]) -> str:
    """Write labels with the length of each stay, but for 1: A, A, A, B becomes A3B."""
    stays = ((states[label], len(list(run))) for label, run in groupby(labels))
    return "".join(f"{state}{length}" if length > 1 else state for state, length in stays)


def rounded(array: ArrayLike, decimals: int) -> Any:
    """Round an array and return it as lists."""
    return np.round(np.asarray(array, float), decimals).tolist()


def in_figures(array: ArrayLike) -> Any:
    """Round an array to five figures and return it as lists, whole numbers without a point."""
    if isinstance(array, (list, np.ndarray)):
        return [in_figures(part) for part in array]
    number = float(f"{array:.5g}")
    return int(number) if number.is_integer() else number


def letters(name: str, folder: Path = BOOK / "recorded") -> str:
    """Write the file with the labels of a record's training data."""
    record = records.load(name, folder)
    potential: ModelPotential = getattr(potentials, record.settings["potential"])
    data = json.dumps(in_runs(record.data.tolist(), potential.states))
    return f"{WRITTEN}lstmMd.letters.{name} = {data};\n"


def loops() -> str:
    """Write the file with the inner loops of the training."""
    return f"{WRITTEN}lstmMd.kernels = {json.dumps(base64.b64encode(kernels()).decode())};\n"


def script(page: Mapping[str, Any]) -> str:
    """Write the file that a browser loads."""
    data = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
    return f"{WRITTEN}lstmMd.networks.{page['name']} = {data};\n"


def read(path: Path) -> dict[str, Any]:
    """Read what :func:`script` wrote."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit status."""
    from tools.page_model_picture import still

    parser = argparse.ArgumentParser(
        prog="python -m tools.page_model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--records", type=Path, default=BOOK / "recorded", help="the folder of the records"
    )
    parser.add_argument("--output", type=Path, default=FOLDER, help="the folder to write to")
    options = parser.parse_args(arguments)
    # Everything that can fail comes before the first file is written.
    pages = [exported(name, options.records) for name in TITLES]
    contents = {f"{page['name']}.mjs": script(page).encode() for page in pages}
    for name in TITLES:
        contents[f"{name}_letters.mjs"] = letters(name, options.records).encode()
    contents["kernels.mjs"] = loops().encode()
    contents[STILL] = still(pages, options.records)
    for name, content in contents.items():
        with whole_or_nothing(options.output / name) as temporary:
            temporary.write_bytes(content)
        print(f"{name}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
