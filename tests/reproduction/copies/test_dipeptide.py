"""The rule for alanine dipeptide: which pieces are compared, and what passes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.judging.criteria import Outcome
from reproduction.copies import dipeptide
from reproduction.copies.comparison import REORDERED, SHIFTED, CopyComparison, paste_copies
from reproduction.dipeptide import recorded_simulations
from reproduction.dipeptide.states import labels_of
from reproduction.runs import records

CHAIN = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.1, 0.9]])
PIECE = 20_000


def simulated(seed, n_pieces=4):
    return simulate_markov_chain(CHAIN, n_pieces * PIECE, seed=seed)


@pytest.fixture(scope="module")
def tested():
    """Two simulations, and three networks: independent, half copied, and one that copies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dipeptide, "PIECE_FRAMES", PIECE)
        first, second = simulated(1), simulated(2)
        own = simulated(3)
        generated = {
            "own": [own, simulated(4, 2)],
            "some": list(paste_copies(simulated(5).reshape(1, -1), first[:PIECE], 60, 0.2)),
            "all": [np.roll(first[: 2 * PIECE], 7)],
        }
        test = dipeptide.DipeptideCopyTest(first, second, generated)
    return test, first, second


def test_the_first_source_is_learned_and_the_others_are_not(tested):
    test, first, second = tested
    assert (test.data == first[:PIECE]).all()
    assert (test.simulations.reshape(-1) == second[2 * PIECE :]).all()
    assert len(test.automata) == 5
    others = np.concatenate([first[2 * PIECE :], second[: 2 * PIECE]]).reshape(4, PIECE)
    for automaton, piece in zip(test.automata[1:], others, strict=True):
        assert automaton.match_lengths(piece)[-1] == PIECE


def test_only_networks_that_copy_are_refused(tested):
    test = tested[0]
    assert {name: test.judged(name).passed for name in test.of} == {
        "own": True,
        "some": False,
        "all": False,
    }
    assert test.of["own"].mean.shape == (5, 6) and test.of["some"].mean.shape == (5, 4)
    assert test.best().passed


def test_the_controls_are_refused(tested):
    controls = tested[0].controls()
    assert set(controls) == {REORDERED, SHIFTED}
    assert all(isinstance(one, Outcome) and not one.passed for one in controls.values())


def test_the_training_data_begin_simulation_0_and_the_reference_is_simulation_1():
    for angle, first, second in zip(
        dipeptide.ANGLES, recorded_simulations.load(0), recorded_simulations.load(1), strict=True
    ):
        record = records.load(f"dipeptide_{angle}_authors")
        assert (record.data == labels_of(first)[: len(record.data)]).all()
        assert (record.reference == labels_of(second)).all()
        assert len(record.data) == 2 * dipeptide.PIECE_FRAMES
        assert len(record.reference) == dipeptide.N_SIMULATED * dipeptide.PIECE_FRAMES


def test_what_networks_generated_is_found_by_the_number_of_epochs():
    record = records.load("dipeptide_phi_authors")
    (last,), (tenth,) = (dipeptide.trainings_after(record, epochs) for epochs in (40, 10))
    assert last["generated"].shape == tenth["generated"].shape == (2_000_000,)
    assert (last["generated"] != tenth["generated"]).any()
    assert len(tenth["loss"]) == 10
    assert len(dipeptide.trainings_after(records.load("dipeptide_psi_continued"), 20)) == 3


def test_names_say_the_units_and_the_epochs():
    names = [dipeptide.name_of(one) for one in dipeptide.NETWORKS]
    assert len(set(names)) == len(names)
    assert names[0] == "1,024 units, authors, 40 epochs"


def test_pieces_leave_out_what_is_left():
    labels = np.zeros(2 * dipeptide.PIECE_FRAMES + 1, np.uint8)
    assert dipeptide.pieces(labels).shape == (2, dipeptide.PIECE_FRAMES)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="labels: expected one chain of 500,000 frames or more"):
        dipeptide.pieces(np.zeros(10, np.uint8))
    with pytest.raises(ValueError, match=r"found the shape \(2, 600000\)"):
        dipeptide.pieces(np.zeros((2, 600_000), np.uint8))
    record = SimpleNamespace(name="one", settings={"epochs": 40, "other_epochs": [10]})
    with pytest.raises(ValueError, match="epochs: found 20; the networks of one have 10, 40"):
        dipeptide.trainings_after(record, 20)
    with pytest.raises(ValueError, match="angle: found 'x'; give 'phi' or 'psi'"):
        dipeptide.recorded_test("x")
    short, whole = np.zeros(600_000, np.uint8), np.zeros(2_000_000, np.uint8)
    with pytest.raises(ValueError, match=r"found \[1, 4\] pieces and 1 networks"):
        dipeptide.DipeptideCopyTest(short, whole, {"one": [whole]})
    with pytest.raises(ValueError, match=r"found \[4, 4\] pieces and 0 networks"):
        dipeptide.DipeptideCopyTest(whole, whole, {})


def test_trajectories_of_other_lengths_are_refused():
    one = simulated(1).reshape(4, PIECE)
    with pytest.raises(ValueError, match="of one length, found 19,999, 20,000 frames; cut them"):
        CopyComparison(one[0], one[1:3], one[3:], [one[0][:-1]])
