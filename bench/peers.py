#!/usr/bin/python3
"""Work against precision, fermat's and scikit-fmm's: how long does each take to be how exact?

Runs bench_precision on problems with known answers and, if this Python has it, scikit-fmm on
the same media with the same sources right after each, one core each. Prints how long it takes to
reach mean relative errors of 1e-3 to 1e-6, and both solvers on 1001 x 1001 nodes side by side;
writes what was measured as CSV, which scripts/plot draws.

scikit-fmm is Debian's python3-scikit-fmm, for Debian's Python, /usr/bin/python3. On another
Python, or without it, its rows are missing, and that is said."""

import argparse
import csv
import importlib
import math
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROBLEMS = ["constant", "gradient", "sloth", "layers", "mercator", "log-polar"]
GRIDS = [21, 51, 101, 201, 501, 1001, 2001]
LARGEST = {"layers": 1001}  # its exact times take a hundred times as long as a march
ROUGH = "rough"  # no known answer: for the speed alone
SIDE_BY_SIDE = 1001
TARGETS = [1e-3, 1e-4, 1e-5, 1e-6]
WAYS = {"first": "first order", "unfactored": "second order, unfactored",
        "factored": "second order, factored", "scikit-fmm": "scikit-fmm, second order"}

# scikit-fmm starts from the zero contour of a function, not from a point, so it is given a
# circle around the source (nearly: the contour of an approximate time) and what the wave
# took to get there. The approximation is distance times the mean of the slownesses at source
# and node, for which no answer needs to be known; within the circle it is the result as well.
# Of the ways that were tried this is the one that errs least. On 1001 x 1001 nodes, mean
# relative error for a constant speed and for a gradient, ten sources (four in the first two lines):
#     the node nearest to the source          5.2e-4  7.6e-4
#     a circle of distance, 2 cells           1.4e-4  1.8e-4
#     this, 2 cells                           1.6e-4  1.9e-4
#     this, 5 cells                           6.9e-5  8.9e-5
#     this, 8 cells                           6.5e-5  7.1e-5
#     this, 10 cells                          6.8e-5  6.9e-5
# A wider circle gives away the answer where it is hardest to find, for little more; and on
# coarse grids it must not be a large part of the model.
CIRCLE_CELLS, CIRCLE_MOST = 5, 0.1


def find_peer():
    """(numpy, skfmm), or None."""
    try:
        return importlib.import_module("numpy"), importlib.import_module("skfmm")
    except ImportError:
        return None


class Trial:
    """One source of a problem on a grid of n x n nodes, the unit square, as bench_precision gives
    it: made ready for scikit-fmm. The making is not in the time."""

    def __init__(self, numpy, command, problem, n, number):
        given = numpy.frombuffer(subprocess.run(
            [command, "--give", problem, str(n), str(number)], check=True,
            stdout=subprocess.PIPE).stdout)
        (x, z), self.speed, self.exact = given[:2], *given[2:].reshape(2, n, n)
        self.numpy, self.step = numpy, 1 / (n - 1)
        nodes = numpy.arange(n) * self.step
        distance = numpy.hypot(nodes - x, (nodes - z)[:, None])
        at_source = 1 / self.speed[round(z / self.step), round(x / self.step)]
        self.near = distance * (at_source + 1 / self.speed) / 2
        self.started = min(CIRCLE_CELLS * self.step, CIRCLE_MOST) * at_source

    def march(self, skfmm):
        """(seconds, times at the nodes)"""
        contour = self.near - self.started
        began = time.perf_counter()
        field = skfmm.travel_time(contour, self.speed, dx=self.step, order=2)
        seconds = time.perf_counter() - began
        return seconds, self.numpy.where(contour < 0, self.near, field + self.started)

    def error(self, field):
        """Mean error by mean time; NaN if no answer is known."""
        known = ~self.numpy.isnan(self.exact)
        if not known.any():
            return math.nan
        return float(abs(field - self.exact)[known].sum() / self.exact[known].sum())


def measure_peer(peer, options, problem, n):
    """The row of scikit-fmm, made like those of bench_precision."""
    numpy, skfmm = peer
    sources, repeats = options.sources, options.repeats or 1 + 500000 // n ** 2
    best, logarithms = math.inf, 0.0
    for number in range(sources):
        trial = Trial(numpy, options.command, problem, n, number)
        for _ in range(repeats):
            seconds, field = trial.march(skfmm)
            best = min(best, seconds)
        logarithms += math.log(trial.error(field))
    error = math.exp(logarithms / sources)
    return {"problem": problem, "geometry": "cartesian", "method": "scikit-fmm", "n": str(n),
            "sources": str(sources), "seconds": f"{best:.4g}",
            "mean_relative_error": "" if math.isnan(error) else f"{error:.4g}"}


def measure(peer, options, problem, n):
    """All rows of a problem on one grid."""
    print(f"measuring {problem}, {n} x {n} nodes", file=sys.stderr)
    words = [problem, n, options.sources] + ([options.repeats] if options.repeats else [])
    done = subprocess.run([options.command, *map(str, words)], check=True, text=True,
                          stdout=subprocess.PIPE)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    if peer and rows[0]["geometry"] == "cartesian":
        rows.append(measure_peer(peer, options, problem, n))
    return rows


def measure_all(peer, options):
    rows = []
    for problem in options.problems:
        for n in options.nodes:
            if n <= LARGEST.get(problem, n):
                rows += measure(peer, options, problem, n)
    return rows + measure(peer, options, ROUGH, beside(options.nodes))


def beside(grids):
    """The grid on which solvers are compared side by side."""
    return SIDE_BY_SIDE if SIDE_BY_SIDE in grids else max(grids)


def write_csv(path, rows):
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def curves(rows):
    """{(problem, method): [(n, seconds, error)]}, where an answer is known; n ascends."""
    found = {}
    for row in rows:
        if row["mean_relative_error"]:
            found.setdefault((row["problem"], row["method"]), []).append(
                (int(row["n"]), float(row["seconds"]), float(row["mean_relative_error"])))
    return {key: sorted(points) for key, points in found.items()}


def duration(seconds):
    """Two digits, in a unit that suits."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= 0.995 * size or unit == "us":
            digits = 1 if seconds < 9.95 * size else 0
            return f"{seconds / size:.{digits}f} {unit}"


def time_to_reach(target, points):
    """In words: of the grid from which on all finer ones reach it, too. Between two grids both
    logarithms are interpolated linearly; beyond those that were measured nothing is guessed."""
    missing = [i for i, (_, _, error) in enumerate(points) if not error <= target]
    if not missing:
        return f"< {duration(points[0][1])}"
    if missing[-1] == len(points) - 1:
        return "-"
    (_, s1, e1), (_, s2, e2) = points[missing[-1]:missing[-1] + 2]
    return duration(s1 * (s2 / s1) ** (math.log(e1 / target) / math.log(e1 / e2)))


def print_times(found):
    print("Time of a march that reaches a mean relative error of ... on this and all finer"
          "\ngrids (<: the coarsest one does; -: the finest one does not, and the last columns tell its "
          "error)\n")
    print(f"{'problem':10} {'method':25}" + "".join(f"{target:>10.0e}" for target in TARGETS)
          + f"{'finest':>10}{'error':>9}{'time':>9}")
    for (problem, method), points in found.items():
        n, seconds, error = points[-1]
        print(f"{problem:10} {WAYS[method]:25}" + "".join(
            f"{time_to_reach(target, points):>10}" for target in TARGETS)
            + f"{n:>8}^2{error:>9.1e}{duration(seconds):>9}")
    print()


def print_side_by_side(rows, n):
    table = {(row["problem"], row["method"]): row for row in rows if int(row["n"]) == n}
    print(f"Side by side, {n} x {n} nodes: fermat (second order, factored) and scikit-fmm "
          "(second order)\n")
    print(f"{'':10}  {'ns a node':^30}  {'mean relative error':^34}\n{'problem':10}"
          + f"  {'fermat':>8} {'scikit-fmm':>11} {'ratio':>9}"
          + f"  {'fermat':>11} {'scikit-fmm':>11} {'ratio':>10}")
    for problem in ("constant", "gradient", ROUGH):
        if (problem, "scikit-fmm") not in table:
            continue
        ours, peers = table[problem, "factored"], table[problem, "scikit-fmm"]
        ns = [1e9 * float(row["seconds"]) / n ** 2 for row in (ours, peers)]
        line = f"{problem:10}  {ns[0]:8.1f} {ns[1]:11.1f} {ns[1] / ns[0]:9.1f}"
        if ours["mean_relative_error"]:
            errors = [float(row["mean_relative_error"]) for row in (ours, peers)]
            line += f"  {errors[0]:11.2e} {errors[1]:11.2e} {errors[1] / errors[0]:10.0f}"
        print(line)


def processor():
    """Its name, if the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1] for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return " ".join(names[0].split()) if names else "an unknown processor"


def read_options():
    parser = argparse.ArgumentParser(prog="bench/peers.py", description=__doc__.split("\n\n")[0])
    parser.add_argument("--bench", dest="command", metavar="PROGRAM",
                        default=os.path.join(ROOT, "build/release/bench/bench_precision"),
                        help="default: build/release/bench/bench_precision")
    parser.add_argument("-o", "--output", default="precision.csv", help="default: %(default)s")
    parser.add_argument("--picture", help="have it drawn by scripts/plot, too")
    parser.add_argument("--problems", type=lambda text: text.split(","), default=PROBLEMS)
    parser.add_argument("--nodes", type=lambda text: sorted(int(n) for n in text.split(",")),
                        default=GRIDS, help="nodes a side, N,N,...")
    parser.add_argument("--sources", type=int, default=10, help="of each problem; default: 10")
    parser.add_argument("--repeats", type=int, help="marches from each; default: one and, on small "
                        "grids, more")
    return parser.parse_args()


def main():
    options = read_options()
    if not os.path.exists(options.command):
        sys.exit(f"bench/peers.py: there is no {options.command}; to build it:\n  cmake --preset "
                 "release && cmake --build --preset release")
    peer = find_peer()
    try:
        rows = measure_all(peer, options)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"bench/peers.py: {error}")
    write_csv(options.output, rows)
    print(f"One core of {processor()}; {options.sources} sources off the nodes.\n")
    print_times(curves(rows))
    if peer:
        print_side_by_side(rows, beside(options.nodes))
    else:
        print(f"scikit-fmm is not there for {sys.executable}, so nothing is said of it. "
              "On Debian:\n  apt-get install python3-scikit-fmm\n  /usr/bin/python3 "
              "bench/peers.py")
    if options.picture:
        note = f"One core of {processor()}."
        subprocess.run([os.path.join(ROOT, "scripts/plot"), options.output, "-o", options.picture,
                        "--dpi", "110", "--note", note], check=True)


if __name__ == "__main__":
    main()
