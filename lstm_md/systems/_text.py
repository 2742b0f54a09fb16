"""Tables of numbers in text files, with any separator and line end; also PLUMED's COLVAR."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import whole_number
from lstm_md.systems._arrays import Fields, listed

_COLVAR = re.compile(r"\s*#!\s*FIELDS\s+")


def read_table(file: Path) -> tuple[NDArray[np.float64], list[str]]:
    """Read the numbers, shape (lines, columns), and the names of the columns if there are any.

    Raises
    ------
    ValueError
        If the file is not text, has rows of unequal length, or a cell that is not a number. The
        message gives line and column.
    """
    lines = _lines(file)
    names, first, separator = _layout(lines, file)
    table = _table(lines, first, separator, file)
    if names and len(names) != table.shape[1]:
        raise ValueError(
            f"path: {file} names {len(names)} columns ({listed(names)}), but line {first + 1} "
            f"has {table.shape[1]}; correct the line of names"
        )
    return table, names


def columns(array: NDArray, names: Sequence[str], fields: Fields, file: Path) -> NDArray:
    """Return columns of a table: one axis for one name or number, two axes for a sequence."""
    if array.ndim != 2:
        raise ValueError(f"fields: {file} has shape {array.shape}, no columns; leave fields out")
    numbers = []
    for field in [fields] if isinstance(fields, str | int) else list(fields or ()):
        if isinstance(field, str):
            if names.count(field) != 1:
                raise ValueError(
                    f"fields: expected one column {field!r} in {file}, found {names.count(field)}; "
                    f"its names are: {listed(names)}"
                )
            field = names.index(field)
        if whole_number(field, "fields", minimum=0) >= array.shape[1]:
            raise ValueError(
                f"fields: expected columns from 0 to {array.shape[1] - 1}, found {field}; "
                f"columns are counted from 0"
            )
        numbers.append(field)
    if not numbers:
        raise ValueError("fields: found an empty list; name a column, or leave fields out")
    return array[:, numbers[0] if isinstance(fields, str | int) else numbers]


def _lines(file: Path) -> list[str]:
    raw = file.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16")
    else:
        control_character = re.search(rb"[\x00-\x08\x0e-\x1f\x7f]", raw)
        if control_character:
            found, at = control_character.group(), control_character.start()
            raise ValueError(
                f"path: {file} is not text (byte {found!r} at {at}); unpack it, or load a "
                f"molecular trajectory with load_molecular"
            )
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:  # an Å or ° in the header of an instrument's file
            text = raw.decode("latin-1")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def _separator(line: str) -> str | None:
    return next((mark for mark in ";,\t" if mark in line), None)


def _cells(line: str, separator: str | None) -> list[str]:
    return [cell.strip(" \t\"'") for cell in line.partition("#")[0].strip().split(separator)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _with_point(text: str, separator: str | None) -> str:
    """Replace decimal commas by points; a comma is a decimal mark only beside semicolons."""
    return text.replace(",", ".") if separator == ";" else text


def _layout(lines: list[str], file: Path) -> tuple[list[str], int, str | None]:
    """Find the names of the columns, the index of the first line of data, and the separator."""
    names: list[str] = []
    comment, header = "", None
    for index, line in enumerate(lines):
        if re.match(_COLVAR, line):
            names = _colvar_names(lines, index, file)
        elif line.lstrip().startswith("#"):
            comment = line.strip().lstrip("# ")
        elif line.strip():
            separator = _separator(line)
            cells = _cells(line, separator)
            numbers = [_is_number(_with_point(cell, separator)) for cell in cells]
            if header is None and not numbers[0]:
                if not any(numbers) or _is_one_number(lines, index + 1):
                    header = line
                    continue
            if header is not None and len(cells) == 1:
                names = [header.partition("#")[0].strip(" \t\"'")]
            elif header is not None and separator is not None and separator in header:
                names = _cells(header, separator)
            else:  # names between spaces may contain spaces, so their number decides
                words = _cells(comment if header is None else header, separator)
                names = names or (words if len(words) == len(cells) else [])
            # Tabs are often doubled or left at the end. If no cell is empty, they count as spaces.
            full = separator == "\t" and len(line.partition("#")[0].split()) == len(cells)
            return names, index, None if full else separator
    raise ValueError(f"path: {file} is empty or has no line of numbers; give at least one frame")


def _is_one_number(lines: list[str], first: int) -> bool:
    """Test whether the next line is one number: a line like "trace 9" above it is a name."""
    following = (line.partition("#")[0].strip() for line in islice(lines, first, None))
    return _is_number(next(filter(None, following), ""))


def _colvar_names(lines: list[str], index: int, file: Path) -> list[str]:
    """Read the names of COLVAR; PLUMED repeats them at a restart, and they must not change."""
    names = re.sub(_COLVAR, "", lines[index]).split()
    for number, line in enumerate(lines[index:], index + 1):
        if line.startswith("#!") and re.match(_COLVAR, line):
            if re.sub(_COLVAR, "", line).split() != names:
                raise ValueError(
                    f"path: {file} changes its fields in line {number}; split it into two files"
                )
    return names


def _table(lines: list[str], first: int, separator: str | None, file: Path) -> NDArray:
    body = [_with_point(line, separator) for line in lines[first:]] if separator else lines[first:]
    quote = '"' if separator else None
    try:
        return np.loadtxt(body, delimiter=separator, comments="#", quotechar=quote, ndmin=2)
    except ValueError:  # slower, but it allows more spaces, and its errors give the place
        return np.array(_rows(lines, first, separator, file))


def _rows(lines: list[str], first: int, separator: str | None, file: Path) -> list[list[float]]:
    """Read the numbers line by line; an error gives the line and the cell."""
    rows = []
    expected = len(_cells(lines[first], separator))
    for number, line in enumerate(lines[first:], first + 1):
        if not line.partition("#")[0].strip():
            continue
        cells = _cells(line, separator)
        for column, cell in enumerate(cells, 1):
            if not _is_number(_with_point(cell, separator)):
                raise ValueError(
                    f"path: {file}, line {number}, column {column}: expected a number, found "
                    f"{cell[:40]!r}; correct or remove this line"
                )
        if len(cells) != expected:
            raise ValueError(
                f"path: {file}, line {number}: found {len(cells)} column(s), but line {first + 1} "
                f"has {expected}; correct or remove this line"
            )
        rows.append([float(_with_point(cell, separator)) for cell in cells])
    return rows
