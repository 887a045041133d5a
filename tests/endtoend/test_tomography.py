"""examples/tomography.py, small: either method makes the times fit and finds the checkerboard
where rays went."""

import os
import re
import subprocess
import sys

from harness import FERMAT, Case, main

EXAMPLE = os.path.join(os.environ["ROOT"], "examples/tomography.py")


def python():
    """One that has what the example needs; scripts/setup installs it for Debian's."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        done = subprocess.run([candidate, "-c", "import h5py, matplotlib, scipy"], check=False,
                              stderr=subprocess.DEVNULL)
        if done.returncode == 0:
            return candidate
    raise AssertionError("no Python has h5py, matplotlib and scipy; scripts/setup installs them")


class Tomography(Case):
    def run_example(self, *arguments):
        return subprocess.run([python(), "-B", EXAMPLE, "--small", "--fermat", FERMAT,
                               *arguments], cwd=self.folder, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def assert_finds_it(self, *arguments):
        done = self.run_example(*arguments)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        first, last = map(float, re.search(r"misfit ([\d.]+) -> ([\d.]+)", done.stdout).groups())
        self.assertLess(last, 0.1 * first)
        # The last line but one: the vertices that most rays pass.
        _, correlation, share = map(float, done.stdout.splitlines()[-2].split()[-3:])
        self.assertGreater(correlation, 0.9)
        self.assertTrue(0.8 < share < 1.1, share)
        self.assertEqual(self.read("tomography.png")[:8], b"\x89PNG\r\n\x1a\n")

    def test_gauss_newton_with_the_frechet_matrix(self):
        self.assert_finds_it("--method", "lsqr", "--iterations", "3")

    def test_lbfgs_with_the_gradient(self):
        self.assert_finds_it("--method", "lbfgs", "--iterations", "15")

    def test_a_run_that_fails_ends_it(self):
        done = self.run_example("--backend", "abacus")
        self.assertIn("tomography.py: ", done.stderr)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    main()
