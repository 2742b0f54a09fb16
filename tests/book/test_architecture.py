"""Imports go one way: through the rooms of the library, then through the studies."""

from __future__ import annotations

import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

from tools.code_map import MACHINERY, PARTS, imported, imports_of_file, module_of, part_of
from tools.notebooks import ROOT

# What each room of the library may import from the others. Systems know no labels, and analysis
# takes arrays of labels and knows no network.
LIBRARY: dict[str, set[str]] = {
    "systems": set(),
    "filters": set(),
    "labels": {"filters"},
    "states": {"filters"},
    "tensorflow_checkpoints": set(),
    "model": {"tensorflow_checkpoints"},
    "equations": set(),
    "engine": {"model"},
    "reading": {"model", "engine"},
    "training": {"model", "engine"},
    "generation": {"model", "engine"},
    "analysis": set(),
    "judging": {"model", "generation", "analysis"},
    "figures": {"systems", "filters", "states", "analysis"},
    "diagrams": {"systems"},
    "interactive": {"analysis", "diagrams", "figures", "judging"},
    "tables": set(),
    "settings": {"tables"},
}
# What each study may import from the others: the studies whose labels or results it uses.
STUDIES: dict[str, set[str]] = {
    "embedding": set(),
    "potentials": {"embedding"},
    "projections": {"potentials"},
    "copies": {"dipeptide"},
    "path_entropy": set(),
    "dipeptide": set(),
    "riboswitch": set(),
    "rivals": {"riboswitch"},
    "optical_trap": {"riboswitch", "rivals"},
    "costs": {"riboswitch"},
    "methods": {"calibration", "potentials", "riboswitch", "dipeptide", "rivals", "optical_trap"},
    "learning_rates": {"potentials", "riboswitch", "optical_trap"},
    "sizes": {"potentials"},
    "known_mean": {"potentials"},
    "attention": {"potentials", "dipeptide", "riboswitch", "optical_trap"},
    "less_data": {"potentials", "dipeptide"},
    "fresh_sets": {"calibration", "methods", "potentials", "riboswitch"},
    # The systems of all studies, as processes whose data can be drawn again and again.
    "calibration": {"potentials", "dipeptide", "riboswitch", "rivals", "optical_trap"},
}
EVERYTHING = set(STUDIES) | set(MACHINERY)
REPRODUCTION: dict[str, set[str]] = {
    "runs": set(),
    "common": {"runs"},
    **{study: others | set(MACHINERY) for study, others in STUDIES.items()},
    "ledger": set(STUDIES),
    "answers": EVERYTHING,
    "paper": {"common"},
    "recipes": EVERYTHING,
    "__main__": EVERYTHING | {"answers", "ledger", "recipes"},
}
RULES = {"lstm_md": LIBRARY, "reproduction": REPRODUCTION}
NEVER = {"book", "assignments", "benchmarks", "tests", "tools"}
NETWORK = {"keras", "tensorflow", "jax", "torch"}
# Judging makes untrained networks as controls; its criteria know only numbers.
KERAS_USERS = {"tensorflow_checkpoints", "model", "engine", "training", "generation"}
ARRAYS_ONLY = ("lstm_md.judging.criteria", "lstm_md.judging.verdict", "lstm_md.judging.compare")


def complaints(module: str, names: set[str]) -> list[str]:
    """List the rules that the imports of one module break."""
    package, part = module.partition(".")[0], part_of(module)
    found = []
    for name in sorted(names):
        top = name.split(".")[0]
        if top in NEVER or (package, top) == ("lstm_md", "reproduction"):
            found.append(f"{module} imports {name}: {package} must not know {top}")
        if package == "lstm_md" and top in NETWORK and part not in KERAS_USERS:
            found.append(f"{module} imports {name}: {part} must not know a network library")
        if module in ARRAYS_ONLY and part_of(name) in KERAS_USERS:
            found.append(f"{module} imports {name}: it must not know a network")
        other = part_of(name) if top == package else None
        if part is not None and other not in (None, part) and other not in RULES[package][part]:
            found.append(f"{module} imports {name}: {part} must not know {other}")
        if part == "ledger" and other in STUDIES and name.split(".")[2] != "claims":
            found.append(f"{module} imports {name}: the ledger needs only the claims of a study")
    return found


def modules() -> list[Path]:
    return sorted(path for package in RULES for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_follow_the_data(path):
    assert complaints(module_of(path), imports_of_file(path)) == []


@pytest.mark.parametrize(
    "module, source",
    [
        # the rooms of the library, each with what comes after it
        ("lstm_md.systems.langevin", "from lstm_md.labels import equal_width"),
        ("lstm_md.systems.langevin", "from .. import labels"),
        ("lstm_md.filters", "from lstm_md.labels import nearest_state"),
        ("lstm_md.labels", "import lstm_md.analysis.kinetics"),
        ("lstm_md.model", "from lstm_md.engine import lstm"),
        ("lstm_md.engine.steps", "from lstm_md.training import History"),
        ("lstm_md.training", "from lstm_md.generation import generate"),
        ("lstm_md.generation", "from lstm_md.analysis.kinetics import transition_counts"),
        ("lstm_md.analysis.kinetics", "from lstm_md import model"),
        ("lstm_md.analysis.kinetics", "from ..model import NetworkSize"),
        ("lstm_md.analysis.kinetics", "from lstm_md.judging.criteria import Outcome"),
        ("lstm_md.judging.verdict", "from lstm_md import figures"),
        ("lstm_md.judging.criteria", "def f():\n    from lstm_md.generation import generate"),
        # network libraries
        ("lstm_md.systems.langevin", "import jax"),
        ("lstm_md.analysis.kinetics", "import keras"),
        ("lstm_md.analysis.kinetics", "def f():\n    from keras import ops"),
        ("lstm_md.judging.criteria", "import tensorflow"),
        # the two packages, and what is around them
        ("lstm_md.judging.verdict", "from reproduction.ledger import LEDGER"),
        ("lstm_md._support.files", "import reproduction"),
        ("lstm_md.judging.verdict", "from tools import notebooks"),
        ("reproduction.potentials.run", "from tools.notebooks import BOOK"),
        ("reproduction.runs.records", "import tests.kill_server"),
        # the machinery of the records, and the studies
        ("reproduction.runs.records", "from reproduction.common import estimates"),
        ("reproduction.runs.recipe", "from reproduction.potentials import run"),
        ("reproduction.common.estimates", "from reproduction.rivals.criteria import below"),
        ("reproduction.common.estimates", "from reproduction.recipes import RECIPES"),
        ("reproduction.riboswitch.run", "from reproduction.rivals import models"),
        ("reproduction.rivals.run", "from reproduction.optical_trap import exact"),
        ("reproduction.embedding.verdicts", "from reproduction.potentials import verdicts"),
        ("reproduction.potentials.verdicts", "from reproduction.copies import criteria"),
        ("reproduction.costs.verdicts", "from reproduction.ledger import LEDGER"),
        ("reproduction.ledger", "from reproduction.costs.verdicts import judge"),
        ("reproduction.ledger", "from reproduction.recipes import RECIPES"),
        ("reproduction.recipes", "from reproduction.ledger import LEDGER"),
    ],
)
def test_a_forbidden_import_is_found(module, source):
    assert complaints(module, imported(source, module.rpartition(".")[0])) != []


@pytest.mark.parametrize("package", RULES)
def test_every_part_of_a_package_has_its_rule(package):
    found = {part_of(f"{package}.{path.stem}") for path in (ROOT / package).iterdir()}
    expected = {part for part in found - {None, "py"} if (package, part) != ("lstm_md", "__main__")}
    assert expected == set(RULES[package]) == set(PARTS[package])


@pytest.mark.parametrize("package", RULES)
def test_a_part_may_know_only_what_comes_before_it(package):
    for number, part in enumerate(PARTS[package]):
        assert RULES[package][part] <= set(PARTS[package][:number])


def test_the_studies_have_no_cycle():
    order = list(graphlib.TopologicalSorter(STUDIES).static_order())
    assert set(order) == set(STUDIES)
    with pytest.raises(graphlib.CycleError):
        list(graphlib.TopologicalSorter({**STUDIES, "riboswitch": {"optical_trap"}}).static_order())


def loaded(script: str, unwanted: set[str]) -> list[str]:
    """Run a script in a new interpreter, and list what it loaded of what is unwanted."""
    script += f"\nimport sys\nprint([name for name in {sorted(unwanted)} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return eval(run.stdout.splitlines()[-1])


def test_importing_the_package_loads_no_network_and_no_array_library():
    script = (
        "import time; t = time.perf_counter(); import lstm_md\n"
        "s = time.perf_counter() - t; assert s < 0.3, s"
    )
    assert loaded(script, {"numpy", "scipy", "numba", "matplotlib", *NETWORK}) == []
