"""A question about the made-up process, with a null sample of its own."""

from types import SimpleNamespace

import numpy as np
import pytest

from reproduction.methods import judge as judging
from reproduction.methods.questions import QUESTIONS, Question
from tests.reproduction.methods.made import FRAMES, SETTINGS, count, simulate


@pytest.fixture
def question(monkeypatch):
    """The question X, about transition counts, and X-adjacent."""
    blocks = [simulate(1.0, FRAMES, 100 + k) for k in range(300)]
    kept = {}
    for adjacent in (False, True):
        case = SimpleNamespace(
            count=lambda labels, adjacent=adjacent: count(labels, adjacent),
            names=("A→B, 1", "B→A, 1", "A→B, 5", "B→A, 5"),
            rates=(False, False, True, True),
            n_labels=2,
        )
        name = "X-adjacent" if adjacent else "X"
        asked = Question(name, "X", case, FRAMES, "two states", SETTINGS, adjacent)
        monkeypatch.setitem(QUESTIONS, name, asked)
        kept[name] = np.array([case.count(block) for block in blocks])
    monkeypatch.setattr(judging, "load_file", lambda path: {"blocks": kept[path.stem]})
    return QUESTIONS["X"]
