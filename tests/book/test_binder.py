"""The environment for Binder and conda has the project's requirements in the pinned versions."""

from __future__ import annotations

import importlib.metadata
import re

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools.notebooks import ROOT

yaml = pytest.importorskip("yaml", reason="there is no PyYAML to read environment.yml with")


@pytest.fixture(scope="module")
def environment():
    """The Python of the environment, and the lines for pip."""
    *conda, last = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (python,) = (line.partition("=")[2] for line in conda if line.startswith("python="))
    assert "pip" in conda
    return python, last["pip"]


def holds(requirement, python, extra=""):
    """Whether a requirement applies to that Python."""
    there = {"python_version": python, "python_full_version": f"{python}.9", "extra": extra,
             "sys_platform": "linux", "platform_system": "Linux"}  # fmt: skip
    return requirement.marker is None or requirement.marker.evaluate(there)


def pins(python):
    """The version of each package in constraints.txt for that Python."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==")
            for one in found if holds(one, python)}  # fmt: skip


def test_its_python_is_one_of_the_supported(environment):
    supported = importlib.metadata.metadata("lstm-md")["Requires-Python"]
    assert f"{environment[0]}.9" in SpecifierSet(supported)


def test_everything_that_the_project_asks_for_is_pinned_within_its_bounds(environment):
    python, lines = environment
    assert "-c constraints.txt" in lines
    (extras,) = (re.fullmatch(r"-e \.\[(.*)\]", line)[1] for line in lines if line[:2] == "-e")
    extras = extras.split(",")
    known = importlib.metadata.metadata("lstm-md").get_all("Provides-Extra")
    assert "book" in extras and set(extras) <= set(known)
    pinned, asked = pins(python), importlib.metadata.requires("lstm-md")
    wanted = {one for line in asked if any(holds(one := Requirement(line), python, extra)
                                           for extra in ["", *extras])}  # fmt: skip
    assert {"tensorflow", "ipykernel"} <= {one.name for one in wanted}
    for one in wanted:
        version = pinned[canonicalize_name(one.name)]
        assert version in one.specifier, f"{one}: constraints.txt has {version}"


def test_what_it_adds_is_pinned_too(environment):
    python, lines = environment
    added = [Requirement(line) for line in lines if not line.startswith("-")]
    assert {"jupyterlab", "jupyterlab-myst"} <= {one.name for one in added}
    for one in added:
        assert str(one.specifier).startswith("==") or canonicalize_name(one.name) in pins(python)
