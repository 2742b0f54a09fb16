"""What a record of Markov models on the riboswitch says beside those of networks: M1–M4."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.uncertainty import over_trainings
from lstm_md.judging.criteria import Outcome, curves_agree
from lstm_md.judging.verdict import Verdict, judge
from reproduction.potentials.verdicts import MODEL
from reproduction.riboswitch.states import MS, PARTS
from reproduction.riboswitch.verdicts import RECORD, RiboswitchEstimates
from reproduction.rivals.counts import steps_at_lag, summed_over_shifts
from reproduction.rivals.criteria import (
    Curves,
    agrees_only_beyond,
    scan_agrees_only_beyond,
    sides,
    unmatched,
)
from reproduction.rivals.models import Rival
from reproduction.runs import records
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

PAPERS = {"M1": Rival("msm", 5), "M2": Rival("hmm", 30, 3)}  # of Fig 8
TESTED = {"M1": "MSM", "M2": "HMM"}
MUST_FAIL = ("shuffled labels", "untrained network")  # what agrees nowhere
HALF = "half of the record"
# Those that M4 has to refuse in the place of the LSTM: the best of each kind that has a loss.
IN_ITS_PLACE = ("msm-001", "hmm-20-001", "order-4", "mean-08")
Labels = NDArray[np.unsignedinteger]
_HALVES = (slice(0, PARTS // 2), slice(PARTS // 2, PARTS))


class RivalEstimates:
    """The estimates of a record of Markov models, and those of networks that lie beside it.

    Counts are of single frames and of the mean over 2 ms, in a tenth of the record: an error of
    the record is one over its ten parts, that of a model one over its fits, as that of the LSTM is
    one over its trainings.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.rivals.run.RivalStudy`.

    Attributes
    ----------
    rivals : dict of str to Rival
        By name, in the order of the run.
    parts : dict of str to dict
        What each of them left: see :func:`reproduction.rivals.run.fitted`.
    """

    def __init__(self, record: Record) -> None:
        self.record, self.settings = record, record.settings
        self.commit_times = list(record.settings["commit_times"])
        every = [Rival(**one) for one in record.settings["rivals"]]
        self.rivals = {rival.name: rival for rival in every}
        self.parts = {name: load_file(record.folder / f"{name}.npz") for name in self.rivals}
        self._of_record = load_file(record.folder / "actual.npz")

    def commit_ms(self, lag_frames: int = 1) -> NDArray[np.float64]:
        """The commit times at which there are counts, of a text read at a lag."""
        return np.multiply(steps_at_lag(self.commit_times, lag_frames), lag_frames * MS)

    def of_record(self, lag_frames: int = 1, parts: slice = slice(None)) -> Curves:
        """The record's counts, read at a lag from each frame on, over some of its ten parts."""
        names = (f"{kind}-{lag_frames:03d}" for kind in ("single", "mean"))
        single, mean = (over_trainings(self._of_record[name][parts] / lag_frames) for name in names)
        return single, mean

    def of_rival(self, name: str, *, own: bool = False) -> Curves:
        """A model's counts: with each label held for a lag, or label by label."""
        before = "own_" if own and self.rivals[name].lag_frames > 1 else ""
        part = self.parts[name]
        single, mean = (
            over_trainings(part[before + kind].mean(axis=1)) for kind in ("single", "mean")
        )
        return single, mean

    def of_texts(self, texts: Sequence[Labels], lag_frames: int = 1) -> Curves:
        """The counts of texts of single frames, two or more, read at a lag as the record is."""
        frames = int(self._of_record["frames"])
        counted = [
            summed_over_shifts(text, frames, self.commit_times, lag_frames) for text in texts
        ]
        single, mean = (
            over_trainings([one.mean(axis=0) / lag_frames for one in every])
            for every in zip(*counted)
        )
        return single, mean

    @cached_property
    def networks(self) -> dict[str, RiboswitchEstimates]:
        """The records of networks by name, the LSTM first.

        Raises
        ------
        FileNotFoundError
            If one is not in the folder of this record.
        ValueError
            If one is of other frames, commit times or training sets.
        """
        found = {}
        for name in dict.fromkeys((self.settings["lstm"], *self.settings["networks"])):
            one = RiboswitchEstimates(records.load(name, self.record.folder.parent))
            theirs = (one.frames, one.commit_times, int(one.settings["trainings"]))
            ours = (
                int(self._of_record["frames"]),
                self.commit_times,
                int(self.settings["trainings"]),
            )
            if theirs != ours:
                raise ValueError(
                    f"networks: the record {name!r} has frames of a part, commit times and "
                    f"trainings {theirs}, this one has {ours}; name one that was made alike"
                )
            found[name] = one
        return found

    @property
    def lstm(self) -> RiboswitchEstimates:
        """The record that M1–M4 call the LSTM."""
        return self.networks[self.settings["lstm"]]

    def of_network(self, name: str) -> Curves:
        """The counts of what a network wrote."""
        return self.of_texts(self.networks[name].texts[MODEL])

    def scan(self) -> list[str]:
        """The models of M3: what can be chosen of those that the paper shows, by name."""
        return [
            name
            for name, rival in self.rivals.items()
            if rival.kind == "msm"
            or (rival.kind == "hmm" and rival.lag_frames > 1 and rival.stride != 1)
        ]

    def sides(self, curves: Curves, against: Curves | None = None) -> tuple[Outcome, Outcome]:
        """What M3 asks of a model: see :func:`reproduction.rivals.criteria.sides`."""
        return sides(curves, against or self.of_record(), self.commit_ms())

    def agree(self, name: str, *, own: bool = False) -> tuple[Outcome, Outcome]:
        """R2 and R3 of a model: counts of single frames, and of the mean, at all commit times."""
        reference = self.of_record(self.rivals[name].lag_frames if own else 1)
        single, mean = (curves_agree(*two) for two in zip(self.of_rival(name, own=own), reference))
        return single, mean

    def losses(self) -> dict[str, NDArray[np.float64]]:
        """Nats a label on what each training set held back, by title; the LSTM's first."""
        last = [float(one["validation_loss"][-1]) for one in self.lstm.histories]
        return {MODEL: np.array(last)} | {
            rival.title: self.parts[name]["loss"]
            for name, rival in self.rivals.items()
            if "loss" in self.parts[name]
        }

    def verdict(self, claim: str) -> Verdict:
        """The verdict on one of M1–M4, M1* and M2*, with its controls.

        Raises
        ------
        KeyError
            If it is another claim.
        """
        if claim.rstrip("*") in PAPERS:
            return self._only_beyond(claim)
        return {"M3": self._mostly, "M4": self._unmatched}[claim]()

    def _only_beyond(self, claim: str) -> Verdict:
        rival = PAPERS[claim.rstrip("*")]
        own = claim.endswith("*")
        lag = rival.lag_frames if own else 1
        ms, texts = self.commit_ms(lag), self.lstm.texts
        whole, first, second = (self.of_record(lag, parts) for parts in (slice(None), *_HALVES))
        must_fail = {
            name: agrees_only_beyond(self.of_texts(texts[name], lag), whole, ms)
            for name in (MODEL, *MUST_FAIL)
        }
        return judge(
            claim,
            agrees_only_beyond(self.of_rival(rival.name, own=own), whole, ms),
            must_fail | {HALF: agrees_only_beyond(second, first, ms)},
            source=self.record.recorded(),
            tested=TESTED[claim.rstrip("*")],
        )

    def _mostly(self) -> Verdict:
        first, second = (self.of_record(parts=half) for half in _HALVES)
        halves = {
            "the second": self.sides(second, first), "the first": self.sides(first, second),
        }  # fmt: skip
        networks = {name: self.sides(self.of_network(name)) for name in self.networks}
        return judge(
            "M3",
            scan_agrees_only_beyond(
                {name: self.sides(self.of_rival(name)) for name in self.scan()}
            ),
            {
                "networks": scan_agrees_only_beyond(networks),
                "halves of the record": scan_agrees_only_beyond(halves),
            },
            source=self.record.recorded(),
            tested="MSMs and HMMs",
        )

    def _unmatched(self) -> Verdict:
        lstm, losses = self.lstm, self.losses()
        written, data = lstm.texts[MODEL], lstm.texts[RECORD]
        agree = {MODEL: (lstm.curves_agree(written, data), lstm.means_agree(written, data))}
        agree |= {rival.title: self.agree(name) for name, rival in self.rivals.items()}
        titles = [self.rivals[name].title for name in IN_ITS_PLACE if name in self.rivals]
        return judge(
            "M4",
            unmatched(MODEL, agree, losses),
            {f"{title}, in its place": unmatched(title, agree, losses) for title in titles},
            source=self.record.recorded(),
        )
