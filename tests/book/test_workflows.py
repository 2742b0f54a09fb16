"""The workflows of the code host call the project's commands, on paths that exist."""

from __future__ import annotations

import re

import pytest

from tools.execution_cache import EXECUTING, READ
from tools.notebooks import ROOT

yaml = pytest.importorskip("yaml")

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
MADE = {"_build/site", "_build/cache", "_build/releases"}  # by `make book` and `make site`


def workflow(path):
    found = yaml.safe_load(path.read_text("utf-8"))
    found["on"] = found.pop(True)  # YAML reads the key `on` as a boolean
    return found


def jobs(path):
    return workflow(path)["jobs"].values()


def steps(path):
    return [step for job in jobs(path) for step in job["steps"]]


def settings(path):
    return [step.get("with", {}) for step in steps(path)]


def test_there_is_one_for_the_pages_one_for_the_tests_and_one_for_other_versions():
    assert [path.name for path in FILES] == ["pages.yml", "test.yml", "weekly.yml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_calls_make_and_nothing_else(path):
    commands = [step["run"] for step in steps(path) if "run" in step]
    assert (
        commands
        == {
            "test": ["make test", "make pages", "make chapters"],
            "pages": ["make book CACHE=_build/cache", "make pdf", "make epub", "make site"],
            "weekly": ["make newest", "make colab-stack", "make pyemma"],
        }[path.stem]
    )
    for command in commands:
        target = command.split()[1]
        assert re.search(rf"^{target}:", MAKEFILE, re.M)
        for variable in re.findall(r"(\w+)=", command):
            assert f"$({variable})" in MAKEFILE


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_path_that_it_names_is_there(path):
    named = [each[key] for each in settings(path) for key in ("path", "cache-dependency-path")
             if key in each]  # fmt: skip
    for name in named:
        assert name in MADE or (ROOT / name).exists(), name
    hashed = re.findall(r"hashFiles\((.*?)\)", str(settings(path)))
    for pattern in re.findall(r"'([^']+)'", "".join(hashed)):
        assert any(ROOT.glob(pattern)), pattern


def test_the_cache_of_chapters_changes_with_what_makes_them():
    (key,) = [each["key"] for each in settings(FILES[0]) if each.get("path") == "_build/cache"]
    hashed = {name.removesuffix("/**") for name in re.findall(r"'([^']+)'", key)}
    needed = {name.partition("/")[0] for name in (*READ, *EXECUTING)} - {"pyproject.toml"}
    assert needed <= hashed


def test_what_is_published_is_where_make_site_puts_it():
    published = (ROOT / "tools" / "publish.py").read_text("utf-8")
    assert "OPEN := _build/html/index.html" in MAKEFILE and 'build / "html"' in published
    assert 'build = root / "_build"' in published and 'site = build / "site"' in published
    paths = [each["path"] for each in settings(FILES[0]) if "path" in each]
    assert paths[-1] == "_build/site" and "_build/releases" in paths


def test_the_pages_are_made_from_a_checkout_with_all_tags():
    (depth,) = [each["fetch-depth"] for each in settings(FILES[0]) if "fetch-depth" in each]
    assert depth == 0  # a shallow checkout has no tags, and released versions would be lost


def test_all_pythons_of_the_project_are_tested():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    low, high = map(int, re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', project).groups())
    (job,) = jobs(FILES[1])
    assert job["strategy"]["matrix"]["python"] == [f"3.{k}" for k in range(low, high)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_may_little_ends_and_does_not_run_twice(path):
    found = workflow(path)
    assert found["permissions"] == {"contents": "read"}
    assert found["concurrency"]["group"]
    for job in found["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 90
        writes = [name for name, may in job.get("permissions", {}).items() if may == "write"]
        assert set(writes) <= {"pages", "id-token"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_the_forge_s_own_actions_are_used_each_of_one_major_version(path):
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[\w-]+@v\d+", each) for each in used)


def test_they_run_on_the_branch_that_colab_and_binder_look_at():
    from tools.repository import BRANCH

    for path in FILES[:2]:
        assert workflow(path)["on"]["push"]["branches"] == [BRANCH]
    assert "pull_request" in workflow(FILES[1])["on"]


def test_other_versions_are_tried_every_week_with_the_python_that_they_need():
    from tools.versions import STACKS

    (when,) = workflow(FILES[2])["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", when["cron"])
    pythons = [each["python-version"] for each in settings(FILES[2]) if "python-version" in each]
    assert pythons == [STACKS[name].pythons[-1] for name in ("newest", "colab", "pyemma")]
