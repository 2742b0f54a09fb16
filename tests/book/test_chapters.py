"""Every committed chapter passes the checks of tools.chapters."""

from __future__ import annotations

import pytest

from tools import chapters
from tools.notebooks import BOOK, read, toc
from tools.notebooks import chapters as chapter_paths


def test_the_table_of_contents_and_the_folder_name_the_same_pages():
    on_disk = {path.stem for path in BOOK.iterdir() if path.suffix in (".ipynb", ".md")}
    assert sorted(toc()) == sorted(on_disk)


def test_the_book_has_chapters():
    assert chapter_paths(), "nothing below would be checked"


@pytest.mark.parametrize("check", chapters.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_a_chapter_passes(path, check):
    assert check(read(path)) == []
