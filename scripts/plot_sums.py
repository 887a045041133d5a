"""The sum over the sources (want: [sum]): mean travel time and standard deviation side by
side."""

import matplotlib.pyplot as plt
from plot_ground import INK, Canvas, picture_size
from plot_layers import draw_isochrones, draw_lines
from plot_what import ground_of, paint

MAPS = {"mean": "traveltime_mean", "deviation": "traveltime_deviation"}


def draw_map(figure, axes, result, lines, what):
    """One of the two in colour and lines."""
    canvas = Canvas(axes, result)
    image = paint(canvas, ground_of(result, what, None))
    draw_lines(canvas, lines)
    draw_isochrones(canvas, result.on_nodes(MAPS[what]), 8)
    sources, stations = result.sources, result.receivers
    common = {"mec": INK, "ls": "", "clip_on": False}
    axes.plot(*canvas.place(stations.x, stations.z), "^", ms=3.5, mfc="#f7f7f7", mew=0.6, zorder=5,
              label="station", **common)
    for done, colour, who in ((False, "#9a9a9a", "source not done"), (True, "#ffd92f", "source")):
        which = result.done == done
        if which.any():
            axes.plot(*canvas.place(sources.x[which], sources.z[which]), "*", ms=9, mfc=colour,
                      mew=0.7, zorder=6, label=who, **common)
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", aspect=32, pad=0.03,
                          shrink=0.7 if canvas.wedge else 0.9)
    bar.set_label(ground_of(result, what, None).label)
    bar.outline.set_linewidth(0.6)


def draw(result, title, note, lines):
    """Mean and deviation side by side; what is wide, one below the other."""
    wide, high = picture_size(result)
    below = result.geometry == "polar" or wide > 2.2 * high
    figure, both = plt.subplots(*((2, 1) if below else (1, 2)), layout="constrained",
                                figsize=(wide, 1.9 * high) if below else (1.25 * wide, 0.8 * high))
    for axes, what in zip(both, MAPS):
        draw_map(figure, axes, result, lines, what)
    if not below:
        both[1].set_ylabel("")
        both[1].tick_params(labelleft=False)
    figure.suptitle(title, fontsize=13, weight="bold")
    sources, summed = len(result.done), int(result.file["traveltime_sum_sources"][()])
    of = f"All {sources} sources." if summed == sources else (
        f"{summed} of {sources} sources; the others are not done.")
    of += f" {note}" if note else ""
    both[0].set_title(of, fontsize=8.5, loc="left", color="#444444")
    handles, labels = both[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3,
                  fontsize=8.5, frameon=False)
    return figure
