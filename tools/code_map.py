"""A Sphinx extension: the map of the code, from the first line and the imports of each module.

The directive ``code-map`` lists the modules of a folder. Of the package it says which of its parts
each part knows, in the order in which data flow through them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from tools.notebooks import ROOT

PACKAGE = "lstm_md"
PARTS = (
    "systems",
    "labels",
    "model",
    "equations",
    "engines",
    "training",
    "generation",
    "analysis",
    "report",
)  # in the order of the data


def part_of(module: str) -> str | None:
    """lstm_md.analysis.kinetics is of 'analysis'; the private helpers belong to no part."""
    names = module.split(".")
    return None if len(names) < 2 or names[1].startswith("_") else names[1]


def module_of(path: Path, root: Path = ROOT) -> str:
    """The name by which a file is imported."""
    names = list(path.relative_to(root).with_suffix("").parts)
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def imported(source: str, package: str) -> set[str]:
    """Every module that a source imports, at its top or inside a function."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, node.module or ""] if node.level else [node.module or ""])
            modules |= {f"{base.strip('.')}.{alias.name}" for alias in node.names}
    return modules


def known(part: str, root: Path = ROOT) -> list[str]:
    """The other parts that a part of the package imports, in the order of the data."""
    found = set()
    for path in files(root / PACKAGE):
        module = module_of(path, root)
        if part_of(module) == part:
            package = module if path.stem == "__init__" else module.rpartition(".")[0]
            names = imported(path.read_text("utf-8"), package)
            found |= {part_of(name) for name in names if name.startswith(f"{PACKAGE}.")}
    return [name for name in PARTS if name in found - {part}]


def files(folder: Path) -> list[Path]:
    """The modules of a folder, the private ones last."""
    last = re.compile(r"_(?!_init__)")
    return sorted(folder.rglob("*.py"), key=lambda path: (bool(last.match(path.stem)), path))


def says(path: Path) -> str:
    """What a module says of itself, in Markdown: its docstring's first paragraph, or a comment."""
    source = path.read_text("utf-8")
    comment = source.partition("\n")[0] if source.startswith("# ") else ""
    text = ast.get_docstring(ast.parse(source)) or comment.removeprefix("# ")
    first = re.sub(r":(\w+):`", r"{\1}`", " ".join(text.partition("\n\n")[0].split()))
    words = re.split(r"(`+[^`]+`+)", first)  # what is code stands at the odd places
    words[::2] = [re.sub(r"([*_\[\]])", r"\\\1", word) for word in words[::2]]
    return "".join(words)


def listed(folder: Path, root: Path = ROOT) -> Iterator[str]:
    """The modules of a folder as a list in Markdown."""
    for path in files(folder):
        if path.stem == "__init__" and (path.parent == folder or not path.read_text("utf-8")):
            continue
        module = module_of(path, root)
        name = module.removeprefix(module_of(folder, root) + ".")
        public = not re.search(r"(^|\.)_", name)
        yield f"- {f'{{mod}}`{name} <{module}>`' if public else f'`{name}`'}: {says(path)}"


def package_map(root: Path = ROOT) -> Iterator[str]:
    """The parts of the package in the order of the data, then what all of them use."""
    package = root / PACKAGE
    for part in PARTS:
        others = ", ".join(known(part, root)) or "no other part"
        single = package / f"{part}.py"
        about = f" {says(single)}" if single.exists() else ""
        yield f"- {{mod}}`{part} <{PACKAGE}.{part}>`:{about} *Knows {others}.*"
        if not single.exists():
            yield from (f"  {line}" for line in listed(package / part, root))
    yield "- *What all parts may use:*"
    for path in sorted(package.glob("_*.py")):
        if path.stem != "__init__":
            yield f"  - `{path.stem}`: {says(path)}"


class CodeMap(SphinxDirective):
    """The modules of a folder, each with what it says of itself."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        folder = ROOT / self.arguments[0]
        for path in files(folder):
            self.env.note_dependency(str(path))
        lines = package_map() if folder.name == PACKAGE else listed(folder)
        box = nodes.container(classes=["code-map"])
        self.state.nested_parse(StringList(list(lines), source=str(folder)), 0, box)
        return [box]


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_directive("code-map", CodeMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
