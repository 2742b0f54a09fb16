"""A small assembler for WebAssembly: loops over vectors of four numbers in single precision.

A :class:`Function` collects instructions, and :func:`module` makes the bytes that a browser
compiles. An expression is a :class:`Value`; ``+``, ``-``, ``*`` and ``/`` work on values of one
kind. The browser checks the types again when it compiles the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

I32, V128 = 0x7F, 0x7B  # whole numbers and addresses; four floats of 32 bits
PAGE = 65_536  # bytes of memory

_INTEGER = {"+": b"\x6a", "-": b"\x6b", "*": b"\x6c", "<": b"\x48"}


def unsigned(number: int) -> bytes:
    """Encode a whole number without a sign, seven bits per byte (LEB128)."""
    encoded = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        encoded.append(low | (0x80 if number else 0))
        if not number:
            return bytes(encoded)


def signed(number: int) -> bytes:
    """Encode a whole number with a sign, seven bits per byte (LEB128)."""
    encoded = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        last = number == -(low >> 6)  # the sign bit of the last byte stands for all others
        encoded.append(low | (0 if last else 0x80))
        if last:
            return bytes(encoded)


def _vector(opcode: int) -> bytes:
    return b"\xfd" + unsigned(opcode)


_FLOATS = {"+": _vector(228), "-": _vector(229), "*": _vector(230), "/": _vector(231)}
_MIN, _MAX = _vector(234), _vector(235)  # a < b ? a : b, which is one instruction of a processor


class Value:
    """An expression: the instructions that leave one number, or one vector, on the stack."""

    def __init__(self, kind: int, code: bytes) -> None:
        self.kind, self.code = kind, code

    def _with(self, operator: str, other: Value | float) -> Value:
        if not isinstance(other, Value):
            other = constant(other) if self.kind == V128 else whole(int(other))
        codes = _FLOATS if self.kind == V128 else _INTEGER
        if other.kind != self.kind or operator not in codes:
            raise TypeError(f"{operator}: expected two values of one kind that knows it")
        return Value(self.kind, self.code + other.code + codes[operator])

    def __add__(self, other: Value | float) -> Value:
        return self._with("+", other)

    def __sub__(self, other: Value | float) -> Value:
        return self._with("-", other)

    def __mul__(self, other: Value | float) -> Value:
        return self._with("*", other)

    def __truediv__(self, other: Value | float) -> Value:
        return self._with("/", other)

    def below(self, other: Value) -> Value:
        """Compare two whole numbers: 1 if this one is the smaller, else 0."""
        return self._with("<", other)

    def clipped(self, limit: float) -> Value:
        """Bring four floats between −limit and limit; NaN stays NaN."""
        at_most = self.code + constant(limit).code + _MIN
        return Value(V128, at_most + constant(-limit).code + _MAX)


def whole(number: int) -> Value:
    """Return a whole number."""
    return Value(I32, b"\x41" + signed(number))


def constant(number: float) -> Value:
    """Return four times the same float."""
    return Value(V128, _vector(12) + 4 * np.float32(number).tobytes())


def load(address: Value, offset: int = 0) -> Value:
    """Read four floats, ``offset`` bytes behind an address."""
    return Value(V128, address.code + _vector(0) + b"\x02" + unsigned(offset))


def load_one(address: Value, offset: int = 0) -> Value:
    """Read one float, and return it four times."""
    return Value(V128, address.code + _vector(9) + b"\x02" + unsigned(offset))


def load_whole(address: Value, offset: int = 0) -> Value:
    """Read a whole number of 32 bits."""
    return Value(I32, address.code + b"\x28\x02" + unsigned(offset))


class Local(Value):
    """A variable of a function."""

    def __init__(self, kind: int, number: int) -> None:
        super().__init__(kind, b"\x20" + unsigned(number))
        self.number = number


class Function:
    """A function without a result, whose arguments are whole numbers.

    Parameters
    ----------
    name : str
        The name under which JavaScript calls it.
    arguments : sequence of str
        Only for a reader; :attr:`arguments` holds the variables in this order.
    """

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        self.name, self.n_arguments = name, len(arguments)
        self._kinds: list[int] = []
        self._code = bytearray()
        self.arguments = [Local(I32, number) for number in range(len(arguments))]

    def local(self, value: Value) -> Local:
        """Make a variable with a first value."""
        variable = Local(value.kind, self.n_arguments + len(self._kinds))
        self._kinds.append(value.kind)
        self.set(variable, value)
        return variable

    def set(self, variable: Local, value: Value) -> None:
        """Give a variable a new value."""
        if variable.kind != value.kind:
            raise TypeError("set: expected a value of the variable's kind")
        self._code += value.code + b"\x21" + unsigned(variable.number)

    def store(self, address: Value, value: Value, offset: int = 0) -> None:
        """Write four floats."""
        self._code += address.code + value.code + _vector(11) + b"\x02" + unsigned(offset)

    @contextmanager
    def repeat(self, times: Value) -> Iterator[None]:
        """Repeat instructions so many times, at least once."""
        left = self.local(times)
        self._code += b"\x03\x40"
        yield
        self.set(left, left - 1)
        self._code += whole(0).below(left).code + b"\x0d\x00\x0b"

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Leave instructions out where a whole number is 0."""
        self._code += condition.code + b"\x04\x40"
        yield
        self._code += b"\x0b"

    def body(self) -> bytes:
        """Return the bytes: the kinds of the variables, then the instructions."""
        kinds = b"".join(unsigned(1) + bytes([kind]) for kind in self._kinds)
        return _sized(unsigned(len(self._kinds)) + kinds + bytes(self._code) + b"\x0b")


def module(functions: Sequence[Function]) -> bytes:
    """Make a module of functions that share a memory, ``env.memory`` of whoever loads it."""

    def name(text: str) -> bytes:
        return _sized(text.encode())

    types = [b"\x60" + _listed([bytes([I32])] * each.n_arguments) + b"\x00" for each in functions]
    memory = name("env") + name("memory") + b"\x02\x00\x01"
    exports = [name(each.name) + b"\x00" + unsigned(k) for k, each in enumerate(functions)]
    sections = {
        1: _listed(types),
        2: _listed([memory]),
        3: _listed([unsigned(number) for number in range(len(functions))]),
        7: _listed(exports),
        10: _listed([each.body() for each in functions]),
    }
    parts = (bytes([number]) + _sized(content) for number, content in sections.items())
    return b"\0asm\x01\0\0\0" + b"".join(parts)


def _sized(content: bytes) -> bytes:
    return unsigned(len(content)) + content


def _listed(items: Sequence[bytes]) -> bytes:
    return unsigned(len(items)) + b"".join(items)
