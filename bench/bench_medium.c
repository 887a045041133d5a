/* bench_medium [NODES_A_SIDE [REPEATS]]: nanoseconds a node that preparing a medium
 * takes on one core, and the way back (dJ/d slowness of all nodes to dJ/d coefficient),
 * for every kind of model and every interpolation. The best of the repeats, because
 * other programs only ever make it slower.
 *
 * Every repeat gets its memory from the system, as a run does, and pays for its pages.
 * To see what the rest takes, let malloc keep and give again what it has:
 *
 *     MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8000000000 bench_medium */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/number.h"
#include "model/coefficients.h"
#include "timing.h"

#define EXTENT_KM 100.0

/* One line of the table. */
typedef struct subject {
    const char *name;
    fm_model_kind kind;
    fm_interpolation interpolation;
    size_t dice; /* steps of the grid in a cell of the model */
    bool masked; /* a disc in the middle, an eighth of the area */
} subject;

static const subject subjects[] = {
    {"constant", FM_MODEL_CONSTANT, FM_LINEAR, 0, false},
    {"gradient", FM_MODEL_GRADIENT, FM_LINEAR, 0, false},
    {"profile", FM_MODEL_PROFILE, FM_LINEAR, 0, false},
    {"cosines", FM_MODEL_COSINES, FM_LINEAR, 0, false}, /* 20 by 20 */
    {"linear", FM_MODEL_NODES, FM_LINEAR, 10, false},
    {"cubic", FM_MODEL_NODES, FM_CUBIC, 10, false},
    {"bspline", FM_MODEL_NODES, FM_BSPLINE, 10, false},
    {"linear", FM_MODEL_NODES, FM_LINEAR, 3, false},
    {"cubic", FM_MODEL_NODES, FM_CUBIC, 3, false},
    {"bspline", FM_MODEL_NODES, FM_BSPLINE, 3, false},
    {"linear", FM_MODEL_NODES, FM_LINEAR, 1, false},
    {"cubic", FM_MODEL_NODES, FM_CUBIC, 1, false},
    {"bspline", FM_MODEL_NODES, FM_BSPLINE, 1, false},
    {"linear, mask", FM_MODEL_NODES, FM_LINEAR, 10, true},
    {"cubic, mask", FM_MODEL_NODES, FM_CUBIC, 10, true},
};

/* --- Models --- */

/* Smooth, and rough enough to be no special case; between 3.7 and 6.3 km/s. */
static double speed_at(double x, double z)
{
    return 5 + 0.8 * sin(0.31 * x) * cos(0.17 * z) + 0.5 * sin(1.3 * x + 2.1 * z);
}

static bool in_disc(double x, double z)
{
    return hypot(x - EXTENT_KM / 2, z - EXTENT_KM / 2) < EXTENT_KM / 5;
}

/* 30 knots, every third depth a discontinuity. */
static fm_status make_profile(fm_model *model, fm_error *error)
{
    enum { KNOTS = 30 };
    model->nknots = KNOTS;
    model->depth_km = malloc(KNOTS * sizeof(double));
    model->knot_speed = malloc(KNOTS * sizeof(double));
    if (!model->depth_km || !model->knot_speed) {
        return fm_fail_memory(error, "a profile", 2.0 * KNOTS * sizeof(double));
    }
    for (int knot = 0; knot < KNOTS; knot++) {
        int depth = knot - knot / 3; /* 0 1 2 2 3 4 4 ... 19 */
        model->depth_km[knot] = EXTENT_KM * depth / 20;
        model->knot_speed[knot] = 3 + 0.1 * knot;
    }
    model->z_max = model->depth_km[KNOTS - 1];
    return FM_OK;
}

static fm_status make_nodes(const subject *it, size_t n, fm_model *model,
                            fm_error *error)
{
    size_t ring = it->interpolation == FM_BSPLINE ? 1 : 0;
    size_t side = (n - 1) / it->dice + 1, width = side + 2 * ring;
    double step = EXTENT_KM / (double)(side - 1);
    model->interpolation = it->interpolation;
    model->nx = model->nz = side;
    model->dx = model->dz = step;
    model->values = malloc(width * width * sizeof(double));
    if (!model->values) {
        return fm_fail_memory(error, "a model's nodes",
                              (double)(width * width) * sizeof(double));
    }
    for (size_t k = 0; k < width; k++) {
        for (size_t i = 0; i < width; i++) {
            double x = ((double)i - (double)ring) * step;
            double z = ((double)k - (double)ring) * step;
            bool masked = it->masked && in_disc(x, z);
            model->values[k * width + i] = masked ? 0 : speed_at(x, z);
        }
    }
    return FM_OK;
}

/* The amplitudes fall off; the speed stays between 4 and 6 km/s. */
static fm_status make_cosines(fm_model *model, fm_error *error)
{
    enum { SIDE = 20 };
    model->nx = model->nz = SIDE;
    model->reference = 5;
    model->values = malloc(SIDE * SIDE * sizeof(double));
    if (!model->values) {
        return fm_fail_memory(error, "a model's cosines", SIDE * SIDE * sizeof(double));
    }
    for (size_t n = 0; n < SIDE * SIDE; n++) {
        double order = (double)(n % SIDE + n / SIDE + 1);
        model->values[n] = 0.3 * sin((double)n) / (order * order);
    }
    return FM_OK;
}

static fm_status make_model(const subject *it, size_t n, fm_model *model,
                            fm_error *error)
{
    *model = (fm_model){.kind = it->kind,
                        .radius_km = FM_EARTH_RADIUS_KM,
                        .x_max = EXTENT_KM,
                        .z_max = EXTENT_KM,
                        .speed = 5,
                        .gradient_x = 0.01,
                        .gradient_z = 0.02};
    fm_status status = FM_OK;
    if (it->kind == FM_MODEL_PROFILE) {
        status = make_profile(model, error);
    } else if (it->kind == FM_MODEL_NODES) {
        status = make_nodes(it, n, model, error);
    } else if (it->kind == FM_MODEL_COSINES) {
        status = make_cosines(model, error);
    }
    return status ? status : fm_model_validate(model, error);
}

/* --- Measuring --- */

/* By dicing where there is something to dice. */
static fm_status make_grid(const subject *it, size_t n, const fm_model *model,
                           fm_grid *grid, fm_error *error)
{
    size_t cells = it->dice > 0 ? (n - 1) / it->dice * it->dice : n - 1;
    double dx = (model->x_max - model->x_min) / (double)cells;
    double dz = (model->z_max - model->z_min) / (double)cells;
    return fm_grid_create(model->geometry, model->radius_km, cells + 1, cells + 1,
                          model->x_min, dx, model->z_min, dz, grid, error);
}

/* The slowness itself does for a kernel. */
static fm_status time_back(const fm_model *model, const fm_medium *medium, double *ns,
                           fm_error *error)
{
    fm_coefficients c;
    fm_jacobian *jacobian = NULL;
    double *gradient = NULL;
    fm_status status = fm_coefficients_of(model, FM_SPEED, false, &c, error);
    if (!status) {
        status = fm_jacobian_create(model, medium, &c, &jacobian, error);
    }
    if (!status) {
        gradient = calloc(c.nx * c.nz, sizeof *gradient);
        status = gradient ? FM_OK : fm_fail_memory(error, "a gradient", 0);
    }
    if (!status) {
        double began = bench_now_s();
        fm_jacobian_add(jacobian, medium->slowness, medium->slowness_beyond, gradient);
        *ns = 1e9 * (bench_now_s() - began) / (double)fm_grid_nodes(&medium->grid);
    }
    free(gradient);
    fm_jacobian_destroy(jacobian);
    return status;
}

/* ns[0]: there, ns[1]: back. */
static fm_status time_once(const subject *it, size_t n, const fm_model *model,
                           double ns[2], fm_error *error)
{
    fm_grid grid;
    fm_medium medium;
    fm_status status = make_grid(it, n, model, &grid, error);
    if (status) {
        return status;
    }
    double nodes = (double)fm_grid_nodes(&grid);
    double began = bench_now_s();
    status = fm_medium_sample(model, &grid, &medium, error);
    ns[0] = 1e9 * (bench_now_s() - began) / nodes;
    if (!status) {
        status = time_back(model, &medium, ns + 1, error);
    }
    fm_medium_clear(&medium);
    return status;
}

static fm_status bench(const subject *it, size_t n, size_t repeats, fm_error *error)
{
    fm_model model;
    double best = INFINITY, best_back = INFINITY;
    fm_status status = make_model(it, n, &model, error);
    for (size_t repeat = 0; !status && repeat < repeats; repeat++) {
        double ns[2] = {0};
        status = time_once(it, n, &model, ns, error);
        best = fmin(best, ns[0]);
        best_back = fmin(best_back, ns[1]);
    }
    fm_model_clear(&model);
    if (!status) {
        printf("%-14s %6zu %8zu^2 %10.2f %10.2f\n", it->name, it->dice, n, best,
               best_back);
        fflush(stdout);
    }
    return status;
}

int main(int argc, char **argv)
{
    uint64_t n = 4001;
    uint64_t repeats = 5;
    if (argc > 3 || (argc > 1 && (!fm_count_parse(argv[1], &n) || n < 31)) ||
        (argc > 2 && (!fm_count_parse(argv[2], &repeats) || repeats == 0))) {
        fputs("usage: bench_medium [NODES_A_SIDE [REPEATS]]\n", stderr);
        return 2;
    }
    printf("%-14s %6s %10s %10s %10s\n", "model", "dice", "nodes", "ns/node", "back");
    for (size_t s = 0; s < sizeof subjects / sizeof *subjects; s++) {
        fm_error error;
        if (bench(subjects + s, n, repeats, &error) != FM_OK) {
            fprintf(stderr, "bench_medium: %s\n", error.message);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
