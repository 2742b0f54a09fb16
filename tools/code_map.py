"""A Sphinx extension that maps the code: what each module does, and what it imports.

The directive ``code-map FOLDER`` lists the modules of a folder with the first sentences of their
docstrings. For the two packages it lists their parts in the order of their imports. The directive
``study-claims STUDY`` lists the claims of a study, with links to the ledger.
"""

from __future__ import annotations

import ast
import html
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from tools.notebooks import ROOT

# The parts of each package, ordered so that a part imports only what comes before it.
PARTS: dict[str, tuple[str, ...]] = {
    "lstm_md": (
        "systems",
        "filters",
        "labels",
        "states",
        "tensorflow_checkpoints",
        "model",
        "equations",
        "engine",
        "reading",
        "training",
        "generation",
        "analysis",
        "judging",
        "figures",
        "diagrams",
        "interactive",
        "tables",
        "settings",
    ),
    "reproduction": (
        "runs",
        "common",
        "embedding",
        "potentials",
        "projections",
        "path_entropy",
        "dipeptide",
        "copies",
        "riboswitch",
        "rivals",
        "optical_trap",
        "costs",
        "learning_rates",
        "sizes",
        "known_mean",
        "attention",
        "less_data",
        "calibration",
        "methods",
        "fresh_sets",
        "ledger",
        "answers",
        "paper",
        "recipes",
        "__main__",
    ),
}
MACHINERY = ("runs", "common")  # every study uses both
REPRODUCTION_PAGE = "package_reproduction.md"


def part_of(module: str) -> str | None:
    """Return the part of its package that a module belongs to.

    ``lstm_md.analysis.kinetics`` belongs to "analysis". A package itself and its private helpers,
    such as ``lstm_md._support.files``, belong to no part.
    """
    names = module.split(".")
    private = len(names) < 2 or names[1].startswith("_") and names[1] != "__main__"
    return None if private else names[1]


def module_of(path: Path, root: Path = ROOT) -> str:
    """Return the name under which a file is imported."""
    names = list(path.relative_to(root).with_suffix("").parts)
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def imported(source: str, package: str) -> set[str]:
    """List every module that a source imports, at its top or inside a function."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, node.module or ""] if node.level else [node.module or ""])
            modules |= {f"{base.strip('.')}.{alias.name}" for alias in node.names}
    return modules


def imports_of_file(path: Path, root: Path = ROOT) -> set[str]:
    """List every module that a file imports."""
    module = module_of(path, root)
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    return imported(path.read_text("utf-8"), package)


def imports_of_part(package: str, part: str, root: Path = ROOT) -> list[str]:
    """List the other parts of a package that one part imports, in the order of the imports."""
    found = set()
    for path in files(root / package / part) or [root / package / f"{part}.py"]:
        names = imports_of_file(path, root)
        found |= {part_of(name) for name in names if name.startswith(f"{package}.")}
    return [name for name in PARTS[package] if name in found - {part}]


def files(folder: Path) -> list[Path]:
    """List the modules of a folder, the private ones last."""
    private = re.compile(r"_(?!_init__)")
    return sorted(folder.rglob("*.py"), key=lambda path: (bool(private.match(path.stem)), path))


def description(path: Path) -> str:
    """Return the first paragraph of a module's docstring, or its first comment, as Markdown."""
    source = path.read_text("utf-8")
    comment = itertools.takewhile(lambda line: line.startswith("# "), source.splitlines())
    text = ast.get_docstring(ast.parse(source)) or " ".join(line[2:] for line in comment)
    first = re.sub(r":(\w+):`", r"{\1}`", " ".join(text.partition("\n\n")[0].split()))
    words = re.split(r"(`+[^`]+`+)", first)  # the odd elements are code
    words[::2] = [re.sub(r"([*_\[\]])", r"\\\1", word) for word in words[::2]]
    return "".join(words)


def module_list(folder: Path, root: Path = ROOT) -> Iterator[str]:
    """Write the modules of a folder as a Markdown list."""
    for path in files(folder):
        if path.stem == "__init__" and (path.parent == folder or not path.read_text("utf-8")):
            continue
        module = module_of(path, root)
        name = module.removeprefix(module_of(folder, root) + ".")
        public = not re.search(r"(^|\.)_", name)
        entry = f"{{mod}}`{name} <{module}>`" if public else f"`{name}`"
        yield f"- {entry}: {description(path)}"


def library_map(root: Path = ROOT) -> Iterator[str]:
    """Write the parts of the library in the order of the data, then the helpers of all parts."""
    package = root / "lstm_md"
    for part in PARTS["lstm_md"]:
        others = ", ".join(imports_of_part("lstm_md", part, root)) or "no other part"
        about = f" {description(source_of(package, part))}".rstrip()
        yield f"- {{mod}}`{part} <lstm_md.{part}>`:{about} *Imports {others}.*"
        if (package / part).is_dir():
            yield from (f"  {line}" for line in module_list(package / part, root))
    yield "- *Helpers that every part may import:*"
    helpers = [path for path in package.glob("_*/*.py") if path.stem != "__init__"]
    for path in sorted([*helpers, package / "__main__.py"]):
        if path.exists():
            name = module_of(path, root).removeprefix("lstm_md.")
            yield f"  - `{name}`: {description(path)}"


def source_of(package: Path, part: str) -> Path:
    """Return the file that describes a part: the module, or the ``__init__`` of the folder.

    A study whose ``__init__`` is empty is described by its claims.
    """
    folder = package / part
    if not folder.is_dir():
        return package / f"{part}.py"
    start, claims = folder / "__init__.py", folder / "claims.py"
    by_claims = part not in MACHINERY and claims.exists() and not start.read_text("utf-8")
    return claims if by_claims else start


def reproduction_map(root: Path = ROOT) -> Iterator[str]:
    """Write the parts of the reproduction, each with the studies that it imports."""
    package = root / "reproduction"
    for part in PARTS["reproduction"]:
        has_section = (package / part).is_dir()
        name = f"[`{part}`]({REPRODUCTION_PAGE}#{part})" if has_section else f"`{part}`"
        about = f" {description(source_of(package, part))}".rstrip()
        others = imports_of_part("reproduction", part, root)
        others = [other for other in others if other not in MACHINERY or part in MACHINERY]
        yield f"- {name}:{about} *Imports {', '.join(others) or 'no study'}.*"


class CodeMap(SphinxDirective):
    """The modules of a folder, each with its description."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        folder = ROOT / name
        for path in files(folder):
            self.env.note_dependency(str(path))
        maps = {"lstm_md": library_map, "reproduction": reproduction_map}
        lines = maps[name]() if name in maps else module_list(folder)
        box = nodes.container(classes=["code-map"])
        self.state.nested_parse(StringList(list(lines), source=name), 0, box)
        return [box]


class StudyClaims(SphinxDirective):
    """The claims of a study, each with a link to its section of the ledger."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        study = self.arguments[0]
        self.env.note_dependency(str(ROOT / "reproduction" / study / "claims.py"))
        box = nodes.container(classes=["study-claims"])
        self.state.nested_parse(StringList([claims_line(study)], source=study), 0, box)
        return [box]


def claims_line(study: str) -> str:
    """Write the claims of a study as one line of Markdown."""
    from reproduction.ledger import CLAIMS_OF
    from tools.claims import anchor, key, short

    def link(claim: str) -> str:
        to_ledger = f'<a href="ledger.html#{anchor(claim)}">{html.escape(claim)}</a>'
        return f"{to_ledger} ({html.escape(short(claim))})"

    return f"Claims: {', '.join(link(claim) for claim in sorted(CLAIMS_OF[study], key=key))}."


def setup(app: Any) -> dict[str, bool]:
    """Register the directives with Sphinx."""
    app.add_directive("code-map", CodeMap)
    app.add_directive("study-claims", StudyClaims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
