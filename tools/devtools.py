"""A page in headless Chromium that answers requests of the DevTools protocol through pipes.

``tools/browser.py`` opens a page and reads the result. Printing needs more: it has to wait until
all equations are set, collect the errors of the page, and print several times. The protocol runs
through pipes, so it opens no port and needs no package.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools import browser
from tools.headless import Headless

OPTIONS = [*browser.OPTIONS, "--remote-debugging-pipe", "--allow-file-access-from-files"]
# Chromium reads requests from file descriptor 3 and writes answers to file descriptor 4.
LAUNCHER = """
import fcntl, os, sys
asked, answers = (fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3])
os.dup2(asked, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
WRONG = {"error", "warning", "assert"}


class Page(Headless):
    """One page in Chromium; a ``with`` block stops Chromium at its end.

    Parameters
    ----------
    seconds : float
        The browser is stopped after this time, counted from the start.

    Attributes
    ----------
    complaints : list of str
        Errors and warnings from the page's console, its scripts and its requests.

    Raises
    ------
    FileNotFoundError
        If Chromium is not installed.
    TimeoutError
        If it takes too long.
    RuntimeError
        If Chromium ended or refused a request, with its message.
    """

    name = "Chromium"

    def __init__(self, *, seconds: float = 600) -> None:
        found = browser.required()
        super().__init__(seconds)
        self.complaints: list[str] = []
        theirs, self._asking = os.pipe()
        self._answers, theirs_too = os.pipe()
        command = [sys.executable, "-c", LAUNCHER, str(theirs), str(theirs_too), found, *OPTIONS]
        command += [f"--user-data-dir={self._folder.name}", "about:blank"]
        self._start(command, pass_fds=(theirs, theirs_too))
        os.close(theirs)
        os.close(theirs_too)
        self._target = self._session = ""
        self._loaded = False

    def _prepare(self) -> None:
        self._target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def renew(self, *, seconds: float) -> None:
        """Begin with a new page; nothing is left of the old one, its settings or its complaints.

        Starting Chromium takes longer than all that most pages do. ``seconds`` is the time from
        now until the browser is stopped.
        """
        self._until, self._session = time.monotonic() + seconds, ""
        self.ask("Target.closeTarget", targetId=self._target)
        self.complaints = []
        self._prepare()

    def evaluate(self, script: str, sources: Sequence[Path], *, seconds: float = 60) -> Any:
        """Run scripts and a function body in a new page: :func:`tools.browser.evaluate`."""
        self.renew(seconds=seconds)
        body = f"{browser.joined(sources)}\nreturn {browser.expression(script)};"
        return browser.value(self.value("(() => {" + body + "})()"))

    def close(self) -> None:
        """Stop the browser and everything that it started."""
        super().close()
        os.close(self._asking)
        os.close(self._answers)

    def open(self, file: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._loaded = False
        self.ask("Page.navigate", url=file.resolve().as_uri())
        while not self._loaded:
            self._hear()

    def value(self, expression: str) -> Any:
        """Evaluate JavaScript, or await its promise; the value must be one that JSON can hold."""
        answer = self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if details := answer.get("exceptionDetails"):
            raise RuntimeError(_message(details))
        return answer["result"].get("value")

    def ask(self, method: str, **given: Any) -> dict[str, Any]:
        """Send one request of the DevTools protocol and return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        try:
            os.write(self._asking, json.dumps(message).encode() + b"\0")
        except BrokenPipeError:
            raise RuntimeError(f"Chromium ended before {method}") from None
        while True:
            answer = self._hear()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]  # type: ignore[no-any-return]

    def _hear(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            left = max(0.0, self._until - time.monotonic())
            ready, _, _ = select.select([self._answers], [], [], left)
            if not ready:
                raise self._too_slow()
            more = os.read(self._answers, 1 << 20)
            if not more:
                raise RuntimeError("Chromium ended unexpectedly")
            self._read += more
        first, _, self._read = self._read.partition(b"\0")
        message: dict[str, Any] = json.loads(first)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, event: str | None, details: dict[str, Any]) -> None:
        if event == "Page.loadEventFired":
            self._loaded = True
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(_message(details["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and details["type"] in WRONG:
            words = (value.get("value", value.get("description")) for value in details["args"])
            self.complaints.append(" ".join(map(str, words)))
        elif event == "Log.entryAdded" and details["entry"]["level"] in WRONG:
            entry = details["entry"]
            self.complaints.append(f"{entry['text']} {entry.get('url', '')}".strip())


def _message(details: dict[str, Any]) -> str:
    return str(details.get("exception", {}).get("description") or details["text"])
