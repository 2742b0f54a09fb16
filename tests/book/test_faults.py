"""Faults: each changes a line that exists, and the run that tries them tells the truth."""

import os
import shutil
import subprocess
import sys
import textwrap
import time

import pytest

from tests.faults import run
from tests.faults.faults import FAULTS, Fault
from tools.notebooks import ROOT

MODULE = """
    LIMIT = 3


    @compiled()
    def below(n):
        return n < LIMIT


    def loop(values):
        for value in sorted(
            values
        ):
            if (
                value
                and below(value)
            ):
                return [
                    value,
                    LIMIT,
                ]
        return []
"""
TEST = """
    import module

    def test_loop():
        assert module.loop([2]) == [2, 3]
"""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_changes_a_line_that_is_there(fault, tmp_path):
    path = tmp_path / fault.file
    path.parent.mkdir(parents=True)
    shutil.copy(ROOT / fault.file, path)
    fault.apply(tmp_path)
    assert path.read_bytes() != (ROOT / fault.file).read_bytes()
    assert (ROOT / fault.nearest).is_file()


def fault_of(line, replacement="pass"):
    return Fault("a fault", "module.py", line, replacement, "test_module.py")


@pytest.fixture
def tree(tmp_path):
    """Make a project with one module and its test, and numba's machine code beside."""
    tree = tmp_path / "tree"
    (tree / "__pycache__").mkdir(parents=True)
    (tree / "__pycache__" / "module.below.nbc").touch()
    (tree / "__pycache__" / "module.pyc").touch()
    source = textwrap.dedent(MODULE).strip() + "\n"
    (tree / "module.py").write_text("compiled = lambda: lambda f: f\n" + source)
    (tree / "test_module.py").write_text(textwrap.dedent(TEST))
    return tree


@pytest.mark.parametrize(
    ("line", "lines", "compiled"),
    [
        ("LIMIT = 3", [2], False),
        ("return n < LIMIT", [7], True),
        ("values", [11, 12, 13], False),
        ("and below(value)", [14, 15, 16, 17], False),
        ("LIMIT,", [18, 19, 20, 21], False),
        ("return []", [22], False),
    ],
)
def test_a_statement_is_found_by_one_of_its_lines(tree, line, lines, compiled):
    source = (tree / "module.py").read_text()
    found, is_compiled = run.statement(source, fault_of(line).number(source))
    assert (list(found), is_compiled) == (lines, compiled)


def test_only_who_executes_the_statement_may_notice_a_fault(tree):
    def may(line, *executed):
        return run.may_notice(fault_of(line), {"module.py": set(executed)}, tree)

    assert may("LIMIT,", 18) and not may("LIMIT,", 17, 22)
    assert may("return n < LIMIT", 2)  # nobody sees which compiled lines are executed
    assert not may("return n < LIMIT")
    assert not run.may_notice(fault_of("LIMIT,"), {"other.py": {18}}, tree)


def test_lines_are_those_that_a_process_executes(tree, tmp_path, monkeypatch):
    def execute(trial, name, arguments, **environment):
        del name, arguments
        command = [sys.executable, "-c", "import lstm_md._support.angles"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True)
        return 1.5

    monkeypatch.setattr(run.Trial, "unbroken", execute)
    chapters = run.Chapters(tmp_path, 1)
    chapters.tree = ROOT
    seconds, lines = chapters.measure("a_chapter")
    source = (ROOT / "lstm_md" / "_support" / "angles.py").read_text().splitlines()
    executed = [source[number - 1] for number in lines["lstm_md/_support/angles.py"]]
    assert seconds == 1.5
    assert any(line.startswith("def ") for line in executed)
    assert not any(line.strip().startswith("return ") for line in executed)
    monkeypatch.undo()
    assert run.Chapters(tmp_path, 1).measure("a_chapter") == (1.5, lines)  # it is kept


def test_machine_code_is_copied_unless_the_fault_is_in_a_file_with_compiled_functions(tree):
    plain = Fault("a fault", "test_module.py", "import module", "import sys", "test_module.py")
    kept = run.copy_of(tree, tree.parent / "plain", plain)
    anew = run.copy_of(tree, tree.parent / "compiled", fault_of("LIMIT = 3"))
    fine = run.copy_of(tree, tree.parent / "fine")
    made = [[path.name for path in copy.glob("*/*")] for copy in (kept, anew, fine)]
    assert made == [["module.below.nbc"], [], []]


FOUND, MISSED = fault_of("LIMIT,", "2,"), fault_of("return []", "return None")
ENDLESS = fault_of("return [", "while True: [")
ALL = run.Run("all", ("test_module.py",), 0.0)


@pytest.fixture
def trial(tree, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # it starts in a fifth of the time
    return run.Tests(tree.parent, jobs=1)


def test_a_fault_is_found_missed_or_runs_for_ever(trial, monkeypatch):
    assert trial.unbroken("all", ALL.arguments) > 0
    assert trial.alone(FOUND, [ALL]) == "test_module.py::test_loop"
    assert trial.alone(MISSED, [ALL]) is None
    monkeypatch.setattr(run, "AT_LEAST", 3.0)
    begin = time.monotonic()
    assert trial.alone(ENDLESS, [ALL]) == "not ended after 3 s"
    assert time.monotonic() - begin < 20
    with pytest.raises(SystemExit, match="all: RED without a fault: pytest ended with 4"):
        trial.unbroken("all", ["nothing.py"])


def test_what_a_chapter_executes_is_tried_together_and_only_once(tmp_path, monkeypatch):
    trial = run.Chapters(tmp_path, jobs=1)
    noticed = {"a": set(), "b": {"c"}, "c": {"2"}, "d": set()}
    tried = []

    def failure(faults, run):
        names = [fault.replacement for fault in faults]
        tried.append((run.name, "".join(names)))
        return f"{run.name} fails" if noticed[run.name].intersection(names) else None

    monkeypatch.setattr(trial, "failure", failure)
    faults = {name: fault_of("return []", name) for name in "1234c"}
    a, b, c, d = (run.Run(name, (), seconds) for seconds, name in enumerate("abcd"))
    runs = {fault: [a, b, c, d] for fault in faults.values()}
    runs[faults["4"]] = [a]
    trial.try_all(runs)
    assert tried[:6] == [
        ("a", "1234c"),
        ("b", "123c"),
        ("b", "12"),
        ("b", "3c"),
        ("b", "3"),
        ("b", "c"),
    ]
    assert [each for each in tried if each[0] == "c"] == [
        ("c", "123"), ("c", "1"), ("c", "23"), ("c", "2"), ("c", "3")
    ]  # fmt: skip
    assert [trial.found(fault, its) for fault, its in runs.items()] == [
        None, "c fails", None, None, "b fails"
    ]  # fmt: skip
    before = len(tried)
    trial.try_all(runs)
    assert len(tried) == before


def test_a_damaged_result_is_computed_again(tmp_path):
    file = tmp_path / "made" / "result.json"
    assert run.kept(file, lambda: 1) == run.kept(file, lambda: 2) == 1
    file.write_text("[1,")
    assert run.kept(file, lambda: 2) == 2
