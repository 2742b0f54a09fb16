"""A criterion that most trainings must meet: how many are enough, and what it can detect."""

from __future__ import annotations

import numpy as np
from scipy import optimize, stats

from lstm_md.judging.criteria import MIN_AGREEING_SHARE


def min_passing(n_trainings: int) -> int:
    """Return how many of the trainings are at least ``MIN_AGREEING_SHARE`` of them."""
    return int(np.ceil(MIN_AGREEING_SHARE * n_trainings - 1e-9))


def detectable_share(n_trainings: int) -> float:
    """Return the true share of good trainings that would fail the test nine times out of ten."""

    def chance_to_pass(share: float) -> float:
        return float(stats.binom.sf(min_passing(n_trainings) - 1, n_trainings, share))

    return float(optimize.brentq(lambda share: chance_to_pass(share) - 0.1, 1e-9, 1))
