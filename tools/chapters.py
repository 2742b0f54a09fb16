"""Checks of a committed chapter; each returns a list of complaints.

``python -m tools.chapters FILE…`` checks notebooks, for the pre-commit hook and the tests. With
``--format`` it first puts them into the normal form of :mod:`tools.notebooks`.
"""

from __future__ import annotations

import ast
import base64
import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.compared import COMPARED
from tools.execute import TAKES
from tools.notebooks import Cell, Notebook, code_cells, dumps, joined, normalise, read, tags, text
from tools.notebooks import write as write_notebook
from tools.repository import current, is_setup_cell, setup_cell

LONGEST_FUNCTION = 40  # lines: a screen
SHORTEST_ALT = 20  # characters
LEAST_EXERCISES = 3
SHORT, LONG, AFTERNOON = 10, 60, 240  # minutes that an exercise takes a student
LEAST_CONTRAST = 0.01  # standard deviation of the pixels; black to white is 1


def executed_in_order(notebook: Notebook) -> list[str]:
    """Check that every code cell was executed once, from the top."""
    counts = [cell.get("execution_count") for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        return [f"not executed in order in a new kernel: counts {counts}; run `make book`"]
    return []


def no_errors(notebook: Notebook) -> list[str]:
    """Check that no output is an error or a warning, unless the tag of the cell allows it."""
    complaints = []
    for number, cell in enumerate(code_cells(notebook), 1):
        for output in cell["outputs"]:
            if output["output_type"] == "error" and "raises-exception" not in tags(cell):
                complaints.append(f"code cell {number} holds an error: {output['ename']}")
            if output["output_type"] == "stream" and output["name"] == "stderr":
                complaints.append(f"code cell {number} wrote to stderr: {output['text'][:80]!r}")
    return complaints


def figures_drawn(notebook: Notebook) -> list[str]:
    """Check that a cell tagged `figure` has one picture that is not blank, alt text and a caption.

    A cell with a picture must have the tag.
    """
    complaints = []
    for number, cell in enumerate(code_cells(notebook), 1):
        images = [
            o["data"]["image/png"] for o in cell["outputs"] if "image/png" in o.get("data", {})
        ]
        if "figure" not in tags(cell):
            if images:
                complaints.append(f"code cell {number} draws a picture without the tag `figure`")
            continue
        if not images:
            complaints.append(f"code cell {number} is tagged `figure` and drew nothing")
        elif len(images) > 1 or not _has_caption(cell):
            complaints.append(
                f"code cell {number} has {len(images)} pictures; expected one with a caption below "
                f"(figures.show)"
            )
        if any(contrast(image) < LEAST_CONTRAST for image in images):
            complaints.append(f"code cell {number} drew a blank picture")
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
        if len(alt) < SHORTEST_ALT:
            complaints.append(f"code cell {number} has no alt text (metadata mystnb.image.alt)")
    return complaints


def _has_caption(cell: Cell) -> bool:
    """Say whether a stressed text stands below a picture; the page makes a figure of both."""
    shown = [output.get("data", {}) for output in cell["outputs"]]
    below = next((k for k, data in enumerate(shown, 1) if "image/png" in data), 0)
    text = joined(shown[below].get("text/markdown", "")) if below < len(shown) else ""
    return len(text) > 2 and text[0] == text[-1] == "*"


def contrast(png: str | list[str]) -> float:
    """Return the standard deviation of a picture's pixels, where black is 0 and white is 1.

    A twentieth on each side is left out, because a frame alone is not a figure.
    """
    import matplotlib.image

    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(joined(png))))[..., :3]
    rows, columns = pixels.shape[0] // 20, pixels.shape[1] // 20
    return float(pixels[rows : pixels.shape[0] - rows, columns : pixels.shape[1] - columns].std())


def paper_figures_have_badges(notebook: Notebook) -> list[str]:
    """Check that a figure with the tag of one in the paper says in its badge which one it is."""
    functions: dict[str, list[ast.stmt]] = {}
    complaints = []
    for number, cell in enumerate(code_cells(notebook), 1):
        body = ast.parse(_python(cell)).body
        functions |= {node.name: node.body for node in body if isinstance(node, ast.FunctionDef)}
        body = [node for node in body if not isinstance(node, ast.FunctionDef)]
        for found in filter(
            None, (re.fullmatch(r"paper-(fig|table)-(\d+)", t) for t in tags(cell))
        ):
            words = f"the paper's {found[1].capitalize()} {found[2]}"
            if not any(re.match(rf"{words}\b", badge) for badge in _badges(body, functions)):
                complaints.append(
                    f"code cell {number} has the tag {found[0]}, but no badge; "
                    f'add figures.badge(fig, "{words}")'
                )
    return complaints


def _badges(body: list[ast.stmt], functions: dict[str, list[ast.stmt]]) -> Iterator[str]:
    """Yield the beginnings of the badges that some code draws, also in functions that it calls."""
    for call in (each for node in body for each in ast.walk(node) if isinstance(each, ast.Call)):
        if isinstance(call.func, ast.Name) and call.func.id in functions:
            others = {name: inside for name, inside in functions.items() if name != call.func.id}
            yield from _badges(functions[call.func.id], others)
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "badge":
            text = call.args[1]
            first = text.values[0] if isinstance(text, ast.JoinedStr) else text
            yield str(first.value) if isinstance(first, ast.Constant) else ""


def has_setup_cell(notebook: Notebook) -> list[str]:
    """Check that the first code cell is the setup cell with the address in _config.yml."""
    first = next(iter(code_cells(notebook)), None)
    if first is None or not is_setup_cell(first):
        return ["the first code cell is not the setup cell (tools/setup_cell.py)"]
    if first["source"] != setup_cell(current()):
        return ["the setup cell differs from the others; run `make repository URL=…`"]
    return []


def has_seed(notebook: Notebook) -> list[str]:
    """Check that one cell is tagged `parameters` and has the line `seed = N`."""
    cells = [cell for cell in code_cells(notebook) if "parameters" in tags(cell)]
    if len(cells) != 1 or not re.search(r"^seed = \d+", cells[0]["source"], re.MULTILINE):
        return ["expected one cell tagged `parameters` with a line `seed = N`"]
    return []


def has_exercises(notebook: Notebook) -> list[str]:
    """Check for at least three exercises, each with a solution that folds and has code."""
    prose = text(notebook)
    exercises = [label for _, label in _exercises(prose)]
    solutions = re.findall(r"^`{3,}\{solution-start\} (\S+)\n((?::[^\n]*\n)*)", prose, re.M)
    complaints = []
    if len(exercises) < LEAST_EXERCISES:
        complaints.append(
            f"expected at least {LEAST_EXERCISES} labelled exercises, found {len(exercises)}"
        )
    if sorted(exercises) != sorted(label for label, _ in solutions):
        complaints.append(f"exercises {exercises} and solutions {[s for s, _ in solutions]} differ")
    for label, options in solutions:
        if ":class: dropdown" not in options:
            complaints.append(f"the solution of {label} does not fold (:class: dropdown)")
    return complaints + [
        f"the solution of {label} has no code"
        for label, n in _code_in_solutions(notebook)
        if n == 0
    ]


def exercises_for_all_hours(notebook: Notebook) -> list[str]:
    """Check that each exercise's title is a time, and that there is a short and a long exercise."""
    taken, complaints = [], []
    for title, label in _exercises(text(notebook)):
        needed = minutes(title)
        if needed is None:
            complaints.append(
                f"the title of the exercise {label} is {title!r}; expected the time it takes, "
                f"such as `15 minutes`, `1 hour` or `An afternoon`"
            )
        else:
            taken.append(needed)
    if not complaints and taken and (min(taken) > SHORT or max(taken) < LONG):
        complaints.append(
            f"exercises take {taken} minutes; expected one of at most {SHORT} and one of {LONG} "
            f"or more"
        )
    return complaints


def minutes(title: str) -> int | None:
    """Return how long an exercise takes by its title, such as "15 minutes"; None if it is no time.

    Examples
    --------
    >>> minutes("1 hour"), minutes("An afternoon"), minutes("Recrossings")
    (60, 240, None)
    """
    found = re.fullmatch(r"(?:(\d+) (minutes|hours?)|An afternoon)", title)
    if found is None:
        return None
    return int(found[1]) * (1 if found[2] == "minutes" else 60) if found[1] else AFTERNOON


def exercise_texts(prose: str) -> list[tuple[str, str, str]]:
    """List the title, the label and the task of each exercise."""
    found = []
    for title, label in _exercises(prose):
        below = prose.partition(f"\n:label: {label}\n")[2]
        if below.startswith("```"):  # of {exercise-start}: the task ends at {exercise-end}
            below = below.partition("\n")[2].partition("{exercise-end}")[0]
        found.append((title, label, below.partition("\n```")[0].strip()))
    return found


def _exercises(prose: str) -> list[tuple[str, str]]:
    """List the title and label of each exercise."""
    return re.findall(
        r"^`{3,}\{exercise(?:-start)?\} *([^\n]*)\n(?::\S+:[^\n]*\n)*?:label: (\S+)", prose, re.M
    )


def _code_in_solutions(notebook: Notebook) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    inside = False
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            if inside:
                found[-1] = (found[-1][0], found[-1][1] + 1)
            continue
        for line in cell["source"].splitlines():
            if start := re.match(r"`{3,}\{solution-start\} (\S+)", line):
                found.append((start[1], 0))
                inside = True
            elif re.match(r"`{3,}\{solution-end\}", line):
                inside = False
    return found


def says_how_long(notebook: Notebook) -> list[str]:
    """Check that the prose says how long the chapter takes, as in `takes about 3 minutes`."""
    if TAKES.search(text(notebook)):
        return []
    return ["expected a line on how long it takes, e.g. `takes about 3 minutes on two cores`"]


def functions_fit_a_screen(notebook: Notebook) -> list[str]:
    """Check that no function in a chapter is longer than a screen."""
    complaints = []
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(_python(cell))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    complaints.append(f"the function {node.name} has {lines} lines")
    return complaints


def something_compared(notebook: Notebook) -> list[str]:
    """Check that the output of at least one cell is compared in the tests, and is not empty."""
    cells = [cell for cell in code_cells(notebook) if COMPARED in tags(cell)]
    if not cells:
        return [f"no cell is tagged `{COMPARED}`, so nothing is compared"]
    if any(not cell["outputs"] for cell in cells):
        return [f"a cell tagged `{COMPARED}` has no output to compare"]
    return []


def no_traces_of_a_machine(notebook: Notebook) -> list[str]:
    """Check that no output holds a memory address or a path of the machine that ran it."""
    pattern = re.compile(r"\bat 0x[0-9a-f]{6,}|site-packages/|/(?:home|root|Users)/\w")
    complaints = []
    for number, cell in enumerate(code_cells(notebook), 1):
        for output in cell["outputs"]:
            texts = [output.get("text", "")]
            texts += [v for k, v in output.get("data", {}).items() if k.startswith("text/")]
            if any(pattern.search(joined(each)) for each in texts):
                complaints.append(f"code cell {number} prints an address or a path of this machine")
    return complaints


def normal_form(notebook: Notebook) -> list[str]:
    """Check that nothing is stored that changes from run to run without a meaning."""
    if dumps(normalise(notebook)) != dumps(notebook):
        return ["not in the normal form; run `python -m tools.chapters --format FILE`"]
    return []


CHECKS: tuple[Callable[[Notebook], list[str]], ...] = (
    executed_in_order,
    no_errors,
    figures_drawn,
    paper_figures_have_badges,
    has_setup_cell,
    has_seed,
    has_exercises,
    exercises_for_all_hours,
    says_how_long,
    functions_fit_a_screen,
    something_compared,
    no_traces_of_a_machine,
    normal_form,
)


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit status."""
    complaints = []
    for path in (Path(name) for name in arguments if name != "--format"):
        notebook = read(path)
        if "--format" in arguments:
            notebook = normalise(notebook)
            write_notebook(notebook, path)
        complaints += [f"{path}: {c}" for check in CHECKS for c in check(notebook)]
    print("\n".join(complaints), end="\n" if complaints else "")
    return 1 if complaints else 0


def _python(cell: Cell) -> str:
    """Return a cell's source without the lines that only IPython understands."""
    lines = cell["source"].splitlines()
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
