"""Put together what is published: ``python -m tools.publish [--without VERSION]``.

The root of ``_build/site`` has the pages of this checkout, as ``make book`` or ``make html``
rendered them, and the PDF and the EPUB if they were made. Each released version stays at an address
of its own, such as ``v0.1.0/``. Its pages are rendered from its tag, with the packages of that
time, and kept in ``_build/releases``. ``versions.json`` and ``versions.html`` list the versions.
Each page gets a line that leads there.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.notebooks import ROOT
from tools.release import NUMBER, released

FILES = {"lstm_md.pdf": "as a PDF", "lstm_md.epub": "for e-readers (EPUB)"}
FOOTER = re.compile(r'<div class="extra_footer">.*?</div>', re.DOTALL)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body {{font: 1.1rem/1.5 sans-serif; max-width: 34rem; margin: 10vh auto; padding: 0 1rem}}
</style>
</head><body><h1>{title}</h1>
{body}
</body></html>
"""


class Unpublished(Exception):
    """Something that belongs to the pages is missing; the message says what to do."""


@dataclass(frozen=True)
class Version:
    """A released version: its number, the day of its tag, and whether its pages are there."""

    number: str
    day: str
    rendered: bool = True

    @property
    def folder(self) -> str:
        """Its address below the root, which is also the name of its tag."""
        return f"v{self.number}"


def git(root: Path, *arguments: str) -> str:
    """Run git and return what it prints.

    Raises
    ------
    Unpublished
        If git fails, for example because the folder is no checkout; with its message.
    """
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unpublished(
            f"git {arguments[0]} failed; released versions are taken from the tags of a checkout, "
            f"so publish from one:\n{done.stderr}".rstrip()
        )
    return done.stdout


def versions(root: Path) -> list[Version]:
    """List the released versions by their tags, the newest first.

    Raises
    ------
    Unpublished
        If CHANGELOG.md lists a version that has no tag here. Its address would be lost.
    """
    found = []
    for tag in git(root, "tag", "--list", "v*").split():
        if NUMBER.fullmatch(tag[1:]):
            found.append(Version(tag[1:], git(root, "log", "-1", "--format=%cs", tag).strip()))
    numbers = {version.number for version in found}
    for number in released((root / "CHANGELOG.md").read_text("utf-8")):
        if number not in numbers:
            raise Unpublished(
                f"CHANGELOG.md lists version {number}, and there is no tag v{number}; fetch the "
                f"tags (git fetch --tags), or push this one (git push origin v{number})"
            )
    return sorted(found, key=lambda one: tuple(map(int, one.number.split("."))), reverse=True)


def render(root: Path, version: Version, kept: Path) -> Path:
    """Render the pages of a version from its tag, unless they are kept; return their folder.

    Raises
    ------
    Unpublished
        If ``make html`` fails there. Nothing is kept then.
    """
    target = kept / version.folder
    if target.is_dir():
        return target
    kept.mkdir(parents=True, exist_ok=True)
    # A make that runs this command would tell another one its own settings.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    with _worktree(root, version.folder) as work:
        command = ["make", "--no-print-directory", "html", f"PYTHON={sys.executable}"]
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
        pages = work / "_build" / "html"
        if done.returncode or not (pages / "index.html").is_file():
            raise Unpublished(
                f"the pages of {version.folder} could not be rendered; try it again, or publish "
                f"without them (--without {version.number}):\n{done.stdout}{done.stderr}".rstrip()
            )
        with tempfile.TemporaryDirectory(dir=kept) as folder:
            copy = shutil.copytree(pages, Path(folder) / "html")
            copy.rename(target)  # whole or nothing
    return target


@contextmanager
def _worktree(root: Path, tag: str) -> Iterator[Path]:
    """Check out a tag in a folder of its own, which a ``with`` block removes at its end."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / tag
        git(root, "worktree", "add", "--detach", str(work), tag)
        try:
            yield work
        finally:
            git(root, "worktree", "remove", "--force", str(work))


def with_line(page: str, line: str) -> str:
    """Add a line of HTML to a page, below the line on its licence.

    Examples
    --------
    >>> with_line('<body><div class="extra_footer">MIT</div></body>', "More.")
    '<body><div class="extra_footer">MIT</div>\\n<div class="versions">More.</div></body>'
    """
    text = f'<div class="versions">{line}</div>'
    changed, n = FOOTER.subn(lambda found: f"{found[0]}\n{text}", page, count=1)
    return changed if n else page.replace("</body>", f"{text}\n</body>", 1)


def add_line(folder: Path, line: str) -> None:
    """Add a line to every page in a folder; ``{up}`` in it leads from the page to the folder."""
    for path in folder.rglob("*.html"):
        where = path.relative_to(folder)
        if "_static" not in where.parts and where.name != "404.html":
            up = "../" * (len(where.parts) - 1)
            text = with_line(path.read_text("utf-8"), line.replace("{up}", up))
            path.write_text(text, "utf-8")


def line_of_root(files: Sequence[str], listed: bool) -> str:
    """Write the line of the newest pages."""
    links = [f'<a href="{{up}}{name}">{FILES[name]}</a>' for name in files]
    parts = [f"This book {' and '.join(links)}."] if links else []
    parts += ['<a href="{up}versions.html">Other versions</a>'] if listed else []
    return " ".join(parts)


def line_of(version: Version) -> str:
    """Write the line of the pages of a version, which leads out of its folder."""
    return (
        f"These are the pages of version {version.number}, of {version.day}. "
        '<a href="{up}../index.html">The newest pages</a>. '
        '<a href="{up}../versions.html">Other versions</a>'
    )


def lists(found: Sequence[Version]) -> tuple[str, str]:
    """Write the list of versions as JSON and as a page."""
    entries = [
        {"version": one.number, "date": one.day, "address": f"{one.folder}/"} for one in found
    ]
    items = "\n".join(
        f'<li><a href="{one.folder}/index.html">Version {one.number}</a>, {one.day}</li>'
        for one in found
    )
    body = (
        '<ul>\n<li><a href="index.html">The newest pages</a>: all changes so far</li>\n'
        f"{items}\n</ul>\n<p>Cite a version, because its pages do not change.</p>"
    )
    text = json.dumps({"newest": "./", "released": entries}, indent=2) + "\n"
    return text, PAGE.format(title="Versions of this book", body=body)


def publish(root: Path, without: Sequence[str] = ()) -> list[Version]:
    """Put the pages together in ``_build/site``, and return the released versions.

    Parameters
    ----------
    root : Path
        The checkout.
    without : sequence of str
        Versions whose pages are not rendered. A page at their address names the tag.

    Raises
    ------
    Unpublished
        If pages are missing or cannot be rendered. An older ``_build/site`` stays then.
    """
    build = root / "_build"
    if not (build / "html" / "index.html").is_file():
        raise Unpublished("there are no pages in _build/html; run `make book` or `make html`")
    found = [Version(one.number, one.day, one.number not in without) for one in versions(root)]
    if unknown := set(without) - {one.number for one in found}:
        raise Unpublished(f"--without: {', '.join(sorted(unknown))} was never released")
    pages = {one: render(root, one, build / "releases") for one in found if one.rendered}
    site = build / "site"
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(build / "html", site)
    files = [name for name in FILES if (build / name).is_file()]
    add_line(site, line_of_root(files, bool(found)))
    for name in files:
        shutil.copy(build / name, site / name)
    for one in found:
        folder = site / one.folder
        if one.rendered:
            shutil.copytree(pages[one], folder)
            add_line(folder, line_of(one))
        else:
            folder.mkdir()
            (folder / "index.html").write_text(_notice(one), "utf-8")
    for name, text in zip(("versions.json", "versions.html"), lists(found), strict=True):
        (site / name).write_text(text, "utf-8")
    return found


def _notice(version: Version) -> str:
    body = (
        f"<p>These pages can no longer be rendered. Their sources have the tag "
        f"<code>{html.escape(version.folder)}</code> in the repository.</p>\n"
        '<p><a href="../index.html">The newest pages</a></p>'
    )
    return PAGE.format(title=f"Version {version.number} of this book", body=body)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Put together what is published.")
    parser.add_argument("--without", action="append", default=[], metavar="VERSION")
    try:
        found = publish(root, parser.parse_args(arguments).without)
    except (Unpublished, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    told = ", ".join(one.folder for one in found) or "no released version yet"
    print(f"open file://{root / '_build' / 'site' / 'index.html'} ({told})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
