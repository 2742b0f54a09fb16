"""The network: its size, its equations, its weights, its files."""

from functools import cache

import keras
import numpy as np
import pytest

from lstm_md import equations, model
from lstm_md.generation import generate
from lstm_md.model import NetworkSize, language_model
from lstm_md.training import evaluate, train


def test_parameter_count_is_that_of_the_paper():
    assert NetworkSize(n_labels=20, embedding_dim=128, units=1024).n_parameters == 4_745_748


def test_keras_counts_the_same_parameters():
    net = language_model(5, embedding_dim=7, units=11)
    assert net.count_params() == NetworkSize(5, 7, 11).n_parameters
    assert f"{net.count_params():,}" in model.summary(net)


@pytest.mark.on_jax
@pytest.mark.parametrize("sizes", [(3, 8, 64), (34, 5, 7)])
def test_logits_equal_the_equations_line_by_line(sizes):
    net = language_model(*sizes, seed=3)
    # Biases and embeddings start near zero: move them, so that a wrong gate shows.
    rng = np.random.default_rng(1)
    net.set_weights([w + rng.normal(0, 0.1, w.shape) for w in net.get_weights()])
    labels = rng.integers(0, sizes[0], 100)
    ours = equations.logits(model.named_weights(net), labels)
    theirs = np.asarray(net(labels[None]))[0]
    assert np.abs(ours - theirs).max() < 1e-5
    assert ours.std() > 0.01


def test_same_seed_gives_the_same_weights_and_another_seed_does_not():
    first, second, third = (language_model(3, seed=s) for s in (1, 1, 2))
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(first.get_weights()[0], third.get_weights()[0])


@pytest.mark.on_jax
def test_a_saved_model_comes_back_with_equal_logits(tmp_path):
    net = language_model(4, 3, 5, seed=1)
    model.save(net, tmp_path / "net.keras")
    back = model.load(tmp_path / "net.keras", expected=NetworkSize(4, 3, 5))
    labels = np.arange(4)[None]
    assert np.array_equal(np.asarray(net(labels)), np.asarray(back(labels)))
    assert model.size_of(back) == NetworkSize(4, 3, 5)
    assert [p.name for p in tmp_path.iterdir()] == ["net.keras"]


@pytest.mark.on_jax
def test_a_checkpoint_of_tensorflow_gives_the_same_logits(tmp_path):
    tf = pytest.importorskip("tensorflow", reason="TensorFlow writes the checkpoint")
    net = language_model(4, 3, 5, seed=1)
    names = "embedding/embeddings lstm/kernel lstm/recurrent_kernel lstm/bias dense/kernel"
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "ckpt_1"),
        tensor_names=[*names.split(), "dense/bias"],
        shape_and_slices=[""] * 6,
        tensors=[tf.constant(weight) for weight in net.get_weights()],
    )
    back = model.load_tensorflow(tmp_path / "ckpt_1")
    labels = np.arange(4)[None]
    assert np.array_equal(np.asarray(net(labels)), np.asarray(back(labels)))
    assert model.size_of(back) == NetworkSize(4, 3, 5)


def test_softmax_and_sigmoid_have_their_closed_forms():
    assert equations.softmax(np.log([1.0, 2.0, 5.0])) == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    assert equations.sigmoid(np.array([0.0, np.log(3.0)])) == pytest.approx([0.5, 0.75])


def test_initial_weights_are_distributed_as_those_of_keras():
    import keras

    ours = language_model(300, embedding_dim=60, units=50, seed=1).get_weights()
    keras.utils.set_random_seed(1)  # A layer draws the seeds of its weights when it is made.
    layers = [
        keras.layers.Input((None,)),
        keras.layers.Embedding(300, 60),
        keras.layers.LSTM(50, return_sequences=True),
        keras.layers.Dense(300),
    ]
    theirs = keras.Sequential(layers).get_weights()
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert abs(a.mean() - b.mean()) < 0.003
        assert a.std() == pytest.approx(b.std(), rel=0.05)
        assert abs(a).max() == pytest.approx(abs(b).max(), rel=0.3)  # one of many
    assert np.abs(ours[2] @ ours[2].T - np.eye(50)).max() < 1e-5  # orthogonal
    assert np.array_equal(ours[3], theirs[3])  # 1 for the forget gate, else 0


def foreign(embedding=None, lstm=None, dense=None, n_outputs=3, **others):
    """Make a network of the same kinds of layers, but with other settings."""
    import keras
    from keras import layers

    made = keras.Sequential(
        [
            layers.Input((None,)),
            layers.Embedding(3, 4, name="embedding", **(embedding or {})),
            others.get("middle") or layers.LSTM(
                5, name="lstm", **{"return_sequences": True, **(lstm or {})}
            ),
            layers.Dense(n_outputs, name="dense", **(dense or {})),
        ]
    )  # fmt: skip
    return made


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            {"embedding": {"mask_zero": True}},
            "mask_zero = False in 'embedding', found True",
        ),
        ({"embedding": {"embeddings_constraint": "non_neg"}}, "embeddings_constraint = None"),
        ({"embedding": {"dtype": "float16"}}, "expected dtype = float32 in 'embedding'"),
        (
            {"lstm": {"activation": "relu"}},
            "activation = tanh in 'lstm', found .*relu",
        ),
        pytest.param(
            {"lstm": {"activation": "hard_tanh"}},
            "found another function .hard_tanh.",
            marks=pytest.mark.skipif(
                not hasattr(keras.activations, "hard_tanh"), reason="this Keras has no hard_tanh"
            ),
        ),
        ({"lstm": {"activity_regularizer": "l1"}}, "activity_regularizer = None in 'lstm'"),
        ({"lstm": {"recurrent_activation": "hard_sigmoid"}}, "recurrent_activation = sigmoid"),
        ({"lstm": {"use_bias": False}}, "use_bias = True in 'lstm', found False"),
        ({"lstm": {"go_backwards": True}}, "go_backwards = False in 'lstm'"),
        ({"lstm": {"return_sequences": False}}, "return_sequences = True in 'lstm'"),
        ({"lstm": {"dropout": 0.1}}, "dropout = 0 in 'lstm', found 0.1"),
        ({"lstm": {"recurrent_dropout": 0.1}}, "recurrent_dropout = 0 in 'lstm', found 0.1"),
        ({"lstm": {"kernel_regularizer": "l2"}}, "kernel_regularizer = None in 'lstm'"),
        ({"lstm": {"bias_constraint": "non_neg"}}, "bias_constraint = None in 'lstm'"),
        (
            {"dense": {"activation": "softmax"}},
            "activation = linear in 'dense', found .*softmax",
        ),
        ({"dense": {"use_bias": False}}, "use_bias = True in 'dense', found False"),
        ({"n_outputs": 6}, "expected units = 3 in 'dense', found 6"),
        ({"n_outputs": 2}, "expected units = 3 in 'dense', found 2"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:40],
)
def test_a_network_that_computes_something_else_is_refused(changes, message, tmp_path):
    net = foreign(**changes)
    with pytest.raises(ValueError, match=f"model: .*{message}"):
        train(net, [0, 1] * 60, epochs=1, progress=False)
    with pytest.raises(ValueError, match=f"model: .*{message}"):
        generate(net, [0, 1], 5, progress=False)
    net.save(tmp_path / "net.keras")
    with pytest.raises(ValueError, match=f"path: .*another kind of network .*{message}"):
        model.load(tmp_path / "net.keras")


def test_settings_that_change_no_number_are_taken():
    net = foreign(lstm={"unroll": False, "unit_forget_bias": False, "seed": 3})
    assert model.size_of(net) == NetworkSize(3, 4, 5)
    assert generate(net, [0, 1], 5, progress=False).shape == (5,)


def test_a_layer_that_only_has_the_name_is_refused():
    import keras

    class LSTM(keras.layers.LSTM):
        def call(self, sequences, initial_state=None, mask=None, training=False):
            return -super().call(sequences, initial_state, mask, training)

    with pytest.raises(TypeError, match="model: expected keras.LSTM, found .*LSTM, which may"):
        model.size_of(foreign(middle=LSTM(5, return_sequences=True)))

    class Sequential(keras.Sequential):
        def call(self, *given, **options):
            return 2 * super().call(*given, **options)

    with pytest.raises(TypeError, match="model: expected keras.Sequential, found"):
        model.size_of(Sequential(language_model(3).layers))


@pytest.mark.parametrize("kind", ["GRU", "SimpleRNN"])
def test_another_kind_of_layer_named_lstm_is_refused(kind):
    import keras

    layer = getattr(keras.layers, kind)(5, return_sequences=True, name="lstm")
    with pytest.raises(TypeError, match=f"found Embedding, {kind}, Dense"):
        model.size_of(foreign(middle=layer))


def test_a_network_without_weights_is_refused():
    import keras

    layers = [keras.layers.Embedding(3, 4), keras.layers.LSTM(5, return_sequences=True)]
    with pytest.raises(ValueError, match="model: expected the shapes of its weights"):
        model.size_of(keras.Sequential([*layers, keras.layers.Dense(3)]))


def test_sizes_may_be_integers_of_numpy(tmp_path):
    # 200 labels times 4 does not fit into a uint8.
    size = NetworkSize(np.uint8(200), np.int64(4), np.uint8(80))
    assert size == NetworkSize(200, 4, 80)
    assert size.n_parameters == NetworkSize(200, 4, 80).n_parameters
    assert str(size) == str(NetworkSize(200, 4, 80))
    net = language_model(np.uint8(200), np.int64(4), np.uint8(80), seed=np.int64(3))
    assert same(net, language_model(200, 4, 80, seed=3))
    model.save(net, tmp_path / "net.keras")
    assert same(model.load(tmp_path / "net.keras"), net)


def same(first, second):
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def results(engine, path):
    """Train, save, load, generate and evaluate."""
    net = language_model(3, 4, 6, seed=1)
    labels = np.random.default_rng(1).integers(0, 3, 2_000)
    history = train(net, labels, epochs=2, engine=engine, progress=False)
    model.save(net, path)
    net = model.load(path)
    generated = generate(net, labels[:20], 200, engine=engine, progress=False)
    loss = evaluate(net, labels, engine=engine)
    return net.get_weights(), history.loss, generated, loss


@pytest.fixture(scope="module")
def usual_results(tmp_path_factory):
    """The results of each engine in the usual precision, each computed once."""
    return cache(lambda engine: results(engine, tmp_path_factory.mktemp(engine) / "net.keras"))


@pytest.mark.parametrize(
    "floatx, policy, engine",
    [
        ("float64", "float64", "compiled"),
        ("float16", "float16", "compiled"),
        ("bfloat16", "bfloat16", "compiled"),
        ("float32", "mixed_float16", "compiled"),
        ("float32", "mixed_bfloat16", "compiled"),
        pytest.param("float64", "mixed_float16", "keras", marks=pytest.mark.on_jax),
    ],
)
def test_the_default_precision_of_keras_changes_no_number(
    floatx, policy, engine, usual_results, tmp_path
):
    import keras

    expected = usual_results(engine)
    usual = keras.config.floatx(), keras.config.dtype_policy()
    try:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
        found = results(engine, tmp_path / "net.keras")
        assert keras.config.floatx() == floatx
    finally:
        keras.config.set_floatx(usual[0])
        keras.config.set_dtype_policy(usual[1])
    assert all(np.array_equal(a, b) for a, b in zip(found[0], expected[0], strict=True))
    assert found[0][0].dtype == np.float32
    assert found[1] == expected[1] and found[3] == expected[3]
    assert np.array_equal(found[2], expected[2])
