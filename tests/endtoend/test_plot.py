"""scripts/plot: whatever is in a result is drawn, can be left out, and is asked for in vain only
where it is not there. Pictures are read as SVG, in which each text stands as a comment."""

import os
import re
import subprocess

from harness import JOB, Case, main, make_grid

PLOT = os.path.join(os.environ["ROOT"], "scripts/plot")
ALL = "want=[times, fields, rays, gradient, coverage, sum]"


class Plot(Case):
    def setUp(self):
        super().setUp()
        make_grid(self.path("model.nc"), [[3 + 0.1 * z + 0.02 * x for x in range(11)]
                                          for z in range(6)], 1.0)
        self.write("job.yaml", JOB.replace("constant: 4", "file: model.nc").replace(
            "  extent: [0, 10, 0, 5]\n", "").replace("spacing: [0.1, 0.1]", "dice: [4, 4]")
            .replace("receivers: receivers.csv", "receivers: receivers.csv\n  pairs: pairs.csv"))
        self.write("pairs.csv", "source,receiver,time\n" + "".join(
            f"S{s},R{r},1\n" for s in range(1, 5) for r in (1, 2)))

    def plot(self, *arguments):
        return subprocess.run([PLOT, *arguments], cwd=self.folder, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def drawn(self, *arguments):
        """The texts of a picture, and the names of its layers."""
        done = self.plot("out.h5", "-o", "out.svg", "--no-labels", *arguments)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("", "", 0))
        svg = self.read("out.svg").decode()
        return (re.findall(r"<!-- (.*?) -->", svg),
                set(re.findall(r'<g id="(rays|isochrones|points)"', svg)))

    def test_model_rays_wavefronts_and_points_are_one_picture(self):
        self.forward("--set", ALL)
        texts, layers = self.drawn("--source", "S3")
        self.assertEqual(layers, {"rays", "isochrones", "points"})
        for words in ("First arrivals from S3", "speed (km/s)", "station", "other source"):
            self.assertIn(words, texts)
        self.assertTrue(any(re.fullmatch(r"Isochrones every [\d.]+ s\. 2 rays\.", text)
                            for text in texts), texts)

    def test_layers_can_be_left_out(self):
        self.forward("--set", ALL)
        for options, layers in ((("--no-rays", "--no-points"), {"isochrones"}),
                                (("--no-wavefronts",), {"rays", "points"})):
            self.assertEqual(self.drawn("--what", "speed", *options)[1], layers)

    def test_many_rays_are_thinned(self):
        self.forward("--set", "want=[rays]")
        texts, _ = self.drawn()
        self.assertIn("8 rays.", texts)
        texts, _ = self.drawn("--most-rays", "3")
        self.assertIn("3 of 8 rays.", texts)

    def test_where_no_ray_came_to_its_source_none_are_drawn(self):
        make_grid(self.path("model.nc"), [[0 if x == 5 else 4 for x in range(11)]
                                          for z in range(6)], 1.0)
        self.write("job.yaml", self.read("job.yaml").decode().replace(
            "dice: [4, 4]", "interpolation: linear\n  dice: [4, 4]"))
        self.write("sources.csv", "id,x,z\nS1,1,1\n")
        self.write("receivers.csv", "id,x,z\nR1,9,1\n")
        self.write("pairs.csv", "source,receiver\nS1,R1\n")
        self.forward("--set", "want=[rays]")
        self.assertIn("points", self.drawn()[1])

    def test_each_map_has_its_own_words(self):
        self.forward("--set", ALL)
        for what, label in (("gradient", "gradient of the misfit (1 / (km/s))"),
                            ("coefficient", "coefficient (km/s)"),
                            ("mean", "mean travel time (s)")):
            texts, layers = self.drawn("--what", what)
            self.assertIn(label, texts)
            self.assertEqual(layers, {"points"}, what)
        texts, layers = self.drawn("--what", "coverage", "--rays", "--wavefronts")
        self.assertIn("length of the rays in a cell (km)", texts)
        self.assertEqual(layers, {"rays", "isochrones", "points"})

    def test_colours_have_the_limits_that_are_asked_for(self):
        self.forward()
        texts, _ = self.drawn("--least", "1", "--greatest", "9")
        ticks = {float(text) for text in texts if re.fullmatch(r"[1-9]", text)}
        self.assertLessEqual({2, 8}, ticks)

    def test_coefficients_without_a_place_make_no_map(self):
        self.write("job.yaml", JOB.replace("constant: 4", "gradient: [3, 0.02, 0.1]").replace(
            "receivers: receivers.csv", "receivers: receivers.csv\n  pairs: pairs.csv"))
        self.forward("--set", "want=[gradient]")
        done = self.plot("out.h5", "--what", "gradient")
        self.assertIn("not at places", done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_what_is_not_there_is_said(self):
        self.forward()
        for words, arguments in (("has no gradient", ["--what", "gradient"]),
                                 ("has no coverage", ["--what", "coverage"]),
                                 ("has no rays", ["--rays"]),
                                 ("has no fields", ["--wavefronts"]),
                                 ("no source 'S9'", ["--source", "S9"])):
            done = self.plot("out.h5", *arguments)
            self.assertIn(words, done.stderr)
            self.assertEqual(done.returncode, 1)
        self.assertNotIn("out.png", self.files())


if __name__ == "__main__":
    main()
