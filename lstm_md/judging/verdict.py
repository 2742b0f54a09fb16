"""Verdicts on the claims of the ledger, and how they are shown."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lstm_md.judging.criteria import Outcome
from reproduction.ledger import LEDGER, Claim


@dataclass(frozen=True)
class Verdict:
    """What came out for one claim, with the controls that had to fail the same test."""

    claim: Claim
    outcome: str
    model: Outcome
    controls: Mapping[str, Outcome]
    best: Outcome | None = None
    truth: Outcome | None = None
    source: str = ""
    tested: str = "LSTM"
    best_is: str = "independent simulation"

    @property
    def tests(self) -> dict[str, Outcome]:
        """Every test by the name of what was tested, the model first."""
        shown = {self.tested: self.model, **self.controls}
        against = f"{self.tested}, against the truth"
        more = {self.best_is: self.best, against: self.truth}
        return shown | {name: outcome for name, outcome in more.items() if outcome is not None}

    @property
    def reason(self) -> str:
        """Why it is not "reproduced", or nothing."""
        weak = [name for name, control in self.controls.items() if control.passed]
        if self.outcome == "reproduced in part":
            return f"the test is too weak to tell: it also passes the {' and the '.join(weak)}"
        return self.model.measured if self.outcome == "not reproduced" else ""

    def line(self) -> str:
        """Id and outcome: what must be the same on every machine and for every seed."""
        return f"{self.claim.id}: {self.outcome}"


def judge(
    claim_id: str,
    model: Outcome,
    controls: Mapping[str, Outcome],
    best: Outcome | None = None,
    truth: Outcome | None = None,
    source: str = "",
    tested: str = "LSTM",
    best_is: str = "independent simulation",
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
        An independent simulation of the same length through the same test: the best that
        anything could do. It is shown and decides nothing.
    truth : Outcome, optional
        The model against a much longer independent simulation, not against what it learned from.
        It is shown and decides nothing.
    source : str
        Where the numbers come from: which record, how many trainings, or that they are live.
    tested : str
        What ``model`` is, where the claim is about another.
    best_is : str
        What ``best`` is, where nothing can be simulated.

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
    return Verdict(
        LEDGER[claim_id], outcome, model, dict(controls), best, truth, source, tested, best_is
    )


class VerdictTable:
    """Verdicts as a table, in text and in HTML, and as data for whoever collects them."""

    def __init__(self, verdicts: Iterable[Verdict]) -> None:
        self.verdicts = list(verdicts)

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Claim id, who was tested, passed or failed, numbers, power: a row a test."""
        rows = []
        for verdict in self.verdicts:
            for name, outcome in verdict.tests.items():
                word = "passes" if outcome.passed else "fails"
                rows.append((verdict.claim.id, name, word, outcome.measured, outcome.power))
        return rows

    def __str__(self) -> str:
        lines = []
        for verdict in self.verdicts:
            claim = verdict.claim
            reason = f" ({verdict.reason})" if verdict.reason else ""
            lines.append(f"{claim.id} ({claim.where}) {claim.text}: {verdict.outcome}{reason}")
            lines.append(f"   criterion: {claim.criterion}")
            for id_, name, word, measured, power in self.rows():
                if id_ == claim.id:
                    caught = (
                        f" [would have caught: {power}]" if power and name == verdict.tested else ""
                    )
                    lines.append(f"   {name:<33} {word:<8}{measured}{caught}")
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
            because = f" ({verdict.reason})" if verdict.reason else ""
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
                f"<strong>{verdict.outcome}</strong>{html.escape(because)}.</p>"
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
                    "text": verdict.claim.text,
                    "where": verdict.claim.where,
                    "outcome": verdict.outcome,
                    "tested": verdict.tested,
                    "best_is": verdict.best_is,
                    "measured": verdict.model.measured,
                    "paper": verdict.claim.paper,
                    "criterion": verdict.claim.criterion,
                    "power": verdict.model.power,
                    "reason": verdict.reason,
                    "controls": {name: _shown(out) for name, out in verdict.controls.items()},
                    "best": _shown(verdict.best),
                    "truth": _shown(verdict.truth),
                    "source": verdict.source,
                }
                for verdict in self.verdicts
            ],
        }


def _shown(outcome: Outcome | None) -> dict[str, Any] | None:
    return None if outcome is None else {"passed": outcome.passed, "measured": outcome.measured}
