"""The package as a wheel, outside a checkout: it is built, installed, imported and used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import lstm_md
from tools.notebooks import ROOT

SCRIPT = """
import sys
from importlib.metadata import version

import lstm_md as lm
import reproduction.dipeptide.molecule

assert lm.__file__.startswith(sys.prefix), lm.__file__
assert reproduction.__file__.startswith(sys.prefix), reproduction.__file__
x = lm.langevin.simulate(lm.potentials.linear_three_state, n_frames=300, seed=1).x
labels = lm.nearest_state(x, centres=[1.5, 0.0, -1.5])
model = lm.language_model(n_labels=3, units=8)
history = lm.train(model, labels, epochs=1, sequence_length=20, progress=False)
generated = lm.generate(model, labels[:100], n_frames=50, n_chains=2, seed=2, progress=False)
assert generated.shape == (2, 50) and generated.max() < 3
print(version("lstm-md"), len(history.loss))
"""
# The machine's settings of pip may name package indexes; none is needed.
ALONE = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy of what is committed, since a build leaves files behind."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("lstm_md", "reproduction"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    pip += ["--no-index", "--wheel-dir", str(folder), str(folder)]
    done = subprocess.run(pip, env=ALONE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


pytestmark = pytest.mark.skipif(
    find_spec("setuptools") is None or find_spec("pip") is None,
    reason="there is no setuptools to build a wheel with",
)


def test_the_wheel_holds_the_two_packages_and_their_data_and_no_test(wheel):
    assert wheel.name == f"lstm_md-{lstm_md.__version__}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"lstm_md", "reproduction"}
    assert {"lstm_md/py.typed", "reproduction/dipeptide/molecule.js"} <= set(names)
    pictures = {path.name for path in (ROOT / "lstm_md" / "_support").glob("*.[jc]s*")}
    assert {f"lstm_md/_support/{name}" for name in pictures} <= set(names) and len(pictures) == 8
    ours = [path for package in ("lstm_md", "reproduction") for path in _files(ROOT / package)]
    assert set(ours) <= set(names)


def _files(package):
    return [path.relative_to(ROOT).as_posix() for path in package.rglob("*.py")]


def test_a_network_is_trained_and_generates_where_only_the_wheel_is_installed(wheel, tmp_path):
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps"]
    subprocess.run([*pip, "--no-index", str(wheel)], env=ALONE, check=True)
    (site,) = (tmp_path / "env").glob("lib/python*/site-packages")
    # A .pth file inside this folder is not read, so the checkout stays hidden.
    libraries = Path(sysconfig.get_path("purelib"))
    (site / "libraries.pth").write_text(f"{libraries}\n")
    # Nothing is compiled, and NumPy is the backend of Keras that starts soonest: what is asked is
    # whether the wheel has all of its parts.
    environment = {**ALONE, "NUMBA_DISABLE_JIT": "1", "KERAS_BACKEND": "numpy"}
    run = subprocess.run(
        [str(python), "-c", SCRIPT], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == f"{lstm_md.__version__} 1"
