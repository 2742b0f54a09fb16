"""Make ``classic.nc``, ``netcdf4.nc`` and ``read_by_netcdf4.npz`` with the netCDF4 library.

The two files hold packed numbers, missing values and frames that were never written. The ``.npz``
holds what netCDF4 1.7.5 itself reads from them, with NaN for each missing value. netCDF4 is not a
dependency of this project, so the files are stored. To make them again, in any environment::

    pip install netCDF4==1.7.5
    python tests/systems/frozen/netcdf4_reference.py
"""

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
# name: dtype, fill value, attributes, stored numbers (the others of the 6 frames stay unwritten)
VARIABLES = {
    "plain": ("f8", None, {"units": "nm"}, [703.5, 710.25, 716.0, 704.75, 1.0, 2.0]),
    "unwritten_f4": ("f4", None, {}, [1.5, 2.5, 3.5]),
    "unwritten_f8": ("f8", None, {}, [1.5, 2.5]),
    "unwritten_i2": ("i2", None, {"scale_factor": 0.5}, [1, 2, 3, 4]),
    "unwritten_i4": ("i4", None, {}, [5, 6, 7]),
    "packed": ("i2", -1, {"scale_factor": 0.25, "add_offset": 700.0}, [14, 41, -1, 19, 0, -7]),
    "two_markers": (
        "i2",
        -5,
        {"missing_value": np.int16(-7), "scale_factor": 0.5},
        [1, -5, -7, 4, -32767, 6],
    ),
    "several_missing": (
        "f4",
        None,
        {"missing_value": np.float32([-9.9, -8.8])},
        [1, -9.9, 3, -8.8],
    ),
    "above": ("i2", None, {"valid_min": np.int16(0), "scale_factor": 0.1}, [-1, 0, 1, 2, 3, 4]),
    "below": ("f8", None, {"valid_max": 10.0}, [9.0, 10.0, 11.0, 1.0, 2.0, 3.0]),
    "between": (
        "i2",
        None,
        {"valid_range": np.int16([0, 100]), "add_offset": 1.0},
        [-1, 0, 50, 100, 101, 7],
    ),
    "unsigned": (
        "i1",
        -1,
        {"_Unsigned": "true", "scale_factor": 0.5},
        [0, 1, 127, -128, -2, -1],
    ),
    "unsigned_range": (
        "i1",
        0,
        {"_Unsigned": "true", "valid_range": np.int8([1, -6])},
        [0, 1, 127, -6, -5, -1],
    ),
    "bytes": ("i1", None, {}, [-127, -1, 0, 1, 2, 3]),
}
# These types exist in NetCDF 4 only.
MORE = {
    "unwritten_u2": ("u2", None, {}, [1, 2, 65534]),
    "unwritten_i8": ("i8", None, {}, [1, -2]),
}


def write(path, variables, format):
    """Write the variables with one axis ``time`` that has no values of its own."""
    import netCDF4

    with netCDF4.Dataset(path, "w", format=format) as file:
        file.createDimension("time", 6)
        for name, (dtype, fill, attributes, stored) in variables.items():
            variable = file.createVariable(name, dtype, ("time",), fill_value=fill)
            variable.setncatts(attributes)
            variable.set_auto_maskandscale(False)
            variable[: len(stored)] = np.array(stored, dtype)


def read(path):
    """Read every variable as the netCDF4 library decodes it, with NaN for a missing value."""
    import netCDF4

    with netCDF4.Dataset(path) as file:
        return {
            name: np.ma.filled(variable[:].astype(np.float64), np.nan)
            for name, variable in file.variables.items()
        }


if __name__ == "__main__":
    write(FOLDER / "classic.nc", VARIABLES, "NETCDF3_CLASSIC")
    write(FOLDER / "netcdf4.nc", VARIABLES | MORE, "NETCDF4")
    np.savez(FOLDER / "read_by_netcdf4.npz", **read(FOLDER / "netcdf4.nc"))
    for name, values in read(FOLDER / "classic.nc").items():
        np.testing.assert_array_equal(values, np.load(FOLDER / "read_by_netcdf4.npz")[name], name)
