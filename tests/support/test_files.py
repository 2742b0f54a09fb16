"""A file is written completely or not at all, and killed processes leave nothing behind."""

import multiprocessing
import os
import re
import stat
import subprocess
import sys
import threading
import time

import pytest

from lstm_md._support.files import DAY, locked, whole_or_nothing


def left_behind(target):
    """Make the temporary file of a process that was killed while it wrote."""
    script = (
        "import os, sys\n"
        "from lstm_md._support.files import whole_or_nothing\n"
        f"with whole_or_nothing({str(target)!r}) as temporary:\n"
        "    print(temporary, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    return type(target)(run.stdout.strip())


def write(target):
    with whole_or_nothing(target) as temporary:
        temporary.write_text("new")


def test_the_next_attempt_removes_what_a_killed_process_left_behind(tmp_path):
    left = left_behind(tmp_path / "kept.npz")
    assert left.exists() and left.name.startswith(".kept-")
    others = [left_behind(tmp_path / "kept-too.npz"), left_behind(tmp_path / "kept.json")]
    mine = tmp_path / ".kept-0000.npz"
    mine.write_text("mine")
    write(tmp_path / "kept.npz")
    assert not left.exists()
    assert mine.exists() and all(other.exists() for other in others)


def test_files_of_a_process_that_still_writes_are_left_alone(tmp_path):
    with whole_or_nothing(tmp_path / "kept.npz") as temporary:
        write(tmp_path / "kept.npz")
        assert temporary.exists()
        temporary.write_text("last")
    assert (tmp_path / "kept.npz").read_text() == "last"


def test_files_of_another_computer_are_removed_after_a_day(tmp_path):
    name = left_behind(tmp_path / "kept.npz").name
    other = tmp_path / re.sub(r"-[0-9a-f]{8}-", "-00000000-", name, count=1)
    other.touch()
    write(tmp_path / "kept.npz")
    assert other.exists()
    os.utime(other, (0, time.time() - 1.1 * DAY))
    write(tmp_path / "kept.npz")
    assert not other.exists()


@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o077, 0o600)])
def test_a_file_is_as_readable_as_any_other_and_the_mask_stays(umask, mode, tmp_path):
    old = os.umask(umask)
    try:
        # A mask that is set for a moment would be seen by the other threads.
        threads = [threading.Thread(target=write, args=(tmp_path / f"{k}",)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        assert os.umask(old) == umask
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {mode}


def test_a_folder_is_not_replaced_nor_moved_away(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError, match="path: .*folder is a folder; give the name"):
        write(tmp_path / "folder")
    with pytest.raises(IsADirectoryError):
        with whole_or_nothing(tmp_path / "folder", tmp_path / "elsewhere"):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def hold(path, seconds, begun):
    with locked(path):
        begun.set()
        time.sleep(seconds)


def test_a_lock_is_for_one_process_until_it_ends_or_is_killed(tmp_path):
    path, context = tmp_path / "lock", multiprocessing.get_context("spawn")
    begun = context.Event()
    holder = context.Process(target=hold, args=(path, 60, begun))
    holder.start()
    assert begun.wait(60)
    with pytest.raises(BlockingIOError):
        with locked(path, wait=False):
            pass
    holder.kill()
    holder.join()
    with locked(path, wait=False):
        assert path.exists()
    assert not path.exists()


def test_one_after_the_other_gets_a_lock_that_is_removed_each_time(tmp_path):
    inside, most = [], []

    def work():
        for _ in range(50):
            with locked(tmp_path / "lock"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 300 and max(most) == 1
