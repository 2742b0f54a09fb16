"""E1–E3 of records whose answer is known, and of the frozen one."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.model import language_model
from reproduction.embedding import verdicts as embedding_verdicts
from reproduction.potentials import run
from reproduction.runs import records
from reproduction.runs.files import save_file
from reproduction.runs.recipe import JobSettings

ROW = np.array([[0.98, 0.02, 0.0], [0.02, 0.96, 0.02], [0.0, 0.02, 0.98]])
RIGHT = 2 * np.array([[1.0, 0.0], [0.7, 0.7], [0.0, 1.0]])  # B between A and C


def record(embeddings, potential="linear_three_state"):
    """A record of a chain in which A and C exchange through B alone."""
    settings = {
        "potential": potential, "labels": 3, "commit_times": [1, 2, 5], "embedding": 2,
        "seed": 1,
    }  # fmt: skip
    data = simulate_markov_chain(ROW, 50_000, seed=1)
    trainings = [
        SimpleNamespace(embedding=np.array(rows), settings={"seed": k})
        for k, rows in enumerate(embeddings)
    ]
    return SimpleNamespace(
        settings=settings,
        data=data,
        reference=simulate_markov_chain(ROW, 500_000, seed=2),
        trainings=trainings,
        generated=[data[None]] * len(trainings),
        embeddings={
            "untrained": np.random.default_rng(1).normal(size=(len(trainings), 3, 2)),
            "shuffled": np.random.default_rng(2).normal(size=(3, 3, 2)),
        },
        recorded=lambda: "recorded",
    )


def test_embeddings_that_know_the_row_pass_and_their_exchanges_fail():
    verdict = embedding_verdicts.verdict(record([RIGHT] * 10))
    assert verdict.model.passed and verdict.model.measured.startswith("10 of 10 follow; t/τ A–B")
    assert not verdict.controls["states exchanged"].passed
    assert verdict.best.passed
    assert set(verdict.controls) == {"untrained network", "shuffled labels", "states exchanged"}


def test_embeddings_with_the_states_at_wrong_places_do_not_reproduce():
    assert embedding_verdicts.verdict(record([RIGHT[[1, 0, 2]]] * 10)).line() == (
        "E1: not reproduced"
    )


def test_each_potential_has_its_claim():
    verdict = embedding_verdicts.verdict(record([RIGHT] * 2, "triangular_three_state"))
    assert verdict.claim.id == "E2"


def test_what_rows_know_is_what_the_true_order_has_over_the_others():
    distances = embedding_verdicts.EmbeddingEstimates(record([RIGHT] * 10))
    # In the order of permutations(): ABC and CBA put B between the others.
    assert distances.rows_exchanged() == [10, 0, 0, 0, 0, 10]


def test_controls_are_those_that_the_trainings_began_with_and_networks_without_kinetics(tmp_path):
    labels = simulate_markov_chain(ROW, 30_000, seed=1)
    save_file(tmp_path / "data.npz", {"labels": labels}, {}, {})
    made = run.control_embeddings(
        tmp_path,
        tmp_path,
        JobSettings(
            labels=3, embedding=2, units=4, learning_rate=0.02, decay=True, trainings=2, seed=1
        ),
    )
    first = language_model(3, 2, 64, seed=101).get_weights()[0]
    np.testing.assert_array_equal(made["untrained"][1], first)
    assert made["shuffled"].shape == (run.N_SHUFFLED, 3, 2)
    assert not np.allclose(made["shuffled"][0], made["shuffled"][1])


def test_the_error_of_the_reference_falls_with_its_length():
    long = record([RIGHT])
    long.settings["segments"] = 5
    short = SimpleNamespace(**{**vars(long), "reference": long.reference[:100_000]})
    errors = [
        embedding_verdicts.EmbeddingEstimates(each).reference_error()[0, 1]
        for each in (short, long)
    ]
    assert 0 < errors[1] < errors[0]


def test_counted_times_leave_out_short_commit_times_where_asked():
    distances = embedding_verdicts.EmbeddingEstimates(record([RIGHT]))
    labels = distances.record.data
    assert distances.counted(labels, 2)[0, 1] > distances.counted(labels)[0, 1]


def test_numbers_of_the_frozen_record_are_json_and_hold_every_training():
    frozen = records.load("smoke", Path(__file__).parents[1] / "frozen")
    found = embedding_verdicts.numbers(frozen)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["pairs"] == ["AB", "AC", "BC"]
    assert np.shape(found["times"]) == (2, 3) and len(found["follows"]) == 2
    assert found["mean_time"] == pytest.approx(np.exp(np.mean(np.log(found["times"]), axis=0)))
    assert sorted(found["scaled_true_times"])[::2] == [0.0, 1.0]
    assert found["one_step_times"][1] is None  # no frame leads from A to C
