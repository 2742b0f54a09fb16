"""Three ways to generate labels with the same network; each factory returns a function of frames.

The weights are untrained, which does not change the time. All start from one label.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Work = Callable[[int], object]


def ours(
    n_labels: int, embedding_dim: int, units: int, n_chains: int, engine: str = "auto"
) -> Work:
    """Call ``lstm_md.generation.generate``."""
    from lstm_md import generation, model

    network = model.language_model(n_labels, embedding_dim, units)

    def work(frames: int) -> None:
        generation.generate(network, [0], frames, n_chains=n_chains, engine=engine)

    return work


def pytorch(n_labels: int, embedding_dim: int, units: int, n_chains: int) -> Work:
    """Loop over ``nn.LSTMCell``, which is faster than ``nn.LSTM`` for one frame."""
    import torch
    from torch import nn

    device = "cuda" if torch.cuda.is_available() else "cpu"
    table = nn.Embedding(n_labels, embedding_dim).to(device)
    cell = nn.LSTMCell(embedding_dim, units).to(device)
    dense = nn.Linear(units, n_labels).to(device)

    @torch.no_grad()
    def work(frames: int) -> None:
        x = torch.zeros(n_chains, dtype=torch.long, device=device)
        state = None
        generated = []
        for _ in range(frames):
            state = cell(table(x), state)
            x = torch.multinomial(dense(state[0]).softmax(-1), 1)[:, 0]
            generated.append(x)
        torch.stack(generated, 1).cpu().numpy()

    return work


def keras_loop(n_labels: int, embedding_dim: int, units: int, n_chains: int) -> Work:
    """Call a stateful model for every label, as in the authors' script."""
    import keras
    import tensorflow as tf
    from keras import layers

    network = keras.Sequential(
        [
            layers.Input(batch_shape=(n_chains, None)),
            layers.Embedding(n_labels, embedding_dim),
            layers.LSTM(units, return_sequences=True, stateful=True),
            layers.Dense(n_labels),
        ]
    )

    def work(frames: int) -> None:
        x = tf.zeros((n_chains, 1), tf.int32)
        generated = []
        for _ in range(frames):
            logits = network(x)
            x = tf.random.categorical(logits[:, -1], num_samples=1)
            generated.append(x[:, 0].numpy())
        np.stack(generated, 1)

    return work
