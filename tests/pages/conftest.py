"""A small book, which the tests of the PDF and of the EPUB render."""

from __future__ import annotations

import base64
import json
import shutil

import pytest

from tools.notebooks import ROOT

LONG = "total = " + " + ".join(f"number_{k:02}" for k in range(12)) + "  # the end of a long line"
STILL = ROOT / "book/_static/page_model/still.png"
FRONT = """# A small book

See {ref}`the shore <shore>`, {doc}`glossary`, and [a host](https://a.org/far/away).

<div class="page-model"><noscript><img src="_static/still.png" alt="A still"></noscript></div>
"""
CHAPTER = [
    "# Waves\n\nA {term}`wave` comes, $x = 1$.",
    "(shore)=\n## The shore\n\nSand, as in {numref}`figure-drawn`.\n\n"
    "```{exercise}\n:label: ask\n\nA question?\n```\n\n"
    "```{solution} ask\n:class: dropdown\n\nAn answer.\n```",
]
WORDS = "# Words\n\n```{glossary}\nwave\n  Water that goes up and down.\n```\n"


def figure(caption):
    """The outputs of a cell that shows a figure."""
    picture = {
        "image/png": base64.b64encode(STILL.read_bytes()).decode(),
        "text/plain": "<IPython.core.display.Image object>",
    }
    words = {
        "text/markdown": f"*{caption}*",
        "text/plain": "<IPython.core.display.Markdown object>",
    }
    display = {"output_type": "display_data", "metadata": {}}
    size = {"image/png": {"width": 420}}
    return [display | {"data": picture, "metadata": size}, display | {"data": words}]


def notebook():
    """A chapter with text, visible code, folded code, output, and a figure."""
    first, second = ({"cell_type": "markdown", "source": t, "metadata": {}} for t in CHAPTER)
    code = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": LONG}
    output = {"output_type": "stream", "name": "stdout", "text": "what it printed"}
    folded = {"metadata": {"tags": ["hide-input"]}, "source": "folded = away"}
    draws = {"metadata": {"tags": ["figure", "hide-input"], "mystnb": {"image": {"alt": "A wave"}}}}
    cells = [
        first, code | {"outputs": []}, code | folded | {"outputs": [output]},
        code | draws | {"source": "folded = drawn", "outputs": figure("It goes *up*, by 5 %.")},
        second,
    ]  # fmt: skip
    names = ("first", "code", "folded", "drawn", "second")
    cells = [cell | {"id": name} for name, cell in zip(names, cells, strict=True)]
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
    shutil.copy(STILL, static)
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
