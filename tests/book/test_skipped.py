"""A run says what it skipped, and fails if that was asked for."""

import os
import shutil
import subprocess
import sys

import pytest

from tools.notebooks import ROOT

SKIPS = """
import pytest

def test_runs():
    pass

@pytest.mark.parametrize("k", range({n}))
def test_pages(k):
    pytest.skip("there is none of chromium, chrome")
"""


def run(folder, n, required, *options):
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "test_it.py").write_text(SKIPS.format(n=n))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "REQUIRED_TOOLS": required}
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)]
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_a_skipped_test_that_is_required_fails_the_run(tmp_path, options):
    found = run(tmp_path, 3, "chromium bubblewrap", *options)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "REQUIRED_TOOLS: chromium is missing: install Debian's package" in found.stdout
    assert "bubblewrap is missing" not in found.stdout
    assert "1 passed, 3 skipped" in found.stdout.splitlines()[-1]


def test_what_is_skipped_is_said_in_a_line(tmp_path):
    found = run(tmp_path, 2, "")
    assert found.returncode == 0
    expected = "skipped: 2 because there is none of chromium, chrome (install Debian's package"
    assert expected in found.stdout


def test_a_run_without_a_skipped_test_says_nothing(tmp_path):
    found = run(tmp_path, 0, "chromium")
    # an empty list of parameters is itself a skipped test, of another reason
    assert found.returncode == 0 and "REQUIRED_TOOLS" not in found.stdout
