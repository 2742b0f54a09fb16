"""Make the notebooks of students and teachers from the masters in assignments/, with nbgrader.

``python -m tools.assignments`` writes the students' notebooks, without solutions and hidden tests,
to assignments/student. It also writes the masters as a course for nbgrader to _build/assignments,
where ``nbgrader generate_assignment NAME`` can be used.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from tools.notebooks import ROOT, Notebook, dumps, joined, normalise, read, write

MASTERS = ROOT / "assignments"
STUDENT = MASTERS / "student"
COURSE = ROOT / "_build" / "assignments"
CODE_STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
TEXT_STUB = "*Your answer here.*"
CONFIG = f"""import sys

sys.path.insert(0, {str(ROOT)!r})
c = get_config()
c.CourseDirectory.course_id = "molecular-dynamics-as-a-language"
c.ClearSolutions.code_stub = {{"python": {CODE_STUB!r}}}
c.ClearSolutions.text_stub = {TEXT_STUB!r}
# Submissions run in bubblewrap, and no page of nbgrader runs a script of theirs.
c.Autograde.autograde_preprocessors = [
    "tools.grading.execute.ExecuteApart",
    "nbconvert.preprocessors.sanitize.SanitizeHTML",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
]
c.SanitizeHTML.enabled = True
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
"""


def masters() -> list[Path]:
    """List the master notebooks, sorted by name."""
    return sorted(MASTERS.glob("*.ipynb"))


def student_version(master: Notebook) -> Notebook:
    """Remove solutions, hidden tests and outputs from a master, with nbgrader's preprocessors.

    Raises
    ------
    ModuleNotFoundError
        If nbgrader is not installed (extra ``class``).
    """
    import nbformat
    from nbgrader import preprocessors as steps
    from traitlets.config import Config

    notebook = nbformat.reads(dumps(master), as_version=4)
    config = Config()
    config.ClearSolutions.code_stub = {"python": CODE_STUB}
    config.ClearSolutions.text_stub = TEXT_STUB
    resources: dict = {}
    for step in (
        steps.ClearSolutions,
        steps.LockCells,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ClearHiddenTests,
        steps.ClearMarkScheme,
        steps.ComputeChecksums,
    ):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    made = normalise(read_text(nbformat.writes(notebook)))
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
    return made


def read_text(text: str) -> Notebook:
    """Read a notebook from a string, like :func:`tools.notebooks.read`."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        cell["source"] = joined(cell["source"])
    return notebook


def main() -> int:
    """Write all notebooks and return the exit status."""
    try:
        made = {path: student_version(read(path)) for path in masters()}
    except ModuleNotFoundError as error:
        print(f"{error}; pip install -c constraints.txt -e '.[class]'", file=sys.stderr)
        return 1
    STUDENT.mkdir(exist_ok=True)
    for path, notebook in made.items():
        write(notebook, STUDENT / path.name)
        add_to_course(path, COURSE)
        print(f"{path.stem}: assignments/student/{path.name}")
    return 0


def add_to_course(master: Path, course: Path) -> None:
    """Copy a master into a course for nbgrader, which is made if it does not exist."""
    folder = course / "source" / master.stem
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(master, folder / master.name)
    (course / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
