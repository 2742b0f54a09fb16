"""The input for GROMACS has the molecule and the settings of our own simulations."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from reproduction.dipeptide import openmm_system
from reproduction.dipeptide.molecular_dynamics import simulate
from reproduction.dipeptide.structure import PHI, PSI, degrees_of_freedom, dihedral, structure
from reproduction.runs.files import load_file

BOOK = Path(__file__).parents[3] / "book"
INPUT = BOOK / "data" / "gromacs"
FILES = ("dipeptide.pdb", "md.mdp", "run.sh")
RECORD = BOOK / "recorded" / "dipeptide" / "trajectory-0.npz"
# Atoms with another name in GROMACS's amber03.
RENAMED = {
    "ACE H1": "ACE HH31",
    "ACE H2": "ACE HH32",
    "ACE H3": "ACE HH33",
    "NME C": "NME CH3",
    "NME H1": "NME HH31",
    "NME H2": "NME HH32",
    "NME H3": "NME HH33",
}
needs_gromacs = pytest.mark.skipif(shutil.which("gmx") is None, reason="GROMACS is not installed")


def atoms(lines):
    """Name, element and position in nm of each atom, from the columns of the format."""
    found = [line for line in lines if line.startswith("ATOM")]
    names = [f"{line[17:20]} {line[12:16].strip()}" for line in found]
    places = [[float(line[at : at + 8]) / 10 for at in (30, 38, 46)] for line in found]
    return names, [line[76:78].strip() for line in found], np.array(places)


def options(text):
    """The options of an .mdp file, where ``-`` and ``_`` are the same in a name."""
    lines = (line.partition(";")[0] for line in text.splitlines())
    pairs = [re.split(r"\s*=\s*", line.strip()) for line in lines if line.strip()]
    assert all(len(pair) == 2 for pair in pairs)
    names = [name.lower().replace("_", "-") for name, _ in pairs]
    assert len(set(names)) == len(names)
    return dict(zip(names, (value for _, value in pairs)))


@pytest.fixture
def mdp():
    return options((INPUT / "md.mdp").read_text())


@pytest.fixture(scope="module")
def defaults():
    signature = inspect.signature(simulate)
    return {name: parameter.default for name, parameter in signature.parameters.items()}


def downloaded(folder):
    """A folder with the three files that a reader downloads, and nothing else."""
    for name in FILES:
        shutil.copy(INPUT / name, folder)
    return folder


@pytest.fixture
def folder(tmp_path):
    return downloaded(tmp_path)


def energies(log):
    """The first energies in a log of GROMACS, in kJ/mol; columns have 15 characters."""
    lines = log.split("Energies (kJ/mol)\n")[1].split("\n\n")[0].splitlines()
    found = {}
    for heads, values in zip(lines[::2], lines[1::2]):
        for at in range(0, len(values), 15):
            found[heads[at : at + 15].strip()] = float(values[at : at + 15])
    return found


def run(*command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def test_the_pdb_is_the_structure_of_our_simulations():
    names, elements, places = atoms((INPUT / "dipeptide.pdb").read_text().splitlines())
    ours, our_elements, positions, _ = structure()
    assert names == [RENAMED.get(name, name) for name in ours]
    assert elements == our_elements
    # The last digit of the format is 0.0001 nm.
    np.testing.assert_allclose(places, positions, rtol=0, atol=0.5001e-4)


def test_the_settings_are_those_of_our_simulations(mdp, defaults):
    assert float(mdp["ref-t"]) == float(mdp["gen-temp"]) == defaults["temperature"]
    assert float(mdp["tau-t"]) == defaults["relaxation_time_ps"]
    assert (mdp["tcoupl"], defaults["thermostat"]) == ("v-rescale", "velocity rescaling")
    assert 1000 * float(mdp["dt"]) == pytest.approx(defaults["time_step_fs"])
    assert int(mdp["nstxout-compressed"]) == defaults["stride"]
    assert mdp["constraints"] == {True: "h-bonds", False: "none"}[defaults["constrained"]]
    # The centre of mass rests, and the thermostat acts at each step.
    assert (mdp["comm-mode"], mdp["nsttcouple"]) == ("linear", "1")


def test_the_simulation_is_as_long_as_the_recorded_one(mdp):
    recorded = load_file(RECORD)
    steps = int(mdp["nsteps"])
    assert steps == int(mdp["nstxout-compressed"]) * recorded["phi"].size
    assert steps * float(mdp["dt"]) == pytest.approx(200_000)
    assert recorded["settings"]["frames"] == recorded["phi"].size


def test_the_cut_off_includes_all_pairs_and_no_image(mdp):
    run_script = (INPUT / "run.sh").read_text()
    box = float(re.search(r"-box (\S+)", run_script)[1])
    places = structure().positions
    # The extended molecule is 0.3 nm longer.
    width = np.linalg.norm(places[:, None] - places, axis=-1).max() + 0.3
    for cut_off in ("rcoulomb", "rvdw"):
        assert width < float(mdp[cut_off]) < float(mdp["rlist"]) < box - width
    assert float(mdp["rlist"]) < box / 2
    assert (mdp["coulombtype"], mdp["vdwtype"]) == ("cut-off", "cut-off")
    assert (mdp["vdw-modifier"], mdp["dispcorr"]) == ("none", "no")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_script_is_valid(folder):
    run("bash", "-n", "run.sh", folder=folder)


def test_the_script_uses_the_files_and_the_force_field_of_our_simulations(defaults):
    script = (INPUT / "run.sh").read_text()
    assert f"-ff {defaults['force_field']} " in script
    for name in FILES[:2]:
        assert f"-f {name} " in script
    # Each setting that the script changes is in md.mdp.
    changed = re.findall(r"s/\^(\S+) \.\*/(\S+) = (\S+)/", script)
    before = options((INPUT / "md.mdp").read_text())
    assert len(changed) == script.count("s/^") > 0
    for name, same, value in changed:
        assert name == same
        assert before[name] != value
    equilibration = max(int(value) for name, _, value in changed if name == "nsteps")
    assert equilibration * float(before["dt"]) == pytest.approx(defaults["equilibration_ps"])


def test_the_last_line_of_the_script_reads_the_angles(tmp_path):
    script = (INPUT / "run.sh").read_text()
    line = re.search(r"^# phi, psi = (.*)$", script, re.MULTILINE)[1]
    file = tmp_path / "rama.xvg"
    file.write_text(
        "# made by hand\n@ title\n-80  75  ALA-2\n-70.5  60  ALA-2\n60  -50  ALA-2\n&\n"
    )
    phi, psi = eval(line.replace('"rama.xvg"', repr(str(file))), {"np": np})
    np.testing.assert_array_equal(phi, [-70.5, 60])
    np.testing.assert_array_equal(psi, [60, -50])


@needs_gromacs
def test_gromacs_accepts_the_molecule_unchanged(folder):
    run("gmx", "pdb2gmx", "-f", "dipeptide.pdb", "-ff", "amber03", "-water", "none",
        "-o", "built.pdb", folder=folder)  # fmt: skip
    names, _, places = atoms((folder / "built.pdb").read_text().splitlines())
    ours, _, positions, _ = structure()
    order = [names.index(RENAMED.get(name, name)) for name in ours]
    assert sorted(order) == list(range(len(ours)))
    # GROMACS adds no atom and moves none.
    np.testing.assert_allclose(places[order], positions, rtol=0, atol=0.5001e-4)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """The folder in which the script ran for a picosecond, and its output."""
    folder = downloaded(tmp_path_factory.mktemp("gromacs"))
    return folder, run("bash", "run.sh", "-nsteps", "500", folder=folder)


@needs_gromacs
def test_gromacs_runs_the_script(simulated):
    folder, output = simulated
    found = re.findall(r"Number of degrees of freedom in .* is ([\d.]+)", output)
    # One each for the minimisation, the equilibration and the simulation.
    assert [float(each) for each in found] == 3 * [degrees_of_freedom()]
    assert "WARNING" not in output
    angles = np.loadtxt(folder / "rama.xvg", comments=("#", "@", "&"), usecols=(0, 1))
    assert angles.shape == (11, 2)
    assert np.isfinite(angles).all()


@needs_gromacs
def test_gromacs_and_our_code_agree_on_the_signs_of_the_angles(simulated):
    folder, _ = simulated
    run("gmx", "rama", "-f", "boxed.gro", "-s", "md.tpr", "-o", "start.xvg", folder=folder)
    angles = np.loadtxt(folder / "start.xvg", comments=("#", "@", "&"), usecols=(0, 1))
    positions = structure().positions
    ours = [dihedral(positions, four) for four in (PHI, PSI)]
    # The last digit of boxed.gro is 0.001 nm.
    np.testing.assert_allclose(angles, np.degrees(ours), rtol=0, atol=1)


@needs_gromacs
def test_gromacs_has_our_potential_energy(simulated, defaults):
    openmm = pytest.importorskip("openmm")
    folder, _ = simulated
    run("gmx", "mdrun", "-s", "md.tpr", "-rerun", "boxed.gro", "-deffnm", "again", "-nt", "1",
        folder=folder)  # fmt: skip
    logged = (folder / "again.log").read_text()
    theirs = energies(logged)["Potential"]
    lines = (folder / "boxed.gro").read_text().splitlines()[2:-1]
    places = {
        f"{line[5:10].strip()} {line[10:15].strip()}": [
            float(line[k : k + 8]) for k in (20, 28, 36)
        ]
        for line in lines
    }
    names = structure().names
    system = openmm_system.system(defaults["force_field"], defaults["constrained"])
    context = openmm.Context(system, openmm.VerletIntegrator(0.001))
    context.setPositions([places[RENAMED.get(name, name)] for name in names])
    ours = context.getState(energy=True).getPotentialEnergy()._value
    # Measured: 0.008 kJ/mol, from the rounding of the scale of 1-4 pairs.
    assert theirs == pytest.approx(ours, abs=0.015)
