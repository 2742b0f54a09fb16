"""`make doctor` names what is slow, missing or too small."""

import pytest

from tools import doctor

OPENBLAS = {"user_api": "blas", "internal_api": "openblas", "version": "0.3.30"}


def lines_with(kernel, flags, monkeypatch, chosen=None):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    if chosen:
        monkeypatch.setenv("OPENBLAS_CORETYPE", chosen)
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
    assert chosen.endswith("unset OPENBLAS_CORETYPE")


def test_a_package_that_is_missing_or_too_old_is_named(monkeypatch):
    wanted = ["numpy>=1.26", "keras>=99", "no-such-package", "torch; extra == 'bench'"]
    monkeypatch.setattr(doctor, "requires", lambda name: wanted)
    good, old, missing = doctor.packages()
    assert good.startswith("numpy ")
    assert old.startswith("! keras ") and ">=99" in old
    assert missing.startswith("! no-such-package is not installed")
    assert doctor.main() == 1


def test_little_memory_and_disk_are_named(monkeypatch):
    monkeypatch.setattr(doctor, "cards", list)
    monkeypatch.setattr(doctor, "free_memory", lambda: 1e9)
    usage = doctor.shutil.disk_usage(doctor.ROOT)._replace(free=10**9)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    found = [line for line in doctor.machine() if line.startswith("!")]
    assert [line.split(":")[0] for line in found] == [
        "! expected 4 GB of free memory", "! expected 4 GB of free disk"
    ]  # fmt: skip
