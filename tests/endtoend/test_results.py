"""Right numbers, and the same file however it was computed."""

import math
import re
import subprocess
import unittest

from harness import JOB, RECEIVERS, SOURCES, Case, main, make_grid, numbers

FIELDS = ("--set", "want=[times, fields]")
FINE = ("--set", "model.spacing=[0.02, 0.02]")


def straight(a, b):
    return math.dist(a, b) / 4


def gradient(a, b):
    """Exact time for v = 2 + 0.2 x, whose rays stay in the model."""
    v = [2 + 0.2 * x for x, _ in (a, b)]
    return math.acosh(1 + (0.2 * math.dist(a, b))**2 / (2 * v[0] * v[1])) / 0.2


def great_circle(a, b):
    lon, lat, lon2, lat2 = (math.radians(v) for v in (*a, *b))
    h = math.sin((lat2 - lat) / 2)**2 + (
        math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2)**2)
    return 2 * 6371 * math.asin(math.sqrt(h)) / 4


def chord(a, b):
    angle = math.radians(a[0] - b[0])
    return math.sqrt(a[1]**2 + b[1]**2 - 2 * a[1] * b[1] * math.cos(angle)) / 4


class Results(Case):
    def assert_times(self, file, exact, relative, sources=SOURCES, receivers=RECEIVERS):
        """A row a pair, sources outer, each with the exact time."""
        pairs = [(a, b) for a in numbers(sources).values()
                 for b in numbers(receivers).values()]
        times = self.variable(file, "arrival")
        self.assertEqual(len(times), len(pairs))
        self.assertEqual(self.variable(file, "arrival_status"), [1] * len(pairs))
        for time, (a, b) in zip(times, pairs):
            self.assertAlmostEqual(time / exact(a, b), 1, delta=relative)

    def test_constant_speed_gives_straight_line_times(self):
        self.forward(*FINE)
        self.assert_times("out.h5", straight, 1e-6)

    def test_constant_speed_on_the_sphere_gives_great_circles(self):
        self.write("job.yaml", JOB.replace("cartesian", "geographic")
                   .replace("0, 10, 0, 5", "110, 155, -50, 0")
                   .replace("0.1, 0.1", "0.25, 0.25"))
        sources = "id,lon,lat\na,112.3,-20.7\nb,150.05,-40.9\nc,130,-30\n"
        receivers = "id,lon,lat\nr,154.9,-11.3\ns,115.1,-43\nt,135.21,-22.8\n"
        self.write("sources.csv", sources)
        self.write("receivers.csv", receivers)
        self.forward()
        self.assert_times("out.h5", great_circle, 1e-6, sources, receivers)

    def test_constant_speed_in_a_polar_section_gives_chords(self):
        self.write("job.yaml", JOB.replace("cartesian", "polar")
                   .replace("0, 10, 0, 5", "0, 40, 5000, 6371")
                   .replace("0.1, 0.1", "0.1, 10"))
        sources = "id,angle,radius\na,3.03,6100.7\nb,20,5800\n"
        receivers = "id,angle,depth\nr,30.5,100\ns,1,600.6\nt,22.2,20\n"
        self.write("sources.csv", sources)
        self.write("receivers.csv", receivers)
        self.forward()
        by_radius = "id,angle,radius\nr,30.5,6271\ns,1,5770.4\nt,22.2,6351\n"
        self.assert_times("out.h5", chord, 1e-6, sources, by_radius)

    # Along a line of constant z the slowness of this model depends on x alone, and the
    # line is the quickest way: the time is the integral of the slowness. Measured: 1.4e-5
    # too much with steps of 0.02 km, 3e-7 with half of that.
    COSINES = JOB.replace("constant: 4", "cosines: c.csv\n  quantity: slowness\n"
                          "  reference: 0.2")

    @staticmethod
    def integral(a, b):
        """Of 0.25 + 0.03 cos(3 pi x / 10) from a to b."""
        k = 3 * math.pi / 10
        wave = (math.sin(k * b[0]) - math.sin(k * a[0])) / k
        return abs(0.25 * (b[0] - a[0]) + 0.03 * wave)

    def cosine_job(self, scale=1, units="km"):
        sources, receivers = "id,x,z\nS,0.33,2.21\n", "id,x,z\nR,9.4,2.21\nQ,5,2.21\n"
        job = self.COSINES
        if units == "m":
            job = job.replace("0.2\n", "2e-4\n").replace(
                "10, 0, 5", "10000, 0, 5000") + "units: m\n"
        self.write("job.yaml", job)
        self.write("c.csv", f"kx,kz,value\n3,0,{0.03 / scale}\n0,0,{0.05 / scale}\n")
        for name, table in (("sources.csv", sources), ("receivers.csv", receivers)):
            rows = [f"{id},{x * scale!r},{z * scale!r}" for id, (x, z) in
                    numbers(table).items()]
            self.write(name, "\n".join(["id,x,z", *rows, ""]))
        return sources, receivers

    def test_cosines_of_slowness_give_its_integral_on_every_backend(self):
        survey = self.cosine_job()
        self.forward(*FINE, "-o", "serial.h5", "--backend", "serial")
        self.assert_times("serial.h5", self.integral, 3e-5, *survey)
        self.forward(*FINE, "--backend", "processes:2")
        self.assertEqual(self.read("out.h5"), self.read("serial.h5"))
        self.assertIn("  kind: cosines", self.resolved_job("out.h5")[0])

    def test_cosines_in_metres_give_the_same_times(self):
        survey = self.cosine_job(1000, "m")
        self.forward("--set", "model.spacing=[20, 20]")
        self.assert_times("out.h5", self.integral, 3e-5, *survey)

    def gradient_job(self):
        self.write("job.yaml",
                   JOB.replace("constant: 4", "gradient: [2, 0.2, 0]"))

    def test_every_backend_and_number_of_workers_gives_the_same_file(self):
        self.gradient_job()
        self.forward(*FIELDS, "-o", "serial.h5", "--backend", "serial")
        for spec in ("threads:1", "threads:2", "threads:7", "threads:16", "auto", "serial"):
            self.forward(*FIELDS, "--backend", spec)
            self.assertEqual(self.read("out.h5"), self.read("serial.h5"), spec)
        self.forward(*FIELDS, "--workers", "3")
        self.assertEqual(self.read("out.h5"), self.read("serial.h5"))

    def test_a_run_twice_gives_the_same_file(self):
        self.gradient_job()
        for name in ("a.h5", "b.h5"):
            self.forward("-o", name)
        self.assertEqual(self.read("a.h5"), self.read("b.h5"))

    def test_marching_from_either_side_gives_the_same_times(self):
        self.gradient_job()
        with_it = self.forward(*FINE, "-o", "with.h5")
        without = self.forward(*FINE, "-o", "without.h5", "--set", "reciprocity=never")
        self.assertIn("reciprocity): 2 marches instead of 4", with_it.stdout)
        self.assertNotIn("reciprocity", without.stdout)
        for name in ("with.h5", "without.h5"):
            self.assert_times(name, gradient, 5e-6)

    def resolved_job(self, file):
        """The job as the result records it, by lines, and its hash."""
        head = subprocess.run(["ncdump", "-h", self.path(file)], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        job = re.search(r":job = (.*?) ;\n", head, re.S).group(1)
        lines = "".join(re.findall(r'"(.*?)"', job)).split("\\n")
        return lines, re.search(r':job_hash = "(\w+)"', head).group(1)

    def test_a_march_in_exact_order_has_the_right_times_and_is_recorded(self):
        self.forward("-o", "plain.h5", *FINE)
        self.write("job.yaml", JOB + "solver: {exact: true}\n")
        self.forward("-o", "exact.h5", *FINE)
        self.forward("-o", "again.h5", *FINE, "--set", "solver.exact=false")
        self.assert_times("exact.h5", straight, 1e-6)
        self.assertEqual(self.read("again.h5"), self.read("plain.h5"))
        plain, plain_hash = self.resolved_job("plain.h5")
        exact, exact_hash = self.resolved_job("exact.h5")
        self.assertIn("  exact: false", plain)
        self.assertEqual(exact, [line.replace("exact: false", "exact: true")
                                 for line in plain])
        self.assertNotEqual(exact_hash, plain_hash)

    def test_fields_hold_the_time_of_every_node(self):
        # How accurately is for tests/accuracy to say: here, the right time in its place.
        for precision in ("f32", "f64"):
            self.forward(*FIELDS, "--set", f"precision={precision}")
            field = self.variable("out.h5", "traveltime")
            self.assertEqual(len(field), 4 * 51 * 101)
            for s, source in enumerate(numbers(SOURCES).values()):
                for node in range(0, 51 * 101, 37):
                    at = (node % 101 * 0.1, node // 101 * 0.1)
                    self.assertAlmostEqual(field[s * 51 * 101 + node],
                                           straight(source, at), delta=1e-4)

    def test_pairs_say_which_rows_there_are(self):
        self.write("pairs.csv", "source,receiver,time,sigma\n"
                   "S3,R2,1,0.1\nS1,R1,1,0.1\nS3,R1,,\n")
        run = self.forward("--set", "survey.pairs=pairs.csv")
        self.assertEqual(self.variable("out.h5", "arrival_source"), [0, 2, 2])
        self.assertEqual(self.variable("out.h5", "arrival_receiver"), [0, 0, 1])
        self.assertIn("2 times to compare", run.stdout)

    def test_a_receiver_behind_a_mask_is_unreachable_and_the_status_says_so(self):
        wall = [[0 if x == 14 else 4 for x in range(21)] for _ in range(11)]
        make_grid(self.path("wall.nc"), wall, 0.5)
        self.write("job.yaml", JOB.replace("constant: 4", "file: wall.nc")
                   .replace("  extent: [0, 10, 0, 5]\n", "  interpolation: linear\n")
                   .replace("spacing: [0.1, 0.1]", "dice: [5, 5]"))
        for side in ("auto", "never"):
            run = self.forward("--set", f"reciprocity={side}")
            # S3 and R2 lie east of the wall, the others west of it.
            self.assertEqual(self.variable("out.h5", "arrival_status"),
                             [1, 2, 1, 2, 2, 1, 1, 2])
            times = self.variable("out.h5", "arrival")
            self.assertEqual([t is None for t in times],
                             [False, True, False, True, True, False, False, True])
            self.assertIn("4 reached, 4 unreachable", run.stdout)

    def test_an_existing_file_is_replaced(self):
        self.write("out.h5", "something else")
        self.forward(*FINE)
        self.assert_times("out.h5", straight, 1e-6)

    def test_the_output_is_beside_the_job_but_that_of_the_command_line_is_here(self):
        self.fermat("forward", self.path("job.yaml"), "-o", "here.h5",
                    "--set", "output=there.h5")
        self.assertIn("here.h5", self.files())
        self.assertNotIn("there.h5", self.files())


if __name__ == "__main__":
    main()
