"""The paper's network on the CPU: Eqs 1–8 over all frames of a batch, and their gradient.

It computes what the three Keras layers compute, and differs from them in how. The embedding is
folded into the input weights, a table with a row a label, so that no frame multiplies by Λ and W;
the gradients of all frames are summed in one matrix product a weight; and a batch is cut into
parts that threads work on without waiting for each other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from lstm_md._compiled import compiled

Array = NDArray[np.float32]

# Up to here a product is so short that calling it from Python costs more than the product:
# the loop over the frames is compiled, and threads take parts of the batch. Above, NumPy's own
# BLAS is the faster one, and its threads share each product.
COMPILED_UNITS = 256
ROWS_A_PART = 16  # sequences: what a part works on stays in the first caches
MATH = {"contract", "nsz", "arcp"}  # rounding may differ, NaN and inf are kept


class Weights(NamedTuple):
    """The weights in Keras's order and layout; gates are stacked as i, f, c, o."""

    embedding: Array  # (N, M)
    kernel: Array  # (M, 4L)
    recurrent: Array  # (L, 4L)
    bias: Array  # (4L,)
    dense: Array  # (L, N)
    dense_bias: Array  # (N,)

    @property
    def table(self) -> Array:
        """What each label adds to the gates: Λ W + b, shape (N, 4L)."""
        return self.embedding @ self.kernel + self.bias


def usable_threads() -> int:
    """OMP_NUM_THREADS where it is set, else the cores that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def workers(units: int) -> Iterator[Callable[[Callable[..., Any], Sequence[Any]], list[Any]]]:
    """Yield a ``map`` over parts: in threads where parts are small, in turn where BLAS has them."""
    threads = usable_threads()
    if units > COMPILED_UNITS or threads == 1:
        yield lambda task, parts: [task(part) for part in parts]
        return
    # Threads of BLAS inside of threads would wait for each other.
    with ThreadpoolController().limit(limits=1, user_api="blas"):
        with ThreadPoolExecutor(threads) as pool:
            yield (
                lambda task, parts: (
                    list(pool.map(task, parts))
                    if len(parts) > 1
                    else [task(part) for part in parts]
                )
            )


@compiled(inline="always", fastmath=MATH, error_model="numpy")
def tanh(x: Any) -> Any:
    """tanh to 2e-7, as a quotient of polynomials, which the compiler turns into vector code."""
    x = np.float32(7.90531110763549805) if x > np.float32(7.90531110763549805) else x
    x = np.float32(-7.90531110763549805) if x < np.float32(-7.90531110763549805) else x
    y = x * x
    p = np.float32(-2.76076847742355e-16)
    p = p * y + np.float32(2.00018790482477e-13)
    p = p * y + np.float32(-8.60467152213735e-11)
    p = p * y + np.float32(5.12229709037114e-08)
    p = p * y + np.float32(1.48572235717979e-05)
    p = p * y + np.float32(6.37261928875436e-04)
    p = p * y + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06)
    q = q * y + np.float32(1.18534705686654e-04)
    q = q * y + np.float32(2.26843463243900e-03)
    q = q * y + np.float32(4.89352518554385e-03)
    return x * p / q


@compiled(inline="always", fastmath=MATH, error_model="numpy")
def sigmoid(x: Any) -> Any:
    """The logistic function, from tanh."""
    return np.float32(0.5) * tanh(np.float32(0.5) * x) + np.float32(0.5)


# Slices, not sums of indices: only where it can see that no index is negative does the compiler
# make vector code of a loop, here three to seven times as fast.
@compiled(nogil=True, fastmath=MATH, error_model="numpy")
def cell(gates: Array, table: Array, labels: NDArray, c_old: Array, c: Array, h: Array) -> None:
    """One frame, Eqs 2–7: ``gates`` (rows, 4L) holds U h and becomes i, f, c̃, o."""
    units = c.shape[1]
    for row in range(labels.size):
        gate, read = gates[row], table[labels[row]]
        _sigmoid_of_sum(gate[: 2 * units], read[: 2 * units])
        _tanh_of_sum(gate[2 * units : 3 * units], read[2 * units : 3 * units])
        _sigmoid_of_sum(gate[3 * units :], read[3 * units :])
        i, f = gate[:units], gate[units : 2 * units]
        candidate, o = gate[2 * units : 3 * units], gate[3 * units :]
        old, new, out = c_old[row], c[row], h[row]
        for k in range(units):
            value = f[k] * old[k] + i[k] * candidate[k]
            new[k] = value
            out[k] = o[k] * tanh(value)


@compiled(nogil=True, fastmath=MATH, error_model="numpy")
def _sigmoid_of_sum(gate: Array, read: Array) -> None:
    for k in range(gate.size):
        gate[k] = sigmoid(gate[k] + read[k])


@compiled(nogil=True, fastmath=MATH, error_model="numpy")
def _tanh_of_sum(gate: Array, read: Array) -> None:
    for k in range(gate.size):
        gate[k] = tanh(gate[k] + read[k])


@compiled(nogil=True, fastmath=MATH, error_model="numpy")
def cell_gradient(
    gates: Array, c_old: Array, c: Array, from_above: Array, from_later: Array, dc: Array
) -> None:
    """One frame backwards: ``gates`` becomes the gradient of what went into them."""
    one = np.float32(1)
    units = c.shape[1]
    for row in range(c.shape[0]):
        gate, old, new = gates[row], c_old[row], c[row]
        i, f = gate[:units], gate[units : 2 * units]
        candidate, o = gate[2 * units : 3 * units], gate[3 * units :]
        above, later, carried = from_above[row], from_later[row], dc[row]
        for k in range(units):
            bent = tanh(new[k])
            dh = above[k] + later[k]
            d = carried[k] + dh * o[k] * (one - bent * bent)
            carried[k] = d * f[k]
            by_i = d * candidate[k] * i[k] * (one - i[k])
            by_candidate = d * i[k] * (one - candidate[k] * candidate[k])
            f[k] = d * old[k] * f[k] * (one - f[k])
            i[k] = by_i
            candidate[k] = by_candidate
            o[k] = dh * bent * o[k] * (one - o[k])


def _forward(table: Array, u: Array, labels: NDArray, gates: Array, h: Array, c: Array) -> None:
    for frame in range(labels.shape[0]):
        np.dot(h[frame], u, gates[frame])
        cell(gates[frame], table, labels[frame], c[frame], c[frame + 1], h[frame + 1])


def _backward(
    u_turned: Array, gates: Array, c: Array, from_above: Array, from_later: Array, dc: Array
) -> None:
    from_later[:] = 0
    dc[:] = 0
    last = gates.shape[0] - 1
    for step in range(last + 1):
        frame = last - step
        if step > 0:
            np.dot(gates[frame + 1], u_turned, from_later)
        cell_gradient(gates[frame], c[frame], c[frame + 1], from_above[frame], from_later, dc)


@compiled(nogil=True, fastmath=MATH)
def add_by_label(labels: NDArray, rows: Array, total: Array) -> None:
    """total[label of a row] += row: the gradient of the table."""
    for n in range(labels.size):
        into, row = total[labels[n]], rows[n]
        for k in range(row.size):
            into[k] += row[k]


# The same lines twice: compiled, and with NumPy's BLAS (see COMPILED_UNITS).
_forward_compiled = compiled(nogil=True)(_forward)
_backward_compiled = compiled(nogil=True)(_backward)


class Part:
    """The memory for some sequences of a batch, used again at every step."""

    def __init__(self, frames: int, rows: int, units: int) -> None:
        self.frames, self.units = frames, units
        self.rows = rows
        self._gates = np.empty(frames * rows * 4 * units, np.float32)
        self._h = np.zeros((frames + 1) * rows * units, np.float32)
        self._c = np.zeros((frames + 1) * rows * units, np.float32)
        self._above = np.empty(frames * rows * units, np.float32)
        self._later = np.empty((2, rows * units), np.float32)

    def forward(self, weights: Weights, table: Array, batch: NDArray) -> tuple[float, Array]:
        """Sum of the losses (Eq 9) over all frames of ``batch``, and softmax minus target.

        ``batch`` has shape (rows, frames + 1); the second result (frames × rows, N).
        """
        rows = len(batch)
        self.labels = np.ascontiguousarray(batch.T, dtype=np.intp)
        self.gates = self._view(self._gates, self.frames, rows, 4)
        self.h = self._view(self._h, self.frames + 1, rows)
        self.c = self._view(self._c, self.frames + 1, rows)
        self.h[0] = self.c[0] = 0
        loop = _forward_compiled if self.units <= COMPILED_UNITS else _forward
        loop(table, weights.recurrent, self.labels[:-1], self.gates, self.h, self.c)
        # The softmax of Eq 8 and the cross-entropy of Eq 9.
        logits = self.h[1:].reshape(-1, self.units) @ weights.dense
        logits += weights.dense_bias
        logits -= logits.max(axis=1, keepdims=True)
        target = (np.arange(len(logits)), self.labels[1:].reshape(-1))
        likely = logits[target].sum(dtype=np.float64)
        np.exp(logits, out=logits)
        norms = logits.sum(axis=1, keepdims=True)
        logits /= norms
        logits[target] -= 1
        return float(np.log(norms).sum(dtype=np.float64) - likely), logits

    def backward(self, weights: Weights, u_turned: Array, missed: Array) -> list[Array]:
        """Gradients by table, recurrent, dense and dense_bias; ``missed`` is that of the logits."""
        rows = self.labels.shape[1]
        h = self.h[1:].reshape(-1, self.units)
        above = self._view(self._above, self.frames, rows)
        np.dot(missed, weights.dense.T, out=above.reshape(-1, self.units))
        later = self._later[:, : rows * self.units].reshape(2, rows, self.units)
        loop = _backward_compiled if self.units <= COMPILED_UNITS else _backward
        loop(u_turned, self.gates, self.c, above, later[0], later[1])
        by_gates = self.gates.reshape(-1, 4 * self.units)
        by_table = np.zeros((len(weights.embedding), 4 * self.units), np.float32)
        add_by_label(self.labels[:-1].reshape(-1), by_gates, by_table)
        by_u = self.h[:-1].reshape(-1, self.units).T @ by_gates
        return [by_table, by_u, h.T @ missed, missed.sum(axis=0)]

    def _view(self, memory: Array, frames: int, rows: int, gates: int = 1) -> Array:
        width = gates * self.units
        return memory[: frames * rows * width].reshape(frames, rows, width)


class Batches:
    """Loss and gradients of batches of at most ``rows`` sequences of ``frames`` + 1 labels."""

    def __init__(self, frames: int, rows: int, units: int, spread: Callable[..., list]) -> None:
        size = ROWS_A_PART if units <= COMPILED_UNITS else rows
        self.rows, self.size, self.spread = rows, size, spread
        self.parts = [
            Part(frames, min(size, rows - first), units) for first in range(0, rows, size)
        ]

    def loss(self, weights: Weights, batch: NDArray) -> float:
        """The mean of Eq 9 a label, in nats."""
        table = weights.table
        total = self.spread(
            lambda job: job[0].forward(weights, table, job[1])[0], self._jobs(batch)
        )
        return sum(total) / batch[:, 1:].size

    def gradients(self, weights: Weights, batch: NDArray) -> tuple[float, Weights]:
        """The mean of Eq 9 a label, and its gradient by every weight."""
        table = weights.table
        u_turned = np.ascontiguousarray(weights.recurrent.T)
        scale = np.float32(1 / batch[:, 1:].size)

        def work(job: tuple[Part, NDArray]) -> tuple[float, list[Array]]:
            part, rows = job
            loss, missed = part.forward(weights, table, rows)
            missed *= scale
            return loss, part.backward(weights, u_turned, missed)

        results = self.spread(work, self._jobs(batch))
        # In the order of the parts, so that the number of threads changes no bit.
        loss = sum(loss for loss, _ in results) / batch[:, 1:].size
        by_table, by_u, by_dense, by_dense_bias = results[0][1]
        for _, more in results[1:]:
            for total, part in zip((by_table, by_u, by_dense, by_dense_bias), more):
                total += part
        return loss, Weights(
            by_table @ weights.kernel.T,
            weights.embedding.T @ by_table,
            by_u,
            by_table.sum(axis=0),
            by_dense,
            by_dense_bias,
        )

    def _jobs(self, batch: NDArray) -> list[tuple[Part, NDArray]]:
        cuts = range(0, len(batch), self.size)
        return [(part, batch[a : a + self.size]) for part, a in zip(self.parts, cuts)]
