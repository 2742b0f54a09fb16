"""Threads, forks, second processes, and work that is too large: nothing hangs, nothing is lost."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from lstm_md._support import processes
from lstm_md._support.threads import BLAS, use_keras
from lstm_md.generation import generate
from lstm_md.model import language_model
from lstm_md.reading import hidden_states, logits, reading_loss
from lstm_md.systems import langevin
from lstm_md.systems.potentials import triangular_three_state
from lstm_md.training import evaluate, train

LABELS = np.random.default_rng(1).integers(0, 3, 4_000)
ROOT = Path(__file__).parents[1]
multiprocessing_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system has no fork"
)


def in_threads(work, arguments):
    """Do work with each argument in a thread of its own; return the results in order."""
    results = [None] * len(arguments)

    def one(k):
        results[k] = work(arguments[k])

    threads = [threading.Thread(target=one, args=(k,)) for k in range(len(arguments))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def trained(units, seed=1, **settings):
    net = language_model(3, 4, units, seed=seed)
    train(net, LABELS, epochs=2, progress=False, **settings)
    return net.get_weights()


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def blas():
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


@pytest.fixture
def two_blas_threads():
    """Let BLAS have two threads, as on a computer that nobody shares."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(2, user_api="blas"):
        yield


def test_trainings_in_threads_are_those_of_one_thread_and_leave_blas_as_it_was(
    two_blas_threads, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    before = blas()
    assert max(before) == 2
    sizes = [8, 70, 16, 70, 8]
    found = in_threads(trained, sizes)
    assert blas() == before
    alone = {size: trained(size) for size in set(sizes)}
    for size, weights in zip(sizes, found, strict=True):
        assert same(weights, alone[size])


def test_a_thread_fixes_the_threads_of_blas_although_another_has_set_them_before(two_blas_threads):
    with BLAS.hold(1):  # the main thread sets the number first
        pass

    def held(number):
        with BLAS.hold(number):
            return blas()

    (found,) = in_threads(held, [1])
    assert set(found) == {1}
    assert set(blas()) == {2}


def test_the_threads_of_blas_are_restored_by_whoever_ends_last(two_blas_threads):
    first, second = BLAS.hold(1), BLAS.hold(1)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert set(blas()) == {1}
    second.__exit__(None, None, None)
    assert set(blas()) == {2}


def test_another_number_of_threads_waits_for_its_turn(two_blas_threads):
    seen = []

    def take(number):
        with BLAS.hold(number):
            seen.append(number)

    with BLAS.hold(1):
        waiting = threading.Thread(target=take, args=(2,))
        waiting.start()
        in_threads(take, [1])
        waiting.join(0.2)
        assert seen == [1]
    waiting.join()
    assert seen == [1, 2]


def test_generations_of_keras_in_threads_share_no_network(monkeypatch):
    # Many short blocks, so that the threads take turns.
    monkeypatch.setattr("lstm_md.generation.FRAMES_PER_BLOCK", 5)
    nets = [language_model(3, 4, 5, seed=seed) for seed in range(2)]
    for net in nets:
        net.set_weights([8 * w for w in net.get_weights()])

    def work(net):
        return generate(net, [0, 1], 300, engine="keras", progress=False)

    expected = [work(net) for net in nets]
    found = in_threads(work, nets)
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("work", ["train", "generate"])
def test_a_resumed_work_keeps_the_number_of_threads_that_it_began_with(
    work, tmp_path, two_blas_threads, monkeypatch
):
    used = []
    monkeypatch.setattr("lstm_md.engine.training_loop.TrainingLoop._run_epoch", stop_after(used))
    monkeypatch.setattr("lstm_md.generation._Generation.run", stop_after(used))

    def attempt():
        net = language_model(3, 4, 70, seed=1)
        path = tmp_path / "kept.npz"
        if work == "train":
            train(net, LABELS, epochs=3, checkpoint=path, progress=False)
        else:
            generate(net, [0, 1], 50, checkpoint=path, progress=False)

    with BLAS.hold(1), pytest.raises(StopIteration):
        with monkeypatch.context() as patch:
            patch.setattr("lstm_md.engine.lstm.BLAS", FixedThreads(1))
            attempt()
    with pytest.raises(StopIteration):
        with pytest.warns(UserWarning, match="began with 1 thread.* 2 would be used here"):
            attempt()
    assert used == [1, 1]


class FixedThreads:
    """Stands for BLAS on a computer with that many cores."""

    def __init__(self, usual):
        self.usual = usual

    def hold(self, number):
        from contextlib import nullcontext

        return nullcontext(number or self.usual)


def stop_after(used):
    """Make a method that saves once and stops, and notes the threads that BLAS has."""

    def method(self, *arguments):
        used.append(max(blas()))
        if hasattr(self, "done"):
            self.labels[:, :1], self.done = self.states.labels[:, None], 1
        self.save()
        raise StopIteration

    return method


@pytest.mark.filterwarnings("ignore:.*is multi-threaded:DeprecationWarning")
@multiprocessing_fork
@pytest.mark.parametrize(
    "by_us, by_tensorflow, refused",
    [(True, False, True), (False, True, True), (False, False, False)],
    ids=["we have used Keras", "TensorFlow has begun", "both are only imported"],
)
def test_a_forked_child_is_refused_a_network_that_would_hang(
    by_us, by_tensorflow, refused, monkeypatch
):
    context = SimpleNamespace(_context=SimpleNamespace(_initialized=by_tensorflow))
    monkeypatch.setitem(sys.modules, "tensorflow.python.eager.context", context)
    monkeypatch.setattr("lstm_md._support.threads._Keras.started", False)
    if by_us:
        language_model(3, 2, 2)
    weights = [np.zeros(shape) for shape in [(3, 2), (2, 16), (4, 16), (16,), (4, 3), (3,)]]

    def child():
        assert logits(weights, [0, 1, 2]).shape == (1, 3, 3)
        if refused:
            language_model(3, 2, 2)
        use_keras()
        return "it can be used"

    message = in_a_fork(child)
    if refused:
        assert message.endswith("or before the first network is made")
        assert 'multiprocessing.get_context("spawn")' in message
    else:
        assert message == "it can be used"


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="asks TensorFlow itself")
@pytest.mark.filterwarnings("ignore:.*is multi-threaded:DeprecationWarning")
@multiprocessing_fork
def test_a_variable_of_keras_is_enough_to_refuse_a_forked_child(monkeypatch):
    keras.Variable(1.0)
    monkeypatch.setattr("lstm_md._support.threads._Keras.started", False)
    assert in_a_fork(use_keras).startswith("multiprocessing: this process was forked")


def in_a_fork(work):
    """Return what work returns or raises in a forked child, which is killed if it hangs."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            signal.alarm(20)
            os.write(write, str(work()).encode())
        except RuntimeError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read) as messages:
        message = messages.read()
    os.waitpid(process, 0)
    return message


def test_a_second_work_on_a_checkpoint_is_refused_until_the_first_is_killed(tmp_path):
    path = tmp_path / "kept.npz"
    script = f"""
import time
from lstm_md._support.checkpoints import Checkpoint
with Checkpoint({str(path)!r}, "another work", minutes=1).alone():
    print("begun", flush=True)
    time.sleep(60)
"""
    works = (
        lambda: train(language_model(3), LABELS, epochs=1, checkpoint=path, progress=False),
        lambda: generate(language_model(3), [0], 5, checkpoint=path, progress=False),
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE) as one:
        assert one.stdout.readline() == b"begun\n"
        for work in works:
            with pytest.raises(BlockingIOError, match="checkpoint: another training .*wait until"):
                work()
        one.kill()
    for work in works:
        work()
        assert [p.name for p in tmp_path.iterdir() if p.suffix != ".npz"] == []
        path.unlink()


def test_a_folder_is_never_taken_for_a_checkpoint(tmp_path):
    for name in ("kept.npz", "kept.before.npz"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "precious").write_text("mine")
        for work in (
            lambda: train(language_model(3), LABELS, checkpoint=tmp_path / "kept.npz"),
            lambda: generate(language_model(3), [0], 5, checkpoint=tmp_path / "kept.npz"),
        ):
            with pytest.raises(IsADirectoryError, match=f"checkpoint: .*{name} is a folder"):
                work()
        assert (folder / "precious").read_text() == "mine"
        (folder / "precious").unlink()
        folder.rmdir()


def test_a_folder_without_permission_is_noticed_before_the_work(tmp_path, monkeypatch):
    path = tmp_path / "kept.npz"
    whole = generate(language_model(3), [0], 5, checkpoint=path, progress=False)
    monkeypatch.setattr(os, "access", lambda place, mode: False)
    # What is finished is only read.
    again = generate(language_model(3), [0], 5, checkpoint=path, progress=False)
    assert np.array_equal(again, whole)
    monkeypatch.setattr("lstm_md.engine.steps.CompiledEngine.step", None)
    monkeypatch.setattr("lstm_md.generation.compiled_generator", lambda *arguments: None)
    for work in (
        lambda: train(language_model(3), LABELS, checkpoint=tmp_path / "new.npz", progress=False),
        lambda: generate(language_model(3), [0], 5, checkpoint=tmp_path / "new.npz"),
    ):
        with pytest.raises(PermissionError, match="checkpoint: no file can be written"):
            work()


@pytest.mark.parametrize(
    "work, name",
    [
        (lambda net: generate(net, [0], 10**7, progress=False), "n_frames"),
        (lambda net: generate(net, [0], 5, n_chains=10**4, progress=False), "n_chains"),
        (lambda net: train(net, LABELS, sequence_length=3_000, progress=False), "sequence_length"),
        (lambda net: evaluate(net, LABELS, sequence_length=3_000), "sequence_length"),
        (lambda net: logits(net.get_weights(), LABELS), "labels"),
        (lambda net: hidden_states(net.get_weights(), LABELS, every=1), "labels"),
        (lambda net: reading_loss(net.get_weights(), LABELS), "labels"),
        (lambda net: language_model(3, 4, 400), "units"),
        (lambda net: langevin.simulate(triangular_three_state, 10**5), "n_frames"),
    ],
)
def test_work_that_needs_more_memory_than_there_is_does_not_begin(work, name, monkeypatch):
    net = language_model(3)
    monkeypatch.setattr(processes, "free_memory", lambda: 100_000.0)
    with pytest.raises(MemoryError, match=rf"^{name}: this needs [\d.]+ GiB .*; \w+ "):
        work(net)


LONG_WORK = """
langevin.simulate(triangular_three_state, 5, stride=10**10)
langevin.simulate(triangular_three_state, 10**8, n_walkers=5)
generate(net, labels[:20], 30_000, n_chains=5_000, progress=False)
generate(net, long, 10, progress=False)
evaluate(net, long)
train(net, long, epochs=1, progress=False, validation_fraction=0.99)
hidden_states(net.get_weights(), long, every=10**8)
"""


def test_ctrl_c_takes_effect_within_a_second():
    script = f"""
import os, signal, threading, time
import numpy as np
from lstm_md.generation import generate
from lstm_md.model import language_model
from lstm_md.reading import hidden_states
from lstm_md.systems import langevin
from lstm_md.systems.potentials import triangular_three_state
from lstm_md.training import evaluate, train
net = language_model(3, 4, 8)
labels = np.zeros(2_000, np.uint8)
# All that has to be compiled is compiled first.
generate(net, labels, 5, n_chains=2, progress=False)
generate(net, labels, 5, progress=False)
train(net, labels, epochs=1, progress=False)
hidden_states(net.get_weights(), labels)
langevin.simulate(triangular_three_state, 5)
long = np.zeros(10**8, np.uint8)
signal.signal(signal.SIGINT, signal.default_int_handler)

def stop():
    global asked
    time.sleep(0.3)
    asked = np.array([time.process_time(), time.monotonic()])
    os.kill(os.getpid(), signal.SIGINT)

for work in '''{LONG_WORK}'''.split("\\n")[1:-1]:
    threading.Thread(target=stop).start()
    try:
        eval(work)
    except KeyboardInterrupt:
        print(*np.array([time.process_time(), time.monotonic()]) - asked)
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=ROOT,
        # The engine is the compiled one, and NumPy is the backend of Keras that starts soonest.
        env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "numpy"},
    )  # fmt: skip
    waited = [[float(each) for each in line.split()] for line in run.stdout.splitlines()]
    assert len(waited) == LONG_WORK.count("\n") - 1, run.stderr
    computed, passed = np.max(waited, axis=0)
    assert computed < 1.5, waited
    assert passed < 15, waited  # on a machine that does much other work as well
