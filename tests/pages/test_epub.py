"""The file for e-readers holds the whole book, and every page of it is XML that a reader can show.

The small book is rendered once for this file, with one more page: equations, a drawing, a picture
that a script draws, a wide table, and HTML that is no XML.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from importlib.util import find_spec
from xml.etree import ElementTree

import pytest

from tools import browser

WITHOUT = "what `make book` installs is not there to render with"
pytest.importorskip("bs4", reason=WITHOUT)
pytest.importorskip("sphinx", reason=WITHOUT)
pytest.importorskip("pypdf", reason=WITHOUT)
epub = pytest.importorskip("tools.epub", reason=WITHOUT)
epub_pages = pytest.importorskip("tools.epub_pages", reason=WITHOUT)
still_pages = pytest.importorskip("tools.still_pages", reason=WITHOUT)

in_a_browser = pytest.mark.skipif(
    browser.browser() is None or find_spec("jupyter_book") is None,
    reason=f"there is no jupyter-book, or none of {', '.join(browser.BROWSERS)}",
)
HTML, MATH, SVG = (
    f"{{http://www.w3.org/{name}}}" for name in ("1999/xhtml", "1998/Math/MathML", "2000/svg")
)
HARD = r"""# Hard to show

A vector $\mathbf{x}$ is no number $x$; a set $\mathcal{H}$.

$$
\begin{aligned}
a &= b \dots c, & \text{(Eq 1)} \\
d &= \bar n_\text{model} .
\end{aligned}
$$

<p>One line<br>and a picture <img src="_static/still.png" alt="A still" border=0 loading=lazy>
<a href="waves.html">a page</a> <a href="data/x.csv">a file</a>
<a href="https://a.org/far">a host</a></p>

<div><style>.mark { fill: red }</style><svg viewBox="0 0 10 10" preserveAspectRatio="none">
<rect class="mark" width="5" height="5"/></svg><label>a slider<input type=range></label>
<p hidden>only a script shows it</p><script>let x = 1 && 2;</script></div>

<div class="drawn"><canvas role="img" aria-label="A square"></canvas><button>turn</button>
<script>
const canvas = document.querySelector("canvas");
canvas.width = canvas.height = 8;
canvas.getContext("2d").fillRect(0, 0, 8, 8);
</script></div>

<details><summary>folded</summary>told</details>

| one | two | three |
| --- | --- | ---: |
| a & b | c | 3.5 |
"""


@pytest.fixture(scope="module")
def book(small_book, tmp_path_factory):
    """The small book and one page more."""
    folder = shutil.copytree(small_book, tmp_path_factory.mktemp("epub") / "book")
    (folder / "hard.md").write_text(HARD)
    toc = folder / "_toc.yml"
    toc.write_text(
        toc.read_text().replace("- file: waves\n", "- file: waves\n      - file: hard\n")
    )
    return folder


@pytest.fixture(scope="module")
def file(book, tmp_path_factory):
    """The finished file."""
    folder = tmp_path_factory.mktemp("made")
    n_pages, size = epub.make(book, folder / "work", folder / "made" / "book.epub")
    assert [path.name for path in (folder / "made").iterdir()] == ["book.epub"]
    assert size == (folder / "made" / "book.epub").stat().st_size
    assert n_pages == 7  # a cover, five pages, and the contents that a reader shows
    return folder / "made" / "book.epub"


@pytest.fixture(scope="module")
def packed(file):
    """All files in it, by name."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def page(packed, name):
    return ElementTree.fromstring(packed[f"{name}.xhtml"])


def words(packed, name):
    return " ".join(" ".join(page(packed, name).find(f"{HTML}body").itertext()).split())


# The book


@in_a_browser
def test_nothing_is_wrong_with_it(file):
    assert epub.faults(file) == []


@in_a_browser
@pytest.mark.parametrize("name, told", [
    ("index", "See the shore , Words"), ("waves", "A wave comes"), ("waves", "what it printed"),
    ("waves", "the end of a long line"), ("waves", "A question?"), ("waves", "An answer."),
    ("glossary", "Water that goes up and down."), ("hard", "One line and a picture"),
    ("hard", "a & b c 3.5"), ("hard", "told"), ("genindex", "wave"),
])  # fmt: skip
def test_what_the_pages_say_is_in_it(packed, name, told):
    assert words(packed, name).count(told) >= 1


@in_a_browser
@pytest.mark.parametrize("name, gone", [
    ("waves", "folded"), ("waves", "Show code"), ("waves", "Water that goes"), ("hard", "a slider"),
    ("hard", "only a script"), ("hard", "turn"), ("hard", r"\mathbf"), ("hard", "let x"),
])  # fmt: skip
def test_what_only_a_script_or_a_pointer_can_show_is_not(packed, name, gone):
    assert gone not in words(packed, name)


@in_a_browser
def test_equations_are_mathml_with_letters_that_a_reader_knows(packed):
    found = page(packed, "hard").iter(f"{MATH}math")
    told = {math.get("alttext"): "".join("".join(math.itertext()).split()) for math in found}
    assert told.pop(r"\mathbf{x}") == "𝐱" and told.pop("x") == "x"
    assert told.pop(r"\mathcal{H}") == "ℋ"
    ((tex, set_),) = told.items()
    assert (
        r"\begin{aligned}" in tex
        and "a=b…c" in set_
        and "(Eq 1)".replace(" ", "") in (set_.replace("\N{NO-BREAK SPACE}", ""))
    )
    (displayed,) = (m for m in page(packed, "hard").iter(f"{MATH}math") if m.get("display"))
    assert displayed.get("display") == "block"


@in_a_browser
def test_pictures_drawings_and_stills_are_in_it(packed):
    tree = page(packed, "hard")
    sources = {image.get("src"): image.get("alt") for image in tree.iter(f"{HTML}img")}
    assert sources == {"_static/still.png": "A still", "_images/still-1.png": "A square"}
    assert all(packed[name].startswith(b"\x89PNG") for name in sources)
    (drawing,) = tree.iter(f"{SVG}svg")
    assert drawing.get("viewBox") == "0 0 10 10" and drawing.get("preserveAspectRatio") == "none"
    (style,) = tree.find(f"{HTML}head").iter(f"{HTML}style")
    assert ".mark" in style.text  # moved to the head, with the drawing that needs it


@in_a_browser
def test_a_figure_has_its_number_its_caption_and_its_place(packed):
    (figure,) = page(packed, "waves").iter(f"{HTML}figure")
    (image,) = figure.iter(f"{HTML}img")
    (caption,) = figure.iter(f"{HTML}figcaption")
    assert figure.get("id") == "figure-drawn" and image.get("alt") == "A wave"
    words = " ".join("".join(caption.itertext()).split())
    assert words == "Figure 1.1 It goes up, by 5 %."
    links = [link.get("href") for link in page(packed, "waves").iter(f"{HTML}a")]
    assert "#figure-drawn" in links


@in_a_browser
def test_links_lead_to_pages_of_the_file_and_to_hosts_and_nowhere_else(packed):
    links = {link.get("href") for link in page(packed, "hard").iter(f"{HTML}a")}
    assert links >= {"waves.xhtml", "https://a.org/far"}
    assert not any(link and "csv" in link for link in links) and "a file" in words(packed, "hard")
    inside = [link.get("href") for link in page(packed, "index").iter(f"{HTML}a")]
    assert "waves.xhtml#shore" in inside and "glossary.xhtml" in inside


@in_a_browser
def test_it_has_a_cover_a_table_of_contents_and_says_what_it_is(packed):
    from matplotlib.image import imread

    opf = ElementTree.fromstring(packed["content.opf"])
    told = {node.tag.rpartition("}")[2]: node.text for node in opf[0] if node.text}
    assert told["title"] == "Molecular dynamics as a language"
    assert told["creator"] == "the lstm_md authors" and told["language"] == "en"
    items = {item.get("href"): item.get("properties") for item in opf[1]}
    assert items[epub.COVER] == "cover-image" and items["nav.xhtml"] == "nav"
    assert items["hard.xhtml"] == "mathml svg" and items["waves.xhtml"] == "mathml"
    assert items["index.xhtml"] is None
    pixels = imread(io.BytesIO(packed[epub.COVER]), format="png")
    assert pixels.shape[0] > pixels.shape[1] and pixels.std() > 0.05
    order = [item.get("idref") for item in opf[2]]
    assert len(order) == len(set(order)) == 6
    contents = words(packed, "nav")
    places = [contents.index(title) for title in ("A small book", "Waves", "Hard", "Words")]
    assert places == sorted(places)


@in_a_browser
def test_a_warning_of_the_renderer_is_an_error_and_the_last_file_stays(
    small_book, tmp_path, monkeypatch
):
    def plain(source):  # It takes most of the time to load the extensions that other pages need.
        return settings(source) | {"extensions": ["myst_parser"], "exclude_patterns": ["[!i]*"]}

    settings = epub.reader_configuration
    monkeypatch.setattr(epub, "reader_configuration", plain)
    monkeypatch.setattr(epub, "draw_cover", lambda picture, target: None)
    faulty = shutil.copytree(small_book, tmp_path / "faulty")
    (faulty / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (faulty / "index.md").write_text("# A small book\n\nSee {doc}`nothing`.\n")
    (tmp_path / "book.epub").write_bytes(b"the last one")
    with pytest.raises(
        still_pages.Faulty, match="(?s)could not be rendered.*unknown document.*nothing"
    ):
        epub.make(faulty, tmp_path / "work", tmp_path / "book.epub")
    assert (tmp_path / "book.epub").read_bytes() == b"the last one"


def test_without_chromium_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(browser, "BROWSERS", ("no-such-browser",))
    assert epub.main([str(tmp_path / "book.epub")]) == 1
    told = capsys.readouterr().err
    assert "no-such-browser" in told and "apt install chromium" in told
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_wrote_or_what_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(epub, "make", lambda *given: (3, 2_500_000))
    assert epub.main([str(tmp_path / "book.epub")]) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'book.epub'}: 3 pages, 2.5 MB\n"

    def faulty(*given):
        raise still_pages.Faulty("waves.xhtml: it is no XML")

    monkeypatch.setattr(epub, "make", faulty)
    assert epub.main([str(tmp_path / "book.epub")]) == 1
    assert "was not written: waves.xhtml: it is no XML" in capsys.readouterr().err


# The check

WHOLE = '<html xmlns="http://www.w3.org/1999/xhtml"><body id="top">{}</body></html>'


@pytest.mark.parametrize("body, complaint", [
    ("<p>open", "it is no XML"),
    ('<p id="top">x</p>', "the id 'top' is there twice"),
    ("<script>1</script>", "it has a <script>"),
    ("<canvas></canvas>", "it has a <canvas>"),
    ('<span class="math">x</span>', "an equation was not set: x"),
    ('<a href="no.xhtml">x</a>', "'no.xhtml' is not in the file"),
    ('<a href="page.xhtml#no">x</a>', "'page.xhtml#no' has no such anchor"),
    ('<a href="#no">x</a>', "'#no' has no such anchor"),
    ('<img src="no.png" alt=""/>', "'no.png' is not in the file"),
    ('<img src="https://a.org/x.png" alt=""/>', "'https://a.org/x.png' is on another host"),
])  # fmt: skip
def test_what_a_reader_cannot_show_is_said(tmp_path, body, complaint):
    file = tmp_path / "x.epub"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("page.xhtml", WHOLE.format(body))
    (found,) = epub.faults(file)
    assert found.startswith("page.xhtml: ") and complaint in found


def test_links_and_pictures_that_are_there_are_no_fault(tmp_path):
    file = tmp_path / "x.epub"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("a b.png", b"")
        body = (
            '<a href="#top">a</a><a href="page.xhtml#top">b</a><a href="https://a.org">c</a>'
            '<img src="a%20b.png" alt=""/><img src="data:image/png;base64,AA" alt=""/>'
        )
        archive.writestr("page.xhtml", WHOLE.format(body))
    assert epub.faults(file) == []


def test_only_pictures_that_are_files_of_the_book_are_copied():
    inline = "data:image/png;base64," + 300 * "A"  # too long for the name of a file
    page = "".join(f'<img src="{s}">' for s in ("a%20b.png", inline, "https://a.org/x.png"))
    assert list(epub_pages.pictures(still_pages.parsed(page))) == ["a b.png"]


def test_the_number_of_an_equation_is_no_part_of_it(monkeypatch, tmp_path):
    class Chromium:
        def open(self, file):
            pass

        def value(self, expression):
            assert json.dumps([["x", True]]) in expression
            return ["<math><mi>x</mi></math>"]

    monkeypatch.setattr(still_pages, "mathjax", lambda: tmp_path)
    text = r'<body><div class="math"><span class="eqno">(1)</span>\[x\]</div></body>'
    soup = still_pages.parsed(text)
    still_pages.with_equations(Chromium(), [soup])
    number = '<span class="eqno">(1)</span>'
    assert str(soup.div) == f'<div class="math">{number}<math alttext="x"><mi>x</mi></math></div>'


@pytest.mark.parametrize("answer", [
    "<math><merror><mtext>no</mtext></merror></math>",
    '<math><mtext mathcolor="red">\\no</mtext></math>',
    "nothing",
])  # fmt: skip
def test_an_equation_that_mathjax_cannot_read_is_named(answer):
    with pytest.raises(ValueError, match=r"cannot be set: \\no"):
        still_pages.mathml(answer, r"\no")


@in_a_browser
def test_a_command_that_mathjax_does_not_know_is_named():
    soup = still_pages.parsed(r'<body><span class="math">\(x \unheard y\)</span></body>')
    with still_pages.Page(seconds=60) as chromium:
        with pytest.raises(still_pages.Faulty, match=r"cannot be set: x \\unheard y"):
            still_pages.with_equations(chromium, [soup])


@pytest.mark.parametrize("given, expected", [
    ('<mi mathvariant="bold">W</mi>', "<mi>𝐖</mi>"),
    ('<mi mathvariant="bold-italic">x</mi>', "<mi>𝒙</mi>"),
    ('<mi mathvariant="normal">d</mi>', '<mi mathvariant="normal">d</mi>'),
    ('<mi mathvariant="bold">⊗</mi>', '<mi mathvariant="bold">⊗</mi>'),
    ('<mo data-mjx-texclass="OPEN" class="x">(</mo>', "<mo>(</mo>"),
])  # fmt: skip
def test_letters_keep_their_meaning_without_an_attribute(given, expected):
    math = still_pages.mathml(f"<math>{given}</math>", "x")
    assert str(math) == f'<math alttext="x">{expected}</math>'
