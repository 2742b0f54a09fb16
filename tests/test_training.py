"""Training: known answers, seeds, and what is held back."""

import numpy as np
import pytest

from lstm_md.analysis.markov import MarkovModel
from lstm_md.model import language_model
from lstm_md.training import evaluate, sequences, train

CHAIN = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])


def simulate(n_frames, seed):
    return MarkovModel(CHAIN).simulate(n_frames, seed=seed)


def entropy_rate(matrix):
    """Compute the entropy rate of a Markov chain in nats per label: the lowest possible loss."""
    values, vectors = np.linalg.eig(matrix.T)
    weights = np.real(vectors[:, np.argmax(np.real(values))])
    logs = np.log(matrix, out=np.zeros_like(matrix), where=matrix > 0)
    return float(-(weights / weights.sum()) @ (matrix * logs).sum(axis=1))


def test_sequences_are_cut_one_after_the_other_with_the_target_shifted_by_one():
    data = sequences(np.arange(11), 5)
    assert data.tolist() == [[0, 1, 2, 3, 4, 5], [5, 6, 7, 8, 9, 10]]


def test_sequences_never_cross_from_one_chain_into_the_next():
    chains = np.stack([np.zeros(25, int), np.ones(25, int)])
    data = sequences(chains, 10)
    assert data.shape == (4, 11)
    assert [set(row) for row in data.tolist()] == [{0}, {0}, {1}, {1}]


def test_training_reaches_the_entropy_rate_of_a_markov_chain_and_not_less():
    labels = simulate(60_000, 1)
    fresh = simulate(100_000, 2)
    net = language_model(3, units=16, seed=1)
    before = evaluate(net, fresh)
    history = train(net, labels, epochs=24, progress=False)
    bound = entropy_rate(CHAIN)
    assert before > 1.5 * bound
    assert len(history.loss) == len(history.validation_loss) == len(history.seconds) == 24
    assert bound * 0.99 < evaluate(net, fresh) < bound * 1.01


def test_same_seed_gives_the_same_weights_and_another_seed_does_not():
    labels = simulate(14_000, 1)

    def weights(seed):
        net = language_model(3, units=4, seed=1)
        train(net, labels, epochs=2, seed=seed, progress=False)
        return net.get_weights()

    first, second, third = weights(1), weights(1), weights(2)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, third, strict=True))


def test_first_step_of_adam_moves_every_weight_by_at_most_the_learning_rate():
    # Adam's first step is rate × g/|g|. Keras on TensorFlow moves an embedding much further,
    # unless the gradients of one label are added before they are squared.
    net = language_model(3, units=4, seed=1)
    before = net.get_weights()
    labels = simulate(64 * 100 + 1, 1)
    train(net, labels, epochs=1, validation_fraction=0, learning_rate=1e-3, progress=False)
    moves = [np.abs(a - b).max() for a, b in zip(net.get_weights(), before, strict=True)]
    assert max(moves) <= 1.001e-3
    assert moves[0] > 0.9e-3


def test_order_of_the_sequences_is_learned_and_not_only_their_labels():
    labels = np.tile([0, 0, 1, 1, 2], 2_000)
    net = language_model(3, units=16, seed=1)
    train(net, labels, epochs=100, learning_rate=1e-2, progress=False)
    assert evaluate(net, labels) < 0.1
    assert evaluate(net, np.random.default_rng(1).permutation(labels)) > 1.0


def test_the_loss_of_an_epoch_is_the_mean_over_all_of_its_steps():
    # At a learning rate near zero the network does not change, and the mean is its loss.
    labels = np.repeat(simulate(128, 1), 100)
    net = language_model(3, units=4, seed=1)
    net.set_weights([3 * w for w in net.get_weights()])
    history = train(
        net, np.r_[labels, 0], epochs=1, learning_rate=1e-12, validation_fraction=0,
        progress=False,
    )  # fmt: skip
    assert history.loss[0] == pytest.approx(evaluate(net, np.r_[labels, 0]), abs=1e-5)


def test_held_back_sequences_are_not_learned():
    # The last tenth does the opposite of the rest: its loss must grow while the other falls.
    labels = np.concatenate([np.zeros(9_000, int), np.ones(1_001, int)])
    net = language_model(2, units=4, seed=1)
    history = train(net, labels, epochs=5, learning_rate=1e-2, progress=False)
    assert history.loss[-1] < history.loss[0]
    assert history.validation_loss[-1] > history.validation_loss[0]


def test_a_training_that_diverges_says_so():
    labels = simulate(14_000, 1)
    net = language_model(3, units=4, seed=1)
    net.set_weights([w * np.nan for w in net.get_weights()])
    with pytest.raises(FloatingPointError, match="learning_rate: the loss became nan"):
        train(net, labels, epochs=1, progress=False)


CHAINS = [simulate(n, seed) for n, seed in [(3_001, 1), (901, 2), (5_050, 3), (101, 4)]]


def weights_after(labels, **settings):
    net = language_model(3, units=8, seed=1)
    history = train(net, labels, epochs=2, batch_size=8, progress=False, **settings)
    return [*net.get_weights(), np.array(history.loss), evaluate(net, labels)]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_sequences_of_unequal_chains_are_those_of_each_chain_in_turn():
    found = sequences(CHAINS, 100)
    expected = np.concatenate([sequences(chain, 100) for chain in CHAINS])
    assert len(found) == 30 + 9 + 50 + 1
    assert found.dtype == expected.dtype and np.array_equal(found, expected)
    # The frames that fill no sequence are left out of each chain, and not only of the last.
    assert sequences([np.arange(8), np.arange(10, 15)], 3).tolist() == [
        [0, 1, 2, 3], [3, 4, 5, 6], [10, 11, 12, 13],
    ]  # fmt: skip


def test_a_chain_that_is_too_short_for_a_sequence_is_named():
    with pytest.raises(ValueError, match="labels: expected at least 102 .*found 101 in chain 3"):
        sequences(CHAINS, 101)
    with pytest.raises(ValueError, match="found 101 in chain 3"):
        train(language_model(3), CHAINS, sequence_length=101)


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_list_of_equal_chains_is_learned_as_the_array_is(kind, tmp_path):
    array = np.stack([simulate(2_001, seed) for seed in range(3)])
    path = {"checkpoint": tmp_path / "kept.npz"}
    assert np.array_equal(sequences(kind(array), 100), sequences(array, 100))
    expected = weights_after(array, **path)
    # The checkpoint of the array belongs to the list as well.
    assert same(weights_after(kind(array)), expected)
    assert same(weights_after(kind(array), **path), expected)


def test_unequal_chains_are_learned_as_their_sequences_are():
    # Cut to whole sequences and overlapping by one label, the chains have the same sequences.
    cut = sequences(CHAINS, 100)
    assert same(weights_after(CHAINS), weights_after(list(cut)))


def test_unequal_chains_have_a_checkpoint_of_their_own(tmp_path):
    path = tmp_path / "kept.npz"
    expected = weights_after(CHAINS, checkpoint=path)
    assert same(weights_after(CHAINS, checkpoint=path), expected)
    moved = [np.r_[CHAINS[0], CHAINS[1][:100]], CHAINS[1][100:], *CHAINS[2:]]
    with pytest.raises(ValueError, match="checkpoint: .*belongs to other work: it has labels="):
        weights_after(moved, checkpoint=path)


def test_a_memory_map_is_not_copied(tmp_path):
    from lstm_md._support.checks import chains_of
    from lstm_md.engine.windows import Windows

    simulate(9_000, 1).astype(np.uint8).tofile(tmp_path / "labels.bin")
    for shape in [(9_000,), (3, 3_000)]:
        mapped = np.memmap(tmp_path / "labels.bin", dtype=np.uint8, mode="r", shape=shape)
        windows = Windows(chains_of(mapped, n_labels=3), 100)
        assert np.shares_memory(windows._all, mapped)


@pytest.mark.parametrize("name", ["embedding", "lstm", "dense"])
def test_a_layer_that_is_not_to_be_trained_is_refused(name):
    net = language_model(3)
    net.get_layer(name).trainable = False
    with pytest.raises(ValueError, match=f"model: expected trainable = True in '{name}'"):
        train(net, CHAINS, epochs=1, progress=False)
    assert evaluate(net, CHAINS) == pytest.approx(np.log(3), rel=0.01)
