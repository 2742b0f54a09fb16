"""The maps of the code name every module once, and say what each part imports."""

from __future__ import annotations

import re

import pytest

from tools.notebooks import BOOK, ROOT

code_map = pytest.importorskip("tools.code_map", reason="Sphinx is not installed")

DIRECTIVE = re.compile(r"^```\{code-map\} (\S+)$", re.M)
MAPPED = DIRECTIVE.findall((BOOK / "contributing.md").read_text("utf-8"))
STUDY_FOLDERS = sorted(
    f"reproduction/{path.parent.name}" for path in (ROOT / "reproduction").glob("*/__init__.py")
)


@pytest.fixture(scope="module")
def maps():
    return {
        "lstm_md": list(code_map.library_map()),
        "reproduction": list(code_map.reproduction_map()),
        **{each: list(code_map.module_list(ROOT / each)) for each in [*MAPPED[2:], *STUDY_FOLDERS]},
    }


def named(lines):
    """The names that stand first in the entries of a map."""
    return re.findall(r"^ *- (?:\{mod\}|\[)?`([\w.]+)[ `]", "\n".join(lines), re.M)


def test_the_contributors_page_has_a_map_of_each_folder_of_code():
    assert MAPPED == ["lstm_md", "reproduction", "tools", "benchmarks"]


def test_the_reference_has_a_map_of_each_folder_of_the_reproduction():
    page = (BOOK / code_map.REPRODUCTION_PAGE).read_text("utf-8")
    assert sorted(DIRECTIVE.findall(page)) == STUDY_FOLDERS


def test_every_module_of_the_library_is_on_the_map_once(maps):
    modules = [code_map.module_of(path) for path in (ROOT / "lstm_md").rglob("*.py")]
    expected = [name.removeprefix("lstm_md.") for name in modules if name != "lstm_md"]
    rooms = set(code_map.PARTS["lstm_md"])
    short = [name.partition(".")[2] if name.partition(".")[0] in rooms and "." in name
             else name for name in expected]  # fmt: skip
    assert sorted(named(maps["lstm_md"])) == sorted(set(short) - {"_support"})


def test_every_part_of_the_reproduction_is_on_the_map_once(maps):
    package = ROOT / "reproduction"
    parts = {path.stem for path in package.glob("*.py")} - {"__init__"}
    parts |= {path.parent.name for path in package.glob("*/__init__.py")}
    assert sorted(named(maps["reproduction"])) == sorted(parts)


@pytest.mark.parametrize("folder", [*MAPPED[2:], *STUDY_FOLDERS])
def test_every_module_of_a_folder_is_on_its_map_once(maps, folder):
    modules = [code_map.module_of(path) for path in (ROOT / folder).rglob("*.py")]
    package = folder.replace("/", ".")
    expected = [name.removeprefix(f"{package}.") for name in modules if name != package]
    assert sorted(named(maps[folder])) == sorted(expected)


@pytest.mark.parametrize("folder", ["lstm_md", "reproduction", *MAPPED[2:], *STUDY_FOLDERS])
def test_every_entry_has_a_description(maps, folder):
    for line in maps[folder]:
        assert re.search(r"(: .{10,}|may import:\*)$", line), line


@pytest.fixture
def small(tmp_path):
    """A library of two rooms, one of which is a folder, and a study."""
    for name, text in {
        "lstm_md/labels.py": '"""Labels: ``a_b`` and *one*, as :mod:`x_y` says\nit.\n\nMore."""',
        "lstm_md/analysis/__init__.py": "",
        "lstm_md/analysis/kinetics.py": '"""Counts."""\nfrom lstm_md.labels import x\n'
        "import lstm_md._support.checks\n"
        "from lstm_md.analysis import _files",
        "lstm_md/analysis/_files.py": '"""Files."""\ndef f():\n    from .. import model',
        "lstm_md/_support/checks.py": '"""Checks."""',
        "reproduction/runs/__init__.py": '"""The machinery."""',
        "reproduction/rivals/__init__.py": '"""Markov models."""',
        "reproduction/rivals/run.py": "from reproduction.riboswitch import run\n"
        "import reproduction.runs.records",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_part_imports_what_its_modules_import(small):
    assert code_map.imports_of_part("lstm_md", "labels", small) == []
    assert code_map.imports_of_part("lstm_md", "analysis", small) == ["labels", "model"]
    assert code_map.imports_of_part("reproduction", "rivals", small) == ["runs", "riboswitch"]


def test_an_entry_is_the_first_paragraph_of_a_docstring_in_markdown(small, monkeypatch):
    monkeypatch.setitem(code_map.PARTS, "lstm_md", ("labels", "model", "analysis"))
    (small / "lstm_md" / "model.py").write_text('"""The network."""')
    assert list(code_map.library_map(small)) == [
        r"- {mod}`labels <lstm_md.labels>`: Labels: ``a_b`` and \*one\*, as {mod}`x_y` says it. "
        "*Imports no other part.*",
        "- {mod}`model <lstm_md.model>`: The network. *Imports no other part.*",
        "- {mod}`analysis <lstm_md.analysis>`: *Imports labels, model.*",
        "  - {mod}`kinetics <lstm_md.analysis.kinetics>`: Counts.",
        "  - `_files`: Files.",
        "- *Helpers that every part may import:*",
        "  - `_support.checks`: Checks.",
    ]


def test_a_study_leads_to_its_section_and_names_the_studies_that_it_imports(small, monkeypatch):
    monkeypatch.setitem(code_map.PARTS, "reproduction", ("runs", "riboswitch", "rivals"))
    (small / "reproduction" / "riboswitch").mkdir()
    (small / "reproduction" / "riboswitch" / "__init__.py").write_text("")
    (small / "reproduction" / "riboswitch" / "claims.py").write_text('"""A measurement."""')
    assert list(code_map.reproduction_map(small)) == [
        "- [`runs`](package_reproduction.md#runs): The machinery. *Imports no study.*",
        "- [`riboswitch`](package_reproduction.md#riboswitch): A measurement. *Imports no study.*",
        "- [`rivals`](package_reproduction.md#rivals): Markov models. *Imports riboswitch.*",
    ]


def test_the_claims_of_a_study_lead_to_the_ledger():
    line = code_map.claims_line("copies")
    assert line.startswith('Claims: <a href="ledger.html#n1">N1</a> (') and line.count("<a ") == 3
