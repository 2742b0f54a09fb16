"""The sentence about a figure says what the verdicts say, for every combination of verdicts."""

from __future__ import annotations

import random
import re
from itertools import product

import pytest

from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
)
from reproduction import paper
from reproduction.common.answers import METHODS, Answer
from reproduction.common.families import PAPER_CLAIMS
from reproduction.paper import AUTHORS, FIGURES, NOT_RECORDED, OURS, STATUSES, THAT
from tools.claims import parts_of

NAMES = [figure.where for figure in FIGURES]


def answer(claim, outcome=HOLDS, method=AUTHORS, number="A→B, 67: 1.10 times the data", **more):
    """An answer as it is read from the file."""
    return Answer(claim, method, outcome, number, ("linear",), **more).to_json()


def combinations(figure):
    """Every combination of statuses, or a thousand of them where there are too many."""
    n = len(figure.claims)
    draw = random.Random(1)
    if n <= 4:
        yield from (dict(zip(figure.claims, each)) for each in product(STATUSES, repeat=n))
        return
    for each in product(STATUSES, repeat=len(figure.parts)):
        yield {c: one for part, one in zip(figure.parts, each) for c in part.subjects}
    for _ in range(1000):
        yield {claim: draw.choice(STATUSES) for claim in figure.claims}


def read_back(figure, text):
    """What a sentence says of each claim."""
    found = {}
    for clause in text.removeprefix(paper.IN_PART).lower().rstrip(".").split(". "):
        matching = [one for one in STATUSES if clause.startswith(figure.clauses[one][:-2])]
        one = max(matching, key=lambda each: len(figure.clauses[each]))
        if figure.clauses is THAT and one in (HOLDS, DOES_NOT_HOLD):
            denied = any(words in clause for words, _ in subjects(figure, true=False))
            one = DOES_NOT_HOLD if denied else HOLDS
        rest = clause[len(figure.clauses[one]) - 2 :]
        true = figure.clauses is not THAT or one != DOES_NOT_HOLD
        for words, about in sorted(subjects(figure, true), key=lambda each: -len(each[0])):
            if words in rest:
                rest = rest.replace(words, "", 1)
                found.update(dict.fromkeys(about, one))
        assert re.fullmatch(r"(, | and |that |whether )*", rest), (text, rest)
    return found


def subjects(figure, true=True):
    """What a clause can name: the words, and the claims that they stand for."""
    for part in figure.parts:
        for claim, words in part.subjects.items():
            yield paper.in_words(words, true).lower(), [claim]
        if part.together:
            yield paper.in_words(part.together, true).lower(), list(part.subjects)


@pytest.mark.parametrize("figure", FIGURES, ids=NAMES)
def test_each_sentence_says_what_the_verdicts_say_and_nothing_else(figure):
    uniform = {words: one for one, words in paper.UNIFORM.items()}
    for found in combinations(figure):
        text = paper.sentence(figure, found)
        if text in uniform:
            assert set(found.values()) == {uniform[text]}
        else:
            assert read_back(figure, text) == found, text
        assert text.endswith(".") and text[0].isupper()


@pytest.mark.parametrize("figure", FIGURES, ids=NAMES)
def test_yes_and_no_are_said_only_if_they_are_true_of_all_claims(figure):
    for found in combinations(figure):
        text, kinds = paper.sentence(figure, found), set(found.values())
        assert bool(re.search(r"\byes\b", text, re.I)) == (kinds == {HOLDS})
        assert bool(re.search(r"\bno\b", text, re.I)) == (kinds == {DOES_NOT_HOLD})
        assert text.startswith(paper.IN_PART) == ({HOLDS, DOES_NOT_HOLD} <= kinds)


@pytest.mark.parametrize("figure", FIGURES, ids=NAMES)
def test_our_settings_change_the_answer_only_where_a_verdict_differs(figure):
    draw = random.Random(2)
    for found in list(combinations(figure))[::7]:
        ours = {c: draw.choice([one, one, draw.choice(STATUSES)]) for c, one in found.items()}
        text = paper.other_settings(figure, found, ours)
        both = {c for c, one in found.items() if one != NOT_RECORDED}
        only = [c for c in ours if c not in both and ours[c] != NOT_RECORDED]
        if len(only) == len(figure.claims):
            assert text == "Not run with the authors' settings."
            continue
        if only:
            names = ", ".join(figure.name(claim) for claim in only)
            assert text.endswith(f"Not run with the authors' settings: {names}.")
            text = text.removesuffix(f"Not run with the authors' settings: {names}.").rstrip()
        recorded = {c for c in both if ours[c] != NOT_RECORDED}
        changed = {c: ours[c] for c in recorded if ours[c] != found[c]}
        missing = {c: NOT_RECORDED for c in both - recorded}
        if not both:
            assert text == ""
        elif not recorded:
            assert text == paper.NONE_OF_OURS
        elif changed:
            said = text.removeprefix(paper.OTHER_SETTINGS)
            assert said != text
            if len(changed) > paper.MOST_CHANGES:
                assert (
                    said
                    == f"{len(changed)} of this figure's {len(both)} claims change their answer."
                )
            else:
                assert read_back(figure, said) == changed | missing
        elif missing:
            said = text.removeprefix(paper.SAME + " ")
            assert said != text and read_back(figure, said) == missing
        else:
            assert text == paper.SAME


def test_the_figures_have_every_claim_of_the_paper_once():
    assert len(set(paper.CLAIMS)) == len(paper.CLAIMS)
    asked = {each for claim in PAPER_CLAIMS for each in parts_of(claim)}
    assert set(paper.CLAIMS) == asked


def test_each_clause_begins_in_its_own_way():
    for clauses in (paper.FOR, THAT):
        assert set(clauses) == set(STATUSES) == set(paper.UNIFORM)
        heads = [clause.removesuffix("{}") for clause in clauses.values()]
        assert len(set(heads)) == len(heads) - (clauses is THAT)  # two differ in their verb


def test_what_each_claim_is_about_can_be_read_as_an_end_of_a_sentence():
    for figure in FIGURES:
        assert figure.question.endswith("?") and len(figure.shows.split()) <= 4
        for part in figure.parts:
            assert part.subjects.keys() == part.names.keys()
            for words in (*part.subjects.values(), part.together):
                assert not words.endswith(".") and ";" not in words and "," not in words
                verbs = paper.VERB.findall(words)
                assert len(verbs) == (figure.clauses is THAT and bool(words))
                assert set(verbs) <= set(paper.NEGATED)


@pytest.mark.parametrize("given, expected", [
    (None, NOT_RECORDED),
    (answer("K1"), HOLDS),
    (answer("K1", DOES_NOT_HOLD), DOES_NOT_HOLD),
    (answer("K1", UNDECIDED, marks=(NOT_DIAGNOSTIC,)), UNDECIDED),
    (answer("K1", HOLDS, marks=(NOT_DIAGNOSTIC,)), NOT_DIAGNOSTIC),
    (answer("K1", DOES_NOT_HOLD, marks=(NOT_DIAGNOSTIC,)), DOES_NOT_HOLD),
    (answer("K1", DOES_NOT_HOLD, marks=(CANNOT_BE_TESTED,)), CANNOT_BE_TESTED),
    (answer("K1", HOLDS, marks=(CANNOT_BE_TESTED, NOT_DIAGNOSTIC)), CANNOT_BE_TESTED),
])  # fmt: skip
def test_an_answer_has_one_status(given, expected):
    assert paper.status(given) == expected


def test_claims_are_counted_by_status_under_each_method():
    made = [answer("K1"), answer("K2", DOES_NOT_HOLD), answer("K1", UNDECIDED, OURS)]
    made += [answer("T1", UNDECIDED, "first edition"), answer("T1", HOLDS, "continued")]
    answers = paper.by_claim(made)
    main = paper.tally(paper.main_statuses(paper.CLAIMS, answers))
    ours = paper.tally(paper.our_statuses(paper.CLAIMS, answers))
    assert (main[HOLDS], main[DOES_NOT_HOLD], main[UNDECIDED]) == (2, 1, 0)
    assert (ours[HOLDS], ours[DOES_NOT_HOLD], ours[UNDECIDED]) == (1, 0, 1)
    assert sum(main.values()) == sum(ours.values()) == len(paper.CLAIMS)
    assert main[NOT_RECORDED] == len(paper.CLAIMS) - 3
    assert paper.main_method("T1", answers) == "continued" == METHODS[2]
    assert paper.main_method("T2", answers) is None


def test_two_answers_to_one_question_are_refused():
    with pytest.raises(ValueError, match="K1 has two answers under 'authors'"):
        paper.by_claim([answer("K1"), answer("K1", UNDECIDED)])


def test_the_number_is_that_of_the_claim_that_decides():
    figure = paper.FIGURE_OF["B1"]
    controls = {"first-order Markov chain": HOLDS, "shuffled labels": UNDECIDED}
    number = "A→B, 67: 1.10 times the data (0.98 to 1.2)"
    made = [answer("B1", number=number)]
    expected = "Linear, A→B at 67 frames: 1.10 times the data (0.98 to 1.2)."
    assert paper.number(figure, paper.by_claim(made)) == expected
    weak = {"marks": (NOT_DIAGNOSTIC,), "controls": controls}
    made.append(answer("B2", HOLDS, number="B: 0.98 times the data (0.9 to 1.1).", **weak))
    expected = (
        "Triangular, B: 0.98 times the data (0.9 to 1.1); "
        "the same rule accepts a control (first-order Markov chain)."
    )
    assert paper.number(figure, paper.by_claim(made)) == expected
    number = "nothing there; D: 1.3 times the data (1.0 to 1.6); E: 1.1 times the data (1.0 to 1.2)"
    made.append(answer("B3", UNDECIDED, number=number, more_data=12.34))
    expected = (
        "Four states, D: 1.3 times the data (1.0 to 1.6); about 12 times as much data would decide."
    )
    assert paper.number(figure, paper.by_claim(made)) == expected
    number = "D: 1.5 times the data (1.4 to 1.6); limits 0.8 and 1.25"
    made[-1] = answer("B3", DOES_NOT_HOLD, number=number)
    expected = "Four states, D: 1.5 times the data (1.4 to 1.6)."
    assert paper.number(figure, paper.by_claim(made)) == expected
    made[-1] = answer("B3", DOES_NOT_HOLD, number="four states: 1.5 times the data (1.4 to 1.6)")
    expected = "Four states: 1.5 times the data (1.4 to 1.6)."
    assert paper.number(figure, paper.by_claim(made)) == expected


@pytest.mark.parametrize("number", [
    "1.5 times the data", "U→P3 at 12 ms 1.2 (1.0 to 1.4)", "of the data (1.0 to 1.2)", "p = 0.01",
    "only one training, so no interval; D: 1.3 times the data; E: 1.1 times the data",
])  # fmt: skip
def test_a_number_that_does_not_explain_itself_is_not_shown(number):
    right = answer("B1", number="A: 1.10 times the data (0.98 to 1.2)")
    deciding = answer("B3", DOES_NOT_HOLD, number=number)
    assert paper.number(paper.FIGURE_OF["B1"], paper.by_claim([right, deciding])) == ""
    assert paper.number(paper.FIGURE_OF["B1"], {}) == ""


@pytest.mark.parametrize("times, words", [
    (1.0, ""),
    (3.456, "about 3.5 times as much data would decide"),
    (234.0, "about 230 times as much data would decide"),
    (999.0, "about 1,000 times as much data would decide"),
    (83_254.0, "no realistic amount of data would decide (more than 1,000 times as much)"),
    (float("inf"), "more data alone would not decide"),
])  # fmt: skip
def test_how_much_data_would_decide_is_said_in_plain_numbers(times, words):
    assert paper.more_data(answer("B1", UNDECIDED, more_data=times)) == words
    assert paper.more_data(answer("B1", HOLDS, more_data=times)) == ""
