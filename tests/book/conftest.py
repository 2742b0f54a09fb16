"""A small book, which the tests of the PDF and of the EPUB render."""

from __future__ import annotations

import json
import shutil

import pytest

from tools.notebooks import ROOT

LONG = "total = " + " + ".join(f"number_{k:02}" for k in range(12)) + "  # the end of a long line"
FRONT = """# A small book

See {ref}`the shore <shore>`, {doc}`glossary`, and [a host](https://a.org/far/away).

<div class="page-model"><noscript><img src="_static/still.png" alt="A still"></noscript></div>
"""
CHAPTER = [
    "# Waves\n\nA {term}`wave` comes, $x = 1$.",
    "(shore)=\n## The shore\n\nSand.\n\n```{exercise}\n:label: ask\n\nA question?\n```\n\n"
    "```{solution} ask\n:class: dropdown\n\nAn answer.\n```",
]
WORDS = "# Words\n\n```{glossary}\nwave\n  Water that goes up and down.\n```\n"


def notebook():
    """A chapter with text, visible code, folded code, and output."""
    first, second = ({"cell_type": "markdown", "source": t, "metadata": {}} for t in CHAPTER)
    code = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": LONG}
    output = {"output_type": "stream", "name": "stdout", "text": "what it printed"}
    folded = {"metadata": {"tags": ["hide-input"]}, "source": "folded = away"}
    cells = [first, code | {"outputs": []}, code | folded | {"outputs": [output]}, second]
    cells = [cell | {"id": f"cell-{number}"} for number, cell in enumerate(cells)]
    about = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="session")
def small_book(tmp_path_factory):
    """The folder of a small book."""
    folder = tmp_path_factory.mktemp("book")
    static = folder / "_static"
    static.mkdir()
    shutil.copy(ROOT / "book/_static/custom.css", static)
    shutil.copy(ROOT / "book/_static/print.css", static)
    shutil.copy(ROOT / "book/_static/favicon.svg", static)
    shutil.copy(ROOT / "book/_static/page_model/still.png", static)
    (folder / "references.bib").write_text("")
    (folder / "index.md").write_text(FRONT)
    (folder / "glossary.md").write_text(WORDS)
    (folder / "genindex.md").write_text("# Index\n")
    (folder / "waves.ipynb").write_text(json.dumps(notebook()))
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nparts:\n  - caption: Chapters\n    numbered: 1\n"
        "    chapters:\n      - file: waves\n  - caption: Reference\n    chapters:\n"
        "      - file: glossary\n      - file: genindex\n"
    )
    return folder
