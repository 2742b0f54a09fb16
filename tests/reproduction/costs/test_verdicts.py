"""The judging and the reading of the cost sweep, on a made-up sweep and on files spoiled."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_md._support.archives import DamagedError
from reproduction.costs import verdicts as effort
from reproduction.costs.two_dimensions import GRIDS
from reproduction.runs.files import load_file, save_file, save_summary

FROZEN = Path(__file__).parents[1] / "frozen"
FRAMES = 6_400 * 2 ** np.arange(9)
LABELS = np.array([3, 10, 30, 100, 300, 1000])
UNITS = np.array([32, 128, 512, 1024])
TRACE = np.array([100_000, 200_000])


def timed(cost, rounds=3):
    """The same pace for all sizes of a round, another for each round."""
    return [[float(pace * c) for c in cost] for pace in np.linspace(0.9, 1.3, rounds)]


def plane():
    """Networks that write what they learned, all equally fast, beside a control that is off."""
    data = np.full((24, 3, 3), 50.0)
    written = {
        "LSTM": [(data + k).tolist() for k in (-1, 0, 1)],
        "shuffled labels": [(data + k).tolist() for k in (99, 100, 101)],
    }
    names = ("x", *GRIDS)
    return {
        "commit_times": list(range(1, 25)),
        "segments": 20,
        "data": data.tolist(),
        "error": np.ones_like(data).tolist(),
        "counts": {name: dict(written) for name in names},
        "seconds": {name: [[1.0, 1.0, 1.0]] * 3 for name in names},
        "validation_loss": {name: [[2.0, 1.0, 1.0]] * 3 for name in names},
    }


ORIGIN = {"date": "2026-11-25T00:00:00", "revision": "r"}


@pytest.fixture
def sweep():
    """A sweep in which all four claims hold."""
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


def outcomes(sweep):
    return {verdict.claim.id: verdict.outcome for verdict in effort.verdicts(sweep)}


def changed(sweep, claim, becomes):
    """Nothing but this one claim has become something else."""
    expected = dict.fromkeys(("C1", "C2", "C3", "C4"), "reproduced")
    assert outcomes(sweep) == {**expected, claim: becomes}


def test_all_claims_hold_for_a_sweep_that_is_as_they_say(sweep):
    assert set(outcomes(sweep).values()) == {"reproduced"}
    by_claim = {verdict.claim.id: set(verdict.controls) for verdict in effort.verdicts(sweep)}
    assert by_claim == {
        "C1": {"labels, not frames", "units, not frames"},
        "C2": {"frames, not labels", "units, not labels"},
        "C3": {"Markov state model"},
        "C4": {"shuffled labels"},
    }


def test_c1_is_refused_for_an_epoch_that_takes_as_the_root_of_the_frames(sweep):
    sweep["frames"]["seconds"] = timed(FRAMES**0.75)
    changed(sweep, "C1", "not reproduced")


def test_c1_proves_nothing_where_the_units_are_proportional_too(sweep):
    sweep["units"]["seconds"] = timed(UNITS)
    changed(sweep, "C1", "reproduced in part")


@pytest.mark.parametrize("network", ["L 64", "L 1024"])
def test_c2_is_refused_if_labels_cost_much_in_one_network(sweep, network):
    sweep["labels"][network]["seconds"] = timed(1 + LABELS / 50)
    changed(sweep, "C2", "not reproduced")


def test_c2_proves_nothing_where_the_units_cost_nothing(sweep):
    sweep["units"]["seconds"] = timed(1 + UNITS / 4096)
    changed(sweep, "C2", "reproduced in part")


def test_c3_compares_the_papers_network_with_the_papers_hidden_markov_model(sweep):
    seconds = sweep["models"]["seconds"]
    seconds["LSTM, L 64"] = seconds["HMM, lag 1"] = timed(TRACE)
    assert set(outcomes(sweep).values()) == {"reproduced"}
    seconds["LSTM, L 1024"] = timed([1e-6 * TRACE[0], 11e-6 * TRACE[1]])
    changed(sweep, "C3", "not reproduced")


def test_c3_proves_nothing_where_the_markov_state_model_is_as_dear(sweep):
    sweep["models"]["seconds"]["MSM"] = timed(1e-6 * TRACE)
    changed(sweep, "C3", "reproduced in part")


def test_o1_is_refused_for_a_grid_that_is_learned_late_or_wrong(sweep):
    sweep["projections"]["validation_loss"]["6 × 6"] = [[2.0] * 4 + [1.0]] * 3
    changed(sweep, "C4", "not reproduced")
    sweep["projections"] = plane()
    sweep["projections"]["counts"]["3 × 3"]["LSTM"] = (np.full((3, 24, 3, 3), 60.0)).tolist()
    changed(sweep, "C4", "not reproduced")


def test_o1_proves_nothing_where_shuffled_labels_pass(sweep):
    for written in sweep["projections"]["counts"].values():
        written["shuffled labels"] = written["LSTM"]
    changed(sweep, "C4", "reproduced in part")


@pytest.fixture
def record(sweep, tmp_path):
    """The same as a finished record."""
    for part in effort.PARTS:
        save_file(tmp_path / f"{part}.json", sweep[part], {}, {"date": "now"})
    finished(tmp_path)
    return tmp_path


def finished(folder):
    summary = {"settings": {}, "provenance": ORIGIN, **effort.summarise(folder, {})}
    save_summary(folder, summary, [f"{part}.json" for part in effort.PARTS])


def test_a_sweep_comes_back_from_its_record_with_its_origin(record, sweep):
    back = effort.load_sweep(record)
    assert back.pop("provenance") == ORIGIN
    assert str(back) == str({part: sweep[part] for part in effort.PARTS})  # with its nan
    assert effort.verdicts(back) == effort.verdicts(sweep)


def test_the_summary_has_the_medians_of_the_rounds_and_every_verdict(record):
    summary = json.loads((record / "summary.json").read_text())
    np.testing.assert_allclose(summary["numbers"]["frames"], 1.1e-6 * FRAMES)
    np.testing.assert_allclose(summary["numbers"]["models"]["HMM"], 1.1e-6 * TRACE)
    assert summary["numbers"]["memory"] == {"MSM": 1.0, "LSTM, L 64": None}
    assert summary["numbers"]["time_ratios"] == {"3 × 3": 1.0, "6 × 6": 1.0}
    assert {c: v["outcome"] for c, v in summary["verdicts"].items()} == dict.fromkeys(
        ("C1", "C2", "C3", "C4"), "reproduced"
    )


def test_what_is_no_whole_sweep_is_refused(record, tmp_path):
    with pytest.raises(FileNotFoundError, match="python -m reproduction record costs"):
        effort.load_sweep(tmp_path / "nothing")
    with pytest.raises(DamagedError, match="no cost sweep, it lacks frames, labels"):
        effort.load_sweep(FROZEN / "smoke")
    (record / "units.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"units\.json"):
        effort.load_sweep(record)


def test_a_time_that_was_edited_is_refused(record):
    path = record / "frames.json"
    part = load_file(path)
    part["content"]["seconds"][0][0] *= 2
    save_file(path, part["content"], part["settings"], part["provenance"])
    with pytest.raises(DamagedError, match=r"frames\.json was changed"):
        effort.load_sweep(record)


@pytest.mark.parametrize("name", ["frames.json", "summary.json"])
def test_a_later_format_is_refused(record, name):
    whole = json.loads((record / name).read_text())
    (record / name).write_text(json.dumps({**whole, "format": 99}))
    with pytest.raises(DamagedError, match="has format 99"):
        effort.load_sweep(record)


def test_reading_and_judging_load_no_network_library(record):
    script = (
        "import sys; from reproduction.costs import verdicts as effort;"
        f"effort.verdicts(effort.load_sweep({str(record)!r}));"
        "print(sorted({'tensorflow', 'keras', 'jax'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
