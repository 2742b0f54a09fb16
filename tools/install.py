"""Install packages with pip: ``python -m tools.install ARGUMENT…`` passes the arguments to pip.

While pip works, a line says how far it is. If it fails, the last words are which package could not
be installed, why, and what to do; ``_build/install.log`` keeps what pip wrote. The module needs
the standard library alone, because it runs in an environment that has nothing but pip.
"""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tools.install_errors import ROOT, explain, without_addresses
from tools.waiting import Status, left

LOG = ROOT / "_build" / "install.log"
SHOWN, LONGEST = 12, 400  # lines of pip that are shown when it fails, and their characters
PIP = ("-m", "pip", "install", "--progress-bar=off", "--no-input", "--disable-pip-version-check")


class Steps:
    """How far pip is: first it finds all packages, then it installs them.

    Parameters
    ----------
    n_expected : int
        About how many packages there are.
    site : Path
        The folder into which they are installed.
    """

    def __init__(self, n_expected: int, site: Path) -> None:
        self.n_expected, self.site = n_expected, site
        self.found: set[str] = set()
        self.n_installing = self.n_before = 0
        self.begun = time.monotonic()

    def read(self, line: str) -> None:
        """Take notice of a line that pip has written."""
        if line.startswith("Collecting "):
            self.found.add(re.split(r"[^\w.-]", line.removeprefix("Collecting "))[0])
        elif line.startswith("Installing collected packages: "):
            self.n_installing, self.n_before = line.count(",") + 1, self.n_there()
            self.begun = time.monotonic()

    def n_there(self) -> int:
        """Count the packages in the environment."""
        return sum(1 for _ in self.site.glob("*.dist-info"))

    def in_words(self) -> str:
        """Say how far pip is, and how long this step still takes."""
        step, n, total = "finding packages", len(self.found), self.n_expected
        if self.n_installing:
            step, n, total = (
                "installing packages",
                self.n_there() - self.n_before,
                self.n_installing,
            )
        n, took = max(min(n, total), 0), time.monotonic() - self.begun
        words = f"{step}: {n} of {'' if self.n_installing else 'about '}{total}"
        return f"{words}, {left(took * (total - n) / n)}" if n else words


def run(arguments: Sequence[str], steps: Steps, status: Status) -> tuple[int, list[str]]:
    """Run pip, show how far it is, and return its exit status and its lines."""
    lines: queue.Queue[str | None] = queue.Queue()
    command = [sys.executable, *PIP, *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip

        def listen() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=listen, daemon=True).start()
        written: list[str] = []
        while True:
            status.show(steps.in_words())
            try:
                line = lines.get(timeout=1)
            except queue.Empty:
                continue
            if line is None:
                break
            written.append(without_addresses(line.rstrip()))
            steps.read(line)
    status.clear()
    return process.returncode, written


def main(arguments: Sequence[str]) -> int:
    """Run pip with these arguments, and return the exit status."""
    names = re.findall(r"^[\w.-]+", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    steps = Steps(len(set(names)), Path(sysconfig.get_path("purelib")))
    status, begin = Status(), time.monotonic()
    status.line(
        f"pip installs into {Path(sys.prefix).name}; all packages of the book take about 4 minutes "
        "if they were downloaded before, and longer if not"
    )
    try:
        code, lines = run(arguments, steps, status)
    except KeyboardInterrupt:
        return 130
    if code == 0:
        LOG.unlink(missing_ok=True)
        status.line(f"installed in {time.monotonic() - begin:.0f} s")
        return 0
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("\n".join(lines) + "\n", "utf-8")
    for line in [line for line in lines if line.strip()][-SHOWN:]:
        print(line if len(line) <= LONGEST else f"{line[:LONGEST]} …", file=sys.stderr)
    print(f"\n{explain(chr(10).join(lines), code)}", file=sys.stderr)
    print(f"All that pip wrote is in {os.path.relpath(LOG)}.", file=sys.stderr)
    return code if code > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
