"""Binary files as other libraries write them, compared with what these libraries read."""

from __future__ import annotations

import sys
import warnings
import zipfile

import numpy as np
import pytest
from scipy.io import savemat

from lstm_md.systems._arrays import read_hdf5, read_netcdf
from lstm_md.systems.recordings import load

VALUES = np.array([703.5, 710.25, 716.0])
FORMATS = {"NETCDF3_CLASSIC": "i1 i2 i4 f4 f8", "NETCDF4": "i1 i2 i4 i8 u1 u2 u4 u8 f4 f8"}


@pytest.fixture
def netcdf(tmp_path):
    """Write a variable x with netCDF4; return what we read and what netCDF4 reads."""
    library = pytest.importorskip("netCDF4", reason="netCDF4 writes the files to compare with")

    def writer(
        kind, values, attributes, *, n_frames=8, unlimited=False, fill=None, endian="native"
    ):
        path = tmp_path / "a.nc"
        with library.Dataset(path, "w", format=kind) as content:
            content.createDimension("time", None if unlimited else n_frames)
            more = {"endian": endian} if kind == "NETCDF4" else {}
            variable = content.createVariable("x", values.dtype, ("time",), fill_value=fill, **more)
            variable.set_auto_maskandscale(False)
            variable[: len(values)] = values
            variable.setncatts(attributes)
            if unlimited:  # another variable makes the axis longer
                content.createVariable("other", "f8", ("time",))[:n_frames] = np.ones(n_frames)
        with library.Dataset(path) as content, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = np.ma.filled(np.ma.asarray(content["x"][:]).astype(float), np.nan)
        read = read_hdf5 if kind == "NETCDF4" else read_netcdf
        return read(path, "x"), expected, path

    return writer


def numbers(dtype, random):
    if dtype[0] == "f":
        return random.normal(0, 50, 8).round(1).astype(dtype)
    return random.integers(0 if dtype[0] == "u" else -100, 100, 8).astype(dtype)


@pytest.mark.parametrize(
    ("kind", "dtype"), [(kind, dtype) for kind in FORMATS for dtype in FORMATS[kind].split()]
)
@pytest.mark.parametrize("endian", ["little", "big"])
def test_packed_and_missing_numbers_are_read_as_netcdf4_reads_them(netcdf, kind, dtype, endian):
    random = np.random.default_rng(8)
    for trial in range(12):
        values = numbers(dtype, random)
        low, middle, high = np.sort(values)[[1, 4, 6]]
        choices = {
            "scale_factor": np.float32(0.1) if trial % 2 else 0.1,
            "add_offset": 7.5,
            "missing_value": values[:2] if trial % 2 else middle,
            "valid_min": low,
            "valid_max": high,
            "valid_range": np.array([low, high]),
            "_Unsigned": ["true", "True", "false"][trial % 3],
        }
        taken = {name: value for name, value in choices.items() if random.random() < 0.35}
        if dtype[0] != "i":
            taken.pop("_Unsigned", None)
        fill = values[3] if trial % 3 == 0 else None
        read, expected, _ = netcdf(kind, values, taken, fill=fill, endian=endian)
        np.testing.assert_allclose(read, expected, rtol=3e-7, atol=1e-5, err_msg=str(taken))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("dtype", ["i4", "f4", "f8"])
@pytest.mark.parametrize("unlimited", [True, False])
def test_frames_that_were_never_written_are_missing(netcdf, kind, dtype, unlimited):
    values = np.arange(1, 9).astype(dtype)
    read, expected, path = netcdf(kind, values, {}, n_frames=11, unlimited=unlimited)
    assert np.isnan(expected[8:]).all()
    np.testing.assert_array_equal(read, expected)
    with pytest.raises(ValueError, match="found nan at index 8;"):
        load(path, fields="x")


@pytest.mark.parametrize("kind", FORMATS)
def test_packed_numbers_are_those_of_xarray(netcdf, kind):
    xarray = pytest.importorskip("xarray", reason="xarray reads the file to compare with")
    values = np.array([-100, 0, 1, 30000], np.int16)
    how = {"scale_factor": np.float32(0.01), "add_offset": np.float32(5.0)}
    read, _, path = netcdf(kind, values, how, n_frames=4, fill=np.int16(0))
    with xarray.open_dataset(path) as content:
        np.testing.assert_allclose(read, content["x"].values, rtol=2e-7)
    np.testing.assert_allclose(read, [4.0, np.nan, 5.01, 305.0], rtol=1e-7)


@pytest.mark.parametrize("engine", ["netcdf4", "scipy"])
def test_files_of_xarray_come_back(tmp_path, engine):
    xarray = pytest.importorskip("xarray", reason="xarray writes the file")
    pytest.importorskip("netCDF4", reason="xarray writes the file with it")
    content = xarray.Dataset(
        {"x": ("frame", VALUES), "name": ((), "trap 1")}, {"frame": [0.0, 1.0, 2.0]}
    )
    packed = {"x": {"dtype": "i2", "scale_factor": 0.25, "add_offset": 700.0, "_FillValue": -1}}
    content.to_netcdf(tmp_path / "a.nc", engine=engine, encoding=packed)
    np.testing.assert_array_equal(load(tmp_path / "a.nc", fields="x"), VALUES)
    np.testing.assert_array_equal(load(tmp_path / "a.nc"), VALUES)


def test_netcdf_in_groups_is_taken_by_its_path(tmp_path):
    library = pytest.importorskip("netCDF4", reason="netCDF4 writes the file")
    with library.Dataset(tmp_path / "a.nc", "w") as content:
        group = content.createGroup("trap")
        group.createDimension("time", None)
        group.createVariable("x", "f4", ("time",))[:] = VALUES
        group.createVariable("flag", "S1", ("time",))[:] = np.array(list("abc"), "S1")
    np.testing.assert_array_equal(load(tmp_path / "a.nc", fields="trap/x"), VALUES)
    np.testing.assert_array_equal(load(tmp_path / "a.nc"), VALUES)


# Named columns and single columns

TABLE = np.array(
    [(703.5, 1, "a"), (710.25, 2, "b"), (716.0, 3, "c")],
    [("phi", "f8"), ("count", "i4"), ("tag", "U3")],
)


def save_npy(path, table):
    np.save(path.with_suffix(".npy"), table)
    return path.with_suffix(".npy")


def save_npz(path, table):
    np.savez(path.with_suffix(".npz"), frames=table)
    return path.with_suffix(".npz")


def save_hdf5(path, table):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as content:
        content["run/frames"] = table[["phi", "count"]]
    return path


SAVE = pytest.mark.parametrize("save", [save_npy, save_npz, save_hdf5])


@SAVE
def test_named_columns_of_an_array_are_taken_by_name(tmp_path, save):
    path = save(tmp_path / "a", TABLE)
    np.testing.assert_array_equal(load(path, fields="phi"), VALUES)
    np.testing.assert_array_equal(load(path, fields=["phi"]), VALUES)
    both = load(path, fields=["count", "phi"])
    np.testing.assert_array_equal(both, np.column_stack([[1, 2, 3], VALUES]))
    with pytest.raises(ValueError, match="fields: .*'psi'.*'phi', 'count'"):
        load(path, fields="psi")
    np.testing.assert_array_equal(
        load(save(tmp_path / "b", TABLE[["phi", "count"]])), both[:, ::-1]
    )


def test_a_column_of_text_in_an_array_is_named(tmp_path):
    for fields in (None, "tag"):
        with pytest.raises(ValueError, match="fields: expected numbers in the column 'tag'"):
            load(save_npy(tmp_path / "a", TABLE), fields=fields)


@SAVE
@pytest.mark.parametrize("fields", [None, "frames"])
def test_a_single_column_has_one_axis(tmp_path, save, fields):
    if save is save_hdf5:
        pytest.importorskip("h5py").File(tmp_path / "a", "w")["frames"] = VALUES[:, None]
        path = tmp_path / "a"
    else:
        path = save(tmp_path / "a", VALUES[:, None])
    if path.suffix == ".npy":
        fields = None if fields is None else 0
    np.testing.assert_array_equal(load(path, fields=fields), VALUES)
    if fields is not None:
        np.testing.assert_array_equal(load(path, fields=[fields]), VALUES)


def test_one_of_several_arrays_in_a_sequence_has_one_axis(tmp_path):
    np.savez(tmp_path / "a.npz", x=VALUES, y=VALUES + 1)
    np.testing.assert_array_equal(load(tmp_path / "a.npz", fields=["y"]), VALUES + 1)
    both = load(tmp_path / "a.npz", fields=np.array(["x", "y"]))
    np.testing.assert_array_equal(both, np.column_stack([VALUES, VALUES + 1]))
    for field in (np.int64(1), -1):
        with pytest.raises(ValueError, match=f"fields: found no array {int(field)}"):
            load(tmp_path / "a.npz", fields=field)


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.zeros((3, 0)), ValueError, r"expected columns, found shape \(3, 0\)"),
        (np.array([5, 2**53 + 1]), ValueError, r"found 9007199254740993 at index \(1,\)"),
        (np.array([5, 2**64 - 1], np.uint64), ValueError, "found 18446744073709551615"),
        (np.longdouble(10) ** np.array([1, 400]), ValueError, "found inf at index 1"),
        (np.array(["2020-01-01"], "M8[s]"), TypeError, "real numbers"),
        (np.array([True, False]), TypeError, "real numbers"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_arrays_that_floats_cannot_hold_are_refused(tmp_path, array, error, message):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(error, match=f"path: .*{message}"):
        load(tmp_path / "a.npy")


def test_an_archive_without_arrays_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as content:
        content.writestr("xl/worksheets/sheet1.xml", "<sheetData/>")
    with pytest.raises(ValueError, match="path: .*zip archive or a spreadsheet.*csv"):
        load(tmp_path / "a.xlsx")


# MATLAB and HDF5 of others


def matlab(path, arrays):
    """Write HDF5 as MATLAB 7.3 does: a text in front of it, and axes in reverse order."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", userblock_size=512) as content:
        for name, array in arrays.items():
            content[name] = np.asarray(array).T
            content[name].attrs["MATLAB_class"] = np.bytes_("double")
    with open(path, "r+b") as handle:
        handle.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512))
    return path


@pytest.mark.parametrize("column", [VALUES[:, None], VALUES[None, :]])
def test_matlab_arrays_have_their_own_axes(tmp_path, column):
    table = np.arange(6.0).reshape(3, 2)
    path = matlab(tmp_path / "a.mat", {"x": column, "xy": table})
    np.testing.assert_array_equal(load(path, fields="x"), VALUES)
    np.testing.assert_array_equal(load(path, fields="xy"), table)


def test_older_matlab_files_name_the_reader(tmp_path):
    savemat(tmp_path / "a.mat", {"x": VALUES})
    with pytest.raises(ValueError, match="path: .*MATLAB file of version 5 .*scipy.io.loadmat"):
        load(tmp_path / "a.mat")


def test_a_compression_that_h5py_lacks_is_named(tmp_path, monkeypatch):
    tables = pytest.importorskip("tables", reason="PyTables writes the compressed array")
    h5py = pytest.importorskip("h5py")
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)  # netCDF4 also brings some filters
    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda code: code < 256)
    with tables.open_file(tmp_path / "a.h5", "w") as content:
        filters = tables.Filters(complevel=5, complib="blosc")
        content.create_carray("/", "x", obj=np.arange(1000.0), filters=filters)
    with pytest.raises(ValueError, match=r"'x' is compressed with 'blosc'.*h5repack"):
        load(tmp_path / "a.h5")


def test_compressions_that_h5py_has_are_read(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as content:
        content.create_dataset("x", data=np.arange(1000.0), compression="gzip", shuffle=True)
    np.testing.assert_array_equal(load(tmp_path / "a.h5"), np.arange(1000.0))
