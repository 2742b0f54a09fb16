"""Products with packed weights are those of NumPy, whatever rows and threads share them."""

import numpy as np
import pytest

from lstm_md.engine import lstm
from lstm_md.engine.products import COLUMNS, DEPTH, ROWS, multiply, packed

RNG = np.random.default_rng(1)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def product(left, right):
    # What was in the result before must not matter.
    out = np.full((len(left), right.shape[1]), np.nan, np.float32)
    multiply(left, packed(right), out)
    return out


@pytest.mark.parametrize("rows", [ROWS, ROWS + 1, 2 * ROWS - 1, 64, 100])
@pytest.mark.parametrize("columns", [1, COLUMNS - 1, COLUMNS, 2 * COLUMNS + 5])
@pytest.mark.parametrize("terms", [1, 65, DEPTH, 2 * DEPTH + 3])
def test_product_is_that_of_numpy(rows, columns, terms):
    left, right = normal(rows, terms), normal(terms, columns)
    expected = left.astype(float) @ right
    bound = 1e-6 * (np.abs(left).astype(float) @ np.abs(right))
    assert (np.abs(product(left, right) - expected) <= bound).all()


def test_transposed_weights_are_packed_as_well():
    left, right = normal(ROWS, 70), normal(90, 70)
    assert np.allclose(product(left, right.T), left @ right.T, atol=1e-4)


def test_a_row_has_the_same_bits_whatever_rows_are_computed_with_it():
    left, right = normal(3 * ROWS, 600), normal(600, 130)
    together = product(left, right)
    for first in range(2 * ROWS + 1):
        assert np.array_equal(product(left[first:], right), together[first:])


@pytest.mark.parametrize("rows", [1, ROWS - 1, ROWS, 3 * ROWS + 1, 64])
@pytest.mark.parametrize("units", [65, 130])
@pytest.mark.parametrize("threads", ["1", "3"])
def test_all_frames_are_those_of_the_loops_of_small_networks(rows, units, threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    frames, n_labels = 5, 3
    table, u = normal(n_labels, 4 * units), normal(units, 4 * units) / np.float32(units**0.5)
    labels = RNG.integers(0, n_labels, (frames, rows))
    start, dh_output = normal(2, rows, units), normal(frames, rows, units)

    def computed(forward, backward):
        gates = np.empty((frames, rows, 4 * units), np.float32)
        h, c = np.zeros((2, frames + 1, rows, units), np.float32)
        h[0], c[0] = start
        forward(table, u, labels, gates, h, c)
        values = gates.copy()
        dh_next, dc = np.full((2, rows, units), np.nan, np.float32)
        backward(np.ascontiguousarray(u.T), gates, c, dh_output, dh_next, dc)
        return values, h, c, gates, dc

    ours = computed(lstm.forward_packed, lstm.backward_packed)
    plain = computed(lstm.forward_compiled, lstm.backward_compiled)
    for one, other in zip(ours, plain, strict=True):
        assert np.abs(one - other).max() < 1e-5


def test_number_of_threads_changes_no_bit_of_a_large_network(monkeypatch):
    units, rows, frames = 100, 5 * ROWS + 3, 4
    table, u = normal(3, 4 * units), normal(units, 4 * units)
    labels, dh_output = RNG.integers(0, 3, (frames, rows)), normal(frames, rows, units)

    def after(threads):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        gates = np.empty((frames, rows, 4 * units), np.float32)
        h, c = np.zeros((2, frames + 1, rows, units), np.float32)
        lstm.forward_packed(table, u, labels, gates, h, c)
        dh_next, dc = np.empty((2, rows, units), np.float32)
        lstm.backward_packed(u.T, gates, c, dh_output, dh_next, dc)
        return h, c, gates, dc

    for one, other in zip(after("1"), after("4"), strict=True):
        assert np.array_equal(one, other)
