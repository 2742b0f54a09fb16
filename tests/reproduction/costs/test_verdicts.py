"""The verdicts on C1–C4, on made-up times, and the reading of a record whose files were changed."""

import json
import subprocess
import sys

import numpy as np
import pytest

from lstm_md._support.archives import DamagedError
from reproduction.costs.states import GRIDS, SERIES
from reproduction.costs.verdicts import MEASUREMENTS, CostEstimates, summarise
from reproduction.runs import records
from reproduction.runs.files import load_file, save_file, save_summary

CLAIMS = ("C1", "C2", "C3", "C4")
FRAMES = 6_400 * 2 ** np.arange(9)
LABELS = np.array([3, 10, 30, 100, 300, 1000])
UNITS = np.array([32, 128, 512, 1024])
TRACE = np.array([100_000, 200_000])
ORIGIN = {"date": "2026-11-25T00:00:00", "revision": "r"}


def timed(cost, rounds=3):
    """The same pace for all sizes of a round, another for each round."""
    return [[float(pace * c) for c in cost] for pace in np.linspace(0.9, 1.3, rounds)]


def plane():
    """Networks that reproduce their data, all equally fast, and a control that does not."""
    data = np.full((24, 3, 3), 50.0)
    generated = {
        "LSTM": [(data + k).tolist() for k in (-1, 0, 1)],
        "shuffled labels": [(data + k).tolist() for k in (99, 100, 101)],
    }
    return {
        "commit_times": list(range(1, 25)),
        "segments": 20,
        "data": data.tolist(),
        "error": np.ones_like(data).tolist(),
        "counts": {series: dict(generated) for series in SERIES},
        "seconds": {series: [[1.0, 1.0, 1.0]] * 3 for series in SERIES},
        "validation_loss": {series: [[2.0, 1.0, 1.0]] * 3 for series in SERIES},
    }


@pytest.fixture
def measured():
    """Measurements for which all four claims hold."""
    return {
        "frames": {"frames": FRAMES.tolist(), "seconds": timed(1e-6 * FRAMES)},
        "labels": {
            "L 64": {"labels": LABELS.tolist(), "seconds": timed(1 + LABELS / 256)},
            "L 1024": {"labels": LABELS.tolist(), "seconds": timed(1 + LABELS / 4096)},
        },
        "units": {"units": UNITS.tolist(), "seconds": timed(UNITS**1.5)},
        "models": {
            "frames": TRACE.tolist(),
            "epochs": 20,
            "seconds": {
                "MSM": timed(1e-8 * TRACE),
                "HMM": timed(1e-6 * TRACE),
                "HMM, lag 1": timed(3e-6 * TRACE),
                "LSTM, L 64": timed(1e-5 * TRACE),
                "LSTM, L 1024": timed(5e-6 * TRACE),
            },
        },
        "memory": {"MSM": 1.0, "LSTM, L 64": float("nan")},
        "projections": plane(),
    }


def estimates_of(measured, tmp_path):
    estimates = CostEstimates(records.Record("made up", tmp_path, {}, {}))
    estimates.measured = measured
    return estimates


@pytest.fixture
def outcomes(measured, tmp_path):
    """Judges the measurements, whatever was changed in them before the call."""

    def judged():
        estimates = estimates_of(measured, tmp_path)
        return {claim: estimates.verdict(claim).outcome for claim in CLAIMS}

    return judged


def only(claim, outcome):
    """Everything is reproduced but this one claim."""
    return {**dict.fromkeys(CLAIMS, "reproduced"), claim: outcome}


def test_all_claims_hold_for_measurements_that_are_as_they_say(outcomes):
    assert set(outcomes().values()) == {"reproduced"}


def test_every_claim_has_its_controls(measured, tmp_path):
    estimates = estimates_of(measured, tmp_path)
    assert {claim: set(estimates.verdict(claim).controls) for claim in CLAIMS} == {
        "C1": {"labels, not frames", "units, not frames"},
        "C2": {"frames, not labels", "units, not labels"},
        "C3": {"Markov state model"},
        "C4": {"shuffled labels"},
    }


def test_c1_is_refused_for_an_epoch_whose_time_is_a_root_of_the_frames(measured, outcomes):
    measured["frames"]["seconds"] = timed(FRAMES**0.75)
    assert outcomes() == only("C1", "not reproduced")


def test_c1_proves_nothing_where_the_units_are_proportional_too(measured, outcomes):
    measured["units"]["seconds"] = timed(UNITS)
    assert outcomes() == only("C1", "reproduced in part")


@pytest.mark.parametrize("network", ["L 64", "L 1024"])
def test_c2_is_refused_if_labels_cost_much_in_one_network(measured, outcomes, network):
    measured["labels"][network]["seconds"] = timed(1 + LABELS / 50)
    assert outcomes() == only("C2", "not reproduced")


def test_c2_proves_nothing_where_the_units_cost_nothing(measured, outcomes):
    measured["units"]["seconds"] = timed(1 + UNITS / 4096)
    assert outcomes() == only("C2", "reproduced in part")


def test_c3_compares_the_papers_network_with_the_papers_hidden_markov_model(measured, outcomes):
    seconds = measured["models"]["seconds"]
    seconds["LSTM, L 64"] = seconds["HMM, lag 1"] = timed(TRACE)
    assert set(outcomes().values()) == {"reproduced"}
    seconds["LSTM, L 1024"] = timed([1e-6 * TRACE[0], 11e-6 * TRACE[1]])
    assert outcomes() == only("C3", "not reproduced")


def test_c3_proves_nothing_where_the_markov_state_model_is_as_expensive(measured, outcomes):
    measured["models"]["seconds"]["MSM"] = timed(1e-6 * TRACE)
    assert outcomes() == only("C3", "reproduced in part")


def test_c4_is_refused_for_a_grid_that_is_learned_late(measured, outcomes):
    measured["projections"]["validation_loss"]["6 × 6"] = [[2.0] * 4 + [1.0]] * 3
    assert outcomes() == only("C4", "not reproduced")


def test_c4_is_refused_for_a_grid_that_is_learned_wrong(measured, outcomes):
    measured["projections"]["counts"]["3 × 3"]["LSTM"] = np.full((3, 24, 3, 3), 60.0).tolist()
    assert outcomes() == only("C4", "not reproduced")


def test_c4_proves_nothing_where_shuffled_labels_pass(measured, outcomes):
    for generated in measured["projections"]["counts"].values():
        generated["shuffled labels"] = generated["LSTM"]
    assert outcomes() == only("C4", "reproduced in part")


def test_a_verdict_carries_the_numbers_that_decided(measured, tmp_path):
    estimates = estimates_of(measured, tmp_path)
    assert estimates.verdict("C1").numbers["exponent"] == pytest.approx(1)
    assert estimates.verdict("C3").numbers["largest_ratio"] == pytest.approx(5)
    for grid in GRIDS:
        assert estimates.verdict("C4").numbers[f"{grid}, time_ratio"] == 1.0


@pytest.fixture
def record(measured, tmp_path):
    """A finished record of the same measurements."""
    for name in MEASUREMENTS:
        save_file(tmp_path / f"{name}.json", measured[name], {}, {"date": "now"})
    summary = {"settings": {}, "provenance": ORIGIN, **summarise(tmp_path, {})}
    save_summary(tmp_path, summary, [f"{name}.json" for name in MEASUREMENTS])
    return tmp_path


def read(folder):
    return CostEstimates(records.load(folder.name, folder.parent, check=True))


def test_a_record_gives_the_measurements_and_their_source(record, measured):
    estimates = read(record)
    assert str(estimates.measured) == str({name: measured[name] for name in MEASUREMENTS})
    assert estimates.verdict("C1").source == "recorded 2026-11-25, revision r"


def test_the_summary_has_the_medians_of_the_rounds_and_every_verdict(record):
    summary = json.loads((record / "summary.json").read_text())
    np.testing.assert_allclose(summary["numbers"]["frames"], 1.1e-6 * FRAMES)
    np.testing.assert_allclose(summary["numbers"]["models"]["HMM"], 1.1e-6 * TRACE)
    assert summary["numbers"]["memory"] == {"MSM": 1.0, "LSTM, L 64": None}
    assert summary["numbers"]["time_ratios"] == {"3 × 3": 1.0, "6 × 6": 1.0}
    outcomes = {claim: verdict["outcome"] for claim, verdict in summary["verdicts"].items()}
    assert outcomes == dict.fromkeys(CLAIMS, "reproduced")


def test_a_record_without_one_of_its_files_is_refused(record):
    (record / "units.json").unlink()
    with pytest.raises(DamagedError, match=r"units\.json"):
        read(record)


def test_an_edited_time_is_refused(record):
    path = record / "frames.json"
    file = load_file(path)
    file["content"]["seconds"][0][0] *= 2
    save_file(path, file["content"], file["settings"], file["provenance"])
    with pytest.raises(DamagedError, match=r"frames\.json"):
        read(record)


def test_a_later_format_is_refused(record):
    whole = json.loads((record / "summary.json").read_text())
    (record / "summary.json").write_text(json.dumps({**whole, "format": 99}))
    with pytest.raises(DamagedError, match="has format 99"):
        read(record)


def test_reading_and_judging_load_no_network_library(record):
    script = (
        "import sys; from reproduction.costs.verdicts import CostEstimates;"
        "from reproduction.runs import records;"
        f"record = records.load({record.name!r}, {str(record.parent)!r});"
        "CostEstimates(record).verdict('C4');"
        "print(sorted({'tensorflow', 'keras', 'jax'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
