"""The landing page and the README show what the committed chapters' outputs hold."""

from __future__ import annotations

import base64
import json
import shutil

import pytest

from tools import results
from tools.notebooks import BOOK, ROOT


@pytest.mark.parametrize("page", [BOOK / "index.md", ROOT / "README.md"], ids=lambda p: p.name)
def test_a_page_has_the_verdicts_of_the_chapters(page):
    text = page.read_text(encoding="utf-8")
    assert results.with_table(text, results.table(BOOK)) == text


def test_the_picture_is_that_of_the_chapter():
    assert (BOOK / "_static" / results.PICTURE).read_bytes() == results.picture(BOOK)


def test_each_claim_has_one_verdict_and_a_chapter_that_gives_it():
    claims = [verdict["id"] for verdict in results.verdicts(BOOK)]
    assert {"B1", "B2", "K1", "K2", "K3", "K4", "R1", "R2"} <= set(claims)
    assert len(claims) == len(set(claims))


@pytest.fixture
def small_book(tmp_path):
    """A book of one chapter with one verdict and one picture."""
    verdict = {
        "id": "K1", "text": "counts", "where": "Fig 3", "outcome": "reproduced", "measured": "1 SE",
    }  # fmt: skip
    cells = [
        {
            "cell_type": "code",
            "metadata": {"tags": ["result"]},
            "source": "",
            "outputs": [
                {"output_type": "display_data", "data": {"image/png": _encoded(b"a picture")}},
                {"output_type": "display_data", "data": {results.VERDICTS: [verdict]}},
            ],
        }
    ]
    (tmp_path / "_static").mkdir()
    (tmp_path / "_toc.yml").write_text("root: index\nchapters:\n  - file: one\n")
    marks = "<!-- verdicts: set by `make outputs` -->\nold\n<!-- /verdicts -->"
    (tmp_path / "index.md").write_text(f"before\n{marks}\nafter\n")
    (tmp_path / "one.ipynb").write_text(json.dumps({"nbformat": 4, "cells": cells}))
    return tmp_path


def test_results_are_written_between_the_marks_and_nowhere_else(small_book):
    assert results.main([str(small_book)]) == 0
    page = (small_book / "index.md").read_text()
    assert page.startswith("before\n") and page.endswith("after\n") and "old" not in page
    assert "| K1 counts | Fig 3 | **reproduced** | 1 SE |" in page
    assert (small_book / "_static" / results.PICTURE).read_bytes() == b"a picture"


def test_a_book_without_the_picture_or_the_marks_is_refused(small_book):
    with pytest.raises(ValueError, match="expected the marks"):
        results.with_table("no marks", "rows")
    other = small_book.with_name("other")
    shutil.copytree(small_book, other)
    (other / "one.ipynb").write_text(json.dumps({"nbformat": 4, "cells": []}))
    with pytest.raises(ValueError, match="expected one picture .* found 0"):
        results.picture(other)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
