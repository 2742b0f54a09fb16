"""Execute each chapter as a reader on Colab does: alone, elsewhere, and without the package.

A new repository holds the working tree as its only commit, and its folder serves as the address.
Each chapter is executed in an empty folder, where the package is not installed, so that its setup
cell fetches it. The first chapter runs to its end. The others run up to their first figure, which
must appear soon, or to their end with ``--whole``. With ``--bare`` the environment holds only the
kernel. Otherwise it sees the installed packages, as on Colab, but not this project.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

from tools.execute import ChapterError, execute
from tools.notebooks import ROOT, Cell, Notebook, chapters, code_cells, joined, read, tags
from tools.repository import is_setup_cell, with_setup_cell

NEVER_COPIED = (".*", "_build", "__pycache__", "*.egg-info")
LONGEST = 120.0  # seconds from the end of the setup cell to the first figure


@dataclass(frozen=True)
class Taken:
    """Times of an executed chapter: of its setup cell, and from there to the first figure."""

    setup: float
    figure: float
    package: str  # where lstm_md came from


def repository_of(tree: Path, folder: Path) -> Path:
    """Make a git repository at ``folder`` with one commit that holds the working tree."""
    git = ["git", f"--git-dir={folder}", f"--work-tree={tree}", "-c", "user.name=reader"]
    git += ["-c", "user.email=reader@localhost"]
    git += ["-c", "core.compression=0"]  # the records are compressed already
    subprocess.run([*git, "init", "-q"], check=True)
    (folder / "info" / "exclude").write_text("\n".join(NEVER_COPIED), encoding="utf-8")
    for command in (["add", "-A"], ["commit", "-q", "-m", "The book"]):
        subprocess.run([*git, *command], cwd=tree, check=True)
    return folder


def environment(folder: Path, bare: bool) -> Path:
    """Make an environment with a kernel but without lstm_md, and return its Python."""
    venv.create(folder, with_pip=bare)  # otherwise it sees the pip that is installed
    python = folder / "bin" / "python"
    if bare:
        pins = str(ROOT / "constraints.txt")
        pip = [str(python), "-m", "pip", "install", "-q", "-c", pins, "ipykernel"]
        subprocess.run(pip, check=True)
    else:
        others = [path for path in sys.path if path.endswith("site-packages")]
        # Python does not read .pth files in folders added by a .pth file, so the checkout, which
        # is installed by such a file, stays hidden.
        (Path(_output(python, _SITE)) / "others.pth").write_text("\n".join(others) + "\n")
    return python


def forget(python: Path) -> None:
    """Remove the package and its compiled loops from an environment."""
    pip = [str(python), "-m", "pip", "uninstall", "-q", "-y", "lstm-md"]
    subprocess.run(pip, check=True)
    for package in ("lstm_md", "reproduction"):
        shutil.rmtree(Path(_output(python, _SITE)) / package, ignore_errors=True)


def clocked(notebook: Notebook, whole: bool) -> Notebook:
    """Add cells to a chapter that measure the times of :class:`Taken`."""
    cells = notebook["cells"]
    setup = next(k for k, cell in enumerate(cells) if is_setup_cell(cell))
    figure = next(k for k, cell in enumerate(cells) if "figure" in tags(cell))
    parts = [_code("clock-0", _BEGIN), *cells[: setup + 1], _code("clock-1", _TICK)]
    parts += [*cells[setup + 1 : figure + 1], _code("clock-2", _TICK)]
    parts += cells[figure + 1 :] if whole else []
    return dict(notebook, cells=[*parts, _code("clock-3", _TELL)])


def take(chapter: Path, origin: Path, python: Path, folder: Path, whole: bool) -> Taken:
    """Execute a chapter in an empty folder, where lstm_md is not installed.

    Raises
    ------
    ChapterError
        If a cell raises an error.
    RuntimeError
        If the package was installed before, or came from elsewhere.
    """
    if _output(python, _FIND):
        raise RuntimeError("lstm_md was already installed before the chapter ran")
    notebook = clocked(with_setup_cell(read(chapter), str(origin)), whole)
    executed = asyncio.run(execute(notebook, folder, python=python))
    *_, last = code_cells(executed)
    setup, figure, package = joined(last["outputs"][0]["text"]).split(maxsplit=2)
    if not package.startswith(str(python.parents[1])):
        raise RuntimeError(f"lstm_md came from {package}, not from the new environment")
    return Taken(float(setup), float(figure), package.strip())


def run(
    paths: list[Path], bare: bool, whole: bool = False, python: Path | None = None
) -> dict[str, Taken | str]:
    """Execute each chapter; return the times, or the error message, by chapter.

    With ``python`` the chapters use the environment of this interpreter, and no new one is made.
    """
    found: dict[str, Taken | str] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        origin = repository_of(ROOT, folder / "origin")
        if python is None:
            python = environment(folder / "env", bare)
        else:
            forget(python)
        for chapter in paths:
            elsewhere = folder / chapter.stem
            elsewhere.mkdir()
            try:
                to_the_end = whole or chapter == chapters()[0]
                found[chapter.stem] = take(chapter, origin, python, elsewhere, to_the_end)
            except (ChapterError, RuntimeError) as error:
                found[chapter.stem] = str(error)
            forget(python)
            print(row(chapter.stem, found[chapter.stem]), flush=True)
    return found


def row(name: str, taken: Taken | str) -> str:
    """Write a line of the table."""
    if isinstance(taken, str):
        return f"{name:28} failed"
    late = "" if taken.figure <= LONGEST else f"  late: more than {LONGEST:.0f} s"
    return f"{name:28} {taken.setup:12.0f} s {taken.figure:12.0f} s{late}"


def problems(found: dict[str, Taken | str]) -> list[str]:
    """List the chapters that failed and the figures that came too late."""
    return [
        f"{name}: {taken}" if isinstance(taken, str) else row(name, taken)
        for name, taken in found.items()
        if isinstance(taken, str) or taken.figure > LONGEST
    ]


_SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"
_FIND = "import importlib.util as u; s = u.find_spec('lstm_md'); print(s.origin if s else '')"
_BEGIN = "import time as _time\n\n_clock = [_time.time()]"
_TICK = "_clock.append(_time.time())"
_TELL = "import lstm_md\n\nprint(_clock[1] - _clock[0], _clock[2] - _clock[1], lstm_md.__file__)"


def _code(name: str, source: str) -> Cell:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def _output(python: Path, script: str) -> str:
    run = subprocess.run([str(python), "-I", "-c", script], stdout=subprocess.PIPE, check=True)
    return run.stdout.decode().strip()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Each chapter alone, as on Colab.")
    parser.add_argument("--bare", action="store_true", help="install every package again")
    parser.add_argument("--whole", action="store_true", help="execute every chapter to its end")
    parser.add_argument("--only", nargs="*", help="names of chapters (default: all)")
    options = parser.parse_args(arguments)
    paths = chapters()
    unknown = set(options.only or []) - {path.stem for path in paths}
    if unknown:
        print(f"--only: no such chapter: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    paths = [path for path in paths if options.only is None or path.stem in options.only]
    print(f"{'chapter':28} {'setup cell':>14} {'first figure':>14}", flush=True)
    wrong = problems(run(paths, options.bare, options.whole))
    print("\n".join(["", *wrong]) if wrong else "every chapter ran alone", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
