#!/usr/bin/env python3
"""Write speed.grd: the true model of a synthetic crosshole experiment, in metres.

Speed grows with depth from 1800 m/s at the surface to 2600 m/s at 40 m. Two round
anomalies lie between the boreholes; within its radius R the change is that at its
centre times (1 - (r/R)^2)^2, so it goes smoothly to nothing at R and is nothing beyond:

    fast: centre x =  6.0 m, z = 14.0 m, radius 5.0 m, + 400 m/s
    slow: centre x = 13.5 m, z = 27.0 m, radius 4.5 m, - 450 m/s

The file is netCDF-4 (HDF5) as GMT reads and writes it. Needs h5py and numpy.

    python3 make_model.py            writes speed.grd beside this script
"""

import os

import h5py
import numpy as np

ANOMALIES = [(6.0, 14.0, 5.0, 400.0), (13.5, 27.0, 4.5, -450.0)]  # x, z, radius, change


def speed(x, z):
    value = 1800.0 + 20.0 * z
    for x0, z0, radius, change in ANOMALIES:
        inside = np.maximum(0.0, 1 - ((x - x0) ** 2 + (z - z0) ** 2) / radius**2)
        value = value + change * inside**2
    return value


def main():
    x = np.arange(-2.0, 22.25, 0.5)
    z = np.arange(0.0, 42.25, 0.5)
    values = speed(x[None, :], z[:, None])
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "speed.grd")
    with h5py.File(path, "w", libver=("v108", "v108"), track_order=True) as file:
        file.attrs["Conventions"] = np.bytes_("CF-1.10")
        file.attrs["title"] = np.bytes_("True speed of the crosshole example")
        for number, (name, axis, label) in enumerate(((("x", x, "X")), ("z", z, "Z"))):
            dim = file.create_dataset(name, data=axis, track_order=True)
            dim.make_scale(name)
            dim.attrs["_Netcdf4Dimid"] = np.int32(number)
            dim.attrs["units"] = np.bytes_("m")
            dim.attrs["axis"] = np.bytes_(label)
            dim.attrs["actual_range"] = np.array([axis[0], axis[-1]])
        file["x"].attrs["long_name"] = np.bytes_("distance from the source borehole")
        file["z"].attrs["long_name"] = np.bytes_("depth")
        file["z"].attrs["positive"] = np.bytes_("down")
        grid = file.create_dataset("speed", data=values.astype("f4"), track_order=True)
        grid.dims[0].attach_scale(file["z"])
        grid.dims[1].attach_scale(file["x"])
        grid.attrs["long_name"] = np.bytes_("speed of P waves")
        grid.attrs["units"] = np.bytes_("m s-1")
        grid.attrs["actual_range"] = np.array([values.min(), values.max()])


if __name__ == "__main__":
    main()
