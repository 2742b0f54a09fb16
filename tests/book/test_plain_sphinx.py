"""The book's configuration, without Jupyter Book. `make sphinx` renders all pages with it."""

from __future__ import annotations

import runpy
import sys

import pytest

from tools import plain_sphinx
from tools.notebooks import BOOK, toc


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """What Sphinx reads from the file that is written, as Sphinx reads it."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "_static").mkdir()
    path = plain_sphinx.write_configuration(folder)
    before, path_before = sys.modules.get("jupyter_book"), list(sys.path)
    try:
        return runpy.run_path(str(path))
    finally:
        sys.path[:] = path_before
        sys.modules.pop("jupyter_book")
        if before is not None:
            sys.modules["jupyter_book"] = before


def test_no_extension_is_that_of_jupyter_book(settings):
    assert not set(plain_sphinx.LEFT_OUT) & set(settings["extensions"])
    assert not [name for name in settings if "jupyterbook" in name]


def test_the_extensions_of_the_book_and_its_theme_are_kept(settings):
    kept = {"myst_nb", "sphinx_external_toc", "sphinxcontrib.bibtex", "sphinx_exercise"}
    kept |= {"tools.code_map", "tools.docstrings", "tools.light_pages", "tools.term_notes"}
    kept |= {"tools.numbered_figures"}
    assert kept <= set(settings["extensions"])
    assert settings["html_theme"] == "sphinx_book_theme"
    assert settings["nb_execution_mode"] == "off"
    assert settings["external_toc_path"] == "_toc.yml" and (BOOK / "_toc.yml").is_file()


def test_a_page_that_was_not_rendered_is_named(tmp_path):
    first, *others = toc()
    for name in others:
        (tmp_path / f"{name}.html").touch()
    assert plain_sphinx.missing(tmp_path) == [first]
