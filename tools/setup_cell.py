# Does nothing where lstm_md is installed. Elsewhere (Colab) it fetches the
# book and installs it.
import importlib
import importlib.util
import os
import subprocess
import sys

REPOSITORY = ""  # `make repository URL=...` sets it
if importlib.util.find_spec("lstm_md") is None:
    if not REPOSITORY:
        raise RuntimeError(
            "lstm_md is not installed, and this copy of the book does not "
            "know its repository: run `make repository URL=<address>` in a "
            "checkout, or `pip install <checkout>` first"
        )
    if not os.path.isdir("lstm_md_book"):
        clone = ["git", "clone", "--depth", "1", REPOSITORY, "lstm_md_book"]
        subprocess.run(clone, check=True)
    install = ["-m", "pip", "install", "--quiet", "./lstm_md_book"]
    subprocess.run([sys.executable, *install], check=True)
    importlib.invalidate_caches()
if os.path.isdir("lstm_md_book/book"):
    os.chdir("lstm_md_book/book")  # the data lie there
