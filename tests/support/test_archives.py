"""Damage of an archive is noticed."""

import numpy as np
import pytest

from lstm_md._support.archives import CHECKSUM, DamagedError, load_arrays, save_arrays

ARRAYS = {
    "x": np.arange(5),
    "name": np.array("text"),
    "weights": np.zeros((2, 3), np.float32),
    "number": np.array(3.5),
    "nothing": np.zeros(0),
}


@pytest.fixture
def path(tmp_path):
    save_arrays(tmp_path / "arrays.npz", ARRAYS)
    return tmp_path / "arrays.npz"


def test_arrays_are_read_as_they_were_written(path):
    found = load_arrays(path)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


@pytest.mark.parametrize("change", ["value", "shape", "type", "name", "missing", "checksum"])
def test_an_intact_zip_file_with_other_content_is_refused(path, change):
    # The checksums of the zip format cannot notice these changes.
    with np.load(path) as archive:
        arrays = dict(archive)
    if change == "value":
        arrays["x"] = arrays["x"] + 1
    elif change == "shape":
        arrays["weights"] = arrays["weights"].T
    elif change == "type":
        arrays["weights"] = arrays["weights"].view(np.int32)
    elif change == "name":
        arrays["y"] = arrays.pop("x")
    else:
        del arrays["x" if change == "missing" else CHECKSUM]
    np.savez(path, **arrays)
    with pytest.raises(DamagedError, match="arrays.npz is damaged"):
        load_arrays(path)


def test_no_flipped_bit_changes_what_is_read(path):
    whole = path.read_bytes()
    noticed = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            found = load_arrays(path)
        except DamagedError:
            noticed += 1
        else:  # The flipped bit was in a date of the zip file, for instance.
            assert all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)
    assert noticed > len(whole) / 2


def test_a_file_that_is_cut_short_is_never_read(path):
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedError):
            load_arrays(path)
