"""The criterion of N1–N3: whether a generated trajectory is a copy of the training data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lstm_md.judging.criteria import MAX_POPULATION_Z, Outcome

DETECTED_SHARE = 0.9  # nine times out of ten
# The lengths of common substrings have an exponential tail. The longest one in a trajectory of n
# independent sequences is therefore near 2 ln n decay lengths, and k decay lengths more occur by
# chance with a probability of e^-k. With 20 sequences per trajectory, 1.5 times the longest
# length occurs by chance less than once in 300 cases.
MAX_LENGTH_RATIO = 1.5
NO_COPIES_WORDS = (
    f"relative to independent simulations, the pieces that the generated trajectory shares with "
    f"its training data are no longer than those that it shares with simulations that the network "
    f"has not seen (within {MAX_POPULATION_Z:g} standard errors); the longest shared piece is at "
    f"most {MAX_LENGTH_RATIO:g} times as long as the longest one of two trajectories of which "
    f"neither can be a copy"
)


@dataclass(frozen=True, eq=False)
class Matches:
    """What trajectories share with sources, in frames: arrays of shape (sources, trajectories).

    Attributes
    ----------
    mean, longest : ndarray
        Mean match length, and length of the longest common substring. The first source is the
        training data. The others are simulations of the same length that were not learned from.
    """

    mean: NDArray[np.float64]
    longest: NDArray[np.int64]

    @classmethod
    def of(cls, lengths: Sequence[Sequence[NDArray[np.int32]]]) -> Matches:
        """Summarise the match lengths of each trajectory with each source, sources first."""
        mean = [[trajectory.mean() for trajectory in by_source] for by_source in lengths]
        longest = [[trajectory.max() for trajectory in by_source] for by_source in lengths]
        return cls(np.array(mean), np.array(longest))


class Excess(NamedTuple):
    """How far the match lengths with the training data exceed those with other sources."""

    log_ratio: float  #: ln of the ratio of the match lengths
    error: float  #: Standard error of ``log_ratio``
    n_others: int  #: Number of the other sources

    @property
    def detectable(self) -> float:
        """The log ratio that is refused nine times out of ten, with this error."""
        quantile = float(stats.t.ppf(DETECTED_SHARE, self.n_others - 1))
        return (MAX_POPULATION_Z + quantile) * self.error


def no_copies(generated: Matches, independent: Matches) -> Outcome:
    """Test whether trajectories contain no copies of the training data (N1–N3).

    A trajectory with wrong stays has longer or shorter matches than a simulation, whatever the
    source. A source with long stays has longer matches, whatever the trajectory. A copy has
    longer matches with its own source only, so the training data must not stand out among the
    sources.

    Parameters
    ----------
    generated : Matches
        Of one or more trajectories per training, each as long as the training data.
    independent : Matches
        Of simulations of the same length, with the same sources.

    Returns
    -------
    Outcome
        Its numbers are ``excess``, ``error`` and ``detectable_excess`` (shares of the match
        length), ``longest`` and ``allowed`` (frames).

    Raises
    ------
    ValueError
        If there are fewer than two sources beside the training data, or if the numbers of
        sources differ.
    """
    excess = match_excess(generated, independent)
    limit = longest_allowed(generated, independent)
    longest = int(generated.longest[0].max())
    share, detectable = np.expm1(excess.log_ratio), np.expm1(excess.detectable)
    return Outcome(
        bool(excess.log_ratio <= MAX_POPULATION_Z * excess.error and longest <= limit),
        f"match lengths {share:+.1%} ± {excess.error:.1%}; longest {longest:,} frames, "
        f"{limit / MAX_LENGTH_RATIO:,.0f} without copies",
        f"match lengths longer by {detectable:.1%}, or one copied piece of "
        f"{int(limit) + 1:,} frames",
        {
            "excess": float(share),
            "error": excess.error,
            "detectable_excess": float(detectable),
            "longest": longest,
            "allowed": int(limit),
        },
    )


def longest_allowed(generated: Matches, independent: Matches) -> float:
    """Compute the length in frames above which a common substring is a copy.

    It is ``MAX_LENGTH_RATIO`` times the longest common substring of any two trajectories that
    are independent of each other. The matches of the generated trajectories with simulations
    that were not learned from are among them.
    """
    longest = max(independent.longest.max(), generated.longest[1:].max())
    return MAX_LENGTH_RATIO * float(longest)


def match_excess(generated: Matches, independent: Matches) -> Excess:
    """Compare the match lengths with the training data to those with the other sources.

    Both are relative to the match lengths of independent simulations. The error is the spread
    from source to source, because the training data are one more source.

    Raises
    ------
    ValueError
        As :func:`no_copies`.
    """
    n_others = len(generated.mean) - 1
    if n_others < 2 or len(independent.mean) != n_others + 1:
        raise ValueError(
            f"generated, independent: expected the same sources, the training data and 2 or more "
            f"others, found {len(generated.mean)} and {len(independent.mean)} sources; give both "
            f"the same sources"
        )
    logs = np.log(generated.mean).mean(axis=1) - np.log(independent.mean).mean(axis=1)
    error = logs[1:].std(ddof=1) * np.sqrt(1 + 1 / n_others)
    return Excess(float(logs[0] - logs[1:].mean()), float(error), n_others)
