/* bench_march [NODES_A_SIDE [REPEATS]]: nanoseconds and bytes a node of one march on
 * one core, factored second order, a random off-grid source: a constant, a smooth and a
 * rough medium in each geometry, and one with an interface along a row. The best of the
 * repeats. */
#include <stdio.h>
#include <stdlib.h>

#include "check/accuracy.h"
#include "core/number.h"
#include "media.h"
#include "timing.h"

static fm_status bench(const char *name, size_t n, size_t repeats, fm_error *error)
{
    const fm_problem *problem = bench_problem(name);
    fm_point source = fm_accuracy_source(problem, n, 1, false);
    fm_solver_options options = fm_solver_defaults();
    fm_medium medium = {0};
    fm_solver *solver = NULL;
    double seconds = 0;
    fm_status status = fm_problem_medium(problem, n, source, &medium, error);
    if (status == FM_OK) {
        status = fm_solver_create(&medium, NULL, &options, &solver, error);
    }
    if (status == FM_OK) {
        status = bench_best_march(solver, source, repeats, &seconds, error);
    }
    if (status == FM_OK) {
        double nodes = (double)fm_grid_nodes(&medium.grid);
        double work = fm_solver_bytes(&medium, NULL, &options) / nodes;
        double shared = fm_medium_bytes(&medium.grid) / nodes;
        printf("%-14s %-11s %6zu^2 %10.1f %13.1f %10.1f\n", name,
               fm_geometry_name(problem->geometry), n, 1e9 * seconds / nodes, work,
               work + shared);
        fflush(stdout);
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    return status;
}

int main(int argc, char **argv)
{
    uint64_t n = 1001;
    uint64_t repeats = 25;
    if (argc > 3 || (argc > 1 && (!fm_count_parse(argv[1], &n) || n < 11)) ||
        (argc > 2 && (!fm_count_parse(argv[2], &repeats) || repeats == 0))) {
        fputs("usage: bench_march [NODES_A_SIDE [REPEATS]]\n", stderr);
        return 2;
    }
    static const char *const names[] = {
        "constant",     "gradient", "rough",     "sphere",        "mercator",
        "rough-sphere", "section",  "log-polar", "rough-section", "layers"};
    printf("%-14s %-11s %8s %10s %13s %10s\n", "medium", "geometry", "nodes", "ns/node",
           "work B/node", "all B/node");
    for (size_t p = 0; p < sizeof names / sizeof *names; p++) {
        fm_error error;
        if (bench(names[p], n, repeats, &error) != FM_OK) {
            fprintf(stderr, "bench_march: %s: %s\n", names[p], error.message);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
