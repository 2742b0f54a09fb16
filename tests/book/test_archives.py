"""What archives and checkers read agrees with the package, and the container with its tests."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import PurePosixPath

import pytest
from packaging.specifiers import SpecifierSet

import lstm_md
from tools.notebooks import BOOK, ROOT, chapters, code_cells, read, tags

yaml = pytest.importorskip("yaml")

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
ZENODO = json.loads((ROOT / ".zenodo.json").read_text("utf-8"))
CHECKED = (ROOT / "codecheck.yml").read_text("utf-8")
CODECHECK = yaml.safe_load(CHECKED)
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


def against_the_specification(text):
    """What CODECHECK's rules for its specification 1.0 find in the author's part of the file.

    The names are those of CODECHECK's list of rules (rules-1.0.yml of its register, 2026).
    The rules on the checker's part are for a file that has been checked.
    """
    found = yaml.safe_load(text)
    manifest, paper = found.get("manifest"), found.get("paper") or {}
    authors = paper.get("authors")
    files = [one.get("file") for one in manifest or [] if isinstance(one, dict)]
    paths = [PurePosixPath(str(name)) for name in files]
    rules = {
        "explicit-document": text.startswith("---\n"),
        "manifest-present": isinstance(manifest, list) and bool(manifest),
        "manifest-item-file": len(files) == len(manifest or []) and all(files),
        "manifest-path-relative": not any(
            path.is_absolute() or ".." in path.parts for path in paths
        ),
        "manifest-item-comment": all(one.get("comment") for one in manifest or []),
        "version-known": re.fullmatch(
            r"https://codecheck\.org\.uk/spec/config/1\.0/", str(found.get("version"))
        ),
        "paper-title": paper.get("title"),
        "paper-authors": isinstance(authors, list) and bool(authors),
        "paper-author-name": all(one.get("name") for one in authors or []),
        "paper-reference": paper.get("reference"),
        "reference-is-url": str(paper.get("reference")).startswith("https://"),
        "reference-not-bare-pdf": not str(paper.get("reference")).endswith(".pdf"),
        "no-placeholder-values": not re.search("FIXME|TODO|XXXXX", text),
    }
    return [name for name, holds in rules.items() if not holds]


def test_codecheck_s_file_follows_its_specification():
    assert against_the_specification(CHECKED) == []


def test_nobody_claims_a_check_that_was_not_made():
    assert set(CODECHECK) == {"version", "paper", "manifest"}


@pytest.mark.parametrize("found, replaced, rule", [
    ("---\n", "", "explicit-document"),
    ("  - file: book/boltzmann_statistics.ipynb\n    comment:", "  - comment:",
     "manifest-item-file"),
    ("manifest:", "files:", "manifest-present"),
    ("book/recorded/answers.json", "/book/recorded/answers.json", "manifest-path-relative"),
    ("book/recorded/answers.json", "../answers.json", "manifest-path-relative"),
    ("    comment: Figure 2, populations\n", "", "manifest-item-comment"),
    ("config/1.0/", "config/9.0/", "version-known"),
    ("  title: Learning", "  headline: Learning", "paper-title"),
    ("  authors:", "  people:", "paper-authors"),
    ("name: En-Jui Kuo", "named: En-Jui Kuo", "paper-author-name"),
    ("  reference: ", "  cited: ", "paper-reference"),
    ("https://doi.org/", "doi ", "reference-is-url"),
    ("s41467-020-18959-8", "s41467-020-18959-8.pdf", "reference-not-bare-pdf"),
    ("En-Jui Kuo", "FIXME", "no-placeholder-values"),
])  # fmt: skip
def test_what_breaks_the_specification_is_named(found, replaced, rule):
    assert found in CHECKED
    assert rule in against_the_specification(CHECKED.replace(found, replaced))


def test_zenodo_s_file_has_what_zenodo_asks_for():
    required = {"title", "upload_type", "description", "creators", "access_right", "license"}
    optional = {"keywords", "related_identifiers"}
    assert required <= set(ZENODO) <= required | optional
    assert ZENODO["upload_type"] == "software" and ZENODO["access_right"] == "open"
    for one in ZENODO["related_identifiers"]:
        assert set(one) == {"identifier", "relation", "resource_type", "scheme"}
        assert one["relation"] == "cites" and one["scheme"] == "doi"


def test_the_manifest_has_every_chapter_with_a_figure_of_the_paper():
    listed = [one["file"] for one in CODECHECK["manifest"]]
    assert all((ROOT / name).is_file() for name in listed)
    shows = [path for path in chapters() if _shows_the_paper(path)]
    assert set(listed) >= {path.relative_to(ROOT).as_posix() for path in shows}
    assert (BOOK / "recorded" / "answers.json").relative_to(ROOT).as_posix() in listed


def _shows_the_paper(path):
    return any(tag.startswith("paper-") for cell in code_cells(read(path)) for tag in tags(cell))


def test_the_container_has_what_the_tests_ask_for():
    """It was built by hand; this holds it to the files that it repeats."""
    text = (ROOT / "Containerfile").read_text("utf-8")
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    (required,) = re.findall(r"--no-install-recommends (.*?)\)", script)
    installed = re.search(r"apt-get install .*?&&", text, re.DOTALL)[0].split()
    assert set(required.split()) <= set(installed)
    (python,) = re.findall(r"^FROM python:3\.(\d+)", text, re.M)
    supported = importlib.metadata.metadata("lstm-md")["Requires-Python"]
    assert f"3.{python}.9" in SpecifierSet(supported)
    # Docker reads no other name of this file. The environment of the host does not work inside.
    assert {".venv", "_build"} <= set((ROOT / ".dockerignore").read_text("utf-8").split())
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in [*re.findall(r"^RUN make (\w+)", text, re.M), "test"]:
        assert re.search(rf"^{target}:", makefile, re.M)
