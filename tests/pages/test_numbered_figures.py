"""A picture and its caption are one figure of the page, with a number and an anchor that stay."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec

import pytest

WITHOUT = "what `make book` installs is not there to render with"
bs4 = pytest.importorskip("bs4", reason=WITHOUT)

from tools.page_checks import broken, render  # noqa: E402

pytestmark = pytest.mark.skipif(find_spec("jupyter_book") is None, reason=WITHOUT)


@pytest.fixture(scope="module")
def pages(small_book, tmp_path_factory):
    """Pages of the small book, whose second chapter has three cells with pictures."""
    folder = tmp_path_factory.mktemp("figures")
    book = shutil.copytree(small_book, folder / "book")
    notebook = json.loads((book / "waves.ipynb").read_text())
    (drawn,) = (cell for cell in notebook["cells"] if cell["id"] == "drawn")
    picture, caption = drawn["outputs"]
    plain = caption | {"data": {"text/markdown": "Not a *caption*."}}
    outputs = {
        "low": [picture, caption],
        "bare": [picture, plain],
        "high": [caption, picture, caption],
    }
    cells = [{"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# Tides\n\n## Two"}]
    cells += [drawn | {"id": name, "outputs": shown} for name, shown in outputs.items()]
    (book / "tides.ipynb").write_text(json.dumps(notebook | {"cells": cells}))
    toc = book / "_toc.yml"
    another = "  - caption: More\n    numbered: 1\n    chapters:\n      - file: tides\n"
    toc.write_text(
        toc.read_text().replace("  - caption: Reference\n", f"{another}  - caption: Reference\n")
    )
    return render(folder / "rendered", book, strict=True)


def figures(pages, name):
    soup = bs4.BeautifulSoup((pages / f"{name}.html").read_text("utf-8"), "html.parser")
    return soup, soup.select("article figure")


def caption(figure):
    """The words of a caption, without the sign that links to the figure."""
    return "".join(span.get_text() for span in figure.select("figcaption p > span"))


def test_a_picture_and_its_caption_are_a_figure(pages):
    _, (figure,) = figures(pages, "waves")
    assert figure.find("img")["alt"] == "A wave" and "420px" in figure.find("img")["style"]
    assert caption(figure) == "Figure\xa01.1 It goes up, by 5\xa0%."
    # Only what the caption itself stresses is stressed.
    assert [one.get_text() for one in figure.select("figcaption em")] == ["up"]


def test_figures_are_numbered_within_their_chapter_through_all_parts(pages):
    _, found = figures(pages, "tides")
    assert [(one["id"], caption(one).split(" It")[0]) for one in found] == [
        ("figure-low", "Figure\xa02.1"), ("figure-high", "Figure\xa02.2"),
    ]  # fmt: skip


def test_a_picture_without_a_caption_and_a_text_alone_stay_as_they_are(pages):
    soup, found = figures(pages, "tides")
    outputs = soup.select(".cell_output")
    assert len(outputs) == 3 and len(soup.select(".cell_output img")) == 3
    assert outputs[1].find("figure") is None and "Not a caption." in outputs[1].get_text()
    assert outputs[2].find("p").get_text() == "It goes up, by 5\xa0%."


def test_a_figure_has_an_anchor_and_a_text_can_refer_to_it(pages):
    soup, (figure,) = figures(pages, "waves")
    links = [link.get_text() for link in soup.select('article a[href="#figure-drawn"]')]
    assert links == ["#", "Figure\xa01.1"] and figure.select("a.headerlink")
    assert [one for one in broken(pages) if not one.startswith("search.html")] == []
