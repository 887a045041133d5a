/* The part of the table of contents that is about rays and derivatives. */
#include <math.h>
#include <stdio.h>

#include "forward/forward.h"
#include "result_draft.h"

typedef void describe_words(fm_nc *nc, fm_geometry geometry);

/* coefficient_lon, cell_lon ...; `describe` NULL: they are numbered. */
static fm_nc_axis put_beside(const draft *d, const char *kind, const char *axis,
                             size_t n, const double *values, const char *long_name,
                             describe_words *describe)
{
    char name[64];
    snprintf(name, sizeof name, "%s_%s", kind, axis);
    fm_nc_axis made = fm_nc_coordinate(d->nc, name, n, values);
    fm_nc_text(d->nc, "long_name", long_name);
    if (describe) {
        describe(d->nc, d->job->medium.grid.geometry);
    } else {
        fm_nc_text(d->nc, "units", "1");
    }
    return made;
}

/* Where coefficients have no place they are numbered. */
static void put_coefficient_axes(draft *d)
{
    const fm_job *job = d->job;
    const fm_coefficients *of = &job->coefficients;
    fm_geometry geometry = job->medium.grid.geometry;
    if (!fm_job_wants_coefficients(&job->spec)) {
        return;
    }
    bool nodes = job->model.kind == FM_MODEL_NODES;
    bool placed_z = nodes || job->model.kind == FM_MODEL_PROFILE;
    double *x = d->scratch, *z = d->scratch + of->nx;
    fm_coefficients_positions(&job->model, of, x, z);
    d->coefficient_x = put_beside(d, "coefficient", fm_geometry_x_name(geometry),
                                  of->nx, x, "where the coefficients of the model are",
                                  nodes ? fm_layout_describe_x : NULL);
    d->coefficient_z = put_beside(d, "coefficient", fm_geometry_z_name(geometry),
                                  of->nz, z, "where the coefficients of the model are",
                                  placed_z ? fm_layout_describe_z : NULL);
}

static void put_cell_axes(draft *d)
{
    const fm_grid *grid = &d->job->medium.grid;
    if (!d->job->spec.want_coverage) {
        return;
    }
    fm_cells cells = fm_cells_of(&d->job->model, grid);
    for (size_t k = 0; k < cells.nz; k++) {
        d->scratch[k] = fm_cells_z(&cells, k);
    }
    d->cell_z = put_beside(d, "cell", fm_geometry_z_name(grid->geometry), cells.nz,
                           d->scratch, "centres of cells", fm_layout_describe_z);
    for (size_t i = 0; i < cells.nx; i++) {
        d->scratch[i] = fm_cells_x(&cells, i);
    }
    d->cell_x = put_beside(d, "cell", fm_geometry_x_name(grid->geometry), cells.nx,
                           d->scratch, "centres of cells", fm_layout_describe_x);
}

static void put_traces(const draft *d)
{
    static const uint8_t states[] = {0, 1, 2, 3, 4, 5};
    const double none = NAN;
    if (!fm_later_wanted(d->job, FM_LATER_RAY_STATUS)) {
        return;
    }
    draft_later(d, FM_LATER_RAY_STATUS, 1, &d->pair, NULL);
    fm_nc_text(d->nc, "long_name", "how the pair's ray came to its source");
    fm_nc_numbers(d->nc, "flag_values", FM_NC_U8, 6, states);
    fm_nc_text(d->nc, "flag_meanings",
               "not_done reached along_edge fallback failed unreachable");
    draft_later(d, FM_LATER_RAY_TIME, 1, &d->pair, &none);
    fm_nc_text(d->nc, "units", "s");
    fm_nc_text(d->nc, "long_name", "slowness integrated along the ray");
    draft_later(d, FM_LATER_RAY_LENGTH, 1, &d->pair, &none);
    fm_nc_text(d->nc, "units", "km");
    fm_nc_text(d->nc, "long_name", "length of the ray");
}

static void put_misfit(const draft *d)
{
    const double none = NAN;
    if (!fm_later_wanted(d->job, FM_LATER_MISFIT)) {
        return;
    }
    draft_later(d, FM_LATER_MISFIT, 1, &d->source, &none);
    fm_nc_text(d->nc, "units", "1");
    fm_nc_text(
        d->nc, "long_name",
        "half the sum over the source's pairs of the squared residuals by sigma");
    draft_later(d, FM_LATER_MISFIT_SUM, 0, NULL, NULL);
    fm_nc_text(d->nc, "units", "1");
    fm_nc_text(d->nc, "long_name", "sum of the misfits of all sources done");
    draft_later(d, FM_LATER_MISFIT_PAIRS, 0, NULL, NULL);
    fm_nc_text(d->nc, "units", "1");
    fm_nc_text(d->nc, "long_name", "number of pairs in the misfit");
}

static void put_coefficients(const draft *d)
{
    const fm_job *job = d->job;
    const fm_coefficients *of = &job->coefficients;
    if (!fm_job_wants_coefficients(&job->spec)) {
        return;
    }
    bool speed = of->quantity == FM_SPEED;
    const fm_nc_axis axes[] = {d->coefficient_z, d->coefficient_x};
    fm_coefficients_values(&job->model, of, d->scratch);
    fm_nc_variable(d->nc, "coefficient", FM_NC_F64, 2, axes, NULL, d->scratch);
    if (job->model.kind != FM_MODEL_GRADIENT) {
        fm_nc_text(d->nc, "units", speed ? "km s-1" : "s km-1");
    }
    fm_nc_text(d->nc, "long_name", "coefficients of the model");
    if (job->spec.want_gradient) {
        draft_later(d, FM_LATER_GRADIENT, 2, axes, NULL);
        fm_nc_text(d->nc, "long_name",
                   "derivative of the misfit with respect to the coefficients, summed "
                   "over all sources done");
    }
}

static void put_coverage(const draft *d)
{
    const fm_nc_axis axes[] = {d->cell_z, d->cell_x};
    if (d->job->spec.want_coverage) {
        draft_later(d, FM_LATER_COVERAGE, 2, axes, NULL);
        fm_nc_text(d->nc, "units", "km");
        fm_nc_text(d->nc, "long_name", "length of all rays in the cell");
    }
}

void draft_derived_axes(draft *d)
{
    put_coefficient_axes(d);
    put_cell_axes(d);
}

void draft_derived(const draft *d)
{
    put_traces(d);
    put_misfit(d);
    put_coefficients(d);
    put_coverage(d);
}
