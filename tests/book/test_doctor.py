"""`make doctor` names what is slow, missing or too small."""

import re
import subprocess
import sys
from importlib.metadata import requires
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from tools import doctor
from tools.notebooks import ROOT

OPENBLAS = {"user_api": "blas", "internal_api": "openblas", "version": "0.3.30"}


def lines_with(kernel, flags, monkeypatch, chosen=None, own="SkylakeX"):
    monkeypatch.delenv(doctor.CORETYPE, raising=False)
    monkeypatch.setattr(doctor, "own_kernel", lambda: own)
    if chosen:
        monkeypatch.setenv(doctor.CORETYPE, chosen)
    other = {"user_api": "openmp", "internal_api": "openmp"}
    return list(doctor.processor(frozenset(flags), [{**OPENBLAS, "architecture": kernel}, other]))


@pytest.mark.parametrize(
    ("kernel", "flags", "slow"),
    [
        ("Haswell", {"avx2", "avx512f"}, True),
        ("SkylakeX", {"avx2", "avx512f"}, False),
        ("Haswell", {"avx2"}, False),
        ("Nehalem", {"avx2"}, True),
        ("neoversen1", {"asimd"}, False),
        ("Haswell", set(), False),
    ],
)
def test_a_kernel_that_does_not_use_the_processor_is_named(kernel, flags, slow, monkeypatch):
    lines = lines_with(kernel, flags, monkeypatch)
    assert any(line.startswith(f"! the kernel {kernel}") for line in lines) == slow
    assert len(lines) == 2 + slow


def test_the_cure_depends_on_who_chose_the_kernel(monkeypatch):
    own = lines_with("Haswell", {"avx512f"}, monkeypatch)[-1]
    chosen = lines_with("Haswell", {"avx512f"}, monkeypatch, "Haswell")[-1]
    assert own.endswith("install a current NumPy and SciPy")
    assert chosen == (
        "! OPENBLAS_CORETYPE=Haswell makes it use the kernel Haswell; for this processor it takes "
        "SkylakeX by itself: unset OPENBLAS_CORETYPE"
    )


def test_a_kernel_that_was_chosen_well_is_no_fault(monkeypatch):
    assert len(lines_with("SkylakeX", {"avx512f"}, monkeypatch, "SkylakeX")) == 2
    assert len(lines_with("neoversen1", {"asimd"}, monkeypatch, "x", own="neoversen1")) == 2


def test_the_kernel_of_numpy_does_not_depend_on_the_choice(monkeypatch):
    monkeypatch.setenv(doctor.CORETYPE, "Prescott")
    assert doctor.own_kernel() not in ("", "Prescott")


def test_a_package_that_is_missing_or_too_old_is_named(monkeypatch):
    wanted = [("numpy", "1.26"), ("keras", "99.0"), ("no-such-package", "1"), ("nor-this", "2")]
    monkeypatch.setattr(doctor, "needed", lambda: iter(wanted))
    good, old, missing = doctor.packages()
    assert good.startswith("numpy ")
    assert old.startswith("! keras ") and "is older than 99.0" in old
    assert missing.startswith("! not installed, but needed: no-such-package, nor-this; make book")


@pytest.mark.parametrize(
    ("older", "newer"), [("1.9", "1.10"), ("2.0.0", "2.0.1"), ("1.0.4", "1.0.4.1"), ("1", "2rc1")]
)
def test_versions_are_compared_as_numbers(older, newer):
    assert doctor._numbers(older) < doctor._numbers(newer)
    assert doctor._numbers("2.0") == doctor._numbers("2.0.0") == doctor._numbers("2.0rc1")


def test_the_needed_packages_are_those_of_the_project():
    found = {
        (each.name, str(each.specifier).split(",")[-1].removeprefix(">="))
        for each in map(Requirement, requires("lstm-md"))
        if each.marker is None or each.marker.evaluate({"extra": "book"})
    }
    assert set(doctor.needed()) == found


# Before anything is installed


def bare(*arguments):
    """Run the command in a Python that has the standard library alone."""
    code = "import runpy, sys; sys.path.insert(0, {!r}); {}runpy.run_module('tools.doctor', {})"
    code = code.format(str(ROOT), "".join(arguments), "run_name='__main__'")
    line = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.run(line, capture_output=True, text=True, cwd=ROOT)


def test_it_works_in_a_python_without_packages():
    found = bare()
    assert found.returncode == 1 and not found.stderr
    assert "! not installed, but needed: numpy, scipy," in found.stdout
    assert "GB of memory free" in found.stdout and "make: " in found.stdout


def test_it_says_why_the_last_installation_failed(tmp_path):
    log = tmp_path / "install.log"
    log.write_text("Collecting jaxlib\nERROR: [Errno 28] No space left on device\n")
    setting = f"import pathlib, tools.install; tools.install.LOG = pathlib.Path({str(log)!r}); "
    found = bare(setting)
    expected = "! the last installation failed. The disk is full (pip was at jaxlib)."
    assert expected in found.stdout and found.returncode == 1


def test_an_environment_that_does_not_start_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.install, "LOG", tmp_path / "none")
    monkeypatch.setattr(doctor, "VENV", tmp_path / ".venv")
    assert list(doctor.installation()) == [".venv is not there yet; make book makes it"]
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (broken,) = doctor.installation()
    assert broken.startswith("! the Python in .venv does not start: remove .venv")
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    assert list(doctor.installation()) == []


@pytest.mark.parametrize(
    ("python", "libc", "finds", "said"),
    [
        (
            {"version_info": SimpleNamespace(minor=14)},
            "glibc",
            1,
            "! Python 3.10 to 3.13 is needed",
        ),
        ({"maxsize": 2**31 - 1}, "glibc", 1, "! this Python is a 32-bit program"),
        ({}, "", 1, "! TensorFlow needs a Linux with glibc"),
        ({}, "glibc", None, "! this Python cannot install packages"),
    ],
    ids=["another Python", "32 bits", "another C library", "no pip"],
)
def test_a_system_without_wheels_is_named(python, libc, finds, said, monkeypatch):
    good = {"version_info": SimpleNamespace(minor=13), "maxsize": 2**63 - 1, "platform": "linux"}
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(**good | python))
    monkeypatch.setattr("platform.libc_ver", lambda: (libc, ""))
    monkeypatch.setattr(doctor, "find_spec", lambda name: finds)
    _, fault = doctor.system()
    assert fault.startswith(said)


def test_the_makefile_calls_it_before_anything_is_installed():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"^doctor: ## ", makefile, re.M)  # no file has to be there before


def test_little_memory_and_disk_are_named(monkeypatch):
    monkeypatch.setattr(doctor, "free_memory", lambda: 1e9)
    usage = doctor.shutil.disk_usage(doctor.ROOT)._replace(free=10**9)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    found = [line for line in doctor.machine() if line.startswith("!")]
    assert [line.split(":")[0] for line in found] == [
        "! expected 4 GB of free memory", "! expected 4 GB of free disk"
    ]  # fmt: skip
