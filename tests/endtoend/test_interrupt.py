"""Signals, full disks, no memory: nothing half-written is left behind."""

import os
import resource
import signal
import subprocess
import unittest

from harness import FERMAT, JOB, Case, main


class Interrupt(Case):
    def start(self, spacing="0.01", **options):
        """A run that takes far longer than this test, past the making of its file."""
        self.write("job.yaml", JOB + "reciprocity: never\nsolver:\n  stop_early: false\n")
        rows = "\n".join(f"S{i},{i / 50},1" for i in range(500))
        self.write("sources.csv", f"id,x,z\n{rows}\n")
        before = self.files()
        run = subprocess.Popen(
            [FERMAT, "forward", "job.yaml", "--backend", "threads:2", "--set",
             f"model.spacing=[{spacing}, {spacing}]"],
            cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            **options)
        self.addCleanup(run.kill)
        # The line is printed when the temporary file is there, just before the march.
        for line in run.stdout:
            if line.startswith("running"):
                break
        self.assertEqual(len(self.files()), len(before) + 1)
        return run, before

    def end(self, run):
        _, complaint = run.communicate()
        return complaint

    def test_one_signal_lets_the_running_shots_end_and_writes_nothing(self):
        for number, name in ((signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM")):
            run, before = self.start()
            run.send_signal(number)
            complaint = self.end(run)
            self.assertEqual(run.returncode, 128 + number, complaint)
            self.assertRegex(complaint, rf"^fermat: interrupted by {name} after \d+ of "
                             r"500 shots: nothing was written\n$")
            self.assertEqual(self.files(), before)

    def test_an_interrupted_run_keeps_the_file_that_was_there(self):
        self.write("out.h5", "an earlier result")
        run, before = self.start()
        run.send_signal(signal.SIGINT)
        self.end(run)
        self.assertEqual(self.files(), before)
        self.assertEqual(self.read("out.h5"), b"an earlier result")

    def test_a_second_signal_ends_at_once_and_leaves_nothing_either(self):
        run, before = self.start(spacing="0.004")
        run.send_signal(signal.SIGINT)
        run.send_signal(signal.SIGTERM)
        self.end(run)
        self.assertIn(run.returncode, (-signal.SIGINT, -signal.SIGTERM))
        self.assertEqual(self.files(), before)

    def test_a_signal_that_was_ignored_stays_ignored(self):
        run, before = self.start(
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        run.send_signal(signal.SIGINT)
        run.send_signal(signal.SIGTERM)
        complaint = self.end(run)
        self.assertEqual(run.returncode, 128 + signal.SIGTERM, complaint)
        self.assertEqual(self.files(), before)

    def test_no_room_for_the_output_is_told_before_the_march(self):
        before = self.files()
        run = self.fermat(
            "forward", "job.yaml", "--set", "want=[fields]",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000)))
        self.assertEqual(run.returncode, 1)
        self.assertTrue(run.stderr.startswith("fermat: "), run.stderr)
        self.assertIn("out.h5", run.stderr)
        self.assertIn("File too large", run.stderr)
        self.assertNotIn("done ", run.stdout)
        self.assertEqual(self.files(), before)

    def test_shots_that_fail_are_told_of_and_if_all_fail_nothing_is_written(self):
        with open(FERMAT, "rb") as program:
            code = program.read()
        if b"__asan_" in code or b"__tsan_" in code:
            self.skipTest("a sanitizer needs more room than this test leaves")
        before = self.files()
        # Room for the model (64 MB, twice), not for the solver's work (much more).
        run = self.fermat(
            "forward", "job.yaml", "--backend", "serial", "--set",
            "model.spacing=[0.0025, 0.0025]", preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_AS, (180_000_000, 180_000_000)))
        self.assertEqual(run.returncode, 1)
        complaints = run.stderr.split("\n")
        self.assertEqual(len(complaints), 4, run.stderr)
        for receiver, complaint in zip(("R1", "R2"), sorted(complaints[:2])):
            self.assertIn(f"fermat: the march from receiver '{receiver}' failed: "
                          "no memory", complaint)
        self.assertEqual(complaints[2], "fermat: no shot could be marched: nothing was "
                         "written")
        self.assertEqual(self.files(), before)

    def test_a_reader_of_the_report_who_goes_away_does_not_cost_the_result(self):
        end, start = os.pipe()
        run = subprocess.Popen([FERMAT, "forward", "job.yaml"], cwd=self.folder,
                               stdout=start, stderr=subprocess.PIPE, text=True)
        os.close(end)
        os.close(start)
        _, complaint = run.communicate()
        self.assertIn("out.h5", self.files())
        self.assertEqual(run.returncode, 1)
        self.assertIn("cannot write to standard output", complaint)


if __name__ == "__main__":
    main()
