"""The rendered pages are complete, small and accessible, and load nothing from other hosts.

They are rendered once for this file, without executing a chapter. Each is opened once in Chromium.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools import browser, devtools, light_pages, page_checks, repository
from tools.notebooks import BOOK, chapters, toc
from tools.page_checks import (
    HEAVIEST,
    PHONE,
    SCREEN,
    Page,
    broken,
    foreign,
    opened,
    pages,
    render,
    weight,
)

pytestmark = pytest.mark.skipif(
    find_spec("jupyter_book") is None, reason="there is no jupyter-book to render the pages with"
)
in_a_browser = pytest.mark.skipif(
    browser.browser() is None, reason=f"there is none of {', '.join(browser.BROWSERS)}"
)
with_axe = pytest.mark.skipif(
    page_checks.axe() is None, reason=f"none of {', '.join(page_checks.AXE)} is installed"
)
NOT_FOUND = "404.html"  # stands alone
NAMES = sorted([*(f"{Path(name).stem}.html" for name in toc()), "search.html"])


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The folder of the pages."""
    return render(tmp_path_factory.mktemp("rendered"))


@pytest.fixture(scope="module")
def seen(book):
    """What Chromium finds in each page."""
    return opened(book, NAMES, page_checks.axe())


@pytest.fixture
def found(seen, name):
    """What Chromium finds in one page."""
    assert not isinstance(seen[name], str), seen[name]
    return seen[name]


# The files


def test_every_chapter_is_a_page(book):
    assert set(NAMES) <= {page.name for page in pages(book)}


def test_every_link_anchor_download_and_picture_is_there(book):
    assert broken(book) == []


def test_each_chapter_can_be_downloaded_as_it_is(book):
    for chapter in chapters():
        page = Page((book / f"{chapter.stem}.html").read_text("utf-8"))
        assert f"_sources/{chapter.name}" in page.links
        assert (book / "_sources" / chapter.name).read_bytes() == chapter.read_bytes()
        opens = [link for link in page.links if re.search("colab[.]research|mybinder", link)]
        assert len(opens) == (2 if repository.current() else 0), chapter.stem


def test_no_page_asks_another_host(book):
    assert foreign(book) == []


def test_every_page_is_small_before_its_pictures(book):
    weights = {page.name: weight(page) for page in pages(book)}
    assert {name: n for name, n in weights.items() if n > HEAVIEST} == {}
    del weights[NOT_FOUND]  # it has no scripts and no styles of the theme
    assert min(weights.values()) > 100_000  # styles and scripts are counted


def test_every_picture_has_a_text_for_who_cannot_see_it(book):
    for page in pages(book):
        for tag in re.findall(r"<img\b[^>]*>", page.read_text("utf-8")):
            assert re.search(r'\balt="[^"]', tag), f"{page.name}: {tag}"


def test_no_page_declares_a_constant_twice_or_loads_the_icons_again(book):
    for page in pages(book):
        text = page.read_text("utf-8")
        once = page.name != NOT_FOUND
        assert text.count("const THEBE_JS_URL") == once and "fontawesome.js" not in text, page.name


def test_pages_are_light_or_dark_as_the_system_of_the_reader_is(book):
    for page in pages(book):
        if page.name != NOT_FOUND:  # it has no theme
            text = page.read_text("utf-8")
            assert 'data-default-mode="auto"' in text and '|| "auto"' in text, page.name


def test_only_pages_with_equations_load_the_script_that_sets_them(book):
    for page in pages(book):
        text = page.read_text("utf-8")
        assert ("/mathjax/" in text) == bool(light_pages.EQUATION.search(text)), page.name


# The pages in a browser


@in_a_browser
@with_axe
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_no_violation(found):
    assert found["violations"] == []


@in_a_browser
@pytest.mark.parametrize("name", NAMES)
def test_on_a_phone_the_page_does_not_scroll_sideways(found):
    assert found["width"] <= PHONE


@in_a_browser
def test_the_landing_page_has_three_screens_and_the_bar_is_on_the_first(seen):
    assert seen["index.html"]["height"] <= 3 * SCREEN
    assert 0 < seen["index.html"]["bar"] <= SCREEN
    assert seen["glossary.html"]["bar"] is None


@in_a_browser
def test_a_screen_of_a_chapter_shows_two_tables_at_most(seen):
    tables = {path.stem: seen[f"{path.stem}.html"]["tables"] for path in chapters()}
    assert {name: n for name, n in tables.items() if n > 2} == {}
    assert max(tables.values()) == 2  # they are counted


@in_a_browser
@pytest.mark.parametrize("name", NAMES)
def test_what_a_page_loads_while_it_runs_is_from_here(found):
    assert found["asked"] == []


@in_a_browser
@pytest.mark.parametrize("name", NAMES)
def test_every_equation_is_set(found):
    assert found["unset"] == []


@in_a_browser
def test_the_networks_in_the_pages_were_looked_at_too(seen):
    found = {name: seen[name]["networks"] for name in NAMES if seen[name]["networks"]}
    assert found == {"kinetics_of_three_states.html": 1, "laboratory.html": 2}


SEARCHES = {
    "commit time": "kinetics_of_three_states.html",
    "path entropy": "what_the_loss_learns.html",
}


@in_a_browser
def test_the_pages_around_the_chapters_fit_on_paper(book):
    """`make pdf` looks at the chapters and the reference, too; that takes minutes."""
    pdf = pytest.importorskip(
        "tools.pdf", reason="what `make book` installs is not there to print with"
    )
    names = {path.stem for path in chapters()}
    entries = [
        entry
        for entry in pdf.entries(BOOK)
        if entry.name not in names and not entry.name.startswith("package")
    ]
    assert {"index", "ledger"} <= {entry.name for entry in entries}
    file = book / "printed.html"
    file.write_text(pdf.joined(book, entries, "The pages", "", pdf.styles()), "utf-8")
    with devtools.Page(seconds=240) as page:
        found = pdf.laid_out(page, file)
    file.unlink()
    assert found == []


@pytest.fixture(scope="module")
def results(book):
    """The addresses that the search page lists for each query."""
    code = """(async () => {
      const found = {};
      for (const [query, address] of Object.entries(%s)) {
        const frame = document.createElement("iframe");
        frame.src = address;
        document.body.append(frame);
        await new Promise((go) => (frame.onload = go));
        await new Promise((go) => setTimeout(go, 6000));
        const links = frame.contentDocument.querySelectorAll("#search-results ul.search li > a");
        found[query] = [...links].map((link) => link.getAttribute("href"));
      }
      answer.textContent = JSON.stringify(found);
    })()"""
    address = (book / "search.html").resolve().as_uri() + "?q="
    addresses = {query: address + query.replace(" ", "+") for query in SEARCHES}
    file = book / "searched.html"
    file.write_text(browser.page(code % json.dumps(addresses)), "utf-8")
    options = ["--allow-file-access-from-files"]
    try:
        return browser.answer(browser.opened(file, virtual_ms=30_000, options=options))
    finally:
        file.unlink()


@in_a_browser
@pytest.mark.parametrize("query", SEARCHES)
def test_the_search_finds_pages(results, query):
    pages = {result.partition("?")[0].partition("#")[0] for result in results[query]}
    assert SEARCHES[query] in pages


# The checks find faults


@pytest.fixture
def small(tmp_path):
    """Two pages with a style sheet and without faults."""
    (tmp_path / "one.html").write_text(
        '<!doctype html><html lang="en"><head><title>One</title>'
        '<link rel="stylesheet" href="plain.css?v=1"><link rel="canonical" href="https://a.org/">'
        '</head><body><main><h1 id="top">One</h1><a href="two.html#a%20b">two</a> '
        '<a href="#top">up</a> <a href="https://a.org/gone">away</a></main></body></html>'
    )
    (tmp_path / "two.html").write_text(
        '<!doctype html><html lang="en"><head><title>Two</title></head>'
        '<body><main><h1 id="a b">Two</h1></main></body></html>'
    )
    (tmp_path / "plain.css").write_text("h1 { color: black }")
    assert broken(tmp_path) == foreign(tmp_path) == []
    return tmp_path


def put(folder, text):
    """Write something into the body of the first page."""
    page = folder / "one.html"
    page.write_text(page.read_text().replace("</main>", f"{text}</main>"))


@pytest.mark.parametrize("text, complaint", [
    ('<a href="three.html">x</a>', "one.html: 'three.html' is not there"),
    ('<a href="two.html#c">x</a>', "one.html: 'two.html#c' has no such anchor"),
    ('<a href="#c">x</a>', "one.html: '#c' has no such anchor"),
    ('<a href="data/x.csv" download>x</a>', "one.html: 'data/x.csv' is not there"),
    ('<img src="x.png" alt="x">', "one.html: 'x.png' is not there"),
    ('<p id="top">x</p>', "one.html: the id 'top' is there twice"),
])  # fmt: skip
def test_what_leads_nowhere_is_found(small, text, complaint):
    put(small, text)
    assert broken(small) == [complaint]


@pytest.mark.parametrize("text, tag", [
    ('<script src="https://a.org/x.js"></script>', "script"),
    ('<script src="//a.org/x.js"></script>', "script"),
    ('<iframe src="http://a.org/"></iframe>', "iframe"),
    ('<img alt="x" src="one.html" srcset="one.html 1x, https://a.org/x.png 2x">', "img"),
    ('<link rel="preconnect" href="https://a.org">', "link"),
    ("<style>@import 'https://a.org/x.css';</style>", "style"),
    ('<p style="background: url(https://a.org/x.png)">x</p>', "p"),
])  # fmt: skip
def test_what_asks_another_host_is_found(small, text, tag):
    put(small, text)
    assert foreign(small) == [f"one.html: <{tag}> asks a.org"]


def test_a_font_of_another_host_in_a_style_sheet_is_found(small):
    (small / "plain.css").write_text("@font-face { src: url('https://a.org/x.woff2') }")
    assert foreign(small) == ["one.html: <style> asks a.org"]


def test_a_page_weighs_what_it_loads(small):
    before = weight(small / "one.html")
    noise = random.Random(1).randbytes(50_000)
    for name in ("x.js", "x.woff2", "x.ttf", "x.png"):
        (small / name).write_bytes(noise)
    assert weight(small / "one.html") == before
    put(small, '<img alt="x" src="x.png"><script src="x.js?v=1"></script>')
    (small / "plain.css").write_text("@font-face { src: url(x.woff2), url(x.ttf) }")
    added = weight(small / "one.html") - before
    assert added == pytest.approx(50_000 + len(gzip.compress(noise, 6)), abs=200)


@in_a_browser
@with_axe
def test_violations_are_found_on_a_desk_in_the_dark_and_on_a_phone(small):
    shutil.copy(small / "one.html", small / "three.html")
    put(small, """<img src="one.html"><p id="pale">pale</p><p id="wide"><i>wide</i></p>
      <p id="narrow"><img src="two.html"></p>
      <style>html[data-theme=dark] { background: black; color: white }
      [data-theme=dark] #pale { color: #222 }
      #narrow { display: none }
      @media (max-width: 600px) { #wide { overflow-x: auto } #wide i { padding: 9px 400px }
        #narrow { display: block } }
      </style>""")  # fmt: skip
    told = opened(small, ["one.html", "three.html", "two.html"], page_checks.axe())
    found = {
        line.split(": ")[0] + " " + line.split(": ")[1] for line in told["one.html"]["violations"]
    }
    assert {"desk image-alt", "dark color-contrast", "phone image-alt"} <= found
    assert "phone scrollable-region-focusable" in found and "desk color-contrast" not in found
    assert told["two.html"]["violations"] == told["three.html"]["violations"] == []


ROWS = 50 * "<tr><td>one</td><td>two</td></tr>"
PALE = '<i style="color: #ddd">{}</i>'
ON_DARK = '<p style="background: #222; color: #eee">words</p>'
BLACK = '<b style="position: absolute; left: 0; width: 99px; height: 99px; background: #222"></b>'
# Three texts of each kind are looked at. In each of these, the fault is in another one, or in a
# text that axe leaves out unless it is asked for.
ALIKE = {
    "cell": f"<table>{ROWS}<tr><td>{PALE.format('x y')}</td></tr>{ROWS}</table>",
    "background": 4 * ON_DARK + ON_DARK.replace("#222", "#ccc"),
    "opacity": f'{ROWS}<div style="opacity: 0.3"><p>text</p></div>',
    "letter": PALE.format("x"),
    "sign": PALE.format("→"),
    "dots": 4 * PALE.format("...") + PALE.format("words"),  # axe does not look at dots
    "size": '<p style="font-size: 24px; color: #888">large</p><p style="color: #888">small</p>',
    "patch": "<p>words</p><div style='position: relative; height: 99px'>"
    f"{BLACK}<p style='position: relative; width: 60px'>words</p></div>",
    "again": f"<aside><p>words</p>{PALE.format('words')}</aside>",  # as on another page
    "sidebar": f'<nav tabindex="0" style="overflow: auto; height: 50px">'
    f"{40 * '<p>words</p>'}{PALE.format('last')}</nav>",
    "control": '<button>words</button><button style="color: #ddd">words</button>',
}


@in_a_browser
@with_axe
def test_of_many_texts_that_look_alike_a_faulty_one_is_found(small):
    whole = (small / "two.html").read_text()
    for name, body in ALIKE.items():
        (small / f"{name}.html").write_text(whole.replace("</h1>", f"</h1>{body}"))
    told = opened(small, ["two.html", *(f"{name}.html" for name in ALIKE)], page_checks.axe())
    assert told.pop("two.html")["violations"] == []
    for name, found in told.items():
        kinds = [line.split(": ")[:2] for line in found["violations"]]
        assert kinds == [["desk", "color-contrast"], ["dark", "color-contrast"]], name


@in_a_browser
def test_what_is_too_wide_unset_or_asks_while_it_runs_is_found(small):
    put(small, """<div style="width: 500px">wide</div><span class="math">\\\\(x\\\\)</span>
      <script>new Image().src = "http://127.0.0.1:9/x.png"</script>""")  # fmt: skip
    told = opened(small, ["one.html", "two.html"], None)
    assert told["one.html"]["width"] >= 500 and told["two.html"]["width"] == PHONE
    assert told["one.html"]["asked"] == ["127.0.0.1:9"] and told["two.html"]["asked"] == []
    assert len(told["one.html"]["unset"]) == 1 and told["two.html"]["unset"] == []


def test_pages_that_were_not_rendered_are_said_to_be(tmp_path, capsys):
    assert page_checks.main([str(tmp_path)]) == 1
    assert "no pages in" in capsys.readouterr().out


def test_the_command_says_what_is_wrong(small, capsys):
    assert page_checks.main([str(small)]) == 0
    put(small, '<a href="#c">x</a><iframe src="http://a.org/"></iframe>')
    assert page_checks.main([str(small)]) == 1
    assert capsys.readouterr().out.count("\n") == 2


def test_where_axe_is_not_installed_nothing_is_made_of_it(monkeypatch):
    monkeypatch.setattr(page_checks, "AXE", ("no_such_package",))
    assert page_checks.axe() is None


def test_a_page_says_what_it_loads_and_what_it_links():
    page = Page('<a href="x.html" id="a"></a><link rel="next" href="y.html"><script src="z.js">')
    assert page.links == ["x.html", "y.html"] and page.loads == [("script", "z.js")]
    assert page.ids == ["a"]
