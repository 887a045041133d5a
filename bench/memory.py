#!/usr/bin/env python3
"""bench/memory.py FERMAT [BACKEND ...]: peak memory of 100 and of 10,000 shots.

Both jobs write the field of every source (201 x 201 nodes, 162 kB each: 16 MB and 1.6 GB
in all) and have one receiver. What is in flight is bounded by the pool's window, so that
the difference between the columns is what a run keeps of every shot: its row and its
pair. Needs 2 GB in $TMPDIR; measures with `fermat bench` (docs/bench.md)."""

import csv
import os
import subprocess
import sys
import tempfile

JOB = """\
model: {constant: 3, geometry: cartesian, extent: [0, 20, 0, 20], spacing: [0.1, 0.1]}
survey: {sources: sources.csv, receivers: receivers.csv}
want: [times, fields]
output: fields.h5
"""
COUNTS = (100, 10000)


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="ascii") as out:
        out.write(text)


def make_job(folder, shots):
    rows = (f"S{n},{20 * (n * 0.618 % 1):.4f},{20 * (n * 0.755 % 1):.4f}\n" for n in range(shots))
    write(folder, "sources.csv", "id,x,z\n" + "".join(rows))
    write(folder, "receivers.csv", "id,x,z\nR,10,0\n")
    write(folder, "job.yaml", JOB)


def peaks(fermat, backends, shots):
    """MB by backend; None: it cannot be had here."""
    with tempfile.TemporaryDirectory(prefix="fermat-memory-") as folder:
        make_job(folder, shots)
        command = [fermat, "bench", os.path.join(folder, "job.yaml"), "--repeat", "1",
                   "--csv", os.path.join(folder, "table.csv")]
        for backend in backends:
            command += ["--backend", backend]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(os.path.join(folder, "table.csv"), encoding="utf-8") as table:
            return {row["backend"]: float(row["peak_bytes"]) / 1e6 if row["peak_bytes"] else None
                    for row in csv.DictReader(table)}


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: bench/memory.py FERMAT [BACKEND ...]")
    backends = sys.argv[2:] or ["serial", "threads:2", "processes:2", "mpi:2"]
    few, many = (peaks(sys.argv[1], backends, shots) for shots in COUNTS)
    print(f"peak memory, MB (all processes of a run)\n{'backend':32}{COUNTS[0]:>8}{COUNTS[1]:>8} shots")
    for backend in backends:
        if few[backend] is None or many[backend] is None:
            print(f"{backend:32}not available")
        else:
            print(f"{backend:32}{few[backend]:8.1f}{many[backend]:8.1f}")


if __name__ == "__main__":
    main()
