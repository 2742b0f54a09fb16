"""Fill in and print the draft of the article for ReScience C: ``python -m tools.article``.

``paper/article.md`` holds the text, without a single outcome. The outcomes come from
``book/recorded/answers.json``, in the words of the landing page. Chromium prints the article to
``_build/paper/article.pdf``, on two pages.
"""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

import matplotlib
import yaml
from markdown_it import MarkdownIt

from lstm_md import __version__
from lstm_md._support.files import whole_or_nothing
from reproduction import paper
from reproduction.common.markdown import table_lines
from reproduction.paper import FIGURES, Answers
from tools import paper_view
from tools.devtools import Page
from tools.notebooks import BOOK, ROOT
from tools.pdf import PRINT
from tools.results import answers_of
from tools.words import plain

TEXT = ROOT / "paper" / "article.md"
OUTPUT = ROOT / "_build" / "paper" / "article.pdf"
PLACE = re.compile(r"\{\{ (\w+) \}\}")
# Matplotlib brings the font, so that the article fills the same pages on every machine.
FONTS = {
    "": "STIXGeneral.ttf",
    "font-style: italic": "STIXGeneralItalic.ttf",
    "font-weight: bold": "STIXGeneralBol.ttf",
}
STYLES = """
@page { size: A4; margin: 20mm; }
body { font: 9.6pt/1.36 STIXGeneral; }
h1 { font-size: 15pt; line-height: 1.15; margin: 0 0 1mm; }
h2 { font-size: 11pt; margin: 3mm 0 1mm; }
p, ul { margin: 0 0 1.1mm; text-align: justify; hyphens: auto; }
ul { padding-left: 4mm; }
.authors { color: #333; }
table { border-collapse: collapse; width: 100%; font-size: 9pt; margin: 1mm 0 2mm; }
th, td { border-bottom: .2mm solid #999; padding: .25mm 1mm; text-align: left; }
"""


def values(answers: Answers) -> dict[str, str]:
    """Write each part of the article that is an outcome, by the name of its place."""
    authors = yaml.safe_load((ROOT / "paper" / "metadata.yaml").read_text("utf-8"))["authors"]
    main = paper.main_statuses(paper.CLAIMS, answers)
    return {
        "authors": ", ".join(author["name"] for author in authors),
        "version": __version__,
        "n": str(len(paper.CLAIMS)),
        "main": paper_view.in_words(main),
        "ours": paper_view.in_words(paper.our_statuses(paper.CLAIMS, answers)),
        "bar": paper_view.text_bar(answers),
        "table": table(answers),
        "answers": "\n".join(_answer(figure, answers) for figure in FIGURES),
    }


def table(answers: Answers) -> str:
    """Write a row for each figure: how many of its claims have which status."""
    every = paper.tally(paper.main_statuses(paper.CLAIMS, answers))
    columns = [status for status, n in every.items() if n]
    lines = []
    for figure in FIGURES:
        found = paper.tally(paper.main_statuses(figure.claims, answers))
        counts = [str(found[status] or "") for status in columns]
        lines.append([figure.where, plain(figure.shows), str(len(figure.claims)), *counts])
    lines.append(["all", "", str(len(paper.CLAIMS)), *(str(every[one]) for one in columns)])
    return "\n".join(table_lines(["paper", "what it shows", "claims", *columns], lines))


def _answer(figure: paper.Figure, answers: Answers) -> str:
    found = paper.main_statuses(figure.claims, answers)
    return f"- **{figure.where}.** {plain(figure.question)} {plain(paper.sentence(figure, found))}"


def filled(text: str, parts: dict[str, str]) -> str:
    """Put the outcomes into their places.

    Raises
    ------
    ValueError
        If the text has a place without a value, or a value has no place.
    """
    places = set(PLACE.findall(text))
    if places != set(parts):
        raise ValueError(f"the article and its values differ in {sorted(places ^ set(parts))}")
    return PLACE.sub(lambda found: parts[found[1]], text)


def document(markdown: str) -> str:
    """Write the article as a page of HTML."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    styles = "\n".join([*(_font(*each) for each in FONTS.items()), STYLES])
    head = f'<meta charset="utf-8"><title>ReScience C</title><style>{styles}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _font(style: str, file: str) -> str:
    """Write the rule for a file of the font, with the file in it."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", file)
    data = base64.b64encode(path.read_bytes()).decode()
    source = f"src: url(data:font/ttf;base64,{data})"
    return f"@font-face {{ font-family: STIXGeneral; {style}; {source} }}"


def printed(page: str, folder: Path) -> bytes:
    """Print the page with Chromium."""
    file = folder / "article.html"
    file.write_text(page, "utf-8")
    with Page(seconds=300) as browser:
        browser.open(file)
        return base64.b64decode(browser.ask("Page.printToPDF", **PRINT)["data"])


def main() -> int:
    """Print the article, and return the exit status."""
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    article = filled(TEXT.read_text("utf-8"), values(answers_of(BOOK)))
    with whole_or_nothing(OUTPUT.with_suffix(".md")) as temporary:
        temporary.write_text(article, "utf-8")
    try:
        pdf = printed(document(article), OUTPUT.parent)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    with whole_or_nothing(OUTPUT) as temporary:
        temporary.write_bytes(pdf)
    print(f"open {OUTPUT.as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
