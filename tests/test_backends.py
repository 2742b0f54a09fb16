"""Network, training and generation give the same results on TensorFlow and on JAX."""

import json
import os
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest

pytest.importorskip("jax", reason="the other backend is installed with the extra dev or jax")

SCRIPT = """
import json, sys
from functools import partial
from pathlib import Path
import keras, numpy as np
if sys.argv[2] == "parallel":
    keras.distribution.set_distribution(keras.distribution.DataParallel())
from lstm_md import equations
from lstm_md.analysis.markov import MarkovModel
from lstm_md.generation import generate
from lstm_md.model import language_model, load, named_weights, save
from lstm_md.training import evaluate, train

chain = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
labels = MarkovModel(chain).simulate(14_000, seed=1)
folder, backend = Path(sys.argv[1]), keras.backend.backend()
found = {"backend": backend}
for engine in ("keras", "compiled"):
    net = language_model(3, embedding_dim=4, units=8, seed=1)
    history = train(net, labels, epochs=3, learning_rate=1e-2, engine=engine, progress=False)
    found[engine] = {
        "difference": float(np.abs(equations.logits(named_weights(net), labels[:100])
                                   - np.asarray(net(labels[None, :100]))[0]).max()),
        "losses": history.loss + history.validation_loss,
        "evaluated": evaluate(net, labels, engine=engine),
    }
    if sys.argv[2] == "alone":
        new = partial(generate, net, labels[:50], engine=engine, progress=False)
        found[engine] |= {
            "generated": new(200, n_chains=3, seed=1).tolist(),
            "temperature 0": new(20, temperature=0).tolist(),
        }
if sys.argv[2] == "alone":
    save(net, folder / f"{backend}.keras")
found["loaded"] = {
    path.stem: np.asarray(load(path)(labels[None, :100]))[0].tolist()
    for path in sorted(folder.glob("*.keras"))
}
print(json.dumps(found))
"""
# Older versions cannot share a step without sample weights between devices.
SHARES = tuple(int(part) for part in version("keras").split(".")[:2]) >= (3, 10)
PAIRS = [("tensorflow", "keras"), ("jax", "keras"), ("jax", "compiled")]
PAIRS += [("parallel", "keras")] * SHARES


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Compute with the same network and seed on each backend, in separate processes."""
    folder, found = tmp_path_factory.mktemp("saved"), {}
    for name, backend, mode in (
        ("tensorflow", "tensorflow", "alone"),
        ("jax", "jax", "alone"),
        ("again", "tensorflow", "load only"),
        ("parallel", "jax", "parallel"),
    ):
        if mode == "parallel" and not SHARES:
            continue
        devices = "--xla_force_host_platform_device_count=2" if mode == "parallel" else ""
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(folder), mode],
            env={**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": devices},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        found[name] = json.loads(run.stdout.splitlines()[-1])
        assert found[name]["backend"] == backend
    return found


@pytest.mark.parametrize("backend, engine", PAIRS)
def test_logits_are_those_of_the_equations(results, backend, engine):
    assert results[backend][engine]["difference"] < 1e-5


@pytest.mark.parametrize("backend, engine", PAIRS)
def test_the_losses_of_a_training_are_the_same(results, backend, engine):
    # "parallel" shares the sequences of each step between two devices.
    one, other = results["tensorflow"]["compiled"], results[backend][engine]
    assert other["losses"] == pytest.approx(one["losses"], abs=1e-4)
    assert other["evaluated"] == pytest.approx(one["evaluated"], abs=1e-4)


def test_the_compiled_engine_is_the_same_on_all_backends_bit_by_bit(results):
    assert results["jax"]["compiled"] == {
        **results["tensorflow"]["compiled"],
        "difference": results["jax"]["compiled"]["difference"],
    }


@pytest.mark.parametrize("backend, engine", [p for p in PAIRS if p[0] != "parallel"])
def test_the_generated_labels_are_the_same(results, backend, engine):
    one, other = results["tensorflow"]["compiled"], results[backend][engine]
    assert other["generated"] == one["generated"]
    assert other["temperature 0"] == one["temperature 0"]


@pytest.mark.parametrize("saved", ["tensorflow", "jax"])
def test_a_model_saved_on_one_backend_has_the_same_logits_on_the_other(results, saved):
    on_jax = np.array(results["jax"]["loaded"]["tensorflow"])
    on_tensorflow = np.array(results["tensorflow"]["loaded"]["tensorflow"])
    if saved == "jax":
        on_jax = np.array(results["jax"]["loaded"]["jax"])
        on_tensorflow = np.array(results["again"]["loaded"]["jax"])
    assert np.abs(on_jax - on_tensorflow).max() < 1e-5
    assert np.abs(on_jax).max() > 0.1
