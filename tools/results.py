"""What came out, taken from the executed chapters: pictures, a table and the ledger.

``python -m tools.results BOOK [PAGE…]`` puts the pictures into BOOK/_static, writes BOOK/ledger.md,
and puts the summary between the marks of BOOK/index.md and of the other pages. Nobody types a
result.
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
    "*Controls, in grey, go through the test of the LSTM and have to fail it. The simulation is an "
    "independent one of the same length, the best that anything could do; the last column compares "
    "the LSTM with a simulation ten times as long. Both decide nothing.*"
)
TABLE = re.compile(
    r"(<!-- verdicts: set by `make outputs` -->\n).*?(<!-- /verdicts -->)", re.DOTALL
)


def verdicts(book: Path) -> list[dict[str, Any]]:
    """Every verdict that the chapters' outputs hold, in the order of the ledger.

    Each has, besides what :class:`lstm_md.judging.verdict.VerdictTable` gives, the ``chapter``, its
    ``title`` and its ``seed``.

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
    """Every verdict that the outputs of one notebook hold."""
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            found = output.get("data", {}).get(VERDICTS, [])
            yield from found if isinstance(found, list) else [found]


def complete(verdict: dict[str, Any]) -> dict[str, Any]:
    """A verdict with every key, as an output of an earlier version may lack some."""
    claim = LEDGER.get(verdict["id"])
    told = {
        "criterion": claim.criterion if claim else "",
        "paper": claim.paper if claim else "",
        **dict.fromkeys(("power", "reason", "source"), ""),
        **verdict,
    }
    tests = {name: _test(verdict.get(name)) for name in ("best", "truth")}
    controls = {name: _test(test) for name, test in verdict.get("controls", {}).items()}
    return {**told, **tests, "controls": controls}


def _test(test: Any) -> dict[str, Any] | None:
    return {"passed": test, "measured": ""} if isinstance(test, bool) else test


def title(notebook: Notebook) -> str:
    """A chapter's heading."""
    found = re.search(r"^# (.+)$", text(notebook), re.MULTILINE)
    return found[1].strip() if found else ""


def seed(notebook: Notebook) -> str:
    """The seed of a chapter's parameters."""
    sources = (c["source"] for c in code_cells(notebook) if "parameters" in tags(c))
    found = re.search(r"^seed = (\d+)", "\n".join(sources), re.MULTILINE)
    return found[1] if found else "unknown"


def picture(book: Path, tag: str) -> bytes:
    """The picture of the one cell that has a tag.

    Raises
    ------
    ValueError
        If no cell has the tag, or more than one, or it drew nothing.
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
    """What stands between the marks of a page: the picture of the ledger, and a short table."""
    every = verdicts(book)
    to_book = Path(os.path.relpath(book, page.parent))
    image = (to_book / "_static" / ledger.PICTURE).as_posix()
    link = (to_book / LEDGER_PAGE).as_posix()
    return (
        f"**{ledger.plain(ledger.counts(every))}.** [The ledger]({link}) has every criterion, "
        f"control, number and source.\n\n"
        f"![{ledger.plain(ledger.alt(every))}]({image})\n\n{CAPTION}\n\n"
        f"{ledger.table(every)}"
    )


def with_summary(page: str, rows: str) -> str:
    """A page with the summary between its marks."""
    if not TABLE.search(page):
        raise ValueError("expected the marks of the table of verdicts in the page")
    return TABLE.sub(lambda marks: f"{marks[1]}{rows}{marks[2]}", page)


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status."""
    book, *pages = (Path(name) for name in arguments)
    every = verdicts(book)
    # All that can fail comes before the first file is written.
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
