"""fermat bench: its table, its file, what it says of backends that are not there, and that
nothing is left behind. MPI's place is taken by a script called mpirun, which can do what the
real one must not."""

import csv
import os
import signal
import subprocess
import time
import unittest

from harness import FERMAT, JOB, Case, main

# Runs the program once, on the serial backend, and then whatever a test wants.
MPIRUN = """\
#!/bin/sh
shift 2
program=$1 word=$2
shift
for last; do :; done
[ "$last" = mpi ] || exit 9
%s
if [ "$word" = bench-empty ]; then
    echo workers 2
    exit 0
fi
"$program" "$@" --backend serial || exit
%s
"""
SPOIL = 'for file; do case $file in */result.h5) printf x >> "$file" ;; esac; done\n'


def is_running(process):
    """Whether there is such a process and it is not a zombie."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(process):
    try:
        with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as listed:
            return [int(word) for word in listed.read().split()]
    except FileNotFoundError:
        return []


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("nothing happened")
        time.sleep(0.01)


class Bench(Case):
    def setUp(self):
        super().setUp()
        for name in ("tmp", "bin"):
            os.mkdir(self.path(name))

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if k != "FERMAT_POOL"}
        return {**kept, "TMPDIR": self.path("tmp"),
                "PATH": self.path("bin") + os.pathsep + kept["PATH"]}

    def mpirun(self, before="", after=""):
        self.write("bin/mpirun", MPIRUN % (before, after))
        os.chmod(self.path("bin/mpirun"), 0o755)

    def bench(self, *arguments):
        return subprocess.run(
            [FERMAT, "bench", *arguments], cwd=self.folder, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment(), timeout=300)

    def table(self, name="speed.csv"):
        with open(self.path(name), newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def nothing_left(self, *kept):
        self.assertEqual(os.listdir(self.path("tmp")), [])
        self.assertEqual(self.files(), sorted(
            ["bin", "job.yaml", "receivers.csv", "sources.csv", "tmp", *kept]))

    def test_a_job_is_measured_on_each_backend(self):
        done = self.bench("job.yaml", "--backends", "serial,threads:2", "--repeat", "3",
                          "--csv", "speed.csv")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.nothing_left("speed.csv")
        serial, threads = self.table()
        self.assertEqual(list(serial), (
            "backend state workers runs phase time_s time_min_s time_max_s wall_s speedup "
            "efficiency shots overhead_us same_bytes job peak_bytes processors version "
            "note").split())
        for row, backend, workers in (serial, "serial", 1), (threads, "threads:2", 2):
            self.assertEqual(
                (row["backend"], row["state"], row["workers"], row["runs"],
                 row["same_bytes"], row["job"], row["note"], row["phase"], row["shots"]),
                (backend, "measured", str(workers), "3", "yes", "job.yaml", "", "march", "2"))
            self.assertGreaterEqual(float(row["overhead_us"]), 0)
            time_s = float(row["time_s"])
            self.assertLessEqual(float(row["time_min_s"]), time_s)
            self.assertLessEqual(time_s, float(row["time_max_s"]))
            self.assertLessEqual(time_s, float(row["wall_s"]))
            self.assertAlmostEqual(float(row["speedup"]), float(serial["time_s"]) / time_s, 6)
            self.assertAlmostEqual(float(row["efficiency"]), float(row["speedup"]) / workers,
                                   6)
            # It has at least its own code in memory, and surely no gigabytes.
            self.assertGreater(float(row["peak_bytes"]), 1e6)
            self.assertLess(float(row["peak_bytes"]), 4e9)
            self.assertRegex(done.stdout, rf"(?m)^{backend} +{workers} .* same$")

    def test_memory_is_that_of_all_processes(self):
        # A shell that waits for a program on a million nodes: alone it has hardly 1 MB.
        self.mpirun()
        grid = "model.spacing=[0.007, 0.007]"
        done = self.bench("job.yaml", "--backends", "serial,mpi:1", "--repeat", "1", "--csv",
                          "speed.csv", "--set", grid)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        alone, below = (float(row["peak_bytes"]) for row in self.table())
        self.assertGreater(alone, 3e7)
        self.assertGreater(below, 3e7)

    def test_what_cannot_be_had_is_a_row_that_says_why(self):
        done = self.bench("job.yaml", "--backend", "serial", "--backends",
                          "gpu:2 threads:0 mpi:none", "--repeat", "1", "--csv", "speed.csv")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        rows = self.table()
        self.assertEqual([row["state"] for row in rows], ["measured"] + 3 * ["not available"])
        self.assertIn('no backend "gpu"', rows[1]["note"])
        self.assertIn('not "0"', rows[2]["note"])
        self.assertIn("number of ranks", rows[3]["note"])
        self.assertEqual((rows[1]["time_s"], rows[1]["same_bytes"]), ("", ""))
        self.assertRegex(done.stdout, r'(?m)^gpu:2 +not available: .*no backend "gpu"')

    def test_if_none_can_be_had_that_is_bad_input(self):
        done = self.bench("job.yaml", "--backend", "gpu")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, "fermat: none of these backends can be had\n")
        self.nothing_left()

    def test_bytes_that_differ_are_told_and_are_a_failure(self):
        self.mpirun(after=SPOIL)
        done = self.bench("job.yaml", "--backends", "serial,mpi:2,threads:1", "--repeat", "2",
                          "--csv", "speed.csv")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "fermat: mpi:2: its result is not that of the others, "
                         "byte for byte\n")
        self.assertEqual([row["same_bytes"] for row in self.table()], ["yes", "no", "yes"])
        self.assertRegex(done.stdout, r"(?m)^mpi:2 +2 .* DIFFER$")
        self.nothing_left("speed.csv")

    def test_a_run_that_fails_does_not_stop_the_others(self):
        self.mpirun(after="echo 'fermat: a rank is lost' >&2; exit 7")
        done = self.bench("job.yaml", "--backends", "mpi:2,serial", "--repeat", "2", "--csv",
                          "speed.csv")
        self.assertEqual((done.stderr, done.returncode), ("", 1))
        lost, serial = self.table()
        self.assertEqual((lost["state"], lost["note"]), ("failed", "a rank is lost"))
        self.assertEqual((serial["state"], serial["runs"]), ("measured", "2"))
        self.assertEqual(float(serial["speedup"]), 1)
        self.assertRegex(done.stdout, r"(?m)^mpi:2 +failed: a rank is lost$")

    def test_what_a_run_leaves_running_is_ended(self):
        self.mpirun(after="sleep 1000 & echo $! >> sleepers")
        done = self.bench("job.yaml", "--backend", "mpi:2", "--repeat", "2")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        sleepers = self.read("sleepers").split()
        self.assertEqual(len(sleepers), 2)
        wait_until(lambda: not any(is_running(int(sleeper)) for sleeper in sleepers))

    def test_a_change_of_the_job_reaches_the_runs(self):
        self.mpirun(after='printf "%s\\n" "$@" > words')
        done = self.bench("job.yaml", "--backend", "mpi:2", "--repeat", "1", "--set",
                          "solver.order=1", "--set", "want=[fields]")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        words = self.read("words").decode().split("\n")
        self.assertEqual([words[i + 1] for i, word in enumerate(words) if word == "--set"],
                         ["solver.order=1", "want=[fields]"])

    def test_empty_tasks_are_counted(self):
        done = self.bench("--empty", "--backends", "serial threads:2 gpu", "--repeat", "2",
                          "--csv", "empty.csv")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        rows = self.table("empty.csv")
        self.assertEqual(list(rows[0]), (
            "backend state workers runs tasks best_us median_us tasks_per_s peak_bytes "
            "processors version note").split())
        self.assertEqual([row["workers"] for row in rows], ["1", "2", ""])
        for row in rows[:2]:
            self.assertEqual((row["runs"], row["tasks"]), ("6", "100000"))
            self.assertLessEqual(float(row["best_us"]), float(row["median_us"]))
            self.assertGreater(float(row["best_us"]), 0)
            self.assertAlmostEqual(
                float(row["tasks_per_s"]) * float(row["median_us"]), 1e6, delta=1)
        self.nothing_left("empty.csv")

    def test_a_job_that_cannot_be_run_is_told_once(self):
        done = self.bench("none.yaml", "--backends", "serial,threads:2")
        self.assertEqual((done.stdout, done.returncode), ("", 2))
        self.assertRegex(done.stderr, r"^fermat: none\.yaml: .*\n$")
        self.write("job.yaml", JOB.replace("cartesian", "flat"))
        done = self.bench("job.yaml")
        self.assertEqual((done.stdout, done.returncode), ("", 2))
        self.assertRegex(done.stderr, r"^fermat: job\.yaml:3:.*flat.*\n$")
        self.nothing_left()

    def test_bad_options_are_refused_before_anything_is_run(self):
        self.write("keep.csv", "mine")
        for arguments, said in (
                ([], "needs a job file"),
                (["job.yaml", "other.yaml"], "after 'job.yaml' there is 'other.yaml'"),
                (["job.yaml", "--repeat", "0"], "from 1 to 1000"),
                (["job.yaml", "--repeat", "2x"], "--repeat 2x"),
                (["job.yaml", "--fast"], "no option '--fast'"),
                (["job.yaml", "--csv"], "'--csv' needs a value"),
                (["job.yaml", "--csv", "tmp"], "not the name of a file"),
                (["job.yaml", "--csv", "/dev/null"], "not the name of a file"),
                (["job.yaml", "--csv", "no/such/folder.csv"], "no/such"),
                (["job.yaml", "--backends", " ,"], "the list is empty"),
                (["--empty", "job.yaml"], "takes no job (job.yaml)"),
                (["--empty", "--set", "a=b"], "takes no job (--set)"),
                (["--empty=5"], "takes no value")):
            done = self.bench(*arguments)
            self.assertEqual((done.stdout, done.returncode), ("", 2), arguments)
            self.assertIn(said, done.stderr)
            self.assertRegex(done.stderr, r"^fermat: [^\n]*\n$")
        self.assertEqual(self.read("keep.csv"), b"mine")
        self.nothing_left("keep.csv")

    def begin_long(self, *arguments):
        """A bench in the middle of a run that takes far longer than this test."""
        self.write("job.yaml", JOB + "reciprocity: never\nsolver:\n  stop_early: false\n")
        rows = "\n".join(f"S{i},{i / 500},1" for i in range(5000))
        self.write("sources.csv", f"id,x,z\n{rows}\n")
        run = subprocess.Popen(
            [FERMAT, "bench", "job.yaml", "--set", "model.spacing=[0.01, 0.01]", *arguments],
            cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment())
        self.addCleanup(run.kill)

        def temporary():
            return [name for _, _, names in os.walk(self.folder) for name in names
                    if "result.h5" in name]

        wait_until(lambda: temporary() and children(run.pid))
        return run, children(run.pid)[0]

    def test_a_signal_leaves_neither_processes_nor_files(self):
        for number, name in ((signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM")):
            run, child = self.begin_long("--backend", "threads:2", "--csv", "speed.csv")
            run.send_signal(number)
            said, complaint = run.communicate(timeout=60)
            self.assertEqual((run.returncode, said), (128 + number, ""), complaint)
            self.assertEqual(complaint,
                             f"fermat: interrupted by {name}: nothing was written\n")
            self.assertFalse(is_running(child))
            self.nothing_left()

    def test_a_signal_lets_mpirun_end_its_ranks(self):
        # The real one moves its ranks out of reach: it must hear of the end itself.
        self.mpirun(before='[ "$word" = bench-empty ] || { setsid "$program" "$@" --backend '
                    'serial & rank=$!; echo $rank > rank; trap "kill -9 $rank; exit 1" TERM; '
                    'wait; exit; }')
        run, mpirun = self.begin_long("--backend", "mpi:2")
        wait_until(lambda: os.path.exists(self.path("rank")) and self.read("rank"))
        rank = int(self.read("rank"))
        self.assertTrue(is_running(rank))
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 128 + signal.SIGINT)
        wait_until(lambda: not is_running(rank))
        self.assertFalse(is_running(mpirun))
        self.nothing_left("rank")

    def test_a_signal_that_was_ignored_stays_ignored(self):
        self.mpirun(after="kill -INT $PPID")
        command = [FERMAT, "bench", "job.yaml", "--backend", "mpi:2", "--repeat", "1"]
        done = subprocess.run(
            command, cwd=self.folder, text=True, check=False, capture_output=True,
            env=self.environment(), timeout=300,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        done = subprocess.run(command, cwd=self.folder, text=True, check=False,
                              capture_output=True, env=self.environment(), timeout=300)
        self.assertEqual(done.returncode, 128 + signal.SIGINT)

    def test_help_is_there(self):
        asked = self.bench("--help")
        self.assertEqual((asked.stderr, asked.returncode), ("", 0))
        self.assertEqual(asked.stdout, self.fermat("help", "bench").stdout)
        self.assertIn("--backends LIST", asked.stdout)


if __name__ == "__main__":
    main()
