"""The structure of alanine dipeptide, and its dihedral angles."""

from __future__ import annotations

import numpy as np
import pytest

from reproduction.dipeptide.structure import (
    ATOMS,
    BONDS,
    PHI,
    PSI,
    cartesian,
    degrees_of_freedom,
    dihedral,
    structure,
)


def index(residue, name):
    return [atom[:2] for atom in ATOMS].index((residue, name))


def chirality(positions):
    """A triple product that is positive for an L-amino acid."""
    centre = positions[index("ALA", "CA")]
    n, c, cb = (positions[index("ALA", name)] - centre for name in ("N", "C", "CB"))
    return np.dot(np.cross(n, c), cb)


def test_the_structure_is_c7eq_of_l_alanine():
    placed = cartesian()
    assert placed.shape == (22, 3)
    assert len(BONDS) == 21
    assert len({frozenset(bond) for bond in BONDS}) == 21
    assert np.degrees(dihedral(placed, PHI)) == pytest.approx(-80)
    assert np.degrees(dihedral(placed, PSI)) == pytest.approx(75)
    assert chirality(placed) > 0
    distances = np.linalg.norm(placed[:, None] - placed, axis=-1)[np.triu_indices(22, 1)]
    assert distances.min() > 0.09


@pytest.mark.parametrize(
    ("phi", "psi"),
    [(68, -55), (-150.0, 150.0), (0.0, 0.0), (-60.0, -45.0), (np.float32(179), -179)],
)
def test_the_structure_turns_about_its_dihedral_angles_only(phi, psi):
    placed, default = structure(phi, psi).positions, structure().positions
    for atoms, turn in ((PHI, phi), (PSI, psi)):
        assert np.degrees(dihedral(placed, atoms)) == pytest.approx(turn, abs=1e-6)
    # Both peptide groups and the atoms around CA are rigid. Each bond lies in one of these groups.
    rigid = (range(9), [8, 9, *range(15, 22)], [6, *range(8, 15)])
    assert all(any({*bond} <= {*group} for group in rigid) for bond in BONDS)
    for group in map(list, rigid):
        before, after = (
            np.linalg.norm(x[group][:, None] - x[group], axis=-1) for x in (default, placed)
        )
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-12)
    assert chirality(placed) == pytest.approx(chirality(default), abs=1e-12)
    assert chirality(placed) > 0


def test_the_default_structure_is_the_start_of_the_recorded_simulations():
    # Equal bit for bit: after minimisation, another last digit gives another trajectory.
    assert structure().positions.tobytes() == structure(-80, 75).positions.tobytes()
    assert structure().positions.tobytes() == cartesian().tobytes()
    last = [0.5716477528855127, 0.011847204026391403, -0.3247568827357835]
    np.testing.assert_allclose(structure().positions[-1], last, rtol=0, atol=1e-14)


@pytest.mark.parametrize("angle", [np.nan, np.inf, "80", None, True])
def test_an_angle_that_is_not_a_number_is_refused(angle):
    with pytest.raises(TypeError, match="phi: expected a finite number"):
        structure(angle)
    with pytest.raises(TypeError, match="psi: expected a finite number"):
        structure(psi=angle)


def test_the_dihedral_angles_are_those_of_the_backbone():
    names = [atom[:2] for atom in ATOMS]
    n, ca, c = (("ALA", name) for name in ("N", "CA", "C"))
    assert [names[k] for k in PHI] == [("ACE", "C"), n, ca, c]
    assert [names[k] for k in PSI] == [n, ca, c, ("NME", "N")]
    assert all(pair in {frozenset(b) for b in BONDS} for pair in map(frozenset, zip(PHI, PHI[1:])))
    assert all(pair in {frozenset(b) for b in BONDS} for pair in map(frozenset, zip(PSI, PSI[1:])))


@pytest.mark.parametrize("turn", [-179.0, -90.0, -1.0, 0.0, 1.0, 90.0, 135.0, 179.0])
def test_a_dihedral_angle_is_positive_if_the_far_bond_is_turned_clockwise(turn):
    # Seen along +z with x upwards, −y is on the left, so that clockwise is from x to y.
    angle = np.radians(turn)
    points = np.array([[1, 0, 0], [0, 0, 0], [0, 0, 1], [np.cos(angle), np.sin(angle), 1.5]])
    assert np.degrees(dihedral(points, (0, 1, 2, 3))) == pytest.approx(turn, abs=1e-9)
    assert np.degrees(dihedral(points, (3, 2, 1, 0))) == pytest.approx(turn, abs=1e-9)
    mirrored = points * [1, -1, 1]
    assert np.degrees(dihedral(mirrored, (0, 1, 2, 3))) == pytest.approx(-turn, abs=1e-9)


def test_dihedral_angles_agree_with_mdtraj():
    mdtraj = pytest.importorskip("mdtraj")
    positions = np.random.default_rng(3).normal(size=(500, 22, 3)).astype(np.float32)
    theirs = mdtraj.compute_dihedrals(
        mdtraj.Trajectory(positions, None), [PHI, PSI], periodic=False
    )
    ours = np.stack([dihedral(positions.astype(np.float64), a) for a in (PHI, PSI)], axis=1)
    assert ours.shape == (500, 2)
    difference = np.abs(np.angle(np.exp(1j * (ours - theirs))))
    # MDTraj uses single precision, and four atoms nearly on a line have no sharp angle.
    assert difference.max() < 1e-3
    assert np.median(difference) < 1e-6


def test_positions_may_have_any_leading_axes():
    positions = np.random.default_rng(4).normal(size=(2, 3, 22, 3))
    whole = dihedral(positions, PHI)
    assert whole.shape == (2, 3)
    assert whole[1, 2] == dihedral(positions[1, 2], PHI)


def test_degrees_of_freedom_exclude_the_centre_of_mass_and_the_constraints():
    assert degrees_of_freedom() == degrees_of_freedom(constrained=True) == 3 * 22 - 3 - 12 == 51
    assert degrees_of_freedom(constrained=False) == 3 * 22 - 3 == 63
