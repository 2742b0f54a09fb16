"""How a chapter teaches: lines that fit, short cells, questions, no codes of claims."""

from __future__ import annotations

import itertools
import re

import pytest

from reproduction.ledger import LEDGER
from tools.chapters import _exercises
from tools.notebooks import BOOK, chapters, code_cells, read, tags, text
from tools.repository import is_setup_cell

TEACHING = [path.stem for path in chapters()]
LONGEST_LINE, LONGEST_CELL = 78, 17  # characters; lines
WORDS_A_MINUTE, MINUTES = 150, 15
FOLDED = {"hide-input", "remove-cell", "hide-cell"}
QUESTION = re.compile(
    r"^\*\*\d\.\*\* .+?\n\n<details><summary>Answer</summary>\n\n.+?\n\n</details>$", re.M | re.S
)


@pytest.fixture(params=TEACHING)
def chapter(request):
    return read(BOOK / f"{request.param}.ipynb")


def shown(notebook):
    """The code that a reader sees without unfolding anything."""
    return [
        cell["source"]
        for cell in code_cells(notebook)
        if not FOLDED & set(tags(cell)) and not is_setup_cell(cell)
    ]


def test_code_fits_the_page(chapter):
    for source in shown(chapter):
        lines = source.splitlines()
        assert [line for line in lines if len(line) > LONGEST_LINE] == []
        assert len(lines) <= LONGEST_CELL, source
        assert "# fmt:" not in source  # a note to a program, not to a reader


def test_its_figures_fit_a_phone(chapter):
    widths = [
        output["metadata"]["image/png"]["width"]
        for cell in code_cells(chapter)
        for output in cell["outputs"]
        if "image/png" in output.get("data", {})
    ]
    # book/_static/custom.css shows this width whole on a phone, with letters of 11 pixels or more.
    assert widths and set(widths) == {420}


def test_it_has_two_questions_whose_answers_unfold(chapter):
    questions = text(chapter).split("\n## Check yourself\n")[1].split("\n## Exercises\n")[0]
    assert len(QUESTION.findall(questions)) == 2
    assert text(chapter).count("<details") == text(chapter).count("</details>") == 2


def test_it_begins_with_two_or_three_short_exercises(chapter):
    minutes = [title for title, _ in _exercises(text(chapter))]
    assert 2 <= sum(title in ("5 minutes", "10 minutes") for title in minutes) <= 3
    assert minutes[0] == "5 minutes"


def test_no_sentence_names_a_claim_by_its_code(chapter):
    words = set(re.findall(r"\b[A-Z]\d\b", text(chapter)))
    assert not words & {claim.strip("*") for claim in LEDGER}


def test_it_is_read_in_fifteen_minutes(chapter):
    body = text(chapter).split("\n## Exercises\n")[0]
    assert len(body.split()) <= WORDS_A_MINUTE * MINUTES


def test_the_parts_come_in_one_order(chapter):
    titles = re.findall(r"^## (.+)$", text(chapter), re.M)
    assert any(title.startswith("What the paper") for title in titles[:3])
    assert titles[-3:] == ["Summary", "Check yourself", "Exercises"]
    assert "Is it true?" in titles
    assert "What would convince you otherwise?" in text(chapter)


@pytest.mark.parametrize("name, following", itertools.pairwise([*TEACHING, "ledger"]))
def test_it_leads_to_the_chapter_that_follows(name, following):
    after = text(read(BOOK / f"{name}.ipynb")).split("\n## Summary\n")[1]
    assert re.search(rf"Next, {{doc}}`{following}`", after), name
