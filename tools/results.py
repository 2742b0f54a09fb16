"""Copy the results of the executed chapters to the pages that summarise them.

``python -m tools.results BOOK [PAGE…]`` writes the pictures to BOOK/_static, the ledger to
BOOK/ledger.md, the benchmarks to BOOK/benchmarks.md, and the first edition's verdicts to
BOOK/first_edition.md. It puts the answers to the figures of the paper between the marks in
BOOK/index.md and in the other pages, the tables into BOOK/what_we_changed.md, and the list of all
exercises into BOOK/exercises.md. No result is typed by hand.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lstm_md._support.files import whole_or_nothing
from reproduction import answers, paper
from reproduction.costs import benchmark_tables
from reproduction.ledger import LEDGER
from reproduction.paper import Answers
from tools import (
    differences,
    exercises,
    first_edition,
    ledger,
    ledger_figure,
    paper_view,
    thumbnails,
)
from tools.claims import key
from tools.notebooks import Notebook, chapters, code_cells, joined, read, tags, title
from tools.words import plain

VERDICTS = "application/vnd.lstm-md.verdict+json"
PICTURES = {"result": "result.png"}  # by the tag of a cell
LEDGER_PAGE = "ledger.md"
MARKS = "<!-- {0}: set by `make outputs` -->\n", "<!-- /{0} -->"


def verdicts(book: Path) -> list[dict[str, Any]]:
    """Collect the verdicts in the outputs of all chapters, in the order of the ledger.

    Each verdict has the entries that :class:`lstm_md.judging.verdict.VerdictTable` stores, and the
    ``chapter``, its ``title`` and its ``seed``.

    Raises
    ------
    ValueError
        If a claim is judged twice.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in chapters(book):
        notebook = read(path)
        for verdict in verdicts_of(notebook):
            claim = verdict["id"]
            if claim in found:
                raise ValueError(
                    f"{claim} has a verdict in {found[claim]['chapter']} and another in "
                    f"{path.stem}; show one of them without a VerdictTable"
                )
            origin = {"chapter": path.stem, "title": title(notebook), "seed": seed(notebook)}
            found[claim] = {**complete(verdict), **origin}
    return [found[claim] for claim in sorted(found, key=key)]


def verdicts_of(notebook: Notebook) -> Iterator[dict[str, Any]]:
    """Yield the verdicts in the outputs of one notebook."""
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            found = output.get("data", {}).get(VERDICTS, [])
            yield from found if isinstance(found, list) else [found]


def complete(verdict: dict[str, Any]) -> dict[str, Any]:
    """Fill in the entries that an output of an earlier version lacks."""
    claim = LEDGER.get(verdict["id"])
    entries = {
        "criterion": claim.criterion if claim else "",
        "paper": claim.paper if claim else "",
        **dict.fromkeys(("power", "reason", "source"), ""),
        **verdict,
    }
    tests = {name: _test(verdict.get(name)) for name in ("best", "truth")}
    controls = {name: _test(test) for name, test in verdict.get("controls", {}).items()}
    return {**entries, **tests, "controls": controls}


def _test(test: Any) -> dict[str, Any] | None:
    return {"passed": test, "measured": ""} if isinstance(test, bool) else test


def seed(notebook: Notebook) -> str:
    """Return the seed in a chapter's parameters."""
    sources = (c["source"] for c in code_cells(notebook) if "parameters" in tags(c))
    found = re.search(r"^seed = (\d+)", "\n".join(sources), re.MULTILINE)
    return found[1] if found else "unknown"


def picture(book: Path, tag: str) -> bytes:
    """Return the picture from the only cell that has a tag.

    Raises
    ------
    ValueError
        If no cell or more than one has the tag, or if the cell drew nothing.
    """
    found = [
        (path.stem, output["data"]["image/png"])
        for path in chapters(book)
        for cell in code_cells(read(path))
        if tag in tags(cell)
        for output in cell["outputs"]
        if "image/png" in output.get("data", {})
    ]
    if len(found) != 1:
        where = f" in {', '.join(name for name, _ in found)}" if found else ""
        raise ValueError(
            f"expected one picture from a cell tagged `{tag}`, found {len(found)}{where}"
        )
    return base64.b64decode(joined(found[0][1]))


def answers_of(book: Path) -> Answers:
    """Return the answers to the claims of the paper; none if they are not recorded yet."""
    folder = book / "recorded"
    return paper.by_claim(answers.load(folder) if (folder / answers.FILE).is_file() else [])


def summary(book: Path, page: Path) -> dict[str, str]:
    """Write what stands between the marks of a page, by the names of the marks.

    The landing page gets HTML, and a page outside of the book gets Markdown.
    """
    found = answers_of(book)
    if page.parent == book:
        return {"bar": paper_view.bar(found), "figures": paper_view.rows(found)}
    return {
        "bar": paper_view.text_bar(found) + "\n",
        "figures": paper_view.table(found, book, page),
    }


def with_summary(page: str, parts: Mapping[str, str]) -> str:
    """Put each part between its marks."""
    for name, content in parts.items():
        begin, end = (mark.format(name) for mark in MARKS)
        if page.count(begin) != 1 or page.count(end) != 1 or page.find(begin) > page.find(end):
            raise ValueError(
                f"the page has no marks for {name}; put `{begin.strip()}` and `{end}` where it "
                f"should stand"
            )
        before, _, rest = page.partition(begin)
        page = before + begin + content + end + rest.partition(end)[2]
    return page


def with_parts(book: Path) -> dict[Path, str]:
    """Write the pages that people write and that have generated parts, without the landing page."""
    parts = {differences.PAGE: differences.parts, exercises.PAGE: exercises.parts}
    found = {book / name: make for name, make in parts.items() if (book / name).is_file()}
    return {
        path: with_summary(path.read_text(encoding="utf-8"), make(book))
        for path, make in found.items()
    }


def images_of(book: Path) -> dict[str, bytes]:
    """Make the pictures, by their names in the folder _static."""
    images = {name: picture(book, tag) for tag, name in PICTURES.items()}
    first = first_edition.load(book)["verdicts"]
    images[first_edition.PICTURE] = ledger_figure.draw(first)
    for figure, tag in thumbnails.TAGS.items():
        images[thumbnails.name(figure)] = thumbnails.thumbnail(figure, picture(book, tag))
    return images


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit status."""
    book, *pages = (Path(name) for name in arguments)
    # Everything that can fail comes before the first file is written.
    texts = generated(book)
    for page in (book / "index.md", *pages):
        texts[page] = with_summary(page.read_text(encoding="utf-8"), summary(book, page))
    texts |= with_parts(book)
    images = images_of(book)
    for name, data in images.items():
        (book / "_static" / name).parent.mkdir(exist_ok=True)
        with whole_or_nothing(book / "_static" / name) as temporary:
            temporary.write_bytes(data)
    for page, content in texts.items():
        with whole_or_nothing(page) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return 0


def generated(book: Path) -> dict[Path, str]:
    """Write the pages that are generated as a whole."""
    found, first = answers_of(book), first_edition.load(book)["verdicts"]
    pages = {
        book / LEDGER_PAGE: ledger.page(verdicts(book), book, found, first),
        book / first_edition.PAGE: first_edition.page(book, found, plain(ledger_figure.alt(first))),
    }
    measured = book / "recorded" / benchmark_tables.FILE
    if measured.is_file():
        results = benchmark_tables.load_benchmark(measured)
        pages[book / benchmark_tables.PAGE] = benchmark_tables.page(results)
    return pages


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
