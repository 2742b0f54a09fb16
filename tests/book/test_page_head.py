"""Descriptions of pages, the repaired search, and the page for addresses that do not exist."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from tools import browser, page_head
from tools.notebooks import BOOK


@pytest.mark.parametrize("paragraphs, words", [
    ([], ""),
    (["short"], ""),
    (["", "  A trajectory is\n a sequence of frames. "], "A trajectory is a sequence of frames."),
    (["One sentence says what a page shows. " * 9], "One sentence says what a page shows. " * 4
     + "One sentence says what a page shows."),
    (["word " * 60], "word " * 40 + "…"),
])  # fmt: skip
def test_a_description_is_the_first_paragraph_in_whole_sentences(paragraphs, words):
    found = page_head.description(paragraphs)
    assert found == words and len(found) <= page_head.LONGEST + 2


def finished(folder, search='<script src="searchindex.js"></script>', base=""):
    """The pages of a folder after a build."""
    if search is not None:
        (folder / "search.html").write_text(search)
    app = SimpleNamespace(
        outdir=folder,
        builder=SimpleNamespace(format="html"),
        config=SimpleNamespace(html_baseurl=base, html_title="A <book>"),
    )
    page_head.with_search_and_404(app, None)
    return folder


def test_the_repairs_are_loaded_before_the_index(tmp_path):
    text = (finished(tmp_path) / "search.html").read_text()
    assert 0 <= text.find("_static/search.mjs") < text.find("searchindex.js")


def test_a_search_page_of_another_form_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="searchindex.js, found none"):
        finished(tmp_path, "<script src=other.js></script>")


@pytest.mark.parametrize("base, start", [("", "index.html"), ("https://a.org/book/", "/book/")])
def test_the_page_for_lost_readers_leads_to_the_first_page(tmp_path, base, start):
    text = (finished(tmp_path, None, base) / "404.html").read_text()
    assert f'href="{start}"' in text and "A &lt;book&gt;" in text


SEARCH = """
const Search = {
  setIndex: (index) => { Search.index = index; },
  htmlToText: (text) => new DOMParser().parseFromString(text, "text/html")
    .querySelector("[role=main]").textContent,
};
"""
PAGE = (
    "<main role=main><div class=bd-header-article>Print</div><div id=jb-print-docs-body>Contents"
    "</div><article>The <b>commit</b>\n time</article></main>"
)


@pytest.mark.skipif(browser.browser() is None, reason="there is no Chromium")
def test_a_word_that_objects_inherit_is_a_word_and_excerpts_quote_the_article(tmp_path):
    (tmp_path / "stub.js").write_text(SEARCH)
    found = browser.evaluate(
        "Search.setIndex({terms: {time: 1}, titleterms: {}}); const terms = Search.index.terms;"
        "return [terms['constructor'] === undefined, terms.time, terms.hasOwnProperty('time'),"
        f"Search.htmlToText({json.dumps(PAGE)}).trim()];",
        [tmp_path / "stub.js", BOOK / "_static/search.mjs"],
    )
    assert found == [True, 1, True, "The commit time"]
