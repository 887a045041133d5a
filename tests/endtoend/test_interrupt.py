"""Signals, full disks, no memory: what was done is kept, nothing half-written is left."""

import json
import math
import os
import resource
import signal
import subprocess
import time
import unittest

from harness import FERMAT, JOB, RECEIVERS, Case, main, numbers

SHOTS = 500
PROCESSES = ("processes:2", "processes:2,start=spawn")


class Interrupt(Case):
    def start(self, *arguments, spacing="0.02", backend="threads:2", **options):
        """A run of many shots that takes far longer than this test, and lets them take
        the time they need however slow the machine is."""
        self.write("job.yaml", JOB + "reciprocity: never\nsolver:\n  stop_early: false\n")
        rows = "\n".join(f"S{i},{i / 50},1" for i in range(SHOTS))
        self.write("sources.csv", f"id,x,z\n{rows}\n")
        before = self.files()
        run = subprocess.Popen(
            [FERMAT, "forward", "job.yaml", "--backend", backend, "--progress=json",
             "--grace", "0", "--set", f"model.spacing=[{spacing}, {spacing}]", *arguments],
            cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            **options)
        self.addCleanup(run.kill)
        # The line is printed when the temporary file is there, just before the march.
        for line in run.stdout:
            if line.startswith("running"):
                break
        self.assertEqual(len(self.files()), len(before) + 1)
        return run, before

    told = None  # the progress that was read last

    def await_shots(self, run, n):
        """Read the progress until so many shots are done."""
        for line in run.stderr:
            self.told = json.loads(line)
            if self.told["done"] >= n:
                return
        self.fail("the run ended too soon")

    def end(self, run):
        """What it complained of, and the last progress it told."""
        _, said = run.communicate()
        lines = said.splitlines(keepends=True)
        progress = [json.loads(line) for line in lines if line.startswith("{")]
        complaint = "".join(line for line in lines if not line.startswith("{"))
        # Without another line nothing has changed since the one that was awaited.
        return complaint, progress[-1] if progress else self.told

    def alive(self, group):
        """The processes of a group; dead ones may wait for init."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii") as stat:
                    state, _, its_group = stat.read().rsplit(")", 1)[1].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(its_group) == group and state not in "ZX":
                found.append(int(entry))
        return found

    def assert_nobody_of(self, group):
        for _ in range(1000):
            if not self.alive(group):
                return
            time.sleep(0.01)
        self.fail(f"processes {self.alive(group)} are left")

    def record(self, name):
        return json.loads(self.read(name))

    def test_a_signal_lets_the_running_shots_end_and_keeps_what_was_done(self):
        for number, name in ((signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM"),
                             (signal.SIGUSR1, "SIGUSR1")):
            run, before = self.start()
            self.await_shots(run, 3)
            run.send_signal(number)
            complaint, last = self.end(run)
            self.assertEqual(run.returncode, 128 + number, complaint)
            done = last["done"]
            self.assertIn(done, range(3, SHOTS))
            self.assertIn(f"fermat: interrupted by {name} after {done} of {SHOTS} shots: "
                          "kept in ", complaint)
            self.assertIn("out.h5.part, the others marked as not done; a run with --cache "
                          "DIR can be continued\n", complaint)
            self.assertEqual(self.files(),
                             sorted([*before, "out.h5.part", "out.part.run.json"]))
            states = self.variable("out.h5.part", "source_status")
            self.assertEqual((states.count(1), states.count(0)), (done, SHOTS - done))
            for kept in ("out.h5.part", "out.part.run.json"):
                os.remove(self.path(kept))

    def test_what_is_kept_has_the_rays_of_the_shots_that_were_done(self):
        run, before = self.start("--set", "want=[times, rays, coverage]")
        self.await_shots(run, 3)
        run.send_signal(signal.SIGTERM)
        self.end(run)
        self.assertEqual(self.files(), sorted([*before, "out.h5.part", "out.part.run.json"]))
        arrival, ray, size, length = (self.variable("out.h5.part", name) for name in (
            "arrival_status", "ray_status", "ray_size", "ray_length"))
        done = [pair for pair, state in enumerate(arrival) if state == 1]
        self.assertGreaterEqual(len(done), 6)
        for pair in range(2 * SHOTS):
            self.assertEqual((ray[pair] in (1, 2, 3), size[pair] > 1, length[pair] is not None),
                             (pair in done,) * 3)
        covered = sum(self.variable("out.h5.part", "coverage"))
        self.assertAlmostEqual(covered / sum(length[pair] for pair in done), 1, 9)

    def test_what_is_kept_are_the_right_times_and_the_record_says_of_which_shots(self):
        run, _ = self.start()
        self.await_shots(run, 1)
        run.send_signal(signal.SIGTERM)
        _, last = self.end(run)
        record = self.record("out.part.run.json")
        self.assertEqual(record["interrupted"], "SIGTERM")
        self.assertEqual(record["result"], "out.h5.part")
        self.assertEqual((record["shots_done"], record["shots_failed"],
                          record["shots_not_done"]), (last["done"], 0, SHOTS - last["done"]))
        done = {shot["source"] for shot in record["shots"] if shot["status"] == "done"}
        self.assertEqual((len(record["shots"]), len(done)), (SHOTS, last["done"]))
        times = self.variable("out.h5.part", "arrival")
        states = self.variable("out.h5.part", "arrival_status")
        for s in range(SHOTS):
            for r, receiver in enumerate(numbers(RECEIVERS).values()):
                pair = 2 * s + r
                self.assertEqual(states[pair], f"S{s}" in done)
                if f"S{s}" in done:
                    exact = math.dist((s / 50, 1), receiver) / 4
                    self.assertAlmostEqual(times[pair] / exact, 1, delta=1e-6)
                else:
                    self.assertIsNone(times[pair])

    def spacing_for(self, seconds):
        """With which a march takes about so long, in this build and on this machine."""
        self.forward("-o", "try.h5", "--backend", "serial", "--set", "solver.stop_early="
                     "false", "--set", "model.spacing=[0.02, 0.02]")
        took = min(shot["seconds"] for shot in self.record("try.run.json")["shots"])
        return str(5 / round(5 / (0.02 * math.sqrt(took / seconds))))

    def test_the_sum_that_is_kept_is_that_of_the_shots_done(self):
        run, _ = self.start("--set", "want=[times, sum]", spacing="0.025")
        self.await_shots(run, 1)
        run.send_signal(signal.SIGTERM)
        _, last = self.end(run)
        self.assertEqual(self.variable("out.h5.part", "traveltime_sum_sources"),
                         [last["done"]])
        count = self.variable("out.h5.part", "traveltime_count")
        self.assertEqual(set(count), {last["done"]})
        self.assertNotIn(None, self.variable("out.h5.part", "traveltime_mean"))

    def test_shots_that_do_not_end_within_the_grace_are_given_up(self):
        # The signal comes when others have just begun, which must need far longer than
        # the tenth of a second or two in which the end of the grace is noticed.
        run, before = self.start("--grace", "0.001", spacing=self.spacing_for(1.5))
        self.await_shots(run, 1)
        run.send_signal(signal.SIGINT)
        complaint, last = self.end(run)
        self.assertEqual(run.returncode, 130)
        record = self.record("out.part.run.json")
        given_up = [e for e in record["errors"] if e["reason"] == "cancelled"]
        self.assertEqual(record["errors"], given_up)
        self.assertEqual(record["shots_failed"], 0)
        self.assertEqual({e["status"] for e in given_up}, {"not_done"})
        self.assertGreaterEqual(len(given_up), 1)
        self.assertEqual(record["shots_done"] + len(given_up), last["done"])
        self.assertIn(f"after {record['shots_done']} of {SHOTS} shots", complaint)
        self.assertNotIn("failed", complaint)
        self.assertEqual(self.variable("out.h5.part", "source_status").count(2), 0)
        self.assertEqual(self.files(),
                         sorted([*before, "out.h5.part", "out.part.run.json"]))

    def test_a_run_with_a_cache_goes_on_where_it_was(self):
        os.mkdir(self.path("shots"))
        run, _ = self.start("--cache", "shots")
        self.await_shots(run, 3)
        run.send_signal(signal.SIGINT)
        complaint, last = self.end(run)
        self.assertRegex(complaint,
                         r"; run it again to continue from what is in \S*shots\n")
        first = self.record("out.part.run.json")
        self.assertEqual((first["shots_done"], first["shots_from_cache"]), (last["done"], 0))
        # The same shots are begun first, so they are all among those of the next run.
        for kept in ("out.h5.part", "out.part.run.json"):
            os.remove(self.path(kept))
        run, _ = self.start("--cache", "shots")
        self.await_shots(run, last["done"] + 3)
        run.send_signal(signal.SIGINT)
        self.end(run)
        record = self.record("out.part.run.json")
        self.assertGreater(record["shots_done"], first["shots_done"])
        self.assertEqual(record["shots_from_cache"], first["shots_done"])
        for before, after in zip(first["shots"], record["shots"]):
            self.assertEqual(after["cached"], before["status"] == "done"
                             if after["status"] == "done" else None)

    def test_an_interrupted_run_keeps_the_file_that_was_there(self):
        self.write("out.h5", "an earlier result")
        self.write("out.run.json", "its record")
        run, _ = self.start()
        self.await_shots(run, 1)
        run.send_signal(signal.SIGINT)
        self.end(run)
        self.assertEqual(self.read("out.h5"), b"an earlier result")
        self.assertEqual(self.read("out.run.json"), b"its record")
        self.assertIn("out.h5.part", self.files())

    def test_if_no_shot_was_done_nothing_is_kept(self):
        # Shots that run may end, so most often the signal must come before the first is
        # dispatched; where it came too late, they must have been kept.
        run, before = self.start(spacing="0.004")
        run.send_signal(signal.SIGINT)
        complaint, last = self.end(run)
        self.assertEqual(run.returncode, 130)
        if not last or last["done"] == 0:
            self.assertEqual(complaint, "fermat: interrupted by SIGINT after 0 of "
                             f"{SHOTS} shots: nothing was written\n")
            self.assertEqual(self.files(), before)
        else:
            self.assertIn("out.h5.part", self.files())

    def test_what_cannot_be_kept_is_told_and_nothing_left(self):
        os.mkdir(self.path("out.h5.part"))
        run, before = self.start()
        self.await_shots(run, 1)
        run.send_signal(signal.SIGINT)
        complaint, _ = self.end(run)
        self.assertEqual(run.returncode, 130)
        self.assertIn("out.h5.part: this is a folder", complaint)
        self.assertIn("nothing was written", complaint)
        self.assertEqual(self.files(), before)

    def test_a_second_signal_ends_at_once_and_leaves_nothing_either(self):
        run, before = self.start(spacing="0.004")
        run.send_signal(signal.SIGINT)
        run.send_signal(signal.SIGTERM)
        self.end(run)
        self.assertIn(run.returncode, (-signal.SIGINT, -signal.SIGTERM))
        self.assertEqual(self.files(), before)

    def test_worker_processes_end_their_shots_whoever_gets_the_signal(self):
        for backend in PROCESSES:
            for send in (os.kill, os.killpg):
                run, before = self.start(backend=backend, start_new_session=True)
                self.await_shots(run, 3)
                self.assertEqual(len(self.alive(run.pid)), 4)
                send(run.pid, signal.SIGINT)
                complaint, _ = self.end(run)
                self.assertEqual(run.returncode, 128 + signal.SIGINT, complaint)
                self.assert_nobody_of(run.pid)
                record = self.record("out.part.run.json")
                done = record["shots_done"]  # the last word of the progress may be older
                self.assertIn(done, range(3, SHOTS))
                self.assertEqual(record["errors"], [])
                self.assertIn(f"fermat: interrupted by SIGINT after {done} of {SHOTS} "
                              "shots: kept in ", complaint)
                self.assertEqual(self.files(),
                                 sorted([*before, "out.h5.part", "out.part.run.json"]))
                states = self.variable("out.h5.part", "source_status")
                self.assertEqual((states.count(1), states.count(0)),
                                 (done, SHOTS - done))
                for kept in ("out.h5.part", "out.part.run.json"):
                    os.remove(self.path(kept))

    def test_a_second_signal_ends_worker_processes_too(self):
        for backend in PROCESSES:
            for send in (os.kill, os.killpg):
                # Shots that would take long: nobody is waited for.
                run, before = self.start(spacing="0.004", backend=backend,
                                         start_new_session=True)
                send(run.pid, signal.SIGINT)
                send(run.pid, signal.SIGTERM)
                self.end(run)
                self.assertIn(run.returncode, (-signal.SIGINT, -signal.SIGTERM))
                self.assert_nobody_of(run.pid)
                self.assertEqual(self.files(), before)

    def test_a_signal_that_was_ignored_stays_ignored(self):
        run, _ = self.start(
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        run.send_signal(signal.SIGINT)
        self.await_shots(run, 1)
        run.send_signal(signal.SIGTERM)
        complaint, _ = self.end(run)
        self.assertEqual(run.returncode, 128 + signal.SIGTERM, complaint)
        self.assertIn("interrupted by SIGTERM", complaint)

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
