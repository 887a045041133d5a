"""The file set of FMST's fm2dss, run as it stands: every line of what is written, and
everything that can be wrong in what is read."""

import math
import os
import re
import resource
import subprocess

from harness import Case, main

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
AUSTRALIA = os.path.join(ROOT, "data", "australia", "australia.vtx")

LINES = """\
cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
c INPUT PARAMETERS
cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
sources.dat                    c: File containing source positions
receivers.dat                  c: File containing receiver positions
otimes.dat                     c: File containing source-receiver associations
gridc.vtx                      c: File containing velocity grid information
4     4                        c: Grid dicing in latitude and longitude
1                              c: Apply source grid refinement? (0=no,1=yes)
5     10                       c: Dicing level and extent of refined grid
6371.0                         c: Earth radius in km
1                              c: Use first-order(0) or mixed-order(1) scheme
0.5                            c: Narrow band size (0-1) as fraction of nnx*nnz
cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
c OUTPUT FILES
cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
1                              c: find source-receiver traveltimes (0=no,1=yes)
rtravel.out                   c: Name of file containing source-receiver traveltimes
1                              c: Calculate Frechet derivatives (0=no,1=yes)
frechet.out                   c: Name of file containing Frechet derivatives
2                              c: Write traveltime field to file? (0=no,>0=source id)
travelt.out                   c: Name of file containing traveltime field
-1                            c: Write out raypaths (<0=all,0=no,>0=source id)
raypath.out                   c: Name of file containing raypath geometry
""".splitlines()

TABLES = ["rtravel.out", "frechet.out", "travelt.out", "raypath.out"]
SOURCES = [(-10.3, 112.7), (-45.1, 150.2), (-20.0, 120.0), (-33.3, 141.9)]
RECEIVERS = [(-31.9, 116.1), (-12.4, 131.0), (-42.8, 147.3), (-23.7, 133.9),
             (-27.4, 153.0)]
FLAGS = ["11011", "00101", "11111", "00000"]  # nothing recorded of the last source


def table(places):
    return f"{len(places)}\n" + "".join(f" {lat}  {lon}  0.0\n" for lat, lon in places)


def flat_vtx(nlat, nlon, north, west, step, speed):
    return (f"{nlat} {nlon}\n{north} {west}\n{step} {step}\n"
            + f"{speed}  0.3\n" * ((nlat + 2) * (nlon + 2)))


def great_circle(a, b):
    """Seconds at 4 km/s."""
    lat, lon, lat2, lon2 = (math.radians(v) for v in (*a, *b))
    h = math.sin((lat2 - lat) / 2)**2 + (
        math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2)**2)
    return 2 * 6371 * math.asin(math.sqrt(h)) / 4


class Fmst(Case):
    def setUp(self):
        super().setUp()
        for name in self.files():
            os.remove(self.path(name))
        self.write_input()
        self.write_survey(SOURCES, RECEIVERS, FLAGS)
        with open(AUSTRALIA, encoding="ascii") as stream:
            self.write("gridc.vtx", stream.read())

    def write_survey(self, sources, receivers, flags):
        self.sources, self.receivers, self.flags = sources, receivers, "".join(flags)
        self.write("sources.dat", table(sources))
        self.write("receivers.dat", table(receivers))
        self.write("otimes.dat", "".join(f"{flag}  0.0  0.0\n" for flag in self.flags))

    def write_input(self, **changes):
        """fm2dss.in, with line17="0" and the like."""
        lines = [changes.get(f"line{i}", line) for i, line in enumerate(LINES, 1)]
        self.write("fm2dss.in", "\n".join(lines) + "\n")

    def run_job(self, *arguments):
        done = self.fermat("fmst", "fm2dss.in", *arguments)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return done

    def group_variable(self, name):
        """A variable of fm2dss.h5, flat; ncdump wants the group's name before it."""
        dump = subprocess.run(["ncdump", "-p", "9,17", "-v", name, self.path("fm2dss.h5")],
                              check=True, text=True, stdout=subprocess.PIPE).stdout
        found = re.search(rf"\n\s+{os.path.basename(name)} =\s(.*?);",
                          dump[dump.index("\ndata:"):] if "/" not in name else
                          dump[dump.rindex("data:"):], re.S)
        return [float(w) for w in found.group(1).replace("\n", " ").split(",")]

    def lines_of(self, name):
        return self.read(name).decode("ascii").splitlines()


class Tables(Fmst):
    def assert_number(self, text, value):
        """As fm2dss writes it: nine digits."""
        self.assertAlmostEqual(float(text), value, delta=abs(value) * 6e-9 + 1e-99)

    def pairs(self):
        """The pair's number in the result, or None, for every line."""
        numbers, n = [], 0
        for flag in self.flags:
            numbers.append(n if flag == "1" else None)
            n += flag == "1"
        return numbers

    def test_times_are_those_of_the_result(self):
        self.run_job()
        times = self.variable("fm2dss.h5", "arrival")
        lines = self.lines_of("rtravel.out")
        self.assertEqual(len(lines), len(SOURCES) * len(RECEIVERS))
        for line, pair in zip(lines, self.pairs()):
            self.assertEqual(len(line), 12 + 17)
            if pair is None:
                self.assertEqual(line.split(), ["0", "0.00000000"])
            else:
                self.assertEqual(line.split()[0], "1")
                self.assert_number(line.split()[1], times[pair])

    def check_rays(self):
        lon, lat = (self.variable("fm2dss.h5", f"ray_{x}") for x in ("lon", "lat"))
        size = self.variable("fm2dss.h5", "ray_size")
        lines = iter(self.lines_of("raypath.out"))
        self.assertEqual(int(next(lines)), len(self.sources) * len(self.receivers))
        at = 0
        for row, pair in enumerate(self.pairs()):
            n = int(next(lines))
            self.assertEqual(n, 0 if pair is None else size[pair])
            points = [next(lines).split() for _ in range(n)]
            for k, point in enumerate(points):
                self.assert_number(point[0], lat[at + k])
                self.assert_number(point[1], lon[at + k])
            at += n
            if pair is not None:
                source, receiver = divmod(row, len(self.receivers))
                ends = (self.receivers[receiver], self.sources[source])
                for end, point in zip(ends, (points[0], points[-1])):
                    self.assert_number(point[0], end[0])
                    self.assert_number(point[1], end[1])
        self.assertEqual(list(lines), [])
        self.assertEqual(at, len(lon))

    def test_rays_are_those_of_the_result(self):
        self.run_job()
        self.check_rays()

    def test_rays_run_to_the_source_when_receivers_are_marched(self):
        self.write_survey(RECEIVERS, SOURCES[:2], ["11"] * 5)
        self.assertIn("marching from the receivers", self.run_job().stdout)
        self.check_rays()

    def test_derivatives_are_those_of_the_result(self):
        self.run_job()
        nlat, nlon = 26 + 2, 34 + 2
        data, column, start = (self.group_variable(f"/frechet/{name}")
                               for name in ("data", "indices", "indptr"))
        lines = iter(self.lines_of("frechet.out"))
        for pair in self.pairs():
            wanted = {}
            if pair is not None:
                for e in range(int(start[pair]), int(start[pair + 1])):
                    k, i = divmod(int(column[e]), nlon)  # from the south, from the west
                    wanted[i * nlat + (nlat - 1 - k) + 1] = data[e]
            rows = [next(lines).split() for _ in range(int(next(lines)))]
            self.assertEqual([int(row[0]) for row in rows], sorted(wanted))
            for index, value in rows:
                self.assert_number(value, wanted[int(index)])
        self.assertEqual(list(lines), [])

    def test_derivatives_times_speeds_are_the_time_of_the_ray(self):
        """Times halve when all speeds double, so sum v dT/dv = -T, to the last segment
        of the ray (nine digits a number give 1e-8); against the time of the march they
        are as good as a ray on this grid of half a degree: 5e-4 at worst."""
        self.run_job()
        with open(AUSTRALIA, encoding="ascii") as stream:
            speeds = [float(line.split()[0]) for line in stream.readlines()[3:]]
        times = self.variable("fm2dss.h5", "arrival")
        along = self.variable("fm2dss.h5", "ray_time")
        lines = iter(self.lines_of("frechet.out"))
        for pair in self.pairs():
            rows = [next(lines).split() for _ in range(int(next(lines)))]
            total = -sum(speeds[int(row[0]) - 1] * float(row[1]) for row in rows)
            if pair is not None:
                self.assertAlmostEqual(total / along[pair], 1, delta=1e-8)
                self.assertAlmostEqual(total / times[pair], 1, delta=1e-3)

    def test_the_field_is_that_of_forward(self):
        self.run_job()
        places = [("sources", SOURCES), ("receivers", RECEIVERS)]
        for name, rows in places:
            self.write(f"{name}.csv", "id,lon,lat\n" + "".join(
                f"{i},{lon},{lat}\n" for i, (lat, lon) in enumerate(rows)))
        self.write("job.yaml", f"""\
model: {{file: gridc.vtx, geometry: geographic, dice: [4, 4]}}
survey: {{sources: sources.csv, receivers: receivers.csv}}
want: [fields]
precision: f64
output: fields.h5
""")
        self.forward()
        nlat, nlon = 25 * 4 + 1, 33 * 4 + 1
        field = self.variable("fields.h5", "traveltime")[nlat * nlon:2 * nlat * nlon]
        lines = self.lines_of("travelt.out")
        self.assertEqual([float(w) for w in lines[0].split()], [-2, 104])
        self.assertEqual([int(w) for w in lines[1].split()], [nlat, nlon])
        self.assertEqual([float(w) for w in lines[2].split()], [0.5, 0.5])
        self.assertEqual(len(lines), 3 + nlat * nlon)
        for node, line in enumerate(lines[3:]):
            self.assertEqual(len(line), 26)
            i, k = divmod(node, nlat)
            self.assertEqual(float(line), field[(nlat - 1 - k) * nlon + i])

    def test_constant_speed_gives_great_circles(self):
        self.write("gridc.vtx", flat_vtx(12, 14, -2, 104, 4, 4))
        self.write_input(line8="8 8")
        self.run_job()
        lines = self.lines_of("rtravel.out")
        worst = 0
        for row, pair in enumerate(self.pairs()):
            if pair is not None:
                exact = great_circle(SOURCES[row // len(RECEIVERS)],
                                     RECEIVERS[row % len(RECEIVERS)])
                worst = max(worst, abs(float(lines[row].split()[1]) / exact - 1))
        print(f"worst time against great circles: {worst:.2g}")
        self.assertLess(worst, 1e-5)

    def test_every_backend_gives_the_same_tables(self):
        self.run_job("--backend", "serial")
        first = {name: self.read(name) for name in TABLES + ["fm2dss.h5"]}
        for backend in ("threads:2", "processes:2"):
            for name in first:
                os.remove(self.path(name))
            self.run_job("--backend", backend)
            for name, content in first.items():
                self.assertEqual(self.read(name), content, f"{name} with {backend}")

    def test_only_what_is_wanted_is_written(self):
        inputs = self.files()
        self.write_input(line17="0", line19="0", line21="0", line23="0")
        self.run_job()
        self.assertEqual(set(self.files()) - set(inputs), {"fm2dss.h5", "fm2dss.run.json"})
        self.write_input(line19="0", line21="0", line23="0")
        self.run_job("-o", "other.h5")
        self.assertEqual(set(self.files()) - set(inputs),
                         {"fm2dss.h5", "fm2dss.run.json", "other.h5", "other.run.json",
                          "rtravel.out"})

    def test_rays_of_one_source(self):
        self.run_job()
        every = self.lines_of("raypath.out")
        self.write_input(line23="2")
        self.run_job()
        some = self.lines_of("raypath.out")
        self.assertEqual(int(some[0]), len(RECEIVERS))
        text, part = "\n".join(every), "\n".join(some[1:])
        self.assertIn(part, text)
        self.assertEqual(some[2:].count("           0"), 3 - 1)

    def test_names_are_relative_to_the_folder_of_the_input(self):
        os.rename(self.path("fm2dss.in"), self.path("my.in"))
        done = self.fermat("fmst", os.path.join("..", os.path.basename(self.folder),
                                                "my.in"))
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertIn("my.h5", self.files())
        self.assertIn("rtravel.out", self.files())

    def test_the_report_names_the_tables_and_what_has_no_effect(self):
        said = self.run_job().stdout
        for words in ("lines 9 and 10", "13", *TABLES):
            self.assertIn(words, said)
        self.assertEqual(self.run_job("--quiet").stdout, "")

    def test_a_plan_writes_nothing(self):
        before = self.files()
        said = self.run_job("--plan").stdout
        self.assertIn("Nothing was run", said)
        self.assertEqual(self.files(), before)


class Failed(Fmst):
    def test_a_table_for_which_there_is_no_room_leaves_all_of_them_as_they_were(self):
        """The field takes 363 kB, the result file 174."""
        self.write("rtravel.out", "old\n")
        before = set(self.files())
        limit = 250_000
        run = self.fermat("fmst", "fm2dss.in", preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertEqual(run.returncode, 1)
        self.assertIn("travelt.out: cannot be written", run.stderr)
        self.assertIn("fm2dss.h5 is whole", run.stderr)
        self.assertEqual(set(self.files()) - before, {"fm2dss.h5", "fm2dss.run.json"})
        self.assertEqual(self.read("rtravel.out"), b"old\n")

    def test_shots_that_fail_leave_the_tables_as_they_were(self):
        """A march over 1.3 million nodes takes more than a hundred times a millisecond."""
        self.write_input(line8="40 40")
        before = set(self.files())
        run = self.fermat("fmst", "fm2dss.in", "--backend",
                          "processes:1,timeout=0.001,retries=0")
        self.assertEqual(run.returncode, 1)
        self.assertIn("the tables of fm2dss.in were not written", run.stderr)
        self.assertFalse(set(self.files()) - before & set(TABLES))


class Refused(Fmst):
    def refused(self, *says, arguments=()):
        before = self.files()
        run = self.fermat("fmst", "fm2dss.in", *arguments)
        self.assertTrue(run.stderr.startswith("fermat: "), run.stderr)
        for words in says:
            self.assertIn(words, run.stderr)
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertEqual(self.files(), before)

    def test_every_line_wrong_in_turn(self):
        wrong = {4: "nowhere.dat", 5: "", 6: "otimes.dat c: a remark too early",
                 7: "sources.dat", 8: "8", 9: "maybe", 10: "5", 11: "0", 12: "3",
                 13: "-0.5", 17: "2", 18: "", 19: "yes", 20: "nowhere/frechet.out",
                 21: "5", 22: "sources.dat", 23: "5", 24: "fm2dss.in"}
        named = {4: "nowhere.dat: cannot be read", 7: "sources.dat:",
                 20: "nowhere/frechet.out: cannot create a file there"}
        for line, text in wrong.items():
            with self.subTest(line=line):
                self.write_input(**{f"line{line}": text})
                self.refused(named.get(line, f"fm2dss.in:{line}: "))

    def test_an_input_that_is_cut_short(self):
        self.write("fm2dss.in", "\n".join(LINES[:20]) + "\n")
        self.refused("fm2dss.in:21: ", "before line 21 of 24")

    def test_stations_outside_the_model_are_named_as_the_user_wrote_them(self):
        self.write("receivers.dat", table([(-31.9, 116.1), (10, 131.0)] + RECEIVERS[2:]))
        self.refused("receivers.dat:3: ", "'2'", "10")
        self.write("receivers.dat", table(RECEIVERS))
        self.write("sources.dat", table(SOURCES[:3] + [(-33.3, 14.19)]))
        self.refused("sources.dat:5: ", "'4'", "14.19")

    def test_no_pair_at_all(self):
        self.write("otimes.dat", "0\n" * 20)
        self.refused("otimes.dat: no line begins with 1")

    def test_tables_that_do_not_fit_each_other(self):
        self.write("otimes.dat", "1\n" * 19)
        self.refused("otimes.dat:20: ", "source 4 and receiver 5")
        self.write("otimes.dat", "1\n" * 21)
        self.refused("otimes.dat:21: more than a line for each of 4 sources")

    def test_outputs_that_would_replace_each_other(self):
        self.refused("rtravel.out", "too", arguments=["-o", "rtravel.out"])
        self.write_input(line18="fm2dss.run.json")
        self.refused("fm2dss.run.json")
        for other in ("./fm2dss.h5", "../" + os.path.basename(self.folder) + "/fm2dss.h5"):
            if len(other) <= 30:
                self.write_input(line18=other)
                self.refused("too")
        self.write_input(line18="./x.out", line20="x.out")
        self.refused("another output")

    def test_the_command_line(self):
        self.refused("no option '--set'", arguments=["--set", "solver.order=1"])
        self.refused("fmst has no option '--fast'", "fermat help fmst",
                     arguments=["--fast"])
        self.refused("fmst takes one file", arguments=["other.in"])
        run = self.fermat("fmst")
        self.assertIn("fmst needs a file fm2dss.in", run.stderr)
        self.assertIn("24 lines", self.fermat("help", "fmst").stdout)


if __name__ == "__main__":
    main()
