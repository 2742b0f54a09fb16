"""The network, its training and its generation do the same on TensorFlow and on JAX."""

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
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.generation import generate
from lstm_md.model import language_model, load, named_weights, save
from lstm_md.training import evaluate, train

chain = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
labels = simulate_markov_chain(chain, 14_000, seed=1)
folder, backend = Path(sys.argv[1]), keras.backend.backend()
found = {"backend": backend}
for engine in ("keras", "compiled"):
    net = language_model(3, embedding=4, units=8, seed=1)
    history = train(
        net, labels, epochs=3, learning_rate=1e-2, decay=True, engine=engine, progress=False
    )
    found[engine] = {
        "difference": float(np.abs(equations.logits(named_weights(net), labels[:100])
                                   - np.asarray(net(labels[None, :100]))[0]).max()),
        "losses": history.loss + history.validation_loss,
        "evaluated": evaluate(net, labels, engine=engine),
    }
    if sys.argv[2] == "alone":
        write = partial(generate, net, labels[:50], engine=engine, progress=False)
        found[engine] |= {
            "written": write(200, chains=3, seed=1).tolist(),
            "coldest": write(20, temperature=0).tolist(),
        }
if sys.argv[2] == "alone":
    save(net, folder / f"{backend}.keras")
found["loaded"] = {
    path.stem: np.asarray(load(path)(labels[None, :100]))[0].tolist()
    for path in sorted(folder.glob("*.keras"))
}
print(json.dumps(found))
"""
# Before, a step without weights of the samples cannot be shared between devices.
SHARES = tuple(int(part) for part in version("keras").split(".")[:2]) >= (3, 10)
PAIRS = [("tensorflow", "keras"), ("jax", "keras"), ("jax", "compiled")]
PAIRS += [("parallel", "keras")] * SHARES


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What each backend makes of one network and one seed, in a process of its own."""
    folder, found = tmp_path_factory.mktemp("saved"), {}
    for name, backend, how in (
        ("tensorflow", "tensorflow", "alone"),
        ("jax", "jax", "alone"),
        ("again", "tensorflow", "reads"),
        ("parallel", "jax", "parallel"),
    ):
        if how == "parallel" and not SHARES:
            continue
        devices = "--xla_force_host_platform_device_count=2" if how == "parallel" else ""
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(folder), how],
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
def test_training_takes_the_same_way(results, backend, engine):
    # "parallel" has each step's sequences shared between two devices.
    one, other = results["tensorflow"]["compiled"], results[backend][engine]
    assert other["losses"] == pytest.approx(one["losses"], abs=1e-4)
    assert other["evaluated"] == pytest.approx(one["evaluated"], abs=1e-4)


def test_the_compiled_engine_is_the_same_on_all_backends_bit_by_bit(results):
    assert results["jax"]["compiled"] == {
        **results["tensorflow"]["compiled"],
        "difference": results["jax"]["compiled"]["difference"],
    }


@pytest.mark.parametrize("backend, engine", [p for p in PAIRS if p[0] != "parallel"])
def test_generation_writes_the_same_labels(results, backend, engine):
    one, other = results["tensorflow"]["compiled"], results[backend][engine]
    assert other["written"] == one["written"]
    assert other["coldest"] == one["coldest"]


@pytest.mark.parametrize("saved", ["tensorflow", "jax"])
def test_a_model_saved_on_one_backend_has_the_same_logits_on_the_other(results, saved):
    on_jax = np.array(results["jax"]["loaded"]["tensorflow"])
    on_tensorflow = np.array(results["tensorflow"]["loaded"]["tensorflow"])
    if saved == "jax":
        on_jax = np.array(results["jax"]["loaded"]["jax"])
        on_tensorflow = np.array(results["again"]["loaded"]["jax"])
    assert np.abs(on_jax - on_tensorflow).max() < 1e-5
    assert np.abs(on_jax).max() > 0.1
