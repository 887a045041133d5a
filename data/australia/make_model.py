#!/usr/bin/env python3
"""Write australia.vtx: an illustrative map of Rayleigh-wave group speed at a period of
about 30 s, on a grid of cubic B-spline vertices in the format of FMST.

The map is drawn, not measured. It puts what is broadly known of the region (fast
cratons, slow sedimentary basins and young crust, fast oceans, slow island arcs) into a
sum of smooth shapes, so that travel times across it look like travel times across
Australia. It is no result of any inversion and must not be used as one.

Python's standard library is enough; the same file comes out every time:

    python3 make_model.py            writes australia.vtx beside this script
"""

import csv
import math
import os

HERE = os.path.dirname(os.path.abspath(__file__))

# Vertices: from NORTH and WEST, every STEP degrees, and one ring of cushion around.
NORTH, WEST, STEP = -2.0, 104.0, 2.0
ROWS, COLUMNS = 26, 34  # to 52 S and 170 E

OCEAN = 3.70  # km/s
LAND = 3.05
COAST_WIDTH = 1.2  # degrees from land to ocean speed
UNCERTAINTY = 0.30  # km/s, of each vertex: FMST's second column

# name, longitude, latitude, radius east-west and north-south in degrees (where the change
# has fallen to 1/e), change in km/s
SHAPES = [
    # old and fast
    ("Yilgarn Craton", 119.5, -29.5, 3.6, 3.4, 0.33),
    ("Pilbara Craton", 119.5, -21.8, 2.6, 1.6, 0.30),
    ("Capricorn Orogen", 117.5, -24.8, 2.4, 1.1, 0.12),
    ("Kimberley Block", 126.0, -16.5, 2.4, 1.8, 0.25),
    ("North Australian Craton", 133.0, -18.5, 4.2, 3.0, 0.28),
    ("Arunta and Musgrave", 131.5, -24.5, 4.0, 1.8, 0.10),
    ("Gawler Craton", 135.5, -31.0, 2.6, 2.2, 0.27),
    ("Curnamona and Broken Hill", 140.8, -31.6, 1.5, 1.3, 0.18),
    ("Mount Isa", 139.6, -20.8, 1.6, 2.2, 0.24),
    ("Georgetown", 143.5, -18.0, 1.6, 1.6, 0.12),
    # basins: thick sediments, slow
    ("Canning Basin", 124.0, -20.2, 2.6, 1.7, -0.28),
    ("Officer Basin", 126.5, -27.6, 2.8, 1.6, -0.18),
    ("Amadeus Basin", 132.0, -24.2, 2.2, 0.9, -0.14),
    ("Eromanga and Cooper Basins", 141.5, -26.5, 3.2, 2.6, -0.30),
    ("Carpentaria Basin", 140.5, -15.5, 2.4, 2.2, -0.22),
    ("Murray Basin", 142.5, -34.8, 2.2, 1.3, -0.20),
    ("Eucla Basin", 128.5, -31.2, 2.8, 1.1, -0.10),
    ("Surat and Bowen Basins", 149.0, -25.8, 1.6, 2.6, -0.15),
    ("Perth Basin", 115.2, -30.0, 0.9, 3.0, -0.18),
    ("Gippsland and Bass Basins", 146.2, -39.2, 2.0, 1.3, -0.25),
    ("North West Shelf", 117.0, -18.8, 4.0, 1.6, -0.45),
    ("Bonaparte Basin", 128.5, -12.5, 2.6, 1.6, -0.38),
    # young east, hot below
    ("Eastern Highlands", 150.0, -31.5, 2.4, 5.0, -0.10),
    ("Newer Volcanics", 143.5, -37.6, 1.6, 1.0, -0.14),
    ("Tasmania", 146.8, -42.2, 1.5, 1.4, -0.08),
    # seas, plateaus and ridges
    ("Arafura Shelf", 136.0, -9.5, 4.0, 2.0, -0.40),
    ("Coral Sea plateaus", 152.5, -17.5, 3.2, 3.0, -0.22),
    ("Lord Howe Rise", 162.5, -31.0, 2.2, 7.0, -0.38),
    ("Norfolk Ridge", 167.5, -28.0, 1.2, 4.5, -0.26),
    ("Tasman Basin", 156.5, -38.0, 3.0, 6.0, 0.12),
    ("Naturaliste Plateau", 112.0, -34.0, 2.0, 1.3, -0.25),
    ("Exmouth Plateau", 112.0, -19.0, 2.0, 1.6, -0.22),
    ("Argo and Wharton Basins", 110.0, -15.5, 5.0, 3.6, 0.20),
    ("Perth Abyssal Plain", 109.0, -28.5, 3.6, 4.0, 0.20),
    ("South Australian Basin", 128.0, -38.0, 9.0, 2.6, 0.16),
    ("South-east Indian Ridge", 126.0, -50.0, 14.0, 2.0, -0.20),
    ("Campbell Plateau", 169.0, -49.5, 2.6, 2.6, -0.50),
    ("South Island", 169.5, -45.0, 2.2, 1.8, -0.25),
    # arcs
    ("Java", 110.5, -7.2, 5.0, 1.4, -0.45),
    ("Lesser Sunda Islands", 120.5, -8.6, 4.2, 1.2, -0.55),
    ("Banda Arc and Timor", 128.0, -8.2, 3.6, 1.6, -0.50),
    ("Banda Sea", 127.5, -5.5, 2.6, 1.2, -0.12),
    ("Sulawesi", 120.8, -3.5, 1.8, 2.0, -0.45),
    ("Seram and Halmahera", 129.5, -3.0, 2.2, 1.0, -0.40),
    ("New Guinea Highlands", 140.5, -5.0, 6.0, 1.3, -0.22),
    ("Papuan Peninsula", 148.0, -9.0, 2.2, 1.2, -0.18),
    ("New Britain", 150.5, -5.6, 2.4, 1.2, -0.40),
    ("Solomon Islands", 158.0, -8.6, 3.6, 1.6, -0.48),
    ("Solomon Islands east", 163.5, -11.0, 2.4, 1.4, -0.38),
    ("Vanuatu", 167.5, -16.0, 1.5, 4.0, -0.48),
    ("New Caledonia", 165.5, -21.3, 1.6, 1.4, -0.35),
]


def read_lands(path):
    """The closed outlines of coast.csv: {name: [(lon, lat), ...]}."""
    with open(path, newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        lands = {}
        for row in rows:
            lands.setdefault(row["land"], []).append((float(row["lon"]), float(row["lat"])))
    return lands


def inside(lon, lat, outline):
    """Is the point within the outline? Crossings of a line to the east, odd or even."""
    within = False
    for (x1, y1), (x2, y2) in zip(outline, outline[1:] + outline[:1]):
        if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
            within = not within
    return within


def distance(lon, lat, outline):
    """Degrees, measured flat, from the point to the nearest side of the outline."""
    east = math.cos(math.radians(lat))
    nearest = math.inf
    for (x1, y1), (x2, y2) in zip(outline, outline[1:] + outline[:1]):
        ax, ay = (x1 - lon) * east, y1 - lat
        bx, by = (x2 - x1) * east, y2 - y1
        length = bx * bx + by * by
        along = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * bx + ay * by) / length))
        nearest = min(nearest, math.hypot(ax + along * bx, ay + along * by))
    return nearest


def speed(lon, lat, lands):
    land = 0.0
    for outline in lands.values():
        depth = distance(lon, lat, outline)
        depth = depth if inside(lon, lat, outline) else -depth
        land = max(land, 0.5 * (1 + math.tanh(depth / COAST_WIDTH)))
    value = OCEAN + land * (LAND - OCEAN)
    for _, x, y, radius_x, radius_y, change in SHAPES:
        value += change * math.exp(-((lon - x) / radius_x) ** 2 - ((lat - y) / radius_y) ** 2)
    return value


def main():
    lands = read_lands(os.path.join(HERE, "coast.csv"))
    with open(os.path.join(HERE, "australia.vtx"), "w", newline="\n") as file:
        file.write(f"{ROWS:8d} {COLUMNS:8d}\n")
        file.write(f"{NORTH:12.4f} {WEST:12.4f}\n")
        file.write(f"{STEP:12.4f} {STEP:12.4f}\n")
        for i in range(-1, COLUMNS + 1):  # west to east, cushion included
            for j in range(-1, ROWS + 1):  # north to south
                value = speed(WEST + STEP * i, NORTH - STEP * j, lands)
                file.write(f"{value:10.4f} {UNCERTAINTY:8.4f}\n")


if __name__ == "__main__":
    main()
