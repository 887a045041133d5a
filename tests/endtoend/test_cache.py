"""Shots kept in a folder: the same result however much of it was there already."""

import json
import os
import signal
import stat
import subprocess
import time
import unittest

from harness import FERMAT, JOB, SOURCES, Case, main

CACHE = ("--cache", "kept")
FIELDS = ("--set", "want=[times, fields]")
NEVER = ("--set", "reciprocity=never")
NOBODY = 65534


class Cache(Case):
    def cached(self, run):
        """What the report says of the cache, as lines."""
        lines = run.stdout.split("\n")
        first = next(i for i, line in enumerate(lines) if line.startswith("cached "))
        rest = next(i for i in range(first + 1, len(lines)) if lines[i][:1] != " ")
        return [line[10:] for line in lines[first:rest]]

    def entries(self):
        return sorted(os.path.join(folder, name)
                      for folder, _, names in os.walk(self.path("kept"))
                      for name in names)

    def many_sources(self, spacing):
        rows = "\n".join(f"S{i},{i / 10},1" for i in range(40))
        self.write("sources.csv", f"id,x,z\n{rows}\n")
        self.write("job.yaml", JOB.replace("0.1, 0.1", f"{spacing}, {spacing}") +
                   "reciprocity: never\nsolver:\n  stop_early: false\n")

    def start(self, *arguments):
        run = subprocess.Popen(
            [FERMAT, "forward", "job.yaml", *CACHE, *arguments], cwd=self.folder,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        return run

    def wait_for_entries(self, n):
        end = time.monotonic() + 120
        while sum(name.endswith(".shot") for name in self.entries()) < n:
            self.assertLess(time.monotonic(), end, "no entries come")
            time.sleep(0.002)

    def test_the_result_is_the_same_without_a_cache_with_a_new_and_with_a_full_one(self):
        for wanted in (FIELDS, ("--set", "precision=f64", *FIELDS), (), NEVER):
            without = self.forward(*wanted, "-o", "without.h5")
            self.assertNotIn("cached ", without.stdout)
            shots = 2 if wanted == () else 4
            for name, there in (("cold.h5", 0), ("warm.h5", shots)):
                run = self.forward(*wanted, *CACHE, "-o", name, "--backend",
                                   "threads:2" if there else "serial")
                self.assertEqual(self.cached(run), [f"{there} of {shots} shots"])
                self.assertEqual(self.read(name), self.read("without.h5"))

    def test_every_backend_reads_what_another_one_kept(self):
        self.forward(*FIELDS, *CACHE, "-o", "first.h5")
        for spec in ("serial", "threads:3", "processes:2", "processes:2,start=spawn",
                     "processes:2,start=forkserver", "mpi"):
            with self.subTest(spec):
                run = self.fermat("forward", "job.yaml", *FIELDS, "--backend", spec,
                                  "--cache", "kept-" + spec[:5])
                if "there is no backend" in run.stderr:
                    continue
                self.assertEqual((run.stderr, run.returncode), ("", 0))
                self.assertEqual(self.read("out.h5"), self.read("first.h5"))
                run = self.forward(*FIELDS, *CACHE, "--backend", spec)
                self.assertEqual(self.cached(run), ["4 of 4 shots"])
                self.assertEqual(self.read("out.h5"), self.read("first.h5"))

    def test_with_a_source_more_only_that_one_is_marched(self):
        self.forward(*NEVER, *CACHE)
        self.write("sources.csv", SOURCES.replace("S1,", "new,7.7,1.1\nS1,"))
        run = self.forward(*NEVER, *CACHE)
        self.assertEqual(self.cached(run), ["4 of 5 shots"])
        record = json.loads(self.read("out.run.json"))
        self.assertEqual([shot["cached"] for shot in record["shots"]],
                         [False, True, True, True, True])
        self.forward(*NEVER, "-o", "without.h5")
        self.assertEqual(self.read("out.h5"), self.read("without.h5"))
        self.assertEqual(len(self.entries()), 5)

    def test_names_and_ids_make_no_difference_but_another_model_does(self):
        self.forward(*NEVER, *CACHE)
        self.write("sources.csv", SOURCES.replace("S", "Q"))
        run = self.forward(*NEVER, *CACHE, "-o", "other.h5")
        self.assertEqual(self.cached(run), ["4 of 4 shots"])
        run = self.forward(*NEVER, *CACHE, "--set", "model.constant=4.1")
        self.assertEqual(self.cached(run), ["0 of 4 shots"])

    def test_two_programs_at_once_on_a_new_folder_give_the_same_result(self):
        self.many_sources(0.05)
        self.forward("-o", "without.h5")
        runs = [self.start("-o", name, "--backend", "threads:2") for name in
                ("a.h5", "b.h5")]
        for run in runs:
            _, complaint = run.communicate()
            self.assertEqual((complaint, run.returncode), ("", 0))
        for name in ("a.h5", "b.h5"):
            self.assertEqual(self.read(name), self.read("without.h5"))
        run = self.forward(*CACHE)
        self.assertEqual(self.cached(run), ["40 of 40 shots"])
        self.assertEqual(self.read("out.h5"), self.read("without.h5"))

    def test_after_a_kill_only_what_is_not_there_is_marched(self):
        self.many_sources(0.025)
        self.forward("-o", "without.h5")
        run = self.start("--backend", "serial")
        self.wait_for_entries(5)
        run.kill()
        run.communicate()
        # (On a machine that stops and starts us as it likes it may have been done.)
        self.assertIn(run.returncode, (0, -signal.SIGKILL))
        there = sum(name.endswith(".shot") for name in self.entries())
        again = self.forward(*CACHE)
        self.assertEqual(self.cached(again), [f"{there} of 40 shots"])
        self.assertEqual(self.read("out.h5"), self.read("without.h5"))

    def test_what_killed_programs_left_goes_after_a_day_and_not_before(self):
        self.forward(*CACHE)
        for name, hours in (("old", 25), ("young", 23)):
            path = self.path(f"kept/.fermat-unfinished-{name}")
            with open(path, "w", encoding="ascii") as out:
                out.write("half")
            then = time.time() - 3600 * hours
            os.utime(path, (then, then))
        self.forward(*CACHE)
        self.assertEqual([os.path.basename(name) for name in self.entries()
                          if not name.endswith(".shot")], [".fermat-unfinished-young"])

    def test_damaged_entries_are_marched_anew_and_told_of(self):
        self.forward(*NEVER, *CACHE, "-o", "right.h5")
        first, second, *_ = self.entries()
        os.truncate(first, 60)
        with open(second, "r+b") as entry:
            entry.seek(100)
            entry.write(b"?")
        run = self.forward(*NEVER, *CACHE)
        self.assertEqual(self.cached(run), ["2 of 4 shots",
                                            "2 damaged entries were marched anew"])
        self.assertEqual(self.read("out.h5"), self.read("right.h5"))
        run = self.forward(*NEVER, *CACHE)
        self.assertEqual(self.cached(run), ["4 of 4 shots"])

    def assert_refused(self, run, *words):
        self.assertEqual(run.returncode, 2, run.stderr)
        for word in words:
            self.assertIn(word, run.stderr)
        self.assertEqual(run.stdout, "")
        self.assertNotIn("out.h5", self.files())

    def test_a_folder_that_cannot_be_used_is_refused_before_the_run(self):
        run = self.fermat("forward", "job.yaml", "--cache", "not/there")
        self.assert_refused(run, "not/there cannot be made: No such file or directory")
        run = self.fermat("forward", "job.yaml", "--cache", "sources.csv")
        self.assert_refused(run, "sources.csv: Not a directory")
        run = self.fermat("forward", "job.yaml", "--cache", "")
        self.assert_refused(run, "--cache: the folder's name is empty")

    def test_a_folder_that_may_not_be_written_to_is_refused(self):
        os.mkdir(self.path("kept"), 0o555)
        options = {}
        if os.geteuid() == 0: # whom permissions do not hold back
            os.chmod(self.folder, 0o777)
            options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            if not self.reachable(FERMAT) or not self.reachable(self.folder):
                self.skipTest("other users cannot get at the program or at the folder")
        run = self.fermat("forward", "job.yaml", *CACHE, **options)
        self.assert_refused(run, "kept: Permission denied")

    @staticmethod
    def reachable(path):
        """May everybody execute the file and go through all folders above it?"""
        while path not in ("/", ""):
            if not os.stat(path).st_mode & stat.S_IXOTH:
                return False
            path = os.path.dirname(path)
        return True

    def test_a_disk_without_room_costs_no_shot(self):
        # Each entry takes 24 kB; the disk is there for these two runs alone.
        script = ('mount -t tmpfs -o size=60k none kept || exit 77; '
                  'for run in 1 2; do "$@" || exit; done')
        os.mkdir(self.path("kept"))
        run = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh", FERMAT, "forward",
             "job.yaml", *FIELDS, *CACHE], cwd=self.folder, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if run.returncode in (1, 77) and "fermat" not in run.stderr:
            self.skipTest(f"no disk of its own to be had: {run.stderr}")
        self.assertEqual((run.stderr, run.returncode), ("", 0))
        told = [line.strip() for line in run.stdout.split("\n")
                if "cached" in line or "kept" in line]
        full = f"2 could not be kept in {self.path('kept')}: No space left on device"
        self.assertEqual(told, ["cached    0 of 4 shots", full,
                                "cached    2 of 4 shots", full])
        self.forward(*FIELDS, "-o", "without.h5")
        self.assertEqual(self.read("out.h5"), self.read("without.h5"))

    def test_a_plan_makes_no_folder(self):
        run = self.forward("--plan", *CACHE)
        self.assertIn("nothing written", run.stdout)
        self.assertNotIn("kept", self.files())


if __name__ == "__main__":
    main()
