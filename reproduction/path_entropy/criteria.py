"""The criterion of T1 and T2: does the loss come down to the path entropy, and no lower?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from lstm_md.judging.criteria import MIN_AGREEING_SHARE, Z_FOR_90_PERCENT_POWER, Outcome
from reproduction.embedding.criteria import detectable_share, needed

NEAR = 0.01  # of the entropy rate: how near the loss must be
WORDS = (
    f"the loss of at least {MIN_AGREEING_SHARE:.0%} of the trainings, on a text that they have not seen, "
    f"within {NEAR:.0%} of the entropy rate: its distance from the exact loss of the same text"
)


def meets_entropy(losses: ArrayLike, exact: ArrayLike, rate: float) -> Outcome:
    """The criterion of T1, and of T2 for one process: most trainings reach the entropy rate.

    The exact loss of the same text is subtracted, block by block: what is left is the
    Kullback–Leibler rate (Eq 10), without most of the noise of the text.

    Parameters
    ----------
    losses : array_like, shape (trainings, blocks)
        Nats a label on blocks of one text that nothing was learned from.
    exact : array_like, shape (blocks,)
        The loss of the process itself on them.
    rate : float
        Its entropy rate, nats a label.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the rate is not positive.
    """
    each, bound = np.asarray(losses, dtype=np.float64), np.asarray(exact, dtype=np.float64)
    if each.ndim != 2 or bound.shape != each.shape[1:] or bound.size < 2:
        raise ValueError(
            f"losses: expected shape (trainings, blocks) with the {bound.size} blocks of exact, "
            f"2 or more, found {each.shape}; evaluate every training on every block"
        )
    if not rate > 0:
        raise ValueError(f"rate: expected more than 0, found {rate}; give the entropy rate")
    excess = (each - bound) / rate
    of_each = excess.mean(axis=1)
    error = float(np.median(excess.std(axis=1, ddof=1))) / np.sqrt(bound.size)
    n, near = len(each), int((np.abs(of_each) <= NEAR).sum())
    return Outcome(
        near >= needed(n),
        f"{near} of {n} within {NEAR:.0%}; "
        f"D(P‖Q) {np.median(of_each):.2%} (most {of_each.max():.2%}) of {rate:.4f} nats",
        f"D(P‖Q) of {NEAR + Z_FOR_90_PERCENT_POWER * error:.2%} in every training, "
        f"or only {detectable_share(n):.0%} of all trainings within {NEAR:.0%}",
    )


def meet_entropies(outcomes: Mapping[str, Outcome]) -> Outcome:
    """The criterion of T2: :func:`meets_entropy` for every process."""
    return _together(outcomes, all(outcome.passed for outcome in outcomes.values()))


def meet_an_entropy(outcomes: Mapping[str, Outcome]) -> Outcome:
    """What a control of T2 must not do: pass :func:`meets_entropy` for any process at all."""
    return _together(outcomes, any(outcome.passed for outcome in outcomes.values()))


def _together(outcomes: Mapping[str, Outcome], passed: bool) -> Outcome:
    power = {name: outcome.power for name, outcome in outcomes.items() if outcome.power}
    alike = len(set(power.values())) == 1
    return Outcome(
        passed,
        "; ".join(f"{name}: {outcome.measured}" for name, outcome in outcomes.items()),
        next(iter(power.values()))
        if alike
        else "; ".join(f"{name}: {told}" for name, told in power.items()),
    )
