"""Peak memory: what is found, and the process that it is measured in."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from reproduction.costs.peak_memory import in_fresh_process, peak_growth_mb

ONLY_LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux reports it"
)


@ONLY_LINUX
def test_memory_that_is_used_is_found():
    grown = in_fresh_process(_growth)
    assert 60 < grown < 120


def _growth():
    return peak_growth_mb(lambda: np.ones(8_000_000))  # 64 MB


@pytest.mark.skipif(sys.platform.startswith("linux"), reason="Linux reports it")
def test_memory_is_nan_where_the_system_does_not_report_it():
    assert np.isnan(peak_growth_mb(lambda: None))


def test_an_error_in_the_fresh_process_is_raised_here():
    with pytest.raises(ZeroDivisionError):
        in_fresh_process(divmod, 1, 0)
    with pytest.raises(RuntimeError, match="the new process ended with exit code 3"):
        in_fresh_process(os._exit, 3)


@ONLY_LINUX
def test_the_fresh_process_ends_with_its_parent(tmp_path):
    pid_file = tmp_path / "pid"
    write = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(99)"
    script = tmp_path / "parent.py"
    script.write_text(
        "from reproduction.costs.peak_memory import in_fresh_process\n"
        f"if __name__ == '__main__':\n    in_fresh_process(exec, {write!r})\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)])
    wait_for(lambda: pid_file.exists() and pid_file.read_text())
    fresh = int(pid_file.read_text())
    assert alive(fresh)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
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
