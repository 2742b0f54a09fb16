"""A table has the same cells in text and in HTML, and no cell becomes markup."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lstm_md.tables import Table

TABLE = Table(
    ["model", "wait (ps)", "n"], [["data <b>", "1,882 ± 277", 50], ["LSTM", "2,052", 1377]]
)


def test_numbers_are_right_aligned_in_text_and_the_rest_left_aligned():
    assert repr(TABLE).splitlines() == [
        "model     wait (ps)        n",
        "data <b>  1,882 ± 277     50",
        "LSTM      2,052        1,377",
    ]


def test_html_has_the_same_cells_and_none_is_markup():
    shown = TABLE._repr_html_()
    assert re.findall(r"<th>(.*?)</th>", shown) == TABLE.columns
    assert re.findall(r"<td[^>]*>(.*?)</td>", shown) == [
        "data &lt;b&gt;", "1,882 ± 277", "50", "LSTM", "2,052", "1,377",
    ]  # fmt: skip
    assert shown.count("text-align: right") == 2


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="rows: row 1 has 1 cells, expected 2"):
        Table(["a", "b"], [[1, 2], [3]])


def test_a_table_without_rows_shows_its_column_names():
    assert repr(Table(["a", "b"], [])) == "a  b"


def test_numpy_numbers_are_right_aligned_too():
    table = Table(["frames"], [[np.int32(7)], [np.float64(1234.5)]])
    assert str(table) == " frames\n      7\n1,234.5"
