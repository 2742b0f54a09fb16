"""Train or generate in child processes that are killed again and again, and print the outcome.

``python tests/kill_server.py`` reads lines: ``train|generate KILLS SEED FOLDER``. For each
it first does the work without interruption, and then with KILLS times SIGKILL at random moments.
It prints a line of JSON that says whether both results are the same, and how far the work was
after each kill. Keras is imported once and each child is a fork, so that neither a kill nor a line
costs the time of a start. With ``SIGTERM`` in the place of KILLS, the child gets this signal once,
in the 20th step.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path

import keras  # noqa: F401 (It is imported here and used in the children.)
import numpy as np

from lstm_md import generation
from lstm_md._support.archives import digest, load_arrays
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.engine.steps import CompiledEngine
from lstm_md.model import language_model
from lstm_md.training import train

CHAIN = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
LABELS = simulate_markov_chain(CHAIN, 20_000, seed=1)
OFTEN = 1e-9  # Minutes. The state is saved after every step, so that many kills hit a save.


def trained(path, minutes=OFTEN):
    model = language_model(3, units=16, seed=1)
    history = train(
        model, LABELS, epochs=3, batch_size=16, learning_rate=1e-2, decay=True,
        engine="compiled", checkpoint=path, checkpoint_minutes=minutes, progress=False,
    )  # fmt: skip
    weights = {str(k): w for k, w in enumerate(model.get_weights())}
    return digest({**weights, "loss": np.array([history.loss, history.validation_loss])})


def generated(path):
    generation.FRAMES_PER_BLOCK = 20
    model = language_model(3, units=16, seed=1)
    model.set_weights([4 * w for w in model.get_weights()])
    labels = generation.generate(
        model, [0, 1, 2], 2_000, n_chains=3, seed=1, engine="compiled", checkpoint=path,
        checkpoint_minutes=OFTEN, progress=False,
    )  # fmt: skip
    return digest({"labels": labels})


def trained_until_sigterm(path):
    """Get SIGTERM in a step: it is finished, and saved for this reason alone, before the end."""
    step, count = CompiledEngine.step, 0

    def counted(self, batch, rate):
        nonlocal count
        count += 1
        if count == 20:
            signal.raise_signal(signal.SIGTERM)
        return step(self, batch, rate)

    CompiledEngine.step = counted
    return trained(path, minutes=60)


def attempt(work, path, result, delay=None, *, after_a_save=False):
    """Run one child, and kill it ``delay`` seconds after it began or first saved.

    With None it is not killed. Returns its exit code, and the seconds after its first save.
    """
    before, (ready, begin) = changed(path), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(begin, b"x")
            result.write_text(work(path))
            os._exit(0)
        finally:  # An error must not take the child back to the lines that are read.
            traceback.print_exc()
            os._exit(1)
    os.read(ready, 1)
    os.close(ready), os.close(begin)
    while (after_a_save or delay is None) and changed(path) == before and is_running(child):
        time.sleep(1e-3)
    saved = time.perf_counter()
    if delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, time.perf_counter() - saved


def changed(path):
    """Return when a file was written, or None if it does not exist."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # For instance between the two renames of a save.
        return None


def is_running(child):
    """Tell whether a child has not ended yet, without waiting for it."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def position(path):
    """Return how far the work is, in training steps or frames, or −1 before the first save."""
    for file in (path, path.with_suffix(".before.npz")):
        try:
            state = load_arrays(file)
        except (FileNotFoundError, ValueError):
            continue
        if "position" in state:
            return float(state["position"] @ [1000, 1])
        return float(state["labels"].shape[1])
    return -1.0


def answer(what, kills, seed, folder):
    """Do the work of a line, and return what is said of it."""
    work = {"train": trained, "generate": generated}[what]
    path, result = Path(folder, "kept.npz"), Path(folder, "result")
    uninterrupted = Path(folder, "uninterrupted.npz")
    begin = time.perf_counter()
    code, working = attempt(work, uninterrupted, result)
    seconds = time.perf_counter() - begin
    assert code == 0
    expected = result.read_text()
    result.unlink()
    if kills == "SIGTERM":
        exits = [attempt(trained_until_sigterm, path, result)[0]]
        positions = [position(path)]
    else:
        plan = work, path, result, expected
        exits, positions = killed(plan, int(kills), int(seed), seconds, working)
    assert attempt(work, path, result)[0] == 0
    return {"same": result.read_text() == expected, "positions": positions, "exits": exits}


def killed(plan, kills, seed, seconds, working):
    """Kill the work again and again; return the exit codes, and how far it was each time."""
    work, path, result, expected = plan
    rng, positions, exits = random.Random(seed), [], []
    for kill in range(3 * kills):  # On a busy machine, many end before their kill.
        if exits.count(-signal.SIGKILL) == kills:
            break
        # A random moment of the whole work, and in turn a moment after the first save. The second
        # is in the middle of the work on any machine.
        after_a_save = kill % 2 == 1
        delay = rng.uniform(0, working / 6 if after_a_save else seconds)
        exits.append(attempt(work, path, result, delay, after_a_save=after_a_save)[0])
        positions.append(position(path))
        if exits[-1] == 0:  # It ended before the kill, so that the work begins again.
            assert result.read_text() == expected
            for file in (path, path.with_suffix(".before.npz"), result):
                file.unlink(missing_ok=True)
    return exits, positions


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        print(json.dumps(answer(*line.rstrip("\n").split(" ", 3))), flush=True)
