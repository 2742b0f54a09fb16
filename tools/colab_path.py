"""The path of a reader on Colab: one chapter alone, somewhere else, in an environment of its own.

A copy of the working tree becomes a repository, its folder becomes the address, and the first
chapter is executed from a copy in an empty folder. ``--bare`` starts from an environment that
holds nothing but the kernel; without it, the environment sees the packages of the running one, as
Colab has its own NumPy and TensorFlow, but not this project.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from tools.execute import ChapterError, execute
from tools.notebooks import ROOT, Cell, chapters, code_cells, joined, read
from tools.repository import with_setup_cell

NEVER_COPIED = (".*", "_build", "__pycache__", "*.egg-info")


def repository_of(tree: Path, folder: Path) -> Path:
    """A git repository at ``folder`` whose one commit holds the working tree."""
    shutil.copytree(tree, folder, ignore=shutil.ignore_patterns(*NEVER_COPIED))
    git = ["git", "-c", "user.name=reader", "-c", "user.email=reader@localhost"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "The book"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    return folder


def environment(folder: Path, bare: bool) -> Path:
    """The Python of a new environment with a kernel, but without lstm_md."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    if bare:
        pins = str(ROOT / "constraints.txt")
        pip = [str(python), "-m", "pip", "install", "-q", "-c", pins, "ipykernel"]
        subprocess.run(pip, check=True)
    else:
        others = [path for path in sys.path if path.endswith("site-packages")]
        # A .pth file in a folder that a .pth file adds is not read: the checkout stays unseen.
        (Path(_output(python, _SITE)) / "others.pth").write_text("\n".join(others) + "\n")
    return python


def run(bare: bool) -> str:
    """Take the path; returns where lstm_md came from, as the chapter's kernel sees it.

    Raises
    ------
    ChapterError
        At the first cell that raises.
    RuntimeError
        If the package was there before the chapter installed it, or came from elsewhere.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        origin = repository_of(ROOT, folder / "origin")
        python = environment(folder / "env", bare)
        elsewhere = folder / "elsewhere"
        elsewhere.mkdir()
        if _output(python, _FIND):
            raise RuntimeError("lstm_md was there before the chapter installed it")
        notebook = with_setup_cell(read(chapters()[0]), str(origin))
        notebook["cells"].append(dict(_CELL))
        executed = asyncio.run(execute(notebook, elsewhere, python=python))
        *_, last = code_cells(executed)
        came_from = joined(last["outputs"][0]["text"]).strip()
        if not came_from.startswith(str(folder / "env")):
            raise RuntimeError(f"lstm_md came from {came_from}, not from the new environment")
        return came_from


_SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"
_FIND = "import importlib.util as u; s = u.find_spec('lstm_md'); print(s.origin if s else '')"
_CELL: Cell = {
    "cell_type": "code",
    "execution_count": None,
    "id": "where-from",
    "metadata": {},
    "outputs": [],
    "source": "import lstm_md\n\nprint(lstm_md.__file__)",
}


def _output(python: Path, script: str) -> str:
    run = subprocess.run([str(python), "-I", "-c", script], stdout=subprocess.PIPE, check=True)
    return run.stdout.decode().strip()


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="The first chapter alone, as on Colab.")
    parser.add_argument("--bare", action="store_true", help="install every package anew")
    options = parser.parse_args(arguments)
    begin = time.perf_counter()
    try:
        run(options.bare)
    except (ChapterError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"the first chapter ran alone, in {time.perf_counter() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
