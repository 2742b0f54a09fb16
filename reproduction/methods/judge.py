"""Ask the same questions of records that differ in their method."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lstm_md.judging.calibrated import MIN_TRAININGS, ratio_test
from lstm_md.judging.decision import Decision, decide
from lstm_md.judging.null_sample import NullSample
from lstm_md.tables import Table
from reproduction.calibration.case import drawn_sums
from reproduction.methods.questions import QUESTIONS
from reproduction.runs import records
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

NULLS = "null_samples"  #: The record of the null samples
N_DRAWS = 2000  #: Of data and of models, in a null sample
_SEED = 1


def null_sample(claim: str, data_blocks: int, model_blocks: int) -> NullSample:
    """Draw data and models of given lengths from the blocks of the process of a question."""
    blocks = load_file(records.default_folder() / NULLS / f"{claim}.npz")["blocks"]
    random = np.random.default_rng(_SEED)
    data, model = (drawn_sums(random, blocks, N_DRAWS, n) for n in (data_blocks, model_blocks))
    return NullSample(data, model, data_blocks / model_blocks, QUESTIONS[claim].case.groups)


def judge(claim: str, record: Record) -> Decision:
    """Decide a claim for one record, by the criteria of the page *How a claim is judged*.

    The question is whether the networks reproduce their training data.

    Raises
    ------
    KeyError
        If no question is asked for this claim.
    ValueError
        If the record has fewer than three trainings.
    """
    question = QUESTIONS[claim]
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
    null = null_sample(claim, question.n_blocks(data), question.n_blocks(generated[0]))
    counts = [question.counts(labels) for labels in generated]
    test = ratio_test(counts, question.counts(data), null)
    rates = np.array(question.case.rates)
    return decide(test, question.case.names, rates, curve=question.curve)


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
