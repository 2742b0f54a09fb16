"""A release writes its version and date everywhere, or nothing at all."""

from __future__ import annotations

import subprocess
from datetime import date

import pytest

from tools import release
from tools.notebooks import BOOK, ROOT

DAY = date(2030, 1, 2)
FILES = {
    "lstm_md/__init__.py": '"""The package."""\n\n__version__ = "0.1.0"\n',
    "CITATION.cff": "cff-version: 1.2.0\nversion: 0.1.0\nlicense: MIT\n",
    "CHANGELOG.md": "# Changelog\n\nWords.\n\n## [Unreleased]\n\n### Added\n\n- Something.\n",
}


@pytest.fixture
def checkout(tmp_path):
    """A repository with the files that a release changes, all committed."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder, *arguments):
    mine = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
    subprocess.run(["git", "-C", str(folder), *mine, *arguments], check=True, capture_output=True)


def commit(folder):
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")


def written(folder):
    return {name: (folder / name).read_text() for name in FILES}


def test_the_number_and_the_day_come_to_all_their_places(checkout):
    release.release(checkout, "0.2.0", DAY)
    found = written(checkout)
    assert found["lstm_md/__init__.py"] == FILES["lstm_md/__init__.py"].replace("0.1", "0.2")
    assert "version: 0.2.0\ndate-released: 2030-01-02\nlicense" in found["CITATION.cff"]
    assert found["CHANGELOG.md"].endswith(
        "## [Unreleased]\n\n## [0.2.0] - 2030-01-02\n\n### Added\n\n- Something.\n"
    )


def test_the_next_one_goes_above_and_replaces_the_day(checkout):
    release.release(checkout, "0.1.0", DAY)
    changelog = checkout / "CHANGELOG.md"
    text = changelog.read_text()
    changelog.write_text(text.replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n"))
    commit(checkout)
    release.release(checkout, "0.10.0", date(2030, 2, 3))
    assert release.released(changelog.read_text()) == ["0.10.0", "0.1.0"]
    assert changelog.read_text().index("0.10.0") < changelog.read_text().index("More.")
    assert (checkout / "CITATION.cff").read_text().count("date-released") == 1


@pytest.mark.parametrize("version", ["", "1", "0.2", "v0.2.0", "0.2.0rc1", "01.2.0", "0.2.0 "])
def test_what_is_no_number_is_refused(checkout, capsys, version):
    assert release.main([version], checkout) == 2
    assert "VERSION: expected three numbers" in capsys.readouterr().err
    assert written(checkout) == FILES


@pytest.mark.parametrize("version", ["0.3.0", "0.2.9", "0.1.0"])
def test_a_number_that_does_not_count_on_is_refused(checkout, version):
    release.release(checkout, "0.3.0", DAY)
    commit(checkout)
    with pytest.raises(ValueError, match="expected more than 0.3.0"):
        release.release(checkout, version, DAY)


def test_changes_that_are_not_committed_are_named(checkout, capsys):
    (checkout / "new.txt").write_text("x")
    assert release.main(["0.2.0"], checkout) == 2
    assert "new.txt" in capsys.readouterr().err
    assert written(checkout) == FILES


def test_without_notes_there_is_no_release(checkout):
    release.release(checkout, "0.2.0", DAY)
    commit(checkout)
    with pytest.raises(ValueError, match="nothing is listed under"):
        release.release(checkout, "0.3.0", DAY)


def test_a_version_that_stands_twice_is_not_guessed_at(checkout):
    (checkout / "CITATION.cff").write_text(FILES["CITATION.cff"] * 2)
    commit(checkout)
    with pytest.raises(ValueError, match="CITATION.cff: expected one line .* found 2"):
        release.release(checkout, "0.2.0", DAY)
    assert (checkout / "CHANGELOG.md").read_text() == FILES["CHANGELOG.md"]


def test_it_is_asked_for_one_number(checkout, capsys):
    assert release.main([], checkout) == 2
    assert "VERSION=" in capsys.readouterr().err


def test_the_files_of_this_checkout_can_be_released():
    texts = release.texts(ROOT, "999.0.0", DAY)
    assert [path.name for path in texts] == ["__init__.py", "CITATION.cff", "CHANGELOG.md"]
    assert all("999.0.0" in text for text in texts.values())


def test_the_page_of_the_release_notes_is_the_changelog():
    page = (BOOK / "release_notes.md").read_text("utf-8")
    assert "```{include} _repository/CHANGELOG.md\n" in page
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        assert (BOOK / "_repository" / name).read_bytes() == (ROOT / name).read_bytes()
