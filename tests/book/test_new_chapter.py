"""A command starts a chapter, which runs and passes all checks."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import shutil
import subprocess
import sys

import pytest

from tools import chapters, execute, new_chapter
from tools.notebooks import BOOK, ROOT, code_cells, joined, read, tags, text, toc
from tools.notebooks import chapters as chapters_in_order

NAME, TITLE = "how_long_it_lasts", "How long it lasts"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the pages, the tools and a file of tests, without data."""
    root = tmp_path_factory.mktemp("copy")
    (root / "book").mkdir()
    for path in BOOK.iterdir():
        if path.suffix in (".md", ".ipynb", ".yml", ".bib"):
            shutil.copy(path, root / "book")
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tests/book/test_reading.py", "_config.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    return root


@pytest.fixture(scope="module")
def begun(copy):
    """The copy with one more chapter, executed."""
    contents, said = (copy / "book" / "_toc.yml").read_text("utf-8"), io.StringIO()
    with contextlib.redirect_stdout(said):
        assert new_chapter.main([NAME, TITLE], copy) == 0
        asyncio.run(execute.execute_all([copy / "book" / f"{NAME}.ipynb"], jobs=1))
    assert f"book/{NAME}.ipynb" in said.getvalue()
    return contents


def test_it_comes_after_the_last_chapter(begun, copy):
    pages = toc(copy / "book")
    assert pages[pages.index(NAME) - 1] == chapters_in_order()[-1].stem
    now = (copy / "book" / "_toc.yml").read_text("utf-8")
    assert now.replace(f"      - file: {NAME}\n", "") == begun


def test_it_has_its_own_title_and_labels(begun, copy):
    prose = text(read(copy / "book" / f"{NAME}.ipynb"))
    assert prose.startswith(f"# {TITLE}\n")
    assert f":label: {NAME}-seed" in prose
    assert new_chapter.TITLE not in prose and new_chapter.TEMPLATE.stem not in prose


def test_its_verdict_passes_and_what_must_fail_fails(begun, copy):
    cells = code_cells(read(copy / "book" / f"{NAME}.ipynb"))
    printed = [cell["outputs"][0]["text"] for cell in cells if "nbval-check-output" in tags(cell)]
    assert [joined(each) for each in printed] == [
        "exact populations: passes\nanother potential: fails\n"
    ]


@pytest.mark.parametrize("check", chapters.CHECKS, ids=lambda check: check.__name__)
def test_it_passes(begun, copy, check):
    assert check(read(copy / "book" / f"{NAME}.ipynb")) == []


def test_it_passes_the_tests_of_what_readers_need_but_is_not_on_the_map_yet(begun, copy):
    command = [sys.executable, "-m", "pytest", "test_reading.py", "-k", f"{NAME} or map_leads"]
    path = f"{copy}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [*command, "-q", "-p", "no:cacheprovider"], cwd=copy, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    assert "1 failed, 3 passed" in done.stdout, done.stdout
    assert "FAILED test_reading.py::test_the_map_leads_to_each_chapter" in done.stdout


@pytest.mark.parametrize("name, title, complaint", [
    ("Waiting", "Waiting", "NAME: expected lower-case"),
    ("waiting times", "Waiting", "NAME: expected lower-case"),
    ("../waiting", "Waiting", "NAME: expected lower-case"),
    ("waiting.ipynb", "Waiting", "NAME: expected lower-case"),
    ("", "Waiting", "NAME: expected lower-case"),
    ("what_it_costs", "What it costs", "the book has a page what_it_costs already"),
    ("glossary", "Words", "the book has a page glossary already"),
    ("waiting", "", "TITLE: expected plain words"),
    ("waiting", "# Waiting", "TITLE: expected plain words"),
    ("waiting", "Waiting\n\n# Twice", "TITLE: expected plain words"),
    ("waiting", "Waiting" * 9, "TITLE: expected plain words"),
])  # fmt: skip
def test_what_cannot_be_a_chapter_is_refused_and_nothing_is_written(
    copy, capsys, name, title, complaint
):
    before = {path: path.stat().st_mtime_ns for path in (copy / "book").iterdir()}
    assert new_chapter.main([name, title], copy) == 2
    assert complaint in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in (copy / "book").iterdir()} == before


def test_a_page_that_the_contents_do_not_name_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "book").mkdir()
    shutil.copy(BOOK / "_toc.yml", tmp_path / "book")
    (tmp_path / "book" / "waiting.ipynb").write_text("mine")
    assert new_chapter.main(["waiting", "Waiting"], tmp_path) == 2
    assert "has a page waiting already" in capsys.readouterr().err
    assert (tmp_path / "book" / "waiting.ipynb").read_text() == "mine"


def test_a_book_without_a_chapter_is_told(tmp_path):
    with pytest.raises(ValueError, match="found none"):
        new_chapter.named("root: index\n", "waiting", tmp_path)


def test_no_chapter_has_a_hint_of_the_template_left():
    hints = {line for line in text(read(new_chapter.TEMPLATE)).splitlines() if line[:2] == "% "}
    assert len(hints) >= 5
    for path in BOOK.glob("*.ipynb"):
        assert hints.isdisjoint(text(read(path)).splitlines()), path.stem
