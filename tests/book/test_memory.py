"""The teacher's guide states the memory of each chapter, and executed chapters are compared."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools import memory
from tools.notebooks import chapters


def test_the_guide_has_a_number_for_each_chapter():
    assert sorted(memory.stated()) == sorted(path.stem for path in chapters())


def test_any_two_chapters_fit_beside_each_other():
    first, second = sorted(memory.stated().values())[-2:]
    assert first + second < memory.LIMIT


@pytest.fixture
def guide(tmp_path):
    path = tmp_path / "guide.md"
    path.write_text(
        "| [one](one.ipynb) | 9 |\n\n"
        "| chapter | run, min | peak memory, GB |\n| --- | --- | --- |\n"
        "| [One, two](one.ipynb) | 3 | 1.2 |\n"
    )
    return path


@pytest.mark.parametrize(
    "held, right", [(0.5, False), (0.6, True), (1.2, True), (1.6, True), (1.8, False)]
)
def test_what_was_held_is_about_what_the_guide_says(guide, held, right):
    assert memory.stated(guide) == {"one": 1.2}
    assert (memory.complaint("one", held, guide) is None) == right


def test_a_chapter_that_the_guide_does_not_know_is_told(guide):
    assert "two held 0.3 GB; add it" in memory.complaint("two", 0.3, guide)


def test_a_table_without_numbers_is_refused(guide):
    text = guide.read_text()
    guide.write_text(text.replace("1.2", "much"))
    with pytest.raises(ValueError, match="one has no number"):
        memory.stated(guide)
    guide.write_text(text.replace("memory", "appetite"))
    with pytest.raises(ValueError, match="found none"):
        memory.stated(guide)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells what another process has held"
)
def test_the_peak_is_what_was_held_once():
    held = "import sys; x = bytearray(400_000_000); del x; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert 0.37 < memory.peak(process.pid) < 0.45
        process.stdin.close()
    assert memory.peak(process.pid) is None
