"""The inner loops of the training in the page, as WebAssembly.

They compute what :mod:`lstm_md.engine.lstm` computes, in single precision and four numbers at a
time. Plain JavaScript takes some thirty times as long for the products. All arguments are whole
numbers: addresses and distances in bytes, and counts.
"""

from __future__ import annotations

from tools.wasm import (
    Function,
    Local,
    Value,
    constant,
    load,
    load_one,
    load_whole,
    module,
    whole,
)

ROWS, COLUMNS = 4, 2  # a block of the product: rows, and vectors of four columns
UNITS = 64
ALL = 4 * UNITS  # bytes from one gate to the next

# The rational approximation of tanh in lstm_md.engine.lstm, from the highest power.
TOP = [
    -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
    1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03,
]  # fmt: skip
BOTTOM = [1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03]
LARGEST = 7.90531110763549805


def multiply() -> Function:
    """C = A B, or C += A B if ``add`` is not 0; rows in fours, columns in eights."""
    names = "a row_a step_a b step_b c row_c rows columns inner add".split()
    f = Function("multiply", names)
    a, row_a, step_a, b, step_b, c, row_c, rows, columns, inner, add = f.arguments
    nothing = constant(0)
    with f.repeat(columns):
        to, left = f.local(c), f.local(a)
        with f.repeat(rows):
            into = [f.local(to)]
            read = [f.local(left)]
            for _ in range(ROWS - 1):
                into.append(f.local(into[-1] + row_c))
                read.append(f.local(read[-1] + row_a))
            sums = [[f.local(nothing) for _ in range(COLUMNS)] for _ in range(ROWS)]
            with f.when(add):
                for address, row in zip(into, sums):
                    for k, total in enumerate(row):
                        f.set(total, load(address, 16 * k))
            right = f.local(b)
            with f.repeat(inner):
                factors = [f.local(load(right, 16 * k)) for k in range(COLUMNS)]
                for address, row in zip(read, sums):
                    one = f.local(load_one(address))
                    for total, factor in zip(row, factors):
                        f.set(total, total + one * factor)
                    f.set(address, address + step_a)
                f.set(right, right + step_b)
            for address, row in zip(into, sums):
                for k, total in enumerate(row):
                    f.store(address, total, 16 * k)
            f.set(to, into[-1] + row_c)
            f.set(left, left + row_a * whole(ROWS))
        f.set(b, b + whole(16 * COLUMNS))
        f.set(c, c + whole(16 * COLUMNS))
    return f


def tanh(f: Function, x: Value) -> Value:
    """tanh to 2e-7, as a quotient of polynomials."""
    x = f.local(x.clipped(LARGEST))
    y = f.local(x * x)

    def polynomial(coefficients: list[float]) -> Value:
        value: Value = constant(coefficients[0])
        for coefficient in coefficients[1:]:
            value = value * y + coefficient
        return value

    return x * polynomial(TOP) / polynomial(BOTTOM)


def sigmoid(f: Function, x: Value) -> Value:
    """The logistic function, from tanh."""
    return tanh(f, x * 0.5) * 0.5 + 0.5


def cell() -> Function:
    """Eqs 2 to 7 for one frame; ``gates`` holds U h and becomes i, f, c̃, o."""
    f = Function("cell", "gates row_gates table labels c_old c h rows".split())
    gates, row_gates, table, labels, c_old, c, h, rows = f.arguments
    with f.repeat(rows):
        gate = f.local(gates)
        read = f.local(table + load_whole(labels) * row_gates)
        with f.repeat(whole(UNITS // 4)):
            sums = [load(gate, k * ALL) + load(read, k * ALL) for k in range(4)]
            i, forget, o = (f.local(sigmoid(f, sums[k])) for k in (0, 1, 3))
            candidate = f.local(tanh(f, sums[2]))
            for k, value in enumerate((i, forget, candidate, o)):
                f.store(gate, value, k * ALL)
            new = f.local(forget * load(c_old) + i * candidate)
            f.store(c, new)
            f.store(h, o * tanh(f, new))
            _next(f, 16, gate, read, c_old, c, h)
        f.set(gates, gates + row_gates)
        f.set(labels, labels + 4)
    return f


def cell_gradient() -> Function:
    """Propagate gradients through one frame; ``gates`` becomes the gradient of its arguments."""
    f = Function("cell_gradient", "gates row_gates c_old c dh_output dh_next dc rows".split())
    gates, row_gates, c_old, c, dh_output, dh_next, dc, rows = f.arguments
    one = constant(1)
    with f.repeat(rows):
        gate = f.local(gates)
        with f.repeat(whole(UNITS // 4)):
            i, forget, candidate, o = (f.local(load(gate, k * ALL)) for k in range(4))
            tanh_c = f.local(tanh(f, load(c)))
            dh = f.local(load(dh_output) + load(dh_next))
            d = f.local(load(dc) + dh * o * (one - tanh_c * tanh_c))
            f.store(dc, d * forget)
            f.store(gate, d * candidate * i * (one - i))
            f.store(gate, d * load(c_old) * forget * (one - forget), ALL)
            f.store(gate, d * i * (one - candidate * candidate), 2 * ALL)
            f.store(gate, dh * tanh_c * o * (one - o), 3 * ALL)
            _next(f, 16, gate, c_old, c, dh_output, dh_next, dc)
        f.set(gates, gates + row_gates)
    return f


def add_by_label() -> Function:
    """Add each row of the gates' gradient to the row of a table that belongs to its label."""
    f = Function("add_by_label", "gates row_gates labels table rows".split())
    gates, row_gates, labels, table, rows = f.arguments
    with f.repeat(rows):
        gate = f.local(gates)
        into = f.local(table + load_whole(labels) * row_gates)
        with f.repeat(whole(UNITS)):
            f.store(into, load(into) + load(gate))
            _next(f, 16, gate, into)
        f.set(gates, gates + row_gates)
        f.set(labels, labels + 4)
    return f


def _next(f: Function, step: int, *addresses: Local) -> None:
    for address in addresses:
        f.set(address, address + step)


def kernels() -> bytes:
    """Return the bytes of all of them."""
    return module([multiply(), cell(), cell_gradient(), add_by_label()])
