"""The reference in the book: every public name of the library, and what readers may use."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

import lstm_md
import reproduction
from tools.notebooks import BOOK, ROOT, chapters, code_cells, read, toc

docstrings = pytest.importorskip("tools.docstrings", reason="Sphinx is not installed")

INTERNAL = ("lstm_md.engine.", "lstm_md.__main__")  # behind train(engine=…) and generate(engine=…)
PAGES = {name: (BOOK / f"{name}.md").read_text("utf-8") for name in toc() if "package_" in name}
ENTRY = re.compile(r"^\.\. automodule:: (\S+)\n(.*?)^```$", re.M | re.S)
SHOWN = {module: block for page in PAGES.values() for module, block in ENTRY.findall(page)}
ROLES = re.compile(r":(?:func|class|meth|mod|data|exc|attr):`~?([\w.]+)`")
NOTEBOOKS = [*chapters(), *sorted((ROOT / "assignments").rglob("*.ipynb"))]


@functools.cache
def public_modules(package):
    """The modules of a package without an underscore in their names."""
    name = package.__name__
    found = pkgutil.walk_packages(package.__path__, f"{name}.")
    return {
        each.name
        for each in found
        if not each.ispkg and "._" not in each.name and not each.name.startswith(INTERNAL)
    }


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
    """The names in the table of a module."""
    return re.findall(r"^ {6}(\w+)$", block, re.M)


def test_the_reference_has_each_public_module_once():
    found = [module for page in PAGES.values() for module, _ in ENTRY.findall(page)]
    assert len(found) == len(set(found))
    library = {module for module in found if module.startswith("lstm_md.")}
    assert library == public_modules(lstm_md)
    assert set(found) - library <= public_modules(reproduction)


@pytest.mark.parametrize("module", sorted(SHOWN))
def test_each_public_name_is_in_the_table_of_its_module_and_no_other(module):
    also = set(re.findall(r"autoexception:: (\w+)", SHOWN[module]))
    assert sorted(listed(SHOWN[module])) == sorted(public_names(module) | also)
    for name in listed(SHOWN[module]):
        # autodoc leaves out names without a docstring
        assert getattr(importlib.import_module(module), name).__doc__, name


SHORTCUTS = {
    **{name: f"lstm_md.{module}.{name}" for name, module in lstm_md._WHERE.items()},
    **{name: f"lstm_md.{module}" for name, module in lstm_md._MODULES.items()},
}


@functools.cache
def used(source):
    """The qualified names that a source takes from the library or the reproduction."""
    tree = ast.parse(source)
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                aliases[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    found = set(aliases.values())
    for node in ast.walk(tree):
        attributes = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id in aliases:
            found.add(".".join([aliases[node.id], *reversed(attributes)]))
    return {at_home(whole(name)) for name in found if name.startswith(("lstm_md", "reproduction"))}


def whole(name):
    """A name with its module: lstm_md.train is lstm_md.training.train."""
    first, _, rest = name.removeprefix("lstm_md.").partition(".")
    short = name.startswith("lstm_md.") and first in SHORTCUTS
    return f"{SHORTCUTS[first]}{'.' * bool(rest)}{rest}" if short else name


def at_home(name):
    """A function with the module that defines it: lstm_md.labels also offers the filters."""
    module, _, last = name.rpartition(".")
    if module in public_modules(lstm_md):
        found = getattr(importlib.import_module(module), last, None)
        if inspect.isfunction(found):
            return f"{found.__module__}.{last}"
    return name


def source_of(notebook):
    """The code of a notebook, without the lines that only IPython understands."""
    lines = [line for cell in code_cells(read(notebook)) for line in cell["source"].splitlines()]
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)


def test_what_a_source_uses_is_found():
    source = (
        "import lstm_md as lm\nfrom lstm_md import training\nimport reproduction.ledger\n"
        "from lstm_md.analysis.kinetics import dwell_times as stays\n"
        "lm.langevin.simulate(lm.potentials.four_state)\n"
        "training.evaluate(lm.language_model(3)).x\n"
        "from lstm_md.labels import nearest_state, running_mean"
    )
    assert {
        "lstm_md.systems.langevin.simulate",
        "lstm_md.systems.potentials.four_state",
        "lstm_md.analysis.kinetics.dwell_times",
        "lstm_md.training.evaluate",
        "lstm_md.model.language_model",
        "lstm_md.labels.nearest_state",
        "lstm_md.filters.running_mean",
    } <= used(source)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_notebook_takes_from_these_modules_is_in_their_tables(path):
    listed_names = {f"{module}.{name}" for module in SHOWN for name in listed(SHOWN[module])}
    missing = {
        name
        for name in used(source_of(path)) - listed_names - set(SHOWN)
        if name.rpartition(".")[0] in SHOWN
    }
    assert missing == set()


def for_own_data():
    """The functions that a page of the reference recommends for readers' own data."""
    page = (BOOK / "package.md").read_text("utf-8")
    section = page.partition("\n## For your own data\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| \{func\}`~([\w.]+)` \| .+ \|$", section, re.M))


def public_functions():
    return {
        f"{module}.{node.name}"
        for module in public_modules(lstm_md)
        for node in ast.parse(source(module)).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def test_every_public_function_is_used_by_a_notebook_or_documented_for_own_data():
    taken = set().union(*(used(source_of(path)) for path in NOTEBOOKS))
    for path in (ROOT / "reproduction").rglob("*.py"):  # the chapters show its results
        taken |= used(path.read_text("utf-8"))
    assert sorted(public_functions() - taken - for_own_data()) == []


def test_what_is_documented_for_own_data_is_there_and_no_chapter_shows_it():
    assert for_own_data() <= public_functions()
    taken = set().union(*(used(source_of(path)) for path in chapters()))
    assert for_own_data() & taken == set()


def test_every_name_of_the_package_itself_is_in_the_reference():
    for name in lstm_md.__all__:
        module, _, last = SHORTCUTS[name].rpartition(".")
        assert SHORTCUTS[name] in SHOWN or last in listed(SHOWN[module]), name


PACKAGE_FILES = sorted(
    path for package in ("lstm_md", "reproduction") for path in (ROOT / package).rglob("*.py")
)


@pytest.mark.parametrize("path", PACKAGE_FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_docstring_refers_to_is_there(path):
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for target in ROLES.findall(path.read_text("utf-8")):
        assert exists(target, module), f"{target} is not there"


def exists(target, module):
    """Whether a name exists, seen from a module: a name, an attribute, or a member of a class."""
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


def test_without_networks_and_to_render_it_no_network_library_is_loaded():
    rooms = [ROOT / "lstm_md" / room for room in ("systems", "analysis", "judging")]
    names = {f"lstm_md.{room.name}.{path.stem}" for room in rooms for path in room.glob("[!_]*.py")}
    script = f"""import importlib, sys
for name in {sorted(SHOWN.keys() | names)}:
    importlib.import_module(name)
print(sorted({{"tensorflow", "keras", "jax", "torch", "openmm"}} & set(sys.modules)))"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("page", [BOOK / "package.md", ROOT / "README.md"], ids=lambda p: p.name)
def test_the_example_runs(page, capsys):
    code = re.search(r"```python\n(.*?)```", page.read_text("utf-8"), re.S)[1]
    small = code.replace("200_000", "20_000").replace("n_chains=20", "n_chains=4, progress=False")
    small = small.replace("train(model, labels)", "train(model, labels, epochs=1, progress=False)")
    assert small.count("progress=False") == 2
    names: dict = {}
    exec(small, names)
    if page.name == "package.md":
        assert names["claim"].text in capsys.readouterr().out
    else:
        assert names["counts"].shape == (3, 3, 3)


# The Sphinx extension


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
