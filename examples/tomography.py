#!/usr/bin/python3
"""A tomography, from travel times to a map of speed: fermat is run with a model, says how the
times or their misfit change with it, and the model is changed; until the times fit.

The survey is real (data/australia: earthquakes and stations), the Earth is a checkerboard: cells
fast and slow in turn, through which the times are computed first and given noise. Then the
checkerboard is forgotten and sought again, starting from constant speed. The unknowns are the
vertices of a cubic B-spline. What is minimised is

    sum over pairs ((T(m) - t) / sigma)^2 / 2  +  (A |second differences of m|)^2 / 2  +  (B |m - m0|)^2 / 2

by one of two methods:

    lsqr    Gauss-Newton: T is linearised with the Fréchet matrix, and LSQR (Paige & Saunders
            1982) solves the linear problem, again and again. Few runs; the matrix must be kept.
    lbfgs   L-BFGS (Liu & Nocedal 1989) needs the sum and its gradient alone, which fermat gets
            by going backwards through its march. Many runs, but never a matrix, however many
            pairs there are.

    examples/tomography.py [--method lsqr|lbfgs] [--small] [-o PICTURE.png]
"""

import argparse
import os
import subprocess
import sys
import tempfile

import h5py
import matplotlib
import numpy as np
from scipy import optimize, sparse
from scipy.sparse.linalg import lsqr

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.colors import BoundaryNorm  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DATA = os.path.join(ROOT, "data/australia")
EXTENT = (104.0, 170.0, -52.0, -2.0)  # west, east, south, north
SPEED = 3.5  # km/s, on average, and where the search starts
CONTRAST = 0.08  # of the checkerboard
SIGMA = 1.0  # s, of the noise
COVERED = 5  # rays near a vertex, from which on it counts as covered
ROUGH, FAR = 12.0, 7.0  # A and B above, s/km: 1/FAR is how far speeds are thought to stray

JOB = """\
model:
  file: model.h5
  interpolation: bspline
  geometry: geographic
  dice: [{dice}, {dice}]
survey:
  sources: sources.csv
  receivers: receivers.csv{pairs}
want: [{want}]
output: result.h5
"""


class Experiment:
    """A folder with a survey in it, in which fermat is run with one model after the other."""

    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.shape = (18, 23) if options.small else (26, 34)  # vertices: latitudes, longitudes
        self.cell = options.cell or (12.0 if options.small else 8.0)
        west, east, south, north = EXTENT
        self.lon = np.linspace(west, east, self.shape[1])
        self.lat = np.linspace(south, north, self.shape[0])
        for name in ("sources.csv", "receivers.csv"):
            self.copy_table(name, every=2 if options.small else 1)
        self.picks = ""
        self.runs = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def copy_table(self, name, every):
        with open(os.path.join(DATA, name), encoding="utf-8") as table:
            head, *rows = table.readlines()
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.writelines([head, *rows[::every]])

    def run(self, model, *want):
        """March through a model, [lat][lon]; the result file, open."""
        with h5py.File(self.path("model.h5"), "w") as file:
            speed = file.create_dataset("speed", data=model)
            for dimension, (name, at) in enumerate((("lat", self.lat), ("lon", self.lon))):
                file.create_dataset(name, data=at).make_scale(name)
                speed.dims[dimension].attach_scale(file[name])
        with open(self.path("job.yaml"), "w", encoding="ascii") as job:
            job.write(JOB.format(dice=4 if self.options.small else 8, want=", ".join(want),
                                 pairs=self.picks))
        subprocess.run([self.options.fermat, "forward", self.path("job.yaml"), "--backend",
                        self.options.backend, "--progress=none"], check=True,
                       stdout=subprocess.DEVNULL)
        self.runs += 1
        return h5py.File(self.path("result.h5"), "r")

    def observe(self, truth, seed=20):
        """Times through the true model, with noise, become the table of picks."""
        with self.run(truth, "times") as result:
            time = result["arrival"][:]
            time += np.random.default_rng(seed).normal(0, SIGMA, time.size)
            names = [result[kind + "_id"].asstr()[:][result["arrival_" + kind][:]]
                     for kind in ("source", "receiver")]
        with open(self.path("picks.csv"), "w", encoding="utf-8") as picks:
            picks.write("source,receiver,time,sigma\n")
            picks.writelines(f"{s},{r},{t:.4f},{SIGMA}\n" for s, r, t in zip(*names, time))
        self.picks = "\n  pairs: picks.csv"


def checkerboard(lon, lat, cell):
    """Cells that are faster and slower than the average in turn, without sharp edges."""
    waves = (np.sin(np.pi * (at - at[0]) / cell) for at in (lat, lon))
    return SPEED * (1 + CONTRAST * np.outer(*waves))


def second_differences(shape):
    """Second differences in both directions, a row for each vertex and direction."""
    def second(n):
        return sparse.diags([1.0, -2.0, 1.0], [0, 1, 2], shape=(n - 2, n))
    rows, columns = shape
    return sparse.vstack([sparse.kron(second(rows), sparse.eye(columns)),
                          sparse.kron(sparse.eye(rows), second(columns))]).tocsr()


def say(runs, misfit, pairs):
    print(f"{runs:3d} runs   misfit {misfit:12.1f}   residuals are {np.sqrt(2 * misfit / pairs):7.3f} "
          "sigma (RMS)", flush=True)


def invert_lsqr(experiment, start, iterations):
    """Gauss-Newton. Returns the model and the misfits on the way."""
    smooth = ROUGH * second_differences(start.shape)
    stay = FAR * sparse.eye(start.size)
    model, misfits = start, []
    for _ in range(iterations):
        with experiment.run(model, "times", "frechet", "misfit") as result:
            matrix = result["frechet"]
            frechet = sparse.csr_matrix((matrix["data"][:], matrix["indices"][:],
                                         matrix["indptr"][:]), shape=matrix.attrs["shape"])
            sigma = result["arrival_sigma"][:]
            residual = result["arrival_observed"][:] - result["arrival"][:]
            misfits.append(float(result["misfit_sum"][()]))
            say(experiment.runs, misfits[-1], residual.size)
        # The unknown is the whole way from the start, so that what is smooth is the model and
        # not the step: T(m) + F (start + x - m) = t.
        known = residual + frechet @ (model - start).ravel()
        system = sparse.vstack([sparse.diags(1 / sigma) @ frechet, smooth, stay])
        right = np.concatenate([known / sigma, np.zeros(smooth.shape[0] + start.size)])
        model = start + lsqr(system, right, atol=1e-6, btol=1e-6)[0].reshape(start.shape)
    return model, misfits


def invert_lbfgs(experiment, start, iterations):
    """L-BFGS with the gradient by the adjoint. Returns the model and the misfits on the way."""
    smooth = ROUGH * second_differences(start.shape)
    misfits, seen = [], {}

    def objective(way):
        with experiment.run(start + way.reshape(start.shape), "misfit", "gradient") as result:
            misfit, pairs = float(result["misfit_sum"][()]), int(result["misfit_pairs"][()])
            gradient = result["gradient"][:].ravel()
        seen.update(misfit=misfit, pairs=pairs)
        if not misfits:
            record()
        rough, far = smooth @ way, FAR * way
        return (misfit + (rough @ rough + far @ far) / 2,
                gradient + smooth.T @ rough + FAR * far)

    def record(_=None):
        misfits.append(seen["misfit"])
        say(experiment.runs, seen["misfit"], seen["pairs"])

    found = optimize.minimize(objective, np.zeros(start.size), jac=True, method="L-BFGS-B",
                              bounds=[(-0.4 * SPEED, 0.4 * SPEED)] * start.size, callback=record,
                              options={"maxiter": iterations, "maxcor": 20, "ftol": 1e-4})
    return start + found.x.reshape(start.shape), misfits


METHODS = {"lsqr": (invert_lsqr, 4), "lbfgs": (invert_lbfgs, 40)}  # and how many iterations


def rays_near(experiment, coverage):
    """About how many rays pass by each vertex: length of all rays in the four cells around it,
    by the width of four cells."""
    padded = np.pad(coverage, 1, mode="edge")
    around = padded[1:, 1:] + padded[1:, :-1] + padded[:-1, 1:] + padded[:-1, :-1]
    return around / (4 * np.radians(experiment.lat[1] - experiment.lat[0]) * 6371)


def judge(truth, found, rays):
    """How much of the checkerboard was found where rays went, and where they did not."""
    bounds = (0, 1, COVERED, 20, np.inf)
    print("rays nearby   vertices   correlation   share of the contrast found")
    for least, most in zip(bounds, bounds[1:]):
        part = (rays >= least) & (rays < most)
        if part.sum() < 8:
            continue
        x, y = truth[part] - SPEED, found[part] - SPEED
        correlation = np.corrcoef(x, y)[0, 1] if y.std() > 0 else 0.0
        print(f"{least:3g} to {most:<5g}   {part.sum():6d}        {correlation:6.2f}        "
              f"{x @ y / (x @ x):6.2f}")


def draw(path, experiment, truth, found, rays, title):
    """True model, what was found, and where the rays went."""
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.3), layout="constrained", sharey=True)
    levels = SPEED * (1 + CONTRAST * np.linspace(-1.0, 1.0, 21))
    speeds = {"levels": levels, "cmap": "RdYlBu", "extend": "both"}
    steps = [0, 1, 2, 5, 10, 20, 50, 100]
    counts = {"levels": steps, "cmap": "YlGnBu", "norm": BoundaryNorm(steps, 256), "extend": "max"}
    panels = ((truth, "true", speeds, "speed (km/s)"), (found, "found", speeds, "speed (km/s)"),
              (rays, f"rays (lines: {COVERED})", counts, "rays nearby"))
    for ax, (values, name, colours, label) in zip(axes, panels):
        image = ax.contourf(experiment.lon, experiment.lat, values, **colours)
        ax.contour(experiment.lon, experiment.lat, rays, levels=[COVERED], colors="#1b1b1b",
                   linewidths=0.9)
        ax.set_title(name, loc="left")
        ax.set_aspect(1 / np.cos(np.radians(sum(EXTENT[2:]) / 2)))
        bar = figure.colorbar(image, ax=ax, orientation="horizontal", pad=0.03, aspect=30, label=label)
        bar.set_ticks(levels[::5] if colours is speeds else steps)
    for name, symbol, size in (("receivers.csv", "^", 4), ("sources.csv", "*", 7)):
        with open(experiment.path(name), encoding="utf-8") as table:
            x, y = np.array([row.split(",")[1:3] for row in table][1:], float).T
        axes[2].plot(x, y, symbol, ms=size, mfc="#ffd92f", mec="#1b1b1b", mew=0.6)
    figure.suptitle(title)
    figure.savefig(path, dpi=80)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--method", choices=METHODS, default="lsqr")
    parser.add_argument("--iterations", type=int, help="default: "
                        + ", ".join(f"{name} {n}" for name, (_, n) in METHODS.items()))
    parser.add_argument("--small", action="store_true", help="fewer unknowns, every second "
                        "earthquake and station: a quarter of the pairs")
    parser.add_argument("--cell", type=float, metavar="DEGREES", help="of the checkerboard; "
                        "default: 8, small 12")
    parser.add_argument("--fermat", default=os.path.join(ROOT, "build/release/src/cli/fermat"))
    parser.add_argument("--backend", default="threads", help="of fermat forward (%(default)s)")
    parser.add_argument("-o", "--output", default="tomography.png", help="picture (%(default)s)")
    options = parser.parse_args()
    invert, iterations = METHODS[options.method]
    with tempfile.TemporaryDirectory(prefix="tomography-") as folder:
        experiment = Experiment(folder, options)
        truth = checkerboard(experiment.lon, experiment.lat, experiment.cell)
        experiment.observe(truth)
        found, misfits = invert(experiment, np.full(experiment.shape, SPEED),
                                options.iterations or iterations)
        with experiment.run(found, "times", "misfit", "coverage") as result:
            coverage = result["coverage"][:]
            misfits.append(float(result["misfit_sum"][()]))
            say(experiment.runs, misfits[-1], int(result["misfit_pairs"][()]))
        print(f"misfit {misfits[0]:.1f} -> {misfits[-1]:.1f}: less by "
              f"{100 * (1 - misfits[-1] / misfits[0]):.1f} %")
        rays = rays_near(experiment, coverage)
        judge(truth, found, rays)
        draw(options.output, experiment, truth, found, rays,
             f"{experiment.cell:g}-degree checkerboard, {options.method}, {experiment.runs} runs")
    print(f"Look at {options.output}.")


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"tomography.py: {error}")
