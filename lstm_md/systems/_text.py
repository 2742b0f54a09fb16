"""Tables of numbers in text files, and what can be wrong with them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.systems._arrays import Fields, chosen_columns, damaged
from lstm_md.systems._headers import (
    Layout,
    column_numbers,
    find_layout,
    is_missing,
    names_message,
    not_a_number,
    split_cells,
    to_number,
    without_comment,
)

_COMPRESSED: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
_TIME = re.compile(r"time(?:[ _/]*[(\[]?\w{1,3}[)\]]?)?", re.IGNORECASE)  # time, time_ps, Time (s)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
_PAIR_OF_INTEGERS = re.compile(r"\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*")
_ONE_MARK_OF_THOUSANDS = re.compile(r"\s*[+-]?[1-9]\d{0,2},\d{3}(?:\.\d*)?\s*")
_INTEGERS = re.compile(r"\s*[+-]?\d+(?:,[+-]?\d+)+\s*")


def read_table(file: Path, fields: Fields, decimal: str | None) -> NDArray[np.float64]:
    """Read the columns that are asked for, shape (lines,) or (lines, columns).

    Raises
    ------
    ValueError
        If the file is not text, has rows of unequal length, or is ambiguous; or if a cell that is
        asked for is not a number. The message gives line and column.
    """
    lines = read_lines(file)
    layout = find_layout(lines, file, decimal)
    body = [without_comment(line) if "#" in line else line for line in lines[layout.first :]]
    if layout.separator is None and _ends_data_set(body):
        body[-1] = ""
    layout = _with_decimal(body, layout, file)
    table = _numbers(body, layout, file)
    names = layout.names
    if names and names[-1] == "" and len(names) == table.shape[1] + 1:
        names = names[:-1]
    if names and len(names) != table.shape[1]:
        raise names_message(file, names, layout.first + 1, table.shape[1])
    numbers = chosen_columns(names, table.shape[1], fields, file)
    if not np.isfinite(table[:, numbers]).all():
        raise _bad_cell(table, numbers, body, layout, file)
    if table.shape[1] == 1:
        _refuse_empty_lines(lines[layout.first :], layout, file)
    _refuse_repeated_times(table, names, body, layout, file)
    _refuse_cut_line(body, layout, file)
    if not names:
        several = fields is not None and max(numbers) > 0
        _refuse_names_as_numbers(table, body, layout, file)
        if decimal is None and not several:
            _refuse_decimal_commas(body, layout, table.shape[1], file)
    return table[:, numbers[0] if len(numbers) == 1 else numbers]


def read_lines(file: Path) -> list[str]:
    """Read a text file, which may be compressed, and split it at any kind of line end."""
    raw = file.read_bytes()
    for magic, unpack in _COMPRESSED.items():
        if raw.startswith(magic):
            try:
                with unpack(file) as content:
                    raw = content.read()
            except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
                raise damaged(file, error) from error
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


def _ends_data_set(body: list[str]) -> bool:
    """Remove empty lines at the end, and test whether the last line is the ``&`` of .xvg."""
    while len(body) > 1 and not body[-1].strip() and body[-2].strip() in ("", "&"):
        body.pop()
    return body[-1].strip() == "&"


def _with_decimal(body: Sequence[str], layout: Layout, file: Path) -> Layout:
    """Find the decimal mark: beside another separator, a comma is one."""
    if layout.decimal is not None:
        return layout
    with_comma = [] if layout.separator == "," else [line for line in body if "," in line]
    if with_comma and layout.separator != ";":
        cells = (cell for line in with_comma for cell in split_cells(line, layout.separator))
        if all(_THOUSANDS.fullmatch(cell) for cell in cells if "," in cell):
            raise ValueError(
                f"path: {file}: expected numbers without marks between thousands, found "
                f"{with_comma[0].strip()[:40]!r}; remove the commas, or give decimal=',' if the "
                f"comma is the decimal mark"
            )
    return Layout(layout.names, layout.first, layout.separator, "," if with_comma else ".")


def _numbers(body: Sequence[str], layout: Layout, file: Path) -> NDArray[np.float64]:
    """Read all cells; NaN stands for a missing value and for text."""
    separator, simple = layout.separator, True
    if layout.decimal == ",":
        simple = separator != "," and not any("." in line for line in body)
    if simple:
        rows = [line.replace(",", ".") for line in body] if layout.decimal == "," else body
        quote = '"' if separator else None
        try:
            return np.loadtxt(rows, delimiter=separator, comments=None, quotechar=quote, ndmin=2)
        except ValueError:
            pass  # Slower, the lines are read one by one: other spaces, missing values, text.
    return _rows(body, layout, file)


def _rows(body: Sequence[str], layout: Layout, file: Path) -> NDArray[np.float64]:
    rows, expected, ends_empty = [], 0, True
    for number, line in enumerate(body, layout.first + 1):
        if not line.strip():
            continue
        cells = split_cells(line, layout.separator)
        expected = expected or len(cells)
        if cells[0] == "&":
            raise ValueError(
                f"path: {file} holds several sets of data (line {number} is '&'); split it there"
            )
        if len(cells) != expected:
            cut = ""
            if number == layout.first + len(body):
                cut = "; the file may have been cut off here"
            raise ValueError(
                f"path: {file}, line {number}: found {len(cells)} column(s), but line "
                f"{layout.first + 1} has {expected}; correct or remove this line{cut}"
            )
        ends_empty = ends_empty and cells[-1] == ""
        found = [to_number(cell, layout.decimal) for cell in cells]
        rows.append([np.nan if number is None else number for number in found])
    table = np.array(rows)
    return table[:, :-1] if ends_empty and expected > 1 else table  # a separator ends each line


def _line_of_row(body: Sequence[str], row: int) -> int:
    """Return the index in the body of a row of the table; empty lines are no rows."""
    return [index for index, line in enumerate(body) if line.strip()][row]


def _bad_cell(
    table: NDArray, numbers: Sequence[int], body: Sequence[str], layout: Layout, file: Path
) -> ValueError:
    """Make the error for the first cell that is text, missing or infinite."""
    row, k = (int(i) for i in np.argwhere(~np.isfinite(table[:, numbers]))[0])
    index = _line_of_row(body, row)
    line, column = layout.first + index + 1, numbers[k]
    cell = split_cells(body[index], layout.separator)[column]
    if to_number(cell, layout.decimal) is None:
        return not_a_number(file, line, column + 1, cell)
    if is_missing(cell):
        found = f"nan at index {row if len(numbers) == 1 else (row, k)} (the cell is {cell!r})"
    else:
        found = f"{table[row, column]} at index {row if len(numbers) == 1 else (row, k)}"
    return ValueError(
        f"path: {file}, line {line}, column {column + 1}: found {found}; "
        f"remove or interpolate such frames before you go on"
    )


def _refuse_empty_lines(lines: Sequence[str], layout: Layout, file: Path) -> None:
    """Refuse an empty line between two numbers of a single column: it may be a missing value.

    Where all numbers are equally far apart, the empty lines are only spaces.
    """
    filled = np.flatnonzero([bool(line.strip()) for line in lines])
    number = np.array([bool(without_comment(lines[k]).strip()) for k in filled.tolist()])
    neighbours = number[1:] & number[:-1]  # with no comment between them
    before, empty = filled[:-1][neighbours], np.diff(filled)[neighbours] - 1
    if not (empty == empty[:1]).all():
        line = layout.first + before[np.flatnonzero(empty)[0]] + 2
        raise ValueError(
            f"path: {file}, line {line}: found an empty line between the numbers of a single "
            f"column; if a value is missing, cut the trajectory there, otherwise remove the line"
        )


def _refuse_repeated_times(
    table: NDArray, names: Sequence[str], body: Sequence[str], layout: Layout, file: Path
) -> None:
    """Refuse times that do not increase: a restart wrote frames twice, or runs were joined."""
    column = next((k for k, name in enumerate(names) if _TIME.fullmatch(name)), None)
    if column is None:
        return
    back = np.flatnonzero(np.diff(table[:, column]) <= 0)
    if back.size:
        before, frame = int(back[0]), int(back[0]) + 1
        raise ValueError(
            f"path: {file}, line {layout.first + _line_of_row(body, frame) + 1}: the column "
            f"{names[column]!r} does not increase at frame {frame}: {table[frame, column]:g} after "
            f"{table[before, column]:g}. If a restart wrote frames twice, remove one copy; if "
            f"several runs are joined, split them; if the frames are in order, rename the column"
        )


def _refuse_cut_line(body: Sequence[str], layout: Layout, file: Path) -> None:
    """Refuse a last number that has lost digits: no line end, and shorter than all those above."""
    if not body[-1].strip():
        return
    *above, last = (split_cells(line, layout.separator)[-1] for line in body[-201:] if line.strip())
    point = layout.decimal or "."
    decimals = any(point in cell for cell in above)
    lengths = {len(cell.partition(point)[2] if decimals else cell) for cell in above}
    length = len(last.partition(point)[2] if decimals else last)
    # Numbers of one format always have as many decimals; others are compared in large numbers.
    enough = 10 if decimals and len(lengths) == 1 else 200
    if len(above) >= enough and length < min(lengths):
        raise ValueError(
            f"path: {file}, line {layout.first + len(body)}: the file ends without a line end, and "
            f"its last number, {last!r}, has fewer digits than those above; it may be cut off. "
            f"Copy the file again, or delete this line; if the file is complete, add a line end"
        )


def _refuse_names_as_numbers(
    table: NDArray, body: Sequence[str], layout: Layout, file: Path
) -> None:
    """Refuse a first row 0, 1, 2 … that may be the names that pandas gives to columns."""
    cells = split_cells(body[0], layout.separator)
    named = to_number(cells[0], layout.decimal) is None  # the index may have a name
    if cells[named:] != column_numbers(len(cells) - named) or len(table) == 1:
        return
    if len(cells) > 1 and table[1, 0] == 1:
        return  # frames are counted in the first column
    others = (split_cells(line, layout.separator)[-1] for line in body[1:] if line.strip())
    if len(cells) - named == 1 and not all(re.search("[.,eE]", cell) for cell in others):
        return  # a number of a column stands above numbers with decimals
    raise ValueError(
        f"path: {file}, line {layout.first + 1}: {', '.join(cells)} may be column numbers, as "
        f"pandas writes them, or the first frame; if they are column numbers, delete this line; if "
        f"they are a frame, put a line of column names above it"
    )


def _refuse_decimal_commas(body: Sequence[str], layout: Layout, n_columns: int, file: Path) -> None:
    """Refuse numbers between commas that may be decimal marks, or stand between thousands."""
    if layout.separator != ",":
        return

    def every_line(pattern: re.Pattern[str]) -> bool:
        return all(pattern.fullmatch(line) for line in body if line.strip())

    if n_columns == 2:
        ambiguous = every_line(_PAIR_OF_INTEGERS) or every_line(_ONE_MARK_OF_THOUSANDS)
    else:  # with a decimal comma, digits such as 05 would be numbers of their own
        ambiguous = every_line(_INTEGERS) and any(re.search(r",0\d", line) for line in body)
    if ambiguous:
        raise ValueError(
            f"path: {file}, line {layout.first + 1}: the comma in {body[0].strip()[:40]!r} may be "
            f"a decimal mark, stand between thousands, or separate columns; give decimal=',' for "
            f"numbers with a decimal comma, or decimal='.' for columns"
        )
