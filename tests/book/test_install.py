"""An installation that fails says which package it was, why, and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tools import install, install_errors
from tools.notebooks import ROOT

RETRY = (
    "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by "
    "'NewConnectionError(\"HTTPSConnection(host='registry.example.org', port=443): Failed to "
    "resolve 'registry.example.org' ([Errno -3] Temporary failure in name resolution)\")'\n"
)
MISSING = "ERROR: No matching distribution found for {0}\n"
BUILD = """Collecting keras==3.15.1
Building wheels for collected packages: deeptime
  Building wheel for deeptime (pyproject.toml): finished with status 'error'
  error: subprocess-exited-with-error
  × Building wheel for deeptime (pyproject.toml) did not run successfully.
      {0}
  ERROR: Failed building wheel for deeptime
Failed to build deeptime
"""
# What pip writes, the package, and what is said.
CASES = {
    "no network": (RETRY + MISSING.format("numba==0.68.1"), "numba==0.68.1", "reach the package"),
    "a proxy": (
        "Collecting numba\nERROR: Could not install packages due to an OSError: HTTPSConnectionPool"
        "(host='registry.example.org', port=443): Max retries exceeded with url: /simple/numba/ "
        "(Caused by ProxyError('Cannot connect to proxy.'))",
        "numba", "Behind a proxy, set HTTPS_PROXY",
    ),
    "no such version": (MISSING.format("numba==9"), "numba==9", "There is no file of numba==9 for"),
    "another Python": (
        "ERROR: Ignored the following versions that require a different python version: 2.5.0 "
        "Requires-Python >=3.11; 2.5.5 Requires-Python >=3.12\n" + MISSING.format("numpy==2.5.5"),
        "numpy==2.5.5", "numpy==2.5.5 needs Python >=3.12, and this is Python 3.",
    ),
    "our own Python": (
        "ERROR: Package 'lstm-md' requires a different Python: 3.14.0 not in '<3.14,>=3.10'",
        "lstm-md", "lstm-md does not run on Python 3.",
    ),
    "no compiler": (
        BUILD.format("error: command 'g++' failed: No such file or directory"),
        "deeptime", "deeptime has no wheel for Python 3.",
    ),
    "a build": (BUILD.format("KeyError: 'CMAKE'"), "deeptime", "and that failed. The"),
    "a build, by a newer pip": (
        "error: failed-wheel-build-for-install\n\n× Failed to build installable wheels for some "
        "pyproject.toml based projects\n╰─> deeptime",
        "deeptime", "deeptime has no wheel for",
    ),
    "the needs of a build": (
        "Collecting deeptime==0.4.5\n  Installing build dependencies: finished with status 'error'"
        f"\n  × pip subprocess to install build dependencies did not run successfully.\n{RETRY}",
        "deeptime==0.4.5", "reach the package registry",
    ),
    "a full disk": (
        "Collecting jaxlib\nERROR: Could not install packages due to an OSError: [Errno 28] No "
        "space left on device",
        "jaxlib", "The disk is full (pip was at jaxlib)",
    ),
    "a file of another user": (
        "Collecting tqdm\nERROR: Could not install packages due to an OSError: [Errno 13] "
        "Permission denied: '.venv/lib/x'",
        "tqdm", "could not be written (pip was at tqdm)",
    ),
    "a conflict": (
        "ERROR: Cannot install lstm-md and tqdm==4.0 because these package versions have "
        "conflicting dependencies.\nERROR: ResolutionImpossible: for help visit x",
        "", "`make pins` makes new constraints",
    ),
    "a damaged file": (
        "Collecting tqdm==4.70.1\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE "
        "REQUIREMENTS FILE.",
        "tqdm==4.70.1", "A file was damaged on its way (pip was at tqdm==4.70.1)",
    ),
    "no pip": ("/x/.venv/bin/python: No module named pip", "", "install the package python3-venv"),
    "something else": ("Collecting tqdm\nAssertionError", "tqdm", "status 2 (pip was at tqdm)"),
}  # fmt: skip


@pytest.mark.parametrize("written, name, said", CASES.values(), ids=CASES)
def test_it_names_the_package_and_the_cause(written, name, said):
    assert install_errors.package(written) == name
    assert said in install_errors.explain(written, 2)


def test_a_compiler_that_is_missing_is_named():
    written = BUILD.format("unable to execute 'x86_64-linux-gnu-gcc': No such file or directory")
    assert "install a compiler" in install_errors.explain(written)
    assert "install a compiler" not in install_errors.explain(BUILD.format("KeyError"))


def test_other_pythons_are_those_of_the_project():
    said = install_errors.explain(MISSING.format("numba"))
    assert "Python 3.10 to 3.13" in said and "make PYTHON=python3.12 book" in said


def test_a_pip_that_the_system_killed_had_too_little_memory():
    assert "not enough memory (pip was at jax)" in install_errors.explain("Collecting jax", -9)


def test_a_warning_after_which_pip_went_on_is_not_the_cause():
    written = RETRY + "Collecting tqdm\n" * install_errors.LAST + "AssertionError"
    assert "status 1" in install_errors.explain(written)


def test_how_far_pip_is_follows_from_its_lines(tmp_path, monkeypatch):
    clock = iter([0.0, 0.0, 30.0, 100.0, 160.0])
    monkeypatch.setattr(install, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    steps = install.Steps(n_expected=8, site=tmp_path)
    assert steps.in_words() == "finding packages: 0 of about 8"
    for line in ("Collecting a==1", "  Downloading a.whl", "Collecting b<2,>1", "Collecting a>0"):
        steps.read(line)
    assert steps.in_words() == "finding packages: 2 of about 8, about 2 min left"
    (tmp_path / "pip-1.dist-info").mkdir()
    steps.read("Installing collected packages: a, b, c")
    (tmp_path / "a-1.dist-info").mkdir()
    assert steps.in_words() == "installing packages: 1 of 3, about 2 min left"


@pytest.fixture
def other_pip(tmp_path, monkeypatch):
    """Put a script in the place of pip; the log is written beside it."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(install, "LOG", tmp_path / "install.log")

    def put(*lines, status=0):
        text = "".join(f"{line}\n" for line in lines)
        script = f"import sys\nprint({text!r}, sys.argv[1:])\nsys.exit({status})\n"
        (tmp_path / "pip.py").write_text(script)
        return tmp_path / "install.log"

    return put


def test_a_failure_ends_with_what_to_do_and_names_no_address(other_pip, capsys):
    indexes = "Looking in indexes: https://me:secret@registry.example.org/simple"
    log = other_pip(indexes, RETRY, MISSING.format("numba==0.68.1"), "x" * 999, status=3)
    assert install.main(["-e", ".[dev]"]) == 3
    shown = capsys.readouterr().err
    *_, advice, where = shown.splitlines()
    assert advice.startswith("pip could not reach the package registry (pip was at numba==0.68.1)")
    assert where == f"All that pip wrote is in {os.path.relpath(log)}."
    assert "x" * 400 + " …" in shown and "x" * 401 not in shown
    for text in (shown, log.read_text("utf-8")):
        assert "example.org" not in text and "secret" not in text
        assert "No matching distribution found for numba==0.68.1" in text
    assert "['install', '--progress-bar=off'" in log.read_text("utf-8")
    assert "'-e', '.[dev]']" in log.read_text("utf-8")


def test_a_success_removes_the_log_of_an_earlier_failure(other_pip, capsys):
    log = other_pip("Collecting tqdm")
    log.write_text("old")
    assert install.main(["tqdm"]) == 0
    assert not log.exists()
    assert "installed in " in capsys.readouterr().out


def test_it_needs_the_standard_library_alone():
    # A module that is None was left out on purpose.
    there = "m.partition('.')[0] for m, module in sys.modules.items() if module"
    code = f"import sys, tools.install; print(*sorted({{{there}}}))"
    line = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}",
    ]
    found = subprocess.run(line, capture_output=True, text=True, check=True).stdout.split()
    assert set(found) <= {*sys.stdlib_module_names, "tools", "__main__"}


def test_the_makefile_installs_with_it():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "pip install" not in makefile
    assert "-m tools.install -c constraints.txt -e" in makefile
