"""Run a script of the book where a reader would: in headless Chromium, or in Node.

Nothing is installed for it and nothing is driven from outside: a page is opened as a file, and what
it has become is printed.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
)  # fmt: skip
ANSWER = re.compile(r'<pre id="answer">(.*?)</pre>', re.DOTALL)


def browser() -> str | None:
    """The path of a Chromium, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def required() -> str:
    """The path of a Chromium.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says what to install.
    """
    found = browser()
    if found is None:
        raise FileNotFoundError(
            f"there is none of {', '.join(BROWSERS)}; install one, for example with "
            "`apt install chromium`, `dnf install chromium` or `brew install --cask chromium`"
        )
    return found


def node() -> str | None:
    """The path of Node, if it is there."""
    return shutil.which("node")


def dom(
    page: str, *, seconds: float = 60, virtual_ms: int | None = None, options: Sequence[str] = ()
) -> str:
    """What a page has become in Chromium, as HTML.

    Parameters
    ----------
    page : str
        HTML; it is opened as a file.
    seconds : float
        After that the browser is ended.
    virtual_ms : int, optional
        How long the page runs, on a clock that does not wait while nothing happens and stands still
        while a script computes. Without it the page is printed once it is loaded.
    options : sequence of str
        More of the browser's own.

    Raises
    ------
    FileNotFoundError
        If there is no Chromium.
    TimeoutError
        If it took longer.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        return opened(file, seconds=seconds, virtual_ms=virtual_ms, options=options)


def opened(
    file: Path, *, seconds: float = 60, virtual_ms: int | None = None, options: Sequence[str] = ()
) -> str:
    """What a file has become in Chromium, with the files that it loads; else as :func:`dom`."""
    found = required()
    clock = [] if virtual_ms is None else [f"--virtual-time-budget={virtual_ms}"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = f"--user-data-dir={folder}"
        command = [found, *OPTIONS, "--dump-dom", *clock, *options, profile]
        command.append(file.resolve().as_uri())
        return _output(command, seconds)


def evaluate(script: str, sources: Sequence[Path], *, seconds: float = 60) -> Any:
    """The value of a function body, after some scripts have run, in Chromium or else in Node.

    Parameters
    ----------
    script : str
        JavaScript; what it returns has to be of JSON's kinds.
    sources : sequence of Path
        Scripts that need no page.
    seconds : float

    Raises
    ------
    FileNotFoundError
        If there is neither.
    RuntimeError
        If the script threw; the message is its own.
    TimeoutError
        If it took longer.
    """
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    answer = (
        "(() => { try { return JSON.stringify({ value: (() => {" + script + "\n})() }); } "
        "catch (error) { return JSON.stringify({ error: String(error) }); } })()"
    )
    if browser() is not None:
        return _answer(dom(page(text + f"\nanswer.textContent = {answer};"), seconds=seconds))
    if (found := node()) is None:
        raise FileNotFoundError(f"there is none of {', '.join(BROWSERS)} and no node; install one")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.cjs"
        file.write_text(f"{text}\nconsole.log({answer});", encoding="utf-8")
        return _value(_output([found, str(file)], seconds))


def page(script: str, body: str = "", head: str = "") -> str:
    """A page with a script that may write JSON into the element ``answer``."""
    return (
        f'<!doctype html><html data-theme="light"><head><meta charset="utf-8">{head}</head>'
        f'<body>{body}<pre id="answer"></pre><script>{script}</script></body></html>'
    )


def answer(document: str) -> Any:
    """The JSON that a script wrote into a page of :func:`page`."""
    return json.loads(_text(document))


def _answer(document: str) -> Any:
    return _value(_text(document))


def _text(document: str) -> str:
    found = ANSWER.search(document)
    if not found or not found[1]:
        raise RuntimeError(f"the page gave no answer; it ends {document[-300:]!r}")
    return html.unescape(found[1])


def _value(text: str) -> Any:
    given = json.loads(text)
    if "error" in given:
        raise RuntimeError(given["error"])
    return given["value"]


def _output(command: Sequence[str], seconds: float) -> str:
    """Standard output; whatever the command started is ended with it."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{command[0]} took longer than {seconds} s and was ended") from None
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    return output.decode("utf-8", "replace")
