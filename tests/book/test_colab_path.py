"""The clock of a chapter on Colab, and what is said of it. tests/chapters runs one."""

from __future__ import annotations

import pytest

from tools import colab_path
from tools.colab_path import LONGEST, Taken
from tools.notebooks import chapters, code_cells, read, tags


@pytest.mark.parametrize("chapter", chapters(), ids=lambda path: path.stem)
def test_the_clock_runs_from_the_setup_cell_to_the_first_figure(chapter):
    notebook = read(chapter)
    whole = list(code_cells(colab_path.clocked(notebook, whole=True)))
    short = list(code_cells(colab_path.clocked(notebook, whole=False)))
    ours = [k for k, cell in enumerate(whole) if cell["id"].startswith("clock")]
    figures = [k for k, cell in enumerate(whole) if "figure" in tags(cell)]
    assert ours == [0, 2, figures[0] + 1, len(whole) - 1]
    assert whole[1] == next(code_cells(notebook))
    assert short == [*whole[: figures[0] + 2], whole[-1]]
    assert [cell for k, cell in enumerate(whole) if k not in ours] == list(code_cells(notebook))


def test_a_late_figure_and_a_chapter_that_fails_are_told(monkeypatch, capsys):
    found = {
        "soon": Taken(20.0, LONGEST, "there"),
        "late": Taken(20.0, LONGEST + 1, "there"),
        "bad": "ValueError: x: expected 1",
    }
    monkeypatch.setattr(colab_path, "run", lambda paths, bare, whole: found)
    assert colab_path.main([]) == 1
    told = capsys.readouterr().err
    assert "late" in told and "more than 120 s" in told and "bad: ValueError" in told
    assert "soon" not in told
    monkeypatch.setattr(colab_path, "run", lambda *_: {"soon": found["soon"]})
    assert colab_path.main(["--bare"]) == 0


def test_an_unknown_chapter_is_refused(capsys):
    assert colab_path.main(["--only", "nosuch"]) == 2
    assert "no such chapter: nosuch" in capsys.readouterr().err
