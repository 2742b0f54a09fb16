import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from reproduction.dipeptide.states import AX, CORES, EQ, PS, labels_of, states, waits

# One label in the core of each state and one between them, along each angle.
IN_EQ, IN_AX, BETWEEN = {"phi": 3, "psi": 18}, {"phi": 18, "psi": 0}, {"phi": 12, "psi": 7}
ANGLES = pytest.mark.parametrize("angle", ["phi", "psi"])


def text(angle, written):
    """Labels from a string: e and a in the cores of C7eq and C7ax, a point between them."""
    label = {"e": IN_EQ[angle], "a": IN_AX[angle], ".": BETWEEN[angle]}
    return np.array([label[character] for character in written], np.uint8)


def names(found):
    return "".join("ea"[state] for state in found)


def test_the_twenty_labels_are_those_of_the_paper():
    edges = np.arange(-0.9, 0.95, 0.1)
    angles = np.random.default_rng(1).uniform(-np.pi, np.pi, 100_000)
    # Beside an edge by a rounding error the two may differ, and it does not matter.
    clear = np.abs(np.sin(angles)[:, None] - edges).min(axis=1) > 1e-9
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(
        labels_of(angles[clear]), np.digitize(np.sin(angles[clear]), edges)
    )
    assert labels_of(np.array([-np.pi / 2, 0.05, np.pi / 2])).tolist() == [0, 10, 19]


def test_angles_of_single_precision_have_a_label_up_to_the_very_ends():
    ends = np.array([-np.pi, -np.pi / 2, np.pi / 2, np.pi], np.float32)
    assert labels_of(ends).tolist()[1:3] == [0, 19]


@pytest.mark.parametrize(
    ("angle", "state", "lowest", "highest"),
    [("phi", EQ, -1.0, 0.0), ("phi", AX, 0.6, 1.0), ("psi", EQ, 0.3, 1.0), ("psi", AX, -1.0, -0.8)],
)
def test_the_limits_of_the_cores_are_those_in_the_sine(angle, state, lowest, highest):
    middles = np.linspace(-0.995, 0.995, 200)
    low, high = CORES[angle][state]
    labels = labels_of(np.arcsin(middles))
    np.testing.assert_array_equal(
        (labels >= low) & (labels < high), (middles > lowest) & (middles < highest)
    )


@ANGLES
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("e.a.e", "eeaae"),  # between the cores: where it was last
        ("e..e.a", "eeeeea"),  # not a transition before the other core
        ("..a.e", "aaaae"),  # before any core: where it first comes to
        ("..e.a", "eeeea"),
        ("....", "eeee"),  # in none at all
        ("a", "a"),
        (".", "e"),
    ],
)
def test_a_frame_belongs_to_the_core_that_was_visited_last(angle, written, expected):
    assert names(states(text(angle, written), angle)) == expected


@ANGLES
def test_every_label_of_a_core_is_in_its_state_and_the_others_are_in_either(angle):
    for label in range(20):
        after = [
            states([core[angle], label], angle)[1] for core in (IN_EQ, IN_AX)
        ]  # where it was before, and whether the label decides
        inside = [low <= label < high for low, high in CORES[angle]]
        assert after == ([EQ, EQ] if inside[EQ] else [AX, AX] if inside[AX] else [EQ, AX])


@ANGLES
def test_chains_do_not_join(angle):
    chains = np.stack(
        [text(angle, "e.a"), text(angle, "..e"), text(angle, "..."), text(angle, "..a")]
    )
    assert [names(row) for row in states(chains, angle)] == ["eea", "eee", "eee", "aaa"]


def slowly(labels, angle):
    (eq_low, eq_high), (ax_low, ax_high) = CORES[angle]
    found, now = [], None
    for label in labels:
        if eq_low <= label < eq_high:
            now = EQ
        elif ax_low <= label < ax_high:
            now = AX
        found.append(now)
    first = next((state for state in found if state is not None), EQ)
    return [first if state is None else state for state in found]


@ANGLES
def test_states_are_those_of_a_plain_loop(angle):
    random = np.random.default_rng(2)
    between = [label for label in range(20) if slowly([IN_AX[angle], label], angle)[1] == AX]
    for _ in range(300):
        # Often between the cores, so that frames before the first core are met as well.
        shape = random.integers(1, 4), random.integers(1, 30)
        labels = np.where(
            random.random(shape) < random.random(),
            random.choice(between, shape),
            random.integers(20, size=shape),
        )
        assert states(labels, angle).tolist() == [slowly(row, angle) for row in labels]
        assert states(labels[0], angle).tolist() == slowly(labels[0], angle)


@ANGLES
def test_waits_are_counted_by_hand_in_picoseconds(angle):
    # The first wait in C7eq has no beginning, and the last in C7ax no end.
    there, back = waits(text(angle, "eeaaaeeeeaaee.ea"), angle, commit_time=1)
    np.testing.assert_allclose(there, [0.4, 0.4])
    np.testing.assert_allclose(back, [0.3, 0.2])
    # With 3 frames the stay of 2 in C7ax is none, and C7eq goes on until the chain's end.
    there, back = waits(text(angle, "eeeaaaeeeeaaee.eaaa"), angle, commit_time=3)
    np.testing.assert_allclose(there, [1.0])
    np.testing.assert_allclose(back, [0.3])


@ANGLES
def test_waits_of_chains_are_put_together_and_none_crosses(angle):
    chains = np.stack([text(angle, "eaaeea"), text(angle, "aeeeea")])
    there, back = waits(chains, angle, commit_time=1)
    np.testing.assert_allclose(there, [0.2, 0.4])
    np.testing.assert_allclose(back, [0.2])


@ANGLES
def test_there_are_no_waits_where_nothing_commits(angle):
    for labels in (text(angle, "eaeaeaea"), text(angle, "eeeeeeee")):
        there, back = waits(labels, angle, commit_time=4)
        assert there.shape == back.shape == (0,)
    # One chain without a commitment does not spoil the other.
    both = np.stack([text(angle, "eaeaeaea"), text(angle, "eeaaeeaa")])
    there, back = waits(both, angle, commit_time=2)
    np.testing.assert_allclose([there, back], [[0.2], [0.2]])


@ANGLES
def test_waits_of_a_chain_of_two_states_have_the_means_that_are_known(angle):
    leave_eq, leave_ax = 1 / 2000, 1 / 400
    chain = simulate_markov_chain(
        [[1 - leave_eq, leave_eq], [leave_ax, 1 - leave_ax]], 2_000_000, seed=3
    )
    labels = np.array([IN_EQ[angle], IN_AX[angle]], np.uint8)[chain]
    for found, leave in zip(waits(labels, angle, commit_time=1), (leave_eq, leave_ax)):
        expected = PS / leave
        assert found.size > 500
        assert abs(found.mean() - expected) <= 4 * expected / np.sqrt(found.size)
