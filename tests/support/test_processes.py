"""Work that needs more memory than there is does not begin."""

from pathlib import Path

import pytest

from lstm_md._support import processes
from lstm_md._support.processes import check_memory, free_memory


@pytest.mark.parametrize("limit, free", [("max", 3000), ("2048000", 1100)])
def test_free_memory_is_that_of_the_machine_or_of_a_smaller_container(limit, free, monkeypatch):
    files = {
        "/proc/meminfo": "MemTotal: 9000 kB\nMemAvailable: 3000 kB\n",
        "/sys/fs/cgroup/memory.max": limit,
        "/sys/fs/cgroup/memory.current": "1024000",
        "/sys/fs/cgroup/memory.stat": "anon 5\ninactive_file 102400\n",
    }
    monkeypatch.setattr(Path, "read_text", lambda path, **options: files[str(path)])
    assert free_memory() == 1024 * free


def test_work_that_needs_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr(processes, "free_memory", lambda: 3 * 2**30)
    check_memory(3 * 2**30, "n_frames", "give fewer")
    with pytest.raises(MemoryError) as error:
        check_memory(4.5 * 2**30, "n_frames", "give fewer")
    assert str(error.value) == (
        "n_frames: this needs 4.5 GiB of memory, and 3.0 GiB are free; give fewer"
    )
