"""The answers to all claims of the paper: they are computed from the records, never typed.

``python -m reproduction answer`` writes ``recorded/answers.json``. The landing page, the ledger
and the README are built from that file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from lstm_md._support.files import whole_or_nothing
from reproduction.attention.answers import ANSWERS as _ATTENTION
from reproduction.common.answers import METHODS, Answer, Asked
from reproduction.common.families import corrected
from reproduction.costs.answers import ANSWERS as _COSTS
from reproduction.embedding.answers import ANSWERS as _EMBEDDING
from reproduction.known_mean.answers import ANSWERS as _KNOWN_MEAN
from reproduction.less_data.answers import ANSWERS as _LESS_DATA
from reproduction.methods import dipeptide, markov_models
from reproduction.methods.answers import ANSWERS as _COUNTS
from reproduction.path_entropy.answers import ANSWERS as _PATH_ENTROPY
from reproduction.potentials.answers import ANSWERS as _PAIRS
from reproduction.projections.answers import ANSWERS as _PROJECTIONS
from reproduction.runs.files import SUMMARY

#: How each claim is answered, by claim and method. Each study has its own part.
ANSWERS: Mapping[tuple[str, str], Asked] = {
    **_COUNTS,
    **_PAIRS,
    **_EMBEDDING,
    **_PATH_ENTROPY,
    **_COSTS,
    **_PROJECTIONS,
    **dipeptide.ANSWERS,
    **markov_models.ANSWERS,
    **_ATTENTION,
    **_KNOWN_MEAN,
    **_LESS_DATA,
}
FILE = "answers.json"


def answer_all(folder: Path) -> list[Answer]:
    """Answer every claim whose records exist, by claim and method.

    The p-values are corrected by Holm's method, for each method and each family of claims.
    """
    recorded = {path.parent.name for path in folder.glob(f"*/{SUMMARY}")}
    found = [asked.make() for asked in ANSWERS.values() if recorded.issuperset(asked.records)]
    return [answer for method in METHODS for answer in _corrected(found, method)]


def _corrected(answers: Iterable[Answer], method: str) -> list[Answer]:
    asked = [answer for answer in answers if answer.method == method]
    p_values = corrected({a.claim: a.p_value for a in asked if a.p_value is not None})
    return [a.corrected(p_values[a.claim]) if a.claim in p_values else a for a in asked]


def write(answers: Iterable[Answer], folder: Path) -> None:
    """Write the answers to ``answers.json`` in a folder, in one step."""
    content = [answer.to_json() for answer in answers]
    with whole_or_nothing(folder / FILE) as temporary:
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        temporary.write_text(text, encoding="utf-8")


def load(folder: Path) -> list[dict]:
    """Read what :func:`write` has written."""
    return json.loads((folder / FILE).read_text(encoding="utf-8"))
