"""A training under way: what it will do, what it has done, and how it goes on after a stop."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lstm_md._support.archives import digest
from lstm_md._support.checkpoints import Checkpoint, Stop


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


def windows_of(labels: NDArray, length: int) -> NDArray[np.unsignedinteger]:
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


@dataclass(frozen=True)
class Plan:
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

    def purpose(self, settings: Any, labels: NDArray, length: int, engine: str) -> str:
        """All that the weights after each step depend on, a line each."""
        plan = {**vars(self), "sequence_length": length, "engine": engine}
        if not self.decay:
            del plan["epochs"]  # more epochs go on where fewer ended
        content = digest({"labels": labels})
        return "\n".join(["training", f"{settings}", f"labels={content}"]
                         + [f"{name}={value}" for name, value in plan.items()])  # fmt: skip


class TrainingLoop:
    """A training under way: what it has done, and how it is saved."""

    def __init__(self, engine: Any, keeper: Checkpoint, stop: Stop, model: Any) -> None:
        self.engine, self.keeper, self.stop, self.model = engine, keeper, stop, model
        self.history = History()
        self.epoch = self.step = 0
        self.of_steps: list[float] = []
        self.begin = time.perf_counter()
        self.first = _digest(model) if keeper.path is not None else ""

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

    def to_the_end(self, plan: Plan, windows: NDArray, title: str | None) -> None:
        """Take all steps that are left, under a bar of that title, if there is one."""
        total = plan.epochs * plan.steps
        done = min(self.epoch * plan.steps + self.step, total)
        with tqdm(total=total, initial=done, desc=title, unit="step",
                  disable=title is None) as bar:  # fmt: skip
            while self.epoch < plan.epochs and not self.stop:
                self._epoch(plan, windows, bar)

    def _epoch(self, plan: Plan, windows: NDArray, bar: tqdm) -> None:
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
        held = mean_loss(
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


def mean_loss(engine: Any, windows: NDArray, first: int, last: int, at_once: int) -> float:
    """Over the sequences from ``first`` to before ``last``; NaN if there are none."""
    total = 0.0
    for start in range(first, last, at_once):
        which = np.arange(start, min(start + at_once, last))
        total += len(which) * engine.loss(_take(windows, which))
    return total / (last - first) if last > first else math.nan


def _digest(model: Any) -> str:
    return digest({str(k): weight for k, weight in enumerate(model.get_weights())})
