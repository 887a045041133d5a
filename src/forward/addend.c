/* The parts of the sum over shots and their scales.
 *
 * A scale is a bound that no addend can reach (core/fixed.h). For lengths in cells it
 * is the longest way there is, for every row of the longest shot. For the gradient of
 *
 *   J = 1/2 sum ((T - t) / sigma)^2,   dJ/dc = sum (T - t) / sigma^2 dT/dc,
 *
 * dT/dc is an integral of ds/dc along a way: s^2 times the way where coefficients are
 * speeds, and as much as s^2 c^2 times it where they are slownesses 1/c. The derivative
 * of the scheme is not that of a way, so 16 bits are left for what it may be more.
 * What is left below a typical value is still some 45 bits and more. */
#include "addend.h"

#include <math.h>

enum { SLACK_BITS = 16, LEAST_EXPONENT = -900, GREATEST_EXPONENT = 1000 };

static int exponent_of(double bound, int slack)
{
    int exponent = 0;
    frexp(bound, &exponent);
    exponent += slack;
    exponent = exponent > LEAST_EXPONENT ? exponent : LEAST_EXPONENT;
    return exponent < GREATEST_EXPONENT ? exponent : GREATEST_EXPONENT;
}

static double longest_shot(const fm_shots *shots)
{
    size_t longest = 1;
    for (size_t s = 0; s < shots->n; s++) {
        size_t n = shots->shot[s].end - shots->shot[s].begin;
        longest = n > longest ? n : longest;
    }
    return (double)longest;
}

/* The greatest slowness that is not a mask's. */
static double greatest_slowness(const fm_medium *medium)
{
    const fm_grid *grid = &medium->grid;
    size_t nodes = fm_grid_nodes(grid), beyond = medium->ninterfaces * grid->nx;
    double most = 0;
    for (size_t i = 0; i < nodes; i++) {
        double s = medium->slowness[i];
        most = s < INFINITY ? fmax(most, s) : most;
    }
    for (size_t i = 0; i < beyond; i++) {
        double s = medium->slowness_beyond[i];
        most = s < INFINITY ? fmax(most, s) : most;
    }
    return most > 0 ? most : 1;
}

/* The greatest residual by the square of the least sigma. */
static double greatest_pull(const fm_survey *survey, double latest)
{
    double sigma = INFINITY, observed = 0;
    for (size_t p = 0; p < survey->npairs; p++) {
        observed = fmax(observed, survey->observed_s ? survey->observed_s[p] : 0);
        sigma = fmin(sigma, survey->sigma_s ? survey->sigma_s[p] : INFINITY);
    }
    sigma = sigma < 1 ? sigma : 1; /* where none is given it is 1 */
    return (latest + observed) / (sigma * sigma);
}

/* How much more than a speed's a coefficient can weigh. */
static double greatest_weight(const fm_job *job, double slowness)
{
    const fm_model *model = &job->model;
    double weight = fmax(1, 1 / (slowness * slowness));
    if (model->kind == FM_MODEL_GRADIENT) {
        weight = fmax(weight, fmax(fabs(model->x_min), fabs(model->x_max)));
        weight = fmax(weight, fmax(fabs(model->z_min), fabs(model->z_max)));
    }
    size_t ring = model->interpolation == FM_BSPLINE ? 2 : 0;
    size_t n = model->values ? (model->nx + ring) * (model->nz + ring) : 0;
    for (size_t i = 0; i < n; i++) {
        weight = fmax(weight, model->values[i] * model->values[i]);
    }
    for (size_t i = 0; i < model->nknots; i++) {
        weight = fmax(weight, model->knot_speed[i] * model->knot_speed[i]);
    }
    return fmax(weight, model->speed * model->speed);
}

fm_addend fm_addend_of(const fm_job *job)
{
    const fm_job_spec *spec = &job->spec;
    fm_addend addend = {.fields = spec->want_sum, .scale = fm_sums_scale(&job->medium)};
    double latest = ldexp(1, addend.scale.exponent), rows = longest_shot(&job->shots);
    double slowness = greatest_slowness(&job->medium);
    if (spec->want_sum) {
        addend.nodes = fm_grid_nodes(&job->medium.grid);
    }
    if (spec->want_gradient) {
        addend.coefficients = job->coefficients.nx * job->coefficients.nz;
        addend.gradient_exponent = exponent_of(
            rows * greatest_pull(&job->survey, latest) * latest * slowness, SLACK_BITS);
        addend.gradient_exponent += exponent_of(greatest_weight(job, slowness), 0);
    }
    if (spec->want_coverage) {
        fm_cells cells = fm_cells_of(&job->model, &job->medium.grid);
        addend.cells = cells.nx * cells.nz;
        addend.coverage_exponent = exponent_of(rows * latest / slowness, 0);
    }
    return addend;
}

static void add_part(fm_sum_shape *shape, size_t n, int lsb)
{
    shape->part[shape->parts].n = n;
    shape->part[shape->parts].lsb = lsb;
    shape->parts++;
}

int fm_addend_gradient_lsb(const fm_addend *addend)
{
    return addend->gradient_exponent - FM_FIXED_ADDEND_BITS;
}

int fm_addend_coverage_lsb(const fm_addend *addend)
{
    return addend->coverage_exponent - FM_FIXED_ADDEND_BITS;
}

fm_sum_shape fm_addend_shape(const fm_addend *addend)
{
    fm_sum_shape shape = {0};
    if (addend->fields) {
        shape = fm_sums_shape(&addend->scale, addend->nodes);
    }
    if (addend->coefficients > 0) {
        add_part(&shape, addend->coefficients, fm_addend_gradient_lsb(addend));
    }
    if (addend->cells > 0) {
        add_part(&shape, addend->cells, fm_addend_coverage_lsb(addend));
    }
    return shape;
}

fm_addend_places fm_addend_at(const fm_addend *addend)
{
    fm_addend_places places = {0};
    if (addend->fields) {
        fm_sum_shape shape = fm_sums_shape(&addend->scale, addend->nodes);
        places.gradient = fm_sum_size(&shape);
    }
    places.coverage = places.gradient + addend->coefficients;
    places.size = places.coverage + addend->cells;
    return places;
}
