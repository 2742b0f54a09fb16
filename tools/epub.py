"""Make an EPUB for e-readers: ``python -m tools.epub [FILE]`` renders book/ as one file.

Sphinx renders the book as in ``make sphinx``, with a builder of its own (``tools/epub_pages.py``).
The file holds everything that it shows: equations are MathML, pictures that a script draws are
stills, and no page has a script or asks another host. The file is checked before it is written.
"""

from __future__ import annotations

import posixpath
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from lstm_md import __version__
from tools import browser
from tools.execute import copy_book
from tools.notebooks import ROOT
from tools.pdf import FONTS, SUBTITLE, Faulty, run, settings, written
from tools.plain_sphinx import configuration, write_configuration

COVER = "_static/cover.png"
HEAVIEST = 20_000_000  # bytes
# What only a page in a browser needs. `tools.still_pages` sets the equations.
LEFT_OUT = {
    "sphinx_togglebutton", "sphinx_copybutton", "sphinx_thebe", "sphinx_comments",
    "sphinx-mathjax-offline", "sphinx_book_theme", "tools.page_head",
}  # fmt: skip
LINK = "{http://www.w3.org/1999/xlink}href"


def reader_configuration(source: Path) -> dict[str, Any]:
    """Return Sphinx's settings for the file."""
    config = configuration(source)
    book = settings()
    extensions = [name for name in config["extensions"] if name not in LEFT_OUT]
    theirs = ("html_theme", "comments_config", "html_css_files")
    config = {
        name: value
        for name, value in config.items()
        if name not in theirs and not name.startswith("html_theme_")
    }
    identity = f"lstm_md-{__version__}"
    return config | {
        "extensions": [*extensions, "tools.epub_pages"],
        "html_permalinks": False,
        "project": book["title"],
        "version": __version__,
        "release": __version__,
        "epub_basename": "book",
        "epub_title": book["title"],
        "epub_description": SUBTITLE,
        "epub_author": book["author"],
        "epub_contributor": book["author"],
        "epub_publisher": book["author"],
        "epub_language": "en",
        "epub_identifier": identity,
        "epub_uid": identity,
        "epub_show_urls": "no",
        "epub_tocscope": "includehidden",  # the pages of _toc.yml
        "epub_tocdup": False,
        "epub_tocdepth": 2,
        "epub_cover": (COVER, "epub-cover.html"),
    }


def draw_cover(picture: Path, target: Path) -> None:
    """Draw the cover: the title, the picture of the landing page, the author and the version."""
    from matplotlib import font_manager, image
    from matplotlib import get_data_path as data_path
    from matplotlib.figure import Figure

    regular, bold = (
        font_manager.FontProperties(fname=str(Path(data_path(), "fonts", "ttf", f"{name}.ttf")))
        for _, name, _, style in FONTS[:2]
        if style == "normal"
    )
    book = settings()
    figure = Figure(figsize=(8, 12), dpi=150, facecolor="white")
    first, _, last = book["title"].rpartition(" as ")
    title = f"{first}\nas {last}" if first else last
    figure.text(0.5, 0.84, title, fontproperties=bold, size=40, ha="center", va="center")
    subtitle = SUBTITLE.replace(" with ", "\nwith ", 1).replace(": ", ":\n", 1)
    figure.text(0.5, 0.72, subtitle, fontproperties=regular, size=20, ha="center", va="center")
    axes = figure.add_axes((0.06, 0.22, 0.88, 0.38))
    axes.imshow(image.imread(picture), interpolation="antialiased")
    axes.set_axis_off()
    words = f"{book['author']}\nversion {__version__}"
    figure.text(0.5, 0.12, words, fontproperties=regular, size=18, ha="center", va="center")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target)


def render(book: Path, folder: Path) -> Path:
    """Render a book into a folder, with warnings as errors, and return the file.

    Raises
    ------
    Faulty
        If it fails, with all messages.
    """
    source, pages = folder / "source", folder / "pages"
    copy_book(source, book)
    shutil.rmtree(pages, ignore_errors=True)
    write_configuration(source, reader_configuration(source))
    draw_cover(ROOT / "book" / "_static" / "result.png", pages / COVER)
    command = [sys.executable, "-m", "sphinx", "-b", "epub", "-W", "--keep-going", "-q"]
    command += ["-d", str(folder / "read"), str(source), str(pages)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Faulty(f"the book could not be rendered:\n{done.stdout}{done.stderr}".rstrip())
    return pages / "book.epub"


def faults(file: Path) -> list[str]:
    """List what a reader could not show.

    These are pages that are no XML, scripts, links and pictures that are not in the file, addresses
    of other hosts that a page loads, ids used twice, and equations that were not set.
    """
    with zipfile.ZipFile(file) as packed:
        names = packed.namelist()
        found = [] if names[0] == "mimetype" else ["the first file is not `mimetype`"]
        pages: dict[str, ElementTree.Element] = {}
        for name in names:
            if name.endswith((".xhtml", ".opf", ".ncx", ".xml")):
                try:
                    tree = ElementTree.fromstring(packed.read(name))
                except ElementTree.ParseError as error:
                    found.append(f"{name}: it is no XML: {error}")
                    continue
                if name.endswith(".xhtml"):
                    pages[name] = tree
    ids = {name: [node.get("id", "") for node in tree.iter()] for name, tree in pages.items()}
    for name, tree in pages.items():
        twice = {one for one in ids[name] if one and ids[name].count(one) > 1}
        found += [f"{name}: the id {one!r} is there twice" for one in sorted(twice)]
        for node in tree.iter():
            tag = str(node.tag).rpartition("}")[2]
            if tag in ("script", "canvas", "iframe", "noscript"):
                found.append(f"{name}: it has a <{tag}>, which an e-reader does not run")
            if "math" in node.get("class", "").split() and not _has_math(node):
                found.append(f"{name}: an equation was not set: {''.join(node.itertext())}")
            for address in _addresses(node):
                if why := _nowhere(name, tag, address, names, ids):
                    found.append(f"{name}: {address!r} {why}")
    return found


def _has_math(node: ElementTree.Element) -> bool:
    return any(str(each.tag).endswith("}math") for each in node.iter())


def _addresses(node: ElementTree.Element) -> Iterator[str]:
    for name in ("href", "src", "data", LINK):
        if (value := node.get(name)) is not None:
            yield value


def _nowhere(
    page: str, tag: str, address: str, names: Sequence[str], ids: dict[str, list[str]]
) -> str:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        loads = tag != "a" and parts.scheme != "data"
        return "is on another host, and a reader has no network" if loads else ""
    folder = posixpath.dirname(page)
    target = posixpath.normpath(posixpath.join(folder, unquote(parts.path))) if parts.path else page
    if target not in names:
        return "is not in the file"
    if parts.fragment and target in ids and unquote(parts.fragment) not in ids[target]:
        return "has no such anchor"
    return ""


def make(book: Path, folder: Path, output: Path) -> tuple[int, int]:
    """Render a book into a folder and check it; return the number of pages and of bytes.

    Raises
    ------
    FileNotFoundError
        If Chromium is not installed.
    Faulty
        If the book has faults; nothing is written then.
    """
    browser.required()  # fail now, and not after a minute of rendering
    file = render(book, folder)
    wrong = faults(file)
    if (size := file.stat().st_size) > HEAVIEST:
        wrong.append(f"it has {size} bytes, more than {HEAVIEST}")
    written(wrong, output, lambda temporary: shutil.copy(file, temporary))
    with zipfile.ZipFile(output) as packed:
        n_pages = sum(name.endswith(".xhtml") for name in packed.namelist())
    return n_pages, size


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run("Make an EPUB of the book.", "epub", make, arguments)


if __name__ == "__main__":
    sys.exit(main())
