"""scripts/picture-to-model and scripts/edge-points: what they write is what fermat marches
through and between."""

import csv
import math
import os
import struct
import subprocess
import zlib

from harness import Case, main

ROOT = os.environ["ROOT"]

JOB = """\
model:
  file: model.h5
  geometry: {geometry}
  interpolation: linear
survey:
  sources: sources.csv
  receivers: receivers.csv
want: [times]
output: out.h5
"""


def png(pixels, bits=8, kind=0):
    """A PNG file: pixels[row][column], a number each (kind 0, grey) or a tuple (4: grey and
    alpha; 2: red, green, blue)."""
    def chunk(name, data):
        return (struct.pack(">I", len(data)) + name + data
                + struct.pack(">I", zlib.crc32(name + data)))

    one = ">B" if bits == 8 else ">H"
    rows = b"".join(b"\0" + b"".join(struct.pack(one, value) for pixel in row for value in
                                     (pixel if isinstance(pixel, tuple) else (pixel,)))
                    for row in pixels)
    head = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), bits, kind, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


class Inputs(Case):
    def script(self, name, *arguments):
        return subprocess.run([os.path.join(ROOT, "scripts", name), *arguments], cwd=self.folder,
                              text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    def made(self, name, *arguments):
        done = self.script(name, *arguments)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return done.stdout

    def picture(self, pixels, *arguments, **kind):
        """Make a model of a picture; what was printed."""
        with open(self.path("model.png"), "wb") as out:
            out.write(png(pixels, **kind))
        return self.made("picture-to-model", "model.png", "--least", "2", "--greatest", "4.55",
                         *arguments)

    def survey(self, source, receiver, names="x,z"):
        for file, point in (("sources.csv", source), ("receivers.csv", receiver)):
            self.write(file, f"id,{names}\nP,{point[0]},{point[1]}\n")

    def marched(self, geometry="cartesian", *arguments):
        """The speeds of the model as it was marched, flat."""
        self.write("job.yaml", JOB.format(geometry=geometry))
        self.forward(*arguments)
        return self.variable("out.h5", "speed")

    def assert_near(self, found, wanted):
        # A grey value is divided, multiplied, added to, and a speed is kept as a slowness: five
        # roundings of half an ulp, and as many in what is wanted.
        self.assertEqual(len(found), len(wanted))
        for one, other in zip(found, wanted):
            self.assertLessEqual(abs(one - other), 5 * math.ulp(4.55))

    def test_grey_values_become_speeds_with_the_top_row_at_the_least_depth(self):
        pixels = [[0, 50, 100], [150, 200, 255]]
        self.picture(pixels, "--extent", "0", "2", "-1", "0")
        self.survey((0, -1), (2, 0))
        self.assert_near(self.marched(), [2 + 0.01 * grey for row in pixels for grey in row])
        self.assertEqual(self.variable("out.h5", "z"), [-1, 0])

    def test_the_top_row_is_the_northernmost_and_the_outermost(self):
        pixels = [[0, 50, 100], [150, 200, 255]]
        upwards = [2 + 0.01 * grey for row in pixels[::-1] for grey in row]
        for geometry, names, extent in (("geographic", "lon,lat", ("-2", "2", "-30", "-29")),
                                        ("polar", "angle,radius", ("0", "1", "6300", "6371"))):
            self.picture(pixels, "--extent", *extent, "--geometry", geometry)
            self.survey(extent[::2], extent[1::2], names)
            self.assert_near(self.marched(geometry), upwards)

    def test_metres_are_said_in_the_file(self):
        self.picture([[100, 100], [100, 100]], "--extent", "0", "100", "0", "50", "--units", "m",
                     "--least", "2000", "--greatest", "4550")
        self.survey((0, 0), (0.1, 0.05))
        self.assert_near(self.marched(), [3] * 4)
        self.assertEqual(self.variable("out.h5", "x"), [0, 0.1])

    def test_black_can_be_the_greatest_speed(self):
        self.picture([[0, 255], [255, 55]], "--extent", "0", "1", "0", "1", "--invert")
        self.survey((0, 0), (1, 1))
        self.assert_near(self.marched(), [4.55, 2, 2, 4])

    def test_sixteen_bits_of_grey_are_all_used(self):
        self.picture([[0, 257], [13107, 65535]], "--extent", "0", "1", "0", "1", bits=16)
        self.survey((0, 0), (1, 1))
        self.assert_near(self.marched(), [2, 2.01, 2.51, 4.55])

    def test_colours_count_by_their_luminance(self):
        self.picture([[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (9, 9, 9)]], "--extent", "0", "1",
                     "0", "1", kind=2)
        self.survey((0, 0), (1, 1))
        # The weights of ITU-R BT.601, rounded to a grey value of 255.
        for found, weight in zip(self.marched(), (0.299, 0.587, 0.114, 9 / 255)):
            self.assertLess(abs(found - (2 + 2.55 * weight)), 0.0051)

    def test_transparent_pixels_are_masked(self):
        clear, solid = (80, 0), (80, 255)
        said = self.picture([[solid, clear, solid], [solid, solid, solid]], "--extent", "0", "2",
                            "0", "1", kind=4)
        self.assertIn("1 of them masked", said)
        self.survey((0, 0), (2, 0))
        speed = self.marched()
        self.assertIsNone(speed[1])
        self.assert_near([v for v in speed if v is not None], [2.8] * 5)
        # From (0, 0) to (2, 0) round the masked node, not straight on.
        self.assertGreater(self.variable("out.h5", "arrival")[0], 2.05 / 2.8)

    def test_a_picture_is_scaled_to_the_nodes_that_are_wanted(self):
        self.picture([[0] * 40 + [255] * 40] * 20, "--extent", "0", "7", "0", "4", "--shape", "8",
                     "5")
        self.survey((0, 0), (7, 4))
        speed = self.marched()
        self.assertEqual(len(speed), 40)
        for row in range(5):
            self.assert_near(speed[8 * row:8 * row + 3] + speed[8 * row + 5:8 * row + 8],
                             [2] * 3 + [4.55] * 3)

    def test_what_makes_no_model_is_refused(self):
        self.write("text.png", "this is no picture")
        extent = ("--extent", "0", "1", "0", "1")
        speeds = ("--least", "1", "--greatest", "2")
        with open(self.path("one.png"), "wb") as out:
            out.write(png([[1]]))
        for words, arguments in (
                ("not a picture", ("text.png", *extent, *speeds)),
                ("No such file", ("none.png", *extent, *speeds)),
                ("at least 2 x 2", ("one.png", *extent, *speeds)),
                ("the greater one", ("one.png", *extent, "--least", "2", "--greatest", "1")),
                ("greater ones last", ("one.png", "--extent", "0", "1", "1", "0", *speeds)),
                ("cartesian geometry only", ("one.png", *extent, *speeds, "--units", "m",
                                             "--geometry", "polar"))):
            done = self.script("picture-to-model", *arguments)
            self.assertIn(words, done.stderr)
            self.assertNotEqual(done.returncode, 0)
        self.assertFalse([name for name in self.files() if name.endswith(".h5")])

    def points(self, name):
        with open(self.path(name), newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_times_between_points_on_opposite_edges_are_their_distances(self):
        extent = ("--extent", "-1", "3", "0.5", "2.5")
        self.made("edge-points", *extent, "--edges", "left", "-n", "3", "-o", "sources.csv",
                  "--corners", "--prefix", "S")
        self.made("edge-points", *extent, "--edges", "right,top", "-n", "4", "-o", "receivers.csv")
        self.write("job.yaml", JOB.format(geometry="cartesian").replace(
            "file: model.h5", "constant: 4").replace("  interpolation: linear\n", "")
            .replace("  geometry", "  extent: [-1, 3, 0.5, 2.5]\n  spacing: [0.1, 0.1]\n  geometry"))
        self.forward()
        sources, receivers = self.points("sources.csv"), self.points("receivers.csv")
        self.assertEqual([row["id"] for row in sources], ["S1", "S2", "S3", "S4", "S5"])
        self.assertEqual([(float(p["x"]), float(p["z"])) for p in sources],
                         [(-1, 1), (-1, 1.5), (-1, 2), (-1, 2.5), (-1, 0.5)])
        self.assertEqual([(float(p["x"]), float(p["z"])) for p in receivers],
                         [(3, 0.9), (3, 1.3), (3, 1.7), (3, 2.1),
                          (-0.2, 0.5), (0.6, 0.5), (1.4, 0.5), (2.2, 0.5)])
        wanted = [math.hypot(float(s["x"]) - float(r["x"]), float(s["z"]) - float(r["z"])) / 4
                  for s in sources for r in receivers]
        for found, time in zip(self.variable("out.h5", "arrival"), wanted):
            self.assertLess(abs(found - time), 1e-12)

    def test_edges_of_a_map_are_called_by_their_winds(self):
        self.made("edge-points", "--extent", "104", "170", "-52", "-2", "--edges", "north,west",
                  "--geometry", "geographic", "-n", "1", "--corners", "-o", "points.csv")
        self.assertEqual([(p["lon"], p["lat"], p["edge"]) for p in self.points("points.csv")],
                         [("137", "-2", "top"), ("104", "-27", "left"), ("104", "-52", "corner"),
                          ("104", "-2", "corner"), ("170", "-2", "corner")])

    def test_all_four_edges_have_four_corners_and_each_point_once(self):
        self.made("edge-points", "--extent", "0", "1", "0", "1", "-n", "7", "--corners", "-o",
                  "points.csv")
        points = [(p["x"], p["z"]) for p in self.points("points.csv")]
        self.assertEqual((len(points), len(set(points))), (32, 32))

    def test_edges_that_are_not_there_are_refused(self):
        extent = ("--extent", "0", "1", "0", "1")
        for words, arguments in (("'up' is no edge", (*extent, "--edges", "left,up", "-n", "1")),
                                 ("twice", (*extent, "--edges", "left,west", "-n", "1")),
                                 ("1 or more", (*extent, "-n", "0")),
                                 ("greater ones last", ("--extent", "1", "0", "0", "1", "-n", "1"))):
            done = self.script("edge-points", *arguments)
            self.assertIn(words, done.stderr)
            self.assertEqual((done.stdout, done.returncode), ("", 2))


if __name__ == "__main__":
    main()
