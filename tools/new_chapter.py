"""Start a chapter: ``python -m tools.new_chapter NAME "Title"``.

It copies ``tools/template_chapter.ipynb``, a small complete chapter with hints for the author, to
``book/NAME.ipynb``. The copy gets its title and its own labels for the exercises, and an entry in
``book/_toc.yml`` after the last chapter.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from lstm_md._support.files import whole_or_nothing
from tools.notebooks import ROOT, Notebook, read, toc, write
from tools.repository import current, with_setup_cell

TEMPLATE = Path(__file__).with_name("template_chapter.ipynb")
TITLE = "A chapter's title"
LONGEST_TITLE = 60  # characters: one or two lines in the sidebar
NEXT = """made: book/{name}.ipynb, the last chapter in book/_toc.yml. Now
  write it; lines that begin with % are hints
  .venv/bin/python -m tools.execute _build/book --only {name}    # does it run?
  add it to the map and the table of book/how_to_read.md, and to the table of book/teachers_guide.md
  run make book, and look at the page; then make outputs; then make test"""


def checked(name: str, title: str, book: Path) -> tuple[str, str]:
    """Check the name and the title of a chapter, and return both.

    Raises
    ------
    ValueError
        If a page already has that name, or if the name or the title cannot be used.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ValueError(
            f"NAME: expected lower-case words with _ between them, such as waiting_times, found "
            f"{name!r}; it becomes the name of the file and of the page"
        )
    if name in toc(book) or any(book.glob(f"{name}.*")):
        raise ValueError(f"NAME: the book has a page {name} already; take another name")
    if not re.fullmatch(r"[^\W_][^\n#`*{}<>]*\S", title) or len(title) > LONGEST_TITLE:
        raise ValueError(
            f"TITLE: expected plain words, {LONGEST_TITLE} characters at most, found {title!r}"
        )
    return name, title


def chapter(name: str, title: str, address: str) -> Notebook:
    """Make a chapter from the template."""
    notebook = with_setup_cell(read(TEMPLATE), address)
    for cell in notebook["cells"]:
        cell["id"] = cell["id"].replace("cell", name)  # a figure's name, which no other chapter has
        if cell["cell_type"] == "markdown":
            cell["source"] = cell["source"].replace(f"# {TITLE}\n", f"# {title}\n")
            cell["source"] = cell["source"].replace(TEMPLATE.stem, name)
    return notebook


def named(contents: str, name: str, book: Path) -> str:
    """Add a chapter to the table of contents, after the last one.

    Raises
    ------
    ValueError
        If the table has no chapter yet.
    """
    lines = contents.splitlines(keepends=True)
    entries = [re.match(r"(\s*- file: )(\S+)\s*$", line) for line in lines]
    chapters = [k for k, e in enumerate(entries) if e and (book / f"{e[2]}.ipynb").exists()]
    if not chapters:
        raise ValueError("_toc.yml: expected a line `- file: …` of a chapter, found none")
    last = chapters[-1]
    lines.insert(last + 1, re.sub(r"\S+\s*$", f"{name}\n", lines[last]))
    return "".join(lines)


def begin(name: str, title: str, root: Path = ROOT) -> None:
    """Add the chapter to the book; everything is checked before the first file is written."""
    book = root / "book"
    name, title = checked(name, title, book)
    contents = named((book / "_toc.yml").read_text("utf-8"), name, book)
    write(chapter(name, title, current(root)), book / f"{name}.ipynb")
    with whole_or_nothing(book / "_toc.yml") as temporary:
        temporary.write_text(contents, "utf-8")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.new_chapter", description="Start a chapter."
    )
    parser.add_argument(
        "name", metavar="NAME", help="the name of its file and page, such as waiting_times"
    )
    parser.add_argument("title", metavar="TITLE", help='such as "Waiting times"')
    options = parser.parse_args(arguments)
    try:
        begin(options.name, options.title, root)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(NEXT.format(name=options.name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
