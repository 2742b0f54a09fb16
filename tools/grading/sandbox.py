"""A sandbox for a process: few files, limited resources, and a certain end.

From Linux 5.13 on, Landlock closes the file system, and on newer kernels also TCP (6.7) and signals
to other processes (6.12). It needs no privileges and no container. Without Landlock the process
still has resource limits, an empty environment and copies of its files, and it is killed at the
end.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
NO_NEW_PRIVILEGES, CHILD_SUBREAPER = 38, 36  # of prctl
EXECUTE, READ_FILE, READ_DIR = 1 << 0, 1 << 2, 1 << 3
READ = EXECUTE | READ_FILE | READ_DIR
# The number of file access bits that each version of the interface knows.
FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
# Only parts of /proc: it holds the environments of other processes, which Landlock does not hide.
SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/sys/devices/system"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/kernel"),
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def landlock_version() -> int:
    """Return the Landlock version of the running kernel; 0 if it has none."""
    if not sys.platform.startswith("linux"):
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(CREATE_RULESET, None, 0, 1))


def shut_in(writable: Iterable[Path], readable: Iterable[Path]) -> int:
    """Restrict this thread, and all that it starts, to these folders and those of the system.

    Returns
    -------
    int
        The version of Landlock that is in force; 0 if nothing is restricted.
    """
    version = landlock_version()
    if version == 0:
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    every = (1 << FILE_BITS.get(version, 16)) - 1
    network = 0b11 if version >= 4 else 0
    scopes = 0b11 if version >= 6 else 0
    attributes = struct.pack("=QQQ", every, network, scopes)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = libc.syscall(CREATE_RULESET, attributes, size, 0)
    _check(ruleset >= 0, "create_ruleset")
    allowed = [(path, READ) for path in (*map(Path, SYSTEM), *readable)]
    allowed += [(path, every) for path in (*map(Path, DEVICES), *writable)]
    for path, access in allowed:
        if path.exists():
            _allow(libc, ruleset, path, access & every)
    _check(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0, "prctl")
    _check(libc.syscall(RESTRICT_SELF, ruleset, 0) == 0, "restrict_self")
    os.close(ruleset)
    return version


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    if not path.is_dir():
        access &= ~(READ_DIR | 0b1111111110000 | 1 << 13)  # rights that exist for folders only
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", access, opened)
    _check(libc.syscall(ADD_RULE, ruleset, 1, rule, 0) == 0, f"add_rule for {path}")
    os.close(opened)


def _check(done: bool, name: str) -> None:
    if not done:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock: {name}: {os.strerror(number)}")


def limit(seconds: int, file_mb: int, data_mb: int) -> None:
    """Limit the CPU time, file size and memory of this process and of each that it starts."""
    limits = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: file_mb << 20,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform.startswith("linux"):  # other systems do not count mapped memory
        limits[resource.RLIMIT_DATA] = data_mb << 20
    for kind, most in limits.items():
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def adopt_orphans() -> None:
    """Become the parent of processes that children leave behind, so that :func:`end` finds them."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 1, 0, 0, 0)


def end(process: subprocess.Popen, before: frozenset[int] = frozenset()) -> None:
    """Kill a process, its group, and the processes that it left behind.

    Parameters
    ----------
    process : Popen
        Started with ``start_new_session=True``.
    before : frozenset of int
        Children of this process that existed before and must not be killed.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(200):  # a killed process may leave children that are adopted only now
        left = children() - before - {process.pid}
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.01)


def children() -> frozenset[int]:
    """Return the children of this process as /proc lists them; none without /proc."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                found.add(int(folder.name))
    return frozenset(found)
