"""What the jobs of all studies do: train a network and let it generate, resumably."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from lstm_md.generation import generate
from lstm_md.judging.controls import N_COPIES
from lstm_md.model import language_model
from lstm_md.training import History, train

if TYPE_CHECKING:
    import keras

Labels = NDArray[Any]


def train_and_generate(
    network: keras.Model,
    labels: Labels,
    prompt: Labels | list[Labels],
    n_frames: int,
    work: Path,
    *,
    seed: int,
    n_chains: int = 1,
    learned: Path | None = None,
    **training: Any,
) -> tuple[Labels, History]:
    """Train a network on labels and let it generate; both resume after a kill.

    Parameters
    ----------
    network : keras.Model
        It is changed in place.
    labels : ndarray of int
        The training data.
    prompt : ndarray of int, shape (frames,), or a list of such, one for each chain
    n_frames, n_chains : int
        Labels to generate in each chain, and the number of chains.
    work : path
        A folder for the checkpoints.
    seed : int
        Of the order of the sequences and of the generated labels.
    learned : path, optional
        The checkpoint of the training; a file in ``work`` if left out.
    **training
        Of :func:`lstm_md.training.train`, such as epochs and learning_rate.

    Returns
    -------
    ndarray of int, shape (n_frames,) or (n_chains, n_frames); History
    """
    kept = learned or work / "learned.npz"
    history = train(network, labels, seed=seed, progress=False, checkpoint=kept, **training)
    generated = generate(
        network, prompt, n_frames, n_chains=n_chains, seed=seed, checkpoint=work / "written.npz"
    )
    return generated, history


def generate_untrained(
    n_labels: int, embedding_dim: int, units: int, prompt: Labels, n_frames: int, seed: int
) -> Labels:
    """What a network generates before any training, shape (``N_COPIES``, n_frames)."""
    network = language_model(n_labels, embedding_dim, units, seed=seed)
    return generate(network, prompt, n_frames, n_chains=N_COPIES, seed=seed)
