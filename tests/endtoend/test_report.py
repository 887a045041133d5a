"""What the program says: plan, report, help, version, info."""

import os
import pty
import signal
import subprocess
import unittest

from harness import FERMAT, JOB, SOURCES, Case, main


class Report(Case):
    def test_the_report_names_model_survey_workers_and_output(self):
        out = self.forward("--backend", "threads:2").stdout
        for words in ("constant speed, cartesian, x 0 to 10 km, z 0 to 5 km",
                      "101 x 51 = 5151 nodes, steps of 0.1 km in x and 0.1 km in z",
                      "4 sources, 2 receivers, 8 pairs", "threads, 2 workers",
                      "2 of 2 shots", "8 reached, 0 unreachable"):
            self.assertIn(words, out)
        size = os.path.getsize(self.path("out.h5"))
        self.assertIn(f"out.h5, {size / 1000:.3g} kB", out)

    def test_lengths_are_told_in_the_unit_of_the_job(self):
        self.write("job.yaml", JOB + "units: m\n")
        out = self.forward("--plan").stdout
        self.assertIn("x 0 to 10 m, z 0 to 5 m", out)
        self.assertIn("steps of 0.1 m in x", out)

    def test_observed_times_are_compared(self):
        self.write("sources.csv", "id,x,z\nA,1,1\n")
        self.write("receivers.csv", "id,x,z\nB,9,1\nC,1,5\nD,5,1\n")
        self.write("pairs.csv", "source,receiver,time\nA,B,2.3\nA,C,0.9\nA,D,\n")
        out = self.forward("--set", "survey.pairs=pairs.csv").stdout
        self.assertIn("2 times to compare: |difference| 0.2 s on average, RMS 0.224 s",
                      out)
        self.assertIn("worst 0.3 s (source 'A', receiver 'B')", out)

    def test_quiet_says_nothing(self):
        run = self.forward("--quiet")
        self.assertEqual(run.stdout, "")
        self.assertIn("out.h5", self.files())

    def test_the_plan_runs_nothing_and_writes_nothing(self):
        before = self.files()
        out = self.forward("--plan", "--set", "want=[fields]", "--workers", "2").stdout
        self.assertEqual(self.files(), before)
        for words in ("4 shots of 5151 nodes", "2 (threads)", "memory    about ",
                      "out.h5, about ", "time      about ", "Nothing was run"):
            self.assertIn(words, out)

    def test_the_plan_foretells_the_size_of_the_output(self):
        for want in ("[times]", "[times, fields]", "[sum]"):
            asked = ("--set", f"want={want}", "--set", "model.spacing=[0.05, 0.05]")
            plan = self.forward("--plan", *asked).stdout
            foretold = next(line for line in plan.split("\n") if "out.h5, about" in line)
            run = self.forward(*asked).stdout
            actual = next(line for line in run.split("\n") if "out.h5, " in line)
            sizes = [float(line.split()[-2]) for line in (foretold, actual)]
            self.assertEqual(foretold.split()[-1], actual.split()[-1])
            self.assertAlmostEqual(sizes[0] / sizes[1], 1, delta=0.1)

    def test_the_plan_foretells_the_memory(self):
        with open(FERMAT, "rb") as program:
            code = program.read()
        if b"__asan_" in code or b"__tsan_" in code:
            self.skipTest("a sanitizer takes more memory than the program")
        for letter, name, n in (("S", "sources", 500), ("R", "receivers", 2000)):
            rows = "".join(f"{letter}{i},{i / n * 10},1\n" for i in range(n))
            self.write(f"{name}.csv", "id,x,z\n" + rows)
        for asked in (("--set", "reciprocity=never"),
                      ("--set", "model.spacing=[0.01, 0.01]", "--set", "want=[fields]",
                       "--set", "reciprocity=never"),
                      ("--set", "model.spacing=[0.01, 0.01]", "--set", "want=[sum]")):
            asked += ("--workers", "2", "--set", "solver.refine=0")
            if "want=[fields]" in asked or "want=[sum]" in asked:
                self.write("sources.csv", SOURCES)
            plan = self.forward("--plan", *asked).stdout
            line = next(line for line in plan.split("\n") if line.startswith("memory"))
            unit = {"MB": 1e6, "GB": 1e9}[line.split()[-1]]
            foretold = float(line.split()[-2]) * unit
            run = subprocess.Popen([FERMAT, "forward", "job.yaml", "-q", *asked],
                                   cwd=self.folder)
            _, status, usage = os.wait4(run.pid, 0)
            run.returncode = status
            self.assertEqual(status, 0)
            self.assertAlmostEqual(foretold / (usage.ru_maxrss * 1024), 1, delta=0.3)

    def test_help_and_version(self):
        top = self.fermat("--help")
        self.assertEqual((top.returncode, top.stderr), (0, ""))
        for command in ("forward", "check", "info"):
            self.assertIn(f"fermat {command}", top.stdout)
            asked = self.fermat("help", command)
            option = self.fermat(command, "--help")
            self.assertEqual((asked.returncode, option.returncode), (0, 0))
            self.assertIn(f"fermat {command}", asked.stdout)
            self.assertEqual(asked.stdout, option.stdout)
        self.assertRegex(self.fermat("--version").stdout, r"^fermat \d+\.\d+\.\d+\n$")

    def test_info_tells_what_a_result_contains(self):
        self.forward()
        told = self.fermat("info", "out.h5")
        self.assertEqual((told.returncode, told.stderr), (0, ""))
        for words in ("cartesian", "101 values", "51 values", "4 done", "8 reached"):
            self.assertIn(words, told.stdout)

    def long_run(self, *arguments):
        """Started with a terminal for stderr: the process and the terminal."""
        self.write("job.yaml", JOB + "reciprocity: never\nsolver:\n  stop_early: false\n")
        rows = "\n".join(f"S{i},{i / 50},1" for i in range(500))
        self.write("sources.csv", f"id,x,z\n{rows}\n")
        terminal, other = pty.openpty()
        run = subprocess.Popen(
            [FERMAT, "forward", "job.yaml", "--backend", "serial", "--set",
             "model.spacing=[0.01, 0.01]", *arguments],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=other)
        os.close(other)
        return run, terminal

    def read_terminal(self, terminal, until):
        said = b""
        while until is None or until not in said:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            said += chunk
        return said

    def test_a_terminal_gets_a_bar_and_a_complaint_wipes_it(self):
        run, terminal = self.long_run()
        said = self.read_terminal(terminal, b"/500 shots, ")
        run.send_signal(signal.SIGINT)
        said += self.read_terminal(terminal, None)
        self.assertEqual(run.wait(), 130)
        os.close(terminal)
        self.assertIn(b"\r[", said)
        self.assertIn(b"/500 shots, ", said)
        self.assertIn(b"\r\x1b[Kfermat: interrupted", said)

    def test_a_quiet_run_draws_no_bar(self):
        run, terminal = self.long_run("--quiet", "--set", "model.spacing=[0.1, 0.1]")
        said = self.read_terminal(terminal, None)
        self.assertEqual(run.wait(), 0)
        os.close(terminal)
        self.assertEqual(said, b"")


if __name__ == "__main__":
    main()
