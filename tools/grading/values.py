"""Plain values as bytes and back, in a format that cannot run code.

A submission and its tests exchange numbers, strings, lists, tuples, dictionaries, sets, arrays of
numbers, and the small dataclasses of the package. Any other object arrives as :class:`Opaque`,
which equals nothing.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import struct
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import numpy as np

MOST_BYTES = 64 << 20  # in one message: eight million numbers
DEEPEST = 20
KINDS = "biufcU"  # array types that are allowed: booleans, numbers, strings; no objects


class Opaque:
    """Stands for an object that cannot be sent, such as a network; it keeps the type's name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}, which is not a plain value>"


@dataclasses.dataclass(frozen=True)
class Function:
    """The name of a function that stays in the submission's process."""

    name: str


def dumps(value: Any) -> bytes:
    """Return a value as bytes.

    Raises
    ------
    ValueError
        If it is too large for a message.
    """
    text = json.dumps(_encode(value, 0)).encode()
    if len(text) > MOST_BYTES:
        raise ValueError(f"a value of {len(text):,} bytes; at most {MOST_BYTES:,} can be sent")
    return text


def loads(text: bytes) -> Any:
    """Return the value that :func:`dumps` turned into bytes.

    Raises
    ------
    ValueError
        If the bytes were not made by :func:`dumps`.
    """
    try:
        return _decode(json.loads(text))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a message: {error!r}") from None


def send(descriptor: int, value: Any) -> None:
    """Write one message: its length, then its bytes."""
    text = dumps(value)
    left = memoryview(struct.pack(">Q", len(text)) + text)
    while left:
        left = left[os.write(descriptor, left) :]


def receive(read: Callable[[int], bytes]) -> Any:
    """Read one message with ``read(n)``, which returns at most n bytes and none at the end.

    Raises
    ------
    EOFError
        If the other process ended.
    ValueError
        If the bytes are not a message.
    """
    (size,) = struct.unpack(">Q", _exactly(read, 8))
    if size > MOST_BYTES:
        raise ValueError(f"a message of {size:,} bytes; at most {MOST_BYTES:,} can be sent")
    return loads(_exactly(read, size))


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    parts = []
    while size:
        part = read(min(size, 1 << 20))
        if not part:
            raise EOFError("the other process ended")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _records() -> dict[str, type]:
    """Return the package's dataclasses that can be sent, by name; they are loaded when needed."""
    from lstm_md.analysis.uncertainty import Estimate
    from lstm_md.judging.criteria import Outcome
    from lstm_md.judging.verdict import Claim, Verdict

    return {each.__name__: each for each in (Estimate, Verdict, Outcome, Claim)}


def _encode(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError(f"a value nested more than {DEEPEST} levels deep")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic):
        return _encode(np.asarray(value), depth) | {"scalar": True}
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in KINDS:
            return {"opaque": f"array of {value.dtype}"}
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": data, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, complex):
        return _encode(np.asarray(value), depth) | {"scalar": True}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            return {kind.__name__: [_encode(each, depth + 1) for each in value]}
    if isinstance(value, dict):
        pairs = [[_encode(k, depth + 1), _encode(v, depth + 1)] for k, v in value.items()]
        return {"dict": pairs}
    if isinstance(value, Function):
        return {"callable": value.name}
    if type(value).__module__.startswith("lstm_md."):
        if type(value).__name__ == "VerdictTable":
            return {"table": [_encode(each, depth + 1) for each in value.verdicts]}
        if type(value) is _records().get(type(value).__name__):
            record: Any = value
            fields = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
            return {"record": type(value).__name__, "fields": _encode(fields, depth + 1)}
    return {"opaque": type(value).__name__}


def _decode(given: Any) -> Any:
    if not isinstance(given, dict):
        if given is None or isinstance(given, bool | int | float | str):
            return given
        raise TypeError(f"found {type(given).__name__}")
    if "array" in given:
        dtype = np.dtype(given["dtype"])
        if dtype.kind not in KINDS:
            raise TypeError(f"an array of {dtype}")
        flat = np.frombuffer(base64.b64decode(given["array"]), dtype)
        array = flat.reshape([int(n) for n in given["shape"]]).copy()
        return array[()] if given.get("scalar") else array
    for kind in (list, tuple, set, frozenset):
        if kind.__name__ in given:
            return kind(_decode(each) for each in given[kind.__name__])
    if "dict" in given:
        return {_decode(key): _decode(value) for key, value in given["dict"]}
    if "callable" in given:
        return Function(str(given["callable"]))
    if "table" in given:
        from lstm_md.judging.verdict import VerdictTable

        return VerdictTable(_decode(each) for each in given["table"])
    if "record" in given:
        return _records()[given["record"]](**_decode(given["fields"]))
    return Opaque(str(given["opaque"]))
