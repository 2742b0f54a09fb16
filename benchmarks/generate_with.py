"""The same network writing labels in three ways. Each factory returns a function that takes some.

Weights are untrained: what is written does not change the work. All begin from one label.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Work = Callable[[int], object]


def ours(labels: int, embedding: int, units: int, chains: int) -> Work:
    """``lstm_md.generation.generate``, the whole call."""
    from lstm_md import generation, model

    network = model.language_model(labels, embedding, units)

    def work(frames: int) -> None:
        generation.generate(network, [0], frames, n_chains=chains)

    return work


def pytorch(labels: int, embedding: int, units: int, chains: int) -> Work:
    """A loop around ``nn.LSTMCell``, which is faster than ``nn.LSTM`` on one frame."""
    import torch
    from torch import nn

    device = "cuda" if torch.cuda.is_available() else "cpu"
    table = nn.Embedding(labels, embedding).to(device)
    cell = nn.LSTMCell(embedding, units).to(device)
    dense = nn.Linear(units, labels).to(device)

    @torch.no_grad()
    def work(frames: int) -> None:
        x = torch.zeros(chains, dtype=torch.long, device=device)
        state = None
        written = []
        for _ in range(frames):
            state = cell(table(x), state)
            x = torch.multinomial(dense(state[0]).softmax(-1), 1)[:, 0]
            written.append(x)
        torch.stack(written, 1).cpu().numpy()

    return work


def keras_loop(labels: int, embedding: int, units: int, chains: int) -> Work:
    """A stateful model called for every label, as in the authors' script."""
    import keras
    import tensorflow as tf
    from keras import layers

    network = keras.Sequential(
        [
            layers.Input(batch_shape=(chains, None)),
            layers.Embedding(labels, embedding),
            layers.LSTM(units, return_sequences=True, stateful=True),
            layers.Dense(labels),
        ]
    )

    def work(frames: int) -> None:
        x = tf.zeros((chains, 1), tf.int32)
        written = []
        for _ in range(frames):
            logits = network(x)
            x = tf.random.categorical(logits[:, -1], num_samples=1)
            written.append(x[:, 0].numpy())
        np.stack(written, 1)

    return work
