"""The names that a record depends on do not change.

A record is read years after it was made, by code that was moved and renamed in between. It
therefore depends on no module and on no function. It depends on the names of recipes, files and
arguments, on the settings, and on the keys of the summary. ``contract.json`` freezes these. A new
recipe adds an entry, and an existing entry does not change.
``python tests/reproduction/test_contract.py`` writes the file again.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from reproduction.recipes import RECIPES
from reproduction.runs.files import as_json

ROOT = Path(__file__).parents[2]
FROZEN = Path(__file__).with_name("contract.json")
RECORDED = ROOT / "book" / "recorded"
RECORDS = [name for name in RECIPES if (RECORDED / name / "summary.json").is_file()]


def keys(tree):
    """Return the keys of a tree of JSON without its values. Lists hold entries of one kind."""
    if isinstance(tree, dict):
        found = {name: keys(value) for name, value in tree.items()}
        return found if any(found.values()) else " ".join(found)
    if isinstance(tree, list) and tree and isinstance(tree[0], dict):
        return [keys(tree[0])]
    return None


def names(recipe):
    """Return the settings, the needs and the files of a recipe, by their stage and arguments."""
    files = {}
    for job in recipe.jobs:
        alike = (job.stage, *sorted(job.arguments))
        files.setdefault(alike, []).append(job.file)
    return {
        "settings": sorted(recipe.settings),
        "needs": list(recipe.needs),
        "files": [
            {"stage": stage, "arguments": arguments, "files": sorted(names)}
            for (stage, *arguments), names in sorted(files.items())
        ],
    }


@cache
def contract():
    """Return everything that is frozen."""
    found = {name: names(recipe) for name, recipe in RECIPES.items()}
    for name in RECORDS:
        summary = json.loads((RECORDED / name / "summary.json").read_text(encoding="utf-8"))
        found[name]["summary"] = {
            key: keys(summary[key]) for key in ("numbers", "verdicts") if key in summary
        }
    return found


@cache
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
    assert summary["settings"] == as_json(recipe.settings)
    assert list(summary["files"]) == [job.file for job in recipe.jobs]
    for job in recipe.jobs:
        if job.file.endswith(".json"):
            made_with = json.loads((folder / job.file).read_text(encoding="utf-8"))["settings"]
        else:  # Read this array only, and not the labels.
            with np.load(folder / job.file) as archive:
                made_with = json.loads(str(archive["settings"]))
        assert made_with == as_json(job.arguments), job.file


if __name__ == "__main__":
    FROZEN.write_text(json.dumps(contract(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
