"""The results of the dipeptide's rule, and of a model that is known to copy.

``python -m reproduction.copies.recorded`` computes them from the records in about ten minutes, and
writes them to ``recorded/copies.json``.

The rule is that of :mod:`reproduction.copies.dipeptide`. Two parts were added after its result had
been seen, and decide nothing: the shares of the passages of each length, and the models of the last
labels (:mod:`reproduction.copies.last_labels`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.files import whole_or_nothing
from lstm_md.judging.criteria import Outcome
from reproduction.common.numbers import round_for_json
from reproduction.copies.comparison import paste_copies
from reproduction.copies.criteria import match_excess, no_copies
from reproduction.copies.dipeptide import (
    ANGLES,
    NETWORKS,
    PIECE_FRAMES,
    DipeptideCopyTest,
    Labels,
    name_of,
    pieces,
    recorded_test,
)
from reproduction.copies.last_labels import generate_by_last_labels
from reproduction.runs import records

FILE = "copies.json"  #: Among the records
#: Lengths in frames at which the shares are computed
PASSAGES = {
    "phi": (2, 4, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80),
    "psi": (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18),
}
ORDERS = (1, 2, 3, 4, 5, 6, 8, 10)  #: Of the models of the last labels
PASTED_SHARES = (0.001, 0.002, 0.005, 0.01, 0.02)


def shares(test: DipeptideCopyTest, trajectories: Iterable[Labels], lengths: Sequence[int]) -> Any:
    """Return the share of all passages of each length that occur in each source.

    Returns
    -------
    ndarray, shape (sources, lengths)
    """
    each = list(trajectories)
    found = np.zeros((len(test.automata), len(lengths)))
    for row, automaton in zip(found, test.automata, strict=True):
        for trajectory in each:
            matched = automaton.match_lengths(trajectory)
            row += [np.mean(matched[n - 1 :] >= n) for n in lengths]
    return found / len(each)


def results(angle: str) -> dict[str, Any]:
    """Compute all results along one angle, as JSON holds them."""
    test, lengths = recorded_test(angle), PASSAGES[angle]
    learned = records.load(f"dipeptide_{angle}_authors").data
    tables: dict[str, Any] = {}
    for order in ORDERS:
        made = pieces(generate_by_last_labels(learned, order, 4 * PIECE_FRAMES, seed=order))
        outcome = no_copies(test.matches(made), test.independent)
        tables[str(order)] = {**_numbers(outcome), "shares": _rounded(shares(test, made, lengths))}
    networks = {
        name_of(one): {
            **one._asdict(),
            **_numbers(test.judged(name_of(one))),
            "shares": _rounded(shares(test, test.generated[name_of(one)], lengths)),
        }
        for one in NETWORKS
        if name_of(one) in test.of
    }
    return {
        "passages": list(lengths),
        "networks": networks,
        "independent": {
            **_numbers(test.best()),
            "shares": _rounded(shares(test, test.simulations, lengths)),
        },
        "controls": {name: _numbers(one) for name, one in test.controls().items()},
        "last_labels": tables,
        "pasted": {str(share): _rounded(pasted(test, share)) for share in PASTED_SHARES},
        "power": {
            "piece": test.allowed + 1,
            "share": test.smallest_share,
            "pieces": test.shortest_piece,
        },
    }


def pasted(test: DipeptideCopyTest, share: float) -> float:
    """Return the excess of simulations of which a share is copied in pieces that are allowed."""
    copied = paste_copies(test.simulations, test.data, test.allowed, share, seed=test.seed)
    return float(np.expm1(match_excess(test.matches(copied), test.independent).log_ratio))


def _numbers(outcome: Outcome) -> dict[str, Any]:
    numbers = {name: _rounded(value) for name, value in outcome.numbers.items()}
    return {"passed": outcome.passed, "measured": outcome.measured, **numbers}


def _rounded(value: Any) -> Any:
    return round_for_json(np.asarray(value, float).tolist())


def write(found: dict[str, Any], folder: Path) -> None:
    """Write the results to ``copies.json`` in a folder, in one step."""
    with whole_or_nothing(folder / FILE) as temporary:
        text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
        temporary.write_text(text, encoding="utf-8")


def load(folder: Path | None = None) -> dict[str, Any]:
    """Read what :func:`write` has written, from the folder of the records."""
    path = (folder or records.default_folder()) / FILE
    return json.loads(path.read_text(encoding="utf-8"))


def relative_shares(
    found: ArrayLike, independent: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much more of its passages a trajectory shares with the data than with others.

    Parameters
    ----------
    found, independent : array_like, shape (sources, lengths)
        Shares of a generated trajectory, and of independent simulations. The first source is the
        training data.

    Returns
    -------
    ratio, error : ndarray, shape (lengths,)
        The ratio is 1 if the training data are a source like any other. The error is its standard
        error, from the scatter of the other sources. Both are nan where nothing is shared.

    Raises
    ------
    ValueError
        If the shapes differ, or if there are fewer than two other sources.
    """
    each, same = (np.asarray(one, float) for one in (found, independent))
    if each.ndim != 2 or each.shape != same.shape or len(each) < 3:
        raise ValueError(
            f"found, independent: expected two arrays of one shape, of three or more sources and "
            f"some lengths, found {each.shape} and {same.shape}"
        )
    ratios = np.full_like(each, np.nan)
    shared = (each[1:].min(axis=0) > 0) & (same.min(axis=0) > 0)
    for_each = [one[:, shared] / one[1:, shared].mean(axis=0) for one in (each, same)]
    ratios[:, shared] = for_each[0] / for_each[1]
    n_others = len(each) - 1
    return ratios[0], ratios[1:].std(axis=0, ddof=1) * np.sqrt(1 + 1 / n_others)


if __name__ == "__main__":
    write({angle: results(angle) for angle in ANGLES}, records.default_folder())
