"""What a record depends on stays as it is: names of recipes, files and arguments, settings, keys.

A record is read again years after it was made, by code that was moved and renamed since. So it
depends on no module and on no function, and what it does depend on is frozen in ``contract.json``.
A new recipe adds an entry; an entry that is there does not change.
``python tests/reproduction/test_contract.py`` writes the file anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from reproduction.recipes import RECIPES
from reproduction.runs import files as _record_files

ROOT = Path(__file__).parents[2]
FROZEN = Path(__file__).with_name("contract.json")
RECORDED = ROOT / "book" / "recorded"
RECORDS = [name for name in RECIPES if (RECORDED / name / "summary.json").is_file()]


def keys(tree):
    """The keys of a tree of JSON without its values; the entries of a list are alike."""
    if isinstance(tree, dict):
        found = {name: keys(value) for name, value in tree.items()}
        return found if any(found.values()) else " ".join(found)
    if isinstance(tree, list) and tree and isinstance(tree[0], dict):
        return [keys(tree[0])]
    return None


def names(recipe):
    """Settings and needs of a recipe; its files, by the stage and the arguments that they share."""
    files = {}
    for part in recipe.jobs:
        alike = (part.stage, *sorted(part.arguments))
        files.setdefault(alike, []).append(part.file)
    return {
        "settings": sorted(recipe.settings),
        "needs": list(recipe.needs),
        "files": [
            {"stage": stage, "arguments": arguments, "files": sorted(of)}
            for (stage, *arguments), of in sorted(files.items())
        ],
    }


def contract():
    """Everything that is frozen."""
    found = {name: names(recipe) for name, recipe in RECIPES.items()}
    for name in RECORDS:
        summary = json.loads((RECORDED / name / "summary.json").read_text(encoding="utf-8"))
        found[name]["summary"] = {
            part: keys(summary[part]) for part in ("numbers", "verdicts") if part in summary
        }
    return found


def frozen():
    return json.loads(FROZEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", frozen() if FROZEN.is_file() else [])
def test_the_names_that_a_record_depends_on_do_not_change(name):
    assert contract()[name] == frozen()[name]


def test_every_recipe_is_in_the_contract():
    assert set(RECIPES) == set(frozen())


@pytest.mark.parametrize("name", RECORDS)
def test_a_recipe_asks_each_file_for_what_it_was_made_with(name):
    recipe, folder = RECIPES[name], RECORDED / name
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["settings"] == _record_files.as_json(recipe.settings)
    assert list(summary["files"]) == [part.file for part in recipe.jobs]
    for part in recipe.jobs:
        if part.file.endswith(".json"):
            made_with = json.loads((folder / part.file).read_text(encoding="utf-8"))["settings"]
        else:  # this one array, and not the labels beside it
            with np.load(folder / part.file) as archive:
                made_with = json.loads(str(archive["settings"]))
        assert made_with == _record_files.as_json(part.arguments), part.file


if __name__ == "__main__":
    FROZEN.write_text(json.dumps(contract(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
