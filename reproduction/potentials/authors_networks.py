"""The networks that the paper's authors published, beside the trajectory that they generated.

The authors published the weights of their four-state network after each of 20 epochs, as
checkpoints of TensorFlow, and one generated trajectory of 120,000 labels. Here each network
generates as many labels again, in several chains, and reads the published trajectory.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.generation import generate
from lstm_md.model import load_tensorflow, size_of
from lstm_md.reading import reading_loss
from lstm_md.systems import recordings
from lstm_md.tables import Table
from reproduction.common.numbers import round_for_json
from reproduction.embedding.criteria import follows, near_when_scaled, pairs, upper
from reproduction.embedding.times import embedding_times
from reproduction.embedding.verdicts import EmbeddingEstimates
from reproduction.runs.files import checksum
from reproduction.runs.provenance import provenance
from reproduction.runs.records import Record

if TYPE_CHECKING:
    import keras

SOURCE = "https://github.com/tiwarylab/LSTM-predict-MD"
STATES = "ABCD"
PROMPT_FRAMES = 1000
SMALLEST_SPREAD = 1.0  # transitions; all chains of a good network can lack a rare pair

Counts = NDArray[np.float64]


def checkpoints_in(folder: Path) -> dict[int, Path]:
    """Find the checkpoints of a folder, by the numbers at the end of their names, in order.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    found = {
        int(number[0]): path.with_suffix("")
        for path in folder.glob("*.index")
        if (number := re.search(r"\d+$", path.stem))
    }
    if not found:
        raise FileNotFoundError(
            f"checkpoints: there is no checkpoint such as ckpt_20.index in {folder}; give the "
            f"folder training_checkpoints of {SOURCE}"
        )
    return dict(sorted(found.items()))


def published_labels(file: Path) -> NDArray[np.uint8]:
    """Read the generated trajectory that the authors published, one label per line.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds something else than labels, or not more of them than a prompt has.
    """
    values = recordings.load(file)
    if values.ndim != 1 or not np.isin(values, range(len(STATES))).all():
        raise ValueError(
            f"prediction: expected one label from 0 to {len(STATES) - 1} per line in {file}, found "
            f"other numbers; give the file prediction of {SOURCE}"
        )
    if len(values) <= PROMPT_FRAMES:
        raise ValueError(
            f"prediction: expected more than {PROMPT_FRAMES} labels in {file}, found "
            f"{len(values)}; give the file prediction of {SOURCE}"
        )
    return values.astype(np.uint8)


def deviations(counts: Counts, chains: Counts) -> Counts:
    """Compare the transition counts of a trajectory with those of chains of the same length.

    Parameters
    ----------
    counts : ndarray, shape (N, N)
    chains : ndarray, shape (chains, N, N)

    Returns
    -------
    ndarray, shape (N, N)
        In standard deviations of one chain. A spread of less than one transition counts as one.
    """
    spread = np.maximum(chains.std(axis=0, ddof=1), SMALLEST_SPREAD)
    return (counts - chains.mean(axis=0)) / spread


def chains_as_far(counts: Counts, chains: Counts) -> int:
    """Count the chains that are at least as far from the other ones as the trajectory is.

    How far is the largest of all :func:`deviations`.
    """
    limit = np.abs(deviations(counts, chains)).max()
    own = [
        np.abs(deviations(one, np.delete(chains, k, axis=0))).max() for k, one in enumerate(chains)
    ]
    return int(np.sum(np.array(own) >= limit))


def compare(
    checkpoints: Path,
    prediction: Path,
    record: Record,
    *,
    commit: str = "",
    n_chains: int = 20,
    seed: int = 1,
) -> dict[str, Any]:
    """Compare every published network with the published trajectory.

    Parameters
    ----------
    checkpoints : path
        The authors' folder ``training_checkpoints``.
    prediction : path
        Their generated labels. The first 1,000 are the prompt of every chain.
    record : Record
        ``four_state``. The times of its reference are those that an embedding should follow.
    commit : str
        The commit of the authors' files.
    n_chains, seed : int
        Of the generation, with at least two chains.

    Returns
    -------
    dict
        As JSON holds it. Transition counts are those of ``n_frames`` labels, row = from, column =
        to; times are in frames, for the pairs l < m; a loss is in nats per label; a spread
        (``sd``) is that of one chain. ``near_when_scaled`` counts the networks whose times come
        near the true ones as the paper's Fig 7 shows them.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file is missing, damaged, or of another network.
    """
    labels = published_labels(prediction)
    reference = EmbeddingEstimates(record).reference_times
    epochs, every = [], []
    for epoch, path in checkpoints_in(checkpoints).items():
        network = _four_state_network(path)
        chains = generate(
            network, labels[:PROMPT_FRAMES], labels.size, n_chains=n_chains, seed=seed + epoch,
            progress=False,
        )  # fmt: skip
        shares = populations(chains, n_labels=len(STATES))
        every.append(embedding_times(network.get_weights()[0], shares))
        data = path.with_name(f"{path.name}.data-00000-of-00001")
        epochs.append(
            {
                "epoch": epoch,
                "sha256": checksum(data),
                **_kinetics(chains, labels),
                "loss": round_for_json(reading_loss(network.get_weights(), labels)),
                "times": round_for_json(upper(every[-1])),
                "follows": follows(every[-1], reference),
            }
        )
    counts = _transitions(labels)
    return {
        "source": SOURCE,
        "commit": commit,
        "provenance": provenance(),
        "settings": {"chains": n_chains, "prompt_frames": PROMPT_FRAMES, "seed": seed},
        "states": STATES,
        "published": {
            "sha256": checksum(prediction),
            "n_frames": labels.size,
            "populations": round_for_json(populations(labels, n_labels=len(STATES))),
            "transitions": counts.astype(int).tolist(),
            "all_transitions": int(counts.sum()),
        },
        "pairs": [STATES[i] + STATES[j] for i, j in pairs(len(STATES))],
        "true_times": round_for_json(upper(reference)),
        "near_when_scaled": near_when_scaled(every, reference),
        "epochs": epochs,
    }


def _four_state_network(path: Path) -> keras.Model:
    network = load_tensorflow(path)
    if (n_labels := size_of(network).n_labels) != len(STATES):
        raise ValueError(
            f"checkpoints: expected networks of {len(STATES)} labels, found {n_labels} in {path}; "
            f"give the folder training_checkpoints of {SOURCE}"
        )
    return network


def _kinetics(chains: NDArray[np.unsignedinteger], labels: NDArray[np.uint8]) -> dict[str, Any]:
    """Compare the chains of one network with the published trajectory."""
    counts = np.array([_transitions(chain) for chain in chains])
    shares = np.array([populations(chain, n_labels=len(STATES)) for chain in chains])
    published = _transitions(labels)
    return {
        "populations": _mean_and_sd(shares),
        "transitions": _mean_and_sd(counts),
        "all_transitions": _mean_and_sd(counts.sum(axis=(1, 2))),
        "largest_deviation": round_for_json(np.abs(deviations(published, counts)).max()),
        "chains_as_far": chains_as_far(published, counts),
    }


def _transitions(labels: NDArray[np.unsignedinteger]) -> Counts:
    return transition_counts(labels, [1], n_labels=len(STATES))[0].astype(np.float64)


def _mean_and_sd(values: Counts) -> dict[str, Any]:
    mean, spread = values.mean(axis=0), values.std(axis=0, ddof=1)
    return {"mean": round_for_json(mean), "sd": round_for_json(spread)}


def tables(numbers: dict[str, Any]) -> tuple[Table, Table]:
    """Show what :func:`compare` found, a row per epoch and one for the published trajectory.

    Returns
    -------
    Table, Table
        Populations, all transitions, deviation, loss and embedding; then the transitions of each
        pair of states.
    """
    published, states = numbers["published"], numbers["states"]
    frames = f"{published['n_frames']:,}"
    first = Table(
        ["epoch", *states, f"transitions in {frames}", "largest deviation (SD)", "chains as far",
         "loss (nats)", "embedding follows"],
        [
            [
                each["epoch"],
                *(_with_sd(each["populations"], (k,), 3) for k in range(len(states))),
                _with_sd(each["all_transitions"], (), 0),
                f"{each['largest_deviation']:.1f}",
                f"{each['chains_as_far']} of {numbers['settings']['chains']}",
                f"{each['loss']:.5f}",
                "yes" if each["follows"] else "no",
            ]
            for each in numbers["epochs"]
        ]
        + [["published", *(f"{share:.3f}" for share in published["populations"]),
            f"{published['all_transitions']:,}", "", "", "", ""]],
    )  # fmt: skip
    ways = [(i, j) for i in range(len(states)) for j in range(len(states)) if i != j]
    second = Table(
        ["epoch", *(f"{states[i]}→{states[j]}" for i, j in ways)],
        [
            [each["epoch"], *(_with_sd(each["transitions"], way, 1) for way in ways)]
            for each in numbers["epochs"]
        ]
        + [["published", *(published["transitions"][i][j] for i, j in ways)]],
    )
    return first, second


def _with_sd(values: dict[str, Any], place: tuple[int, ...], digits: int) -> str:
    mean, spread = (np.array(values[name])[place] for name in ("mean", "sd"))
    return f"{mean:,.{digits}f} ± {spread:,.{digits}f}"
