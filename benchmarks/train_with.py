"""Ways to train the same network; each factory returns a function of the number of steps.

All use the same labels: sequences of 100 frames, 64 per step, and Adam at 0.001.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov import simulate_markov_chain

FRAMES, BATCH = 100, 64
Work = Callable[[int], float]  # steps -> the last loss


def labels_for(n_labels: int, steps: int) -> NDArray[np.unsignedinteger]:
    """Simulate labels for some steps: a Markov chain with a mean stay of ten frames."""
    matrix = np.full((n_labels, n_labels), 0.1 / (n_labels - 1))
    np.fill_diagonal(matrix, 0.9)
    return simulate_markov_chain(matrix, steps * FRAMES * BATCH + 1, seed=1)


def batches(n_labels: int, steps: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the same labels as inputs and targets, shape (sequences, frames)."""
    data = labels_for(n_labels, steps).astype(np.int32)
    return data[:-1].reshape(-1, FRAMES), data[1:].reshape(-1, FRAMES)


def ours(n_labels: int, embedding_dim: int, units: int, most: int) -> Work:
    """Call ``lstm_md.training.train``."""
    from lstm_md import model, training

    network = model.language_model(n_labels, embedding_dim, units)
    data = labels_for(n_labels, most)

    def work(steps: int) -> float:
        labels = data[: steps * FRAMES * BATCH + 1]
        history = training.train(
            network, labels, epochs=1, learning_rate=1e-3, decay=False, validation_fraction=0,
            progress=False,
        )  # fmt: skip
        return history.loss[-1]

    return work


def engine(n_labels: int, embedding_dim: int, units: int, most: int, name: str) -> Work:
    """Take the steps of one of our engines, which is made once: Keras compiles it for seconds."""
    from lstm_md import model
    from lstm_md.engine.lstm import blas_threads
    from lstm_md.engine.steps import engine_for
    from lstm_md.engine.windows import Batch

    network = model.language_model(n_labels, embedding_dim, units)
    opened = ExitStack()
    computing = opened.enter_context(engine_for(network, name, FRAMES, BATCH))
    atexit.register(opened.close)
    inputs, targets = batches(n_labels, most)
    sequences = np.concatenate([inputs, targets[:, -1:]], axis=1)
    fresh, nothing_before = np.full(BATCH, True), np.zeros((BATCH, 0), sequences.dtype)

    def work(steps: int) -> float:
        with blas_threads(units):
            for first in range(0, steps * BATCH, BATCH):
                rows = sequences[first : first + BATCH]
                loss = computing.step(
                    Batch(rows, fresh, nothing_before, np.zeros(BATCH, int)), 1e-3
                )
        return loss

    return work


def pytorch(n_labels: int, embedding_dim: int, units: int, most: int) -> Work:
    """Train ``nn.LSTM`` between an embedding and a linear layer, as in PyTorch's tutorials."""
    import torch
    from torch import nn

    device = "cuda" if torch.cuda.is_available() else "cpu"

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(n_labels, embedding_dim)
            self.lstm = nn.LSTM(embedding_dim, units, batch_first=True)
            self.dense = nn.Linear(units, n_labels)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.dense(self.lstm(self.embedding(x))[0])

    network = Network().to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    loss_function = nn.CrossEntropyLoss()
    # PyTorch wants int64 indices; all data are on the device from the start.
    inputs, targets = (
        torch.from_numpy(a.astype(np.int64)).to(device) for a in batches(n_labels, most)
    )

    def work(steps: int) -> float:
        for rows in torch.randperm(steps * BATCH, device=device).split(BATCH):
            optimizer.zero_grad()
            logits = network(inputs[rows])
            loss = loss_function(logits.reshape(-1, n_labels), targets[rows].reshape(-1))
            loss.backward()
            optimizer.step()
        return float(loss)

    return work


def _keras_network(n_labels: int, embedding_dim: int, units: int) -> Any:
    """Make the three layers with Keras."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            layers.Embedding(n_labels, embedding_dim),
            layers.LSTM(units, return_sequences=True),
            layers.Dense(n_labels),
        ]
    )


def keras_fit(n_labels: int, embedding_dim: int, units: int, most: int) -> Work:
    """Train three Keras layers with ``compile`` and ``fit``, and Keras's defaults."""
    import keras

    network = _keras_network(n_labels, embedding_dim, units)
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    inputs, targets = batches(n_labels, most)

    def work(steps: int) -> float:
        x, y = inputs[: steps * BATCH], targets[: steps * BATCH]
        return float(network.fit(x, y, batch_size=BATCH, verbose=0).history["loss"][-1])

    return work


def eager(n_labels: int, embedding_dim: int, units: int, most: int) -> Work:
    """Train with one gradient tape per step and without compilation, as in tutorials of 2018."""
    import keras
    import tensorflow as tf

    network = _keras_network(n_labels, embedding_dim, units)
    optimizer = keras.optimizers.Adam()
    loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    inputs, targets = batches(n_labels, most)

    def work(steps: int) -> float:
        data = tf.data.Dataset.from_tensor_slices(
            (inputs[: steps * BATCH], targets[: steps * BATCH])
        )
        for x, y in data.shuffle(steps * BATCH).batch(BATCH):
            with tf.GradientTape() as tape:
                loss = loss_function(y, network(x))
            gradients = tape.gradient(loss, network.trainable_variables)
            optimizer.apply_gradients(zip(gradients, network.trainable_variables))
        return float(loss)

    return work
