"""The files of a record: one file per job, and a summary with the checksums of all of them."""

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

FORMAT = 1  # Code for a later format must read this one too: see tests/reproduction/frozen.
SUMMARY = "summary.json"
WEIGHTS = ("table", "kernel", "recurrent", "bias", "dense", "dense_bias")  # in Keras's order
_HEAD = ("format", "settings", "provenance")
_LABELS = ".lzma"  # The ending of the name of a compressed array.


def save_file(
    path: Path, content: Mapping[str, Any], settings: Mapping[str, Any], origin: Mapping[str, Any]
) -> None:
    """Write one file of a record, completely or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.npz`` for arrays, or in ``.json`` for anything that JSON holds. Arrays of uint8
        and uint16 are labels and are compressed.
    content : mapping
        The arrays or values, by name.
    settings : mapping
        The arguments of the job.
    origin : mapping
        From :func:`reproduction.runs.provenance.provenance`.

    Raises
    ------
    OSError
        If the file cannot be written. An older file at ``path`` is kept.
    """
    head = {"format": FORMAT, "settings": dict(settings), "provenance": dict(origin)}
    if path.suffix == ".json":
        _save_json(path, {**head, "content": content})
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
    """Read one file of a record.

    Returns
    -------
    dict
        ``settings``, ``provenance``, and the content by name.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DamagedError
        If the file is cut short or changed, or was written by a later version.
    """
    if path.suffix == ".json":
        found = _load_json(path)
        _check_format(path, found.get("format"))
        return {**found, **found.get("content", {})}
    arrays = load_arrays(path)
    content: dict[str, Any] = {name: json.loads(str(arrays.pop(name, "null"))) for name in _HEAD}
    _check_format(path, content["format"])
    for name, array in arrays.items():
        base, _, kind = name.rpartition(".")
        if kind == "lzma":
            plain = np.frombuffer(lzma.decompress(array.tobytes()), str(arrays[base + ".type"]))
            content[base] = plain.reshape(arrays[base + ".shape"])
        elif base + _LABELS not in arrays:
            content[name] = array
    return content


def _check_format(path: Path, found: Any) -> None:
    if not isinstance(found, int) or not 1 <= found <= FORMAT:
        raise DamagedError(
            f"path: {path} has format {found!r}, but this version reads formats 1 to {FORMAT}. "
            f"Either update lstm_md, or give a file that it wrote"
        )


def _load_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no file {path}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError(f"expected an object, found {type(found).__name__}")
    except ValueError as error:
        raise DamagedError(f"path: {path} is damaged ({error})") from error
    return found


def _save_json(path: Path, content: Mapping[str, Any]) -> None:
    with whole_or_nothing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load_summary(path: Path) -> dict[str, Any]:
    """Read the summary of the record in the folder ``path``.

    Raises
    ------
    FileNotFoundError
        If there is no finished record.
    DamagedError
        If the summary is damaged, or was written by a later version.
    """
    summary = _load_json(path / SUMMARY)
    _check_format(path / SUMMARY, summary.get("format"))
    return summary


def save_summary(path: Path, summary: Mapping[str, Any], files: Sequence[str]) -> None:
    """Write the summary of a finished record, with the checksums of its files and its own."""
    content = {
        "format": FORMAT,
        **summary,
        "files": {name: checksum(path / name) for name in files},
    }
    content["sha256"] = own_checksum(content)
    _save_json(path / SUMMARY, content)


def check_files(folder: Path, summary: Mapping[str, Any]) -> None:
    """Compare every file of a record with its checksum.

    Raises
    ------
    DamagedError
        If a file is missing or was changed.
    """
    for name, expected in summary["files"].items():
        if not (folder / name).is_file() or checksum(folder / name) != expected:
            raise DamagedError(
                f"path: {folder / name} was changed after it was recorded. Record it again"
            )


def checksum(path: Path) -> str:
    """Compute the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def own_checksum(summary: Mapping[str, Any]) -> str:
    """Compute the SHA-256 of a summary without the checksum that it holds."""
    rest = {name: value for name, value in summary.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def as_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they come back from a file, with lists in place of tuples."""
    return json.loads(json.dumps(dict(settings)))
