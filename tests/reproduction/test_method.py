"""The methods of the studies: what each one hands to network and training."""

from dataclasses import asdict

import lstm_md as lm
from reproduction.common import method
from reproduction.common.method import DIFFERENCES, FIRST
from reproduction.potentials.run import PotentialStudy
from reproduction.runs.recipe import JobSettings

STUDY = PotentialStudy("linear_three_state", "", (), learning_rate=0.03)


def test_a_study_takes_the_rate_of_its_method_or_keeps_its_own():
    authors, ours = method.under(STUDY, lm.AUTHORS), method.under(STUDY, lm.OURS)
    assert (authors.learning_rate, authors.decay) == (0.001, False)
    assert (ours.learning_rate, ours.decay) == (0.03, True)


def test_a_job_trains_by_the_method_that_its_record_names():
    settings = JobSettings(epochs=4, learning_rate=0.001, decay=False, method=asdict(lm.AUTHORS))
    assert method.of_network(settings) == {"recurrent_initializer": "glorot_uniform"}
    assert method.of_training(settings) == {**lm.AUTHORS.training, "epochs": 4}
    first = JobSettings(epochs=4, learning_rate=0.02, decay=True)
    assert method.of_network(first) == {}
    assert method.of_training(first) == {"epochs": 4, "learning_rate": 0.02, "decay": True}


def test_a_study_of_the_first_edition_names_no_method():
    assert "method" not in method.settings_of(STUDY)
    assert method.settings_of(method.under(STUDY, lm.AUTHORS))["method"] == asdict(lm.AUTHORS)


def test_all_differences_together_are_the_authors_method():
    together = asdict(FIRST)
    for one in DIFFERENCES.values():
        changed = {k: v for k, v in asdict(one).items() if v != asdict(FIRST)[k]}
        assert changed
        together |= changed
    apart = {k for k, v in asdict(lm.AUTHORS).items() if v != together[k]}
    assert apart == {"name", "validation_fraction"}


def test_the_records_of_a_system_are_named_by_their_initial_state():
    found = method.recorded_methods("triangular")
    assert found == {
        "carried": "triangular_authors", "zero": "triangular", "warmed": "triangular_ours",
        "continued": "triangular_continued",
    }  # fmt: skip
    assert method.recorded_methods("no such system") == {}
