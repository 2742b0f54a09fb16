"""The numbers of NetCDF variables: unpacked, and NaN where a value is missing.

The rules are those of the NetCDF users' guide (attribute conventions) and of the CF conventions
(sections 2.5.1 and 8.1). xarray does not know limits of valid numbers and default fill values.
netCDF4 knows both, but reads a truncated file as zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

# What NetCDF stores in frames that were never written. Single bytes have no such number.
_DEFAULT_FILLS = {
    "i2": -32767,
    "u2": 65535,
    "i4": -2147483647,
    "u4": 4294967295,
    "i8": -9223372036854775806,
    "u8": 18446744073709551614,
    "f4": 9.9692099683868690e36,
    "f8": 9.9692099683868690e36,
}
_NAMES = "_FillValue missing_value valid_min valid_max valid_range scale_factor add_offset".split()


def is_real(array: Any) -> bool:
    """Test whether an array, or anything else with a dtype, holds real numbers."""
    return array.dtype.kind in "fiu"


def default_fill(dtype: DTypeLike) -> NDArray:
    """Return the number of frames that were never written: shape (1,), or (0,) if there is none."""
    dtype = np.dtype(dtype)
    fill = _DEFAULT_FILLS.get(dtype.str[1:])
    return np.array([] if fill is None else [fill], dtype)


def _is_true(attribute: Any) -> bool:
    """Test for "true" and "True", as netCDF4 does, in text or bytes."""
    return str(attribute).strip("b'") in ("true", "True")


def unpack(stored: Any, attributes: Mapping[str, Any], fill: NDArray) -> NDArray:
    """Return the numbers that the stored ones stand for, and NaN where a value is missing.

    Parameters
    ----------
    stored : array_like
    attributes : mapping
        ``scale_factor``, ``add_offset`` and ``_Unsigned`` unpack. ``_FillValue``,
        ``missing_value``, ``valid_min``, ``valid_max`` and ``valid_range`` mark missing values.
    fill : ndarray, shape (1,) or (0,)
        The stored number of frames that were never written, unless ``_FillValue`` gives another.
    """
    packed = np.asarray(stored)
    if not is_real(packed):
        return packed
    given = {name: np.ravel(attributes[name]) for name in _NAMES if name in attributes}
    given = {name: numbers for name, numbers in given.items() if is_real(numbers) and numbers.size}
    packed = packed.astype(packed.dtype.newbyteorder("="))  # NumPy cannot look up others
    stored_type = packed.dtype.str[1:]
    if packed.dtype.kind == "i" and _is_true(attributes.get("_Unsigned", "")):
        # NetCDF 3 has no unsigned types. Its signed numbers, in the attributes too, can mean them.
        packed = packed.view(packed.dtype.str.replace("i", "u"))

    def as_packed(numbers: NDArray) -> NDArray:
        alike = packed.dtype.kind == "f" or numbers.dtype.str[1:] == stored_type
        return numbers.astype(packed.dtype) if alike else numbers

    values = packed
    if "scale_factor" in given:
        values = values * np.float64(given["scale_factor"][0])
    if "add_offset" in given:
        values = values + np.float64(given["add_offset"][0])

    missing = np.isin(packed, as_packed(given.get("_FillValue", fill)))
    if "missing_value" in given:
        missing |= np.isin(packed, as_packed(given["missing_value"]))
    lowest, highest = given.get("valid_min"), given.get("valid_max")
    if given.get("valid_range", fill).size == 2:
        lowest, highest = np.split(given["valid_range"], 2)
    for is_beyond, limit in ((np.less, lowest), (np.greater, highest)):
        if limit is not None:
            # A limit with decimals for stored integers is a limit of the unpacked numbers.
            unpacked = limit.dtype.kind == "f" and packed.dtype.kind != "f"
            missing |= is_beyond(values if unpacked else packed, as_packed(limit)[0])
    return np.where(missing, np.nan, values) if missing.any() else np.asarray(values)
