"""Worker processes: the same file whatever their number and start, and whoever dies."""

import json
import os
import signal
import subprocess
import time
import unittest

from harness import FERMAT, JOB, Case, main

LONG_JOB = JOB + "reciprocity: never\nsolver:\n  stop_early: false\n"


def children(pid):
    """The processes below this one: {pid: name}."""
    below, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii") as stat:
                text = stat.read()
        except (FileNotFoundError, ProcessLookupError):
            continue
        name, rest = text[text.index("(") + 1:].rsplit(")", 1)
        state, parent = rest.split()[:2]
        names[int(entry)] = name
        if state != "Z":
            below.setdefault(int(parent), []).append(int(entry))
    found, stack = {}, [pid]
    while stack:
        for child in below.get(stack.pop(), []):
            found[child] = names[child]
            stack.append(child)
    return found


class Processes(Case):
    def make_long(self, shots=150):
        rows = "\n".join(f"S{i},{i / (shots / 10)},1" for i in range(shots))
        self.write("sources.csv", f"id,x,z\n{rows}\n")
        self.write("job.yaml", LONG_JOB)
        self.arguments = ["--set", "model.spacing=[0.025, 0.025]",
                          "--set", "want=[times, fields]"]

    def result(self, backend):
        self.forward("--backend", backend, "-o", "made.h5", *self.arguments)
        made = self.read("made.h5")
        os.remove(self.path("made.h5"))
        return made

    def start(self, backend):
        run = subprocess.Popen(
            [FERMAT, "forward", "job.yaml", "--backend", backend, "-o", "made.h5",
             *self.arguments], cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(run.kill)
        for line in run.stdout:
            if line.startswith("running"):
                break
        return run

    def test_the_file_is_the_same_whatever_the_backend_and_the_workers(self):
        self.make_long(shots=20)
        expected = self.result("serial")
        self.assertEqual(self.result("threads:2"), expected)
        for start in ("fork", "forkserver", "spawn"):
            for workers in (1, 2, 5):
                self.assertEqual(self.result(f"processes:{workers},start={start}"),
                                 expected, (start, workers))
        self.assertEqual(self.result("processes:2,tasks-per-child=3"), expected)

    def test_workers_killed_from_outside_cost_nothing(self):
        self.make_long()
        expected = self.result("threads:2")
        for backend in ("processes:2,retries=100", "processes:2,start=spawn,retries=100"):
            run = self.start(backend)
            kills = 0
            while run.poll() is None:
                for pid, name in children(run.pid).items():
                    if name == "fermat-worker" and kills < 20:
                        try:
                            os.kill(pid, signal.SIGKILL)
                            kills += 1
                        except ProcessLookupError:
                            pass
                time.sleep(0.01)
            _, complaint = run.communicate()
            self.assertEqual((complaint, run.returncode), ("", 0))
            self.assertGreater(kills, 0)
            self.assertEqual(self.read("made.h5"), expected)

    def test_a_shot_that_costs_its_worker_is_set_aside_and_told_of(self):
        self.make_long(shots=6)
        self.arguments[1] = "model.spacing=[0.005, 0.005]"  # a second or so each
        errors = []
        while not errors:  # again, if the worker was killed between two shots
            run = self.start("processes:1,retries=0")
            time.sleep(0.3)
            worker, = (p for p, name in children(run.pid).items() if name == "fermat-worker")
            os.kill(worker, signal.SIGKILL)
            _, complaint = run.communicate()
            with open(self.path("made.run.json"), encoding="utf-8") as file:
                record = json.load(file)
            errors = record["errors"]
        error, = errors
        self.assertEqual(run.returncode, 1)
        self.assertIn(f"the march from source '{error['source']}' failed: its process {worker} "
                      "was killed by signal 9 (Killed)\n", complaint)
        self.assertIn("1 of 6 shots failed; made.h5 has the others", complaint)
        self.assertEqual((error["source"], error["reason"], error["signal"], error["process"],
                          error["attempts"]),
                         (f"S{error['shot']}", "worker died", 9, worker, 1))
        statuses = [shot["status"] for shot in record["shots"]]
        self.assertEqual(statuses.pop(error["shot"]), "failed")
        self.assertEqual(statuses, 5 * ["done"])

    def test_the_process_that_makes_them_may_be_killed_too(self):
        self.make_long()
        expected = self.result("threads:2")
        run = self.start("processes:2")
        keepers = [p for p, name in children(run.pid).items() if name == "fermat-keeper"]
        self.assertEqual(len(keepers), 1)
        os.kill(keepers[0], signal.SIGKILL)
        _, complaint = run.communicate()
        self.assertEqual((complaint, run.returncode), ("", 0))
        self.assertEqual(self.read("made.h5"), expected)

    def test_nobody_outlives_the_program(self):
        self.make_long()
        for backend in ("processes:3", "processes:3,start=spawn"):
            run = self.start(backend)
            family = list(children(run.pid))
            self.assertEqual(len(family), 4)
            run.kill()
            run.communicate()
            for pid in family:
                while True:
                    try:
                        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                            if ") Z " in stat.read():
                                break
                    except (FileNotFoundError, ProcessLookupError):
                        break
                    time.sleep(0.01)

    def test_an_interrupt_from_the_terminal_lets_the_running_shots_end(self):
        self.make_long()
        run = subprocess.Popen(
            [FERMAT, "forward", "job.yaml", "--backend", "processes:2", *self.arguments],
            cwd=self.folder, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(run.kill)
        for line in run.stdout:
            if line.startswith("running"):
                break
        os.killpg(run.pid, signal.SIGINT)
        _, complaint = run.communicate()
        self.assertEqual(run.returncode, 128 + signal.SIGINT, complaint)
        self.assertNotIn("failed", complaint)
        self.assertIn("interrupted by SIGINT after", complaint)

    def test_options_of_a_backend_go_with_a_number_of_workers(self):
        run = self.forward("--backend", "processes,start=spawn", "--workers", "3")
        self.assertIn("running   processes, 3 workers", run.stdout)
        run = self.fermat("forward", "job.yaml", "--backend", "processes:2,start=spoon")
        self.assertEqual(run.returncode, 2)
        self.assertIn('start must be fork, forkserver or spawn, not "spoon"', run.stderr)


if __name__ == "__main__":
    main()
