import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from reproduction.costs import peak_memory as memory

ONLY_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says")


@ONLY_LINUX
def test_memory_that_is_used_is_found():
    grown = memory.in_a_fresh_process(_grown)
    assert 60 < grown < 120


def _grown():
    return memory.grown_mb(lambda: np.ones(8_000_000))  # 64 MB


@pytest.mark.skipif(sys.platform.startswith("linux"), reason="Linux says")
def test_memory_is_nan_where_the_system_says_nothing():
    assert np.isnan(memory.grown_mb(lambda: None))


def test_what_goes_wrong_in_the_fresh_process_is_raised_here():
    with pytest.raises(ZeroDivisionError):
        memory.in_a_fresh_process(divmod, 1, 0)
    with pytest.raises(RuntimeError, match="the new process ended with 3"):
        memory.in_a_fresh_process(os._exit, 3)


@ONLY_LINUX
def test_the_fresh_process_ends_with_the_one_that_asked(tmp_path):
    told = tmp_path / "pid"
    write = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(99)"
    script = tmp_path / "ask.py"
    script.write_text(
        "from reproduction.costs import peak_memory as memory\n"
        f"if __name__ == '__main__':\n    memory.in_a_fresh_process(exec, {write!r})\n"
    )
    asking = subprocess.Popen([sys.executable, str(script)])
    wait_for(lambda: told.exists() and told.read_text())
    fresh = int(told.read_text())
    assert alive(fresh)
    asking.send_signal(signal.SIGKILL)
    asking.wait()
    wait_for(lambda: not alive(fresh))


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
