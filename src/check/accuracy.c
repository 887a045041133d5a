/* Accuracy measured against closed forms. Sources are drawn at random, off the nodes
 * unless asked otherwise, from a fixed seed: practice has them off the nodes, and it is
 * there that solvers lose their order. */
#include "check/accuracy.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static double deviation_at(const fm_problem *problem, const fm_medium *medium,
                           const double *field, fm_point source, fm_deviation *sum)
{
    const fm_grid *grid = &medium->grid;
    double nodes = 0;
    for (size_t k = 0; k < grid->nz; k++) {
        for (size_t i = 0; i < grid->nx; i++) {
            fm_point at = {fm_grid_x(grid, i), grid->z[k]};
            if (problem->inside && !problem->inside(at, source)) {
                continue;
            }
            double exact = problem->time(at, source);
            double error = fabs(field[k * grid->nx + i] - exact);
            sum->mean += error;
            sum->mean_time += exact;
            sum->worst = error <= sum->worst ? sum->worst : error; /* a NaN stays */
            nodes++;
        }
    }
    return nodes;
}

fm_status fm_accuracy_measure(const fm_problem *problem, size_t n, fm_point source,
                              const fm_solver_options *options, fm_deviation *deviation,
                              fm_error *error)
{
    fm_medium medium = {0};
    fm_solver *solver = NULL;
    double *field = NULL;
    *deviation = (fm_deviation){0};
    fm_status status = fm_problem_medium(problem, n, source, &medium, error);
    if (status == FM_OK) {
        status = fm_solver_create(&medium, NULL, options, &solver, error);
    }
    if (status == FM_OK) {
        status = fm_solver_march(solver, source, NULL, 0, error);
    }
    if (status == FM_OK) {
        size_t bytes = fm_grid_nodes(&medium.grid) * sizeof *field;
        field = malloc(bytes);
        status = field ? FM_OK : fm_fail_memory(error, "a field", (double)bytes);
    }
    if (status == FM_OK) {
        fm_solver_field_f64(solver, field);
        double nodes = deviation_at(problem, &medium, field, source, deviation);
        deviation->mean /= nodes;
        deviation->mean_time /= nodes;
    }
    free(field);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    return status;
}

/* splitmix64 (Steele, Lea & Flood 2014): one number in, one well-mixed number out. */
static double uniform(uint64_t number)
{
    uint64_t z = (number + 1) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double on_grid(double x, double from, double to, size_t n)
{
    double step = (to - from) / (double)(n - 1);
    return from + round((x - from) / step) * step;
}

fm_point fm_accuracy_source(const fm_problem *problem, size_t n, uint64_t number,
                            bool on_node)
{
    const double *box = problem->source_box;
    fm_point source = {box[0] + (box[1] - box[0]) * uniform(2 * number),
                       box[2] + (box[3] - box[2]) * uniform(2 * number + 1)};
    if (on_node) {
        n -= problem->between_rows;
        source.x = on_grid(source.x, problem->x_min, problem->x_max, n);
        source.z = on_grid(source.z, problem->z_min, problem->z_max, n);
    }
    return source;
}

static const fm_accuracy_case cases[] = {
    {"gradient", false, 2, 2e-7, 1.9},
};

const fm_accuracy_case *fm_accuracy_cases(size_t *n)
{
    *n = sizeof cases / sizeof *cases;
    return cases;
}

fm_status fm_accuracy_run(const fm_accuracy_case *accuracy_case, bool quick,
                          fm_accuracy_series *series, fm_error *error)
{
    static const size_t grids[FM_ACCURACY_GRIDS] = {101, 201, 401, 801, 1001};
    const fm_problem *problem = fm_problem_named(accuracy_case->problem);
    fm_solver_options options = fm_solver_defaults();
    options.order = accuracy_case->order;
    uint64_t sources = quick ? 3 : 10;
    *series = (fm_accuracy_series){.grids = quick ? 3 : FM_ACCURACY_GRIDS};
    for (size_t g = 0; g < series->grids; g++) {
        double logarithms = 0;
        for (uint64_t number = 0; number < sources; number++) {
            fm_point source =
                fm_accuracy_source(problem, grids[0], number, accuracy_case->on_node);
            fm_deviation deviation;
            fm_status status = fm_accuracy_measure(problem, grids[g], source, &options,
                                                   &deviation, error);
            if (status != FM_OK) {
                return status;
            }
            logarithms += log(deviation.mean / deviation.mean_time);
        }
        series->n[g] = grids[g] - problem->between_rows;
        series->error[g] = exp(logarithms / (double)sources);
    }
    return FM_OK;
}
