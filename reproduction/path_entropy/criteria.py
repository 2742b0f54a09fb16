"""The criterion of T1 and T2: does the loss fall to the entropy rate, and no lower?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from lstm_md.judging.criteria import MIN_AGREEING_SHARE, Z_FOR_90_PERCENT_POWER, Outcome, combine
from reproduction.common.trainings import detectable_share, min_passing

MAX_EXCESS = 0.01  #: D(P‖Q) up to which a loss is at the entropy rate, as a share of the rate
CRITERION = (
    f"for at least {MIN_AGREEING_SHARE:.0%} of the trainings, the loss on labels that they have "
    f"not seen differs from the exact loss of the same labels by at most {MAX_EXCESS:.0%} of the "
    f"entropy rate"
)


def meets_entropy(losses: ArrayLike, exact: ArrayLike, rate: float) -> Outcome:
    """Test whether most trainings reach the entropy rate of one process (T1; Eqs 10–16).

    The exact loss of the same labels is subtracted, block by block. The difference is the
    Kullback–Leibler rate (Eq 10), without most of the noise of the labels.

    Parameters
    ----------
    losses : array_like, shape (trainings, blocks)
        In nats per label, on blocks of labels that were not learned.
    exact : array_like, shape (blocks,)
        The loss of the process itself on the same blocks.
    rate : float
        The entropy rate, in nats per label.

    Returns
    -------
    Outcome
        Its numbers are ``share`` of the trainings, ``median_excess`` and ``largest_excess`` of
        D(P‖Q) as shares of ``rate``, and ``detectable_excess``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the rate is not positive.
    """
    model, process = np.asarray(losses, dtype=np.float64), np.asarray(exact, dtype=np.float64)
    if model.ndim != 2 or process.shape != model.shape[1:] or process.size < 2:
        raise ValueError(
            f"losses: expected shape (trainings, blocks) with the {process.size} blocks of exact, "
            f"at least 2, found {model.shape}; evaluate every training on every block"
        )
    if not rate > 0:
        raise ValueError(f"rate: expected more than 0, found {rate}; give the entropy rate")
    excess = (model - process) / rate
    means = excess.mean(axis=1)
    error = float(np.median(excess.std(axis=1, ddof=1))) / np.sqrt(process.size)
    n, n_within = len(means), int((np.abs(means) <= MAX_EXCESS).sum())
    detectable = MAX_EXCESS + Z_FOR_90_PERCENT_POWER * error
    return Outcome(
        n_within >= min_passing(n),
        f"{n_within} of {n} within {MAX_EXCESS:.0%}; "
        f"D(P‖Q) {np.median(means):.2%} (most {means.max():.2%}) of {rate:.4f} nats",
        f"D(P‖Q) of {detectable:.2%} in every training, "
        f"or only {detectable_share(n):.0%} of all trainings within {MAX_EXCESS:.0%}",
        {
            "share": n_within / n,
            "median_excess": float(np.median(means)),
            "largest_excess": float(means.max()),
            "rate": float(rate),
            "detectable_excess": float(detectable),
        },
    )


def is_near_rate(exact: ArrayLike, rate: float) -> Outcome:
    """Test whether the loss of a process on its own labels is near its entropy rate.

    It shows how much the loss of one trajectory differs from the rate by chance.

    Parameters
    ----------
    exact : array_like, shape (blocks,)
        The loss of the process on blocks of labels that it generated, in nats per label.
    rate : float
        The entropy rate, in nats per label.
    """
    blocks = np.asarray(exact, dtype=np.float64)
    excess = float(blocks.mean()) / rate - 1
    error = float(blocks.std(ddof=1)) / np.sqrt(blocks.size) / rate
    return Outcome(
        abs(excess) <= MAX_EXCESS,
        f"its own loss {excess:+.2%} ± {error:.2%} from the rate",
        numbers={"excess": excess, "error": float(error)},
    )


def all_pass(outcomes: Mapping[str, Outcome]) -> Outcome:
    """Combine the tests of several processes; a model must pass all of them (T2)."""
    whole = combine(outcomes)
    powers = {outcome.power for outcome in outcomes.values()}
    return replace(whole, power=powers.pop()) if len(powers) == 1 else whole


def any_passes(outcomes: Mapping[str, Outcome]) -> Outcome:
    """Combine the tests of several processes; a control of T2 must not pass any of them."""
    return combine(outcomes, any(outcome.passed for outcome in outcomes.values()))
