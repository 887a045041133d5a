#!/usr/bin/env python3
"""Draw a result file of fermat: the model's speed in colour, isochrones of one source's
travel-time field, stations as triangles, sources as stars.

Geographic results are drawn as a map, polar sections as the piece of the Earth that
they are, cartesian ones with depth downwards. Of a result with the sum over sources (want: [sum])
the mean travel time and its standard deviation are drawn side by side, unless a source is asked
for. A table of `fermat bench` (.csv) becomes the
picture of its speed-up (plot_bench.py), one of bench/peers.py that of work against precision
(plot_precision.py).
"""

import argparse
import csv
import os
import sys

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.patheffects as effects  # noqa: E402
import matplotlib.pyplot as plt  # noqa: E402
import plot_bench  # noqa: E402
import plot_precision  # noqa: E402
from matplotlib.transforms import Bbox  # noqa: E402

AXES = {"geographic": ("lon", "lat"), "polar": ("angle", "radius"), "cartesian": ("x", "z")}
MOST_NODES = 1500  # a side; finer fields are thinned for drawing
INK = "#1b1b1b"
# Slow red, fast blue, and readable for the colour-blind (ColorBrewer).
COLOURS = "RdYlBu"
MAPS = {"traveltime_mean": ("mean travel time", "YlGnBu"),
        "traveltime_deviation": ("standard deviation", "YlOrRd")}
HALO = [effects.withStroke(linewidth=2.0, foreground="white", alpha=0.85)]


class Result:
    """What of a result file is drawn, as arrays and strings."""

    def __init__(self, path, wanted):
        with h5py.File(path, "r") as file:
            self.geometry = next((g for g, (x, z) in AXES.items() if x in file and z in file), None)
            if self.geometry is None or not {"speed", "source_id", "receiver_id",
                                            "source_status"} <= set(file):
                raise SystemExit(f"{path}: not a result file of fermat")
            x, z = AXES[self.geometry]
            nx, nz = file[x].shape[0], file[z].shape[0]
            step_x, step_z = -(-nx // MOST_NODES), -(-nz // MOST_NODES)
            thin = (slice(None, None, step_z), slice(None, None, step_x))
            self.x, self.z = file[x][::step_x], file[z][::step_z]
            self.speed = np.where(file["speed"][thin] > 0, file["speed"][thin], np.nan)
            self.sources = Points(file, "source", x, z)
            self.receivers = Points(file, "receiver", x, z)
            self.done = file["source_status"][:] == 1
            self.number = self.sources.find(wanted or self.first_done(), path)
            if "traveltime" in file:
                self.time = np.asarray(file["traveltime"][(self.number, *thin)], float)
            else:
                self.time = None
            self.maps = {}
            if set(MAPS) <= set(file):
                self.maps = {name: file[name][thin] for name in MAPS}
                self.summed = int(file["traveltime_sum_sources"][()])
        if self.geometry == "cartesian" and max(np.ptp(self.x), np.ptp(self.z)) < 1:
            self.in_metres()
        else:
            self.length, self.velocity = "km", "km/s"

    def first_done(self):
        """A source that has been marched, as a number from 1; else the first one."""
        return str(int(np.argmax(self.done)) + 1)

    def in_metres(self):
        self.length, self.velocity = "m", "m/s"
        self.speed = self.speed * 1000
        for points in (self, self.sources, self.receivers):
            points.x, points.z = points.x * 1000, points.z * 1000


class Points:
    def __init__(self, file, kind, x, z):
        self.kind = kind
        self.id = [text(value) for value in file[f"{kind}_id"][:]]
        self.x, self.z = file[f"{kind}_{x}"][:], file[f"{kind}_{z}"][:]

    def find(self, wanted, path):
        """The index of a source given by its id or its number from 1."""
        if wanted in self.id:
            return self.id.index(wanted)
        if wanted.isdigit() and 1 <= int(wanted) <= len(self.id):
            return int(wanted) - 1
        raise SystemExit(f"{path}: no source {wanted!r}; there are 1 to {len(self.id)}: "
                         + ", ".join(self.id[:8]) + (", ..." if len(self.id) > 8 else ""))


def text(value):
    """An id, from a string or from a row of characters."""
    if isinstance(value, np.ndarray):
        value = b"".join(value.tolist())
    return (value.decode() if isinstance(value, bytes) else str(value)).rstrip("\0 ")


def nice_step(span, about):
    """A step of 1, 2 or 5 times a power of ten that divides span in about so many."""
    raw = span / about
    power = 10.0 ** np.floor(np.log10(raw))
    return power * min((1, 2, 5, 10), key=lambda m: abs(np.log(m * power / raw)))


def time_unit(longest):
    """(factor from seconds, unit, how to print a round number of them)"""
    if longest > 180:
        return 1 / 60, "min"
    return (1, "s") if longest > 1 else (1000, "ms")


def isochrones(axes, x, y, time, about=16):
    factor, unit = time_unit(np.nanmax(time))
    values = np.ma.masked_invalid(time * factor)
    least, most = float(values.min()), float(values.max())
    if least == most:
        return ""
    step = nice_step(most - least, about)
    levels = np.arange(np.floor(least / step) + 1, np.ceil(most / step)) * step
    lines = axes.contour(x, y, values, levels=levels, colors=INK, linewidths=0.7, alpha=0.85)
    labels = axes.clabel(lines, levels[1::2], fmt=lambda v: f"{v:g}", fontsize=7)
    plt.setp(labels, path_effects=HALO)
    return f"Isochrones every {step:g} {unit}."


def draw_points(axes, result, place):
    """Stations, then sources, then the one that is drawn; returns what to label, the most
    important first: (x, y, id, size of the letters, radius of the symbol in points)."""
    stations, sources, n = result.receivers, result.sources, result.number
    common = {"mec": INK, "ls": "", "clip_on": False}
    sx, sy = place(stations.x, stations.z)
    axes.plot(sx, sy, "^", ms=6, mfc="#f7f7f7", mew=0.9, label="station", zorder=5, **common)
    ex, ey = place(sources.x, sources.z)
    others = [i for i in range(len(ex)) if i != n]
    if others:
        axes.plot(ex[others], ey[others], "*", ms=8, mfc="#f7f7f7", mew=0.7,
                  label="other source", zorder=5, **common)
    axes.plot(ex[n], ey[n], "*", ms=19, mfc="#ffd92f", mew=1.0,
              label=f"source {sources.id[n]}", zorder=7, **common)
    return ([(ex[n], ey[n], sources.id[n], 8.5, 8)]
            + [(x, y, name, 6.5, 3) for x, y, name in zip(sx, sy, stations.id)]
            + [(ex[i], ey[i], sources.id[i], 5.5, 3) for i in others])


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


def degrees(value, positive, negative):
    letter = positive if value > 0 else negative if value < 0 else ""
    return f"{abs(value):g}°{letter}"


def paint(axes, x, y, values, colours):
    """Values in colour; masked nodes stay white, which smooth shading cannot do."""
    shading = "gouraud" if np.isfinite(values).all() else "nearest"
    return axes.pcolormesh(x, y, np.ma.masked_invalid(values), cmap=colours, shading=shading,
                           rasterized=True)


def draw_flat(axes, result, lines, values, colours):
    """A map, or a vertical section."""
    image = paint(axes, result.x, result.z, values, colours)
    x0, x1, z0, z1 = result.x[0], result.x[-1], result.z[0], result.z[-1]
    axes.set_xlim(x0, x1)
    if result.geometry == "geographic":
        axes.set_ylim(z0, z1)
        axes.set_aspect(1 / np.cos(np.radians((z0 + z1) / 2)))
        axes.xaxis.set_major_formatter(lambda v, _: degrees(v, "E", "W"))
        axes.yaxis.set_major_formatter(lambda v, _: degrees(v, "N", "S"))
    else:
        axes.set_ylim(z1, z0)
        axes.set_aspect("equal" if 0.2 < (x1 - x0) / (z1 - z0) < 5 else "auto")
        axes.set_xlabel(f"x ({result.length})")
        axes.set_ylabel(f"z ({result.length})")
    for line in lines:
        axes.plot(*line, color="#3a3a3a", lw=1.0, alpha=0.9, zorder=3)
    return image, result.x, result.z, lambda x, z: (np.asarray(x), np.asarray(z))


def draw_wedge(axes, result, _lines, values, colours):
    """A section of the Earth with its true shape, its middle upwards."""
    middle = np.radians(result.x[0] + result.x[-1]) / 2

    def place(angle, radius):
        turned = np.radians(np.asarray(angle, float)) - middle
        return radius * np.sin(turned), radius * np.cos(turned)

    angle, radius = np.meshgrid(result.x, result.z)
    x, y = place(angle, radius)
    image = paint(axes, x, y, values, colours)
    edge = np.concatenate([np.column_stack([result.x, 0 * result.x + result.z[0]]),
                           np.column_stack([result.x, 0 * result.x + result.z[-1]])[::-1]])
    axes.fill(*place(edge[:, 0], edge[:, 1]), fill=False, ec=INK, lw=1.0)
    surface = result.z[-1]
    first = 10 * np.ceil(result.x[0] / 10)
    for tick in np.arange(first, result.x[-1] + 1e-9, 10):
        axes.plot(*place([tick, tick], np.array([1.0, 1.012]) * surface), color=INK, lw=0.8)
        tx, ty = place(tick, 1.045 * surface)
        axes.text(tx, ty, f"{tick + 0:g}°", ha="center", va="center", fontsize=8,
                  rotation=np.degrees(middle) - tick)
    for depth in np.arange(0, surface - result.z[0], 500):
        tx, ty = place(result.x[0], surface - depth)
        axes.annotate(f"{depth:g} km", (tx, ty), (-6, 0), textcoords="offset points", ha="right",
                      va="center", fontsize=7)
    axes.set_aspect("equal")
    axes.axis("off")
    return image, x, y, place


def picture_size(result):
    """Inches, from the shape of what is drawn."""
    if result.geometry == "polar":
        return 10.5, 7.0
    wide, high = np.ptp(result.x), np.ptp(result.z)
    if result.geometry == "geographic":
        wide *= np.cos(np.radians(np.mean(result.z[[0, -1]])))
    ratio = min(2.5, max(0.5, wide / high))
    return (10.5, 8.2 / ratio + 1.4) if ratio > 1 else (8.2 * ratio + 2.2, 9.2)


def draw(result, title, note, lines, labels):
    figure, axes = plt.subplots(figsize=picture_size(result), layout="constrained")
    wedge = result.geometry == "polar"
    image, x, y, place = (draw_wedge if wedge else draw_flat)(
        axes, result, lines, result.speed, COLOURS)
    words = [note] if note else []
    if result.time is None:
        words.insert(0, "No isochrones: the job did not want fields.")
    elif np.isfinite(result.time).any():
        words.insert(0, isochrones(axes, x, y, result.time))
    else:
        words.insert(0, "No isochrones: this source is not done.")
    points = draw_points(axes, result, place)
    bar = figure.colorbar(image, ax=axes, shrink=0.5 if wedge else 0.75, aspect=28, pad=0.02,
                          orientation="horizontal" if wedge else "vertical")
    bar.set_label(f"speed ({result.velocity})")
    bar.outline.set_linewidth(0.6)
    left, rise = (0.5, 1.07) if wedge else (0, 1.012)
    align = "center" if wedge else "left"
    axes.text(left, rise, " ".join(words), transform=axes.transAxes, fontsize=8.5, ha=align,
              va="bottom", color="#444444")
    axes.set_title(title, fontsize=13, weight="bold", loc=align, y=rise + 0.028)
    if wedge:
        axes.legend(loc="lower center", fontsize=8.5, frameon=False, markerscale=0.8)
    else:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.055), ncols=3, fontsize=8.5,
                    frameon=False, markerscale=0.8)
    figure.canvas.draw()
    if labels:
        label_points(figure, axes, points[:1] if wedge else points)
    return figure


def draw_map(figure, axes, result, lines, name):
    """The mean or the deviation over the sources in colour and lines."""
    label, colours = MAPS[name]
    wedge = result.geometry == "polar"
    factor, unit = time_unit(np.nanmax(result.maps[name]))
    values = result.maps[name] * factor
    image, x, y, place = (draw_wedge if wedge else draw_flat)(axes, result, lines, values, colours)
    isochrones(axes, x, y, result.maps[name], 8)
    sources, stations = result.sources, result.receivers
    common = {"mec": INK, "ls": "", "clip_on": False}
    axes.plot(*place(stations.x, stations.z), "^", ms=3.5, mfc="#f7f7f7", mew=0.6, zorder=5,
              label="station", **common)
    for done, colour, who in ((False, "#9a9a9a", "source not done"), (True, "#ffd92f", "source")):
        which = result.done == done
        if which.any():
            axes.plot(*place(sources.x[which], sources.z[which]), "*", ms=9, mfc=colour, mew=0.7,
                      zorder=6, label=who, **common)
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", aspect=32, pad=0.03,
                          shrink=0.7 if wedge else 0.9)
    bar.set_label(f"{label} ({unit})")
    bar.outline.set_linewidth(0.6)


def draw_maps(result, title, note, lines):
    """Mean and deviation side by side; what is wide, one below the other."""
    wide, high = picture_size(result)
    wedge = result.geometry == "polar"
    below = wedge or wide > 2.2 * high
    figure, both = plt.subplots(*((2, 1) if below else (1, 2)), layout="constrained",
                                figsize=(wide, 1.9 * high) if below else (1.25 * wide, 0.8 * high))
    for axes, name in zip(both, MAPS):
        draw_map(figure, axes, result, lines, name)
    if not below:
        both[1].set_ylabel("")
        both[1].tick_params(labelleft=False)
    figure.suptitle(title, fontsize=13, weight="bold")
    sources = len(result.done)
    of = f"All {sources} sources." if result.summed == sources else (
        f"{result.summed} of {sources} sources; the others are not done.")
    of += f" {note}" if note else ""
    both[0].set_title(of, fontsize=8.5, loc="left", color="#444444")
    handles, labels = both[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3,
                  fontsize=8.5, frameon=False)
    return figure


def picture_name(result):
    """out.h5 is drawn as out.png, out.h5.part as out.part.png."""
    name = result.removesuffix(".part")
    ending = ".part.png" if name != result else ".png"
    return os.path.splitext(name)[0] + ending


def draw_result(options):
    result = Result(options.result, options.source)
    lines = read_lines(options.lines, *AXES[result.geometry]) if options.lines else []
    if result.maps and not options.source:
        if not result.summed:
            raise SystemExit(f"{options.result}: no source is done, so there is no mean to draw")
        title = options.title or "First arrivals: mean and deviation over the sources"
        return draw_maps(result, title, options.note, lines)
    title = options.title or f"First arrivals from {result.sources.id[result.number]}"
    return draw(result, title, options.note, lines, not options.no_labels)


def main():
    parser = argparse.ArgumentParser(prog="scripts/plot", description=__doc__.split("\n\n")[0])
    parser.add_argument("result", help="result file (.h5), what an interrupted run kept "
                        "(.h5.part), or a table of fermat bench or of bench/peers.py (.csv)")
    parser.add_argument("-o", "--output", help="picture to write (.png, .pdf, .svg); default: "
                        "beside the result, .png")
    parser.add_argument("--source", metavar="N|ID", help="whose travel times: a source's id, or "
                        "its number from 1; default: the first that is done")
    parser.add_argument("--title")
    parser.add_argument("--note", help="a remark in the line below the title")
    parser.add_argument("--lines", metavar="CSV", help="lines to draw on a map (coasts, faults): "
                        "columns lon and lat, the first column names the line")
    parser.add_argument("--no-labels", action="store_true", help="leave the ids out")
    parser.add_argument("--dpi", type=int, default=150)
    options = parser.parse_args()
    try:
        if options.result.endswith(".csv"):
            table = plot_precision if plot_precision.knows(options.result) else plot_bench
            figure = table.draw(options.result, options.title, options.note)
        else:
            figure = draw_result(options)
    except OSError as error:
        sys.exit(f"{error.filename or options.result}: cannot be read: {error.strerror or error}")
    output = options.output or picture_name(options.result)
    try:
        figure.savefig(output, dpi=options.dpi, bbox_inches="tight", pad_inches=0.15)
    except (OSError, ValueError) as error:
        sys.exit(f"{output}: cannot be written: {error}")


if __name__ == "__main__":
    main()
