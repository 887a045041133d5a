/* The solver's public face: options, one workspace, and the order of business of a
 * shot: find the source, march the zones around it, hand down, march the grid. */
#include "fmm/solver.h"

#include <stdlib.h>

#include "backward.h"
#include "fmm/adjoint.h"
#include "grid_of.h"
#include "march.h"
#include "receiver.h"
#include "zones.h"

enum { AUTO_LEVELS = 3 };

struct fm_solver {
    const fm_medium *medium;
    fm_solver_options options;
    fm_march march;
    fm_zones zones;
    bool solved;    /* the last march came to its end */
    bool sensitive; /* and so did its adjoint */
};

fm_solver_options fm_solver_defaults(void)
{
    return (fm_solver_options){
        .order = 2, .refine = FM_REFINE_AUTO, .stop_early = true};
}

static fm_status check_options(const fm_solver_options *options, fm_error *error)
{
    if (options->order != 1 && options->order != 2) {
        return fm_fail(error, FM_BAD_INPUT, "order is %d, it must be 1 or 2",
                       options->order);
    }
    if (options->refine < FM_REFINE_AUTO || options->refine > FM_REFINE_MAX) {
        return fm_fail(error, FM_BAD_INPUT,
                       "refine is %d, it must be %d to %d, or %d for automatic",
                       options->refine, 0, FM_REFINE_MAX, FM_REFINE_AUTO);
    }
    return FM_OK;
}

static size_t zone_levels(const fm_medium *medium, const fm_model *model, int refine)
{
    if (!model) {
        return 0;
    }
    if (refine == FM_REFINE_AUTO) {
        return medium->ninterfaces > 0 ? AUTO_LEVELS : 0;
    }
    return (size_t)refine;
}

static void set_mode(fm_march *march, const fm_solver_options *options)
{
    march->exact = options->exact;
    march->frame.unfactored = options->unfactored;
}

fm_status fm_solver_create(const fm_medium *medium, const fm_model *model,
                           const fm_solver_options *options, fm_solver **solver,
                           fm_error *error)
{
    *solver = NULL;
    if (check_options(options, error) != FM_OK) {
        return FM_BAD_INPUT;
    }
    fm_solver *new = calloc(1, sizeof *new);
    if (!new) {
        return fm_fail_memory(error, "a solver", sizeof *new);
    }
    new->medium = medium;
    new->options = *options;
    fm_status status = fm_march_create(medium->grid.nx, medium->grid.nz, options->order,
                                       &new->march, error);
    if (status == FM_OK) {
        set_mode(&new->march, options);
        size_t levels = zone_levels(medium, model, options->refine);
        status = fm_zones_create(model, levels, options->order, &new->zones, error);
    }
    for (size_t n = 0; status == FM_OK && n < new->zones.max; n++) {
        set_mode(&new->zones.march[n], options);
        status = options->adjoint ? fm_march_keep(&new->zones.march[n], error) : FM_OK;
    }
    if (status == FM_OK && options->adjoint) {
        status = fm_march_keep(&new->march, error);
    }
    if (status != FM_OK) {
        fm_solver_destroy(new);
        return status;
    }
    *solver = new;
    return FM_OK;
}

void fm_solver_destroy(fm_solver *solver)
{
    if (solver) {
        fm_march_clear(&solver->march);
        fm_zones_clear(&solver->zones);
        free(solver);
    }
}

void fm_solver_watch(fm_solver *solver, bool (*stop)(const void *context),
                     const void *context)
{
    solver->march.stop = stop;
    solver->march.stop_context = context;
}

fm_status fm_solver_march(fm_solver *solver, fm_point source, const fm_point *receivers,
                          size_t n, fm_error *error)
{
    fm_march *march = &solver->march;
    solver->solved = solver->sensitive = false;
    fm_status status = fm_march_begin(march, solver->medium, source, error);
    if (status != FM_OK) {
        return status;
    }
    for (size_t r = 0; r < n && status == FM_OK; r++) {
        status = fm_receiver_want(march, receivers[r], error);
    }
    if (status != FM_OK) {
        return status;
    }
    bool automatic = solver->options.refine == FM_REFINE_AUTO;
    size_t levels = automatic && !fm_zones_wanted(march) ? 0 : solver->zones.max;
    status = fm_zones_march(&solver->zones, levels, march, error);
    if (status == FM_OK) {
        status = fm_march_run(march, n > 0 && solver->options.stop_early, error);
    }
    solver->solved = status == FM_OK;
    return status;
}

/* The march that the time at a receiver is read from, and that time. */
static size_t grid_of(const fm_solver *solver, fm_point receiver, double *time_s)
{
    for (size_t n = solver->zones.used; n > 0; n--) {
        bool whole;
        fm_receiver_time(&solver->zones.march[n - 1], receiver, time_s, &whole);
        if (whole) {
            return n;
        }
    }
    fm_receiver_time(&solver->march, receiver, time_s, NULL);
    return 0;
}

bool fm_solver_time(const fm_solver *solver, fm_point receiver, double *time_s)
{
    *time_s = NAN;
    if (solver->solved) {
        grid_of(solver, receiver, time_s);
    }
    return !isnan(*time_s);
}

static double field_value(const fm_solver *solver, size_t column, size_t row)
{
    double time = fm_march_time(&solver->march, column, row);
    return solver->solved && time < INFINITY ? time : NAN;
}

void fm_solver_field_f64(const fm_solver *solver, double *field)
{
    const fm_grid *grid = &solver->medium->grid;
    for (size_t k = 0; k < grid->nz; k++) {
        for (size_t i = 0; i < grid->nx; i++) {
            field[k * grid->nx + i] = field_value(solver, i, k);
        }
    }
}

void fm_solver_field_f32(const fm_solver *solver, float *field)
{
    const fm_grid *grid = &solver->medium->grid;
    for (size_t k = 0; k < grid->nz; k++) {
        for (size_t i = 0; i < grid->nx; i++) {
            field[k * grid->nx + i] = (float)field_value(solver, i, k);
        }
    }
}

const fm_march *fm_solver_grid(const fm_solver *solver)
{
    return &solver->march;
}

const fm_medium *fm_solver_medium(const fm_solver *solver)
{
    return solver->medium;
}

size_t fm_solver_accepted(const fm_solver *solver)
{
    return solver->solved ? solver->march.accepted : 0;
}

double fm_solver_bytes(const fm_medium *medium, const fm_model *model,
                       const fm_solver_options *options)
{
    const fm_grid *grid = &medium->grid;
    size_t levels = zone_levels(medium, model, options->refine);
    double bytes = fm_march_bytes(grid->nx, grid->nz) + fm_zones_bytes(levels);
    if (options->adjoint) {
        bytes += fm_march_keep_bytes(grid->nx, grid->nz) +
                 (double)levels * fm_march_keep_bytes(FM_ZONE_NODES, FM_ZONE_NODES);
    }
    return bytes;
}

/* ---- the adjoint ---- */

size_t fm_solver_grids(const fm_solver *solver)
{
    return 1 + solver->zones.used;
}

static fm_march *march_on(fm_solver *solver, size_t grid)
{
    return grid == 0 ? &solver->march : &solver->zones.march[grid - 1];
}

static void give_receivers(fm_solver *solver, const fm_point *receiver,
                           const double *weight, size_t n,
                           void (*give)(fm_march *march, fm_point point, double weight))
{
    for (size_t r = 0; r < n; r++) {
        double time;
        size_t grid = grid_of(solver, receiver[r], &time);
        if (!isnan(time)) {
            give(march_on(solver, grid), receiver[r], weight[r]);
        }
    }
}

fm_status fm_solver_adjoint(fm_solver *solver, const fm_point *receiver,
                            const double *weight, size_t n, fm_error *error)
{
    size_t grids = fm_solver_grids(solver);
    solver->sensitive = false;
    if (!solver->options.adjoint || !solver->solved) {
        return fm_fail(error, FM_FAILED,
                       solver->options.adjoint
                           ? "no march that an adjoint could be made of"
                           : "the solver was not made to have adjoints");
    }
    for (size_t grid = 0; grid < grids; grid++) {
        fm_status status = fm_backward_begin(march_on(solver, grid), error);
        if (status != FM_OK) {
            return status;
        }
    }
    give_receivers(solver, receiver, weight, n, fm_receiver_give);
    for (size_t grid = 0; grid < grids; grid++) {
        fm_march *march = march_on(solver, grid);
        fm_backward_run(march);
        if (grid + 1 < grids) {
            fm_zones_give_back(march, march_on(solver, grid + 1));
        } else {
            fm_backward_seeds(march);
        }
        fm_backward_finish(march);
    }
    give_receivers(solver, receiver, weight, n, fm_receiver_give_slowness);
    solver->sensitive = true;
    return FM_OK;
}

fm_sensitivity fm_solver_sensitivity(const fm_solver *solver, size_t grid)
{
    if (!solver->sensitive) {
        return (fm_sensitivity){0};
    }
    const fm_march *march = grid == 0 ? &solver->march : &solver->zones.march[grid - 1];
    const fm_backward *backward = &march->backward;
    return (fm_sensitivity){march->medium, backward->kernel,
                            march->medium->ninterfaces > 0 ? backward->beyond : NULL};
}
