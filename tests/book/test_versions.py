"""Other versions of the libraries: the commands, the pins of Colab, and the table of results."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import sys

import pytest
from packaging.requirements import Requirement

from tests.analysis.frozen import pyemma_reference
from tools import colab_path, version_tables, versions
from tools.colab_path import Taken
from tools.notebooks import BOOK, ROOT, chapters, read, text

PINS = {
    pin.name: pin.specifier
    for line in (ROOT / "versions" / "colab.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for pin in [Requirement(line)]
}
FOUND = {"passed": True, "python": "3.13.0", "versions": {"numpy": "2.1.3", "other": "1"}}
FIRST, SECOND = (path.stem for path in chapters()[:2])


@pytest.fixture(scope="module")
def results():
    return json.loads((version_tables.FOLDER / "results.json").read_text("utf-8"))


def test_the_table_is_that_of_the_results(results):
    assert set(results) <= set(version_tables.TITLES)
    table = (version_tables.FOLDER / "RESULTS.md").read_text("utf-8")
    assert table == version_tables.markdown(results)


def test_what_ran_with_colabs_versions_had_them_to_the_end(results):
    for name, version in results.get("colab", {"versions": {}})["versions"].items():
        assert name not in PINS or version in PINS[name]


def test_colabs_versions_are_exact_and_within_the_bounds_of_the_project():
    exact = {name for name, pin in PINS.items() if re.fullmatch(r"==\d+(\.\d+)+", str(pin))}
    assert exact == set(PINS) - {"ipykernel", "setuptools"}
    for line in importlib.metadata.requires("lstm-md"):
        needed = Requirement(line)
        if needed.name in exact and needed.marker is None:
            assert str(PINS[needed.name]).removeprefix("==") in needed.specifier, line


@pytest.mark.parametrize("name", versions.FAST)
def test_the_fast_tests_are_there(name):
    assert (ROOT / name).exists()


def test_each_set_of_versions_has_a_title_and_a_command():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert set(versions.STACKS) == set(version_tables.TITLES)
    assert set(versions.STACKS) == set(re.findall(r"-m tools\.versions (\w+)", makefile))


def test_a_python_is_found_on_the_path_and_one_that_does_not_start_is_passed_over(
    tmp_path, monkeypatch
):
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    broken, works = tmp_path / "broken", tmp_path / "works"
    for folder in (broken, works):
        folder.mkdir()
    (broken / f"python{minor}").write_text("#!/bin/sh\nexit 127\n")
    (broken / f"python{minor}").chmod(0o755)
    (works / f"python{minor}").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", os.pathsep.join([str(broken), str(works)]))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert versions.interpreter(minor) == str(works / f"python{minor}")
    assert versions.interpreter(f"{minor}.999") is None
    assert versions.interpreter("2.0") is None


def test_the_command_says_how_to_name_a_python(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(versions, "WORK", tmp_path)
    monkeypatch.setattr(versions, "interpreter", lambda wanted: None)
    monkeypatch.setattr(versions, "uv", lambda: "false")
    assert versions.main(["newest"]) == 1
    message = capsys.readouterr().err
    assert message == "no Python 3.13 was found; name one with OTHER='--python PATH'\n"
    assert "tools.versions newest $(OTHER)" in (ROOT / "Makefile").read_text("utf-8")


def test_what_python_3_14_lacks_is_pinned_as_contributors_are_told():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition("### Python 3.14\n")[2].partition("\n### ")[0]
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    rows = re.findall(r"^\| (\w+) \| (\d[\w.]*) \|", section, re.M)
    assert {name for name, _ in rows} == {"tensorflow", "h5py", "deeptime"}
    for name, version in rows:
        assert f"{name}=={version}" in pins


def test_uv_installs_what_make_installs_and_make_uses_it():
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    commands = contributing.partition("### With uv\n")[2].split("```")[1].splitlines()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (extras,) = re.findall(r"^EXTRAS := (\S+)", makefile, re.M)
    assert f'uv pip install -c constraints.txt -e ".[{extras}]"' in commands
    assert commands[-1] == "touch .venv/.installed"
    assert "VENV := .venv\n" in makefile and "INSTALLED := $(VENV)/.installed\n" in makefile


def test_there_is_one_source_of_the_versions():
    assert "/uv.lock" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_chapters_of_two_runs_with_the_same_versions_are_counted_together(tmp_path):
    first = {**FOUND, "chapters": {FIRST: version_tables.RAN}}
    second = {**FOUND, "passed": False, "chapters": {SECOND: "ValueError: x | y"}}
    n = len(chapters())
    assert version_tables.record("colab", first, tmp_path) == (
        f"1 of {n} chapters ran to their end, {n - 1} not tried"
    )
    words = version_tables.record("colab", second, tmp_path)
    assert words == f"1 of {n} chapters ran to their end, 1 failed, {n - 2} not tried"
    table = (tmp_path / "RESULTS.md").read_text()
    assert f"| {FIRST} | {version_tables.RAN} |" in table
    assert f"| {SECOND} | ValueError: x / y |" in table
    assert "Colab has Python 3.13.15" in table and "here it was 3.13.0" in table
    other = {**first, "versions": {"numpy": "9.9.9"}}
    assert "0 failed" not in version_tables.record("colab", other, tmp_path)
    assert SECOND + " | not tried" in (tmp_path / "RESULTS.md").read_text()


def test_each_chapter_keeps_the_date_of_its_own_run(tmp_path):
    def run(name, end=version_tables.RAN):
        version_tables.record("colab", {**FOUND, "chapters": {name: end}}, tmp_path)
        return json.loads((tmp_path / "results.json").read_text())["colab"]

    def keep(colab):
        (tmp_path / "results.json").write_text(json.dumps({"colab": colab}))

    first = run(FIRST)
    today = first["date"]
    assert first["dates"] == {FIRST: today}
    keep({**first, "date": "2026-01-02", "dates": {FIRST: "2026-01-01"}})
    assert run(SECOND)["dates"] == {FIRST: "2026-01-01", SECOND: today}
    before = {key: value for key, value in first.items() if key != "dates"}
    keep({**before, "date": "2026-01-02"})
    assert run(SECOND)["dates"] == {FIRST: "2026-01-02", SECOND: today}
    assert run(FIRST)["dates"] == {FIRST: today, SECOND: today}


def test_a_run_of_the_tests_is_told_with_what_failed(tmp_path):
    found = {**FOUND, "passed": False, "summary": "1 failed, 8 passed", "failed": ["tests/x.py::y"]}
    assert version_tables.record("lowest", found, tmp_path) == "1 failed, 8 passed"
    table = (tmp_path / "RESULTS.md").read_text()
    assert "| result | 1 failed, 8 passed | never run | never run | never run |" in table
    assert "| numpy | 2.1.3 |  |  |  |" in table and "other" not in table
    assert "- `tests/x.py::y`" in table


def test_the_largest_number_that_a_test_gave_is_kept_and_shown(tmp_path):
    report = tmp_path / "report.xml"
    given = "".join(f'<property name="MSM" value="{value}" />' for value in (2e-16, 3e-15, 0.0))
    report.write_text(f"<testsuites><properties>{given}</properties></testsuites>", "utf-8")
    largest = versions.largest_differences(report)
    assert largest == {"MSM": 3e-15}
    found = {**FOUND, "summary": "8 passed", "failed": [], "differences": largest}
    version_tables.record("pyemma", found, tmp_path)
    assert "| MSM | 3.0e-15 |" in (tmp_path / "RESULTS.md").read_text("utf-8")


def test_the_book_says_how_near_the_models_are_to_those_of_pyemma(results):
    chapter = text(read(BOOK / "against_markov_models.ipynb"))
    msm, hmm = pyemma_reference.MSM_TOLERANCE, pyemma_reference.HMM_TOLERANCE
    assert f"less than {said(msm, 0)} for the MSM and {said(hmm, 0)} for the HMM" in chapter
    found = results["pyemma"]["differences"]
    page = (BOOK / "what_we_changed.md").read_text("utf-8")
    msm, hmm = (said(found[f"{model}, deeptime"], 1) for model in ("MSM", "HMM"))
    assert f"{msm} for the Markov state model, and {hmm} for the hidden Markov model" in page


def said(size, digits):
    """A small number as a page says it: 1e-7 and not 1e-07."""
    return f"{size:.{digits}e}".replace("e-0", "e-")


def test_a_chapter_that_fails_on_colab_fails_the_command_after_all_have_run(monkeypatch, capsys):
    ends = {FIRST: "cell 3\n\n\x1b[31mValueError\x1b[39m: no", SECOND: Taken(1.0, 2.0, "there")}
    monkeypatch.setattr(colab_path, "run", lambda paths, **_: {paths[0].stem: ends[paths[0].stem]})
    monkeypatch.setattr(versions, "environment", lambda name, python: sys.executable)
    kept = []
    monkeypatch.setattr(version_tables, "record", lambda name, found: kept.append(found) or "told")
    assert versions.main(["colab", "--only", FIRST, SECOND]) == 1
    assert [each["chapters"] for each in kept] == [
        {FIRST: "ValueError: no"}, {SECOND: version_tables.RAN},
    ]  # fmt: skip
    assert "colab: told" in capsys.readouterr().out
    assert versions.main(["colab", "--only", "nosuch"]) == 2
