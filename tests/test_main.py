"""``python -m lstm_md`` as a command."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lstm_md
from lstm_md._support import revision

PACKAGE = Path(lstm_md.__file__).parent
ROOT = PACKAGE.parent


def run(*arguments, cwd=ROOT, program=("-m", "lstm_md")):
    command = [sys.executable, *program, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


def test_it_prints_its_version_and_the_commit_of_its_source():
    done = run("--version")
    commit = revision.revision()
    expected = f"lstm_md {lstm_md.__version__}"
    expected += "" if commit == "unknown" else f" (revision {commit})"
    assert (done.returncode, done.stdout, done.stderr) == (0, expected + "\n", "")


def test_outside_a_checkout_it_prints_the_version_only(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "lstm_md", ignore=shutil.ignore_patterns("__pycache__"))
    done = run("--version", cwd=tmp_path)
    assert done.stdout == f"lstm_md {lstm_md.__version__}\n"


@pytest.mark.parametrize("arguments", [(), ("-h",), ("--help",)])
def test_the_help_names_the_other_commands(arguments):
    done = run(*arguments)
    assert done.returncode == 0 and done.stderr == ""
    for command in ("--version", "python -m reproduction", "make book"):
        assert command in done.stdout
    assert len(done.stdout.splitlines()) <= 20


def test_an_unknown_option_is_wrong_usage():
    done = run("--verbose")
    assert done.returncode == 2 and "--verbose" in done.stderr


def test_it_loads_no_network_library_and_no_array_library():
    script = (
        "import sys; from lstm_md.__main__ import main; main(['--version']); "
        "print(sorted({'tensorflow', 'keras', 'jax', 'numba', 'numpy'} & set(sys.modules)))"
    )
    assert run(script, program=("-c",)).stdout.splitlines()[-1] == "[]"


def test_the_version_is_written_once():
    assert re.fullmatch(r"\d+\.\d+\.\d+", lstm_md.__version__)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'dynamic = ["version"]' in project and "lstm_md.__version__" in project
    cited = re.findall(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    assert cited == [lstm_md.__version__]
