"""The program under mpirun: the same bytes, one voice, and never a hang."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import FERMAT, JOB, Case, main

RANKS = (1, 2, 3, 5, 8)
# Root may, there may be more ranks than processors, and two jobs at once shall not be
# bound to the same processors.
ENVIRONMENT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_rmaps_base_oversubscribe": "1",
               "OMPI_MCA_hwloc_base_binding_policy": "none"}
EVERYTHING = "[times, fields, sum, rays, frechet, misfit, gradient, coverage]"
LIMIT_S = 60  # against hangs


def environment(memory):
    """Ranks that are killed leave Open MPI's shared memory behind: in this folder."""
    kept = {k: v for k, v in os.environ.items() if k != "FERMAT_POOL"}
    return {**kept, **ENVIRONMENT, "OMPI_MCA_btl_vader_backing_directory": memory}


def rank_of(pid):
    """The rank that this process is, of the mpirun whose child it is; None: no rank."""
    with open(f"/proc/{pid}/environ", "rb") as stream:
        for word in stream.read().split(b"\0"):
            if word.startswith(b"OMPI_COMM_WORLD_RANK="):
                return int(word.split(b"=")[1])
    return None


def ranks_of(mpirun):
    """{rank: process id} of a running mpirun."""
    with open(f"/proc/{mpirun}/task/{mpirun}/children", encoding="ascii") as stream:
        pids = stream.read().split()
    found = {rank_of(pid): int(pid) for pid in pids}
    found.pop(None, None)
    return found


@unittest.skipUnless(shutil.which("mpirun"), "there is no mpirun here")
class Mpi(Case):
    def setUp(self):
        super().setUp()
        with open(FERMAT, "rb") as program:
            code = program.read()
        if b"__asan_" in code or b"__tsan_" in code:
            self.skipTest("sanitizers have much to say about Open MPI itself")
        self.memory = tempfile.mkdtemp(prefix="fermat-test-")
        self.addCleanup(shutil.rmtree, self.memory)
        alone = self.fermat("forward", "job.yaml", "--backend", "mpi", "--plan")
        if "without MPI" in alone.stderr:
            run = self.mpirun(2, "forward", "job.yaml")
            self.assertEqual(self.complaints(run), [
                "fermat: mpirun started this program, but it was built without MPI; it can "
                "be run without mpirun, or on another backend: serial, threads or processes"])
            self.assertEqual(run.returncode, 2)
            self.skipTest("this program was built without MPI")

    def mpirun(self, ranks, *arguments):
        return self.mpirun_program(ranks, FERMAT, *arguments)

    def mpirun_program(self, ranks, *command):
        return subprocess.run(
            ["mpirun", "-n", str(ranks), *command], cwd=self.folder, text=True,
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(self.memory), timeout=LIMIT_S)

    def complaints(self, run):
        """What the program said, without mpirun's own words."""
        return [line for line in run.stderr.split("\n") if line.startswith("fermat: ")]

    # ---- the same bytes ----

    def more_shots(self):
        rows = "\n".join(f"S{i},{i / 5},1" for i in range(40))
        self.write("sources.csv", f"id,x,z\n{rows}\n")
        picks = "".join(f"S{i},R{r},{1 + i / 40},0.1\n" for i in range(40) for r in (1, 2))
        self.write("picks.csv", "source,receiver,time,sigma\n" + picks)
        self.write("job.yaml", JOB.replace("[times]", EVERYTHING).replace(
            "want:", "  pairs: picks.csv\nwant:") + "reciprocity: never\n")

    def test_every_number_of_ranks_gives_the_bytes_of_one_worker(self):
        self.more_shots()
        self.forward("--backend", "serial")
        expected = self.read("out.h5")
        backends = [(n, b) for n in RANKS for b in ("mpi", "mpi,schedule=static")]
        backends += [(2, "mpi,workers-per-rank=2"),
                     (3, "mpi,schedule=static,workers-per-rank=2")]
        for ranks, backend in backends:
            os.remove(self.path("out.h5"))
            run = self.mpirun(ranks, "forward", "job.yaml", "--backend", backend)
            self.assertEqual((run.stderr, run.returncode), ("", 0))
            self.assertEqual(run.stdout.count("done      40 of 40 shots"), 1)
            self.assertEqual(self.read("out.h5"), expected, f"{ranks} ranks, {backend}")

    def test_without_mpirun_it_is_a_pool_of_this_process(self):
        self.forward("--backend", "serial")
        expected = self.read("out.h5")
        run = self.forward("--backend", "mpi")
        self.assertIn("running   mpi, 1 worker\n", run.stdout)
        self.assertEqual(self.read("out.h5"), expected)
        run = self.forward("--workers-per-rank", "3")
        self.assertIn("running   mpi, 3 workers\n", run.stdout)
        self.assertEqual(self.read("out.h5"), expected)

    def test_mpirun_chooses_mpi_unless_told_otherwise(self):
        run = self.mpirun(2, "forward", "job.yaml")
        self.assertIn("running   mpi, 2 workers\n", run.stdout)
        run = self.mpirun(2, "forward", "job.yaml", "--workers-per-rank", "2")
        self.assertIn("running   mpi, 4 workers\n", run.stdout)

    def test_another_backend_runs_in_every_process(self):
        self.forward("--backend", "serial")
        expected = self.read("out.h5")
        script = '"$0" forward job.yaml -q --backend $1 -o rank$OMPI_COMM_WORLD_RANK.h5'
        for backend in ("serial", "threads:2", "processes:2"):
            run = self.mpirun_program(2, "sh", "-c", script, FERMAT, backend)
            self.assertEqual((run.stdout, run.stderr, run.returncode), ("", "", 0))
            for rank in (0, 1):
                self.assertEqual(self.read(f"rank{rank}.h5"), expected)
                os.remove(self.path(f"rank{rank}.h5"))

    def test_what_another_backend_cannot_do_every_process_says(self):
        script = '[ $OMPI_COMM_WORLD_RANK = 0 ] || "$0" forward nosuch.yaml --backend serial'
        run = self.mpirun_program(2, "sh", "-c", script, FERMAT)
        self.assertEqual(self.complaints(run), ["fermat: nosuch.yaml: cannot be read: "
                                                "No such file or directory"])
        self.assertEqual(run.returncode, 2)

    def test_a_rank_without_a_launcher_is_none(self):
        for name in ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK"):
            for arguments in (("--backend", "threads:2"), ("--backend", "mpi"), ()):
                kept = {k: v for k, v in os.environ.items() if k != "FERMAT_POOL"}
                run = subprocess.run(
                    [FERMAT, "forward", "job.yaml", *arguments], cwd=self.folder,
                    check=False, text=True, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, env={**kept, name: "1"}, timeout=LIMIT_S)
                self.assertEqual((run.stderr, run.returncode), ("", 0))
                self.assertIn("done  ", run.stdout)
                if not arguments:
                    self.assertIn("running   threads, ", run.stdout)
                os.remove(self.path("out.h5"))

    def test_each_rank_ends_with_the_status_of_bad_input(self):
        script = '"$0" forward job.yaml $1 2>said$OMPI_COMM_WORLD_RANK; ' \
                 'echo $? >status$OMPI_COMM_WORLD_RANK'
        for option in ("--nosuch", "--backend=threads:x"):
            self.mpirun_program(3, "sh", "-c", script, FERMAT, option)
            for rank in range(3):
                self.assertEqual(self.read(f"status{rank}"), b"2\n")
                said = self.read(f"said{rank}").count(b"fermat: ")
                self.assertEqual(said, rank == 0, option)

    def test_a_number_of_workers_is_not_for_mpi(self):
        for arguments in (("--backend", "mpi"), ("--workers-per-rank", "2"),
                          ("--backend", "mpi,schedule=static")):
            run = self.fermat("forward", "job.yaml", "--workers", "2", *arguments)
            self.assertEqual(run.returncode, 2)
            self.assertEqual(run.stderr, "fermat: --workers 2: with mpi the workers are "
                             "the ranks, and mpirun -n says how many; --workers-per-rank N "
                             "puts N threads into each\n")
        run = self.fermat("forward", "job.yaml", "--backend", "mpi:2")
        self.assertIn("mpirun -n says how many ranks, workers-per-rank=N", run.stderr)

    # ---- one voice ----

    def test_bad_input_is_complained_of_once_and_mpirun_ends_with_2(self):
        before = self.files()
        for arguments, complaint in (
                (("nosuch.yaml",), "fermat: nosuch.yaml: cannot be read"),
                (("job.yaml", "--nosuch"), "fermat: forward has no option '--nosuch'"),
                (("job.yaml", "--backend", "mpi,timeout=x"), "fermat: pool "),
                (("job.yaml", "--workers", "2"), "fermat: --workers 2: with mpi "),
                (("job.yaml", "--set", "model.constant=-1"), "fermat: "),
                (("job.yaml", "-o", "no/such/folder.h5"), "fermat: no/such/folder.h5")):
            run = self.mpirun(3, "forward", *arguments)
            said = self.complaints(run)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertEqual(len(said), 1, run.stderr)
            self.assertTrue(said[0].startswith(complaint), said)
            self.assertEqual(self.files(), before)

    # ---- the end before its time ----

    def start(self, *arguments, **more):
        """A run on three ranks that takes far longer than this test; a shot is done."""
        self.write("job.yaml", JOB + "reciprocity: never\nsolver:\n  stop_early: false\n")
        rows = "\n".join(f"S{i},{i / 500},1" for i in range(5000))
        self.write("sources.csv", f"id,x,z\n{rows}\n")
        self.write("out.h5", "an earlier result")
        run = subprocess.Popen(
            ["mpirun", "-n", "3", FERMAT, "forward", "job.yaml", "--set",
             "model.spacing=[0.01, 0.01]", "--progress=json", *arguments],
            cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**environment(self.memory), **more})
        self.addCleanup(run.kill)
        for line in run.stderr:
            if json.loads(line)["done"] > 0:
                break
        return run

    def end(self, run):
        began = time.monotonic()
        _, complaint = run.communicate(timeout=LIMIT_S)
        self.assertLess(time.monotonic() - began, LIMIT_S)
        self.assertEqual(self.read("out.h5"), b"an earlier result")
        return complaint

    def assert_gone(self, pids):
        for pid in pids:
            for _ in range(100):
                if not os.path.exists(f"/proc/{pid}"):
                    break
                time.sleep(0.1)
            self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_a_rank_that_is_killed_ends_the_job(self):
        for victim in (0, 2):
            run = self.start("--backend", "mpi")
            ranks = ranks_of(run.pid)
            self.assertEqual(sorted(ranks), [0, 1, 2])
            os.kill(ranks[victim], signal.SIGKILL)
            self.end(run)
            self.assertNotEqual(run.returncode, 0)
            self.assert_gone(ranks.values())

    def test_sigusr1_lets_the_running_shots_end_and_keeps_what_was_done(self):
        for backend in ("mpi", "mpi,schedule=static"):
            run = self.start("--backend", backend)
            ranks = ranks_of(run.pid)
            run.send_signal(signal.SIGUSR1)
            complaint = self.end(run)
            self.assertIn("fermat: interrupted by SIGUSR1 after ", complaint)
            self.assertIn("kept in out.h5.part", complaint)
            self.assertEqual(run.returncode, 128 + signal.SIGUSR1)
            self.assertIn("out.h5.part", self.files())
            self.assert_gone(ranks.values())

    def test_sigterm_and_ctrl_c_leave_time_to_keep_what_was_done(self):
        for backend, number in (("mpi", signal.SIGINT),
                                ("mpi,schedule=static", signal.SIGTERM)):
            # Of the second that mpirun leaves to a rank a busy machine may take much.
            run = self.start("--backend", backend, OMPI_MCA_odls_base_sigkill_timeout="5")
            ranks = ranks_of(run.pid)
            run.send_signal(number)
            complaint = self.end(run)
            self.assertIn("fermat: interrupted by SIGTERM after ", complaint)
            self.assertIn("kept in out.h5.part", complaint)
            self.assertEqual(run.returncode, 1)  # mpirun's own, of a job it ended
            self.assert_gone(ranks.values())
            self.assertEqual([f for f in self.files() if "part" in f],
                             ["out.h5.part", "out.part.run.json"])
            os.remove(self.path("out.h5.part"))
            os.remove(self.path("out.part.run.json"))


if __name__ == "__main__":
    main()
