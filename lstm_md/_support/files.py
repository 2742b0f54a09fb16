"""Writing files so that nothing is ever half written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_or_nothing(path: str | os.PathLike[str], keep: Path | None = None) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it there when the block ends well.

    If the block fails (a full disk, an interrupt), the temporary file is removed and
    whatever stood at ``path`` before still stands there. If it ends well, that goes to ``keep``,
    where one is given.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OSError
        If the file cannot be written; the message names ``path``.
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
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        # mkstemp makes the file private; a saved file should be as readable as any other.
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
