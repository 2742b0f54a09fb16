"""The labels of alanine dipeptide, and the states C7eq and C7ax."""

import numpy as np
import pytest

from reproduction.dipeptide.states import AX, CORES, EQ, labels_of, states

# One label in the core of each state and one between them, along each angle.
IN_EQ, IN_AX, BETWEEN = {"phi": 3, "psi": 18}, {"phi": 18, "psi": 0}, {"phi": 12, "psi": 7}
ANGLES = pytest.mark.parametrize("angle", ["phi", "psi"])


def labels_from(angle, letters):
    """Labels from letters: e and a are in the cores of C7eq and C7ax, a point is between them."""
    label = {"e": IN_EQ[angle], "a": IN_AX[angle], ".": BETWEEN[angle]}
    return np.array([label[letter] for letter in letters], np.uint8)


def names(found):
    return "".join("ea"[state] for state in found)


def test_the_twenty_labels_are_those_of_the_paper():
    edges = np.arange(-0.9, 0.95, 0.1)
    angles = np.random.default_rng(1).uniform(-np.pi, np.pi, 100_000)
    # Within a rounding error of an edge the two may differ, which does not matter.
    clear = np.abs(np.sin(angles)[:, None] - edges).min(axis=1) > 1e-9
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(
        labels_of(angles[clear]), np.digitize(np.sin(angles[clear]), edges)
    )
    assert labels_of(np.array([-np.pi / 2, 0.05, np.pi / 2])).tolist() == [0, 10, 19]


def test_angles_of_single_precision_have_a_label_at_both_ends():
    ends = np.array([-np.pi, -np.pi / 2, np.pi / 2, np.pi], np.float32)
    assert labels_of(ends).tolist()[1:3] == [0, 19]


@pytest.mark.parametrize(
    ("angle", "state", "lowest", "highest"),
    [("phi", EQ, -1.0, 0.0), ("phi", AX, 0.6, 1.0), ("psi", EQ, 0.3, 1.0), ("psi", AX, -1.0, -0.8)],
)
def test_the_cores_have_their_limits_in_the_sine(angle, state, lowest, highest):
    middles = np.linspace(-0.995, 0.995, 200)
    low, high = CORES[angle][state]
    labels = labels_of(np.arcsin(middles))
    np.testing.assert_array_equal(
        (labels >= low) & (labels < high), (middles > lowest) & (middles < highest)
    )


@ANGLES
@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("e.a.e", "eeaae"),  # between the cores: the last core
        ("e..e.a", "eeeeea"),  # not a transition before the other core
        ("..a.e", "aaaae"),  # before any core: the first core
        ("..e.a", "eeeea"),
        ("....", "eeee"),  # in no core at all
        ("a", "a"),
        (".", "e"),
    ],
)
def test_a_frame_belongs_to_the_core_that_was_visited_last(angle, letters, expected):
    assert names(states(labels_from(angle, letters), angle)) == expected


@ANGLES
def test_labels_of_a_core_have_its_state_and_others_keep_the_state_before(angle):
    for label in range(20):
        after = [states([core[angle], label], angle)[1] for core in (IN_EQ, IN_AX)]
        inside = [low <= label < high for low, high in CORES[angle]]
        assert after == ([EQ, EQ] if inside[EQ] else [AX, AX] if inside[AX] else [EQ, AX])


@ANGLES
def test_chains_are_independent(angle):
    chains = np.stack([labels_from(angle, letters) for letters in ("e.a.", "...e", "....", "...a")])
    assert [names(row) for row in states(chains, angle)] == ["eeaa", "eeee", "eeee", "aaaa"]


def by_a_loop(labels, angle):
    (eq_low, eq_high), (ax_low, ax_high) = CORES[angle]
    found, state = [], None
    for label in labels:
        if eq_low <= label < eq_high:
            state = EQ
        elif ax_low <= label < ax_high:
            state = AX
        found.append(state)
    first = next((each for each in found if each is not None), EQ)
    return [first if each is None else each for each in found]


@ANGLES
def test_states_are_those_of_a_plain_loop(angle):
    random = np.random.default_rng(2)
    between = [label for label in range(20) if by_a_loop([IN_AX[angle], label], angle)[1] == AX]
    for _ in range(300):
        # Many labels are between the cores, so that some frames come before the first core.
        shape = random.integers(1, 4), random.integers(4, 30)
        labels = np.where(
            random.random(shape) < random.random(),
            random.choice(between, shape),
            random.integers(20, size=shape),
        )
        assert states(labels, angle).tolist() == [by_a_loop(row, angle) for row in labels]
        assert states(labels[0], angle).tolist() == by_a_loop(labels[0], angle)
