"""The list of faults follows the code: each changes a line that exists."""

import importlib.util
import shutil
import sys

import pytest

from tools.notebooks import ROOT

spec = importlib.util.spec_from_file_location("faults", ROOT / "tests" / "faults" / "faults.py")
faults = importlib.util.module_from_spec(spec)
sys.modules["faults"] = faults
spec.loader.exec_module(faults)


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.name)
def test_a_fault_changes_a_line_that_is_there(fault, tmp_path):
    path = tmp_path / fault.file
    path.parent.mkdir(parents=True)
    shutil.copy(ROOT / fault.file, path)
    fault.apply(tmp_path)
    assert path.read_bytes() != (ROOT / fault.file).read_bytes()
    assert (ROOT / fault.nearest).is_file()
