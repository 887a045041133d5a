/* Scenes for the adjoint: the same pattern in each geometry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "scenes.h"

/* Slowness at a place of the unit square. */
static double slowness_of(medium_kind kind, double u, double v, uint64_t seed)
{
    double smooth = 1 + 0.3 * sin(3 * u + 1) * cos(2.5 * v) + 0.1 * v;
    switch (kind) {
    case CONSTANT:
        return 0.3;
    case ROUGH:
        return 0.5 + uniform(seed);
    case NOISE:
        return pow(1000, uniform(seed));
    case JUMP:
        return smooth * (v > 0.4 + 0.2 * sin(5 * u) ? 0.3 : 1);
    case MASKED:
        return uniform(seed) < 0.15 ? INFINITY : smooth;
    case SMOOTH:
    case KINDS:
        break;
    }
    return smooth;
}

fm_medium medium_like(fm_geometry geometry, medium_kind kind, uint64_t seed)
{
    static const fm_point first[] = {{0, 0}, {10, 35}, {-5, 5200}};
    static const fm_point step[] = {{1, 0.7}, {0.5, 0.4}, {0.6, 25}};
    fm_medium medium = medium_of(geometry, SCENE_NX, SCENE_NZ, first[geometry],
                                 step[geometry], unit_slowness);
    for (size_t k = 0; k < SCENE_NZ; k++) {
        for (size_t i = 0; i < SCENE_NX; i++) {
            *slowness_at(&medium, i, k) = slowness_of(
                kind, (double)i / (SCENE_NX - 1), (double)k / (SCENE_NZ - 1),
                seed * SCENE_NX * SCENE_NZ + k * SCENE_NX + i);
        }
    }
    return medium;
}

/* A place of the grid, in steps: every now and then on a line, a node, an edge. */
double place_of(size_t n, uint64_t seed)
{
    double at = uniform(seed) * (double)(n - 1);
    double way = uniform(seed + 500000);
    return way < 0.3 ? floor(at) : way < 0.35 ? 0 : way < 0.4 ? (double)(n - 1) : at;
}

fm_point point_at(const fm_medium *medium, double column, double row)
{
    const fm_grid *grid = &medium->grid;
    size_t k = (size_t)fmin(row, (double)grid->nz - 2);
    double fraction = row - (double)k;
    double z = fraction >= 1 ? grid->z[k + 1]
                             : grid->z[k] + fraction * (grid->z[k + 1] - grid->z[k]);
    size_t i = (size_t)column;
    double x = (double)i == column ? fm_grid_x(grid, i) : grid->x0 + column * grid->dx;
    return (fm_point){x, z};
}

fm_point somewhere(const fm_medium *medium, uint64_t seed)
{
    return point_at(medium, place_of(medium->grid.nx, seed),
                    place_of(medium->grid.nz, seed + 250000));
}

fm_medium layered_like(fm_geometry geometry, medium_kind kind, uint64_t seed)
{
    fm_medium medium = medium_like(geometry, kind, seed);
    size_t rows[] = {9, 12, 25};
    for (size_t n = 0; n < 3; n++) {
        add_interface(&medium, rows[n], unit_slowness);
        double factor = 0.4 + 1.2 * uniform(seed + 77 * n);
        for (size_t i = 0; i < SCENE_NX; i++) {
            double below = *slowness_at(&medium, i, rows[n]);
            double value = n == 2 && i > 30 ? INFINITY : (isinf(below) ? 1 : below);
            medium.slowness_beyond[n * SCENE_NX + i] = factor * value;
        }
    }
    return medium;
}

fm_solver_options some_options(uint64_t n)
{
    return (fm_solver_options){.order = n % 4 == 1 ? 1 : 2,
                               .stop_early = n % 3 == 1,
                               .exact = n % 5 == 2,
                               .unfactored = n % 11 == 7};
}
