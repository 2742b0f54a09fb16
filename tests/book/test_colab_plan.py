"""On Colab, which has newer packages than ours, only the project itself is installed.

The environment consists of metadata, which is all that pip's resolver reads. It has each package
that the project needs, one major release later than here. No package index is used.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.notebooks import ROOT
from tools.repository import setup_cell

ADDRESS = "https://github.com/somebody/some-book"
# The machine's settings of pip may name package indexes and constraints.
ALONE = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
ALONE["PIP_CONFIG_FILE"] = os.devnull
# Colab has all of these except deeptime, which pip adds.
OURS = {"tensorflow", "numpy", "matplotlib", "keras", "scipy", "numba", "threadpoolctl", "tqdm"}


def needed():
    """Every package that the project needs: its version and its requirements."""
    found, left = {}, ["lstm-md", "setuptools"]
    while left:
        name = canonicalize_name(left.pop())
        if name in found:
            continue
        try:
            its = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        asked = [Requirement(line) for line in its.requires or []]
        others = {one.name for one in asked if not one.marker or one.marker.evaluate({"extra": ""})}
        found[name] = its.version, sorted(others)
        left += others
    del found["lstm-md"]
    return found


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """The Python of such an environment."""
    folder = tmp_path_factory.mktemp("colab") / "env"
    venv.create(folder)
    (site,) = folder.glob("lib/python*/site-packages")
    for name, (version, others) in needed().items():
        if name == "setuptools":  # builds our metadata, so it must be real
            its = importlib.metadata.distribution(name)
            for top in {file.parts[0] for file in its.files} - {".."}:
                (site / top).symlink_to(its.locate_file(top))
            continue
        later = f"{int(version.split('.')[0]) + 1}.0"
        info = site / f"{name.replace('-', '_')}-{later}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {later}"]
        lines += [f"Requires-Dist: {other}" for other in others]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "INSTALLER").write_text("pip\n")
        (info / "RECORD").write_text("")
    return folder / "bin" / "python"


@pytest.fixture
def installs(tmp_path, monkeypatch):
    """The pip commands of the setup cell, after it has fetched a copy of the project."""
    commands = []

    def run(command, check):
        if command[:2] == ["git", "clone"]:
            for name in ("pyproject.toml", "README.md", "constraints.txt"):
                Path(command[-1]).mkdir(exist_ok=True)
                shutil.copy(ROOT / name, command[-1])
            package = Path(command[-1]) / "lstm_md"
            shutil.copytree(ROOT / "lstm_md", package, ignore=shutil.ignore_patterns("__py*"))
        else:
            commands.append(command)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("subprocess.run", run)
    exec(setup_cell(ADDRESS), {})
    monkeypatch.undo()
    assert commands and all(command[1:4] == ["-m", "pip", "install"] for command in commands)
    return [command[4:] for command in commands]


def plan(colab, installs, folder):
    """What pip would install, and its output."""
    made, said = [], ""
    for command in installs:
        pip = [sys.executable, "-m", "pip", "--python", str(colab), "install", *command]
        pip += ["--dry-run", "--report", "plan.json", "--no-index", "--no-build-isolation"]
        run = subprocess.run(pip, cwd=folder, env=ALONE, capture_output=True, text=True)
        said += run.stdout + run.stderr
        if run.returncode:
            return None, said
        report = json.loads((folder / "plan.json").read_text())
        made += [f"{i['metadata']['name']} {i['metadata']['version']}" for i in report["install"]]
    return made, said


def test_the_environment_has_what_the_project_needs():
    assert set(needed()) >= OURS


def test_nothing_but_the_project_is_installed(colab, installs, tmp_path):
    import lstm_md

    made, said = plan(colab, installs, tmp_path)
    assert made == [f"lstm-md {lstm_md.__version__}"], said


def test_an_upper_bound_would_be_noticed(colab, installs, tmp_path):
    name = "tensorflow"
    project = tmp_path / "lstm_md_book" / "pyproject.toml"
    before = project.read_text()
    ours = importlib.metadata.version(name)
    project.write_text(before.replace(f'"{name}>=', f'"{name}<={ours},>=', 1))
    assert project.read_text() != before
    made, said = plan(colab, installs, tmp_path)
    assert made is None and f"No matching distribution found for {name}<={ours}" in said
