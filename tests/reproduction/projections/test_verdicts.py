"""Potentials seen along an axis: what merges, what O1 asks of it, and a record in seconds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import Outcome
from lstm_md.systems import langevin, potentials
from reproduction.common.estimates import MODEL, SAME
from reproduction.potentials import states
from reproduction.potentials.states import labels_along
from reproduction.projections import criteria, verdicts
from reproduction.projections.states import RECORDS, ROTATED, states_in_the_plane
from reproduction.recipes import RECIPES
from reproduction.runs.recipe import WORKING, run_job
from reproduction.runs.recording import verify, write_summary
from reproduction.runs.records import Record, load

TRIANGULAR = potentials.triangular_three_state


@pytest.mark.parametrize(
    ("potential", "direction", "names"),
    [
        ("linear_three_state", 0, ("A", "B", "C")),
        ("linear_three_state", 30, ("A", "B", "C")),
        ("linear_three_state", 135, ("A + B + C",)),
        ("triangular_three_state", 90, ("A + C", "B")),
        ("triangular_three_state", 30, ("A", "B + C")),
        ("four_state", 90, ("A", "B", "C", "D")),
        ("four_state", 30, ("A + B", "C + D")),
    ],
)
def test_minima_that_fall_together_along_an_axis_are_one_label(potential, direction, names):
    seen = states.project_states(getattr(potentials, potential), direction)
    assert seen.names == names and len(seen.centres) == len(names)
    for state, label in zip(getattr(potentials, potential).states, seen.label_of, strict=True):
        assert state in names[label]
    assert min(np.diff(np.sort(seen.centres)), default=1.0) >= states.MERGE_DISTANCE


def test_the_axis_at_no_angle_is_x_bit_for_bit_and_at_a_right_angle_y():
    x, y = np.random.default_rng(1).normal(size=(2, 1000)).astype(np.float32)
    assert (states.coordinate_along(x, y, 0.0) == x).all()
    np.testing.assert_allclose(states.coordinate_along(x, y, 90.0), y, atol=1e-6)
    labels = labels_along("triangular_three_state", 300, seed=3)
    seen = langevin.simulate(TRIANGULAR, 300, seed=3).x
    assert (labels == np.abs(seen[:, None] - TRIANGULAR.minima[:, 0]).argmin(axis=1)).all()


def test_probabilities_along_an_axis_are_those_of_the_plane():
    edges = np.linspace(-4, 4, 41)
    np.testing.assert_allclose(
        states.probability_along(TRIANGULAR, 0.0, edges), TRIANGULAR.probability(edges), atol=1e-8
    )
    linear = potentials.linear_three_state
    np.testing.assert_allclose(
        states.probability_along(linear, 90.0, edges), linear.probability(edges), atol=1e-8
    )
    walked = langevin.simulate(TRIANGULAR, 100_000, seed=1)
    counted, _ = np.histogram(states.coordinate_along(walked.x, walked.y, 30.0), [-4, 1, 4])
    exact = states.probability_along(TRIANGULAR, 30.0, np.linspace(-4, 4, 81))
    assert exact[:50].sum() == pytest.approx(counted[0] / 100_000, abs=0.06)
    assert exact.sum() == pytest.approx(1, abs=1e-4)


def test_the_recipes_look_along_y_and_along_one_axis_more():
    for potential, names in RECORDS.items():
        directions = [RECIPES[name].settings["direction"] for name in names]
        assert directions == [0.0, 90.0, ROTATED]
        for name in names:
            settings = RECIPES[name].settings
            system = getattr(potentials, settings["potential"])
            projection = states.project_states(system, settings["direction"])
            assert settings["labels"] == len(projection.centres)
            assert potential in settings["potential"]
    arguments = [job.arguments for name in RECORDS for job in RECIPES[name].jobs]
    assert not any({"direction", "blank_frames"} & set(a) for a in arguments), "records stay valid"
    new = {job.name: job.arguments for job in RECIPES["triangular_y"].jobs}
    assert new["data"]["direction"] == new["reference"]["direction"] == 90.0
    assert new["controls"]["blank_frames"] == 40_000
    assert new["plane"] == {
        "potential": "triangular_three_state", "frames": 200_000, "seed": 1, "running_mean": 1,
        "shortest_stay": 1,
    }  # fmt: skip


def test_states_in_the_plane_are_those_of_the_same_simulation():
    plane = states_in_the_plane("triangular_three_state", 5_000, seed=2)
    x = labels_along("triangular_three_state", 5_000, seed=2)
    assert np.mean(plane == x) > 0.97
    smooth = states_in_the_plane("four_state", 5_000, 1, 50, 100)
    assert smooth.shape == (5_000,) and transition_counts(smooth, [1]).sum() < 100


def counts(value, error=1.0, n=20):
    value = np.array(value, float)
    return Estimate(value, np.full(value.shape, error), n)


def test_committed_counts_of_the_plane_pass_and_others_do_not():
    plane = counts([[0, 50], [52, 0]])
    assert criteria.same_as_in_the_plane(counts([[0, 51], [51, 0]]), plane).passed
    outcome = criteria.same_as_in_the_plane(counts([[0, 45], [52, 0]]), plane)
    assert not outcome.passed and outcome.measured == "committed -3.5 SE from the plane"
    # (3 + 1.28) × √2 SE of 50
    assert outcome.power == "committed counts off by 12%"
    assert not criteria.same_as_in_the_plane(counts([[0, 50], [60, 0]]), plane).passed, (
        "both directions count"
    )
    rare = counts([[0, 50, 0], [50, 0, 50], [0.4, 50, 0]])
    assert criteria.same_as_in_the_plane(
        counts([[0, 50, 9], [50, 0, 50], [9, 50, 0]]), rare
    ).passed, "rare"
    with pytest.raises(ValueError, match="plane: no pair with 10 transitions"):
        criteria.same_as_in_the_plane(plane, counts([[0, 0.1], [0.1, 0]]))


def test_one_axis_needs_both_criteria_and_the_claim_every_axis():
    numbers = {"detectable": 0.05, "committed_detectable": 0.4}
    good = Outcome(True, "fine", "10%", numbers)
    bad = Outcome(False, "far off", "10%", numbers)
    plane = counts([[0, 50], [52, 0]])
    assert criteria.agrees_along(good, plane, plane).passed
    assert not criteria.agrees_along(bad, plane, plane).passed
    assert not criteria.agrees_along(good, counts([[0, 80], [52, 0]]), plane).passed
    assert criteria.agrees_along_all({"x": good, "y": good}).passed
    whole = criteria.agrees_along_all({"x": good, "y": bad, "30": good})
    assert not whole.passed and whole.measured == "2 of 3 axes pass; not y (far off)"
    assert criteria.agrees_along_all({"x": bad, "y": bad}).measured == "0 of 2 axes pass"
    whole = criteria.agrees_along_all({"x": good, "y": good})
    assert whole.power == "x: curves 5.0%, 40%; y: curves 5.0%, 40%"


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """The record of the recipe for tests, each job done here."""
    recipe = RECIPES["view_smoke"]
    folder = tmp_path_factory.mktemp("recorded")
    (folder / recipe.name / WORKING).mkdir(parents=True)
    for job in recipe.jobs:
        run_job(job, folder / recipe.name)
    write_summary(recipe, folder / recipe.name)
    return folder


def test_a_record_along_an_axis_is_whole_and_small(smoke):
    assert verify(RECIPES["view_smoke"], smoke) == []
    assert sum(f.stat().st_size for f in (smoke / "view_smoke").glob("*.*")) < 200_000
    record = load("view_smoke", smoke)
    assert record.controls["untrained"].shape == (5, 30_000)
    y = langevin.simulate(potentials.linear_three_state, 30_000, seed=1).y
    assert (record.data == np.abs(y[:, None] - [1.44114, 0, -1.44114]).argmin(axis=1)).all()


def test_each_control_goes_through_the_test_of_an_axis_and_fails(smoke):
    view = verdicts.ProjectionEstimates(
        record := load("view_smoke", smoke), verdicts.plane_of(record)
    )
    outcomes = view.outcomes
    assert list(outcomes) == [
        MODEL, "untrained network", "shuffled labels", "first-order Markov chain", SAME,
    ]  # fmt: skip
    assert not any(outcomes[name].passed for name in view.controls)
    assert view.plane.n == 4 and view.plane.value.shape == (3, 3, 3)


def test_an_axis_that_shows_what_the_plane_shows_passes(smoke, monkeypatch):
    record = load("view_smoke", smoke)
    exact = verdicts.ProjectionEstimates(record, verdicts.plane_of(record))
    monkeypatch.setitem(exact.counts, MODEL, exact.counts["training data"])
    assert exact.outcome(MODEL).passed
    verdict = verdicts.verdict({"view_smoke": exact})
    assert verdict.line() == "O1: reproduced"
    monkeypatch.setitem(exact.counts, MODEL, exact.counts["untrained network"])
    assert verdicts.verdict({"view_smoke": exact}).line() == "O1: not reproduced"


def test_records_of_different_simulations_are_not_compared(tmp_path):
    y = Record("triangular_y", tmp_path, dict(RECIPES["triangular_y"].settings), {})
    (tmp_path / verdicts.PLANE).touch()
    x = Record("triangular", Path("nowhere"), dict(RECIPES["triangular"].settings), {})
    other = replace(x, settings={**x.settings, "seed": 2})
    with pytest.raises(ValueError, match="triangular and triangular_y are of different simul"):
        verdicts.estimates_of({"triangular": other, "triangular_y": y})


def test_the_numbers_of_an_axis_are_those_that_decide(smoke):
    view = verdicts.ProjectionEstimates(
        record := load("view_smoke", smoke), verdicts.plane_of(record)
    )
    for outcome in view.outcomes.values():
        found = outcome.numbers
        assert outcome.measured.startswith(f"{found['share']:.0%} of ")
        committed = f"committed {found['furthest_z']:+.1f} SE"
        assert f"mean {found['drift']:+.2f} SE; {committed}" in outcome.measured
