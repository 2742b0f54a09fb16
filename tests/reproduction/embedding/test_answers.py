"""The answers to E1–E3 for made-up records: both readings, all outcomes, and both marks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
)
from reproduction.common.intervals import NO_STRICTER, Ruling
from reproduction.embedding import answers
from reproduction.embedding.answers import RAW, SCALED, Reading, answer, deciding, together

ROW = np.array([[0.98, 0.0195, 0.0005], [0.02, 0.96, 0.02], [0.0005, 0.0195, 0.98]])
RING = np.array([[0.98, 0.01, 0.01], [0.01, 0.98, 0.01], [0.01, 0.01, 0.98]])
RIGHT = 2 * np.array([[1.0, 0.0], [0.7, 0.7], [0.0, 1.0]])  # B between A and C
UNEVEN = 2 * np.array([[1.0, 0.0], [0.87, 0.5], [0.0, 1.0]])  # B nearer to A than to C
WRONG = RIGHT[[1, 0, 2]]  # A between B and C
LIKE = 2 * np.eye(3)


def record(embeddings, matrix=ROW, untrained=None, frames=50_000):
    settings = {"labels": 3, "commit_times": [1, 2, 5]}
    data = simulate_markov_chain(matrix, frames, seed=1)
    blank = np.random.default_rng(1).uniform(-0.05, 0.05, (len(embeddings), 3, 2))
    return SimpleNamespace(
        name="made_up",
        settings=settings,
        data=data,
        reference=simulate_markov_chain(matrix, 10 * frames, seed=2),
        trainings=[SimpleNamespace(embedding=np.array(rows)) for rows in embeddings],
        generated=[data[None]] * len(embeddings),
        embeddings={"untrained": blank if untrained is None else np.array(untrained)},
    )


def asked(made, method="ours"):
    return answer("E1", method, made, made)


@pytest.mark.parametrize(
    ("right", "outcome"), [(10, HOLDS), (9, HOLDS), (5, UNDECIDED), (1, DOES_NOT_HOLD)]
)
@pytest.mark.parametrize("method", ["authors", "ours"])
def test_most_trainings_must_follow(right, outcome, method):
    found = asked(record([RIGHT] * right + [WRONG] * (10 - right)), method)
    assert found.outcome == outcome
    assert f"{SCALED}: {right} of 10 trainings follow" in found.number
    assert f"{RAW}: {right} of 10 trainings follow" in found.number
    assert found.stricter == outcome


def test_the_papers_reading_decides_under_the_authors_method_alone():
    # Beside the long time between A and C, a factor of 4 between the others is hardly seen.
    made = record([UNEVEN] * 10)
    authors, ours = asked(made, "authors"), asked(made)
    assert (authors.outcome, authors.marks) == (HOLDS, ())
    assert (ours.outcome, ours.more_data) == (UNDECIDED, np.inf)
    assert ours.number == authors.number
    assert f"{RAW}: 0 of 10" in ours.number


def test_a_reading_that_simulations_do_not_follow_cannot_be_tested():
    made = record([LIKE] * 10, RING)
    authors, ours = asked(made, "authors"), asked(made)
    # Like times that are scaled differ by chance: no simulation has those of the data.
    assert authors.marks[0] == CANNOT_BE_TESTED
    assert (ours.outcome, CANNOT_BE_TESTED in ours.marks) == (HOLDS, False)
    for found in (authors, ours):
        assert f"; independent simulations do not follow: {SCALED}" in found.number
    assert (authors.stricter, ours.stricter) == ("", HOLDS)


def test_untrained_networks_that_follow_make_the_answer_not_diagnostic():
    # Where all pairs are alike, an embedding that says nothing has like times.
    found = asked(record([LIKE] * 10, RING))
    assert (found.controls, found.marks) == ({"untrained network": HOLDS}, (NOT_DIAGNOSTIC,))
    assert asked(record([RIGHT] * 10)).marks == ()
    assert asked(record([RIGHT] * 10, untrained=[RIGHT] * 10)).marks == (NOT_DIAGNOSTIC,)


def reading(outcome, testable=True):
    ruling = Ruling(outcome, outcome, 0.01, 3.0)
    return Reading(ruling, ruling, testable)


def test_only_readings_that_can_be_tested_decide_unless_none_can():
    found = {SCALED: reading(HOLDS, False), RAW: reading(HOLDS)}
    assert list(deciding(found, "ours")) == [RAW]
    assert list(deciding(found, "authors")) == [SCALED]
    found[RAW] = reading(HOLDS, False)
    assert list(deciding(found, "ours")) == [SCALED, RAW]


@pytest.mark.parametrize(
    ("one", "other", "outcome", "more"),
    [
        (HOLDS, HOLDS, HOLDS, 3.0),
        (DOES_NOT_HOLD, DOES_NOT_HOLD, DOES_NOT_HOLD, 3.0),
        (HOLDS, DOES_NOT_HOLD, UNDECIDED, np.inf),
        (HOLDS, UNDECIDED, UNDECIDED, 3.0),
        (UNDECIDED, DOES_NOT_HOLD, UNDECIDED, 3.0),
        (UNDECIDED, UNDECIDED, UNDECIDED, 3.0),
    ],
)
def test_readings_must_agree(one, other, outcome, more):
    found = together([reading(one).model, reading(other).model])
    assert (found.outcome, found.more_data) == (outcome, more)


def test_a_pair_that_is_never_adjacent_has_no_stricter_answer():
    apart = np.array([[0.98, 0.02, 0.0], [0.02, 0.96, 0.02], [0.0, 0.02, 0.98]])
    made = record([RIGHT] * 10, apart)
    assert asked(made).outcome == HOLDS and asked(made).stricter == ""
    assert NO_STRICTER in asked(made).number and NO_STRICTER not in asked(record([RIGHT])).number


def test_untrained_networks_come_from_the_record_of_the_first_edition():
    assert answers.ANSWERS["E3", "authors"].records == ("four_state_authors", "four_state")
    assert answers.ANSWERS["E1", "ours"].records == ("linear_ours", "linear")
