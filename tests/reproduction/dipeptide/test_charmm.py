"""CHARMM's faster forces equal the slow ones, and other force fields do not change."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

from reproduction.dipeptide import charmm, openmm_system
from reproduction.dipeptide.structure import structure

mm = pytest.importorskip("openmm")


@pytest.fixture(scope="module")
def slow_system():
    """The system as OpenMM makes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charmm, "speed_up", lambda *_: None)
        return openmm_system.system("charmm36", True)


def energy_and_forces(system, positions):
    platform = mm.Platform.getPlatformByName("Reference")
    context = mm.Context(system, mm.VerletIntegrator(0.001), platform)
    context.setPositions(positions)
    state = context.getState(energy=True, forces=True)
    return state.getPotentialEnergy()._value, state.getForces(asNumpy=True)._value


def positions_at(phi, psi):
    noise = 0.003 * np.random.default_rng(1).normal(size=(22, 3))
    return structure(phi, psi).positions + noise


# In kJ/mol. OpenMM 8.6 computed them once with the whole file, which takes 40 seconds.
OF_WHOLE_FILE = {
    (-80, 75): -39.266877604, (68, -55): 29.033674640, (-150, 160): -33.477379958,
    (179.9, -179.9): -6.224943655, (-60, -40): -10.456697132,
}  # fmt: skip


@pytest.mark.parametrize(("angles", "expected"), OF_WHOLE_FILE.items())
def test_the_part_of_the_file_gives_the_energies_of_the_whole(slow_system, angles, expected):
    energy, _ = energy_and_forces(slow_system, positions_at(*angles))
    assert energy == pytest.approx(expected, abs=1e-7)


def test_a_residue_that_the_file_does_not_have_is_refused():
    file = Path(mm.__file__).parent / "app" / "data" / openmm_system.FILES["charmm36"]
    with pytest.raises(ValueError, match="name: charmm36_2024.xml has no residue 'ALADD'"):
        charmm.of_residue(file, "ALADD")


@pytest.mark.parametrize(
    ("phi", "psi"), [(-80, 75), (68, -55), (-150, 160), (179.9, -179.9), (0.1, 0.1), (-60, -40)]
)
def test_energies_and_forces_are_those_of_the_formulas(slow_system, phi, psi):
    fast = copy.deepcopy(slow_system)
    charmm.speed_up(fast, mm)
    positions = positions_at(phi, psi)
    energy, forces = energy_and_forces(slow_system, positions)
    fast_energy, fast_forces = energy_and_forces(fast, positions)
    assert fast_energy == pytest.approx(energy, rel=1e-9)
    np.testing.assert_allclose(fast_forces, forces, rtol=1e-6, atol=1e-6 * np.abs(forces).max())


def test_no_slow_force_is_left(slow_system):
    fast = copy.deepcopy(slow_system)
    charmm.speed_up(fast, mm)
    left = {type(force).__name__ for force in fast.getForces()}
    assert not left & {"CustomNonbondedForce", "CustomBondForce", "CMAPTorsionForce"}
    assert {type(force).__name__ for force in slow_system.getForces()} - left


def test_pairs_with_an_unknown_formula_do_not_change(slow_system, monkeypatch):
    monkeypatch.setattr(charmm, "PAIRS", "something else")
    fast = copy.deepcopy(slow_system)
    charmm.speed_up(fast, mm)
    assert mm.CustomNonbondedForce in {type(force) for force in fast.getForces()}


def test_a_force_field_without_formulas_does_not_change():
    made = openmm_system.system("amber03", True)
    before = mm.XmlSerializer.serialize(made)
    charmm.speed_up(made, mm)
    assert mm.XmlSerializer.serialize(made) == before
