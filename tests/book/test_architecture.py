"""Imports follow the data: systems, labels, model, training, generation, analysis, report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.code_map import PARTS, imported, module_of, part_of
from tools.notebooks import ROOT

# What each part of the package may import of the others: what lies before it. Systems know no
# labels, and analysis takes arrays of labels and knows no network.
MAY_IMPORT: dict[str, set[str]] = {
    "systems": set(),
    "labels": {"systems"},
    "model": {"labels"},
    "equations": {"labels", "model"},
    "engines": {"labels", "model"},
    "training": {"labels", "model", "engines"},
    "generation": {"labels", "model", "engines", "training"},
    "analysis": {"labels"},
    "report": {
        "systems",
        "labels",
        "model",
        "equations",
        "engines",
        "training",
        "generation",
        "analysis",
    },
}
NEVER = {"book", "tests", "tools"}
NETWORK = {"keras", "tensorflow", "jax", "torch"}
KERAS_USERS = {"model", "engines", "training", "generation", "report"}


def complaints(module: str, package: str, source: str) -> list[str]:
    """What the imports of one module of the package break."""
    part = part_of(module)
    found = []
    for name in sorted(imported(source, package)):
        top = name.split(".")[0]
        other = part_of(name) if top == "lstm_md" else None
        if top in NEVER:
            found.append(f"{module} imports {name}: the package knows no chapter and no tool")
        if top in NETWORK and part not in KERAS_USERS:
            found.append(f"{module} imports {name}: {part} knows no network")
        if part is not None and other not in (None, part) and other not in MAY_IMPORT[part]:
            found.append(f"{module} imports {name}: {part} may not know {other}")
    return found


def modules() -> list[Path]:
    return sorted((ROOT / "lstm_md").rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_follow_the_data(path):
    package = ".".join(path.relative_to(ROOT).parent.parts)
    module = module_of(path)
    assert complaints(module, package, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "module, source",
    [
        ("lstm_md.systems.langevin", "from lstm_md.labels import equal_width"),
        ("lstm_md.systems.langevin", "from .. import labels"),
        ("lstm_md.analysis.kinetics", "import keras"),
        ("lstm_md.analysis.kinetics", "def f():\n    from keras import ops"),
        ("lstm_md.analysis.kinetics", "from lstm_md import model"),
        ("lstm_md.analysis.kinetics", "from ..model import Settings"),
        ("lstm_md.labels", "import lstm_md.analysis.kinetics"),
        ("lstm_md.training", "from lstm_md.generation import generate"),
        ("lstm_md.judging.verdict", "from tools import notebooks"),
    ],
)
def test_a_forbidden_import_is_found(module, source):
    assert complaints(module, module.rpartition(".")[0], source) != []


def test_every_part_of_the_package_has_its_rule():
    parts = {part_of("lstm_md." + p.stem) for p in (ROOT / "lstm_md").iterdir()} - {None}
    assert {part for part in parts if part != "py"} <= set(MAY_IMPORT) == set(PARTS)


def test_a_part_may_know_only_what_comes_before_it():
    for number, part in enumerate(PARTS):
        assert MAY_IMPORT[part] <= set(PARTS[:number])


def test_importing_the_package_loads_no_network_and_no_array_library():
    script = (
        "import sys, time; t = time.perf_counter(); import lstm_md; "
        "s = time.perf_counter() - t; "
        "print(s, sorted({'tensorflow', 'keras', 'jax', 'numba'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds, loaded = run.stdout.split(maxsplit=1)
    assert loaded.strip() == "[]"
    assert float(seconds) < 0.3
