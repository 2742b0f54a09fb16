"""A Sphinx extension that shows the definition of a term at each link to the glossary.

For ``{term}`commit time``` Sphinx makes a link to the glossary. This extension adds the first
paragraph of the definition, which is hidden until the pointer or the keyboard's focus is on the
link (``.term-note`` in ``book/_static/custom.css``). It needs no script, and screen readers read it
as the description of the link. The first link to a term on a page becomes an entry of the index.
"""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

CLASS = "std-term"  # Sphinx's class for the text of such a link


def definitions(glossary: nodes.document) -> dict[str, str]:
    """Return the first paragraph of every definition on a page, by the anchor of its term."""
    found: dict[str, str] = {}
    for item in glossary.findall(nodes.definition_list_item):
        paragraph = next(item[-1].findall(nodes.paragraph), None)
        if paragraph is not None:
            text = " ".join(paragraph.astext().split())
            found |= {name: text for term in item.findall(nodes.term) for name in term["ids"]}
    return found


class Noted(nodes.Inline, nodes.Element):
    """A link to a term with a note, which is not part of the page's text."""


def noted(reference: nodes.reference, text: str, identity: str) -> Noted:
    """Make a link with a note from a link."""
    target = reference.get("refuri") or "#" + reference["refid"]
    words = nodes.Text(reference.astext())
    return Noted("", words, target=target, note=text, identity=identity)


def visit(translator: Any, node: Noted) -> None:
    """Write the HTML before the text of the link."""
    translator.body.append(
        f'<span class="term"><a class="reference internal" href="{html.escape(node["target"])}" '
        f'aria-describedby="{node["identity"]}">'
    )


def depart(translator: Any, node: Noted) -> None:
    """Write the HTML after the text of the link, with the note."""
    translator.body.append(
        f'</a><span class="term-note" role="tooltip" id="{node["identity"]}">'
        f"{html.escape(node['note'])}</span></span>"
    )


def add_notes(app: Any, document: nodes.document, page: str) -> None:
    """Add a note to each link to a term of the glossary."""
    if app.builder.format != "html" or "glossary" not in app.env.found_docs or page == "glossary":
        return
    known = definitions(app.env.get_doctree("glossary"))
    links = [
        reference
        for reference in document.findall(nodes.reference)
        if any(CLASS in part.get("classes", []) for part in reference.findall(nodes.inline))
    ]
    for number, reference in enumerate(links, 1):
        address = reference.get("refuri") or reference.get("refid", "")
        if text := known.get(address.rpartition("#")[2]):
            reference.replace_self(noted(reference, text, f"term-note-{number}"))


class FirstUses(SphinxTransform):
    """Add the first use of each term on a page to the index."""

    default_priority = 500  # before Sphinx collects the entries

    def apply(self, **kwargs: Any) -> None:
        """Place an anchor and an entry before each first use."""
        seen = set()
        for link in list(self.document.findall(addnodes.pending_xref)):
            term = link.get("reftarget")
            if link.get("reftype") != "term" or term in seen:
                continue
            seen.add(term)
            anchor = f"term-use-{len(seen)}"
            entry = addnodes.index(entries=[("single", term, anchor, "", None)])
            link.parent.insert(link.parent.index(link), [entry, nodes.target("", "", ids=[anchor])])


def setup(app: Any) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_node(Noted, html=(visit, depart))
    app.add_transform(FirstUses)
    app.connect("doctree-resolved", add_notes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
