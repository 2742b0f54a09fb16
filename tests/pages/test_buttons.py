"""If the repository's address is set, each chapter opens on Colab and on Binder.

Empty pages with the names of the book's pages are rendered with the book's settings.
"""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from urllib.parse import unquote

import pytest

from tools import repository
from tools.notebooks import BOOK, ROOT, chapters, code_cells, dumps, read, toc
from tools.page_checks import Page, render

pytestmark = pytest.mark.skipif(
    find_spec("jupyter_book") is None, reason="there is no jupyter-book to render the pages with"
)
SLUG = "somebody/some-book"
CHAPTERS = [path.stem for path in chapters()]


@pytest.fixture(scope="module")
def links(tmp_path_factory):
    """The links of each page, by name."""
    root = tmp_path_factory.mktemp("root")
    (root / "book").mkdir()
    for name in ("_config.yml", "CITATION.cff", "README.md"):
        shutil.copy(ROOT / name, root / name)
    for name in ("_toc.yml", "references.bib"):
        shutil.copy(BOOK / name, root / "book" / name)
    for name in toc():
        path = root / "book" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in CHAPTERS:
            notebook = read(BOOK / path.name)
            title = dict(notebook["cells"][0], source=f"# {name}")
            short = dict(notebook, cells=[title, next(code_cells(notebook))])
            path.write_text(dumps(short), "utf-8")
        else:
            path.with_suffix(".md").write_text(f"# {name}\n", "utf-8")
    repository.set_address(root, f"https://github.com/{SLUG}")
    (root / "tools").symlink_to(ROOT / "tools")  # where the settings look for it
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.page_checks.CONFIG", root / "_config.yml")
        folder = render(root / "rendered", root / "book")
    return {name: Page((folder / f"{name}.html").read_text("utf-8")).links for name in toc()}


def elsewhere(links):
    """The links that open a notebook."""
    return {unquote(link) for link in links if re.search("colab|binder|hub/user|thebe", link)}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_opens_on_colab_and_on_binder(links, name):
    assert elsewhere(links[name]) == {
        f"https://colab.research.google.com/github/{SLUG}/blob/main/book/{name}.ipynb",
        f"https://mybinder.org/v2/gh/{SLUG}/main?urlpath=lab/tree/book/{name}.ipynb",
    }


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_can_be_downloaded(links, name):
    assert f"_sources/{name}.ipynb" in links[name]


@pytest.mark.parametrize("name", [name for name in toc() if name not in CHAPTERS])
def test_a_page_without_code_has_no_such_button(links, name):
    assert elsewhere(links[name]) == set()
