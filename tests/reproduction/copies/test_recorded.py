"""The stored results of alanine dipeptide, and the ratio that the chapter plots."""

from __future__ import annotations

import numpy as np
import pytest

from reproduction.copies import dipeptide, recorded
from reproduction.copies.criteria import NO_COPIES_WORDS, Matches, no_copies
from reproduction.copies.matches import SuffixAutomaton
from reproduction.dipeptide.recorded_simulations import load as load_simulation
from reproduction.dipeptide.states import labels_of
from reproduction.runs import records


@pytest.fixture(scope="module")
def found():
    return recorded.load()


def test_both_angles_have_all_recorded_networks(found):
    for angle in dipeptide.ANGLES:
        expected = set()
        for one in dipeptide.NETWORKS:
            try:
                records.load(dipeptide.record_of(angle, one))
            except FileNotFoundError:
                continue
            expected.add(dipeptide.name_of(one))
        assert set(found[angle]["networks"]) == expected
        assert all(
            np.shape(one["shares"]) == (5, len(found[angle]["passages"]))
            for one in found[angle]["networks"].values()
        )


def test_each_outcome_follows_from_its_numbers(found):
    for along in found.values():
        for one in (*along["networks"].values(), *along["last_labels"].values()):
            refused = one["longest"] > one["allowed"] or (
                np.log1p(one["excess"]) > 3 * one["error"]
            )
            assert one["passed"] is not refused
        assert not any(one["passed"] for one in along["controls"].values())
        assert along["independent"]["passed"]


def test_a_stored_share_is_found_again(found):
    labels = labels_of(load_simulation(0)[1])
    piece = dipeptide.pieces(labels)[0]
    automaton = SuffixAutomaton(piece)
    record = records.load("dipeptide_psi_authors")
    shares, lengths = found["psi"]["independent"]["shares"][0], found["psi"]["passages"]
    matched = [automaton.match_lengths(one) for one in dipeptide.pieces(record.reference)[2:]]
    again = [np.mean([np.mean(one[n - 1 :] >= n) for one in matched]) for n in lengths]
    np.testing.assert_allclose(shares, again, rtol=1e-6)


def test_a_source_like_any_other_has_the_ratio_one():
    independent = np.array([[0.9, 0.5], [0.8, 0.4], [0.9, 0.5], [0.9, 0.5]])
    ratio, error = recorded.relative_shares(0.3 * independent, independent)
    np.testing.assert_allclose(ratio, 1)
    np.testing.assert_allclose(error, 0, atol=1e-12)
    more = 0.3 * independent
    more[0, 1] *= 1.2
    np.testing.assert_allclose(recorded.relative_shares(more, independent)[0], [1, 1.2])


def test_where_nothing_is_shared_there_is_no_ratio():
    none = np.array([[0.5, 0.0], [0.5, 0.0], [0.5, 0.0]])
    ratio, error = recorded.relative_shares(none, none)
    assert ratio[0] == 1 and np.isnan(ratio[1]) and np.isnan(error[1])


@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((4, 3), (5, 3)), ((4,), (4,))])
def test_other_shapes_are_refused(shapes):
    with pytest.raises(ValueError, match="found, independent: expected two arrays of one shape"):
        recorded.relative_shares(*(np.ones(shape) for shape in shapes))


def test_the_rule_is_that_of_the_ledger():
    even = Matches(np.full((5, 1), 7.0), np.full((5, 1), 20))
    assert no_copies(even, even).passed and "3 standard errors" in NO_COPIES_WORDS
