"""A causal transformer of the size of the LSTM, and its training.

The model is that of GPT-2 (Radford et al. 2019) at a small size, made of Keras's own layers. It
reads at most ``context`` labels; :mod:`reproduction.attention.reading` says how it reads on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lstm_md._support.checks import chains_of, real_number, whole_number
from lstm_md._support.threads import use_keras
from lstm_md.training import sequences

if TYPE_CHECKING:
    import keras

HEADS = 2
CONTEXT = 100  # labels, if nothing else is given
BATCH_FRAMES = 6400  # 64 sequences of 100 labels, as for the LSTM
SPREAD = 0.1  # standard deviation of the initial weights
STEPS_WORTH_A_GRAPH = 5  # fewer are faster without one


def transformer(
    n_labels: int,
    *,
    context: int = CONTEXT,
    width: int = 32,
    hidden: int = 48,
    blocks: int = 2,
    seed: int = 0,
) -> keras.Model:
    """Make an untrained causal transformer.

    Parameters
    ----------
    n_labels : int
        N.
    context : int
        The most labels that it can read. It is even.
    width, hidden : int
        Numbers for each label between the blocks, and in the hidden layer of each block. With two
        blocks of 32 and 48 and a context of 100, it has about as many parameters as an LSTM of 64
        units with an embedding of 8.
    blocks : int
        Each has attention with two heads and two dense layers.
    seed : int
        Seed of the initial weights, which are the same on every backend.

    Returns
    -------
    keras.Model
        Maps labels (sequences, frames) to logits (sequences, frames, N).

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number, is too small, or is odd where it must be even.
    """
    for name, size, least in (
        ("n_labels", n_labels, 2), ("context", context, 2), ("width", width, HEADS),
        ("hidden", hidden, 1), ("blocks", blocks, 1), ("seed", seed, 0),
    ):  # fmt: skip
        if whole_number(size, name, minimum=least) % 2 and name in ("context", "width"):
            raise ValueError(f"{name}: expected an even number, found {size}; give {size + 1}")
    use_keras()
    import keras
    from keras import layers, ops

    labels = keras.Input((None,), dtype="int32")
    place = ops.max(ops.cumsum(ops.ones_like(labels), axis=1) - 1, axis=0, keepdims=True)
    # A dense layer of one-hot labels is an embedding. Keras's Adam treats its gradient as any
    # other; that of an Embedding layer it would square before it adds up those of one label. Each
    # place occurs once, so there an Embedding layer does no harm.
    of_label = layers.Dense(width, use_bias=False)(ops.one_hot(labels, n_labels))
    x = of_label + layers.Embedding(context, width)(place)
    for _ in range(blocks):
        y = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(HEADS, width // HEADS)(y, y, use_causal_mask=True)
        y = layers.LayerNormalization()(x)
        x = x + layers.Dense(width)(layers.Dense(hidden, "relu")(y))
    model = keras.Model(labels, layers.Dense(n_labels)(layers.LayerNormalization()(x)))
    random = np.random.default_rng(seed)
    for weight in model.weights:
        # All others stay as they are: 0 for biases and shifts, 1 for scales.
        if weight.name in ("kernel", "embeddings"):
            weight.assign(SPREAD * random.standard_normal(weight.shape))
    return model


def train(
    model: keras.Model, labels: ArrayLike, *, epochs: int, learning_rate: float, seed: int = 0
) -> list[float]:
    """Train a transformer on sequences as long as its context, with Adam on Eq 9.

    Each step reads 6,400 labels. Order, optimiser and schedule are those of
    :func:`lstm_md.training.train` without held-back labels: the learning rate falls to zero along
    half a cosine.

    Parameters
    ----------
    model : keras.Model
        From :func:`transformer`; it is changed in place.
    labels : array_like of int, shape (frames,) or (chains, frames)
    epochs : int
    learning_rate : float
        At the first step.
    seed : int
        Of the order of the sequences.

    Returns
    -------
    list of float
        The mean loss of each epoch, in nats per label.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, a label is unknown to the model, or there are too few.
    FloatingPointError
        If the loss is no longer finite.
    """
    import keras

    n_labels, context = sizes(model)
    epochs = whole_number(epochs, "epochs")
    seed = whole_number(seed, "seed", minimum=0)
    chains_of(labels, n_labels=n_labels)
    windows = sequences(labels, context).astype(np.int32)
    rows = min(BATCH_FRAMES // context, len(windows))
    steps = len(windows) // rows
    start = real_number(learning_rate, "learning_rate", above=0)
    rate = keras.optimizers.schedules.CosineDecay(start, epochs * steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # To build the graph of a step takes as long as some steps without it.
    eagerly = epochs * steps < STEPS_WORTH_A_GRAPH
    model.compile(keras.optimizers.Adam(rate), loss, run_eagerly=eagerly, jit_compile=False)
    course = []
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(len(windows))
        batches = windows[order[: steps * rows]].reshape(steps, rows, -1)
        # A step returns the mean over the epoch so far.
        model.reset_metrics()
        for batch in batches:
            found = float(model.train_on_batch(batch[:, :-1], batch[:, 1:]))
        if not math.isfinite(found):
            raise FloatingPointError(
                f"learning_rate: the loss became {found} in epoch {epoch + 1}; train again with a "
                f"lower rate than {start}"
            )
        course.append(found)
    return course


def sizes(model: keras.Model) -> tuple[int, int]:
    """Return the number of labels and the context of a transformer."""
    of_label, of_place = model.get_weights()[:2]
    return len(of_label), len(of_place)
