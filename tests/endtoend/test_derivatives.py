#!/usr/bin/python3
"""Rays, Fréchet rows, misfits, gradients and coverage as a user gets them: in the file,
on every backend, through every kind of model. Reads the results with h5py."""

import os
import random

import h5py
import numpy as np

from harness import Case, main

ALL = "want=[times, fields, sum, rays, frechet, misfit, gradient, coverage]"
JOB = """\
model: {{file: {model}, geometry: {geometry}, {more}}}
survey: {{sources: sources.csv, receivers: receivers.csv, pairs: picks.csv}}
want: [times, rays, frechet, misfit, gradient, coverage]
output: out.h5
"""
NX, NZ = 9, 7  # nodes or vertices
# Geometry: names and ranges of the coordinates, and the radius of a smooth speed.
RANGES = {"cartesian": ("x", "z", 0, 80, 0, 60),
          "geographic": ("lon", "lat", 100, 116, 20, 32),
          "polar": ("angle", "radius", 0, 16, 5000, 6200)}


def smooth(nx, nz, ripple, chance):
    """Speeds around 4 km/s, [nz][nx]."""
    return np.array([[4 + ripple * chance.uniform(-1, 1) for _ in range(nx)] for _ in range(nz)])


def points(n, geometry, chance, letter):
    x, z, x0, x1, z0, z1 = RANGES[geometry]
    rows = (f"{letter}{i},{chance.uniform(x0, x1):.6f},{chance.uniform(z0, z1):.6f}\n"
            for i in range(n))
    return f"id,{x},{z}\n" + "".join(rows)


class Derivatives(Case):
    def survey(self, geometry, sources=4, receivers=6, seed=1):
        """Off the nodes, with picks that no model of ours gives, and one without a time."""
        chance = random.Random(seed)
        self.write("sources.csv", points(sources, geometry, chance, "S"))
        self.write("receivers.csv", points(receivers, geometry, chance, "R"))
        rows = [f"S{s},R{r},{chance.uniform(1, 30):.3f},{chance.uniform(0.2, 2):.3f}\n"
                for s in range(sources) for r in range(receivers)]
        rows[5] = "S0,R5,,\n"
        self.write("picks.csv", "source,receiver,time,sigma\n" + "".join(rows))

    def grid(self, geometry, speeds, name="model.h5"):
        """A grid file, coordinates of the geometry."""
        x, z, x0, x1, z0, z1 = RANGES[geometry]
        unit = {"cartesian": ("km", "km"), "geographic": ("degrees_east", "degrees_north"),
                "polar": ("degrees", "km")}[geometry]
        with h5py.File(self.path(name), "w") as f:
            for axis, n, low, high, u in ((x, speeds.shape[1], x0, x1, unit[0]),
                                          (z, speeds.shape[0], z0, z1, unit[1])):
                f[axis] = np.linspace(low, high, n)
                f[axis].attrs["units"] = u
                f[axis].make_scale(axis)
            f["speed"] = speeds
            f["speed"].attrs["units"] = "km s-1"
            f["speed"].dims[0].attach_scale(f[z])
            f["speed"].dims[1].attach_scale(f[x])

    def vtx(self, vertices, name="model.vtx"):
        """An FMST grid, [nlat + 2][nlon + 2] from the south, geographic."""
        _, _, x0, x1, z0, z1 = RANGES["geographic"]
        nlat, nlon = vertices.shape[0] - 2, vertices.shape[1] - 2
        lines = [f"{nlat} {nlon}", f"{z1} {x0}", f"{(z1 - z0) / (nlat - 1)} {(x1 - x0) / (nlon - 1)}"]
        lines += [f"{v!r}" for v in vertices[::-1].T.ravel().tolist()]
        self.write(name, "\n".join(lines) + "\n")

    def job(self, geometry, more, model="model.h5"):
        self.write("job.yaml", JOB.format(model=model, geometry=geometry, more=more))

    def run_job(self, *arguments):
        self.forward("--quiet", *arguments)
        return h5py.File(self.path("out.h5"))

    def rows(self, f):
        """The Fréchet matrix in full, [pairs][coefficients]."""
        g = f["frechet"]
        full = np.zeros(g.attrs["shape"])
        indptr, indices, data = g["indptr"][:], g["indices"][:], g["data"][:]
        for row in range(full.shape[0]):
            columns = indices[indptr[row]:indptr[row + 1]]
            self.assertTrue((np.diff(columns) > 0).all())
            full[row, columns] = data[indptr[row]:indptr[row + 1]]
        return full

    # ---- closure ----

    def assert_closes(self, f, sign):
        """Each row times the coefficients is the ray's own time."""
        full, c, times = self.rows(f), f["coefficient"][:].ravel(), f["ray_time"][:]
        np.testing.assert_allclose(sign * full @ c, times, rtol=1e-12)

    def test_rows_close_on_speed_and_on_slowness_in_every_geometry(self):
        for geometry in RANGES:
            self.survey(geometry)
            self.grid(geometry, smooth(NX, NZ, 0.3, random.Random(3)))
            for interpolation in ("linear", "cubic", "bspline"):
                self.job(geometry, f"interpolation: {interpolation}, dice: [6, 6]")
                for quantity, sign in (("speed", -1), ("slowness", 1)):
                    with self.run_job("--set", f"derivatives.quantity={quantity}") as f:
                        self.assert_closes(f, sign)
                        self.assertEqual(f["frechet"].attrs["quantity"].decode(), quantity)

    def test_rows_close_with_cushions_folded_and_kept(self):
        chance = random.Random(5)
        self.survey("geographic")
        self.vtx(smooth(NX + 2, NZ + 2, 0.3, chance))
        self.job("geographic", "dice: [6, 6]", "model.vtx")
        for cushions, shape in (("fold", (NZ, NX)), ("keep", (NZ + 2, NX + 2))):
            with self.run_job("--set", f"derivatives.cushions={cushions}") as f:
                self.assertEqual(f["coefficient"].shape, shape)
                self.assert_closes(f, -1)

    def test_profiles_gradients_constants_and_cosines_close(self):
        models = {
            "file: profile.csv": "cartesian", "gradient: [3, 0.01, 0.02]": "cartesian",
            "constant: 4": "polar",
            "cosines: cosines.csv, quantity: slowness, reference: 0": "cartesian",
        }
        self.write("profile.csv", "depth_km,vp_km_s\n-1,3\n20,3.5\n20,4.5\n70,5\n")
        self.write("cosines.csv", "kx,kz,value\n0,0,0.25\n1,0,0.02\n0,1,-0.01\n2,3,0.01\n")
        for model, geometry in models.items():
            _, _, x0, x1, z0, z1 = RANGES[geometry]
            self.survey(geometry)
            self.job(geometry, f"extent: [{x0}, {x1}, {z0}, {z1}], spacing: "
                     + ("[1, 1]" if geometry == "cartesian" else "[0.2, 20]"), "X")
            text = self.read("job.yaml").decode().replace("file: X", model)
            self.write("job.yaml", text)
            quantity = ("--set", "derivatives.quantity=slowness") if "slowness" in model else ()
            with self.run_job(*quantity) as f:
                self.assert_closes(f, 1 if quantity else -1)

    def test_a_threshold_leaves_out_what_is_small_in_its_own_row(self):
        self.survey("cartesian")
        self.grid("cartesian", smooth(NX, NZ, 0.3, random.Random(3)))
        self.job("cartesian", "interpolation: bspline, dice: [6, 6]")
        with self.run_job() as f:
            full = self.rows(f)
        with self.run_job("--set", "derivatives.threshold=0.01") as f:
            thinned = self.rows(f)
        least = 0.01 * abs(full).max(axis=1, keepdims=True)
        np.testing.assert_array_equal(thinned, np.where(abs(full) >= least, full, 0))
        self.assertLess(np.count_nonzero(thinned), np.count_nonzero(full))

    # ---- derivatives against differences ----

    def misfit_along(self, write, values, direction, step):
        """Misfit at the two ends of a step in a direction of the coefficients."""
        ends = []
        for sign in (1, -1):
            write(values + sign * step * direction)
            with self.run_job("--set", "want=[times, misfit]", "--set", "solver.exact=true") as f:
                ends.append(float(f["misfit_sum"][()]))
        return (ends[0] - ends[1]) / (2 * step)

    def assert_gradient(self, write, values, tolerance=1e-6):
        """Along random directions, relative to the length of the gradient. Where a stencil
        switches the misfit has a kink, and a difference across it tells of the kink; so
        the better of two steps counts."""
        chance = np.random.default_rng(7)
        write(values)
        with self.run_job("--set", "want=[gradient]", "--set", "solver.exact=true") as f:
            gradient = f["gradient"][:]
        for _ in range(3):
            direction = chance.uniform(-1, 1, values.shape)
            exact = (gradient * direction).sum()
            errors = [abs(self.misfit_along(write, values, direction, step) - exact)
                      for step in (2e-5, 1e-6)]
            self.assertLessEqual(min(errors), tolerance * np.linalg.norm(gradient))

    def test_rows_are_what_differences_of_the_times_say(self):
        """A ray's row is the derivative of the continuous time, so it differs from that of
        the scheme by the scheme's error: measured 4e-4 of the row's greatest entry on
        average and 1e-2 at worst on this grid, a quarter of that on one twice as fine."""
        times = ("--set", "want=[times]", "--set", "reciprocity=never")
        for geometry in RANGES:
            self.survey(geometry)
            self.job(geometry, "interpolation: bspline, dice: [12, 12]")
            speeds = smooth(NX, NZ, 0.2, random.Random(3))
            self.grid(geometry, speeds)
            with self.run_job("--set", "want=[frechet]", "--set", "reciprocity=never") as f:
                full = self.rows(f)
            errors = []
            for k, i in ((3, 4), (2, 6), (0, 3), (5, 8)):
                ends = []
                for step in (1e-3, -1e-3):
                    other = speeds.copy()
                    other[k, i] += step
                    self.grid(geometry, other)
                    with self.run_job(*times) as f:
                        ends.append(f["arrival"][:])
                difference = (ends[0] - ends[1]) / 2e-3
                errors.append(abs(difference - full[:, k * NX + i]) / abs(full).max(axis=1))
            self.assertLess(np.mean(errors), 1.5e-3, geometry)
            self.assertLess(np.quantile(errors, 0.95), 5e-3, geometry)

    def test_the_gradient_is_that_of_the_numbers_in_every_geometry(self):
        for geometry in RANGES:
            self.survey(geometry)
            self.job(geometry, "interpolation: bspline, dice: [6, 6]")
            self.assert_gradient(lambda v, g=geometry: self.grid(g, v),
                                 smooth(NX, NZ, 0.2, random.Random(11)))

    def test_the_gradient_goes_through_vertices_and_their_cushions(self):
        self.survey("geographic")
        self.job("geographic", "dice: [6, 6]}\nderivatives: {cushions: keep", "model.vtx")
        self.assert_gradient(self.vtx, smooth(NX + 2, NZ + 2, 0.2, random.Random(13)))

    def test_the_gradient_goes_through_the_grids_around_sources_beside_an_interface(self):
        self.survey("cartesian")
        depths = (-1, 20, 20, 45, 70)
        self.job("cartesian", "extent: [0, 80, 0, 60], spacing: [1, 1]", "profile.csv")

        def write(speeds):
            rows = (f"{d},{v!r}\n" for d, v in zip(depths, speeds.ravel().tolist()))
            self.write("profile.csv", "depth_km,vp_km_s\n" + "".join(rows))
        self.assert_gradient(write, np.array([[3.1], [3.6], [4.6], [4.9], [5.5]]))

    def test_the_misfit_is_half_the_sum_of_squares_of_what_was_observed(self):
        self.survey("cartesian")
        self.grid("cartesian", smooth(NX, NZ, 0.3, random.Random(3)))
        self.job("cartesian", "dice: [6, 6]")
        with self.run_job() as f:
            residual = (f["arrival"][:] - f["arrival_observed"][:]) / f["arrival_sigma"][:]
            source = f["arrival_source"][:]
            for s in range(4):
                mine = residual[(source == s) & np.isfinite(residual)]
                self.assertAlmostEqual(f["misfit"][s] / (0.5 * (mine ** 2).sum()), 1, 12)
            self.assertEqual(f["misfit_pairs"][()], 23)
            self.assertAlmostEqual(f["misfit_sum"][()] / f["misfit"][:].sum(), 1, 12)

    def test_a_misfit_too_large_for_a_number_is_told_by_its_values(self):
        self.survey("cartesian")
        self.grid("cartesian", smooth(NX, NZ, 0.3, random.Random(3)))
        self.job("cartesian", "dice: [6, 6]")
        self.write("picks.csv", "source,receiver,time,sigma\nS0,R1,1e200,1e-5\nS1,R1,2,1\n")
        done = self.fermat("forward", "job.yaml", "--set", "want=[gradient]")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the observed time 1e+200 s", done.stderr)
        self.assertIn("sigma 1e-05 s", done.stderr)

    def test_with_the_times_of_the_model_itself_nothing_pulls(self):
        self.survey("cartesian")
        self.grid("cartesian", smooth(NX, NZ, 0.3, random.Random(3)))
        self.job("cartesian", "dice: [6, 6]")
        with self.run_job() as f:
            rows = [f"S{s},R{r},{t!r},1\n" for s, r, t in
                    zip(f["arrival_source"][:], f["arrival_receiver"][:], f["arrival"][:].tolist())]
        self.write("picks.csv", "source,receiver,time,sigma\n" + "".join(rows))
        with self.run_job() as f:
            self.assertEqual(f["misfit_sum"][()], 0)
            self.assertFalse(f["gradient"][:].any())

    # ---- rays ----

    def test_rays_run_from_receiver_to_source_also_when_marched_the_other_way(self):
        self.survey("geographic", sources=8, receivers=3)
        self.write("picks.csv", "source,receiver,time\n" + "".join(
            f"S{s},R{r},10\n" for s in range(8) for r in range(3)))
        self.grid("geographic", smooth(NX, NZ, 0.3, random.Random(3)))
        self.job("geographic", "dice: [12, 12]")
        found = []
        for choice, used in (("auto", b"used"), ("never", b"not used")):
            with self.run_job("--set", f"reciprocity={choice}") as f:
                self.assertEqual(f.attrs["reciprocity"], used)
                end = np.cumsum(f["ray_size"][:])
                begin = end - f["ray_size"][:]
                for name in ("lon", "lat"):
                    line = f[f"ray_{name}"][:]
                    np.testing.assert_allclose(
                        line[begin], f[f"receiver_{name}"][:][f["arrival_receiver"][:]], atol=1e-9)
                    np.testing.assert_allclose(
                        line[end - 1], f[f"source_{name}"][:][f["arrival_source"][:]], atol=1e-9)
                found.append((f["ray_time"][:], f["gradient"][:]))
        # Either way they err by up to 4e-4 on this grid.
        np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-3)
        scale = abs(found[0][1]).max()
        np.testing.assert_allclose(found[0][1] / scale, found[1][1] / scale, atol=0.03)

    def test_coverage_is_the_length_of_all_rays(self):
        self.survey("polar")
        self.grid("polar", smooth(NX, NZ, 0.3, random.Random(3)))
        self.job("polar", "dice: [6, 6]")
        with self.run_job() as f:
            self.assertEqual(f["coverage"].shape, (NZ - 1, NX - 1))
            self.assertAlmostEqual(f["coverage"][:].sum() / np.nansum(f["ray_length"][:]), 1, 12)

    def test_pairs_out_of_reach_have_empty_rows_and_keep_their_place(self):
        speeds = smooth(NX, NZ, 0.3, random.Random(3))
        speeds[:, 4] = 0  # a wall
        self.grid("cartesian", speeds)
        self.write("sources.csv", "id,x,z\nW,5,30\nE,75,30\n")
        self.write("receivers.csv", "id,x,z\nA,12,11\nB,70,50\n")
        self.write("picks.csv", "source,receiver,time\nW,A,3\nW,B,3\nE,A,3\nE,B,3\n")
        self.job("cartesian", "interpolation: linear, dice: [6, 6]")
        with self.run_job() as f:
            self.assertEqual(f["ray_status"][:].tolist()[1:3], [5, 5])
            self.assertEqual(f["ray_size"][:].tolist()[1:3], [0, 0])
            self.assertEqual(np.diff(f["frechet/indptr"][:]).tolist()[1:3], [0, 0])
            self.assertTrue((np.diff(f["frechet/indptr"][:])[[0, 3]] > 0).all())
            self.assertEqual(f["misfit_pairs"][()], 2)
            self.assertTrue(np.isnan(f["ray_time"][:][[1, 2]]).all())

    def test_when_nothing_is_reached_there_is_a_file_without_entries(self):
        speeds = smooth(NX, NZ, 0.3, random.Random(3))
        speeds[:, 4] = 0
        self.grid("cartesian", speeds)
        self.write("sources.csv", "id,x,z\nW,5,30\n")
        self.write("receivers.csv", "id,x,z\nB,70,50\n")
        self.write("picks.csv", "source,receiver,time\nW,B,3\n")
        self.job("cartesian", "interpolation: linear, dice: [6, 6]")
        with self.run_job() as f:
            self.assertEqual(f["frechet/indptr"][:].tolist(), [0, 0])
            self.assertEqual(f["ray_size"][:].tolist(), [0])
            self.assertFalse(f["gradient"][:].any() or f["coverage"][:].any())

    # ---- the same bytes ----

    def test_every_backend_gives_the_same_file_with_everything_in_it(self):
        """(Under mpirun: test_mpi.py.)"""
        self.survey("geographic", sources=5, receivers=7)
        self.grid("geographic", smooth(NX, NZ, 0.3, random.Random(3)))
        self.job("geographic", "dice: [5, 5]")
        self.forward("--set", ALL, "-o", "serial.h5", "--backend", "serial")
        for spec in ("threads:1", "threads:2", "threads:7", "processes:2",
                     "processes:2,start=spawn", "processes:3,start=forkserver"):
            self.forward("--set", ALL, "--backend", spec)
            self.assertEqual(self.read("out.h5"), self.read("serial.h5"), spec)

    def test_shots_from_a_cache_give_the_same_file(self):
        self.survey("geographic")
        self.grid("geographic", smooth(NX, NZ, 0.3, random.Random(3)))
        self.job("geographic", "dice: [5, 5]")
        self.forward("--set", ALL, "-o", "without.h5")
        for hits in ("0 of 4", "4 of 4"):
            out = self.forward("--set", ALL, "--cache", "shots").stdout
            self.assertIn(f"cached    {hits} shots", out)
            self.assertEqual(self.read("out.h5"), self.read("without.h5"))
        picks = self.read("picks.csv").decode()
        self.write("picks.csv", picks.replace("S2,R1,", "S2,R1,9"))  # another time
        self.assertIn("cached    3 of 4 shots",
                      self.forward("--set", ALL, "--cache", "shots").stdout)
        self.forward("--set", ALL, "-o", "other.h5")
        self.assertEqual(self.read("out.h5"), self.read("other.h5"))
        self.assertNotEqual(self.read("out.h5"), self.read("without.h5"))
        self.write("picks.csv", picks)
        for folder, _, files in os.walk(self.path("shots")):
            for name in files[:1]:  # damage some of them
                with open(os.path.join(folder, name), "r+b") as entry:
                    entry.seek(200)
                    entry.write(b"\xff")
        out = self.forward("--set", ALL, "--cache", "shots").stdout
        self.assertIn("marched anew", out)
        self.assertEqual(self.read("out.h5"), self.read("without.h5"))

    # ---- what cannot be ----

    def test_what_is_wanted_must_be_there_to_have(self):
        self.survey("cartesian")
        self.job("cartesian", "extent: [0, 80, 0, 60], spacing: [2, 2]", "X")
        text = self.read("job.yaml").decode().replace("file: X", "gradient: [3, 0, 0.01]")
        self.write("job.yaml", text)
        for setting, message in (
                (("derivatives.quantity=slowness",), "can only be with respect to speed"),
                (("derivatives.cushions=keep",), "cushion"),
                (("survey.pairs=untimed.csv", "want=[misfit]"), "column time")):
            self.write("untimed.csv", "source,receiver\nS0,R1\n")
            words = [w for s in setting for w in ("--set", s)]
            done = self.fermat("forward", "job.yaml", *words)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(message, done.stderr)
            self.assertNotIn("out.h5", self.files())


if __name__ == "__main__":
    main()
