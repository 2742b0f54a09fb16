"""Estimates and verdicts from a record of Markov models and the records of networks: M1–M4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.uncertainty import over_trainings
from lstm_md.judging.criteria import Outcome, curves_agree
from lstm_md.judging.verdict import Verdict, judge
from reproduction.common.estimates import MODEL
from reproduction.riboswitch.states import MS, N_TENTHS
from reproduction.riboswitch.verdicts import RiboswitchEstimates
from reproduction.rivals.claims import CLAIMS
from reproduction.rivals.counts import counts_summed_over_shifts, steps_at_lag
from reproduction.rivals.criteria import (
    Curves,
    agrees_only_beyond,
    below_and_beyond,
    scan_agrees_only_beyond,
    unmatched,
)
from reproduction.rivals.models import Rival
from reproduction.runs import records
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

PAPER_MODELS = {"M1": Rival("msm", 5), "M2": Rival("hmm", 30, 3)}  #: Of Fig 8
M1_CONTROLS = (MODEL, "shuffled labels", "untrained network")  #: The first agrees best
HALF = "half of the record"
#: The best model of each kind. M4 must fail for each of them in the place of the LSTM.
M4_CONTROLS = ("msm-001", "hmm-20-001", "order-4", "mean-08")
_FIRST_HALF, _SECOND_HALF = slice(0, N_TENTHS // 2), slice(N_TENTHS // 2, N_TENTHS)

Labels = NDArray[np.unsignedinteger]


class RivalEstimates:
    """The estimates of a record of Markov models, and of the records of networks next to it.

    Counts are those of the states of single frames and of the mean over 2 ms, in a tenth of the
    measured record. The error of the measured record is over its ten tenths. The error of a model
    is over its fits, as that of the LSTM is over its trainings.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.rivals.run.RivalStudy`.

    Attributes
    ----------
    commit_times : list of int
        In frames.
    rivals : dict of str to Rival
        By name, in the order of the run.
    files : dict of str to dict
        The file of each of them; see :func:`reproduction.rivals.run.fit_and_generate`.
    """

    def __init__(self, record: Record) -> None:
        self.record, self.settings = record, record.settings
        self.commit_times = list(record.settings["commit_times"])
        rivals = [Rival(**settings) for settings in record.settings["rivals"]]
        self.rivals = {rival.name: rival for rival in rivals}
        self.files = {name: load_file(record.folder / f"{name}.npz") for name in self.rivals}
        self._actual = load_file(record.folder / "actual.npz")

    def commit_ms(self, lag_frames: int = 1) -> NDArray[np.float64]:
        """Return the commit times of the counts of a trajectory read at a lag, in ms."""
        return np.multiply(steps_at_lag(self.commit_times, lag_frames), lag_frames * MS)

    def counts_of_record(self, lag_frames: int = 1, tenths: slice = slice(None)) -> Curves:
        """Estimate the counts of the measured record.

        Parameters
        ----------
        lag_frames : int
            The lag at which the record is read, from every frame on.
        tenths : slice
            The tenths of the record that are used.
        """
        names = (f"{kind}-{lag_frames:03d}" for kind in ("single", "mean"))
        single, mean = (over_trainings(self._actual[name][tenths] / lag_frames) for name in names)
        return single, mean

    def counts_of_rival(self, name: str, *, at_lag: bool = False) -> Curves:
        """Estimate the counts of a Markov model.

        Parameters
        ----------
        name : str
        at_lag : bool
            Count label by label, instead of repeating each label for a lag.
        """
        prefix = "own_" if at_lag and self.rivals[name].lag_frames > 1 else ""
        file = self.files[name]
        single, mean = (
            over_trainings(file[prefix + kind].mean(axis=1)) for kind in ("single", "mean")
        )
        return single, mean

    def counts_of_labels(self, trajectories: Sequence[Labels], lag_frames: int = 1) -> Curves:
        """Estimate the counts of two or more trajectories, read at a lag as the record is."""
        n_frames = int(self._actual["frames"])
        counts = [
            counts_summed_over_shifts(labels, n_frames, self.commit_times, lag_frames)
            for labels in trajectories
        ]
        single, mean = (
            over_trainings([parts.mean(axis=0) / lag_frames for parts in kind])
            for kind in zip(*counts)
        )
        return single, mean

    def counts_of_network(self, name: str) -> Curves:
        """Estimate the counts of the trajectories that a network generated."""
        return self.counts_of_labels(self.networks[name].trajectories[MODEL])

    @cached_property
    def networks(self) -> dict[str, RiboswitchEstimates]:
        """The estimates of the records of networks by name, the LSTM first.

        Raises
        ------
        FileNotFoundError
            If a record is not in the folder of this record.
        ValueError
            If a record has other frames, commit times or training sets.
        """
        expected = (
            int(self._actual["frames"]),
            self.commit_times,
            int(self.settings["trainings"]),
        )
        networks = {}
        for name in dict.fromkeys((self.settings["lstm"], *self.settings["networks"])):
            network = RiboswitchEstimates(records.load(name, self.record.folder.parent))
            found = (
                network.segment_frames,
                network.commit_times,
                int(network.settings["trainings"]),
            )
            if found != expected:
                raise ValueError(
                    f"networks: the record {name!r} has other frames per tenth, commit times or "
                    f"trainings: expected {expected}, found {found}; name another record"
                )
            networks[name] = network
        return networks

    @property
    def lstm(self) -> RiboswitchEstimates:
        """The estimates of the record that M1–M4 call the LSTM."""
        return self.networks[self.settings["lstm"]]

    def scan(self) -> list[str]:
        """List the models of M3 by name: the paper's two models with other settings."""
        return [
            name
            for name, rival in self.rivals.items()
            if rival.kind == "msm"
            or (rival.kind == "hmm" and rival.lag_frames > 1 and rival.stride != 1)
        ]

    def below_and_beyond(
        self, curves: Curves, reference: Curves | None = None
    ) -> tuple[Outcome, Outcome]:
        """Test counts below and beyond 10 ms, against those of the record if left out."""
        return below_and_beyond(curves, reference or self.counts_of_record(), self.commit_ms())

    def agree(self, name: str, *, at_lag: bool = False) -> tuple[Outcome, Outcome]:
        """Test R2 and R3 of a Markov model: counts at all commit times."""
        reference = self.counts_of_record(self.rivals[name].lag_frames if at_lag else 1)
        pairs = zip(self.counts_of_rival(name, at_lag=at_lag), reference)
        single, mean = (curves_agree(*pair) for pair in pairs)
        return single, mean

    def losses(self) -> dict[str, NDArray[np.float64]]:
        """Return the losses on the held-back part of each training set, the LSTM's first.

        In nats per label, by the title of the model; only of models that are compared by it.
        """
        last = [float(history["validation_loss"][-1]) for history in self.lstm.histories]
        return {MODEL: np.array(last)} | {
            rival.title: self.files[name]["loss"]
            for name, rival in self.rivals.items()
            if "loss" in self.files[name]
        }

    def verdict(self, claim_id: str) -> Verdict:
        """Judge one of M1–M4, M1* and M2*, with its controls.

        Raises
        ------
        KeyError
            If it is another claim.
        """
        if claim_id not in CLAIMS:
            raise KeyError(
                f"claim_id: expected one of {', '.join(CLAIMS)}, found {claim_id!r}; "
                f"give one of these"
            )
        special: dict[str, Callable[[], Verdict]] = {"M3": self._judge_m3, "M4": self._judge_m4}
        return special[claim_id]() if claim_id in special else self._judge_m1(claim_id)

    def _judge_m1(self, claim_id: str) -> Verdict:
        """Judge M1 or M2, or with a star the same at the lag of the model."""
        rival = PAPER_MODELS[claim_id.rstrip("*")]
        at_lag = claim_id.endswith("*")
        lag = rival.lag_frames if at_lag else 1
        commit_ms, record = self.commit_ms(lag), self.counts_of_record(lag)
        controls = {
            name: agrees_only_beyond(
                self.counts_of_labels(self.lstm.trajectories[name], lag), record, commit_ms
            )
            for name in M1_CONTROLS
        }
        first, second = (self.counts_of_record(lag, h) for h in (_FIRST_HALF, _SECOND_HALF))
        controls[HALF] = agrees_only_beyond(second, first, commit_ms)
        return judge(
            CLAIMS[claim_id],
            agrees_only_beyond(self.counts_of_rival(rival.name, at_lag=at_lag), record, commit_ms),
            controls,
            source=self.record.recorded(),
            tested=rival.kind.upper(),
        )

    def _judge_m3(self) -> Verdict:
        first, second = (self.counts_of_record(tenths=h) for h in (_FIRST_HALF, _SECOND_HALF))
        scans = {
            "MSMs and HMMs": {name: self.counts_of_rival(name) for name in self.scan()},
            "networks": {name: self.counts_of_network(name) for name in self.networks},
        }
        outcomes = {
            tested: scan_agrees_only_beyond(
                {name: self.below_and_beyond(curves) for name, curves in scan.items()}
            )
            for tested, scan in scans.items()
        }
        halves = {
            "the second": self.below_and_beyond(second, first),
            "the first": self.below_and_beyond(first, second),
        }
        return judge(
            CLAIMS["M3"],
            outcomes["MSMs and HMMs"],
            {
                "networks": outcomes["networks"],
                "halves of the record": scan_agrees_only_beyond(halves),
            },
            source=self.record.recorded(),
            tested="MSMs and HMMs",
        )

    def _judge_m4(self) -> Verdict:
        losses = self.losses()
        agree = {MODEL: (self.lstm.curves_agree(MODEL), self.lstm.means_agree(MODEL))}
        agree |= {rival.title: self.agree(name) for name, rival in self.rivals.items()}
        titles = [self.rivals[name].title for name in M4_CONTROLS if name in self.rivals]
        return judge(
            CLAIMS["M4"],
            unmatched(MODEL, agree, losses),
            {f"{title}, in its place": unmatched(title, agree, losses) for title in titles},
            source=self.record.recorded(),
        )
