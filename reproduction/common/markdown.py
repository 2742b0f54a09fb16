"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table_lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Write a table in Markdown, line by line.

    >>> table_lines(["label", "frames"], [["A", 3]])
    ['| label | frames |', '| --- | --- |', '| A | 3 |']
    """
    lines = (columns, ["---"] * len(columns), *rows)
    return ["| " + " | ".join(map(str, cells)) + " |" for cells in lines]
