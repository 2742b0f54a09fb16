"""Check comparisons of many models, and write them as tables: a row for each kind of model."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from lstm_md._support.checks import instance, listed, real_number
from lstm_md.judging.criteria import CurveComparison

Place = tuple[str, float]
Table = dict[Place, CurveComparison]


def checked_places(models: Sequence[str], columns: Any) -> list[Place]:
    """Check the rows and columns of the models."""
    numbers = [real_number(one, "columns") for one in listed(columns, "columns", "give numbers")]
    if len(numbers) != len(models):
        raise ValueError(
            f"columns: expected {len(models)} numbers, one for each model, found {len(numbers)}"
        )
    places = list(zip(models, numbers))
    for place in places:
        if places.count(place) > 1:
            raise ValueError(
                f"models: found {place[0]!r} twice in the column {place[1]:g}; give each a name"
            )
    return places


def checked_ways(given: Any, places: Sequence[Place]) -> dict[tuple[str, str], Table]:
    """Check the comparisons of each model, by the way of comparing and by what is counted."""
    advice = "give {way: {counts: [CurveComparison for each model]}}"
    found = {}
    for way, counts in instance(given, Mapping, "ways", advice).items():
        for name, comparisons in instance(counts, Mapping, "ways", advice).items():
            each = listed(comparisons, "ways", advice)
            if len(each) != len(places):
                raise ValueError(
                    f"ways: expected {len(places)} comparisons, one for each model, found "
                    f"{len(each)} in {name!r}; {advice}"
                )
            for one in each:
                instance(one, CurveComparison, "ways", advice)
            found[instance(way, str, "ways", advice), instance(name, str, "ways", advice)] = dict(
                zip(places, each)
            )
    if not found:
        raise ValueError(f"ways: found nothing to compare; {advice}")
    return found


def drawn(tables: Mapping[tuple[str, str], Table], corner: str) -> str:
    """Write a table for each choice. Its cells have the share that agrees, in per cent."""
    ways = list(dict.fromkeys(way for way, _ in tables))
    return "\n".join(
        f'<table data-way="{ways.index(way)}" data-counts="{html.escape(counts)}">'
        f"<caption>{html.escape(f'{way}; {counts}')}</caption>{_inside(table, corner)}</table>"
        for (way, counts), table in tables.items()
    )


def _inside(table: Table, corner: str) -> str:
    rows, columns = rows_and_columns(table)
    heads = "".join(f'<th scope="col">{column:g}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{html.escape(row)}</th>'
        + "".join(f"<td>{_words(table.get((row, column)))}</td>" for column in columns)
        + "</tr>"
        for row in rows
    )
    return f"<thead><tr><td>{html.escape(corner)}</td>{heads}</tr></thead><tbody>{body}</tbody>"


def _words(comparison: CurveComparison | None) -> str:
    if comparison is None:
        return ""
    return f"{100 * comparison.share:.0f}" + (" ✓" if comparison.agree else "")


def in_order(table: Mapping[Place, Any]) -> list[Any]:
    """List what belongs to the cells of a table, row by row, without those that are empty."""
    rows, columns = rows_and_columns(table)
    places = ((row, column) for row in rows for column in columns)
    return [table[place] for place in places if place in table]


def rows_and_columns(table: Mapping[Place, Any]) -> tuple[list[str], list[float]]:
    """List the rows as they come, and the columns in their order."""
    return list(dict.fromkeys(row for row, _ in table)), sorted({column for _, column in table})
