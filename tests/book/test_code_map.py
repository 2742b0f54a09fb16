"""The map of the code on the contributors' page names every module, and says what it knows."""

from __future__ import annotations

import re

import pytest

from tools.notebooks import BOOK, ROOT

code_map = pytest.importorskip("tools.code_map", reason="there is no Sphinx")

MAPPED = re.findall(r"^```\{code-map\} (\S+)$", (BOOK / "contributing.md").read_text("utf-8"), re.M)


def named(lines):
    """The names that stand first in the entries, in Markdown."""
    return re.findall(r"^ *- (?:\{mod\})?`([\w.]+)[ `]", "\n".join(lines), re.M)


def test_the_page_has_a_map_of_each_folder_of_code():
    assert MAPPED == ["lstm_md", "tools", "benchmarks"]


def test_every_module_of_the_package_is_on_the_map_once():
    modules = [code_map.module_of(path) for path in (ROOT / "lstm_md").rglob("*.py")]
    expected = [name.removeprefix("lstm_md.") for name in modules if name != "lstm_md"]
    parts = {f"{part}." for part in code_map.PARTS}
    expected = [name.partition(".")[2] if name.split(".")[0] + "." in parts and "." in name
                else name for name in expected]  # fmt: skip
    assert sorted(named(code_map.package_map())) == sorted(expected)


@pytest.mark.parametrize("folder", MAPPED[1:])
def test_every_module_of_a_folder_is_on_the_map_once(folder):
    modules = [code_map.module_of(path) for path in (ROOT / folder).rglob("*.py")]
    expected = [name.removeprefix(f"{folder}.") for name in modules if name != folder]
    assert sorted(named(code_map.listed(ROOT / folder))) == sorted(expected)


def test_no_module_is_silent():
    for line in [*code_map.package_map(), *code_map.listed(ROOT / "tools")]:
        assert re.search(r"(: .{10,}|all parts may use:\*)$", line), line


@pytest.fixture
def small(tmp_path):
    """A package of two parts, one of which is a folder."""
    for name, text in {
        "labels.py": '"""Labels: of ``a_b`` and *one*, as :mod:`x_y` says\nthem.\n\nMore."""',
        "report/__init__.py": "",
        "report/figures.py": '"""Figures."""\nfrom lstm_md.labels import x\n'
        "import lstm_md._support.checks\n"
        "from lstm_md.report import _files",
        "report/_files.py": '"""Files."""\ndef f():\n    from .. import model',
        "_checks.py": '"""Checks."""',
    }.items():
        path = tmp_path / "lstm_md" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_part_knows_what_its_modules_import(small):
    assert code_map.known("labels", small) == []
    assert code_map.known("report", small) == ["labels", "model"]


def test_an_entry_is_the_first_paragraph_of_a_module_in_markdown(small):
    lines = list(code_map.package_map(small))
    assert lines[lines.index("- *What all parts may use:*") - 3 :] == [
        "- {mod}`report <lstm_md.report>`: *Knows labels, model.*",
        "  - {mod}`figures <lstm_md.figures>`: Figures.",
        "  - `_files`: Files.",
        "- *What all parts may use:*",
        "  - `_checks`: Checks.",
    ]
    assert (
        r"- {mod}`labels <lstm_md.labels>`: Labels: of ``a_b`` and \*one\*, as {mod}`x_y` says "
        "them. *Knows no other part.*"
    ) in lines
