"""Network, training and generation give the same results on TensorFlow and on JAX.

That Keras's engine learns the same as the compiled one, on each of the two, is tested in
``engine/test_steps.py``.
"""

import json
import os
import subprocess
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pytest

from lstm_md import equations
from lstm_md.analysis.markov import MarkovModel
from lstm_md.generation import generate
from lstm_md.model import language_model, load, named_weights, save
from lstm_md.training import evaluate, train

pytest.importorskip("jax", reason="the other backend is installed with the extra dev or jax")

ROOT = Path(__file__).parents[1]
CHAIN = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
SCRIPT = """
import json, sys
from pathlib import Path
from tests import test_backends
print(json.dumps([test_backends.computed(Path(sys.argv[1]), mode) for mode in sys.argv[2:]]))
"""
# Older versions cannot share a step without sample weights between devices.
SHARES = tuple(int(part) for part in version("keras").split(".")[:2]) >= (3, 10)


def trained(engine, labels):
    """Train and evaluate a network; return it, its weights, and its losses."""
    net = language_model(3, embedding_dim=4, units=8, seed=1)
    history = train(net, labels, epochs=3, learning_rate=1e-2, engine=engine, progress=False)
    losses = [*history.loss, *history.validation_loss, evaluate(net, labels, engine=engine)]
    return net, losses


def logits(net, labels):
    return np.asarray(net(labels[None]))[0]


def computed(folder, mode):
    """Train, generate, save, and load what is in the folder, on the backend of this process."""
    labels = MarkovModel(CHAIN).simulate(14_000, seed=1)
    found = {"backend": keras.backend.backend()}
    if mode == "alone":
        net, found["losses"] = trained("compiled", labels)
        found["weights"] = [weight.tolist() for weight in net.get_weights()]
        for engine in ("compiled", "keras"):
            new = partial(generate, net, labels[:50], engine=engine, progress=False)
            drawn = new(200, n_chains=3, seed=1), new(200, n_chains=3, temperature=0)
            found[engine] = [chains.tolist() for chains in drawn]
        save(net, folder / f"{found['backend']}.keras")
    elif mode == "parallel":
        keras.distribution.set_distribution(keras.distribution.DataParallel())
        found["devices"] = len(keras.distribution.list_devices())
        net, found["losses"] = trained("keras", labels)
        expected = equations.logits(named_weights(net), labels[:100])
        found["difference"] = float(np.abs(expected - logits(net, labels[:100])).max())
    if mode != "parallel":
        found["loaded"] = {
            path.stem: logits(load(path), labels[:100]).tolist()
            for path in sorted(folder.glob("*.keras"))
        }
    return found


def computed_on(backend, folder, *modes):
    """Compute here if this is the backend, and otherwise in another process."""
    if keras.backend.backend() == backend:
        found = [computed(folder, mode) for mode in modes]
    else:
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(folder), *modes], cwd=ROOT,
            # JAX takes the CPU for two devices, and uses the first one if nothing else is said.
            env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT),
                 "XLA_FLAGS": "--xla_force_host_platform_device_count=2"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        found = json.loads(run.stdout.splitlines()[-1])
    assert [each["backend"] for each in found] == [backend] * len(modes)
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Compute with the same network and seed on each backend."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the run with TensorFlow has these tests")
    folder = tmp_path_factory.mktemp("saved")
    (on_tensorflow,) = computed_on("tensorflow", folder, "alone")
    on_jax = computed_on("jax", folder, "alone", *["parallel"] * SHARES)
    (again,) = computed_on("tensorflow", folder, "load only")
    found = {"tensorflow": on_tensorflow, "jax": on_jax[0], "again": again}
    if SHARES:
        found["parallel"] = on_jax[1]
    return found


def test_the_compiled_engine_is_the_same_on_all_backends_bit_by_bit(results):
    for name in ("losses", "weights", "compiled"):
        assert results["jax"][name] == results["tensorflow"][name]


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_generated_labels_are_the_same(results, backend):
    assert results[backend]["keras"] == results["tensorflow"]["compiled"]


@pytest.mark.skipif(not SHARES, reason="this Keras cannot share a step")
def test_two_devices_that_share_each_step_have_the_losses_of_one(results):
    assert results["parallel"]["devices"] == 2
    assert results["parallel"]["difference"] < 1e-5
    one, other = results["tensorflow"]["losses"], results["parallel"]["losses"]
    assert other == pytest.approx(one, abs=1e-4)


@pytest.mark.parametrize("saved", ["tensorflow", "jax"])
def test_a_model_saved_on_one_backend_has_the_same_logits_on_the_other(results, saved):
    on_jax = np.array(results["jax"]["loaded"]["tensorflow"])
    on_tensorflow = np.array(results["tensorflow"]["loaded"]["tensorflow"])
    if saved == "jax":
        on_jax = np.array(results["jax"]["loaded"]["jax"])
        on_tensorflow = np.array(results["again"]["loaded"]["jax"])
    assert np.abs(on_jax - on_tensorflow).max() < 1e-5
    assert np.abs(on_jax).max() > 0.1
