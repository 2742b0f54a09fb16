"""What the parts of all recorded runs do: train a network and let it write, resumably."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from lstm_md.generation import generate
from lstm_md.model import language_model
from lstm_md.training import History, train
from reproduction.potentials.controls import CONTROLS

if TYPE_CHECKING:
    import keras

Labels = NDArray[Any]


def train_and_generate(
    network: keras.Model,
    text: Labels,
    prompt: Labels,
    length: int,
    work: Path,
    *,
    seed: int,
    chains: int = 1,
    **learning: Any,
) -> tuple[Labels, History]:
    """Train a network on a text and let it write, each from where a killed run left it.

    Parameters
    ----------
    network : keras.Model
        Is changed in place.
    text, prompt : ndarray of int
    length, chains : int
        Labels a chain that it writes, and chains.
    work : path
        A folder for the checkpoints.
    seed : int
        Of the order of the sequences and of what is written.
    **learning
        Of :func:`lstm_md.training.train`: epochs, learning_rate, decay, validation_fraction.

    Returns
    -------
    ndarray of int, shape (length,) or (chains, length); History
    """
    kept = work / "learned.npz"
    history = train(network, text, seed=seed, progress=False, checkpoint=kept, **learning)
    written = generate(
        network, prompt, length, n_chains=chains, seed=seed, checkpoint=work / "written.npz"
    )
    return written, history


def generate_untrained(
    n_labels: int, embedding: int, units: int, prompt: Labels, length: int, seed: int
) -> Labels:
    """What a network writes before it has learned anything, shape (``CONTROLS``, length)."""
    blank = language_model(n_labels, embedding, units, seed=seed)
    return generate(blank, prompt, length, n_chains=CONTROLS, seed=seed)
