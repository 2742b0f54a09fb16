"""What archives and checkers read agrees with the package, and the container with its tests."""

from __future__ import annotations

import importlib.metadata
import json
import re

import pytest
from packaging.specifiers import SpecifierSet

import lstm_md
from tools.notebooks import BOOK, ROOT, chapters, code_cells, read, tags

yaml = pytest.importorskip("yaml")

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
ZENODO = json.loads((ROOT / ".zenodo.json").read_text("utf-8"))
CODECHECK = yaml.safe_load((ROOT / "codecheck.yml").read_text("utf-8"))
PAPER = CITATION["preferred-citation"]


def test_the_software_is_described_once_in_all_words():
    project = importlib.metadata.metadata("lstm-md")
    assert ZENODO["title"] == CITATION["title"]
    names = [author["name"] for author in CITATION["authors"]]
    assert [creator["name"] for creator in ZENODO["creators"]] == names
    assert project["Author"] in names
    assert ZENODO["license"] == CITATION["license"] == project["License"]
    assert ZENODO["keywords"] == project["Keywords"].split(",")
    assert str(CITATION["version"]) == lstm_md.__version__


def test_the_version_stands_where_a_release_writes_it():
    # Zenodo takes the version of a release from its tag.
    assert "version" not in ZENODO and CODECHECK["version"].endswith("/config/1.0/")


def test_the_paper_and_the_recording_are_the_same_everywhere():
    names = [f"{a['given-names']} {a['family-names']}" for a in PAPER["authors"]]
    assert CODECHECK["paper"]["title"] == PAPER["title"]
    assert [author["name"] for author in CODECHECK["paper"]["authors"]] == names
    assert CODECHECK["paper"]["reference"].endswith(PAPER["doi"])
    related = [one["identifier"] for one in ZENODO["related_identifiers"]]
    assert related == [PAPER["doi"], *(one["doi"] for one in CITATION["references"])]


def test_the_manifest_has_every_chapter_with_a_figure_of_the_paper():
    listed = [one["file"] for one in CODECHECK["manifest"]]
    assert all((ROOT / name).is_file() for name in listed)
    shows = [path for path in chapters() if _shows_the_paper(path)]
    assert set(listed) >= {path.relative_to(ROOT).as_posix() for path in shows}
    assert (BOOK / "recorded" / "answers.json").relative_to(ROOT).as_posix() in listed


def _shows_the_paper(path):
    return any(tag.startswith("paper-") for cell in code_cells(read(path)) for tag in tags(cell))


def test_the_container_has_what_the_tests_ask_for():
    """It was never built, so this is all that is known of it."""
    text = (ROOT / "Containerfile").read_text("utf-8")
    assert "never built" in text
    (required,) = re.findall(r'REQUIRED_TOOLS="(.*)"', (ROOT / ".ci" / "run").read_text("utf-8"))
    installed = re.search(r"apt-get install .*?&&", text, re.DOTALL)[0].split()
    assert set(required.split()) <= set(installed)
    (python,) = re.findall(r"^FROM python:3\.(\d+)", text, re.M)
    supported = importlib.metadata.metadata("lstm-md")["Requires-Python"]
    assert f"3.{python}.9" in SpecifierSet(supported)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in [*re.findall(r"^RUN make (\w+)", text, re.M), "test"]:
        assert re.search(rf"^{target}:", makefile, re.M)
