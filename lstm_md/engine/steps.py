"""Two engines that take the same training steps: one compiled for the CPU, and Keras."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from lstm_md._support.compiled import compiled
from lstm_md.engine.gradients import Batches
from lstm_md.engine.lstm import FAST_MATH, Array, Weights, parallel_map
from lstm_md.model import size_of

if TYPE_CHECKING:
    import keras

ENGINES = ("auto", "compiled", "keras")
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # the defaults of Keras's Adam


class Engine(Protocol):
    """What a training needs of an engine."""

    def step(self, batch: NDArray, rate: float) -> float:
        """Take one step of Adam on sequences (rows, frames + 1); return the loss before it."""

    def loss(self, batch: NDArray) -> float:
        """Compute the mean loss per label (Eq 9) in nats, of at most one batch of sequences."""

    def state(self) -> dict[str, NDArray]:
        """Collect everything that decides the next steps: weights, moments, number of steps."""

    def restore(self, state: dict[str, NDArray]) -> None:
        """Return to a state, bit by bit."""

    def write_back(self) -> None:
        """Copy the current weights into the model."""


def choose_engine(name: str) -> str:
    """Replace "auto" by "keras" if the backend has a GPU, and by "compiled" otherwise.

    Raises
    ------
    ValueError
        If there is no such engine.
    """
    if not isinstance(name, str) or name not in ENGINES:
        raise ValueError(
            f"engine: expected one of {', '.join(ENGINES)}, found {name!r}; use one of these"
        )
    if name != "auto":
        return name
    return "keras" if has_gpu() else "compiled"


def progress_title(work: str, requested: str, engine: str) -> str:
    """Describe the work and where it runs, for a progress bar."""
    if engine == "compiled":
        without = ", no GPU found" if requested == "auto" else ""
        return f"{work} on the CPU (compiled engine{without})"
    return f"{work} on the {'GPU' if has_gpu() else 'CPU'} (Keras)"


def has_gpu() -> bool:
    """Ask the Keras backend for a GPU."""
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
    """Yield an engine (not "auto") for batches of at most ``rows`` sequences."""
    if name == "keras":
        with _keras_in_float32():
            yield KerasEngine(model, rows)
    else:
        units = size_of(model).units
        with parallel_map(units) as parallel:
            yield CompiledEngine(model, Batches(frames, rows, units, parallel))


_floatx = threading.Lock()


@contextmanager
def _keras_in_float32() -> Iterator[None]:
    """Let Keras compute losses, rates and means in float32, whatever the user's default is."""
    import keras

    usual = keras.config.floatx()
    if usual == "float32":
        yield
        return
    with _floatx:
        keras.config.set_floatx("float32")
        try:
            yield
        finally:
            keras.config.set_floatx(usual)


class CompiledEngine:
    """NumPy and numba: faster on the CPU than any Keras backend, with the same result on each."""

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
        return {"steps": np.array(self.steps)} | self._arrays()

    def restore(self, state: dict[str, NDArray]) -> None:
        self.steps = int(state["steps"])
        for name, array in self._arrays().items():
            array[...] = state[name]

    def _arrays(self) -> dict[str, NDArray]:
        arrays: dict[str, NDArray] = {}
        for k, (weight, (mean, square)) in enumerate(zip(self.weights, self.moments)):
            arrays |= {f"weight_{k}": weight, f"mean_{k}": mean, f"square_{k}": square}
        return arrays

    def write_back(self) -> None:
        self.model.set_weights(list(self.weights))


@compiled(nogil=True, fastmath=FAST_MATH, error_model="numpy")
def _adam(weight: Array, gradient: Array, mean: Array, square: Array, rate: Any) -> None:
    for n in range(weight.size):
        g = gradient[n]
        m = mean[n] + (g - mean[n]) * np.float32(1 - BETA_1)
        v = square[n] + (g * g - square[n]) * np.float32(1 - BETA_2)
        mean[n], square[n] = m, v
        weight[n] -= m * rate / (np.sqrt(v) + np.float32(EPSILON))


class KerasEngine:
    """Keras's own training step, which runs on a GPU with the fused LSTM of the backend."""

    def __init__(self, model: keras.Model, rows: int) -> None:
        import keras

        on_tensorflow = keras.backend.backend() == "tensorflow"
        self.model, self.rows = model, rows
        model.compile(
            optimizer=_keras_adam(on_tensorflow),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            # With XLA, TensorFlow cannot use cuDNN, and its loop on the CPU takes twice as long.
            # JAX needs XLA.
            jit_compile=not on_tensorflow,
            auto_scale_loss=False,  # it would be scaled if the user's policy is mixed_float16
        )
        model.optimizer.build(model.trainable_variables)

    def step(self, batch: NDArray, rate: float) -> float:
        self.model.optimizer.learning_rate = rate
        self.model.reset_metrics()  # some versions of Keras would return a running mean
        return float(self.model.train_on_batch(batch[:, :-1], batch[:, 1:]))

    def loss(self, batch: NDArray) -> float:
        # The batch is filled up with copies of its last sequence: Keras would compile another
        # shape again, and several devices need equal shares.
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
        pass  # the model itself is trained


def _keras_adam(on_tensorflow: bool) -> keras.optimizers.Optimizer:
    import keras

    class Adam(keras.optimizers.Adam):
        def apply(self, grads: list, trainable_variables: list | None = None) -> None:
            if on_tensorflow:
                # TensorFlow gives the gradient of an embedding as a list with one entry per
                # frame. Keras squares the entries before it adds those of one label, which makes
                # the second moment too small and the steps of the embedding many times too
                # large. Adam as published needs the sum first.
                import tensorflow

                grads = [tensorflow.convert_to_tensor(gradient) for gradient in grads]
            super().apply(grads, trainable_variables)

    return Adam()
