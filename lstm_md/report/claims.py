"""The ledger: what the paper claims, the criteria fixed before a run, and the verdicts."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_md.analysis.uncertainty import Estimate

WITHIN = 2.0  # combined standard errors in which two points of a curve agree
POPULATION_WITHIN = 3.0  # the same for a population: few numbers, so a family-wise 1 in 100
SHARE = 0.9  # of the points of a curve that must agree
DRIFT = 1.0  # combined standard errors that the mean signed deviation may reach
SPREAD = 2.0  # factor within which the segments must scatter alike
EVENTS = 10  # transitions that a point needs in the reference for its error to mean anything
RARE = 1 / 3  # of the next rarer pair: what "much rarer" means
ALIKE = 1 / RARE  # factor within which all pairs are "similar": neither is much rarer
NINE_IN_TEN = 1.2816  # quantile of the normal distribution: caught 9 times out of 10


@dataclass(frozen=True)
class Claim:
    """One statement of the paper and how it is judged.

    Parameters
    ----------
    id : str
        Of the ledger, such as "K1".
    text : str
        What the paper says, in our words.
    where : str
        The figure, table or section.
    criterion : str
        What must hold, fixed before the run.
    rationale : str
        Why this and not less.
    """

    id: str
    text: str
    where: str
    criterion: str
    rationale: str


_BOLTZMANN = (
    f"every population within {POPULATION_WITHIN:g} combined standard errors of the training "
    f"data, and the populations of equal segments scatter alike (within a factor of {SPREAD:g})"
)
_BOLTZMANN_WHY = (
    "Populations alone cannot fail for shuffled labels, which have them by construction; their "
    "scatter from segment to segment, the error bar itself, needs the right memory."
)
_COUNTS = (
    f"at least {SHARE:.0%} of the points of all count curves within {WITHIN:g} combined standard "
    f"errors of the training data, and a mean signed deviation of at most {DRIFT:g}; points with "
    f"fewer than {EVENTS} transitions in the training data are left out"
)
_COUNTS_WHY = "Raw counts are matched by a Markov chain at lag 1; committed ones need memory."

LEDGER = {
    claim.id: claim
    for claim in (
        Claim(
            "B1",
            "linear potential: populations of A, B, C along x",
            "Fig 2a, d",
            _BOLTZMANN,
            _BOLTZMANN_WHY,
        ),
        Claim(
            "B2",
            "triangular potential: populations of A, B, C along x",
            "Fig 2b, e",
            _BOLTZMANN,
            _BOLTZMANN_WHY,
        ),
        Claim(
            "K1",
            "linear potential: transition counts against commit time, all pairs, both ways",
            "Fig 3a–c",
            _COUNTS,
            _COUNTS_WHY,
        ),
        Claim(
            "K2",
            "triangular potential: transition counts against commit time, all pairs, both ways",
            "Fig 3d–f",
            _COUNTS,
            _COUNTS_WHY,
        ),
        Claim(
            "K3",
            "linear potential: A–C much rarer than A–B and B–C",
            "Fig 3",
            f"committed A–C counts below {RARE:.2g} of the rarer of the other two, by two "
            f"standard errors",
            "The same test must refuse the triangular potential.",
        ),
        Claim(
            "K4",
            "triangular potential: all pairs alike, although x puts B between A and C",
            "Fig 3",
            f"committed counts of the commonest and the rarest pair within a factor of "
            f"{ALIKE:g} of each other",
            "The same test must refuse the linear potential.",
        ),
        Claim(
            "R1",
            "riboswitch: probability over the 34 labels (first look, small network)",
            "Fig 6a",
            "populations of U, P3 and P2P3 each within three combined standard errors of the "
            "record, and segments that scatter alike (within a factor of 2)",
            _BOLTZMANN_WHY,
        ),
        Claim(
            "R2",
            "riboswitch: transition counts of U, P3, P2P3 (first look, small network)",
            "Fig 6b, c",
            _COUNTS,
            _COUNTS_WHY,
        ),
    )
}


@dataclass(frozen=True)
class Outcome:
    """Whether a criterion held, and the numbers that decided it."""

    passed: bool
    measured: str
    power: str = ""


def populations_agree(model: Estimate, reference: Estimate, spread_ratio: float) -> Outcome:
    """The criterion of B1–B3 and R1.

    Parameters
    ----------
    model, reference : Estimate of shape (N,)
        Populations with their standard errors.
    spread_ratio : float
        Standard deviation of a population from segment to segment, model over reference,
        for segments of equal length.
    """
    z = np.abs(model.deviation_from(reference))
    combined = np.hypot(model.error, reference.error)
    alike = bool(1 / SPREAD <= spread_ratio <= SPREAD)
    return Outcome(
        bool(z.max() <= POPULATION_WITHIN) and alike,
        f"largest deviation {z.max():.1f} SE; scatter ratio {spread_ratio:.2f}",
        f"a population off by {(POPULATION_WITHIN + NINE_IN_TEN) * np.max(combined):.2f}",
    )


def curves_agree(model: Estimate, reference: Estimate) -> Outcome:
    """The criterion of K1, K2, K5 and R2.

    Parameters
    ----------
    model, reference : Estimate of shape (commit times, N, N)
        Mean transition counts in segments of equal length; ``reference.n`` says of how many.

    Raises
    ------
    ValueError
        If no point of the reference has enough transitions to be judged.
    """
    counts = np.asarray(reference.value)
    judged = counts * (reference.n or 1) >= EVENTS
    if not judged.any():
        raise ValueError(
            f"reference: no commit time with {EVENTS} transitions; give a longer trajectory"
        )
    z = np.asarray(model.deviation_from(reference))[judged]
    share = float(np.mean(np.abs(z) <= WITHIN))
    drift = float(np.mean(z))
    combined = np.hypot(model.error, reference.error)[judged]
    signal = float(np.mean(counts[judged][combined > 0] / combined[combined > 0]))
    return Outcome(
        share >= SHARE and abs(drift) <= DRIFT,
        f"{share:.0%} of {judged.sum()} points within {WITHIN:g} SE; mean {drift:+.2f} SE",
        f"all counts off by {(DRIFT + NINE_IN_TEN) / signal:.0%}",
    )


def pair_is_rare(counts: Estimate, pair: tuple[int, int]) -> Outcome:
    """The criterion of K3: committed counts of ``pair`` far below those of every other pair.

    Parameters
    ----------
    counts : Estimate of shape (N, N)
        Committed counts; both directions are added.
    pair : two labels
    """
    both, error = _both_ways(counts)
    others = [p for p in both if p != tuple(sorted(pair))]
    rarest = min(others, key=lambda p: both[p])
    this = tuple(sorted(pair))
    margin = RARE * both[rarest] - both[this]
    two_errors = 2 * np.hypot(error[this], RARE * error[rarest])
    ratio = both[this] / both[rarest] if both[rarest] else np.nan
    return Outcome(bool(margin > two_errors), f"rarest pair / next = {ratio:.2f}")


def pairs_alike(counts: Estimate) -> Outcome:
    """The criterion of K4: committed counts of all pairs within a factor of each other."""
    both, _ = _both_ways(counts)
    low, high = min(both.values()), max(both.values())
    ratio = high / low if low else np.inf
    return Outcome(bool(ratio <= ALIKE), f"commonest / rarest pair = {ratio:.2f}")


def _both_ways(counts: Estimate) -> tuple[dict, dict]:
    value, error = np.asarray(counts.value), np.asarray(counts.error)
    pairs = [(i, j) for i in range(len(value)) for j in range(i + 1, len(value))]
    both = {(i, j): value[i, j] + value[j, i] for i, j in pairs}
    # Both directions of a pair follow each other, so their errors add without the square.
    return both, {(i, j): error[i, j] + error[j, i] for i, j in pairs}


@dataclass(frozen=True)
class Verdict:
    """What came out for one claim, with the controls that had to fail the same test."""

    claim: Claim
    outcome: str
    model: Outcome
    controls: Mapping[str, Outcome]
    best: Outcome | None = None

    def line(self) -> str:
        """Id and outcome: what must be the same on every machine and for every seed."""
        return f"{self.claim.id}: {self.outcome}"


def judge(
    claim_id: str,
    model: Outcome,
    controls: Mapping[str, Outcome],
    best: Outcome | None = None,
) -> Verdict:
    """A verdict from one criterion, applied to the model and to what must not pass it.

    Parameters
    ----------
    claim_id : str
        A key of ``LEDGER``.
    model : Outcome
    controls : mapping of str to Outcome
        What has to fail: untrained network, shuffled labels, first-order Markov chain.
    best : Outcome, optional
        An independent simulation through the same test: the best that anything could do. It
        is shown and decides nothing.

    Returns
    -------
    Verdict
        "reproduced"; "reproduced in part" where a control passed too, so that the test is
        too weak; "not reproduced".

    Raises
    ------
    KeyError
        If the ledger has no such claim.
    ValueError
        If there is no control: a test that nothing fails proves nothing.
    """
    if claim_id not in LEDGER:
        raise KeyError(f"claim_id: no claim {claim_id!r}; the ledger has {', '.join(LEDGER)}")
    if not controls:
        raise ValueError("controls: none given; a criterion counts only if something fails it")
    if not model.passed:
        outcome = "not reproduced"
    elif any(control.passed for control in controls.values()):
        outcome = "reproduced in part"
    else:
        outcome = "reproduced"
    return Verdict(LEDGER[claim_id], outcome, model, dict(controls), best)


class VerdictTable:
    """Verdicts as a table, in text and in HTML, and as data for whoever collects them."""

    def __init__(self, verdicts: Iterable[Verdict]) -> None:
        self.verdicts = list(verdicts)

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Claim id, who was tested, passed or failed, numbers, power: a row a test."""
        rows = []
        for verdict in self.verdicts:
            tests = {"LSTM": verdict.model, **verdict.controls}
            if verdict.best is not None:
                tests["independent simulation"] = verdict.best
            for name, outcome in tests.items():
                word = "passes" if outcome.passed else "fails"
                rows.append((verdict.claim.id, name, word, outcome.measured, outcome.power))
        return rows

    def __str__(self) -> str:
        lines = []
        for verdict in self.verdicts:
            claim = verdict.claim
            lines.append(f"{claim.id} ({claim.where}) {claim.text}: {verdict.outcome.upper()}")
            lines.append(f"   criterion: {claim.criterion}")
            for id_, name, word, measured, power in self.rows():
                if id_ == claim.id:
                    caught = f" [would have caught: {power}]" if power and name == "LSTM" else ""
                    lines.append(f"   {name:<24}{word:<8}{measured}{caught}")
        return "\n".join(lines)

    def _html(self) -> str:
        parts = []
        for verdict in self.verdicts:
            claim = verdict.claim
            cells = "".join(
                f"<tr><td>{html.escape(name)}</td><td>{word}</td><td>{html.escape(measured)}</td></tr>"
                for id_, name, word, measured, _ in self.rows()
                if id_ == claim.id
            )
            css = verdict.outcome.replace(" ", "-")
            power = (
                f"<p>Would have been caught nine times out of ten: "
                f"{html.escape(verdict.model.power)}.</p>"
                if verdict.model.power
                else ""
            )
            parts.append(
                f'<div class="verdict {css}"><p><strong>{claim.id} '
                f"({html.escape(claim.where)})</strong> {html.escape(claim.text)}: "
                f"<strong>{verdict.outcome}</strong></p>"
                f"<p>Criterion: {html.escape(claim.criterion)}. {html.escape(claim.rationale)}</p>"
                f"<table><thead><tr><th>tested</th><th>result</th><th>measured</th></tr></thead>"
                f"<tbody>{cells}</tbody></table>{power}</div>"
            )
        return "\n".join(parts)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/plain": str(self),
            "text/html": self._html(),
            "application/vnd.lstm-md.verdict+json": [
                {
                    "id": verdict.claim.id,
                    "outcome": verdict.outcome,
                    "measured": verdict.model.measured,
                    "controls": {k: v.passed for k, v in verdict.controls.items()},
                    "best": None if verdict.best is None else verdict.best.passed,
                }
                for verdict in self.verdicts
            ],
        }
