"""The criterion of N1: is what was written a copy of what was learned?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lstm_md.judging.criteria import MAX_POPULATION_Z, Outcome

CAUGHT = 0.9  # nine times out of ten
# The lengths of common substrings have an exponential tail, so that the longest in a text of n
# independent stretches is near 2 ln n of its decay lengths, and it is far beyond by chance as often
# as e^-(so many of them): with 20 stretches a text, 1.5 times as long less than once in 300 cases.
LONGER = 1.5
WORDS = (
    f"match lengths with the training data, beyond those of independent simulations, are not "
    f"longer than with simulations that were not learned from, by more than {MAX_POPULATION_Z:g} "
    f"standard errors; the longest common substring is at most {LONGER:g} times as long as the "
    f"longest of any two texts of which neither can be a copy"
)


@dataclass(frozen=True, eq=False)
class Matches:
    """What texts share with sources of one length, in frames: arrays of shape (sources, texts).

    Attributes
    ----------
    mean, longest : ndarray
        Mean match length, and longest common substring. The first source is the training data,
        the others are simulations that were not learned from.
    """

    mean: NDArray[np.float64]
    longest: NDArray[np.int64]

    @classmethod
    def of(cls, lengths: Sequence[Sequence[NDArray[np.int32]]]) -> Matches:
        """From the match lengths of each text with each source, the training data first."""
        mean = [[text.mean() for text in of_source] for of_source in lengths]
        longest = [[text.max() for text in of_source] for of_source in lengths]
        return cls(np.array(mean), np.array(longest))


def no_copies(texts: Matches, independent: Matches) -> Outcome:
    """The criterion of N1.

    Texts whose stays are wrong match longer or shorter than a simulation does, whatever they are
    compared with, and a source with long stays is matched for longer by every text; a copy
    matches longer with what it was copied from only. So the training data must not stand out among
    the sources.

    Parameters
    ----------
    texts : Matches
        One text or more a training, as long as the training data.
    independent : Matches
        Of simulations as long, with the same sources.

    Raises
    ------
    ValueError
        If there are fewer than two sources that were not learned from, or others for the
        simulations.
    """
    more, error, others = excess(texts, independent)
    limit = longest_allowed(texts, independent)
    longest = int(texts.longest[0].max())
    return Outcome(
        bool(more <= MAX_POPULATION_Z * error and longest <= limit),
        f"match lengths {np.expm1(more):+.1%} ± {error:.1%}; longest {longest:,} frames, "
        f"{limit / LONGER:,.0f} without copies",
        f"match lengths longer by {np.expm1(detectable_excess(error, others)):.1%}, or one copied piece of "
        f"{int(limit) + 1:,} frames",
    )


def longest_allowed(texts: Matches, independent: Matches) -> float:
    """``LONGER`` times the longest common substring of any two texts that know nothing of another.

    What the texts share with simulations that were not learned from is among them.
    """
    return LONGER * float(max(independent.longest.max(), texts.longest[1:].max()))


def detectable_excess(error: float, others: int) -> float:
    """The excess that is refused nine times out of ten, with an error from so many sources."""
    return (MAX_POPULATION_Z + float(stats.t.ppf(CAUGHT, others - 1))) * error


def excess(texts: Matches, independent: Matches) -> tuple[float, float, int]:
    """ln of how far the match lengths with the data stand out, its error, of how many sources.

    The error is the spread from source to source, of which the data are one more.
    """
    others = len(texts.mean) - 1
    if others < 2 or len(independent.mean) != others + 1:
        raise ValueError(
            f"texts, independent: expected the same sources, the training data and 2 or more "
            f"others, found {len(texts.mean)} and {len(independent.mean)}; compare with more"
        )
    logs = np.log(texts.mean).mean(axis=1) - np.log(independent.mean).mean(axis=1)
    error = logs[1:].std(ddof=1) * np.sqrt(1 + 1 / others)
    return float(logs[0] - logs[1:].mean()), float(error), others
