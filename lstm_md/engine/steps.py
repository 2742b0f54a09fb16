"""Two ways to take the same steps of training: compiled for the CPU, and Keras's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from lstm_md._support.compiled import compiled
from lstm_md.engine.gradients import Batches
from lstm_md.engine.lstm import MATH, Array, Weights, workers
from lstm_md.model import size_of

if TYPE_CHECKING:
    import keras

ENGINES = ("auto", "compiled", "keras")
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Keras's own of Adam


class Engine(Protocol):
    """What a training needs of the thing that computes."""

    def step(self, batch: NDArray, rate: float) -> float:
        """One step of Adam on sequences (rows, frames + 1); the loss before the step."""

    def loss(self, batch: NDArray) -> float:
        """The mean of Eq 9 a label, in nats, of as many sequences as a step takes, or fewer."""

    def state(self) -> dict[str, NDArray]:
        """Everything that the next steps depend on: weights, moments, number of steps."""

    def restore(self, state: dict[str, NDArray]) -> None:
        """Go back to a state, bit by bit."""

    def write_back(self) -> None:
        """Give the model the weights as they are now."""


def choose(name: str) -> str:
    """The name of an engine for "auto": "keras" where the backend has a GPU, else "compiled".

    Raises
    ------
    ValueError
        If there is no such engine.
    """
    if name not in ENGINES:
        raise ValueError(f"engine: expected one of {', '.join(ENGINES)}, found {name!r}")
    if name != "auto":
        return name
    return "keras" if has_gpu() else "compiled"


def described(work: str, asked: str, engine: str) -> str:
    """What a bar says: the work and where it is done; "auto" that found no GPU says that too."""
    if engine == "compiled":
        found = "no GPU found: " if asked == "auto" else ""
        return f"{found}{work} on the CPU, compiled"
    return f"{work} on the GPU, by Keras" if has_gpu() else f"{work} by Keras"


def has_gpu() -> bool:
    """Whether Keras's backend would compute on a GPU."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow

        return bool(tensorflow.config.list_physical_devices("GPU"))
    if keras.backend.backend() == "jax":
        import jax

        return jax.default_backend() == "gpu"
    return False


@contextmanager
def engine_for(model: keras.Model, name: str, frames: int, rows: int) -> Iterator[Engine]:
    """An engine by its name (not "auto") for batches of at most ``rows`` sequences."""
    if name == "keras":
        yield KerasEngine(model, rows)
    else:
        units = size_of(model).units
        with workers(units) as spread:
            yield CompiledEngine(model, Batches(frames, rows, units, spread))


class CompiledEngine:
    """NumPy and numba: on the CPU faster than Keras on any backend, and the same on all of them."""

    def __init__(self, model: keras.Model, batches: Batches) -> None:
        self.model, self.batches = model, batches
        self.weights = Weights(*(np.array(w, np.float32, order="C") for w in model.get_weights()))
        self.moments = [(np.zeros(w.size, np.float32), np.zeros(w.size, np.float32))
                        for w in self.weights]  # fmt: skip
        self.steps = 0

    def step(self, batch: NDArray, rate: float) -> float:
        loss, gradients = self.batches.gradients(self.weights, batch)
        self.steps += 1
        rate *= float(np.sqrt(1 - BETA_2**self.steps) / (1 - BETA_1**self.steps))
        for weight, gradient, (mean, square) in zip(self.weights, gradients, self.moments):
            _adam(weight.reshape(-1), gradient.reshape(-1), mean, square, np.float32(rate))
        return loss

    def loss(self, batch: NDArray) -> float:
        return self.batches.loss(self.weights, batch)

    def state(self) -> dict[str, NDArray]:
        state: dict[str, NDArray] = {"steps": np.array(self.steps)}
        for k, (weight, (mean, square)) in enumerate(zip(self.weights, self.moments)):
            state |= {f"weight_{k}": weight, f"mean_{k}": mean, f"square_{k}": square}
        return state

    def restore(self, state: dict[str, NDArray]) -> None:
        self.steps = int(state["steps"])
        for k, (weight, (mean, square)) in enumerate(zip(self.weights, self.moments)):
            weight[...] = state[f"weight_{k}"]
            mean[...] = state[f"mean_{k}"]
            square[...] = state[f"square_{k}"]

    def write_back(self) -> None:
        self.model.set_weights(list(self.weights))


@compiled(nogil=True, fastmath=MATH, error_model="numpy")
def _adam(weight: Array, gradient: Array, mean: Array, square: Array, rate: Any) -> None:
    for n in range(weight.size):
        g = gradient[n]
        m = mean[n] + (g - mean[n]) * np.float32(1 - BETA_1)
        v = square[n] + (g * g - square[n]) * np.float32(1 - BETA_2)
        mean[n], square[n] = m, v
        weight[n] -= m * rate / (np.sqrt(v) + np.float32(EPSILON))


class KerasEngine:
    """Keras's own train step, which runs on a GPU with the backend's fused LSTM."""

    def __init__(self, model: keras.Model, rows: int) -> None:
        import keras

        on_tensorflow = keras.backend.backend() == "tensorflow"
        self.model, self.rows = model, rows
        model.compile(
            optimizer=_keras_adam(on_tensorflow),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            # With XLA, TensorFlow has no cuDNN, and on the CPU its loop takes twice as long;
            # JAX has no other way.
            jit_compile=not on_tensorflow,
        )
        model.optimizer.build(model.trainable_variables)

    def step(self, batch: NDArray, rate: float) -> float:
        self.model.optimizer.learning_rate = rate
        self.model.reset_metrics()  # else some versions of Keras give a running mean
        return float(self.model.train_on_batch(batch[:, :-1], batch[:, 1:]))

    def loss(self, batch: NDArray) -> float:
        # Filled up: another shape would be compiled anew, and several devices share it evenly.
        rows = np.minimum(np.arange(max(self.rows, len(batch))), len(batch) - 1)
        logits = self.model.predict_on_batch(batch[rows, :-1])[: len(batch)].astype(np.float64)
        chosen = np.take_along_axis(logits, batch[:, 1:, None].astype(np.intp), axis=2)[..., 0]
        return float(np.mean(logsumexp(logits, axis=2) - chosen))

    def state(self) -> dict[str, NDArray]:
        import keras

        variables = self.model.weights + self.model.optimizer.variables
        return {
            f"variable_{k}": np.array(keras.ops.convert_to_numpy(variable))
            for k, variable in enumerate(variables)
        }

    def restore(self, state: dict[str, NDArray]) -> None:
        for k, variable in enumerate(self.model.weights + self.model.optimizer.variables):
            variable.assign(state[f"variable_{k}"])

    def write_back(self) -> None:
        pass  # the model is what was trained


def _keras_adam(on_tensorflow: bool) -> keras.optimizers.Optimizer:
    import keras

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

    return Adam()
