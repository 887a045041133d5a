/* bench_march [NODES_A_SIDE [REPEATS]]: nanoseconds and bytes a node of one march on
 * one core, factored second order, a random off-grid source. The best of the repeats,
 * because other programs only ever make it slower. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "check/accuracy.h"
#include "check/analytic.h"
#include "core/number.h"

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Best time of one march, s, or a negative number when it failed. */
static double best_march(fm_solver *solver, fm_point source, size_t repeats)
{
    double best = -1;
    for (size_t n = 0; n < repeats; n++) {
        double began = now_s();
        if (fm_solver_march(solver, source, NULL, 0, NULL) != FM_OK) {
            return -1;
        }
        double took = now_s() - began;
        best = best < 0 || took < best ? took : best;
    }
    return best;
}

static fm_status bench(const char *name, size_t n, size_t repeats, fm_error *error)
{
    const fm_problem *problem = fm_problem_named(name);
    fm_point source = fm_accuracy_source(problem, n, 1, false);
    fm_solver_options options = fm_solver_defaults();
    fm_medium medium = {0};
    fm_solver *solver = NULL;
    fm_status status = fm_problem_medium(problem, n, source, &medium, error);
    if (status == FM_OK) {
        status = fm_solver_create(&medium, NULL, &options, &solver, error);
    }
    if (status == FM_OK) {
        double nodes = (double)fm_grid_nodes(&medium.grid);
        double seconds = best_march(solver, source, repeats);
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
    static const char *const problems[] = {"constant", "gradient", "sloth",
                                           "layers",   "sphere",   "mercator",
                                           "section",  "log-polar"};
    printf("%-14s %-11s %8s %10s %13s %10s\n", "medium", "geometry", "nodes", "ns/node",
           "work B/node", "all B/node");
    for (size_t p = 0; p < sizeof problems / sizeof *problems; p++) {
        fm_error error;
        if (bench(problems[p], n, repeats, &error) != FM_OK) {
            fprintf(stderr, "bench_march: %s\n", error.message);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
