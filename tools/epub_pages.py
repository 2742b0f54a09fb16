"""A Sphinx extension: a builder of EPUB files whose pages an e-reader can show.

Sphinx's own builder writes pages for a browser: equations are set by a script, some pictures are
drawn by a script, and HTML that a notebook holds need not be XML. This builder rewrites its pages
before they are packed. ``tools/still_pages.py`` does what the scripts would do. What only a screen
with a script needs is left out.
"""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from sphinx.builders.epub3 import Epub3Builder

from tools.devtools import Page
from tools.still_pages import parsed, with_equations, with_stills

STYLES = Path(__file__).with_name("epub.css")
NOT_FOR_A_READER = (
    "script, button, select, input, fieldset, form, label, [hidden], .headerlink, .term-note, "
    ".genindex-jumpbox, details.above-input, .toctree-wrapper"
)
NO_LINKS = "a.image-reference, a.download, a.headerlink"
# Attributes and elements of HTML have lower case, those of SVG and of a notebook's table do not.
OF_SVG = {
    name.lower(): name
    for name in (
        "viewBox", "preserveAspectRatio", "refX", "refY", "markerWidth", "markerHeight",
        "markerUnits", "gradientUnits", "gradientTransform", "patternUnits", "textLength",
        "lengthAdjust", "clipPathUnits", "clipPath", "linearGradient", "radialGradient",
    )
}  # fmt: skip
OLD = ("border", "loading", "align", "valign", "cellpadding", "cellspacing", "tabindex")


def cleaned(soup: BeautifulSoup, names: set[str]) -> None:
    """Leave out what an e-reader cannot show, and correct what is no XML or leads out of the book.

    Parameters
    ----------
    soup : BeautifulSoup
        A page. Equations and pictures that a script draws have been replaced before.
    names : set of str
        The pages of the book.
    """
    for tag in soup.select("body noscript"):
        tag.unwrap()
    for tag in soup.select("body :is(" + NOT_FOR_A_READER + ")"):
        tag.decompose()
    for tag in soup.select(NO_LINKS):
        tag.unwrap()
    for tag in soup.select("body details"):
        tag["open"] = "open"
    for tag in soup.select("body div.cell"):
        if not tag.get_text(strip=True) and not tag.find(["img", "svg"]):
            tag.decompose()
    for tag in soup.select("body style"):  # stands in the head of XHTML
        assert soup.head is not None
        soup.head.append(tag.extract())
    for tag in soup.select("body *"):
        for name in OLD:
            tag.attrs.pop(name, None)
        if about := tag.get("aria-describedby"):
            if not soup.find(id=str(about)):
                del tag["aria-describedby"]
    for svg in soup.select("svg"):
        svg["xmlns"] = "http://www.w3.org/2000/svg"
        for tag in [svg, *svg.find_all(True)]:
            tag.name = OF_SVG.get(tag.name, tag.name)
            tag.attrs = {OF_SVG.get(name, name): value for name, value in tag.attrs.items()}
    for link in soup.select("body a[href]"):
        _inside(link, names)


def _inside(link: Tag, names: set[str]) -> None:
    """Let a link lead to a page of the file; a link to another file becomes plain text."""
    parts = urlsplit(str(link["href"]))
    if parts.scheme or parts.netloc or not parts.path:
        return
    path = Path(unquote(parts.path))
    if path.suffix not in (".html", ".xhtml") or path.stem not in names:
        link.unwrap()
    else:
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        link["href"] = f"{path.with_suffix('.xhtml').as_posix()}{fragment}"


def xhtml(soup: BeautifulSoup) -> str:
    """Write a page as XHTML, with its own styles only."""
    assert soup.html is not None and soup.head is not None
    soup.html["lang"] = soup.html["xml:lang"] = "en"
    for tag in soup.head.select("link, meta[name], script"):
        tag.decompose()
    for name in ("pygments", "epub"):
        soup.head.append(
            soup.new_tag("link", rel="stylesheet", type="text/css", href=f"_static/{name}.css")
        )
    text = "\n".join(str(part) for part in soup.contents if isinstance(part, Tag))
    return f"<!DOCTYPE html>\n{text}\n"


def properties(text: str) -> str:
    """List what a page contains, in the words of the manifest."""
    found = {"mathml": "<math", "svg": "<svg"}
    return " ".join(word for word, tag in found.items() if tag in text)


class ReaderBuilder(Epub3Builder):
    """Sphinx's EPUB builder, whose pages are rewritten before they are packed."""

    def copy_static_files(self) -> None:
        """Write the two style sheets; pictures are copied when a page needs them."""
        folder = Path(self.outdir, "_static")
        folder.mkdir(exist_ok=True)
        self.create_pygments_style_file()
        shutil.copy(STYLES, folder / "epub.css")

    def handle_finish(self) -> None:
        """Rewrite the pages, then pack them."""
        out = Path(self.outdir)
        paths = sorted(out.rglob(f"*{self.out_suffix}"))
        soups = [parsed(path.read_text("utf-8")) for path in paths]
        if any(soup.select_one("body .math, body canvas") for soup in soups):
            with Page(seconds=600) as page:
                with_equations(page, soups)
                with_stills(page, soups, out / "_images")
        names = {path.stem for path in paths}
        for path, soup in zip(paths, soups, strict=True):
            cleaned(soup, names)
            for source in pictures(soup):
                if not (out / source).is_file() and (Path(self.srcdir) / source).is_file():
                    (out / source).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(Path(self.srcdir) / source, out / source)
            path.write_text(xhtml(soup), "utf-8")
        super().handle_finish()

    def handle_page(self, pagename: str, *arguments: Any, **options: Any) -> None:
        """Write a page; the cover comes last, after the others were rewritten."""
        super().handle_page(pagename, *arguments, **options)
        path = Path(self.outdir, f"{pagename}{self.out_suffix}")
        if path.name == self.coverpage_name:
            path.write_text(xhtml(parsed(path.read_text("utf-8"))), "utf-8")

    def build_content(self) -> None:
        """Add to the manifest which pages have equations and drawings, and which file is the cover.

        The standard asks for it; a reader may not show them otherwise. A page that Sphinx lists
        twice, as the index, is listed once.
        """
        super().build_content()
        path = Path(self.outdir, "content.opf")
        text = path.read_text("utf-8")
        for name in self.files:
            words = ""
            if name.endswith(self.out_suffix):
                words = properties(Path(self.outdir, name).read_text("utf-8"))
            elif self.config.epub_cover and name == self.config.epub_cover[0]:
                words = "cover-image"
            if words:
                item = f'href="{html.escape(name)}"'
                text = text.replace(f"{item} ", f'{item} properties="{words}" ', 1)
        seen: set[str] = set()
        lines = []
        for line in text.splitlines(keepends=True):
            if "<itemref " not in line or line.strip() not in seen:
                lines.append(line)
            seen.add(line.strip())
        path.write_text("".join(lines), "utf-8")


def pictures(soup: BeautifulSoup) -> Iterator[str]:
    """Yield the paths of the pictures of a page that are files of the book."""
    for tag in soup.select("img[src]"):
        parts = urlsplit(str(tag["src"]))
        if not parts.scheme and not parts.netloc:
            yield unquote(parts.path)


def setup(app: Any) -> dict[str, bool]:
    """Register the builder with Sphinx, in place of its own."""
    app.add_builder(ReaderBuilder, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
