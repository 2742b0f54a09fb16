"""Prepare a release: ``make release VERSION=x.y.z`` writes the version and the date.

The version goes into ``lstm_md/__init__.py`` and CITATION.cff, the date into CITATION.cff and above
the notes in CHANGELOG.md. Nothing is committed, tagged or published.
"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date, datetime, timezone
from pathlib import Path

from lstm_md._support.files import whole_or_nothing
from tools.notebooks import ROOT

NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
UNRELEASED = re.compile(r"^## \[Unreleased\]\n(.*?)(?=^## \[|\Z)", re.MULTILINE | re.DOTALL)
NEXT = """{version}, {day}. Now
  read the page Release notes, and `git diff`
  make clean book test
  git commit -am "Version {version}"; git tag v{version}; git push origin main v{version}"""


def released(changelog: str) -> list[str]:
    """List the released versions, the newest first."""
    return re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)


def texts(root: Path, version: str, day: date) -> dict[Path, str]:
    """Write the new content of each file that holds the version.

    Raises
    ------
    ValueError
        If it is not a version, or not higher than the released ones, or if there are no notes.
    """
    package, citation, changelog = (
        root / name for name in ("lstm_md/__init__.py", "CITATION.cff", "CHANGELOG.md")
    )
    notes = changelog.read_text("utf-8")
    if not NUMBER.fullmatch(version):
        raise ValueError(f"VERSION: expected three numbers such as 0.2.0, found {version!r}")
    for before in released(notes):
        if _numbers(version) <= _numbers(before):
            raise ValueError(
                f"VERSION: expected more than {before}, found {version}; choose a higher one"
            )
    found = UNRELEASED.search(notes)
    if found is None or not re.search(r"^- ", found[1], re.MULTILINE):
        raise ValueError("CHANGELOG.md: nothing is listed under [Unreleased]; say what has changed")
    begin = found.end() - len(found[1])
    return {
        package: _with(package, r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"'),
        citation: _with(
            citation,
            r"(?m)^version: .*\n(?:date-released: .*\n)?",
            f"version: {version}\ndate-released: {day}\n",
        ),
        changelog: f"{notes[:begin]}\n## [{version}] - {day}\n{notes[begin:]}",
    }


def _with(path: Path, pattern: str, replacement: str) -> str:
    text, n = re.subn(pattern, replacement, path.read_text("utf-8"))
    if n != 1:
        raise ValueError(f"{path.name}: expected one line with the version, found {n}")
    return text


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def release(root: Path, version: str, day: date) -> None:
    """Write the version and its date; all checks come before the first file is written.

    Raises
    ------
    ValueError
        As in :func:`texts`, and if the checkout has uncommitted changes.
    """
    command = ["git", "-C", str(root), "status", "--porcelain"]
    changed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if changed:
        raise ValueError(f"there are changes that are not committed; commit them first:\n{changed}")
    for path, text in texts(root, version, day).items():
        with whole_or_nothing(path) as temporary:
            temporary.write_text(text, "utf-8")


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run the command line and return the exit status."""
    if len(arguments) != 1:
        print("give one version: make release VERSION=0.2.0", file=sys.stderr)
        return 2
    day = datetime.now(timezone.utc).date()
    try:
        release(root, arguments[0], day)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(NEXT.format(version=arguments[0], day=day))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
