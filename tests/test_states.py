"""States: the right number, centres and cuts for known records, and a word where none is right."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from lstm_md.states import States, _density, _Peaks, _problem, find_states
from lstm_md.systems import langevin, potentials
from lstm_md.systems.recordings import load
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.riboswitch.states import BOUNDARIES, EDGES
from reproduction.runs.files import load_file
from reproduction.runs.records import default_folder

TURN = 2 * np.pi


def peaks(n_frames, centres, shares, widths=1.0, seed=0):
    """Independent frames of a mixture of Gaussians."""
    random = np.random.default_rng(seed)
    state = random.choice(len(centres), size=n_frames, p=shares)
    widths = np.broadcast_to(widths, len(centres))
    return np.asarray(centres)[state] + widths[state] * random.normal(size=n_frames)


def relaxation(n_frames, tau, seed):
    """An Ornstein–Uhlenbeck process: one state, and frames that depend on each other."""
    decay = np.exp(-1 / tau)
    noise = np.random.default_rng(seed).normal(size=n_frames) * np.sqrt(1 - decay**2)
    return lfilter([1.0], [1.0, -decay], noise)


@cache
def trap(force_pn):
    """A simulated trap at a force that differs from that of the record, and its populations."""
    per_step = [
        np.exp(force_pn * step / 2 / ADD_RIBOSWITCH.thermal_energy_pn_nm)
        for step in -np.diff(ADD_RIBOSWITCH.extension_nm)
    ]
    model = replace(
        ADD_RIBOSWITCH,
        fold_p3_per_s=ADD_RIBOSWITCH.fold_p3_per_s / per_step[0],
        unfold_p3_per_s=ADD_RIBOSWITCH.unfold_p3_per_s * per_step[0],
        fold_p2_per_s=ADD_RIBOSWITCH.fold_p2_per_s / per_step[1],
        unfold_p2_per_s=ADD_RIBOSWITCH.unfold_p2_per_s * per_step[1],
    )
    return simulate(model, 400_000, seed=1).extension_nm, model.populations[::-1]


@cache
def record():
    file = default_folder().parent / "data" / "add_riboswitch_mol2_6_ext9.npz"
    return load(file, fields="extension_nm")


def dipeptide():
    """φ and ψ of a simulation of the dipeptide, in radians."""
    angles = load_file(default_folder() / "dipeptide" / "trajectory-0.npz")
    return ((angles[name].astype(np.float64) - 3142) / 1000 for name in ("phi", "psi"))


# --- known answers ------------------------------------------------------------------------------


def test_the_cuts_of_the_riboswitch_are_the_boundaries_of_the_chapter():
    for n_states in (3, None):
        states = find_states(record(), n_states, window=20)
        assert np.allclose(states.centres, [703, 710, 716], atol=0.3)
        snapped = EDGES[[np.abs(EDGES - cut).argmin() for cut in states.cuts]]
        assert tuple(snapped) == BOUNDARIES
    # P2P3 has a minimum before it, U is a shoulder.
    assert states.valleys[0] < 0.95 < states.valleys[1]
    assert "cut at 714.9: the density has no minimum here" in str(states)


@pytest.mark.parametrize(
    "force_pn, found",
    [(-1.0, [0, 1]), (-0.5, [0, 1, 2]), (0.0, [0, 1, 2]), (0.5, [0, 1, 2]), (1.0, [0, 1, 2]),
     (1.5, [0, 1, 2]), (2.0, [1, 2])],
)  # fmt: skip
def test_the_states_of_a_simulated_trap_are_those_with_a_population(force_pn, found):
    extension, exact = trap(force_pn)
    assert (exact[found] > 0.009).all() and (np.delete(exact, found) < 0.005).all()
    states = find_states(extension, window=20)
    centres = np.array(ADD_RIBOSWITCH.extension_nm)[::-1][found]
    # The rarest state has one per cent, and the slope of its neighbour moves its peak.
    rare = states.shares < 0.02
    assert np.allclose(states.centres, centres, atol=np.where(rare, 1.3, 0.5))
    assert np.allclose(states.shares, exact[found], atol=0.02)


def test_the_wells_of_the_potentials_are_found_along_each_axis():
    expected = {
        ("linear_three_state", "x"): [-1.4, 0.0, 1.4],
        ("linear_three_state", "y"): [-1.4, 0.0, 1.4],
        ("triangular_three_state", "x"): [-1.5, 0.0, 1.5],
        ("triangular_three_state", "y"): [-1.0, 1.6],
        ("four_state", "x"): [-2.0, -0.5, 0.5, 2.0],
        ("four_state", "y"): [-2.0, -1.0, 1.0, 2.0],
    }
    for name in ("linear_three_state", "triangular_three_state", "four_state"):
        walk = langevin.simulate(getattr(potentials, name), n_frames=200_000, seed=1)
        for axis in "xy":
            states = find_states(getattr(walk, axis))
            assert np.allclose(states.centres, expected[name, axis], atol=0.1), (name, axis)
            assert all(a < cut < b for a, cut, b in zip(
                states.centres, states.cuts, states.centres[1:]))  # fmt: skip
            assert (states.entries >= 50).all()
            if (name, axis) == ("triangular_three_state", "y"):
                with pytest.raises(ValueError, match=": fewer states describe the values"):
                    find_states(walk.y, 3)


def test_a_state_of_an_angle_may_lie_across_its_ends():
    phi, psi = (find_states(angle, period=TURN) for angle in dipeptide())
    # C5, C7eq and C7ax along φ; the frames of C5 lie on both sides of ±π.
    assert np.allclose(np.degrees(phi.centres), [-150, -81, 71], atol=3)
    assert np.allclose(phi.shares, [0.50, 0.48, 0.023], atol=0.03)
    assert phi.labels([-3.1, 3.1, -1.4, 1.2]).tolist() == [0, 0, 1, 2]
    # C7ax is a shoulder along ψ, with the same share.
    assert np.allclose(np.degrees(psi.centres), [159, -47, 57], atol=4)
    assert psi.shares[1] == pytest.approx(phi.shares[2], abs=0.005)
    assert psi.labels([-3.1, 3.1, 2.0, -0.8, 1.0]).tolist() == [0, 0, 0, 1, 2]


def test_an_angle_has_a_cut_on_both_sides_of_each_state():
    values = (peaks(20_000, [3.1, 0.0], [0.5, 0.5], 0.3) + np.pi) % TURN - np.pi
    states = find_states(values, period=TURN)
    assert np.allclose(states.centres, [3.1, 0.0], atol=0.02)
    assert np.allclose(states.cuts, [-1.59, 1.55], atol=0.05)
    degrees = peaks(20_000, [0, 120, 240], [0.3, 0.3, 0.4], 15.0) % 360
    states = find_states(degrees, period=360)
    assert np.allclose(states.cuts, [60, 180, 301], atol=1.5)
    assert states.labels([359.0, 1.0, 100.0, 250.0]).tolist() == [0, 0, 1, 2]
    assert states.labels([-110.0, 460.0, -1.0, 361.0]).tolist() == [2, 1, 0, 0]
    assert find_states((peaks(5000, [np.pi], [1.0], 0.3) + np.pi) % TURN - np.pi,
                       period=TURN).n_states == 1  # fmt: skip


@pytest.mark.parametrize("n_states", [2, 5, 7])
def test_equal_peaks_are_cut_half_way(n_states):
    centres = 5.0 * np.arange(n_states)
    states = find_states(peaks(40_000, centres, np.full(n_states, 1 / n_states)))
    assert np.allclose(states.centres, centres, atol=0.06)
    assert np.allclose(states.widths, 1.0, atol=0.06)
    assert np.allclose(states.cuts, centres[:-1] + 2.5, atol=0.1)


def test_neighbours_are_cut_where_their_weighted_gaussians_cross():
    # ln(0.9/0.1) = 5 x − 12.5 for two peaks of width one at 0 and 5.
    states = find_states(peaks(200_000, [0, 5], [0.9, 0.1]))
    assert states.cuts == pytest.approx([2.5 + np.log(9) / 5], abs=0.05)
    narrow = find_states(peaks(20_000, [0, 3], [0.5, 0.5], [1.0, 0.1]))
    assert narrow.cuts == pytest.approx([2.66], abs=0.05)
    assert np.allclose(narrow.widths, [1.0, 0.1], atol=0.03)


def test_a_state_of_one_per_cent_is_found():
    states = find_states(peaks(20_000, [0, 6], [0.99, 0.01]))
    assert np.allclose(states.centres, [0, 6], atol=0.4)
    assert states.shares[1] == pytest.approx(0.01, abs=0.003)
    assert 3 < states.cuts[0] < 4.5


def test_a_peak_of_less_than_half_a_per_cent_is_no_state():
    rare = np.append(peaks(20_000, [0], [1.0]), peaks(80, [4.8], [1.0], 0.1))
    assert find_states(rare).n_states == 1
    with pytest.raises(ValueError, match=r"at 4\.[78].* of the frames, less than 0.5%"):
        find_states(rare, 2)


@pytest.mark.parametrize(
    "values",
    [
        peaks(20_000, [0], [1.0]),
        peaks(200, [0], [1.0]),
        relaxation(100_000, 10, 1),
        relaxation(100_000, 1000, 1),
        np.random.default_rng(0).uniform(size=20_000),
        np.random.default_rng(0).uniform(size=500),
        np.random.default_rng(0).exponential(size=20_000),
        np.random.default_rng(0).standard_t(3, size=20_000),
        np.random.default_rng(0).gumbel(size=20_000),
        peaks(20_000, [0, 2.2], [0.5, 0.5]),
    ],
    ids=["Gaussian", "short", "fast", "slow", "flat", "short and flat", "exponential", "tails",
         "skew", "one peak of two"],
)  # fmt: skip
def test_a_record_of_one_peak_has_one_state(values):
    states = find_states(values)
    assert states.n_states == 1 and states.cuts.size == 0
    assert (states.labels(values[:50]) == 0).all()
    assert "1 state at" in str(states) and "no second state can be distinguished" in str(states)


def test_two_states_in_a_record_of_one_peak_are_refused():
    with pytest.raises(ValueError, match=r"n_states: 2 states cannot .* n_states=1, or"):
        find_states(peaks(2000, [0], [1.0]), 2)


def test_a_peak_below_the_slope_of_its_neighbour_is_refused():
    values = peaks(2000, [0], [1.0])
    hidden = _Peaks(np.array([0.0, 3.0]), np.ones(2), np.array([0.994, 0.006]), bic=0.0)
    problem = _problem(hidden, 2, _density(values, None, 1), [values])
    assert problem == "the peak at 3 is hidden by the peak at 0"


def test_a_flat_density_with_two_ends_has_two_states():
    states = find_states(np.sin(np.arange(20_000) / 50))
    assert states.n_states == 2 and states.cuts == pytest.approx([0], abs=0.02)


# --- what must not change the answer ------------------------------------------------------------

THREE = peaks(1000, [0, 5, 11], [0.3, 0.5, 0.2], [1.0, 1.2, 0.8])


@cache
def three():
    return find_states(THREE)


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e3))
@settings(max_examples=2, deadline=None)
def test_a_shift_and_a_new_unit_change_nothing_else(shift, unit):
    before, after = three(), find_states(shift + unit * THREE)
    assert np.allclose((after.centres - shift) / unit, before.centres, atol=0.01)
    assert np.allclose((after.cuts - shift) / unit, before.cuts, atol=0.01)
    assert np.allclose(after.widths / unit, before.widths, atol=0.01)


def test_a_change_of_the_sign_turns_the_states_round():
    before, after = three(), find_states(-THREE)
    assert np.allclose(-after.cuts[::-1], before.cuts, atol=0.01)
    assert np.allclose(after.shares[::-1], before.shares, atol=1e-3)
    assert np.array_equal(after.labels(-THREE), 2 - before.labels(THREE))


@given(st.permutations(range(4)))
@settings(max_examples=2, deadline=None)
def test_chains_may_come_in_any_order(order):
    chains = np.split(THREE, [200, 500, 900])
    once = find_states([chains[k] for k in order], window=2)
    again = find_states(chains, window=2)
    for name in ("centres", "widths", "shares", "cuts", "valleys", "entries"):
        assert np.array_equal(getattr(once, name), getattr(again, name)), name


def test_no_seed_matters_and_none_is_used():
    first = three()
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    np.random.rand(3)  # noqa: NPY002
    used = np.random.get_state()[1].copy()  # noqa: NPY002
    second = find_states(THREE)
    assert np.array_equal(np.random.get_state()[1], used)  # noqa: NPY002
    assert state.size and np.array_equal(first.cuts, second.cuts)


ANGLE = peaks(1000, [0.0, 2.0, 4.2], [0.3, 0.5, 0.2], 0.3)


@cache
def turned(turn):
    return find_states((ANGLE + turn + np.pi) % TURN - np.pi, period=TURN)


@cache
def entries_on_a_line():
    return sorted(find_states(ANGLE).entries)


@given(st.floats(-np.pi, np.pi))
@example(3.0)
@settings(max_examples=2, deadline=None)
def test_a_turn_of_an_angle_turns_its_cuts(turn):
    before, after = turned(0.0), turned(turn)
    apart = (after.cuts[:, None] - turn - before.cuts + np.pi) % TURN - np.pi
    assert np.abs(apart).min(axis=0).max() < 0.02
    assert sorted(before.entries) == pytest.approx(entries_on_a_line(), rel=0.05)
    assert sorted(after.entries) == pytest.approx(entries_on_a_line(), rel=0.05)


def test_the_frames_of_a_chain_count_for_entries_and_never_across_a_seam():
    x = np.repeat([0.0, 5.0, 0.0, 5.0], 500) + 0.5 * np.sin(np.arange(2000))
    assert find_states(x).entries.tolist() == [1, 2]
    assert find_states(list(x.reshape(4, 500))).entries.tolist() == [0, 0]
    assert find_states(x.reshape(4, 500)).entries.tolist() == [0, 0]
    assert "state 0 was entered 1 times, so" in str(find_states(x))


def test_a_shoulder_with_few_entries_is_no_state():
    shoulder = np.sort(peaks(20_000, [0, 3.5], [0.95, 0.05]))  # once from one to the other
    assert find_states(shoulder).n_states == 1
    mixed = np.random.default_rng(1).permutation(shoulder)
    assert find_states(mixed).n_states == 2


# --- spikes, rounding, bad input ----------------------------------------------------------------


@pytest.mark.parametrize("n_frames", [120, 20_000])
@pytest.mark.parametrize("height", [30.0, -1e12])
def test_a_spike_owns_no_state(n_frames, height):
    values = peaks(n_frames, [0, 6], [0.5, 0.5])
    values[[7, 77, 99]] = height
    assert np.allclose(find_states(values).centres, [0, 6], atol=0.3)
    one = peaks(n_frames, [0], [1.0])
    one[5] = height
    assert find_states(one).n_states == 1


def test_scattered_outliers_own_no_state():
    values = peaks(20_000, [0, 5], [0.5, 0.5])
    values[:60] = np.random.default_rng(1).uniform(-100, 100, 60)
    assert np.allclose(find_states(values).centres, [0, 5], atol=0.2)


def test_whole_numbers_are_values_like_others():
    random = np.random.default_rng(0)
    photons = random.poisson(np.where(random.random(20_000) < 0.5, 5, 30))
    assert np.allclose(find_states(photons).centres, [5, 30], atol=0.5)
    assert find_states(random.poisson(12, 20_000)).n_states == 1


@pytest.mark.parametrize(
    "values, message",
    [
        ([0.0] * 500, r"values: found 1 different number\(s\) in 500 frames"),
        (np.arange(500) % 3, r"found 3 different number\(s\) .* labels already need no states"),
        (np.arange(50.0), "values: expected at least 100 frames, or means of a window, found 50"),
        (np.r_[np.nan, np.arange(500.0)], "values: found nan at index 0"),
        (np.r_[np.arange(500.0), np.inf], "values: found inf at index 500"),
        (np.zeros((500, 2)), r"values: found shape \(500, 2\), which means 500 chains of 2 frame"),
        (np.zeros((2, 3, 4)), "values: expected an array of 1 or 2 dimension"),
        ([np.arange(300.0), np.full(3, np.nan)], r"values\[1\]: found nan at index 0"),
        ([np.arange(300.0), np.zeros((300, 2))], r"values\[1\]: expected shape \(frames,\)"),
    ],
)
def test_values_that_are_no_coordinate_are_refused(values, message):
    with pytest.raises((ValueError, TypeError), match=message):
        find_states(values, window=1)


def test_text_and_wrong_arguments_are_refused():
    for bad in (["a"] * 500, None):
        with pytest.raises((ValueError, TypeError), match="values: "):
            find_states(bad)
    for arguments, message in (
        ({"n_states": 0}, "n_states: expected at least 1, found 0"),
        ({"n_states": 2.0}, "n_states: expected a whole number, found 2.0"),
        ({"window": 0}, "window: expected at least 1, found 0"),
        ({"window": 1500}, r"window: expected at most the 1000 frame\(s\)"),
        ({"window": 950}, "found 51; give a longer trajectory or a shorter window"),
        ({"period": -1.0}, "period: "),
        ({"period": TURN}, r"period: found 6.28319 for values from .* 360 for degrees"),
        ({"period": 1e4}, "period: found 10000 for values from"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            find_states(THREE, **arguments)


def test_more_states_than_there_are_is_refused_with_their_number():
    with pytest.raises(ValueError, match=r"n_states: 4 states cannot .*n_states=3, or"):
        find_states(THREE, 4)
    with pytest.raises(ValueError, match="are .* widths apart, less than 2.8"):
        find_states(peaks(20_000, [0, 2.2], [0.5, 0.5]), 2)
    with pytest.raises(ValueError, match="9 states cannot be distinguished"):
        find_states(THREE, 9)
    assert find_states(THREE, 3).n_states == 3
    assert find_states(THREE, 1).cuts.size == 0


def test_angles_without_a_period_are_warned_of_and_a_line_can_be_asked_for():
    values = (peaks(20_000, [3.1, 0.0], [0.5, 0.5], 0.3) + np.pi) % TURN - np.pi
    with pytest.warns(UserWarning, match="these look like angles"):
        find_states(values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_states(values, period=np.inf).n_states == 3
        find_states(THREE, window=5)


def test_labels_keep_the_shape_and_take_lists():
    states = three()
    assert states.labels(THREE[:6].reshape(2, 3)).shape == (2, 3)
    assert states.labels(states.cuts).tolist() == [1, 2]
    labels = states.labels([THREE[:3], THREE[:5]])
    assert [each.size for each in labels] == [3, 5] and labels[0].dtype == np.uint8
    with pytest.raises(ValueError, match="found nan at index 1"):
        states.labels([0.0, np.nan])


def test_the_description_is_printed_in_full():
    states = States(
        centres=np.array([1.0, 5.0]), widths=np.ones(2), shares=np.array([0.25, 0.75]),
        cuts=np.array([3.0]), valleys=np.array([0.5]), entries=np.array([12, 3]),
    )  # fmt: skip
    assert str(states).splitlines() == [
        "2 states at 1 (25 %), 5 (75 %)",
        "cut at 3: the density falls to 50% of the lower peak",
        "state 1 was entered 3 times, so its share is uncertain",
    ]
