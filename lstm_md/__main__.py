"""``python -m lstm_md``: the version, and the commands around the package.

It loads no TensorFlow.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lstm_md import __version__
from lstm_md._support.revision import revision

DESCRIPTION = "lstm_md: molecular dynamics as a language. The package of an executable book."
ELSEWHERE = """
commands:
  python -m reproduction   list, record, verify, summarise or repeat the long
                           runs whose results the chapters show
  make book                in a checkout: execute the chapters and render the
                           book; its page "The package" describes this package
  make help                in a checkout: list all other commands
"""


def version() -> str:
    """Return the name and version, with the commit if the source is part of a checkout."""
    commit = revision()
    return f"lstm_md {__version__}" + ("" if commit == "unknown" else f" (revision {commit})")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m lstm_md",
        description=DESCRIPTION,
        epilog=ELSEWHERE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    if parser.parse_args(arguments).version:
        print(version())
    else:
        parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
