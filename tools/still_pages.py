"""Do once, in Chromium, what scripts do on a page: set its equations, and draw its pictures.

An e-reader runs no scripts. So MathJax turns each equation into MathML, and a picture that a script
draws becomes a still.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from docutils.utils.math import mathalphabet2unichar as letters

from tools.devtools import Page
from tools.pdf import Faulty

STILLS = Path(__file__).with_name("pdf.js")
# MathML Core has characters of their own for bold and other letters, and no attribute.
VARIANTS = {
    "bold": letters.mathbf, "italic": letters.mathit, "script": letters.mathcal,
    "double-struck": letters.mathbb, "fraktur": letters.mathfrak, "monospace": letters.mathtt,
    "sans-serif": letters.mathsf, "bold-italic": letters.mathbfit,
}  # fmt: skip
EQUATIONS = """<!doctype html><script>MathJax = {{startup: {{typeset: false}}}}</script>
<script src="{}"></script>"""
DRAWN = "<!doctype html><meta charset=utf-8><body style='color: #000'>{}"
SIZE = {"width": 600, "height": 900, "deviceScaleFactor": 2}
SET = """
(async () => {
  await MathJax.startup.promise;
  const answers = []; // one after another: MathJax may load an extension for a command
  for (const [tex, display] of %s) answers.push(await MathJax.tex2mmlPromise(tex, { display }));
  return answers;
})()
"""


def mathjax() -> Path:
    """Return the path of the script that also sets the equations of the pages."""
    found = find_spec("sphinx-mathjax-offline")
    if found is None or found.origin is None:
        raise FileNotFoundError("sphinx-mathjax-offline is not installed; run `make book` once")
    return Path(found.origin).parent / "static" / "mathjax" / "tex-chtml.js"


def parsed(text: str) -> BeautifulSoup:
    """Parse HTML."""
    return BeautifulSoup(text, "html.parser")


def equation(node: Tag) -> tuple[str, bool]:
    """Return the TeX of an equation, without its brackets, and whether it is displayed.

    Examples
    --------
    >>> from bs4 import BeautifulSoup
    >>> equation(BeautifulSoup(r'<span class="math">\\(x = 1\\)</span>', "html.parser").span)
    ('x = 1', False)
    """
    number = node.select_one(".eqno")
    text = node.get_text() if number is None else node.get_text().replace(number.get_text(), "", 1)
    return re.sub(r"^\\[\[(]|\\[\])]$", "", text.strip()).strip(), node.name == "div"


def mathml(text: str, tex: str) -> Tag:
    """Turn MathJax's MathML into that of readers without a script, with the TeX beside it.

    Raises
    ------
    ValueError
        If MathJax could not read the equation.
    """
    math = parsed(text).math
    if math is None or math.find("merror") or math.find("mtext", mathcolor="red"):
        raise ValueError(f"an equation cannot be set: {tex}")
    for node in [math, *math.find_all(True)]:
        variant = node.attrs.pop("mathvariant", None)
        for name in [name for name in node.attrs if name.startswith("data-") or name == "class"]:
            del node[name]
        if variant is None:
            continue
        known = VARIANTS.get(str(variant), {})
        if node.string and all(letter in known for letter in node.string):
            node.string = "".join(known[letter] for letter in node.string)
        else:
            node["mathvariant"] = variant
    math["alttext"] = tex
    return math


def with_equations(page: Page, soups: Sequence[BeautifulSoup]) -> None:
    """Set all equations of some pages as MathML, in a page of Chromium.

    Raises
    ------
    Faulty
        If some cannot be set.
    """
    places = [node for soup in soups for node in soup.select("body .math")]
    asked = list(dict.fromkeys(map(equation, places)))
    if not asked:
        return
    with _opened(page, EQUATIONS.format(mathjax().as_uri())):
        try:
            answers = dict(zip(asked, page.value(SET % json.dumps(asked)), strict=True))
        except RuntimeError as error:
            raise Faulty(f"the equations cannot be set: {error}") from None
    wrong = []
    for node in places:
        tex, displayed = equation(node)
        try:
            math = mathml(answers[tex, displayed], tex)
        except ValueError as error:
            wrong.append(str(error))
            continue
        number = node.select_one(".eqno")
        node.clear()
        node.extend([math] if number is None else [number, math])
    if wrong:
        raise Faulty("\n".join(dict.fromkeys(wrong)))


def with_stills(page: Page, soups: Sequence[BeautifulSoup], folder: Path) -> None:
    """Replace each picture that a script draws by what it shows at first, in a page of Chromium."""
    places = [node for soup in soups for node in soup.select("body canvas")]
    for number, canvas in enumerate(places, 1):
        around = canvas.parent
        assert around is not None
        page.ask("Emulation.setDeviceMetricsOverride", mobile=False, **SIZE)
        with _opened(page, DRAWN.format(around)):
            page.value(STILLS.read_text("utf-8") + "\n;0")
            page.value("still(document.querySelector('canvas')).then(() => 0)")
            drawn = page.value("document.querySelector('canvas').toDataURL('image/png')")
        name = f"still-{number}.png"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(base64.b64decode(drawn.partition(",")[2]))
        picture = parsed("").new_tag("img", src=f"{folder.name}/{name}")
        picture["alt"] = str(canvas.get("aria-label", ""))
        around.clear()
        around.append(picture)


@contextmanager
def _opened(page: Page, text: str) -> Iterator[None]:
    """Open HTML as a file, which a ``with`` block removes at its end."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(text, "utf-8")
        page.open(file)
        yield
