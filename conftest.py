"""A chapter that was executed to its last cell held as much memory as the teacher's guide says."""

from __future__ import annotations

import pytest

from tools import memory


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """Ask a chapter's kernel before it ends, and complain once all is put away."""
    complaint = None
    if item.path.suffix == ".ipynb" and _is_last_cell(item) and item.parent.kernel.is_alive():
        held = memory.peak(item.parent.kernel.km.provisioner.pid)
        complaint = memory.complaint(item.path.stem, held)
    yield
    if complaint:
        pytest.fail(complaint, pytrace=False)


def _is_last_cell(item):
    cells = [cell for cell in item.parent.nb.cells if cell.cell_type == "code"]
    return item.cell_num == len(cells) - 1
