"""Tables of numbers in text files, however they were written; PLUMED's COLVAR among them."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_COLVAR = re.compile(r"\s*#!\s*FIELDS\s+")


def read_table(file: Path) -> tuple[NDArray[np.float64], list[str]]:
    """The numbers, shape (lines, columns), and the names of the columns, none if not given.

    Raises
    ------
    ValueError
        If it is no text, has ragged rows or a cell that is no number; with line and column.
    """
    lines = _lines(file)
    names, first, separator = _layout(lines, file)
    table = _table(lines, first, separator, file)
    if names and len(names) != table.shape[1]:
        listed = ", ".join(repr(name) for name in names)
        raise ValueError(
            f"path: {file} names {len(names)} columns ({listed}), but line {first + 1} "
            f"has {table.shape[1]}; mend the line of names"
        )
    return table, names


def _lines(file: Path) -> list[str]:
    raw = file.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16")
    else:
        strange = re.search(rb"[\x00-\x08\x0e-\x1f\x7f]", raw)
        if strange:
            raise ValueError(
                f"path: {file} is not text (byte {strange.group()!r} at {strange.start()}); "
                f"unpack it, or load a molecular trajectory with load_molecular"
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


def _point(text: str, separator: str | None) -> str:
    """With a decimal point: beside semicolons a comma is the decimal mark."""
    return text.replace(",", ".") if separator == ";" else text


def _layout(lines: list[str], file: Path) -> tuple[list[str], int, str | None]:
    """Names of the columns if there are any, index of the first line of data, separator."""
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
            numbers = [_is_number(_point(cell, separator)) for cell in cells]
            if header is None and not numbers[0]:
                if not any(numbers) or _is_one_number(lines, index + 1):
                    header = line
                    continue
            if header is not None and len(cells) == 1:
                names = [header.partition("#")[0].strip(" \t\"'")]
            elif header is not None and separator is not None and separator in header:
                names = _cells(header, separator)
            else:  # names between spaces may hold spaces, so that a count decides
                words = _cells(comment if header is None else header, separator)
                names = names or (words if len(words) == len(cells) else [])
            # Tabs are often doubled or left at the end; where no cell is empty they are spaces.
            full = separator == "\t" and len(line.partition("#")[0].split()) == len(cells)
            return names, index, None if full else separator
    raise ValueError(f"path: {file} is empty or has no line of numbers; give at least one frame")


def _is_one_number(lines: list[str], first: int) -> bool:
    """Whether a line like "trace 9" stands above a single column, and can only be its name."""
    following = (line.partition("#")[0].strip() for line in islice(lines, first, None))
    return _is_number(next(filter(None, following), ""))


def _colvar_names(lines: list[str], index: int, file: Path) -> list[str]:
    """PLUMED repeats the line of names at each restart: it has to stay the same."""
    names = re.sub(_COLVAR, "", lines[index]).split()
    for number, line in enumerate(lines[index:], index + 1):
        if line.startswith("#!") and re.match(_COLVAR, line):
            if re.sub(_COLVAR, "", line).split() != names:
                raise ValueError(
                    f"path: {file} changes its fields in line {number}; split it into two files"
                )
    return names


def _table(lines: list[str], first: int, separator: str | None, file: Path) -> NDArray:
    body = [_point(line, separator) for line in lines[first:]] if separator else lines[first:]
    quote = '"' if separator else None
    try:
        return np.loadtxt(body, delimiter=separator, comments="#", quotechar=quote, ndmin=2)
    except ValueError:  # slower, more patient with spaces, and it knows where it is
        return np.array(_rows(lines, first, separator, file))


def _rows(lines: list[str], first: int, separator: str | None, file: Path) -> list[list[float]]:
    """The numbers line by line, or an error that says which line and cell is at fault."""
    rows = []
    expected = len(_cells(lines[first], separator))
    for number, line in enumerate(lines[first:], first + 1):
        if not line.partition("#")[0].strip():
            continue
        cells = _cells(line, separator)
        for column, cell in enumerate(cells, 1):
            if not _is_number(_point(cell, separator)):
                raise ValueError(
                    f"path: {file}, line {number}, column {column}: expected a number, found "
                    f"{cell[:40]!r}; mend or remove this line"
                )
        if len(cells) != expected:
            raise ValueError(
                f"path: {file}, line {number}: found {len(cells)} column(s), but line {first + 1} "
                f"has {expected}; mend or remove this line"
            )
        rows.append([float(_point(cell, separator)) for cell in cells])
    return rows
