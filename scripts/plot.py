#!/usr/bin/env python3
"""Draw a result file of fermat, as one picture: the model's speed in colour, isochrones of one
source's travel-time field, rays, stations as triangles, sources as stars; whatever of these is
in the file.

Geographic results are drawn as a map, polar sections as the piece of the Earth that
they are, cartesian ones with depth downwards. Instead of the speed, --what puts another map in colour:
gradient, coverage ... Of a result with the sum over sources (want: [sum])
the mean travel time and its standard deviation are drawn side by side, unless a source or a map is
asked for. A table of `fermat bench` (.csv) becomes the
picture of its speed-up (plot_bench.py), one of bench/peers.py that of work against precision
(plot_precision.py).
"""

import argparse
import os
import sys

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import plot_bench  # noqa: E402
import plot_layers as layers  # noqa: E402
import plot_precision  # noqa: E402
import plot_sums  # noqa: E402
from plot_ground import Canvas, picture_size  # noqa: E402
from plot_result import Result  # noqa: E402
from plot_what import WHAT, ground_of, paint  # noqa: E402


def draw_wavefronts(canvas, source, options):
    """Isochrones of the source; returns what to say about them."""
    result = canvas.result
    if options.wavefronts is False or (options.wavefronts is None and options.what != "speed"):
        return ""
    if not result.has("traveltime"):
        if options.wavefronts:
            raise SystemExit(f"{result.path}: has no fields, so there are no wavefronts")
        return "" if result.has("ray_size") else "No isochrones: the job did not want fields."
    time = result.time(source)
    if not np.isfinite(time).any():
        return "No isochrones: this source is not done."
    return layers.draw_isochrones(canvas, time)


def draw_rays(canvas, source, options):
    """Rays of the source that was asked for, or of all; returns what to say about them."""
    result = canvas.result
    if options.rays is False or (options.rays is None and options.what != "speed"):
        return ""
    if not result.has("ray_size"):
        if options.rays:
            raise SystemExit(f"{result.path}: has no rays, the job did not want them")
        return ""
    return layers.draw_rays(canvas, *result.rays(source if options.source else None,
                                                 options.most_rays))


def write_title(canvas, title, words):
    left, rise = (0.5, 1.07) if canvas.wedge else (0, 1.012)
    align = "center" if canvas.wedge else "left"
    canvas.axes.text(left, rise, " ".join(word for word in words if word), color="#444444",
                     transform=canvas.axes.transAxes, fontsize=8.5, ha=align, va="bottom")
    canvas.axes.set_title(title, fontsize=13, weight="bold", loc=align, y=rise + 0.028)


def write_legend(canvas):
    if canvas.wedge:
        canvas.axes.legend(loc="lower center", fontsize=8.5, frameon=False, markerscale=0.8)
    else:
        canvas.axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.055), ncols=3, fontsize=8.5,
                           frameon=False, markerscale=0.8)


def draw(result, options, lines):
    figure, axes = plt.subplots(figsize=picture_size(result), layout="constrained")
    canvas = Canvas(axes, result)
    asked = result.sources.find(options.source) if options.source else None
    source = result.first_done() if asked is None else asked
    ground = ground_of(result, options.what, source)
    image = paint(canvas, ground, options.least, options.greatest)
    layers.draw_lines(canvas, lines)
    wavefronts = draw_wavefronts(canvas, source, options)
    rays = draw_rays(canvas, source, options)
    of_one = asked is not None or wavefronts.startswith("Iso") or options.what == "time"
    all_rays = bool(rays) and asked is None
    named = "First arrivals" + (f" from {result.sources.id[source]}" if of_one and not all_rays else "")
    bar = figure.colorbar(image, ax=axes, shrink=0.5 if canvas.wedge else 0.75, aspect=28, pad=0.02,
                          orientation="horizontal" if canvas.wedge else "vertical",
                          extend=image.colorbar_extend)
    bar.set_label(ground.label)
    bar.outline.set_linewidth(0.6)
    write_title(canvas, options.title or (named if options.what in ("speed", "time") else ground.title),
                [wavefronts, rays, options.note])
    if options.points:
        points = layers.draw_points(canvas, source if of_one else None)
        write_legend(canvas)
        figure.canvas.draw()
        if not options.no_labels:
            layers.label_points(figure, axes, points[:1] if canvas.wedge else points)
    return figure


def draw_result(options):
    result = Result(options.result)
    lines = layers.read_lines(options.lines, result.x_name, result.z_name) if options.lines else []
    if options.what is None and not options.source and result.has(*plot_sums.MAPS.values()):
        title = options.title or "First arrivals: mean and deviation over the sources"
        return plot_sums.draw(result, title, options.note, lines)
    options.what = options.what or "speed"
    return draw(result, options, lines)


def picture_name(result):
    """out.h5 is drawn as out.png, out.h5.part as out.part.png."""
    name = result.removesuffix(".part")
    ending = ".part.png" if name != result else ".png"
    return os.path.splitext(name)[0] + ending


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/plot", description=__doc__.split("\n\n")[0])
    parser.add_argument("result", help="result file (.h5), what an interrupted run kept "
                        "(.h5.part), or a table of fermat bench or of bench/peers.py (.csv)")
    parser.add_argument("-o", "--output", help="picture to write (.png, .pdf, .svg); default: "
                        "beside the result, .png")
    parser.add_argument("--what", choices=WHAT, help="what is in colour; default: speed")
    parser.add_argument("--least", type=float, help="lower end of the colours, as at the scale")
    parser.add_argument("--greatest", type=float, help="upper end of the colours")
    parser.add_argument("--source", metavar="N|ID", help="whose travel times and rays: a source's "
                        "id, or its number from 1; default: the times of the first that is done, "
                        "the rays of all")
    switch = argparse.BooleanOptionalAction
    parser.add_argument("--wavefronts", action=switch, help="isochrones of one source (default: if "
                        "they are there, over the speed)")
    parser.add_argument("--rays", action=switch, help="rays (default: if they are there, over the "
                        "speed)")
    parser.add_argument("--most-rays", type=int, default=400, metavar="N", help="draw no more than "
                        "so many, drawn by lot (%(default)s)")
    parser.add_argument("--points", action=switch, default=True, help="sources and stations")
    parser.add_argument("--no-labels", action="store_true", help="leave the ids out")
    parser.add_argument("--title")
    parser.add_argument("--note", help="a remark in the line below the title")
    parser.add_argument("--lines", metavar="CSV", help="lines to draw on a map (coasts, faults): "
                        "columns lon and lat, the first column names the line")
    parser.add_argument("--dpi", type=int, default=150)
    options = parser.parse_args()
    if options.most_rays < 1:
        parser.error("--most-rays is at least 1; --no-rays draws none")
    return options


def main():
    options = arguments()
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
