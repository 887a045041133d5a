"""Programs that are started without standard input, output or error (`>&-`): the result
is whole, nothing hangs, and what could not be printed is told where that is possible."""

import itertools
import os
import subprocess

from harness import FERMAT, JOB, Case, main

BACKENDS = ("serial", "threads:2", "processes:2", "processes:2,start=forkserver",
            "processes:2,start=spawn")
GENEROUS_S = 120


class Closed(Case):
    def run_without(self, closed, *arguments):
        """Its exit status and what it said, with these of the files 0, 1 and 2 closed."""
        said = {}
        for file in (1, 2):
            said[file] = open(self.path(f"said{file}"), "w+", encoding="utf-8")
            self.addCleanup(said[file].close)

        def close():
            for file in closed:
                os.close(file)

        run = subprocess.Popen(
            [FERMAT, *arguments], cwd=self.folder, preexec_fn=close,
            stdin=subprocess.DEVNULL, stdout=said[1], stderr=said[2],
            env={k: v for k, v in os.environ.items() if k != "FERMAT_POOL"})
        try:
            status = run.wait(GENEROUS_S)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            self.fail("it hangs")
        texts = []
        for file in (1, 2):
            said[file].seek(0)
            texts.append(said[file].read())
            os.remove(self.path(f"said{file}"))
        return status, *texts

    def test_every_backend_makes_the_same_file_whatever_is_closed(self):
        self.write("job.yaml", JOB.replace("times", "times, fields"))
        self.forward("--backend", "serial", "-o", "expected.h5")
        before = self.files()
        for backend in BACKENDS:
            for n in (1, 2, 3):
                for closed in itertools.combinations((0, 1, 2), n):
                    with self.subTest(backend=backend, closed=closed):
                        status, out, complaint = self.run_without(
                            closed, "forward", "job.yaml", "--backend", backend)
                        self.assertEqual(self.read("out.h5"), self.read("expected.h5"))
                        self.assertEqual(status, 1 if 1 in closed else 0)
                        told = "" if 1 not in closed or 2 in closed else (
                            "fermat: cannot write to standard output: "
                            "Bad file descriptor\n")
                        self.assertEqual(complaint, told)
                        if 1 not in closed:
                            self.assertIn("out.h5", out)
                        os.remove(self.path("out.h5"))
                        os.remove(self.path("out.run.json"))
                        self.assertEqual(
                            [f for f in self.files() if not f.startswith("said")], before)

    def test_a_command_that_only_prints_fails(self):
        for command in ("version", "help"):
            self.assertEqual(self.run_without((1,), command), (
                1, "", "fermat: cannot write to standard output: Bad file descriptor\n"))
            self.assertEqual(self.run_without((0, 1, 2), command), (1, "", ""))
            self.assertEqual(self.run_without((0, 2), command)[::2], (0, ""))

    def test_what_is_wrong_shows_in_the_status(self):
        self.assertEqual(self.run_without((1, 2), "forward", "nowhere.yaml")[0], 2)


if __name__ == "__main__":
    main()
