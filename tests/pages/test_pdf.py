"""The printed book has everything, except what only a screen can show.

A small book is rendered and printed once for this file, as `make pdf` does with the whole book.
"""

from __future__ import annotations

import io
import re
from importlib.util import find_spec

import pytest

from tools import browser, devtools, page_checks
from tools.devtools import Page
from tools.notebooks import ROOT, chapters, toc

WITHOUT = "what `make book` installs is not there to print with"
pypdf = pytest.importorskip("pypdf", reason=WITHOUT)
pdf = pytest.importorskip("tools.pdf", reason=WITHOUT)
print_pages = pytest.importorskip("tools.print_pages", reason=WITHOUT)
Entry = print_pages.Entry

in_a_browser = pytest.mark.skipif(
    browser.browser() is None or find_spec("jupyter_book") is None,
    reason=f"there is no jupyter-book, or none of {', '.join(browser.BROWSERS)}",
)


@pytest.fixture(scope="module")
def reader(small_book, tmp_path_factory):
    """The printed book."""
    folder = tmp_path_factory.mktemp("printed")
    n_sheets, size = pdf.make(small_book, folder / "rendered", folder / "made/book.pdf")
    reader = pypdf.PdfReader(folder / "made/book.pdf")
    assert [path.name for path in (folder / "made").iterdir()] == ["book.pdf"]
    assert n_sheets == len(reader.pages) and size == (folder / "made/book.pdf").stat().st_size
    return reader


def words_of(sheet):
    """The words on a page, without its number."""
    number = str(sheet.page_number + 1)
    return sheet.extract_text().removeprefix(number).split()


@pytest.fixture(scope="module")
def texts(reader):
    """The words on each page."""
    return [" ".join(words_of(sheet)) for sheet in reader.pages]


def outline(reader):
    """Depth, title and page of each entry."""

    def walk(entries, depth):
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry, depth + 1)
            else:
                yield depth, entry.title, reader.get_destination_page_number(entry) + 1

    return list(walk(reader.outline, 0))


# The book


@in_a_browser
@pytest.mark.parametrize("words", [
    "A wave comes", "the end of a long line", "what it printed", "Solution to", "A question?",
    "An answer.", "Figure 1.1 It goes up, by 5 %.", "Sand, as in Figure 1.1.", "Chapter 1",
    "Water that goes up and down.", "a host (https://a.org/far/away)",
])  # fmt: skip
def test_what_the_pages_say_is_on_paper_once(texts, words):
    assert " ".join(texts).count(words) == 1


@in_a_browser
@pytest.mark.parametrize("words", ["folded", "Show code", "Click to", "[1]"])
def test_what_only_a_screen_can_show_is_not(texts, words):
    assert words not in " ".join(texts)


@in_a_browser
def test_the_picture_of_what_a_script_shows_is_on_paper(reader):
    where = {title: sheet for _, title, sheet in outline(reader)}
    assert len(reader.pages[where["About this book"] - 1].images) == 1


@in_a_browser
def test_an_equation_stays_in_its_line(reader):
    lines = "\n".join(sheet.extract_text() for sheet in reader.pages).splitlines()
    assert any(re.fullmatch(r"A wave comes,\W*x = 1\W*", line) for line in lines)


@in_a_browser
def test_no_sheet_is_blank_and_no_link_leads_nowhere(reader):
    assert pdf.faults(reader) == []


@in_a_browser
def test_the_outline_has_each_heading_once_and_where_it_is(reader, texts):
    found = outline(reader)
    assert [(depth, title) for depth, title, _ in found] == [
        (0, "Contents"), (0, "About this book"), (0, "Waves"), (1, "The shore"), (0, "Words"),
        (0, "Index"), (1, "W"),
    ]  # fmt: skip
    assert all(title in texts[sheet - 1] for _, title, sheet in found)


@in_a_browser
def test_links_lead_to_the_sheet_of_what_they_name(reader):
    where = {title: sheet for _, title, sheet in outline(reader)}
    places = pdf.sheets(reader)
    front = reader.pages[where["About this book"] - 1]
    links = [note.get_object() for note in front["/Annots"]]
    inside = {link["/Dest"].removeprefix("/") for link in links if "/Dest" in link}
    assert inside == {"waves--shore", "glossary"}
    assert places["waves--shore"] == where["The shore"] and places["glossary"] == where["Words"]
    outside = {link["/A"]["/URI"] for link in links if "/A" in link}
    assert outside == {"https://a.org/far/away"}


@in_a_browser
def test_contents_and_index_have_the_numbers_of_sheets(reader, texts):
    where = {title: sheet for _, title, sheet in outline(reader)}
    contents = texts[where["Contents"] - 1]
    for title in ("About this book", "Waves", "Words", "Index"):
        assert f"{title} {where[title]}" in contents
    assert f"wave {where['Words']}, {where['Waves']}" in texts[where["Index"] - 1]
    for number, sheet in enumerate(reader.pages[1:], 2):  # the cover has no footer
        assert sheet.extract_text().startswith(str(number))  # Chromium prints the footer first


@in_a_browser
def test_it_is_a4_says_what_it_is_and_can_be_read_aloud(reader):
    root = reader.trailer["/Root"]
    told = reader.metadata
    assert (told.title, told.author) == ("Molecular dynamics as a language", "the lstm_md authors")
    assert root["/Lang"] == "en" and root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/PageMode"] == "/UseOutlines" and root["/ViewerPreferences"]["/DisplayDocTitle"]
    for sheet in reader.pages:
        size = [float(length) / 72 * 25.4 for length in sheet.mediabox[2:]]
        assert size == pytest.approx([210, 297], abs=0.5)


@in_a_browser
def test_a_warning_of_the_renderer_is_an_error_and_the_last_print_stays(tmp_path, monkeypatch):
    faulty = tmp_path / "faulty"
    faulty.mkdir()
    # It takes most of the time to load the extensions that other pages need.
    monkeypatch.setattr(page_checks, "CONFIG", tmp_path / "_config.yml")
    page_checks.CONFIG.write_text("execute:\n  execute_notebooks: 'off'\n")
    (faulty / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (faulty / "index.md").write_text("# A small book\n\nSee {doc}`nothing`.\n")
    (tmp_path / "book.pdf").write_bytes(b"the last one")
    with pytest.raises(pdf.Faulty, match="(?s)could not be rendered.*nothing"):
        pdf.make(faulty, tmp_path / "rendered", tmp_path / "book.pdf")
    assert (tmp_path / "book.pdf").read_bytes() == b"the last one"


def test_without_chromium_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(browser, "BROWSERS", ("no-such-browser",))
    assert pdf.main([str(tmp_path / "book.pdf")]) == 1
    told = capsys.readouterr().err
    assert "no-such-browser" in told and "apt install chromium" in told
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_wrote_or_what_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pdf, "make", lambda *given: (3, 2_500_000))
    assert pdf.main([str(tmp_path / "book.pdf")]) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'book.pdf'}: 3 pages, 2.5 MB\n"

    def faulty(*given):
        raise pdf.Faulty("waves: too wide\nwords: not set")

    monkeypatch.setattr(pdf, "make", faulty)
    assert pdf.main([str(tmp_path / "book.pdf")]) == 1
    assert "was not written: waves: too wide\nwords: not set" in capsys.readouterr().err


# A page


@pytest.fixture
def sheet(request, tmp_path):
    """Print a body, and return the words on each page."""

    def printed(body, head="", page=None):
        styles = (ROOT / "book/_static/print.css").read_text() + pdf.styles()
        file = tmp_path / "printed.html"
        file.write_text(
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>x</title>{head}'
            f'<style>{styles}</style></head><body><main class="bd-article">{body}</main></body>'
        )
        if page is None:
            page = request.getfixturevalue("started_chromium")
            page.renew(seconds=120)
        found = pypdf.PdfReader(io.BytesIO(pdf.printed_in(page, file)))
        return [words_of(page) for page in found.pages]

    return printed


@in_a_browser
@pytest.mark.parametrize("above, below", [
    ("<h2>above</h2>", "<p>below</p>"),
    ('<h3>above</h3><p><a id="x"></a></p>', '<div class="verdict">below</div>'),
    ("<p>above</p>", '<nav class="chapter-map">below</nav>'),
    ('<figure><img src="SQUARE" alt="x"><figcaption>above', "<p>below</p></figcaption></figure>"),
    ('<div class="cell_output"><div class="verdict"><p>above</p>', "<p>below</p></div></div>"),
])  # fmt: skip
def test_what_belongs_together_stays_on_one_sheet(sheet, above, below):
    square = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'/>"
    body = "".join(
        f'<div style="break-before: page; height: {height}mm"></div>{above}{below}'
        for height in range(206, 251, 4)
    ).replace("SQUARE", square)
    found = sheet(body)
    assert sum("above" in words for words in found) == 12
    assert all(("above" in words) == ("below" in words) for words in found)
    assert any("above" not in words for words in found)  # some must move to their own page


@in_a_browser
def test_no_line_of_a_paragraph_stands_alone(sheet):
    four_lines = "<p>" + "word " * 75 + "</p>"
    space = '<div style="break-before: page; height: {}mm"></div>' + four_lines
    counts = [
        words.count("word") for words in sheet("".join(map(space.format, range(208, 250, 3))))
    ]
    assert set(counts) == {0, 75} and counts.count(75) == 14


@in_a_browser
def test_code_that_is_longer_than_a_sheet_is_cut_but_not_at_a_few_lines(sheet):
    blocks = ["\n".join(f"line_{k}" for k in range(n)) for n in range(64, 76)]
    block = '<div class="highlight" style="break-before: page"><pre>{}</pre></div>'
    sheets = sheet("".join(map(block.format, blocks)))
    counts = [sum(word.startswith("line_") for word in words) for words in sheets]
    assert sum(counts) == sum(range(64, 76)) and min(counts) >= 5
    assert len(blocks) < len(counts) < 2 * len(blocks)  # some fit on a page, some do not


@in_a_browser
def test_a_long_line_of_code_gets_smaller_letters_and_a_longer_one_is_broken(sheet):
    pre = '<div class="highlight"><pre>{}</pre></div>'
    (words,) = sheet(pre.format("x" * 120) + pre.format("y" * 400))
    assert [word.count("x") for word in words if "x" in word] == [120]
    lines = [word.count("y") for word in words if "y" in word]
    assert sum(lines) == 400 and max(lines) < 120


@in_a_browser
@pytest.mark.parametrize("body, complaint", [
    ('<div style="width: 171mm">broad</div>', "cover: wider than the paper: broad"),
    ('<p style="overflow: hidden; width: 9mm"><b style="padding: 9mm">cut</b></p>',
     "cover: wider than the paper: cut"),
    ('<section class="page-a" id="a"><img src="no.png" alt=""></section>',
     "a: the picture no.png cannot be shown"),
    ('<a href="#no">x</a>', "cover: a link leads nowhere: #no"),
    ('<span class="math">\\(x\\)</span>', "cover: an equation was not set"),
    ("<mjx-merror>\\no</mjx-merror>", "cover: an equation cannot be set"),
    ("<script>console.warn('a word of warning')</script>", "a word of warning"),
    ("<script>throw new Error('a script fell')</script>", "a script fell"),
])  # fmt: skip
def test_what_is_wrong_with_a_sheet_is_said(sheet, body, complaint):
    with pytest.raises(pdf.Faulty, match=re.escape(complaint)):
        sheet(body)


@in_a_browser
def test_a_reader_who_prints_a_page_gets_what_is_folded_and_no_buttons(sheet):
    body = """<h2>heading<a class="headerlink" href="#x">mark</a></h2><button>press</button>
      <nav class="bd-sidebar">sidebar</nav><div class="cell"><details class="above-input" open>
      <summary>show</summary>input</details></div>
      <details><summary>Answer</summary>told</details>
      <p class="term">word<span class="term-note">note</span></p><p id="x">end</p>"""
    custom = (ROOT / "book/_static/custom.css").read_text()
    assert sheet(body, f"<style>{custom}</style>") == [["heading", "Answer", "told", "word", "end"]]


@in_a_browser
def test_a_system_in_the_dark_prints_on_white(sheet, monkeypatch):
    monkeypatch.setattr(devtools, "OPTIONS", [*devtools.OPTIONS, "--force-dark-mode"])
    dark = "@media (prefers-color-scheme: dark) { main { width: 999px } }"
    with Page(seconds=60) as page:
        assert page.value("matchMedia('(prefers-color-scheme: dark)').matches")
        assert sheet("<p>light</p>", f"<style>{dark}</style>", page) == [["light"]]


def test_a_blank_sheet_and_a_lost_link_are_found(tmp_path):
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject

    writer = pypdf.PdfWriter()
    link = DictionaryObject({NameObject("/Dest"): NameObject("/gone")})
    writer.add_blank_page(100, 100)[NameObject("/Annots")] = ArrayObject([link])
    writer.write(tmp_path / "x.pdf")
    found = pdf.faults(pypdf.PdfReader(tmp_path / "x.pdf"))
    assert found == ["sheet 1 is blank", "sheet 1: a link to '/gone' leads nowhere"]


# The document


def test_the_order_is_that_of_the_table_of_contents():
    found = print_pages.entries(ROOT / "book")
    assert [entry.name for entry in found] == toc()
    assert [entry.number for entry in found if entry.number] == list(range(1, len(chapters()) + 1))
    assert found[0] == Entry("index") and found[1].part == "The idea"


PAGE = """<!doctype html><html lang="en"><head><link rel="stylesheet" href="x.css">
<script>window.MathJax = {{}}</script><script src="search.js"></script></head>
<body><aside>sidebar</aside><article>{}</article></body></html>"""


def test_pages_become_one_document_whose_links_stay_inside(tmp_path):
    (tmp_path / "one.html").write_text(PAGE.format(
        '<h1 id="top">One</h1><a href="two.html">a</a><a href="two.html#top">b</a>'
        '<a href="#top">c</a><a href="data/x.csv">file</a><a href="search.html">search</a>'
        '<p aria-describedby="top" style="marker: url(#top)">p</p>'
        '<span class="term-note">note</span><a class="headerlink" href="#top">¶</a>'
        '<details class="hide above-input">folded</details><details>told</details>'
        '<button>press</button><a class="image-reference" href="x.png"><img src="x.png"></a>'
        '<noscript><img src="still.png"></noscript><div class="cell"><div></div></div>'
    ))  # fmt: skip
    (tmp_path / "two.html").write_text(PAGE.format('<h1 id="top">Two &amp; "more"</h1>'))
    pages = [Entry("one"), Entry("two", "Part", 1)]
    text = print_pages.joined(tmp_path, pages, "Title", "<p>cover</p>", "p { color: red }")
    for there in (
        '<h1 id="one--top">About this book', '<h1 id="two--top">', 'href="#two"',
        'href="#two--top"', 'href="#one--top"', 'aria-describedby="one--top"', "url(#one--top)",
        '<section class="page-one" id="one">', "<title>Title</title>", 'lang="en"',
        'data-theme="light"', "p { color: red }", "<p>cover</p>", "Two &amp; &quot;more&quot;",
        'content: "Two & \\"more\\""', '<details open="">told', '<img src="still.png"/>',
    ):  # fmt: skip
        assert there in text
    for gone in (
        "data/x.csv", "search.", "sidebar", 'href="two.html', "note", "¶", "folded", "press",
        'href="x.png', "noscript", 'class="cell"',
    ):  # fmt: skip
        assert gone not in text
    assert text.count("x.css") == text.count("MathJax") == 1 and "file" in text


def test_a_page_that_was_not_rendered_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="one.html was not rendered"):
        print_pages.joined(tmp_path, [Entry("one")], "", "", "")


# The browser


@in_a_browser
def test_a_browser_that_takes_too_long_is_ended():
    with pytest.raises(TimeoutError, match="took too long"), Page(seconds=5) as page:
        page.value("new Promise(() => 0)")


@in_a_browser
def test_what_chromium_refuses_is_said(started_chromium):
    started_chromium.renew(seconds=60)
    with pytest.raises(RuntimeError, match="No.such: "):
        started_chromium.ask("No.such")
    with pytest.raises(RuntimeError, match="nothing is not defined"):
        started_chromium.value("nothing")
