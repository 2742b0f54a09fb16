"""The files of a record: one a part of the run, and a summary with their checksums."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md._support.archives import DamagedError, load_arrays, save_arrays
from lstm_md._support.files import whole_or_nothing

FORMAT = 1  # a reader of a later format has to read this one too: tests/reproduction/frozen
SUMMARY = "summary.json"
WEIGHTS = ("table", "kernel", "recurrent", "bias", "dense", "dense_bias")  # in Keras's order
_LABELS = ".lzma"


def save_file(
    path: Path, content: Mapping[str, Any], settings: Mapping[str, Any], origin: Mapping[str, Any]
) -> None:
    """Write one part of a record, whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.npz`` (arrays; those of uint8 and uint16 are labels and are compressed) or
        in ``.json`` (anything that JSON holds).
    content : mapping
    settings : mapping
        What the part was asked for.
    origin : mapping
        From :func:`reproduction.runs.provenance.provenance`.

    Raises
    ------
    OSError
        If the file cannot be written; whatever stood there before is kept.
    """
    head = {"format": FORMAT, "settings": dict(settings), "provenance": dict(origin)}
    if path.suffix == ".json":
        with whole_or_nothing(path) as temporary:
            text = json.dumps({**head, "content": content}, indent=1)
            temporary.write_text(text + "\n", encoding="utf-8")
        return
    arrays: dict[str, Any] = {name: json.dumps(value) for name, value in head.items()}
    for name, value in content.items():
        array = np.asarray(value)
        if array.dtype in (np.uint8, np.uint16):
            plain = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
            arrays[name + _LABELS] = np.frombuffer(lzma.compress(plain.tobytes()), np.uint8)
            arrays[name + ".shape"] = np.array(array.shape, np.int64)
            arrays[name + ".type"] = plain.dtype.str
        else:
            arrays[name] = array
    save_arrays(path, arrays)


def load_file(path: Path) -> dict[str, Any]:
    """Read one part: ``settings``, ``provenance``, and its content by name.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DamagedError
        If it is cut short or changed, or its format is newer than this version knows.
    """
    if path.suffix == ".json":
        text = _json(path)
        _known_format(path, text.get("format"))
        return {**text, **text.get("content", {})}
    arrays = load_arrays(path)
    part: dict[str, Any] = {
        name: json.loads(str(arrays.pop(name, "null")))
        for name in ("format", "settings", "provenance")
    }
    _known_format(path, part["format"])
    for name, array in arrays.items():
        base, _, kind = name.rpartition(".")
        if kind == "lzma":
            plain = np.frombuffer(lzma.decompress(array.tobytes()), str(arrays[base + ".type"]))
            part[base] = plain.reshape(arrays[base + ".shape"])
        elif base + _LABELS not in arrays:
            part[name] = array
    return part


def _known_format(path: Path, found: Any) -> None:
    if not isinstance(found, int) or not 1 <= found <= FORMAT:
        raise DamagedError(
            f"path: {path} has format {found!r}, and this version reads 1 to {FORMAT}; "
            f"update lstm_md, or give a file that it wrote"
        )


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no file {path}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        assert isinstance(found, dict)
    except (ValueError, AssertionError) as error:
        raise DamagedError(f"path: {path} is damaged ({error})") from error
    return found


def load_summary(path: Path) -> dict[str, Any]:
    """The summary of the record at ``path``, as :func:`save_summary` wrote it."""
    summary = _json(path / SUMMARY)
    _known_format(path / SUMMARY, summary.get("format"))
    return summary


def save_summary(path: Path, summary: Mapping[str, Any], files: Sequence[str]) -> None:
    """Write the summary of a finished record, with the checksums of its files and its own."""
    whole = {"format": FORMAT, **summary, "files": {name: checksum(path / name) for name in files}}
    whole["sha256"] = own_checksum(whole)
    with whole_or_nothing(path / SUMMARY) as temporary:
        temporary.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def check_files(folder: Path, summary: Mapping[str, Any]) -> None:
    """Hold every file of a record to its checksum.

    Raises
    ------
    DamagedError
        If one is missing or was changed.
    """
    for name, expected in summary["files"].items():
        if not (folder / name).is_file() or checksum(folder / name) != expected:
            raise DamagedError(f"path: {folder / name} was changed; record it again")


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def own_checksum(summary: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in summary.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def as_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they come back from a file: tuples have become lists."""
    return json.loads(json.dumps(dict(settings)))
