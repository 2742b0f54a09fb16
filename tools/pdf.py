"""The book on paper: ``python -m tools.pdf [FILE]`` renders it as it is in book/, and prints it.

Chromium prints, as many outputs of the chapters are HTML and LaTeX is a gigabyte that few have. All
pages become one document (``tools/print_pages.py``), so that links, the outline and the numbers of
sheets are of one piece. It is printed twice: only a printed book knows on which sheet a place is.
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pypdf
import yaml
from pypdf.generic import BooleanObject, NameObject

from lstm_md import __version__
from lstm_md._support.files import whole_or_nothing
from tools import browser
from tools.devtools import Page
from tools.notebooks import BOOK, ROOT
from tools.page_checks import render
from tools.print_pages import entries, joined

WIDTH_MM = 170  # between the margins of tools/pdf.css
HEAVIEST = 25_000_000  # bytes
SUBTITLE = "Learning molecular dynamics with a simple language model: a book that runs"
# Matplotlib has them wherever the book is: the same letters on every machine.
FONTS = (
    ("Book", "STIXGeneral", "normal", "normal"),
    ("Book", "STIXGeneralBol", "bold", "normal"),
    ("Book", "STIXGeneralItalic", "normal", "italic"),
    ("Book", "STIXGeneralBolIta", "bold", "italic"),
    ("Code", "DejaVuSansMono", "normal", "normal"),
    ("Code", "DejaVuSansMono-Bold", "bold", "normal"),
    ("Code", "DejaVuSansMono-Oblique", "normal", "italic"),
)
PRINT = {
    "printBackground": True,
    "preferCSSPageSize": True,
    "generateTaggedPDF": True,
    "generateDocumentOutline": True,
}


class Faulty(Exception):
    """What is wrong with the book, one line for each fault."""


def settings() -> dict[str, Any]:
    """Those of the book."""
    told: dict[str, Any] = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    return told


def document(book: Path, folder: Path) -> str:
    """The rendered pages as one document, with a cover and with styles for paper."""
    told = settings()
    title, author = html.escape(told["title"]), html.escape(told["author"])
    rights = (
        f"Version {__version__}. © {told['copyright']} {author}. {told['html']['extra_footer']}"
    )
    cover = (
        f'<section class="cover"><p class="title">{title}</p><p class="subtitle">{SUBTITLE}</p>'
        f'<p class="author">{author}</p><p class="small">{rights}</p></section>'
    )
    return joined(folder, entries(book), told["title"], cover, styles())


def styles() -> str:
    """CSS of the book on paper, beside that of any printed page."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = "".join(
        f'@font-face {{ font-family: {family}; src: url("{(folder / name).as_uri()}.ttf"); '
        f"font-weight: {weight}; font-style: {style} }}\n"
        for family, name, weight, style in FONTS
    )
    return fonts + Path(__file__).with_name("pdf.css").read_text("utf-8")


def printed(file: Path) -> bytes:
    """Print an HTML file, with the numbers of sheets where it has places for them.

    Raises
    ------
    FileNotFoundError
        If there is no Chromium.
    Faulty
        If anything is not shown, not set, too wide, or complained of in the page's console.
    """
    with Page(seconds=3600) as page:
        light = [{"name": "prefers-color-scheme", "value": "light"}]
        page.ask("Emulation.setEmulatedMedia", media="print", features=light)
        size = {"width": int(WIDTH_MM / 25.4 * 96), "height": 900, "deviceScaleFactor": 3}
        page.ask("Emulation.setDeviceMetricsOverride", mobile=False, **size)
        page.open(file)
        page.value(Path(__file__).with_name("pdf.js").read_text("utf-8") + "\n;0")
        faults = page.value("ready()") + page.value("wrong()")
        if faults or page.complaints:
            raise Faulty("\n".join(faults + page.complaints))
        found: dict[str, int] = {}
        for _ in range(4):
            page.value(f"number({json.dumps(found)})")
            data = base64.b64decode(page.ask("Page.printToPDF", **PRINT)["data"])
            before, found = found, sheets(pypdf.PdfReader(io.BytesIO(data)))
            if found == before:
                return data
    raise Faulty("the numbers of the sheets change with every print")


def sheets(reader: pypdf.PdfReader) -> dict[str, int]:
    """On which sheet each place is that a link leads to; the first sheet is 1."""
    found = {}
    for name, place in reader.named_destinations.items():
        number = reader.get_destination_page_number(place)
        if number is not None:
            found[name.removeprefix("/")] = number + 1
    return found


def faults(reader: pypdf.PdfReader) -> list[str]:
    """Sheets with nothing on them but their number, and links that lead nowhere."""
    known = set(sheets(reader))
    found = []
    for number, sheet in enumerate(reader.pages, 1):
        if len(sheet.extract_text().split()) < 2 and not sheet.images.keys():
            found.append(f"sheet {number} is blank")
        for note in sheet.get("/Annots", ()):
            place = note.get_object().get("/Dest")
            if isinstance(place, str) and place.removeprefix("/") not in known:
                found.append(f"sheet {number}: a link to {place!r} leads nowhere")
    return found


def finished(data: bytes) -> pypdf.PdfWriter:
    """The printed book with its author, and with its outline shown when it is opened."""
    told = settings()
    writer = pypdf.PdfWriter(io.BytesIO(data), incremental=True)
    writer.add_metadata({"/Author": told["author"], "/Title": told["title"], "/Subject": SUBTITLE})
    writer.page_mode = "/UseOutlines"
    writer.create_viewer_preferences()[NameObject("/DisplayDocTitle")] = BooleanObject(True)
    return writer


def make(book: Path, folder: Path, output: Path) -> tuple[int, int]:
    """Render a book into a folder and print it; returns the numbers of sheets and of bytes.

    Raises
    ------
    FileNotFoundError
        If there is no Chromium.
    Faulty
        If anything is wrong with the book; nothing is written then.
    """
    browser.required()  # before the minutes of rendering
    try:
        pages = render(folder, book, strict=True, seconds=None)
    except RuntimeError as error:
        raise Faulty(str(error)) from None
    file = pages / "printed.html"
    file.write_text(document(book, pages), "utf-8")
    data = printed(file)
    reader = pypdf.PdfReader(io.BytesIO(data))
    wrong = faults(reader)
    if len(data) > HEAVIEST:
        wrong.append(f"it has {len(data)} bytes, more than {HEAVIEST}")
    if wrong:
        raise Faulty("\n".join(wrong))
    output.parent.mkdir(parents=True, exist_ok=True)
    with whole_or_nothing(output) as temporary:
        finished(data).write(temporary)
    return len(reader.pages), output.stat().st_size


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Print the book.")
    parser.add_argument("file", type=Path, nargs="?", default=ROOT / "_build" / "lstm_md.pdf")
    output = parser.parse_args(arguments).file
    try:
        n_sheets, size = make(BOOK, ROOT / "_build" / "pdf", output)
    except (Faulty, OSError, RuntimeError) as error:
        print(f"{output} was not written: {error}", file=sys.stderr)
        return 1
    print(f"wrote {output}: {n_sheets} pages, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
