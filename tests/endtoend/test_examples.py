"""The numbered examples, built against the installed library as a user would build them,
and run: all must print the same number, to the last bit."""

import glob
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

EXAMPLES = os.environ["EXAMPLES"]
CC = os.environ["CC"]
FLAGS = shlex.split(os.environ.get("FLAGS", ""))
SANITIZED = any("-fsanitize" in flag for flag in FLAGS)
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror"]
LIMIT_S = 120  # against hangs; the longest takes seconds, also under the sanitizers
FEWER_LINES = 120

FOLDER = tempfile.mkdtemp(prefix="fermat-examples-")
unittest.addModuleCleanup(shutil.rmtree, FOLDER)

# mpirun as root and with more ranks than processors; which is what containers are like.
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if k != "FERMAT_POOL"},
    "PKG_CONFIG_PATH": os.path.join(FOLDER, "installed", "lib", "pkgconfig"),
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
}


def call(*command, **more):
    """Run a command that must succeed; what it printed."""
    done = subprocess.run(command, env={**ENVIRONMENT, **more}, cwd=FOLDER, text=True,
                          check=False, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}")
    return done.stdout


def some(*cases):
    """All of them, or the last under sanitizers, which take ten times as long."""
    return cases[-1:] if SANITIZED else cases


def number_of(output):
    """The travel-time sum it printed, as it stands there."""
    found = re.findall(r"^travel-time sum (\S+) s   by ", output, re.M)
    assert len(found) == 1, output
    return found[0]


def setUpModule():
    call("cmake", "--install", os.environ["BUILD"],
         "--prefix", os.path.join(FOLDER, "installed"))


class Examples(unittest.TestCase):
    """One test a stage; each builds what it runs."""

    reference = None

    def program(self, name, compiler=CC):
        """Build examples/NAME.c with the command that its comment tells."""
        path = os.path.join(FOLDER, name)
        options = shlex.split(call("pkg-config", "--cflags", "--libs", "--static", "fermat"))
        call(compiler, *FLAGS, *WARNINGS, os.path.join(EXAMPLES, name + ".c"), *options,
             "-o", path)
        return path

    def assert_same_number(self, output):
        """As one loop has it."""
        if Examples.reference is None:
            Examples.reference = number_of(call(self.program("01_loop")))
        self.assertEqual(number_of(output), Examples.reference)

    def on_ranks(self, program, *arguments, ranks):
        """Its output under mpirun. What libmpi leaves to the end of the process is not
        ours to report."""
        return call("mpirun", "--bind-to", "none", "-n", str(ranks), program, *arguments,
                    ASAN_OPTIONS="detect_leaks=0")

    def need_mpi(self):
        """Or skip. What the sanitizers do not know of libmpi they take for errors."""
        if not shutil.which("mpicc") or not shutil.which("mpirun"):
            self.skipTest("there is no mpicc or no mpirun")
        if SANITIZED:
            self.skipTest("with sanitizers")

    def has_mpi(self):
        """Whether the library was built with it."""
        return "mpi" in call("pkg-config", "--libs", "--static", "fermat")

    def test_each_is_a_program_of_one_page(self):
        programs = sorted(glob.glob(os.path.join(EXAMPLES, "0*.c")))
        numbers = [int(os.path.basename(path)[:2]) for path in programs]
        self.assertEqual(numbers, sorted(set(numbers)))
        for path in programs:
            with open(path, encoding="utf-8") as text:
                self.assertLess(len(text.readlines()), FEWER_LINES, path)

    def test_threads_by_hand_give_the_number_of_the_loop(self):
        program = self.program("02_threads")
        for threads in some("1", "2", "5"):
            self.assert_same_number(call(program, threads))

    def test_futures_give_it_and_an_error_comes_out_of_its_own_future(self):
        program = self.program("03_futures")
        for spec in some("threads:2", "serial", "threads:5"):
            output = call(program, spec)
            self.assert_same_number(output)
            self.assertIn("a shot that is not there: shot 31 of 24\n", output)

    def test_forked_children_give_it_though_one_dies_and_none_changes_the_parent(self):
        output = call(self.program("04_fork"))
        self.assert_same_number(output)
        self.assertIn("parent: 0 bytes of 1616 came from a child that died of signal 9\n",
                      output)
        self.assertIn("my own count is 0\n", output)

    @unittest.skipIf(SANITIZED, "the sanitizers have pages of their own")
    def test_a_child_copies_the_pages_it_writes_and_none_that_it_reads(self):
        output = call(self.program("04_fork"))
        found = re.findall(r"to read the medium made (\d+) pages, to write it (\d+)", output)
        self.assertEqual(len(found), 2)
        pages = 301 * 181 * 8 // os.sysconf("SC_PAGESIZE")
        for read, written in found:
            self.assertLess(int(read), pages // 4)
            self.assertGreaterEqual(int(written), pages)

    def test_processes_give_it_however_they_are_started(self):
        program = self.program("05_spawn")
        for start in some("fork", "forkserver", "spawn"):
            output = call(program, start)
            self.assert_same_number(output)
            self.assertRegex(output, r"a task that kills its worker: worker died: .*signal 9")
            here, worker = re.findall(
                r"^(?:here|worker): +process (\d+), kernel at (\S+), mood (.+)$", output, re.M)
            self.assertNotEqual(here[0], worker[0])
            self.assertEqual(here[2], "changed")
            self.assertEqual(here[1:] == worker[1:], start == "fork")
            self.assertEqual(worker[2] == "as at the beginning", start != "fork")

    def test_one_program_gives_it_on_any_backend(self):
        program = self.program("08_pool")
        specs = some("serial", "mpi", "processes:2", "processes:2,start=spawn", "threads:3")
        for spec in specs:
            if spec == "mpi" and not self.has_mpi():
                continue
            self.assert_same_number(call(program, spec))
            output = call(program, FERMAT_POOL=spec)
            self.assert_same_number(output)
            self.assertIn(f"by {re.split('[:,]', spec)[0]} with ", output)

    def test_ranks_give_it_by_either_schedule(self):
        self.need_mpi()
        program = self.program("07_mpi_pool")
        if not self.has_mpi():
            with self.assertRaisesRegex(AssertionError, "07_mpi_pool: pool \"mpi\": this "
                                        "program was built without MPI; choose serial"):
                call(program)
            self.skipTest("the library was built without MPI")
        self.assert_same_number(call(program))
        for ranks in 1, 2, 3:
            for spec in "mpi", "mpi,schedule=static":
                output = self.on_ranks(program, spec, ranks=ranks)
                self.assert_same_number(output)
                self.assertIn(f"by mpi with {ranks} workers\n", output)
                shots = re.findall(r"^rank \d+: (\d+) shots", output, re.M)
                self.assertEqual(sum(map(int, shots)), 24)
        output = self.on_ranks(self.program("08_pool"), "mpi", ranks=2)
        self.assert_same_number(output)

    def test_the_exact_reduction_does_not_know_the_number_of_ranks_and_mpi_sum_does(self):
        self.need_mpi()
        program = self.program("06_scatter_reduce", "mpicc")
        for ranks in 1, 2, 3, 5:
            output = self.on_ranks(program, ranks=ranks)
            self.assert_same_number(output)
            differ = int(re.search(r"differs from one loop at (\d+) of 101", output)[1])
            self.assertEqual(differ > 0, ranks > 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
