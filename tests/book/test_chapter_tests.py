"""Chapters as tests: with nbval, and with what replaces it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tools import chapter_tests, compared, memory
from tools.notebooks import BOOK, ROOT, normalise, read, tags, write

CHAPTER = "does_it_copy"  # it soon shows a figure


def cell(source, printed="", *tags):
    output = {"output_type": "stream", "name": "stdout", "text": printed}
    return {
        "cell_type": "code", "source": source, "execution_count": 1 if printed else None,
        "metadata": {"tags": list(tags)} if tags else {}, "outputs": [output] if printed else [],
    }  # fmt: skip


def run(folder, *options):
    shutil.copy(ROOT / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [*command, *options, "."], cwd=folder, capture_output=True, text=True, env=environment
    ).stdout


SMALL, *_, BIG = sorted(memory.stated(), key=memory.stated().get)


def write_changed(folder):
    """A notebook with a name that the guide knows; one of its compared outputs has changed."""
    cells = [cell("1"), cell("print('B2 holds')", "B2 holds\n", "nbval-check-output")]
    cells += [cell("print('B1 holds')", "B1 fails\n", "nbval-check-output")]
    cells += [cell("print('now')", "then\n")]
    write(normalise({"cells": cells, "metadata": {}}), folder / f"{BIG}.ipynb")


def beginning(chapter):
    """A chapter up to its second cell that is compared; it has a figure."""
    tagged = [k for k, each in enumerate(chapter["cells"]) if "nbval-check-output" in tags(each)]
    cells = chapter["cells"][: tagged[1] + 1]
    assert any("figure" in tags(each) for each in cells)
    return dict(chapter, cells=cells)


@pytest.fixture(scope="module")
def replaced(tmp_path_factory):
    """What the replacement says of it, of one with an error, and of a chapter's beginning."""
    folder = tmp_path_factory.mktemp("replaced")
    write_changed(folder)
    write(normalise({"cells": [cell("1 / 0")], "metadata": {}}), folder / "a.ipynb")
    (folder / "recorded").symlink_to(BOOK / "recorded")
    chapter = beginning(read(BOOK / f"{CHAPTER}.ipynb"))
    write(chapter, folder / f"{SMALL}.ipynb")  # it needs as little memory
    said = run(folder, f"--chapters={chapter_tests.NBCLIENT}")  # nbval is not loaded
    assert "2 failed, 1 passed" in said, said
    return said


ON_LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells the memory"
)


@ON_LINUX
def test_the_replacement_finds_what_has_changed_and_who_held_too_little(replaced):
    assert "cell 2, stdout: expected\nB1 fails\n\nfound\nB1 holds" in replaced
    assert "B2" not in replaced and "then" not in replaced
    assert f"{BIG} held 0." in replaced and f"{SMALL} held" not in replaced


@ON_LINUX
def test_nbval_finds_the_same(tmp_path):
    write_changed(tmp_path)
    said = run(tmp_path, *chapter_tests.WITH_NBVAL)
    assert "B1 fails" in said and "1 failed, 3 passed, 1 error" in said, said
    assert f"{BIG} held 0.1 GB, and the table of book/teachers_guide.md says" in said


def test_a_cell_that_raises_an_error_is_shown_by_the_replacement(replaced):
    assert "FAILED a.ipynb" in replaced
    assert "ZeroDivisionError" in replaced and "1 / 0" in replaced


def test_without_nbval_the_message_names_the_replacement(monkeypatch):
    monkeypatch.setattr(chapter_tests, "find_spec", lambda name: None)
    asked = type("Config", (), {"getoption": lambda self, name: chapter_tests.NBVAL})()
    with pytest.raises(pytest.UsageError, match="use --chapters=nbclient"):
        chapter_tests.configure(asked)


def test_where_nbval_is_not_loaded_the_message_says_how():
    asked = type("Config", (), {"getoption": lambda self, name: chapter_tests.NBVAL, "option": ()})
    with pytest.raises(pytest.UsageError, match="use --chapters=nbval -p nbval"):
        chapter_tests.configure(asked())


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
