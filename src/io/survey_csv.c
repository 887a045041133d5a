/* Sources and receivers from CSV.
 *
 * The coordinates' columns are named after the geometry of the model, which is declared
 * in the job, so a table of longitudes cannot be taken for one of kilometres. Other
 * columns (a name, a magnitude) are welcome and ignored. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "io/load.h"
#include "pairs_csv.h"
#include "table.h"

typedef struct station_columns {
    size_t id, x, z;
    bool depth; /* z is a depth below the surface, in km (polar) */
} station_columns;

typedef struct station {
    char *id;
    fm_point point;
    size_t line;
} station;

typedef struct station_list {
    size_t n, capacity;
    station *at;
} station_list;

typedef struct station_frame {
    fm_geometry geometry;
    double radius_km, length_scale;
} station_frame;

static void free_list(station_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->at[i].id);
    }
    free(list->at);
    *list = (station_list){0};
}

static fm_status find_columns(const fm_table *table, const char *purpose,
                              const station_frame *frame, station_columns *columns,
                              fm_error *error)
{
    *columns = (station_columns){0};
    const char *x = fm_geometry_x_name(frame->geometry);
    const char *z = fm_geometry_z_name(frame->geometry);
    size_t radius = 0;
    if (frame->geometry == FM_POLAR && fm_table_column(table, "depth", &columns->z)) {
        if (fm_table_column(table, z, &radius)) {
            return fm_table_fail(table, error,
                                 "both 'radius' and 'depth'; one of them, please");
        }
        z = "depth";
        columns->depth = true;
    }
    fm_status status = fm_table_need(table, "id", purpose, &columns->id, error);
    if (status == FM_OK) {
        status = fm_table_need(table, x, purpose, &columns->x, error);
    }
    return status == FM_OK ? fm_table_need(table, z, purpose, &columns->z, error)
                           : status;
}

static fm_status convert(const fm_table *table, const station_frame *frame,
                         const station_columns *columns, fm_point *point,
                         fm_error *error)
{
    if (frame->geometry == FM_CARTESIAN) {
        point->x *= frame->length_scale;
        point->z *= frame->length_scale;
    }
    if (columns->depth) {
        point->z = frame->radius_km - point->z;
    }
    if (frame->geometry == FM_GEOGRAPHIC && fabs(point->z) > 90) {
        return fm_table_fail(table, error,
                             "lat %g of '%.60s' is beyond -90 to 90 degrees (are lon "
                             "and lat the wrong way round?)",
                             point->z, fm_table_text(table, columns->id));
    }
    return FM_OK;
}

/* Ids are printed in messages and stand in lists: one line each, nothing unseen. */
static fm_status check_id(const fm_table *table, const char *id, fm_error *error)
{
    if (id[0] == '\0') {
        return fm_table_fail(table, error, "column id is empty");
    }
    unsigned control = 0;
    if (fm_ids_control(id, &control)) {
        return fm_table_fail(
            table, error, "column id: a control character (U+%04X) in an id", control);
    }
    return FM_OK;
}

static fm_status add_station(const fm_table *table, const station_frame *frame,
                             const station_columns *columns, station_list *list,
                             fm_error *error)
{
    station next = {.line = table->line};
    const char *id = fm_table_text(table, columns->id);
    fm_status status = check_id(table, id, error);
    if (status != FM_OK) {
        return status;
    }
    status = fm_table_number(table, columns->x, &next.point.x, error);
    if (status == FM_OK) {
        status = fm_table_number(table, columns->z, &next.point.z, error);
    }
    if (status == FM_OK) {
        status = convert(table, frame, columns, &next.point, error);
    }
    if (status != FM_OK) {
        return status;
    }
    station *at = fm_table_grow(list->at, list->n, &list->capacity, sizeof *at);
    if (!at) {
        return fm_fail_memory(error, "stations", (double)list->n * sizeof *at);
    }
    list->at = at;
    next.id = fm_text_copy(id);
    if (!next.id) {
        return fm_fail_memory(error, "an id", (double)strlen(id));
    }
    at[list->n++] = next;
    return FM_OK;
}

static fm_status read_list(const char *path, const char *purpose,
                           const station_frame *frame, station_list *list,
                           fm_error *error)
{
    fm_table table = {0};
    station_columns columns = {0};
    char header[64];
    snprintf(header, sizeof header, "id,%s,%s", fm_geometry_x_name(frame->geometry),
             fm_geometry_z_name(frame->geometry));
    fm_status status = fm_table_open(path, header, &table, error);
    if (status == FM_OK) {
        status = find_columns(&table, purpose, frame, &columns, error);
    }
    bool more = status == FM_OK;
    while (more) {
        status = fm_table_next(&table, &more, error);
        if (status == FM_OK && more) {
            status = add_station(&table, frame, &columns, list, error);
        }
        more = more && status == FM_OK;
    }
    if (status == FM_OK && list->n == 0) {
        status = fm_fail(error, FM_BAD_INPUT, "%s: a header, but no rows", path);
    }
    fm_table_close(&table);
    return status;
}

static fm_status check_unique(const char *path, const station_list *list,
                              const fm_stations *stations, fm_error *error)
{
    fm_ids ids = {0};
    fm_status status = fm_ids_create(stations->n, stations->id, &ids, error);
    size_t first = 0, again = 0;
    if (status == FM_OK && fm_ids_repeated(&ids, &first, &again)) {
        status = fm_fail(
            error, FM_BAD_INPUT, "%s:%zu: id '%.60s' stands on line %zu already", path,
            list->at[again].line, stations->id[again], list->at[first].line);
    }
    fm_ids_clear(&ids);
    return status;
}

static fm_status move_list(const char *path, station_list *list, fm_stations *stations,
                           fm_error *error)
{
    assert(list->n > 0); /* or the table was refused */
    stations->id = calloc(list->n, sizeof *stations->id);
    stations->point = calloc(list->n, sizeof *stations->point);
    stations->line = calloc(list->n, sizeof *stations->line);
    stations->path = fm_text_copy(path);
    if (!stations->id || !stations->point || !stations->line || !stations->path) {
        return fm_fail_memory(error, "stations", (double)list->n * sizeof(station));
    }
    stations->n = list->n;
    for (size_t i = 0; i < list->n; i++) {
        stations->id[i] = list->at[i].id;
        stations->point[i] = list->at[i].point;
        stations->line[i] = list->at[i].line;
        list->at[i].id = NULL;
    }
    return FM_OK;
}

static fm_status read_stations(const char *path, const char *purpose,
                               const station_frame *frame, fm_stations *stations,
                               fm_error *error)
{
    station_list list = {0};
    fm_status status = read_list(path, purpose, frame, &list, error);
    if (status == FM_OK) {
        status = move_list(path, &list, stations, error);
    }
    if (status == FM_OK) {
        status = check_unique(path, &list, stations, error);
    }
    free_list(&list);
    return status;
}

fm_status fm_survey_read(const char *sources, const char *receivers, const char *pairs,
                         fm_geometry geometry, double radius_km, double length_scale,
                         fm_survey *survey, fm_error *error)
{
    const station_frame frame = {geometry, radius_km, length_scale};
    *survey = (fm_survey){.length_scale = length_scale};
    fm_status status =
        read_stations(sources, "a table of sources", &frame, &survey->sources, error);
    if (status == FM_OK) {
        status = read_stations(receivers, "a table of receivers", &frame,
                               &survey->receivers, error);
    }
    if (status == FM_OK) {
        status = pairs ? fm_pairs_read(pairs, sources, receivers, survey, error)
                       : fm_survey_pair_all(survey, error);
    }
    if (status == FM_OK && pairs) {
        status = fm_survey_sort(survey, error);
    }
    if (status != FM_OK) {
        fm_survey_clear(survey);
    }
    return status;
}
