"""The answers to A1–A5: free energies and waiting times of alanine dipeptide.

The rules were written before any number was looked at:

- *Free energies* (A1, A2; Fig 5). In units of kT they are log ratios of populations, so the
  populations of all 20 labels are tested and must be inside the margin. The null hypothesis
  draws blocks of 5 ns from the two recorded simulations.
- *Waiting times* (A3, A4; Table 1). The mean waits in C7eq and in C7ax are tested at a commit
  time of 3 ps and at one of 45 ps. A verdict needs both: if they differ, the claim is undecided.
  A trajectory without a complete wait in a state counts as one wait of its whole length. Under
  the stricter definition of the commit time the transitions are counted: both stays around each
  last long enough, and nothing lies between them. The mean wait is the inverse of their rate.
- *Other numbers of epochs* (A5; SI Table 1). The waiting times along sin φ, as in A3, after each
  recorded number of epochs from 10 on. All of them must hold, and one that does not is enough to
  refute the claim.
- One training has no spread, so nothing is decided on fewer than three. The number is shown.
- By the methods *continued* and *ours*, A1–A4 are answered with 256 units, of which three
  trainings per angle could be made. The record ``dipeptide_epochs`` chose the method and the
  number of epochs: *continued* along sin φ and *ours* along sin ψ, where *continued* is shown too.

The question is always whether the networks reproduce their training data. Claims with a star are
about 256 units, the others about 1,024.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from lstm_md.judging.calibrated import MIN_TRAININGS
from lstm_md.judging.decision import UNDECIDED
from lstm_md.judging.null_sample import HALF
from reproduction.common.answers import Answer, Asked
from reproduction.common.estimates import record_controls
from reproduction.dipeptide.criteria import JUDGED_EPOCHS
from reproduction.dipeptide.recorded_simulations import LONG
from reproduction.dipeptide.states import N_LABELS
from reproduction.methods.dipeptide_questions import (
    FREE_ENERGIES,
    STRICTER,
    WAITS,
    Labels,
    Question,
    Questions,
    null_sample,
)
from reproduction.methods.several import ALIKE, EVERY, Part, answer, compare, more_data
from reproduction.runs import records
from reproduction.runs.files import load_file
from reproduction.runs.records import Record, epochs_file

ONE_TRAINING = "only one training, so no interval"


class Angle:
    """What a record says about one angle.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.dipeptide.run.DipeptideStudy`.
    """

    def __init__(self, record: Record) -> None:
        self.record, self.name = record, str(record.settings["angle"])
        self.generated = [np.ravel(labels) for labels in record.generated]

    def after(self, epochs: int) -> list[Labels]:
        """Load what the networks generated after a number of epochs."""
        if epochs == self.record.settings["epochs"]:
            return self.generated
        file = load_file(self.record.folder / epochs_file(epochs))
        return [np.ravel(file["generated"])]

    @property
    def epochs(self) -> list[int]:
        """The recorded numbers of epochs, from the first that is judged."""
        recorded = {*self.record.settings["other_epochs"], self.record.settings["epochs"]}
        return sorted(n for n in recorded if n >= min(JUDGED_EPOCHS))

    def tested(self, question: Question, of: Sequence[Labels]) -> Part:
        """Test trajectories against the training data; fewer than three are shown only."""
        data = question.measure(self.record.data)
        model = np.array([question.measure(labels) for labels in of])
        if question.by_length:
            model *= np.array([[self.record.data.size / labels.size] for labels in of])
        if len(of) < MIN_TRAININGS:
            ratio = (model[0] + HALF) / (data + HALF)
            worst = int(np.argmax(np.abs(np.log(ratio))))
            return Part.untested(f"{question.names[worst]}: {ratio[worst]:.2f} times the data")
        null = null_sample(question)
        return compare(model / null.scale, data, null, question.names, question.case.rates)

    def asked(self, questions: Questions, of: Sequence[Labels]) -> list[Part]:
        """Test the same trajectories in several ways."""
        return [self.tested(question, of) for question in questions]

    def controls(self, questions: Questions) -> dict[str, list[Part]]:
        """Test the controls of the training data."""
        made = record_controls(self.record, N_LABELS)
        return {name: self.asked(questions, each) for name, each in made.items()}

    def answer(
        self, claim: str, method: str, questions: Questions, stricter: Questions = ()
    ) -> Answer:
        """Answer a claim by all its questions alike."""
        parts = self.asked(questions, self.generated)
        number = "; ".join(part.measured for part in parts)
        if any(part.words for part in parts):
            number = f"{ONE_TRAINING}; {number}"
        strict = ALIKE.joint(self.asked(stricter, self.generated))[0] if stricter else ""
        return answer(
            claim,
            method,
            ALIKE,
            parts,
            number,
            self.controls(questions),
            records=(self.record.name, LONG),
            stricter=strict,
            calibration=_calibration(questions),
        )


def _calibration(questions: Questions) -> str:
    """The case with the power of the last question: at the longer commit time it is lower."""
    return questions[-1].case.name


def answer_free_energies(claim: str, method: str, name: str) -> Answer:
    """Answer A1 or A2: the free energies along an angle."""
    angle = Angle(records.load(name))
    return angle.answer(claim, method, FREE_ENERGIES[angle.name])


def answer_waits(claim: str, method: str, name: str) -> Answer:
    """Answer A3 or A4: the waiting times along an angle, at both commit times."""
    angle = Angle(records.load(name))
    return angle.answer(claim, method, WAITS[angle.name], STRICTER[angle.name])


def answer_epochs(claim: str, method: str, name: str) -> Answer:
    """Answer A5: the waiting times after every number of epochs."""
    angle = Angle(records.load(name))
    after = {epochs: angle.after(epochs) for epochs in angle.epochs}

    def of_all(questions: Questions) -> list[Part]:
        return [_alike(angle.asked(questions, of)) for of in after.values()]

    parts = of_all(WAITS[angle.name])
    words = [f"{epochs} epochs: {part.measured}" for epochs, part in zip(after, parts)]
    if any(part.words for part in parts):
        words.insert(0, ONE_TRAINING)
    controls = {name: [_alike(each)] for name, each in angle.controls(WAITS[angle.name]).items()}
    return answer(
        claim,
        method,
        EVERY,
        parts,
        "; ".join(words),
        controls,
        records=(name, LONG),
        stricter=EVERY.joint(of_all(STRICTER[angle.name]))[0],
        calibration=_calibration(WAITS[angle.name]),
    )


def _alike(parts: Sequence[Part]) -> Part:
    """Make one decision of those at several commit times, which must be alike."""
    outcome, otherwise, p = ALIKE.joint(parts)
    decided = [part.decision for part in parts]
    shown = max(parts, key=lambda part: abs(np.log(part.decision.ratio[0])))
    decision = replace(
        shown.decision,
        outcome=outcome,
        p_value=p,
        more_data=more_data(parts) if outcome == UNDECIDED else 1.0,
        marks=tuple(dict.fromkeys(mark for one in decided for mark in one.marks)),
    )
    words = ", ".join(part.words for part in parts if part.words)
    return Part(decision, replace(decision, outcome=otherwise, p_value=1.0), words)


Make = Callable[[str, str, str], Answer]


def _asked(method: str, name: str, claims: Mapping[str, Make]) -> dict[tuple[str, str], Asked]:
    return {
        (claim, method): Asked((name, LONG), partial(make, claim, method, name))
        for claim, make in claims.items()
    }


#: What is asked of each record, by claim and method.
ANSWERS: dict[tuple[str, str], Asked] = {
    **_asked(
        "authors",
        "dipeptide_phi_authors",
        {"A1": answer_free_energies, "A3": answer_waits, "A5": answer_epochs},
    ),
    **_asked("authors", "dipeptide_psi_authors", {"A2": answer_free_energies, "A4": answer_waits}),
    **_asked("ours", "dipeptide_psi_ours", {"A2": answer_free_energies, "A4": answer_waits}),
    **_asked(
        "continued", "dipeptide_phi_continued", {"A1": answer_free_energies, "A3": answer_waits}
    ),
    **_asked(
        "continued", "dipeptide_psi_continued", {"A2": answer_free_energies, "A4": answer_waits}
    ),
    **_asked("first edition", "dipeptide_phi", {"A1": answer_free_energies, "A3": answer_waits}),
    **_asked("first edition", "dipeptide_psi", {"A2": answer_free_energies, "A4": answer_waits}),
    **_asked(
        "first edition",
        "dipeptide_phi_256",
        {"A1*": answer_free_energies, "A3*": answer_waits, "A5": answer_epochs},
    ),
    **_asked(
        "first edition", "dipeptide_psi_256", {"A2*": answer_free_energies, "A4*": answer_waits}
    ),
}
