"""Copy the results of the executed chapters to the pages that summarise them.

``python -m tools.results BOOK [PAGE…]`` writes the pictures to BOOK/_static and the ledger to
BOOK/ledger.md. It puts the summary between the marks in BOOK/index.md and in the other pages. No
result is typed by hand.
"""

from __future__ import annotations

import base64
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lstm_md._support.files import whole_or_nothing
from reproduction.ledger import LEDGER
from tools import ledger, ledger_figure
from tools.claims import key
from tools.notebooks import Notebook, chapters, code_cells, joined, read, tags, text

VERDICTS = "application/vnd.lstm-md.verdict+json"
PICTURES = {"result": "result.png", "rivals": "rivals.png"}  # by the tag of a cell
LEDGER_PAGE = "ledger.md"
CAPTION = (
    "*Each control (grey) goes through the same test as the LSTM and should fail it. The "
    "simulation is an independent one, as long as the training data. The last column compares the "
    "LSTM with a simulation ten times as long. The last two columns do not decide.*"
)
TABLE = re.compile(
    r"(<!-- verdicts: set by `make outputs` -->\n).*?(<!-- /verdicts -->)", re.DOTALL
)


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


def title(notebook: Notebook) -> str:
    """Return the heading of a chapter."""
    found = re.search(r"^# (.+)$", text(notebook), re.MULTILINE)
    return found[1].strip() if found else ""


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


def summary(book: Path, page: Path) -> str:
    """Write the summary of a page: the picture of the ledger and a table."""
    every = verdicts(book)
    to_book = Path(os.path.relpath(book, page.parent))
    image = (to_book / "_static" / ledger.PICTURE).as_posix()
    link = (to_book / LEDGER_PAGE).as_posix()
    return (
        f"**{ledger.plain(ledger.counts(every))}.** [The ledger]({link}) gives the criterion, "
        f"the controls, the numbers and the source of each.\n\n"
        f"![{ledger.plain(ledger.alt(every))}]({image})\n\n{CAPTION}\n\n"
        f"{ledger.table(every)}"
    )


def with_summary(page: str, rows: str) -> str:
    """Put the summary between the marks of a page."""
    if not TABLE.search(page):
        raise ValueError(
            "the page has no marks for the summary; put `<!-- verdicts: set by `make outputs` -->` "
            "and `<!-- /verdicts -->` where the summary should stand"
        )
    return TABLE.sub(lambda marks: f"{marks[1]}{rows}{marks[2]}", page)


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit status."""
    book, *pages = (Path(name) for name in arguments)
    every = verdicts(book)
    # Everything that can fail comes before the first file is written.
    texts = {book / LEDGER_PAGE: ledger.page(every, book)}
    for page in (book / "index.md", *pages):
        texts[page] = with_summary(page.read_text(encoding="utf-8"), summary(book, page))
    images = {name: picture(book, tag) for tag, name in PICTURES.items()}
    images[ledger.PICTURE] = ledger_figure.draw(every)
    for name, data in images.items():
        with whole_or_nothing(book / "_static" / name) as temporary:
            temporary.write_bytes(data)
    for page, content in texts.items():
        with whole_or_nothing(page) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
