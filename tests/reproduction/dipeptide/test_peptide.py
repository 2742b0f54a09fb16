"""Alanine dipeptide: its structure, and that the dynamics sample and repeat what they should.

Segments last 12 s as they are shipped: where several are asked for, the tests make them shorter.
A seed repeats its trajectory on one machine only: each bound leaves room for another's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest

from reproduction.dipeptide import openmm_system as _openmm
from reproduction.dipeptide import peptide
from reproduction.dipeptide.peptide import degrees_of_freedom, dihedral, simulate, structure
from reproduction.dipeptide.structure import ATOMS, BONDS, PHI, PSI, cartesian
from reproduction.runs.files import load_file

KT = 0.00831446261815324 * 450  # kJ/mol
RECORD = Path(__file__).parents[3] / "book" / "recorded" / "dipeptide"
FIELDS = ("phi", "psi", "kinetic_energy", "conserved_energy")
SETTINGS = {
    "seed": 1,
    "force_field": "amber03",
    "thermostat": "velocity rescaling",
    "relaxation_time_ps": 0.1,
    "temperature": 450.0,
    "constrained": True,
    "time_step_fs": 2.0,
    "stride": 50,
    "equilibration_ps": 1.0,
}


@pytest.fixture
def short_segments(monkeypatch):
    pytest.importorskip("openmm")
    monkeypatch.setattr(peptide, "_SEGMENT_STEPS", 5_000)


def quick(frames, *, seed=1, **options):
    return simulate(frames, seed=seed, progress=False, **({"equilibration_ps": 1.0} | options))


def assert_identical(one, other):
    for name in FIELDS:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def p_value(kinetic_energy, dof):
    """Kolmogorov and Smirnov's, against the canonical distribution at 450 K."""
    return kstest(kinetic_energy.astype(np.float64), "gamma", args=(dof / 2, 0, KT)).pvalue


def index(residue, name):
    return [atom[:2] for atom in ATOMS].index((residue, name))


def chirality(placed):
    """Seen from HA, an L-amino acid has C, CB and N clockwise: more than 0."""
    centre = placed[index("ALA", "CA")]
    n, c, cb = (placed[index("ALA", name)] - centre for name in ("N", "C", "CB"))
    return np.dot(np.cross(n, c), cb)


def test_the_structure_is_c7eq_of_the_l_form():
    placed = cartesian()
    assert placed.shape == (22, 3)
    assert len(BONDS) == 21
    assert len({frozenset(bond) for bond in BONDS}) == 21
    assert np.degrees(dihedral(placed, PHI)) == pytest.approx(-80)
    assert np.degrees(dihedral(placed, PSI)) == pytest.approx(75)
    assert chirality(placed) > 0
    apart = np.linalg.norm(placed[:, None] - placed, axis=-1)[np.triu_indices(22, 1)]
    assert apart.min() > 0.09


@pytest.mark.parametrize(
    ("phi", "psi"),
    [(68, -55), (-150.0, 150.0), (0.0, 0.0), (-60.0, -45.0), (np.float32(179), -179)],
)
def test_the_structure_turns_about_its_dihedrals_and_about_nothing_else(phi, psi):
    placed, rest = structure(phi, psi)[2], structure()[2]
    for atoms, turn in ((PHI, phi), (PSI, psi)):
        assert np.degrees(dihedral(placed, atoms)) == pytest.approx(turn, abs=1e-6)
    # Both peptide groups and what is about CA are rigid. Each bond lies within one of the three.
    rigid = (range(9), [8, 9, *range(15, 22)], [6, *range(8, 15)])
    assert all(any({*bond} <= {*part} for part in rigid) for bond in BONDS)
    for part in map(list, rigid):
        before, after = (
            np.linalg.norm(x[part][:, None] - x[part], axis=-1) for x in (rest, placed)
        )
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-12)
    assert chirality(placed) == pytest.approx(chirality(rest), abs=1e-12)
    assert chirality(placed) > 0


def test_the_structure_without_angles_is_where_the_recorded_simulations_began():
    # Bit for bit: a minimiser makes another trajectory of another last digit.
    assert structure()[2].tobytes() == structure(-80, 75)[2].tobytes() == cartesian().tobytes()
    last = [0.5716477528855127, 0.011847204026391403, -0.3247568827357835]
    np.testing.assert_allclose(structure()[2][-1], last, rtol=0, atol=1e-14)


@pytest.mark.parametrize("angle", [np.nan, np.inf, "80", None, True])
def test_an_angle_that_is_no_number_is_refused(angle):
    with pytest.raises(TypeError, match="phi: expected a finite number"):
        structure(angle)
    with pytest.raises(TypeError, match="psi: expected a finite number"):
        structure(psi=angle)


def test_the_atoms_of_the_dihedrals_are_those_of_the_backbone():
    names = [atom[:2] for atom in ATOMS]
    n, ca, c = (("ALA", name) for name in ("N", "CA", "C"))
    assert [names[k] for k in PHI] == [("ACE", "C"), n, ca, c]
    assert [names[k] for k in PSI] == [n, ca, c, ("NME", "N")]
    assert all(pair in {frozenset(b) for b in BONDS} for pair in map(frozenset, zip(PHI, PHI[1:])))
    assert all(pair in {frozenset(b) for b in BONDS} for pair in map(frozenset, zip(PSI, PSI[1:])))


@pytest.mark.parametrize("turn", [-179.0, -90.0, -1.0, 0.0, 1.0, 90.0, 135.0, 179.0])
def test_a_dihedral_is_positive_where_the_far_bond_is_turned_clockwise(turn):
    # Who looks along +z with x upwards has −y on the left: clockwise is from x to y.
    angle = np.radians(turn)
    points = np.array([[1, 0, 0], [0, 0, 0], [0, 0, 1], [np.cos(angle), np.sin(angle), 1.5]])
    assert np.degrees(dihedral(points, (0, 1, 2, 3))) == pytest.approx(turn, abs=1e-9)
    assert np.degrees(dihedral(points, (3, 2, 1, 0))) == pytest.approx(turn, abs=1e-9)
    mirrored = points * [1, -1, 1]
    assert np.degrees(dihedral(mirrored, (0, 1, 2, 3))) == pytest.approx(-turn, abs=1e-9)


def test_dihedrals_agree_with_mdtraj():
    mdtraj = pytest.importorskip("mdtraj")
    positions = np.random.default_rng(3).normal(size=(500, 22, 3)).astype(np.float32)
    theirs = mdtraj.compute_dihedrals(
        mdtraj.Trajectory(positions, None), [PHI, PSI], periodic=False
    )
    ours = np.stack([dihedral(positions.astype(np.float64), a) for a in (PHI, PSI)], axis=1)
    assert ours.shape == (500, 2)
    apart = np.angle(np.exp(1j * (ours - theirs)))
    # Theirs are of single precision, and four atoms nearly in a line have no sharp angle.
    assert np.abs(apart).max() < 1e-3
    assert np.median(np.abs(apart)) < 1e-6


def test_dihedrals_take_any_leading_axes():
    positions = np.random.default_rng(4).normal(size=(2, 3, 22, 3))
    whole = dihedral(positions, PHI)
    assert whole.shape == (2, 3)
    assert whole[1, 2] == dihedral(positions[1, 2], PHI)


def test_degrees_of_freedom_leave_out_the_centre_and_the_constraints():
    assert degrees_of_freedom() == degrees_of_freedom(constrained=True) == 3 * 22 - 3 - 12 == 51
    assert degrees_of_freedom(constrained=False) == 3 * 22 - 3 == 63


@pytest.mark.parametrize("force_field", ["amber03", "amber99sb-ildn", "ff14SB"])
def test_force_fields_know_the_molecule_and_hold_it_neutral(force_field):
    openmm = pytest.importorskip("openmm")
    for constrained, constraints in ((True, 12), (False, 0)):
        system = _openmm.system(force_field, constrained)
        assert system.getNumParticles() == 22
        assert system.getNumConstraints() == constraints
    forces = {type(force): force for force in system.getForces()}
    assert openmm.CMMotionRemover in forces
    charges = [forces[openmm.NonbondedForce].getParticleParameters(k)[0]._value for k in range(22)]
    assert sum(charges) == pytest.approx(0, abs=1e-5)


def test_force_fields_that_are_listed_have_a_file():
    assert peptide.FORCE_FIELDS == ("amber03", "amber99sb-ildn", "ff14SB", "charmm36")
    openmm = pytest.importorskip("openmm")
    data = Path(openmm.__file__).parent / "app" / "data"
    assert all((data / file).is_file() for file in _openmm.FILES.values())


def test_kinetic_energy_has_the_canonical_distribution(monkeypatch):
    pytest.importorskip("openmm")
    # A picosecond is ten relaxation times: the frames are as good as independent.
    monkeypatch.setattr(peptide, "_SEGMENT_STEPS", 400_000)
    kinetic = quick(800, seed=1, stride=500, equilibration_ps=5.0).kinetic_energy
    assert p_value(kinetic, 51) > 1e-3
    # The control: as many frames tell three degrees of freedom more, or fewer.
    assert p_value(kinetic, 54) < 1e-3
    assert p_value(kinetic, 48) < 1e-3
    assert 2 * kinetic.mean() / (51 * KT) == pytest.approx(1, abs=0.04)


def test_kinetic_energy_without_constraints_has_twelve_degrees_of_freedom_more(monkeypatch):
    pytest.importorskip("openmm")
    monkeypatch.setattr(peptide, "_SEGMENT_STEPS", 200_000)
    options = {"constrained": False, "time_step_fs": 1.0, "stride": 500}
    kinetic = quick(400, seed=2, relaxation_time_ps=0.05, equilibration_ps=5.0, **options)
    assert p_value(kinetic.kinetic_energy, 63) > 1e-3
    assert p_value(kinetic.kinetic_energy, 51) < 1e-3


@pytest.mark.parametrize("file", ["trajectory-0.npz", "trajectory-1.npz"])
def test_the_recorded_trajectories_are_canonical_and_hardly_drift(file):
    part = load_file(RECORD / file)
    assert part["phi"].shape == part["psi"].shape == (2_000_000,)
    # One frame a picosecond. The mean may take all; the test of Kolmogorov and Smirnov asks
    # for independent frames, and gets one in ten.
    kinetic = part["kinetic_energy"].astype(np.float64)
    assert kinetic.shape == (200_000,)
    assert 2 * kinetic.mean() / (51 * KT) == pytest.approx(1, abs=0.005)
    deviation = kinetic - kinetic.mean()
    assert abs((deviation[10:] * deviation[:-10]).mean()) < 0.01 * kinetic.var()
    thinned = kinetic[::10]
    assert p_value(thinned, 51) > 1e-3
    # The control: one degree of freedom is told apart.
    assert p_value(thinned, 50) < 1e-6
    assert p_value(thinned, 52) < 1e-6
    # Measured: 8.5 and 7.2 kJ/mol in a nanosecond, 0.04 kT for each degree of freedom.
    nanoseconds = 0.1 * np.arange(len(part["conserved_energy"]))
    drift = np.polyfit(nanoseconds, part["conserved_energy"].astype(np.float64), 1)[0]
    assert abs(drift) < 0.1 * 51 * KT


def test_the_conserved_energy_wavers_less_with_a_shorter_step(short_segments):
    def spread(time_step_fs):
        run = quick(50, time_step_fs=time_step_fs, stride=round(100 / time_step_fs))
        return run.conserved_energy.astype(np.float64).std()

    short, long = spread(0.5), spread(2.0)
    # It goes as the square, 16 times; measured 14.
    assert long / short > 6
    assert long < 0.1 * np.sqrt(51 / 2) * KT


def test_the_energy_changes_far_more_than_what_is_conserved():
    pytest.importorskip("openmm")
    system = _openmm.system("amber03", True)
    context, integrator, _ = warm(system, SETTINGS)
    total, heat = [], []
    for _ in range(200):
        integrator.step(50)
        seen = context.getState(energy=True)
        total.append(seen.getKineticEnergy()._value + seen.getPotentialEnergy()._value)
        heat.append(integrator.getGlobalVariableByName(_openmm.HEAT))
    # Measured: 30 and 0.9 kJ/mol.
    assert np.std(total) > 10 * np.std(np.subtract(total, heat))


def warm(system, settings):
    """A context that goes on from the end of the equilibration, and the state there."""
    state = peptide._started(system, settings)
    context, integrator = peptide._context(system, settings, 1)
    context.setPositions(state["positions"])
    context.setVelocities(state["velocities"])
    return context, integrator, state


def test_bonds_to_hydrogen_keep_their_length_and_the_centre_rests():
    pytest.importorskip("openmm")
    system = _openmm.system("amber03", True)
    context, integrator, before = warm(system, SETTINGS)
    integrator.step(1_000)
    after = peptide._positions(context)
    held = [system.getConstraintParameters(k) for k in range(system.getNumConstraints())]
    assert {frozenset(pair) for *pair, _ in held} == {
        frozenset(bond) for bond in BONDS if any(ATOMS[atom][2] == "H" for atom in bond)
    }
    for one, other, length in held:
        found = np.linalg.norm(after["positions"][one] - after["positions"][other])
        assert found == pytest.approx(length._value, rel=1e-7)
    mass = np.array([system.getParticleMass(k)._value for k in range(22)])
    assert np.abs(after["positions"] - before["positions"]).max() > 0.01
    for name in ("positions", "velocities"):
        moved = after[name] - (before[name] if name == "positions" else 0)
        assert np.abs(mass @ moved / mass.sum()).max() < 1e-9


def test_shapes_and_types(short_segments):
    run = quick(7, stride=100)
    for name in FIELDS:
        assert getattr(run, name).shape == (7,)
        assert getattr(run, name).dtype == np.float32
        assert np.isfinite(getattr(run, name)).all()
    assert run.time_per_frame_ps == pytest.approx(0.2)
    assert np.abs([run.phi, run.psi]).max() <= np.float32(np.pi)


def test_a_langevin_thermostat_keeps_no_account_of_the_energy(short_segments):
    run = quick(100, thermostat="langevin")
    assert np.isnan(run.conserved_energy).all()
    assert np.isfinite(run.phi).all()
    assert 2 * run.kinetic_energy.mean() / (51 * KT) == pytest.approx(1, abs=0.25)


def test_the_temperature_is_that_asked_for(short_segments):
    run = quick(100, temperature=150.0)
    # 100 frames that are not independent: a standard error of some 4 per cent.
    assert 2 * run.kinetic_energy.mean() / (51 * KT) == pytest.approx(1 / 3, rel=0.2)


@pytest.mark.parametrize("thermostat", peptide.THERMOSTATS)
def test_the_same_seed_repeats_bit_for_bit_and_another_differs(short_segments, thermostat):
    first, again, other = (quick(40, seed=s, thermostat=thermostat) for s in (5, 5, 6))
    assert_identical(first, again)
    for name in ("phi", "psi", "kinetic_energy"):
        assert not np.isin(getattr(first, name), getattr(other, name)).any()


def test_a_longer_run_begins_with_the_shorter(short_segments):
    short, long = quick(30), quick(130)
    np.testing.assert_array_equal(short.phi, long.phi[:30])
    assert not np.array_equal(long.phi[:30], long.phi[100:])


@pytest.mark.parametrize("thermostat", peptide.THERMOSTATS)
def test_an_interrupted_run_equals_a_whole_one_bit_for_bit(short_segments, tmp_path, thermostat):
    kept = tmp_path / "simulated.npz"
    whole = quick(350, thermostat=thermostat)
    quick(150, thermostat=thermostat, checkpoint=kept)
    assert kept.is_file()
    assert_identical(quick(350, thermostat=thermostat, checkpoint=kept), whole)


def test_a_finished_run_is_read_from_its_checkpoint(short_segments, tmp_path, monkeypatch):
    kept = tmp_path / "simulated.npz"
    whole = quick(120, checkpoint=kept)
    monkeypatch.setattr(peptide, "_continued", None)
    assert_identical(quick(120, checkpoint=kept), whole)


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 2},
        {"force_field": "ff14SB"},
        {"thermostat": "langevin"},
        {"relaxation_time_ps": 0.2},
        {"temperature": 300.0},
        {"constrained": False},
        {"time_step_fs": 1.0},
        {"stride": 51},
        {"equilibration_ps": 2.0},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_checkpoint_of_other_settings_is_refused(short_segments, tmp_path, changed):
    kept = tmp_path / "simulated.npz"
    quick(10, checkpoint=kept)
    before = kept.read_bytes()
    with pytest.raises(ValueError, match=f"checkpoint: .*{next(iter(changed))}"):
        quick(10, checkpoint=kept, **changed)
    assert kept.read_bytes() == before


def test_seeds_are_what_openmm_takes_and_differ_between_seeds_and_segments():
    made = {peptide._seed({"seed": s}, segment) for s in range(50) for segment in range(50)}
    assert len(made) == 2_500
    assert min(made) >= 1
    assert max(made) <= 2**31 - 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"force_field": "amber"}, ValueError, "force_field: found 'amber'; give one of 'amber03'"),
        ({"force_field": None}, ValueError, "force_field"),
        ({"thermostat": "nose"}, ValueError, "thermostat: .*'velocity rescaling', 'langevin'"),
        ({"frames": 0}, ValueError, "frames: expected at least 1"),
        ({"frames": 10.0}, TypeError, "frames: expected a whole number"),
        ({"seed": -1}, ValueError, "seed"),
        ({"seed": None}, TypeError, "seed"),
        ({"temperature": 0.0}, ValueError, "temperature"),
        ({"temperature": -450.0}, ValueError, "temperature"),
        ({"temperature": np.nan}, TypeError, "temperature"),
        ({"temperature": "450 K"}, TypeError, "temperature"),
        ({"relaxation_time_ps": 0.0}, ValueError, "relaxation_time_ps"),
        ({"time_step_fs": 0.0}, ValueError, "time_step_fs"),
        ({"time_step_fs": np.inf}, TypeError, "time_step_fs"),
        ({"stride": 0}, ValueError, "stride"),
        ({"equilibration_ps": -1.0}, ValueError, "equilibration_ps"),
    ],
)
def test_bad_input_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        simulate(**({"frames": 10, "seed": 1, "progress": False} | options))


def test_the_seed_cannot_be_left_out():
    with pytest.raises(TypeError, match="seed"):
        simulate(10)


@pytest.mark.parametrize("options", [{}, {"constrained": False}, {"thermostat": "langevin"}])
@pytest.mark.parametrize("equilibration_ps", [0.0, 10.0])
def test_divergence_is_an_error_that_names_the_time_step(short_segments, options, equilibration_ps):
    with pytest.raises(FloatingPointError, match="time_step_fs: .*smaller time step"):
        quick(10, time_step_fs=20.0, equilibration_ps=equilibration_ps, **options)


def test_without_openmm_a_simulation_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "openmm", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'lstm-md\[md\]'"):
        quick(10)


def test_without_openmm_the_module_can_be_imported():
    code = (
        "import sys; sys.modules['openmm'] = None\n"
        "from reproduction.dipeptide import peptide\n"
        "from reproduction.dipeptide.structure import cartesian\n"
        "print(round(float(peptide.dihedral(cartesian(), peptide.PHI)), 4))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "-1.3963"
