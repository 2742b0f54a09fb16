"""Published networks beside a published trajectory, on networks made here."""

import json
from pathlib import Path

import numpy as np
import pytest

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.generation import generate
from lstm_md.model import language_model
from lstm_md.reading import reading_loss
from reproduction import __main__ as command
from reproduction.potentials import authors_networks
from reproduction.potentials.authors_networks import chains_as_far, deviations
from reproduction.runs import records

tf = pytest.importorskip("tensorflow", reason="TensorFlow writes the checkpoints")

RECORDED = Path(__file__).parents[3] / "book" / "recorded"
NAMES = "embedding/embeddings lstm/kernel lstm/recurrent_kernel lstm/bias dense/kernel dense/bias"


def write(path, network):
    tf.raw_ops.SaveV2(
        prefix=str(path),
        tensor_names=NAMES.split(),
        shape_and_slices=[""] * 6,
        tensors=[tf.constant(weight) for weight in network.get_weights()],
    )


@pytest.fixture(scope="module")
def networks():
    """Two networks by epoch. The first generates label 0 most of the time."""
    leaning = language_model(4, 8, 6, seed=1)
    weights = leaning.get_weights()
    weights[5] = np.array([3, 0, 0, 0], np.float32)
    leaning.set_weights(weights)
    return {2: leaning, 10: language_model(4, 8, 6, seed=2)}


@pytest.fixture(scope="module")
def published(tmp_path_factory, networks):
    """The folder and the file as the authors publish them. The last network wrote the file."""
    folder = tmp_path_factory.mktemp("published")
    for epoch, network in networks.items():
        write(folder / f"ckpt_{epoch}", network)
    labels = generate(networks[10], [0], 3000, seed=5, progress=False)
    np.savetxt(folder / "prediction", labels)
    return folder, folder / "prediction"


@pytest.fixture(scope="module")
def numbers(published):
    found = authors_networks.compare(*published, records.load("four_state", RECORDED), commit="abc")
    return json.loads(json.dumps(found))


def test_the_epochs_come_in_their_order_each_with_its_own_network(numbers, published, networks):
    assert [each["epoch"] for each in numbers["epochs"]] == [2, 10]
    labels = np.loadtxt(published[1]).astype(int)
    for each, network in zip(numbers["epochs"], networks.values(), strict=True):
        assert each["loss"] == pytest.approx(reading_loss(network.get_weights(), labels))
    leaning, own = numbers["epochs"]
    assert leaning["populations"]["mean"][0] > 0.7 > 0.3 > own["populations"]["mean"][0]


def test_the_network_that_generated_the_trajectory_agrees_with_it_and_another_does_not(numbers):
    leaning, own = numbers["epochs"]
    assert leaning["largest_deviation"] > 8 and leaning["chains_as_far"] == 0
    assert own["largest_deviation"] < 4 and own["chains_as_far"] > 0
    assert own["loss"] == pytest.approx(np.log(4), abs=0.01)


def test_the_published_trajectory_is_counted(numbers, published):
    labels = np.loadtxt(published[1]).astype(int)
    counts = transition_counts(labels, [1], n_labels=4)[0]
    found = numbers["published"]
    assert found["transitions"] == counts.tolist() and found["n_frames"] == 3000
    assert found["all_transitions"] == np.count_nonzero(np.diff(labels))
    assert found["populations"] == pytest.approx(np.bincount(labels) / 3000)


def test_an_untrained_embedding_does_not_follow_the_true_times(numbers):
    assert numbers["pairs"] == ["AB", "AC", "AD", "BC", "BD", "CD"]
    assert [each["follows"] for each in numbers["epochs"]] == [False, False]
    # Untrained embedding vectors are almost zero: each step is as likely as any other one.
    assert numbers["epochs"][1]["times"] == pytest.approx([8] * 6, rel=0.1)


def test_a_deviation_is_in_standard_deviations_of_a_chain_or_in_transitions():
    chains = np.zeros((3, 2, 2))
    chains[:, 0, 1] = 8, 10, 12  # mean 10, standard deviation 2
    assert deviations(np.array([[0, 15.0], [3, 0]]), chains).tolist() == [[0, 2.5], [3, 0]]


def test_chains_that_are_as_far_as_the_trajectory_are_counted():
    chains = np.zeros((4, 2, 2))
    chains[:, 0, 1] = 9, 10, 11, 30
    # 30 is 20 standard deviations from 9, 10 and 11; each of them is less than one from the rest.
    assert chains_as_far(np.array([[0, 50.0], [0, 0]]), chains) == 1
    assert chains_as_far(np.array([[0, 15.0], [0, 0]]), chains) == 4


def test_the_command_prints_and_records_what_was_found(published, tmp_path, capsys):
    output = tmp_path / "numbers.json"
    arguments = ["authors", *map(str, published), "--folder", str(RECORDED), "--commit", "abc"]
    assert command.main([*arguments, "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    found = json.loads(output.read_text("utf-8"))
    assert found["commit"] == "abc" and found["source"].endswith("LSTM-predict-MD")
    assert found["provenance"]["versions"]["tensorflow"] == tf.__version__
    lines = printed.splitlines()
    assert lines[0].split()[:5] == ["epoch", "A", "B", "C", "D"]
    assert [line.split()[0] for line in lines[1:4]] == ["2", "10", "published"]
    assert "A→B" in lines[5] and "D→C" in lines[5]


def test_the_recorded_numbers_are_of_all_epochs_and_of_the_same_form(numbers):
    found = json.loads((RECORDED / "authors_networks.json").read_text("utf-8"))
    assert set(found) == set(numbers)
    assert [each["epoch"] for each in found["epochs"]] == list(range(1, 21))
    assert all(set(each) == set(numbers["epochs"][0]) for each in found["epochs"])
    assert found["true_times"] == pytest.approx(numbers["true_times"])
    assert found["commit"] and "with changes" not in found["provenance"]["revision"]


@pytest.mark.parametrize("content, message", [
    ("0\n4\n" * 800, "expected one label from 0 to 3 per line"),
    ("0\n1.5\n" * 800, "expected one label from 0 to 3 per line"),
    ("1 0\n" * 1600, "expected one label from 0 to 3 per line"),
    ("0\n1\n" * 500, "expected more than 1000 labels .* found 1000"),
])  # fmt: skip
def test_a_file_that_is_not_a_generated_trajectory_is_refused(content, message, tmp_path):
    (tmp_path / "prediction").write_text(content)
    with pytest.raises(ValueError, match=f"^prediction: {message}.*; give the file prediction"):
        authors_networks.published_labels(tmp_path / "prediction")


def test_a_folder_without_checkpoints_fails(published, tmp_path, capsys):
    arguments = ["authors", str(tmp_path), str(published[1]), "--folder", str(RECORDED)]
    assert command.main(arguments) == 1
    assert "checkpoints: there is no checkpoint such as ckpt_20" in capsys.readouterr().err


def test_networks_of_other_labels_are_refused(published, tmp_path, capsys):
    write(tmp_path / "ckpt_1", language_model(3))
    arguments = ["authors", str(tmp_path), str(published[1]), "--folder", str(RECORDED)]
    assert command.main(arguments) == 1
    assert "expected networks of 4 labels, found 3" in capsys.readouterr().err
