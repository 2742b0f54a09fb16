"""The rule for learning rates, and its run at a tiny size."""

import numpy as np
import pytest

from reproduction.learning_rates.run import RateStudy, simulated_labels
from reproduction.recipes import RATES
from reproduction.runs.files import load_summary
from reproduction.runs.recipe import run_job
from reproduction.runs.records import default_folder


@pytest.mark.parametrize("system", RateStudy().systems)
def test_each_system_has_labels_of_its_own(system):
    labels, others = (simulated_labels(system, 3_000, seed) for seed in (900, 901))
    assert len(labels) == 3_000 and not np.array_equal(labels, others)


def test_the_recipes_have_the_rates_that_the_rule_chose():
    numbers = load_summary(default_folder() / "learning_rates")["numbers"]
    chosen = {
        (system, method): of_system["chosen"]
        for method, of_method in numbers.items()
        for system, of_system in of_method.items()
    }
    assert chosen == RATES


def test_a_run_chooses_a_rate_that_learns(tmp_path):
    # At a rate of 1e-6 a network stays as it was, so its held-back loss is higher.
    study = RateStudy(
        ("linear",), ("continued",), rates=(0.05, 1e-6), frames=(20_000,), units=4, epochs=4
    )
    recipe = study.recipe("rates", "tiny")
    (tmp_path / ".working").mkdir()
    for job in recipe.jobs:
        run_job(job, tmp_path)
    numbers = recipe.summarise(tmp_path, recipe.settings)["numbers"]["continued"]["linear"]
    assert numbers["chosen"] == 0.05
    assert numbers["held_back"][0] < 0.9 * numbers["held_back"][1]
