"""The same network trained in four ways. Each factory returns a function that takes some steps.

All see the same labels: sequences of 100, 64 a step, Adam at 0.001.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov import simulate_markov_chain

FRAMES, BATCH = 100, 64
Work = Callable[[int], float]  # steps -> the last loss


def text(labels: int, steps: int) -> NDArray[np.unsignedinteger]:
    """Labels for so many steps, from a chain that stays where it is for ten frames."""
    matrix = np.full((labels, labels), 0.1 / (labels - 1))
    np.fill_diagonal(matrix, 0.9)
    return simulate_markov_chain(matrix, steps * FRAMES * BATCH + 1, seed=1)


def batches(labels: int, steps: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The same labels as inputs and targets, shape (sequences, frames)."""
    data = text(labels, steps).astype(np.int32)
    return data[:-1].reshape(-1, FRAMES), data[1:].reshape(-1, FRAMES)


def ours(labels: int, embedding: int, units: int, most: int) -> Work:
    """``lstm_md.training.train``, the whole call."""
    from lstm_md import model, training

    network = model.language_model(labels, embedding, units)
    data = text(labels, most)

    def work(steps: int) -> float:
        part = data[: steps * FRAMES * BATCH + 1]
        history = training.train(network, part, epochs=1, validation_fraction=0, progress=False)
        return history.loss[-1]

    return work


def pytorch(labels: int, embedding: int, units: int, most: int) -> Work:
    """``nn.LSTM`` between an embedding and a linear layer, as its tutorials write it."""
    import torch
    from torch import nn

    device = "cuda" if torch.cuda.is_available() else "cpu"

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(labels, embedding)
            self.lstm = nn.LSTM(embedding, units, batch_first=True)
            self.dense = nn.Linear(units, labels)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.dense(self.lstm(self.embedding(x))[0])

    network = Network().to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    loss_function = nn.CrossEntropyLoss()
    # Indices are int64 there; all data lie on the device from the start.
    inputs, targets = (
        torch.from_numpy(a.astype(np.int64)).to(device) for a in batches(labels, most)
    )

    def work(steps: int) -> float:
        for rows in torch.randperm(steps * BATCH, device=device).split(BATCH):
            optimizer.zero_grad()
            logits = network(inputs[rows])
            loss = loss_function(logits.reshape(-1, labels), targets[rows].reshape(-1))
            loss.backward()
            optimizer.step()
        return float(loss)

    return work


def keras_fit(labels: int, embedding: int, units: int, most: int) -> Work:
    """Three layers, ``compile``, ``fit``, with the defaults of Keras."""
    import keras
    from keras import layers

    network = keras.Sequential(
        [
            layers.Embedding(labels, embedding),
            layers.LSTM(units, return_sequences=True),
            layers.Dense(labels),
        ]
    )
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    inputs, targets = batches(labels, most)

    def work(steps: int) -> float:
        x, y = inputs[: steps * BATCH], targets[: steps * BATCH]
        return float(network.fit(x, y, batch_size=BATCH, verbose=0).history["loss"][-1])

    return work


def eager(labels: int, embedding: int, units: int, most: int) -> Work:
    """A loop with a gradient tape a step, nothing compiled, as in tutorials of 2018."""
    import keras
    import tensorflow as tf
    from keras import layers

    network = keras.Sequential(
        [
            layers.Embedding(labels, embedding),
            layers.LSTM(units, return_sequences=True),
            layers.Dense(labels),
        ]
    )
    optimizer = keras.optimizers.Adam()
    loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    inputs, targets = batches(labels, most)

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
