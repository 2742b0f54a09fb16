"""A Sphinx extension that makes pages smaller and easier to read for a screen reader.

- The theme's icons come as a font. The second copy, a script of 1.5 MB, is removed: it would be
  three fifths of a page.
- A page without equations does not load the script that sets them. Sphinx also gives it to pages
  that only list others, such as the landing page.
- Each entry in a list of citations gets the role of a list item; the role that docutils gives it
  has been withdrawn from the standard.
- A constant of Thebe is declared once; a second declaration is an error in the page's console.
- The sections in exercises and solutions, which all have the same id, get none.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ICONS = re.compile(r'[ \t]*<script[^>]*src="[^"]*/fontawesome\.js[^"]*"[^>]*></script>\n?')
THEBE = re.compile(r"[ \t]*<script>const THEBE_JS_URL[^<]*</script>\n?")
MATHJAX = re.compile(
    r"[ \t]*<script>window[.]MathJax = [^<]*</script>\n?"
    r"|[ \t]*<script[^>]*/mathjax/[^>]*></script>\n?"
)
EQUATION = re.compile(r'class="[^"]*\bmath\b')
REPEATED = {"exercise-content", "solution-content"}


def without_repeated_ids(app: Any, doctree: Any, docname: str) -> None:
    """Remove the id that all sections of sphinx-exercise share."""
    for section in doctree.findall(lambda node: node.tagname == "section"):
        section["ids"] = [name for name in section["ids"] if name not in REPEATED]


def with_items(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    """Turn the entries in a list of citations into list items."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def lean(text: str) -> str:
    """Remove scripts that a page does not need, and the second declaration of Thebe's constant."""
    if not EQUATION.search(text):
        text = MATHJAX.sub("", text)
    kept, *again = THEBE.findall(text) or [""]
    if again:
        before, _, after = text.partition(kept)
        text = before + kept + THEBE.sub("", after)
    return ICONS.sub("", text)


def with_lean_pages(app: Any, exception: Exception | None) -> None:
    """Remove what no page needs from each page that was written."""
    if exception is None and app.builder.format == "html":
        for page in Path(app.outdir).rglob("*.html"):
            text = page.read_text("utf-8")
            if (leaner := lean(text)) != text:
                page.write_text(leaner, "utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("doctree-resolved", without_repeated_ids)
    app.connect("html-page-context", with_items)
    app.connect("build-finished", with_lean_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
