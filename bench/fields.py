#!/usr/bin/env python3
"""bench/fields.py FERMAT [BACKEND ...]: how fast fields get to the disk, beside dd.

Each round writes a file with dd (conv=fdatasync) and the fields of a job of the same size with
each backend, and runs the same job without fields; printed are medians of the rounds, and the
fastest of them, of which a busy machine spoils less. There are two jobs of 1001 x 1001 nodes. In `masked` 99 % of the nodes are masked, so that hardly anything
is marched and writing is all there is; in `marched` the wave goes over every node, and writing
should vanish behind it. Columns:

  with, without   seconds of the whole program with fields and without
  all             MB/s: fields / with
  fields          MB/s: fields / (with - without), what they cost on top of marching; "hidden"
                  if that is nothing
  of dd           the two as parts of what dd reached, of the same rounds

The files go to $TMPDIR (0.5 GB at a time), which is the disk that is measured."""

import os
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5
NODES = 1001 * 1001
JOB = """\
model: {model}
survey: {{sources: sources.csv, receivers: receivers.csv}}
reciprocity: never
solver: {{stop_early: false, refine: 0}}
want: [{want}]
output: result.h5
"""
BOX = "geometry: cartesian, extent: [0, 100, 0, 100], spacing: [0.1, 0.1]"
MODELS = {"masked": ("{file: profile.csv, " + BOX + "}", 120),
          "marched": ("{gradient: [3, 0, 0.03], " + BOX + "}", 20)}
# The wave lives in a layer of 1 km.
PROFILE = "depth_km,speed_km_s\n0,3\n1,3\n1,0\n100,0\n"


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="ascii") as out:
        out.write(text)


def make_jobs(folder):
    write(folder, "profile.csv", PROFILE)
    write(folder, "receivers.csv", "id,x,z\nR,10,0\n")
    for name, (model, shots) in MODELS.items():
        os.mkdir(os.path.join(folder, name))
        for file in ("profile.csv", "receivers.csv"):
            os.symlink(f"../{file}", os.path.join(folder, name, file))
        rows = (f"S{n},{100 * (n * 0.618 % 1):.4f},0.5\n" for n in range(shots))
        write(folder, f"{name}/sources.csv", "id,x,z\n" + "".join(rows))
        for want in ("times", "fields"):
            write(folder, f"{name}/{want}.yaml", JOB.format(model=model, want=want))


def seconds(command, folder):
    start = time.monotonic()
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def remove(folder, *names):
    for name in names:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.remove(path)


def time_dd(folder, megabytes):
    """Seconds; also done before every run, and not counted, so that all find memory alike: on a
    virtual machine pages just freed are there, and others must be had from the host."""
    taken = seconds(["dd", "if=/dev/zero", "of=dd", "bs=1000000", f"count={megabytes}",
                     "conv=fdatasync"], folder)
    remove(folder, "dd")
    return taken


def time_run(fermat, folder, job, backend):
    mpirun = []
    pool = backend
    if backend.startswith("mpi:"):
        mpirun = ["mpirun", "-n", backend[4:], "--allow-run-as-root", "--oversubscribe"]
        pool = "mpi"
    taken = seconds([*mpirun, fermat, "forward", job, "--backend", pool, "--quiet"], folder)
    remove(folder, "result.h5", "result.run.json")
    return taken


def measure(fermat, folder, backends, megabytes):
    """Seconds of all rounds: of dd, and of (backend, what was wanted)."""
    times = {"dd": []}
    for _ in range(ROUNDS):
        time_dd(folder, megabytes)
        times["dd"].append(time_dd(folder, megabytes))
        for backend in backends:
            for want in ("times", "fields"):
                time_dd(folder, megabytes)
                taken = time_run(fermat, folder, f"{want}.yaml", backend)
                times.setdefault((backend, want), []).append(taken)
    return times


def show_pick(label, pick, times, backends, megabytes):
    dd = megabytes / pick(times["dd"])
    print(f"{label + f': dd {dd:.0f} MB/s':24}{'with s':>8}{'without':>9}{'all MB/s':>10}{'of dd':>7}"
          f"{'fields MB/s':>13}{'of dd':>7}")
    for backend in backends:
        whole, march = pick(times[backend, "fields"]), pick(times[backend, "times"])
        print(f"{backend:24}{whole:8.2f}{march:9.2f}{megabytes / whole:10.0f}"
              f"{megabytes / whole / dd:7.2f}", end="")
        if whole - march > 0.01:
            fields = megabytes / (whole - march)
            print(f"{fields:13.0f}{fields / dd:7.2f}")
        else:
            print(f"{'hidden':>13}")


def show(name, shots, backends, times):
    megabytes = 4 * NODES * shots / 1e6
    print(f"{name}: {shots} fields, {megabytes:.0f} MB")
    show_pick("median", statistics.median, times, backends, megabytes)
    show_pick("fastest", min, times, backends, megabytes)


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: bench/fields.py FERMAT [BACKEND ...]")
    fermat = os.path.abspath(sys.argv[1])
    backends = sys.argv[2:] or ["serial", "threads:2", "processes:2"]
    with tempfile.TemporaryDirectory(prefix="fermat-fields-") as folder:
        make_jobs(folder)
        for name, (_, shots) in MODELS.items():
            times = measure(fermat, os.path.join(folder, name), backends,
                            4 * NODES * shots // 1000000)
            show(name, shots, backends, times)


if __name__ == "__main__":
    main()
