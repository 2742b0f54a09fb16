"""Assignments and their grading: what students get, and the way from their files to a table."""

from __future__ import annotations

import ast
import copy
import csv
import importlib.util
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from lstm_md.analysis.uncertainty import Estimate
from tools import assignments, grade
from tools.grading import sandbox, session, values
from tools.grading.judge import graded_cells, judge, marks, own_cells
from tools.notebooks import ROOT, code_cells, dumps, joined, read, write

NAMES = [path.stem for path in assignments.masters()]
HERE = "labels_and_kinetics"  # the one that trains nothing, and so the one that is graded most
LANDLOCK = sandbox.landlock_version()
HAS_NBGRADER = importlib.util.find_spec("nbgrader") is not None


def master(name):
    return read(assignments.MASTERS / f"{name}.ipynb")


def student(name):
    return read(assignments.STUDENT / f"{name}.ipynb")


def solution(cell):
    return "\n".join(line for line in cell["source"].splitlines() if "### " not in line)


def handed_in(name, **changed):
    """What a student hands in: the solutions of the master, but for the cells that are changed."""
    notebook = student(name)
    solved = {marks(c)["grade_id"]: solution(c) for c in master(name)["cells"] if marks(c)}
    for cell in notebook["cells"]:
        if marks(cell).get("solution"):
            which = marks(cell)["grade_id"]
            cell["source"] = changed.get(which.replace("-", "_"), solved[which])
    return notebook


def points(notebook):
    return sum(marks(c).get("points", 0) for c in notebook["cells"] if marks(c).get("grade"))


# --- what is handed out


@pytest.mark.skipif(not HAS_NBGRADER, reason="nbgrader (extra class) needs Python 3.11 or newer")
@pytest.mark.parametrize("name", NAMES)
def test_the_students_notebook_is_what_the_master_gives(name):
    made = dumps(assignments.student_version(master(name)))
    kept = (assignments.STUDENT / f"{name}.ipynb").read_text(encoding="utf-8")
    assert made == kept, "run `make assignments` and commit assignments/student"


@pytest.mark.parametrize("name", NAMES)
def test_no_solution_and_no_hidden_test_is_handed_out(name):
    given = "\n".join(cell["source"] for cell in student(name)["cells"])
    for mark in ("SOLUTION", "HIDDEN", "grading_seed"):
        assert mark not in given
    inside = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", re.DOTALL)
    secret = [
        line.strip()
        for cell in master(name)["cells"]
        for part in inside.findall(cell["source"])
        for line in part.splitlines()
        if len(line.strip()) > 30 and "import" not in line
    ]
    open_lines = inside.sub("", "\n".join(cell["source"] for cell in master(name)["cells"]))
    assert len(secret) > 30
    assert [line for line in secret if line in given and line not in open_lines] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_place_for_code_is_empty_and_says_so(name):
    cells = [cell for cell in student(name)["cells"] if marks(cell).get("solution")]
    assert len(cells) >= 6
    for cell in cells:
        mark = "YOUR CODE HERE" if cell["cell_type"] == "code" else "Your answer here"
        assert mark in cell["source"]


@pytest.mark.parametrize("name", NAMES)
def test_the_points_in_the_text_are_those_of_the_tests(name):
    notebook = master(name)
    text = "\n".join(cell["source"] for cell in notebook["cells"])
    heads = re.findall(r"\*\*Exercise \d+\*\* \((\d+) points?, \d+ minutes\)", text)
    total, tested = map(int, re.search(r"(\d+) points, (\d+) of them from tests", text).groups())
    assert sum(map(int, heads)) == total == points(notebook)
    assert tested == sum(test.points for test in graded_cells(notebook))


@pytest.mark.parametrize("name", NAMES)
def test_no_test_gives_a_value_to_a_name_that_a_student_uses(name):
    """Tests share their names with each other: such a name would hide the student's."""
    tests = {name for test in graded_cells(master(name)) for name in assigned(test.source)}
    own = {
        name
        for cell in code_cells(master(name))
        if not marks(cell).get("grade")
        for name in assigned(cell["source"])
    }
    assert tests & own == set()


def assigned(source):
    """The names that the top level of a cell gives values to, functions among them."""
    inner = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda
    names, left = set(), list(ast.parse(source).body)
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, inner):
            left += ast.iter_child_nodes(node)
    return names - {"_"}


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_a_check_that_students_see(name):
    """A cell of tests with code, in what is handed out; but for what is answered in words."""
    exercises = []
    for cell in student(name)["cells"]:
        if "**Exercise" in cell["source"]:
            exercises.append(0)
        elif marks(cell).get("grade") and exercises:
            code = any(not line.startswith("#") for line in cell["source"].splitlines())
            exercises[-1] += code or cell["cell_type"] == "markdown"
    assert len(exercises) >= 6
    assert 0 not in exercises


# --- from a folder to a table

WRONG = {
    "nearest": "def nearest(x, centres):\n    return abs(x[:, None] - centres).argmax(axis=1)",
    "transitions": "def count_transitions(labels, commit_time, n_labels):\n"
    "    return np.zeros((n_labels, n_labels), int)",
    "two_states": "largest_difference = 0",
}
OTHERWISE = {
    "nearest": "def nearest(x, centres):\n"
    "    return [min(range(len(centres)), key=lambda i: abs(v - centres[i])) for v in x]",
    "equal_width": "def equal_width_labels(x, start, stop, n):\n"
    "    edges = np.linspace(start, stop, n + 1)\n"
    "    return [min(max(int(np.sum(edges <= v)) - 1, 0), n - 1) for v in x]",
    "transitions": textwrap.dedent("""
        def count_transitions(labels, commit_time, n_labels):
            counts = [[0] * n_labels for _ in range(n_labels)]
            last, length, where = None, 0, None
            for frame, label in enumerate(labels):
                length = length + 1 if frame and label == labels[frame - 1] else 1
                if length == commit_time:
                    if last is not None and last != label:
                        counts[last][label] += 1
                    last = label
            return np.array(counts)
    """),
    "balance": "def imbalance(counts):\n"
    "    n = len(counts)\n"
    "    z = [[0.0] * n for _ in range(n)]\n"
    "    for i in range(n):\n"
    "        for j in range(n):\n"
    "            s = counts[i][j] + counts[j][i]\n"
    "            z[i][j] = float((counts[i][j] - counts[j][i]) / s**0.5) if s else 0.0\n"
    "    return z",
}
ENDLESS = "def nearest(x, centres):\n    while True:\n        pass\n"
STUBBORN = """
def nearest(x, centres):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
# It takes the tests out of its own kernel, deletes, prints a score, writes into every pipe, and
# leaves a process behind that has left its group.
HOSTILE = """
import ast, builtins, glob, os, shutil, subprocess, sys
print("Score: 100/100")
class NoTests(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(NoTests())
builtins.AssertionError = type("Passed", (Exception,), {{}})
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # {mark}"],
                 start_new_session=True)
for path in glob.glob("{victim}/*") + ["{victim}/thesis.txt"]:
    try:
        os.remove(path)
    except OSError:
        pass
for open_file in range(3, 64):
    try:
        os.write(open_file, b"\\x00" * 7 + b"\\x40" + b'{{"problems": [], "value": true}}' * 2)
    except OSError:
        pass
class Yes:
    def __eq__(self, other):
        return True
def nearest(x, centres):
    return Yes()
"""


def graded_by(folder, submissions, *options):
    """The rows of the table, by student."""
    given = folder / "submissions"
    for name, notebook in submissions.items():
        (given / name).mkdir(parents=True)
        write(notebook, given / name / f"{HERE}.ipynb")
    out = folder / "grades.csv"
    given = [str(given), "--assignment", HERE, "--out", str(out), "--seed", "7", *options]
    assert grade.main(given) == 0
    with open(out, newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The table of submissions of every kind that comes to its end."""
    folder = tmp_path_factory.mktemp("class")
    submissions = {
        "good": handed_in(HERE),
        "otherwise": handed_in(HERE, **OTHERWISE),
        "wrong": handed_in(HERE, **WRONG),
        "empty": student(HERE),
    }
    damaged = folder / "submissions" / "damaged.ipynb"
    damaged.parent.mkdir()
    damaged.write_text('{"nbformat": 4, "cells": [{"cell_type": "code"}]}')
    rows = graded_by(folder, submissions, "--reports", str(folder / "reports"))
    return {"rows": rows, "folder": folder}


def without_own_runs(notebook):
    """Without the cells that simulate and print, so that a short limit is one for the tests."""
    kept = [c for c in notebook["cells"] if marks(c) or c["cell_type"] == "markdown"]
    kept.insert(0, {"cell_type": "code", "metadata": {}, "source": "import numpy as np"})
    kept[0] |= {"id": "import", "outputs": [], "execution_count": None}
    return dict(notebook, cells=kept)


def lost(row):
    """The tests that gave nothing."""
    return {key.split(" (")[0] for key, value in row.items() if " (" in key and value == "0"}


def test_every_submission_has_a_row(graded):
    assert set(graded["rows"]) == {"good", "otherwise", "wrong", "empty", "damaged"}


@pytest.mark.parametrize("name", ["good", "otherwise"])
def test_what_is_right_gets_all_points_however_it_is_written(graded, name):
    row = graded["rows"][name]
    assert lost(row) == set()
    assert row["score"] == row["of"] == "15"
    assert row["status"] == "ran to its end"


def test_what_is_wrong_loses_its_own_points_and_no_others(graded):
    tests = {"nearest-test", "transitions-check", "transitions-test", "two-states-test"}
    follows = {"frame-rate-check", "frame-rate-test"}  # it divides by transitions
    assert lost(graded["rows"]["wrong"]) == tests | follows


def test_nothing_handed_in_gets_nothing(graded):
    assert graded["rows"]["empty"]["score"] == "0"
    assert "NotImplementedError" in graded["rows"]["empty"]["status"]
    assert graded["rows"]["damaged"]["score"] == "0"
    assert "no notebook that can be read" in graded["rows"]["damaged"]["status"]


def test_an_endless_loop_costs_its_own_points_and_ends_in_time(tmp_path):
    begin = time.monotonic()
    loops = {"endless": ENDLESS, "stubborn": STUBBORN}
    rows = graded_by(
        tmp_path,
        {name: without_own_runs(handed_in(HERE, nearest=loop)) for name, loop in loops.items()},
        "--test-seconds=3",
    )
    assert lost(rows["endless"]) == lost(rows["stubborn"]) == {"nearest-test"}
    assert time.monotonic() - begin < 60


@pytest.mark.skipif(LANDLOCK == 0, reason="without Landlock nothing keeps it from deleting")
def test_a_hostile_submission_gets_nothing_and_reaches_nothing(tmp_path):
    victim, mark = tmp_path / "thesis", f"left-behind-{os.getpid()}"
    victim.mkdir()
    (victim / "thesis.txt").write_text("three years")
    hostile = HOSTILE.format(victim=victim, mark=mark)
    changed = {"nearest": hostile, "equal_width": "pass", "transitions": "pass"}
    notebook = without_own_runs(handed_in(HERE, **changed))
    rows = graded_by(tmp_path, {"hostile": notebook, "good": without_own_runs(handed_in(HERE))})
    assert rows["hostile"]["score"] == "0"
    assert rows["good"]["score"] == "15"
    assert (victim / "thesis.txt").read_text() == "three years"
    assert running(mark) == []


def running(mark):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found += [pid] if mark.encode() in file.read() else []
        except OSError:
            pass
    return found


def test_a_report_tells_the_student_why(graded):
    report = (graded["folder"] / "reports" / "wrong.md").read_text(encoding="utf-8")
    assert "nearest: expected [2, 1, 0, 2], found" in report
    assert "A walker near a border" in report  # the answer in words, to be read


def test_a_table_says_what_a_person_still_has_to_do(graded):
    assert graded["rows"]["good"]["by hand, open"] == "2"


@pytest.mark.parametrize("name", [name for name in NAMES if name != HERE])
def test_the_solutions_of_the_other_assignments_get_all_points(name):
    notebook = handed_in(name)
    tests = graded_cells(master(name))
    result = judge(own_cells(notebook, tests), tests, None, session.Limits())
    assert result.problems == []
    assert [r.id + ": " + r.message for r in result.results if r.score < r.points] == []


def test_a_function_of_the_package_is_noted_where_one_was_to_be_written():
    code = "def count_transitions(labels, c, n):\n    return kinetics.transition_counts(labels, c)"
    borrowed = handed_in(HERE, transitions=code)
    assert grade.borrowed(borrowed, master(HERE)) == "calls transition_counts"
    assert grade.borrowed(handed_in(HERE), master(HERE)) == ""


def test_folders_of_students_are_understood(tmp_path):
    for place in ("ada/work/a.ipynb", "bob/a.ipynb", "bob/scratch.ipynb", "eve/x.ipynb"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("{}")
    (tmp_path / "carl").mkdir()
    (tmp_path / "dora.ipynb").write_text("{}")
    (tmp_path / "notes.txt").write_text("no submission")
    found = {each.student: each for each in grade.submissions(tmp_path, "a")}
    assert set(found) == {"ada", "bob", "carl", "dora", "eve"}
    assert found["bob"].notebook == tmp_path / "bob" / "a.ipynb"
    assert found["eve"].notebook == tmp_path / "eve" / "x.ipynb"
    assert "found 0" in found["carl"].problem


def test_no_cell_of_the_table_is_a_formula():
    assert grade.harmless("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert grade.harmless("two\nlines") == "two lines"


def test_files_that_were_changed_meanwhile_are_told(tmp_path, monkeypatch, capsys):
    write(student(HERE), tmp_path / "x.ipynb")

    def change(found, *others):
        (tmp_path / "x.ipynb").write_text("{}")
        yield from ()

    monkeypatch.setattr(grade, "_grade_all", change)
    given = [str(tmp_path), "--assignment", HERE, "--out", str(tmp_path / "g.csv")]
    assert grade.main(given) == 3
    assert "trust none of the points" in capsys.readouterr().err


# --- what crosses, and the door


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 0.5, "text", [1, (2, "a")], {"a": {1, 2}}, 1 + 2j,
        np.float32(0.5), np.arange(6).reshape(2, 3), np.array(["ab", "c"]), np.array([], bool),
    ],
)  # fmt: skip
def test_plain_values_cross(value):
    back = values.loads(values.dumps(value))
    assert type(back) is type(value) or isinstance(value, complex)
    assert np.array_equal(back, value) if isinstance(value, np.ndarray) else back == value
    if isinstance(value, np.ndarray):
        assert back.dtype == value.dtype


def test_estimates_and_tables_cross():
    from lstm_md.report.claims import VerdictTable, judge
    from lstm_md.report.criteria import Outcome

    estimate = values.loads(values.dumps(Estimate([1.0, 2.0], [0.1, 0.2], 5)))
    assert isinstance(estimate, Estimate) and estimate.n == 5 and estimate.value[1] == 2
    table = VerdictTable([judge("B1", Outcome(True, "0"), {"c": Outcome(False, "9")})])
    assert str(values.loads(values.dumps(table))) == str(table)


def test_what_is_no_plain_value_equals_nothing():
    class Yes:
        def __eq__(self, other):
            return True

    for value in (Yes(), np.array([Yes()]), values, lambda: 1):
        back = values.loads(values.dumps([value]))[0]
        assert isinstance(back, values.Opaque)
        assert back != 1


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{}", b"[1]", b"[" * 100_000,
        b'{"record": "os", "fields": {"dict": []}}',
        b'{"array": "", "dtype": "O", "shape": [0]}',
        b'{"array": "AA==", "dtype": "<f8", "shape": [9]}',
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(text):
    with pytest.raises(ValueError):
        values.loads(text)


INSIDE = """
import os, signal, socket, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tools.grading import sandbox
sandbox.shut_in([Path({home!r})], [Path(sys.prefix), Path(sys.base_prefix)])
def attempt(name, action):
    try:
        action()
        print(name, "done")
    except PermissionError:
        print(name, "refused")
Path({home!r}, "own.txt").write_text("x")
attempt("write", lambda: Path({out!r}, "new.txt").write_text("x"))
attempt("read", lambda: Path({out!r}, "secret.txt").read_text())
attempt("delete", lambda: os.remove(Path({out!r}, "secret.txt")))
attempt("rename", lambda: os.rename(Path({home!r}, "own.txt"), Path({out!r}, "own.txt")))
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("connect", lambda: socket.create_connection(("127.0.0.1", {port}), 1))
"""


@pytest.mark.skipif(LANDLOCK < 6, reason="needs Landlock of Linux 6.12 or newer")
def test_what_is_shut_in_reaches_no_file_no_process_and_no_port(tmp_path):
    import socket

    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    out.mkdir()
    (out / "secret.txt").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = INSIDE.format(root=str(ROOT), home=str(home), out=str(out), port=port)
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stderr == ""
    words = dict(line.split() for line in run.stdout.splitlines())
    assert set(words) == {"write", "read", "delete", "rename", "signal", "connect"}
    assert set(words.values()) == {"refused"}
    assert (out / "secret.txt").read_text() == "secret"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="orphans are found by /proc")
def test_a_process_that_left_its_group_is_ended_too():
    sandbox.adopt_orphans()
    before = sandbox.children()
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
        " start_new_session=True)\nprint(child.pid, flush=True)\ntime.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    escaped = int(process.stdout.readline())
    os.kill(escaped, 0)
    sandbox.end(process, before)
    process.stdout.close()
    with pytest.raises(ProcessLookupError):
        os.kill(escaped, signal.SIGKILL)


def test_a_submission_sees_no_variable_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "secret")
    monkeypatch.setenv("GRADING_SEED", "7")
    seen = session.environment(tmp_path)
    assert "SOME_TOKEN" not in seen and "GRADING_SEED" not in seen
    assert seen["HOME"] == str(tmp_path)


def test_a_link_in_a_submission_brings_nothing_along(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    given = tmp_path / "given"
    given.mkdir()
    (given / "data.csv").write_text("1")
    (given / "stolen.txt").symlink_to(tmp_path / "secret.txt")
    session.copy_files(given, tmp_path / "copy")
    assert (tmp_path / "copy" / "data.csv").exists()
    assert not (tmp_path / "copy" / "stolen.txt").exists()


def test_the_tests_are_plain_cells_that_nbgrader_could_run():
    """In one namespace with the solutions, as nbgrader's own autograder would run them."""
    names = {"__name__": "notebook"}
    for cell in code_cells(copy.deepcopy(master(HERE))):
        exec(compile(joined(cell["source"]), marks(cell).get("grade_id", "cell"), "exec"), names)
    assert names["grading_seed"] == int(os.environ.get("GRADING_SEED", "1"))
