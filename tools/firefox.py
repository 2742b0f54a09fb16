"""A page in headless Firefox, to check that the scripts of the book run there as well.

Firefox listens for requests of its own protocol, Marionette, on a port of this machine; no package
is needed. :class:`Page` has the methods of :class:`tools.devtools.Page` that both browsers know.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from pathlib import Path
from typing import Any

from tools.headless import Headless

BROWSERS = ("firefox-esr", "firefox")
# Firefox chooses a free port, writes it into its profile, and asks nobody for updates.
SETTINGS = """user_pref("marionette.port", 0);
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"""
ASK = """const done = arguments[arguments.length - 1];
(async () => (%s))().then(
  (value) => done({ value }),
  (error) => done({ error: String(error) }),
);"""


def browser() -> str | None:
    """Return the path of Firefox, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class Page(Headless):
    """One page in Firefox; a ``with`` block stops Firefox at its end.

    Parameters
    ----------
    seconds : float
        The browser is stopped after this time, counted from the start.

    Raises
    ------
    FileNotFoundError
        If Firefox is not installed.
    TimeoutError
        If it takes too long.
    RuntimeError
        If Firefox refused a request, or a script threw an error, with its message.
    """

    name = "Firefox"

    def __init__(self, *, seconds: float = 600) -> None:
        found = browser()
        if found is None:
            raise FileNotFoundError(
                f"none of {', '.join(BROWSERS)} is installed; install one, for example with "
                f"`apt install firefox-esr`"
            )
        super().__init__(seconds)
        profile = Path(self._folder.name)
        (profile / "user.js").write_text(SETTINGS, encoding="utf-8")
        command = [found, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
        self._socket: socket.socket | None = None
        own = {"HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"}
        self._start(command, env={**os.environ, **own})

    def _prepare(self) -> None:
        self._connect()
        self.ask("WebDriver:NewSession", capabilities={})
        self._limit()

    def _limit(self) -> None:
        """Let each request of a page take as long as there is time."""
        milliseconds = int(1000 * self._left())
        self.ask("WebDriver:SetTimeouts", script=milliseconds, pageLoad=milliseconds)

    def renew(self, *, seconds: float) -> None:
        """Begin with a new page, as :meth:`tools.devtools.Page.renew` does."""
        self._until = time.monotonic() + seconds
        made = self.ask("WebDriver:NewWindow", type="tab")["handle"]
        self.ask("WebDriver:CloseWindow")
        self.ask("WebDriver:SwitchToWindow", handle=made)
        self._limit()

    def close(self) -> None:
        """Stop the browser and everything that it started."""
        if self._socket:
            self._socket.close()
        super().close()

    def open(self, file: Path) -> None:
        """Open a file and wait until it is loaded."""
        self.ask("WebDriver:Navigate", url=file.resolve().as_uri())

    def value(self, expression: str) -> Any:
        """Evaluate JavaScript, or await its promise; the value must be one that JSON can hold."""
        answer = self.ask("WebDriver:ExecuteAsyncScript", script=ASK % expression, args=[])["value"]
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer.get("value")

    def ask(self, command: str, **given: Any) -> dict[str, Any]:
        """Send one request of the protocol and return its result."""
        assert self._socket is not None
        self._number += 1
        message = json.dumps([0, self._number, command, given]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._hear()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return result  # type: ignore[no-any-return]

    def _connect(self) -> None:
        """Wait for the port, and read the greeting."""
        file = Path(self._folder.name) / "MarionetteActivePort"
        while not (file.is_file() and file.read_text().strip()):
            if self._process.poll() is not None:
                raise RuntimeError("Firefox ended before it listened")
            self._left()
            time.sleep(0.1)
        self._socket = socket.create_connection(("127.0.0.1", int(file.read_text())), self._left())
        self._hear()

    def _hear(self) -> Any:
        """Read one message: its length, a colon, and so many bytes of JSON."""
        assert self._socket is not None
        while True:
            length, colon, rest = self._read.partition(b":")
            if colon and len(rest) >= int(length):
                self._read = rest[int(length) :]
                return json.loads(rest[: int(length)])
            self._socket.settimeout(self._left())
            try:
                more = self._socket.recv(1 << 20)
            except TimeoutError:
                raise self._too_slow() from None
            if not more:
                raise RuntimeError("Firefox ended unexpectedly")
            self._read += more
