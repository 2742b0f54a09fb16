"""Training: sequences of labels, the same shifted by one as the target, Adam, Eq 9 as the loss."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm.auto import tqdm

from lstm_md._archives import digest
from lstm_md._checkpoints import Checkpoint, Stop, signals_wait
from lstm_md._checks import label_array, real_number, whole_number
from lstm_md.engines import Engine, choose, engine_for
from lstm_md.model import Settings, settings_of

if TYPE_CHECKING:
    import keras

EVALUATED_AT_ONCE = 64  # sequences


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
        Columns 0 … length − 1 are the input, columns 1 … length the target. Of a single chain
        it is a view, not to be written to.

    Raises
    ------
    ValueError
        If a chain is shorter than ``length`` + 1.
    """
    windows = _windows(label_array(labels), whole_number(length, "sequence_length"))
    return windows.reshape(-1, windows.shape[2]) if len(windows) > 1 else windows[0]


def _windows(labels: NDArray, length: int) -> NDArray[np.unsignedinteger]:
    """The sequences of each chain, shape (chains, sequences, length + 1), without a copy."""
    chains = np.atleast_2d(labels)
    n = (chains.shape[1] - 1) // length
    if n == 0:
        raise ValueError(
            f"labels: expected at least {length + 1} frames a chain for a sequence of "
            f"{length}, found {chains.shape[1]}; give a longer trajectory or a smaller "
            f"sequence_length"
        )
    windows = np.lib.stride_tricks.sliding_window_view(chains, length + 1, axis=1)
    return windows[:, : n * length : length]


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
    learning_rate : float
        Of Adam. The paper gives none; 1e-3 is Adam's own default.
    decay : bool
        Let the learning rate fall to 0 along half a cosine, from the first step to the last.
        At a constant rate the noise of the last steps moves the rare transitions.
    validation_fraction : float
        From 0 (none) to below 1.
    seed : int
        Of the shuffling. Same seed, engine and machine: same weights.
    progress : bool
        Show a bar.
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
    learning_rate = real_number(learning_rate, "learning_rate", above=0)
    fraction = real_number(validation_fraction, "validation_fraction", minimum=0)
    if fraction >= 1:
        raise ValueError(f"validation_fraction: expected less than 1, found {fraction}; give less")
    settings = settings_of(model)
    labels = label_array(labels, n_labels=settings.labels)
    windows = _windows(labels, length)
    n = windows.shape[0] * windows.shape[1]
    n_learned = n - int(round(fraction * n))
    if n_learned == 0:
        raise ValueError(
            f"validation_fraction: {fraction} of {n} sequence(s) leaves none to learn "
            f"from; give more labels or a smaller fraction"
        )
    plan = _Plan(
        epochs, max(n_learned // batch_size, 1), batch_size, n_learned, learning_rate, decay,
        whole_number(seed, "seed", minimum=0),
    )  # fmt: skip
    engine = choose(engine)
    purpose = "" if checkpoint is None else plan.purpose(settings, labels, length, engine)
    keeper = Checkpoint(checkpoint, purpose, checkpoint_minutes)
    with engine_for(model, engine, length, batch_size) as computing, signals_wait() as stop:
        run = _Run(computing, keeper, stop, model)
        if resume:
            run.resume()
        else:
            keeper.forget()
        try:
            run.to_the_end(plan, windows, progress)
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
    labels = label_array(labels, n_labels=settings_of(model).labels)
    length = whole_number(sequence_length, "sequence_length")
    windows = _windows(labels, length)
    n = windows.shape[0] * windows.shape[1]
    with engine_for(model, choose(engine), length, EVALUATED_AT_ONCE) as computing:
        return _mean_loss(computing, windows, 0, n, EVALUATED_AT_ONCE)


@dataclass(frozen=True)
class _Plan:
    """What a training will do, step by step."""

    epochs: int
    steps: int  # an epoch
    batch_size: int
    n_learned: int
    learning_rate: float
    decay: bool
    seed: int

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Of the sequences: from seed and epoch alone, so that no state need be kept."""
        return np.random.default_rng([self.seed, epoch]).permutation(self.n_learned)

    def rate(self, epoch: int, step: int) -> float:
        """The learning rate of a step."""
        if not self.decay:
            return self.learning_rate
        done = (epoch * self.steps + step) / (self.epochs * self.steps)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * done))

    def purpose(self, settings: Settings, labels: NDArray, length: int, engine: str) -> str:
        """All that the weights after each step depend on, a line each."""
        plan = {**vars(self), "sequence_length": length, "engine": engine}
        if not self.decay:
            del plan["epochs"]  # more epochs go on where fewer ended
        content = digest({"labels": labels})
        return "\n".join(["training", f"{settings}", f"labels={content}"]
                         + [f"{name}={value}" for name, value in plan.items()])  # fmt: skip


class _Run:
    """A training under way: what it has done, and how it is saved."""

    def __init__(
        self, engine: Engine, keeper: Checkpoint, stop: Stop, model: keras.Model
    ) -> None:
        self.engine, self.keeper, self.stop, self.model = engine, keeper, stop, model
        self.history = History()
        self.epoch = self.step = 0
        self.of_steps: list[float] = []
        self.begin = time.perf_counter()
        self.first = _digest(model)

    def resume(self) -> None:
        """Take over what the checkpoint holds, if there is one."""
        state = self.keeper.load()
        if state is None:
            return
        if self.first not in (str(state["first"]), str(state["last"])):
            raise ValueError(
                f"checkpoint: {self.keeper.path} belongs to a network with other initial weights; "
                f"make the model with the same seed, give another path, or overwrite it with "
                f"resume=False"
            )
        self.first = str(state["first"])
        self.epoch, self.step = (int(n) for n in state["position"])
        self.of_steps = state["of_steps"].tolist()
        self.begin -= float(state["elapsed"])
        for name in vars(self.history):
            getattr(self.history, name)[:] = state[f"history_{name}"].tolist()
        self.engine.restore(state)

    def save(self) -> None:
        """Write all of it, unless a weight is no longer a number."""
        if self.keeper.path is None:
            return
        self.engine.write_back()
        if not all(np.isfinite(weight).all() for weight in self.model.get_weights()):
            return
        history = {f"history_{name}": np.array(v) for name, v in vars(self.history).items()}
        self.keeper.save(
            {
                **self.engine.state(),
                **history,
                "first": np.array(self.first),
                "last": np.array(_digest(self.model)),
                "position": np.array([self.epoch, self.step]),
                "of_steps": np.array(self.of_steps),
                "elapsed": np.array(time.perf_counter() - self.begin),
            }
        )

    def to_the_end(self, plan: _Plan, windows: NDArray, progress: bool) -> None:
        """Take all steps that are left."""
        total = plan.epochs * plan.steps
        done = min(self.epoch * plan.steps + self.step, total)
        with tqdm(total=total, initial=done, desc="training", unit="step",
                  disable=not progress) as bar:  # fmt: skip
            while self.epoch < plan.epochs and not self.stop:
                self._epoch(plan, windows, bar)

    def _epoch(self, plan: _Plan, windows: NDArray, bar: tqdm) -> None:
        order = plan.order(self.epoch)
        while self.step < plan.steps:
            first = self.step * plan.batch_size
            batch = _take(windows, order[first : first + plan.batch_size])
            loss = self.engine.step(batch, plan.rate(self.epoch, self.step))
            if not math.isfinite(loss):
                raise FloatingPointError(
                    f"learning_rate: the loss became {loss} in epoch {self.epoch + 1}; lower it"
                    + (f" ({self.keeper.path} holds the last good state)" if self._kept() else "")
                )
            self.of_steps.append(loss)
            self.step += 1
            bar.update()
            if self.stop or self.keeper.due():
                self.save()
                if self.stop:
                    return
        held = _mean_loss(
            self.engine, windows, plan.n_learned, windows.shape[0] * windows.shape[1],
            plan.batch_size,
        )  # fmt: skip
        self.history.loss.append(float(np.mean(self.of_steps)))
        self.history.validation_loss.append(held)
        self.history.seconds.append(time.perf_counter() - self.begin)
        bar.set_postfix(loss=f"{self.history.loss[-1]:.4f}", validation=f"{held:.4f}")
        self.epoch, self.step, self.of_steps = self.epoch + 1, 0, []
        self.begin = time.perf_counter()
        self.save()

    def _kept(self) -> bool:
        return self.keeper.path is not None and self.keeper.path.is_file()


def _take(windows: NDArray, which: NDArray) -> NDArray:
    """Some sequences, counted through all chains."""
    return windows[which // windows.shape[1], which % windows.shape[1]]


def _mean_loss(engine: Engine, windows: NDArray, first: int, last: int, at_once: int) -> float:
    """Over the sequences from ``first`` to before ``last``; NaN if there are none."""
    total = 0.0
    for start in range(first, last, at_once):
        which = np.arange(start, min(start + at_once, last))
        total += len(which) * engine.loss(_take(windows, which))
    return total / (last - first) if last > first else math.nan


def _digest(model: keras.Model) -> str:
    return digest({str(k): weight for k, weight in enumerate(model.get_weights())})
