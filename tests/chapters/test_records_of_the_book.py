"""The records from which the chapters compute their numbers."""

from __future__ import annotations

import pytest

from reproduction.recipes import RECIPES
from reproduction.runs import recording
from tools.notebooks import BOOK

VISIBLE = [name for name, recipe in RECIPES.items() if not recipe.hidden]


@pytest.mark.parametrize("name", VISIBLE)
def test_a_record_says_what_its_labels_say(name):
    assert recording.verify(RECIPES[name], BOOK / "recorded") == []
