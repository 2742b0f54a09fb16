"""Molecular dynamics of alanine dipeptide: it samples the right ensemble, and it repeats.

Segments last 12 s by default, and tests that need several make them shorter. A seed repeats its
trajectory on one machine only, so that each bound has a margin.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest

from reproduction.dipeptide import molecular_dynamics, openmm_system
from reproduction.dipeptide.molecular_dynamics import simulate
from reproduction.dipeptide.structure import ATOMS, BONDS
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
    monkeypatch.setattr(molecular_dynamics, "_SEGMENT_STEPS", 1_000)


def quick(n_frames, *, seed=1, **options):
    return simulate(n_frames, seed=seed, progress=False, **({"equilibration_ps": 1.0} | options))


def assert_identical(one, other):
    for name in FIELDS:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def p_value(kinetic_energy, dof):
    """The p-value of a Kolmogorov–Smirnov test against the canonical distribution at 450 K."""
    return kstest(kinetic_energy.astype(np.float64), "gamma", args=(dof / 2, 0, KT)).pvalue


@pytest.mark.parametrize("force_field", ["amber03", "amber99sb-ildn", "ff14SB"])
def test_force_fields_have_parameters_for_the_molecule_and_keep_it_neutral(force_field):
    openmm = pytest.importorskip("openmm")
    for constrained, constraints in ((True, 12), (False, 0)):
        system = openmm_system.system(force_field, constrained)
        assert system.getNumParticles() == 22
        assert system.getNumConstraints() == constraints
    forces = {type(force): force for force in system.getForces()}
    assert openmm.CMMotionRemover in forces
    charges = [forces[openmm.NonbondedForce].getParticleParameters(k)[0]._value for k in range(22)]
    assert sum(charges) == pytest.approx(0, abs=1e-5)


def test_listed_force_fields_have_a_file():
    assert molecular_dynamics.FORCE_FIELDS == ("amber03", "amber99sb-ildn", "ff14SB", "charmm36")
    openmm = pytest.importorskip("openmm")
    data = Path(openmm.__file__).parent / "app" / "data"
    assert all((data / file).is_file() for file in openmm_system.FILES.values())


def test_kinetic_energy_has_the_canonical_distribution(monkeypatch):
    pytest.importorskip("openmm")
    # From frame to frame are ten relaxation times, so that frames are nearly independent.
    monkeypatch.setattr(molecular_dynamics, "_SEGMENT_STEPS", 100_000)
    options = {"relaxation_time_ps": 0.05, "stride": 250}
    kinetic = quick(400, seed=1, equilibration_ps=5.0, **options).kinetic_energy
    assert p_value(kinetic, 51) > 1e-3
    # The control: as many frames detect three degrees of freedom more, or fewer.
    assert p_value(kinetic, 54) < 1e-3
    assert p_value(kinetic, 48) < 1e-3
    assert 2 * kinetic.mean() / (51 * KT) == pytest.approx(1, abs=0.05)


def test_kinetic_energy_without_constraints_has_twelve_more_degrees_of_freedom(monkeypatch):
    pytest.importorskip("openmm")
    monkeypatch.setattr(molecular_dynamics, "_SEGMENT_STEPS", 50_000)
    options = {"constrained": False, "time_step_fs": 1.0, "stride": 250}
    kinetic = quick(100, seed=2, relaxation_time_ps=0.025, equilibration_ps=2.5, **options)
    assert p_value(kinetic.kinetic_energy, 63) > 1e-3
    assert p_value(kinetic.kinetic_energy, 51) < 1e-3


@pytest.mark.parametrize("file", ["trajectory-0.npz", "trajectory-1.npz"])
def test_the_recorded_trajectories_are_canonical_and_hardly_drift(file):
    content = load_file(RECORD / file)
    assert content["phi"].shape == content["psi"].shape == (2_000_000,)
    # One value per picosecond. The mean uses all of them. The Kolmogorov–Smirnov test needs
    # independent values, and gets one in ten.
    kinetic = content["kinetic_energy"].astype(np.float64)
    assert kinetic.shape == (200_000,)
    assert 2 * kinetic.mean() / (51 * KT) == pytest.approx(1, abs=0.005)
    deviation = kinetic - kinetic.mean()
    assert abs((deviation[10:] * deviation[:-10]).mean()) < 0.01 * kinetic.var()
    thinned = kinetic[::10]
    assert p_value(thinned, 51) > 1e-3
    # The control: one degree of freedom more or fewer is detected.
    assert p_value(thinned, 50) < 1e-6
    assert p_value(thinned, 52) < 1e-6
    # Measured: 8.5 and 7.2 kJ/mol per nanosecond, 0.04 kT per degree of freedom.
    nanoseconds = 0.1 * np.arange(len(content["conserved_energy"]))
    drift = np.polyfit(nanoseconds, content["conserved_energy"].astype(np.float64), 1)[0]
    assert abs(drift) < 0.1 * 51 * KT


def test_the_conserved_energy_fluctuates_less_with_a_shorter_step(short_segments):
    def spread(time_step_fs):
        run = quick(50, time_step_fs=time_step_fs, stride=round(100 / time_step_fs))
        return run.conserved_energy.astype(np.float64).std()

    short, long = spread(0.5), spread(2.0)
    # It is proportional to the square of the step: 16 times. Measured: 14.
    assert long / short > 6
    assert long < 0.1 * np.sqrt(51 / 2) * KT


def test_the_total_energy_changes_far_more_than_the_conserved_energy():
    pytest.importorskip("openmm")
    system = openmm_system.system("amber03", True)
    context, integrator, _ = warm(system, SETTINGS)
    total, heat = [], []
    for _ in range(200):
        integrator.step(50)
        state = context.getState(energy=True)
        total.append(state.getKineticEnergy()._value + state.getPotentialEnergy()._value)
        heat.append(integrator.getGlobalVariableByName(openmm_system.HEAT))
    # Measured: 30 and 0.9 kJ/mol.
    assert np.std(total) > 10 * np.std(np.subtract(total, heat))


def warm(system, settings):
    """A context that continues after the equilibration, and the state there."""
    state = molecular_dynamics._equilibrated(system, settings)
    context, integrator = molecular_dynamics._context(system, settings, 1)
    context.setPositions(state["positions"])
    context.setVelocities(state["velocities"])
    return context, integrator, state


def test_bonds_to_hydrogen_keep_their_length_and_the_centre_of_mass_rests():
    pytest.importorskip("openmm")
    system = openmm_system.system("amber03", True)
    context, integrator, before = warm(system, SETTINGS)
    integrator.step(1_000)
    after = molecular_dynamics._positions(context)
    constraints = [system.getConstraintParameters(k) for k in range(system.getNumConstraints())]
    assert {frozenset(pair) for *pair, _ in constraints} == {
        frozenset(bond) for bond in BONDS if any(ATOMS[atom][2] == "H" for atom in bond)
    }
    for one, other, length in constraints:
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


def test_a_langevin_thermostat_has_no_conserved_energy(short_segments):
    run = quick(100, thermostat="langevin")
    assert np.isnan(run.conserved_energy).all()
    assert np.isfinite(run.phi).all()
    assert 2 * run.kinetic_energy.mean() / (51 * KT) == pytest.approx(1, abs=0.25)


def test_the_simulation_has_the_temperature_of_its_argument(short_segments):
    run = quick(100, temperature=150.0)
    # 100 frames that are not independent have a standard error of some 4 per cent.
    assert 2 * run.kinetic_energy.mean() / (51 * KT) == pytest.approx(1 / 3, rel=0.2)


@pytest.mark.parametrize("thermostat", molecular_dynamics.THERMOSTATS)
def test_the_same_seed_repeats_bit_for_bit_and_another_differs(short_segments, thermostat):
    first, again, other = (quick(40, seed=s, thermostat=thermostat) for s in (5, 5, 6))
    assert_identical(first, again)
    for name in ("phi", "psi", "kinetic_energy"):
        assert not np.isin(getattr(first, name), getattr(other, name)).any()


def test_a_longer_simulation_begins_with_the_shorter_one(short_segments):
    short, long = quick(10), quick(30)
    np.testing.assert_array_equal(short.phi, long.phi[:10])
    assert not np.array_equal(long.phi[:10], long.phi[20:])


@pytest.mark.parametrize("thermostat", molecular_dynamics.THERMOSTATS)
def test_an_interrupted_simulation_equals_a_whole_one_bit_for_bit(
    short_segments, tmp_path, thermostat
):
    saved = tmp_path / "simulated.npz"
    whole = quick(70, thermostat=thermostat)
    quick(30, thermostat=thermostat, checkpoint=saved)
    assert saved.is_file()
    assert_identical(quick(70, thermostat=thermostat, checkpoint=saved), whole)


def test_a_finished_simulation_is_read_from_its_checkpoint(short_segments, tmp_path, monkeypatch):
    saved = tmp_path / "simulated.npz"
    whole = quick(24, checkpoint=saved)
    monkeypatch.setattr(molecular_dynamics, "_continued", None)
    assert_identical(quick(24, checkpoint=saved), whole)


@pytest.fixture(scope="module")
def checkpoint_of_ten_frames(tmp_path_factory):
    pytest.importorskip("openmm")
    saved = tmp_path_factory.mktemp("checkpoint") / "simulated.npz"
    quick(10, checkpoint=saved)
    return saved


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
def test_a_checkpoint_of_other_settings_is_refused(checkpoint_of_ten_frames, changed):
    saved = checkpoint_of_ten_frames
    before = saved.read_bytes()
    with pytest.raises(ValueError, match=f"checkpoint: .*{next(iter(changed))}"):
        quick(10, checkpoint=saved, **changed)
    assert saved.read_bytes() == before


def test_segment_seeds_are_valid_for_openmm_and_all_different():
    made = {
        molecular_dynamics._segment_seed({"seed": s}, segment)
        for s in range(50)
        for segment in range(50)
    }
    assert len(made) == 2_500
    assert min(made) >= 1
    assert max(made) <= 2**31 - 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"force_field": "amber"}, ValueError, "force_field: found 'amber'; give one of 'amber03'"),
        ({"force_field": None}, ValueError, "force_field"),
        ({"thermostat": "nose"}, ValueError, "thermostat: .*'velocity rescaling', 'langevin'"),
        ({"n_frames": 0}, ValueError, "n_frames: expected at least 1"),
        ({"n_frames": 10.0}, TypeError, "n_frames: expected a whole number"),
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
        simulate(**({"n_frames": 10, "seed": 1, "progress": False} | options))


@pytest.mark.parametrize("options", [{}, {"constrained": False}, {"thermostat": "langevin"}])
@pytest.mark.parametrize("equilibration_ps", [0.0, 10.0])
def test_divergence_is_an_error_that_names_the_time_step(short_segments, options, equilibration_ps):
    with pytest.raises(FloatingPointError, match="time_step_fs: .*smaller time step"):
        quick(10, time_step_fs=20.0, equilibration_ps=equilibration_ps, **options)


def test_without_openmm_a_simulation_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "openmm", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'lstm-md\[md\]'"):
        quick(10)


def test_without_openmm_the_module_can_be_imported():
    code = (
        "import sys; sys.modules['openmm'] = None\n"
        "from reproduction.dipeptide.molecular_dynamics import simulate\n"
        "print(simulate.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "simulate"
