"""Colours in chapters and studies come from the table of names in lstm_md.figures."""

from __future__ import annotations

import ast
import re

import pytest

from lstm_md import figures
from tools.notebooks import BOOK, ROOT, chapters, code_cells, read

HEX = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
# Greys are for what is neither data nor model: grids, bands, and what stands in the background.
GREY = re.compile(r"0|1|0?\.\d+|#(\w)\1\1|#(\w\w)\2\2|white|w|black|none")
OF_A_COLOUR = re.compile("colors?|facecolors?|edgecolors?|ecolor|markerfacecolor")
NAMES = re.compile(
    r"training data|simulation|LSTM|network|Markov|\b(?:MSM|HMM|chain|record|paper)\b"
)
OF_ATOMS = {"reproduction/dipeptide/molecule.py"}
#: Cells whose colours are those of things that have no name, and what these are
PALETTE = {
    "ala-09": "the time of a transition",
    "ala-15": "two angles",
    "ala-26": "two sizes of networks",
    "ala-33": "two commit times",
    "costs-13": "two sizes of networks",
    "costs-20": "networks on different labels",
    "embedding-two-maps": "three states",
    "judge-37": "three answers",
    "model-37-gates": "labels and single units",
    "quarter-13": "two generalised master equations",
    "look-06": "states that share a label",
    "look-13": "pairs of states",
}


def complaints(source, palette=False):
    """What is wrong with the colours of a piece of code, line by line."""
    found = set()

    def look_at(node, is_colour):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if (is_colour or HEX.fullmatch(node.value)) and not GREY.fullmatch(node.value):
                found.add(f"line {node.lineno}: the colour {node.value!r} has no name")

    for node in ast.walk(ast.parse(source)):
        look_at(node, is_colour=False)
        if isinstance(node, ast.keyword) and OF_A_COLOUR.fullmatch(node.arg or ""):
            look_at(node.value, is_colour=True)
        elif isinstance(node, ast.Attribute) and node.attr == "COLOURS" and not palette:
            found.add(f"line {node.lineno}: COLOURS are for what has no name; see PALETTE")
        elif isinstance(node, ast.Dict):
            for key, value in _texts(node):
                if OF_A_COLOUR.fullmatch(key):
                    look_at(value, is_colour=True)
                if NAMES.search(key) and isinstance(value, ast.Dict):
                    own = [each.value for name, each in _texts(value)
                           if name == "color" and isinstance(each, ast.Constant)]  # fmt: skip
                    found |= {f"line {value.lineno}: {key!r} has a colour of its own" for _ in own}
    return sorted(found)


def _texts(node):
    """The keys of a dictionary that are texts, with their values."""
    keys = ((key, value) for key, value in zip(node.keys, node.values))
    return [(key.value, value) for key, value in keys
            if isinstance(key, ast.Constant) and isinstance(key.value, str)]  # fmt: skip


def code_of(cell):
    lines = cell["source"].splitlines()
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_chapter_takes_its_colours_from_the_table(path):
    found = {
        cell["id"]: complaints(code_of(cell), palette=cell["id"] in PALETTE)
        for cell in code_cells(read(path))
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_each_cell_that_uses_the_palette_still_does():
    using = {
        cell["id"]
        for path in chapters()
        for cell in code_cells(read(path))
        if "figures.COLOURS" in cell["source"]
    }
    assert set(PALETTE) <= using


@pytest.mark.parametrize(
    "path", sorted((ROOT / "reproduction").rglob("*.py")),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)  # fmt: skip
def test_a_study_takes_its_colours_from_the_table(path):
    if path.relative_to(ROOT).as_posix() not in OF_ATOMS:
        assert complaints(path.read_text("utf-8")) == []


@pytest.mark.parametrize("source", [
    'ax.plot(x, color="#0072B2")', 'ax.plot(x, color="C0")', 'ax.plot(x, color="tab:blue")',
    'STYLES = {"long simulation": {"color": "0.5", "marker": "D"}}',
    'STYLES = {"HMM": {"color": "#888888"}}', "ax.plot(x, color=figures.COLOURS[2])",
    'ax.plot(x, color="red")', 'style = {"color": "orange"}',
])  # fmt: skip
def test_a_colour_without_a_name_is_found(source):
    assert len(complaints(source)) == 1


@pytest.mark.parametrize("source", [
    'ax.plot(x, **figures.LOOKS["Markov chain"])', 'ax.axvspan(0, 1, color="0.9")',
    'ax.axvspan(0, 1, color="#dddddd")', 'STYLES = {"LSTM": figures.METHODS["warmed"]}',
    "ax.plot(x, color=figures.INK)", 'print("C0 and C7ax")', 'ax.bar(x, color="white")',
])  # fmt: skip
def test_names_greys_and_words_are_no_colours_of_their_own(source):
    assert complaints(source) == []


def test_the_networks_in_the_page_have_the_colours_of_the_table():
    style = (BOOK / "_static/page_model/style.mjs").read_text("utf-8")
    for name, colour in (("here", figures.LSTM), ("markov", figures.CONTROL)):
        assert f"--{name}: {colour.lower()};" in style
