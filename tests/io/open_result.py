#!/usr/bin/python3
"""Open a result file with the programs people use: open_result.py MAKE_RESULT KIND

MAKE_RESULT writes the file (make_result.c); what must be in it is computed here anew.
open_forward.py has the same checks made on what `fermat forward` writes.
ncdump and h5py must be there; xarray and gmt are used where they are installed.
"""
import math
import os
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

ROWS, COLUMNS, SPEED, SPEED_BEYOND, RADIUS = 5, 7, 4.0, 5.0, 6371.0
GEOMETRY = {"times": "cartesian", "fields": "cartesian", "sums": "geographic"}
MAPS = {"traveltime_sum": "s", "traveltime_square_sum": "s2", "traveltime_count": "1",
        "traveltime_mean": "s", "traveltime_deviation": "s"}
NAMES = {"cartesian": ("x", "z"), "geographic": ("lon", "lat"), "polar": ("angle", "radius")}
UNITS = {"cartesian": ("km", "km"), "geographic": ("degrees_east", "degrees_north"),
         "polar": ("degrees", "km")}
START = {"cartesian": (0, 0.5, 0, 0.25), "geographic": (110, 1, -30, 2),
         "polar": (20, 2, 5000, 300)}
SOURCE_IDS = ["S1", "S02", "S\u03b83"]
RECEIVER_IDS = ["R1", "R 2", "R,3", "R4"]
SOURCE_OF_PAIR = [0, 0, 0, 0, 2, 2, 2, 2]


class Expected:
    """What the file of one kind must contain."""

    def __init__(self, kind):
        self.kind = kind
        self.geometry = GEOMETRY.get(kind, kind)
        self.x_name, self.z_name = NAMES[self.geometry]
        x0, dx, z0, dz = START[self.geometry]
        self.x = x0 + dx * np.arange(COLUMNS)
        self.z = z0 + dz * np.arange(ROWS)
        self.source_ids, self.receiver_ids = SOURCE_IDS, RECEIVER_IDS
        self.source_x, self.source_z = self.x[[0, 2, 4]], np.full(3, self.z[0])
        self.receiver_x, self.receiver_z = self.x[[0, 2, 4, 6]], np.full(4, self.z[-1])
        self.source_of_pair, self.receiver_of_pair = SOURCE_OF_PAIR, [0, 1, 2, 3] * 2
        self.fields = kind not in ("times", "sums")
        self.times = kind not in ("fields", "sums")
        self.sums = kind == "sums"
        self.dtype = np.float64 if kind == "geographic" else np.float32
        self.masked = np.zeros((ROWS, COLUMNS), bool)
        self.masked[1, 2] = self.geometry == "geographic"
        self.speed = np.where(self.masked, math.nan, SPEED)
        self.states = [1, 0, 1] if kind == "times" else [1, 1, 1]

    def time(self, x, z, sx, sz):
        """Seconds along the straight line, or the great circle."""
        if self.geometry == "cartesian":
            return np.hypot(x - sx, z - sz) / SPEED
        if self.geometry == "polar":
            cosine = np.cos(np.radians(x - sx))
            return np.sqrt(z * z + sz * sz - 2 * z * sz * cosine) / SPEED
        lat, slat, dlon = np.radians(z), np.radians(sz), np.radians(x - sx)
        h = np.sin((lat - slat) / 2) ** 2 + np.cos(lat) * np.cos(slat) * np.sin(dlon / 2) ** 2
        return 2 * RADIUS * np.arcsin(np.sqrt(h)) / SPEED

    def field(self, source):
        x, z = np.meshgrid(self.x, self.z)
        field = self.time(x, z, self.source_x[source], self.z[0])
        field[self.masked] = math.nan
        return field

    def arrivals(self):
        return np.array([self.time(self.receiver_x[p % 4], self.z[-1], self.source_x[s],
                                   self.z[0]) for p, s in enumerate(self.source_of_pair)])

    def maps(self):
        """What the sums over sources must be, by the names of their variables."""
        fields = np.array([self.field(s) for s in range(len(self.source_ids))], float)
        count = np.sum(~np.isnan(fields), 0)
        reached = np.where(count > 0, 1, math.nan)
        mean = np.nanmean(np.where(count > 0, fields, 0), 0) * reached
        spread = np.nanmean(np.where(count > 0, (fields - mean) ** 2, 0), 0) * reached
        return {"traveltime_sum": np.nansum(fields, 0) * reached,
                "traveltime_square_sum": np.nansum(fields**2, 0) * reached,
                "traveltime_count": count, "traveltime_mean": mean,
                "traveltime_deviation": np.sqrt(spread)}

    def variables(self):
        x, z = self.x_name, self.z_name
        names = {x, z, "speed", "source", "receiver", "source_status"}
        names |= {f"{who}_{what}" for who in ("source", "receiver") for what in ("id", x, z)}
        if self.fields:
            names |= {"traveltime"}
        if self.sums:
            names |= set(MAPS) | {"traveltime_sum_sources"}
        if self.times:
            names |= {"arrival", "arrival_source", "arrival_receiver", "arrival_status"}
        if self.kind == "cartesian":
            names |= {"arrival_observed", "arrival_sigma"}
        if self.kind == "polar":
            names |= {"interface", "interface_radius", "speed_beyond"}
        return names


def close(found, expected):
    tolerance = 1e-6 if np.asarray(found).dtype == np.float32 else 1e-12
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=1e-9)


def close_maps(found, expected):
    """Of doubles, however the fields that are compared with were rounded."""
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def run(*command):
    """The output of a command that must succeed and complain of nothing."""
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.returncode, done.stderr)
    assert done.stderr == "", (command, done.stderr)
    return done.stdout


def ncdump(path, want):
    text = run("ncdump", "-h", path)
    variables = text[text.index("\nvariables:"):text.index("\n// global")]
    found = {line.split("(")[0].rstrip(" ;").split()[-1] for line in variables.splitlines()
             if line.startswith("\t") and not line.startswith("\t\t")}
    assert found == want.variables(), found ^ want.variables()
    assert ':Conventions = "CF-1.10"' in text
    assert (f"pair = {len(want.source_of_pair)} " in text) == want.times
    run("ncdump", path)


def check_h5py(path, want):
    with h5py.File(path) as f:
        close(f[want.x_name][:], want.x)
        close(f[want.z_name][:], want.z)
        close(f["speed"][:], want.speed)
        assert [i.decode() for i in f["source_id"][:]] == want.source_ids
        assert [i.decode() for i in f["receiver_id"][:]] == want.receiver_ids
        close(f["source_" + want.x_name][:], want.source_x)
        close(f["source_" + want.z_name][:], want.source_z)
        close(f["receiver_" + want.x_name][:], want.receiver_x)
        close(f["receiver_" + want.z_name][:], want.receiver_z)
        assert list(f["source_status"][:]) == want.states
        assert f[want.x_name].attrs["units"] == UNITS[want.geometry][0].encode() \
            or f[want.x_name].attrs["units"] == UNITS[want.geometry][0]
        if want.fields:
            assert f["traveltime"].dtype == want.dtype
            assert f["traveltime"].chunks is None
            for s in range(len(want.source_ids)):
                close(f["traveltime"][s], want.field(s))
        if want.times:
            close(f["arrival"][:], want.arrivals())
            assert list(f["arrival_source"][:]) == want.source_of_pair
            assert list(f["arrival_receiver"][:]) == want.receiver_of_pair
            assert list(f["arrival_status"][:]) == [1] * len(want.source_of_pair)
        if want.sums:
            assert f["traveltime_sum_sources"][()] == len(want.source_ids)
            assert f["traveltime_sum_sources"].shape == ()
            for name, values in want.maps().items():
                close_maps(f[name][:], values)
                assert np.all((f["traveltime_count"][:] == 0) == np.isnan(f["traveltime_sum"]))
        if want.kind == "polar":
            close(f["speed_beyond"][0], np.full(COLUMNS, SPEED_BEYOND))
            close(f["interface_radius"][:], want.z[2:3])


def check_xarray(path, want):
    try:
        import xarray
    except ImportError:
        print("SKIP: no xarray")
        return
    with xarray.open_dataset(path) as data:
        assert set(data.variables) == want.variables()
        assert data.attrs["geometry"] == want.geometry
        for name, unit in zip(NAMES[want.geometry], UNITS[want.geometry]):
            assert data[name].attrs["units"] == unit
        last = len(want.source_ids)
        assert data.coords["source"].values.tolist() == list(range(1, last + 1))
        if want.fields:
            field = data.traveltime
            assert field.dims == ("source", want.z_name, want.x_name)
            assert field.attrs["units"] == "s" and field.dtype == want.dtype
            assert f"source_{want.x_name}" in field.coords
            nearest = field.sel(source=last).isel({want.z_name: 3})
            close(nearest.values, want.field(last - 1)[3])
        if want.sums:
            assert data.traveltime_sum_sources.item() == last
            for name, values in want.maps().items():
                assert data[name].dims == (want.z_name, want.x_name)
                assert data[name].attrs["units"] == MAPS[name]
                close_maps(data[name].values, values)
            mean, squares = (data[n] / data.traveltime_count
                             for n in ("traveltime_sum", "traveltime_square_sum"))
            close_maps(data.traveltime_mean.values, mean.values)
            close_maps((data.traveltime_deviation**2 + mean**2).values, squares.values)
            assert data.traveltime_mean.attrs["cell_methods"] == "source: mean"
            method = data.traveltime_deviation.attrs["cell_methods"]
            assert method == "source: standard_deviation"
        if want.times:
            assert data.arrival.dims == ("pair",) and data.arrival.dtype == np.float64
            ids = data.source_id[data.arrival.arrival_source].values.tolist()
            assert ids == [want.source_ids[s] for s in want.source_of_pair]


def grdinfo(path, variable, want, least, greatest):
    words = run("gmt", "grdinfo", "-C", f"{path}?{variable}").split("\t")
    found = [float(word) for word in words[1:7]]
    close(found, [want.x[0], want.x[-1], want.z[0], want.z[-1], least, greatest])
    assert [int(word) for word in words[9:11]] == [len(want.x), len(want.z)], words


def gmt(path, want):
    if not shutil.which("gmt"):
        print("SKIP: no gmt")
        return
    if want.sums:
        gmt_maps(path, want)
    grdinfo(path, "speed", want, np.nanmin(want.speed), np.nanmax(want.speed))
    if want.fields:
        sources = range(len(want.source_ids))
        fields = np.array([want.field(s) for s in sources]).astype(want.dtype)
        grdinfo(path, "traveltime[1]", want, np.nanmin(fields), np.nanmax(fields))
        text = run("gmt", "grd2xyz", "-s", f"{path}?traveltime[1]")
        found = np.array([float(line.split("\t")[2]) for line in text.splitlines()])
        expected = want.field(1)[::-1].ravel()  # GMT begins with the largest y
        np.testing.assert_allclose(found, expected[~np.isnan(expected)], rtol=1e-6, atol=1e-9)


def gmt_maps(path, want):
    for name, values in want.maps().items():
        if name == "traveltime_count":
            continue  # states no range, which is what gmt shows
        words = run("gmt", "grdinfo", "-C", f"{path}?{name}").split("\t")
        close_maps([float(word) for word in words[5:7]],
                   [np.nanmin(values), np.nanmax(values)])


def open_with_all(write, want):
    """Have `write` write a file, and check it with every program there is."""
    folder = tempfile.mkdtemp(prefix="fermat-test-")
    os.environ["HOME"] = folder  # where gmt keeps what it remembers
    try:
        path = os.path.join(folder, "result.h5")
        write(path)
        ncdump(path, want)
        check_h5py(path, want)
        check_xarray(path, want)
        gmt(path, want)
    finally:
        shutil.rmtree(folder)


def main():
    make_result, kind = sys.argv[1:]
    open_with_all(lambda path: run(make_result, kind, path), Expected(kind))


if __name__ == "__main__":
    main()
