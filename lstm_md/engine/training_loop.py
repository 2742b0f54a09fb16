"""A training loop with its plan, its history, and its resumption after a stop."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lstm_md._support.archives import digest
from lstm_md._support.checkpoints import Checkpoint, Stop

if TYPE_CHECKING:
    import keras

    from lstm_md.engine.steps import Engine


@dataclass
class History:
    """The course of a training, one value per epoch.

    Attributes
    ----------
    loss : list of float
        Training loss (Eq 9) in nats per label: the mean over the steps of the epoch.
    validation_loss : list of float
        Loss on the held-back sequences after the epoch.
    seconds : list of float
        Wall time.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def cut_windows(labels: NDArray, length: int) -> NDArray[np.unsignedinteger]:
    """Cut each chain into sequences, shape (chains, sequences, length + 1), without a copy."""
    chains = np.atleast_2d(labels)
    n = (chains.shape[1] - 1) // length
    if n == 0:
        raise ValueError(
            f"labels: expected at least {length + 1} frames per chain for a sequence of "
            f"{length}, found {chains.shape[1]}; give a longer trajectory or a smaller "
            f"sequence_length"
        )
    windows = np.lib.stride_tricks.sliding_window_view(chains, length + 1, axis=1)
    return windows[:, : n * length : length]


@dataclass(frozen=True)
class TrainingPlan:
    """What a training will do, step by step."""

    epochs: int
    steps: int  # per epoch
    batch_size: int
    n_training: int  # sequences that are learned; the others are held back
    learning_rate: float
    decay: bool
    seed: int

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Shuffle the sequences, by seed and epoch alone, so that no state has to be saved."""
        return np.random.default_rng([self.seed, epoch]).permutation(self.n_training)

    def rate(self, epoch: int, step: int) -> float:
        """Compute the learning rate of a step."""
        if not self.decay:
            return self.learning_rate
        done = (epoch * self.steps + step) / (self.epochs * self.steps)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * done))

    def purpose(self, size: Any, labels: NDArray, length: int, engine: str) -> str:
        """Describe, line by line, everything that decides the weights after each step."""
        plan = {**vars(self), "sequence_length": length, "engine": engine}
        if not self.decay:
            del plan["epochs"]  # at a constant rate, more epochs continue a shorter training
        lines = [f"{name}={value}" for name, value in plan.items()]
        return "\n".join(["training", str(size), f"labels={digest({'labels': labels})}", *lines])


class TrainingLoop:
    """A training: the loop over its steps, its history, and its checkpoint."""

    def __init__(
        self, engine: Engine, checkpoint: Checkpoint, stop: Stop, model: keras.Model
    ) -> None:
        self.engine, self.checkpoint, self.stop, self.model = engine, checkpoint, stop, model
        self.history = History()
        self.epoch = self.step = 0
        self.step_losses: list[float] = []  # of the epoch that is under way
        self.start = time.perf_counter()
        self.initial_weights = _digest(model) if checkpoint.path is not None else ""

    def resume(self) -> None:
        """Continue from the checkpoint, if there is one."""
        state = self.checkpoint.load()
        if state is None:
            return
        if self.initial_weights not in (str(state["initial_weights"]), str(state["weights"])):
            raise ValueError(
                f"checkpoint: {self.checkpoint.path} belongs to a network with other initial "
                f"weights; make the model with the same seed, give another path, or overwrite "
                f"the file with resume=False"
            )
        self.initial_weights = str(state["initial_weights"])
        self.epoch, self.step = (int(n) for n in state["position"])
        self.step_losses = state["step_losses"].tolist()
        self.start -= float(state["elapsed"])
        for name in vars(self.history):
            getattr(self.history, name)[:] = state[f"history_{name}"].tolist()
        self.engine.restore(state)

    def save(self) -> None:
        """Write the checkpoint, unless a weight is no longer finite."""
        if self.checkpoint.path is None:
            return
        self.engine.write_back()
        if not all(np.isfinite(weight).all() for weight in self.model.get_weights()):
            return
        history = {f"history_{name}": np.array(v) for name, v in vars(self.history).items()}
        self.checkpoint.save(
            {
                **self.engine.state(),
                **history,
                "initial_weights": np.array(self.initial_weights),
                "weights": np.array(_digest(self.model)),
                "position": np.array([self.epoch, self.step]),
                "step_losses": np.array(self.step_losses),
                "elapsed": np.array(time.perf_counter() - self.start),
            }
        )

    def run(self, plan: TrainingPlan, windows: NDArray, title: str | None) -> None:
        """Take all remaining steps; a title shows a progress bar."""
        total = plan.epochs * plan.steps
        done = min(self.epoch * plan.steps + self.step, total)
        with tqdm(total=total, initial=done, desc=title, unit="step",
                  disable=title is None) as bar:  # fmt: skip
            while self.epoch < plan.epochs and not self.stop:
                self._run_epoch(plan, windows, bar)

    def _run_epoch(self, plan: TrainingPlan, windows: NDArray, bar: tqdm) -> None:
        order = plan.order(self.epoch)
        while self.step < plan.steps:
            first = self.step * plan.batch_size
            batch = _select(windows, order[first : first + plan.batch_size])
            loss = self.engine.step(batch, plan.rate(self.epoch, self.step))
            if not math.isfinite(loss):
                path = self.checkpoint.path
                kept = f" ({path} holds the last good state)" if path and path.is_file() else ""
                raise FloatingPointError(
                    f"learning_rate: the loss became {loss} in epoch {self.epoch + 1}; train "
                    f"again with a lower rate{kept}"
                )
            self.step_losses.append(loss)
            self.step += 1
            bar.update()
            if self.stop or self.checkpoint.due():
                self.save()
                if self.stop:
                    return
        n = windows.shape[0] * windows.shape[1]
        validation = mean_loss(self.engine, windows, plan.n_training, n, plan.batch_size)
        self.history.loss.append(float(np.mean(self.step_losses)))
        self.history.validation_loss.append(validation)
        self.history.seconds.append(time.perf_counter() - self.start)
        bar.set_postfix(loss=f"{self.history.loss[-1]:.4f}", validation=f"{validation:.4f}")
        self.epoch, self.step, self.step_losses = self.epoch + 1, 0, []
        self.start = time.perf_counter()
        self.save()


def mean_loss(engine: Engine, windows: NDArray, first: int, stop: int, batch_size: int) -> float:
    """Compute the mean loss of the sequences ``first`` to ``stop`` − 1; NaN without any."""
    total = 0.0
    for start in range(first, stop, batch_size):
        which = np.arange(start, min(start + batch_size, stop))
        total += len(which) * engine.loss(_select(windows, which))
    return total / (stop - first) if stop > first else math.nan


def _select(windows: NDArray, which: NDArray) -> NDArray:
    """Copy some sequences, numbered through all chains."""
    return windows[which // windows.shape[1], which % windows.shape[1]]


def _digest(model: keras.Model) -> str:
    return digest({str(k): weight for k, weight in enumerate(model.get_weights())})
