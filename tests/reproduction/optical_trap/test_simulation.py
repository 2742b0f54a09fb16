"""The simulated trap agrees with closed forms: jumps, bead, detector and drift, one at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import null_space

from lstm_md.analysis.kinetics import dwell_times, transition_counts
from lstm_md.analysis.spectra import autocorrelation
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, TrapModel, simulate

SLOW = TrapModel(
    extension_nm=(716.0, 710.0, 703.0),
    fold_p3_per_s=12.0,
    unfold_p3_per_s=5.0,
    fold_p2_per_s=4.0,
    unfold_p2_per_s=8.0,
    handle_stiffness_pn_per_nm=0.3,
    trap_stiffness_pn_per_nm=0.2,
    friction_pn_s_per_nm=1e-4,
    detector_noise_nm=0.0,
)
# Without any motion but the jumps, and without visible jumps.
NOISELESS = replace(SLOW, thermal_energy_pn_nm=0.0)
ONE_PLACE = replace(SLOW, extension_nm=(700.0, 700.0, 700.0))


def faster(model: TrapModel, factor: float) -> TrapModel:
    names = ("fold_p3_per_s", "unfold_p3_per_s", "fold_p2_per_s", "unfold_p2_per_s")
    return replace(model, **{name: getattr(model, name) * factor for name in names})


def autocovariance(values, lags):
    return autocorrelation(values, lags) * np.asarray(values, np.float64).var()


def exact_autocovariance(model: TrapModel, lags) -> np.ndarray:
    """The autocovariance of an endless record without drift, in nm².

    A relaxation of the molecule with variance a and time θ, seen through a bead with relaxation
    time τ, has the autocovariance a θ (θ e^(−t/θ) − τ e^(−t/τ))/(θ² − τ²). The bead adds
    kT/K e^(−t/τ), the motion inside a conformation likewise, and the detector its variance at
    lag 0. Both ends are then averaged over a frame.
    """
    lags = np.asarray(lags)

    def averaged(time):
        u = model.time_per_frame_s / time
        same_frame = 2 * (u + np.expm1(-u)) / u**2
        # e^(−lag u) (2 cosh u − 2)/u², written so that nothing overflows.
        other_frame = np.exp(-(np.maximum(lags, 1) - 1) * u) * (np.expm1(-u) / u) ** 2
        return np.where(lags == 0, same_frame, other_frame)

    root = np.sqrt(model.populations)
    # Detailed balance makes the rate matrix symmetric in these units.
    decays, modes = np.linalg.eigh(root[:, None] * model.rates_per_s / root)
    variances = (modes.T @ (root * model.extension_nm))[:2] ** 2
    bead = model.bead_relaxation_s
    total = model.bead_variance_nm2 * averaged(bead)
    total += model.breathing_nm**2 * averaged(model.breathing_relaxation_s)
    for variance, time in zip(variances, -1 / decays[:2]):
        difference = time * averaged(time) - bead * averaged(bead)
        total += variance * time * difference / (time**2 - bead**2)
    return total + model.detector_noise_nm**2 * (lags == 0)


def test_dwell_times_are_exponential_with_the_rates_of_the_model():
    conformation = simulate(SLOW, 4_000_000, seed=1).conformation
    for state, rate in ((0, 12.0), (1, 5.0 + 4.0), (2, 8.0)):
        seconds = dwell_times(conformation, state) * SLOW.time_per_frame_s
        assert seconds.size > 600
        assert stats.kstest(seconds, "expon", args=(0, 1 / rate)).pvalue > 0.01
        # The control: a rate that is wrong by a quarter is detected.
        assert stats.kstest(seconds, "expon", args=(0, 1.25 / rate)).pvalue < 1e-3


def test_p3_changes_to_its_neighbours_by_the_rates_and_u_never_to_p2p3():
    counts = transition_counts(simulate(SLOW, 4_000_000, seed=2).conformation, [1], n_labels=3)[0]
    to_u, to_p2p3 = counts[1, 0], counts[1, 2]
    share, expected = to_u / (to_u + to_p2p3), 5 / 9
    error = np.sqrt(expected * (1 - expected) / (to_u + to_p2p3))
    assert abs(share - expected) < 3 * error < 0.05
    # Both jumps would have to happen within half a frame.
    assert counts[0, 2] + counts[2, 0] <= 2


@pytest.mark.parametrize("factor", [1.0, 1e4], ids=["a jump in 1000 frames", "10 in a frame"])
def test_populations_are_those_of_the_rate_matrix(factor):
    model = faster(SLOW, factor)
    exact = null_space(model.rates_per_s.T)[:, 0]
    exact /= exact.sum()
    np.testing.assert_allclose(model.populations, exact)
    shares = np.array(
        [
            np.bincount(simulate(model, 20_000, seed=seed).conformation, minlength=3) / 20_000
            for seed in range(40)
        ]
    )
    z = (shares.mean(axis=0) - exact) / (shares.std(axis=0, ddof=1) / np.sqrt(40))
    assert np.abs(z).max() < 3
    # Each record is stationary from its first frame.
    first = [simulate(model, 1, seed=seed).conformation[0] for seed in range(900)]
    assert stats.chisquare(np.bincount(first, minlength=3), 900 * exact).pvalue > 0.01


def test_relaxation_times_are_those_of_the_rate_matrix():
    decays = np.sort(np.linalg.eigvals(SLOW.rates_per_s).real)[:2]
    np.testing.assert_allclose(SLOW.relaxation_times_s, -1 / decays[::-1])


def test_the_bead_obeys_equipartition():
    soft = replace(ONE_PLACE, friction_pn_s_per_nm=2.5e-3)  # relaxes in 50 frames: no averaging
    extension = simulate(soft, 4_000_000, seed=3).extension_nm.astype(float)
    assert soft.bead_variance_nm2 == pytest.approx(4.11 / (0.3 + 0.2))
    assert extension.var() == pytest.approx(4.11 / 0.5, rel=0.025)
    assert extension.mean() == pytest.approx(700.0, abs=0.06)


def test_the_bead_relaxes_in_friction_over_stiffness():
    model = replace(ONE_PLACE, friction_pn_s_per_nm=2e-4)  # 0.4 ms, 4 frames
    extension = simulate(model, 2_000_000, seed=4).extension_nm
    assert model.bead_relaxation_s == pytest.approx(4e-4)
    lags = np.arange(1, 13)
    log = np.log(autocorrelation(extension, lags))
    assert -1 / np.polyfit(lags, log, 1)[0] == pytest.approx(4.0, rel=0.03)


@pytest.mark.parametrize("ratio", [0.2, 1.0, 5.0])
def test_averaging_over_a_frame_reduces_the_variance_by_the_known_factor(ratio):
    # Wong and Halvorsen (2006): 2 (u − 1 + e^(−u))/u² with u = frame/relaxation time.
    model = replace(ONE_PLACE, friction_pn_s_per_nm=0.5 * 1e-4 / ratio)
    extension = simulate(model, 1_000_000, seed=5).extension_nm.astype(float)
    left = 2 * (ratio - 1 + np.exp(-ratio)) / ratio**2
    assert extension.var() == pytest.approx(left * 4.11 / 0.5, rel=0.02)


def test_averages_of_short_frames_are_distributed_like_a_long_frame():
    long = replace(SLOW, breathing_nm=1.5, breathing_relaxation_s=2e-4)
    short = replace(long, time_per_frame_s=long.time_per_frame_s / 10)
    means = simulate(short, 2_000_000, seed=6).extension_nm.reshape(-1, 10).mean(axis=1)
    exact = exact_autocovariance(long, [0, 1])
    # The molecule contributes equally at both lags, so their difference is the fast part.
    found = autocovariance(means, [0, 1])
    assert found[0] - found[1] == pytest.approx(exact[0] - exact[1], rel=0.02)


def test_the_noise_of_the_detector_is_white_and_has_the_given_size():
    model = replace(ONE_PLACE, thermal_energy_pn_nm=0.0, detector_noise_nm=1.7)
    extension = simulate(model, 400_000, seed=7).extension_nm.astype(float)
    assert extension.std() == pytest.approx(1.7, rel=0.005)
    assert np.abs(autocorrelation(extension, [1, 2, 3, 10])).max() < 0.006
    assert stats.kstest((extension - 700) / 1.7, "norm").pvalue > 0.01


def test_breathing_adds_a_relaxation_of_its_own():
    model = replace(
        ONE_PLACE, thermal_energy_pn_nm=0.0, breathing_nm=2.0, breathing_relaxation_s=1e-3
    )
    extension = simulate(model, 2_000_000, seed=8).extension_nm
    found = autocovariance(extension, [0, 5, 10])
    # A frame is a tenth of the relaxation time.
    exact = [4 * 200 * (0.1 - 1 + np.exp(-0.1)), 4 * np.exp(-0.5), 4 * np.exp(-1.0)]
    np.testing.assert_allclose(found, exact, rtol=0.03)


def test_between_jumps_the_bead_relaxes_to_its_conformation():
    run = simulate(NOISELESS, 100_000, seed=9)
    target = np.array(SLOW.extension_nm)[run.conformation]
    away = run.extension_nm.astype(float) - target
    # A jump after the middle of a frame shows in the conformation of the next frame.
    windows = np.lib.stride_tricks.sliding_window_view(run.conformation, 4)
    same = (windows == windows[:, :1]).all(axis=1)
    decay = np.exp(-SLOW.time_per_frame_s / SLOW.bead_relaxation_s)
    # float32 resolves 6e-5 nm at 700 nm.
    np.testing.assert_allclose(away[2:-1][same], decay * away[1:-2][same], atol=3e-4)
    assert np.abs(away[1:-2][same]).max() > 1.0


def test_the_conformation_is_that_of_the_middle_of_the_frame():
    # The bead follows at once, so the mean over a frame with a jump lies nearer to the
    # conformation that lasted longer.
    quick = replace(NOISELESS, friction_pn_s_per_nm=1e-9)
    run = simulate(quick, 400_000, seed=10)
    places = np.array(SLOW.extension_nm)
    nearest = np.abs(run.extension_nm[:, None] - places).argmin(axis=1)
    between = np.abs(run.extension_nm - places[nearest]) > 0.01
    assert between.sum() > 200
    np.testing.assert_array_equal(nearest, run.conformation)


def test_the_bead_is_stationary_from_the_first_frame():
    # The bead is so slow that it shows little of the jumps, unless it began at a conformation.
    lazy = replace(faster(NOISELESS, 1_000.0), friction_pn_s_per_nm=5e-3)
    first = [float(simulate(lazy, 1, seed=seed).extension_nm[0]) for seed in range(400)]
    assert np.var(first) == pytest.approx(exact_autocovariance(lazy, [0])[0], rel=0.25)


@pytest.mark.parametrize("factor", [20.0, 2_000.0, 50_000.0])
def test_autocovariance_has_its_closed_form_however_fast_the_jumps(factor):
    model = replace(faster(SLOW, factor), breathing_nm=1.0, detector_noise_nm=0.5)
    lags = np.array([0, 1, 2, 5, 20])
    frames = 500_000 if factor < 10_000 else 50_000  # a thousand jumps per frame take long
    found = np.mean(
        [autocovariance(simulate(model, frames, seed=s).extension_nm, lags) for s in range(8)], 0
    )
    exact = exact_autocovariance(model, lags)
    np.testing.assert_allclose(found, exact, rtol=0.015, atol=0.03)


def test_the_zero_drifts_as_specified():
    model = replace(ONE_PLACE, thermal_energy_pn_nm=0.0, drift_nm_per_sqrt_s=0.5)
    second = [
        simulate(model, 10_000, seed=s).extension_nm.astype(float)[::2_500] for s in range(200)
    ]
    steps = np.diff(second, axis=1)
    assert steps.std() == pytest.approx(0.5 * np.sqrt(0.25), rel=0.1)
    assert steps.mean() == pytest.approx(0.0, abs=0.04)
    assert np.std(second, axis=0)[0] < 0.01


def test_a_seed_repeats_the_record_and_another_seed_does_not():
    first, again, other = (simulate(ADD_RIBOSWITCH, 5_000, seed=s) for s in (1, 1, 2))
    assert first.extension_nm.tobytes() == again.extension_nm.tobytes()
    assert first.conformation.tobytes() == again.conformation.tobytes()
    assert np.abs(first.extension_nm - other.extension_nm).mean() > 1
    assert (first.extension_nm.dtype, first.conformation.dtype) == (np.float32, np.uint8)
    assert first.extension_nm.shape == first.conformation.shape == (5_000,)
    assert (first.time_per_frame_s, first.seed) == (1e-4, 1)


def test_noise_does_not_change_the_conformations():
    plain = simulate(ADD_RIBOSWITCH, 50_000, seed=3)
    changed = replace(
        ADD_RIBOSWITCH, detector_noise_nm=0.1, thermal_energy_pn_nm=1.0, drift_nm_per_sqrt_s=1.0
    )
    np.testing.assert_array_equal(
        simulate(changed, 50_000, seed=3).conformation, plain.conformation
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: replace(SLOW, extension_nm=(1.0, 2.0)), ValueError, "extension_nm: .*give the"),
        (lambda: replace(SLOW, extension_nm=(1, 2, np.inf)), ValueError, "extension_nm: .*index 2"),
        (lambda: replace(SLOW, fold_p3_per_s=0.0), ValueError, "fold_p3_per_s: .*more than 0"),
        (lambda: replace(SLOW, unfold_p2_per_s=-1.0), ValueError, "unfold_p2_per_s"),
        (lambda: replace(SLOW, friction_pn_s_per_nm="1"), TypeError, "friction_pn_s_per_nm"),
        (lambda: replace(SLOW, trap_stiffness_pn_per_nm=-0.1), ValueError, "trap_stiffness"),
        (lambda: replace(SLOW, breathing_relaxation_s=0.0), ValueError, "breathing_relaxation_s"),
        (lambda: replace(SLOW, detector_noise_nm=np.nan), TypeError, "detector_noise_nm"),
        (lambda: replace(SLOW, time_per_frame_s=0.0), ValueError, "time_per_frame_s"),
        (lambda: simulate({"rates": 1}, 10, seed=1), TypeError, "model: .*dict.*ADD_RIBOSWITCH"),
        (lambda: simulate(SLOW, 0, seed=1), ValueError, "n_frames: .*at least 1"),
        (lambda: simulate(SLOW, 1e3, seed=1), TypeError, "n_frames: .*whole number"),
        (lambda: simulate(SLOW, 10, seed=-1), ValueError, "seed"),
    ],
)
def test_bad_input_is_refused_with_its_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
