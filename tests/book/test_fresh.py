"""The table of verdicts with a new seed belongs to the records, and a changed verdict is found."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace

import pytest

from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Claim, judge
from reproduction import __main__ as runs
from reproduction.copies import comparison
from reproduction.recipes import RECIPES, recipe
from reproduction.runs.files import SUMMARY, load_summary, save_summary
from tests.reproduction.runs.in_this_process import in_this_process
from tools import fresh
from tools.notebooks import BOOK, code_cells, joined, read, tags

RECORDED, COPIES = BOOK / "recorded", BOOK / "does_it_copy.ipynb"


def test_the_committed_table_speaks_of_the_committed_records():
    table = fresh.load(RECORDED)
    for row in table["rows"]:
        if (row["claim"], row["run"]) in fresh.beyond(RECORDED):
            continue
        summary = load_summary(RECORDED / row["run"])
        assert summary["settings"]["seed"] != table["seed"]
        said = fresh.of_record(RECORDED, row["run"])[row["claim"]]
        assert (row["recorded"], row["measured"]["recorded"]) == said, "run `make fresh` again"


def test_the_committed_table_has_every_verdict_of_the_runs_it_has():
    rows = fresh.load(RECORDED)["rows"]
    for name in {row["run"] for row in rows} - {fresh.ALL_AXES, fresh.BOTH_ANGLES}:
        claims = {row["claim"] for row in rows if row["run"] == name}
        assert set(fresh.of_record(RECORDED, name)) <= claims


def test_what_no_record_holds_is_what_the_records_say_now(monkeypatch):
    # Most of the time goes into what the test of copies would have caught, which are words of the
    # verdict, and into ten copies of each control, of which two fail as clearly.
    monkeypatch.setattr(comparison.CopyComparison, "power", lambda _: "not computed")
    monkeypatch.setattr(comparison, "N_COPIES", 2)
    rows = {(row["claim"], row["run"]): row for row in fresh.load(RECORDED)["rows"]}
    for key in (rows.keys() & fresh.beyond(RECORDED).keys()) - IN_A_CHAPTER:
        _, judge = fresh.beyond(RECORDED)[key]
        assert rows[key]["recorded"] == judge().outcome, "run `make fresh` again"


IN_A_CHAPTER = {("N1", "linear"), ("N3", "four_state")}


@pytest.mark.parametrize("claim, run", sorted(IN_A_CHAPTER))
def test_what_a_chapter_computes_is_what_the_table_says(claim, run):
    """`make chapters` computes it again from the records, and compares it with this output."""
    *_, cell = (c for c in code_cells(read(COPIES)) if "remove-cell" in tags(c))
    printed = joined(cell["outputs"][0]["text"])
    passed = ast.literal_eval(re.search(rf"^{claim} .*?({{.*}})$", printed, re.M)[1])
    outcomes = {name: Outcome(each, "") for name, each in passed.items()}
    verdict = judge(Claim(claim, ""), outcomes.pop("networks"), outcomes)
    (row,) = (r for r in fresh.load(RECORDED)["rows"] if (r["claim"], r["run"]) == (claim, run))
    assert row["recorded"] == verdict.outcome, "run `make fresh` again"


@pytest.fixture(autouse=True, scope="module")
def without_processes():
    """Do the jobs of a run in this process."""
    with in_this_process():
        yield


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A folder with a record of the smallest run."""
    folder = tmp_path_factory.mktemp("recorded")
    assert runs.main(["record", "smoke", "--with-changes", "--folder", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def into(tmp_path_factory):
    return tmp_path_factory.mktemp("fresh")


def run(folder, into, *more):
    at = ["--folder", str(folder), "--into", str(into), "--only", "smoke"]
    return fresh.main([*at, *more])


def test_a_fresh_run_is_recorded_compared_and_written(recorded, into, capsys):
    status = run(recorded, into, "--seed", "2", "--trainings", "3")
    out = capsys.readouterr().out
    written = json.loads((recorded / fresh.FRESH).read_text(encoding="utf-8"))
    assert written["seed"] == 2
    assert [(row["claim"], row["run"]) for row in written["rows"]] == [
        ("B1", "smoke"),
        ("K1", "smoke"),
    ]
    summary = load_summary(into / "seed-2" / "smoke")
    assert (summary["settings"]["seed"], summary["settings"]["trainings"]) == (2, 3)
    for row in written["rows"]:
        assert row["recorded"] == fresh.of_record(recorded, "smoke")[row["claim"]][0]
        assert row["fresh"] == summary["verdicts"][row["claim"]]["outcome"]
        assert row["trainings"] == 3 and row["revision"] and row["date"]
        assert row["measured"]["recorded"] != row["measured"]["fresh"]
    assert out.splitlines()[-3 if status else -1].startswith(("K1", "2 of 2", "flips"))
    assert status == bool(fresh.flips(written["rows"]))


def test_it_goes_on_from_what_is_there(recorded, into, capsys):
    run(recorded, into, "--seed", "2", "--trainings", "3")
    first = capsys.readouterr().out
    (into / "seed-2" / "smoke" / "training-02.npz").unlink()
    run(recorded, into, "--seed", "2", "--trainings", "3")
    again = capsys.readouterr().out
    assert "6 of 6 jobs are done already" in first
    assert "5 of 6 jobs are done already" in again
    assert first.splitlines()[-3:] == again.splitlines()[-3:]


def test_a_verdict_that_flips_is_written_and_makes_the_status_1(recorded, into, tmp_path, capsys):
    run(recorded, into, "--seed", "2", "--trainings", "3")
    anew = {claim: said[0] for claim, said in fresh.of_record(*_place(into)).items()}
    for kind, status in (("same", 0), ("other", 1)):
        _with_outcomes(recorded, tmp_path / kind, anew, flip=kind == "other")
        capsys.readouterr()
        assert run(tmp_path / kind, into, "--seed", "2", "--trainings", "3") == status
        out = capsys.readouterr().out
        assert ("flips: K1 (smoke)" in out) == bool(status)
        assert out.count("<- flips") == status
        assert len(fresh.load(tmp_path / kind)["rows"]) == 2


def _place(into):
    return into / "seed-2", "smoke"


def _with_outcomes(source, folder, outcomes, *, flip):
    """Write a record whose summary has given outcomes; its other files are not needed."""
    summary = load_summary(source / "smoke")
    for claim, outcome in outcomes.items():
        summary["verdicts"][claim]["outcome"] = outcome
    if flip:
        summary["verdicts"]["K1"]["outcome"] = "something else"
    (folder / "smoke").mkdir(parents=True)
    save_summary(folder / "smoke", summary, [])


def test_rows_of_other_runs_stay_only_if_made_in_the_same_way(tmp_path):
    def row(run, outcome="reproduced"):
        return {"claim": "K1", "run": run, "recorded": "reproduced", "fresh": outcome}

    fresh.save(tmp_path, 2, [row("triangular"), row("linear")])
    both = fresh.save(tmp_path, 2, [row("linear", "not reproduced")])
    assert [(r["run"], r["fresh"]) for r in both] == [
        ("linear", "not reproduced"),
        ("triangular", "reproduced"),
    ]
    assert fresh.save(tmp_path, 3, [row("linear")]) == [row("linear")]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--seed", "1"], "was made with seed 1"),
        (["--seed", "2", "--only", "nothing"], "no such run"),
        (["--seed", "2", "--only", "linear"], "no file"),
        (["--seed", "2", "--trainings", "1"], "2 or more"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_run(
    recorded, tmp_path, capsys, arguments, message
):
    with pytest.raises(SystemExit):
        run(recorded, tmp_path, *arguments)
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_costs_and_runs_without_verdicts_are_left_out():
    names = fresh.comparable(RECORDED)
    assert {"linear", "triangular", "four_state"} <= set(names)
    assert not {"costs", "smoke", "four_state_tenth"} & set(names)
    assert all((RECORDED / name / SUMMARY).is_file() for name in names)


def test_a_recipe_of_fewer_trainings_is_the_same_but_for_their_number():
    fewer = recipe("linear", trainings=5)
    assert fewer.settings == {**RECIPES["linear"].settings, "trainings": 5}
    with pytest.raises(ValueError, match="trainings: the run 'costs' has none"):
        recipe("costs", trainings=5)
    with pytest.raises(ValueError, match="trainings: found 1"):
        recipe("linear", trainings=1)


def test_a_record_that_another_is_made_from_comes_first(recorded, tmp_path, capsys, monkeypatch):
    made = []
    monkeypatch.setattr(
        fresh, "fresh_recipe", lambda name, *_: replace(recipe(name), needs=NEEDED[name])
    )
    monkeypatch.setattr(fresh, "record", lambda each, *_, **__: made.append(each.name))
    monkeypatch.setattr(fresh, "rows_of", lambda *_: [])
    fresh.main(["--folder", str(recorded), "--into", str(tmp_path), "--only", "smoke"])
    assert made == ["view_smoke", "smoke"]


NEEDED = {"smoke": ("view_smoke",), "view_smoke": ()}
