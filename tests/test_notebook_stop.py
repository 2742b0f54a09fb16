"""A long notebook cell shows its progress, can be stopped, and continues when it runs again."""

import os
import re
import sys
import time

import pytest

jupyter_client = pytest.importorskip("jupyter_client", reason="there is no Jupyter to start")
pytest.importorskip("ipykernel", reason="there is no kernel to start")

SETUP = """
import numpy as np
from lstm_md._support.archives import digest
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.model import language_model
from lstm_md.training import train

chain = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
labels = simulate_markov_chain(chain, 600_000, seed=1)
"""
TRAIN = """
model = language_model(3, units=16, seed=1)
history = train(model, labels, epochs=3, learning_rate=1e-2, decay=True, checkpoint={path!r})
print(digest({{str(k): weight for k, weight in enumerate(model.get_weights())}}), history.loss)
"""
STEPS = re.compile(r"(\d+)/252 \[")


@pytest.fixture(scope="module")
def notebook():
    """One kernel that runs cells, as Jupyter does."""
    manager = jupyter_client.KernelManager(kernel_name="python3")
    manager.kernel_spec.argv[0] = sys.executable
    # The training is that of the compiled engine, and NumPy is the backend that starts soonest.
    manager.start_kernel(env={**os.environ, "KERAS_BACKEND": "numpy"})
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        notebook = Notebook(manager, client)
        assert notebook.run(SETUP)["error"] is None
        yield notebook
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


class Notebook:
    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, code, stop=None):
        """Run a cell and return what it shows, by kind.

        When ``stop(shown)`` is true, the stop button is pressed.
        """
        shown = {"stdout": "", "stderr": "", "error": None, "others": []}
        asked = self.client.execute(code)
        end = time.monotonic() + 300
        while time.monotonic() < end:
            if stop is not None and stop(shown):
                self.manager.interrupt_kernel()
                stop = None
            try:
                message = self.client.get_iopub_msg(timeout=0.05)
            except Exception as nothing:
                assert type(nothing).__name__ == "Empty", nothing
                continue
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != asked:
                continue
            if kind == "stream":
                shown[content["name"]] += content["text"]
            elif kind == "error":
                shown["error"] = f"{content['ename']}: {content['evalue']}"
            elif kind == "status" and content["execution_state"] == "idle":
                assert stop is None, "it ended before it was stopped"
                return shown
            elif kind not in ("status", "execute_input"):
                shown["others"].append(content)
        raise TimeoutError(code)


def steps(shown):
    """Return the numbers of steps that the progress bar has shown."""
    return [int(number) for number in STEPS.findall(shown["stderr"])]


def test_a_training_shows_its_progress_and_a_stopped_cell_continues_exactly(notebook, tmp_path):
    whole = notebook.run(TRAIN.format(path=str(tmp_path / "whole.npz")))
    assert (
        whole["error"] is None and not whole["others"]
    )  # The bar is text, which any notebook shows.
    assert "training on the " in whole["stderr"] and len(set(steps(whole))) > 3

    cell = TRAIN.format(path=str(tmp_path / "kept.npz"))
    stopped = notebook.run(cell, stop=lambda shown: max(steps(shown), default=0) > 0)
    assert stopped["error"] == (
        f"KeyboardInterrupt: stopped, and saved in {tmp_path / 'kept.npz'}: run the same call "
        f"again to go on from here"
    )
    again = notebook.run(cell)
    assert 0 < max(steps(stopped)) <= steps(again)[0] < max(steps(again)) == 252
    assert again["stdout"] == whole["stdout"] != ""
