"""The picture of a table that `fermat bench --csv` wrote: speed-up against workers, a line
for each kind of backend, with the efficiency beside each point, and the ideal line."""

import csv

import matplotlib.patheffects as effects
import matplotlib.pyplot as plt
from matplotlib.ticker import NullLocator

# Okabe and Ito's colours, and a marker each, for the colour-blind and for grey paper.
STYLES = [("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "D"), ("#CC79A7", "^"),
          ("#E69F00", "v"), ("#56B4E9", "P")]
INK, GREY = "#1b1b1b", "#777777"
HALO = [effects.withStroke(linewidth=2.5, foreground="white")]


def read_table(path):
    """The rows that were measured, with their numbers as numbers."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"backend", "state", "workers", "speedup", "efficiency"} <= set(
                reader.fieldnames or []):
            raise SystemExit(f"{path}: not a table of `fermat bench JOB --csv FILE`")
        rows = [row for row in reader if row["state"] == "measured"]
    if not rows:
        raise SystemExit(f"{path}: no backend was measured")
    for row in rows:
        row["workers"] = int(row["workers"])
        row["speedup"], row["efficiency"] = float(row["speedup"]), float(row["efficiency"])
    return rows


def kind(spec):
    """The backend without its number of workers: processes:2,start=spawn -> processes, spawn."""
    name, *options = spec.split(",")
    plain = [name.split(":")[0]] + [option.split("=", 1)[-1] if option.startswith(
        ("start=", "schedule=")) else option for option in options]
    return ", ".join(plain)


def by_kind(rows):
    lines = {}
    for row in rows:
        lines.setdefault(kind(row["backend"]), []).append(row)
    return {name: sorted(points, key=lambda row: row["workers"])
            for name, points in lines.items()}


def draw_ideal(axes, base, most):
    """Twice the workers, twice as fast."""
    ends = [base["workers"] * 0.8, most * 1.4]
    axes.plot(ends, [end / base["workers"] for end in ends], color=GREY, lw=1.2, ls=(0, (5, 3)),
              zorder=1, label="ideal: as many times faster as workers")


def draw_lines(axes, rows):
    """A line for each kind; points with as many workers stand a little beside each other."""
    lines = by_kind(rows)
    for n, (name, points) in enumerate(lines.items()):
        colour, marker = STYLES[n % len(STYLES)]
        aside = 1.02 ** (n - (len(lines) - 1) / 2)
        for row in points:
            row["colour"], row["x"] = colour, row["workers"] * aside
        axes.plot([row["x"] for row in points], [row["speedup"] for row in points],
                  color=colour, marker=marker, ms=8, mec="white", mew=0.8, lw=1.8, zorder=3,
                  label=name)


def label_efficiencies(axes, rows):
    """Below and to the right of the points, where no line goes: one below the other, in the
    order of the points, from the lowest of them downwards."""
    for workers in {row["workers"] for row in rows}:
        column = sorted((row for row in rows if row["workers"] == workers),
                        key=lambda row: -row["speedup"])
        for n, row in enumerate(column):
            axes.annotate(f"{100 * row['efficiency']:.0f} %",
                          (max(other["x"] for other in column), column[-1]["speedup"]),
                          (9, -8 - 12 * n), textcoords="offset points", fontsize=8.5,
                          color=row["colour"], va="center", weight="bold", zorder=4,
                          path_effects=HALO)


def plain_ticks(axis, values):
    axis.set_ticks(values, [f"{value:g}" for value in values])
    axis.set_minor_locator(NullLocator())


def set_axes(axes, rows):
    """Both logarithmic: the ideal is straight, and as far below it as efficiency is lost."""
    workers = sorted({row["workers"] for row in rows})
    fastest = max(max(row["speedup"] for row in rows), workers[-1] / rows[0]["workers"])
    slowest = min(row["speedup"] for row in rows)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    plain_ticks(axes.xaxis, workers)
    plain_ticks(axes.yaxis, [2.0 ** n / 4 for n in range(16)])
    axes.set_xlim(workers[0] * 0.8, workers[-1] * 1.4)
    axes.set_ylim(slowest * 0.62, fastest * 1.25)
    axes.set_xlabel("workers")
    axes.set_ylabel("speed-up (percent: efficiency, which is speed-up a worker)")
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def subtitle(rows, note):
    first = rows[0]
    words = [f"{first['job']}; {first['processors']} processors; speed-up against "
             f"{first['backend']}, by the time of the "
             f"{'march' if first['phase'] == 'march' else 'whole program'}, median of "
             f"{first['runs']} run{'' if first['runs'] == '1' else 's'}."]
    if any(row["same_bytes"] == "no" for row in rows):
        words.append("RESULTS DIFFER.")
    return " ".join(words + ([note] if note else []))


def draw(path, title, note):
    rows = read_table(path)
    figure, axes = plt.subplots(figsize=(8.2, 5.6), layout="constrained")
    draw_ideal(axes, rows[0], max(row["workers"] for row in rows))
    draw_lines(axes, rows)
    set_axes(axes, rows)
    label_efficiencies(axes, rows)
    axes.legend(loc="upper left", frameon=False, fontsize=9.5)
    axes.set_title(title or "Speed-up", fontsize=13, weight="bold", loc="left", color=INK, pad=24)
    axes.text(0, 1.025, subtitle(rows, note), transform=axes.transAxes, fontsize=8.5,
              color="#444444")
    return figure
