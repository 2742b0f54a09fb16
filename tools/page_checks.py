"""Checks of the rendered pages: links, size, no other hosts, accessibility.

``python -m tools.page_checks [FOLDER]`` checks the pages of `make html` or `make book` without a
browser. The tests render the pages again, and also open each in Chromium.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tools import browser
from tools.notebooks import ROOT

CONFIG = ROOT / "_config.yml"
HEAVIEST = 1_000_000  # compressed bytes of a page with its styles, scripts and icons
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
# Packages that contain the script axe-core; the first has the newer version.
AXE = ("axe_playwright_python", "axe_core_python")
DESK, PHONE = 1280, 360  # pixels
SCREEN = 800  # pixels: the height of a screen on a desk
# Attributes whose address a browser loads when it opens a page.
LOADS = {
    ("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("object", "data"),
    ("embed", "src"), ("source", "src"), ("video", "src"), ("audio", "src"), ("track", "src"),
    ("input", "src"), ("video", "poster"),
}  # fmt: skip
ASKED = {"stylesheet", "preload", "modulepreload", "icon", "prefetch", "preconnect", "dns-prefetch"}
IN_STYLES = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """The ids and the addresses in a page.

    Attributes
    ----------
    ids : list of str
        Ids, and names of anchors.
    loads : list of (str, str)
        Tag and address of what a browser loads when it opens the page.
    links : list of str
        Addresses that a reader can follow.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.loads: list[tuple[str, str]] = []
        self.links: list[str] = []
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._style = tag == "style"
        if "id" in given:
            self.ids.append(given["id"])
        elif tag == "a" and "name" in given:
            self.ids.append(given["name"])
        if tag in ("a", "area") and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and not ASKED & set(given.get("rel", "").split()):
            self.links.append(given.get("href", ""))
            return
        self.loads += [(tag, given[name]) for of, name in LOADS if of == tag and given.get(name)]
        srcset = given.get("srcset", "")
        self.loads += [(tag, part.split()[0]) for part in srcset.split(",") if part.strip()]
        self.loads += [(tag, found) for found in addresses(given.get("style", ""))]

    def handle_data(self, data: str) -> None:
        if self._style:
            self.loads += [("style", found) for found in addresses(data)]


def addresses(styles: str) -> list[str]:
    """List the addresses in a style sheet."""
    return [found[1] or found[2] for found in IN_STYLES.finditer(styles)]


def pages(folder: Path) -> list[Path]:
    """List all pages, sorted."""
    return sorted(page for page in folder.rglob("*.html") if "_static" not in page.parts)


def render(
    folder: Path,
    book: Path = ROOT / "book",
    *,
    strict: bool = False,
    seconds: float | None = 600,
) -> Path:
    """Render the chapters without executing them, and return the folder of the pages.

    Parameters
    ----------
    folder : Path
    book : Path
    strict : bool
        Treat warnings as errors.
    seconds : float, optional
        Time limit; none if None.

    Raises
    ------
    RuntimeError
        If it fails, with all messages.
    """
    command = [sys.executable, "-m", "tools.jupyter_book", "build", str(book)]
    command += ["--config", str(CONFIG), "--path-output", str(folder), "-q"]
    command += ["--warningiserror", "--keep-going"] if strict else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds)
    if done.returncode:
        messages = f"{done.stdout}{done.stderr}".rstrip()
        raise RuntimeError(f"the book could not be rendered:\n{messages}")
    return folder / "_build" / "html"


def broken(folder: Path) -> list[str]:
    """List links, anchors, downloads and pictures that lead nowhere, and ids used twice."""
    read = {page.resolve(): _page(_stamp(page)) for page in pages(folder)}
    complaints = []
    for page, content in read.items():
        where = page.relative_to(folder.resolve())
        twice = {name for name, times in Counter(content.ids).items() if times > 1}
        complaints += [f"{where}: the id {name!r} is there twice" for name in sorted(twice)]
        for address in sorted({*content.links, *(address for _, address in content.loads)}):
            if why := _nowhere(page, address, read):
                complaints.append(f"{where}: {address!r} {why}")
    return complaints


def _nowhere(page: Path, address: str, read: Mapping[Path, Page]) -> str:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return ""
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return "is not there"
    anchor = unquote(parts.fragment)
    if anchor and target in read and anchor not in read[target].ids:
        return "has no such anchor"
    return ""


def foreign(folder: Path) -> list[str]:
    """List what pages and their style sheets load from other hosts."""
    complaints = []
    for page in pages(folder):
        asked = [(tag, address) for tag, address, _ in _asked(page)]
        complaints += [
            f"{page.relative_to(folder)}: <{tag}> asks {urlsplit(address).netloc}"
            for tag, address in asked
            if urlsplit(address).netloc
        ]
    return complaints


def _stamp(path: Path) -> tuple[Path, int, int]:
    """Return the path of a file and what changes with its content: it is read once for each."""
    about = path.stat()
    return path, about.st_mtime_ns, about.st_size


@cache
def _page(stamp: tuple[Path, int, int]) -> Page:
    return Page(stamp[0].read_text("utf-8"))


@cache
def _in_styles(stamp: tuple[Path, int, int]) -> list[str]:
    return addresses(stamp[0].read_text("utf-8"))


@cache
def _sent(stamp: tuple[Path, int, int]) -> int:
    path, _, size = stamp
    return size if path.suffix == ".woff2" else len(gzip.compress(path.read_bytes(), 6))


def _asked(page: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield the tag, address and file of what a page and its style sheets load."""
    for tag, address in _page(_stamp(page)).loads:
        path = page.parent / unquote(urlsplit(address).path)
        yield tag, address, path
        if path.suffix == ".css" and path.is_file():
            for inner in _in_styles(_stamp(path)):
                yield "style", inner, path.parent / unquote(urlsplit(inner).path)


def weight(page: Path) -> int:
    """Count the bytes that a server sends for a page with its scripts, styles and fonts.

    Servers compress text; fonts are compressed already. If a font has several formats, browsers
    take woff2.
    """
    sent = {page.resolve()}
    for _, address, path in _asked(page):
        if not urlsplit(address).scheme and path.suffix in (".js", ".mjs", ".css", ".woff2"):
            sent.add(path.resolve())
    return sum(_sent(_stamp(path)) for path in sent)


def axe() -> Path | None:
    """Return the path of axe-core's script, or None if no package with it is installed."""
    for name in AXE:
        found = find_spec(name)
        if found and found.origin:
            return Path(found.origin).with_name("axe.min.js")
    return None


def opened(folder: Path, names: Sequence[str], script: Path | None) -> dict[str, Any]:
    """Open each page in Chromium, one after another in a frame, and report what is found.

    Parameters
    ----------
    folder : Path
        The folder of the pages; a file is written there and removed at the end.
    names : sequence of str
    script : Path, optional
        axe-core; without it there are no violations.

    Returns
    -------
    dict
        For each page: ``violations`` of accessibility on a desktop, in the dark theme and on a
        phone; ``width`` of the page on a phone; ``height`` on a desktop; ``bar``, the lower end of
        the bar of claims there, or None; ``tables``, the largest number of tables on a screen
        there; ``asked``, the hosts that it loads from;
        ``networks``, the number of panels with a network that generates or is trained; and
        ``unset``, equations that were not set. If an error occurs, a string with its message.
        Of texts that look alike, axe measures the contrast of three, in one page; on a phone, it
        looks at what is shown or scrolls only there.
    """
    settings: dict[str, Any] = {
        "names": list(names),
        "axe": script and script.resolve().as_uri(),
        "rules": RULES,
    }
    settings |= {"desk": DESK, "phone": PHONE, "screen": SCREEN}
    code = Path(__file__).with_name("page_checks.js").read_text("utf-8")
    file = folder / "opened-by-the-checks.html"
    file.write_text(browser.page(f"const settings = {json.dumps(settings)};\n{code}"), "utf-8")
    try:
        document = browser.opened(
            file,
            seconds=600,
            virtual_ms=60_000 * len(names),
            options=[
                "--allow-file-access-from-files",
                "--force-prefers-reduced-motion",  # nothing may move during the checks
                f"--window-size={DESK + 100},900",
            ],
        )
    finally:
        file.unlink()
    return browser.answer(document)  # type: ignore[no-any-return]


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    folder = Path(arguments[0]) if arguments else ROOT / "_build" / "html"
    if not pages(folder):
        print(f"no pages in {folder}; run `make html`")
        return 1
    complaints = broken(folder) + foreign(folder)
    for page in pages(folder):
        if (bytes_ := weight(page)) > HEAVIEST:
            complaints.append(f"{page.relative_to(folder)}: {bytes_} bytes before pictures")
    print("\n".join(complaints), end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
