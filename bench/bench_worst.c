/* bench_worst [REPEATS]: nanoseconds a node of one march in the worst cases, about a
 * million nodes each, and how often that of the smooth case; the bytes a node that the
 * queue came to. One core, factored second order, the best of the repeats; the smooth
 * case is measured again after each other one, so that what else runs on the machine
 * meets both. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/number.h"
#include "march.h"

typedef double rule(double x, double z); /* slowness; x and z from 0 to 1 */

typedef struct scene {
    const char *name;
    rule *slowness;
    size_t nx, nz;
    double dx, dz;
    fm_point source; /* from 0 to 1 */
} scene;

/* The same number in [0, 1) for the same place. */
static double random_at(double x, double z)
{
    uint64_t n = (uint64_t)(x * 0x1p26) * 0x9e3779b97f4a7c15U + (uint64_t)(z * 0x1p26);
    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9U;
    n = (n ^ (n >> 27)) * 0x94d049bb133111ebU;
    return (double)((n ^ (n >> 31)) >> 11) * 0x1p-53;
}

static double smooth(double x, double z)
{
    return 1 / (1 + 0.3 * x + z);
}

static double rough(double x, double z)
{
    double jump = z > 0.5 + 0.08 * sin(6 * x) ? 1.6 : 0;
    return 1 /
           (1 + 0.35 * sin(9 * x + 1) * cos(7 * z) + 0.35 * sin(17 * z + 5 * x) + jump);
}

static double slow_east(double x, double z)
{
    (void)z;
    return x < 0.5 ? 1 : 1000;
}

static double fast_east(double x, double z)
{
    (void)z;
    return x < 0.5 ? 1 : 0.001;
}

static double noise_100(double x, double z)
{
    return pow(100, random_at(x, z));
}

static double noise_1000(double x, double z)
{
    return pow(1000, random_at(x, z));
}

/* On a grid of 1001 x 1001 the one node at this place. */
static double but_one(double x, double z, double slowness)
{
    return fabs(x - 0.7) < 0.0004 && fabs(z - 0.6) < 0.0004 ? slowness : smooth(x, z);
}

static double slow_node(double x, double z)
{
    return but_one(x, z, 1e3);
}

static double very_slow_node(double x, double z)
{
    return but_one(x, z, 1e9);
}

static double fast_node(double x, double z)
{
    return but_one(x, z, 1e-3);
}

static double very_fast_node(double x, double z)
{
    return but_one(x, z, 1e-9);
}

static double maze(double x, double z)
{
    return random_at(x, z) < 0.25 ? INFINITY : 1;
}

/* Walls with a door at one end, now low, now high, on a grid of 1001 x 1001. */
static double winding(double x, double z)
{
    size_t column = (size_t)(x * 1000 + 0.5);
    bool door = column / 8 % 2 ? z < 0.004 : z > 0.996;
    return column % 8 == 7 && !door ? INFINITY : 1;
}

static const scene scenes[] = {
    {"smooth", smooth, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"rough, with a jump", rough, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"1:1000, from the fast half", slow_east, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"1:1000, from the slow half", fast_east, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"white noise 1:100", noise_100, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"white noise 1:1000", noise_1000, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"one node 1e3 as slow", slow_node, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"one node 1e9 as slow", very_slow_node, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"one node 1e3 as fast", fast_node, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"one node 1e9 as fast", very_fast_node, 1001, 1001, 1, 1, {0.3123, 0.4567}},
    {"maze, a quarter masked", maze, 1001, 1001, 1, 1, {0.3127, 0.4567}},
    {"winding passage", winding, 1001, 1001, 1, 1, {0.0003, 0.0002}},
    {"steps 1:20", smooth, 1001, 1001, 1, 20, {0.3123, 0.4567}},
    {"steps 20:1", smooth, 1001, 1001, 20, 1, {0.3123, 0.4567}},
    {"20,000 x 50", smooth, 20000, 50, 1, 1, {0.3123, 0.4567}},
    {"50 x 20,000", smooth, 50, 20000, 1, 1, {0.3123, 0.4567}},
    {"2 x 500,000", smooth, 2, 500000, 1, 1, {0.3123, 0.4567}},
    {"500,000 x 2", smooth, 500000, 2, 1, 1, {0.3123, 0.4567}},
    {"source in a corner", smooth, 1001, 1001, 1, 1, {0, 0}},
    {"in the far corner", smooth, 1001, 1001, 1, 1, {1, 1}},
    {"along the far edge", smooth, 1001, 1001, 1, 1, {1, 0.4567}},
    {"along the high edge", smooth, 1001, 1001, 1, 1, {0.3123, 1}},
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static fm_status make_medium(const scene *from, fm_medium *medium, fm_error *error)
{
    *medium = (fm_medium){0};
    fm_status status =
        fm_grid_create(FM_CARTESIAN, FM_EARTH_RADIUS_KM, from->nx, from->nz, 0,
                       from->dx, 0, from->dz, &medium->grid, error);
    if (status != FM_OK) {
        return status;
    }
    medium->slowness = malloc(from->nx * from->nz * sizeof *medium->slowness);
    if (!medium->slowness) {
        return fm_fail_memory(error, "a medium",
                              (double)from->nx * (double)from->nz * 8);
    }
    for (size_t k = 0; k < from->nz; k++) {
        for (size_t i = 0; i < from->nx; i++) {
            medium->slowness[k * from->nx + i] = from->slowness(
                (double)i / (double)(from->nx - 1), (double)k / (double)(from->nz - 1));
        }
    }
    return FM_OK;
}

/* A scene ready to be marched again and again. */
typedef struct subject {
    fm_medium medium;
    fm_march march;
    fm_point source;
} subject;

static void clear_subject(subject *of)
{
    fm_march_clear(&of->march);
    fm_medium_clear(&of->medium);
}

static fm_status make_subject(const scene *from, subject *new, fm_error *error)
{
    *new = (subject){0};
    fm_status status = make_medium(from, &new->medium, error);
    if (status == FM_OK) {
        status = fm_march_create(from->nx, from->nz, 2, &new->march, error);
    }
    const fm_grid *grid = &new->medium.grid;
    if (status == FM_OK) {
        new->source = (fm_point){from->source.x * fm_grid_x_max(grid),
                                 from->source.z * grid->z[grid->nz - 1]};
    }
    return status;
}

/* Nanoseconds for each node that is reached. */
static fm_status march_once(subject *of, double *ns, fm_error *error)
{
    double began = now_s();
    fm_status status = fm_march_begin(&of->march, &of->medium, of->source, error);
    if (status == FM_OK) {
        status = fm_march_seed_source(&of->march, error);
    }
    if (status == FM_OK) {
        status = fm_march_run(&of->march, false, error);
    }
    *ns = 1e9 * (now_s() - began) / (double)of->march.accepted;
    return status;
}

static fm_status bench(const scene *from, subject *reference, size_t repeats,
                       fm_error *error)
{
    subject worst;
    fm_status status = make_subject(from, &worst, error);
    double best = INFINITY, best_smooth = INFINITY;
    for (size_t n = 0; n < repeats && status == FM_OK; n++) {
        double ns, ns_smooth;
        status = march_once(&worst, &ns, error);
        if (status == FM_OK) {
            status = march_once(reference, &ns_smooth, error);
        }
        if (status == FM_OK) {
            best = fmin(best, ns);
            best_smooth = fmin(best_smooth, ns_smooth);
        }
    }
    if (status == FM_OK) {
        double nodes = (double)fm_grid_nodes(&worst.medium.grid);
        printf("%-28s %6zu x %-7zu %9zu %8.1f %9.2f %10.2f\n", from->name, from->nx,
               from->nz, worst.march.accepted, best, best / best_smooth,
               fm_queue_bytes(&worst.march.front.queue) / nodes);
        fflush(stdout);
    }
    clear_subject(&worst);
    return status;
}

int main(int argc, char **argv)
{
    uint64_t repeats = 5;
    if (argc > 2 ||
        (argc > 1 && (!fm_count_parse(argv[1], &repeats) || repeats == 0))) {
        fputs("usage: bench_worst [REPEATS]\n", stderr);
        return 2;
    }
    fm_error error = {0};
    subject reference;
    fm_status status = make_subject(&scenes[0], &reference, &error);
    printf("%-28s %16s %9s %8s %9s %10s\n", "case", "grid", "reached", "ns/node",
           "x smooth", "queue B/n");
    for (size_t n = 0; n < sizeof scenes / sizeof *scenes && status == FM_OK; n++) {
        status = bench(&scenes[n], &reference, repeats, &error);
    }
    clear_subject(&reference);
    if (status != FM_OK) {
        fprintf(stderr, "bench_worst: %s\n", error.message);
    }
    return status == FM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
