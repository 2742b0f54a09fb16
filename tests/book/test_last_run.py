"""A chapter says below its title when it last ran with Colab's versions."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from tools import last_run, version_tables
from tools.notebooks import ROOT, chapters

FOUND = {
    "python": "3.13.0",
    "versions": {"tensorflow": "2.20.0"},
    "chapters": {"ran": version_tables.RAN, "failed": "ValueError: x", "early": version_tables.RAN},
    "dates": {"ran": "2026-11-30", "failed": "2026-11-30"},
    "date": "2026-12-01",
}


@pytest.mark.parametrize(
    "name, words",
    [
        ("ran", "Ran to its end on 2026-11-30 with Colab's versions of August 2026 (Python 3.13.0, "
         "TensorFlow 2.20.0)."),
        ("early", "Ran to its end on 2026-12-01 with "),  # from before each chapter had a date
        ("failed", "Failed on 2026-11-30 with Colab's versions of August 2026; versions/RESULTS"),
        ("other", "Not yet tried with Colab's versions of August 2026."),
    ],
)  # fmt: skip
def test_the_line_says_when_a_chapter_ran_and_with_what(name, words):
    assert last_run.last_run(name, FOUND).startswith(words)


def test_without_results_no_chapter_was_tried():
    assert last_run.last_run("ran", None).startswith("Not yet tried")


def test_every_chapter_has_a_line_of_the_results_that_are_recorded():
    path = version_tables.FOLDER / "results.json"
    ends = json.loads(path.read_text("utf-8"))["colab"]["chapters"]
    lines = last_run.last_runs()
    assert list(lines) == [path.stem for path in chapters()]
    for name, line in lines.items():
        assert line.startswith("Ran to its end on 20") == (ends.get(name) == version_tables.RAN)
        assert line.startswith("Not yet tried") == (name not in ends)


def test_the_line_is_below_the_title_of_chapters_only():
    app = SimpleNamespace(config=SimpleNamespace(last_runs={"waves": "Tried < once."}))
    context = {"body": "<h1>Waves</h1><h1>Again</h1>"}
    last_run.with_last_run(app, "glossary", "page.html", context, None)
    assert context == {"body": "<h1>Waves</h1><h1>Again</h1>"}
    last_run.with_last_run(app, "waves", "page.html", context, None)
    expected = '<h1>Waves</h1>\n<p class="last-run">Tried &lt; once.</p><h1>Again</h1>'
    assert context == {"body": expected}


def test_the_pages_are_rendered_with_it():
    assert re.search(r"^    tools\.last_run: \.", (ROOT / "_config.yml").read_text("utf-8"), re.M)
