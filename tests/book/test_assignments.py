"""Assignments and their grading: what students get, and how a folder of files becomes a table."""

from __future__ import annotations

import ast
import copy
import csv
import importlib.util
import os
import re
import time

import pytest

from tools import assignments, grade
from tools.grading import sandbox, session
from tools.grading.judge import graded_cells, judge, marks, own_cells
from tools.notebooks import ROOT, code_cells, dumps, joined, read, write

NAMES = [path.stem for path in assignments.masters()]
HANDED_IN = ROOT / "tests" / "book" / "handed_in"
HERE = "labels_and_kinetics"  # it trains nothing, so most tests grade this one
LANDLOCK = sandbox.landlock_version()
HAS_NBGRADER = importlib.util.find_spec("nbgrader") is not None


def master(name):
    return read(assignments.MASTERS / f"{name}.ipynb")


def student(name):
    return read(assignments.STUDENT / f"{name}.ipynb")


def solution(cell):
    return "\n".join(line for line in cell["source"].splitlines() if "### " not in line)


def handed_in(name, **changed):
    """Make a submission: the master's solutions, except for the cells that are given."""
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
def test_the_points_in_the_notebook_are_those_of_the_tests(name):
    notebook = master(name)
    text = "\n".join(cell["source"] for cell in notebook["cells"])
    heads = re.findall(r"\*\*Exercise \d+\*\* \((\d+) points?, \d+ minutes\)", text)
    total, tested = map(int, re.search(r"(\d+) points, (\d+) of them from tests", text).groups())
    assert sum(map(int, heads)) == total == points(notebook)
    assert tested == sum(test.points for test in graded_cells(notebook))


@pytest.mark.parametrize("name", NAMES)
def test_the_teachers_guide_and_the_readme_have_the_points(name):
    tested = sum(test.points for test in graded_cells(master(name)))
    by_hand = sum(points for _, points in grade.by_hand(master(name)))
    guide = (ROOT / "book" / "teachers_guide.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}` \|.*\| {tested} \| {by_hand} \|", guide, re.MULTILINE)
    table = (assignments.MASTERS / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}` \|.*, {tested + by_hand} \|$", table, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_no_test_gives_a_value_to_a_name_that_a_student_uses(name):
    """All tests share one namespace: such a name would hide the student's."""
    tests = {name for test in graded_cells(master(name)) for name in assigned(test.source)}
    own = {
        name
        for cell in code_cells(master(name))
        if not marks(cell).get("grade")
        for name in assigned(cell["source"])
    }
    assert tests & own == set()


def assigned(source):
    """Find the names that the top level of a cell assigns or defines."""
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
    """A test cell with code in the students' notebook, unless the answer is in words."""
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


def variant(name, kind, **replaced):
    """Make a submission of a kind: the solutions, with the cells of tests/book/handed_in."""
    text = (HANDED_IN / f"{name}-{kind}.txt").read_text(encoding="utf-8")
    for old, new in replaced.items():
        text = text.replace(old, new)
    parts = re.split(r"^# cell: (\S+)\n", text, flags=re.MULTILINE)[1:]
    cells = dict(zip((part.replace("-", "_") for part in parts[::2]), parts[1::2]))
    return handed_in(name, **cells)


def graded_by(folder, submissions, *options):
    """Grade submissions; return the rows of the table by student."""
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
    """Grade submissions of every kind that ends by itself."""
    folder = tmp_path_factory.mktemp("class")
    submissions = {
        "good": handed_in(HERE),
        "otherwise": without_own_runs(variant(HERE, "otherwise")),
        "wrong": without_own_runs(variant(HERE, "wrong")),
        "empty": student(HERE),
    }
    damaged = folder / "submissions" / "damaged.ipynb"
    damaged.parent.mkdir()
    damaged.write_text('{"nbformat": 4, "cells": [{"cell_type": "code"}]}')
    rows = graded_by(folder, submissions, "--reports", str(folder / "reports"))
    return {"rows": rows, "folder": folder}


def without_own_runs(notebook):
    """Drop the cells that simulate and print, so that a time limit applies to the tests alone."""
    imports = next(c for c in code_cells(notebook) if c["source"].startswith(("import", "from")))
    tree = ast.parse(imports["source"])
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef
    tree.body = [node for node in tree.body if isinstance(node, kinds)]
    first = dict(imports, source=ast.unparse(tree))
    return dict(notebook, cells=[first, *(c for c in notebook["cells"] if marks(c))])


def lost(row):
    """Find the tests without a point."""
    return {key.split(" (")[0] for key, value in row.items() if " (" in key and value == "0"}


def test_every_submission_has_a_row(graded):
    assert set(graded["rows"]) == {"good", "otherwise", "wrong", "empty", "damaged"}


@pytest.mark.parametrize("name", ["good", "otherwise"])
def test_right_solutions_get_all_points_however_they_are_written(graded, name):
    row = graded["rows"][name]
    assert lost(row) == set()
    assert row["score"] == row["of"] == "15"
    assert row["status"] == "ran to its end"


def test_wrong_solutions_lose_their_own_points_and_no_others(graded):
    tests = {"nearest-test", "transitions-check", "transitions-test", "two-states-test"}
    follows = {"frame-rate-check", "frame-rate-test"}  # it divides by the transition counts
    assert lost(graded["rows"]["wrong"]) == tests | follows


def test_an_empty_submission_gets_no_points(graded):
    assert graded["rows"]["empty"]["score"] == "0"
    assert "NotImplementedError" in graded["rows"]["empty"]["status"]
    assert graded["rows"]["damaged"]["score"] == "0"
    assert "no notebook that can be read" in graded["rows"]["damaged"]["status"]


def test_an_endless_loop_loses_its_own_points_and_is_ended_in_time(tmp_path):
    begin = time.monotonic()
    loops = {kind: without_own_runs(variant(HERE, kind)) for kind in ("endless", "stubborn")}
    rows = graded_by(tmp_path, loops, "--test-seconds=1")
    assert lost(rows["endless"]) == {"equal-width-check", "equal-width-test"}
    assert lost(rows["stubborn"]) == {"nearest-test"}
    assert time.monotonic() - begin < 60


@pytest.mark.skipif(LANDLOCK == 0, reason="without Landlock nothing keeps it from deleting")
def test_a_hostile_submission_gets_nothing_and_reaches_nothing(tmp_path):
    victim, mark = tmp_path / "thesis", f"left-behind-{os.getpid()}"
    victim.mkdir()
    (victim / "thesis.txt").write_text("three years")
    hostile = variant(HERE, "hostile", VICTIM=str(victim), MARK=mark)
    submissions = {"hostile": hostile, "forged": variant(HERE, "forged"), "good": handed_in(HERE)}
    submissions = {name: without_own_runs(each) for name, each in submissions.items()}
    rows = graded_by(tmp_path, submissions)
    assert {name: row["score"] for name, row in rows.items()} == {
        "hostile": "0",
        "forged": "0",
        "good": "15",
    }
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
    assert "A walker near a border" in report  # the answer in words


def test_a_table_says_what_a_person_still_has_to_do(graded):
    assert graded["rows"]["good"]["by hand, open"] == "2"


def with_short_own_runs(notebook):
    """Use fewer frames in the student's own runs; the tests have their own data."""
    short = {"FRAMES = 100_000": "FRAMES = 20_000", "n_frames=60_000": "n_frames=20_000"}
    cells = [dict(cell) for cell in notebook["cells"]]
    for cell in cells:
        for old, new in short.items():
            cell["source"] = cell["source"].replace(old, new)
    return dict(notebook, cells=cells)


OTHERS = [name for name in NAMES if name != HERE]


def judged(name, notebook):
    tests = graded_cells(master(name))
    return judge(own_cells(notebook, tests), tests, None, session.Limits())


@pytest.mark.parametrize("name", OTHERS)
def test_the_solutions_of_the_other_assignments_get_all_points(name):
    result = judged(name, with_short_own_runs(handed_in(name)))
    assert result.problems == []
    assert [r.id + ": " + r.message for r in result.results if r.score < r.points] == []


@pytest.mark.parametrize("name", OTHERS)
def test_other_solutions_of_the_other_assignments_get_all_points(name):
    result = judged(name, without_own_runs(variant(name, "otherwise")))
    missed = {r.id: r.message for r in result.results if r.score < r.points}
    assert missed.keys() <= {"ledger-check"}  # it looks at the student's own run


@pytest.mark.parametrize("name", OTHERS)
def test_wrong_solutions_of_the_other_assignments_fail_every_hidden_test(name):
    result = judged(name, without_own_runs(variant(name, "wrong")))
    hidden = {r.id for r in result.results if not r.id.endswith("-check")} - {"grading-seed"}
    passed = {r.id for r in result.results if r.score} & hidden
    assert passed <= {"learn-seeds", "ledger-form"}  # they have the right form


def test_a_copy_of_the_training_data_is_not_accepted():
    name = "train_and_judge"
    tests = [t for t in graded_cells(master(name)) if t.id in ("grading-seed", "learn-memory")]
    notebook = without_own_runs(variant(name, "copied"))
    result = judge(own_cells(notebook, tests), tests, None, session.Limits())
    found = {r.id: r for r in result.results}["learn-memory"]
    assert found.score == 0 and "are copied from the training data" in found.message


def test_a_call_of_the_package_is_noted_where_the_student_should_write_the_function():
    code = "def count_transitions(labels, c, n):\n    return lm.transition_counts(labels, [c])"
    borrowed = handed_in(HERE, transitions=code)
    assert grade.borrowed(borrowed, master(HERE)) == "calls transition_counts"
    assert grade.borrowed(handed_in(HERE), master(HERE)) == ""


def test_folders_of_submissions_are_found(tmp_path):
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


def test_a_submission_that_breaks_the_grader_does_not_affect_the_others(tmp_path, monkeypatch):
    def broken(*arguments):
        raise OSError("no process")

    monkeypatch.setattr(grade, "judge", broken)
    rows = graded_by(tmp_path, {"one": student(HERE), "two": student(HERE)})
    assert [row["score"] for row in rows.values()] == ["0", "0"]
    assert all("could not be graded" in row["status"] for row in rows.values())


def test_files_that_change_during_grading_are_reported(tmp_path, monkeypatch, capsys):
    write(student(HERE), tmp_path / "x.ipynb")

    def change(found, *others):
        (tmp_path / "x.ipynb").write_text("{}")
        yield from ()

    monkeypatch.setattr(grade, "_grade_all", change)
    given = [str(tmp_path), "--assignment", HERE, "--out", str(tmp_path / "g.csv")]
    assert grade.main(given) == 3
    assert "trust none of the points" in capsys.readouterr().err


def test_the_tests_are_plain_cells_that_nbgrader_could_run():
    """They run in one namespace with the solutions, as in nbgrader's autograder."""
    names = {"__name__": "notebook"}
    for cell in code_cells(copy.deepcopy(master(HERE))):
        exec(compile(joined(cell["source"]), marks(cell).get("grade_id", "cell"), "exec"), names)
    assert names["grading_seed"] == int(os.environ.get("GRADING_SEED", "1"))
