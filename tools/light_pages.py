"""A Sphinx extension that makes pages smaller and easier to read for a screen reader.

- The theme's icons come as a font. The second copy, a script of 1.5 MB, is removed: it would be
  three fifths of a page.
- A page without equations does not load the script that sets them. Sphinx also gives it to pages
  that only list others, such as the landing page.
- Each entry in a list of citations gets the role of a list item; the role that docutils gives it
  has been withdrawn from the standard.
- A constant of Thebe is declared once; a second declaration is an error in the page's console.
- The sections in exercises and solutions, which all have the same id, get none.
- No line ends between a number and what belongs to it: its unit, its error, a word such as Fig. An
  interval, "10 of 20" and a pair such as A–C stay together, too, and so do a formula and the comma
  after it.
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
# What keeps its spaces: code, scripts, styles, drawings, mathematics, also as TeX, and every tag.
KEPT = re.compile(
    r"(<(?P<element>pre|code|script|style|svg|math|textarea)\b.*?</(?P=element)>|<[^>]*>"
    r"|\\\(.*?\\\)|\\\[.*?\\\])",
    re.DOTALL,
)
UNITS = "%|fs|ps|ns|µs|ms|s|nm|pN|kT|SE|MB|GB|kB"


def _after(*words: str) -> str:
    """Look behind for one of these words; a look-behind has one length, so each has its own."""
    return "(?:" + "|".join(rf"(?<=\b{word})" for word in words) + ")"


BESIDE_A_NUMBER = re.compile(
    rf"(?<=\d) (?=(?:±|×)|(?:{UNITS})(?!\w))|(?<=±) (?=\d)|(?<=×) (?=\d)"
    rf"|{_after('Fig', 'Figs', 'Figure', 'Eq', 'Eqs', 'Table')} (?=\d)"
    rf"|{_after('sin', 'cos', 'angle')} (?=[φψ])|(?<=\bln) (?=\S)"
    r"|(?<=\d) (?=minutes?\b|hours?\b)"
    r"|(?<=\d) (?=to [−+\d.,]+(?: %)?\))|(?<=\d to) (?=[−+\d.,]+(?: %)?\))"
    r"|(?<=\d %) (?=to [\d.,]+ %\))|(?<=\d % to) (?=[\d.,]+ %\))"
    r"|(?<=\d) (?=of \d)|(?<=\d of) (?=\d)"
    r"|(?<=[●◐✕✓]) (?=[a-z])|(?<=\?) (?=undecided)"
)
RANGE = re.compile(r"\b[A-Z]–[A-Z]\b|\b\d+–\d+\b")  # A–C, Eqs 1–9
TOGETHER = '<span class="bound">', "</span>"
FORMULA = re.compile(
    r'(\(<span class="math[^>]*>\\\([^<]*?\\\)</span>[,.;:!?)]*'
    r'|<span class="math[^>]*>\\\([^<]*?\\\)</span>[,.;:!?)]+)'
)


def without_repeated_ids(app: Any, doctree: Any, docname: str) -> None:
    """Remove the id that all sections of sphinx-exercise share."""
    for section in doctree.findall(lambda node: node.tagname == "section"):
        section["ids"] = [name for name in section["ids"] if name not in REPEATED]


def with_items(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    """Turn the entries in a list of citations into list items, and bind numbers."""
    if "body" in context:
        body = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')
        context["body"] = bound(body)


def bound(body: str) -> str:
    """Bind each number of a page to its unit and its error by spaces at which no line ends.

    Examples
    --------
    >>> bound("<p>0.40 ± 0.02, or 5 % <code>5 %</code></p>").count("\\xa0")
    3
    """
    body = FORMULA.sub(rf"{TOGETHER[0]}\1{TOGETHER[1]}", body)
    parts, end = [], 0
    for kept in KEPT.finditer(body):
        parts += [_bound(body[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*parts, _bound(body[end:])])


def _bound(words: str) -> str:
    return RANGE.sub(rf"{TOGETHER[0]}\g<0>{TOGETHER[1]}", BESIDE_A_NUMBER.sub("\xa0", words))


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
