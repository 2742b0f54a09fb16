"""Executing chapters: outputs are written completely or not at all, and an error shows its cell."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import time
from types import SimpleNamespace

import pytest

from tools import execute
from tools.compared import COMPARED
from tools.notebooks import dumps, normalise, read, write


def notebook(*sources):
    cells = [
        {"cell_type": "code", "metadata": {}, "source": s, "outputs": [], "execution_count": None}
        for s in sources
    ]
    return normalise({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Two executed chapters: the first, its second cell after a second run, and what was said."""
    folder, said = tmp_path_factory.mktemp("executed"), io.StringIO()
    paths = [folder / "one.ipynb", folder / "two.ipynb"]
    write(notebook("x = 2", "print(x + 1)", RUNS, FLUSHING, "{'a': 1}", THREADS), paths[0])
    write(notebook("1"), paths[1])
    with contextlib.redirect_stdout(said):
        asyncio.run(execute.execute_all(paths, jobs=1))
        once = paths[0].read_bytes()
        asyncio.run(execute.execute_all(paths[:1], jobs=1))
    assert (folder / "runs").read_text() == "xx"
    return SimpleNamespace(path=paths[0], once=once, said=said.getvalue())


RUNS = "with open('runs', 'a') as f:\n    f.write('x')"
FLUSHING = "for i in range(3):\n    print(i, flush=True)"
THREADS = "import os; print(os.environ['OMP_NUM_THREADS'])"


def test_outputs_and_counts_are_stored(executed):
    first, second = read(executed.path)["cells"][:2]
    assert (first["execution_count"], second["execution_count"]) == (1, 2)
    assert second["outputs"][0]["text"] == ["3\n"]
    assert dumps(normalise(read(executed.path))) == executed.path.read_text(encoding="utf-8")


def test_a_second_run_changes_no_byte(executed):
    assert executed.path.read_bytes() == executed.once


def test_a_kernel_has_one_thread(executed):
    assert read(executed.path)["cells"][-1]["outputs"][0]["text"] == ["1\n"]


def test_each_finished_chapter_is_told_with_the_time_left(executed):
    first, last, _ = executed.said.splitlines()
    assert re.fullmatch(r"1/2 one … \d+ s; (less than a|about \d+) min\w* left", first)
    assert re.fullmatch(r"2/2 two … \d+ s", last)


def printing(*texts):
    """A notebook as it is after its cells have run, each of which prints a line."""
    made = notebook(*(f"print({text!r})" for text in texts))
    for cell, text in zip(made["cells"], texts, strict=True):
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": f"{text}\n"}]
    return made


def test_it_says_which_compared_outputs_the_book_does_not_have(tmp_path):
    book, target = tmp_path / "book", tmp_path / "executed"
    book.mkdir()
    (book / "_toc.yml").write_text("format: jb-book\nroot: one\n")
    stored = printing("1", "two", "three")
    for cell in stored["cells"][:2]:
        cell["metadata"] = {"tags": [COMPARED]}  # the last one may change
    write(stored, book / "one.ipynb")
    paths = execute.copy_book(target, book)
    assert execute.changes(paths, book) == "the outputs that are compared are those in book/"
    write(printing("1", "2", "3"), paths[0])
    said = execute.changes(paths, book)
    assert said.startswith("1 output is not the one in book/; `make outputs` copies")
    assert "one, cell 1, stdout: expected\ntwo\n\nfound\n2" in said and "three" not in said


def test_a_failing_cell_stops_everything_and_leaves_the_files_as_they_were(tmp_path):
    bad, slow = tmp_path / "bad.ipynb", tmp_path / "slow.ipynb"
    write(notebook("x = 1", "1 / (x - 1)"), bad)
    write(notebook("import time; time.sleep(60)"), slow)
    before = bad.read_bytes(), slow.read_bytes()
    begin = time.perf_counter()
    cache = SimpleNamespace(get=lambda *_: None, put=lambda name, *_: pytest.fail(f"keeps {name}"))
    with pytest.raises(execute.ChapterError, match="bad failed") as raised:
        asyncio.run(execute.execute_all([bad, slow], jobs=2, cache=cache))
    assert time.perf_counter() - begin < 30
    assert "1 / (x - 1)" in str(raised.value)
    assert "ZeroDivisionError" in str(raised.value)
    assert (bad.read_bytes(), slow.read_bytes()) == before


def test_a_kernel_that_dies_is_told_with_its_last_words(tmp_path):
    path = tmp_path / "one.ipynb"
    write(notebook("import os; os.write(2, b'no more memory'); os._exit(1)"), path)
    with pytest.raises(execute.ChapterError, match="no more memory"):
        asyncio.run(execute.execute_all([path], jobs=1))


def test_progress_and_greetings_are_not_stored_but_warnings_are():
    said = [
        "training: 100%|████| 20/20 [00:09<00:00, 2.1epoch/s]\n",
        "I0000 00:00:1795565146.037203 29016 port.cc:153] oneDNN custom operations are on.\n",
        "UserWarning: careful\n",
    ]
    each = notebook("x")
    each["cells"][0]["outputs"] = [
        {"output_type": "stream", "name": "stderr", "text": text} for text in said
    ]
    assert [o["text"] for o in normalise(each)["cells"][0]["outputs"]] == said[-1:]


def test_the_time_left_follows_from_how_fast_the_other_chapters_were(monkeypatch):
    clock = iter([0.0, 0.0, 40.0, 40.0])
    monkeypatch.setattr(execute, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    expected = {"one": 60.0, "two": 120.0, "three": 120.0, "cached": 60.0}
    progress = execute.Progress(expected, jobs=2)
    progress.begins("one")
    progress.begins("two")
    progress.seconds["one"] = 30.0
    # Half of the time that it said: 60 s minus 40 s for two, 60 s for three, 30 s for cached.
    assert progress.seconds_left() == pytest.approx(60.0)
    progress.seconds["cached"] = 0.1
    progress.kept.add("cached")  # says nothing of how fast the machine is
    assert progress.seconds_left() == pytest.approx(60.0)


def test_no_time_is_left_when_every_chapter_is_executed():
    progress = execute.Progress({"one": 60.0}, seconds={"one": 3.0})
    assert progress.seconds_left() == 0.0


@pytest.mark.parametrize(
    "prose, seconds",
    [
        ("It takes about 3 minutes on two cores.", 180),
        ("**Takes** 45 s.", 45),
        ("Running it takes less than 1 minute.", 60),
        ("It takes patience. 3 minutes.", 60),
    ],
)
def test_the_stated_time_is_read_from_the_prose(prose, seconds):
    each = notebook()
    each["cells"] = [{"cell_type": "markdown", "metadata": {}, "source": prose}]
    assert execute.expected_seconds(each) == seconds


def test_outputs_are_only_taken_for_the_same_sources(tmp_path):
    book, target = tmp_path / "book", tmp_path / "executed"
    book.mkdir()
    (book / "_toc.yml").write_text("format: jb-book\nroot: one\n")
    source = "print('1')"
    write(notebook(source), book / "one.ipynb")
    assert execute.keep(target, book) == ["one: not executed yet; run `make book`"]
    (path,) = execute.copy_book(target, book)
    write(printing("1"), path)
    assert execute.keep(target, book) == []
    assert read(book / "one.ipynb")["cells"][0]["outputs"][0]["text"] == ["1\n"]
    with_prose = notebook(source)
    with_prose["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "Words."})
    write(with_prose, book / "one.ipynb")
    assert execute.keep(target, book) == []
    words, code = read(book / "one.ipynb")["cells"]
    assert words["source"] == "Words." and code["outputs"][0]["text"] == ["1\n"]
    write(notebook("print(2)"), book / "one.ipynb")
    assert execute.keep(target, book) == [
        "one: its code was edited since it was executed; run `make book` again"
    ]


def test_a_kernel_that_dies_while_nbclient_looks_after_it_is_told_too(tmp_path, monkeypatch):
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    async def dies(self, **_):
        try:
            raise DeadKernelError("Kernel died")
        except DeadKernelError:
            assert self.kc is self  # as in nbclient, whose tidying up expects a kernel

    monkeypatch.setattr(NotebookClient, "async_execute", dies)
    monkeypatch.setattr(NotebookClient, "kc", None, raising=False)
    with pytest.raises(execute.ChapterError, match="Kernel died; its last output"):
        asyncio.run(execute.execute(notebook("1"), tmp_path))
