"""Writing files completely or not at all, and locks between processes."""

from __future__ import annotations

import os
import platform
import re
import secrets
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt

DAY = 86_400  # seconds


@contextmanager
def whole_or_nothing(path: str | os.PathLike[str], keep: Path | None = None) -> Iterator[Path]:
    """Yield a temporary path in the folder of ``path``, and rename it to ``path`` afterwards.

    If the block raises (a full disk, an interrupt), the temporary file is removed and an older
    file at ``path`` stays. Otherwise the older file is moved to ``keep``, if that is given. A
    temporary file that a killed process left behind is removed at the next attempt.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OSError
        If the file cannot be written, or there is a folder of that name. The message names
        ``path``.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"path: the folder of {target} does not exist; make it first, or give another path"
        )
    for place in (target, keep):
        if place is not None and place.is_dir():
            raise IsADirectoryError(f"path: {place} is a folder; give the name of a file")
    _remove_left_behind(target)
    token = f"{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"
    temporary = target.with_name(f".{target.stem}-{token}{target.suffix}")
    try:
        temporary.touch(exist_ok=False)
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        if keep is not None and target.exists():
            os.replace(target, keep)
        os.replace(temporary, target)
    except OSError as error:
        raise type(error)(
            error.errno,
            f"path: {error.strerror or error}; nothing was written to {target}: "
            f"free some space or give another path",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _machine() -> str:
    """Name this machine in eight letters: processes of others cannot be asked for."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _remove_left_behind(target: Path) -> None:
    """Remove the temporary files of processes that were killed while they wrote ``target``."""
    name = re.compile(
        rf"\.{re.escape(target.stem)}-([0-9a-f]{{8}})-(\d+)-[0-9a-f]{{8}}{re.escape(target.suffix)}"
    )
    for path in target.parent.iterdir():
        if not (match := name.fullmatch(path.name)):
            continue
        machine, process = match.groups()
        try:
            if machine == _machine() and fcntl is not None:
                left = not _is_running(int(process))
            else:
                left = time.time() - path.stat().st_mtime > DAY
            if left:
                path.unlink()
        except OSError:  # Another process was faster, or the file belongs to another user.
            continue


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)  # On Windows this would end the process.
    except ProcessLookupError:
        return False
    except PermissionError:  # It belongs to another user.
        return True
    return True


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock, which the operating system releases however this process ends.

    The file at ``path`` exists only while the lock is held, or after a kill. A file system without
    locks holds nobody up.

    Raises
    ------
    BlockingIOError
        If somebody else holds the lock and ``wait`` is False.
    """
    while True:
        file = open(path, "a")
        try:
            _lock(file, wait)
        except BaseException:
            file.close()
            raise
        try:
            if os.path.samestat(path.stat(), os.fstat(file.fileno())):
                break
        except FileNotFoundError:
            pass
        file.close()  # The holder before removed the file after it was opened here.
    try:
        yield
    finally:
        try:
            path.unlink(missing_ok=True)
        except OSError:  # Windows removes no file that is open.
            pass
        file.close()


def _lock(file: IO[str], wait: bool) -> None:
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise
        except OSError:  # This file system has no locks.
            return
        return
    while True:
        try:
            return msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if not wait:
                raise BlockingIOError(error.errno, "another process holds the lock") from error
            time.sleep(0.1)
