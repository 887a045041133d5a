#!/usr/bin/python3
"""Open what `fermat forward` writes with the programs people use:
open_forward.py FERMAT DATA EXAMPLE

The checks are those of open_result.py. What must be in the file comes from the example's
own inputs, read here anew. Times have no closed form here, so they must lie between those
at the greatest and the least speed along the straight way, those of fields and of pairs
must agree, and what one program reads the others must read as well.
"""
import csv
import os
import sys

import h5py
import numpy as np

import open_result


def table(path):
    """A table of a survey: its rows as dictionaries."""
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def crosshole(folder):
    """The grid of speeds, in metres: coordinates and values at its nodes."""
    with h5py.File(os.path.join(folder, "speed.grd")) as f:
        return f["x"][:] / 1000, f["z"][:] / 1000, f["speed"][:].astype(float) / 1000


def australia(folder):
    """The B-spline's vertices: coordinates and its values at the vertices."""
    with open(os.path.join(folder, "australia.vtx"), encoding="ascii") as stream:
        words = [line.split()[:2] for line in stream if line.strip()]
    (nlat, nlon), (north, west), (dlat, dlon) = (map(float, w) for w in words[:3])
    nlat, nlon = int(nlat), int(nlon)
    vertex = np.array([float(w[0]) for w in words[3:]]).reshape(nlon + 2, nlat + 2)
    vertex = vertex.T[::-1]  # [lat from the south][lon]
    weigh = lambda v: (v[:-2] + 4 * v[1:-1] + v[2:]) / 6
    return (west + dlon * np.arange(nlon), north - dlat * np.arange(nlat)[::-1],
            weigh(weigh(vertex).T).T)


EXAMPLES = {  # how to read the model, its geometry, dice, km in a unit of the tables
    "crosshole": (crosshole, "cartesian", 4, 0.001),
    "australia": (australia, "geographic", 8, 1),
}


class Expected(open_result.Expected):
    """What the result of an example must contain."""

    def __init__(self, data, name):
        folder = os.path.join(data, name)
        model, self.geometry, self.dice, unit = EXAMPLES[name]
        self.kind, self.fields, self.times, self.sums = name, True, True, True
        self.dtype = np.float32
        self.x_name, self.z_name = open_result.NAMES[self.geometry]
        x, z, self.at_nodes = model(folder)
        self.x = np.linspace(x[0], x[-1], (len(x) - 1) * self.dice + 1)
        self.z = np.linspace(z[0], z[-1], (len(z) - 1) * self.dice + 1)
        for who in ("source", "receiver"):
            rows = table(os.path.join(folder, who + "s.csv"))
            setattr(self, who + "_ids", [row["id"] for row in rows])
            for axis, column in (("x", self.x_name), ("z", self.z_name)):
                values = np.array([float(row[column]) for row in rows]) * unit
                setattr(self, f"{who}_{axis}", values)
        pairs = [(s, r) for s in range(len(self.source_ids))
                 for r in range(len(self.receiver_ids))]
        self.source_of_pair, self.receiver_of_pair = (list(p) for p in zip(*pairs))
        self.states = [1] * len(self.source_ids)
        self.speed = self.found = self.found_arrivals = None  # take() has them

    def take(self, path):
        """Judge speeds and times; then they are what all programs must read."""
        with h5py.File(path) as f:
            self.speed, self.found = f["speed"][:], f["traveltime"][:]
            self.found_arrivals = f["arrival"][:]
        nodes = self.speed[:: self.dice, :: self.dice]
        np.testing.assert_allclose(nodes, self.at_nodes, rtol=1e-6)
        x, z = np.meshgrid(self.x, self.z)
        for s, field in enumerate(self.found):
            self.judge(field, self.distance(x, z, s))
        for p, (s, r) in enumerate(zip(self.source_of_pair, self.receiver_of_pair)):
            time = self.found_arrivals[p]
            x, z = self.receiver_x[r], self.receiver_z[r]
            self.judge(time, self.distance(x, z, s))
            between = self.interpolate(self.found[s], x, z)
            assert abs(time - between) < self.bend(x, z, s) * time, (s, r, time, between)

    def distance(self, x, z, s):
        if self.geometry == "cartesian":
            return np.hypot(x - self.source_x[s], z - self.source_z[s])
        lat, slat = np.radians(z), np.radians(self.source_z[s])
        dlon = np.radians(x - self.source_x[s])
        h = np.sin((lat - slat) / 2) ** 2 + np.cos(lat) * np.cos(slat) * np.sin(dlon / 2) ** 2
        return 2 * 6371 * np.arcsin(np.sqrt(h))

    def bend(self, x, z, s):
        """How much of a time interpolation within a cell may miss: the front from a point
        at distance R bends by h^2 / 8R over a cell of diagonal h; four times that, and
        what the speed's own changes add."""
        km = 1 if self.geometry == "cartesian" else 111.2
        cell = km * np.hypot(self.x[1] - self.x[0], self.z[1] - self.z[0])
        return (cell / self.distance(x, z, s)) ** 2 / 2 + 1e-3

    def judge(self, times, distances):
        """No faster than the fastest way, no slower than the slowest straight one. Speeds
        between nodes are not in the file, hence the percent."""
        least, greatest = self.speed.min(), self.speed.max()
        assert np.all(times >= 0.99 * distances / greatest)
        assert np.all(times <= 1.01 * distances / least)

    def interpolate(self, field, x, z):
        i = min(int((x - self.x[0]) / (self.x[1] - self.x[0])), len(self.x) - 2)
        k = min(int((z - self.z[0]) / (self.z[1] - self.z[0])), len(self.z) - 2)
        fx = (x - self.x[i]) / (self.x[i + 1] - self.x[i])
        fz = (z - self.z[k]) / (self.z[k + 1] - self.z[k])
        rows = field[k : k + 2, i] * (1 - fx) + field[k : k + 2, i + 1] * fx
        return rows[0] * (1 - fz) + rows[1] * fz

    def field(self, source):
        return self.found[source]

    def arrivals(self):
        return self.found_arrivals

    def variables(self):
        x, z = self.x_name, self.z_name
        names = {x, z, "speed", "source", "receiver", "source_status", "traveltime",
                 "arrival", "arrival_source", "arrival_receiver", "arrival_status",
                 "traveltime_sum_sources", *open_result.MAPS}
        return names | {f"{who}_{what}" for who in ("source", "receiver")
                        for what in ("id", x, z)}


def main():
    fermat, data, name = sys.argv[1:]
    want = Expected(data, name)

    def write(path):
        job = os.path.join(data, name, "job.yaml")
        open_result.run(fermat, "forward", job, "--workers", "2", "-o", path,
                        "--set", "want=[times, fields, sum]")
        want.take(path)

    open_result.open_with_all(write, want)


main()
