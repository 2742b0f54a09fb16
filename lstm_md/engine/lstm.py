"""The paper's network on the CPU: Eqs 1–7 over all frames, and backwards.

It computes what the Keras layers compute, and differs from them in how. The embedding is folded
into the input weights, a table with a row a label, so that no frame multiplies by Λ and W; what
an element needs is computed in one loop; and the gradients of the weights wait until all frames
are done, to be summed in one matrix product each (`_gradients.py`).
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

from lstm_md._support.compiled import compiled
from lstm_md._support.processes import usable_cores

Array = NDArray[np.float32]

# Up to here a product is so short that calling it from Python costs more than the product:
# the loop over the frames is compiled, and threads take parts of the batch. Above, NumPy's own
# BLAS is the faster one, and its threads share each product.
COMPILED_UNITS = 64
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
    return usable_cores()


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


def forward(table: Array, u: Array, labels: NDArray, gates: Array, h: Array, c: Array) -> None:
    """All frames of some sequences; ``h``, ``c`` (frames + 1, rows, L) begin with their start."""
    for frame in range(labels.shape[0]):
        np.dot(h[frame], u, gates[frame])
        cell(gates[frame], table, labels[frame], c[frame], c[frame + 1], h[frame + 1])


def backward(
    u_turned: Array, gates: Array, c: Array, from_above: Array, from_later: Array, dc: Array
) -> None:
    """All frames from the last to the first; ``gates`` becomes the gradient of what went in."""
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
forward_compiled = compiled(nogil=True)(forward)
backward_compiled = compiled(nogil=True)(backward)
