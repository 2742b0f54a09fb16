"""Print the book: ``python -m tools.pdf [FILE]`` renders book/ and prints it as one PDF.

Chromium prints, because many outputs of the chapters are HTML and LaTeX is a large installation.
All pages become one document (``tools/print_pages.py``), so that links, outline and page numbers
work throughout. It is printed at least twice, because page numbers are known only after printing.
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pikepdf
import pypdf
import yaml

from lstm_md import __version__
from lstm_md._support.files import whole_or_nothing
from tools import browser
from tools.devtools import Page
from tools.notebooks import BOOK, ROOT
from tools.page_checks import render
from tools.print_pages import entries, joined

WIDTH_MM = 170  # between the margins of tools/pdf.css
HEAVIEST = 20_000_000  # bytes; the book has 13 million
SUBTITLE = "Learning molecular dynamics with a simple language model: a book that runs"
# Matplotlib brings these fonts, so they are the same on every machine.
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
    """The book has faults; the message has one line for each."""


def settings() -> dict[str, Any]:
    """Read the settings of the book."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    return config


def document(book: Path, folder: Path) -> str:
    """Join the rendered pages into one document, with a cover and styles for paper."""
    config = settings()
    title, author = html.escape(config["title"]), html.escape(config["author"])
    footer = config["html"]["extra_footer"]
    rights = f"Version {__version__}. © {config['copyright']} {author}. {footer}"
    cover = (
        f'<section class="cover"><p class="title">{title}</p><p class="subtitle">{SUBTITLE}</p>'
        f'<p class="author">{author}</p><p class="small">{rights}</p></section>'
    )
    return joined(folder, entries(book), config["title"], cover, styles())


def styles() -> str:
    """Return the CSS for paper, in addition to that of a printed page."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = "".join(
        f'@font-face {{ font-family: {family}; src: url("{(folder / name).as_uri()}.ttf"); '
        f"font-weight: {weight}; font-style: {style} }}\n"
        for family, name, weight, style in FONTS
    )
    return fonts + Path(__file__).with_name("pdf.css").read_text("utf-8")


def printed(file: Path) -> bytes:
    """Print an HTML file, and fill in the page numbers.

    Raises
    ------
    FileNotFoundError
        If Chromium is not installed.
    Faulty
        If something cannot be shown or is too wide, or if the page's console has errors.
    """
    with Page(seconds=3600) as page:
        return printed_in(page, file)


def printed_in(page: Page, file: Path) -> bytes:
    """Print an HTML file in an empty page of a started Chromium: see :func:`printed`."""
    if found := laid_out(page, file):
        raise Faulty("\n".join(found))
    known: dict[str, int] = {}
    for _ in range(4):
        page.value(f"number({json.dumps(known)})")
        data = base64.b64decode(page.ask("Page.printToPDF", **PRINT)["data"])
        before, known = known, sheets(pypdf.PdfReader(io.BytesIO(data)))
        if known == before:
            return data
    raise Faulty("the page numbers change with every print")


def laid_out(page: Page, file: Path) -> list[str]:
    """Open an HTML file as it will be on paper; return what cannot be shown or does not fit."""
    light = [{"name": "prefers-color-scheme", "value": "light"}]
    page.ask("Emulation.setEmulatedMedia", media="print", features=light)
    size = {"width": int(WIDTH_MM / 25.4 * 96), "height": 900, "deviceScaleFactor": 3}
    page.ask("Emulation.setDeviceMetricsOverride", mobile=False, **size)
    page.open(file)
    page.value(Path(__file__).with_name("pdf.js").read_text("utf-8") + "\n;0")
    return [*page.value("ready()"), *page.value("wrong()"), *page.complaints]


def sheets(reader: pypdf.PdfReader) -> dict[str, int]:
    """Return the page number of each target of a link; the first page is 1."""
    found = {}
    for name, place in reader.named_destinations.items():
        number = reader.get_destination_page_number(place)
        if number is not None:
            found[name.removeprefix("/")] = number + 1
    return found


def faults(reader: pypdf.PdfReader) -> list[str]:
    """List pages with nothing but their number, and links that lead nowhere."""
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


def finish(data: bytes, file: Path) -> None:
    """Write a PDF with author and title, which a reader opens with its outline.

    Chromium writes each of 130,000 tags as text. pikepdf packs them, which halves the file.

    Raises
    ------
    Faulty
        If it is too large to be sent around.
    """
    config = settings()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.docinfo["/Author"], pdf.docinfo["/Title"] = config["author"], config["title"]
        pdf.docinfo["/Subject"] = SUBTITLE
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    if (size := file.stat().st_size) > HEAVIEST:
        raise Faulty(f"it has {size} bytes, more than {HEAVIEST}")


def make(book: Path, folder: Path, output: Path) -> tuple[int, int]:
    """Render a book into a folder and print it; return the number of pages and of bytes.

    Raises
    ------
    FileNotFoundError
        If Chromium is not installed.
    Faulty
        If the book has faults; nothing is written then.
    """
    browser.required()  # fail now, and not after minutes of rendering
    try:
        pages = render(folder, book, strict=True, seconds=None)
    except RuntimeError as error:
        raise Faulty(str(error)) from None
    file = pages / "printed.html"
    file.write_text(document(book, pages), "utf-8")
    data = printed(file)
    reader = pypdf.PdfReader(io.BytesIO(data))
    written(faults(reader), output, lambda file: finish(data, file))
    return len(reader.pages), output.stat().st_size


def written(wrong: Sequence[str], output: Path, write: Callable[[Path], object]) -> None:
    """Write a book that has no faults, whole or not at all.

    Raises
    ------
    Faulty
        If something is wrong; nothing is written then.
    """
    if wrong:
        raise Faulty("\n".join(wrong))
    output.parent.mkdir(parents=True, exist_ok=True)
    with whole_or_nothing(output) as temporary:
        write(temporary)


def run(
    what: str,
    folder: str,
    make: Callable[[Path, Path, Path], tuple[int, int]],
    arguments: Sequence[str] | None,
) -> int:
    """Run the command line of one form of the book, and return the exit status.

    Parameters
    ----------
    what : str
        What the command does.
    folder : str
        Of the pages below ``_build``; also the ending of the file.
    make : callable
        Takes the book, the folder and the file; returns the number of pages and of bytes.
    arguments : sequence of str, optional
    """
    build = ROOT / "_build"
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("file", type=Path, nargs="?", default=build / f"lstm_md.{folder}")
    output = parser.parse_args(arguments).file
    try:
        n_pages, size = make(BOOK, build / folder, output)
    except (Faulty, OSError, RuntimeError) as error:
        print(f"{output} was not written: {error}", file=sys.stderr)
        return 1
    print(f"wrote {output}: {n_pages} pages, {size / 1e6:.1f} MB")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run("Print the book.", "pdf", make, arguments)


if __name__ == "__main__":
    sys.exit(main())
