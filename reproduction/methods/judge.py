"""Ask the same questions of records that differ in their method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lstm_md.judging.calibrated import MIN_TRAININGS, RatioTest, ratio_test
from lstm_md.judging.decision import Decision, decide
from lstm_md.judging.null_sample import NullSample
from lstm_md.tables import Table
from reproduction.calibration.case import null_of_blocks
from reproduction.methods.questions import Question, question_of
from reproduction.runs import records
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

NULLS = "null_samples"  #: The record of the null samples


@dataclass(frozen=True, eq=False)
class Comparison:
    """The test of one claim for one record, from which a decision is made.

    Attributes
    ----------
    question : Question
    test : RatioTest
    of_process : bool
        Whether the process is compared with, and not the training data.
    """

    question: Question
    test: RatioTest
    of_process: bool = False

    def decide(
        self, *, p_value: float | None = None, controls: Mapping[str, Decision] | None = None
    ) -> Decision:
        """Decide by the criteria of the page *How a claim is judged*.

        Parameters
        ----------
        p_value, controls
            As in :func:`lstm_md.judging.decision.decide`.
        """
        return decide(
            self.test,
            self.question.case.names,
            np.array(self.question.case.rates),
            curve=self.question.curve,
            of_process=self.of_process,
            p_value=p_value,
            controls=controls,
        )


def null_sample(
    question: Question, data_blocks: int, model_blocks: int, reference_blocks: int = 0
) -> NullSample:
    """Draw data and models of given lengths from the recorded blocks of a question's process.

    The lengths are those of :func:`~reproduction.calibration.case.null_of_blocks`.
    """
    path = records.default_folder() / NULLS / f"{question.name}.npz"
    blocks = load_file(path)["blocks"]
    return null_of_blocks(blocks, blocks, data_blocks, model_blocks, reference_blocks)


def has_reference(record: Record) -> bool:
    """Tell whether a record has a long simulation of the process of its data."""
    return (record.folder / "reference.npz").is_file()


def compare(
    claim: str,
    record: Record,
    *,
    adjacent: bool = False,
    of_process: bool = False,
    counts: ArrayLike | None = None,
) -> Comparison:
    """Compare what the networks of a record generated with their data, or with the process.

    Parameters
    ----------
    claim : str
    record : Record
    adjacent : bool
        By the stricter definition of the commit time.
    of_process : bool
        Compare with the long reference simulation, and not with the training data. It is assumed
        that the networks inherit the whole error of their data.
    counts : array_like, shape (trainings, points), optional
        Of what takes the place of the networks, such as a control.

    Raises
    ------
    KeyError
        If no question is asked for this claim.
    ValueError
        If the record has fewer than three trainings, too few labels, or data of another process,
        or if it has no reference and the question is about the process.
    """
    question = question_of(claim, record.settings, adjacent)
    data, generated = record.data, record.generated
    if len(generated) < MIN_TRAININGS:
        raise ValueError(
            f"record: {record.name} has {len(generated)} training(s), expected at least "
            f"{MIN_TRAININGS}, because their spread is the error; record more"
        )
    if not question.n_blocks(data):
        raise ValueError(
            f"record: {record.name} has {data.size} labels, expected at least {question.frames}; "
            f"give a record of that length"
        )
    if of_process and not has_reference(record):
        raise ValueError(
            f"record: {record.name} has no reference simulation, so it shows the process only "
            f"through its data; compare it with its data"
        )
    data_blocks, model_blocks = question.n_blocks(data), question.n_blocks(generated[0])
    if counts is None:
        counts = [question.counts(labels) for labels in generated]
    if of_process:
        long = question.n_blocks(record.reference)
        null = null_sample(question, data_blocks, model_blocks, long)
        observed = question.counts(record.reference) * (data_blocks / long)
    else:
        null = null_sample(question, data_blocks, model_blocks)
        observed = question.counts(data)
    return Comparison(question, ratio_test(counts, observed, null), of_process)


def judge(
    claim: str, record: Record, *, adjacent: bool = False, of_process: bool = False
) -> Decision:
    """Decide a claim for one record, by the criteria of the page *How a claim is judged*.

    The question is whether the networks reproduce their training data, or, with ``of_process``,
    the process that the data come from. Parameters and errors are those of :func:`compare`.
    """
    return compare(claim, record, adjacent=adjacent, of_process=of_process).decide()


def by_method(claim: str, names: Mapping[str, str]) -> Table:
    """Decide a claim for several records, a row for each.

    Parameters
    ----------
    claim : str
    names : mapping of str to str
        What the table calls each record, and the record's name.
    """
    rows = []
    for title, name in names.items():
        found = judge(claim, records.load(name))
        estimate, low, high = found.ratio
        rows.append(
            [title, found.outcome, found.worst, f"{estimate:.2f} ({low:.2f} to {high:.2f})",
             f"{found.p_value:.2g}"]
        )  # fmt: skip
    return Table(["method", claim, "rate that decides", "model / data", "p"], rows)
