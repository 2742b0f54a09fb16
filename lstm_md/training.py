"""Training: sequences of labels, the same shifted by one as the target, Adam, Eq 9 as the loss."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checkpoints import Checkpoint, signals_wait
from lstm_md._support.checks import label_array, real_number, whole_number
from lstm_md.engine.fitting import History, Plan, TrainingLoop, mean_loss, windows_of
from lstm_md.engine.steps import choose, described, engine_for
from lstm_md.model import size_of

if TYPE_CHECKING:
    import keras

EVALUATED_AT_ONCE = 64  # sequences

__all__ = ["History", "default_learning_rate", "evaluate", "sequences", "train"]


def sequences(labels: ArrayLike, sequence_length: int = 100) -> NDArray[np.unsignedinteger]:
    """Cut labels into sequences that follow each other, each with the label after its end.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        A sequence never crosses from one chain into the next.
    sequence_length : int
        Frames per sequence (paper: 100).

    Returns
    -------
    ndarray, shape (sequences, sequence_length + 1)
        The first sequence_length columns are the input, the last ones the target. Of a single chain
        it is a view, not to be written to.

    Raises
    ------
    ValueError
        If a chain is shorter than ``sequence_length`` + 1.
    """
    windows = windows_of(label_array(labels), whole_number(sequence_length, "sequence_length"))
    return windows.reshape(-1, windows.shape[2]) if len(windows) > 1 else windows[0]


def default_learning_rate(units: int) -> float:
    """Choose Adam's learning rate at the first step for a network of this size.

    A larger network needs a lower rate. Two sizes were measured, with a rate that decays: 0.02 at
    64 units and 0.0005 at 1,024 units reproduce the riboswitch's transition counts. Between them,
    and beyond, the rate follows the power law through both. Smaller networks take 0.02 as well.

    >>> [round(default_learning_rate(units), 5) for units in (32, 64, 256, 1024)]
    [0.02, 0.02, 0.00315, 0.0005]
    """
    return 0.02 * min(1.0, 64 / whole_number(units, "units")) ** (4 / 3)


def train(
    model: keras.Model,
    labels: ArrayLike,
    *,
    epochs: int = 20,
    sequence_length: int = 100,
    batch_size: int = 64,
    learning_rate: float | None = None,
    decay: bool = True,
    validation_fraction: float = 0.1,
    seed: int = 0,
    progress: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = True,
    checkpoint_minutes: float = 5.0,
    engine: str = "auto",
) -> History:
    """Teach a network to predict the next label, by Adam on the cross-entropy of Eq 9.

    The model is changed in place. The last ``validation_fraction`` of the sequences is held
    back; the others are shuffled anew each epoch, and the few that do not fill a batch wait
    for the next epoch. Ctrl-C and SIGTERM end it after the step that is under way, with the
    weights as they are then.

    Parameters
    ----------
    model : keras.Model
        From :func:`lstm_md.model.language_model`.
    labels : array_like of int, shape (frames,) or (chains, frames)
        May be memory-mapped; only the sequences of one step are copied.
    epochs : int
        Passes over the data (paper: 20 for the potentials, 40 for alanine dipeptide).
    sequence_length : int
        Frames a sequence (paper: 100).
    batch_size : int
        Sequences a step (paper: 64).
    learning_rate : float, optional
        Of Adam, at the first step. If left out, :func:`default_learning_rate` of the network's
        size. (The authors' code uses 1e-3, constant.)
    decay : bool
        Let the learning rate fall to 0 along half a cosine, from the first step to the last.
        At a constant rate the noise of the last steps disturbs the rare transitions.
    validation_fraction : float
        From 0 (none) to below 1.
    seed : int
        Of the shuffling. Same seed, engine and machine: same weights.
    progress : bool
        Show a bar, which says where the training runs.
    checkpoint : path, optional
        An ``.npz`` that keeps the state, written after every epoch, every ``checkpoint_minutes``
        and when a signal ends the training. The one before it is kept beside it.
    resume : bool
        Go on from ``checkpoint`` where there is one, so that the same call after a kill ends
        with the same weights, bit by bit; after the last epoch it only reads them. False begins
        anew and overwrites it.
    checkpoint_minutes : float
        Minutes.
    engine : {"auto", "compiled", "keras"}
        What computes: NumPy and numba on the CPU, in as many threads as OMP_NUM_THREADS or the
        cores allow, or Keras's own train step, which "auto" takes where there is a GPU.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, labels are not integers from 0 to N − 1, or they
        are fewer than a sequence; if ``checkpoint`` belongs to another training.
    FloatingPointError
        If the loss is no longer finite; the checkpoint keeps the last state that was.
    OSError
        If the checkpoint cannot be written; what was saved before is kept.
    """
    epochs = whole_number(epochs, "epochs")
    length = whole_number(sequence_length, "sequence_length")
    batch_size = whole_number(batch_size, "batch_size")
    size = size_of(model)
    if learning_rate is None:
        learning_rate = default_learning_rate(size.units)
    learning_rate = real_number(learning_rate, "learning_rate", above=0)
    fraction = real_number(validation_fraction, "validation_fraction", minimum=0)
    if fraction >= 1:
        raise ValueError(f"validation_fraction: expected less than 1, found {fraction}; give less")
    labels = label_array(labels, n_labels=size.n_labels)
    windows = windows_of(labels, length)
    n = windows.shape[0] * windows.shape[1]
    n_learned = n - int(round(fraction * n))
    if n_learned == 0:
        raise ValueError(
            f"validation_fraction: {fraction} of {n} sequence(s) leaves none to learn "
            f"from; give more labels or a smaller fraction"
        )
    plan = Plan(
        epochs, max(n_learned // batch_size, 1), batch_size, n_learned, learning_rate, decay,
        whole_number(seed, "seed", minimum=0),
    )  # fmt: skip
    asked, engine = engine, choose(engine)
    purpose = "" if checkpoint is None else plan.purpose(size, labels, length, engine)
    keeper = Checkpoint(checkpoint, purpose, checkpoint_minutes)
    title = described("training", asked, engine) if progress else None
    with (
        engine_for(model, engine, length, batch_size) as computing,
        signals_wait(keeper.advice()) as stop,
    ):
        run = TrainingLoop(computing, keeper, stop, model)
        if resume:
            run.resume()
        else:
            keeper.forget()
        try:
            run.to_the_end(plan, windows, title)
        finally:
            computing.write_back()
    return run.history


def evaluate(
    model: keras.Model,
    labels: ArrayLike,
    *,
    sequence_length: int = 100,
    engine: str = "auto",
) -> float:
    """The loss of Eq 9 a label, in nats, on labels that need not be those of the training."""
    labels = label_array(labels, n_labels=size_of(model).n_labels)
    length = whole_number(sequence_length, "sequence_length")
    windows = windows_of(labels, length)
    n = windows.shape[0] * windows.shape[1]
    with engine_for(model, choose(engine), length, EVALUATED_AT_ONCE) as computing:
        return mean_loss(computing, windows, 0, n, EVALUATED_AT_ONCE)
