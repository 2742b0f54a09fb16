"""Chapters as tests: with nbval, and with what replaces it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tools import chapter_tests, compared, memory
from tools.notebooks import BOOK, ROOT, normalise, write

CHAPTER = "does_it_copy"  # one of the shortest


def cell(source, printed="", *tags):
    output = {"output_type": "stream", "name": "stdout", "text": printed}
    return {
        "cell_type": "code", "source": source, "execution_count": 1 if printed else None,
        "metadata": {"tags": list(tags)} if tags else {}, "outputs": [output] if printed else [],
    }  # fmt: skip


def run(folder, how, *options):
    shutil.copy(ROOT / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        [*command, f"--chapters={how}", "."], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.fixture
def notebooks(tmp_path):
    """Two notebooks with names that the guide knows: one as it is stored, one that has changed."""
    small, *_, big = sorted(memory.stated(), key=memory.stated().get)
    right = [cell("1"), cell("print('B1 holds')", "B1 holds\n", "nbval-check-output")]
    right += [cell("print('now')", "then\n")]
    write(normalise({"cells": right, "metadata": {}}), tmp_path / f"{small}.ipynb")
    wrong = [cell("1"), cell("print('B1 holds')", "B1 fails\n", "nbval-check-output")]
    write(normalise({"cells": wrong, "metadata": {}}), tmp_path / f"{big}.ipynb")
    return small, big


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the memory")
def test_the_replacement_finds_what_has_changed_and_who_held_too_little(tmp_path, notebooks):
    small, big = notebooks
    done = run(tmp_path, chapter_tests.NBCLIENT)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "cell 1, stdout: expected\nB1 fails\n\nfound\nB1 holds" in done.stdout
    assert f"{big} held 0." in done.stdout and f"{small} held" not in done.stdout


def test_nbval_finds_the_same_change(tmp_path, notebooks):
    done = run(tmp_path, chapter_tests.NBVAL)
    assert "B1 fails" in done.stdout and "1 failed, 4 passed" in done.stdout, done.stdout


def test_a_cell_that_raises_an_error_is_shown_by_the_replacement(tmp_path):
    write(normalise({"cells": [cell("1 / 0")], "metadata": {}}), tmp_path / "a.ipynb")
    done = run(tmp_path, chapter_tests.NBCLIENT)
    assert done.returncode == 1 and "ZeroDivisionError" in done.stdout and "1 / 0" in done.stdout


def test_without_nbval_the_message_names_the_replacement(monkeypatch):
    monkeypatch.setattr(chapter_tests, "find_spec", lambda name: None)
    asked = type("Config", (), {"getoption": lambda self, name: chapter_tests.NBVAL})()
    with pytest.raises(pytest.UsageError, match="use --chapters=nbclient"):
        chapter_tests.configure(asked)


def test_a_chapter_of_the_book_passes_with_the_replacement(tmp_path):
    shutil.copytree(BOOK, tmp_path / "book", ignore=shutil.ignore_patterns("*.ipynb", "_build"))
    shutil.copy(BOOK / f"{CHAPTER}.ipynb", tmp_path / "book")
    done = run(tmp_path, chapter_tests.NBCLIENT)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_pictures_are_not_compared_and_streams_are_joined():
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "a"},
        {"output_type": "stream", "name": "stdout", "text": ["b\n", "c"]},
        {"output_type": "display_data", "data": {"image/png": "xyz", "text/plain": "d"}},
        {"output_type": "display_data", "data": {"application/json": {"e": 1}}},
    ]
    assert compared.shown({"outputs": outputs}) == {
        "stdout": "ab\nc", "text/plain": "d", "application/json": "{'e': 1}",
    }  # fmt: skip


def test_no_other_file_knows_nbval():
    """The tag of the cells keeps its name, whoever compares them."""
    allowed = {"tools/chapter_tests.py", "tests/book/test_chapter_tests.py"}
    for folder in ("tools", "tests", ".github", ".ci", "lstm_md", "reproduction"):
        for path in (ROOT / folder).rglob("*"):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in (".py", ".yml", "") and path.is_file() and name not in allowed:
                text = path.read_text("utf-8", errors="replace")
                left = text.replace("nbval-check-output", "").replace("--chapters=nbval", "")
                assert not re.search(r"\bnbval\b", left), name
