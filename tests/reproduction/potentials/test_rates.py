"""Rate constants: a chain whose plateau and decay are known, and the jackknife."""

from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_rates
from lstm_md.analysis.markov import MarkovModel
from reproduction.potentials import rates
from reproduction.potentials.rates import RateEstimates, interval, jackknife, rates_table

JUMP = 0.002  # from each of three states to each other one, per frame
TIMES = [1, 2, 5, 10, 20, 40, 80]


def simulate(n_frames, seed, flicker=False):
    matrix = np.full((3, 3), JUMP) + np.eye(3) * (1 - 3 * JUMP)
    labels = MarkovModel(matrix).simulate(n_frames, seed=seed)
    if flicker:
        labels[::50] = (labels[::50] + 1) % 3
    return labels


@pytest.fixture(scope="module")
def record():
    return SimpleNamespace(
        settings={"labels": 3, "commit_times": TIMES, "segments": 20},
        data=simulate(200_000, 1),
        reference=simulate(2_000_000, 2),
        generated=[simulate(400_000, 3 + k).reshape(2, -1) for k in range(4)],
    )


def committed_rate(commit_time):
    """The rate of the chain in closed form: short stays are skipped, and may lead back."""
    long = np.exp(-2 * JUMP * (commit_time - 1))  # the share of stays that are committed
    short = 1 - long
    other = long / (1 - short / 2 - short**2 / 2)  # the next committed stay has another label
    return JUMP * long * other


def test_the_plateau_and_the_decay_of_a_chain_are_those_in_closed_form(record):
    found = RateEstimates(record)
    off = ~np.eye(3, dtype=bool)
    for name in ("simulation", "LSTM"):
        plateau = found.plateau(name)
        z = (plateau.value - committed_rate(10))[off] / plateau.error[off]
        assert np.abs(z).max() < 4, name
        left, expected = found.left(name), committed_rate(40) / committed_rate(10)
        assert np.abs((left.value - expected)[off] / left.error[off]).max() < 4, name
    assert found.plateau("simulation").error[0, 1] < found.plateau("training data").error[0, 1]


def test_a_rate_is_flat_where_no_recrossing_is_left():
    made = SimpleNamespace(
        settings={"labels": 3, "commit_times": TIMES, "segments": 20},
        data=simulate(200_000, 1, flicker=True),
        reference=simulate(2_000_000, 2, flicker=True),
        generated=[],
    )
    first, last = RateEstimates(made).flat(0, 1)
    assert first == 2 and 10 <= last < 80


def test_the_curves_are_transitions_per_frame_in_the_state(record):
    found = RateEstimates(record).curves("training data").value
    whole = transition_rates(record.data, TIMES, n_labels=3)
    np.testing.assert_allclose(found, whole, rtol=0.1, atol=1e-5)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    counts = np.random.default_rng(1).poisson(9.0, (30, 1, 2, 2)).astype(float)
    frames = np.full((30, 2), 100.0)
    found = jackknife(lambda c, f: c / f[:, None], counts, frames)
    expected = counts.std(axis=0, ddof=1) / np.sqrt(30) / 100
    np.testing.assert_allclose(found.error, expected, rtol=0.05)
    low, high = interval(found)
    assert ((low < found.value) & (found.value < high)).all()


def test_the_table_has_a_row_for_each_direction_and_a_column_for_each_method(record, monkeypatch):
    monkeypatch.setattr(rates.records, "load", lambda name: record)
    table = rates_table({"ours": "made", "theirs": "made"}, "ABC")
    assert table.columns == ["", "flat (frames)", "simulation", "training data", "ours", "theirs"]
    assert [row[0] for row in table.rows] == ["A→B", "A→C", "B→A", "B→C", "C→A", "C→B"]
    middle = float(table.rows[0][2].split(" (")[0])
    assert middle == pytest.approx(1e4 * committed_rate(10), rel=0.1)
    assert "nan" not in str(rates_table({"ours": "made"}, "ABC", decay=True))
