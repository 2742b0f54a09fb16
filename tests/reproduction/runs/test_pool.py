import os
import pickle
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from reproduction.runs import local, pool
from reproduction.runs.cluster import ClusterWorkers
from reproduction.runs.files import load_file
from reproduction.runs.progress import Progress
from reproduction.runs.recipe import LOCK, WORKING, EnsembleError, Job, locked, run_job

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[3]


@pytest.fixture
def jobs_module(monkeypatch):
    monkeypatch.syspath_prepend(HERE)  # the workers inherit it
    import pool_jobs

    return pool_jobs


def step_jobs(module, log, count, /, **arguments):
    return [
        Job(f"p{k}.npz", module.steps, {"log": str(log), "name": f"p{k}", **arguments})
        for k in range(count)
    ]


def events(module, log, event):
    return Counter(name for e, name, _, _ in module.notes(log) if e == event)


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "this did not happen in time"
        time.sleep(0.01)
    return found


def kill_one_after(module, log, finished):
    """SIGKILL a worker that is some steps into a job, once so many jobs are finished."""

    def taken(name):
        try:
            return (log.parent / WORKING / name / "steps").stat().st_size
        except FileNotFoundError:
            return 0

    def within():
        lines = module.notes(log)
        done = {name for event, name, _, _ in lines if event == "finish"}
        begun = [(name, pid) for event, name, _, pid in lines if event == "start"]
        if len(done) < finished:
            return []
        return [(name, pid) for name, pid in begun if name not in done and 0 < taken(name) < 10]

    name, pid = until(within)[-1]
    os.kill(pid, signal.SIGKILL)
    return name


def in_background(call):
    """Start a call in a thread; return the thread, and the list of what it raises."""
    caught = []

    def catching():
        try:
            call()
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=catching)
    thread.start()
    return thread, caught


def assert_no_step_was_taken_twice(module, log, killed, n):
    finishes = events(module, log, "finish")
    assert finishes == Counter({f"p{k}": 1 for k in range(n)})
    starts = [(name, step) for event, name, step, _ in module.notes(log) if event == "start"]
    again = [step for name, step in starts if name == killed]
    assert len(again) == 2 and again[0] == 0 and again[1] > 0, "the killed job continues"
    assert Counter(name for name, _ in starts if name != killed) == Counter(
        {f"p{k}": 1 for k in range(n) if f"p{k}" != killed}
    )


def test_a_killed_local_process_costs_only_its_last_step(jobs_module, tmp_path):
    log, lines = tmp_path / "log", []
    jobs = step_jobs(jobs_module, log, 4, n=20, seconds=0.05)
    thread, caught = in_background(lambda: pool.run(jobs, tmp_path, workers=2, tell=lines.append))
    killed = kill_one_after(jobs_module, log, finished=2)
    thread.join(25)
    assert not caught and not thread.is_alive()
    assert_no_step_was_taken_twice(jobs_module, log, killed, 4)
    assert f"{killed}: its process was ended by signal 9; it begins again" in lines
    assert all((load_file(tmp_path / job.file)["labels"] == np.arange(20)).all() for job in jobs)


@contextmanager
def cluster_of(workers, threads):
    """A Dask cluster of processes on this machine, closed when all of it is there again."""
    distributed = pytest.importorskip("distributed")
    import dask

    # A local cluster closes for good a worker that is missing 15 seconds after any of its deaths.
    # On a busy machine it may then be restarting after a later one.
    patient = dask.config.set({"distributed.deploy.lost-worker-timeout": "600s"})
    with patient, distributed.LocalCluster(
        n_workers=workers, threads_per_worker=threads, processes=True, host="127.0.0.1",
        dashboard_address="127.0.0.1:0", silence_logs=50,
        # Two deaths of a worker are enough for Dask to blame a job. Each costs a new process.
        scheduler_kwargs={"dashboard": False, "allowed_failures": 1},
    ) as cluster:  # fmt: skip
        try:
            yield cluster.scheduler_address
        finally:
            # One that is closed while a worker comes back fails, or waits half a minute for it.
            until(lambda: len(cluster.scheduler_info["workers"]) == workers)


def test_a_killed_worker_of_a_cluster_costs_only_its_last_step(jobs_module, tmp_path):
    log, lines = tmp_path / "log", []
    jobs = step_jobs(jobs_module, log, 4, n=20, seconds=0.05)
    with cluster_of(workers=2, threads=1) as address:
        thread, caught = in_background(
            lambda: pool.run(jobs, tmp_path, scheduler=address, tell=lines.append)
        )
        killed = kill_one_after(jobs_module, log, finished=2)
        thread.join(25)
        assert not caught and not thread.is_alive()
        assert_no_step_was_taken_twice(jobs_module, log, killed, 4)
        assert len({pid for *_, pid in jobs_module.notes(log)}) >= 2, "both workers worked"
        assert sum("/4 p" in line for line in lines) == 4


def test_a_job_that_kills_every_worker_of_a_cluster_is_named_and_its_neighbour_is_done(
    jobs_module, tmp_path
):
    log, lines = tmp_path / "log", []
    poison = Job("q.npz", jobs_module.killed, {"log": str(log), "name": "q"})
    sound = step_jobs(jobs_module, log, 1, n=20)
    # One worker holds both, so that Dask blames both for its deaths.
    with cluster_of(workers=1, threads=2) as address:
        with pytest.raises(
            EnsembleError, match="q: its worker died each time, .* 2 times"
        ) as error:
            pool.run([poison, *sound], tmp_path, scheduler=address, tell=lines.append)
    assert "1 job(s)" in str(error.value)
    assert load_file(tmp_path / "p0.npz")["labels"].tolist() == list(range(20))
    blamed = [line for line in lines if line.endswith("; it begins again, alone")]
    assert sorted(line.partition(",")[0] for line in blamed) == [
        "p0: its worker died each time", "q: its worker died each time",
    ]  # fmt: skip
    assert events(jobs_module, log, "start")["q"] <= 2 * 2, "Dask allows 1 failure"


def test_a_job_that_kills_its_process_fails_and_the_others_are_done(jobs_module, tmp_path):
    log = tmp_path / "log"
    poison = Job("q.npz", jobs_module.killed, {"log": str(log), "name": "q"})
    wrong = Job("w.npz", jobs_module.wrong, {"log": str(log), "name": "w"})
    jobs = [poison, wrong, *step_jobs(jobs_module, log, 2, n=2)]
    with pytest.raises(EnsembleError) as error:
        pool.run(jobs, tmp_path, workers=2, tell=lambda line: None)
    assert "2 job(s)" in str(error.value)
    assert "q: its process was ended by signal 9 (tried 3 times)" in str(error.value)
    assert "ValueError: w: found nothing; give something" in str(error.value)
    assert events(jobs_module, log, "start") == Counter(q=3, w=1, p0=1, p1=1)
    assert (tmp_path / "p0.npz").exists() and (tmp_path / "p1.npz").exists()


def test_a_finished_job_is_not_done_again_unless_its_file_is_damaged(jobs_module, tmp_path):
    log, lines = tmp_path / "log", []
    jobs = step_jobs(jobs_module, log, 2, n=2)
    pool.run(jobs, tmp_path, workers=2, tell=lines.append)
    damaged = bytearray((tmp_path / "p1.npz").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "p1.npz").write_bytes(damaged)
    pool.run(jobs, tmp_path, workers=2, tell=lines.append)
    assert events(jobs_module, log, "finish") == Counter(p0=1, p1=2)
    assert any(
        "p1: the job is done again" in line and "p1.npz is damaged" in line for line in lines
    )
    assert "1 of 2 jobs are done already" in lines


def test_a_file_made_with_other_settings_is_refused(jobs_module, tmp_path):
    log = tmp_path / "log"
    pool.run(step_jobs(jobs_module, log, 1, n=2), tmp_path, tell=lambda line: None)
    with pytest.raises(ValueError, match=r"p0.npz was made with {'n': 2}, but this run has .*3"):
        pool.run(step_jobs(jobs_module, log, 1, n=3), tmp_path, tell=lambda line: None)


def test_two_processes_never_work_on_one_job(jobs_module, tmp_path):
    log = tmp_path / "log"
    (job,) = step_jobs(jobs_module, log, 1, n=20, seconds=0.05)
    (tmp_path / WORKING).mkdir()
    code = "import pickle, sys; f, *a = pickle.loads(bytes.fromhex(sys.argv[1])); f(*a)"
    call = pickle.dumps((run_job, job, tmp_path)).hex()
    path = os.pathsep.join([str(HERE), str(ROOT)])
    both = [
        subprocess.Popen([sys.executable, "-c", code, call], env={**os.environ, "PYTHONPATH": path})
        for _ in range(2)
    ]
    assert [process.wait(30) for process in both] == [0, 0]
    assert events(jobs_module, log, "start") == Counter(p0=1)


def test_later_stages_wait_for_earlier_ones(jobs_module, tmp_path):
    log = tmp_path / "log"
    first, second = step_jobs(jobs_module, log, 2, n=4)
    later = Job(first.file, first.function, first.arguments, stage=1)
    pool.run([later, second], tmp_path, workers=2, tell=lambda line: None)
    assert [(e, n) for e, n, *_ in jobs_module.notes(log)] == [
        ("start", "p1"), ("finish", "p1"), ("start", "p0"), ("finish", "p0"),
    ]  # fmt: skip


@pytest.mark.parametrize("workers, threads", [(1, 6), (2, 3), (4, 1), (6, 1), (9, 1)])
def test_the_workers_share_six_cores(monkeypatch, workers, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setattr(local, "usable_cores", lambda: 6)
    share = local.environment(workers)
    assert {share[name] for name in share if name.endswith("THREADS")} == {str(threads)}


def test_a_worker_has_its_share_of_the_cores_and_may_start_a_process(
    jobs_module, tmp_path, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setattr(local, "usable_cores", lambda: 6)
    job = Job("t.npz", jobs_module.threads, {"log": "", "name": "t"})
    pool.run([job], tmp_path, workers=2, tell=lambda line: None)
    found = load_file(tmp_path / "t.npz")
    assert found["threads"] == "3" and found["pid"] != os.getpid()
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert found["provenance"]["device"]["threads"] == 3
    assert found["exit_code"] == 0, "a memory is measured in a process of its own"


def test_warnings_for_users_reach_the_progress(jobs_module, tmp_path):
    lines = []
    pool.run([Job("w.npz", jobs_module.warned)], tmp_path, workers=1, tell=lines.append)
    assert lines == ["w: one value is missing", "1/1 w … 0 s"]


def test_workers_end_with_the_process_that_started_them(jobs_module, tmp_path):
    log = tmp_path / "log"
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys; sys.path[:0] = {[str(HERE), str(ROOT)]!r}
            from pathlib import Path
            import pool_jobs
            from reproduction.runs import pool
            from reproduction.runs.recipe import Job
            if __name__ == "__main__":
                arguments = {{"log": {str(log)!r}, "name": "p0", "n": 1000}}
                job = Job("p0.npz", pool_jobs.steps, arguments)
                pool.run([job], Path({str(tmp_path)!r}), workers=1)
            """
        )
    )
    parent = subprocess.Popen([sys.executable, script])
    until(lambda: jobs_module.notes(log))
    parent.kill()
    parent.wait()
    pid = jobs_module.notes(log)[0][3]
    until(lambda: not alive(pid), 10)


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # a zombie that nobody has waited for is dead


def test_a_full_disk_loses_nothing_that_was_saved(jobs_module, tmp_path, monkeypatch):
    log = tmp_path / "log"
    # A limit on the size of a file fails a write as a full disk does.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    small, big = (
        Job(f"{name}.npz", jobs_module.large, {"log": str(log), "name": name, "size": size})
        for name, size in (("small", 80_000), ("big", 8_000_000))
    )
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, before[1]))
    try:
        with pytest.raises(EnsembleError, match=r"big: (.|\n)*File too large; nothing was written"):
            pool.run([small, big], tmp_path, workers=1, tell=lambda line: None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(load_file(tmp_path / "small.npz")["noise"]) == 10_000
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == ["small.npz"]
    pool.run([small, big], tmp_path, workers=1, tell=lambda line: None)
    assert events(jobs_module, log, "start") == Counter(small=1, big=2)


def test_time_left_comes_from_jobs_of_the_same_function():
    jobs = [Job(f"{k}.npz", f) for k, f in enumerate([len, max, max, max, max])]
    lines = []
    progress = Progress(jobs, {}, lines.append)
    progress.finished(jobs[0], 1.0, n_workers=2)
    assert lines == ["1/5 0 … 1 s"], "nothing is known of the others yet"
    progress.finished(jobs[1], 240.0, n_workers=2)
    assert lines[-1] == "2/5 1 … 240 s; about 6 min left"
    progress.finished(jobs[2], 240.0, n_workers=2)
    progress.finished(jobs[3], 240.0, n_workers=2)
    assert lines[-1].endswith("about 4 min left"), "two workers cannot share one job"


class FakeClient:
    """A client of a cluster that holds one future and has the given number of threads."""

    def __init__(self, threads, future=None):
        self.threads, self.future = threads, future

    def nthreads(self):
        return {"worker": self.threads} if self.threads else {}

    def wait_for_workers(self, n, timeout):
        assert n == 1

    def submit(self, *arguments, pure):
        return self.future


def test_a_result_that_died_with_its_worker_is_waited_for(monkeypatch):
    distributed = pytest.importorskip("distributed")

    class Future:
        status = "pending"  # It was finished while it was waited for, then its worker died.

        def result(self):
            return 1.0

        def release(self):
            released.append(self)

    class Waited:
        def __init__(self, done):
            self.done = done

    def wait(futures, timeout, return_when):
        waits.append(len(futures))
        future.status = "pending" if len(waits) == 1 else "finished"
        return Waited({future})

    future, waits, lines, released = Future(), [], [], []
    job = Job("p.npz", len)
    monkeypatch.setattr(distributed, "wait", wait)
    workers = ClusterWorkers(FakeClient(1, future), Path(), lines.append)
    failures = pool._run_stage([job], workers, Progress([job], {}, lines.append))
    assert (failures, waits, lines) == ({}, [1, 1], ["1/1 p … 1 s"])
    assert released == [future]


def test_a_cluster_that_has_no_worker_for_too_long_is_given_up():
    pytest.importorskip("distributed")
    lines = []
    workers = ClusterWorkers(FakeClient(0), Path(), lines.append)
    with pytest.raises(EnsembleError, match="scheduler: .* no worker for 10 minutes. Start some"):
        workers.n_slots()
    assert set(lines) == {"the cluster has no worker; waiting for one"}


def test_a_missing_scheduler_or_package_is_an_error_that_says_what_to_do(
    jobs_module, tmp_path, monkeypatch
):
    pytest.importorskip("distributed")
    job = Job("t.npz", jobs_module.threads, {"log": "", "name": "t"})
    monkeypatch.setattr("reproduction.runs.cluster.MAX_CONNECT_SECONDS", 1)
    with pytest.raises(EnsembleError, match="scheduler: no cluster answers at tcp://127.0.0.1:1 "):
        pool.run([job], tmp_path, scheduler="tcp://127.0.0.1:1", tell=print)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EnsembleError, match=r"pip install 'lstm-md\[scale\]'"):
        pool.run([job], tmp_path, scheduler="tcp://127.0.0.1:1", tell=print)


def test_a_job_may_be_called_record(jobs_module, tmp_path):
    """The job's lock is not the one that keeps other runs out of the folder."""
    log = tmp_path / "log"
    job = Job("record.npz", jobs_module.steps, {"log": str(log), "name": "p", "n": 1})
    (tmp_path / WORKING).mkdir()
    with locked(tmp_path / WORKING / LOCK, wait=False):
        doing = threading.Thread(target=run_job, args=(job, tmp_path), daemon=True)
        doing.start()
        doing.join(20)
    assert (tmp_path / "record.npz").is_file()
