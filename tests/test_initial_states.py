"""Where a sequence starts: known answers, Keras itself, and what is left out."""

import keras
import numpy as np
import pytest

from lstm_md._support.checks import chains_of
from lstm_md.analysis.markov import MarkovModel
from lstm_md.engine.training_loop import TrainingPlan
from lstm_md.engine.windows import Windows
from lstm_md.model import language_model
from lstm_md.reading import reading_loss
from lstm_md.training import evaluate, sequences, train

CHAIN = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
ENGINES = ("compiled", "keras")
STILL = {"epochs": 1, "learning_rate": 1e-30, "validation_fraction": 0.0, "progress": False}
READ_THROUGH = {"reading_order": "contiguous", "initial_state": "carried"}


def simulate(n_frames, seed=1):
    return MarkovModel(CHAIN).simulate(n_frames, seed=seed)


def network(units=8, seed=1):
    """Make a network whose state matters: weights far from their small initial values."""
    model = language_model(3, 4, units, seed=seed)
    rng = np.random.default_rng(seed)
    model.set_weights([0.8 * rng.normal(size=w.shape) for w in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def stateful_weights():
    """The labels of three steps per epoch, and what Keras's stateful layer learns of them."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("uses TensorFlow's tape")
    import tensorflow as tf

    labels = simulate(64 * 3 * 21)
    stateful = keras.Sequential(
        [
            keras.layers.Input(batch_shape=(64, None)),
            keras.layers.Embedding(3, 4),
            keras.layers.LSTM(8, return_sequences=True, stateful=True),
            keras.layers.Dense(3),
        ]
    )
    stateful.set_weights(network().get_weights())
    data = labels.reshape(-1, 21)
    adam = keras.optimizers.Adam(1e-3, epsilon=1e-8)
    for epoch in range(3):
        order = np.random.default_rng([5, epoch]).permutation(len(data))
        for which in order.reshape(3, 64):
            with tf.GradientTape() as tape:
                logits = stateful(data[which, :-1].astype(np.int32), training=True)
                losses = keras.ops.sparse_categorical_crossentropy(
                    data[which, 1:].astype(np.int32), logits, from_logits=True
                )
                loss = keras.ops.mean(losses)
            variables = stateful.trainable_variables
            gradients = tape.gradient(loss, [variable.value for variable in variables])
            adam.apply([tf.convert_to_tensor(g) for g in gradients], variables)
    return labels, stateful.get_weights()


@pytest.mark.parametrize("engine", ENGINES)
def test_carried_states_are_those_of_a_stateful_layer_of_keras(engine, stateful_weights):
    labels, expected = stateful_weights
    ours = network()
    chosen = {"sequence_length": 20, "shared_label": False, "epsilon": 1e-8, "decay": False}
    train(
        ours, labels, epochs=3, seed=5, learning_rate=1e-3, validation_fraction=0.0,
        progress=False, initial_state="carried", engine=engine, **chosen,
    )  # fmt: skip
    for a, b in zip(ours.get_weights(), expected, strict=True):
        assert np.abs(a - b).max() < 1e-5


def test_a_row_that_continues_reads_as_if_the_labels_were_not_cut():
    labels = simulate(1_001)
    model = network()
    history = train(model, labels, batch_size=1, sequence_length=20, **READ_THROUGH, **STILL)
    assert history.loss[0] == pytest.approx(reading_loss(model.get_weights(), labels, skip=0))


@pytest.mark.parametrize("engine", ["compiled", pytest.param("keras", marks=pytest.mark.on_jax)])
def test_nothing_is_carried_from_one_chain_into_the_next(engine):
    chains = [simulate(201, 1), simulate(301, 2), simulate(101, 3)]
    model = network()
    chosen = {"batch_size": 1, "sequence_length": 20, "engine": engine}
    history = train(model, chains, **chosen, **READ_THROUGH, **STILL)
    each = [reading_loss(model.get_weights(), chain, skip=0) for chain in chains]
    assert history.loss[0] == pytest.approx(np.average(each, weights=[10, 15, 5]))


@pytest.mark.parametrize(
    "engine, order, warm_up",
    [
        ("compiled", "shuffled", 1_000),
        ("compiled", "shuffled", 200),
        ("compiled", "contiguous", 1_000),
        ("compiled", "contiguous", 200),
        # What is read before a sequence does not depend on the engine, but how it is read does.
        ("keras", "shuffled", 200),
    ],
)
def test_a_warm_up_over_all_that_was_before_reads_as_if_the_labels_were_not_cut(
    engine, order, warm_up
):
    chains = [simulate(201, 1), simulate(121, 2)]  # 16 sequences of 20
    model = network()
    history = train(
        model, chains, batch_size=8, sequence_length=20, engine=engine, reading_order=order,
        initial_state="warmed", warm_up_frames=warm_up, **STILL,
    )  # fmt: skip
    each = [reading_loss(model.get_weights(), chain, skip=0) for chain in chains]
    assert history.loss[0] == pytest.approx(np.average(each, weights=[10, 6]))


@pytest.mark.parametrize("units", [8, 96])  # in slices of a batch, and as a whole
def test_a_warm_up_that_ends_within_a_chain_is_read_and_not_learned(units):
    labels = simulate(41 * 7)
    model = network(units)
    chosen = {"sequence_length": 7, "initial_state": "warmed", "warm_up_frames": 10}
    found = evaluate(model, labels, **chosen)
    losses = []
    for start in range(0, len(labels) - 7, 7):
        read = labels[max(0, start - 10) : start + 8]
        losses.append(reading_loss(model.get_weights(), read, skip=len(read) - 8))
    assert found == pytest.approx(np.mean(losses), abs=1e-5)
    assert found != pytest.approx(evaluate(model, labels, sequence_length=7), abs=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_carried_evaluation_reads_each_of_64_stretches_without_a_break(engine):
    labels = simulate(100 * 20 + 1)
    model = network()
    found = evaluate(model, labels, sequence_length=20, initial_state="carried", engine=engine)
    # 100 sequences: the first 36 rows read two of them, the other 28 one.
    starts = [40 * k for k in range(36)] + [36 * 40 + 20 * k for k in range(28)]
    ends = [*starts[1:], len(labels) - 1]
    losses = [
        reading_loss(model.get_weights(), labels[a : b + 1], skip=0) * (b - a)
        for a, b in zip(starts, ends, strict=True)
    ]
    assert found == pytest.approx(sum(losses) / (len(labels) - 1), abs=1e-6)


def test_held_back_labels_are_read_from_the_state_of_the_training():
    labels = simulate(2_001)
    model = network()
    chosen = {"sequence_length": 20, **STILL, "validation_fraction": 0.5, "batch_size": 5}
    zero = train(model, labels, **chosen).validation_loss[0]
    warmed = train(model, labels, initial_state="warmed", **chosen).validation_loss[0]
    carried = train(model, labels, **READ_THROUGH, **chosen).validation_loss[0]
    held_back = labels[1_000:]
    assert zero == pytest.approx(evaluate(model, held_back, sequence_length=20), abs=1e-6)
    each = [reading_loss(model.get_weights(), row, skip=0) for row in sequences(held_back, 200)]
    assert carried == pytest.approx(np.mean(each), abs=1e-6)
    assert len({round(loss, 4) for loss in (zero, warmed, carried)}) == 3


def plan(order="contiguous", n=103, batch_size=10, state="carried", seed=3):
    return TrainingPlan(4, n // batch_size, batch_size, n, 1e-3, True, 1e-7, order, state, seed)


def test_sequences_that_fill_no_batch_are_others_in_each_epoch():
    for order in ("shuffled", "contiguous"):
        read = [np.sort(plan(order).order(epoch), axis=None) for epoch in range(40)]
        assert all(len(np.unique(one)) == 100 for one in read)
        assert len(np.unique(np.concatenate(read))) == 103


def test_each_row_of_the_contiguous_order_reads_its_own_stretch():
    steps = plan().order(0)
    assert steps.shape == (10, 10)
    assert (np.diff(steps, axis=0) == 1).all() and (np.diff(steps, axis=1) == 10).all()


def test_rows_start_anew_where_a_stretch_or_a_chain_begins():
    windows = Windows(chains_of([np.zeros(41, int), np.ones(31, int)]), 10)  # 4 and 3
    reading = plan(n=7, batch_size=1)
    fresh = [
        bool(reading.batch(windows, 1, step, which).fresh[0])
        for step, which in enumerate(reading.order(1))
    ]
    assert fresh == [True, False, False, False, True, False, False]
    shuffled = plan("shuffled", n=7, batch_size=1)
    fresh = [
        bool(shuffled.batch(windows, epoch, step, which).fresh[0])
        for epoch in range(2)
        for step, which in enumerate(shuffled.order(epoch))
    ]
    assert fresh == [True, *[False] * 13]


def test_sequences_can_share_no_label():
    data = sequences(np.arange(12), 5, shared_label=False)
    assert data.tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    chains = sequences([np.arange(12), np.arange(11)], 5, shared_label=False)
    assert chains.tolist() == [*data.tolist(), [0, 1, 2, 3, 4, 5]]


@pytest.mark.parametrize(
    "engine, settings",
    [
        ("compiled", {"initial_state": "carried"}),
        ("compiled", READ_THROUGH),
        ("compiled", {"initial_state": "warmed", "warm_up_frames": 30}),
        # The order and the warm-up do not depend on the engine, but the state that is kept does.
        ("keras", {"initial_state": "carried"}),
    ],
    ids=["carried", "continued", "warmed", "carried by Keras"],
)
def test_a_stopped_training_goes_on_to_the_same_weights(engine, settings, tmp_path):
    labels = simulate(4_000)
    chosen = {"sequence_length": 20, "batch_size": 16, "progress": False, "engine": engine}

    def fit(path, epochs):
        model = language_model(3, 4, 8, seed=1)
        history = train(
            model, labels, epochs=epochs, decay=False, learning_rate=1e-2, checkpoint=path,
            **chosen, **settings,
        )  # fmt: skip
        return model.get_weights(), history

    whole, history = fit(None, 3)
    kept = tmp_path / "kept.npz"
    fit(kept, 1)
    weights, again = fit(kept, 3)
    assert all(np.array_equal(a, b) for a, b in zip(whole, weights, strict=True))
    assert again.loss == history.loss and again.validation_loss == history.validation_loss
    with pytest.raises(ValueError, match="epochs: .*holds a training of 3 epochs"):
        fit(kept, 2)
    with pytest.raises(ValueError, match="initial_state|reading_order|warm_up"):
        train(
            language_model(3, 4, 8, seed=1), labels, epochs=3, decay=False, learning_rate=1e-2,
            checkpoint=kept, **chosen,
        )  # fmt: skip


def test_a_network_starts_from_the_recurrent_weights_that_the_authors_chose():
    usual, authors = (
        language_model(4, 8, 64, seed=1, recurrent_initializer=name).get_weights()[2]
        for name in ("orthogonal", "glorot_uniform")
    )
    limit = np.sqrt(6 / (64 + 4 * 64))
    assert 0.98 * limit < np.abs(authors).max() <= limit
    assert authors.std() == pytest.approx(limit / np.sqrt(3), rel=0.02)
    assert np.abs(usual @ usual.T - np.eye(64)).max() < 1e-5
    with pytest.raises(ValueError, match="recurrent_initializer: .*orthogonal, glorot_uniform"):
        language_model(4, recurrent_initializer="Orthogonal")


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"initial_state": "cold"}, "initial_state: .*zero, carried, warmed.*'cold'"),
        ({"initial_state": None}, "initial_state: expected one of"),
        ({"reading_order": "sorted"}, "reading_order: .*shuffled, contiguous.*'sorted'"),
        ({"warm_up_frames": 10}, "warm_up_frames: found 10 with initial_state='zero'"),
        ({"initial_state": "warmed", "warm_up_frames": 0}, "warm_up_frames: "),
        ({"reading_order": "contiguous", "shared_label": False}, "shared_label: False leaves"),
        ({"epsilon": 0.0}, "epsilon: "),
        ({"shared_label": "no"}, "shared_label: expected True or False, found 'no'"),
        ({"decay": 0}, "decay: expected True or False, found 0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, message):
    model = network()
    before = model.get_weights()
    with pytest.raises((TypeError, ValueError), match=message):
        train(model, simulate(500), progress=False, **settings)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
