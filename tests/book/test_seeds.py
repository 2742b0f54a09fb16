"""The table of verdicts and seeds finds a verdict that changes."""

from __future__ import annotations

import pytest

from tools import seeds
from tools.notebooks import chapters, code_cells, read, tags
from tools.results import VERDICTS


def verdict(claim, outcome):
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/plain": "…", VERDICTS: {"id": claim, "outcome": outcome}},
    }


def notebook(*outputs):
    cell = {"cell_type": "code", "metadata": {}, "source": "", "outputs": list(outputs)}
    return {"cells": [cell]}


def test_verdicts_are_collected_from_all_outputs():
    several = verdict("K1", "reproduced")
    several["data"][VERDICTS] = [
        {"id": "B1", "outcome": "reproduced"},
        {"id": "B2", "outcome": "not reproduced"},
    ]
    assert seeds.verdicts(notebook(several, verdict("K1", "reproduced"))) == {
        "B1": "reproduced",
        "B2": "not reproduced",
        "K1": "reproduced",
    }


def test_two_verdicts_on_one_claim_are_refused():
    with pytest.raises(ValueError, match="two verdicts on K1"):
        seeds.verdicts(notebook(verdict("K1", "reproduced"), verdict("K1", "not reproduced")))


def test_a_flip_is_found():
    results = {
        "B1": {1: "reproduced", 2: "reproduced"},
        "K4": {1: "reproduced", 2: "not reproduced"},
    }
    text, flips = seeds.table(results, (1, 2))
    assert flips == ["K4"]
    assert "K4" in text and "<- flips" in text


def test_a_verdict_that_one_seed_does_not_give_is_a_flip():
    _, flips = seeds.table({"B1": {1: "reproduced"}}, (1, 2))
    assert flips == ["B1"]


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_seed_changes_one_line_of_a_chapter_and_nothing_else(path):
    before = read(path)
    after = seeds.with_seed(before, 987)
    pairs = [(b, a) for b, a in zip(before["cells"], after["cells"]) if b != a]
    assert len(pairs) == 1 and "parameters" in tags(pairs[0][1])
    lines = [
        (b, a)
        for b, a in zip(pairs[0][0]["source"].splitlines(), pairs[0][1]["source"].splitlines())
        if b != a
    ]
    assert len(lines) == 1 and lines[0][1].startswith("seed = 987")
    assert sum(1 for _ in code_cells(after)) == sum(1 for _ in code_cells(before))
