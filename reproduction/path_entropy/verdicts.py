"""The estimates and verdicts of T1 and T2, from their record. No network library is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.archives import DamagedError
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.common.numbers import round_for_json, verdict_to_json
from reproduction.path_entropy.claims import CLAIMS
from reproduction.path_entropy.criteria import all_pass, any_passes, is_near_rate, meets_entropy
from reproduction.path_entropy.states import TITLES
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

MARKOV = "markov"  # the process of T1; T2 is about the others
OTHERS = ("second_order", "hidden_markov", "semi_markov")

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ProcessLosses:
    """Losses on one process, all in nats per label.

    Attributes
    ----------
    rate, rate_error : float
        The entropy rate and its standard error, 0 for a closed form.
    whole, short : float
        The exact loss of the process on the evaluation trajectory, without a break and in
        sequences of 100.
    exact : ndarray, shape (blocks,)
        The same in sequences of 1,000, as all losses below, by block.
    entropies : ndarray, shape (orders + 1,)
        The lowest possible loss of a chain of each order.
    losses, untrained, shuffled : ndarray, shape (networks, blocks)
        Of trained networks, of untrained ones, and of those that learned shuffled labels.
    loss, validation_loss : ndarray, shape (trainings, epochs)
    chains : ndarray, shape (trainings, orders + 1)
        Of chains fitted to the training data.
    order_0, order_1 : ndarray, shape (trainings, blocks)
        Of two of these, by block.
    """

    rate: float
    rate_error: float
    whole: float
    short: float
    exact: Array
    entropies: Array
    losses: Array
    untrained: Array
    shuffled: Array
    loss: Array
    validation_loss: Array
    chains: Array
    order_0: Array
    order_1: Array

    def excess(self) -> Array:
        """Compute D(P‖Q) of each trained network, shape (trainings,)."""
        return self.losses.mean(axis=1) - self.exact.mean()

    def excess_of_chains(self) -> Array:
        """Compute D(P‖Q) of each fitted chain, shape (trainings, orders + 1)."""
        return self.chains - self.exact.mean()


class EntropyEstimates:
    """The losses of a record of known processes, and the verdicts on T1 and T2.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.path_entropy.run.EntropyStudy`.

    Attributes
    ----------
    record, settings
    """

    def __init__(self, record: Record) -> None:
        self.record, self.settings = record, record.settings

    @cached_property
    def processes(self) -> dict[str, ProcessLosses]:
        """The losses on each process, by its name."""
        return {
            name: _losses_of(self.record.folder, name, self.settings["trainings"])
            for name in self.settings["processes"]
        }

    def verdict(self, claim: str) -> Verdict:
        """Judge T1 or T2, with the controls that the criterion has to refuse."""
        controls = {"untrained network": "untrained", "shuffled labels": "shuffled"}
        if claim == "T1":
            controls["populations alone (order 0)"] = "order_0"
        else:
            controls["first-order Markov chain"] = "order_1"
        return judge(
            CLAIMS[claim],
            self._test(claim, _meets("losses"), all_pass),
            {
                name: self._test(claim, _meets(losses), any_passes)
                for name, losses in controls.items()
            },
            best=self._test(claim, lambda of: is_near_rate(of.exact, of.rate), all_pass),
            source=self.record.recorded(),
        )

    def _test(
        self,
        claim: str,
        test: Callable[[ProcessLosses], Outcome],
        combined: Callable[[Mapping[str, Outcome]], Outcome],
    ) -> Outcome:
        if claim == "T1":
            return test(self.processes[MARKOV])
        return combined({TITLES[name]: test(self.processes[name]) for name in OTHERS})


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Compute the numbers that the chapter shows, and the verdicts, as JSON holds them."""
    estimates = EntropyEstimates(Record(folder.name, folder, dict(settings), {}))
    return {
        "numbers": {name: _numbers(of) for name, of in estimates.processes.items()},
        "verdicts": {claim: verdict_to_json(estimates.verdict(claim)) for claim in CLAIMS},
    }


def _meets(losses: str) -> Callable[[ProcessLosses], Outcome]:
    return lambda of: meets_entropy(getattr(of, losses), of.exact, of.rate)


def _numbers(of: ProcessLosses) -> dict[str, Any]:
    return {
        "rate": round_for_json(of.rate),
        "rate_error": round_for_json(of.rate_error),
        "whole": round_for_json(of.whole),
        "short": round_for_json(of.short),
        "exact": round_for_json(of.exact.mean()),
        "entropies": round_for_json(of.entropies),
        "excess": round_for_json(of.excess()),
        "excess_of_chains": round_for_json(of.excess_of_chains().mean(axis=0)),
        "validation_loss": round_for_json(of.validation_loss.mean(axis=0)),
    }


def _losses_of(folder: Path, process: str, n_trainings: int) -> ProcessLosses:
    exact = load_file(folder / f"exact-{process}.npz")
    files = sorted(folder.glob(f"learned-{process}-*.npz"), key=lambda path: (len(path.name), path))
    contents = [load_file(path) for path in files]

    def all_trainings(name: str) -> Array:
        return np.concatenate([content[name] for content in contents])

    found = sum(len(content["losses"]) for content in contents)
    if found != n_trainings:
        raise DamagedError(
            f"path: {folder} holds {found} trainings on the {TITLES[process]}, and its settings "
            f"say {n_trainings}; record it again"
        )
    first_chains = all_trainings("first_chains")
    return ProcessLosses(
        rate=float(exact["rate"]),
        rate_error=float(exact["rate_error"]),
        whole=float(exact["whole"]),
        short=float(exact["short"]),
        exact=exact["exact"],
        entropies=exact["entropies"],
        losses=all_trainings("losses"),
        untrained=exact["untrained"],
        shuffled=load_file(folder / f"shuffled-{process}.npz")["losses"],
        loss=all_trainings("loss"),
        validation_loss=all_trainings("validation_loss"),
        chains=all_trainings("chains"),
        order_0=first_chains[:, 0],
        order_1=first_chains[:, 1],
    )
