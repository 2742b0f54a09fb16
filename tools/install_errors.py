"""Why pip could not install a package, and what to do, in a few sentences.

It needs the standard library alone, because it is used when nothing else could be installed.
"""

from __future__ import annotations

import platform
import re
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAST = 60  # lines that can hold the reason; after a warning further up, pip went on
ADDRESS = re.compile(r"\b(?:https?|ftp|git\+\w+)://\S+")
HOST = re.compile(r"(?<=['\"(])[\w-]+(?:\.[\w-]+)+(?=['\",)])")  # in quotes or brackets
NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|name resolution|getaddrinfo failed|ProxyError"
    r"|Name or service not known|Network is unreachable|Connection (?:refused|reset|aborted)"
    r"|ConnectTimeout|ReadTimeout|timed out|Max retries exceeded|IncompleteRead|SSLError"
    r"|CERTIFICATE_VERIFY_FAILED|Tunnel connection failed|HTTP error (?:403|407|5\d\d)"
)
COMPILER = re.compile(
    r"(?:unable to execute|command) '\S*(?:gcc|cc|g\+\+|c\+\+|clang|gfortran)\S*'.*No such file"
    r"|(?:gcc|cc|g\+\+|c\+\+|clang|gfortran): (?:command )?not found|Unknown compiler\(s\)"
    r"|Microsoft Visual C\+\+ .*required|No CMAKE_CX*_COMPILER could be found"
)
BUILD = re.compile(
    r"Failed building wheel|Failed to build|Could not build wheels|metadata-generation-failed"
    r"|build dependencies did not run|subprocess-exited-with-error"
)
NO_FILE = re.compile(
    r"(?:No matching distribution found for|that satisfies the requirement) (?P<name>[^\s;(]+)"
)
OTHER_PYTHON = re.compile(r"Package '(?P<name>[\w.-]+)' requires a different Python")
REQUIRES = r"[ ;]{} Requires-Python ([^;\n]+)"  # in pip's list of the versions that it passed over
CONFLICT = re.compile(r"ResolutionImpossible|conflicting dependencies")
# What pip or the system has written, and what it means. The first that fits counts.
CAUSES = {
    re.compile(r"No space left on device|Errno 28\b|Disk quota exceeded|not enough space"): (
        "The disk is full{at}. The packages and the book need 4 GB. pip also needs room for "
        "temporary files; TMPDIR=FOLDER puts them elsewhere."
    ),
    re.compile(r"\bMemoryError\b|^Killed$", re.MULTILINE): (
        "There was not enough memory{at}. End other programs, and try again."
    ),
    re.compile(r"No module named pip\b|No module named ensurepip"): (
        "This Python has no pip. On Debian and Ubuntu, install the package python3-venv. Then "
        "remove .venv and try again."
    ),
    re.compile(r"Permission denied|Errno 13\b|Read-only file system"): (
        "A file could not be written{at}; the message above names it. Perhaps another user has "
        "made .venv or _build. Remove them, or take another copy of the project."
    ),
    NETWORK: (
        "pip could not reach the package registry{at}. Check the network and try again; what was "
        "downloaded is kept. Behind a proxy, set HTTPS_PROXY, and PIP_CERT if the proxy has a "
        "certificate of its own. Without a network, put all wheels into a folder, and set "
        "PIP_NO_INDEX=1 and PIP_FIND_LINKS=FOLDER."
    ),
    re.compile(r"DO NOT MATCH THE HASHES|BadZipFile|is not a zip file|has an invalid wheel"): (
        "A file was damaged on its way{at}. Run `.venv/bin/python -m pip cache purge`, and try "
        "again."
    ),
    COMPILER: (
        "{name} has no wheel for {here}. pip tried to compile it and found no compiler. {other} "
        "Or install a compiler: on Debian and Ubuntu the packages g++ and python3-dev, on macOS "
        "Apple's command line tools."
    ),
    BUILD: (
        "{name} has no wheel for {here}. pip tried to compile it, and that failed. {other}"
    ),
    OTHER_PYTHON: "{name} does not run on {here}. {other}",
    NO_FILE: (
        "There is no file of {name} for {here}. Either the name or the version is wrong, or the "
        "package does not support this Python or this system. {other}"
    ),
    CONFLICT: (
        "Some versions do not fit together; the message above names them. Restore constraints.txt "
        "and pyproject.toml as they were committed. `make pins` makes new constraints."
    ),
}  # fmt: skip
# Where pip names the package that it is at, the surest place first.
NAMES = (
    OTHER_PYTHON,
    NO_FILE,
    re.compile(r"(?:Failed building wheel for|Could not build wheels for) (?P<name>[\w.-]+)"),
    re.compile(r"^╰─> (?P<name>[\w.-]+)$", re.MULTILINE),
    re.compile(r"^\s*(?:Collecting|Building wheel for|Obtaining) (?P<name>[^\s;(]+)", re.MULTILINE),
)


def explain(output: str, status: int = 1) -> str:
    """Say which package could not be installed, why, and what to do.

    Parameters
    ----------
    output : str
        What pip wrote.
    status : int
        Its exit status; -9 if the system has killed it.
    """
    last = "\n".join(output.splitlines()[-LAST:]) + ("\nKilled" if status == -9 else "")
    name = package(output)
    words = {
        "name": name or "A package",
        "at": f" (pip was at {name})" if name else "",
        "here": f"Python {platform.python_version()} on {sysconfig.get_platform()}",
        "other": other_python(),
    }
    version = re.escape(name.partition("==")[2])
    if version and (needs := re.search(REQUIRES.format(version), output)):
        return "{name} needs Python {needs}, and this is {here}. {other}".format(
            needs=needs[1].strip(), **words
        )
    found = (sentence for cause, sentence in CAUSES.items() if cause.search(last))
    sentence = next(found, "pip ended with the status {status}{at}. Its last lines are above.")
    return sentence.format(status=status, **words)


def package(output: str) -> str:
    """Return the package that pip was at, or an empty string.

    >>> package("Collecting keras==3.15.1\\nCollecting jax>=0.4 (from lstm-md)")
    'jax>=0.4'
    """
    for pattern in NAMES:
        if found := [match["name"] for match in pattern.finditer(output)]:
            return found[-1]
    return ""


def other_python() -> str:
    """Say for which Pythons the versions are pinned, and how to take another one."""
    low, high = pythons()
    return (
        f"The versions in constraints.txt are for Python 3.{low} to 3.{high}. To take "
        "another Python, remove .venv and run for example `make PYTHON=python3.12 book`."
    )


def pythons() -> tuple[int, int]:
    """Return the lowest and the highest minor version of Python 3 that the project is for."""
    project = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    line = next(line for line in project if line.startswith("requires-python"))
    low, below = map(int, re.findall(r"3\.(\d+)", line))
    return low, below - 1


def without_addresses(line: str) -> str:
    """Take addresses out of a line, because they can hold a password.

    >>> without_addresses("Looking in indexes: https://me:secret@example.org/simple")
    'Looking in indexes: ADDRESS'
    """
    line = ADDRESS.sub("ADDRESS", line)
    return HOST.sub("ADDRESS", line) if NETWORK.search(line) else line
