"""The settings of the recorded simulations, and how the record stores angles."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from reproduction.dipeptide import molecular_dynamics, recorded_simulations
from reproduction.dipeptide.recorded_simulations import (
    DATA_FILE,
    LONG,
    REFERENCE_FILE,
    VARIATIONS,
    VARIED,
    DipeptideSimulations,
    load,
    pack_angles,
    unpack_angles,
)
from reproduction.runs.files import save_file, save_summary
from reproduction.runs.recipe import JobSettings

both = pytest.mark.parametrize("varied", [False, True])


def jobs(varied, **options):
    return DipeptideSimulations(varied=varied, **options).recipe("name", "description").jobs


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_packed_angles_are_right_to_half_a_milliradian(kind):
    angles = np.random.default_rng(1).uniform(-np.pi, np.pi, 100_000).astype(kind)
    packed = pack_angles(angles)
    assert packed.dtype == np.uint16
    # A float32 near π is a multiple of 2.4e-7.
    assert np.abs(unpack_angles(packed).astype(np.float64) - angles).max() < 0.0005 + 5e-7


def test_packing_unpacked_angles_changes_nothing():
    packed = np.arange(0, 6285, dtype=np.uint16)
    np.testing.assert_array_equal(pack_angles(unpack_angles(packed)), packed)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_both_ends_of_the_circle_can_be_packed(kind):
    ends = np.array([-np.pi, 0.0, np.pi], dtype=kind)
    np.testing.assert_array_equal(pack_angles(ends), [0, 3142, 6284])
    np.testing.assert_allclose(unpack_angles(pack_angles(ends)), ends, atol=0.0005)


@both
def test_every_job_has_its_own_seed_and_its_own_file(varied):
    made = jobs(varied)
    assert len(made) == (len(VARIATIONS) if varied else 2)
    assert len({job.arguments["seed"] for job in made}) == len(made)
    assert len({job.file for job in made}) == len(made)


def test_long_and_varied_simulations_share_no_seed():
    seeds = [job.arguments["seed"] for varied in (False, True) for job in jobs(varied)]
    assert len(set(seeds)) == len(seeds)


@both
def test_every_job_calls_the_simulation_with_its_arguments(varied, monkeypatch, tmp_path):
    signature = inspect.signature(molecular_dynamics.simulate)
    calls = []

    def record(*positional, **options):
        calls.append(signature.bind(*positional, **options))
        calls[-1].apply_defaults()
        energy = angles = np.zeros(123, np.float32)
        return molecular_dynamics.DihedralTrajectory(angles, angles, energy, energy, 0.1)

    monkeypatch.setattr(recorded_simulations, "simulate", record)
    for job in jobs(varied, frames=123, equilibration_ps=4.0):
        content = job.function(tmp_path, tmp_path, JobSettings(**job.arguments))
        assert content["phi"].shape == (123,) and content["kinetic_energy"].shape == (13,)
        asked = calls[-1].arguments
        assert (asked["n_frames"], asked["equilibration_ps"]) == (123, 4.0)
        assert {name: asked[name] for name in job.arguments if name != "frames"} == {
            name: value for name, value in job.arguments.items() if name != "frames"
        }
        assert asked["time_step_fs"] * asked["stride"] == pytest.approx(100)
        assert asked["force_field"] in molecular_dynamics.FORCE_FIELDS
        assert asked["thermostat"] in molecular_dynamics.THERMOSTATS


def test_a_simulation_is_loaded_by_its_number_or_by_its_variation(tmp_path):
    files = {
        0: (LONG, DATA_FILE), 1: (LONG, REFERENCE_FILE), "ff14SB": (VARIED, "ff14SB.npz"),
    }  # fmt: skip
    for k, (name, file) in enumerate(files.values()):
        (tmp_path / name).mkdir(exist_ok=True)
        angles = pack_angles(np.full(3, 0.1 * k))
        save_file(tmp_path / name / file, {"phi": angles, "psi": angles + 1000}, {}, {})
    for name in (LONG, VARIED):
        save_summary(tmp_path / name, {"name": name, "settings": {}, "provenance": {}}, ())
    for k, which in enumerate(files):
        phi, psi = load(which, tmp_path)
        np.testing.assert_allclose([phi[0], psi[0]], [0.1 * k, 0.1 * k + 1], atol=0.001)
    for wrong in (2, "amber94", None):
        with pytest.raises(ValueError, match=r"which: found .*; give 0, 1 or one of 'amber03'"):
            load(wrong, tmp_path)
