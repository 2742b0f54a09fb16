"""Records by several methods are asked the same question."""

import numpy as np
import pytest

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, UNDECIDED
from reproduction.methods import judge as judging
from reproduction.methods.controls import control_counts, judge_controls
from tests.reproduction.methods.made import FRAMES, SETTINGS, record, simulate


def test_a_model_like_its_data_holds_and_a_fast_one_does_not(question):
    assert judging.judge("X", record(1.0)).outcome == HOLDS
    fast = judging.judge("X", record(1.6))
    assert fast.outcome == DOES_NOT_HOLD and fast.ratio[0] == pytest.approx(1.6, rel=0.15)


def test_the_table_has_a_row_for_each_record(question, monkeypatch):
    rates = {"first": 1.0, "second": 1.6}
    monkeypatch.setattr(judging.records, "load", lambda name: record(rates[name]))
    table = judging.by_method("X", {"ours": "first", "theirs": "second"})
    assert [row[:2] for row in table.rows] == [["ours", HOLDS], ["theirs", DOES_NOT_HOLD]]


def test_deviations_before_the_committed_time_do_not_decide(question):
    made = record(1.0)
    made.generated = [with_flicker(labels) for labels in made.generated]
    assert judging.judge("X", made).outcome == HOLDS


def with_flicker(labels):
    """Add stays of one frame, which commit times of five frames skip."""
    labels = labels.copy()
    labels[:, 50::100] = 1 - labels[:, 50::100]
    return labels


def test_the_stricter_definition_has_an_answer_of_its_own(question):
    made = record(1.0)
    # A third state for two frames within each transition: no two committed stays are adjacent.
    made.generated = [with_a_stop(labels) for labels in made.generated]
    assert judging.judge("X", made).outcome == HOLDS
    assert judging.judge("X", made, adjacent=True).outcome == DOES_NOT_HOLD


def with_a_stop(labels):
    stopped = labels.copy()
    chain, frame = np.nonzero(np.diff(labels.astype(int), axis=1))
    stopped[chain, frame] = stopped[chain, frame + 1] = 2
    return stopped


def test_a_decision_can_be_made_again_with_another_p_value_and_controls(question):
    found = judging.compare("X", record(1.6))
    assert found.decide().outcome == DOES_NOT_HOLD
    assert found.decide(p_value=1.0).outcome == UNDECIDED


def test_the_process_is_compared_with_where_there_is_a_reference(question, tmp_path):
    made = record(1.0)
    with pytest.raises(ValueError, match="record: made has no reference simulation"):
        judging.judge("X", made, of_process=True)
    (tmp_path / "reference.npz").touch()
    made.folder, made.reference = tmp_path, simulate(1.0, 400_000, 77)
    found = judging.compare("X", made, of_process=True)
    expected = judging.compare("X", made)
    assert found.test.data_variance == pytest.approx(expected.test.data_variance * 1.1, rel=0.15)
    assert found.decide().outcome != DOES_NOT_HOLD
    made.reference = simulate(2.0, 400_000, 77)
    assert judging.judge("X", made, of_process=True).outcome == DOES_NOT_HOLD


def test_controls_generate_as_much_as_the_networks(question):
    made = record(1.0)
    counts = control_counts(question, made)
    assert {found.shape for found in counts.values()} == {(5, 4)}
    model, flicker = (np.mean(counts[name], axis=0) for name in
                      ("first-order Markov chain", "shuffled labels"))  # fmt: skip
    assert model == pytest.approx(np.mean([question.counts(g) for g in made.generated], 0), rel=0.2)
    assert flicker[0] > 10 * model[0] and flicker[2] < model[2] / 2


def test_a_control_passes_by_the_same_rule(question):
    found = judge_controls("X", record(1.0))
    assert {name: decision.outcome for name, decision in found.items()} == {
        "first-order Markov chain": HOLDS,  # these data have no longer memory
        "untrained network": DOES_NOT_HOLD,
        "shuffled labels": DOES_NOT_HOLD,
    }


def test_an_untrained_network_with_few_labels_is_refused(question):
    made = record(1.0)
    made.controls = {"untrained": made.controls["untrained"][:, :100]}
    with pytest.raises(ValueError, match=f"has 100 labels, expected at least {FRAMES}"):
        judge_controls("X", made)


def test_too_few_trainings_or_labels_are_refused(question):
    with pytest.raises(ValueError, match="record: made has 2 training"):
        judging.judge("X", record(1.0, 2))
    few = record(1.0)
    few.data = few.data[:100]
    with pytest.raises(ValueError, match="record: made has 100 labels, expected at least 2000"):
        judging.judge("X", few)


def test_data_of_another_process_are_refused(question):
    other = record(1.0)
    other.settings = {**SETTINGS, "running_mean": 20}
    with pytest.raises(ValueError, match="record: its data were not prepared as X asks"):
        judging.judge("X", other)


@pytest.mark.parametrize("name", ["linear", "riboswitch_64"])  # with weights, and without
def test_the_generated_trajectories_of_a_record_are_found(name):
    record = judging.records.load(name)
    assert len(record.generated) == record.settings["trainings"]
