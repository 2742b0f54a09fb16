"""Verdicts on claims: a test of the model, the controls that must fail it, and tables of both."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from numbers import Integral
from typing import Any

from lstm_md._support.checks import instance, listed
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
        The number that the paper gives, or what the paper says if it gives none.
    short : str
        The claim in a few words, for tables and pictures.
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
        The test of the model that the claim is about.
    controls : mapping of str to Outcome
        The same test of each control.
    best, truth, source, tested, best_is
        As in :func:`judge`.
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
        """All tests by the name of what was tested, with the model first."""
        shown = {self.tested: self.model, **self.controls}
        against = f"{self.tested}, against the truth"
        more = {self.best_is: self.best, against: self.truth}
        return shown | {name: outcome for name, outcome in more.items() if outcome is not None}

    @property
    def numbers(self) -> Mapping[str, float]:
        """The numbers of the model that decided, by name."""
        return self.model.numbers

    @property
    def reason(self) -> str:
        """Why the claim is not "reproduced"; empty if it is."""
        weak = [name for name, control in self.controls.items() if control.passed]
        if self.outcome == "reproduced in part":
            return f"the test is too weak, because it also accepts the {' and the '.join(weak)}"
        return self.model.measured if self.outcome == "not reproduced" else ""

    def line(self) -> str:
        """Return the id of the claim and the outcome, which are the same on every machine."""
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
        The result of the test for the model.
    controls : mapping of str to Outcome
        The results of the same test for the controls, which must fail it, by name.
        :func:`lstm_md.judging.controls.standard_controls` makes an untrained network, shuffled
        labels and a first-order Markov chain.
    best : Outcome, optional
        The same test of an independent simulation as long as the training data. It is shown and
        does not decide.
    truth : Outcome, optional
        The model compared with a much longer independent simulation. It is shown and does not
        decide.
    source : str
        Where the numbers come from: a record, or a calculation in the chapter.
    tested, best_is : str
        The names of ``model`` and ``best`` in a table.

    Returns
    -------
    Verdict
        Its outcome is one of three. *Reproduced*: the model passes and all controls fail.
        *Reproduced in part*: the model passes and a control passes too, so the test is too weak.
        *Not reproduced*: all else.

    Raises
    ------
    TypeError
        If ``claim`` is not a Claim, or a test is not an Outcome.
    ValueError
        If there is no control. A test that nothing fails proves nothing.

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
            f"Claim(id, text)"
        )
    instance(controls, Mapping, "controls", "give a dict of tests by name")
    if not controls:
        raise ValueError("controls: found none; give at least one test that must fail")
    given = {"model": model} | {f"controls[{name!r}]": test for name, test in controls.items()}
    given |= {name: test for name, test in (("best", best), ("truth", truth)) if test is not None}
    for name, test in given.items():
        instance(test, Outcome, name, "make one with Outcome(passed, measured)")
    if not model.passed:
        outcome = "not reproduced"
    elif any(control.passed for control in controls.values()):
        outcome = "reproduced in part"
    else:
        outcome = "reproduced"
    return Verdict(claim, outcome, model, dict(controls), best, truth, source, tested, best_is)


class VerdictTable:
    """Verdicts as a table: as text, as HTML, and as data for programs that collect them.

    Parameters
    ----------
    verdicts : iterable of Verdict
    """

    def __init__(self, verdicts: Iterable[Verdict]) -> None:
        self.verdicts = listed(verdicts, "verdicts", "give a list of what judge() returns")
        for k, verdict in enumerate(self.verdicts):
            instance(verdict, Verdict, f"verdicts[{k}]", "make one with judge()")

    def __str__(self) -> str:
        return "\n".join(line for verdict in self.verdicts for line in _lines(verdict))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/plain": str(self),
            "text/html": "\n".join(_html(verdict) for verdict in self.verdicts),
            "application/vnd.lstm-md.verdict+json": [_data(verdict) for verdict in self.verdicts],
        }


def _word(outcome: Outcome) -> str:
    return "passes" if outcome.passed else "fails"


def _lines(verdict: Verdict) -> Iterator[str]:
    claim = verdict.claim
    where = f" ({claim.where})" if claim.where else ""
    reason = f" ({verdict.reason})" if verdict.reason else ""
    yield f"{claim.id}{where} {claim.text}: {verdict.outcome}{reason}"
    if claim.criterion:
        yield f"   criterion: {claim.criterion}"
    for name, test in verdict.tests.items():
        shows_power = test.power and name == verdict.tested
        power = f" [would have caught: {test.power}]" if shows_power else ""
        yield f"   {name:<33} {_word(test):<8}{test.measured}{power}"


def _html(verdict: Verdict) -> str:
    claim, escape = verdict.claim, html.escape
    where = f" ({escape(claim.where)})" if claim.where else ""
    reason = f" ({escape(verdict.reason)})" if verdict.reason else ""
    heading = (
        f"<p><strong>{escape(claim.id)}{where}</strong> {escape(claim.text)}: "
        f"<strong>{verdict.outcome}</strong>{reason}.</p>"
    )
    criterion = f"Criterion: {escape(claim.criterion)}." if claim.criterion else ""
    reasons = f"{criterion} {escape(claim.rationale)}".strip()
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{_word(test)}</td><td>{escape(test.measured)}</td></tr>"
        for name, test in verdict.tests.items()
    )
    power = escape(verdict.model.power)
    return (
        f'<div class="verdict {verdict.outcome.replace(" ", "-")}">{heading}'
        + (f"<p>{reasons}</p>" if reasons else "")
        + "<table><thead><tr><th>tested</th><th>result</th><th>measured</th></tr></thead>"
        + f"<tbody>{rows}</tbody></table>"
        + (f"<p>The test finds this error nine times in ten: {power}.</p>" if power else "")
        + "</div>"
    )


def _data(verdict: Verdict) -> dict[str, Any]:
    claim = verdict.claim
    return {
        "id": claim.id,
        "text": claim.text,
        "where": claim.where,
        "outcome": verdict.outcome,
        "tested": verdict.tested,
        "best_is": verdict.best_is,
        "measured": verdict.model.measured,
        "numbers": {name: _plain(number) for name, number in verdict.numbers.items()},
        "paper": claim.paper,
        "criterion": claim.criterion,
        "power": verdict.model.power,
        "reason": verdict.reason,
        "controls": {name: _outcome(test) for name, test in verdict.controls.items()},
        "best": _outcome(verdict.best),
        "truth": _outcome(verdict.truth),
        "source": verdict.source,
    }


def _outcome(test: Outcome | None) -> dict[str, Any] | None:
    return None if test is None else {"passed": bool(test.passed), "measured": test.measured}


def _plain(number: float) -> float | None:
    """Return a number as JSON can hold it, which is without NaN and infinity."""
    if isinstance(number, Integral):
        return int(number)
    return float(number) if isfinite(number) else None
