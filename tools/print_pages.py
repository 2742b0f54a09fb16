"""Join the rendered pages into one document for paper.

Parts that only a screen needs are removed: folded input, notes under the pointer, buttons, links to
files. Every id gets the name of its page, so that all links lead into the document. The table of
contents and the index get places for page numbers.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

ONLY_ON_A_SCREEN = (
    "script[src], script[type], link, button, .headerlink, .term-note, .genindex-jumpbox, "
    "details.hide.above-input, .toctree-wrapper"
)
NOWHERE_ON_PAPER = "a.image-reference, a.download"
REFERS = ("aria-describedby", "aria-labelledby", "aria-controls", "aria-details", "for", "headers")
INSIDE = re.compile(r"url\(#([^)]+)\)")
FRONT = "About this book"  # replaces the heading of the landing page, the title of the book


@dataclass(frozen=True)
class Entry:
    """A page in the table of contents: its part, its number, and whether it is a subpage."""

    name: str
    part: str = ""
    number: int = 0
    below: bool = False


def entries(book: Path) -> list[Entry]:
    """List the pages of a book in order; chapters are numbered through the numbered parts."""
    toc = yaml.safe_load((book / "_toc.yml").read_text("utf-8"))
    parts = toc.get("parts") or [{"caption": "Chapters", "chapters": toc.get("chapters", [])}]
    found, numbers = [Entry(toc["root"])], itertools.count(1)
    for part in parts:
        for chapter in part["chapters"]:
            caption, number = part.get("caption", ""), next(numbers) if part.get("numbered") else 0
            found.append(Entry(chapter["file"], caption, number))
            found += [Entry(name, caption, below=True) for name in _below(chapter)]
    return found


def _below(chapter: dict[str, Any]) -> Iterator[str]:
    """Yield the subpages of a page."""
    for section in chapter.get("sections", ()):
        yield section["file"]
        yield from _below(section)


def joined(folder: Path, pages: Sequence[Entry], title: str, cover: str, styles: str) -> str:
    """Join rendered pages into one document.

    Parameters
    ----------
    folder : Path
        The folder of the pages; the document must be written there, next to pictures and styles.
    pages : sequence of Entry
        In the order of the printed book.
    title : str
        The title of the book.
    cover : str
        HTML of the first page.
    styles : str
        CSS in addition to that of the pages.

    Returns
    -------
    str
        HTML. Links of the class ``page-of`` are empty: they are places for page numbers.

    Raises
    ------
    FileNotFoundError
        If a page was not rendered.
    """
    names = {page.name for page in pages}
    soups = {name: _soup(folder / f"{name}.html") for name in names}
    titles, articles = {}, []
    for page in pages:
        article = _article(soups[page.name], page, names)
        heading = article.find("h1")
        if isinstance(heading, Tag):
            if page is pages[0]:
                heading.string = FRONT
            titles[page.name] = heading.get_text(" ", strip=True)
        articles.append(article)
    soup = soups[pages[0].name]
    language = str(soup.html.get("lang", "en")) if soup.html else "en"
    heads = "\n".join(_heads(soups[page.name] for page in pages))
    body = "\n".join([cover, _contents(pages, titles), *map(str, articles)])
    return (
        f'<!doctype html>\n<html lang="{language}" data-theme="light" data-mode="light">\n'
        f'<head><meta charset="utf-8"><title>{html.escape(title)}</title>\n{heads}\n'
        f"<style>\n{styles}\n{_running(pages, titles)}</style></head>\n"
        f'<body><main class="bd-article">\n{body}\n</main></body></html>\n'
    )


def _soup(page: Path) -> BeautifulSoup:
    if not page.is_file():
        raise FileNotFoundError(f"{page} was not rendered; is it in the table of contents?")
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def _heads(soups: Iterator[BeautifulSoup]) -> list[str]:
    """List the styles of all pages, and the scripts that set their equations."""
    found: dict[str, None] = {}
    for soup in soups:
        for tag in soup.select("head link[rel=stylesheet]"):
            found[str(tag)] = None
        for tag in soup.select("head script"):
            if "mathjax" in str(tag).lower():
                found[str(tag)] = None
    return list(found)


def _article(soup: BeautifulSoup, page: Entry, names: set[str]) -> Tag:
    article = soup.select_one("article")
    if article is None:
        raise ValueError(f"{page.name}: the page has no <article>; another theme?")
    for tag in article.select(ONLY_ON_A_SCREEN):
        tag.decompose()
    for tag in article.select(NOWHERE_ON_PAPER):
        tag.unwrap()
    for tag in article.select("noscript"):
        tag.unwrap()
    for tag in article.select("details"):
        tag["open"] = ""
    for tag in article.select("div.cell"):
        if not tag.get_text(strip=True) and not tag.find(["img", "canvas", "svg"]):
            tag.decompose()
    for tag in article.select("img[loading]"):
        del tag["loading"]
    if page.name == "genindex":
        _with_pages(article, soup)
    _named(article, page.name)
    for link in article.select("a[href]"):
        _inside(link, page.name, names)
    article.name, article["class"], article["id"] = "section", f"page-{page.name}", page.name
    if page.number and isinstance(heading := article.find("h1"), Tag):
        above = soup.new_tag("p", attrs={"class": "chapter-number"})
        above.string = f"Chapter {page.number}"
        if number := heading.find(class_="section-number"):
            number.extract()  # it stands above
        heading.insert_before(above)
    return article


def _with_pages(article: Tag, soup: BeautifulSoup) -> None:
    """Turn the links of the index into places for page numbers, after the text of the first."""
    for item in article.select("li"):
        for k, link in enumerate(item.find_all("a", recursive=False)):
            if not k:
                words = soup.new_tag("span")
                words.extend(list(link.contents))
                link.insert_before(words, " ")
            link.clear()
            link["class"] = "page-of"


def _named(article: Tag, page: str) -> None:
    """Put the name of the page before each id and before each reference to it."""
    for tag in article.find_all(True):
        if "id" in tag.attrs:
            tag["id"] = f"{page}--{tag['id']}"
        for name in REFERS:
            if name in tag.attrs:
                tag[name] = " ".join(f"{page}--{each}" for each in str(tag[name]).split())
        for name, value in tag.attrs.items():
            if isinstance(value, str) and "url(#" in value:
                tag[name] = INSIDE.sub(rf"url(#{page}--\1)", value)


def _inside(link: Tag, page: str, names: set[str]) -> None:
    """Let a link lead into the document; a link to a file or another page becomes plain text."""
    parts = urlsplit(str(link["href"]))
    if parts.scheme or parts.netloc:
        return
    name = Path(unquote(parts.path)).stem if parts.path else page
    if parts.path and (not parts.path.endswith(".html") or name not in names):
        link.unwrap()
    else:
        link["href"] = f"#{name}--{unquote(parts.fragment)}" if parts.fragment else f"#{name}"


def _contents(pages: Sequence[Entry], titles: dict[str, str]) -> str:
    lines, part = [], ""
    for page in pages:
        if page.part != part:
            lines.append(f"<li class='part'>{html.escape(page.part)}</li>")
            part = page.part
        number = f"<span class='number'>{page.number or ''}</span>" if page.number else ""
        title = html.escape(titles[page.name])
        below = " class='below'" if page.below else ""
        lines.append(
            f"<li{below}>{number}<a href='#{page.name}'>{title}</a><span class='dots'></span>"
            f"<a class='page-of' href='#{page.name}'></a></li>"
        )
    listed = "\n".join(lines)
    return f"<nav class='book-contents'><h1>Contents</h1>\n<ul>\n{listed}\n</ul></nav>"


def _running(pages: Sequence[Entry], titles: dict[str, str]) -> str:
    """Write CSS that prints the title of each page at the bottom."""
    rules = []
    for k, page in enumerate(pages):
        words = titles[page.name].replace("\\", "\\\\").replace('"', '\\"')
        rules.append(f'@page p{k} {{ @bottom-left {{ content: "{words}" }} }}')
        rules.append(f"#{page.name} {{ page: p{k} }}")
    return "\n".join(rules) + "\n"
