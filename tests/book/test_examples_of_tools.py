"""The examples in the docstrings of `tools` are true."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from tools.notebooks import ROOT

WITH_EXAMPLES = [
    path.stem for path in sorted((ROOT / "tools").glob("*.py")) if ">>> " in path.read_text("utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_tool_are_true(name):
    try:
        module = import_module(f"tools.{name}")
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    found = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted and not found.failed
