"""Two engines that take the same training steps: one compiled for the CPU, and Keras."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from lstm_md._support.checks import one_of
from lstm_md._support.compiled import compiled
from lstm_md.engine.gradients import Batches
from lstm_md.engine.lstm import FAST_MATH, Array, Weights, parallel_map
from lstm_md.engine.windows import Batch
from lstm_md.model import size_of

if TYPE_CHECKING:
    import keras

ENGINES = ("auto", "compiled", "keras")
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # the defaults of Keras's Adam


class Engine(Protocol):
    """What a training needs of an engine."""

    def step(self, batch: Batch, rate: float) -> float:
        """Take one step of Adam on some sequences; return the loss before it."""

    def loss(self, batch: Batch) -> float:
        """Compute the mean loss per label (Eq 9) in nats, of at most one batch of sequences.

        The states that it carries are not those of the training.
        """

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
    if one_of(name, "engine", ENGINES) != "auto":
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
def engine_for(
    model: keras.Model,
    name: str,
    frames: int,
    rows: int,
    *,
    from_zero: bool = True,
    epsilon: float = EPSILON,
) -> Iterator[Engine]:
    """Yield an engine (not "auto") for batches of at most ``rows`` sequences.

    ``from_zero`` promises that all sequences are fresh, and that nothing is read before them.
    """
    if name == "keras":
        with _keras_in_float32():
            yield KerasEngine(model, rows, from_zero=from_zero, epsilon=epsilon)
    else:
        units = size_of(model).units
        with parallel_map(units) as parallel:
            yield CompiledEngine(model, Batches(frames, rows, units, parallel), epsilon)


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

    def __init__(self, model: keras.Model, batches: Batches, epsilon: float = EPSILON) -> None:
        self.model, self.batches, self.epsilon = model, batches, np.float32(epsilon)
        self.weights = Weights(*(np.array(w, np.float32, order="C") for w in model.get_weights()))
        self.moments = [(np.zeros(w.size, np.float32), np.zeros(w.size, np.float32))
                        for w in self.weights]  # fmt: skip
        self.steps = 0
        self.carried, self.carried_in_evaluation = batches.zero_state(), batches.zero_state()

    def step(self, batch: Batch, rate: float) -> float:
        loss, gradients = self.batches.gradients(self.weights, batch, self.carried)
        self.steps += 1
        rate *= float(np.sqrt(1 - BETA_2**self.steps) / (1 - BETA_1**self.steps))
        for weight, gradient, (mean, square) in zip(self.weights, gradients, self.moments):
            _adam(
                weight.reshape(-1), gradient.reshape(-1), mean, square, np.float32(rate),
                self.epsilon,
            )  # fmt: skip
        return loss

    def loss(self, batch: Batch) -> float:
        return self.batches.loss(self.weights, batch, self.carried_in_evaluation)

    def state(self) -> dict[str, NDArray]:
        return {"steps": np.array(self.steps)} | self._arrays()

    def restore(self, state: dict[str, NDArray]) -> None:
        self.steps = int(state["steps"])
        for name, array in self._arrays().items():
            array[...] = state[name]

    def _arrays(self) -> dict[str, NDArray]:
        arrays: dict[str, NDArray] = {"carried": self.carried}
        for k, (weight, (mean, square)) in enumerate(zip(self.weights, self.moments)):
            arrays |= {f"weight_{k}": weight, f"mean_{k}": mean, f"square_{k}": square}
        return arrays

    def write_back(self) -> None:
        self.model.set_weights(list(self.weights))


@compiled(nogil=True, fastmath=FAST_MATH, error_model="numpy")
def _adam(
    weight: Array, gradient: Array, mean: Array, square: Array, rate: Any, epsilon: Any
) -> None:
    for n in range(weight.size):
        g = gradient[n]
        m = mean[n] + (g - mean[n]) * np.float32(1 - BETA_1)
        v = square[n] + (g * g - square[n]) * np.float32(1 - BETA_2)
        mean[n], square[n] = m, v
        weight[n] -= m * rate / (np.sqrt(v) + epsilon)


class KerasEngine:
    """Keras's own training step, which runs on a GPU with the fused LSTM of the backend.

    A network of :func:`lstm_md.model.language_model` starts every sequence with h = c = 0. Where
    the training does not, a copy is trained whose LSTM is ``stateful``, as Keras calls it.
    """

    def __init__(
        self,
        model: keras.Model,
        rows: int,
        *,
        from_zero: bool = True,
        epsilon: float = EPSILON,
    ) -> None:
        import keras

        on_tensorflow = keras.backend.backend() == "tensorflow"
        self.model, self.rows, self.from_zero = model, rows, from_zero
        self.network = network = model if from_zero else _stateful_copy(model, rows)
        network.compile(
            optimizer=_keras_adam(on_tensorflow, epsilon),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            # With XLA, TensorFlow cannot use cuDNN, and its loop on the CPU takes twice as long.
            # JAX needs XLA.
            jit_compile=not on_tensorflow,
            auto_scale_loss=False,  # it would be scaled if the user's policy is mixed_float16
        )
        network.optimizer.build(network.trainable_variables)
        self.variables = network.trainable_variables + network.optimizer.variables
        units = 0 if from_zero else size_of(model).units
        self.carried, self.carried_in_evaluation = np.zeros((2, 2, rows, units), np.float32)

    def step(self, batch: Batch, rate: float) -> float:
        self.network.optimizer.learning_rate = rate
        self.network.reset_metrics()  # some versions of Keras would return a running mean
        labels = batch.labels
        with self._reading(batch, self.carried):
            return float(self.network.train_on_batch(labels[:, :-1], labels[:, 1:]))

    def loss(self, batch: Batch) -> float:
        n, labels = len(batch.labels), batch.labels
        with self._reading(batch, self.carried_in_evaluation):
            logits = self._predict(labels[:, :-1])[:n].astype(np.float64)
        chosen = np.take_along_axis(logits, labels[:, 1:, None].astype(np.intp), axis=2)[..., 0]
        return float(np.mean(logsumexp(logits, axis=2) - chosen))

    def _predict(self, labels: NDArray) -> NDArray:
        # The batch is filled up with copies of its last sequence: Keras would compile another
        # shape again, and several devices need equal shares.
        rows = np.minimum(np.arange(max(self.rows, len(labels))), len(labels) - 1)
        return np.asarray(self.network.predict_on_batch(labels[rows]))

    @contextmanager
    def _reading(self, batch: Batch, carried: Array) -> Iterator[None]:
        """Start the rows of a batch where they have to start, and keep their final state."""
        if self.from_zero:
            yield
            return
        variables = self.network.layers[1].states
        n = len(batch.labels)
        for before, fresh in batch.stages():
            carried[:, :n][:, fresh] = 0
            self._assign(variables, carried)
            if before.size:
                self._predict(before)
                carried[:] = self._read(variables)
        yield
        carried[:] = self._read(variables)

    @staticmethod
    def _assign(variables: list, values: Array) -> None:
        for variable, value in zip(variables, values):
            variable.assign(value)

    @staticmethod
    def _read(variables: list) -> list[NDArray]:
        import keras

        return [keras.ops.convert_to_numpy(variable) for variable in variables]

    def state(self) -> dict[str, NDArray]:
        values = {f"variable_{k}": np.array(v) for k, v in enumerate(self._read(self.variables))}
        return {**values, "carried": self.carried}

    def restore(self, state: dict[str, NDArray]) -> None:
        for k, variable in enumerate(self.variables):
            variable.assign(state[f"variable_{k}"])
        self.carried[:] = state["carried"]

    def write_back(self) -> None:
        if self.network is not self.model:
            self.model.set_weights(self._read(self.network.trainable_variables))


def _stateful_copy(model: keras.Model, rows: int) -> keras.Model:
    """Copy a network, with an LSTM that keeps its state from one batch to the next.

    Keras's own ``stateful=True`` does this, but not on JAX: there, its states stay zero.
    """
    import keras
    from keras import layers

    size, single = size_of(model), {"dtype": "float32"}

    class StatefulLSTM(layers.Layer):
        def build(self, input_shape: tuple) -> None:
            self.states = [
                self.add_weight(shape=(rows, size.units), initializer="zeros", trainable=False)
                for _ in ("h", "c")
            ]
            self.lstm = layers.LSTM(size.units, return_sequences=True, return_state=True, **single)
            self.lstm.build(input_shape)

        def call(self, sequence: Any) -> Any:
            start = [keras.ops.convert_to_tensor(state) for state in self.states]
            output, *end = self.lstm(sequence, initial_state=start)
            for state, value in zip(self.states, end):
                state.assign(value)
            return output

    copy = keras.Sequential(
        [
            layers.Input(batch_shape=(rows, None), dtype="int32"),
            layers.Embedding(size.n_labels, size.embedding_dim, **single),
            StatefulLSTM(**single),
            layers.Dense(size.n_labels, **single),
        ]
    )
    for variable, value in zip(copy.trainable_variables, model.get_weights(), strict=True):
        variable.assign(value)
    return copy


def _keras_adam(on_tensorflow: bool, epsilon: float) -> keras.optimizers.Optimizer:
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

    return Adam(epsilon=epsilon)
