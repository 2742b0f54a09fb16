"""The two networks on equal terms: the same labels, sequences, steps and learning-rate rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md import generation, training
from lstm_md.model import language_model
from lstm_md.reading import logits, reading_loss
from lstm_md.settings import OURS
from reproduction.attention import reading, transformer
from reproduction.attention.reading import Labels
from reproduction.attention.transformer import BATCH_FRAMES

UNITS, EMBEDDING = 64, 8  # of the LSTM
PROMPT_FRAMES = 200  # that both networks are given before each chain
#: What is changed in the settings of the LSTM, by the name of its arm in X1f.
STARTS: dict[str, dict[str, Any]] = {
    "zero": {"initial_state": "zero"},
    "carried": {"initial_state": "carried"},
    "continued": {"initial_state": "carried", "reading_order": "contiguous"},
    "warmed": {},
}


class Learned(NamedTuple):
    """What a network has become.

    Attributes
    ----------
    generated : ndarray, shape (chains, frames)
    train_loss, test_loss : float
        Of the last epoch, and of unseen labels that are read as in generation. In nats per label.
    log_p : ndarray, shape (predictions, N)
        Of the next label, in unseen labels.
    following : ndarray, shape (predictions,)
        The labels that followed.
    """

    generated: Labels
    train_loss: float
    test_loss: float
    log_p: NDArray[np.float64]
    following: NDArray[np.intp]


class Lengths(NamedTuple):
    """Steps of a training, and chains that a network generates, with their frames."""

    steps: int
    chains: int
    chain_frames: int


def epochs_for(n_frames: int, sequence_length: int, steps: int) -> int:
    """Return the number of epochs with about so many steps of 6,400 labels each."""
    per_epoch = ((n_frames - 1) // sequence_length) // (BATCH_FRAMES // sequence_length)
    return max(1, round(steps / max(per_epoch, 1)))


def prompts_of(labels: Labels, n_chains: int) -> list[Labels]:
    """Take prompts from places that are spread over the labels."""
    starts = np.linspace(0, len(labels) - PROMPT_FRAMES, n_chains).astype(int)
    return [labels[start : start + PROMPT_FRAMES] for start in starts]


def learn_lstm(
    labels: Labels, unseen: Labels, n_labels: int, rate: float, lengths: Lengths, seed: int,
    *, start: str = "warmed", window: int = 100,
) -> Learned:  # fmt: skip
    """Let an LSTM learn labels and generate. The warm-up is as long as a sequence."""
    method = replace(
        OURS, sequence_length=window, batch_size=BATCH_FRAMES // window, learning_rate=rate,
        validation_fraction=0.0, **STARTS[start],
    )  # fmt: skip
    network = language_model(n_labels, EMBEDDING, UNITS, seed=seed, **method.network)
    history = training.train(
        network, labels, epochs=epochs_for(len(labels), window, lengths.steps), seed=seed,
        progress=False, **method.training,
    )  # fmt: skip
    generated = generation.generate(
        network, prompts_of(labels, lengths.chains), lengths.chain_frames,
        n_chains=lengths.chains, seed=seed, progress=False,
    )  # fmt: skip
    weights = network.get_weights()
    skip = transformer.CONTEXT // 2 - 1
    found = logits(weights, unseen[:-1])[0, skip:].astype(np.float64)
    log_p = found - np.logaddexp.reduce(found, axis=-1, keepdims=True)
    following = unseen[skip + 1 :].astype(np.intp)
    loss = reading_loss(weights, unseen, skip=skip)
    return Learned(np.atleast_2d(generated), history.loss[-1], loss, log_p, following)


def learn_transformer(
    labels: Labels, unseen: Labels, n_labels: int, rate: float, lengths: Lengths, seed: int,
    *, window: int = 100,
) -> Learned:  # fmt: skip
    """Let a transformer learn labels and generate, with a context of ``window`` labels."""
    network = transformer.transformer(n_labels, context=window, seed=seed)
    epochs = epochs_for(len(labels), window, lengths.steps)
    losses = transformer.train(network, labels, epochs=epochs, learning_rate=rate, seed=seed)
    generated = reading.generate(
        network, prompts_of(labels, lengths.chains), lengths.chain_frames,
        n_chains=lengths.chains, seed=seed,
    )  # fmt: skip
    log_p, following = reading.predictions(network, unseen)
    loss = float(-log_p[np.arange(len(following)), following].mean())
    return Learned(generated, losses[-1], loss, log_p, following)


def loss_of_groups(learned: Learned, size: int) -> float:
    """Compute the loss of label // size: the probabilities of the labels of a group are added."""
    n, n_labels = learned.log_p.shape
    groups = learned.log_p.reshape(n, n_labels // size, size)
    log_p = np.logaddexp.reduce(groups, axis=-1)
    return float(-log_p[np.arange(n), learned.following // size].mean())
