"""The page of all exercises, and the tables of what we changed, are built from their sources."""

from __future__ import annotations

import json

import pytest

from reproduction.methods import differences as recorded
from reproduction.methods.differences import EVERY, Difference
from tools import differences, exercises, results
from tools.chapters import exercise_texts, minutes
from tools.notebooks import BOOK, chapters, read, text


def test_the_pages_have_what_is_recorded_now():
    for path, content in results.with_parts(BOOK).items():
        assert path.read_text(encoding="utf-8") == content, "run `make outputs`"


# The list of exercises


def test_the_list_has_every_exercise_of_every_chapter_once():
    page = (BOOK / exercises.PAGE).read_text(encoding="utf-8")
    for path in chapters():
        for time, label, _ in exercise_texts(text(read(path))):
            assert page.count(f"| {{ref}}`{label}` | {time} |") == 1


def test_the_exercises_are_counted_by_their_time():
    times = ("5 minutes", "10 minutes", "30 minutes", "1 hour", "An afternoon")
    found = [exercises.Exercise("a", "A", time, f"e{k}", "Do it.") for k, time in enumerate(times)]
    rows = [line.split(" | ")[1].rstrip(" |") for line in exercises.how_many(found).splitlines()]
    assert rows[2:] == ["1", "1", "2", "1", "5"]


def test_a_title_that_is_no_time_is_refused():
    assert minutes("A long one") is None
    with pytest.raises(ValueError, match="the exercise x has the title 'Long'; expected the time"):
        _ = exercises.Exercise("a", "A", "Long", "x", "").minutes


def test_a_task_is_shortened_at_the_end_of_a_sentence():
    assert exercises.first_sentences("Why? Count:\n\nmore") == "Why? Count."
    long = "x" * (exercises.LONGEST - 10)
    assert exercises.first_sentences(f"{long}. Then count the rest of them.") == f"{long}."
    assert exercises.first_sentences("About {index}`drift <drift of x>`.") == "About drift."


def test_the_task_of_an_exercise_with_a_start_and_an_end_is_found():
    prose = "```{exercise-start} 1 hour\n:label: a\n```\n\nDo it.\n\n```{exercise-end}\n```\n"
    assert exercise_texts(prose) == [("1 hour", "a", "Do it.")]
    assert exercise_texts("```{exercise} 5 minutes\n:label: b\nCount.\n```\n") == [
        ("5 minutes", "b", "Count.")
    ]


# What we changed


def test_every_finished_record_that_is_compared_is_judged():
    assert recorded.outdated(BOOK / "recorded") == [], "run `python -m reproduction answer`"


def test_each_difference_has_records_of_one_claim_and_its_own_place():
    assert len({(d.before, d.after) for d in EVERY}) == len(EVERY)
    assert {d.system for d in EVERY} == set(recorded.CLAIMS)
    assert {d for rows in differences.TABLES.values() for d in rows} == set(EVERY)


def verdict(outcome, p=0.02):
    return {
        "outcome": outcome,
        "number": "A→B, 1: 1.50 times the data (1.20 to 1.90)",
        "p_value": p,
    }


def test_a_row_says_whether_the_verdict_changes():
    rows = [Difference("rate", "riboswitch", "a", name) for name in "bcde"]
    found = {"a": verdict("holds"), "b": verdict("does not hold"), "c": verdict("holds", 1e-4)}
    found["d"] = {"outcome": "", "number": ""}  # no null sample
    *_, changed, same, untested, missing = differences.table(rows, found).splitlines()
    before = "✓ holds; A→B at 1 frame: 1.50 (1.20 to 1.90); p\u00a0=\u00a00.02"
    after = before.replace("✓ holds", "✕ does not hold")
    assert changed == f"| rate | riboswitch | {before} | {after} | **yes** |"
    assert same.endswith("p\u00a0<\u00a00.001 | no |")
    assert untested.endswith(f"| {differences.NO_TEST} | not known yet |")
    assert missing.endswith(f"| {differences.NO_RECORD} | not known yet |")


def test_without_records_the_tables_are_there_and_say_so(tmp_path):
    (tmp_path / "recorded").mkdir()
    assert recorded.judge_all(tmp_path / "recorded") == {}
    for part in differences.parts(tmp_path).values():
        assert part.count("not known yet") == part.count("\n") - 2


def test_the_longest_stays_are_those_of_the_answer():
    answers = json.loads((BOOK / "recorded" / "answers.json").read_text(encoding="utf-8"))
    number = next(a["number"] for a in answers if (a["claim"], a["method"]) == ("M1b", "authors"))
    page = (BOOK / differences.PAGE).read_text(encoding="utf-8")
    assert "U 3.9 ms, P3 4.5 ms, P2P3 17.4 ms" in number
    assert "3.9 ms in U, 4.5 ms in P3 and 17.4 ms in P2P3" in page


def test_what_the_page_says_of_the_filter_is_what_was_answered():
    answers = json.loads((BOOK / "recorded" / "answers.json").read_text(encoding="utf-8"))
    found = {a["method"]: a for a in answers if a["claim"] == "K5"}
    chain = "first-order Markov chain"
    assert found["first edition"]["controls"][chain] == "holds"  # with our filter
    assert "not diagnostic" in found["first edition"]["marks"]
    assert found["authors"]["controls"][chain] != "holds"
