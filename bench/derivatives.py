#!/usr/bin/env python3
"""bench/derivatives.py FERMAT [--repeat N]: what a step of a tomography takes.

Times, rays and Fréchet rows of 100 sources x 100 receivers through a B-spline of
41 x 41 vertices on 40 x 40 degrees, diced 8: 321 x 321 nodes; then the gradient of the
misfit of the same pairs instead; then ten times the sources. Whole programs are timed,
reading the inputs and writing the result file included; the best of N runs (5), in turn.
Memory is the greatest resident size. Two threads, and one."""

import argparse
import math
import os
import random
import subprocess
import sys
import tempfile
import time

VERTICES, SPACING, NORTH, WEST = 41, 1.0, 20.0, 100.0  # degrees
JOB = """\
model: {{file: model.vtx, geometry: geographic, dice: [8, 8]}}
survey: {{sources: {sources}, receivers: receivers.csv{pairs}}}
want: {want}
output: out.h5
"""
RECEIVERS = 100


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="ascii") as out:
        out.write(text)


def write_model(folder, chance):
    """Smooth: waves of a few degrees, 15 % up and down, on 3.5 km/s."""
    waves = [(chance.uniform(3, 12), chance.uniform(0, 2 * math.pi), chance.uniform(0, 2 * math.pi))
             for _ in range(12)]
    lines = [f"{VERTICES} {VERTICES}", f"{NORTH} {WEST}", f"{SPACING} {SPACING}"]
    for i in range(VERTICES + 2):
        for j in range(VERTICES + 2):
            total = sum(math.sin(2 * math.pi / length * (i * math.cos(turn) + j * math.sin(turn)) + phase)
                        for length, turn, phase in waves)
            lines.append(f"{3.5 * (1 + 0.15 * math.tanh(total / 3)):.6f}")
    write(folder, "model.vtx", "\n".join(lines) + "\n")


def write_stations(folder, name, n, chance):
    extent = (VERTICES - 1) * SPACING
    rows = (f"{name[0]}{k},{WEST + extent * chance.random():.5f},{NORTH - extent * chance.random():.5f}\n"
            for k in range(n))
    write(folder, name + ".csv", "id,lon,lat\n" + "".join(rows))


def write_picks(folder, chance):
    """Times some ten per cent off, so that there is a misfit."""
    with open(os.path.join(folder, "picks.csv"), "w", encoding="ascii") as out:
        out.write("source,receiver,time,sigma\n")
        out.writelines(f"s{s},r{r},{chance.uniform(100, 1000):.3f},1\n"
                       for s in range(100) for r in range(RECEIVERS))


def make(folder):
    chance = random.Random(41)
    write_model(folder, chance)
    write_stations(folder, "sources", 100, chance)
    write_stations(folder, "receivers", RECEIVERS, chance)
    os.rename(os.path.join(folder, "sources.csv"), os.path.join(folder, "few.csv"))
    write_stations(folder, "sources", 1000, chance)
    os.rename(os.path.join(folder, "sources.csv"), os.path.join(folder, "many.csv"))
    write_picks(folder, chance)
    jobs = {
        "times": ("few.csv", "", "[times]"),
        "times, rays": ("few.csv", "", "[times, rays]"),
        "times, rays, frechet": ("few.csv", "", "[times, rays, frechet]"),
        "times, gradient": ("few.csv", ", pairs: picks.csv", "[times, gradient]"),
        "times, rays, frechet of 1000 sources": ("many.csv", "", "[times, rays, frechet]"),
    }
    for n, (sources, pairs, want) in enumerate(jobs.values()):
        write(folder, f"job{n}.yaml", JOB.format(sources=sources, pairs=pairs, want=want))
    return [(name, os.path.join(folder, f"job{n}.yaml")) for n, name in enumerate(jobs)]


def measure(fermat, job, backend):
    """Seconds and MB of one run."""
    start = time.perf_counter()
    child = subprocess.Popen([fermat, "forward", job, "--quiet", "--backend", backend])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{fermat} failed")
    return time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fermat")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    backends = ["threads:2", "serial"]
    with tempfile.TemporaryDirectory(prefix="fermat-derivatives-") as folder:
        jobs = make(folder)
        best = {}
        for _ in range(options.repeat):
            for name, job in jobs:
                for backend in backends:
                    seconds, memory = measure(options.fermat, job, backend)
                    before = best.get((name, backend), (math.inf, 0))
                    best[name, backend] = min(seconds, before[0]), max(memory, before[1])
        pairs = 100 * RECEIVERS
        print(f"{'100 sources x 100 receivers, 321 x 321 nodes':44}{'threads:2':>18}{'serial':>18}")
        for name, _ in jobs:
            cells = "".join(f"{best[name, b][0]:8.2f} s{best[name, b][1]:5.0f} MB" for b in backends)
            print(f"{name:44}{cells}")
        rays = best["times, rays", "serial"][0] - best["times", "serial"][0]
        print(f"a ray, written: {rays / pairs * 1e6:.0f} us on one core")


if __name__ == "__main__":
    main()
