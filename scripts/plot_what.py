"""What can be drawn in colour (--what): for each word the values, their places, what to write
beside the scale and which colours they get."""

from dataclasses import dataclass

import numpy as np
from plot_layers import time_unit

# Slow red, fast blue, and readable for the colour-blind (ColorBrewer).
SPEED_COLOURS = "RdYlBu"
UNITS = {"km s-1": "km/s", "s km-1": "s/km"}


@dataclass
class Ground:
    x: np.ndarray
    z: np.ndarray
    values: np.ndarray  # [z][x]
    label: str
    colours: str
    title: str
    cells: bool = False
    least: float = None  # of the colours; None: of the values
    greatest: float = None


def speed(result, _source):
    unit = f"{result.length}/s"
    return Ground(result.x, result.z, result.speed(), f"speed ({unit})", SPEED_COLOURS, "Speed")


def of_times(name, label, colours):
    """A map of times on the nodes."""

    def ground(result, source):
        values = result.time(source) if name == "traveltime" else result.on_nodes(name)
        if not np.isfinite(values).any():
            raise SystemExit(f"{result.path}: no source is done, so there is no {label} to draw")
        factor, unit = time_unit(np.nanmax(values))
        return Ground(result.x, result.z, values * factor, f"{label} ({unit})", colours,
                      label.capitalize())

    return ground


def on_coefficients(result, name):
    if result.file[f"coefficient_{result.x_name}"].attrs["units"] in ("1", b"1"):
        raise SystemExit(f"{result.path}: the coefficients of this model are not at places that "
                         f"could be drawn on a map; read {name} with h5py")
    return result.placed(name, "coefficient")


def coefficient_unit(result):
    unit = result.file["coefficient"].attrs.get("units", "")
    return unit.decode() if isinstance(unit, bytes) else unit


def coefficient(result, _source):
    unit = coefficient_unit(result)
    x, z, values = on_coefficients(result, "coefficient")
    colours, words = SPEED_COLOURS, UNITS.get(unit, unit)
    if unit == "s km-1":
        colours += "_r"
    else:
        values, words = values * result.scale, f"{result.length}/s"
    return Ground(x, z, values, f"coefficient ({words})", colours, "Coefficients of the model")


def gradient(result, _source):
    x, z, values = on_coefficients(result, "gradient")
    unit = coefficient_unit(result)
    most = np.abs(values).max() or 1
    return Ground(x, z, values, f"gradient of the misfit (1 / ({UNITS.get(unit, unit)}))", "PuOr",
                  "Gradient of the misfit", least=-most, greatest=most)


def coverage(result, _source):
    """Nearly all rays meet at few sources; the scale ends where 99 of 100 cells do."""
    x, z, values = result.placed("coverage", "cell")
    values = np.where(values > 0, values * result.scale, np.nan)
    most = np.nanpercentile(values, 99) if np.isfinite(values).any() else 1
    return Ground(x, z, values, f"length of the rays in a cell ({result.length})", "YlGnBu",
                  "Coverage by rays", cells=True, least=0, greatest=most)


# word -> (variable that must be there, function)
WHAT = {
    "speed": ("speed", speed),
    "time": ("traveltime", of_times("traveltime", "travel time", "YlGnBu")),
    "mean": ("traveltime_mean", of_times("traveltime_mean", "mean travel time", "YlGnBu")),
    "deviation": ("traveltime_deviation",
                  of_times("traveltime_deviation", "standard deviation", "YlOrRd")),
    "coefficient": ("coefficient", coefficient),
    "gradient": ("gradient", gradient),
    "coverage": ("coverage", coverage),
}


def ground_of(result, what, source):
    variable, function = WHAT[what]
    if not result.has(variable):
        there = [word for word, (name, _) in WHAT.items() if result.has(name)]
        raise SystemExit(f"{result.path}: has no {variable}, the job did not want it; there are: "
                         + ", ".join(there))
    return function(result, source)


def paint(canvas, ground, least=None, greatest=None):
    """The ground in colour, between limits given by hand or those of the ground itself."""
    least = ground.least if least is None else least
    greatest = ground.greatest if greatest is None else greatest
    image = canvas.paint(ground.x, ground.z, ground.values, ground.colours, ground.cells,
                         vmin=least, vmax=greatest)
    low, high = (least is not None and np.nanmin(ground.values) < least,
                 greatest is not None and np.nanmax(ground.values) > greatest)
    image.colorbar_extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[low, high]
    return image
