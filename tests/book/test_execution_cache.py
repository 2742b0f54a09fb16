"""An executed chapter is used again only if nothing that it depends on has changed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from tools import execute, execution_cache
from tools.execution_cache import ExecutionCache
from tools.notebooks import ROOT, normalise, read, write


def notebook(source="print(1)", **cell):
    code = {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
    code |= {"execution_count": None, **cell}
    return normalise({"cells": [code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def installed(monkeypatch):
    """A short list of installed packages."""
    packages = [SimpleNamespace(metadata={"Name": "numpy"}, version="2.0.0")]
    monkeypatch.setattr(execution_cache, "distributions", lambda: packages)
    return packages


@pytest.fixture
def root(tmp_path, installed):
    """A small checkout."""
    for name in ("lstm_md/a.py", "lstm_md/b.js", "book/data/x.npz", "book/recorded/r/summary.json",
                 "constraints.txt", "pyproject.toml", *execution_cache.EXECUTING):  # fmt: skip
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was")
    return tmp_path / "root"


@pytest.fixture
def cache(tmp_path, root):
    """The checkout with one chapter."""
    kept = ExecutionCache(tmp_path / "cache", root)
    kept.put("one", notebook(), notebook(execution_count=7))
    return kept


def found(cache, root, chapter=None):
    """The hash that another process computes."""
    return ExecutionCache(cache.folder, root).get("one", chapter or notebook())


def test_what_was_kept_is_found(cache, root):
    assert found(cache, root)["cells"][0]["execution_count"] == 7
    assert ExecutionCache(cache.folder, root).get("two", notebook()) is None


def test_other_outputs_make_no_difference(cache, root):
    output = {"output_type": "stream", "name": "stdout", "text": "old"}
    assert found(cache, root, notebook(outputs=[output], execution_count=3)) is not None


@pytest.mark.parametrize("changed", [
    {"source": "print(2)"}, {"metadata": {"tags": ["parameters"]}}, {"cell_type": "markdown"},
])  # fmt: skip
def test_a_chapter_that_was_edited_is_not_found(cache, root, changed):
    assert found(cache, root, notebook(**changed)) is None


@pytest.mark.parametrize("name", [
    "lstm_md/a.py", "lstm_md/b.js", "book/data/x.npz", "book/recorded/r/summary.json",
    "constraints.txt", "pyproject.toml", *execution_cache.EXECUTING,
])  # fmt: skip
def test_after_a_change_of_what_it_reads_it_is_not_found(cache, root, name):
    (root / name).write_text("as it is")
    assert found(cache, root) is None
    (root / name).write_text("as it was")
    assert found(cache, root) is not None


def test_a_new_file_or_a_new_name_is_a_change(cache, root):
    (root / "book/data/x.npz").rename(root / "book/data/y.npz")
    assert found(cache, root) is None
    (root / "book/data/y.npz").rename(root / "book/data/x.npz")
    (root / "lstm_md/c.py").write_text("")
    assert found(cache, root) is None


def test_compiled_files_are_no_change(cache, root):
    (root / "lstm_md/__pycache__").mkdir()
    (root / "lstm_md/__pycache__/a.pyc").write_text("x")
    assert found(cache, root) is not None


def test_another_version_of_a_package_is_a_change(cache, root, installed):
    installed[0].version = "2.0.1"
    assert found(cache, root) is None


def test_another_backend_is_a_change(cache, root, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "another")
    assert found(cache, root) is None


@pytest.mark.parametrize("name, damage", [
    ("one.ipynb", lambda text: text.replace("7", "8")),
    ("one.ipynb", lambda text: text[:9]),
    ("one.ipynb", None),
    ("one.json", lambda text: text[:9]),
    ("one.json", lambda text: "[]"),
    ("one.json", None),
])  # fmt: skip
def test_what_is_damaged_is_not_found(cache, root, name, damage):
    path = cache.folder / name
    if damage is None:
        path.unlink()
    else:
        path.write_text(damage(path.read_text()))
    assert found(cache, root) is None


def test_the_package_and_data_of_this_checkout_are_looked_at():
    lines = "\n".join(execution_cache._lines(ROOT))
    for place in (*execution_cache.READ, *execution_cache.EXECUTING):
        assert f"\n{place}" in lines, place
    assert "\nkeras " in lines and "\nnumpy " in lines


def run(folder, cache):
    path = folder / "one.ipynb"
    write(notebook("with open('runs', 'a') as f:\n    f.write('x')\nprint('one')"), path)
    asyncio.run(execute.execute_all([path], 1, cache))
    return path.read_bytes()


def test_what_is_kept_is_not_executed_and_comes_out_the_same(tmp_path, root, capsys):
    cache = ExecutionCache(tmp_path / "cache", root)
    first = run(tmp_path, cache)
    assert run(tmp_path, cache) == first and b'"one\\n"' in first
    assert (tmp_path / "runs").read_text() == "x"
    assert capsys.readouterr().out.count("kept from before") == 1
    (root / "lstm_md/a.py").write_text("as it is")
    assert run(tmp_path, ExecutionCache(tmp_path / "cache", root)) == first
    assert (tmp_path / "runs").read_text() == "xx"


def test_the_command_takes_the_cache(tmp_path, installed, monkeypatch, capsys):
    monkeypatch.setattr(execute, "copy_book", lambda target: [tmp_path / "one.ipynb"])
    monkeypatch.setattr(execute, "changes", lambda paths: "not in the book")
    write(notebook(), tmp_path / "one.ipynb")
    ExecutionCache(tmp_path / "cache").put("one", notebook(), notebook(execution_count=7))
    assert execute.main([str(tmp_path), "--cache", str(tmp_path / "cache")]) == 0
    assert "one … kept from before" in capsys.readouterr().out
    assert read(tmp_path / "one.ipynb")["cells"][0]["execution_count"] == 7
