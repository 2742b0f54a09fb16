"""Run a script of the book as a reader would: in headless Chromium, or in Node.

It needs no extra package. Chromium opens a page as a file and prints the resulting HTML.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools import process_groups

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
)  # fmt: skip
ANSWER = re.compile(r'<pre id="answer">(.*?)</pre>', re.DOTALL)


def browser() -> str | None:
    """Return the path of Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def required() -> str:
    """Return the path of Chromium.

    Raises
    ------
    FileNotFoundError
        If it is not installed; the message says what to install.
    """
    found = browser()
    if found is None:
        raise FileNotFoundError(
            f"none of {', '.join(BROWSERS)} is installed; install one, for example with "
            "`apt install chromium`, `dnf install chromium` or `brew install --cask chromium`"
        )
    return found


def node() -> str | None:
    """Return the path of Node, or None."""
    return shutil.which("node")


def dom(
    page: str, *, seconds: float = 60, virtual_ms: int | None = None, options: Sequence[str] = ()
) -> str:
    """Open a page in Chromium and return the resulting HTML.

    Parameters
    ----------
    page : str
        HTML; it is opened as a file.
    seconds : float
        The browser is stopped after this time.
    virtual_ms : int, optional
        How long the page runs, on Chromium's virtual clock: it skips idle time and stops while a
        script computes. If left out, the page is printed as soon as it is loaded.
    options : sequence of str
        More options of the browser.

    Raises
    ------
    FileNotFoundError
        If Chromium is not installed.
    TimeoutError
        If it takes too long.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        return opened(file, seconds=seconds, virtual_ms=virtual_ms, options=options)


def opened(
    file: Path, *, seconds: float = 60, virtual_ms: int | None = None, options: Sequence[str] = ()
) -> str:
    """Open a file and all that it loads in Chromium; otherwise the same as :func:`dom`."""
    found = required()
    clock = [] if virtual_ms is None else [f"--virtual-time-budget={virtual_ms}"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = f"--user-data-dir={folder}"
        command = [found, *OPTIONS, "--dump-dom", *clock, *options, profile]
        command.append(file.resolve().as_uri())
        return _output(command, seconds)


def evaluate(script: str, sources: Sequence[Path], *, seconds: float = 60) -> Any:
    """Run scripts and a function body in Chromium, or else in Node, and return its value.

    Parameters
    ----------
    script : str
        JavaScript; its return value must be one that JSON can hold.
    sources : sequence of Path
        Scripts that run first; they must not need a page.
    seconds : float

    Raises
    ------
    FileNotFoundError
        If neither is installed.
    RuntimeError
        If the script throws an error, with its message.
    TimeoutError
        If it takes too long.
    """
    text, answer = joined(sources), expression(script)
    if browser() is not None:
        written = page(text + f"\nanswer.textContent = {answer};")
        return value(_text(dom(written, seconds=seconds)))
    if (found := node()) is None:
        raise FileNotFoundError(f"none of {', '.join(BROWSERS)} and no node found; install one")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.cjs"
        file.write_text(f"{text}\nconsole.log({answer});", encoding="utf-8")
        return value(_output([found, str(file)], seconds))


def joined(sources: Sequence[Path]) -> str:
    """Return the text of scripts that run one after another."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sources)


def expression(script: str) -> str:
    """Write JavaScript that calls a function body; :func:`value` reads the text that it gives."""
    return (
        "(() => { try { return JSON.stringify({ value: (() => {" + script + "\n})() }); } "
        "catch (error) { return JSON.stringify({ error: String(error) }); } })()"
    )


def value(text: str) -> Any:
    """Read what :func:`expression` gives: a value, or the message of a ``RuntimeError``."""
    given = json.loads(text)
    if "error" in given:
        raise RuntimeError(given["error"])
    return given["value"]


def page(script: str, body: str = "", head: str = "") -> str:
    """Write a page with a script, which may put JSON into the element ``answer``."""
    return (
        f'<!doctype html><html data-theme="light"><head><meta charset="utf-8">{head}</head>'
        f'<body>{body}<pre id="answer"></pre><script>{script}</script></body></html>'
    )


def answer(document: str) -> Any:
    """Read the JSON that the script of :func:`page` wrote."""
    return json.loads(_text(document))


def _text(document: str) -> str:
    found = ANSWER.search(document)
    if not found or not found[1]:
        raise RuntimeError(f"the page has no answer; its HTML ends with {document[-300:]!r}")
    return html.unescape(found[1])


def _output(command: Sequence[str], seconds: float) -> str:
    """Run a command and return its output; everything that it started is stopped at the end."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{command[0]} took longer than {seconds} s and was stopped") from None
    finally:
        process_groups.end(process)
    return output.decode("utf-8", "replace")
