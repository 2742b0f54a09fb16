"""A table that a notebook shows as HTML, and a terminal as text."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from numbers import Real

from lstm_md._support.checks import listed


class Table:
    """Rows of cells below a row of column names; numbers are right-aligned.

    Parameters
    ----------
    columns : sequence of str
    rows : iterable of sequence
        Each row has one cell per column.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than there are columns.

    Examples
    --------
    >>> Table(["state", "waits"], [["C7eq", 50], ["C7ax", 51]])
    state  waits
    C7eq      50
    C7ax      51
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        self.columns = listed(columns, "columns", "give the names of the columns")
        rows = listed(rows, "rows", "give a list of rows")
        self.rows = [
            listed(row, f"rows[{k}]", "give a list of cells") for k, row in enumerate(rows)
        ]
        for k, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows: row {k} has {len(row)} cells, expected {len(self.columns)}; give one "
                    f"per column"
                )

    def __repr__(self) -> str:
        lines = [self.columns, *([_shown(cell) for cell in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        right = [any(_is_number(row[k]) for row in self.rows) for k in range(len(widths))]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if to_right else cell.ljust(width)
                for cell, width, to_right in zip(line, widths, right, strict=True)
            ).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>"
            + "".join(f"<td{_right(cell)}>{html.escape(_shown(cell))}</td>" for cell in row)
            + "</tr>"
            for row in self.rows
        )
        return (
            f'<div style="overflow-x: auto"><table class="table"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )


def _is_number(cell: object) -> bool:
    return isinstance(cell, Real) and not isinstance(cell, bool)


def _right(cell: object) -> str:
    return ' style="text-align: right"' if _is_number(cell) else ""


def _shown(cell: object) -> str:
    return f"{cell:,}" if _is_number(cell) else str(cell)
