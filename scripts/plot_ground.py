"""The ground of a picture: values in colour on a map, on a section with depth downwards, or on
a piece of the Earth with its true shape. Everything else is put on it with `place`."""

import numpy as np

INK = "#1b1b1b"


class Canvas:
    """Axes that have been prepared for a result: `place(x, z)` gives where a point of the grid
    lies in the picture."""

    def __init__(self, axes, result):
        self.axes, self.result = axes, result
        self.wedge = result.geometry == "polar"
        self.middle = np.radians(result.extent[0] + result.extent[1]) / 2
        (self.draw_wedge if self.wedge else self.draw_frame)()

    def place(self, x, z):
        x, z = np.asarray(x, float), np.asarray(z, float)
        if not self.wedge:
            return x, z
        turned = np.radians(x) - self.middle
        return z * np.sin(turned), z * np.cos(turned)

    def paint(self, x, z, values, colours, cells=False, **limits):
        """Values [z][x] in colour. Cells, and masked nodes, which smooth shading would smear,
        are drawn each for itself."""
        smooth = not cells and np.isfinite(values).all() and min(values.shape) > 1
        at_x, at_z = self.place(*np.meshgrid(x, z)) if smooth else self.place(
            *np.meshgrid(edges(x), edges(z)))
        return self.axes.pcolormesh(at_x, at_z, np.ma.masked_invalid(values), cmap=colours,
                                    shading="gouraud" if smooth else "flat", rasterized=True,
                                    **limits)

    def draw_frame(self):
        """A map, or a vertical section."""
        axes, (x0, x1, z0, z1) = self.axes, self.result.extent
        axes.set_xlim(x0, x1)
        if self.result.geometry == "geographic":
            axes.set_ylim(z0, z1)
            axes.set_aspect(1 / np.cos(np.radians((z0 + z1) / 2)))
            axes.xaxis.set_major_formatter(lambda v, _: degrees(v, "E", "W"))
            axes.yaxis.set_major_formatter(lambda v, _: degrees(v, "N", "S"))
        else:
            axes.set_ylim(z1, z0)
            axes.set_aspect("equal" if 0.2 < (x1 - x0) / (z1 - z0) < 5 else "auto")
            axes.set_xlabel(f"x ({self.result.length})")
            axes.set_ylabel(f"z ({self.result.length})")

    def draw_wedge(self):
        """The outline of a section of the Earth, its middle upwards, with degrees and depths."""
        axes, (first, last, bottom, surface) = self.axes, self.result.extent
        along = np.linspace(first, last, 400)
        axes.fill(*self.place(np.concatenate([along, along[::-1]]),
                              np.repeat([bottom, surface], along.size)), fill=False, ec=INK, lw=1.0)
        for tick in np.arange(10 * np.ceil(first / 10), last + 1e-9, 10):
            axes.plot(*self.place([tick, tick], np.array([1.0, 1.012]) * surface), color=INK, lw=0.8)
            axes.text(*self.place(tick, 1.045 * surface), f"{tick + 0:g}°", ha="center", va="center",
                      fontsize=8, rotation=np.degrees(self.middle) - tick)
        for depth in np.arange(0, surface - bottom, 500):
            axes.annotate(f"{depth:g} km", self.place(first, surface - depth), (-6, 0),
                          textcoords="offset points", ha="right", va="center", fontsize=7)
        axes.set_aspect("equal")
        axes.axis("off")


def edges(centres):
    """Where cells end: half-way between their centres. A single one is a unit wide."""
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    between = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - between[0]], between, [2 * centres[-1] - between[-1]]])


def degrees(value, positive, negative):
    letter = positive if value > 0 else negative if value < 0 else ""
    return f"{abs(value):g}°{letter}"


def picture_size(result):
    """Inches, from the shape of what is drawn."""
    if result.geometry == "polar":
        return 10.5, 7.0
    x0, x1, z0, z1 = result.extent
    wide, high = x1 - x0, z1 - z0
    if result.geometry == "geographic":
        wide *= np.cos(np.radians((z0 + z1) / 2))
    ratio = min(2.5, max(0.5, wide / high))
    return (10.5, 8.2 / ratio + 1.4) if ratio > 1 else (8.2 * ratio + 2.2, 9.2)
