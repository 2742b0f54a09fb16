"""Writing files completely or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_or_nothing(path: str | os.PathLike[str], keep: Path | None = None) -> Iterator[Path]:
    """Yield a temporary path in the folder of ``path``, and rename it to ``path`` afterwards.

    If the block raises (a full disk, an interrupt), the temporary file is removed and an older
    file at ``path`` stays. Otherwise the older file is moved to ``keep``, if that is given.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OSError
        If the file cannot be written. The message names ``path``.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"path: the folder of {target} does not exist; make it first, or give another path"
        )
    handle, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.stem}-", suffix=target.suffix
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        # mkstemp makes a private file. A saved file should be as readable as any other.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
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
