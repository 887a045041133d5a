"""fermat check, as a user runs it."""

import os
import subprocess
import unittest

FERMAT = os.environ["FERMAT"]


def check(*options):
    return subprocess.run([FERMAT, "check", *options], capture_output=True, text=True,
                          check=False)


class Quick(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.outcome = check("--quick")
        cls.rows = [line for line in cls.outcome.stdout.splitlines() if line.endswith("  ok")]

    def test_prints_every_case_and_passes(self):
        run = self.outcome
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(len(self.rows), 14)
        self.assertIn("14 of 14 within their bounds.", run.stdout)
        self.assertEqual(run.stderr, "")
        for problem in ("constant", "gradient", "sloth", "manufactured", "sphere",
                        "mercator", "section", "log-polar", "layers"):
            self.assertTrue(any(row.startswith(problem + " ") for row in self.rows), problem)

    def test_errors_fall_from_grid_to_grid(self):
        for row in self.rows:
            if not row.startswith("constant "):  # which is exact, or nearly
                errors = [float(word) for word in row.split() if "e-" in word][:3]
                self.assertEqual(errors, sorted(errors, reverse=True), row)


class CommandLine(unittest.TestCase):
    def test_unknown_option_is_bad_input(self):
        run = check("--quik")
        self.assertEqual(run.returncode, 2)
        self.assertIn("'--quik'", run.stderr)
        self.assertEqual(run.stdout, "")

    def test_arguments_are_bad_input(self):
        run = check("--quick", "job.yaml")
        self.assertEqual(run.returncode, 2)
        self.assertIn("'job.yaml'", run.stderr)

    def test_help_goes_to_stdout(self):
        run = check("--help")
        self.assertEqual(run.returncode, 0)
        self.assertIn("--quick", run.stdout)


if __name__ == "__main__":
    unittest.main()
