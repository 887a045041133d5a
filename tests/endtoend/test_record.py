"""The record of a run: what differs from run to run is there, and only there."""

import calendar
import json
import os
import re
import subprocess
import time
import unittest

from harness import JOB, Case, main

TOP = {"program", "command", "result", "job_hash", "backend", "workers", "host", "process",
       "started", "elapsed_s", "interrupted", "shots_asked", "shots_done", "shots_failed",
       "shots_not_done", "shots_from_cache", "errors", "shots"}


class Record(Case):
    def record(self, name="out.run.json"):
        return json.loads(self.read(name))

    def test_every_run_leaves_one_beside_its_result(self):
        before = self.files()
        self.forward("--backend", "threads:2", "-o", "sub.dir.h5", "--quiet")
        self.assertEqual(self.files(), sorted([*before, "sub.dir.h5", "sub.dir.run.json"]))
        record = self.record("sub.dir.run.json")
        self.assertLessEqual(TOP, set(record))
        self.assertEqual(record["result"], "sub.dir.h5")
        self.assertEqual(record["command"], ["fermat", "forward", "job.yaml", "--backend",
                                             "threads:2", "-o", "sub.dir.h5", "--quiet"])
        self.assertEqual((record["backend"], record["workers"]), ("threads", 2))
        self.assertEqual(record["host"], os.uname().nodename)
        self.assertEqual(record["program"], self.fermat("--version").stdout.strip())
        self.assertIsNone(record["interrupted"])

    def test_it_tells_when_the_run_began_and_how_long_it_took(self):
        before = time.time()
        self.forward()
        after = time.time()
        record = self.record()
        began = calendar.timegm(time.strptime(record["started"], "%Y-%m-%dT%H:%M:%SZ"))
        self.assertIn(began, range(int(before), int(after) + 1))
        self.assertTrue(0 < record["elapsed_s"] <= after - before)

    def test_it_has_every_shot(self):
        self.forward("--backend", "serial", "--set", "reciprocity=never",
                     "--set", "solver.stop_early=false")
        record = self.record()
        self.assertEqual((record["shots_asked"], record["shots_done"],
                          record["shots_failed"], record["shots_not_done"]), (4, 4, 0, 0))
        self.assertEqual(record["errors"], [])
        self.assertEqual([shot["source"] for shot in record["shots"]],
                         ["S1", "S2", "S3", "S4"])
        for number, shot in enumerate(record["shots"]):
            self.assertEqual((shot["shot"], shot["status"], shot["worker"], shot["nodes"],
                              shot["attempts"]), (number, "done", 0, 101 * 51, 1))
            self.assertGreater(shot["seconds"], 0)

    def test_shots_marched_from_receivers_name_them(self):
        self.forward()
        self.assertEqual([shot["receiver"] for shot in self.record()["shots"]],
                         ["R1", "R2"])

    def test_the_job_hash_is_that_of_the_result(self):
        self.forward()
        head = subprocess.run(["ncdump", "-h", self.path("out.h5")], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        self.assertEqual(self.record()["job_hash"],
                         re.search(r':job_hash = "(\w+)"', head).group(1))

    def test_records_differ_where_results_do_not(self):
        self.forward("-o", "a.h5", "--backend", "serial")
        self.forward("-o", "b.h5", "--workers", "3")
        self.assertEqual(self.read("a.h5"), self.read("b.h5"))
        one, other = self.record("a.run.json"), self.record("b.run.json")
        self.assertEqual(one["job_hash"], other["job_hash"])
        self.assertEqual((one["workers"], other["workers"]), (1, 3))

    def test_a_record_that_cannot_be_written_fails_the_run_but_not_its_result(self):
        os.mkdir(self.path("out.run.json"))
        run = self.fermat("forward", "job.yaml")
        self.assertEqual(run.returncode, 1)
        self.assertIn("out.run.json: this is a folder", run.stderr)
        self.assertIn("out.h5 is whole", run.stderr)
        self.assertEqual(self.variable("out.h5", "arrival_status"), [1] * 8)
        self.assertFalse([name for name in self.files() if name.startswith(".")])

    def test_a_record_never_replaces_what_the_job_reads(self):
        os.rename(self.path("job.yaml"), self.path("out.run.json"))
        run = self.fermat("forward", "out.run.json")
        self.assertEqual(run.returncode, 2)
        self.assertIn("out.run.json: the output would replace a file that the job reads",
                      run.stderr)
        self.assertEqual(self.read("out.run.json").decode(), JOB)

    def test_many_shots_are_all_there(self):
        rows = "".join(f"S{i},{i / 500},1\n" for i in range(3000))
        self.write("sources.csv", "id,x,z\n" + rows)
        self.forward("--set", "reciprocity=never", "--set", "model.spacing=[1, 1]")
        shots = self.record()["shots"]
        self.assertEqual([shot["shot"] for shot in shots], list(range(3000)))
        self.assertEqual({shot["status"] for shot in shots}, {"done"})

    def progress(self, *arguments):
        run = self.fermat("forward", "job.yaml", *arguments)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stderr.splitlines()

    def test_progress_for_programs_is_json_and_ends_with_all(self):
        for more in ((), ("--quiet",)):
            last = json.loads(self.progress("--progress=json", *more)[-1])
            self.assertEqual((last["done"], last["failed"], last["total"],
                              last["fraction"], last["to_go_s"]), (2, 0, 2, 1, 0))
            self.assertLessEqual(last["elapsed_s"], self.record()["elapsed_s"])

    def test_no_progress_is_told_of_a_short_run_otherwise(self):
        for style in ("none", "lines"):
            self.assertEqual(self.progress(f"--progress={style}"), [])

    def test_a_grace_that_is_no_time_is_refused(self):
        for grace in ("-1", "soon", "inf", ""):
            run = self.fermat("forward", "job.yaml", "--grace", grace)
            self.assertEqual(run.returncode, 2)
            self.assertIn(f"--grace {grace}: a number of seconds is needed", run.stderr)

    def test_a_style_of_progress_that_is_none_is_refused(self):
        run = self.fermat("forward", "job.yaml", "--progress=dots")
        self.assertEqual(run.returncode, 2)
        self.assertIn("--progress dots: it can be bar, lines, json or none", run.stderr)


if __name__ == "__main__":
    main()
