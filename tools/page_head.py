"""A Sphinx extension for what stands around a page: description, search, and a page for errors.

- Search engines and chat programs show the description: the first paragraph of the page. A picture
  goes with it where the book has an address, because such a link must be absolute.
- ``book/_static/search.mjs`` is loaded between Sphinx's search and its index.
- A host shows ``404.html`` in place of a page that is not there.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

LONGEST = 200  # characters of a description; search engines cut longer ones
PICTURE = "_static/result.png"
INDEX = re.compile(r'<script src="searchindex[.]js[^>]*></script>')
REPAIRS = '<script src="_static/search.mjs"></script>\n  '
NOT_FOUND = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Page not found</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body {{font: 1.1rem/1.5 sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem}}
</style>
</head><body><h1>This page does not exist</h1>
<p>The address may be misspelt, or the page may have moved to another chapter.</p>
<p><a href="{start}">Go to the first page of <i>{title}</i></a>. It lists all chapters, and every
page has a search field.</p></body></html>
"""


def description(paragraphs: list[str]) -> str:
    """Return the first paragraph that says something, cut at the end of a sentence or a word.

    Examples
    --------
    >>> description(["", "A trajectory is a sequence of frames."])
    'A trajectory is a sequence of frames.'
    """
    text = next((words for each in paragraphs if len(words := " ".join(each.split())) > 30), "")
    if len(text) <= LONGEST:
        return text
    cut = text[:LONGEST]
    end = max(cut.rfind(mark) for mark in (". ", "? ", "! "))
    return cut[: end + 1] if end > LONGEST // 3 else cut.rpartition(" ")[0] + " …"


def with_description(
    app: Any, name: str, template: str, context: dict[str, Any], tree: Any
) -> None:
    """Add the description of a page to its head, and the card where the book has an address."""
    if tree is None:
        return
    words = description([_text(node) for node in tree.findall(_is_paragraph)])
    if not words:
        return
    title = re.sub("<[^>]+>", "", context.get("title", ""))
    tags = {"name": {"description": words}}
    if base := app.config.html_baseurl:
        tags["property"] = {
            "og:title": html.unescape(title),
            "og:description": words,
            "og:type": "article",
            "og:url": urljoin(base, f"{name}.html"),
            "og:image": urljoin(base, PICTURE),
        }
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n<meta {kind}="{key}" content="{html.escape(value)}">'
        for kind, values in tags.items()
        for key, value in values.items()
    )


def _is_paragraph(node: Any) -> bool:
    """Say whether a node is a paragraph of the page itself, or HTML, which the first page has."""
    return bool(
        (node.tagname == "paragraph" and node.parent.tagname == "section")
        or (node.tagname == "raw" and "<p>" in node.astext())
    )


def _text(node: Any) -> str:
    text = str(node.astext())
    if node.tagname != "raw":
        return text
    _, _, rest = text.partition("<p>")
    return html.unescape(re.sub("<[^>]+>", "", rest.partition("</p>")[0]))


def with_search_and_404(app: Any, exception: Exception | None) -> None:
    """Repair the search page, and write the page for addresses that do not exist."""
    if exception is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    if (page := folder / "search.html").exists():
        text = page.read_text("utf-8")
        repaired, n = INDEX.subn(lambda index: REPAIRS + index[0], text, count=1)
        if not n:
            raise ValueError("search.html: expected the script searchindex.js, found none")
        page.write_text(repaired, "utf-8")
    start = urlsplit(app.config.html_baseurl).path or "index.html"
    (folder / "404.html").write_text(
        NOT_FOUND.format(start=html.escape(start), title=html.escape(app.config.html_title)),
        "utf-8",
    )


def setup(app: Any) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", with_description)
    app.connect("build-finished", with_search_and_404)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
