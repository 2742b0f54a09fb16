"""Each hook of pre-commit exists, runs without a network, and stops a real fault."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools.notebooks import BOOK, ROOT, dumps, read

yaml = pytest.importorskip("yaml")
pytest.importorskip("pre_commit", reason="there is no pre-commit")

CONFIG = ROOT / ".pre-commit-config.yaml"
HOOKS = [
    hook
    for repository in yaml.safe_load(CONFIG.read_text("utf-8"))["repos"]
    for hook in repository["hooks"]
]


def pre_commit(folder, *arguments):
    environment = {**os.environ, "PRE_COMMIT_HOME": str(folder / "home"), "SKIP": ""}
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A repository with what the hooks need, and one chapter."""
    root = tmp_path_factory.mktemp("checkout")
    for name in (CONFIG.name, "pyproject.toml", "_config.yml"):
        shutil.copy(ROOT / name, root)
    for name in (
        "tools",
        "lstm_md",
        "reproduction",
    ):  # ruff sorts imports by the packages that it finds
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "book").mkdir()
    for name in ("trajectories_as_text.ipynb", "ruff.toml"):
        shutil.copy(BOOK / name, root / "book")
    (root / ".venv").symlink_to(sys.prefix)
    for command in (["init", "-q"], ["add", "tools", "book", CONFIG.name, "pyproject.toml"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return root


def test_the_configuration_is_valid(tmp_path):
    done = pre_commit(tmp_path, "validate-config", str(CONFIG))
    assert done.returncode == 0, done.stdout


def test_all_hooks_are_of_this_checkout_so_that_none_is_fetched():
    found = yaml.safe_load(CONFIG.read_text("utf-8"))
    assert [repository["repo"] for repository in found["repos"]] == ["local"]
    assert {hook["language"] for hook in HOOKS} == {"system"}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_the_command_of_a_hook_is_there(hook):
    program, *arguments = hook["entry"].split()
    assert program.startswith(".venv/bin/")
    assert (Path(sys.prefix) / "bin" / Path(program).name).exists()
    if arguments[0] == "-m":
        assert find_spec(arguments[1])


def test_what_is_committed_passes(checkout):
    done = pre_commit(checkout, "run", "--all-files")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == len(HOOKS)


def spoilt_chapter():
    chapter = read(BOOK / "trajectories_as_text.ipynb")
    code = next(cell for cell in chapter["cells"] if cell["cell_type"] == "code")
    code["execution_count"] = 99
    return dumps(chapter)


FAULTS = {
    "ruff-check": ("tools/seeds.py", lambda text: text + "\nundefined_name\n"),
    "ruff-format": ("tools/seeds.py", lambda text: text + "\nx   =  1\n"),
    "chapters": ("book/trajectories_as_text.ipynb", lambda text: spoilt_chapter()),
}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_fault_is_stopped(checkout, hook):
    name, spoil = FAULTS[hook["id"]]
    path = checkout / name
    whole = path.read_text("utf-8")
    path.write_text(spoil(whole), "utf-8")
    try:
        done = pre_commit(checkout, "run", hook["id"], "--files", name)
        assert done.returncode == 1 and "Failed" in done.stdout, done.stdout
    finally:
        path.write_text(whole, "utf-8")
