"""Each released version keeps its address; the root has the newest pages."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tools import publish
from tools.page_checks import broken

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
FOOTER = '<footer><div class="extra_footer">\n  MIT\n</div></footer>'
# A book whose pages say which state of the repository they were rendered from.
MAKEFILE = """html:
\t@test ! -f broken
\t@mkdir -p _build/html/below _build/html/_static
\t@cp page.html _build/html/index.html
\t@cp page.html _build/html/below/page.html
\t@cp page.html _build/html/_static/part.html
"""
CHANGELOG = "# Changelog\n\n## [Unreleased]\n"


def git(folder, *arguments):
    mine = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
    subprocess.run(["git", "-C", str(folder), *mine, *arguments], check=True, capture_output=True)


def state(folder, words, version=""):
    """Commit a state of the book, and tag it as a release."""
    (folder / "page.html").write_text(f"<html><body><p>{words}</p>{FOOTER}</body></html>\n")
    if version:
        changelog = folder / "CHANGELOG.md"
        changelog.write_text(f"{changelog.read_text()}\n## [{version}] - 2030-01-02\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", words)
    if version:
        git(folder, "tag", f"v{version}")


@pytest.fixture
def checkout(tmp_path):
    """Two released versions and a change since, rendered."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    (folder / ".gitignore").write_text("_build\n")
    git(folder, "init", "-q")
    state(folder, "first", "0.9.0")
    state(folder, "second", "0.10.0")
    git(folder, "tag", "v-something-else")
    state(folder, "newest")
    subprocess.run(["make", "-s", "html"], cwd=folder, check=True)
    return folder


def page(checkout, name):
    return (checkout / "_build" / "site" / name).read_text()


def test_each_version_has_its_address_and_the_root_the_newest_pages(checkout):
    found = publish.publish(checkout)
    assert [version.number for version in found] == ["0.10.0", "0.9.0"]
    for name, words in (("index.html", "newest"), ("v0.9.0/index.html", "first"),
                        ("v0.10.0/below/page.html", "second")):  # fmt: skip
        assert f"<p>{words}</p>" in page(checkout, name)


def test_the_lists_name_all_versions_the_newest_first(checkout):
    publish.publish(checkout)
    listed = json.loads(page(checkout, "versions.json"))
    assert listed["newest"] == "./"
    assert [(each["version"], each["address"]) for each in listed["released"]] == [
        ("0.10.0", "v0.10.0/"), ("0.9.0", "v0.9.0/"),
    ]  # fmt: skip
    assert all(each["date"].count("-") == 2 for each in listed["released"])
    text = page(checkout, "versions.html")
    assert text.index("v0.10.0/index.html") < text.index("v0.9.0/index.html")


def test_every_link_leads_somewhere_and_each_page_has_its_line_once(checkout):
    (checkout / "_build" / "lstm_md.pdf").write_bytes(b"a PDF")
    publish.publish(checkout)
    site = checkout / "_build" / "site"
    assert broken(site) == []
    assert (site / "lstm_md.pdf").read_bytes() == b"a PDF"
    assert 'href="lstm_md.pdf">as a PDF' in page(checkout, "index.html")
    assert 'href="../versions.html"' in page(checkout, "below/page.html")
    assert "EPUB" not in page(checkout, "index.html")  # it was not made
    old = page(checkout, "v0.9.0/below/page.html")
    assert 'href="../../versions.html"' in old and 'href="../../index.html"' in old
    assert "version 0.9.0, of " in old and "PDF" not in old
    for name in ("index.html", "below/page.html", "v0.9.0/index.html", "v0.10.0/below/page.html"):
        assert page(checkout, name).count('class="versions"') == 1
    assert "versions" not in page(checkout, "_static/part.html")


def test_without_a_release_there_is_only_the_root(checkout):
    for tag in ("v0.9.0", "v0.10.0"):
        git(checkout, "tag", "-d", tag)
    (checkout / "CHANGELOG.md").write_text(CHANGELOG)
    assert publish.publish(checkout) == []
    assert "Other versions" not in page(checkout, "index.html")
    assert json.loads(page(checkout, "versions.json"))["released"] == []


def test_rendered_versions_are_kept_and_used_again(checkout, monkeypatch):
    publish.publish(checkout)
    kept = checkout / "_build" / "releases"
    assert sorted(path.name for path in kept.iterdir()) == ["v0.10.0", "v0.9.0"]
    assert "versions" not in (kept / "v0.9.0" / "index.html").read_text()
    monkeypatch.setattr(publish, "_worktree", None)  # rendering again would fail
    publish.publish(checkout)
    assert page(checkout, "v0.9.0/index.html").count('class="versions"') == 1


def test_the_checkout_is_left_as_it_was(checkout):
    publish.publish(checkout)
    command = ["git", "-C", str(checkout), "worktree", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1
    command = ["git", "-C", str(checkout), "status", "--porcelain"]
    assert not subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_version_that_cannot_be_rendered_stops_it_and_the_last_site_stays(checkout, capsys):
    publish.publish(checkout)
    (checkout / "broken").write_text("x")
    state(checkout, "third", "0.11.0")
    assert publish.main([], checkout) == 1
    told = capsys.readouterr().err
    assert "v0.11.0 could not be rendered" in told and "--without 0.11.0" in told
    assert not (checkout / "_build" / "releases" / "v0.11.0").exists()
    assert "v0.10.0" in page(checkout, "versions.json")


def test_its_address_stays_when_it_is_left_out(checkout):
    (checkout / "broken").write_text("x")
    state(checkout, "third", "0.11.0")
    assert publish.main(["--without", "0.11.0"], checkout) == 0
    assert "<code>v0.11.0</code>" in page(checkout, "v0.11.0/index.html")
    assert json.loads(page(checkout, "versions.json"))["released"][0]["version"] == "0.11.0"


def test_a_released_version_without_a_tag_is_named(checkout, capsys):
    git(checkout, "tag", "-d", "v0.9.0")
    assert publish.main([], checkout) == 1
    told = capsys.readouterr().err
    assert "no tag v0.9.0" in told and "git fetch --tags" in told


def test_a_folder_that_is_no_checkout_is_named(tmp_path, capsys):
    (tmp_path / "_build" / "html").mkdir(parents=True)
    (tmp_path / "_build" / "html" / "index.html").write_text("x")
    assert publish.main([], tmp_path) == 1
    told = capsys.readouterr().err
    assert "publish from one" in told and "not a git repository" in told


def test_pages_that_were_not_rendered_and_unknown_versions_are_named(checkout, capsys):
    assert publish.main(["--without", "7.0.0"], checkout) == 1
    assert "7.0.0 was never released" in capsys.readouterr().err
    shutil.rmtree(checkout / "_build")
    assert publish.main([], checkout) == 1
    assert "run `make book`" in capsys.readouterr().err


def test_a_page_without_a_footer_gets_its_line_at_its_end():
    assert publish.with_line("<body>x</body>", "More.").endswith(
        'x<div class="versions">More.</div>\n</body>'
    )
