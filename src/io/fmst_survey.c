/* The survey of an FMST job: two tables of coordinates and one of flags.
 *
 * The tables carry no ids; stations are known by their numbers, from 1. The table of
 * associations has a line for every source with every receiver. Its times are those
 * that were observed; programs that only want to say who recorded whom put zeros there,
 * which therefore mean that there is none. A table that is longer than its first line,
 * or the two tables of stations, say is refused: fm2dss reads on until it has enough
 * and would not notice that the wrong file was named. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/fmst.h"
#include "records.h"
#include "table.h"

/* --- Stations --- */

static fm_status add_station(fm_stations *stations, size_t *capacity, size_t line,
                             fm_point point, fm_error *error)
{
    size_t n = stations->n, room[3] = {*capacity, *capacity, *capacity};
    char **id = fm_table_grow(stations->id, n, &room[0], sizeof *id);
    stations->id = id ? id : stations->id;
    fm_point *points = fm_table_grow(stations->point, n, &room[1], sizeof *points);
    stations->point = points ? points : stations->point;
    size_t *lines = fm_table_grow(stations->line, n, &room[2], sizeof *lines);
    stations->line = lines ? lines : stations->line;
    char name[24];
    snprintf(name, sizeof name, "%zu", n + 1);
    char *copy = id && points && lines ? fm_text_copy(name) : NULL;
    if (!copy) {
        return fm_fail_memory(error, "stations", (double)n * sizeof *points);
    }
    *capacity = room[0];
    stations->id[n] = copy;
    stations->point[n] = point;
    stations->line[n] = line;
    stations->n++;
    return FM_OK;
}

static fm_status read_station(fm_lines *lines, size_t index, uint64_t n,
                              const char *kind, fm_point *point, fm_error *error)
{
    char what[96];
    snprintf(what, sizeof what, "%s %zu of %" PRIu64 ", lat lon in degrees", kind,
             index + 1, n);
    fm_status status = fm_record_two(lines, what, &point->z, &point->x, error);
    if (status == FM_OK && fabs(point->z) > 90) {
        status = fm_fail(error, FM_BAD_INPUT,
                         "%s:%zu: latitude %.9g of %s %zu is beyond -90 to 90 degrees "
                         "(a line is lat lon)",
                         lines->path, lines->number, point->z, kind, index + 1);
    }
    return status;
}

static fm_status read_rows(fm_lines *lines, const char *kind, fm_stations *stations,
                           fm_error *error)
{
    char what[96];
    uint64_t n = 0;
    size_t capacity = 0;
    snprintf(what, sizeof what, "the number of %ss, a whole number from 1 on", kind);
    fm_status status = fm_record_need(lines, what, error);
    const char *text = lines->text;
    if (status == FM_OK && (!fm_record_count(&text, &n) || n < 1 || n > INT32_MAX)) {
        status = fm_record_fail(lines, what, error);
    }
    for (size_t i = 0; i < n && status == FM_OK; i++) {
        fm_point point = {0};
        status = read_station(lines, i, n, kind, &point, error);
        if (status == FM_OK) {
            status = add_station(stations, &capacity, lines->number, point, error);
        }
    }
    snprintf(what, sizeof what, "the %" PRIu64 " %ss that the first line announces", n,
             kind);
    return status == FM_OK ? fm_record_end(lines, what, error) : status;
}

static fm_status read_stations(const char *path, const char *kind,
                               fm_stations *stations, fm_error *error)
{
    fm_lines lines = {0};
    stations->path = fm_text_copy(path);
    fm_status status = stations->path ? fm_lines_open(path, &lines, error)
                                      : fm_fail_memory(error, "a file name", 256);
    if (status == FM_OK) {
        status = read_rows(&lines, kind, stations, error);
    }
    fm_lines_close(&lines);
    return status;
}

/* --- Pairs --- */

typedef struct pair {
    size_t source, receiver;
    double time_s, sigma_s; /* NaN: not given */
} pair;

typedef struct pair_list {
    fm_lines lines;
    size_t sources, receivers; /* stations in the tables */
    size_t n, capacity;
    pair *at;
    bool times, sigmas; /* there are some */
} pair_list;

static void describe(const pair_list *list, size_t row, char *what, size_t size)
{
    snprintf(what, size,
             "the pair of source %zu and receiver %zu (a line for each of %zu sources "
             "and %zu receivers, sources outer: 0 or 1, and if known the observed time "
             "and its error)",
             row / list->receivers + 1, row % list->receivers + 1, list->sources,
             list->receivers);
}

/* What follows the flag may be a remark; what begins like a number must be one. */
static bool read_seconds(const char **text, double *value)
{
    *value = NAN;
    if (!fm_record_numeric(*text)) {
        *text = "";
        return true;
    }
    if (!fm_record_number(text, value) || *value < 0) {
        return false;
    }
    *value = *value > 0 ? *value : NAN;
    return true;
}

static fm_status add_pair(pair_list *list, const pair *next, fm_error *error)
{
    pair *at = fm_table_grow(list->at, list->n, &list->capacity, sizeof *at);
    if (!at) {
        return fm_fail_memory(error, "pairs", (double)list->n * sizeof *at);
    }
    list->at = at;
    at[list->n++] = *next;
    list->times |= !isnan(next->time_s);
    list->sigmas |= !isnan(next->sigma_s);
    return FM_OK;
}

static fm_status take_pair(pair_list *list, size_t row, fm_error *error)
{
    char what[320];
    int64_t flag = 0;
    const char *text = list->lines.text;
    if (!fm_record_whole(&text, &flag) || (flag != 0 && flag != 1)) {
        describe(list, row, what, sizeof what);
        return fm_record_fail(&list->lines, what, error);
    }
    if (flag == 0) {
        return FM_OK;
    }
    pair next = {.source = row / list->receivers, .receiver = row % list->receivers};
    if (!read_seconds(&text, &next.time_s) || !read_seconds(&text, &next.sigma_s)) {
        return fm_record_fail(&list->lines,
                              "the observed time and its error, seconds that are not "
                              "negative (0: none)",
                              error);
    }
    next.sigma_s = isnan(next.time_s) ? NAN : next.sigma_s;
    return add_pair(list, &next, error);
}

static fm_status read_pairs(pair_list *list, fm_error *error)
{
    char what[320];
    for (size_t row = 0; row < list->sources * list->receivers; row++) {
        bool more = false;
        fm_status status = fm_record_next(&list->lines, &more, error);
        if (status == FM_OK && !more) {
            describe(list, row, what, sizeof what);
            status = fm_fail(error, FM_BAD_INPUT, "%s:%zu: the file ends before %s",
                             list->lines.path, list->lines.number, what);
        }
        if (status == FM_OK) {
            status = take_pair(list, row, error);
        }
        if (status != FM_OK) {
            return status;
        }
    }
    snprintf(what, sizeof what, "a line for each of %zu sources and %zu receivers",
             list->sources, list->receivers);
    return fm_record_end(&list->lines, what, error);
}

static fm_status split(const pair_list *list, fm_survey *survey, fm_error *error)
{
    size_t n = list->n, room = n + 1; /* calloc of nothing may be NULL */
    survey->pair_source = calloc(room, sizeof *survey->pair_source);
    survey->pair_receiver = calloc(room, sizeof *survey->pair_receiver);
    survey->observed_s = list->times ? calloc(room, sizeof(double)) : NULL;
    survey->sigma_s = list->sigmas ? calloc(room, sizeof(double)) : NULL;
    if (!survey->pair_source || !survey->pair_receiver ||
        (list->times && !survey->observed_s) || (list->sigmas && !survey->sigma_s)) {
        return fm_fail_memory(error, "pairs", (double)n * sizeof(pair));
    }
    survey->npairs = n;
    for (size_t i = 0; i < n; i++) {
        survey->pair_source[i] = list->at[i].source;
        survey->pair_receiver[i] = list->at[i].receiver;
        if (list->times) {
            survey->observed_s[i] = list->at[i].time_s;
        }
        if (list->sigmas) {
            survey->sigma_s[i] = list->at[i].sigma_s;
        }
    }
    return FM_OK;
}

/* They come in the order that a survey has: by source, then by receiver. */
static fm_status read_associations(const char *path, fm_survey *survey, fm_error *error)
{
    pair_list list = {.sources = survey->sources.n, .receivers = survey->receivers.n};
    fm_status status = fm_lines_open(path, &list.lines, error);
    if (status == FM_OK) {
        status = read_pairs(&list, error);
    }
    if (status == FM_OK) {
        status = split(&list, survey, error);
    }
    fm_lines_close(&list.lines);
    free(list.at);
    return status;
}

fm_status fm_fmst_survey_read(const char *sources, const char *receivers,
                              const char *pairs, fm_survey *survey, fm_error *error)
{
    *survey = (fm_survey){.length_scale = 1};
    fm_status status = read_stations(sources, "source", &survey->sources, error);
    if (status == FM_OK) {
        status = read_stations(receivers, "receiver", &survey->receivers, error);
    }
    if (status == FM_OK) {
        status = read_associations(pairs, survey, error);
    }
    if (status != FM_OK) {
        fm_survey_clear(survey);
    }
    return status;
}
