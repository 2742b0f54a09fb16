"""A training loop with its plan, its history, and its resumption after a stop."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lstm_md._support.archives import digest
from lstm_md._support.checkpoints import Checkpoint, Stop, must_be, threads_of
from lstm_md._support.checks import Chains

if TYPE_CHECKING:
    import keras

    from lstm_md.engine.steps import Engine
    from lstm_md.engine.windows import Batch, Windows


INITIAL_STATES = ("zero", "carried", "warmed")
ORDERS = ("shuffled", "contiguous")


@dataclass
class History:
    """The course of a training, one value per epoch.

    Attributes
    ----------
    loss : list of float
        Training loss (Eq 9) in nats per label: the mean over the steps of the epoch.
    validation_loss : list of float
        Loss on the held-back sequences after the epoch; nan if nothing was held back.
    seconds : list of float
        Wall time of each epoch.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingPlan:
    """What a training will do, step by step."""

    epochs: int
    steps: int  # per epoch
    batch_size: int
    n_training: int  # sequences that are learned; the others are held back
    learning_rate: float
    decay: bool
    epsilon: float
    reading_order: str  # one of ORDERS
    initial_state: str  # one of INITIAL_STATES
    seed: int

    @property
    def rows(self) -> int:
        """Sequences that are read side by side."""
        return min(self.batch_size, self.n_training)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Order the sequences, shape (steps, rows).

        The order depends on seed and epoch alone, so that no state has to be saved. Sequences that
        do not fill a batch are left out: other ones in each epoch.
        """
        rows = self.rows
        rng = np.random.default_rng([self.seed, epoch])
        if self.reading_order == "shuffled":
            which = rng.permutation(self.n_training)[: self.steps * rows]
            return which.reshape(self.steps, rows)
        left_out = self.n_training - self.steps * rows
        stretches = np.arange(self.steps * rows).reshape(rows, self.steps)
        return rng.integers(left_out + 1) + stretches.T

    def batch(self, windows: Windows, epoch: int, step: int, which: NDArray[np.int64]) -> Batch:
        """Copy the sequences of a step, and say which of them start with h = c = 0."""
        if self.initial_state != "carried":
            fresh = np.full(len(which), True)
        elif self.reading_order == "shuffled":
            fresh = np.full(len(which), epoch == 0 and step == 0)
        else:
            fresh = (step == 0) | windows.begin_a_chain(which)
        return windows.batch(which, fresh)

    def rate(self, epoch: int, step: int) -> float:
        """Compute the learning rate of a step."""
        if not self.decay:
            return self.learning_rate
        done = (epoch * self.steps + step) / (self.epochs * self.steps)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * done))

    def purpose(self, size: Any, chains: Chains, windows: Windows, engine: str) -> str:
        """Describe, line by line, everything that decides the weights after each step."""
        cut = {"sequence_length": windows.length, "stride": windows.stride}
        plan = {**vars(self), **cut, "warm_up": windows.warm_up, "engine": engine}
        if not self.decay:
            del plan["epochs"]  # at a constant rate, more epochs continue a shorter training
        lines = [f"{name}={value}" for name, value in plan.items()]
        rows = chains.rows
        if rows is None:
            labels = digest({"labels": chains.flat, "starts": chains.starts})
        else:
            labels = digest({"labels": rows.reshape(chains.shape or rows.shape)})
        return "\n".join(["training", str(size), f"labels={labels}", *lines])


class TrainingLoop:
    """A training: the loop over its steps, its history, and its checkpoint."""

    def __init__(
        self,
        engine: Engine,
        checkpoint: Checkpoint,
        stop: Stop,
        model: keras.Model,
        plan: TrainingPlan,
    ) -> None:
        self.engine, self.checkpoint, self.stop, self.model = engine, checkpoint, stop, model
        self.plan = plan
        self.history = History()
        self.epoch = self.step = 0
        self.step_losses: list[float] = []  # of the epoch that is under way
        self.threads: int | None = None  # of BLAS
        self.start = time.perf_counter()
        self.initial_weights = _digest(model.get_weights()) if checkpoint.path is not None else ""

    @property
    def finished(self) -> bool:
        return self.epoch >= self.plan.epochs

    def resume(self) -> None:
        """Continue from the checkpoint, if there is one."""
        state = self.checkpoint.load(self._checked)
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
        if self.epoch > self.plan.epochs:
            raise ValueError(
                f"epochs: {self.checkpoint.path} holds a training of {self.epoch} epochs, more "
                f"than epochs={self.plan.epochs}; give another checkpoint, or more epochs"
            )
        self.step_losses = state["step_losses"].tolist()
        self.start -= float(state["elapsed"])
        self.threads = threads_of(state)
        for name in vars(self.history):
            getattr(self.history, name)[:] = state[f"history_{name}"].tolist()
        self.engine.restore(state)

    def _checked(self, state: dict[str, NDArray]) -> dict[str, NDArray]:
        """Return a state of this training, and raise an error if it cannot be one."""
        for name, array in self.engine.state().items():
            # A weight can be as large as it likes, but a mean square has no sign.
            must_be(state, name, array.dtype, array.shape, 0 if "square" in name else -np.inf)
        epoch, step = (int(n) for n in state["position"])
        if epoch < 0 or not 0 <= step <= self.plan.steps:
            raise ValueError(f"position: found epoch {epoch} and step {step}")
        threads_of(state)
        number, low = np.dtype(np.float64), -1e-3  # a loss of zero is rounded
        must_be(state, "step_losses", number, (step,), low)
        must_be(state, "history_loss", number, (epoch,), low)
        must_be(state, "history_seconds", number, (epoch,), 0)
        must_be(state, "elapsed", number, (), 0)
        name = "history_validation_loss"
        # It is NaN if nothing is held back.
        held_back = np.nan_to_num(state[name], posinf=np.inf, neginf=-np.inf)
        must_be({name: held_back}, name, number, (epoch,), low)
        kind = "weight" if "weight_0" in state else "variable"
        weights = [state[f"{kind}_{k}"] for k in range(len(self.model.get_weights()))]
        if _digest(weights) != str(state["weights"]):
            raise ValueError("weights: found others than those that were saved")
        if (
            int(state.get("steps", epoch * self.plan.steps + step))
            != epoch * self.plan.steps + step
        ):
            raise ValueError(f"steps: found {state['steps']} in epoch {epoch}, step {step}")
        return state

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
                "weights": np.array(_digest(self.model.get_weights())),
                "threads": np.array(self.threads, np.int64),
                "position": np.array([self.epoch, self.step]),
                "step_losses": np.array(self.step_losses),
                "elapsed": np.array(time.perf_counter() - self.start),
            }
        )

    def run(self, windows: Windows, title: str | None) -> None:
        """Take all remaining steps; a title shows a progress bar."""
        if self.finished:
            return
        self.checkpoint.must_be_writable()
        plan = self.plan
        total = plan.epochs * plan.steps
        done = min(self.epoch * plan.steps + self.step, total)
        with tqdm(total=total, initial=done, desc=title, unit="step",
                  disable=title is None) as bar:  # fmt: skip
            while not self.finished and not self.stop:
                self._run_epoch(windows, bar)

    def _run_epoch(self, windows: Windows, bar: tqdm) -> None:
        plan = self.plan
        order = plan.order(self.epoch)
        while self.step < plan.steps:
            batch = plan.batch(windows, self.epoch, self.step, order[self.step])
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
        validation = mean_loss(
            self.engine, windows, plan.n_training, plan.rows,
            carried=plan.initial_state == "carried", stop=self.stop,
        )  # fmt: skip
        if self.stop:
            return self.save()
        self.history.loss.append(float(np.mean(self.step_losses)))
        self.history.validation_loss.append(validation)
        self.history.seconds.append(time.perf_counter() - self.start)
        bar.set_postfix(loss=f"{self.history.loss[-1]:.4f}", validation=f"{validation:.4f}")
        self.epoch, self.step, self.step_losses = self.epoch + 1, 0, []
        self.start = time.perf_counter()
        self.save()


def mean_loss(
    engine: Engine,
    windows: Windows,
    first: int,
    rows: int,
    *,
    carried: bool = False,
    stop: Stop | None = None,
) -> float:
    """Compute the mean loss of the sequences from ``first`` on; NaN without any, or if stopped.

    With ``carried``, each row reads its own stretch of the labels in order, and only starts with
    h = c = 0 where the stretch or a chain begins.
    """
    end = len(windows)
    rows = min(rows, end - first)
    if rows < 1:
        return math.nan
    # All rows are equally long, or the first ones are one sequence longer.
    stretches = np.array_split(np.arange(first, end), rows)
    total = 0.0
    for step in range(len(stretches[0])):
        if stop:
            return math.nan
        if carried:
            which = np.array([row[step] for row in stretches if step < len(row)])
            fresh = windows.begin_a_chain(which) | (step == 0)
        else:
            which = np.arange(first + step * rows, min(first + (step + 1) * rows, end))
            fresh = np.full(len(which), True)
        total += len(which) * engine.loss(windows.batch(which, fresh))
    return total / (end - first)


def _digest(weights: Sequence[NDArray]) -> str:
    return digest({str(k): weight for k, weight in enumerate(weights)})
