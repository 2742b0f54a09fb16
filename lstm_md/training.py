"""Training: sequences of labels, the same shifted by one as the target, Adam, Eq 9 as the loss."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm.auto import tqdm

from lstm_md._checks import label_array, real_number, whole_number
from lstm_md.model import settings_of

if TYPE_CHECKING:
    import keras


@dataclass
class History:
    """What a training leaves behind, a value an epoch.

    Attributes
    ----------
    loss : list of float
        Eq 9 a label, in nats, over the training sequences while they were learned.
    validation_loss : list of float
        The same over the sequences held back, at the end of the epoch.
    seconds : list of float
        Wall time.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def sequences(labels: ArrayLike, length: int = 100) -> NDArray[np.unsignedinteger]:
    """Cut labels into sequences that follow each other, each with the label after its end.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        A sequence never crosses from one chain into the next.
    length : int
        Frames a sequence (paper: 100).

    Returns
    -------
    ndarray, shape (sequences, length + 1)
        Columns 0 … length − 1 are the input, columns 1 … length the target.

    Raises
    ------
    ValueError
        If a chain is shorter than ``length`` + 1.
    """
    length = whole_number(length, "sequence_length")
    chains = np.atleast_2d(label_array(labels))
    n = (chains.shape[1] - 1) // length
    if n == 0:
        raise ValueError(
            f"labels: expected at least {length + 1} frames a chain for a sequence of "
            f"{length}, found {chains.shape[1]}; give a longer trajectory or a smaller "
            f"sequence_length"
        )
    windows = np.lib.stride_tricks.sliding_window_view(chains, length + 1, axis=1)
    return windows[:, : n * length : length].reshape(-1, length + 1)


def train(
    model: keras.Model,
    labels: ArrayLike,
    *,
    epochs: int = 20,
    sequence_length: int = 100,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
    decay: bool = False,
    validation_fraction: float = 0.1,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Teach a network to predict the next label, by Adam on the cross-entropy of Eq 9.

    The model is changed in place. The last ``validation_fraction`` of the sequences is held
    back; the others are shuffled anew each epoch, and the few that do not fill a batch wait
    for the next epoch.

    Parameters
    ----------
    model : keras.Model
        From :func:`lstm_md.model.language_model`.
    labels : array_like of int, shape (frames,) or (chains, frames)
    epochs : int
        Passes over the data (paper: 20 for the potentials, 40 for alanine dipeptide).
    sequence_length : int
        Frames a sequence (paper: 100).
    batch_size : int
        Sequences a step (paper: 64).
    learning_rate : float
        Of Adam. The paper gives none; 1e-3 is Adam's own default.
    decay : bool
        Let the learning rate fall to 0 along half a cosine, from the first step to the last.
        At a constant rate the noise of the last steps moves the rare transitions.
    validation_fraction : float
        From 0 (none) to below 1.
    seed : int
        Of the shuffling. Same seed, backend and machine: same weights.
    progress : bool
        Show a bar.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, labels are not integers from 0 to N − 1, or they
        are fewer than a sequence.
    FloatingPointError
        If the loss is no longer finite.
    """
    epochs = whole_number(epochs, "epochs")
    batch_size = whole_number(batch_size, "batch_size")
    learning_rate = real_number(learning_rate, "learning_rate", above=0)
    fraction = real_number(validation_fraction, "validation_fraction", minimum=0)
    if fraction >= 1:
        raise ValueError(f"validation_fraction: expected less than 1, found {fraction}; give less")
    rng = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    labels = label_array(labels, n_labels=settings_of(model).labels)
    data = sequences(labels, sequence_length)
    n_held = int(round(fraction * len(data)))
    learned, held = data[: len(data) - n_held], data[len(data) - n_held :]
    if len(learned) == 0:
        raise ValueError(
            f"validation_fraction: {fraction} of {len(data)} sequence(s) leaves none to learn "
            f"from; give more labels or a smaller fraction"
        )
    steps = max(len(learned) // batch_size, 1)
    _compile(model, learning_rate, decay_steps=epochs * steps if decay else None)
    return _fit(model, learned, held, epochs, steps, batch_size, rng, progress)


def evaluate(model: keras.Model, labels: ArrayLike, *, sequence_length: int = 100) -> float:
    """The loss of Eq 9 a label, in nats, on labels that need not be those of the training."""
    data = sequences(label_array(labels, n_labels=settings_of(model).labels), sequence_length)
    if getattr(model, "optimizer", None) is None:
        _compile(model, 1e-3)
    return _loss(model, data)


def _compile(model: keras.Model, learning_rate: float, decay_steps: int | None = None) -> None:
    import keras

    rate: Any = learning_rate
    if decay_steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, decay_steps)

    on_tensorflow = keras.backend.backend() == "tensorflow"

    class Adam(keras.optimizers.Adam):
        def apply(self, grads: list, trainable_variables: list | None = None) -> None:
            if on_tensorflow:
                # TensorFlow gives the gradient of an embedding as a list with an entry a
                # frame, and Keras squares the entries before it adds those of one label:
                # the second moment is too small, and the embedding moves many times too
                # far. Adding first gives Adam as it was published.
                import tensorflow

                grads = [tensorflow.convert_to_tensor(gradient) for gradient in grads]
            super().apply(grads, trainable_variables)

    model.compile(
        optimizer=Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # On the CPU, XLA doubles the time of TensorFlow's own loop over the frames; JAX
        # has no other way.
        jit_compile=not on_tensorflow,
    )


def _fit(
    model: keras.Model,
    learned: NDArray,
    held: NDArray,
    epochs: int,
    steps: int,
    batch_size: int,
    rng: np.random.Generator,
    progress: bool,
) -> History:
    history = History()
    with tqdm(total=epochs, desc="training", unit="epoch", disable=not progress) as bar:
        for epoch in range(1, epochs + 1):
            begin = time.perf_counter()
            order = rng.permutation(len(learned))
            of_steps = []
            for step in range(steps):
                batch = learned[order[step * batch_size : (step + 1) * batch_size]]
                model.reset_metrics()  # else some versions of Keras give a running mean
                of_steps.append(float(model.train_on_batch(batch[:, :-1], batch[:, 1:])))
            loss = float(np.mean(of_steps))
            if not np.isfinite(loss):
                raise FloatingPointError(
                    f"learning_rate: the loss became {loss} in epoch {epoch}; lower it"
                )
            history.loss.append(loss)
            history.validation_loss.append(_loss(model, held) if len(held) else np.nan)
            history.seconds.append(time.perf_counter() - begin)
            bar.set_postfix(loss=f"{loss:.4f}", validation=f"{history.validation_loss[-1]:.4f}")
            bar.update()
    return history


def _loss(model: keras.Model, data: NDArray) -> float:
    return float(model.evaluate(data[:, :-1], data[:, 1:], batch_size=256, verbose=0))
