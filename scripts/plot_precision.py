"""The picture of a table that bench/peers.py or bench_precision wrote: mean error against the
time of a march, a panel for each problem, a line for each way to solve it, a point for each
grid. Both axes are logarithmic and the same in all panels: lower is more exact, further left is
sooner."""

import csv
import math

import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

# Okabe and Ito's colours, and a marker and a dash each, for the colour-blind and grey paper.
METHODS = {
    "factored": ("fermat, second order, factored (the default)", "#0072B2", "o", "-"),
    "first": ("fermat, first order, factored", "#009E73", "D", (0, (6, 2))),
    "unfactored": ("fermat, second order, unfactored", "#E69F00", "^", (0, (2, 1.5))),
    "scikit-fmm": ("scikit-fmm, second order", "#1b1b1b", "s", (0, (6, 2, 1, 2))),
}
PROBLEMS = {
    "constant": "Constant speed",
    "gradient": "v = 1 + x + 2z",
    "sloth": "1/v² = 4 − x/2 − 3z",
    "layers": "Two layers, 1 : 3, head wave",
    "mercator": "Sphere, v ∝ cos(latitude)",
    "log-polar": "Polar section, v ∝ radius",
}
NEEDED = {"problem", "geometry", "method", "n", "sources", "seconds", "mean_relative_error"}
INK, GREY = "#1b1b1b", "#666666"


def columns(path):
    with open(path, newline="", encoding="utf-8") as file:
        return set(next(csv.reader(file), []))


def knows(path):
    """Whether this is such a table."""
    return NEEDED <= columns(path)


def read_table(path):
    """{problem: {method: [(seconds, error, n)]}} with n ascending, and all rows that have an
    error: where there is no known answer there is nothing to draw."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["mean_relative_error"]]
    if not rows:
        raise SystemExit(f"{path}: no problem with a known answer was measured")
    found = {}
    for row in rows:
        found.setdefault(row["problem"], {}).setdefault(row["method"], []).append(
            (float(row["seconds"]), float(row["mean_relative_error"]), int(row["n"])))
    for methods in found.values():
        for points in methods.values():
            points.sort(key=lambda point: point[2])
    return found, rows


def duration(seconds, _=None):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.999 * size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds / 1e-9:g} ns"


def decades(values):
    """The whole powers of ten around and between the values."""
    return [10.0 ** power for power in range(math.floor(math.log10(min(values))),
                                             math.ceil(math.log10(max(values))) + 1)]


def set_axes(axes, times, errors):
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis, values in ((axes.xaxis, times), (axes.yaxis, errors)):
        axis.set_major_locator(FixedLocator(decades(values)))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(duration)
    axes.set_xlim(min(times) / 1.6, max(times) * 1.6)
    axes.set_ylim(min(errors) / 2, max(errors) * 2)
    axes.tick_params(labelsize=8.5, colors=INK, labelbottom=True, labelleft=True)
    axes.grid(color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def draw_panel(axes, problem, geometry, methods, has_peer):
    for method, points in methods.items():
        label, colour, marker, dash = METHODS.get(method, (method, GREY, "x", "-"))
        axes.plot([point[0] for point in points], [point[1] for point in points],
                  color=colour, marker=marker, ls=dash, lw=1.6, ms=5.5, mec="white", mew=0.6,
                  label=label, zorder=4 if method == "factored" else 3)
    axes.set_title(PROBLEMS.get(problem, problem), fontsize=10.5, loc="left", color=INK)
    if geometry != "cartesian" and has_peer:
        axes.text(0.03, 0.03, "scikit-fmm has no such geometry", transform=axes.transAxes,
                  fontsize=8, color=GREY, style="italic")


def subtitle(rows, note):
    grids = sorted({int(row["n"]) for row in rows})
    sources = {row["sources"] for row in rows}
    return (f"A point is a grid, from {grids[0]}² to {grids[-1]}² nodes. Mean error relative to the mean "
            f"time, {' or '.join(sorted(sources))} random sources off the nodes; shortest of at least as "
            "many marches." + (f" {note}" if note else ""))


def draw(path, title, note):
    found, rows = read_table(path)
    wide = min(3, len(found))
    high = -(-len(found) // wide)
    figure, grid = plt.subplots(high, wide, sharex=True, sharey=True, squeeze=False,
                                figsize=(3.9 * wide + 0.3, 3.2 * high + 1.2), layout="constrained")
    panels = list(grid.flat)
    has_peer = any(row["method"] == "scikit-fmm" for row in rows)
    geometries = {row["problem"]: row["geometry"] for row in rows}
    for axes, (problem, methods) in zip(panels, found.items()):
        set_axes(axes, [float(row["seconds"]) for row in rows],
                 [float(row["mean_relative_error"]) for row in rows])
        draw_panel(axes, problem, geometries[problem], methods, has_peer)
    for axes in panels[len(found):]:
        axes.remove()
    figure.supxlabel("time of one march on one core", fontsize=10)
    figure.supylabel("mean relative error of the times", fontsize=10)
    handles = {label: handle for axes in panels[:len(found)]
               for handle, label in zip(*axes.get_legend_handles_labels())}
    order = [words[0] for words in METHODS.values() if words[0] in handles]
    order += [label for label in handles if label not in order]
    figure.legend([handles[label] for label in order], order, loc="upper center", bbox_to_anchor=(0.5, 0),
                  ncols=2, fontsize=9, frameon=False, handlelength=4)
    figure.suptitle((title or "Work against precision: lower is more exact, further left is sooner")
                    + "\n\n", fontsize=13, weight="bold", x=0.01, ha="left", color=INK)
    figure.text(0.011, 1 - 0.48 / figure.get_figheight(), subtitle(rows, note), fontsize=8.5,
                color="#444444")
    return figure
