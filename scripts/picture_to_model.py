#!/usr/bin/env python3
"""Make a speed model of a picture: its grey values, from black to white, become speeds from
--least to --greatest. The model is an HDF5 file, netCDF-4 as well, that a job reads with
`model.file`, ncview shows and GMT takes as a grid.

The picture fills the extent: its left column of pixels lies on x_min, its right one on x_max,
its top row at the top: the least depth, the northernmost latitude, the greatest radius. A pixel
is a node, or with --shape the picture is scaled to so many first. Colours count by their
luminance; pixels that are more than half transparent are masked: no wave goes there.
"""

import argparse
import math
import os
import sys

import h5py
import numpy as np
from PIL import Image, UnidentifiedImageError

# geometry -> (name, units, standard name) of the columns and of the rows; whether rows ascend
# from the top of the picture
AXES = {
    "cartesian": (("x", "km", None), ("z", "km", None), True),
    "geographic": (("lon", "degrees_east", "longitude"), ("lat", "degrees_north", "latitude"), False),
    "polar": (("angle", "degrees", None), ("radius", "km", None), False),
}


def read_picture(path, shape):
    """Grey values from 0 to 1 and which pixels are transparent, [row][column] from the top,
    scaled to (columns, rows)."""
    try:
        with Image.open(path) as picture:
            picture.load()
    except UnidentifiedImageError:
        raise SystemExit(f"{path}: not a picture that could be read") from None
    alpha = None
    if "A" in picture.getbands() or "transparency" in picture.info:
        alpha = picture.convert("RGBA").getchannel("A")
    deep = picture.mode.startswith("I")  # 16 bits of grey, which convert() would cut off
    grey = np.asarray(picture if deep else picture.convert("L"), float) / (65535 if deep else 255)
    if shape and shape != picture.size:
        small = Image.fromarray(grey.astype(np.float32)).resize(shape, Image.BILINEAR)
        grey = np.asarray(small, float)
        alpha = alpha and alpha.resize(shape, Image.BILINEAR)
    clear = np.asarray(alpha) < 128 if alpha else np.zeros(grey.shape, bool)
    return np.clip(grey, 0, 1), clear


def make_model(options):
    """(x, z, speed [z][x]), coordinates ascending, NaN where it is masked."""
    grey, clear = read_picture(options.picture, tuple(options.shape) if options.shape else None)
    if min(grey.shape) < 2:
        raise SystemExit(f"{options.picture}: {grey.shape[1]} x {grey.shape[0]} nodes; a model has "
                         "at least 2 x 2 (see --shape)")
    if options.invert:
        grey = 1 - grey
    speed = options.least + grey * (options.greatest - options.least)
    speed[clear] = math.nan
    if not AXES[options.geometry][2]:
        speed = speed[::-1]
    x0, x1, z0, z1 = options.extent
    return np.linspace(x0, x1, grey.shape[1]), np.linspace(z0, z1, grey.shape[0]), speed


def write_model(path, geometry, metres, x, z, speed):
    """A grid with dimension scales and units, as docs/formats.md asks for."""
    axes = AXES[geometry][:2]
    with h5py.File(path, "w", libver=("earliest", "v108"), track_order=True) as file:
        file.attrs["Conventions"] = np.bytes_("CF-1.10")
        values = file.create_dataset("speed", data=speed, fillvalue=math.nan, track_times=False)
        values.attrs["units"] = np.bytes_("m s-1" if metres else "km s-1")
        values.attrs["long_name"] = np.bytes_("wave speed")
        values.attrs["_FillValue"] = np.array([math.nan])
        for dimension, (at, (name, unit, standard)) in enumerate(zip((z, x), axes[::-1])):
            scale = file.create_dataset(name, data=at, track_times=False)
            scale.attrs["units"] = np.bytes_("m" if metres else unit)
            if standard:
                scale.attrs["standard_name"] = np.bytes_(standard)
            scale.make_scale(name)
            values.dims[dimension].attach_scale(scale)


def check(options, parser):
    x0, x1, z0, z1 = options.extent
    if not (all(map(math.isfinite, options.extent)) and x0 < x1 and z0 < z1):
        parser.error("--extent is X_MIN X_MAX Z_MIN Z_MAX, the greater ones last, in any geometry")
    if not (0 < options.least < options.greatest < math.inf):
        parser.error("--least and --greatest are speeds above 0, --greatest the greater one")
    if options.shape and not all(2 <= n <= 100000 for n in options.shape):
        parser.error("--shape takes 2 to 100000 nodes a side")
    if options.units == "m" and options.geometry != "cartesian":
        parser.error("--units m goes with the cartesian geometry only")


def main():
    parser = argparse.ArgumentParser(prog="scripts/picture-to-model",
                                     description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n")[1])
    parser.add_argument("picture", help="PNG, or whatever else PIL reads")
    parser.add_argument("-o", "--output", help="model to write (.h5, .nc, .grd); default: beside the "
                        "picture, .h5")
    parser.add_argument("--extent", type=float, nargs=4, required=True,
                        metavar=("X_MIN", "X_MAX", "Z_MIN", "Z_MAX"))
    parser.add_argument("--least", type=float, required=True, help="speed of black, km/s")
    parser.add_argument("--greatest", type=float, required=True, help="speed of white, km/s")
    parser.add_argument("--invert", action="store_true", help="black is the greatest speed")
    parser.add_argument("--shape", type=int, nargs=2, metavar=("NX", "NZ"), help="nodes; default: the "
                        "pixels of the picture")
    parser.add_argument("--geometry", choices=AXES, default="cartesian")
    parser.add_argument("--units", choices=("km", "m"), default="km", help="of the extent (and with "
                        "it of the speeds: m/s); cartesian")
    options = parser.parse_args()
    check(options, parser)
    output = options.output or os.path.splitext(options.picture)[0] + ".h5"
    try:
        x, z, speed = make_model(options)
        write_model(output, options.geometry, options.units == "m", x, z, speed)
    except OSError as error:
        sys.exit(f"scripts/picture-to-model: {error}")
    masked = int(np.isnan(speed).sum())
    print(f"{output}: {x.size} x {z.size} nodes" + (f", {masked} of them masked" if masked else ""))


if __name__ == "__main__":
    main()
