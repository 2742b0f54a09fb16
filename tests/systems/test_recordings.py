"""Files of every format: numbers come back, and whatever is wrong is one clear error."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import netcdf_file

from lstm_md.systems._arrays import read_hdf5, read_netcdf
from lstm_md.systems.recordings import load, load_molecular

FROZEN = Path(__file__).parent / "frozen"
VALUES = np.array([[0.0, 1.5], [1.0, -2.25], [2.0, 3e-2]])


@pytest.fixture
def write(tmp_path):
    """Write text or bytes as they are, without translating line ends; return the path."""

    def writer(content, name="record.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return writer


# NumPy files


@pytest.mark.parametrize("values", [VALUES, VALUES[:, 1], VALUES.astype(np.float32)])
@pytest.mark.parametrize("mmap", [True, False])
def test_npy_comes_back_as_it_was(tmp_path, values, mmap):
    np.save(tmp_path / "a.npy", values)
    loaded = load(tmp_path / "a.npy", mmap=mmap)
    np.testing.assert_array_equal(loaded, values)
    assert loaded.dtype == values.dtype
    assert isinstance(loaded, np.memmap) == mmap


def test_a_mapped_npy_is_read_only(tmp_path):
    np.save(tmp_path / "a.npy", VALUES)
    with pytest.raises(ValueError, match="read-only"):
        load(tmp_path / "a.npy")[0, 0] = 5.0


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(">f4", np.float32), (">f8", np.float64), ("f2", np.float32), ("i8", np.float64)],
)
def test_npy_of_another_number_type_becomes_a_native_float(tmp_path, dtype, expected):
    np.save(tmp_path / "a.npy", np.arange(5).astype(dtype))
    loaded = load(tmp_path / "a.npy")
    assert loaded.dtype == expected and loaded.dtype.isnative
    np.testing.assert_array_equal(loaded, np.arange(5))


def test_columns_of_npy_are_taken_by_number(tmp_path):
    np.save(tmp_path / "a.npy", VALUES)
    np.testing.assert_array_equal(load(tmp_path / "a.npy", fields=1), VALUES[:, 1])
    np.testing.assert_array_equal(load(tmp_path / "a.npy", fields=[1, 0]), VALUES[:, ::-1])
    np.save(tmp_path / "b.npy", VALUES[:, 0])
    with pytest.raises(ValueError, match="leave fields out"):
        load(tmp_path / "b.npy", fields=0)


def test_npz_with_one_array_beside_scalars_needs_no_name(tmp_path):
    np.savez(tmp_path / "a.npz", extension_nm=VALUES[:, 1], sampling_interval_s=1e-4)
    np.testing.assert_array_equal(load(tmp_path / "a.npz"), VALUES[:, 1])


@pytest.mark.parametrize(
    "metadata",
    [
        {"name": "Mol2_6", "channels": np.array(["force", "extension"])},
        {"rate_hz": np.array([1e4]), "flags": np.array([True, False])},
        {"made_by": np.array({"who": "nobody"}, dtype=object)},
    ],
)
def test_texts_single_numbers_and_objects_in_npz_are_metadata(tmp_path, metadata):
    np.savez(tmp_path / "a.npz", extension_nm=VALUES[:, 1], **metadata)
    np.testing.assert_array_equal(load(tmp_path / "a.npz"), VALUES[:, 1])
    np.testing.assert_array_equal(load(tmp_path / "a.npz", fields="extension_nm"), VALUES[:, 1])


def test_a_single_frame_in_npz_is_no_metadata_where_there_is_nothing_else(tmp_path):
    np.savez(tmp_path / "a.npz", x=[7.5], interval_s=1e-4)
    np.testing.assert_array_equal(load(tmp_path / "a.npz"), [7.5])


def test_npz_arrays_are_taken_by_name(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=VALUES[:, 0], y=VALUES[:, 1], both=VALUES)
    np.testing.assert_array_equal(load(tmp_path / "a.npz", fields="y"), VALUES[:, 1])
    np.testing.assert_array_equal(load(tmp_path / "a.npz", fields="both"), VALUES)
    np.testing.assert_array_equal(load(tmp_path / "a.npz", fields=["x", "y"]), VALUES)


def test_npz_errors_list_the_names(tmp_path):
    np.savez(tmp_path / "a.npz", x=VALUES[:, 0], both=VALUES)
    for fields in (None, "z", ["x", "z"], 0):
        with pytest.raises(ValueError, match="fields: .*'x', 'both'"):
            load(tmp_path / "a.npz", fields=fields)
    with pytest.raises(ValueError, match="one length"):
        load(tmp_path / "a.npz", fields=["x", "both"])
    with pytest.raises(ValueError, match="fields: .*empty list"):
        load(tmp_path / "a.npz", fields=[])


def test_the_content_decides_not_the_extension(tmp_path):
    np.save(tmp_path / "a.npy", VALUES)
    (tmp_path / "a.npy").rename(tmp_path / "a.dat")
    np.testing.assert_array_equal(load(tmp_path / "a.dat"), VALUES)


@pytest.mark.parametrize("keep", [4, 20, 100, -1])
@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
@pytest.mark.parametrize("mmap", [True, False])
def test_truncated_numpy_files_are_refused(tmp_path, name, keep, mmap):
    path = tmp_path / name
    (np.save if name == "a.npy" else np.savez_compressed)(path, np.arange(50.0))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"path: .*truncated"):
        load(path, mmap=mmap)


def test_a_flipped_byte_in_npz_is_noticed(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", np.random.default_rng(1).normal(size=500))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[900] ^= 0xFF
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        load(tmp_path / "a.npz")


class Trap:
    """Unpickling it makes a file, so the test can see whether anything was run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_pickled_metadata_are_left_alone_and_refused_where_asked_for(tmp_path):
    sprung = tmp_path / "sprung"
    trap = np.array(Trap(sprung), dtype=object)
    np.savez(tmp_path / "a.npz", x=VALUES[:, 0], trap=trap)
    np.testing.assert_array_equal(load(tmp_path / "a.npz"), VALUES[:, 0])
    with pytest.raises(ValueError, match="holds pickled Python objects"):
        load(tmp_path / "a.npz", fields="trap")
    assert not sprung.exists()


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("kind", ["npy", "npz", "pickle", "disguised"])
def test_pickled_content_is_refused_and_never_run(tmp_path, kind, mmap):
    sprung = tmp_path / "sprung"
    objects = np.empty(3, object)
    objects[:] = [Trap(sprung)] * 3
    path = tmp_path / ("a.npy" if kind == "disguised" else f"a.{kind}")
    if kind == "npy":
        np.save(path, objects, allow_pickle=True)
    elif kind == "npz":
        np.savez(path, objects)
    else:
        path.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(ValueError, match="(holds pickled Python objects|may be pickled)"):
        load(path, mmap=mmap)
    assert not sprung.exists()


# NetCDF and HDF5

FRAMES = np.array([703.5, 710.25, 716.0, 704.75])


def netcdf(path, variables, version=1, unlimited=False):
    """Write NetCDF 3: name -> (values, attributes); its one axis is called time."""
    with netcdf_file(path, "w", version=version) as content:
        content.createDimension("time", None if unlimited else len(FRAMES))
        for name, (values, attributes) in variables.items():
            dimensions = ("time",) if np.ndim(values) else ()
            variable = content.createVariable(name, np.asarray(values).dtype, dimensions)
            variable[slice(None) if dimensions else ()] = values
            for key, value in attributes.items():
                setattr(variable, key, value)
    return path


def hdf5(path, variables, **_):
    """Write the same as in NetCDF 4, where an axis is a dimension scale."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as content:
        for name, (values, attributes) in variables.items():
            content[name] = values
            content[name].attrs.update(attributes)
        if "time" in variables:
            content["time"].make_scale("time")
    return path


BOTH = pytest.mark.parametrize("write", [netcdf, hdf5])
READ = {netcdf: read_netcdf, hdf5: read_hdf5}


@pytest.mark.filterwarnings("error")  # of SciPy, where an array outlives its mapped file
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("unlimited", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32])
def test_netcdf_3_comes_back_as_it_was(tmp_path, version, unlimited, dtype):
    values = FRAMES.astype(dtype)
    path = netcdf(tmp_path / "a.nc", {"extension": (values, {"units": "nm"})}, version, unlimited)
    loaded = load(path)
    path.unlink()  # nothing is left open or mapped
    np.testing.assert_array_equal(loaded, values)
    assert loaded.dtype == (np.float32 if dtype == np.float32 else np.float64)
    assert loaded.dtype.isnative and loaded.flags.writeable


@BOTH
def test_the_axis_and_single_numbers_are_not_the_trajectory(tmp_path, write):
    time = np.arange(4.0)
    variables = {"time": (time, {"units": "s"}), "force": (10.9, {}), "extension": (FRAMES, {})}
    path = write(tmp_path / "a.dat", variables)
    np.testing.assert_array_equal(load(path), FRAMES)
    np.testing.assert_array_equal(load(path, fields="time"), time)
    both = load(path, fields=["time", "extension"])
    np.testing.assert_array_equal(both, np.column_stack([time, FRAMES]))


@BOTH
def test_one_of_several_variables_is_taken_by_name(tmp_path, write):
    path = write(tmp_path / "a.dat", {"force": (FRAMES, {}), "extension": (FRAMES, {})})
    for fields in (None, "z", ["force", "z"], 0):
        with pytest.raises(ValueError, match="fields: .*'(force', 'extension|extension', 'force)'"):
            load(path, fields=fields)


@BOTH
def test_packed_values_are_unpacked(tmp_path, write):
    packed = np.round((FRAMES - 700) / 0.25).astype(np.int16)
    how = {"scale_factor": 0.25, "add_offset": 700.0, "_FillValue": np.int16(-1)}
    path = write(tmp_path / "a.dat", {"extension": (packed, how)})
    np.testing.assert_allclose(load(path), FRAMES)


@BOTH
@pytest.mark.parametrize("name", ["_FillValue", "missing_value"])
def test_a_missing_value_is_refused_with_its_index(tmp_path, write, name):
    path = write(tmp_path / "a.dat", {"extension": (FRAMES, {name: FRAMES[2]})})
    with pytest.raises(ValueError, match="path: .*found nan at index 2"):
        load(path)


@BOTH
@pytest.mark.parametrize(
    ("dtype", "attributes", "stored", "expected"),
    [
        (np.int16, {"valid_range": np.array([0, 9], np.int16)}, [-1, 0, 9, 10], [None, 0, 9, None]),
        # Limits with decimals for stored integers are limits of the unpacked numbers.
        (np.int16, {"valid_max": 2.5, "scale_factor": 0.5}, [4, 5, 6, 7], [2.0, 2.5, None, None]),
        (np.int16, {"valid_max": np.int32(100_000)}, [0, 1, -31_072, 3], [0, 1, -31_072, 3]),
        (np.int16, {"missing_value": -9.5}, [-9, -10, 1, 2], [-9, -10, 1, 2]),
        (np.float32, {"missing_value": -99.9}, [-99.9, 1, 2, 3], [None, 1, 2, 3]),
        (np.float32, {"valid_range": [1.0, 2.0, 3.0]}, [0, 1, 2, 3], [0, 1, 2, 3]),
        (np.int16, {"valid_min": "low", "scale_factor": "half"}, [0, 1, 2, 3], [0, 1, 2, 3]),
        (np.int8, {"_Unsigned": "true", "valid_max": np.int16(200)}, [0, -56, -55, -1],
         [0, 200, None, None]),
        (np.int16, {"_Unsigned": "true", "missing_value": np.int16(-1)}, [-1, -2, 0, 1],
         [None, 65_534, 0, 1]),
        (np.int16, {"_Unsigned": "false"}, [-1, -2, 0, 1], [-1, -2, 0, 1]),
    ],
)  # fmt: skip
def test_numbers_are_unpacked_and_missing_ones_are_nan(
    tmp_path, write, dtype, attributes, stored, expected
):
    path = write(tmp_path / "a.dat", {"x": (np.array(stored, dtype), attributes)})
    missing = [k for k, value in enumerate(expected) if value is None]
    if missing:
        with pytest.raises(ValueError, match=f"path: .*found nan at index {missing[0]};"):
            load(path)
    with_nan = [np.nan if value is None else value for value in expected]
    np.testing.assert_array_equal(READ[write](path, "x"), with_nan)


@pytest.mark.parametrize("name", ["classic.nc", "netcdf4.nc"])
def test_files_of_netcdf4_are_read_as_netcdf4_reads_them(name):
    read = read_netcdf if name == "classic.nc" else read_hdf5
    with np.load(FROZEN / "read_by_netcdf4.npz") as expected:
        for variable in expected.files:
            if name == "classic.nc" and variable in ("unwritten_u2", "unwritten_i8"):
                continue  # NetCDF 3 does not have these types
            if variable != "bytes":
                np.testing.assert_array_equal(read(FROZEN / name, variable), expected[variable])
    # The guide of NetCDF gives single bytes no default fill value, as netCDF4 does.
    assert load(FROZEN / name, fields="bytes")[0] == -127
    np.testing.assert_array_equal(load(FROZEN / name, fields="plain")[:2], [703.5, 710.25])
    with pytest.raises(ValueError, match="found nan at index 3"):
        load(FROZEN / name, fields="unwritten_f4")


def test_a_dimension_of_netcdf_4_that_has_no_values_is_not_an_array():
    with pytest.raises(ValueError, match="fields: found no array 'time'"):
        load(FROZEN / "netcdf4.nc", fields="time")


def test_fill_values_of_netcdf_are_ordinary_numbers_in_plain_hdf5(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as content:
        content["counts"] = np.array([-32767, 0, 5], np.int16)
    np.testing.assert_array_equal(load(tmp_path / "a.h5"), [-32767, 0, 5])


@BOTH
@pytest.mark.parametrize("keep", [8, 40, 0.6, -1])
def test_truncated_netcdf_and_hdf5_are_refused(tmp_path, write, keep):
    path = write(tmp_path / "a.dat", {"extension": (FRAMES, {"units": "nm"})})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep == 0.6 else keep])
    with pytest.raises(ValueError, match="path: .*truncated or damaged"):
        load(path)


@BOTH
def test_a_flipped_byte_gives_numbers_or_one_clear_error(tmp_path, write):
    path = write(tmp_path / "a.dat", {"extension": (FRAMES, {"units": "nm"})})
    whole = path.read_bytes()
    for at in range(8, len(whole), 12):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            assert load(path).dtype == np.float64
        except (TypeError, ValueError) as error:
            assert str(error).startswith(("path: ", "fields: ")) and "pickled" not in str(error)


def test_hdf5_in_groups_is_taken_by_its_path(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as content:
        content["trap/extension"] = FRAMES.astype(">f4")
        content["trap/comment"] = "measured on a Monday"
        content["trap/rate"] = [1e4]
        content["empty"] = h5py.Empty("f8")
    np.testing.assert_array_equal(load(tmp_path / "a.h5"), FRAMES.astype(np.float32))
    taken = load(tmp_path / "a.h5", fields="trap/extension")
    np.testing.assert_array_equal(taken, FRAMES.astype(np.float32))
    with pytest.raises(TypeError, match="path: .*real numbers"):
        load(tmp_path / "a.h5", fields="trap/comment")


def test_without_h5py_the_message_says_what_to_do(tmp_path, monkeypatch):
    path = hdf5(tmp_path / "a.nc", {"extension": (FRAMES, {})})
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ModuleNotFoundError, match="path: .*pip install h5py.*nccopy"):
        load(path)


def test_the_netcdf_that_scipy_cannot_read_is_named(write):
    with pytest.raises(ValueError, match="path: .*64-bit data.*nccopy"):
        load(write(b"CDF\x05" + bytes(60), "a.nc"))


# Text


@pytest.mark.parametrize("separator", [",", ";", "\t", " ", "   ", ", ", " ; "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last_end", [True, False])
def test_every_separator_and_line_end(write, separator, end, last_end):
    text = end.join(separator.join(str(v) for v in row) for row in VALUES)
    np.testing.assert_array_equal(load(write(text + end * last_end)), VALUES)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_column_has_one_axis(write, end):
    loaded = load(write(end.join(["1.5", "2", "-3e2"]) + end))
    np.testing.assert_array_equal(loaded, [1.5, 2, -300])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize(
    "name", ["x", "extension (nm)", "Extension, nm", "trace 9", "Ext, 9", "1st trace", "Å\t"]
)
def test_a_line_above_one_column_is_its_name(write, name, end):
    path = write(end.join([name, "1.5", "", "# a pause", "2", "-3e2"]) + end)
    np.testing.assert_array_equal(load(path), [1.5, 2, -300])
    np.testing.assert_array_equal(load(path, fields=name.strip()), [1.5, 2, -300])


def test_a_damaged_first_line_is_not_taken_for_a_name(write):
    for text in ("abc 1\n2 3\n", "1 abc\n2\n", "701 702\n703\n"):
        with pytest.raises(ValueError, match=r"path: .*line [12]"):
            load(write(text))


def test_a_single_number_is_a_single_frame(write):
    np.testing.assert_array_equal(load(write("7.5")), [7.5])


@pytest.mark.parametrize(
    "text",
    [
        "time,x\n0,1.5\n1,-2.25\n2,0.03\n",
        "time;x\n0;1,5\n1;-2,25\n2;0,03\n",
        "time\tx\n0\t1.5\n1\t-2.25\n2\t0.03\n",
        "time x\n0 1.5\n1 -2.25\n2 0.03\n",
        '"time", "x"\n"0", "1.5"\n"1", "-2.25"\n"2", "0.03"\n',
        "# time x\n0 1.5\n1 -2.25\n2 0.03\n",
        "# made by hand, at 20 C\n# time,x\n0,1.5\n\n# a pause\n1,-2.25\n2,0.03  # last\n",
        "\ufefftime,x\r\n0,1.5\r\n1,-2.25\r\n2,0.03\r\n",
        "\n\n  time  x\n  0    1.5\n  1   -2.25\n   \n  2    0.03\n\n",
        "time,x\n0,1.5\n   \n1,-2.25\n2,0.03\n   ",
        "time\tx\t\n0\t1.5\t\n1\t-2.25\t\n2\t\t0.03\n",
    ],
)
def test_header_comments_and_blank_lines(write, text):
    path = write(text)
    np.testing.assert_array_equal(load(path), VALUES)
    np.testing.assert_array_equal(load(path, fields="x"), VALUES[:, 1])
    np.testing.assert_array_equal(load(path, fields=["x"]), VALUES[:, 1])
    np.testing.assert_array_equal(load(path, fields=["x", "time"]), VALUES[:, ::-1])
    np.testing.assert_array_equal(load(path, fields=[1, "time"]), VALUES[:, ::-1])


@pytest.mark.parametrize(
    "text, line", [("x\n1\n\n2\n3\n", 3), ("1\n2\n\n\n3\n", 3), ("\n1\n2\n   \n3", 4)]
)
def test_an_empty_line_in_a_single_column_may_be_a_missing_value(write, text, line):
    with pytest.raises(ValueError, match=f"line {line}: found an empty line .* remove the line"):
        load(write(text))


@pytest.mark.parametrize(
    "text", ["1\n\n2\n\n3\n\n", "\n\n1\n2\n3\n\n\n", "1\n# a pause\n2\n3\n", "x\n1\n2\n3"]
)
def test_other_empty_lines_stand_for_nothing(write, text):
    np.testing.assert_array_equal(load(write(text)), [1, 2, 3])


def test_names_with_units_in_a_tab_separated_header(write):
    path = write("time (s)\textension (nm)\n0\t1.5\n1\t-2.25\n")
    np.testing.assert_array_equal(load(path, fields="extension (nm)"), [1.5, -2.25])


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8", "utf-8-sig"])
def test_the_encodings_of_instruments(write, encoding):
    path = write("angle (°),x (Å)\n0,1.5\n1,-2.25\n".encode(encoding))
    np.testing.assert_array_equal(load(path, fields="x (Å)"), [1.5, -2.25])


def test_a_name_that_is_not_there_is_refused_with_those_that_are(write):
    with pytest.raises(ValueError, match="fields: .*'y'.*'time', 'x'"):
        load(write("time,x\n0,1\n"), fields="y")
    with pytest.raises(ValueError, match="fields: .*'y'.*none"):
        load(write("0,1\n"), fields="y")
    with pytest.raises(ValueError, match="fields: .*one column 'x'.*found 2"):
        load(write("x,x\n0,1\n"), fields="x")


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        (2, ValueError, "from 0 to 1, found 2"),
        (-1, ValueError, "at least 0, found -1"),
        ([], ValueError, "empty list"),
        ([0.0], TypeError, "whole number"),
        (True, TypeError, "whole number"),
    ],
)
def test_column_numbers_that_are_not_there_are_refused(write, fields, error, message):
    with pytest.raises(error, match=f"fields: .*{message}"):
        load(write("0,1\n2,3\n"), fields=fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n3,4\n5\n", r"line 3: found 1 column\(s\), but line 1 has 2"),
        ("x,y\r# note\r\r1,2\r3,4,5\r", r"line 5: found 3 column\(s\), but line 4 has 2"),
        ("1 2\n3 4\n5 6 7\n", "line 3: found 3"),
        ("1;2\n3;4;5\n", "line 2: found 3"),
        ("1\t2\n3\n", "line 2: found 1"),
        ("x,y,z\n1,2\n3,4\n", "names 3 columns .*line 2 has 2"),
        ("1,2\n3,abc\n", "line 2, column 2: expected a number, found 'abc'"),
        ("1,abc\n3,4\n", "line 1, column 2: expected a number, found 'abc'"),
        ("a,b\ns,nm\n3,4\n", "line 2, column 1: expected a number, found 's'"),
        ("1,2\n,4\n", r"line 2, column 1: found nan at index \(1, 0\) \(the cell is ''"),
        ("1,2\n3,\n", r"line 2, column 2: found nan at index \(1, 1\) \(the cell is ''"),
        ("1\t2\t3\n1\t\t3\n", "line 2: found 2|line 2, column 2"),
        ("1;2\n1.234,5;2\n", "line 2, column 1: expected a number, found '1.234,5'"),
        ("1\n1_000\n", "line 2, column 1"),
        ("1.5 2\n3,5 4\n", "line 1, column 1: expected a number, found '1.5'"),
        ("", "is empty"),
        ("\n \n", "no line of numbers"),
        ("# only a comment\n", "no line of numbers"),
        ("time,x\n", "no line of numbers"),
    ],
)
def test_bad_text_is_refused_with_its_place(write, text, message):
    with pytest.raises(ValueError, match=f"path: .*({message})"):
        load(write(text))


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-inf"])
def test_nan_and_infinity_are_refused_with_their_index(write, value):
    with pytest.raises(ValueError, match=r"path: .*found (nan|-?inf) at index \(1, 0\)"):
        load(write(f"1,2\n{value},4\n"))
    with pytest.raises(ValueError, match="at index 2"):
        load(write(f"1\n2\n{value}\n"))


def test_nan_far_into_a_mapped_file_is_found(tmp_path):
    values = np.zeros(3_000_000, np.float32)
    values[2_500_000] = np.nan
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(ValueError, match="found nan at index 2500000"):
        load(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.zeros((3, 2, 2)), ValueError, r"found shape \(3, 2, 2\)"),
        (np.float64(3.0), ValueError, r"found shape \(\)"),
        (np.zeros(0), ValueError, "at least 1 frame"),
        (np.zeros(3, complex), TypeError, "real numbers"),
        (np.array(["a", "b"]), TypeError, "real numbers"),
    ],
)
def test_arrays_that_are_no_trajectory_are_refused(tmp_path, array, error, message):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(error, match=f"path: .*{message}"):
        load(tmp_path / "a.npy")


@pytest.mark.parametrize("name", ["record.csv", "record.txt", "COLVAR", "record.xtc"])
def test_binary_content_is_refused(write, name):
    garbage = np.random.default_rng(3).integers(0, 256, 2_000, dtype=np.uint8).tobytes()
    with pytest.raises(ValueError, match="path: .*is not text"):
        load(write(b"1.0 2.0\n" + garbage, name))


@pytest.mark.parametrize("name", ["record.npy", "record.npz"])
def test_a_numpy_extension_on_something_else_is_refused(write, name):
    with pytest.raises(ValueError, match="path: .*not a NumPy file"):
        load(write("1 2\n3 4\n", name))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="path: expected a file at .*nothing there"):
        load(tmp_path / "no.csv")
    with pytest.raises(FileNotFoundError, match="path: .*a folder"):
        load(tmp_path)


def test_a_large_text_file_is_read_whole(write):
    values = np.random.default_rng(4).normal(size=(30_000, 2))
    path = write("\r".join(f"{a!r},{b!r}" for a, b in values.tolist()))
    np.testing.assert_array_equal(load(path), values)


# PLUMED

COLVAR = """#! FIELDS time phi psi
#! SET min_phi -pi
#! SET max_phi pi
 0.000000 -1.5 2.5
 1.000000 -1.25 2.75
"""


def test_colvar_fields_are_taken_by_name(write):
    path = write(COLVAR, "COLVAR")
    np.testing.assert_array_equal(load(path, fields="psi"), [2.5, 2.75])
    np.testing.assert_array_equal(load(path, fields=["psi", "phi"]), [[2.5, -1.5], [2.75, -1.25]])
    assert load(path).shape == (2, 3)


def test_a_restarted_colvar_repeats_its_fields(write):
    path = write(COLVAR + COLVAR.replace(" 1.0", " 3.0").replace(" 0.0", " 2.0"), "COLVAR")
    np.testing.assert_array_equal(load(path, fields="psi"), [2.5, 2.75] * 2)
    with pytest.raises(ValueError, match="line 6.*split"):
        load(write(COLVAR + COLVAR.replace("phi psi", "psi phi"), "COLVAR"), fields="psi")


def test_a_missing_colvar_field_is_refused_with_those_there(write):
    with pytest.raises(ValueError, match="fields: .*'omega'.*'time', 'phi', 'psi'"):
        load(write(COLVAR, "COLVAR"), fields="omega")
    with pytest.raises(ValueError, match="names 3 columns .*line 2 has 2"):
        load(write("#! FIELDS time phi psi\n0 1\n", "COLVAR"))
    with pytest.raises(ValueError, match="line 6: found 1"):
        load(write(COLVAR + " 2.0", "COLVAR"))


# Molecular dynamics


def chain(torsions: np.ndarray) -> np.ndarray:
    """Positions (frames, 5, 3) in nm of a chain with given torsions (frames, 2).

    Bonds of 0.15 nm at right angles; each atom is placed at its torsion from the last three.
    """
    frames = len(torsions)
    atoms = np.zeros((frames, 5, 3))
    atoms[:, 0], atoms[:, 2] = (0, 0.15, 0), (0.15, 0, 0)
    for atom, torsion in ((3, torsions[:, 0]), (4, torsions[:, 1])):
        a, b, c = (atoms[:, atom - k] for k in (3, 2, 1))
        axis = (c - b) / 0.15
        towards = (a - b) / 0.15
        across = np.cross(axis, towards)
        direction = np.cos(torsion)[:, None] * towards + np.sin(torsion)[:, None] * across
        atoms[:, atom] = c + 0.15 * direction
    return atoms


@pytest.fixture
def molecule():
    """Atoms of alanine dipeptide's backbone that make φ and ψ: C, N, CA, C, N."""
    mdtraj = pytest.importorskip("mdtraj")
    topology = mdtraj.Topology()
    segment = topology.add_chain()
    for residue_name, atoms in (("ACE", ["C"]), ("ALA", ["N", "CA", "C"]), ("NME", ["N"])):
        residue = topology.add_residue(residue_name, segment)
        for atom in atoms:
            topology.add_atom(atom, mdtraj.element.get_by_symbol(atom[0]), residue)
    return topology


@pytest.fixture
def recorded(tmp_path, molecule):
    """Torsions and a function that writes them as a trajectory of some format."""
    import mdtraj

    torsions = np.random.default_rng(5).uniform(-3.1, 3.1, (2_500, 2))
    trajectory = mdtraj.Trajectory(chain(torsions), molecule)
    trajectory[0].save(str(tmp_path / "top.pdb"))

    def save(extension, frames=2_500):
        path = tmp_path / f"run.{extension}"
        trajectory[:frames].save(str(path))
        return path, tmp_path / "top.pdb", torsions[:frames]

    return save


def angle_difference(a, b):
    return np.abs((a - b + np.pi) % (2 * np.pi) - np.pi).max()


@pytest.mark.parametrize(("extension", "frames"), [("xtc", 2_500), ("dcd", 2_500), ("pdb", 20)])
def test_named_dihedrals_in_radians(recorded, extension, frames):
    path, topology, torsions = recorded(extension, frames)
    loaded = load_molecular(path, topology, dihedrals=["phi", "psi"])
    assert loaded.shape == (frames, 2)
    # .xtc keeps a thousandth of a nanometre of bonds of 0.15.
    assert angle_difference(loaded, torsions) < 0.03


@pytest.mark.parametrize("extension", ["xtc", "dcd"])
@pytest.mark.parametrize("stride", [3, 7, 1_001])
def test_stride_takes_every_stride_th_frame_across_pieces(recorded, extension, stride):
    path, topology, torsions = recorded(extension)
    loaded = load_molecular(path, topology, dihedrals="phi", stride=stride)
    assert loaded.shape == torsions[::stride, 0].shape
    assert angle_difference(loaded, torsions[::stride, 0]) < 0.03


def test_dihedrals_and_distances_by_atom_numbers(recorded):
    path, topology, torsions = recorded("dcd", 50)
    loaded = load_molecular(
        path, topology, dihedrals=[(1, 2, 3, 4), "phi"], distances=[(0, 1), (0, 3)]
    )
    assert angle_difference(loaded[:, :2], torsions[:, ::-1]) < 1e-3
    atoms = chain(torsions)
    np.testing.assert_allclose(loaded[:, 2], 0.15, atol=1e-5)
    np.testing.assert_allclose(
        loaded[:, 3], np.linalg.norm(atoms[:, 3] - atoms[:, 0], axis=1), atol=1e-5
    )
    only = load_molecular(path, topology, distances=[(0, 3)])
    np.testing.assert_array_equal(only, loaded[:, 3])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ValueError, "dihedrals, distances: give at least one"),
        ({"dihedrals": "chi"}, ValueError, "dihedrals: expected one of 'phi', 'psi', 'omega'"),
        ({"dihedrals": "omega"}, ValueError, "dihedrals: .*no 'omega'"),
        ({"dihedrals": [(0, 1, 2)]}, ValueError, "dihedrals: expected 4 atom numbers"),
        ({"dihedrals": (0, 1, 2, 3)}, ValueError, "dihedrals: expected 4 atom numbers"),
        ({"distances": [(0, 5)]}, ValueError, "distances: expected atom numbers from 0 to 4"),
        ({"distances": [(0, -1)]}, ValueError, "distances: expected at least 0"),
        ({"distances": [(0, 1.5)]}, TypeError, "distances: expected a whole number"),
        ({"dihedrals": "phi", "stride": 0}, ValueError, "stride"),
    ],
)
def test_bad_requests_of_a_molecule_are_refused(recorded, options, error, message):
    path, topology, _ = recorded("dcd", 5)
    with pytest.raises(error, match=message):
        load_molecular(path, topology, **options)


def test_damaged_or_missing_molecular_files_are_refused(recorded, tmp_path):
    path, topology, _ = recorded("xtc", 200)
    with pytest.raises(FileNotFoundError, match="path: "):
        load_molecular(tmp_path / "no.xtc", topology, dihedrals="phi")
    with pytest.raises(FileNotFoundError, match="topology: "):
        load_molecular(path, tmp_path / "no.pdb", dihedrals="phi")
    (tmp_path / "bad.pdb").write_bytes(b"\x00\x01 not a molecule")
    with pytest.raises(ValueError, match="topology|path"):
        load_molecular(path, tmp_path / "bad.pdb", dihedrals=[(0, 1, 2, 3)])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="path: MDTraj cannot read .*whole"):
        load_molecular(path, topology, dihedrals="phi")
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="path: MDTraj cannot read"):
        load_molecular(path, topology, dihedrals="phi")


def test_a_missing_mdtraj_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mdtraj", None)
    with pytest.raises(ModuleNotFoundError, match=r"lstm-md\[md\]"):
        load_molecular(tmp_path / "a.xtc", tmp_path / "a.pdb", dihedrals="phi")
