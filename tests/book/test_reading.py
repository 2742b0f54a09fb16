"""Aids for a reader: the box at the top, the glossary and its notes, the map, the equations."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from tools import term_notes
from tools.notebooks import BOOK, Notebook, chapters, code_cells, joined, read, text, toc

GLOSSARY = (BOOK / "glossary.md").read_text(encoding="utf-8")
PAGES = {path.stem: text(read(path)) for path in chapters()} | {
    path.stem: path.read_text(encoding="utf-8") for path in BOOK.glob("*.md")
}
BOX = re.compile(r"^:::\{admonition\} In one minute\n:class: tip\n(.+?)\n:::$", re.M | re.S)
ROLE = re.compile(r"\{(\w+)\}`(?:[^`<]*<)?([^`<>]+)>?`")


def terms(page: str) -> set[str]:
    """The terms of the glossary."""
    inside = page.split("```{glossary}\n")[1].split("\n```")[0]
    return {line for line in inside.splitlines() if line and not line.startswith(" ")}


def outputs(notebook: Notebook) -> str:
    """All printed output of the cells."""
    found = []
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            found.append(joined(output.get("text", "")))
            found += [joined(v) for k, v in output.get("data", {}).items() if k.startswith("text/")]
    return "\n".join(found)


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_chapter_begins_with_what_came_out(path):
    first = read(path)["cells"][0]["source"]
    assert len(BOX.findall(first)) == 1
    assert first.index("In one minute") < first.index("**For**") < first.index("**Goal**")


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_each_number_in_the_box_was_printed_by_the_chapter(path):
    notebook = read(path)
    box = ROLE.sub("", BOX.findall(notebook["cells"][0]["source"])[0])
    numbers = re.findall(r"(?<![\w*])\d[\d,]*(?:\.\d+)?(?:e-\d+)?(?![\w*])", box)
    printed = outputs(notebook)
    known = [n for n in numbers if re.search(rf"(?<![\d.,]){re.escape(n)}(?![\d]|[.,]\d)", printed)]
    assert [n for n in numbers if n not in known] == []


def test_the_glossary_is_in_the_order_of_the_alphabet():
    entries = re.findall(r"(?:^|\n\n)(\S[^\n]*)\n", GLOSSARY.split("```{glossary}")[1])
    assert entries == sorted(entries, key=str.lower)
    assert len(entries) >= 35


@pytest.mark.parametrize("page", PAGES)
def test_terms_equations_and_pages_that_are_named_exist(page):
    every = "\n".join(PAGES.values())
    anchors = {*re.findall(r"^\(([\w-]+)\)=$", every, re.M)}
    anchors |= {*re.findall(r"^:label: ([\w-]+)$", every, re.M)}  # of exercises
    exist = {"term": terms(GLOSSARY), "ref": anchors, "doc": set(toc())}
    shown_as_code = re.compile(r"``.*?``|(?<!})`\{\w+\}`")
    for role, target in ROLE.findall(shown_as_code.sub("", PAGES[page])):
        assert role not in exist or target in exist[role], (role, target)


def test_the_equations_of_the_paper_have_an_anchor_each():
    found = re.findall(r"^\(eq-(\d+)\)=$", "\n".join(PAGES.values()), re.M)
    assert sorted(map(int, found)) == list(range(1, 25))


def test_the_map_leads_to_each_chapter_once():
    drawn = PAGES["how_to_read"].split('<nav class="chapter-map"')[1].split("</nav>")[0]
    linked = re.findall(r'<a href="(\w+)\.html">', drawn)
    assert sorted(linked) == sorted(path.stem for path in chapters())


def test_a_link_to_a_term_gets_the_first_paragraph_of_its_definition():
    glossary = publish_doctree(".. _x:\n\nstay\n  A run of *frames*.\n\n  More.\n")
    next(iter(glossary.findall(nodes.term)))["ids"] = ["term-stay"]
    assert term_notes.definitions(glossary) == {"term-stay": "A run of frames."}

    page = publish_doctree("See it.")
    link = nodes.reference("", "", nodes.inline("", "stays", classes=["std-term"]))
    link["refuri"] = "glossary.html#term-stay"
    page[0] += link
    env = SimpleNamespace(found_docs={"glossary"}, get_doctree=lambda _: glossary)
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), env=env)
    term_notes.add_notes(app, page, "chapter")
    assert page.astext() == "See it.stays"  # the note is not part of the page's text for the search
    made = written(next(iter(page.findall(term_notes.Noted))))
    assert made == (
        '<span class="term"><a class="reference internal" href="glossary.html#term-stay" '
        'aria-describedby="term-note-1"></a><span class="term-note" role="tooltip" '
        'id="term-note-1">A run of frames.</span></span>'
    )


def written(node: term_notes.Noted) -> str:
    """The HTML around the text of a link."""
    translator = SimpleNamespace(body=[])
    term_notes.visit(translator, node)
    term_notes.depart(translator, node)
    return "".join(translator.body)


def test_what_a_definition_says_cannot_become_markup():
    link = nodes.reference("", "stay", refid="term-x")
    assert "&lt;script&gt;" in written(term_notes.noted(link, "<script>", "n"))
