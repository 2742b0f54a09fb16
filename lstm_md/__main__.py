"""``python -m lstm_md``: which version this is, and where to go on. It loads no TensorFlow."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lstm_md import __version__
from lstm_md._support.revision import revision

DESCRIPTION = "lstm_md: molecular dynamics as a language, the package under a book that runs."
ELSEWHERE = """
commands:
  python -m reproduction   the long runs whose results the chapters read:
                           list, record, verify, summarise, repeat
  make book                in a checkout: execute the chapters and render the book;
                           its page "The package" is the reference of this package
  make help                in a checkout: all other commands
"""


def version() -> str:
    """Name and version, with the commit of the source where it is part of a checkout."""
    commit = revision()
    return f"lstm_md {__version__}" + ("" if commit == "unknown" else f" (revision {commit})")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m lstm_md",
        description=DESCRIPTION,
        epilog=ELSEWHERE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="say which version this is")
    if parser.parse_args(arguments).version:
        print(version())
    else:
        parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
