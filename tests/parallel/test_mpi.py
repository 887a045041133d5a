"""Programs under mpirun: sums on any number of ranks, and what goes wrong ends the job."""

import os
import subprocess
import tempfile
import time
import unittest

PROGRAMS = os.environ["PROGRAMS"]
MPIRUN = os.environ["MPIRUN"]
LIMIT_S = 60  # against hangs


def mpirun(ranks, program, *arguments):
    """Ranks that are killed leave Open MPI's shared memory behind: here in a folder."""
    with tempfile.TemporaryDirectory(prefix="fermat-test-") as memory:
        return subprocess.run(
            [MPIRUN, "--bind-to", "none", "-n", str(ranks),
             os.path.join(PROGRAMS, program), *arguments], text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=LIMIT_S, env={**os.environ,
                                  "OMPI_MCA_btl_vader_backing_directory": memory})


class Mpi(unittest.TestCase):
    def sums(self, ranks, spec):
        run = mpirun(ranks, "mpi_sums", spec)
        self.assertEqual((run.stderr, run.returncode), ("", 0))
        lines = [line.split() for line in run.stdout.splitlines()]
        self.assertEqual(sorted(line[0] for line in lines), ["exact", "plain"])
        return {line[0]: tuple(line[1:]) for line in lines}

    def test_plain_sums_differ_between_numbers_of_ranks_and_exact_ones_do_not(self):
        all_sums = [self.sums(ranks, spec) for ranks in (1, 2, 3, 5, 8)
                    for spec in ("mpi", "mpi,schedule=static")]
        self.assertEqual(len({s["exact"] for s in all_sums}), 1)
        self.assertGreater(len({s["plain"] for s in all_sums}), 1)
        changed = sum(a != b for a, b in zip(all_sums[0]["plain"], all_sums[2]["plain"]))
        print(f"2 ranks instead of 1 change {changed} of {len(all_sums[0]['plain'])} "
              "plain sums")

    def end_of(self, fault):
        began = time.monotonic()
        run = mpirun(3, "mpi_faults", fault)
        self.assertNotEqual(run.returncode, 0)
        self.assertLess(time.monotonic() - began, LIMIT_S)
        return run

    def test_a_failure_of_mpi_ends_the_job_and_says_so(self):
        run = self.end_of("send")
        self.assertIn("fermat: rank 1: MPI_Isend failed: ", run.stderr)
        self.assertIn("; the job cannot go on", run.stderr)

    def test_a_program_that_leaves_its_pool_open_ends_the_job(self):
        run = self.end_of("open")
        self.assertIn("the map ended with status 0", run.stdout)

    def test_a_kernel_that_calls_exit_ends_the_job(self):
        self.end_of("exit")

    def test_a_rank_0_that_ends_before_its_first_pool_ends_the_job(self):
        self.end_of("early")


if __name__ == "__main__":
    unittest.main(verbosity=2)
