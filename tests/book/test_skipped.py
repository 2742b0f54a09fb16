"""A run says what it skipped, and fails if that was asked for."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections import Counter

import pytest

from tools import browser, firefox, page_checks, skipped
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
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer than the tests
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)]
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    "options", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "two processes"]
)
def test_a_skipped_test_that_is_required_fails_the_run(tmp_path, options):
    found = run(tmp_path, 3, "chromium bubblewrap", *options)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "REQUIRED_TOOLS: chromium is missing: install Debian's package" in found.stdout
    assert "bubblewrap is missing" not in found.stdout
    assert "1 passed, 3 skipped" in found.stdout.splitlines()[-1]
    expected = "skipped: 3 because there is none of chromium, chrome (install Debian's package"
    assert expected in found.stdout


def test_a_skipped_test_that_is_not_required_is_said_in_a_line(tmp_path):
    found = run(tmp_path, 2, "bubblewrap")
    assert found.returncode == 0 and "REQUIRED_TOOLS" not in found.stdout
    expected = "skipped: 2 because there is none of chromium, chrome (install Debian's package"
    assert expected in found.stdout


# Every reason in the tests has a remedy


def reasons_in(path):
    """Yield the reasons that a file of tests gives for skipping some."""
    known = {"browser": browser, "firefox": firefox, "page_checks": page_checks}
    known |= {"error": ModuleNotFoundError(name="nothing"), "PROBLEM": "", "problem": str}
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            known[ast.unparse(node.targets[0])] = node.value.value
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        given = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
        if name == "skip":
            given = given or call.args
        elif name not in ("skipif", "importorskip"):
            continue
        for reason in given:
            yield eval(compile(ast.Expression(reason), str(path), "eval"), dict(known))
        if name == "importorskip" and not given:
            yield f"could not import {call.args[0].value!r}: No module named {call.args[0].value!r}"


def test_each_reason_has_a_remedy():
    files = (ROOT / "tests").rglob("test_*.py")
    found = {reason for path in files for reason in reasons_in(path)}
    assert len(found) > 30
    assert [reason for reason in found if not skipped.remedy(reason)] == []


@pytest.mark.parametrize(
    ("reason", "package"),
    [
        (f"there is none of {', '.join(browser.BROWSERS)}", "chromium"),
        ("there is no Chromium", "chromium"),
        (f"there is no jupyter-book, or none of {', '.join(browser.BROWSERS)}", "chromium"),
        (f"there is none of {', '.join(firefox.BROWSERS)}", "firefox-esr"),
        ("there is no node", "nodejs"),
        ("bubblewrap does not work: no namespaces", "bubblewrap"),
    ],
)
def test_each_browser_has_its_own_remedy(reason, package):
    assert skipped.remedy(reason) == f"install Debian's package {package}"


def test_the_checks_of_accessibility_come_with_the_tests():
    assert "`make test` installs it" in skipped.remedy(
        f"none of {', '.join(page_checks.AXE)} is installed"
    )


def test_a_required_tool_is_missed_by_its_own_name_only(monkeypatch):
    monkeypatch.setenv("REQUIRED_TOOLS", "chromium firefox bubblewrap")
    assert skipped.missing(Counter(["there is none of firefox-esr, firefox"])) == ["firefox"]
    assert skipped.missing(Counter(["there is no Chromium"])) == ["chromium"]
    assert skipped.missing(Counter(["there is no node"])) == []
    monkeypatch.setenv("REQUIRED_TOOLS", "")
    assert skipped.missing(Counter(["there is no Chromium"])) == []


def test_the_run_of_the_host_installs_what_it_requires():
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    required = re.search(r'REQUIRED_TOOLS="(.+)"', script)[1].split()
    installed = re.search(r"--no-install-recommends (.+?)\)", script)[1].split()
    cures = [skipped.REMEDIES[tool] for tool in required]
    assert cures == [f"install Debian's package {package}" for package in installed]
