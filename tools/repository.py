"""Write the repository's address into every file that needs it.

``python -m tools.repository ADDRESS`` sets it; an empty ADDRESS removes it. It goes into
_config.yml, the launch buttons, CITATION.cff, the README's badges, and the setup cell of each
chapter and assignment, which on Colab has no other way to find the package. While no address is
set, none of these shows a link.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from lstm_md._support.files import whole_or_nothing
from tools.notebooks import ROOT, Notebook, dumps, read, toc

CELL = Path(__file__).with_name("setup_cell.py")
BRANCH = "main"
GITHUB = re.compile(r"https://github\.com/[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
BADGES = re.compile(
    r"(<!-- badges: set by `make repository` -->\n).*?(<!-- /badges -->)", re.DOTALL
)


def checked(address: str) -> str:
    """Check an address and return it in its normal form; "" means none.

    Raises
    ------
    ValueError
        If it is neither https://github.com/OWNER/NAME nor the absolute path of a local clone.
    """
    address = address.strip().rstrip("/").removesuffix(".git")
    if not address or GITHUB.fullmatch(address):
        return address
    if address.startswith("/") and Path(address).is_dir() and re.fullmatch(r"[\w./+-]+", address):
        return address
    raise ValueError(
        f"URL: expected https://github.com/OWNER/NAME, the absolute path of a local clone, or "
        f"nothing at all, found {address!r}"
    )


def current(root: Path = ROOT) -> str:
    """Read the address from _config.yml; "" means none."""
    found = re.search(r'^  url: "(.*)"$', (root / "_config.yml").read_text(), re.MULTILINE)
    if found is None:
        raise ValueError('_config.yml: expected a line `  url: "…"` under `repository:`')
    return found[1]


def setup_cell(address: str) -> str:
    """Return the source of the setup cell, which is the same in every chapter."""
    source = CELL.read_text(encoding="utf-8").rstrip("\n")
    return source.replace('REPOSITORY = ""', f'REPOSITORY = "{address}"', 1)


def with_setup_cell(notebook: Notebook, address: str) -> Notebook:
    """Put the address into the setup cell of a notebook."""
    cells = [
        dict(cell, source=setup_cell(address)) if is_setup_cell(cell) else cell
        for cell in notebook["cells"]
    ]
    return dict(notebook, cells=cells)


def is_setup_cell(cell: dict) -> bool:
    """Say whether a cell is a setup cell, with any address."""
    return cell["cell_type"] == "code" and "\nREPOSITORY = " in cell["source"]


def places(root: Path, address: str) -> dict[Path, str]:
    """Return the new text of every file that holds the address."""
    url = address if GITHUB.fullmatch(address) else ""
    texts = {
        root / "_config.yml": _config(root, address, url),
        root / "CITATION.cff": _citation(root, url),
        root / "README.md": _readme(root, url),
    }
    notebooks = [root / "book" / f"{name}.ipynb" for name in toc(root / "book")]
    for path in notebooks + sorted((root / "assignments").rglob("*.ipynb")):
        if path.exists():
            texts[path] = dumps(with_setup_cell(read(path), address))
    return texts


def set_address(root: Path, address: str) -> None:
    """Write the address into all files; all texts are made before the first file is written."""
    for path, text in places(root, checked(address)).items():
        with whole_or_nothing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _config(root: Path, address: str, url: str) -> str:
    values = {
        "url": f'"{address}"',
        "use_repository_button": "true" if url else "false",
        "colab_url": '"https://colab.research.google.com"' if url else '""',
        "binderhub_url": '"https://mybinder.org"' if url else '""',
    }
    text = (root / "_config.yml").read_text(encoding="utf-8")
    for key, value in values.items():
        text, n = re.subn(rf"^(  {key}: ).*$", rf"\g<1>{value}", text, flags=re.MULTILINE)
        if n != 1:
            raise ValueError(f"_config.yml: expected one line `  {key}: …`, found {n}")
    return text


def _citation(root: Path, url: str) -> str:
    text = (root / "CITATION.cff").read_text(encoding="utf-8")
    text = re.sub(r"^repository-code: .*\n", "", text, flags=re.MULTILINE)
    return re.sub(
        r"^(license: .*\n)", rf'\1repository-code: "{url}"\n' if url else r"\1", text, flags=re.M
    )


def _readme(root: Path, url: str) -> str:
    text = (root / "README.md").read_text(encoding="utf-8")
    if not BADGES.search(text):
        raise ValueError("README.md: expected the two comments that enclose the badges")
    return BADGES.sub(lambda found: found[1] + _badges(root, url) + found[2], text)


def _badges(root: Path, url: str) -> str:
    if not url:
        return ""
    slug = url.removeprefix("https://github.com/")
    first = next(name for name in toc(root / "book") if (root / f"book/{name}.ipynb").exists())
    colab = f"https://colab.research.google.com/github/{slug}/blob/{BRANCH}/book/{first}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{slug}/{BRANCH}?labpath=book/{first}.ipynb"
    return (
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})\n"
        f"[![Launch on Binder](https://mybinder.org/badge_logo.svg)]({binder})\n"
    )


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit status."""
    if len(arguments) != 1:
        print(
            "give one address: make repository URL=https://github.com/OWNER/NAME", file=sys.stderr
        )
        return 2
    try:
        set_address(ROOT, arguments[0])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"repository: {current() or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
