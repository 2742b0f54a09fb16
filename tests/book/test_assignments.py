"""Assignments: what students get, and what their solutions get through the real command."""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import importlib.util
import os
import re
import warnings

import numpy as np
import pytest

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.verdict import VerdictTable
from tests.book.handed_in.make import (
    HERE,
    Here,
    failures,
    graded_by,
    handed_in,
    lost,
    marks,
    master,
    student,
    variant,
    without_own_runs,
)
from tools import assignments
from tools.notebooks import ROOT, code_cells, dumps, joined

NAMES = [path.stem for path in assignments.masters()]
HAS_NBGRADER = importlib.util.find_spec("nbgrader") is not None
needs_nbgrader = pytest.mark.skipif(
    not HAS_NBGRADER, reason="nbgrader (extra class) needs Python 3.11 or newer"
)


def needs_sandbox(test):
    """Skip a test where submissions cannot run in bubblewrap."""
    if not HAS_NBGRADER:
        return needs_nbgrader(test)
    return pytest.mark.skipif(bool(problem()), reason=problem() or "bubblewrap works")(test)


@functools.cache
def problem():
    """Try the sandbox once for all tests."""
    from tools.grading import sandbox

    return sandbox.problem()


def points(notebook):
    return sum(marks(c).get("points", 0) for c in notebook["cells"] if marks(c).get("grade"))


def cells_of_tests(name):
    """List the test cells of a master."""
    return [cell for cell in code_cells(master(name)) if marks(cell).get("grade")]


# --- what is handed out


@needs_nbgrader
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
    total, by_tests = map(int, re.search(r"(\d+) points, (\d+) of them from tests", text).groups())
    assert sum(map(int, heads)) == total == points(notebook)
    assert by_tests == sum(marks(cell)["points"] for cell in cells_of_tests(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_teachers_guide_and_the_readme_have_the_points(name):
    by_tests = sum(marks(cell)["points"] for cell in cells_of_tests(name))
    by_hand = points(master(name)) - by_tests
    guide = (ROOT / "book" / "teachers_guide.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}` \|.*\| {by_tests} \| {by_hand} \|", guide, re.MULTILINE)
    table = (assignments.MASTERS / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}` \|.*, {by_tests + by_hand} \|$", table, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_no_test_gives_a_value_to_a_name_that_a_student_uses(name):
    """All tests share one namespace: such a name would hide the student's."""
    tests = {name for cell in cells_of_tests(name) for name in assigned(cell["source"])}
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


# --- what the tests accept

OTHERS = [name for name in NAMES if name != HERE]


@pytest.fixture(scope="module", params=NAMES)
def played(request, tmp_path_factory):
    """The master's solutions, every call of the tests, and the results of the tests."""
    pytest.importorskip("nbgrader")
    session = Here(without_own_runs(handed_in(request.param)))
    with contextlib.chdir(tmp_path_factory.mktemp("given")):
        found = failures(request.param, session)
    return request.param, session.played, found


def test_the_solutions_pass_every_test(played):
    _, _, found = played
    assert {name: why for name, why in found.items() if why}.keys() <= OWN_RUN


OWN_RUN = {"ledger-check"}  # it looks at the student's own run
CHANGES = {
    "no numbers": lambda x: np.empty((0, *np.shape(x))),
    "one more axis": lambda x: np.asarray(x)[..., None],
    "the same twice": lambda x: np.stack([x, x]),
    "not a number": lambda x: np.full(np.shape(x), np.nan),
    "text": lambda x: np.asarray(x).astype(str),
    "yes or no": lambda x: np.asarray(x).astype(bool),
    "one number": lambda x: np.mean(np.asarray(x, float)) if np.ndim(x) else [x],
    "nested": lambda x: [[np.asarray(x).tolist()]],
}


def changed(value, change, component=None):
    """Change the numbers in a result: in a tuple all, or those of one component."""
    if isinstance(value, tuple):
        which = range(len(value)) if component is None else (component,)
        return tuple(changed(v, change) if i in which else v for i, v in enumerate(value))
    if isinstance(value, dict):
        return {name: changed(each, change) for name, each in value.items()}
    if isinstance(value, Estimate):
        broken = copy.copy(value)
        for field in ("value", "error"):
            object.__setattr__(broken, field, change(getattr(value, field)))
        return broken
    if isinstance(value, VerdictTable | str) or value is None:
        return value
    return change(value)


# Tests that do not look at a component, and changes that leave a result as it is.
UNTOUCHED = {
    None: {"grading-seed", "verdict-none"},
    0: {"verdict-check", "verdict-test", "ledger-form", "ledger-numbers", "ledger-trajectories"},
    1: {"learn-seeds"},
}
THE_SAME = {
    "yes or no": {"transitions-check", "frame-rate-check", "learn-check", "controls-check"},
    "text": {"verdict-test"},
}


@pytest.mark.parametrize("component", UNTOUCHED)
@pytest.mark.parametrize("kind", CHANGES)
def test_right_values_of_a_wrong_shape_or_type_pass_no_test(
    played, kind, component, tmp_path, monkeypatch
):
    name, calls, _ = played
    monkeypatch.chdir(tmp_path)
    change = functools.partial(changed, change=CHANGES[kind], component=component)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = failures(name, Here(played=calls, change=change))
    passed = {test for test, why in found.items() if not why}
    assert passed <= UNTOUCHED[None] | UNTOUCHED[component] | THE_SAME.get(kind, set())


@pytest.mark.parametrize("name", OTHERS)
def test_wrong_solutions_fail_every_hidden_test(name, tmp_path, monkeypatch):
    pytest.importorskip("nbgrader")
    monkeypatch.chdir(tmp_path)
    found = failures(name, Here(without_own_runs(variant(name, "wrong"))))
    passed = {test for test, why in found.items() if not why and not test.endswith("-check")}
    assert passed <= {"grading-seed", "learn-seeds", "ledger-form"}  # they have the right form


def test_a_copy_of_the_training_data_is_not_accepted():
    pytest.importorskip("nbgrader")
    found = failures(
        "train_and_judge", Here(without_own_runs(variant("train_and_judge", "copied")))
    )
    assert "are copied from the training data" in found["learn-memory"]


def test_the_tests_are_plain_cells_that_nbgrader_could_run():
    """They run in one namespace with the solutions, as in nbgrader's autograder."""
    names = {"__name__": "notebook"}
    for cell in code_cells(copy.deepcopy(master(HERE))):
        exec(compile(joined(cell["source"]), marks(cell).get("grade_id", "cell"), "exec"), names)
    assert names["grading_seed"] == int(os.environ.get("GRADING_SEED", "1"))


# --- through the command


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade submissions of every kind that ends by itself."""
    folder = tmp_path_factory.mktemp("class")
    submissions = {
        "otherwise": without_own_runs(variant(HERE, "otherwise")),
        "wrong": without_own_runs(variant(HERE, "wrong")),
        "empty": without_own_runs(student(HERE)),
    }
    rows = graded_by(folder, submissions, "--reports", str(folder / "reports"), "--jobs", "2")
    return {"rows": rows, "folder": folder}


@needs_sandbox
def test_other_right_solutions_get_all_points(graded):
    row = graded["rows"]["otherwise"]
    assert lost(row) == set()
    assert row["score"] == row["of"] == "15"
    assert row["by hand, open"] == "2"
    assert (row["status"], row["note"]) == ("ran to its end", "")


@needs_sandbox
def test_wrong_solutions_lose_their_own_points_and_no_others(graded):
    tests = {"nearest-test", "transitions-check", "transitions-test", "two-states-test"}
    follows = {"frame-rate-check", "frame-rate-test"}  # it divides by the transition counts
    assert lost(graded["rows"]["wrong"]) == tests | follows


@needs_sandbox
def test_an_empty_submission_gets_no_points(graded):
    assert graded["rows"]["empty"]["score"] == "0"
    assert "NotImplementedError" in graded["rows"]["empty"]["status"]


@needs_sandbox
def test_a_call_of_the_package_is_noted_where_the_student_should_write_the_function(graded):
    assert graded["rows"]["wrong"]["note"] == "calls transition_counts"


@needs_sandbox
def test_the_feedback_gives_the_reasons_and_no_hidden_test(graded):
    feedback = (graded["folder"] / "reports" / "wrong.html").read_text(encoding="utf-8")
    assert "nearest: expected [2, 1, 0, 2], found" in feedback
    assert "A walker near a border" in feedback  # the answer in words
    assert "HIDDEN TESTS" not in feedback and "package_version" not in feedback


@needs_sandbox
@pytest.mark.parametrize("name", OTHERS)
def test_other_right_solutions_of_the_other_assignments_get_all_points(name, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "numpy")  # it starts soonest, and the compiled engine works
    submission = with_short_own_runs(variant(name, "otherwise"))
    row = graded_by(tmp_path, {"good": submission}, name=name)["good"]
    assert lost(row) == set() and row["score"] == row["of"] != "0"
    assert row["status"] == "ran to its end"


def with_short_own_runs(notebook):
    """Use fewer frames in the student's own runs; the tests have their own data."""
    short = {"FRAMES = 100_000": "FRAMES = 20_000", "n_frames=60_000": "n_frames=20_000"}
    cells = [dict(cell) for cell in notebook["cells"]]
    for cell in cells:
        for old, new in short.items():
            cell["source"] = cell["source"].replace(old, new)
    return dict(notebook, cells=cells)
