"""The verdicts on T1 and T2, on made-up losses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reproduction.path_entropy.states import TITLES
from reproduction.path_entropy.verdicts import MARKOV, OTHERS, EntropyEstimates, ProcessLosses
from reproduction.runs.records import Record


def losses_of(seed, excess=0.002):
    """Losses on one process; the networks have that share more than the exact loss."""
    exact = 0.4 + 0.002 * np.random.default_rng(seed).normal(size=10)
    far = np.broadcast_to(1.2 * exact, (20, 10))
    return ProcessLosses(
        rate=0.4, rate_error=0.0, whole=0.4, short=0.41, exact=exact,
        entropies=np.array([0.8, 0.5]),
        losses=(1 + excess) * np.broadcast_to(exact, (20, 10)),
        untrained=far, shuffled=far, loss=np.ones((20, 2)), validation_loss=np.ones((20, 2)),
        chains=np.ones((20, 2)), order_0=far, order_1=far,
    )  # fmt: skip


def made_up(**excess):
    estimates = EntropyEstimates(Record("made up", Path(), {}, {}))
    estimates.processes = {
        name: losses_of(k, excess.get(name, 0.002)) for k, name in enumerate(TITLES)
    }
    return estimates


def outcomes(estimates):
    return [estimates.verdict(claim).line() for claim in ("T1", "T2")]


def test_networks_at_the_entropy_rate_reproduce_both_claims():
    assert outcomes(made_up()) == ["T1: reproduced", "T2: reproduced"]


def test_one_process_that_is_not_learned_is_enough_to_fail():
    assert outcomes(made_up(markov=0.02)) == ["T1: not reproduced", "T2: reproduced"]
    for name in OTHERS:
        assert outcomes(made_up(**{name: 0.02})) == ["T1: reproduced", "T2: not reproduced"]


@pytest.mark.parametrize("control", ["untrained", "shuffled", "order_1"])
def test_a_control_that_passes_for_one_process_makes_the_test_too_weak(control):
    estimates = made_up()
    process = estimates.processes["semi_markov"]
    estimates.processes["semi_markov"] = replace(process, **{control: process.losses})
    assert outcomes(estimates) == ["T1: reproduced", "T2: reproduced in part"]


def test_a_trajectory_whose_exact_loss_is_far_from_the_rate_is_shown():
    estimates = made_up()
    process = estimates.processes[MARKOV]
    estimates.processes[MARKOV] = replace(
        process, exact=process.exact + 0.01, losses=process.losses + 0.01
    )
    best = estimates.verdict("T1").best
    assert not best.passed and "its own loss +2." in best.measured


def test_the_excess_is_the_loss_minus_the_exact_one():
    process = losses_of(0, excess=0.01)
    assert np.allclose(process.excess(), 0.01 * process.exact.mean())
    assert np.allclose(process.excess_of_chains(), 1 - process.exact.mean())
