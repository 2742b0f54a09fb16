"""What the record of the dipeptide's simulations is asked for, and how it keeps angles."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from reproduction.dipeptide import peptide
from reproduction.dipeptide.simulations import (
    DATA,
    NAME,
    REFERENCE,
    VARIATIONS,
    VARIED,
    DipeptideSimulations,
    load,
    packed,
    unpacked,
)
from reproduction.runs.files import save_file, save_summary

both = pytest.mark.parametrize("varied", [False, True])


def parts(varied, **options):
    return DipeptideSimulations(varied=varied, **options).recipe("name", "description").jobs


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_packed_angles_are_kept_to_half_a_milliradian(kind):
    angles = np.random.default_rng(1).uniform(-np.pi, np.pi, 100_000).astype(kind)
    kept = packed(angles)
    assert kept.dtype == np.uint16
    # A float32 near π is a multiple of 2.4e-7.
    assert np.abs(unpacked(kept).astype(np.float64) - angles).max() < 0.0005 + 5e-7


def test_packing_what_was_unpacked_changes_nothing():
    every = np.arange(0, 6285, dtype=np.uint16)
    np.testing.assert_array_equal(packed(unpacked(every)), every)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_both_ends_of_the_circle_can_be_packed(kind):
    ends = np.array([-np.pi, 0.0, np.pi], dtype=kind)
    np.testing.assert_array_equal(packed(ends), [0, 3142, 6284])
    np.testing.assert_allclose(unpacked(packed(ends)), ends, atol=0.0005)


@both
def test_every_part_has_a_seed_and_a_file_of_its_own(varied):
    made = parts(varied)
    assert len(made) == (len(VARIATIONS) if varied else 2)
    assert len({part.arguments["seed"] for part in made}) == len(made)
    assert len({part.file for part in made}) == len(made)


def test_long_and_varied_simulations_share_no_seed():
    seeds = [part.arguments["seed"] for varied in (False, True) for part in parts(varied)]
    assert len(set(seeds)) == len(seeds)


@both
def test_every_part_asks_for_what_the_simulation_takes(varied):
    known = inspect.signature(peptide.simulate).parameters
    for part in parts(varied, frames=123, equilibration_ps=4.0):
        assert set(part.arguments) <= set(known) - {"checkpoint", "progress"}
        asked = {name: part.arguments.get(name, known[name].default) for name in known}
        assert (asked["frames"], asked["equilibration_ps"]) == (123, 4.0)
        assert asked["time_step_fs"] * asked["stride"] == pytest.approx(100)
        assert asked["force_field"] in peptide.FORCE_FIELDS
        assert asked["thermostat"] in peptide.THERMOSTATS


def test_a_simulation_is_loaded_by_its_number_or_by_what_was_varied(tmp_path):
    files = {
        0: (NAME, DATA), 1: (NAME, REFERENCE), "ff14SB": (VARIED, "ff14SB.npz"),
    }  # fmt: skip
    for k, (name, file) in enumerate(files.values()):
        (tmp_path / name).mkdir(exist_ok=True)
        angles = packed(np.full(3, 0.1 * k))
        save_file(tmp_path / name / file, {"phi": angles, "psi": angles + 1000}, {}, {})
    for name in (NAME, VARIED):
        save_summary(tmp_path / name, {"name": name, "settings": {}, "provenance": {}}, ())
    for k, which in enumerate(files):
        phi, psi = load(which, tmp_path)
        np.testing.assert_allclose([phi[0], psi[0]], [0.1 * k, 0.1 * k + 1], atol=0.001)
    for wrong in (2, "amber94", None):
        with pytest.raises(ValueError, match=r"which: found .*; give 0, 1 or one of 'amber03'"):
            load(wrong, tmp_path)
