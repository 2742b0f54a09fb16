"""Verdicts on claims: a test, the controls that must fail it, and how both are shown."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lstm_md.judging.criteria import Outcome


@dataclass(frozen=True)
class Claim:
    """A statement, and the criterion by which it is judged.

    Parameters
    ----------
    id : str
        A short name, such as "K1".
    text : str
        What is claimed, in one line.
    where : str
        The figure, table or section that makes the claim.
    criterion : str
        What must hold. It is fixed before the run.
    rationale : str
        Why this criterion was chosen.
    paper : str
        The number that the paper gives, or what it says instead of one.
    short : str
        The claim in a few words, for tables and pictures; ``text`` if left out.
    """

    id: str
    text: str
    where: str = ""
    criterion: str = ""
    rationale: str = ""
    paper: str = ""
    short: str = ""


@dataclass(frozen=True)
class Verdict:
    """The result for one claim: the test of the model and the tests of the controls.

    Attributes
    ----------
    claim : Claim
    outcome : {"reproduced", "reproduced in part", "not reproduced"}
    model : Outcome
        The test of what the claim is about. Its ``numbers`` decided.
    controls : mapping of str to Outcome
        The same test of what must fail it.
    best : Outcome, optional
        The same test of an independent simulation as long as the training data.
    truth : Outcome, optional
        The model compared with a much longer simulation instead of the training data.
    source : str
        Where the numbers come from.
    tested, best_is : str
        What ``model`` and ``best`` are called in a table.
    """

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
    def numbers(self) -> Mapping[str, float]:
        """The numbers that decided, by name."""
        return self.model.numbers

    @property
    def reason(self) -> str:
        """Why the claim is not "reproduced"; empty if it is."""
        weak = [name for name, control in self.controls.items() if control.passed]
        if self.outcome == "reproduced in part":
            return f"the test is too weak to tell: it also passes the {' and the '.join(weak)}"
        return self.model.measured if self.outcome == "not reproduced" else ""

    def line(self) -> str:
        """The claim's id and the outcome, which are the same on every machine."""
        return f"{self.claim.id}: {self.outcome}"


def judge(
    claim: Claim,
    model: Outcome,
    controls: Mapping[str, Outcome],
    best: Outcome | None = None,
    truth: Outcome | None = None,
    source: str = "",
    tested: str = "LSTM",
    best_is: str = "independent simulation",
) -> Verdict:
    """Judge a claim by one test, applied to the model and to controls that must fail it.

    Parameters
    ----------
    claim : Claim
    model : Outcome
    controls : mapping of str to Outcome
        What must fail: an untrained network, shuffled labels, a first-order Markov chain.
        :func:`lstm_md.judging.controls.standard_controls` makes these.
    best : Outcome, optional
        The same test of an independent simulation as long as the training data. It is shown
        and does not decide.
    truth : Outcome, optional
        The model compared with a much longer independent simulation. It is shown and does not
        decide.
    source : str
        Where the numbers come from: a record, or that they were computed live.
    tested : str
        What ``model`` is called; the LSTM if left out.
    best_is : str
        What ``best`` is called.

    Returns
    -------
    Verdict
        "reproduced"; "reproduced in part" if a control passes too, so that the test is too
        weak; "not reproduced".

    Raises
    ------
    TypeError
        If ``claim`` is not a Claim.
    ValueError
        If there is no control: a test that nothing fails proves nothing.

    Examples
    --------
    >>> claim = Claim("mine", "the generated trajectory has the populations of the data")
    >>> verdict = judge(claim, Outcome(True, "0.5 SE"), {"shuffled": Outcome(False, "9 SE")})
    >>> verdict.line()
    'mine: reproduced'
    """
    if not isinstance(claim, Claim):
        raise TypeError(
            f"claim: expected a Claim, found {type(claim).__name__} {claim!r}; make one with "
            f"Claim(id, text), or take one of the paper's from reproduction.ledger.LEDGER"
        )
    if not controls:
        raise ValueError("controls: none given; a criterion counts only if something fails it")
    if not model.passed:
        outcome = "not reproduced"
    elif any(control.passed for control in controls.values()):
        outcome = "reproduced in part"
    else:
        outcome = "reproduced"
    return Verdict(claim, outcome, model, dict(controls), best, truth, source, tested, best_is)


class VerdictTable:
    """Verdicts as a table, in text and in HTML, and as data for the programs that collect them."""

    def __init__(self, verdicts: Iterable[Verdict]) -> None:
        self.verdicts = list(verdicts)

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """One row per test: claim id, what was tested, passes or fails, numbers, power."""
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
            where = f" ({claim.where})" if claim.where else ""
            lines.append(f"{claim.id}{where} {claim.text}: {verdict.outcome}{reason}")
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
            where = f" ({html.escape(claim.where)})" if claim.where else ""
            power = (
                f"<p>Would have been caught nine times out of ten: "
                f"{html.escape(verdict.model.power)}.</p>"
                if verdict.model.power
                else ""
            )
            parts.append(
                f'<div class="verdict {css}"><p><strong>{html.escape(claim.id)}{where}</strong> '
                f"{html.escape(claim.text)}: "
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
            "application/vnd.lstm-md.verdict+json": [_as_data(each) for each in self.verdicts],
        }


def _as_data(verdict: Verdict) -> dict[str, Any]:
    claim = verdict.claim
    return {
        "id": claim.id,
        "text": claim.text,
        "where": claim.where,
        "outcome": verdict.outcome,
        "tested": verdict.tested,
        "best_is": verdict.best_is,
        "measured": verdict.model.measured,
        "numbers": dict(verdict.numbers),
        "paper": claim.paper,
        "criterion": claim.criterion,
        "power": verdict.model.power,
        "reason": verdict.reason,
        "controls": {name: _shown(outcome) for name, outcome in verdict.controls.items()},
        "best": _shown(verdict.best),
        "truth": _shown(verdict.truth),
        "source": verdict.source,
    }


def _shown(outcome: Outcome | None) -> dict[str, Any] | None:
    return None if outcome is None else {"passed": outcome.passed, "measured": outcome.measured}
