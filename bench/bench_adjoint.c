/* bench_adjoint [NODES_A_SIDE [REPEATS]]: nanoseconds a node of one march on one core
 * and of its adjoint, with receivers on all nodes of all edges, so that nearly every
 * node has its part in the sum; their ratio; how much longer the march takes because
 * the adjoint keeps its order; the nodes whose stencil had to be searched for, of all
 * nodes. Media and source as in bench_march; the best of the repeats, march and adjoint
 * in turns. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "backward.h"
#include "check/accuracy.h"
#include "core/number.h"
#include "media.h"
#include "timing.h"

typedef struct figures {
    double plain, march, adjoint; /* s */
    double searched;              /* share */
} figures;

static fm_status run_march(fm_march *march, const fm_medium *medium, fm_point source,
                           double *best, fm_error *error)
{
    double began = bench_now_s();
    fm_status status = fm_march_begin(march, medium, source, error);
    if (status == FM_OK) {
        status = fm_march_seed_source(march, error);
    }
    if (status == FM_OK) {
        status = fm_march_run(march, false, error);
    }
    *best = fmin(*best, bench_now_s() - began);
    return status;
}

static void give_edges(fm_march *march)
{
    size_t nx = march->medium->grid.nx, nz = march->medium->grid.nz;
    for (size_t i = 0; i < nx; i++) {
        fm_backward_give(march, i, 0, 1);
        fm_backward_give(march, i, nz - 1, 1);
    }
    for (size_t k = 0; k < nz; k++) {
        fm_backward_give(march, 0, k, 1);
        fm_backward_give(march, nx - 1, k, 1);
    }
}

static fm_status run_adjoint(fm_march *march, double *best, fm_error *error)
{
    double began = bench_now_s();
    fm_status status = fm_backward_begin(march, error);
    if (status == FM_OK) {
        give_edges(march);
        fm_backward_run(march);
        fm_backward_seeds(march);
        fm_backward_finish(march);
    }
    *best = fmin(*best, bench_now_s() - began);
    return status;
}

static fm_status measure(fm_march *plain, fm_march *march, const fm_medium *medium,
                         fm_point source, size_t repeats, figures *best,
                         fm_error *error)
{
    fm_status status = FM_OK;
    *best = (figures){INFINITY, INFINITY, INFINITY, 0};
    for (size_t n = 0; n < repeats && status == FM_OK; n++) {
        status = run_march(plain, medium, source, &best->plain, error);
        if (status == FM_OK) {
            status = run_march(march, medium, source, &best->march, error);
        }
        if (status == FM_OK) {
            status = run_adjoint(march, &best->adjoint, error);
        }
    }
    best->searched =
        (double)march->backward.searched / (double)fm_grid_nodes(&medium->grid);
    return status;
}

static fm_status bench(const char *name, size_t n, size_t repeats, fm_error *error)
{
    const fm_problem *problem = bench_problem(name);
    fm_point source = fm_accuracy_source(problem, n, 1, false);
    fm_medium medium = {0};
    fm_march plain = {0}, march = {0};
    figures best = {0};
    fm_status status = fm_problem_medium(problem, n, source, &medium, error);
    if (status == FM_OK) {
        status = fm_march_create(medium.grid.nx, medium.grid.nz, 2, &plain, error);
    }
    if (status == FM_OK) {
        status = fm_march_create(medium.grid.nx, medium.grid.nz, 2, &march, error);
    }
    if (status == FM_OK) {
        status = fm_march_keep(&march, error);
    }
    if (status == FM_OK) {
        status = measure(&plain, &march, &medium, source, repeats, &best, error);
    }
    if (status == FM_OK) {
        double per_node = 1e9 / (double)fm_grid_nodes(&medium.grid);
        printf("%-14s %-11s %6zu^2 %8.1f %8.1f %6.2f %9.3f %12.4f %%\n", name,
               fm_geometry_name(problem->geometry), n, per_node * best.plain,
               per_node * best.adjoint, best.adjoint / best.plain,
               best.march / best.plain, 100 * best.searched);
        fflush(stdout);
    }
    fm_march_clear(&plain);
    fm_march_clear(&march);
    fm_medium_clear(&medium);
    return status;
}

int main(int argc, char **argv)
{
    uint64_t n = 1001;
    uint64_t repeats = 15;
    if (argc > 3 || (argc > 1 && (!fm_count_parse(argv[1], &n) || n < 11)) ||
        (argc > 2 && (!fm_count_parse(argv[2], &repeats) || repeats == 0))) {
        fputs("usage: bench_adjoint [NODES_A_SIDE [REPEATS]]\n", stderr);
        return 2;
    }
    static const char *const names[] = {
        "constant",     "gradient", "rough",     "sphere",        "mercator",
        "rough-sphere", "section",  "log-polar", "rough-section", "layers"};
    printf("%-14s %-11s %8s %8s %8s %6s %9s %14s\n", "medium", "geometry", "nodes",
           "march", "adjoint", "ratio", "to keep", "searched");
    for (size_t p = 0; p < sizeof names / sizeof *names; p++) {
        fm_error error;
        if (bench(names[p], n, repeats, &error) != FM_OK) {
            fprintf(stderr, "bench_adjoint: %s: %s\n", names[p], error.message);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
