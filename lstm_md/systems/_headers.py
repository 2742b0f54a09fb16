"""How a text file is laid out: comments, separators, and the names of its columns."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lstm_md.systems._arrays import listed

# Other programs' words for a missing value, in lower case; pandas knows most of them.
_MISSING = frozenset(
    "nan -nan +nan na n/a null none <na> nat - -- . ? nan(ind) -nan(ind) nan(snan) -nan(snan) "
    "#n/a #na #num! #div/0! #value! #ref! #name? #null!".split()
) | {"", "#n/a n/a"}
_WINDOWS = re.compile(r"[+-]?1\.?#[a-z]+0*", re.IGNORECASE)  # 1.#QNAN, -1.#IND00, 1.#J
# A spreadsheet's errors begin with the mark of a comment.
_ERRORS = r"N/A|NA|NUM!|DIV/0!|VALUE!|REF!|NAME\?|NULL!"
_COMMENT = re.compile(rf"(?:^|(?<=\s))#(?!(?:{_ERRORS})(?:[\s,;\"']|$))")
_COLVAR = re.compile(r"\s*#!\s*FIELDS\s+")
_COLVAR_LIMIT = re.compile(r"\s*#!\s*SET\s+(min|max)_(\S+)\s+(\S+)\s*$")
_WITH_PI = re.compile(r"([+-]?)(?:(\d*\.?\d+|\d+\.)\*?)?pi(?:/(\d*\.?\d+|\d+\.))?", re.IGNORECASE)
_GRACE_AXIS = re.compile(r'@\s*([xy])axis\s+label\s+"(.*)"')
_GRACE_LEGEND = re.compile(r'@\s*(?:s|legend\s+string\s+)(\d+)\s+(?:legend\s+)?"(.*)"')
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eEdD][+-]?\d+)?")
# Fortran writes 1.0D+00, and leaves out the letter where the exponent has three digits.
_FORTRAN = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+))[dDqQ]([+-]?\d+)|([+-]?(?:\d+\.\d*|\.\d+))([+-][1-3]\d\d)"
)


@dataclass(frozen=True)
class Layout:
    """Names of the columns (or none), index of the first line of numbers, separator, decimal mark.

    The decimal mark is None where it has to be found out.
    """

    names: list[str]
    first: int
    separator: str | None
    decimal: str | None


def find_layout(lines: Sequence[str], file: Path, decimal: str | None) -> Layout:
    """Find where the numbers begin, what is between them, and how the columns are called."""
    names: list[str] = []
    comment = ""
    content: list[tuple[int, str]] = []
    for index, line in enumerate(lines):
        if re.match(_COLVAR, line):
            names = _colvar_names(lines, index, file)
        elif not line.startswith("@"):  # of GROMACS
            text = without_comment(line).strip()
            if text:
                content.append((index, text))
            elif "#" in line and not content:
                comment = line.strip().lstrip("# ")
        if len(content) == 2:
            break
    if len(content) == 2 and _lacks_first_name([lines[index] for index, _ in content]):
        content[0] = (content[0][0], f'""{lines[content[0][0]][0]}{content[0][1]}')
    header = None
    if content and _is_header([text for _, text in content], content[0][0], file, decimal):
        header = content.pop(0)[1]
    if not content:
        raise ValueError(
            f"path: {file} is empty or has no line of numbers; give at least one frame"
        )
    first, text = content[0]
    separator = find_separator(text, decimal)
    cells = split_cells(text, separator)
    if any(line.startswith("@") for line in lines[:first]):
        names = _grace_names(lines[:first], len(cells))
    elif header is not None:
        names = _header_names(header, separator, len(cells))
    elif not names:
        names = split_cells(comment, separator)
        names = names if len(names) == len(cells) else []
    # Tabs are often doubled or left at the end. If no cell is empty, they count as spaces.
    full = separator == "\t" and len(text.split()) == len(cells)
    return Layout(names, first, None if full else separator, decimal)


def without_comment(line: str) -> str:
    """Cut a comment, which begins at the start of the line or behind white space."""
    comment = _COMMENT.search(line) if "#" in line else None
    return line[: comment.start()] if comment else line


def find_separator(text: str, decimal: str | None) -> str | None:
    """Return what separates the cells of a line of numbers; None for spaces."""
    bare = re.sub(r'"[^"]*"', "", text)
    if ";" in bare:
        return ";"
    if "," in bare:
        words = text.split()
        alike = all(_DECIMAL_COMMA.fullmatch(word) or to_number(word) is not None for word in words)
        between_blanks = decimal is None and len(words) > 1 and alike
        if '"' in text or (decimal != "," and not between_blanks):
            return ","
    return "\t" if "\t" in text else None


def split_cells(text: str, separator: str | None) -> list[str]:
    """Split a line without its comment into cells without quotes."""
    if separator is not None and '"' in text:
        cells = next(csv.reader([text.strip()], delimiter=separator, skipinitialspace=True))
    else:
        cells = text.strip().split(separator)
    return [cell.strip(" \t\"'") for cell in cells]


def to_number(cell: str, decimal: str | None = ".") -> float | None:
    """Return the number in a cell, NaN if a value is missing there, or None if it is text."""
    text = cell.replace(",", ".") if decimal == "," and "." not in cell else cell
    if "_" in cell or (decimal == "," and "." in cell and not is_missing(cell)):
        return None
    try:
        return float(text)
    except ValueError:
        fortran = _FORTRAN.fullmatch(text)
        if fortran:
            return float("{}e{}".format(*filter(None, fortran.groups())))
        return float("nan") if is_missing(cell) else None


def is_missing(cell: str) -> bool:
    """Test whether a cell says that its value is missing."""
    return cell.lower() in _MISSING or _WINDOWS.fullmatch(cell) is not None


def colvar_limits(lines: Sequence[str], field: str) -> dict[str, set[str]]:
    """Return what the lines ``#! SET min_…`` and ``max_…`` of COLVAR say of a field."""
    limits: dict[str, set[str]] = {"min": set(), "max": set()}
    for found in filter(None, map(_COLVAR_LIMIT.match, lines)):
        if found[2] == field:
            limits[found[1]].add(found[3])
    return limits


def plumed_number(text: str) -> float:
    """Return the number that PLUMED writes as ``-pi``, ``2*pi``, ``pi/2`` or with digits."""
    found = _WITH_PI.fullmatch(text)
    if not found:
        return float(text)
    sign, factor, divisor = found.groups()
    return float(f"{sign}{factor or 1}") * math.pi / float(divisor or 1)


def colvar_fields(lines: Sequence[str], file: Path) -> list[str]:
    """Return the names of COLVAR, or an empty list if it is another file."""
    first = next((k for k, line in enumerate(lines) if re.match(_COLVAR, line)), None)
    return [] if first is None else _colvar_names(lines, first, file)


def _lacks_first_name(lines: Sequence[str]) -> bool:
    """Test whether pandas left the name of its index empty, before a tab or a space."""
    mark = lines[0][0]
    if mark not in "\t " or lines[1].startswith(mark):
        return False
    return mark == "\t" or len(lines[0].split()) + 1 == len(lines[1].split())


def _is_header(texts: list[str], index: int, file: Path, decimal: str | None) -> bool:
    """Test whether the first of two lines names the columns of the second."""
    rows = [split_cells(text, find_separator(text, decimal)) for text in texts]
    cells, below = rows[0], rows[-1] if len(rows) == 2 else []
    if len(below) > 1 and cells == ["", *column_numbers(len(below) - 1)]:
        return True  # pandas numbers the columns, and its index has no name
    are_text, have_number = _kinds(cells)
    if not any(have_number):
        return any(are_text)
    if not any(are_text):
        return False
    if are_text[0] and len(below) == 1 and _kinds(below)[1] == [True]:
        return True  # a line like "trace 9" above a single column is its name
    below_are_numbers = _kinds(below)[1]
    for column, (is_text, is_number) in enumerate(zip(are_text, below_are_numbers), 1):
        if is_text and is_number:
            raise not_a_number(file, index + 1, column, cells[column - 1])
    return False


def _kinds(cells: Sequence[str]) -> tuple[list[bool], list[bool]]:
    """Tell for each cell whether it is text, and whether it is a number, or a damaged one."""
    damaged = [
        not re.search(r"[^\W\d_]", cell) or to_number(cell.partition("#")[0] or "x") is not None
        for cell in cells
    ]
    numbers = [
        (to_number(cell.replace(",", ".")) is not None or is_damaged) and not is_missing(cell)
        for cell, is_damaged in zip(cells, damaged)
    ]
    missing = [is_missing(cell) for cell in cells]
    return [not n and not m for n, m in zip(numbers, missing)], numbers


def column_numbers(n_columns: int) -> list[str]:
    """Return the names that pandas gives to columns without names."""
    return [*map(str, range(n_columns))]


def not_a_number(file: Path, line: int, column: int, cell: str) -> ValueError:
    """Make the error for a cell that holds text."""
    hint = ""
    if "," in cell:
        hint = "; if the comma is the decimal mark, give decimal=','"
    return ValueError(
        f"path: {file}, line {line}, column {column}: expected a number, found {cell[:40]!r}; "
        f"correct or remove this line{hint}"
    )


def _header_names(header: str, separator: str | None, n_columns: int) -> list[str]:
    if n_columns == 1:
        return [header.strip(" \t\"'")]
    if separator is not None and separator in header:
        names = split_cells(header, separator)
    else:  # names between spaces may contain spaces, so their number decides
        names = split_cells(header, None)
        names = names if len(names) == n_columns else []
    return names


def _colvar_names(lines: Sequence[str], index: int, file: Path) -> list[str]:
    """Read the names of COLVAR; PLUMED repeats them at a restart, and they must not change."""
    names = re.sub(_COLVAR, "", lines[index]).split()
    for number, line in enumerate(lines[index:], index + 1):
        if line.startswith("#!") and re.match(_COLVAR, line):
            if re.sub(_COLVAR, "", line).split() != names:
                raise ValueError(
                    f"path: {file} changes its fields in line {number}; split it into two files"
                )
    return names


def _grace_names(lines: Sequence[str], n_columns: int) -> list[str]:
    """Read the names of GROMACS' .xvg: the label of the axis, then the legends."""
    axes = {found[1]: found[2] for found in map(_GRACE_AXIS.match, lines) if found}
    legends = {int(found[1]): found[2] for found in map(_GRACE_LEGEND.match, lines) if found}
    if not legends and n_columns == 2 and "y" in axes:
        legends = {0: axes["y"]}
    if sorted(legends) != list(range(n_columns - 1)):
        return []  # columns of errors have no legend
    first = axes.get("x", "")
    first = "time" if re.match(r"time\b", first, re.IGNORECASE) else first
    return [first, *(legends[k] for k in sorted(legends))]


def names_message(file: Path, names: Sequence[str], line: int, n_columns: int) -> ValueError:
    """Make the error for a line of names that does not fit the numbers."""
    return ValueError(
        f"path: {file} names {len(names)} columns ({listed(names)}), but line {line} has "
        f"{n_columns}; correct the line of names, or give decimal=',' if the comma is the "
        f"decimal mark"
    )
