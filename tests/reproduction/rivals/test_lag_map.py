"""The map of all Markov models of the riboswitch shows the numbers of their record."""

from __future__ import annotations

import re

import pytest

from lstm_md.judging.criteria import percent
from reproduction.riboswitch.states import MS
from reproduction.rivals.lag_map import WAYS, lag_map
from reproduction.runs.files import load_summary
from tools.notebooks import BOOK


@pytest.fixture(scope="module")
def numbers():
    return load_summary(BOOK / "recorded" / "riboswitch_rivals")["numbers"]


@pytest.fixture(scope="module")
def page(numbers):
    return lag_map(numbers)._repr_html_()


def cells(table):
    """The words of each cell, by row and lag time."""
    heads = re.findall(r'<th scope="col">(.*?)</th>', table)
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table)
    return {
        (name, lag): words
        for name, inside in rows
        for lag, words in zip(heads, re.findall("<td>(.*?)</td>", inside), strict=True)
        if words
    }


def test_each_model_is_in_each_table_with_its_share_and_its_verdict(numbers, page):
    tables = re.findall(r"<caption>(.*?); (.*?)</caption>(.*?)</table>", page)
    assert [(way, counts) for way, counts, _ in tables] == [
        (way, counts) for way, each in WAYS.items() for counts in each
    ]
    names = {"msm": "MSM", "hmm": "HMM, {} states", "higher_order": "chain of order {}"}
    for way, counts, table in tables:
        found = cells(table)
        assert len(found) == len(numbers["rivals"]) == 44
        for row in numbers["rivals"].values():
            if row["kind"] in names and row["stride"] != 1:
                expected = row
                for key in WAYS[way][counts]:
                    expected = expected[key]
                name = names[row["kind"]].format(row["size"])
                share, _, mark = found[name, f"{row['lag_frames'] * MS:g}"].partition(" ")
                assert f"{share}%" == percent(expected["share"])
                assert bool(mark) == expected["passed"]


def test_single_frames_below_10_ms_are_all_that_are_judged(numbers):
    for row in numbers["rivals"].values():
        assert row["below"] == row["held"]["R2"]


def test_the_map_says_by_which_criteria_and_is_small(numbers, page):
    assert "by the criteria of the first edition" in page
    assert len(page.encode()) < 20_000
    with_loss = sum("loss" in row for row in numbers["rivals"].values())
    assert page.count("Its validation loss is ") == with_loss > 0
