"""The paper's LSTM on the CPU: Eqs 1–7 for all frames, and their gradients.

The results are those of the Keras layers; the way to them is faster. The product of embedding and
input weights is a table with one row per label, computed once. All elementwise operations of a
frame are one loop. The gradients of the weights are one matrix product each, over all frames
(:mod:`lstm_md.engine.gradients`).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import as_array, listed
from lstm_md._support.compiled import compiled
from lstm_md._support.processes import usable_cores
from lstm_md._support.threads import BLAS
from lstm_md.engine.products import ROWS, multiply, packed

Array = NDArray[np.float32]
Map = Callable[[Callable[..., Any], Sequence[Any]], list[Any]]

# In a small network, calling a matrix product from Python takes longer than the product itself:
# the loop over the frames is compiled, and each thread takes a slice of the batch. A larger network
# takes the whole batch at once: its weights are packed once (:mod:`lstm_md.engine.products`),
# threads share the rows of each frame, and those of BLAS the gradients of the weights.
COMPILED_UNITS = 64
FAST_MATH = {"contract", "nsz", "arcp"}  # rounding may differ; NaN and infinity are kept


class Weights(NamedTuple):
    """The weights in the order and layout of Keras; the gates are stacked as i, f, c, o."""

    embedding: Array  # (N, M)
    kernel: Array  # (M, 4L)
    recurrent: Array  # (L, 4L)
    bias: Array  # (4L,)
    dense: Array  # (L, N)
    dense_bias: Array  # (N,)

    @property
    def table(self) -> Array:
        """What each label adds to the gates, Λ W + b, shape (N, 4L)."""
        return self.embedding @ self.kernel + self.bias

    @classmethod
    def checked(cls, arrays: Sequence[NDArray], name: str) -> Weights:
        """Return weights as float32, whose shapes fit together: the compiled loops rely on that.

        Raises
        ------
        TypeError, ValueError
            If they are not the six arrays of an embedding, an LSTM and a dense layer.
        """
        arrays = listed(arrays, name, "give what model.get_weights() returns")
        if len(arrays) != len(cls._fields):
            raise ValueError(
                f"{name}: expected {len(cls._fields)} arrays ({', '.join(cls._fields)}), found "
                f"{len(arrays)}; give what model.get_weights() returns"
            )
        given = [as_array(array, f"{name}[{k}]") for k, array in enumerate(arrays)]
        n, m = np.atleast_2d(given[0]).shape[:2]
        units = len(np.atleast_1d(given[2]))
        shapes = [(n, m), (m, 4 * units), (units, 4 * units), (4 * units,), (units, n), (n,)]
        for field, array, shape in zip(cls._fields, given, shapes):
            if array.shape != shape or array.size == 0:
                raise ValueError(
                    f"{name}: expected {field} of shape {shape}, found {array.shape}; give what "
                    f"model.get_weights() returns"
                )
            # A low-precision float of Keras is of kind V.
            if array.dtype.kind not in "fV":
                raise TypeError(
                    f"{name}: expected floats, found {field} of dtype {array.dtype}; give what "
                    f"model.get_weights() returns"
                )
        return cls(*(np.ascontiguousarray(array, dtype=np.float32) for array in given))


def usable_threads() -> int:
    """Read OMP_NUM_THREADS; without it, count the cores that this process may use."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return int(wanted) if wanted.isdigit() and int(wanted) > 0 else usable_cores()


@contextmanager
def blas_threads(units: int, number: int | None = None) -> Iterator[int]:
    """Fix and yield the number of BLAS threads, on which the last bits of a sum can depend.

    With ``number`` None, a large network takes those that BLAS has. A small network always takes
    one: threads within the threads of :func:`parallel_map` would wait for each other.
    """
    small = units <= COMPILED_UNITS
    with BLAS.hold(1 if small else number) as found:
        if not small and found != BLAS.usual:
            warnings.warn(
                f"checkpoint: this work began with {found} thread(s) of BLAS and goes on with "
                f"them, although {BLAS.usual} would be used here: so its result stays the same",
                stacklevel=4,
            )
        yield found


@contextmanager
def parallel_map(units: int) -> Iterator[Map]:
    """Yield a ``map`` over slices of a batch, in threads if the network is small."""
    n_threads = usable_threads()
    if units > COMPILED_UNITS or n_threads == 1:
        yield lambda task, slices: list(map(task, slices))
        return
    with ThreadPoolExecutor(n_threads) as pool:
        yield lambda task, slices: list((pool.map if len(slices) > 1 else map)(task, slices))


@compiled(inline="always", fastmath=FAST_MATH, error_model="numpy")
def tanh(x: Any) -> Any:
    """Compute tanh to 2e-7 as a quotient of polynomials, which compiles to vector code."""
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


@compiled(inline="always", fastmath=FAST_MATH, error_model="numpy")
def sigmoid(x: Any) -> Any:
    """Compute the logistic function from tanh."""
    return np.float32(0.5) * tanh(np.float32(0.5) * x) + np.float32(0.5)


# These loops use slices and no sums of indices: the compiler makes vector code (three to seven
# times as fast) only where it can see that no index is negative.
@compiled(nogil=True, fastmath=FAST_MATH, error_model="numpy")
def cell(gates: Array, table: Array, labels: NDArray, c_old: Array, c: Array, h: Array) -> None:
    """Compute Eqs 2–7 for one frame; ``gates`` (rows, 4L) holds U h and becomes i, f, c̃, o."""
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


@compiled(nogil=True, fastmath=FAST_MATH, error_model="numpy")
def _sigmoid_of_sum(gate: Array, read: Array) -> None:
    for k in range(gate.size):
        gate[k] = sigmoid(gate[k] + read[k])


@compiled(nogil=True, fastmath=FAST_MATH, error_model="numpy")
def _tanh_of_sum(gate: Array, read: Array) -> None:
    for k in range(gate.size):
        gate[k] = tanh(gate[k] + read[k])


@compiled(nogil=True, fastmath=FAST_MATH, error_model="numpy")
def cell_gradient(
    gates: Array, c_old: Array, c: Array, dh_output: Array, dh_next: Array, dc: Array
) -> None:
    """Propagate gradients through one frame.

    ``gates`` becomes the gradient with respect to the arguments of the gates. ``dh_output`` comes
    from the output of this frame, ``dh_next`` and ``dc`` from the frame that follows.
    """
    one = np.float32(1)
    units = c.shape[1]
    for row in range(c.shape[0]):
        gate, old, new = gates[row], c_old[row], c[row]
        i, f = gate[:units], gate[units : 2 * units]
        candidate, o = gate[2 * units : 3 * units], gate[3 * units :]
        above, later, carried = dh_output[row], dh_next[row], dc[row]
        for k in range(units):
            tanh_c = tanh(new[k])
            dh = above[k] + later[k]
            d = carried[k] + dh * o[k] * (one - tanh_c * tanh_c)
            carried[k] = d * f[k]
            d_i = d * candidate[k] * i[k] * (one - i[k])
            d_candidate = d * i[k] * (one - candidate[k] * candidate[k])
            f[k] = d * old[k] * f[k] * (one - f[k])
            i[k] = d_i
            candidate[k] = d_candidate
            o[k] = dh * tanh_c * o[k] * (one - o[k])


def forward(table: Array, u: Array, labels: NDArray, gates: Array, h: Array, c: Array) -> None:
    """Compute all frames; ``h`` and ``c`` (frames + 1, rows, L) start with the initial state."""
    for frame in range(labels.shape[0]):
        np.dot(h[frame], u, gates[frame])
        cell(gates[frame], table, labels[frame], c[frame], c[frame + 1], h[frame + 1])


def backward(
    u_transposed: Array, gates: Array, c: Array, dh_output: Array, dh_next: Array, dc: Array
) -> None:
    """Propagate gradients from the last frame to the first, as :func:`cell_gradient` does."""
    dh_next[:] = 0
    dc[:] = 0
    last = gates.shape[0] - 1
    for step in range(last + 1):
        frame = last - step
        if step > 0:
            np.dot(gates[frame + 1], u_transposed, dh_next)
        cell_gradient(gates[frame], c[frame], c[frame + 1], dh_output[frame], dh_next, dc)


@compiled(nogil=True, fastmath=FAST_MATH)
def add_by_label(labels: NDArray, rows: Array, total: Array) -> None:
    """Add each row to the row of ``total`` that belongs to its label: the table's gradient."""
    for n in range(labels.size):
        into, row = total[labels[n]], rows[n]
        for k in range(row.size):
            into[k] += row[k]


# The same functions, compiled, for the small networks (see COMPILED_UNITS).
forward_compiled = compiled(nogil=True)(forward)
backward_compiled = compiled(nogil=True)(backward)


def forward_packed(
    table: Array, u: Array, labels: NDArray, gates: Array, h: Array, c: Array
) -> None:
    """Compute the same as :func:`forward`, faster for a large network with at least ROWS rows."""
    rows = labels.shape[1]
    if rows < ROWS:
        return forward(table, u, labels, gates, h, c)
    panels = packed(u)
    _share_rows(rows, lambda a, b: _forward_rows(table, panels, labels, gates, h, c, a, b))


def backward_packed(
    u_transposed: Array, gates: Array, c: Array, dh_output: Array, dh_next: Array, dc: Array
) -> None:
    """Compute the same as :func:`backward`, faster for a large network with at least ROWS rows."""
    rows = gates.shape[1]
    if rows < ROWS:
        return backward(u_transposed, gates, c, dh_output, dh_next, dc)
    panels = packed(u_transposed)
    dh_next[:] = 0
    dc[:] = 0
    _share_rows(rows, lambda a, b: _backward_rows(panels, gates, c, dh_output, dh_next, dc, a, b))


def _share_rows(rows: int, work: Callable[[int, int], None]) -> None:
    """Call ``work(first, last)`` for parts of the rows, in threads; no row depends on another."""
    n_parts = min(usable_threads(), rows // ROWS)
    bounds = [rows // ROWS * part // n_parts * ROWS for part in range(n_parts)] + [rows]
    if n_parts == 1:
        return work(*bounds)
    with ThreadPoolExecutor(n_parts) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))


@compiled(nogil=True)
def _forward_rows(
    table: Array, panels: Array, labels: NDArray, gates: Array, h: Array, c: Array,
    first: int, last: int,
) -> None:  # fmt: skip
    for frame in range(labels.shape[0]):
        gate, read, now = gates[frame][first:last], h[frame][first:last], labels[frame][first:last]
        c_old, c_new = c[frame][first:last], c[frame + 1][first:last]
        multiply(read, panels, gate)
        cell(gate, table, now, c_old, c_new, h[frame + 1][first:last])


@compiled(nogil=True)
def _backward_rows(
    panels: Array, gates: Array, c: Array, dh_output: Array, dh_next: Array, dc: Array,
    first: int, last: int,
) -> None:  # fmt: skip
    final = gates.shape[0] - 1
    later, carried = dh_next[first:last], dc[first:last]
    for step in range(final + 1):
        frame = final - step
        gate, above = gates[frame][first:last], dh_output[frame][first:last]
        if step > 0:
            multiply(gates[frame + 1][first:last], panels, later)
        c_old, c_new = c[frame][first:last], c[frame + 1][first:last]
        cell_gradient(gate, c_old, c_new, above, later, carried)
