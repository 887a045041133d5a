/* The table of contents of a result file: what there is, over which axes, in which
 * unit, and which words of the CF conventions tell a program that never heard of us
 * what it means. Only what the job decides may stand here: no date, no host, no number
 * of workers, so that one job gives one file, byte for byte. */
#include "result_draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/version.h"
#include "forward/forward.h"

_Static_assert(sizeof(size_t) == sizeof(int64_t), "indices are stored as they stand");

typedef struct axis_words {
    const char *unit, *long_name, *standard_name, *axis, *positive;
} axis_words;

static const axis_words x_words[] = {
    [FM_CARTESIAN] = {"km", "distance along the section", NULL, "X", NULL},
    [FM_GEOGRAPHIC] = {"degrees_east", "longitude", "longitude", "X", NULL},
    [FM_POLAR] = {"degrees", "angle along the section", NULL, "X", NULL},
};
static const axis_words z_words[] = {
    [FM_CARTESIAN] = {"km", "depth", "depth", "Z", "down"},
    [FM_GEOGRAPHIC] = {"degrees_north", "latitude", "latitude", "Y", NULL},
    [FM_POLAR] = {"km", "distance from the centre", NULL, "Z", "up"},
};

static const char *x_name(const draft *d)
{
    return fm_geometry_x_name(d->job->medium.grid.geometry);
}

static const char *z_name(const draft *d)
{
    return fm_geometry_z_name(d->job->medium.grid.geometry);
}

static void global_attributes(const draft *d, const fm_provenance *provenance)
{
    const fm_job *job = d->job;
    fm_nc *nc = d->nc;
    char text[64];
    int32_t order = job->spec.solver.order;
    fm_nc_text(nc, "Conventions", "CF-1.10");
    fm_nc_text(nc, "title", "First-arrival travel times");
    snprintf(text, sizeof text, "fermat %s", fm_version());
    fm_nc_text(nc, "source", text);
    fm_nc_text(nc, "geometry", fm_geometry_name(job->medium.grid.geometry));
    if (job->medium.grid.geometry != FM_CARTESIAN) {
        fm_nc_numbers(nc, "radius_km", FM_NC_F64, 1, &job->medium.grid.radius_km);
    }
    fm_nc_numbers(nc, "solver_order", FM_NC_I32, 1, &order);
    snprintf(text, sizeof text, "%d", job->spec.solver.refine);
    fm_nc_text(nc, "solver_refine",
               job->spec.solver.refine == FM_REFINE_AUTO ? "auto" : text);
    fm_nc_text(nc, "reciprocity", job->shots.reciprocal ? "used" : "not used");
    fm_nc_text(nc, "job", provenance->job);
    fm_nc_text(nc, "job_hash", provenance->job_hash);
    fm_nc_text(nc, "model_hash", provenance->model_hash);
    fm_nc_text(nc, "survey_hash", provenance->survey_hash);
}

static void describe_position(fm_nc *nc, const axis_words *words)
{
    fm_nc_text(nc, "units", words->unit);
    if (words->standard_name) {
        fm_nc_text(nc, "standard_name", words->standard_name);
    }
    if (words->positive) {
        fm_nc_text(nc, "positive", words->positive);
    }
}

void fm_layout_describe_x(fm_nc *nc, fm_geometry geometry)
{
    describe_position(nc, &x_words[geometry]);
}

void fm_layout_describe_z(fm_nc *nc, fm_geometry geometry)
{
    describe_position(nc, &z_words[geometry]);
}

static fm_nc_axis put_coordinate(const draft *d, const char *name, size_t n,
                                 const double *values, const axis_words *words)
{
    fm_nc_axis axis = fm_nc_coordinate(d->nc, name, n, values);
    fm_nc_text(d->nc, "long_name", words->long_name);
    describe_position(d->nc, words);
    fm_nc_text(d->nc, "axis", words->axis);
    const double range[] = {values[0], values[n - 1]};
    fm_nc_range(d->nc, FM_NC_F64, range);
    return axis;
}

/* Dimensions with ordinal numbers as values: some readers want values of every axis. */
static fm_nc_axis put_numbered(const draft *d, const char *name, size_t n,
                               const char *long_name)
{
    for (size_t i = 0; i < n; i++) {
        d->scratch[i] = (double)(i + 1);
    }
    fm_nc_axis axis = fm_nc_coordinate(d->nc, name, n, d->scratch);
    fm_nc_text(d->nc, "units", "1");
    fm_nc_text(d->nc, "long_name", long_name);
    return axis;
}

static void put_axes(draft *d)
{
    const fm_grid *grid = &d->job->medium.grid;
    const fm_survey *survey = &d->job->survey;
    d->source =
        put_numbered(d, "source", survey->sources.n, "number of the source, from 1");
    if (survey->receivers.n > 0) {
        d->receiver = put_numbered(d, "receiver", survey->receivers.n,
                                   "number of the receiver, from 1");
    }
    if (fm_layout_has_pairs(d->job)) {
        d->pair = fm_nc_dimension(d->nc, "pair", survey->npairs);
    }
    if (d->job->medium.ninterfaces > 0) {
        d->interface = put_numbered(d, "interface", d->job->medium.ninterfaces,
                                    "number of the interface, from 1");
    }
    d->z = put_coordinate(d, z_name(d), grid->nz, grid->z, &z_words[grid->geometry]);
    for (size_t i = 0; i < grid->nx; i++) {
        d->scratch[i] = fm_grid_x(grid, i);
    }
    d->x = put_coordinate(d, x_name(d), grid->nx, d->scratch, &x_words[grid->geometry]);
    draft_derived_axes(d);
}

/* source_id, source_x, source_z: who stands where, in the names of the geometry. */
static void put_stations(const draft *d, const char *kind, fm_nc_axis axis,
                         const fm_stations *stations)
{
    fm_geometry geometry = d->job->medium.grid.geometry;
    char name[64];
    snprintf(name, sizeof name, "%s_id", kind);
    fm_nc_strings(d->nc, name, axis, stations->id);
    fm_nc_text(d->nc, "long_name", "identifier in the survey");
    for (size_t i = 0; i < stations->n; i++) {
        d->scratch[i] = stations->point[i].x;
    }
    snprintf(name, sizeof name, "%s_%s", kind, x_name(d));
    fm_nc_variable(d->nc, name, FM_NC_F64, 1, &axis, NULL, d->scratch);
    describe_position(d->nc, &x_words[geometry]);
    for (size_t i = 0; i < stations->n; i++) {
        d->scratch[i] = stations->point[i].z;
    }
    snprintf(name, sizeof name, "%s_%s", kind, z_name(d));
    fm_nc_variable(d->nc, name, FM_NC_F64, 1, &axis, NULL, d->scratch);
    describe_position(d->nc, &z_words[geometry]);
}

void draft_later(const draft *d, fm_later which, size_t rank, const fm_nc_axis *axes,
                 const void *fill)
{
    d->place[which] =
        fm_nc_variable(d->nc, fm_later_name(which), fm_later_type(d->job, which), rank,
                       axes, fill, NULL);
}

/* The least and greatest speed of n slownesses, masked nodes aside. */
static void put_speed_range(fm_nc *nc, const double *slowness, size_t n)
{
    double range[2] = {INFINITY, 0};
    for (size_t i = 0; i < n; i++) {
        double speed = 1 / slowness[i];
        if (speed > 0) {
            range[0] = fmin(range[0], speed);
            range[1] = fmax(range[1], speed);
        }
    }
    if (range[1] > 0) {
        fm_nc_range(nc, FM_NC_F64, range);
    }
}

static void put_model(const draft *d)
{
    const fm_medium *medium = &d->job->medium;
    const double none = NAN;
    const fm_nc_axis axes[] = {d->z, d->x};
    draft_later(d, FM_LATER_SPEED, 2, axes, &none);
    fm_nc_text(d->nc, "units", "km s-1");
    fm_nc_text(d->nc, "long_name",
               medium->ninterfaces > 0
                   ? "wave speed, on interfaces that of the side of smaller row number"
                   : "wave speed");
    put_speed_range(d->nc, medium->slowness, fm_grid_nodes(&medium->grid));
}

static void put_interfaces(const draft *d)
{
    const fm_medium *medium = &d->job->medium;
    const double none = NAN;
    const fm_nc_axis axes[] = {d->interface, d->x};
    char name[64];
    if (medium->ninterfaces == 0) {
        return;
    }
    for (size_t i = 0; i < medium->ninterfaces; i++) {
        d->scratch[i] = medium->grid.z[medium->interface_row[i]];
    }
    snprintf(name, sizeof name, "interface_%s", z_name(d));
    fm_nc_variable(d->nc, name, FM_NC_F64, 1, &d->interface, NULL, d->scratch);
    describe_position(d->nc, &z_words[medium->grid.geometry]);
    draft_later(d, FM_LATER_SPEED_BEYOND, 2, axes, &none);
    fm_nc_text(d->nc, "units", "km s-1");
    fm_nc_text(d->nc, "long_name",
               "wave speed on interfaces, of the side of larger row number");
    fm_nc_text(d->nc, "coordinates", name);
    put_speed_range(d->nc, medium->slowness_beyond,
                    medium->ninterfaces * medium->grid.nx);
}

static void put_flags(fm_nc *nc, const char *meanings)
{
    const uint8_t values[] = {0, 1, 2};
    fm_nc_numbers(nc, "flag_values", FM_NC_U8, 3, values);
    fm_nc_text(nc, "flag_meanings", meanings);
}

static void put_source_states(const draft *d)
{
    draft_later(d, FM_LATER_SOURCE_STATUS, 1, &d->source, NULL);
    fm_nc_text(d->nc, "long_name", "state of the source");
    put_flags(d->nc, "not_done done failed");
}

/* Of the variable defined last. */
static void put_later_range(const draft *d, fm_later which)
{
    const double range[] = {d->range[which].least, d->range[which].greatest};
    fm_nc_range(d->nc, fm_later_type(d->job, which), range);
}

static void put_fields(const draft *d)
{
    const double none = NAN;
    const float none_f32 = NAN;
    const fm_nc_axis axes[] = {d->source, d->z, d->x};
    char text[128];
    if (!d->job->spec.want_fields) {
        return;
    }
    draft_later(d, FM_LATER_FIELDS, 3, axes,
                d->job->spec.fields_f64 ? (const void *)&none : &none_f32);
    fm_nc_text(d->nc, "units", "s");
    fm_nc_text(d->nc, "long_name", "first-arrival travel time");
    snprintf(text, sizeof text, "source_id source_%s source_%s", x_name(d), z_name(d));
    fm_nc_text(d->nc, "coordinates", text);
    put_later_range(d, FM_LATER_FIELDS);
}

/* One map over all sources. Which of them it has is told by its companions. */
static void put_map(const draft *d, fm_later which, const char *units,
                    const char *long_name, const char *method)
{
    const double none = NAN;
    const fm_nc_axis axes[] = {d->z, d->x};
    draft_later(d, which, 2, axes, which == FM_LATER_COUNT ? NULL : &none);
    fm_nc_text(d->nc, "units", units);
    fm_nc_text(d->nc, "long_name", long_name);
    if (method) {
        fm_nc_text(d->nc, "cell_methods", method);
        fm_nc_text(d->nc, "ancillary_variables",
                   "traveltime_count traveltime_sum_sources");
        put_later_range(d, which);
    }
}

static void put_sums(const draft *d)
{
    if (!d->job->spec.want_sum) {
        return;
    }
    put_map(d, FM_LATER_SUM, "s", "sum of the travel times from all sources done",
            "source: sum");
    put_map(d, FM_LATER_SQUARE_SUM, "s2",
            "sum of the squares of the travel times from all sources done",
            "source: sum_of_squares");
    put_map(d, FM_LATER_COUNT, "1", "number of sources whose wave arrived", NULL);
    put_map(d, FM_LATER_MEAN, "s", "mean travel time from all sources done",
            "source: mean");
    put_map(d, FM_LATER_DEVIATION, "s",
            "standard deviation of the travel times from all sources done",
            "source: standard_deviation");
    draft_later(d, FM_LATER_SUM_SHOTS, 0, NULL, NULL);
    fm_nc_text(d->nc, "units", "1");
    fm_nc_text(d->nc, "long_name", "number of sources that the sums are made of");
}

static void put_seconds(const draft *d, const char *name, const double *values,
                        const char *long_name)
{
    const double none = NAN;
    fm_nc_variable(d->nc, name, FM_NC_F64, 1, &d->pair, &none, values);
    fm_nc_text(d->nc, "units", "s");
    fm_nc_text(d->nc, "long_name", long_name);
}

static void put_indices(const draft *d, const char *name, const size_t *values,
                        const char *long_name)
{
    fm_nc_variable(d->nc, name, FM_NC_I64, 1, &d->pair, NULL, values);
    fm_nc_text(d->nc, "units", "1");
    fm_nc_text(d->nc, "long_name", long_name);
}

static void put_arrivals(const draft *d)
{
    const double none = NAN;
    if (!fm_later_wanted(d->job, FM_LATER_ARRIVAL)) {
        return;
    }
    draft_later(d, FM_LATER_ARRIVAL, 1, &d->pair, &none);
    fm_nc_text(d->nc, "units", "s");
    fm_nc_text(d->nc, "long_name", "first-arrival time from source to receiver");
    fm_nc_text(d->nc, "coordinates", "arrival_source arrival_receiver");
    fm_nc_text(d->nc, "ancillary_variables", "arrival_status");
    draft_later(d, FM_LATER_ARRIVAL_STATUS, 1, &d->pair, NULL);
    fm_nc_text(d->nc, "long_name", "state of the pair");
    put_flags(d->nc, "not_done reached unreachable");
}

static void put_pairs(const draft *d)
{
    const fm_survey *survey = &d->job->survey;
    if (!fm_layout_has_pairs(d->job)) {
        return;
    }
    put_indices(d, "arrival_source", survey->pair_source,
                "index of the pair's source along dimension source, from 0");
    put_indices(d, "arrival_receiver", survey->pair_receiver,
                "index of the pair's receiver along dimension receiver, from 0");
    put_arrivals(d);
    if (survey->observed_s) {
        put_seconds(d, "arrival_observed", survey->observed_s, "observed time");
    }
    if (survey->sigma_s) {
        put_seconds(d, "arrival_sigma", survey->sigma_s,
                    "standard deviation of the observed time");
    }
}

static size_t longest(const fm_job *job)
{
    const fm_coefficients *of = &job->coefficients;
    fm_cells cells = fm_cells_of(&job->model, &job->medium.grid);
    const size_t lengths[] = {job->medium.grid.nx,
                              job->survey.sources.n,
                              job->survey.receivers.n,
                              job->medium.ninterfaces,
                              of->nx * of->nz,
                              of->nx + of->nz,
                              cells.nx,
                              cells.nz};
    size_t most = 1;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        most = lengths[i] > most ? lengths[i] : most;
    }
    return most;
}

fm_layout_axes fm_layout_describe(fm_nc *nc, const fm_job *job,
                                  const fm_provenance *provenance,
                                  const fm_range range[FM_LATER_KINDS],
                                  fm_nc_place *place)
{
    size_t n = longest(job);
    draft d = {.nc = nc, .job = job, .range = range, .place = place};
    d.scratch = malloc(n * sizeof *d.scratch);
    if (!d.scratch) {
        fm_fail_memory(&nc->error, "an axis", (double)(n * sizeof *d.scratch));
        return (fm_layout_axes){0};
    }
    global_attributes(&d, provenance);
    put_axes(&d);
    put_stations(&d, "source", d.source, &job->survey.sources);
    if (job->survey.receivers.n > 0) {
        put_stations(&d, "receiver", d.receiver, &job->survey.receivers);
    }
    put_model(&d);
    put_interfaces(&d);
    put_pairs(&d);
    put_source_states(&d);
    put_fields(&d);
    put_sums(&d);
    draft_derived(&d);
    free(d.scratch);
    return (fm_layout_axes){nc->axes, d.pair};
}
