/* A profile from CSV: speed against depth, the columns named with their units. Knots
 * are checked row by row here, where the line is still known. */
#include <stdlib.h>
#include <string.h>

#include "io/load.h"
#include "profile_knots.h"
#include "table.h"

typedef struct profile_columns {
    size_t depth, speed;
    double depth_scale, speed_scale; /* to km and km/s */
} profile_columns;

static bool name_ends(const char *name, const char *end)
{
    size_t length = strlen(name), size = strlen(end);
    return length > size && strcmp(name + length - size, end) == 0;
}

static fm_status find_depth(const fm_table *table, profile_columns *columns,
                            fm_error *error)
{
    size_t other = 0;
    columns->depth_scale = 1;
    if (!fm_table_column(table, "depth_m", &columns->depth)) {
        return fm_table_need(table, "depth_km", "a profile", &columns->depth, error);
    }
    columns->depth_scale = 0.001;
    if (fm_table_column(table, "depth_km", &other)) {
        return fm_table_fail(table, error,
                             "both 'depth_km' and 'depth_m'; one of them, please");
    }
    return FM_OK;
}

static fm_status find_usual_speed(const fm_table *table, profile_columns *columns,
                                  fm_error *error)
{
    static const char *const usual[] = {"vp_km_s", "vp_m_s", "speed_km_s", "speed_m_s"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        size_t column = 0;
        if (!fm_table_column(table, usual[i], &column)) {
            continue;
        }
        if (found) {
            return fm_table_fail(table, error,
                                 "both '%s' and '%s'; say which with model.variable",
                                 found, usual[i]);
        }
        found = usual[i];
        columns->speed = column;
    }
    if (!found) {
        return fm_table_need(table, "vp_km_s",
                             "a profile (if model.variable names no other)",
                             &columns->speed, error);
    }
    columns->speed_scale = name_ends(found, "_km_s") ? 1 : 0.001;
    return FM_OK;
}

static fm_status find_speed(const fm_table *table, const char *column,
                            profile_columns *columns, fm_error *error)
{
    if (!column) {
        return find_usual_speed(table, columns, error);
    }
    bool km = name_ends(column, "_km_s");
    if (!km && !name_ends(column, "_m_s")) {
        return fm_table_fail(table, error,
                             "column '%.60s' does not say its unit: a speed's name "
                             "ends in _km_s or _m_s",
                             column);
    }
    columns->speed_scale = km ? 1 : 0.001;
    return fm_table_need(table, column, "this profile (model.variable)",
                         &columns->speed, error);
}

/* What a masked layer and a discontinuity look like (model/validate.c). */
static fm_status check_step(const fm_table *table, double gap, double above,
                            double below, fm_error *error)
{
    if (gap > 0 && gap < FM_LEAST_GAP_KM) {
        return fm_table_fail(table, error,
                             "a depth only %g km below the one before; equal, for a "
                             "discontinuity, or at least %g km",
                             gap, FM_LEAST_GAP_KM);
    }
    if (gap > 0 && (above == 0) != (below == 0)) {
        return fm_table_fail(table, error,
                             "the speed goes from %g to %g km/s over %g km; a masked "
                             "layer (speed 0) begins and ends with a discontinuity",
                             above, below, gap);
    }
    return FM_OK;
}

static fm_status check_knot(const fm_table *table, const fm_knots *knots, double depth,
                            double speed, fm_error *error)
{
    size_t n = knots->n;
    if (speed < 0) {
        return fm_table_fail(table, error, "a speed of %g km/s; it is not negative",
                             speed);
    }
    if (n > 0 && depth < knots->depth_km[n - 1]) {
        return fm_table_fail(table, error,
                             "a depth of %g km below one of %g km; depths ascend",
                             depth, knots->depth_km[n - 1]);
    }
    if (n > 1 && depth == knots->depth_km[n - 2]) {
        return fm_table_fail(table, error,
                             "a third row at %g km; a discontinuity has two", depth);
    }
    return n > 0 ? check_step(table, depth - knots->depth_km[n - 1],
                              knots->speed[n - 1], speed, error)
                 : FM_OK;
}

static fm_status add_knot(const fm_table *table, const profile_columns *columns,
                          fm_knots *knots, fm_error *error)
{
    double depth = 0, speed = 0;
    fm_status status = fm_table_number(table, columns->depth, &depth, error);
    if (status == FM_OK) {
        status = fm_table_number(table, columns->speed, &speed, error);
    }
    depth *= columns->depth_scale;
    speed *= columns->speed_scale;
    if (status == FM_OK) {
        status = check_knot(table, knots, depth, speed, error);
    }
    if (status != FM_OK) {
        return status;
    }
    double *depths = fm_table_grow(knots->depth_km, knots->n, &knots->depth_capacity,
                                   sizeof *depths);
    knots->depth_km = depths ? depths : knots->depth_km;
    double *speeds =
        fm_table_grow(knots->speed, knots->n, &knots->speed_capacity, sizeof *speeds);
    knots->speed = speeds ? speeds : knots->speed;
    if (!depths || !speeds) {
        return fm_fail_memory(error, "a profile", (double)knots->n * sizeof depth);
    }
    depths[knots->n] = depth;
    speeds[knots->n++] = speed;
    return FM_OK;
}

fm_status fm_knots_read(const char *path, const char *column, fm_knots *knots,
                        fm_error *error)
{
    *knots = (fm_knots){0};
    fm_table table = {0};
    profile_columns columns = {0};
    fm_status status = fm_table_open(path, "depth_km,vp_km_s", &table, error);
    if (status == FM_OK) {
        status = find_depth(&table, &columns, error);
    }
    if (status == FM_OK) {
        status = find_speed(&table, column, &columns, error);
    }
    bool more = status == FM_OK;
    while (more) {
        status = fm_table_next(&table, &more, error);
        if (status == FM_OK && more) {
            status = add_knot(&table, &columns, knots, error);
        }
        more = more && status == FM_OK;
    }
    fm_table_close(&table);
    return status;
}

fm_status fm_profile_read(const char *path, const char *column, fm_geometry geometry,
                          double radius_km, const double extent[4], fm_model *model,
                          fm_error *error)
{
    fm_knots knots = {0};
    *model = (fm_model){.geometry = geometry,
                        .radius_km = radius_km,
                        .kind = FM_MODEL_PROFILE,
                        .x_min = extent[0],
                        .x_max = extent[1],
                        .z_min = extent[2],
                        .z_max = extent[3]};
    fm_status status = fm_knots_read(path, column, &knots, error);
    model->nknots = knots.n;
    model->depth_km = knots.depth_km;
    model->knot_speed = knots.speed;
    if (status == FM_OK && fm_model_check_speeds(model, error) != FM_OK) {
        status = fm_fail_within(error, "%s", path);
    }
    if (status != FM_OK) {
        fm_model_clear(model);
    }
    return status;
}
