"""Render the book with Sphinx, without Jupyter Book: ``python -m tools.plain_sphinx``.

Version 1 of Jupyter Book ends some day, and version 2 reads another format. Version 1 is a layer
over Sphinx, MyST-NB and a theme. This command lets it translate ``_config.yml`` into Sphinx's
``conf.py`` once, takes Jupyter Book's own extension out, and renders a copy of the book with
Sphinx alone, where Jupyter Book can't be imported. The pages are in ``_build/sphinx/html``.

With ``--newest`` the pages are rendered in an environment of its own, without Jupyter Book, and
with the newest versions of Sphinx, its extensions and the theme.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

from tools.execute import copy_book
from tools.notebooks import BOOK, ROOT, toc

WORK = ROOT / "_build" / "sphinx"
# What belongs to Jupyter Book itself, and what only its PDF by LaTeX needs.
LEFT_OUT = ("jupyter_book", "sphinx_jupyterbook_latex")
THEIRS = ("use_jupyterbook_latex", "use_multitoc_numbering")  # settings of these extensions
NEEDED = (
    "sphinx", "myst-nb", "sphinx-book-theme", "sphinx-external-toc", "sphinx-multitoc-numbering",
    "sphinx-copybutton", "sphinx-design", "sphinx-exercise", "sphinx-thebe", "sphinx-comments",
    "sphinx-togglebutton", "sphinx-mathjax-offline", "sphinxcontrib-bibtex", "linkify-it-py",
)  # fmt: skip


def configuration(book: Path = BOOK) -> dict[str, Any]:
    """Translate ``_config.yml`` into the settings of Sphinx, without those of Jupyter Book."""
    from jupyter_book.config import get_final_config

    chosen = {"latex_individualpages": False, "external_toc_path": "_toc.yml"}
    settings, _ = get_final_config(
        user_yaml=ROOT / "_config.yml", sourcedir=book, cli_config=chosen
    )
    settings["extensions"] = [name for name in settings["extensions"] if name not in LEFT_OUT]
    return {name: value for name, value in settings.items() if name not in THEIRS}


def write_configuration(source: Path, settings: dict[str, Any] | None = None) -> Path:
    """Write ``conf.py`` beside the pages, and return its path.

    The settings are those of the rendered pages unless others are given.
    """
    settings = configuration(source) if settings is None else settings
    lines = ['"""Written by tools/plain_sphinx.py from _config.yml."""', "", "import sys", ""]
    lines += [f"sys.path.insert(0, {str(ROOT)!r})  # the extensions in tools/"]
    lines += ['sys.modules["jupyter_book"] = None  # nothing may need it', ""]
    lines += [f"{name} = {settings[name]!r}" for name in sorted(settings)]
    path = source / "conf.py"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def newest(folder: Path) -> Path:
    """Make an environment with the newest Sphinx, and return its Python.

    What the documented package needs comes from the running environment.
    """
    venv.create(folder, with_pip=True, clear=True)
    python = folder / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "--upgrade", *NEEDED]
    subprocess.run(command, check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # The environment's own packages come first on the path.
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return python


def render(source: Path, pages: Path, python: Path) -> int:
    """Render with warnings as errors, and return the exit status."""
    command = [str(python), "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([*command, str(source), str(pages)], env=environment).returncode


def missing(pages: Path, book: Path = BOOK) -> list[str]:
    """List the pages of the table of contents that were not rendered."""
    return [name for name in toc(book) if not (pages / f"{name}.html").is_file()]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="The book by Sphinx, without Jupyter Book.")
    parser.add_argument("--newest", action="store_true", help="with the newest Sphinx and theme")
    options = parser.parse_args(arguments)
    source, pages = WORK / "source", WORK / "html"
    copy_book(source)
    write_configuration(source)
    python = newest(WORK / "env") if options.newest else Path(sys.executable)
    status = render(source, pages, python)
    left = missing(pages)
    if left:
        print(f"not rendered: {', '.join(left)}", file=sys.stderr)
    elif not status:
        print(f"open file://{pages / 'index.html'}")
    return 1 if left else status


if __name__ == "__main__":
    sys.exit(main())
