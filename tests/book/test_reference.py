"""The reference in the book: every public name of what readers use, and nothing else."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

import lstm_md
from tools.notebooks import BOOK, ROOT, chapters, code_cells, read, toc

docstrings = pytest.importorskip("tools.docstrings", reason="there is no Sphinx")

# Of report those modules with which a reader's own notebook works; the rest is the book's own.
OF_REPORT = {"claims", "criteria", "figures", "molecule", "records", "runs", "tables"}
INTERNAL = {"lstm_md.engine.steps"}  # what train(engine=…) and generate(engine=…) choose between
PAGES = {name: (BOOK / f"{name}.md").read_text("utf-8") for name in toc() if "package_" in name}
ENTRY = re.compile(r"^\.\. automodule:: (\S+)\n(.*?)^```$", re.M | re.S)
SHOWN = {module: block for page in PAGES.values() for module, block in ENTRY.findall(page)}
ROLES = re.compile(r":(?:func|class|meth|mod|data|exc|attr):`~?([\w.]+)`")


def public_modules():
    """The modules without an underscore that are for readers."""
    names = [found.name for found in pkgutil.walk_packages(lstm_md.__path__, "lstm_md.")]
    modules = {
        name
        for name in names
        if "._" not in name
        and name not in ("lstm_md.systems", "lstm_md.analysis", "lstm_md.report")
        and (not name.startswith("lstm_md.report.") or name.split(".")[2] in OF_REPORT)
    }
    return modules - INTERNAL


def source(module):
    return (ROOT / (module.replace(".", "/") + ".py")).read_text("utf-8")


def public_names(module):
    """Functions, classes and constants with a description, as autodoc takes them."""
    from sphinx.pycode import ModuleAnalyzer

    names = set()
    for node in ast.parse(source(module)).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
    described = ModuleAnalyzer.for_module(module).find_attr_docs()
    names |= {name for inside, name in described if not inside}
    names |= {"History"} & set(getattr(importlib.import_module(module), "__all__", ()))
    return {name for name in names if not name.startswith("_")}


def listed(block):
    """The names in a module's table."""
    return re.findall(r"^ {6}(\w+)$", block, re.M)


def test_the_reference_has_each_public_module_once():
    found = [module for page in PAGES.values() for module, _ in ENTRY.findall(page)]
    assert sorted(found) == sorted(public_modules())


@pytest.mark.parametrize("module", sorted(SHOWN))
def test_each_public_name_is_in_the_table_of_its_module_and_no_other(module):
    also = set(re.findall(r"autoexception:: (\w+)", SHOWN[module]))
    assert sorted(listed(SHOWN[module])) == sorted(public_names(module) | also)
    for name in listed(SHOWN[module]):
        # autodoc leaves out what says nothing of itself
        assert getattr(importlib.import_module(module), name).__doc__, name


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_what_a_chapter_takes_from_these_modules_is_in_their_tables(path):
    taken = set()
    for cell in code_cells(read(path)):
        lines = cell["source"].splitlines()
        tree = ast.parse("\n".join("" if x.startswith(("%", "!")) else x for x in lines))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in SHOWN:
                taken |= {(node.module, alias.name) for alias in node.names}
    assert taken <= {(module, name) for module in SHOWN for name in listed(SHOWN[module])}


@pytest.mark.parametrize("path", sorted((ROOT / "lstm_md").rglob("*.py")), ids=lambda p: p.stem)
def test_what_a_docstring_refers_to_is_there(path):
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for target in ROLES.findall(path.read_text("utf-8")):
        assert exists(target, module), f"{target} is not there"


def exists(target, module):
    """Whether a name leads somewhere, seen from a module: it, a part of it, or of a class in it."""
    for start in (target, f"{module}.{target}"):
        parts = start.split(".")
        for cut in range(len(parts), 0, -1):
            try:
                found = importlib.import_module(".".join(parts[:cut]))
            except ImportError:
                continue
            for part in parts[cut:]:
                fields = getattr(found, "__annotations__", {})
                found = getattr(found, part, fields.get(part))
            if found is not None:
                return True
    inside = vars(importlib.import_module(module)).values()
    return any(isinstance(each, type) and hasattr(each, target) for each in inside)


def test_a_name_that_leads_nowhere_is_found():
    assert exists("lstm_md.training.train", "lstm_md.model") and exists("save", "lstm_md.model")
    assert not exists("lstm_md.training.trains", "lstm_md.model")


def test_to_render_it_no_network_library_is_loaded():
    script = f"""import importlib, sys
for name in {sorted(SHOWN)}:
    importlib.import_module(name)
print(sorted({{"tensorflow", "keras", "jax", "torch", "openmm"}} & set(sys.modules)))"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_the_example_runs(monkeypatch, capsys):
    code = re.search(r"```python\n(.*?)```", (BOOK / "package.md").read_text("utf-8"), re.S)[1]
    small = code.replace("200_000", "20_000").replace("decay=True", "epochs=1, progress=False")
    assert small != code
    exec(small, {})
    assert "SE" in capsys.readouterr().out


# What the extension makes of a docstring


@pytest.mark.parametrize("line, linked", [
    ("of Eq 9, in nats", "of :ref:`Eq 9 <eq-9>`, in nats"),
    ("(Eqs 2–7).", "(:ref:`Eqs 2 <eq-2>`–:ref:`7 <eq-7>`)."),
    ("Eqs 23 and 24: two", ":ref:`Eqs 23 <eq-23>` and :ref:`24 <eq-24>`: two"),
    ("Equal 9", "Equal 9"),
])  # fmt: skip
def test_an_equation_becomes_a_link(line, linked):
    assert docstrings.with_equations(line) == linked


def test_classes_are_links_where_a_type_stands_and_nowhere_else():
    lines = ["A Record.", "", "Parameters", "----------", "one : Record or int", "    Of Record."]
    lines += ["", "Returns", "-------", "list of Record", "", "Notes", "-----", "Record"]
    linked = docstrings.with_types(lines, {"Record"})
    assert [a for a, b in zip(linked, lines) if a != b] == [
        "one : :class:`Record` or int",
        "list of :class:`Record`",
    ]


def test_a_module_s_own_names_for_types_are_told_in_full():
    from lstm_md import labels

    told = docstrings.readable("(x: Array, outside: Outside = 'error')", vars(labels))
    assert told == "(x: NDArray, outside: Literal['error', 'clip'] = 'error')"


def test_entries_are_shown_without_prefixes_and_stay_out_of_the_index():
    from docutils.utils import new_document
    from sphinx import addnodes

    document = new_document("page")
    signature = addnodes.desc_signature("", "", addnodes.desc_type("", "np.float64"))
    ours, others = ("single", "train()", "lstm_md.training.train"), ("single", "word", "index-0")
    document += [signature, addnodes.index(entries=[ours, others])]
    docstrings.Entries(document).apply()
    assert signature.astext() == "float64"
    assert document[1]["entries"] == [others]


def test_a_signature_on_several_lines_is_no_list():
    page = {"body": '<dl>\n<dt class="sig x">f(<dl>\n<dd>a,</dd>\n</dl>)</dt><dd>It.</dd></dl>'}
    docstrings.mend_signatures(None, "page", "", page, None)
    assert page["body"] == (
        '<dl>\n<dt class="sig x">f(<div class="sig-dl">\n<div class="sig-dd">a,</div>\n</div>)</dt>'
        "<dd>It.</dd></dl>"
    )


def test_a_link_is_short_and_an_example_keeps_its_equations():
    lines = ["See Eq 9, :func:`lstm_md.model.load`.", ">>> 'Eq 9'"]
    docstrings.add_links(SimpleNamespace(), "function", "f", None, None, lines)
    assert lines == ["See :ref:`Eq 9 <eq-9>`, :func:`~lstm_md.model.load`.", ">>> 'Eq 9'"]
