"""A Sphinx extension: a link to a term of the glossary shows the term's definition.

Where a page says ``{term}`commit time```, Sphinx links to the glossary. Here the definition's first
paragraph is put beside the link, hidden until a mouse is over it or the keyboard's focus is on it
(``.term-note`` in ``book/_static/custom.css``). It needs no script and nothing from elsewhere, and
screen readers read it as the link's description. The first such link of a page goes to the index.
"""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

CLASS = "std-term"  # what Sphinx calls the text of such a link


def definitions(glossary: nodes.document) -> dict[str, str]:
    """The first paragraph of every definition of a page, by the anchor of its term."""
    found: dict[str, str] = {}
    for item in glossary.findall(nodes.definition_list_item):
        paragraph = next(item[-1].findall(nodes.paragraph), None)
        if paragraph is not None:
            text = " ".join(paragraph.astext().split())
            found |= {name: text for term in item.findall(nodes.term) for name in term["ids"]}
    return found


def note(reference: nodes.reference, text: str, identity: str) -> nodes.raw:
    """The link with its note, as HTML."""
    target = html.escape(reference.get("refuri") or "#" + reference["refid"], quote=True)
    return nodes.raw(
        "",
        f'<span class="term"><a class="reference internal" href="{target}" '
        f'aria-describedby="{identity}">{html.escape(reference.astext())}</a>'
        f'<span class="term-note" role="tooltip" id="{identity}">{html.escape(text)}</span></span>',
        format="html",
    )


def add_notes(app: Any, document: nodes.document, page: str) -> None:
    """Put a note beside each link to a term of the page ``glossary``."""
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
            reference.replace_self(note(reference, text, f"term-note-{number}"))


class FirstUses(SphinxTransform):
    """Put the first use of each term on a page into the index."""

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
    """Called by Sphinx."""
    app.add_transform(FirstUses)
    app.connect("doctree-resolved", add_notes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
