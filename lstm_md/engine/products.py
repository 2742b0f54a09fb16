"""Products of a frame's rows with the recurrent weights, which are the same for all frames.

BLAS copies a matrix into the order in which it computes, again for every product. The recurrent
weights of a large network are many times larger than the rows of a frame, and that copy takes a
third of the time. Here they are copied once for all frames.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic
from numpy.typing import NDArray

from lstm_md._support.compiled import compiled

Array = NDArray[np.float32]

# The sums of ROWS x COLUMNS products stay in registers: AVX-512 has 32 of 16 numbers; elsewhere
# there are 16 of 8 (AVX2) or 32 of 4 (ARM). The features are those by which numba keeps its machine
# code on disk: code with other numbers than these would not fit the panels.
FEATURES = str(cpu_target.target_context.codegen().magic_tuple())
ROWS, COLUMNS = (8, 48) if "+avx512f" in FEATURES else (4, 24)
VECTORS = 3  # of a row of sums
DEPTH = 512  # terms per sum; the numbers that they need then fit into the second cache


def packed(matrix: Array) -> Array:
    """Copy a matrix into panels of COLUMNS columns, filled up with zeros.

    Parameters
    ----------
    matrix : ndarray, shape (terms, columns)

    Returns
    -------
    ndarray, shape (panels, terms, COLUMNS)
    """
    terms, columns = matrix.shape
    panels = np.zeros((-(-columns // COLUMNS), terms, COLUMNS), np.float32)
    for panel, first in zip(panels, range(0, columns, COLUMNS)):
        part = matrix[:, first : first + COLUMNS]
        panel[:, : part.shape[1]] = part
    return panels


@compiled(nogil=True)
def multiply(left: Array, panels: Array, out: Array) -> None:
    """Compute ``left @ matrix`` for at least ROWS contiguous rows and a :func:`packed` matrix.

    Every number is the sum of its terms in one order, whatever rows are computed with it.
    """
    rows, terms = left.shape
    sums = np.empty((ROWS, COLUMNS), np.float32)
    for p in range(panels.shape[0]):
        first = p * COLUMNS
        part = out[:, first : first + COLUMNS]
        part[:] = 0
        for start in range(0, terms, DEPTH):
            panel = panels[p, start : start + DEPTH]
            for top in range(0, rows, ROWS):
                # The last rows overlap those before them, which are then left out.
                row = min(top, rows - ROWS)
                block = left[row : row + ROWS, start : start + DEPTH]
                _tile(block, panel, sums)  # type: ignore[call-arg]  # numba adds the context
                for r in range(top - row, ROWS):
                    for k in range(part.shape[1]):
                        part[row + r, k] += sums[r, k]


@intrinsic
def _tile(typing_context: Any, left: Any, panel: Any, sums: Any) -> Any:
    """Compute ``sums[:] = left @ panel``, shapes (ROWS, terms) and (terms, COLUMNS)."""
    number = ir.FloatType()
    vector = ir.VectorType(number, COLUMNS // VECTORS)
    integer = ir.IntType(32)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, c = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args, arguments)
        )

        def pointer(array: Any, row: Any, column: Any, kind: Any) -> Any:
            stride = builder.extract_value(array.strides, 0)
            start = cgutils.pointer_add(builder, array.data, builder.mul(row, stride))
            return builder.bitcast(builder.gep(start, [column]), kind.as_pointer())

        def index(value: int) -> Any:
            return context.get_constant(types.intp, value)

        places = [(r, v) for r in range(ROWS) for v in range(VECTORS)]
        zero = ir.Constant(vector, [0.0] * vector.count)
        all_first = ir.Constant(ir.VectorType(integer, vector.count), [0] * vector.count)
        totals = {place: cgutils.alloca_once_value(builder, zero) for place in places}
        terms = builder.extract_value(a.shape, 1)
        with cgutils.for_range(builder, terms) as loop:
            right = [
                builder.load(pointer(b, loop.index, index(v * vector.count), vector), align=4)
                for v in range(VECTORS)
            ]
            for r in range(ROWS):
                one = builder.load(pointer(a, index(r), loop.index, number))
                alone = builder.insert_element(zero, one, ir.Constant(integer, 0))
                same = builder.shuffle_vector(alone, zero, all_first)
                for v in range(VECTORS):
                    term = builder.fmul(same, right[v], flags=("contract",))
                    total = builder.load(totals[r, v])
                    builder.store(builder.fadd(total, term, flags=("contract",)), totals[r, v])
        for r, v in places:
            place = pointer(c, index(r), index(v * vector.count), vector)
            builder.store(builder.load(totals[r, v]), place, align=4)
        return context.get_dummy_value()

    return types.void(left, panel, sums), generate
