"""The draft of an article: its outcomes are computed, and it fills two pages."""

from __future__ import annotations

import io
import re

import pytest
import yaml

from reproduction import paper
from tools import article, browser, paper_view
from tools.notebooks import BOOK, ROOT
from tools.results import answers_of

TEXT = article.TEXT.read_text("utf-8")
META = yaml.safe_load((ROOT / "paper" / "metadata.yaml").read_text("utf-8"))
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))

FACES = ("Regular", "Italic", "Bold")


@pytest.fixture(scope="module")
def written():
    return article.filled(TEXT, article.values(answers_of(BOOK)))


def test_the_text_holds_no_outcome():
    statuses = "|".join(paper_view.SYMBOLS)
    assert not re.search(r"\d+ (?:claims?|of them)\b", TEXT)
    assert not re.search(rf"\b\d+ (?:are |do )?(?:hold|undecided|{statuses})\b", TEXT)
    assert not re.search(r"\b[A-Z]\d\b", TEXT), "claim codes stand in the ledger only"


def test_every_figure_and_every_claim_is_counted(written):
    rows = [
        [cell.strip() for cell in line[1:-1].split("|")]
        for line in written.splitlines()
        if line[:2] == "| "
    ]
    by_figure, total = {row[0]: row for row in rows[2:-1]}, rows[-1]
    assert list(by_figure) == [figure.where for figure in paper.FIGURES]
    for column in range(2, len(total)):
        assert sum(int(row[column] or 0) for row in by_figure.values()) == int(total[column])
    assert int(total[2]) == len(paper.CLAIMS)
    assert paper_view.text_bar(answers_of(BOOK)) in written


def test_a_place_without_a_value_is_refused():
    with pytest.raises(ValueError, match="differ in .'b'."):
        article.filled("{{ a }} {{ b }}", {"a": "1"})
    with pytest.raises(ValueError, match="differ in .'b'."):
        article.filled("{{ a }}", {"a": "1", "b": "2"})


def test_the_article_cites_what_the_project_cites(written):
    (original,) = META["replication"]
    assert original["doi"] == CITATION["preferred-citation"]["doi"]
    for source in (CITATION["preferred-citation"], *CITATION["references"]):
        assert source["doi"] in written
    assert written.splitlines()[0] == f"# {META['title']}"
    assert META["title"] == f"[Re] {CITATION['preferred-citation']['title']}"
    names = [author["name"] for author in META["authors"]]
    assert names == [author["name"] for author in CITATION["authors"]]


@pytest.mark.skipif(browser.browser() is None, reason="there is none of chromium, chrome")
def test_it_is_printed_on_two_pages(written, tmp_path):
    import pypdf

    pages = pypdf.PdfReader(io.BytesIO(article.printed(article.document(written), tmp_path))).pages
    assert len(pages) == 2
    for page in pages:  # in the font that comes with it, whatever fonts the machine has
        names = {
            str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()
        }
        assert {name.partition("+")[2] for name in names} > {
            f"STIXGeneral-{each}" for each in FACES
        }
    assert "undecided" in pages[0].extract_text() and "References" in pages[1].extract_text()
