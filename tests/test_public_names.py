"""The public names of the package: ``import lstm_md as lm`` is fast, and every name is there."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import lstm_md as lm


def run(code: str) -> str:
    """Run code in a new interpreter, and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", lm.__all__)
def test_every_public_name_loads_and_has_a_docstring(name):
    assert name in dir(lm)
    assert inspect.getdoc(getattr(lm, name))


def test_no_public_name_is_given_twice_or_hides_a_module():
    names = [name for names in lm._NAMES.values() for name in names.split()]
    assert sorted([*names, *lm._MODULES]) == lm.__all__ == sorted(set(lm.__all__))
    modules = {path.stem for path in Path(lm.__file__).parent.iterdir()}
    assert not modules & set(names)


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(lm.__file__).read_text(encoding="utf-8"))
    block = next(
        node for node in tree.body if isinstance(node, ast.If) and "TYPE" in ast.dump(node.test)
    )
    imported = {
        alias.asname: f"{node.module}.{alias.name}" for node in block.body for alias in node.names
    }
    offered = {name: f"lstm_md.{module}.{name}" for name, module in lm._WHERE.items()}
    offered |= {name: f"lstm_md.{module}" for name, module in lm._MODULES.items()}
    assert imported == offered


def test_an_unknown_name_is_an_attribute_error_with_the_name_of_the_module():
    with pytest.raises(AttributeError, match="module 'lstm_md' has no attribute 'tarin'"):
        print(lm.tarin)
    with pytest.raises(ImportError, match="cannot import name 'tarin' from 'lstm_md'"):
        from lstm_md import tarin  # noqa: F401


def test_a_loaded_name_is_kept():
    assert lm.transition_counts is lm.transition_counts
    assert "transition_counts" in vars(lm)


def test_the_import_takes_less_than_0_3_seconds_and_loads_no_other_library():
    code = (
        "import sys, time; start = time.perf_counter(); import lstm_md; "
        "seconds = time.perf_counter() - start; dir(lstm_md); loaded = {'numpy', 'scipy', 'numba', "
        "'matplotlib', 'keras', 'tensorflow', 'deeptime'} & set(sys.modules); "
        "print(seconds, *loaded)"
    )
    printed = [run(code).split() for _ in range(3)]
    # The fastest of three, because other processes may delay any one of them.
    assert min(float(seconds) for seconds, *_ in printed) < 0.3
    assert [loaded for _, *loaded in printed] == [[], [], []]


def test_data_are_analysed_without_a_network_library_and_all_names_can_be_imported_at_once():
    code = (
        "import sys, lstm_md as lm; "
        "x = lm.langevin.simulate(lm.potentials.linear_three_state, n_frames=200).x; "
        "labels = lm.nearest_state(x, centres=[1.5, 0.0, -1.5]); "
        "lm.transition_counts(labels, [1, 10], n_labels=3); lm.fit_markov_chain(labels); "
        "print({'keras', 'tensorflow'} & set(sys.modules)); "
        "from lstm_md import *; print(judge.__name__, potentials.__name__)"
    )
    assert run(code).splitlines() == ["set()", "judge lstm_md.systems.potentials"]
