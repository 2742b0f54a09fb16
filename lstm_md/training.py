"""Training: the network reads sequences of labels, and predicts each label one frame ahead.

The loss is that of Eq 9, and Adam minimises it. The defaults of :func:`train` are simple ones: each
sequence starts from a zero state. Our settings are ``lm.OURS.training``, and those of the authors'
code ``lm.AUTHORS.training``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checkpoints import Checkpoint, signals_wait
from lstm_md._support.checks import chains_of, one_of, real_number, true_or_false, whole_number
from lstm_md._support.processes import check_memory
from lstm_md.engine.lstm import blas_threads
from lstm_md.engine.steps import EPSILON, choose_engine, engine_for, progress_title
from lstm_md.engine.training_loop import (
    INITIAL_STATES,
    ORDERS,
    History,
    TrainingLoop,
    TrainingPlan,
    mean_loss,
)
from lstm_md.engine.windows import Windows
from lstm_md.model import size_of

if TYPE_CHECKING:
    import keras

EVALUATION_BATCH = 64  # sequences

__all__ = ["History", "default_learning_rate", "evaluate", "sequences", "train"]


def sequences(
    labels: ArrayLike, sequence_length: int = 100, *, shared_label: bool = True
) -> NDArray[np.unsignedinteger]:
    """Cut labels into consecutive sequences, each with the label that follows it.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of such (frames,)
        The chains of a list may differ in length. No sequence crosses from one chain into the
        next.
    sequence_length : int
        Frames per sequence (paper: 100).
    shared_label : bool
        The last label of a sequence is the first one of the next. So every label after the first is
        a target, up to the last full sequence. False: sequences share no label (the authors' code).

    Returns
    -------
    ndarray, shape (sequences, sequence_length + 1)
        Columns 0 … sequence_length − 1 are the input. Columns 1 … sequence_length are the target.
        Frames at the end of a chain that do not fill a sequence are left out. For a single chain
        it is a read-only view.

    Raises
    ------
    ValueError
        If a chain is shorter than ``sequence_length`` + 1.
    """
    length = whole_number(sequence_length, "sequence_length")
    shared_label = true_or_false(shared_label, "shared_label")
    return Windows(chains_of(labels), length, shared_label).all()


def default_learning_rate(units: int) -> float:
    """Choose Adam's learning rate at the first step for a network of this size.

    A larger network needs a lower rate. We tried a few rates with the riboswitch. With a rate that
    decays, 0.02 at 64 units and 0.0005 at 1,024 units came closest to its transition counts. Above
    64 units, the rate follows the power law through both. Up to 64 units, it is 0.02.

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
    shared_label: bool = True,
    batch_size: int = 64,
    reading_order: str = "shuffled",
    initial_state: str = "zero",
    warm_up_frames: int | None = None,
    learning_rate: float | None = None,
    decay: bool = True,
    epsilon: float = EPSILON,
    validation_fraction: float = 0.1,
    seed: int = 0,
    progress: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = True,
    checkpoint_minutes: float = 5.0,
    engine: str = "auto",
) -> History:
    """Train a network to predict the next label, with Adam on the cross-entropy of Eq 9.

    The model is changed in place. The last ``validation_fraction`` of the sequences is held back.
    Sequences that do not fill a batch are left out of that epoch; if there are fewer than one
    batch, they are one smaller batch. Ctrl-C and SIGTERM stop the training after the current step.
    Ctrl-C then raises KeyboardInterrupt, and the model has the weights of that step. SIGTERM ends
    the process.

    Parameters
    ----------
    model : keras.Model
        From :func:`lstm_md.model.language_model`.
    labels : array_like of int, shape (frames,) or (chains, frames), or list of such (frames,)
        The chains of a list may differ in length. A list is copied once. A memory-mapped array of
        uint8 or uint16 is not read into memory: each step copies its own sequences.
    epochs : int
        Passes over the data (paper: 20 for the potentials, 40 for alanine dipeptide).
    sequence_length : int
        Frames per sequence (paper: 100).
    shared_label : bool
        As in :func:`sequences`. The contiguous order needs True.
    batch_size : int
        Sequences per step (paper: 64).
    reading_order : {"shuffled", "contiguous"}
        "shuffled" draws a new order in each epoch. "contiguous" cuts the labels into
        ``batch_size`` stretches, and each row of a batch reads its own stretch in order.
    initial_state : {"zero", "carried", "warmed"}
        The state in which a sequence starts. "zero": h = c = 0. "carried": the final state of the
        sequence that the same row read in the step before. In the shuffled order, the sequence
        before is an unrelated one (the authors' code: ``stateful=True``, never reset). In the
        contiguous order, it is the preceding one, and the state is zero where a stretch or a chain
        begins.
        "warmed": the state after the ``warm_up_frames`` before the sequence. The network reads
        these frames, but it does not learn from them. If a chain has fewer frames before a
        sequence, the network reads those that there are.
    warm_up_frames : int, optional
        Only for "warmed": ``sequence_length`` if left out. With another ``initial_state`` it is an
        error.
    learning_rate : float, optional
        Adam's learning rate at the first step; :func:`default_learning_rate` if left out. (The
        authors' code uses 1e-3, constant.)
    decay : bool
        Decrease the learning rate to 0 along half a cosine, from the first step to the last. At a
        constant rate the noise of the last steps disturbs the rare transitions.
    epsilon : float
        Of Adam: the smallest number by which a gradient is divided (Keras: 1e-7; the authors'
        code: 1e-8).
    validation_fraction : float
        From 0 (no validation: the validation losses are NaN) to below 1. Held-back sequences are
        read in order. They start in the same way as the training sequences; "carried" then means
        the state of the preceding sequence.
    seed : int
        Seed of the shuffling. The same seed, engine and machine give the same weights.
    progress : bool
        Show a progress bar, which also says where the training runs.
    checkpoint : path, optional
        An ``.npz`` file for the state of the training. It is written after every epoch, every
        ``checkpoint_minutes``, and after a stop. The previous one is kept beside it.
    resume : bool
        Continue from ``checkpoint`` if it exists. If the process was killed, the same call ends
        with exactly the same weights. If the training was complete, the call only loads them. With
        ``decay=False`` you may call again with more epochs. With ``decay=True`` you cannot. False
        starts again and overwrites the file.
    checkpoint_minutes : float
        Minutes between two checkpoints.
    engine : {"auto", "compiled", "keras"}
        "compiled" uses NumPy and numba on the CPU, with OMP_NUM_THREADS or all cores; "keras" uses
        Keras's own training step; "auto" takes Keras if there is a GPU, and otherwise the compiled
        engine.

    Returns
    -------
    History
        The losses, in nats per label, and the wall time, in seconds, of each epoch.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, labels are not integers from 0 to N − 1, there are too
        few of them, ``warm_up_frames`` is given without "warmed", ``shared_label=False`` with
        "contiguous", or ``checkpoint`` belongs to another training or holds more epochs.
    FloatingPointError
        If the loss is no longer finite; the checkpoint keeps the last finite state.
    MemoryError
        If the states of a batch do not fit into the memory.
    OSError
        If the checkpoint cannot be written, or other work is using it; the last one is kept.
    RuntimeError
        If the process was forked from one that had used Keras.
    """
    epochs = whole_number(epochs, "epochs")
    length = whole_number(sequence_length, "sequence_length")
    batch_size = whole_number(batch_size, "batch_size")
    decay = true_or_false(decay, "decay")
    shared_label = true_or_false(shared_label, "shared_label")
    warm_up = _warm_up(initial_state, warm_up_frames, length)
    if one_of(reading_order, "reading_order", ORDERS) == "contiguous" and not shared_label:
        raise ValueError(
            "shared_label: False leaves a gap in the contiguous order; leave it out, or give "
            "reading_order='shuffled'"
        )
    size = size_of(model)
    for layer in model.layers:
        if not (model.trainable and layer.trainable):
            raise ValueError(
                f"model: expected trainable = True in {layer.name!r}, found False; all layers are "
                f"trained together, so set it to True"
            )
    if learning_rate is None:
        learning_rate = default_learning_rate(size.units)
    learning_rate = real_number(learning_rate, "learning_rate", above=0)
    epsilon = real_number(epsilon, "epsilon", above=0)
    fraction = real_number(validation_fraction, "validation_fraction", minimum=0)
    if fraction >= 1:
        raise ValueError(f"validation_fraction: expected less than 1, found {fraction}; give less")
    chains = chains_of(labels, n_labels=size.n_labels)
    windows = Windows(chains, length, shared_label, warm_up)
    n = len(windows)
    n_training = n - int(round(fraction * n))
    if n_training == 0:
        raise ValueError(
            f"validation_fraction: {fraction} of {n} sequence(s) leaves none for the training; "
            f"give more labels or a smaller fraction"
        )
    plan = TrainingPlan(
        epochs, max(n_training // batch_size, 1), batch_size, n_training, learning_rate, decay,
        epsilon, reading_order, initial_state, whole_number(seed, "seed", minimum=0),
    )  # fmt: skip
    _check_memory(size.units, length, min(batch_size, n))
    requested, engine = engine, choose_engine(engine)
    purpose = "" if checkpoint is None else plan.purpose(size, chains, windows, engine)
    kept = Checkpoint(checkpoint, purpose, checkpoint_minutes)
    title = progress_title("training", requested, engine) if progress else None
    with (
        kept.alone(),
        engine_for(
            model, engine, length, plan.rows, from_zero=initial_state == "zero", epsilon=epsilon
        ) as computing,
        signals_wait(kept.advice()) as stop,
    ):
        loop = TrainingLoop(computing, kept, stop, model, plan)
        if resume:
            loop.resume()
        else:
            kept.forget()
        try:
            with blas_threads(size.units, None if loop.finished else loop.threads) as loop.threads:
                loop.run(windows, title)
        finally:
            computing.write_back()
    return loop.history


def _warm_up(initial_state: str, frames: int | None, sequence_length: int) -> int:
    """Return the number of warm-up frames, which only one initial state has."""
    if one_of(initial_state, "initial_state", INITIAL_STATES) == "warmed":
        return sequence_length if frames is None else whole_number(frames, "warm_up_frames")
    if frames is not None:
        raise ValueError(
            f"warm_up_frames: found {frames} with initial_state={initial_state!r}, which reads "
            f"none; leave it out, or give initial_state='warmed'"
        )
    return 0


def _check_memory(units: int, length: int, batch_size: int) -> None:
    """Refuse a batch whose gates and states (seven numbers per unit and frame) are too many."""
    n_bytes = 28 * units * length * batch_size
    check_memory(n_bytes, "sequence_length", "give a smaller sequence_length or batch_size")


def evaluate(
    model: keras.Model,
    labels: ArrayLike,
    *,
    sequence_length: int = 100,
    initial_state: str = "zero",
    warm_up_frames: int | None = None,
    engine: str = "auto",
) -> float:
    """Compute the mean loss per label (Eq 9), in nats, on training data or any other labels.

    ``initial_state`` says in which state each sequence starts. With "carried", the labels are read
    in 64 rows side by side, each row in order. Only at the beginning of a row or a chain is the
    state zero. Elsewhere it is the final state of the preceding sequence.
    :func:`lstm_md.reading.reading_loss` does not cut the labels at all. Parameters and errors are
    those of :func:`train`.
    """
    size = size_of(model)
    length = whole_number(sequence_length, "sequence_length")
    warm_up = _warm_up(initial_state, warm_up_frames, length)
    windows = Windows(chains_of(labels, n_labels=size.n_labels), length, warm_up=warm_up)
    _check_memory(size.units, length, min(EVALUATION_BATCH, len(windows)))
    with (
        blas_threads(size.units),
        engine_for(
            model, choose_engine(engine), length, EVALUATION_BATCH,
            from_zero=initial_state == "zero",
        ) as computing,
    ):  # fmt: skip
        return mean_loss(
            computing, windows, 0, EVALUATION_BATCH, carried=initial_state == "carried"
        )
