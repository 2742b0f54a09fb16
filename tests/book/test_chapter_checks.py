"""The checks of chapters can fail: each finds its fault in a small chapter, and no other."""

from __future__ import annotations

import base64
import io

import matplotlib.image
import numpy as np
import pytest

from tools import chapters
from tools.notebooks import normalise
from tools.repository import current, setup_cell


def picture(pixels):
    file = io.BytesIO()
    matplotlib.image.imsave(file, pixels, format="png")
    return base64.b64encode(file.getvalue()).decode()


CHEQUERED = picture(np.tile(np.kron([[0.0, 1.0], [1.0, 0.0]], np.ones((10, 10)))[..., None], 3))
BLANK = picture(np.ones((40, 40, 3)))
FRAMED = picture(np.pad(np.ones((96, 96, 3)), ((2, 2), (2, 2), (0, 0))))


def markdown(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source, outputs=(), **metadata):
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": list(outputs)}


def image(png=CHEQUERED):
    return {"output_type": "display_data", "metadata": {}, "data": {"image/png": png}}


def caption(text="*The fields alternate.*"):
    return {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": text}}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def solved(label, time):
    return [
        markdown(f"```{{exercise-start}} {time}\n:label: {label}\n```"),
        markdown("Why?\n\n```{exercise-end}\n```"),
        markdown(f"```{{solution-start}} {label}\n:class: dropdown\n```"),
        code("1 + 1"),
        markdown("```{solution-end}\n```"),
    ]


ALT = {"image": {"alt": "A chequered square of two by two fields."}}


DRAWN = """def drawn(system):
    fig, ax = figures.figure()
    figures.badge(fig, f"the paper's Fig 3: {system}")
    return fig


figures.show(drawn("linear"), "The fields alternate.")"""


def chapter():
    """A notebook without faults; each test spoils one thing."""
    cells = [
        markdown("# A chapter\n\nIt takes about 2 minutes on two cores."),
        code(setup_cell(current())),
        code("seed = 1", tags=["parameters"]),
        code(DRAWN, [image(), caption()], tags=["figure", "paper-fig-3", "paper-text"], mystnb=ALT),
        code("print('B1')", [stream("B1\n")], tags=["nbval-check-output"]),
        *solved("one", "10 minutes"),
        *solved("two", "1 hour"),
        *solved("three", "An afternoon"),
    ]
    count = 0
    for cell in cells:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
    return normalise({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def spoil_count(notebook):
    notebook["cells"][2]["execution_count"] = 7


def spoil_with_error(notebook):
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
    notebook["cells"][2]["outputs"] = [error]


def spoil_with_warning(notebook):
    notebook["cells"][2]["outputs"] = [stream("UserWarning: no\n", "stderr")]


def spoil_figure_missing(notebook):
    notebook["cells"][3]["outputs"] = []


def spoil_figure_blank(notebook):
    notebook["cells"][3]["outputs"] = [image(BLANK), caption()]


def spoil_figure_framed(notebook):
    notebook["cells"][3]["outputs"] = [image(FRAMED), caption()]


def spoil_caption_missing(notebook):
    del notebook["cells"][3]["outputs"][1]


def spoil_caption_plain(notebook):
    notebook["cells"][3]["outputs"][1] = caption("The fields alternate.")


def spoil_caption_elsewhere(notebook):
    notebook["cells"][3]["outputs"].insert(1, stream("between"))


def spoil_two_pictures(notebook):
    notebook["cells"][3]["outputs"] *= 2


def spoil_alt(notebook):
    notebook["cells"][3]["metadata"]["mystnb"] = {"image": {"alt": "A figure"}}


def spoil_tag(notebook):
    notebook["cells"][3]["metadata"]["tags"] = []


def spoil_badge(notebook):
    notebook["cells"][3]["source"] = DRAWN.replace("Fig 3:", "Fig 30:")


def spoil_badge_unused(notebook):
    notebook["cells"][3]["source"] = DRAWN.replace('drawn("linear")', "fig")


def spoil_badge_of_a_table(notebook):
    notebook["cells"][3]["metadata"]["tags"] = ["figure", "paper-table-1"]


def spoil_setup(notebook):
    notebook["cells"][1]["source"] += "\n# changed"


def spoil_setup_missing(notebook):
    notebook["cells"][1]["source"] = "pass"


def spoil_seed(notebook):
    notebook["cells"][2]["source"] = "seed = np.random.randint(9)"


def spoil_exercise(notebook):
    del notebook["cells"][-5:]


def spoil_solution(notebook):
    notebook["cells"][7]["source"] = "An answer."


def spoil_fold(notebook):
    notebook["cells"][7]["source"] = "```{solution-start} one\n```"


def spoil_solution_code(notebook):
    notebook["cells"][8]["cell_type"] = "markdown"


def retitle(notebook, label, time):
    for cell in notebook["cells"]:
        if f":label: {label}\n" in cell["source"]:
            cell["source"] = f"```{{exercise-start}} {time}\n:label: {label}\n```"


def spoil_exercise_untimed(notebook):
    retitle(notebook, "three", "")


def spoil_exercise_titled(notebook):
    retitle(notebook, "three", "A question")


def spoil_no_short_exercise(notebook):
    retitle(notebook, "one", "15 minutes")


def spoil_no_long_exercise(notebook):
    retitle(notebook, "two", "45 minutes")
    retitle(notebook, "three", "30 minutes")


def spoil_time(notebook):
    notebook["cells"][0]["source"] = "# A chapter"


def spoil_function(notebook):
    notebook["cells"][2]["source"] += "\ndef long():\n" + "    print()\n" * 40


def spoil_compared(notebook):
    notebook["cells"][4]["metadata"]["tags"] = []


def spoil_compared_empty(notebook):
    notebook["cells"][4]["outputs"] = []


def spoil_address(notebook):
    notebook["cells"][4]["outputs"] = [stream("<model at 0x7fe4c0ffee00>\n")]


def spoil_form(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "mine"}


FAULTS = [
    (spoil_count, chapters.executed_in_order),
    (spoil_with_error, chapters.no_errors),
    (spoil_with_warning, chapters.no_errors),
    (spoil_figure_missing, chapters.figures_drawn),
    (spoil_figure_blank, chapters.figures_drawn),
    (spoil_figure_framed, chapters.figures_drawn),
    (spoil_caption_missing, chapters.figures_drawn),
    (spoil_caption_plain, chapters.figures_drawn),
    (spoil_caption_elsewhere, chapters.figures_drawn),
    (spoil_two_pictures, chapters.figures_drawn),
    (spoil_alt, chapters.figures_drawn),
    (spoil_tag, chapters.figures_drawn),
    (spoil_badge, chapters.paper_figures_have_badges),
    (spoil_badge_unused, chapters.paper_figures_have_badges),
    (spoil_badge_of_a_table, chapters.paper_figures_have_badges),
    (spoil_setup, chapters.has_setup_cell),
    (spoil_setup_missing, chapters.has_setup_cell),
    (spoil_seed, chapters.has_seed),
    (spoil_exercise, chapters.has_exercises),
    (spoil_solution, chapters.has_exercises),
    (spoil_fold, chapters.has_exercises),
    (spoil_solution_code, chapters.has_exercises),
    (spoil_exercise_untimed, chapters.exercises_for_all_hours),
    (spoil_exercise_titled, chapters.exercises_for_all_hours),
    (spoil_no_short_exercise, chapters.exercises_for_all_hours),
    (spoil_no_long_exercise, chapters.exercises_for_all_hours),
    (spoil_time, chapters.says_how_long),
    (spoil_function, chapters.functions_fit_a_screen),
    (spoil_compared, chapters.something_compared),
    (spoil_compared_empty, chapters.something_compared),
    (spoil_address, chapters.no_traces_of_a_machine),
    (spoil_form, chapters.normal_form),
]


@pytest.mark.parametrize("check", chapters.CHECKS, ids=lambda check: check.__name__)
def test_a_chapter_without_fault_passes(check):
    assert check(chapter()) == []


@pytest.mark.parametrize("spoil, check", FAULTS, ids=lambda each: each.__name__)
def test_a_fault_is_found(spoil, check):
    notebook = chapter()
    spoil(notebook)
    assert check(notebook) != []


def test_every_check_has_a_fault_it_must_find():
    assert {check for _, check in FAULTS} == set(chapters.CHECKS)
