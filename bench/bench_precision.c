/* bench_precision: how long for how exact? For problems with known answers it prints,
 * as CSV, the time of a march and the mean error of its times on growing grids, for
 * each way to solve.
 *
 *   bench_precision [PROBLEM [N [SOURCES [REPEATS]]]]
 *   bench_precision --give PROBLEM N NUMBER
 *
 * Sources are drawn off the nodes, the same on every grid. The error of a march is the
 * mean of |T - exact| over the nodes, by the mean exact time; printed is the geometric
 * mean over the sources. The time is the shortest march of all; what a solver does once
 * for many marches, its creation, is not in it.
 *
 * --give hands the problem to other programs (bench/peers.py), so that they solve the
 * same one: raw doubles to standard output, the source's x and z, then the speeds of
 * the N x N nodes, then their exact times (NaN where no formula holds), x fastest. On a
 * row that is a boundary the speed is the faster one of the two. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/accuracy.h"
#include "core/number.h"
#include "media.h"
#include "timing.h"

typedef struct bench_way {
    const char *name;
    int order;
    bool unfactored;
} bench_way;

enum { WAYS = 3 };
static const bench_way ways[WAYS] = {
    {"first", 1, false}, {"unfactored", 2, true}, {"factored", 2, false}};

/* One source of a problem: the medium, the truth, and room for a field. */
typedef struct bench_trial {
    fm_point source;
    fm_medium medium;
    double *exact; /* [nz][nx], NaN where no formula holds */
    double *field;
} bench_trial;

typedef struct bench_tally {
    double best_s;
    double logarithms; /* sum over the sources of ln(error) */
} bench_tally;

static fm_point node(const fm_grid *grid, size_t j)
{
    return (fm_point){fm_grid_x(grid, j % grid->nx), grid->z[j / grid->nx]};
}

static void clear(bench_trial *trial)
{
    free(trial->field);
    free(trial->exact);
    fm_medium_clear(&trial->medium);
}

static fm_status prepare(const fm_problem *problem, size_t n, uint64_t number,
                         bench_trial *trial, fm_error *error)
{
    fm_point source = fm_accuracy_source(problem, 101, number, false);
    *trial = (bench_trial){.source = source};
    fm_status status = fm_problem_medium(problem, n, source, &trial->medium, error);
    if (status != FM_OK) {
        return status;
    }
    const fm_grid *grid = &trial->medium.grid;
    size_t nodes = fm_grid_nodes(grid);
    trial->exact = malloc(nodes * sizeof *trial->exact);
    trial->field = malloc(nodes * sizeof *trial->field);
    if (!trial->exact || !trial->field) {
        return fm_fail_memory(error, "two fields", 16.0 * (double)nodes);
    }
    for (size_t j = 0; j < nodes; j++) {
        fm_point at = node(grid, j);
        bool known = problem->time && (!problem->inside || problem->inside(at, source));
        trial->exact[j] = known ? problem->time(at, source) : NAN;
    }
    return FM_OK;
}

/* NAN if nothing is known. */
static double mean_relative_error(const bench_trial *trial)
{
    double error = 0;
    double time = 0;
    for (size_t j = 0; j < fm_grid_nodes(&trial->medium.grid); j++) {
        if (!isnan(trial->exact[j])) {
            error += fabs(trial->field[j] - trial->exact[j]);
            time += trial->exact[j];
        }
    }
    return error / time;
}

/* Small grids are marched more often: to find a few microseconds takes many tries. */
static size_t enough_repeats(size_t n)
{
    return 1 + 500000 / (n * n);
}

static fm_status measure(const bench_trial *trial, const bench_way *way, size_t repeats,
                         bench_tally *tally, fm_error *error)
{
    fm_solver_options options = fm_solver_defaults();
    options.order = way->order;
    options.unfactored = way->unfactored;
    fm_solver *solver = NULL;
    double best_s = 0;
    fm_status status = fm_solver_create(&trial->medium, NULL, &options, &solver, error);
    if (status == FM_OK) {
        status = bench_best_march(solver, trial->source, repeats, &best_s, error);
    }
    if (status == FM_OK) {
        fm_solver_field_f64(solver, trial->field);
        tally->best_s = fmin(tally->best_s, best_s);
        tally->logarithms += log(mean_relative_error(trial));
    }
    fm_solver_destroy(solver);
    return status;
}

static void print_rows(const fm_problem *problem, size_t n, uint64_t sources,
                       const bench_tally *tallies)
{
    for (size_t w = 0; w < WAYS; w++) {
        printf("%s,%s,%s,%zu,%llu,%.4g,", problem->name,
               fm_geometry_name(problem->geometry), ways[w].name, n,
               (unsigned long long)sources, tallies[w].best_s);
        double error = exp(tallies[w].logarithms / (double)sources);
        printf(isnan(error) ? "\n" : "%.4g\n", error);
    }
    fflush(stdout);
}

static fm_status bench(const fm_problem *problem, size_t n, uint64_t sources,
                       size_t repeats, fm_error *error)
{
    bench_tally tallies[WAYS];
    for (size_t w = 0; w < WAYS; w++) {
        tallies[w] = (bench_tally){.best_s = INFINITY};
    }
    fm_status status = FM_OK;
    for (uint64_t number = 0; number < sources && status == FM_OK; number++) {
        bench_trial trial;
        status = prepare(problem, n, number, &trial, error);
        for (size_t w = 0; w < WAYS && status == FM_OK; w++) {
            status = measure(&trial, &ways[w], repeats, &tallies[w], error);
        }
        clear(&trial);
    }
    if (status == FM_OK) {
        print_rows(problem, n, sources, tallies);
    }
    return status;
}

static double speed_at(const fm_medium *medium, size_t j)
{
    size_t nx = medium->grid.nx;
    size_t interface = fm_medium_interface_of(medium, j / nx);
    double speed = 1 / medium->slowness[j];
    if (interface == medium->ninterfaces) {
        return speed;
    }
    return (speed + 1 / medium->slowness_beyond[interface * nx + j % nx]) / 2;
}

static fm_status give(const fm_problem *problem, size_t n, uint64_t number,
                      fm_error *error)
{
    bench_trial trial;
    fm_status status = prepare(problem, n, number, &trial, error);
    if (status == FM_OK) {
        size_t nodes = fm_grid_nodes(&trial.medium.grid);
        for (size_t j = 0; j < nodes; j++) {
            trial.field[j] = speed_at(&trial.medium, j);
        }
        double source[2] = {trial.source.x, trial.source.z};
        if (fwrite(source, sizeof *source, 2, stdout) != 2 ||
            fwrite(trial.field, sizeof(double), nodes, stdout) != nodes ||
            fwrite(trial.exact, sizeof(double), nodes, stdout) != nodes ||
            fflush(stdout) != 0) {
            status = fm_fail(error, FM_IO_FAILED, "standard output cannot be written");
        }
    }
    clear(&trial);
    return status;
}

/* All, or one of them, on one grid or all of these. */
static fm_status bench_all(const fm_problem *only, uint64_t n, uint64_t sources,
                           uint64_t repeats, fm_error *error)
{
    static const char *const names[] = {"constant", "gradient", "sloth",
                                        "layers",   "mercator", "log-polar"};
    static const size_t grids[] = {21, 51, 101, 201, 501, 1001};
    puts("problem,geometry,method,n,sources,seconds,mean_relative_error");
    for (size_t p = 0; p < (only ? 1 : sizeof names / sizeof *names); p++) {
        const fm_problem *problem = only ? only : bench_problem(names[p]);
        for (size_t g = 0; g < (n ? 1 : sizeof grids / sizeof *grids); g++) {
            size_t nodes = n ? n : grids[g];
            size_t times = repeats ? repeats : enough_repeats(nodes);
            fm_status status = bench(problem, nodes, sources, times, error);
            if (status != FM_OK) {
                return status;
            }
        }
    }
    return FM_OK;
}

static bool parse(const char *text, uint64_t least, uint64_t *value)
{
    return fm_count_parse(text, value) && *value >= least;
}

int main(int argc, char **argv)
{
    bool giving = argc == 5 && strcmp(argv[1], "--give") == 0;
    char **words = argv + giving;
    int count = argc - giving;
    const fm_problem *problem = count > 1 ? bench_problem(words[1]) : NULL;
    uint64_t n = 0;
    uint64_t sources = 10; /* or, for --give, the number of one */
    uint64_t repeats = 0;
    if (count > (giving ? 4 : 5) || (count > 1 && !problem) ||
        (count > 2 && !parse(words[2], 11, &n)) ||
        (count > 3 && !parse(words[3], giving ? 0 : 1, &sources)) ||
        (count > 4 && !parse(words[4], 1, &repeats))) {
        fputs("usage: bench_precision [PROBLEM [N [SOURCES [REPEATS]]]]\n"
              "       bench_precision --give PROBLEM N NUMBER\n"
              "(N from 11; problems: those of `fermat check`, and rough)\n",
              stderr);
        return 2;
    }
    fm_error error;
    fm_status status = giving ? give(problem, n, sources, &error)
                              : bench_all(problem, n, sources, repeats, &error);
    if (status != FM_OK) {
        fprintf(stderr, "bench_precision: %s\n", error.message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
