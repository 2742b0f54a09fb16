"""Chapters as tests. This is the only module that knows nbval, and it holds its replacement.

``pytest book --chapters=nbval -p nbval`` makes a test of each cell, with nbval, which is not loaded
otherwise. ``--chapters=nbclient`` makes a test of each chapter, with :mod:`tools.execute` and
:mod:`tools.compared`. It needs nbval neither installed nor maintained. Both execute all cells,
compare the outputs of the cells tagged ``nbval-check-output``, and compare the memory of the kernel
with the teacher's guide.
``conftest.py`` calls the functions below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tools import memory
from tools.compared import differences
from tools.execute import execute
from tools.notebooks import Cell, code_cells, joined, read

OPTION = "--chapters"
NBVAL, NBCLIENT = "nbval", "nbclient"
WITH_NBVAL = (f"{OPTION}={NBVAL}", "-p", "nbval")  # for the command line of pytest
SECONDS = 900  # the longest that one cell may take
TELL_MEMORY = "from pathlib import Path\n\nprint(Path('/proc/self/status').read_text())"


def add_option(parser: pytest.Parser) -> None:
    """Add the option ``--chapters`` to pytest."""
    parser.addoption(
        OPTION, choices=(NBVAL, NBCLIENT), help="execute the notebooks, and how (default: not)"
    )


def configure(config: pytest.Config) -> None:
    """Set nbval's own options.

    Raises
    ------
    pytest.UsageError
        If nbval is asked for, and not installed or not loaded.
    """
    if config.getoption(OPTION) != NBVAL:
        return
    if find_spec("nbval") is None:
        raise pytest.UsageError(f"nbval is not installed; use {OPTION}={NBCLIENT}")
    if not hasattr(config.option, "nbval_lax"):
        raise pytest.UsageError(f"nbval is not loaded; use {' '.join(WITH_NBVAL)}")
    config.option.nbval_lax = True  # only the tagged cells are compared
    config.option.nbval_current_env = True
    config.option.nbval_cell_timeout = SECONDS


def collect(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Make tests of a notebook, unless nbval does that."""
    if path.suffix == ".ipynb" and parent.config.getoption(OPTION) == NBCLIENT:
        return ChapterFile.from_parent(parent, path=path)
    return None


def complaint_at_the_end(item: pytest.Item) -> str | None:
    """Say what is wrong with the memory of a kernel whose last cell nbval has just executed."""
    if item.path.suffix != ".ipynb" or isinstance(item, ChapterItem):
        return None
    cell: Any = item
    last = sum(each.cell_type == "code" for each in cell.parent.nb.cells) - 1
    if cell.cell_num != last or not cell.parent.kernel.is_alive():
        return None
    held = memory.peak(cell.parent.kernel.km.provisioner.pid)
    return memory.complaint(item.path.stem, held)


class ChapterFile(pytest.File):
    """A notebook, which is one test."""

    def collect(self) -> Iterator[ChapterItem]:
        """Yield the only test."""
        yield ChapterItem.from_parent(self, name="chapter")


class ChapterItem(pytest.Item):
    """Executes a chapter and compares it with what is stored."""

    def runtest(self) -> None:
        """Execute the chapter in its folder; fail with all differences."""
        stored = read(self.path)
        tell: Cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        longer = dict(
            stored, cells=[*stored["cells"], {**tell, "id": "end", "source": TELL_MEMORY}]
        )
        executed = asyncio.run(execute(longer, self.path.parent, timeout=SECONDS))
        *_, last = code_cells(executed)
        found = differences(stored, executed)
        held = memory.peak_in(joined(last["outputs"][0]["text"]))
        found += filter(None, [memory.complaint(self.path.stem, held)])
        if found:
            raise AssertionError("\n\n".join(found))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Show the message alone: it names the cell."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the chapter."""
        return self.path, 0, self.path.stem
