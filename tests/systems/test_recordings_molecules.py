"""Molecules in periodic boxes, atoms given as arrays, and trajectories that are cut off."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from lstm_md.systems.recordings import load_molecular

mdtraj = pytest.importorskip("mdtraj", reason="the extra md is not installed")
FRAMES = 9


@pytest.fixture
def saved(tmp_path):
    """Write a chain of 5 atoms whose ends are 3 nm apart, in a box of 4 nm; return its files."""
    topology = mdtraj.Topology()
    residue = topology.add_residue("ALA", topology.add_chain())
    for _ in range(5):
        topology.add_atom("C", mdtraj.element.carbon, residue)
    positions = np.zeros((FRAMES, 5, 3), np.float32)
    positions[:, 1:] = [[0.15, 0, 0], [0.15, 0.15, 0], [0.15, 0.15, 0.15], [3, 0, 0]]
    positions[:4, 4] = (1.5, 0, 0)  # half of the box is reached in frame 4
    box = {
        "unitcell_lengths": np.full((FRAMES, 3), 4.0),
        "unitcell_angles": np.full((FRAMES, 3), 90),
    }

    def save(extension, *, boxed=True, fold=False):
        stored = positions.copy()
        if fold:
            stored[:, 0] += (4, 0, 0)
        trajectory = mdtraj.Trajectory(stored, topology, **(box if boxed else {}))
        trajectory[0].save(str(tmp_path / "top.pdb"))
        trajectory.save(str(tmp_path / f"run.{extension}"))
        return tmp_path / f"run.{extension}", tmp_path / "top.pdb"

    return save


END_TO_END = [1.5] * 4 + [3.0] * 5
FOLDED = [1.5] * 4 + [1.0] * 5
EXTENSIONS = ["dcd", "xtc", "trr", "h5", "nc", "pdb"]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_distance_that_depends_on_the_box_is_not_chosen_silently(saved, extension):
    files = saved(extension)
    with pytest.raises(ValueError, match="periodic: .*frame 4 is 3 nm .* 1 nm to the nearest"):
        load_molecular(*files, distances=[(0, 4)])
    with pytest.raises(ValueError, match="periodic: .*frame 6 "):
        load_molecular(*files, distances=[(0, 4)], stride=3)
    for periodic, expected in ((False, END_TO_END), (True, FOLDED)):
        found = load_molecular(*files, distances=[(0, 4)], periodic=periodic)
        np.testing.assert_allclose(found, expected, rtol=1e-3)
        whole = mdtraj.load(str(files[0]), top=str(files[1]))
        same = mdtraj.compute_distances(whole, [[0, 4]], periodic=periodic)
        np.testing.assert_array_equal(found, same[:, 0])
    near = load_molecular(*files, distances=[(0, 1), (1, 2)])
    np.testing.assert_allclose(near, 0.15, rtol=1e-3)


def test_without_a_box_a_distance_is_as_it_stands(saved):
    files = saved("dcd", boxed=False)
    for periodic in (None, True, False):
        found = load_molecular(*files, distances=[(0, 4)], periodic=periodic)
        np.testing.assert_allclose(found, END_TO_END, rtol=1e-6)


def test_dihedrals_of_a_molecule_broken_over_the_box_are_those_of_the_whole_one(saved):
    whole = load_molecular(*saved("dcd"), dihedrals=[(0, 1, 2, 3)], periodic=False)
    np.testing.assert_allclose(whole, np.pi / 2, rtol=1e-5)
    broken = saved("dcd", fold=True)
    np.testing.assert_allclose(load_molecular(*broken, dihedrals=[(0, 1, 2, 3)]), whole, rtol=1e-4)
    as_it_stands = load_molecular(*broken, dihedrals=[(0, 1, 2, 3)], periodic=False)
    assert not np.allclose(as_it_stands, whole, rtol=1e-2)


def test_periodic_is_true_or_false(saved):
    with pytest.raises(TypeError, match="periodic: expected True or False, found 'yes'"):
        load_molecular(*saved("dcd"), distances=[(0, 1)], periodic="yes")


def test_arrays_of_atoms_are_taken_as_mdtraj_gives_them(saved):
    files = saved("dcd")
    quartets, pairs = np.array([[0, 1, 2, 3]]), np.array([[0, 1], [1, 3]])
    found = load_molecular(*files, dihedrals=quartets, distances=pairs)
    listed = load_molecular(*files, dihedrals=quartets.tolist(), distances=pairs.tolist())
    np.testing.assert_array_equal(found, listed)
    assert found.shape == (FRAMES, 3)
    with pytest.raises(ValueError, match="distances: expected 2 atom numbers"):
        load_molecular(*files, distances=quartets)
    with pytest.raises(ValueError, match="dihedrals, distances: give at least one"):
        load_molecular(*files, distances=np.zeros((0, 2), int))


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_no_frame_of_a_cut_trajectory_is_left_out(saved, extension):
    path, topology = saved(extension)
    whole = path.read_bytes()
    assert load_molecular(path, topology, distances=[(0, 1)]).shape == (FRAMES,)
    end = whole.rindex(b"ENDMDL") if extension == "pdb" else len(whole)
    for n_bytes in (1, 2, 3, 5, 30, 49, 61, 122, len(whole) // 2):
        path.write_bytes(whole[: end - n_bytes])
        with pytest.raises(ValueError, match="(?s)path: .*(cut off|whole)"):
            load_molecular(path, topology, distances=[(0, 1)])


@pytest.mark.parametrize("extension", ["dcd", "xtc", "trr"])
def test_the_frame_in_which_a_trajectory_ends_is_named(saved, extension):
    path, topology = saved(extension)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match=f"inside frame {FRAMES - 1}|frame {FRAMES - 1}:"):
        load_molecular(path, topology, distances=[(0, 1)])


@pytest.mark.parametrize("extension", ["xtc", "trr"])
@pytest.mark.parametrize("extra", [1, 2, 3])
def test_a_frame_of_few_bytes_is_a_cut_frame(saved, extension, extra):
    path, topology = saved(extension)
    path.write_bytes(path.read_bytes() + b"\0\0\7"[:extra])
    with pytest.raises(ValueError, match=f"inside frame {FRAMES}, so it was cut off"):
        load_molecular(path, topology, distances=[(0, 1)])


def test_the_size_of_a_dcd_decides_not_its_header(saved):
    path, topology = saved("dcd")
    whole = path.read_bytes()
    for count in (0, 3, 99):  # simulations that did not finish leave such numbers
        path.write_bytes(whole[:8] + count.to_bytes(4, "little") + whole[12:])
        assert load_molecular(path, topology, distances=[(0, 1)]).shape == (FRAMES,)


def test_a_missing_pytables_is_named(saved, monkeypatch):
    files = saved("h5")
    monkeypatch.setitem(sys.modules, "tables", None)
    with pytest.raises(ModuleNotFoundError, match="path: MDTraj needs a package.*tables"):
        load_molecular(*files, distances=[(0, 1)])
