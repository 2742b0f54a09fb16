"""The answer to O1 for made-up records along two directions: all outcomes, and both marks."""

from __future__ import annotations

from functools import partial
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
from lstm_md.systems import potentials
from reproduction.potentials.states import project_states
from reproduction.projections import answers
from reproduction.projections.answers import axis_of, conclusion

FRAMES = 200_000
RATES = np.array([[0.0, 0.004, 0.004], [0.004, 0.0, 0.004], [0.004, 0.004, 0.0]])


def simulated(factor, frames, seed):
    """States in the plane; all rates are multiplied."""
    matrix = factor * RATES
    return simulate_markov_chain(matrix + np.diag(1 - matrix.sum(axis=1)), frames, seed=seed)


def seen(states, direction, blurred=0.0):
    """The labels along a direction; a share of the frames shows a random label for a while."""
    label_of = project_states(potentials.triangular_three_state, direction).label_of
    labels = label_of[states].astype(np.uint8)
    if blurred:
        random = np.random.default_rng(1)
        places = random.integers(labels.shape[-1] - 20, size=int(blurred * labels.shape[-1]))
        for place in places:
            labels[..., place : place + 20] = 1 - labels[..., place : place + 20]
    return labels


def axis(direction, factor=1.0, frames=FRAMES, spread=0.0, blurred=0.0, trainings=5):
    """The axis of a record whose networks generate with all rates multiplied by a factor."""
    plane = simulated(1.0, frames, 1)
    random = np.random.default_rng(2)
    factors = factor * np.exp(spread * random.normal(size=trainings))
    see = partial(seen, direction=direction, blurred=blurred)
    n_labels = len(project_states(potentials.triangular_three_state, direction).names)
    record = SimpleNamespace(
        name="made_up",
        settings={
            "potential": "triangular_three_state", "direction": direction, "segments": 20,
            "seed": 1, "labels": n_labels,
        },
        data=see(plane),
        reference=see(simulated(1.0, 10 * frames, 3)),
        generated=[
            np.stack([see(simulated(each, 2 * frames, 10 + k)) for k in (2 * n, 2 * n + 1)])
            for n, each in enumerate(factors)
        ],
        controls={"untrained": [random.integers(n_labels, size=frames // 4).astype(np.uint8)]},
    )  # fmt: skip
    return axis_of(record, plane)


@pytest.fixture(scope="module")
def good():
    return [axis(90.0), axis(30.0)]


def test_networks_with_the_rates_of_the_plane_hold_along_every_direction(good):
    ruling, controls, testable = conclusion(good)
    assert (ruling.outcome, testable) == (HOLDS, True)
    assert controls["untrained network"].outcome == DOES_NOT_HOLD
    assert "holds: triangular three-state potential along y, triangular" in ruling.number
    assert {part.name.split(", ")[1] for part in good[0].model} == {"A + C → B:", "B → A + C:"}


def test_one_direction_with_other_rates_refutes(good):
    ruling, _, testable = conclusion([good[0], axis(30.0, 1.6)])
    assert (ruling.outcome, testable) == (DOES_NOT_HOLD, True)
    assert "does not hold: triangular three-state potential along 30°" in ruling.number


def test_a_rate_at_the_margin_and_trainings_that_scatter_leave_it_open(good):
    assert conclusion([good[0], axis(30.0, 1.22, spread=0.2)])[0].outcome == UNDECIDED
    assert conclusion([good[0], axis(30.0, 1.0, spread=0.6)])[0].outcome == UNDECIDED


def test_the_first_order_chain_that_holds_is_a_control(good):
    controls = conclusion(good)[1]
    assert controls["first-order Markov chain"].outcome == HOLDS  # the data are nearly such a chain
    assert controls["shuffled labels"].outcome == DOES_NOT_HOLD


def test_a_direction_that_shows_something_else_than_the_plane_does_not_decide(good):
    other = axis(30.0, blurred=0.01)
    assert not other.testable and rule_of(other) == DOES_NOT_HOLD
    ruling, _, testable = conclusion([good[0], other])
    assert (ruling.outcome, testable) == (HOLDS, True)
    assert "cannot be tested: triangular three-state potential along 30°" in ruling.number
    assert conclusion([other])[2] is False


def rule_of(of):
    return answers.rule(of.model).outcome


def test_data_with_few_transitions_cannot_be_tested():
    short = axis(90.0, frames=2_000)
    assert short.model == [] and len(short.rare) == 2
    ruling, _, testable = conclusion([short])
    assert (ruling.outcome, testable) == (UNDECIDED, False)
    assert ruling.number.startswith(answers.NO_RATE)


def test_the_answer_has_the_marks(good, monkeypatch):
    monkeypatch.setattr(answers.records, "load", lambda name: SimpleNamespace(
        name=name, settings=dict.fromkeys(
            ("potential", "frames", "seed", "running_mean", "shortest_stay"))))  # fmt: skip
    monkeypatch.setattr(answers, "plane_of", lambda record: None)
    found = answers.answer
    monkeypatch.setattr(answers, "axis_of", lambda record, plane, adjacent=False: good[0])
    assert found("ours", {"a": "a"}).marks == (NOT_DIAGNOSTIC,)
    blurred = axis(30.0, blurred=0.01)
    monkeypatch.setattr(answers, "axis_of", lambda record, plane, adjacent=False: blurred)
    assert found("ours", {"a": "a"}).marks[0] == CANNOT_BE_TESTED


def test_records_of_different_simulations_are_refused(monkeypatch):
    settings = {"potential": "a", "frames": 1, "seed": 1, "running_mean": 1, "shortest_stay": 1}
    made = {
        "a": SimpleNamespace(name="a", settings=settings),
        "b": SimpleNamespace(name="b", settings={**settings, "seed": 2}),
    }
    monkeypatch.setattr(answers.records, "load", made.__getitem__)
    monkeypatch.setattr(answers, "plane_of", lambda record: None)
    with pytest.raises(ValueError, match="a and b are of different simulations"):
        answers.answer("ours", {"a": "b"})


def test_the_records_along_x_are_of_the_same_simulation_as_those_that_hold_their_plane():
    from reproduction.recipes import RECIPES

    for names in answers.RECORDS.values():
        for name, plane in names.items():
            for key in ("potential", "frames", "seed", "running_mean", "shortest_stay"):
                assert RECIPES[name].settings[key] == RECIPES[plane].settings[key]
