"""Reading and writing on the CPU: the network's next label, drawn and fed back."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from lstm_md._support.compiled import compiled
from lstm_md.engine.lstm import COMPILED_UNITS, Array, Weights, cell

CHAINS_A_PART = 32  # a chain's labels depend on how many run beside it in a part, by rounding


@register_jitable  # compiled inside of compiled loops, and NumPy's own outside of them
def _product(h: Array, matrix: Array, out: Array) -> None:
    """h @ matrix; a single row is a vector for BLAS, which is faster."""
    if h.shape[0] == 1:
        np.dot(h[0], matrix, out[0])
    else:
        np.dot(h, matrix, out)


@compiled(nogil=True)
def _draw(logits: Array, bias: Array, uniform: Array, greedy: bool, labels: NDArray) -> None:
    """The label below whose cumulative probability the random number falls; or the likeliest."""
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


def _read(table: Array, u: Array, prompt: NDArray, h: Array, c: Array, gates: Array) -> None:
    for frame in range(prompt.shape[0]):
        _product(h, u, gates)
        cell(gates, table, prompt[frame], c[frame % 2], c[1 - frame % 2], h)


def _write(
    table: Array, u: Array, dense: Array, bias: Array, uniform: Array, greedy: bool,
    labels: NDArray, h: Array, c: Array, gates: Array, logits: Array, out: NDArray,
) -> None:  # fmt: skip
    for frame in range(uniform.shape[0]):
        _product(h, u, gates)
        # Old and new c apart: where they may overlap, no vector code is used.
        cell(gates, table, labels, c[frame % 2], c[1 - frame % 2], h)
        _product(h, dense, logits)
        _draw(logits, bias, uniform[frame], greedy, labels)
        for row in range(labels.size):
            out[frame, row] = labels[row]


_read_compiled = compiled(nogil=True)(_read)
_write_compiled = compiled(nogil=True)(_write)


class States:
    """Where chains are: the label each will read next, and h and c of the network."""

    def __init__(self, labels: NDArray[np.intp], h: Array, c: Array) -> None:
        self.labels, self.h, self.c = labels, h, c

    def __getitem__(self, part: slice) -> States:
        return States(self.labels[part], self.h[part], self.c[part])


class Folded(NamedTuple):
    """The weights as writing needs them: see :func:`fold`."""

    table: Array  # (N, 4L)
    recurrent: Array  # (L, 4L)
    dense: Array  # (L, N)
    dense_bias: Array  # (N,)


def fold(weights: Weights, temperature: float, chains: int) -> Folded:
    """The embedding folded into the input weights, and the logits divided by a temperature."""
    scale = np.float32(1.0 if temperature == 0 else 1.0 / temperature)
    u = weights.recurrent
    if chains == 1 and len(u) > COMPILED_UNITS:
        u = np.asfortranarray(u)  # a gate's weights in one piece: faster for one vector
    return Folded(weights.table, u, weights.dense * scale, weights.dense_bias * scale)


def read(weights: Folded, prompt: NDArray, chains: int) -> States:
    """The states of ``chains`` chains after a prompt (1 or chains, frames)."""
    rows, units = len(prompt), weights.dense.shape[0]
    h = np.zeros((rows, units), np.float32)
    c = np.zeros((2, rows, units), np.float32)
    before = np.ascontiguousarray(prompt[:, :-1].T, dtype=np.intp)
    loop: Any = _read_compiled if units <= COMPILED_UNITS else _read
    loop(weights.table, weights.recurrent, before, h, c, np.empty((rows, 4 * units), np.float32))
    spread = np.arange(chains) if rows > 1 else np.zeros(chains, int)
    return States(prompt[spread, -1].astype(np.intp), h[spread], c[len(before) % 2][spread])


def write(weights: Folded, greedy: bool, states: States, uniform: Array, out: NDArray) -> None:
    """Labels for one part of the chains into ``out`` (chains, frames); the states move on.

    ``uniform`` holds a random number from 0 to below 1 a label, shape (chains, frames).
    """
    rows, units = states.h.shape
    c = np.stack([states.c, np.empty_like(states.c)])
    turned = np.empty(uniform.shape[::-1], out.dtype)
    h, labels = np.ascontiguousarray(states.h), states.labels.copy()
    loop: Any = _write_compiled if units <= COMPILED_UNITS else _write
    loop(
        *weights, np.ascontiguousarray(uniform.T), greedy, labels, h, c,
        np.empty((rows, 4 * units), np.float32),
        np.empty((rows, weights.dense.shape[1]), np.float32), turned,
    )  # fmt: skip
    states.labels[:], states.h[:], states.c[:] = labels, h, c[len(turned) % 2]
    out[:] = turned.T
