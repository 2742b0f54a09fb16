"""The first edition's verdicts beside the answers of today, with the reason for each change.

``python -m tools.first_edition freeze BOOK`` copied the verdicts from the chapters' outputs to
recorded/first_edition.json, once, before the chapters were rewritten. :func:`page` builds the
page from that file and from the answers. No result is typed by hand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md._support.files import whole_or_nothing
from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import compare_curves
from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
)
from reproduction import paper
from reproduction.common.answers import METHODS
from reproduction.ledger import LEDGER
from reproduction.paper import AUTHORS, NOT_RECORDED, Answers
from tools import paper_view
from tools.claims import anchor, key, parts_of, title
from tools.words import plain

FROZEN = "first_edition.json"  # among the records
PAGE = "first_edition.md"
PICTURE = "first_edition.png"
FIRST = METHODS[-1]
SYMBOLS = {"reproduced": "●", "reproduced in part": "◐", "not reproduced": "✕"}
#: What a verdict of the first edition is called now, if nothing else has changed
NOW = {
    "reproduced": HOLDS,
    "reproduced in part": NOT_DIAGNOSTIC,
    "not reproduced": DOES_NOT_HOLD,
}
#: Recorded blocks of a process, and how many of them make the data, and what a training generates
PERFECT = {"K1": (10, 100, 20), "K2": (10, 100, 20), "R2": (10, 10, 5)}
REPETITIONS = 1000

#: What has changed in the question itself, so that no computer can tell it
QUESTION = {
    **dict.fromkeys(
        ("A1", "A2"), "The new rule needs at least three trainings, and there was only one."
    ),
    **dict.fromkeys(
        ("A3", "A4"),
        "The new rule needs at least three trainings, and it uses two commit times, 3 and 45 ps.",
    ),
    **dict.fromkeys(("K1", "K2", "K5"), "Both definitions of the commit time are used."),
    **dict.fromkeys(
        ("E1", "E2", "E3"),
        "With the authors' settings, the scaled distances of the paper decide.",
    ),
    **dict.fromkeys(
        ("M1", "M2", "M3", "S2"),
        "One claim has become three: (a) below 10 ms, (b) beyond 10 ms, and (c) the LSTM at every "
        "commit time.",
    ),
    "C3": "The paper's program for the hidden Markov model was not timed, only our own.",
    "C4": "Not tested again. The paper claims it of the time only, and not of the counts.",
    "R1": "All 34 labels are judged; before, only three states were.",
}

HEAD = """\
# The first edition's verdicts

The first edition of this book judged {n} claims: {counts}. This page keeps its verdicts. It shows
them beside the new ones, and gives the reason for each change.

The first edition had three answers: *reproduced*, *reproduced in part* and *not reproduced*.
*Reproduced* meant that the LSTM passed a test and that every control failed it. *In part* meant
that a control passed as well. The page [How a claim is judged](criteria.md)
states the new rules. They replace the old ones for three reasons.

- **The old rule rejected good models.** Of the points of all count curves, 90 % had to lie within
  two standard errors of the data. In simulated repetitions of the book's own data,
  this rejected {least} to {most} of 100 perfect models. The new test rejects 5 of 100 such models.
- **The old rule rewarded scatter.** A network with larger error bars passed more easily. With the
  new rule, a claim *holds* only if the rates are known well enough.
- **Some claims could not pass.** For {hopeless} of the {bad} claims that were not reproduced, an
  independent simulation failed the same test. Such a claim *cannot be tested here*.

The new verdicts are given for two groups of settings: those of the authors' code, and ours. The
first edition had other settings, which the table calls the *old settings*. An empty cell means that
the claim was not tested with these settings.
"""

TABLE = """\
## All verdicts

The symbols of the first edition mean: ● reproduced; ◐ reproduced in part; ✕ not reproduced. A star
marks a variant of a claim, which the paper does not make. The details of each claim are in
[the ledger](ledger.md).
"""

HISTORY = """\
## Criteria that changed after numbers had been seen

A criterion should be fixed before its numbers are known. In the first edition this was not so
for three claims.

All pairs of the triangular potential are alike (<a href="ledger.html#k4">K4</a>)
: The first limit was a factor of 2 between the most frequent and the rarest pair. It was widened
  to a factor of 3 after the counts of the simulation had been seen: 32 transitions (at the commit
  time) for one pair and 64 for another. In the training data the factor is exactly 2, so they
  would have been at the limit themselves. We had also counted the transitions of pilot
  trainings at other learning rates. But we had not yet judged the network on which the verdict is
  based.

Riboswitch (<a href="ledger.html#r1">R1</a>, <a href="ledger.html#r2">R2</a>)
: The criteria stayed as they were, but the network was replaced twice after verdicts had been seen.
  The first network had 64 units and 10 epochs. Its counts passed for one seed and failed for two,
  because the network generated P2P3 too rarely. A network of 32 units and 20 epochs then passed for
  three seeds. Later, both claims were judged on five training sets and on networks of 1,024 units,
  the size of the paper. With these networks the counts failed.

The other criteria and their dates are in the [release notes](release_notes.md), under *Criteria*.

## All tests of the first edition

<div class="tall-figure" tabindex="0" role="region" aria-label="All tests of the first edition">

![ALT](_static/first_edition.png)

</div>

*Each row is a claim. A filled circle means that a test was passed. Controls, in grey, should fail.
The last two columns show an independent simulation, and the network compared with the reference
simulation, which is longer than the data. They did not decide the verdict.*
"""


def load(book: Path) -> dict[str, Any]:
    """Read the frozen verdicts: ``verdicts``, a list, and ``rejected``, by claim."""
    text = (book / "recorded" / FROZEN).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def freeze(book: Path, verdicts: Sequence[Mapping[str, Any]]) -> None:
    """Write the verdicts of the chapters to a file, once.

    Raises
    ------
    FileExistsError
        If the file is there; later verdicts are not those of the first edition.
    """
    path = book / "recorded" / FROZEN
    if path.exists():
        raise FileExistsError(f"{path} is there already; the first edition does not change")
    rejected = {claim: rejects_perfect(book, claim) for claim in PERFECT}
    content = {"verdicts": list(verdicts), "rejected": rejected}
    with whole_or_nothing(path) as temporary:
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        temporary.write_text(text, encoding="utf-8")


def rejects_perfect(book: Path, claim: str) -> float:
    """Return how often the first edition's rule rejects count curves of the process itself.

    Data and trainings are drawn from recorded blocks of one process.
    """
    n_data, n_model, n_trainings = PERFECT[claim]
    blocks = np.load(book / "recorded" / "null_samples" / f"{claim}.npz")["blocks"].astype(float)
    random = np.random.default_rng(0)

    def drawn(*size: int) -> Any:
        return blocks[random.integers(len(blocks), size=size)]

    def estimate(values: Any) -> Estimate:
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        return Estimate(values.mean(axis=0), error, len(values))

    def agrees() -> bool:
        data = estimate(drawn(n_data))
        model = estimate(drawn(n_trainings, n_model).mean(axis=1))
        return compare_curves(model, data).agree

    return round(float(np.mean([not agrees() for _ in range(REPETITIONS)])), 3)


def counts(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """Say how many claims had which verdict."""
    found = [verdict["outcome"] for verdict in verdicts]
    return (
        f"{found.count('reproduced')} reproduced, {found.count('reproduced in part')} in part, "
        f"{found.count('not reproduced')} not"
    )


def page(book: Path, answers: Answers, alt: str) -> str:
    """Write the page.

    Parameters
    ----------
    book : Path
    answers : mapping
        From :func:`reproduction.paper.by_claim`.
    alt : str
        The picture in words.
    """
    frozen = load(book)
    verdicts = sorted(frozen["verdicts"], key=lambda verdict: key(verdict["id"]))
    bad = [verdict for verdict in verdicts if verdict["outcome"] == "not reproduced"]
    shares = [100 * share for share in frozen["rejected"].values()]
    head = HEAD.format(
        n=len(verdicts),
        counts=counts(verdicts),
        least=f"{min(shares):.0f}",
        most=f"{max(shares):.0f}",
        hopeless=sum(_simulation_failed(verdict) for verdict in bad),
        bad=len(bad),
    )
    rows = [
        "| claim | first edition | now, the authors' settings | now, our settings | why |",
        "| --- | --- | --- | --- | --- |",
        *(_row(verdict, answers) for verdict in verdicts),
    ]
    return "\n".join([head, TABLE, "\n".join(rows) + "\n", HISTORY.replace("ALT", alt)])


def _row(verdict: Mapping[str, Any], answers: Answers) -> str:
    claim = verdict["id"]
    link = f'<a href="ledger.html#{anchor(claim)}">{plain(claim)}</a>'
    before = f"{SYMBOLS[verdict['outcome']]} {verdict['outcome']}"
    authors = paper.statuses(parts_of(claim), answers, AUTHORS)
    ours = paper.our_statuses(parts_of(claim), answers)
    now = (paper_view.cell(found) for found in (authors, ours))
    why = plain(reason(verdict, answers))
    return f"| {link} {plain(name(verdict))} | {before} | {' | '.join(now)} | {why} |"


def name(verdict: Mapping[str, Any]) -> str:
    """Return a claim in a few words; in those of the first edition if it is not asked any more."""
    claim = verdict["id"]
    return title(claim) if claim in LEDGER else str(verdict["text"])


def found_in(answers: Answers) -> set[str]:
    """Return the claims that are asked now: those of the paper, and others that have answers."""
    return {claim for claim, _ in answers} | set(paper.CLAIMS)


def reason(verdict: Mapping[str, Any], answers: Answers) -> str:
    """Say why the answer under the authors' settings is another one, or that it is the same."""
    claim = verdict["id"]
    parts = parts_of(claim)
    if not found_in(answers) & set(parts):
        return QUESTION.get(claim, "Not tested again, because the paper does not claim it.")
    said = [QUESTION[claim]] if claim in QUESTION else []
    if len(parts) == 1:
        said += _computed(verdict, answers)
    return " ".join(said)


def _computed(verdict: Mapping[str, Any], answers: Answers) -> list[str]:
    """Say what the data tell about a change."""
    claim, before = verdict["id"], NOW[verdict["outcome"]]
    shown = paper.main_method(claim, answers)
    if shown is None:
        return ["Not recorded yet."]
    now = paper.status(answers[claim, shown])
    whose = "the authors' settings" if shown == AUTHORS else "our settings"
    if now == before:
        return [f"The verdict with {whose} is the same."]
    if now == CANNOT_BE_TESTED:
        also = " An independent simulation failed the old test as well."
        return ["It cannot be tested here." + (also if _simulation_failed(verdict) else "")]
    said = []
    if now == NOT_DIAGNOSTIC:
        controls = paper.passing_controls(answers[claim, shown])
        which = f" ({', '.join(controls)})" if controls else ""
        said.append(f"Not diagnostic: a control holds by the same rule{which}.")
    if now == UNDECIDED:
        said.append("By the new rule, the numbers do not decide.")
    old_settings = paper.status(answers.get((claim, FIRST)))
    if old_settings == NOT_RECORDED:
        if now in (HOLDS, DOES_NOT_HOLD):
            said.append("Both the test and the settings are new.")
        return said
    if old_settings != before:
        said.append("The new test changes the verdict even with the old settings.")
    if old_settings != now:
        said.append(f"The verdict with {whose} differs from that with the old settings.")
    return said


def _simulation_failed(verdict: Mapping[str, Any]) -> bool:
    return verdict["best"] is not None and not verdict["best"]["passed"]


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    from tools.results import verdicts

    if len(arguments) != 2 or arguments[0] != "freeze":
        print(__doc__, file=sys.stderr)
        return 2
    book = Path(arguments[1])
    freeze(book, verdicts(book))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
