"""The network, its training and its generation do the same on TensorFlow and on JAX."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("jax", reason="the other backend is installed with the extra dev or jax")

SCRIPT = """
import json, sys
import keras, numpy as np
from lstm_md import equations
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.generation import generate
from lstm_md.model import language_model, load, named_weights, save
from lstm_md.training import evaluate, train

chain = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
labels = simulate_markov_chain(chain, 14_000, seed=1)
net = language_model(3, embedding=4, units=8)
rng = np.random.default_rng(1)  # the backends draw other initial weights from one seed
net.set_weights([rng.normal(0, 0.3, w.shape) for w in net.get_weights()])
logits = equations.logits(named_weights(net), labels[:100])
difference = float(np.abs(logits - np.asarray(net(labels[None, :100]))[0]).max())
history = train(net, labels, epochs=3, learning_rate=1e-2, decay=True, progress=False)
save(net, sys.argv[1])
print(json.dumps({
    "backend": keras.backend.backend(),
    "difference": difference,
    "losses": history.loss + history.validation_loss,
    "evaluated": evaluate(load(sys.argv[1]), labels),
    "written": generate(net, labels[:50], 50, seed=1).tolist(),
    "coldest": generate(net, labels[:50], 20, temperature=0).tolist(),
}))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What each backend makes of one network and one seed, in a process of its own."""
    found = {}
    for backend in ("tensorflow", "jax"):
        path = tmp_path_factory.mktemp(backend) / "net.keras"
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path)],
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        found[backend] = json.loads(run.stdout.splitlines()[-1])
        assert found[backend]["backend"] == backend
    return found


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_logits_are_those_of_the_equations(results, backend):
    assert results[backend]["difference"] < 1e-5


def test_training_takes_the_same_way(results):
    assert results["jax"]["losses"] == pytest.approx(results["tensorflow"]["losses"], abs=1e-4)
    assert results["jax"]["evaluated"] == pytest.approx(
        results["tensorflow"]["evaluated"], abs=1e-4
    )


def test_generation_writes_the_same_labels(results):
    assert results["jax"]["written"] == results["tensorflow"]["written"]
    assert results["jax"]["coldest"] == results["tensorflow"]["coldest"]
