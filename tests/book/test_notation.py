"""Each symbol of the chapters on the idea is in the table of notation, and stands for one thing."""

from __future__ import annotations

import re

import pytest

from tools.notebooks import BOOK, read, text

PAGE = (BOOK / "notation.md").read_text("utf-8")
CHAPTERS = (
    "trajectories_as_text", "language_model_of_motion", "reading_in_windows", "how_to_judge",
    "kinetics_of_three_states",
    "kinetics_of_four_states",
)  # fmt: skip
MATH = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$]+)\$", re.S)
# Words, sets, operators and layout; d and e are the differential and Euler's number.
NOT_A_SYMBOL = re.compile(
    r"\\(?:text|mathrm)\{[^}]*\}|\\(?:begin|end)\{\w+\}|\\(?:frac|tfrac|sum|iint|int|ln|exp|tanh|sqrt"
    r"|quad|qquad|cdot|in|mid|nabla|times|infty|left|right|dot|dots|ge|le|max|min|bar|approx)(?![a-z])"
    r"|[de](?=\^|[xy]\b|\\)|\bd(?=[xy])"
)
# Bold and decorated letters are symbols of their own, and so are a few with a fixed subscript.
SYMBOL = re.compile(
    r"\\tau_c|p_\\text\{leave\}|\\(?:hat|tilde)\{?\\mathbf\{? ?[A-Za-z]|\\mathbf\{? ?[A-Za-z]"
    r"|\\boldsymbol\{?\\[A-Za-z]+|\\mathcal\{? ?[A-Z]|\\(?!text|mathrm|begin|end)[A-Za-z]+|[A-Za-z]"
)
OF_A_MATRIX = re.compile(r"(\\mathbf\{? ?[WUbD]\}?)_[fiocd]")


def symbols(page: str) -> set[str]:
    """The symbols in the formulas of a page, each in one way of writing."""
    found = set()
    for block, inline in MATH.findall(page):
        formula = OF_A_MATRIX.sub(r"\1", (block or inline).replace(r"p_\text{leave}", r"\pleave"))
        formula = NOT_A_SYMBOL.sub(" ", formula)
        for symbol in SYMBOL.findall(formula):
            found.add(re.sub(r"[{} ]", "", symbol))
    return found


def rows() -> list[str]:
    """The cells with the symbols, one per row of the tables."""
    return re.findall(r"^\| (?!symbol|---)([^|]+) \|", PAGE, re.M)


KNOWN = symbols("\n".join(rows())) | {"A", "B", "C", "D"}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_symbol_of_a_chapter_is_in_the_table(chapter):
    used = symbols(text(read(BOOK / f"{chapter}.ipynb")))
    assert used - KNOWN == set()
    assert "notation" in text(read(BOOK / f"{chapter}.ipynb")) or not used


def test_no_symbol_stands_for_two_things():
    named = [inline for row in rows() for _, inline in MATH.findall(row)]
    first = [re.sub(r"[{} ]", "", each) for each in named]
    assert sorted(first) == sorted(set(first))


def test_the_table_names_what_the_chapters_use_and_no_more():
    every = set().union(*(symbols(text(read(BOOK / f"{name}.ipynb"))) for name in CHAPTERS))
    later = {"s", r"\pi", r"\mathbfP"}  # of the chapters that follow
    assert symbols("\n".join(rows())) - every <= later


@pytest.mark.parametrize("formula, found", [
    (r"$\mathbf c^{(t)} = \mathbf f^{(t)} \circ \tilde{\mathbf c}^{(t)}$",
     {r"\mathbfc", "t", r"\mathbff", r"\circ", r"\tilde\mathbfc"}),
    (r"$\sigma(\mathbf W_f \mathbf x)$", {r"\sigma", r"\mathbfW", r"\mathbfx"}),
    (r"$\tau_c = 2$ and $p_\text{leave}(a)$", {r"\tau_c", r"\pleave", "a"}),
    (r"$\int e^{-\beta V(x, y)}\, dy$", {r"\beta", "V", "x", "y"}),
])  # fmt: skip
def test_symbols_are_found_in_a_formula(formula, found):
    assert symbols(formula) == found
