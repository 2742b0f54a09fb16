"""Long computations survive kills, signals, damaged files and full disks."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_md._support.archives import load_arrays, save_arrays
from lstm_md._support.checkpoints import Checkpoint
from lstm_md.analysis.markov import simulate_markov_chain
from lstm_md.generation import generate
from lstm_md.model import language_model
from lstm_md.training import train

CHAIN = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
LABELS = simulate_markov_chain(CHAIN, 14_000, seed=1)
OFTEN = 1e-9


def network(seed=1):
    return language_model(3, units=4, seed=seed)


def fit(path, model=None, labels=LABELS, **changes):
    """Train for three epochs of 15 steps; return the final weights and the history."""
    model = network() if model is None else model
    settings = {
        "epochs": 3, "learning_rate": 1e-2, "decay": False, "batch_size": 8, **changes,
    }  # fmt: skip
    history = train(model, labels, checkpoint=path, progress=False, **settings)
    return model.get_weights(), history


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """The checkpoint of a finished training, its weights and its history; not to be changed."""
    path = tmp_path_factory.mktemp("finished") / "kept.npz"
    return path, *fit(path)


def copied(path, folder):
    """Copy a checkpoint with the one before it, and return the path of the copy."""
    for file in (path, path.with_suffix(".before.npz")):
        shutil.copy(file, folder)
    return folder / path.name


@pytest.fixture
def finished(trained_once, tmp_path):
    """A copy of the checkpoint, the weights and the history."""
    path, whole, history = trained_once
    return copied(path, tmp_path), whole, history


def spoil(path):
    content = bytearray(path.read_bytes())
    middle = content.index(b"weight_2")  # The name of an array comes before its numbers.
    content[middle + 200] ^= 0x01
    path.write_bytes(content)


@pytest.fixture(scope="module")
def ask_kill_server(tmp_path_factory):
    """Start tests/kill_server.py, and return a function that asks it for a work."""
    server = Path(__file__).with_name("kill_server.py")
    errors = tmp_path_factory.mktemp("kill_server") / "errors"
    with (
        open(errors, "w") as stderr,
        subprocess.Popen(
            [sys.executable, str(server)], cwd=server.parents[1],
            # Only the compiled engine works there, and NumPy is the backend that starts soonest.
            env={**os.environ, "PYTHONPATH": ".", "KERAS_BACKEND": "numpy"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
        ) as process,
    ):  # fmt: skip

        def ask(*words):
            assert process.poll() is None, errors.read_text()
            print(*words, file=process.stdin, flush=True)
            answer = process.stdout.readline()
            assert answer, errors.read_text()
            return json.loads(answer)

        yield ask


@pytest.mark.parametrize("what", ["train", "generate"])
def test_kills_at_random_moments_change_no_bit_of_the_result(what, ask_kill_server, tmp_path):
    found = ask_kill_server(what, 10, 1, tmp_path)
    assert found["same"]
    killed = [p for p, code in zip(found["positions"], found["exits"]) if code == -signal.SIGKILL]
    assert len(killed) >= 5
    in_the_middle = {p for p in killed if p > 0}
    assert len(in_the_middle) >= 2


def interrupt(monkeypatch, number, engine="CompiledEngine", step=25):
    """Raise a signal in the given step of a training."""
    from lstm_md.engine import steps

    original, count = getattr(steps, engine).step, 0

    def counted(self, batch, rate):
        nonlocal count
        count += 1
        if count == step:
            signal.raise_signal(number)
        return original(self, batch, rate)

    monkeypatch.setattr(getattr(steps, engine), "step", counted)


def test_ctrl_c_saves_first_and_the_same_call_continues(trained_once, tmp_path, monkeypatch):
    _, whole, history = trained_once
    model = network()
    with monkeypatch.context() as patch:
        interrupt(patch, signal.SIGINT)
        with pytest.raises(KeyboardInterrupt, match="saved in .*kept.npz: run the same call again"):
            fit(tmp_path / "kept.npz", model)
    assert np.load(tmp_path / "kept.npz")["position"].tolist() == [1, 10]
    # In a notebook the cell runs again, with the model that the interrupt left.
    weights, again = fit(tmp_path / "kept.npz", model)
    assert same(weights, whole)
    assert again.loss == history.loss
    # In a new Python process there is a new model.
    assert same(fit(tmp_path / "kept.npz")[0], whole)


def test_ctrl_c_without_a_checkpoint_keeps_the_weights_so_far(monkeypatch):
    model = network()
    before = model.get_weights()
    with monkeypatch.context() as patch:
        interrupt(patch, signal.SIGINT)
        with pytest.raises(KeyboardInterrupt, match='with checkpoint="NAME.npz" the same call'):
            fit(None, model)
    assert not same(model.get_weights(), before)


def test_an_ignored_signal_does_not_stop_a_training(trained_once, monkeypatch):
    _, whole, history = trained_once
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with monkeypatch.context() as patch:
            interrupt(patch, signal.SIGINT)
            weights, again = fit(None)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, old)
    assert same(weights, whole) and again.loss == history.loss


def test_sigterm_saves_first_and_then_ends_the_process(ask_kill_server, tmp_path):
    found = ask_kill_server("train", "SIGTERM", 1, tmp_path)
    assert found == {"same": True, "positions": [1_009], "exits": [-signal.SIGTERM]}


def test_signal_handlers_are_restored(tmp_path):
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    fit(tmp_path / "kept.npz", epochs=1)
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty"])
def test_a_damaged_checkpoint_is_replaced_by_the_one_before_it(finished, damage):
    path, whole, history = finished
    if damage == "flipped":
        spoil(path)
    else:
        path.write_bytes(path.read_bytes()[: 3_000 if damage == "cut" else 0])
    with pytest.warns(UserWarning, match="checkpoint: .*damaged.*the state before it is used"):
        weights, again = fit(path)
    assert same(weights, whole)
    assert again.validation_loss == history.validation_loss
    # The damaged one did not take the place of the one that was used.
    assert load_arrays(path.with_suffix(".before.npz"))["position"].tolist() == [2, 0]


def test_a_kill_between_the_two_renames_loses_nothing(finished):
    path, whole, _ = finished
    path.rename(path.with_suffix(".before.npz"))
    assert same(fit(path)[0], whole)


@pytest.mark.parametrize("damage", [spoil, lambda path: rewrite(path, weight_2=first_to(7.0))])
def test_damage_of_both_files_is_an_error_that_says_what_to_do(finished, damage):
    path, _, _ = finished
    damage(path)
    damage(path.with_suffix(".before.npz"))
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="delete .* or .*resume=False"):
        fit(path)
    fit(path, resume=False)
    assert Checkpoint(path, np.load(path)["purpose"].item(), 1).load() is not None


def test_a_finished_training_takes_no_more_steps(finished, monkeypatch):
    path, whole, history = finished
    monkeypatch.setattr("lstm_md.engine.steps.CompiledEngine.step", None)
    weights, again = fit(path)
    assert same(weights, whole)
    assert vars(again) == vars(history)


def rewrite(path, **changes):
    """Change arrays of a checkpoint, and give it a valid checksum."""
    state = load_arrays(path)
    for name, change in changes.items():
        state[name] = np.asarray(change(state[name]))
        if change is missing:
            del state[name]
    save_arrays(path, state)


def missing(array):
    return 0


def first_to(value):
    """Replace the first number of an array."""

    def change(array):
        array = array.copy()
        array.reshape(-1)[0] = value
        return array

    return change


@pytest.mark.parametrize(
    "name, change",
    [
        ("weight_2", first_to(7.0)),
        ("weight_0", lambda a: a[:2]),
        ("weight_0", lambda a: a.astype(np.float64)),
        ("weight_5", first_to(np.nan)),
        ("mean_1", first_to(np.inf)),
        ("mean_1", lambda a: a[:-1]),
        ("square_1", first_to(-1.0)),
        ("square_1", missing),
        ("steps", lambda a: a + 1),
        ("steps", lambda a: a - 1_000),
        ("position", first_to(-1)),
        ("position", lambda a: a + [0, 99]),
        ("position", lambda a: a[:1]),
        ("step_losses", lambda a: np.zeros(3)),
        ("history_loss", lambda a: a[:-1]),
        ("history_loss", first_to(np.nan)),
        ("history_validation_loss", first_to(-5.0)),
        ("history_seconds", first_to(np.inf)),
        ("elapsed", lambda a: -a - 1),
        ("weights", lambda a: np.array("none")),
        ("weights", missing),
        ("threads", first_to(0)),
    ],
)
def test_a_training_state_that_cannot_be_is_replaced_by_the_one_before(finished, name, change):
    path, whole, history = finished
    rewrite(path, **{name: change})
    with pytest.warns(UserWarning, match="although its checksum is right.*the state before it"):
        weights, again = fit(path)
    assert same(weights, whole) and again.loss == history.loss


def generate_often(path):
    """Generate 200 frames and save them four times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lstm_md.generation.FRAMES_PER_BLOCK", 50)
        return generate(
            network(), [0, 1], 200, n_chains=3, seed=1, checkpoint=path, checkpoint_minutes=OFTEN,
            progress=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def generated_once(tmp_path_factory):
    """The checkpoint of a finished generation, and its labels; not to be changed."""
    path = tmp_path_factory.mktemp("finished") / "kept.npz"
    return path, generate_often(path)


@pytest.mark.parametrize(
    "name, change",
    [
        ("labels", first_to(3)),
        ("labels", lambda a: a.astype(np.int64)),
        ("labels", lambda a: a[:2]),
        ("labels", lambda a: np.repeat(a, 9, axis=1)),
        ("labels", lambda a: a[:, :0]),
        ("last", first_to(-1)),
        ("last", first_to(10**9)),
        ("last", lambda a: a.astype(float)),
        ("h", first_to(1.1)),
        ("h", first_to(np.nan)),
        ("h", lambda a: a[:, :-1]),
        ("c", first_to(np.inf)),
        ("c", lambda a: a[:-1]),
        ("streams", lambda a: np.array("[]")),
        ("streams", lambda a: np.array("not JSON")),
        ("streams", lambda a: np.array(str(a).replace("PCG64", "MT19937"))),
        ("streams", missing),
        ("threads", lambda a: a - 5),
    ],
)
def test_a_generation_state_that_cannot_be_is_replaced_by_the_one_before(
    generated_once, tmp_path, name, change
):
    kept, whole = generated_once
    path = copied(kept, tmp_path)
    rewrite(path, **{name: change})
    with pytest.warns(UserWarning, match="although its checksum is right.*the state before it"):
        assert np.array_equal(generate_often(path), whole)


def test_a_keras_state_that_cannot_be_is_replaced_by_the_one_before(tmp_path, monkeypatch):
    path, settings = tmp_path / "kept.npz", {"engine": "keras", "epochs": 2}
    whole, _ = fit(None, **settings)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt(patch, signal.SIGINT, "KerasEngine")
        fit(path, checkpoint_minutes=OFTEN, **settings)
    assert np.load(path.with_suffix(".before.npz"))["position"].tolist() == [1, 9]
    rewrite(path, variable_2=first_to(7.0))
    with pytest.warns(UserWarning, match="although its checksum is right"):
        assert same(fit(path, **settings)[0], whole)


def test_a_stop_during_the_validation_is_not_waited_for(trained_once, tmp_path, monkeypatch):
    from lstm_md.engine.steps import CompiledEngine

    _, whole, history = trained_once
    original, count = CompiledEngine.loss, 0

    def counted(self, batch):
        nonlocal count
        count += 1
        if count == 1:
            signal.raise_signal(signal.SIGINT)
        return original(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(CompiledEngine, "loss", counted)
        with pytest.raises(KeyboardInterrupt):
            fit(tmp_path / "kept.npz", validation_fraction=0.1)
    assert count == 1
    assert np.load(tmp_path / "kept.npz")["position"].tolist() == [0, 15]
    weights, again = fit(tmp_path / "kept.npz")
    assert same(weights, whole) and again.validation_loss == history.validation_loss


def test_numbers_of_numpy_continue_what_numbers_of_python_began(tmp_path):
    path = tmp_path / "kept.npz"
    whole, _ = fit(path, epochs=2)
    numbers = {
        "epochs": np.uint8(2), "batch_size": np.int64(8), "sequence_length": np.uint8(100),
        "learning_rate": np.float64(1e-2), "seed": np.int64(0), "decay": np.False_,
    }  # fmt: skip
    assert same(fit(path, **numbers)[0], whole)
    settings = {"n_chains": 2, "seed": 3, "temperature": 0.5, "checkpoint": tmp_path / "g.npz"}
    drawn = generate(network(), [0, 1], 200, progress=False, **settings)
    settings |= {"n_chains": np.uint8(2), "seed": np.int8(3), "temperature": np.float32(0.5)}
    again = generate(network(), [0, 1], np.uint8(200), progress=False, **settings)
    assert np.array_equal(again, drawn)


def test_more_epochs_continue_a_finished_training_unless_the_rate_decays(tmp_path):
    whole, _ = fit(None, epochs=4)
    fit(tmp_path / "kept.npz", epochs=2)
    assert same(fit(tmp_path / "kept.npz", epochs=4)[0], whole)
    fit(tmp_path / "decays.npz", epochs=2, decay=True)
    with pytest.raises(ValueError, match="epochs=2.*epochs=4"):
        fit(tmp_path / "decays.npz", epochs=4, decay=True)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"seed": 7}, "seed=0.*seed=7"),
        ({"learning_rate": 2e-2}, "learning_rate=0.01.*learning_rate=0.02"),
        ({"batch_size": 9}, "batch_size=8"),
        ({"labels": LABELS[::-1]}, "labels="),
        ({"engine": "keras"}, "engine=compiled.*engine=keras"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, change, message):
    path = tmp_path / "kept.npz"
    fit(path, epochs=1)
    content = path.read_bytes()
    with pytest.raises(ValueError, match=f"checkpoint: .*{message}.*resume=False"):
        fit(path, epochs=1, **change)
    assert path.read_bytes() == content


def test_a_checkpoint_of_other_initial_weights_is_refused(tmp_path):
    fit(tmp_path / "kept.npz", epochs=1)
    with pytest.raises(ValueError, match="other initial weights"):
        fit(tmp_path / "kept.npz", network(seed=2), epochs=1)


def test_a_full_disk_loses_nothing_that_was_saved(trained_once, tmp_path):
    path, (_, whole, _) = tmp_path / "kept.npz", trained_once
    fit(path, epochs=1)
    saved, limit = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limit[1]))
        with pytest.raises(OSError, match="nothing was written"):
            fit(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, old)
    assert path.read_bytes() == saved
    assert [p.name for p in tmp_path.iterdir()] == ["kept.npz"]
    assert same(fit(path)[0], whole)


def test_a_training_that_diverges_keeps_the_last_good_checkpoint(
    trained_once, tmp_path, monkeypatch
):
    from lstm_md.engine.steps import CompiledEngine

    path, (_, whole, _) = tmp_path / "kept.npz", trained_once
    original, count = CompiledEngine.step, 0

    def bad(self, batch, rate):
        nonlocal count
        count += 1
        loss = original(self, batch, rate)
        if count >= 20:  # A step that was far too large shows in the loss one step later.
            self.weights.recurrent[:] = np.nan
        return loss

    with monkeypatch.context() as patch:
        patch.setattr(CompiledEngine, "step", bad)
        with pytest.raises(FloatingPointError, match="learning_rate: .*epoch 2.*last good state"):
            fit(path, checkpoint_minutes=OFTEN)
    assert np.load(path)["position"].tolist() == [1, 4]
    assert same(fit(path)[0], whole)


@pytest.mark.parametrize(
    "path, error, message",
    [
        ("kept.keras", ValueError, "checkpoint: .*ends in .npz"),
        ("nowhere/kept.npz", FileNotFoundError, "checkpoint: the folder"),
    ],
)
def test_an_impossible_path_is_refused_before_the_work(tmp_path, path, error, message):
    with pytest.raises(error, match=message):
        fit(tmp_path / path)
    with pytest.raises(error, match=message):
        generate(network(), [0], 5, checkpoint=tmp_path / path)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_generation_continues_after_a_signal_and_refuses_other_settings(
    engine, tmp_path, monkeypatch
):
    monkeypatch.setattr("lstm_md.generation.FRAMES_PER_BLOCK", 25)
    net = network()
    net.set_weights([4 * w for w in net.get_weights()])
    settings = {"n_chains": 3, "engine": engine, "progress": False}
    whole = generate(net, [0, 1], 200, seed=1, **settings)
    path = tmp_path / "kept.npz"
    from lstm_md import generation

    name = f"{engine}_generator"
    original, count = getattr(generation, name), 0

    def counting(*arguments):
        generate_block = original(*arguments)

        def counted(*block):
            nonlocal count
            count += 1
            if count == 3:
                signal.raise_signal(signal.SIGINT)
            return generate_block(*block)

        return counted

    with monkeypatch.context() as patch:
        patch.setattr(generation, name, counting)
        with pytest.raises(KeyboardInterrupt):
            generate(net, [0, 1], 200, seed=1, checkpoint=path, **settings)
    kept = np.load(path)["labels"]
    assert kept.shape == (3, 75)
    assert np.array_equal(generate(net, [0, 1], 200, seed=1, checkpoint=path, **settings), whole)
    with pytest.raises(ValueError, match="seed=1.*seed=2"):
        generate(net, [0, 1], 200, seed=2, checkpoint=path, **settings)
    # All labels are in the checkpoint, so that the same call generates no block.
    monkeypatch.setattr(generation, name, lambda *arguments: None)
    assert np.array_equal(generate(net, [0, 1], 200, seed=1, checkpoint=path, **settings), whole)


def test_labels_on_disk_can_be_learned(trained_once, tmp_path):
    file = tmp_path / "labels.bin"
    LABELS.astype(np.uint8).tofile(file)
    mapped = np.memmap(file, dtype=np.uint8, mode="r")
    assert same(fit(None, labels=mapped)[0], trained_once[1])
