"""The surrogate against the record, and the fit and its closed forms against simulations."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.spectra import autocorrelation, power_spectrum
from lstm_md.systems.recordings import load
from reproduction.optical_trap.exact import autocovariance, frame_populations
from reproduction.optical_trap.fit import expected, fit, summary
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, TrapModel, simulate
from reproduction.riboswitch.states import EDGES

RECORD = Path(__file__).parents[3] / "book" / "data" / "add_riboswitch_mol2_6_ext9.npz"
DRIFT_VARIANCE = 0.294  # nm², in the record
FITTED = (
    "fold_p3_per_s",
    "unfold_p3_per_s",
    "fold_p2_per_s",
    "unfold_p2_per_s",
    "handle_stiffness_pn_per_nm",
    "friction_pn_s_per_nm",
    "detector_noise_nm",
    "breathing_nm",
    "breathing_relaxation_s",
)


@pytest.fixture(scope="module")
def record():
    return load(RECORD, fields="extension_nm").astype(np.float64)


@pytest.fixture(scope="module")
def simulated():
    """200 s, so that chance adds little to what the record's own 40 s leave open."""
    return simulate(ADD_RIBOSWITCH, 2_000_000, seed=1).extension_nm.astype(np.float64)


def density(values: np.ndarray) -> np.ndarray:
    return np.histogram(values, EDGES)[0] / values.size


def decades(values: np.ndarray) -> np.ndarray:
    """log10 of the power spectrum, in seven bands a decade from 2 Hz to 5 kHz."""
    frequencies, power = power_spectrum(values, 1e-4)
    band = np.digitize(frequencies, np.geomspace(2, 5_000, 25)[1:-1])
    return np.log10([power[band == b].mean() for b in np.unique(band)])


def cost(model: TrapModel, record: np.ndarray) -> float:
    away = expected(model, DRIFT_VARIANCE).residuals(summary(record))
    return float(away @ away) / 2


def test_the_committed_parameters_are_what_the_fit_finds(record):
    found = fit(record)
    for field in fields(found):
        name, value = field.name, getattr(found, field.name)
        if name == "drift_nm_per_sqrt_s":
            assert value == pytest.approx(0.21, abs=0.005)
            assert value**2 * 40 / 6 == pytest.approx(DRIFT_VARIANCE, rel=0.01)
        elif name == "extension_nm":
            np.testing.assert_allclose(ADD_RIBOSWITCH.extension_nm, value, atol=0.006)
        else:
            assert getattr(ADD_RIBOSWITCH, name) == pytest.approx(value, rel=0.004), name


def test_the_fit_does_not_depend_on_its_start(record):
    rough = replace(
        ADD_RIBOSWITCH,
        extension_nm=(716.0, 710.5, 703.5),
        fold_p3_per_s=300.0,
        unfold_p2_per_s=15.0,
        friction_pn_s_per_nm=1.5e-4,
        detector_noise_nm=1.5,
        breathing_relaxation_s=5e-4,
    )
    found, again = fit(record), fit(record, rough)
    np.testing.assert_allclose(found.extension_nm, again.extension_nm, atol=0.005)
    for name in FITTED:
        assert getattr(again, name) == pytest.approx(getattr(found, name), rel=0.005), name


def test_the_fit_finds_the_parameters_of_a_simulation():
    # Faster than the record's, so that 200 s determine them well.
    truth = replace(
        ADD_RIBOSWITCH,
        extension_nm=(718.0, 709.0, 701.0),
        fold_p3_per_s=200.0,
        unfold_p3_per_s=60.0,
        fold_p2_per_s=20.0,
        unfold_p2_per_s=40.0,
        detector_noise_nm=2.0,
        friction_pn_s_per_nm=9e-5,
    )
    found = fit(simulate(truth, 2_000_000, seed=2).extension_nm)
    np.testing.assert_allclose(found.extension_nm, truth.extension_nm, atol=0.15)
    for name in FITTED:
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=0.1), name


def test_the_surrogate_has_the_density_the_correlation_and_the_spectrum_of_the_record(
    record, simulated
):
    lags = np.unique(np.geomspace(1, 1_000, 30).round().astype(int))
    assert np.abs(density(simulated) - density(record)).sum() / 2 < 0.02
    away = autocorrelation(simulated, lags) - autocorrelation(record, lags)
    assert np.abs(away).max() < 0.03
    # 40 s hold few of the slow fluctuations, hence the wide bound below 50 Hz.
    apart = np.abs(decades(simulated) - decades(record))
    assert apart.max() < 0.1
    assert apart[-14:].max() < 0.03


def test_the_surrogate_crosses_the_boundaries_as_often_as_the_record_which_no_fit_saw(
    record, simulated
):
    def changes(values: np.ndarray) -> np.ndarray:
        state = (2 - np.searchsorted([706.0, 715.0], values)).astype(np.uint8)
        counts = transition_counts(state, [1, 2, 3, 5, 10, 20], n_labels=3) / values.size
        return np.stack([counts[:, 0, 1] + counts[:, 1, 0], counts[:, 1, 2] + counts[:, 2, 1]])

    ratio = changes(simulated) / changes(record)
    assert (np.abs(np.log2(ratio)) < 0.5).all()
    # Over these commit times the counts fall by two orders of magnitude.
    assert (changes(record)[:, 0] > 100 * changes(record)[:, -1]).all()


@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize("name", FITTED)
def test_twice_or_half_of_a_parameter_is_not_the_record(name, factor, record):
    changed = replace(ADD_RIBOSWITCH, **{name: factor * getattr(ADD_RIBOSWITCH, name)})
    assert cost(ADD_RIBOSWITCH, record) < 15
    assert cost(changed, record) > 200


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_twice_or_half_of_the_steps_is_not_the_record(factor, record):
    middle = ADD_RIBOSWITCH.extension_nm[1]
    steps = tuple(middle + factor * (x - middle) for x in ADD_RIBOSWITCH.extension_nm)
    assert cost(replace(ADD_RIBOSWITCH, extension_nm=steps), record) > 200


def test_without_breathing_the_correlation_of_the_record_is_missed(record):
    away = expected(replace(ADD_RIBOSWITCH, breathing_nm=0.0), DRIFT_VARIANCE)
    found = summary(record).autocovariance_nm2
    assert np.abs(away.autocovariance_nm2 - found)[:10].max() > 0.03 * found[0]


def test_what_is_expected_is_what_long_simulations_show():
    runs = [summary(simulate(ADD_RIBOSWITCH, 1_000_000, seed=s).extension_nm) for s in range(12)]
    exact = expected(ADD_RIBOSWITCH)
    for name in ("label_populations", "mean_populations", "autocovariance_nm2"):
        values = np.array([getattr(run, name) for run in runs])
        visited = values.mean(axis=0) > (0.002 if "populations" in name else 0.0)
        error = values.std(axis=0, ddof=1) / np.sqrt(len(runs))
        z = (values.mean(axis=0) - getattr(exact, name))[visited] / error[visited]
        assert np.sqrt((z**2).mean()) < 2, name


def test_one_conformation_is_a_gaussian():
    still = replace(ADD_RIBOSWITCH, extension_nm=(710.0, 710.0, 710.0))
    width = np.sqrt(autocovariance(still, [0])[0] + 0.5)
    edges = [700.0, 708.0, 709.0, 712.0, 720.0]
    exact = np.diff(stats.norm.cdf(edges, 710.0, width))
    np.testing.assert_allclose(frame_populations(still, edges, 0.5), exact, atol=1e-9)


def test_slow_jumps_make_a_mixture_and_fast_jumps_one_peak():
    names = ("fold_p3_per_s", "unfold_p3_per_s", "fold_p2_per_s", "unfold_p2_per_s")
    slow, fast = (
        replace(ADD_RIBOSWITCH, **{name: f * getattr(ADD_RIBOSWITCH, name) for name in names})
        for f in (1e-6, 3e3)
    )
    edges = np.linspace(695, 725, 16)
    same = replace(ADD_RIBOSWITCH, extension_nm=(0.0, 0.0, 0.0))
    width = np.sqrt(autocovariance(same, [0])[0])
    peaks = stats.norm.cdf(edges[:, None], ADD_RIBOSWITCH.extension_nm, width)
    mixture = np.diff(peaks, axis=0) @ ADD_RIBOSWITCH.populations
    np.testing.assert_allclose(frame_populations(slow, edges), mixture, atol=1e-6)
    middle = ADD_RIBOSWITCH.populations @ ADD_RIBOSWITCH.extension_nm
    # Some twenty jumps in each frame are nearly a Gaussian, whose variance is known.
    one = np.diff(stats.norm.cdf(edges, middle, np.sqrt(autocovariance(fast, [0])[0])))
    np.testing.assert_allclose(frame_populations(fast, edges), one, atol=5e-4)
    assert np.abs(one - mixture).max() > 0.02


def test_equal_times_of_molecule_and_bead_are_no_exception():
    time = ADD_RIBOSWITCH.relaxation_times_s[0]
    stiffness = ADD_RIBOSWITCH.handle_stiffness_pn_per_nm
    at, near = (
        autocovariance(replace(ADD_RIBOSWITCH, friction_pn_s_per_nm=f * time * stiffness), [0, 100])
        for f in (1.0, 1.001)
    )
    np.testing.assert_allclose(at, near, rtol=2e-3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fit(np.zeros(1_000)), ValueError, "extension_nm: .*1001"),
        (lambda: fit(["a"]), TypeError, "extension_nm: .*convert"),
        (lambda: fit(np.zeros(2_000), start=1.0), TypeError, "start: .*float.*leave it out"),
        (lambda: autocovariance(ADD_RIBOSWITCH, [-1]), ValueError, "lags_frames"),
        (lambda: frame_populations(ADD_RIBOSWITCH, [1.0]), ValueError, "edges_nm"),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
