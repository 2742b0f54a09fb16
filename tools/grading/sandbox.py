"""A process that is shut in: few files, few resources, no way back, and an end that is certain.

On Linux from 5.13 on Landlock closes the file system and, where the kernel is new enough, TCP
(6.7) and signals to other processes (6.12). It needs no rights and no container. Where there is
no Landlock, what is left are limits, an empty environment, copies, and the kill at the end.
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
# Bits that each version of the interface knows: of files, of TCP, of what reaches other processes.
FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
# Not all of /proc: other processes' environments are there, and Landlock leaves them open.
SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/sys/devices/system"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/kernel"),
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def landlock_version() -> int:
    """Of the running kernel; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(CREATE_RULESET, None, 0, 1))


def shut_in(writable: Iterable[Path], readable: Iterable[Path]) -> int:
    """Give this thread, and all that it starts, nothing but these folders and the system's.

    Returns
    -------
    int
        The version of Landlock that did it; 0 if nothing was done.
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
        access &= ~(READ_DIR | 0b1111111110000 | 1 << 13)  # what only a folder can give
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", access, opened)
    _check(libc.syscall(ADD_RULE, ruleset, 1, rule, 0) == 0, f"add_rule for {path}")
    os.close(opened)


def _check(done: bool, name: str) -> None:
    if not done:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock: {name}: {os.strerror(number)}")


def limit(seconds: int, file_mb: int, data_mb: int) -> None:
    """Limits of this process and of each that it starts: CPU time, file size, memory."""
    limits = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: file_mb << 20,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform.startswith("linux"):  # elsewhere it does not count what is mapped
        limits[resource.RLIMIT_DATA] = data_mb << 20
    for kind, most in limits.items():
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def adopt_orphans() -> None:
    """Become the parent of what children leave behind, so that :func:`end` finds it (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 1, 0, 0, 0)


def end(process: subprocess.Popen, before: frozenset[int] = frozenset()) -> None:
    """Kill a process that leads a group, its group, and what it left behind.

    Parameters
    ----------
    process : Popen
        Started with ``start_new_session=True``.
    before : frozenset of int
        Children of this process that were there already and are to live on.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(200):  # each kill may leave its own children to be adopted
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
    """The children of this process, by /proc; none where there is no /proc."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                found.add(int(folder.name))
    return frozenset(found)
