"""The figures of the paper, and the sentence that answers each of them.

A figure asks one question and rests on some claims. The verdicts on the claims choose the sentence
and the number that a reader sees. No result is typed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    DOES_NOT_HOLD,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
    more_data_in_words,
)
from reproduction.common.answers import METHODS

AUTHORS, OURS = METHODS[:2]
NOT_RECORDED = "not recorded yet"

#: What can be said of a claim: the five verdicts, and that there is none yet
STATUSES = (HOLDS, UNDECIDED, DOES_NOT_HOLD, NOT_DIAGNOSTIC, CANNOT_BE_TESTED, NOT_RECORDED)
#: From which claim a figure's number is taken: the first of these that there is
TELLING = (DOES_NOT_HOLD, UNDECIDED, NOT_DIAGNOSTIC, CANNOT_BE_TESTED, HOLDS)

#: The sentence where all claims of a figure have the same status
UNIFORM = {
    HOLDS: "Yes.",
    UNDECIDED: "It is undecided.",
    DOES_NOT_HOLD: "No.",
    NOT_DIAGNOSTIC: "It holds, but a control passes as well.",
    CANNOT_BE_TESTED: "It cannot be tested here.",
    NOT_RECORDED: "Not recorded yet.",
}
#: The clauses of other sentences, about things ("the linear potential")
FOR = {
    HOLDS: "it holds for {}",
    UNDECIDED: "it is undecided for {}",
    DOES_NOT_HOLD: "it does not hold for {}",
    NOT_DIAGNOSTIC: "it holds, but a control passes as well, for {}",
    CANNOT_BE_TESTED: "it cannot be tested here for {}",
    NOT_RECORDED: "it is not recorded yet for {}",
}
#: The clauses of other sentences, about statements ("all pairs are alike")
THAT = {
    HOLDS: "{}",
    UNDECIDED: "it is undecided whether {}",
    DOES_NOT_HOLD: "{}",  # with its verb negated
    NOT_DIAGNOSTIC: "it holds, but a control passes as well: {}",
    CANNOT_BE_TESTED: "it cannot be tested here whether {}",
    NOT_RECORDED: "it is not recorded yet whether {}",
}
#: How the verb of a statement, which stands in brackets, is negated
NEGATED = {
    "are": "are not",
    "is": "is not",
    "agree": "do not agree",
    "agrees": "does not agree",
    "deviate": "do not deviate",
    "deviates": "does not deviate",
    "differ only": "differ not only",
    "grows": "does not grow",
    "hardly grows": "clearly grows",
    "hardly changes": "clearly changes",
}
VERB = re.compile(r"\[([^]]+)\]")
IN_PART = "In part. "
OTHER_SETTINGS = "With our settings, "
MOST_CHANGES = 3  #: More changes than these are counted, and not listed
SAME, NONE_OF_OURS = "With our settings: the same answer.", "Our settings: not recorded yet."
ONLY_OURS = "Not run with the authors' settings"
RATIO = re.compile(r"\d times the data \([^)]* to [^)]*\)")  # with its interval
SHARE = re.compile(r"^(\w+→\w+), (\d+): ")  # how a rate at a commit time is named

Answers = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Part:
    """Claims of a figure that say the same of several systems or models.

    Attributes
    ----------
    subjects : dict of str to str
        What each claim is about, as the end of a clause. The verb of a statement stands in
        brackets.
    names : dict of str to str
        Each claim in one or two words.
    together : str
        What all claims are about, as the end of a clause.
    label : str
        The same in one or two words.
    """

    subjects: dict[str, str]
    names: dict[str, str]
    together: str = ""
    label: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure, table or passage of the paper.

    Attributes
    ----------
    key : str
        For addresses and file names.
    where : str
        Its name in the paper.
    shows : str
        What it shows, in about three words.
    question : str
        What is asked of it: a question with the answer yes or no.
    chapter : str
        The chapter that rebuilds it.
    clauses : mapping of str to str
        ``FOR`` or ``THAT``.
    parts : tuple of Part
    """

    key: str
    where: str
    shows: str
    question: str
    chapter: str
    clauses: Mapping[str, str]
    parts: tuple[Part, ...]

    @property
    def claims(self) -> tuple[str, ...]:
        """The claims, in order."""
        return tuple(claim for part in self.parts for claim in part.subjects)

    def name(self, claim: str) -> str:
        """Return a claim in a few words."""
        part = next(part for part in self.parts if claim in part.names)
        return f"{part.label}, {part.names[claim]}" if part.label else part.names[claim]

    def subjects(self, claims: Iterable[str]) -> list[str]:
        """Say what some claims are about. A whole part is named together."""
        wanted, found = set(claims), []
        for part in self.parts:
            mine = [claim for claim in part.subjects if claim in wanted]
            if part.together and len(mine) == len(part.subjects):
                found.append(part.together)
            else:
                found += [part.subjects[claim] for claim in mine]
        return found


def in_words(statement: str, true: bool = True) -> str:
    """Write a statement without its brackets, or its negation.

    Examples
    --------
    >>> in_words("the transition counts [are] right", true=False)
    'the transition counts are not right'
    """
    return VERB.sub(lambda verb: verb[1] if true else NEGATED[verb[1]], statement)


def _one(claim: str, subject: str, name: str) -> Part:
    return Part({claim: subject}, {claim: name})


def _potentials(letter: str) -> Part:
    names = ("linear", "triangular", "four states")
    words = ("the linear one", "the triangular one", "the four-state one")
    claims = [f"{letter}{k}" for k in (1, 2, 3)]
    return Part(dict(zip(claims, words)), dict(zip(claims, names)))


def _markov_models(letter: str, statement: str, together: str, label: str) -> Part:
    models = {
        "M1": ("the Markov state model", "s", "MSM"),
        "M2": ("the hidden Markov model", "s", "HMM"),
        "M3": ("other Markov models", "", "others"),
    }
    return Part(
        {f"{m}{letter}": statement.format(words, s) for m, (words, s, _) in models.items()},
        {f"{m}{letter}": short for m, (_, _, short) in models.items()},
        together,
        label,
    )


FIGURES = (
    Figure(
        "fig-2",
        "Fig 2",
        "Boltzmann statistics",
        "Three model potentials: is the share of time in each state right?",
        "boltzmann_statistics",
        FOR,
        (_potentials("B"),),
    ),
    Figure(
        "fig-3",
        "Fig 3",
        "kinetics, three states",
        "Three states: does it go from one to another at the right rates?",
        "kinetics_of_three_states",
        THAT,
        (
            Part(
                {
                    "K1": "the transition counts in the linear potential [are] right",
                    "K2": "the transition counts in the triangular potential [are] right",
                },
                {"K1": "linear", "K2": "triangular"},
                "the transition counts [are] right",
                "counts",
            ),
            _one("K3", "transitions A–C [are] the rarest in the linear potential", "A–C rare"),
            _one(
                "K4",
                "the three transitions in the triangular potential [are] similarly frequent",
                "pairs alike",
            ),
        ),
    ),
    Figure(
        "fig-4",
        "Fig 4",
        "kinetics, four states",
        "Are the rates also right for four states, where transitions are few?",
        "kinetics_of_four_states",
        THAT,
        (
            _one("K5", "the transition counts [are] right", "counts"),
            _one("K6", "transitions B–C [are] as rare as A–D", "distant pairs"),
            _one("K7", "forward and backward counts [differ only] by chance", "asymmetry"),
        ),
    ),
    Figure(
        "fig-5",
        "Fig 5",
        "free energies",
        "Are the free energies of alanine dipeptide right?",
        "alanine_dipeptide",
        FOR,
        (Part({"A1": "sin φ", "A2": "sin ψ"}, {"A1": "sin φ", "A2": "sin ψ"}),),
    ),
    Figure(
        "table-1",
        "Table 1",
        "waiting times",
        "Are the waiting times of alanine dipeptide right?",
        "alanine_dipeptide",
        FOR,
        (
            Part({"A3": "sin φ", "A4": "sin ψ"}, {"A3": "sin φ", "A4": "sin ψ"}),
            _one("A5", "other numbers of epochs", "other epochs"),
        ),
    ),
    Figure(
        "fig-6",
        "Fig 6",
        "a riboswitch",
        "Does it learn the motion of a riboswitch from a measured trajectory?",
        "a_riboswitch_under_force",
        THAT,
        (
            _one("R1", "the distribution of the molecule's length [is] right", "density"),
            _one("R2", "the transition counts [are] right", "counts"),
        ),
    ),
    Figure(
        "fig-7",
        "Fig 7",
        "distances, embedding",
        "Three potentials: are states with rare transitions far apart in the embedding?",
        "distances_in_the_embedding",
        FOR,
        (_potentials("E"),),
    ),
    Figure(
        "fig-8",
        "Fig 8",
        "against Markov models",
        "Riboswitch: are Markov models right beyond 10 ms only, and the LSTM always?",
        "against_markov_models",
        THAT,
        (
            _markov_models(
                "a",
                "{} [deviate{}] below 10 ms",
                "Markov models [deviate] below 10 ms",
                "below 10 ms",
            ),
            _markov_models(
                "b",
                "{} [agree{}] beyond 10 ms",
                "Markov models [agree] beyond 10 ms",
                "beyond 10 ms",
            ),
            Part(
                {
                    "M1c": "the LSTM [agrees] at every commit time of the Markov state model",
                    "M2c": "the LSTM [agrees] at every commit time of the hidden Markov model",
                    "M3c": "the LSTM [agrees] at every commit time of other Markov models",
                },
                dict.fromkeys(("M1c", "M2c", "M3c"), "LSTM"),
                "the LSTM [agrees] at every commit time",
            ),
        ),
    ),
    Figure(
        "eqs-10-16",
        "Eqs 10–16",
        "loss, path entropy",
        "Does training learn the path entropy of a process?",
        "what_the_loss_learns",
        FOR,
        (
            _one("T1", "Markov processes", "Markov"),
            _one("T2", "processes with memory", "with memory"),
        ),
    ),
    Figure(
        "text",
        "Text",
        "cost, projection",
        "Is the paper right about the cost, and the choice of the coordinate?",
        "what_it_costs",
        THAT,
        (
            _one("C1", "the training time [grows] with the number of frames", "frames"),
            _one("C2", "the training time [hardly grows] with the number of labels", "labels"),
            _one("C3", "the training time [is] like that of a hidden Markov model", "like HMM"),
            _one("O1", "the choice of the coordinate [hardly changes] the rates", "coordinate"),
        ),
    ),
)

#: Every claim of the paper, in the order of its figures
CLAIMS = tuple(claim for figure in FIGURES for claim in figure.claims)
FIGURE_OF = {claim: figure for figure in FIGURES for claim in figure.claims}


def by_claim(answers: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return answers, from :func:`reproduction.answers.load`, by claim and method.

    Raises
    ------
    ValueError
        If a claim has two answers under one method.
    """
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for answer in answers:
        key = answer["claim"], answer["method"]
        if key in found:
            raise ValueError(
                f"answers: {key[0]} has two answers under {key[1]!r}; keep the one to be shown"
            )
        found[key] = answer
    return found


def status(answer: Mapping[str, Any] | None) -> str:
    """Return the verdict on a claim in one expression, one of ``STATUSES``.

    What cannot be tested has no other verdict. A control that holds as well makes *not
    diagnostic* of *holds*; a model that does not hold where a control does is still wrong.
    """
    if answer is None:
        return NOT_RECORDED
    if CANNOT_BE_TESTED in answer["marks"]:
        return CANNOT_BE_TESTED
    if answer["outcome"] == HOLDS and NOT_DIAGNOSTIC in answer["marks"]:
        return NOT_DIAGNOSTIC
    return str(answer["outcome"])


def statuses(claims: Iterable[str], answers: Answers, method: str) -> dict[str, str]:
    """Return the status of each claim under one method."""
    return {claim: status(answers.get((claim, method))) for claim in claims}


def our_method(claim: str, answers: Answers) -> str | None:
    """Return the method that stands for our settings: the first of ours with an answer."""
    return next((method for method in METHODS[1:] if (claim, method) in answers), None)


def main_method(claim: str, answers: Answers) -> str | None:
    """Return the method that answers a claim: the authors', or ours where theirs was not run."""
    return AUTHORS if (claim, AUTHORS) in answers else our_method(claim, answers)


def our_statuses(claims: Iterable[str], answers: Answers) -> dict[str, str]:
    """Return the status of each claim with our settings."""
    return {c: status(answers.get((c, our_method(c, answers) or ""))) for c in claims}


def main_statuses(claims: Iterable[str], answers: Answers) -> dict[str, str]:
    """Return the status of each claim with the authors' settings, or with ours without them."""
    return {c: status(answers.get((c, main_method(c, answers) or ""))) for c in claims}


def tally(found: Mapping[str, str]) -> dict[str, int]:
    """Count claims by their status."""
    return {one: list(found.values()).count(one) for one in STATUSES}


def sentence(figure: Figure, found: Mapping[str, str]) -> str:
    """Answer the question of a figure in one sentence.

    Parameters
    ----------
    figure : Figure
    found : mapping of str to str
        The status of each of its claims.

    Examples
    --------
    >>> sentence(FIGURES[0], {"B1": "holds", "B2": "holds", "B3": "undecided"})
    'It holds for the linear one and the triangular one. It is undecided for the four-state one.'
    """
    kinds = set(found.values())
    if len(kinds) == 1:
        return UNIFORM[kinds.pop()]
    text = _clauses(figure, found)
    return f"{IN_PART}{text}" if {HOLDS, DOES_NOT_HOLD} <= kinds else text


def other_settings(figure: Figure, authors: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Say whether our settings change the answer, and how; and which claims have only ours.

    Parameters
    ----------
    figure : Figure
    authors, ours : mapping of str to str
        The status of each claim with the authors' settings and with ours.
    """
    both = [claim for claim, one in authors.items() if one != NOT_RECORDED]
    only_ours = [c for c, one in ours.items() if c not in both and one != NOT_RECORDED]
    text = _changes(figure, authors, {claim: ours[claim] for claim in both}) if both else ""
    if len(only_ours) == len(figure.claims):
        return ONLY_OURS + "."
    if only_ours:
        names = ", ".join(map(figure.name, only_ours))
        text += f"{' ' if text else ''}{ONLY_OURS}: {names}."
    return text


def _changes(figure: Figure, authors: Mapping[str, str], ours: Mapping[str, str]) -> str:
    missing = {claim: one for claim, one in ours.items() if one == NOT_RECORDED}
    if len(missing) == len(ours):
        return NONE_OF_OURS
    changed = {c: one for c, one in ours.items() if c not in missing and one != authors[c]}
    if len(changed) > MOST_CHANGES:
        n, of = len(changed), len(ours)
        return f"{OTHER_SETTINGS}{n} of this figure's {of} claims change their answer."
    if changed:
        text = _clauses(figure, changed | missing)
        return f"{OTHER_SETTINGS}{text[0].lower()}{text[1:]}"
    return f"{SAME} {_clauses(figure, missing)}" if missing else SAME


def _clauses(figure: Figure, found: Mapping[str, str]) -> str:
    """Write one clause for each status, in the order of ``STATUSES``."""
    clauses = []
    for one in STATUSES:
        claims = [claim for claim, each in found.items() if each == one]
        subjects = [in_words(words, one != DOES_NOT_HOLD) for words in figure.subjects(claims)]
        clause = figure.clauses[one]
        if clause == "{}":
            clauses += subjects
        elif subjects:
            again = " whether " if clause.endswith("whether {}") else " "
            clauses.append(clause.format(_listed(subjects, again)))
    return ". ".join(clause[0].upper() + clause[1:] for clause in clauses) + "."


def _listed(words: Sequence[str], again: str = " ") -> str:
    """Join words as a sentence does: a, b and c."""
    if len(words) == 1:
        return words[0]
    return f",{again}".join(words[:-1]) + f" and{again}{words[-1]}"


def number(figure: Figure, answers: Answers) -> str:
    """Return the one number that says most about a figure, with what it is and why it decides.

    It is that of a claim that does not hold, if there is one; then of an undecided one, and so on.
    It is a ratio to the data with its interval. No other number explains itself to a reader who
    has not seen the chapter, so without such a ratio the text is empty.
    """
    found = main_statuses(figure.claims, answers)
    for one in TELLING:
        for claim in (claim for claim, each in found.items() if each == one):
            answer = answers[claim, main_method(claim, answers) or AUTHORS]
            if answer["number"]:
                name = figure.name(claim)
                name = name if name.startswith("sin ") else name[0].upper() + name[1:]
                ratio = next(filter(RATIO.search, measured(answer).split("; ")), "")
                return ratio and _about(name, ratio, _why(answer, one))
    return ""


def _about(name: str, ratio: str, why: str) -> str:
    """Write what a ratio is about, unless it says so itself; then the ratio and why it decides."""
    if name.lower() in ratio.lower():
        return f"{ratio[0].upper()}{ratio[1:]}{why}."
    return f"{name}{', ' if ': ' in ratio else ': '}{ratio}{why}."


def measured(answer: Mapping[str, Any]) -> str:
    """Return the number of an answer, with its commit time in words."""

    def words(found: re.Match[str]) -> str:
        return f"{found[1]} at {found[2]} frame{'' if found[2] == '1' else 's'}: "

    return SHARE.sub(words, answer["number"]).rstrip(".")


def more_data(answer: Mapping[str, Any]) -> str:
    """Say how much data would decide an undecided claim; empty for other claims."""
    if status(answer) != UNDECIDED:
        return ""
    times = answer["more_data"]
    return more_data_in_words(float("inf") if times is None else times)


def passing_controls(answer: Mapping[str, Any]) -> list[str]:
    """List the controls that hold by the same rule."""
    return [name for name, outcome in answer["controls"].items() if outcome == HOLDS]


def _why(answer: Mapping[str, Any], one: str) -> str:
    if one == UNDECIDED and more_data(answer):
        return f"; {more_data(answer)}"
    controls = passing_controls(answer)
    if one != NOT_DIAGNOSTIC or not controls:
        return ""
    return f"; the same rule accepts a control ({', '.join(controls)})"
