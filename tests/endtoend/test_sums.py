"""want: [sum] in exact arithmetic: what the file has are the numbers nearest to those
that the fields add up to, on every backend."""

import math
import os
from fractions import Fraction

from harness import JOB, Case, main, make_grid

ALL = ("--set", "want=[times, fields, sum]", "--set", "precision=f64")
SUM = ("--set", "want=[sum]")
MAPS = ("traveltime_sum", "traveltime_square_sum", "traveltime_count",
        "traveltime_mean", "traveltime_deviation", "traveltime_sum_sources")


def root(square):
    """The double nearest to the root of a fraction: 80 bits of it, then rounded."""
    scale = 1 << 240
    return float(Fraction(math.isqrt(int(square * scale * scale)), scale))


class Sums(Case):
    def setUp(self):
        super().setUp()
        self.write("job.yaml", JOB.replace("constant: 4", "gradient: [2, 0.2, 0.3]")
                   .replace("0.1, 0.1", "0.25, 0.25"))

    def walled(self):
        """A wall from top to bottom, S3 to the east of it and the others to the west."""
        wall = [[0 if x == 14 else 4 + z / 7 for x in range(21)] for z in range(11)]
        make_grid(self.path("wall.nc"), wall, 0.5)
        self.write("job.yaml", JOB.replace("constant: 4", "file: wall.nc")
                   .replace("  extent: [0, 10, 0, 5]\n", "  interpolation: linear\n")
                   .replace("spacing: [0.1, 0.1]", "dice: [2, 2]"))

    def assert_exact(self, file, sources=4):
        """Every number of every map, from the fields in the same file."""
        fields = self.variable(file, "traveltime")
        nodes = len(fields) // sources
        total, squares, count, mean, deviation, done = (
            self.variable(file, name) for name in MAPS)
        self.assertEqual(done, [sources])
        for i in range(nodes):
            times = [Fraction(t) for t in fields[i::nodes] if t is not None]
            self.assertEqual(count[i], len(times))
            if not times:
                self.assertEqual((total[i], squares[i], mean[i], deviation[i]),
                                 (None,) * 4)
                continue
            n, s1, s2 = len(times), sum(times), sum(t * t for t in times)
            self.assertEqual(total[i], float(s1))
            self.assertEqual(squares[i], float(s2))
            # Each of these is rounded twice, so they may miss the nearest double by one.
            self.assertLessEqual(abs(mean[i] - float(s1 / n)), math.ulp(mean[i]))
            exact = root(s2 / n - (s1 / n)**2)
            self.assertLessEqual(abs(deviation[i] - exact), 2 * math.ulp(exact))
        return count

    def test_sums_are_the_doubles_nearest_to_the_exact_ones(self):
        self.forward(*ALL)
        self.assertEqual(set(self.assert_exact("out.h5")), {4})

    def test_nodes_that_are_masked_or_not_reached_are_not_counted(self):
        self.walled()
        self.forward(*ALL)
        self.assertEqual(set(self.assert_exact("out.h5")), {0, 1, 3})

    def test_one_source_is_its_own_mean_without_deviation(self):
        self.write("sources.csv", "id,x,z\nS1,1.03,0.21\n")
        self.forward(*ALL)
        self.assert_exact("out.h5", 1)
        self.assertEqual(self.variable("out.h5", "traveltime_mean"),
                         self.variable("out.h5", "traveltime"))
        self.assertEqual(set(self.variable("out.h5", "traveltime_deviation")), {0})

    def test_every_backend_gives_the_same_file(self):
        for prepare in (lambda: None, self.walled):
            prepare()
            for want in (SUM, ALL):
                self.forward(*want, "-o", "serial.h5", "--backend", "serial")
                for spec in ("threads:1", "threads:2", "threads:7", "auto", "processes:2",
                             "processes:2,start=spawn"):
                    self.forward(*want, "--backend", spec)
                    self.assertEqual(self.read("out.h5"), self.read("serial.h5"), spec)

    def test_shots_from_a_cache_give_the_same_file(self):
        for want in (SUM, ALL):
            with_cache = (*want, "--cache", "shots", "--workers", "2")
            self.forward(*want, "-o", "without.h5")
            for cached in (None, "4 of 4 shots"):
                out = self.forward(*with_cache).stdout
                if cached:
                    self.assertIn(cached, out)
                self.assertEqual(self.read("out.h5"), self.read("without.h5"))
            for folder, _, files in os.walk(self.path("shots")):
                for name in files[:1]:
                    os.remove(os.path.join(folder, name))
            self.forward(*with_cache)
            self.assertEqual(self.read("out.h5"), self.read("without.h5"))

    def test_the_order_of_the_sources_does_not_show_where_that_of_doubles_does(self):
        rows = [f"S{i},{0.31 + 0.93 * i:.2f},{0.17 + 0.4 * (i % 7):.2f}\n" for i in range(10)]
        for name, order in (("a.h5", rows), ("b.h5", rows[::-1])):
            self.write("sources.csv", "id,x,z\n" + "".join(order))
            self.forward(*ALL, "-o", name)
        for name in MAPS:
            self.assertEqual(self.variable("a.h5", name), self.variable("b.h5", name))
        plain = []
        for name in ("a.h5", "b.h5"):
            fields = self.variable(name, "traveltime")
            nodes = len(fields) // len(rows)
            plain.append([sum(fields[i::nodes], 0.0) for i in range(nodes)])
        self.assertNotEqual(*plain)

    def test_the_sum_is_the_same_with_and_without_times_and_fields(self):
        self.forward(*ALL, "-o", "all.h5")
        for want in ("[sum]", "[sum, times]", "[fields, sum]"):
            self.forward("--set", f"want={want}")
            for name in MAPS:
                self.assertEqual(self.variable("out.h5", name),
                                 self.variable("all.h5", name), (want, name))

    def test_sources_without_pairs_are_in_the_sum(self):
        self.write("pairs.csv", "source,receiver\nS3,R2\n")
        out = self.forward(*ALL, "--set", "survey.pairs=pairs.csv").stdout
        self.assertIn("with the sum of the fields over the sources", out)
        self.assert_exact("out.h5")

    def test_what_else_is_wanted_is_told_by_info(self):
        self.forward(*SUM)
        self.assertIn("sums        of 4 sources, mean ",
                      self.fermat("info", "out.h5").stdout)


if __name__ == "__main__":
    main()
