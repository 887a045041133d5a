"""What is drawn over the ground: isochrones, rays, sources and stations, their ids, coasts."""

import csv

import matplotlib.patheffects as effects
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.transforms import Bbox
from plot_ground import INK

HALO = [effects.withStroke(linewidth=2.0, foreground="white", alpha=0.85)]


def nice_step(span, about):
    """A step of 1, 2 or 5 times a power of ten that divides span in about so many."""
    raw = span / about
    power = 10.0 ** np.floor(np.log10(raw))
    return power * min((1, 2, 5, 10), key=lambda m: abs(np.log(m * power / raw)))


def time_unit(longest):
    """(factor from seconds, unit)"""
    if longest > 180:
        return 1 / 60, "min"
    return (1, "s") if longest > 1 else (1000, "ms")


def draw_isochrones(canvas, time, about=16):
    """Lines of equal time of a field [z][x]; returns what to say about them."""
    result = canvas.result
    factor, unit = time_unit(np.nanmax(time))
    values = np.ma.masked_invalid(time * factor)
    least, most = float(values.min()), float(values.max())
    if least == most:
        return ""
    step = nice_step(most - least, about)
    levels = np.arange(np.floor(least / step) + 1, np.ceil(most / step)) * step
    x, y = canvas.place(*np.meshgrid(result.x, result.z))
    lines = canvas.axes.contour(x, y, values, levels=levels, colors=INK, linewidths=0.7, alpha=0.85)
    for line in [lines] if hasattr(lines, "set_gid") else lines.collections:  # matplotlib < 3.8
        line.set_gid("isochrones")
    labels = canvas.axes.clabel(lines, levels[1::2], fmt=lambda v: f"{v:g}", fontsize=7)
    plt.setp(labels, path_effects=HALO)
    return f"Isochrones every {step:g} {unit}."


def draw_rays(canvas, rays, of):
    """Thin lines, the thinner the more there are; returns what to say about them."""
    width = float(np.clip(8 / np.sqrt(len(rays) + 1), 0.35, 1.1))
    lines = LineCollection([np.column_stack(canvas.place(*ray)) for ray in rays], colors="#3b1f5b",
                           linewidths=width, alpha=0.7, zorder=4, gid="rays")
    canvas.axes.add_collection(lines, autolim=False)
    return f"{len(rays)} of {of} rays." if len(rays) < of else f"{of} rays."


def draw_points(canvas, drawn):
    """Stations, then sources, then the one whose field is drawn (None: none of them); returns
    what to label, the most important first: (x, y, id, size of the letters, radius of the
    symbol in points)."""
    result, axes = canvas.result, canvas.axes
    common = {"mec": INK, "ls": "", "clip_on": False}
    stations, sources = result.receivers, result.sources
    sx, sy = canvas.place(stations.x, stations.z)
    axes.plot(sx, sy, "^", ms=6, mfc="#f7f7f7", mew=0.9, label="station", zorder=5, gid="points",
              **common)
    ex, ey = canvas.place(sources.x, sources.z)
    others = [i for i in range(len(ex)) if i != drawn]
    if others:
        axes.plot(ex[others], ey[others], "*", ms=8, mfc="#f7f7f7" if drawn is not None else "#ffd92f",
                  mew=0.7, label="source" if drawn is None else "other source", zorder=5, **common)
    labels = ([(x, y, name, 6.5, 3) for x, y, name in zip(sx, sy, stations.id)]
              + [(ex[i], ey[i], sources.id[i], 5.5, 3) for i in others])
    if drawn is not None:
        axes.plot(ex[drawn], ey[drawn], "*", ms=19, mfc="#ffd92f", mew=1.0,
                  label=f"source {sources.id[drawn]}", zorder=7, **common)
        labels.insert(0, (ex[drawn], ey[drawn], sources.id[drawn], 8.5, 8))
    return labels


def label_points(figure, axes, points):
    """Put each id beside its point where it covers neither an id nor a symbol already
    there; where there is no such place, leave it out."""
    renderer = figure.canvas.get_renderer()
    frame = axes.get_window_extent(renderer)
    pixels = figure.dpi / 72
    symbols = []
    for x, y, _, _, radius in points:
        px, py = axes.transData.transform((x, y))
        symbols.append(Bbox.from_extents(px - radius * pixels, py - radius * pixels,
                                         px + radius * pixels, py + radius * pixels))
    taken = []
    for (x, y, name, size, radius), own in zip(points, symbols):
        near, far = 0.7 * radius + 2, radius + 3
        for dx, dy, ha, va in [(far, 0, "left", "center"), (-far, 0, "right", "center"),
                               (0, far, "center", "bottom"), (0, -far, "center", "top"),
                               (near, near, "left", "bottom"), (near, -near, "left", "top"),
                               (-near, near, "right", "bottom"), (-near, -near, "right", "top")]:
            label = axes.annotate(name, (x, y), (dx, dy), textcoords="offset points", ha=ha,
                                  va=va, fontsize=size, color=INK, zorder=8, path_effects=HALO,
                                  weight="bold" if size > 8 else "normal")
            box = label.get_window_extent(renderer)
            if (frame.contains(box.x0, box.y0) and frame.contains(box.x1, box.y1)
                    and not any(box.overlaps(other) for other in taken)
                    and not any(box.overlaps(other) for other in symbols if other is not own)):
                taken.append(box)
                break
            label.remove()


def read_lines(path, x_name, z_name):
    """Lines to draw over a map: rows of a CSV file, a new line where the first column
    changes."""
    with open(path, newline="") as file:
        reader = csv.DictReader(line for line in file if not line.startswith("#"))
        if not reader.fieldnames or not {x_name, z_name} <= set(reader.fieldnames):
            raise SystemExit(f"{path}: needs columns {x_name} and {z_name}")
        lines = {}
        for row in reader:
            lines.setdefault(row[reader.fieldnames[0]], []).append(
                (float(row[x_name]), float(row[z_name])))
    return [np.array(line).T for line in lines.values()]


def draw_lines(canvas, lines):
    for line in lines:
        canvas.axes.plot(*canvas.place(*line), color="#3a3a3a", lw=1.0, alpha=0.9, zorder=3)
