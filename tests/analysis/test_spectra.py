"""Autocorrelation and power spectrum: direct sums, processes with a closed form, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from lstm_md.analysis.spectra import autocorrelation, power_spectrum

DECAY = 0.9


@pytest.fixture(scope="module")
def relaxing():
    """Frames of x' = 0.9 x + noise with variance 1 and correlation 0.9^lag."""
    noise = np.random.default_rng(1).standard_normal(1_000_000) * np.sqrt(1 - DECAY**2)
    return lfilter([1.0], [1.0, -DECAY], noise)[1_000:]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_autocorrelation_is_the_direct_sum(dtype):
    values = (10 * np.random.default_rng(2).standard_normal(101)).astype(dtype)
    away = values.astype(float) - values.astype(float).mean()
    lags = [7, 0, 100, 1, 50]
    direct = [(away[lag:] * away[: 101 - lag]).mean() for lag in lags]
    np.testing.assert_allclose(autocorrelation(values, lags), direct / direct[1], atol=1e-10)


def test_correlation_of_a_relaxing_process_falls_as_it_was_made(relaxing):
    lags = np.arange(0, 40, 3)
    np.testing.assert_allclose(autocorrelation(relaxing, lags), DECAY**lags, atol=0.02)


def test_a_large_offset_does_not_matter(relaxing):
    lags = [0, 1, 5]
    moved = autocorrelation(relaxing[:10_000] + 1e6, lags)
    np.testing.assert_allclose(moved, autocorrelation(relaxing[:10_000], lags), rtol=1e-6)


def test_spectrum_of_a_relaxing_process_has_its_closed_form(relaxing):
    time = 1e-4
    spectrum = power_spectrum(relaxing, time, segment_frames=512)
    assert spectrum.frequencies.shape == spectrum.density.shape == (256,)
    assert spectrum.frequencies[[0, -1]] == pytest.approx([1 / (512 * time), 1 / (2 * time)])
    angle = 2 * np.pi * spectrum.frequencies[:-1] * time
    closed = 2 * time * (1 - DECAY**2) / (1 - 2 * DECAY * np.cos(angle) + DECAY**2)
    np.testing.assert_allclose(spectrum.density[2:-1], closed[2:], rtol=0.12)
    assert np.log(spectrum.density[2:-1] / closed[2:]).mean() == pytest.approx(0, abs=0.01)


def test_a_sine_has_its_power_at_its_frequency():
    seconds = np.arange(20_000) * 0.01
    values = 3 * np.sin(2 * np.pi * 12.5 * seconds) + 700
    frequencies, density = power_spectrum(values, 0.01, segment_frames=2_000)
    assert frequencies[density.argmax()] == 12.5
    assert density.sum() * frequencies[0] == pytest.approx(9 / 2, rel=1e-6)


SOME = np.arange(20.0) % 7


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: autocorrelation(["a", "b"], [0]), TypeError, "values: .*convert"),
        (lambda: autocorrelation([1.0, np.nan], [0]), ValueError, "values: .*index 1"),
        (lambda: autocorrelation(SOME, [0.5]), TypeError, "lags_frames: .*give lags"),
        (lambda: autocorrelation(SOME, [-1]), ValueError, "lags_frames: .*found -1 to -1"),
        (
            lambda: autocorrelation(SOME, [20]),
            ValueError,
            "lags_frames: .*20 frame.*found 20 to 20",
        ),
        (lambda: autocorrelation(SOME, [[0], [1]]), ValueError, "lags_frames: .*flatten"),
        (lambda: autocorrelation([2.0, 2.0], [0]), ValueError, "values: .*differ"),
        (lambda: power_spectrum(SOME, 0.0), ValueError, "time_per_frame"),
        (lambda: power_spectrum(SOME, 1.0), ValueError, "segment_frames: .*20 frame.*8192"),
        (lambda: power_spectrum(SOME, 1.0, 1), ValueError, "segment_frames"),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "values, time_per_frame, name",
    [([0.0, 1.0] * 50, 5e-324, "time_per_frame"), ([0.0, 1e200] * 50, 1.0, "values")],
)
def test_a_spectrum_beyond_the_largest_float_is_refused(values, time_per_frame, name):
    with pytest.raises(ValueError, match=f"{name}: the spectrum is larger"):
        power_spectrum(values, time_per_frame, 10)
