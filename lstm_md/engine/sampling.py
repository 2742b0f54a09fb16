"""Generation in either engine: the network's next label is drawn and read in turn."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from lstm_md._support.checks import Chains
from lstm_md._support.compiled import compiled
from lstm_md.engine.lstm import COMPILED_UNITS, Array, Map, Weights, cell

if TYPE_CHECKING:
    import keras

# A chain's labels depend, by rounding, on how many chains are computed together.
CHAINS_PER_SLICE = 32
LARGEST_LOGIT = float(np.finfo(np.float32).max) / 4
FRAMES_PER_READ = 1_000  # of a prompt in one compiled call


class ChainStates:
    """Where the chains are: the label that each one reads next, and its h and c."""

    def __init__(self, labels: NDArray[np.intp], h: Array, c: Array) -> None:
        self.labels, self.h, self.c = labels, h, c

    def __getitem__(self, chains: slice) -> ChainStates:
        return ChainStates(self.labels[chains], self.h[chains], self.c[chains])


#: Generates labels into its third argument and moves the states on; the second argument holds
#: uniform random numbers. Both have shape (chains, frames).
BlockGenerator = Callable[[ChainStates, Array, NDArray], None]


class FoldedWeights(NamedTuple):
    """The weights for generation: see :func:`fold_weights`."""

    table: Array  # (N, 4L)
    recurrent: Array  # (L, 4L)
    dense: Array  # (L, N)
    dense_bias: Array  # (N,)


def takes_likeliest(weights: Weights, temperature: float) -> bool:
    """Tell whether the temperature is so low that its logits could exceed the range of float32.

    As |h| < 1, a logit is at most the sum of its column. All labels but the likeliest then have
    probability 0, as at temperature 0.
    """
    columns = np.abs(weights.dense).sum(axis=0, dtype=np.float64) + np.abs(weights.dense_bias)
    return temperature == 0 or not float(columns.max()) / temperature < LARGEST_LOGIT


def fold_weights(weights: Weights, temperature: float, n_chains: int) -> FoldedWeights:
    """Multiply the embedding into the input weights, and divide the logits by the temperature.

    Each frame then takes a row of a table instead of two matrix products.
    """
    scale = np.float32(1.0 if temperature == 0 else 1.0 / temperature)
    u = weights.recurrent
    if n_chains == 1 and len(u) > COMPILED_UNITS:
        u = np.asfortranarray(u)  # columns contiguous in memory: faster for a single vector
    return FoldedWeights(weights.table, u, weights.dense * scale, weights.dense_bias * scale)


@register_jitable  # compiled inside compiled loops, plain NumPy elsewhere
def _product(h: Array, matrix: Array, out: Array) -> None:
    """Compute h @ matrix; a single row is given to BLAS as a vector, which is faster."""
    if h.shape[0] == 1:
        np.dot(h[0], matrix, out[0])
    else:
        np.dot(h, matrix, out)


@compiled(nogil=True)
def _draw(logits: Array, bias: Array, uniform: Array, greedy: bool, labels: NDArray) -> None:
    """Draw each row's label by inverting the cumulative distribution, or take the likeliest."""
    n = bias.size
    for row in range(labels.size):
        scores = logits[row]
        likeliest = 0
        for k in range(n):
            scores[k] += bias[k]
            if scores[k] > scores[likeliest]:
                likeliest = k
        if greedy:
            labels[row] = likeliest
            continue
        top, total = scores[likeliest], np.float32(0)
        for k in range(n):
            scores[k] = math.exp(scores[k] - top)
            total += scores[k]
        threshold = uniform[row] * total
        label, cumulative = 0, scores[0]
        while label < n - 1 and cumulative <= threshold:
            label += 1
            cumulative += scores[label]
        labels[row] = label


# In both loops c alternates between two arrays: if the old and the new c could overlap, the
# compiler would not make vector code of the cell.
def _read(table: Array, u: Array, prompt: NDArray, h: Array, c: Array, gates: Array) -> None:
    for frame in range(prompt.shape[0]):
        _product(h, u, gates)
        cell(gates, table, prompt[frame], c[frame % 2], c[1 - frame % 2], h)


def _generate(
    table: Array, u: Array, dense: Array, bias: Array, uniform: Array, greedy: bool,
    labels: NDArray, h: Array, c: Array, gates: Array, logits: Array, out: NDArray,
) -> None:  # fmt: skip
    for frame in range(uniform.shape[0]):
        _product(h, u, gates)
        cell(gates, table, labels, c[frame % 2], c[1 - frame % 2], h)
        _product(h, dense, logits)
        _draw(logits, bias, uniform[frame], greedy, labels)
        for row in range(labels.size):
            out[frame, row] = labels[row]


_read_compiled = compiled(nogil=True)(_read)
_generate_compiled = compiled(nogil=True)(_generate)


def read_prompts(weights: FoldedWeights, prompts: Chains, n_chains: int) -> ChainStates:
    """Compute the states of the chains after one prompt for all, or one of any length for each."""
    if prompts.rows is not None:
        return read_prompt(weights, prompts.rows, n_chains)
    states = [read_prompt(weights, prompt[None], 1) for prompt in prompts]
    return ChainStates(*(np.concatenate([getattr(one, name) for one in states])
                         for name in ("labels", "h", "c")))  # fmt: skip


def read_prompt(weights: FoldedWeights, prompt: NDArray, n_chains: int) -> ChainStates:
    """Compute the states of the chains after a prompt of shape (1 or n_chains, frames)."""
    rows, units = len(prompt), weights.dense.shape[0]
    h = np.zeros((rows, units), np.float32)
    c = np.zeros((2, rows, units), np.float32)
    before, gates = prompt[:, :-1], np.empty((rows, 4 * units), np.float32)
    loop: Any = _read_compiled if units <= COMPILED_UNITS else _read
    # In blocks of an even number of frames, because Ctrl-C waits for the end of a call.
    block = 2 * (1 + FRAMES_PER_READ // (2 * rows))
    for first in range(0, before.shape[1], block):
        labels = np.ascontiguousarray(before[:, first : first + block].T, dtype=np.intp)
        loop(weights.table, weights.recurrent, labels, h, c, gates)
    chains = np.arange(n_chains) if rows > 1 else np.zeros(n_chains, int)
    last_c = c[before.shape[1] % 2]
    return ChainStates(prompt[chains, -1].astype(np.intp), h[chains], last_c[chains])


def generate_block(
    weights: FoldedWeights, greedy: bool, states: ChainStates, uniform: Array, out: NDArray
) -> None:
    """Generate labels into ``out`` (chains, frames) and move the states on.

    ``uniform`` holds a random number from [0, 1) per label, shape (chains, frames).
    """
    rows, units = states.h.shape
    c = np.stack([states.c, np.empty_like(states.c)])
    by_frame = np.empty(uniform.shape[::-1], out.dtype)
    h, labels = np.ascontiguousarray(states.h), states.labels.copy()
    loop: Any = _generate_compiled if units <= COMPILED_UNITS else _generate
    loop(
        *weights, np.ascontiguousarray(uniform.T), greedy, labels, h, c,
        np.empty((rows, 4 * units), np.float32),
        np.empty((rows, weights.dense.shape[1]), np.float32), by_frame,
    )  # fmt: skip
    states.labels[:], states.h[:], states.c[:] = labels, h, c[len(by_frame) % 2]
    out[:] = by_frame.T


def compiled_generator(weights: FoldedWeights, greedy: bool, parallel: Map) -> BlockGenerator:
    """Generate with :func:`generate_block`, slices of the chains in parallel."""
    size = CHAINS_PER_SLICE if weights.dense.shape[0] <= COMPILED_UNITS else None

    def generate(states: ChainStates, uniform: Array, out: NDArray) -> None:
        step = size or len(out)
        slices = [slice(first, first + step) for first in range(0, len(out), step)]
        parallel(lambda s: generate_block(weights, greedy, states[s], uniform[s], out[s]), slices)

    return generate


def keras_generator(weights: FoldedWeights, greedy: bool, parallel: Map) -> BlockGenerator:
    """Generate with a Keras model, which runs on a GPU; ``parallel`` is not used."""
    units, n_labels = weights.dense.shape
    sampler = _sampler(n_labels, units, greedy, threading.get_ident())
    sampler.set_weights(list(weights))
    frames = 0

    def generate(states: ChainStates, uniform: Array, out: NDArray) -> None:
        nonlocal frames
        frames = max(frames, out.shape[1])
        # Keras would compile another number of frames again. The states after the added frames
        # are wrong, but only the last block has such frames.
        padded = np.zeros((len(out), frames, 1), np.float32)
        padded[:, : out.shape[1], 0] = uniform
        label = states.labels[:, None].astype(np.float32)
        generated, label, h, c = sampler.predict_on_batch([padded, label, states.h, states.c])
        out[:] = generated[:, : out.shape[1], 0]
        states.labels[:], states.h[:], states.c[:] = label[:, 0].astype(np.intp), h, c

    return generate


@lru_cache(maxsize=8)
def _sampler(n_labels: int, units: int, greedy: bool, thread: int) -> keras.Model:
    """Make a model that maps (uniform random numbers, label, h, c) to (labels, label, h, c).

    Models are kept, for each thread its own: to compile one takes longer than 100,000 labels of a
    small network.
    """
    import keras

    # All states must have one type, so the label is a float as well.
    uniform, *states = (
        keras.Input(shape, dtype="float32") for shape in [(None, 1), (1,), (units,), (units,)]
    )
    cell = _sampling_cell(n_labels, units, greedy)
    layer = keras.layers.RNN(cell, return_sequences=True, return_state=True, dtype="float32")
    sampler = keras.Model([uniform, *states], layer(uniform, initial_state=states))
    sampler.compile(jit_compile=True)
    return sampler


def _sampling_cell(n: int, units: int, greedy: bool) -> Any:
    """Make a Keras cell for one frame: its state is (label, h, c), its input a random number."""
    import keras
    from keras import ops

    class SamplingCell(keras.layers.Layer):
        state_size = [1, units, units]
        output_size = 1

        def build(self, input_shape: Any) -> None:
            self.table = self.add_weight(shape=(n, 4 * units))
            self.recurrent = self.add_weight(shape=(units, 4 * units))
            self.dense = self.add_weight(shape=(units, n))
            self.dense_bias = self.add_weight(shape=(n,))

        def call(self, uniform: Any, states: Any) -> tuple[Any, list[Any]]:
            label, h, c = states
            read = ops.cast(label[:, 0], "int32")
            z = ops.take(self.table, read, axis=0) + ops.matmul(h, self.recurrent)
            i, f, candidate, o = ops.split(z, 4, axis=-1)
            c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(candidate)
            h = ops.sigmoid(o) * ops.tanh(c)
            logits = ops.matmul(h, self.dense) + self.dense_bias
            if greedy:
                label = ops.argmax(logits, axis=-1)[:, None]  # no keepdims in Keras 3.3
            else:
                # One random number per label inverts the cumulative distribution.
                cumulative = ops.cumsum(ops.softmax(logits), axis=-1)
                below = cumulative[:, :-1] <= uniform
                label = ops.sum(ops.cast(below, "int32"), axis=-1, keepdims=True)
            label = ops.cast(label, "float32")
            return label, [label, h, c]

    return SamplingCell(dtype="float32")
