"""Every command of the Makefile has a line in `make help`, and a sentence for contributors."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tools.notebooks import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COMMANDS = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.M)
PHONY = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)", MAKEFILE, re.M)[1].replace("\\\n", " ").split()


def test_no_command_is_without_a_line_of_help():
    assert sorted(COMMANDS) == sorted(PHONY)


@pytest.mark.parametrize("name", COMMANDS)
def test_contributors_are_told_of_it(name):
    assert re.search(rf"`?make {name}\b", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_help_lists_each_once():
    # `make test` runs this test, and a make below another one names its folders.
    run = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split()[1] for line in run.stdout.splitlines()] == COMMANDS


@pytest.mark.parametrize("name", re.findall(r"-m (tools\.\w+|benchmarks)\b", MAKEFILE))
def test_the_module_behind_it_is_there(name):
    path = ROOT / name.replace(".", "/")
    assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()
