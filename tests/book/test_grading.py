"""Grading: what a hostile submission cannot reach, forge, break or use up."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("nbgrader", reason="nbgrader (extra class) needs Python 3.11 or newer")

import nbformat
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from traitlets.config import LoggingConfigurable

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Claim, VerdictTable, judge
from tests.book.handed_in.make import (
    HERE,
    Here,
    failures,
    graded_by,
    handed_in,
    lost,
    marks,
    rows_of,
    solution,
    student,
    variant,
)
from tests.book.handed_in.make import master as master_of
from tools import grade
from tools.assignments import MASTERS, add_to_course
from tools.grading import collect, course, execute, sandbox, worker
from tools.grading.execute import Names, clean
from tools.notebooks import ROOT, code_cells, dumps, write

pytestmark = pytest.mark.filterwarnings("ignore:Non-unique cell id")
PROBLEM = sandbox.problem()
needs_sandbox = pytest.mark.skipif(bool(PROBLEM), reason=PROBLEM or "bubblewrap works")


# --- values between the submission and the tests


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 0.5, "text", [1, (2, "a")], {"a": {1, 2}}, 1 + 2j,
        np.float32(0.5), np.arange(6).reshape(2, 3), np.array(["ab", "c"]), np.array([], bool),
    ],
)  # fmt: skip
def test_plain_values_reach_the_tests(value):
    back = worker.decode(json.loads(json.dumps(worker.encode(value))))
    assert type(back) is type(value) or isinstance(value, complex)
    assert np.array_equal(back, value) if isinstance(value, np.ndarray) else back == value
    if isinstance(value, np.ndarray):
        assert back.dtype == value.dtype


def test_estimates_and_tables_reach_the_tests():
    def back(value):
        return worker.decode(json.loads(json.dumps(worker.encode(value))))

    estimate = back(Estimate([1.0, 2.0], [0.1, 0.2], 5))
    assert isinstance(estimate, Estimate) and estimate.n == 5 and estimate.value[1] == 2
    model = Outcome(True, "0.5 SE", numbers={"z": 0.5})
    table = VerdictTable([judge(Claim("mine", "agrees"), model, {"c": Outcome(False, "9 SE")})])
    assert str(back(table)) == str(table)


def test_a_value_that_is_not_plain_equals_nothing():
    class Yes:
        def __eq__(self, other):
            return True

        def __reduce__(self):
            return os.system, ("exit 1",)

    for value in (Yes(), np.array([Yes()]), worker, lambda: 1):
        back = worker.decode(worker.encode([value]))[0]
        assert isinstance(back, worker.Opaque)
        assert back != 1


DEEP = "[" * 100_000
ANSWERS = [
    "", "null", "3", "[1]", "{}", "{", DEEP, '{"value": ' + DEEP, "\x00\xff",
    '{"value": {"record": "os", "fields": []}}',
    '{"value": {"record": "Claim", "fields": [["id", 1]]}}',
    '{"value": {"array": "", "dtype": "O", "shape": [0], "scalar": false}}',
    '{"value": {"array": "AA==", "dtype": "<f8", "shape": [9], "scalar": false}}',
    '{"value": {"array": "", "dtype": "<f8", "shape": [0, 99999999999999999999], "scalar": false}}',
    '{"value": {"set": [{"dict": []}]}}',
    '{"value": {"opaque": {}}, "raised": 1}',
    '{"raised": "StopIteration", "message": "forged"}',
    '{"raised": "SystemExit", "message": "forged"}',
    '{"raised": "AssertionError"}',
]  # fmt: skip


class Forged(Here):
    """A session that answers every question with one text."""

    def exchange(self, request, seconds):
        if "arguments" not in request:
            return {"function": True}
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            raise sandbox.Stopped("no answer") from None


@pytest.mark.parametrize("text", ANSWERS, ids=range(len(ANSWERS)))
def test_a_forged_answer_passes_no_test_and_raises_nothing_else(text):
    session = Forged()
    session.text = text
    found = failures(HERE, session)
    assert [name for name, why in found.items() if not why] == ["grading-seed"]


def test_a_submission_cannot_set_the_names_that_a_failed_test_leaves_unset():
    """Otherwise a test that reads the results of the one before could get any results."""
    session = Here()
    session.names = {"f": lambda: 1 / 0, "result": 1}
    cells = [nbformat.v4.new_code_cell(text) for text in ("result = f()", "assert result == 1")]
    names = Names(session, cells)
    assert "ZeroDivisionError" in names.test(cells[0].source)
    assert names.test(cells[1].source).startswith("NameError: result is not defined")


def test_texts_of_a_submission_are_made_harmless():
    assert clean("a\ud800\x00\x1b[31mb\n") == "a\ufffd\ufffd\ufffd[31mb\n"
    assert len(clean("x" * 10_000)) == 500
    assert course.harmless("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert course.harmless("two\nlines") == "two lines"


# --- what is handed in


RELEASE = nbformat.from_dict(student())


def found_in(folder, name="eve"):
    """Copy a submission as grading does; return the copied files."""
    target = folder / "copy"
    notebook = collect.copy_files(folder / "given" / name, HERE, target)
    return notebook, {str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()}


@pytest.fixture
def eve(tmp_path):
    """A folder of a student with a notebook and a file; a secret lies beside it."""
    folder = tmp_path / "given" / "eve"
    folder.mkdir(parents=True)
    write(student(), folder / f"{HERE}.ipynb")
    (folder / "data.csv").write_text("1")
    (tmp_path / "secret.ipynb").write_text("secret")
    return folder


def plain_link(folder):
    (folder / "stolen.txt").symlink_to(folder.parent.parent / "secret.ipynb")


def link_to_folder(folder):
    (folder / "others").symlink_to(folder.parent.parent)


def hard_link(folder):
    os.link(folder.parent.parent / "secret.ipynb", folder / "hard.txt")


def pipe(folder):
    os.mkfifo(folder / "pipe.csv")


def socket_file(folder):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(folder / "socket"))


def device(folder):
    try:
        os.mknod(folder / "zero", 0o20666, os.makedev(1, 5))
    except OSError:
        pytest.skip("only root can make a device")


def undecodable(folder):
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.csv")).write_text("1")


def hidden(folder):
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / f"{HERE}.ipynb").write_text("{}")


SPECIAL = [plain_link, link_to_folder, hard_link, pipe, socket_file, device, undecodable, hidden]


@pytest.mark.parametrize("make", SPECIAL, ids=lambda make: make.__name__)
def test_only_regular_files_are_copied(eve, make, tmp_path):
    make(eve)
    _, files = found_in(tmp_path)
    assert files == {f"{HERE}.ipynb", "data.csv"}


def sparse(folder):
    with open(folder / "sparse.bin", "wb") as file:
        file.truncate(1 << 40)


def many_files(folder):
    for number in range(collect.MOST_FILES):
        (folder / f"{number}.txt").touch()


def many_folders(folder):
    for number in range(collect.MOST_FILES):
        (folder / f"{number}").mkdir()


def many_links(folder):
    for number in range(collect.MOST_FILES):
        (folder / f"{number}").symlink_to("/")


def notebook_is_a_link(folder):
    (folder / f"{HERE}.ipynb").unlink()
    (folder / f"{HERE}.ipynb").symlink_to(ROOT / "assignments" / f"{HERE}.ipynb")


def notebook_is_a_hard_link(folder):
    (folder / f"{HERE}.ipynb").unlink()
    hard_link(folder)
    (folder / "hard.txt").rename(folder / f"{HERE}.ipynb")


def notebook_is_a_folder(folder):
    (folder / f"{HERE}.ipynb").unlink()
    (folder / f"{HERE}.ipynb").mkdir()


def notebook_is_a_pipe(folder):
    (folder / f"{HERE}.ipynb").unlink()
    os.mkfifo(folder / f"{HERE}.ipynb")


def two_notebooks(folder):
    (folder / f"{HERE}.ipynb").rename(folder / "a.ipynb")
    (folder / "b.ipynb").write_text("{}")


REFUSED = {
    sparse: "at most 200 MiB", many_files: "at most 1000", many_folders: "at most 1000",
    many_links: "at most 1000", notebook_is_a_link: "found 0", notebook_is_a_hard_link: "found 0",
    notebook_is_a_folder: "found 0", notebook_is_a_pipe: "found 0", two_notebooks: "found 2",
}  # fmt: skip


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_a_folder_that_is_no_submission_is_refused(eve, make, tmp_path):
    make(eve)
    with pytest.raises(ValueError, match=REFUSED[make]):
        found_in(tmp_path)
    assert not (tmp_path / "copy").exists()


def test_a_submission_that_is_a_link_is_not_followed(eve, tmp_path):
    for name, target in (("link", eve), ("link.ipynb", eve / f"{HERE}.ipynb"), ("gone", "nowhere")):
        (tmp_path / "given" / name).symlink_to(target)
        with pytest.raises(ValueError, match="found 0"):
            found_in(tmp_path, name)


def test_folders_of_submissions_are_found(tmp_path):
    for place in ("ada/work/a.ipynb", "bob/a.ipynb", "bob/scratch.ipynb", "eve/x.ipynb"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("{}")
    (tmp_path / "dora.ipynb").write_text("{}")
    (tmp_path / "bob.ipynb").write_text("{}")  # of the same name as a folder
    (tmp_path / "=a+b[*].ipynb").write_text("{}")
    (tmp_path / f"{'é' * 120}.ipynb").write_text("{}")
    (tmp_path / "notes.txt").write_text("no submission")
    found = grade.entries(tmp_path)
    (long,) = [name for name in found if name.startswith("%C3%A9")]
    assert len(long) < 120 and found.pop(long).exists()
    assert set(found) == {"ada", "bob", "bob.ipynb", "eve", "dora", "%3Da%2Bb%5B%2A%5D"}
    for name, notebook in (("ada", "a"), ("bob", "a"), ("eve", "x"), ("dora", "dora")):
        copied = collect.copy_files(found[name], "a", tmp_path / "copies" / name)
        assert copied == tmp_path / "copies" / name / f"{notebook}.ipynb"


def rebuilt(tmp_path, notebook):
    """Read a notebook as grading does; return its graded cells by name, and its sources."""
    path = tmp_path / "x.ipynb"
    path.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook))
    made = collect.notebook(path, RELEASE.copy())
    nbformat.validate(made)
    cells = {collect.mark(cell): cell for cell in made.cells if collect.mark(cell)}
    return cells, [cell.source for cell in made.cells]


def test_metadata_of_a_submission_count_for_nothing(tmp_path):
    notebook = handed_in()
    wanted = {collect.mark(cell): cell.metadata for cell in RELEASE.cells if collect.mark(cell)}
    for cell in list(notebook["cells"]):
        if marks(cell).get("grade"):
            marks(cell).update(points=1000, solution=True, locked=False)
            cell["source"] = "1000"
            cell["cell_type"] = "code"
        again = {
            "metadata": {"nbgrader": dict(marks(cell))},
            "id": f"again-{len(notebook['cells'])}",
        }
        notebook["cells"].append(dict(cell, **again))
    own = {"grade": True, "grade_id": "gift", "points": 100, "schema_version": 3}
    notebook["cells"].append(dict(notebook["cells"][1], metadata={"nbgrader": own}, id="gift"))
    notebook["metadata"] = {"kernelspec": {"name": "evil", "display_name": "", "language": "sh"}}
    cells, sources = rebuilt(tmp_path, notebook)
    assert {name: cell.metadata for name, cell in cells.items()} == wanted
    released = {collect.mark(c): c.source for c in RELEASE.cells if marks(c).get("grade")}
    assert {name: cells[name].source for name in released} == released
    assert "equal_width" in cells["equal-width"].source


def test_missing_cells_are_added(tmp_path):
    cells, _ = rebuilt(tmp_path, dict(student(), cells=[]))
    assert set(cells) == {collect.mark(cell) for cell in RELEASE.cells} - {""}


def test_a_notebook_of_an_older_format_is_read(tmp_path):
    old = nbformat.convert(nbformat.from_dict(handed_in()), 3)
    cells, _ = rebuilt(tmp_path, nbformat.writes(old, version=3))
    assert "distances" in cells["nearest"].source


def with_cell(**keys):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "1", "outputs": []} | keys
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


ODD = [
    with_cell(source="a\ud800"), with_cell(cell_type="raw"), with_cell(cell_type="task"),
    with_cell(metadata={"nbgrader": []}), with_cell(metadata={"nbgrader": {"grade_id": {}}}),
    with_cell(metadata={"nbgrader": {"grade_id": "nearest", "cell_type": 3}}),
    with_cell(outputs=[{"output_type": "error", "evalue": 3}]), with_cell(source=["a", "b"]),
]  # fmt: skip


@pytest.mark.parametrize("notebook", ODD, ids=range(len(ODD)))
def test_odd_cells_are_harmless(tmp_path, notebook):
    cells, sources = rebuilt(tmp_path, notebook)
    assert set(cells) == {collect.mark(cell) for cell in RELEASE.cells} - {""}
    assert "".join(sources).encode()


NO_NOTEBOOK = [
    "", "{", "[]", "3", DEEP, "\x00", "{}", '{"nbformat": 4}', '{"nbformat": 99, "cells": []}',
    '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [3]}',
    '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": {"a": 1}}',
    json.dumps(with_cell(metadata="x")), json.dumps(with_cell(source=3)),
    json.dumps(with_cell() | {"cells": with_cell()["cells"] * (collect.MOST_CELLS + 1)}),
    json.dumps(with_cell(source="x" * (21 << 20))),
]  # fmt: skip


@pytest.mark.parametrize("text", NO_NOTEBOOK, ids=range(len(NO_NOTEBOOK)))
def test_what_is_no_notebook_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match="notebook|cells"):
        rebuilt(tmp_path, text)


def test_a_notebook_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "x.ipynb").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="no notebook that can be read"):
        collect.notebook(tmp_path / "x.ipynb", RELEASE)


# --- a class of rascals, graded with the real command


def solved(name):
    (cell,) = [c for c in master_of(HERE)["cells"] if marks(c).get("grade_id") == name]
    return solution(cell)


def quick(notebook):
    """Leave the graded cells alone, which need nothing but NumPy."""
    first = dict(next(code_cells(notebook)), source="import numpy as np")
    return dict(notebook, cells=[first, *(cell for cell in notebook["cells"] if marks(cell))])


def with_code(**code):
    """Make a right submission that runs some more code in its cells."""
    cells = {k: f"{solved(k.replace('_', '-'))}\n{more}" for k, more in code.items()}
    return quick(handed_in(**cells))


SPY = """
import glob, os, resource, socket, subprocess, sys
reached = []
def attempt(name, action):
    try:
        if action() is not False:
            reached.append(name)
    except BaseException:
        pass
attempt("master", lambda: open("MASTERS/labels_and_kinetics.ipynb").read())
attempt("class", lambda: os.listdir("CLASS/submissions"))
attempt("gradebook", lambda: open("CLASS/grades.course/gradebook.db"))
attempt("hidden tests", lambda: os.listdir("CLASS/grades.course/source"))
attempt("checkout", lambda: open("ROOT/pyproject.toml").read())
attempt("grader", lambda: open("ROOT/tools/grading/execute.py").read())
attempt("home", lambda: any(os.path.isfile("HOME/" + name) for name in os.listdir("HOME")))
attempt("token", lambda: "SOME_TOKEN" in os.environ)
attempt("seed", lambda: "GRADING_SEED" in os.environ)
attempt("others", lambda: any(b"SOME_TOKEN" in open(p, "rb").read()
                              for p in glob.glob("/proc/[0-9]*/environ")))
attempt("processes", lambda: len(glob.glob("/proc/[0-9]*")) > 5)
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", PORT), 1))
attempt("write to Python", lambda: open(sys.prefix + "/x", "w"))
attempt("write to the package", lambda: open("ROOT/lstm_md/x", "w"))
attempt("write to /", lambda: open("/x", "w"))
attempt("write to /dev", lambda: open("/dev/x", "w"))
attempt("become root", lambda: os.setuid(0) if os.getuid() else False)
attempt("new namespace", lambda: subprocess.run(["unshare", "-Ur", "true"], check=True))
kinds = [getattr(resource, "RLIMIT_" + name) for name in ("NPROC", "DATA", "FSIZE")]
for kind in kinds:
    attempt(kind, lambda: resource.setrlimit(kind, (-1, -1)))
print("reached", reached)
disk = os.statvfs("/tmp")
print("limits", *(resource.getrlimit(kind)[1] for kind in kinds), disk.f_blocks * disk.f_frsize)
"""
FILLER = """
import os
def fill(path, size=0):
    try:
        with open(path, "wb") as file:
            while size < 1 << 30:
                size += file.write(bytes(4 << 20))
    except OSError:
        pass
    return size
sizes = [fill(p) for p in ("/tmp/a", "/tmp/b", "b", "/dev/shm/a", "/dev/shm/b", "/dev/a", "/a")]
print("filled", sum(sizes) >> 20, "MiB")
"""
MEMORY = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
for _ in range(3):
    os.fork()
held = []
while True:
    held.append(b"x" * (20 << 20))
"""
DAEMON = """
import os, subprocess, sys
for _ in range(3):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # MARK"],
                     start_new_session=True)
"""
FLOOD = "while True:\n    print('x' * 1_000_000)"
FORKS = "import os\nwhile True:\n    os.fork()"
QUITS = "import os\nos._exit(0)"
STUCK = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
os.kill(os.getpid(), signal.SIGSTOP)
while True:
    pass
"""
KILLER = "import os\nos.kill(os.getppid(), 9)\nos.kill(-1, 9)"
EVIL = {
    "nearest": "def nearest(*a):\n    x = []\n"
    "    for _ in range(10**5):\n        x = [x]\n    return x",
    "equal_width": "def equal_width_labels(*a):\n    return 'x' * (1 << 25)",
    "populations": "def block_populations(*a, **k):\n    raise StopIteration",
    "transitions": "def count_transitions(*a):\n"
    "    raise SystemExit('\\ud800\\x00<script>1</script>')",
    "frame_rate": "def frame_rate_ratios(*a):\n    return float('nan'), float('inf')",
    "balance": "class A:\n    def __array__(self, *a, **k):\n        import os; os._exit(0)\n"
    "    def __reduce__(self):\n        import os; return os._exit, (0,)\n"
    "def imbalance(*a):\n    return [A()]",
    "too_many": "too_many_blocks = 10 ** 5000",
    "two_states": "largest_difference = True",
    "why": "words <script>2</script> <img src=x onerror=alert(3)>",
}
CLOCKS = """
import os, signal, time
signal.setitimer(signal.ITIMER_REAL, 0)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
time.time = time.monotonic = lambda: 0
os.chdir("/")
open("/tmp/home/left.txt", "w").close()
os.rename("/tmp/home", "/tmp/elsewhere")
"""
GOOD = quick(handed_in())
CLASS = {
    "forged": quick(variant(HERE, "forged")),
    "curious": with_code(nearest=SPY, populations=DAEMON, balance=CLOCKS),
    "killer": with_code(nearest=KILLER),
    "values": quick(handed_in(**EVIL)),
    "hostile": quick(variant(HERE, "hostile")),
}


def with_words(notebook, words):
    """Replace words in the code of a submission, such as the paths that it attacks."""
    cells = [dict(cell) for cell in notebook["cells"]]
    for cell in cells:
        for word, text in words.items():
            cell["source"] = re.sub(rf"\b{word}\b", str(text), cell["source"])
    return dict(notebook, cells=cells)


@pytest.fixture(scope="module")
def rascals(tmp_path_factory):
    """Grade all of them together."""
    folder = tmp_path_factory.mktemp("rascals")
    victim, mark = folder / "thesis", f"left-behind-{os.getpid()}"
    victim.mkdir()
    (victim / "thesis.txt").write_text("three years")
    names = {"MASTERS": ROOT / "assignments", "CLASS": folder, "ROOT": ROOT, "HOME": Path.home()}
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOME_TOKEN", "SOME_TOKEN")
        names |= {"PORT": server.getsockname()[1], "MARK": mark, "VICTIM": victim}
        submissions = {name: with_words(each, names) for name, each in CLASS.items()}
        odd = folder / "submissions" / os.fsdecode(b"=1+1 \xff")
        odd.mkdir(parents=True)
        write(GOOD, odd / "x.ipynb")
        (folder / "submissions" / "damaged.ipynb").write_text('{"nbformat": 4, "cells": [{}]}')
        (folder / "submissions" / "thief").symlink_to(odd)
        os.mkfifo(folder / "submissions" / "pipe.ipynb")
        rows = graded_by(folder, submissions, "--seconds=60", "--jobs=2")
    return {"rows": rows, "folder": folder, "mark": mark}


def printed(rascals, cell_id):
    """Read what a cell of the curious submission printed, from its graded notebook."""
    path = rascals["folder"] / "grades.course" / "autograded" / "curious" / HERE / f"{HERE}.ipynb"
    cells = nbformat.read(path, 4).cells
    (cell,) = [cell for cell in cells if collect.mark(cell) == cell_id]
    return "".join(output.get("text", "") for output in cell.outputs)


@needs_sandbox
def test_every_submission_has_a_row(rascals):
    assert set(rascals["rows"]) == {*CLASS, "damaged", "thief", "pipe", r"'=1+1 \xff"}


@needs_sandbox
@pytest.mark.parametrize("name", ["curious", r"'=1+1 \xff"])
def test_right_answers_get_their_points_beside_rascals(rascals, name):
    row = rascals["rows"][name]
    assert (row["score"], lost(row)) == ("15", set()), row["status"]


@needs_sandbox
@pytest.mark.parametrize(
    "name",
    ["forged", "hostile", "values", "damaged", "thief", "pipe"],
)
def test_attacks_get_no_points(rascals, name):
    row = rascals["rows"][name]
    assert row["score"] == "0", row["status"]


@needs_sandbox
def test_a_submission_that_kills_all_that_it_can_loses_its_own_points_only(rascals):
    # On a busy machine it may live long enough to give its other answers, which are right.
    assert "nearest-test" in lost(rascals["rows"]["killer"])


@needs_sandbox
def test_a_submission_reaches_no_file_process_or_port_and_has_the_usual_limits(rascals):
    usual = sandbox.Limits()
    bytes_ = [each << 20 for each in (usual.memory, usual.disk, usual.disk)]
    words = " ".join(map(str, ["limits", usual.processes, *bytes_]))
    assert printed(rascals, "nearest") == f"reached []\n{words}\n"


@needs_sandbox
def test_nothing_is_harmed_and_nothing_stays_behind(rascals):
    assert (rascals["folder"] / "thesis" / "thesis.txt").read_text() == "three years"
    assert running(rascals["mark"]) == running(str(rascals["folder"])) == []


@needs_sandbox
def test_feedback_runs_no_script_of_a_student(rascals):
    place = rascals["folder"] / "grades.course"
    assert (
        course.Task(HERE, place, 7, sandbox.Limits(), None, False).nbgrader(GenerateFeedback) == ""
    )
    text = (place / "feedback" / "values" / HERE / f"{HERE}.html").read_text(encoding="utf-8")
    assert "count_transitions raised SystemExit" in text and "words" in text
    assert not re.search(r"<script>[12]|<img", text)


def running(mark):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found += [pid] if mark.encode() in file.read() else []
        except OSError:
            pass
    return found


# --- the command


def test_without_bubblewrap_the_command_refuses(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as stopped:
        grade.main([str(tmp_path), "--assignment", HERE])
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert "apt install bubblewrap" in message and "--unsafe" in message


def test_a_sandbox_that_does_not_work_is_refused_with_its_reason(tmp_path, monkeypatch):
    false = tmp_path / "bwrap"
    false.write_text("#!/bin/sh\necho no permission to make a namespace >&2\nexit 1\n")
    false.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert "no permission to make a namespace" in sandbox.problem()


@needs_sandbox
def test_a_folder_that_submissions_can_read_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "PYTHON", [*sandbox.PYTHON, str(tmp_path)])
    with pytest.raises(SystemExit):
        grade.main([str(tmp_path), "--assignment", HERE, "--out", str(tmp_path / "g.csv")])
    assert "in a folder that submissions can read" in capsys.readouterr().err


def test_unsafe_runs_without_bubblewrap(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "problem", lambda: "missing")
    rows = graded_by(tmp_path, {"good": GOOD}, "--unsafe")
    assert rows["good"]["score"] == "15"


MANY = [
    "%matplotlib inline\nimport math", "!pip install nothing\none = 1",
    "%pip install nothing\nfiles = !ls\ntwo = 2", "print(math.tau > 6, two)",
]  # fmt: skip


@needs_sandbox
def test_a_session_runs_magics_and_ends_when_the_memory_is_short(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    with sandbox.Session(MANY, tmp_path, tmp_path, sandbox.Limits()) as session:
        outputs = session.start()
        assert [error for _, error in outputs] == [""] * 4
        assert outputs[3][0] == "True 2\n"
        assert sum(text.count("not run: ") for text, _ in outputs) == 3
        monkeypatch.setattr(sandbox, "free_memory", lambda: 0.0)
        session.process.wait(5)
        with pytest.raises(sandbox.Stopped, match="more memory"):
            session.exchange({"name": "one", "seconds": 1}, 1)


@needs_sandbox
def test_an_endless_cell_is_ended_and_its_output_is_cut(tmp_path):
    tmp_path.chmod(0o755)
    limits = sandbox.Limits(cell_seconds=1)
    with sandbox.Session([FLOOD, "one = 1"], tmp_path, tmp_path, limits) as session:
        (printed, why), last = session.start()
        assert len(printed) == worker.LONGEST_TEXT
        assert why == "TimeoutError: took longer than 1 s" and last == ["", ""]
        assert session.exchange({"name": "one", "seconds": 60}, 60) == {"value": 1}


@needs_sandbox
def test_disk_and_processes_are_limited(tmp_path):
    tmp_path.chmod(0o755)
    limits = sandbox.Limits(disk=32, processes=32)
    with sandbox.Session([FILLER, FORKS], tmp_path, tmp_path, limits) as session:
        (printed, _), (_, why) = session.start()
    (filled,) = map(int, re.findall(r"filled (\d+) MiB", printed))
    assert 64 <= filled <= 32 + 64  # in /tmp and in /dev/shm
    assert why.startswith("BlockingIOError")


@needs_sandbox
@pytest.mark.parametrize(
    ("code", "why"),
    [
        (QUITS, "ended its own process"),
        (STUCK, "took longer than 2 s"),
        (MEMORY, "used more memory than the 1024 MiB that are allowed"),
    ],
    ids=["quits", "stuck", "memory"],
)
def test_a_session_that_ends_or_never_ends_is_stopped(code, why, tmp_path):
    tmp_path.chmod(0o755)
    limits = sandbox.Limits(seconds=2 if code is STUCK else 60, memory=1024)
    with sandbox.Session([code], tmp_path, tmp_path, limits) as session:
        with pytest.raises(sandbox.Stopped, match=why):
            session.start()
        assert session.process is None


@needs_sandbox
def test_an_endless_loop_loses_its_own_points_and_no_others(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(execute, "GRACE", 0.5)
    assert not any(failures(HERE, Here(GOOD)).values())  # compiled now, not in the seconds below
    tests = {marks(cell).get("grade_id"): cell["source"] for cell in master_of(HERE)["cells"]}
    notebook = nbformat.from_dict(quick(variant(HERE, "endless")))
    graded = [cell for cell in notebook.cells if marks(cell).get("grade") and "outputs" in cell]
    for cell in graded:
        cell.source = tests[collect.mark(cell)]
    executed = execute.ExecuteApart(limits={"test_seconds": 1})
    executed.preprocess(notebook, {"nbgrader": {"assignment": HERE, "student": "eve"}})
    failed = {collect.mark(cell): cell.outputs[0].evalue for cell in graded if cell.outputs}
    assert set(failed) == {"nearest-test", "equal-width-check", "equal-width-test"}
    assert failed["equal-width-test"].endswith("TimeoutError: took longer than 1 s")


def test_the_times_on_the_command_line_reach_the_sandbox(tmp_path, monkeypatch):
    class Converter(LoggingConfigurable):
        def __init__(self, config, **options):
            limits.append(execute.ExecuteApart(config=config).limits)
            super().__init__(config=config)

        def start(self):
            pass

    limits = []
    monkeypatch.setattr(grade, "GenerateAssignment", Converter)
    options = ["--seconds=70", "--cell-seconds=50", "--test-seconds=30", "--unsafe"]
    out = ["--out", str(tmp_path / "grades.csv")]
    (tmp_path / "given").mkdir()
    assert grade.main([str(tmp_path / "given"), "--assignment", HERE, *options, *out]) == 0
    assert limits == [asdict(sandbox.Limits(70, 50, 30))]


@needs_sandbox
def test_a_killed_command_loses_no_row_and_leaves_nothing_running(tmp_path):
    given, out = tmp_path / "given", tmp_path / "grades.csv"
    given.mkdir()
    (given / "a.ipynb").write_text(dumps(GOOD))
    (given / "b.ipynb").write_text(dumps(with_code(nearest=STUCK)))
    command = [sys.executable, "-m", "tools.grade", str(given), f"--assignment={HERE}"]
    command.append(f"--out={out}")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "a: ran to its end\n"
        until = time.monotonic() + 60
        while not running(f"{HERE}/b") and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    assert rows_of(out)["a"]["score"] == "15"
    until = time.monotonic() + 20
    while running(f"{HERE}/b") and time.monotonic() < until:
        time.sleep(0.1)
    assert running(f"{HERE}/b") == []
    (given / "b.ipynb").write_text(dumps(with_code(nearest=QUITS)))
    assert grade.main(command[3:]) == 0  # a second run grades all again
    rows = rows_of(out)
    assert (rows["a"]["score"], rows["b"]["score"]) == ("15", "0")
    assert "ended its own process" in rows["b"]["status"]


@needs_sandbox
def test_code_that_calls_itself_a_test_never_runs_as_one(tmp_path):
    """In nbgrader's own workflow, nobody removes such a cell from a notebook before."""
    course_ = tmp_path / "course"
    add_to_course(MASTERS / f"{HERE}.ipynb", course_)
    task = course.Task(HERE, course_, 1, sandbox.Limits(), None, False)
    assert task.nbgrader(GenerateAssignment) == ""
    notebook = quick(handed_in())
    gift = f"open({str(tmp_path / 'escaped')!r}, 'w')"
    marked = {"grade": True, "grade_id": "gift", "points": 9, "locked": True, "solution": False}
    marked |= {"schema_version": 3, "cell_type": "code", "task": False}
    notebook["cells"].insert(1, dict(notebook["cells"][0], source=gift, id="gift"))
    notebook["cells"][1]["metadata"] = {"nbgrader": marked}
    folder = course_ / "submitted" / "eve" / HERE
    folder.mkdir(parents=True)
    write(notebook, folder / f"{HERE}.ipynb")
    assert "cell does not have a grade_id" in task.nbgrader(Autograde, "eve")
    assert not (tmp_path / "escaped").exists()


@needs_sandbox
def test_a_submission_whose_process_ends_has_a_row_without_points(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "SPARE", -600)
    row = graded_by(tmp_path, {"eve": GOOD})["eve"]
    assert (row["score"], row["status"]) == ("0", "could not be graded: its tests were ended")
