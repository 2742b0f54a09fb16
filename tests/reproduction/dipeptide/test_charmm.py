"""CHARMM's forces made quicker are the same forces, and other force fields are left alone."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from reproduction.dipeptide import charmm as _charmm
from reproduction.dipeptide import openmm_system as _openmm
from reproduction.dipeptide import peptide

mm = pytest.importorskip("openmm")


@pytest.fixture(scope="module")
def written():
    """The system as OpenMM writes it; reading the file takes most of a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_charmm, "quicken", lambda *_: None)
        return _openmm.system("charmm36", True)


def energy_and_forces(system, positions):
    platform = mm.Platform.getPlatformByName("Reference")
    context = mm.Context(system, mm.VerletIntegrator(0.001), platform)
    context.setPositions(positions)
    state = context.getState(energy=True, forces=True)
    return state.getPotentialEnergy()._value, state.getForces(asNumpy=True)._value


@pytest.mark.parametrize(
    ("phi", "psi"), [(-80, 75), (68, -55), (-150, 160), (179.9, -179.9), (0.1, 0.1), (-60, -40)]
)
def test_energies_and_forces_are_those_of_the_formulas(written, phi, psi):
    quick = copy.deepcopy(written)
    _charmm.quicken(quick, mm)
    noise = 0.003 * np.random.default_rng(1).normal(size=(22, 3))
    positions = peptide.structure(phi, psi)[2] + noise
    energy, forces = energy_and_forces(written, positions)
    quick_energy, quick_forces = energy_and_forces(quick, positions)
    assert quick_energy == pytest.approx(energy, rel=1e-9)
    np.testing.assert_allclose(quick_forces, forces, rtol=1e-6, atol=1e-6 * np.abs(forces).max())


def test_no_slow_force_is_left(written):
    quick = copy.deepcopy(written)
    _charmm.quicken(quick, mm)
    left = {type(force).__name__ for force in quick.getForces()}
    assert not left & {"CustomNonbondedForce", "CustomBondForce", "CMAPTorsionForce"}
    assert {type(force).__name__ for force in written.getForces()} - left


def test_pairs_written_in_another_way_are_left_as_they_are(written, monkeypatch):
    monkeypatch.setattr(_charmm, "PAIRS", "something else")
    quick = copy.deepcopy(written)
    _charmm.quicken(quick, mm)
    assert mm.CustomNonbondedForce in {type(force) for force in quick.getForces()}


def test_a_force_field_without_formulas_is_left_as_it_is():
    made = _openmm.system("amber03", True)
    before = mm.XmlSerializer.serialize(made)
    _charmm.quicken(made, mm)
    assert mm.XmlSerializer.serialize(made) == before
