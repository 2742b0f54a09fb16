"""Update constraints.txt: one set of versions for every Python that the project supports."""

from __future__ import annotations

import subprocess
import sys

from tools.notebooks import ROOT

# PyEMMA has no wheels, and the commands install neither it nor libraries for a GPU.
EXTRAS = ("book", "md", "scale", "jax", "dev")


def main() -> int:
    """Install uv, resolve the versions with it, and return the exit status."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "uv"]
    compile_ = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml"]
    compile_ += ["--universal", "--python-version", "3.10", "--upgrade", "--quiet"]
    compile_ += ["--no-header", "--no-annotate", "--output-file", "constraints.txt"]
    compile_ += [f"--extra={extra}" for extra in EXTRAS]
    for command in (pip, compile_):
        status = subprocess.run(command, cwd=ROOT).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
