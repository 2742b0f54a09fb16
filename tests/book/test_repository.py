"""The repository's address is set in one place, and every other place follows."""

from __future__ import annotations

import shutil

import pytest

from tools import repository
from tools.notebooks import ROOT, chapters, code_cells, read

GITHUB = "https://github.com/somebody/some-book"


@pytest.fixture
def copy(tmp_path):
    """The committed files that hold the address."""
    for name in ("_config.yml", "CITATION.cff", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(
        ROOT / "book", tmp_path / "book", ignore=shutil.ignore_patterns("data", "recorded")
    )
    return tmp_path


def files(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_every_place_holds_the_address_of_the_config():
    for path, text in repository.places(ROOT, repository.current()).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run make repository URL=…"


def test_setting_and_unsetting_gives_the_same_bytes(copy):
    repository.set_address(copy, "")
    before = files(copy)
    repository.set_address(copy, GITHUB)
    during = files(copy)
    repository.set_address(copy, "")
    assert files(copy) == before
    changed = {str(path) for path in before if before[path] != during[path]}
    notebooks = {f"book/{path.name}" for path in chapters()}
    assert changed == {"_config.yml", "CITATION.cff", "README.md"} | notebooks


def test_an_address_reaches_every_chapter_and_the_buttons(copy):
    repository.set_address(copy, GITHUB + ".git/")
    assert repository.current(copy) == GITHUB
    for path in chapters(copy / "book"):
        setup = next(code_cells(read(path)))
        assert f'REPOSITORY = "{GITHUB}"' in setup["source"]
    config = (copy / "_config.yml").read_text()
    assert 'colab_url: "https://colab.research.google.com"' in config
    assert "somebody/some-book/blob/main/book/" in (copy / "README.md").read_text()
    assert f'repository-code: "{GITHUB}"' in (copy / "CITATION.cff").read_text()


def test_while_unset_nothing_links_to_it(copy):
    repository.set_address(copy, "")
    config = (copy / "_config.yml").read_text()
    for line in ('url: ""', 'colab_url: ""', 'binderhub_url: ""', "use_repository_button: false"):
        assert f"  {line}\n" in config
    assert "colab.research" not in (copy / "README.md").read_text()
    assert "repository-code" not in (copy / "CITATION.cff").read_text()


def test_a_local_clone_reaches_the_chapters_but_no_button(copy, tmp_path):
    repository.set_address(copy, str(tmp_path))
    setup = next(code_cells(read(chapters(copy / "book")[0])))
    assert f'REPOSITORY = "{tmp_path}"' in setup["source"]
    assert "colab.research" not in (copy / "README.md").read_text()
    assert 'colab_url: ""' in (copy / "_config.yml").read_text()


@pytest.mark.parametrize(
    "address",
    [
        "somebody/some-book",
        "http://github.com/somebody/some-book",
        "https://github.com/somebody",
        'https://github.com/somebody/x"; import os',
        "https://elsewhere.example/somebody/some-book",
        "/there/is/no/such/folder",
        "some-book",
    ],
)
def test_nonsense_is_refused_and_changes_nothing(copy, address):
    before = files(copy)
    with pytest.raises(ValueError, match="URL: expected"):
        repository.set_address(copy, address)
    assert files(copy) == before


def test_the_setup_cell_without_an_address_says_what_to_do(tmp_path):
    import subprocess
    import sys

    # -S and -I: no site-packages, no checkout on the path, so the package is not installed.
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", repository.setup_cell("")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "make repository URL=" in run.stderr
