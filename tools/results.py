"""What came out, taken from the executed chapters: the picture and the table of verdicts.

``python -m tools.results BOOK [PAGE…]`` puts the picture into BOOK/_static and the table between
the marks of BOOK/index.md and of the other pages. Nobody types a result.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lstm_md._files import whole_or_nothing
from tools.notebooks import Notebook, chapters, code_cells, joined, read, tags

VERDICTS = "application/vnd.lstm-md.verdict+json"
PICTURE = "result.png"
TABLE = re.compile(
    r"(<!-- verdicts: set by `make outputs` -->\n).*?(<!-- /verdicts -->)", re.DOTALL
)


def verdicts(book: Path) -> Iterator[dict[str, Any]]:
    """Every verdict that the chapters' outputs hold, in the order of the book."""
    for path in chapters(book):
        yield from verdicts_of(read(path))


def verdicts_of(notebook: Notebook) -> Iterator[dict[str, Any]]:
    """Every verdict that the outputs of one notebook hold."""
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            found = output.get("data", {}).get(VERDICTS, [])
            yield from found if isinstance(found, list) else [found]


def table(book: Path) -> str:
    """The verdicts as a Markdown table."""
    rows = ["| claim | paper | verdict | measured |", "| --- | --- | --- | --- |"]
    for v in verdicts(book):
        rows.append(
            f"| {v['id']} {v['text']} | {v['where']} | **{v['outcome']}** | {v['measured']} |"
        )
    return "\n".join(rows) + "\n"


def picture(book: Path) -> bytes:
    """The picture of the one cell that is tagged `result`.

    Raises
    ------
    ValueError
        If no cell has the tag, or more than one, or it drew nothing.
    """
    found = [
        output["data"]["image/png"]
        for path in chapters(book)
        for cell in code_cells(read(path))
        if "result" in tags(cell)
        for output in cell["outputs"]
        if "image/png" in output.get("data", {})
    ]
    if len(found) != 1:
        raise ValueError(f"expected one picture from a cell tagged `result`, found {len(found)}")
    return base64.b64decode(joined(found[0]))


def with_table(page: str, rows: str) -> str:
    """A page with the table between its marks."""
    if not TABLE.search(page):
        raise ValueError("expected the marks of the table of verdicts in the page")
    return TABLE.sub(lambda marks: f"{marks[1]}{rows}{marks[2]}", page)


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status."""
    book, *pages = (Path(name) for name in arguments)
    (book / "_static" / PICTURE).write_bytes(picture(book))
    rows = table(book)
    for page in (book / "index.md", *pages):
        text = with_table(page.read_text(encoding="utf-8"), rows)
        with whole_or_nothing(page) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
