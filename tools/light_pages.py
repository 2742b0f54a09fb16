"""A Sphinx extension: pages that load less, and say to a screen reader what they are.

- The theme's icons come as a font with its styles. Its other copy, a script of 1.5 MB for icons of
  one's own, is left out: it would be three fifths of all that a page loads.
- Each entry of a list of citations is an item of that list; docutils gives it a role that has been
  withdrawn.
- A constant of Thebe's is declared once: twice is an error in each page's console.
- The sections in exercises and solutions, which all have the same id, have none.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ICONS = re.compile(r'[ \t]*<script[^>]*src="[^"]*/fontawesome\.js[^"]*"[^>]*></script>\n?')
THEBE = re.compile(r"[ \t]*<script>const THEBE_JS_URL[^<]*</script>\n?")
REPEATED = {"exercise-content", "solution-content"}


def without_repeated_ids(app: Any, doctree: Any, docname: str) -> None:
    """The sections that sphinx-exercise makes lose the id that they share."""
    for section in doctree.findall(lambda node: node.tagname == "section"):
        section["ids"] = [name for name in section["ids"] if name not in REPEATED]


def with_items(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    """The entries of a list of citations become its items."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def lean(text: str) -> str:
    """A page without the script of icons, and with one declaration of Thebe's constant."""
    kept, *again = THEBE.findall(text) or [""]
    if again:
        before, _, after = text.partition(kept)
        text = before + kept + THEBE.sub("", after)
    return ICONS.sub("", text)


def with_lean_pages(app: Any, exception: Exception | None) -> None:
    """Each page that was written loses what it does not need."""
    if exception is None and app.builder.format == "html":
        for page in Path(app.outdir).rglob("*.html"):
            text = page.read_text("utf-8")
            if (leaner := lean(text)) != text:
                page.write_text(leaner, "utf-8")


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("doctree-resolved", without_repeated_ids)
    app.connect("html-page-context", with_items)
    app.connect("build-finished", with_lean_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
