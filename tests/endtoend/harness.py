"""A folder with a small job in it, the program run on it, and its results read."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

FERMAT = os.environ["FERMAT"]

JOB = """\
model:
  constant: 4
  geometry: cartesian
  extent: [0, 10, 0, 5]
  spacing: [0.1, 0.1]
survey:
  sources: sources.csv
  receivers: receivers.csv
want: [times]
output: out.h5
"""
SOURCES = "id,x,z\nS1,1.03,0.21\nS2,5.5,0.33\nS3,8.77,1.9\nS4,3.21,4.4\n"
RECEIVERS = "id,x,z\nR1,0.5,4.5\nR2,9.9,4.75\n"


def numbers(text):
    """The table of a survey file: {id: (x, z)}."""
    rows = [line.split(",") for line in text.split()[1:]]
    return {row[0]: (float(row[1]), float(row[2])) for row in rows}


def make_grid(path, values, step):
    """A netCDF-4 grid of speeds, values[z][x], with ncgen."""
    nz, nx = len(values), len(values[0])
    cdl = path + ".cdl"
    with open(cdl, "w", encoding="ascii") as out:
        out.write(f"netcdf g {{ dimensions: z = {nz}; x = {nx};\n")
        out.write('variables: double x(x); x:units = "km"; double z(z);')
        out.write(' z:units = "km"; double speed(z, x); speed:units = "km s-1";\n')
        out.write(f"data: x = {', '.join(str(i * step) for i in range(nx))};\n")
        out.write(f"z = {', '.join(str(k * step) for k in range(nz))};\n")
        cells = ", ".join(str(v) for row in values for v in row)
        out.write(f"speed = {cells}; }}\n")
    subprocess.run(["ncgen", "-k", "nc4", "-o", path, cdl], check=True)
    os.remove(cdl)


class Case(unittest.TestCase):
    """Each test has its own folder, which holds job.yaml and its survey."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fermat-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.write("job.yaml", JOB)
        self.write("sources.csv", SOURCES)
        self.write("receivers.csv", RECEIVERS)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)

    def read(self, name):
        with open(self.path(name), "rb") as stream:
            return stream.read()

    def files(self):
        return sorted(os.listdir(self.folder))

    def fermat(self, *arguments, **options):
        """Run the program in the folder; what it said and its exit status."""
        return subprocess.run(
            [FERMAT, *arguments], cwd=self.folder, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={k: v for k, v in os.environ.items() if k != "FERMAT_POOL"}, **options)

    def forward(self, *arguments, **options):
        """Run a job that must succeed."""
        done = self.fermat("forward", "job.yaml", *arguments, **options)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return done

    def variable(self, file, name):
        """A variable of a result, flat, by ncdump; missing values are None."""
        dump = subprocess.run(["ncdump", "-p", "9,17", "-v", name, self.path(file)],
                              check=True, text=True, stdout=subprocess.PIPE).stdout
        found = re.search(rf"\n {name} =\s(.*?);", dump[dump.index("\ndata:"):], re.S)
        words = found.group(1).replace("\n", " ").split(",")
        return [None if w.strip() in ("_", "NaN", "NaNf") else float(w) for w in words]


def main():
    unittest.main(verbosity=2)
