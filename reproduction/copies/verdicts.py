"""N1 of a record: what its networks share with their training data, and what would be copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.copies import SuffixAutomaton
from lstm_md.analysis.kinetics import stays_of
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.copies.criteria import (
    Matches,
    detectable_excess,
    excess,
    longest_allowed,
    no_copies,
)
from reproduction.potentials.controls import CONTROLS
from reproduction.potentials.verdicts import round_for_json
from reproduction.runs.records import Record

OTHERS, TEXTS = 6, 4  # of the ten simulations in a reference: sources, and texts
PIECES = 100  # into which the data are cut to be put together in another order
SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)  # of a text that are copied

Labels = NDArray[np.unsignedinteger]
CLAIMS = {"linear_three_state": "N1", "triangular_three_state": "N2", "four_state": "N3"}


class CopyTest:
    """What the texts of a record share with its training data and with other simulations.

    Parameters
    ----------
    record : Record
        With a reference ten times as long as the data.

    Attributes
    ----------
    independent, model : Matches
        Of simulations as long as the data, and of the first chain that each network wrote.
    error : float
        Of the excess of the model's match lengths, as a share.
    """

    def __init__(self, record: Record) -> None:
        self.record, self.data = record, record.data
        frames = self.data.size
        parts = record.reference[: (OTHERS + TEXTS) * frames].reshape(OTHERS + TEXTS, frames)
        self.texts = parts[OTHERS:]
        self._sources = [SuffixAutomaton(text) for text in (self.data, *parts[:OTHERS])]
        self.independent = self.matches(self.texts)
        self.model = self.matches(chains[0, :frames] for chains in record.generated)
        self.more, self.error, _ = excess(self.model, self.independent)

    def matches(self, texts: Iterable[Labels]) -> Matches:
        """Of texts as long as the data, with every source."""
        every = list(texts)
        return Matches.of([[of.match_lengths(text) for text in every] for of in self._sources])

    @cached_property
    def allowed(self) -> int:
        """Frames of the longest piece that is no copy by the criterion."""
        return int(longest_allowed(self.model, self.independent))

    def in_another_order(self) -> list[Labels]:
        """Texts pasted together from all pieces of the training data."""
        random = np.random.default_rng(int(self.record.settings["seed"]))
        pieces = np.array_split(self.data, PIECES)
        return [
            np.concatenate([pieces[k] for k in random.permutation(PIECES)]) for _ in range(CONTROLS)
        ]

    def shifted(self) -> list[Labels]:
        """The training data, begun elsewhere."""
        return [np.roll(self.data, k * self.data.size // CONTROLS + 1) for k in range(CONTROLS)]

    def pasted(self, piece: int, share: float) -> Labels:
        """The independent texts with copies of the data, as :func:`pasted`."""
        return pasted(self.texts, self.data, piece, share, int(self.record.settings["seed"]))

    def is_detectable(self, piece: int, share: float) -> bool:
        """Whether such a text's match lengths are refused nine times out of ten."""
        more, _, others = excess(self.matches(self.pasted(piece, share)), self.independent)
        return more >= detectable_excess(self.error, others)

    @cached_property
    def shortest_piece(self) -> int | None:
        """Frames of the shortest pieces, in steps of √2, of which no text is made unnoticed."""
        longest = min(self.allowed, self.data.size // 2)
        lengths = longest * 2 ** (-np.arange(0, 2 * np.log2(longest) + 0.5) / 2)
        return _last(
            (max(int(length), 1) for length in lengths), lambda k: self.is_detectable(k, 1.0)
        )

    @cached_property
    def smallest_share(self) -> float | None:
        """The smallest share of a text, of ``SHARES``, that cannot be copied unnoticed.

        In pieces so short that none is refused for its length.
        """
        piece = min(self.allowed, self.data.size // 2)
        return _last(SHARES, lambda share: self.is_detectable(piece, share))

    def power(self) -> str:
        """What would have been refused nine times out of ten."""
        share, piece = self.smallest_share, self.shortest_piece
        told_of = [f"one copied piece of {self.allowed + 1:,} frames"]
        told_of += [] if share is None else [f"{share:.2g} of the text copied in shorter pieces"]
        told_of += [] if piece is None else [f"all of it in pieces of {piece:,} frames"]
        return ", or ".join(told_of)

    def repeated(self) -> dict[str, list[int]]:
        """Frames that agree from the prompt's end on, before the first that differs.

        ``training data``: what each chain, of all networks, repeats of the data after the prompt.
        ``one another``: the same for two chains of one network, which know nothing of each other
        but the prompt. As the first of two stays to end, it is the shorter where the data's own
        first stay is long.
        """
        begin = int(self.record.settings["prompt_frames"])
        with_data: list[int] = []
        with_another: list[int] = []
        for chains in self.record.generated:
            with_data += _agree(chains[:, : self.data.size - begin], self.data[begin:])
            with_another += _agree(chains, np.roll(chains, 1, axis=0))
        return {"training data": with_data, "one another": with_another}


def pasted(texts: Labels, source: Labels, piece: int, share: float, seed: int) -> Labels:
    """Texts, a share of each copied from a source in pieces of that many frames.

    Parameters
    ----------
    texts : ndarray of int, shape (texts, frames)
        They stay as they are.
    source : ndarray of int, shape (frames,)
    piece : int
    share : float
    seed : int

    Returns
    -------
    ndarray of int, shape (texts, frames)
    """
    random = np.random.default_rng(seed)
    copied = texts.copy()
    for text in copied:
        begins = np.arange(0, text.size - piece + 1, piece)
        for at in random.permutation(begins)[: round(share * begins.size)]:
            origin = random.integers(source.size - piece + 1)
            text[at : at + piece] = source[origin : origin + piece]
    return copied


def verdict(record: Record, copying: CopyTest | None = None) -> Verdict:
    """The verdict on N1, N2 or N3 of one record, with copies that have to fail; some seconds.

    ``copying`` spares them where it was made of the record before.
    """
    copying = copying or CopyTest(record)

    def test(texts: Iterable[Labels]) -> Outcome:
        return no_copies(copying.matches(texts), copying.independent)

    half = TEXTS // 2
    best = no_copies(copying.matches(copying.texts[:half]), copying.matches(copying.texts[half:]))
    return judge(
        CLAIMS[record.settings["potential"]],
        replace(no_copies(copying.model, copying.independent), power=copying.power()),
        {
            f"{PIECES} pieces of the training data": test(copying.in_another_order()),
            "training data, shifted": test(copying.shifted()),
        },
        best=best,
        source=record.recorded(),
    )


def numbers(record: Record, copying: CopyTest | None = None) -> dict[str, Any]:
    """What a chapter shows of N1, as JSON holds it; lengths in frames.

    ``first_stay`` is what was left of the data's stay at the prompt's end, and ``beyond_it`` how
    many chains repeat the data further.
    """
    copying = copying or CopyTest(record)
    repeated = copying.repeated()
    first_stay = int(stays_of(record.data[record.settings["prompt_frames"] :]).length[0])
    return {
        "excess": round_for_json(np.expm1(copying.more)),
        "error": round_for_json(copying.error),
        "mean": {
            "LSTM": round_for_json(copying.model.mean.mean(axis=1)),
            "independent simulation": round_for_json(copying.independent.mean.mean(axis=1)),
        },
        "longest": {
            "LSTM": copying.model.longest.max(axis=1).tolist(),
            "independent simulation": copying.independent.longest.max(axis=1).tolist(),
        },
        "allowed": copying.allowed,
        "shortest_piece": copying.shortest_piece,
        "smallest_share": copying.smallest_share,
        "after_prompt": {
            "first_stay": first_stay,
            "beyond_it": sum(frames > first_stay for frames in repeated["training data"]),
            "chains": len(repeated["training data"]),
            "mean": {name: round_for_json(np.mean(frames)) for name, frames in repeated.items()},
            "longest": {name: max(frames) for name, frames in repeated.items()},
        },
    }


def _last(steps: Iterable[Any], holds: Callable[[Any], bool]) -> Any:
    """The last of the steps before the first for which it does not hold, or None."""
    last = None
    for step in steps:
        if not holds(step):
            break
        last = step
    return last


def _agree(texts: Labels, others: Labels) -> list[int]:
    """For each text, the frames before the first in which it differs from the other."""
    differ = texts != others
    return np.where(differ.any(axis=1), differ.argmax(axis=1), texts.shape[1]).tolist()
