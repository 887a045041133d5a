"""Everything a user can get wrong: one message that says what and where, exit status 2,
and nothing left behind."""

import os
import unittest

from harness import JOB, RECEIVERS, SOURCES, Case, main, make_grid


class BadInput(Case):
    def refused(self, *arguments, says):
        """The program refuses, in a sentence with all the words of `says`."""
        before = self.files()
        run = self.fermat(*arguments)
        self.assertTrue(run.stderr.startswith("fermat: "), run.stderr)
        for words in says:
            self.assertIn(words, run.stderr)
        self.assertEqual(run.returncode, 2)
        self.assertEqual(run.stdout, "")
        self.assertEqual(self.files(), before)

    def job(self, *arguments, says):
        self.refused("forward", "job.yaml", *arguments, says=says)


class CommandLine(BadInput):
    def test_no_command_shows_the_help(self):
        run = self.fermat()
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("fermat forward job.yaml", run.stderr)

    def test_a_command_that_is_none(self):
        self.refused("forwrd", says=["'forwrd'", "fermat help"])
        self.refused("help", "forwrd", says=["'forwrd'", "fermat help"])

    def test_options_that_are_none(self):
        self.job("--fast", says=["'--fast'", "fermat help forward"])
        self.job("-x", says=["'-x'", "fermat help forward"])
        self.job("-qx", says=["'-x'"])
        self.job("--plan=yes", says=["'--plan=yes'", "no value"])
        self.refused("info", "--long", says=["'--long'", "fermat help info"])

    def test_options_without_their_value(self):
        self.refused("forward", "job.yaml", "--set", says=["'--set'", "needs a value"])
        self.refused("forward", "job.yaml", "-o", says=["'-o'", "needs a value"])
        self.job("-o", "", says=["--output", "empty"])

    def test_no_job_and_two_jobs(self):
        self.refused("forward", says=["needs a job file"])
        self.refused("forward", "job.yaml", "other.yaml",
                     says=["one job file", "'job.yaml'", "'other.yaml'"])

    def test_workers_that_are_no_number_of_workers(self):
        for n in ("0", "-1", "1.5", "two", "4x"):
            self.job("--workers", n, says=[f"--workers {n}", "from 1 on"])
        self.job("--workers", "2", "--backend", "serial", says=["serial", "one worker"])
        self.job("--workers", "2", "--backend", "threads:4",
                 says=["--backend threads:4", "--workers 2", "one of them"])

    def test_backends_that_are_none(self):
        for spec in ("cluster", "threads:0", "threads:many", "serial:2"):
            self.job("--backend", spec, says=[spec])

    def test_overrides_that_are_none(self):
        self.job("--set", "precision", says=["--set precision", "key=value"])
        self.job("--set", "colour=red", says=["--set colour=red", "colour", "no key"])
        self.job("--set", "precision=f16", says=["precision=f16", "f32", "f64"])
        self.job("--set", "solver.order=3", says=["solver.order=3"])

    def test_info_without_a_file_with_two_and_with_one_that_is_no_model(self):
        self.refused("info", says=["one file", "fermat help info"])
        self.refused("info", "a", "b", says=["one file", "2 were given"])
        self.refused("info", "nowhere.h5", says=["nowhere.h5", "No such file"])
        self.write("text.h5", "this is not HDF5")
        self.refused("info", "text.h5", says=["text.h5"])


class JobFile(BadInput):
    def test_a_job_that_is_not_there_or_is_a_folder(self):
        self.refused("forward", "nowhere.yaml", says=["nowhere.yaml", "No such file"])
        os.mkdir(self.path("folder"))
        self.refused("forward", "folder", says=["folder"])

    def test_a_key_that_is_none_has_its_line_and_column(self):
        self.write("job.yaml", JOB.replace("  spacing", "  spacign"))
        self.job(says=["job.yaml:5:3: ", "model.spacign", "model.spacing"])

    def test_a_key_that_stands_twice(self):
        self.write("job.yaml", JOB + "want: [fields]\n")
        self.job(says=["job.yaml:11:1: ", "'want'", "line 9 already"])

    def test_a_unit_stuck_on_a_number(self):
        self.write("job.yaml", JOB.replace("[0.1, 0.1]", "[0.1km, 0.1]"))
        self.job(says=["job.yaml:5:", "model.spacing", "0.1km"])
        self.write("job.yaml", JOB.replace("constant: 4", "constant: 1.5km"))
        self.job(says=["job.yaml:2:", "model.constant", "1.5km"])

    def test_keys_that_are_missing(self):
        for line, key in (("  geometry: cartesian\n", "model.geometry"),
                          ("  sources: sources.csv\n", "survey.sources"),
                          ("want: [times]\n", "want"), ("output: out.h5\n", "output"),
                          ("  constant: 4\n", "model")):
            self.write("job.yaml", JOB.replace(line, ""))
            self.job(says=["job.yaml: ", key])

    def test_values_that_are_not_among_the_words(self):
        self.write("job.yaml", JOB.replace("cartesian", "flat"))
        self.job(says=["job.yaml:3:", "model.geometry", "flat", "cartesian", "polar"])
        self.write("job.yaml", JOB.replace("[times]", "[times, ray]"))
        self.job(says=["job.yaml:9:", "want", "ray"])

    def test_a_file_that_is_no_job_at_all(self):
        self.write("job.yaml", "model: [unclosed\n")
        self.job(says=["job.yaml:"])
        self.write("job.yaml", "")
        self.job(says=["job.yaml"])


class Survey(BadInput):
    def test_files_that_are_not_there(self):
        self.job("--set", "survey.sources=nowhere.csv",
                 says=["nowhere.csv", "No such file"])
        self.job("--set", "survey.pairs=nowhere.csv",
                 says=["nowhere.csv", "No such file"])

    def test_a_file_that_cannot_be_read(self):
        os.mkdir(self.path("folder.csv"))
        self.job("--set", "survey.receivers=folder.csv", says=["folder.csv"])

    def test_a_number_that_is_none_has_its_line(self):
        self.write("sources.csv", SOURCES.replace("5.5,", "5.5km,"))
        self.job(says=["sources.csv:3:", "5.5km"])

    def test_a_table_that_begins_with_its_data(self):
        self.write("sources.csv", SOURCES.split("\n", 1)[1])
        self.job(says=["sources.csv:1: ", "header", "id,x,z"])
        self.write("sources.csv", "s1,1,1\n")
        self.job(says=["sources.csv:1: ", "header", "id,x,z"])

    def test_an_id_that_would_write_on_the_terminal(self):
        self.write("sources.csv", SOURCES.replace("S2", "\x1b[31mS2"))
        self.job(says=["sources.csv:3:", "control character (U+001B)"])

    def test_an_id_that_stands_twice(self):
        self.write("receivers.csv", RECEIVERS + "R1,1,1\n")
        self.job(says=["receivers.csv:4:", "R1"])

    def test_a_position_outside_names_id_coordinates_and_range(self):
        self.write("receivers.csv", RECEIVERS + "R3,10.5,2.25\n")
        self.job(says=["fermat: receivers.csv:4: receiver 'R3'", "x 10.5, z 2.25",
                       "x 0 to 10 km", "z 0 to 5 km"])
        self.write("receivers.csv", RECEIVERS)
        self.write("sources.csv", SOURCES + "S5,1,-0.5\n")
        self.job(says=["fermat: sources.csv:6: source 'S5'", "x 1, z -0.5"])

    def test_a_position_outside_is_told_in_metres_if_it_was_given_in_metres(self):
        self.write("job.yaml", JOB + "units: m\n")
        self.write("receivers.csv", RECEIVERS + "R3,10.5,2.25\n")
        self.job(says=["x 10.5, z 2.25", "x 0 to 10 m", "z 0 to 5 m"])

    def test_a_source_on_masked_nodes(self):
        speeds = [[0 if x < 5 else 4 for x in range(21)] for _ in range(11)]
        make_grid(self.path("sea.nc"), speeds, 0.5)
        self.write("job.yaml", JOB.replace("constant: 4", "file: sea.nc")
                   .replace("  extent: [0, 10, 0, 5]\n", "  interpolation: linear\n")
                   .replace("spacing: [0.1, 0.1]", "dice: [5, 5]"))
        self.job(says=["fermat: sources.csv:2: source 'S1'", "x 1.03, z 0.21", "masked"])

    def test_pairs_of_nobody_and_pairs_that_stand_twice(self):
        self.write("pairs.csv", "source,receiver\nS1,R1\nS9,R2\n")
        self.job("--set", "survey.pairs=pairs.csv", says=["pairs.csv:3:", "S9"])
        self.write("pairs.csv", "source,receiver\nS1,R1\nS2,R2\nS1,R1\n")
        self.job("--set", "survey.pairs=pairs.csv", says=["S1", "R1"])
        self.write("pairs.csv", "source,receiver\n")
        self.job("--set", "survey.pairs=pairs.csv", says=["pairs.csv"])


class Model(BadInput):
    def test_model_files_that_are_not_there_or_of_no_kind(self):
        def model(name):
            self.write("job.yaml", JOB.replace("constant: 4", f"file: {name}")
                       .replace("  extent: [0, 10, 0, 5]\n", "")
                       .replace("  spacing: [0.1, 0.1]\n", ""))
        model("nowhere.nc")
        self.job(says=["nowhere.nc", "No such file"])
        model("nowhere.vtx")
        self.job(says=["nowhere.vtx", "No such file"])
        model("model.doc")
        self.job(says=["job.yaml:2:", "model.file", ".vtx"])
        self.write("text.nc", "this is not netCDF")
        model("text.nc")
        self.job(says=["text.nc"])

    def test_a_gradient_that_turns_the_speed_negative(self):
        self.write("job.yaml", JOB.replace("constant: 4", "gradient: [1, -0.2, 0]"))
        self.job(says=["fermat: job.yaml:2:3: model.gradient: ", "speed at x 10, z 0 km",
                       "-1 km/s", "positive"])

    def test_an_extent_that_no_sphere_has(self):
        self.write("job.yaml", JOB.replace("cartesian", "geographic")
                   .replace("[0, 10, 0, 5]", "[0, 10, 0, 95]"))
        self.job(says=["fermat: job.yaml:4:3: model.extent: ", "latitude 95", "90"])
        self.job("--set", "model.extent=[0, 400, 0, 5]",
                 says=["fermat: --set model.extent=[0, 400, 0, 5]: model.extent: ",
                       "0 to 400 degrees", "360"])

    def test_a_profile_that_reaches_above_the_surface(self):
        self.write("profile.csv", "depth_km,vp_km_s\n-9,4\n100,5\n")
        self.write("job.yaml", JOB.replace("constant: 4", "file: profile.csv")
                   .replace("[0, 10, 0, 5]", "[0, 10, -1, 5]"))
        self.job(says=["fermat: job.yaml:4:3: model.extent: ", "z -1 km", "at least 0"])
        self.job("--set", "model.geometry=polar",
                 "--set", "model.extent=[0, 10, 6300, 6372]",
                 says=["model.extent: ", "radius 6372 km", "at most 6371 km"])

    def test_a_spacing_that_makes_too_many_nodes_or_none(self):
        self.write("job.yaml", JOB.replace("[0.1, 0.1]", "[1e-6, 0.1]")
                   .replace("[0, 10, 0, 5]", "[0, 10, 0, 500]"))
        self.job(says=["fermat: job.yaml:5:3: model.spacing: ", "1e+07 x 5e+03 nodes",
                       "at most 4294967295"])
        self.job("--set", "model.spacing=[20, 0.1]",
                 says=["fermat: --set model.spacing=[20, 0.1]: model.spacing: ",
                       "dx of 20 km", "at most 10"])


class Output(BadInput):
    def test_an_output_that_cannot_be_made(self):
        self.job("-o", "nowhere/out.h5", says=["nowhere/out.h5", "No such file"])
        os.mkdir(self.path("folder"))
        self.job("-o", "folder", says=["folder", "is a folder"])
        self.job("-o", "/dev/null", says=["/dev/null"])

    def test_an_output_that_is_an_input(self):
        self.job("-o", "sources.csv", says=["sources.csv", "replace"])
        self.job("-o", "job.yaml", says=["job.yaml", "replace"])
        os.symlink("receivers.csv", self.path("link.h5"))
        self.job("-o", "link.h5", says=["link.h5", "replace"])
        self.assertEqual(self.read("receivers.csv").decode(), RECEIVERS)


if __name__ == "__main__":
    main()
