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

The question is always whether the networks reproduce their training data. Claims with a star are
about 256 units, the others about 1,024.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.judging.calibrated import MIN_TRAININGS
from lstm_md.judging.decision import UNDECIDED
from lstm_md.judging.null_sample import HALF, NullSample
from reproduction.calibration.cases import (
    SINES,
    Case,
    dipeptide_free_energies,
    dipeptide_waits,
    drawn_sums,
    off_diagonal,
)
from reproduction.common.answers import Answer, Asked
from reproduction.common.estimates import record_controls
from reproduction.common.families import WAIT_FRAMES
from reproduction.dipeptide.criteria import JUDGED_EPOCHS
from reproduction.dipeptide.recorded_simulations import LONG
from reproduction.dipeptide.states import N_LABELS, PS_PER_FRAME, STATES, states
from reproduction.dipeptide.waiting_times import waits
from reproduction.methods.several import ALIKE, EVERY, Part, answer, compare, more_data
from reproduction.runs import records
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

N_DRAWS = 2000  # of data and of models, in a null sample
SEED = 1
ONE_TRAINING = "one training has no spread"

Labels = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """What is measured in a trajectory along an angle, and the process that shows what chance does.

    Attributes
    ----------
    case : Case
    names : tuple of str
        Of the points, in words.
    measure : callable
        Takes labels, and returns what the case counts, shape (points,).
    by_length : bool
        Whether what is measured grows with the length of the trajectory.
    """

    case: Case
    names: tuple[str, ...]
    measure: Callable[[Labels], Floats]
    by_length: bool

    @property
    def null(self) -> NullSample:
        """Draw data and models from the process."""
        case, random = self.case, np.random.default_rng(SEED)
        blocks = case.blocks()
        of_model = case.blocks(of_model=True) if case.simulate_model else blocks
        data = drawn_sums(random, blocks, N_DRAWS, case.data_blocks)
        model = drawn_sums(random, of_model, N_DRAWS, case.model_blocks)
        return NullSample(data, model, case.scale)


def free_energies(angle: str) -> Question:
    """Ask for the populations of the labels."""
    centres = np.linspace(-0.95, 0.95, N_LABELS)
    at = (f"{SINES[angle]} = {centre:+.2f}".replace("-", "−") for centre in centres)
    names = tuple(f"population at {one}" for one in at)
    case = dipeptide_free_energies(angle)
    return Question(
        case, names, lambda labels: labels.size * populations(labels, n_labels=N_LABELS), True
    )


def mean_waits(angle: str, commit_frames: int) -> Question:
    """Ask for the mean waits in C7eq and in C7ax."""

    def measure(labels: Labels) -> Floats:
        found = waits(labels, angle, commit_frames)
        return np.array([w.mean() / PS_PER_FRAME if w.size else labels.size for w in found], float)

    at = f"{commit_frames * PS_PER_FRAME:g} ps"
    names = tuple(f"wait in {state} at {at}" for state in STATES)
    return Question(dipeptide_waits(commit_frames, angle), names, measure, False)


def strict_transitions(angle: str, commit_frames: int) -> Question:
    """Ask for the transitions by the stricter definition of the commit time."""

    def measure(labels: Labels) -> Floats:
        of_states = states(labels, angle)
        return off_diagonal(
            transition_counts(of_states, [commit_frames], n_labels=2, adjacent=True)
        )

    at = f"{commit_frames * PS_PER_FRAME:g} ps"
    names = tuple(f"{one}→{other} at {at}" for one, other in (STATES, STATES[::-1]))
    blocks = dipeptide_free_energies(angle)
    case = replace(blocks, count=measure, names=names, groups=(0, 0), rates=(True, True))
    return Question(case, names, measure, True)


FREE_ENERGIES = {angle: (free_energies(angle),) for angle in ("phi", "psi")}
WAITS = {a: tuple(mean_waits(a, frames) for frames in WAIT_FRAMES) for a in ("phi", "psi")}
STRICTER = {a: tuple(strict_transitions(a, frames) for frames in WAIT_FRAMES) for a in WAITS}

Questions = Sequence[Question]


@cache
def _null(question: Question) -> NullSample:
    return question.null


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
        file = load_file(self.record.folder / f"epochs-{epochs:02d}.npz")
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
            return Part.untested(f"{question.names[worst]}: {ratio[worst]:.2f} of the data")
        null = _null(question)
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
