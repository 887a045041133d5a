#!/usr/bin/env python3
"""Write sources.csv and receivers.csv of this folder: 200 sources spread evenly but
irregularly over the whole model (the additive sequence of the plastic number, no random
numbers), and 10 receivers at the surface."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, DEPTH = 100, 100  # km
SOURCES, RECEIVERS = 200, 10
PLASTIC = 1.32471795724474602596  # the real root of p^3 = p + 1


def write(name, rows):
    with open(os.path.join(HERE, name), "w", encoding="ascii") as out:
        out.write("id,x,z\n")
        out.writelines(f"{station},{x:.3f},{z:.3f}\n" for station, x, z in rows)


write("sources.csv", (
    (f"S{n:03}", 1 + (WIDTH - 2) * (n / PLASTIC % 1), 1 + (DEPTH - 2) * (n / PLASTIC ** 2 % 1))
    for n in range(1, SOURCES + 1)))
write("receivers.csv", (
    (f"R{n:02}", (n - 0.5) * WIDTH / RECEIVERS, 0) for n in range(1, RECEIVERS + 1)))
