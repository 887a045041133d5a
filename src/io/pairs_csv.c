/* Recorded pairs from CSV, with their observed times if there are any.
 *
 * The rows are kept with their lines until all is checked: a pair that stands twice is
 * found by sorting and reported with both lines. */
#include "pairs_csv.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "ids.h"
#include "table.h"

typedef struct pair {
    size_t source, receiver, line;
    double time_s, sigma_s; /* NaN: not given */
} pair;

typedef struct pair_list {
    size_t n, capacity;
    pair *at;
} pair_list;

typedef struct pair_reader {
    fm_table table;
    fm_ids sources, receivers;
    const char *sources_path, *receivers_path;
    size_t source, receiver, time, sigma; /* columns */
    bool has_time, has_sigma;
} pair_reader;

static fm_status find_station(const pair_reader *reader, size_t column,
                              const fm_ids *ids, const char *ids_path, size_t *row,
                              fm_error *error)
{
    const char *id = fm_table_text(&reader->table, column);
    if (fm_ids_find(ids, id, row)) {
        return FM_OK;
    }
    return fm_table_fail(&reader->table, error, "%s '%.60s' is not in %s",
                         reader->table.name[column], id, ids_path);
}

/* Seconds, or NaN for an empty field. */
static fm_status read_seconds(const pair_reader *reader, size_t column, bool zero_too,
                              double *value, fm_error *error)
{
    *value = NAN;
    if (fm_table_text(&reader->table, column)[0] == '\0') {
        return FM_OK;
    }
    fm_status status = fm_table_number(&reader->table, column, value, error);
    if (status == FM_OK && (*value < 0 || (*value == 0 && !zero_too))) {
        return fm_table_fail(
            &reader->table, error, "column %s: %s seconds; it is empty or %s",
            reader->table.name[column], fm_table_text(&reader->table, column),
            zero_too ? "not negative" : "positive");
    }
    return status;
}

/* A standard deviation of nothing is a slip: a time that was left out, or put into the
 * wrong column. */
static fm_status check_sigma(const pair_reader *reader, const pair *next,
                             fm_error *error)
{
    if (isnan(next->sigma_s) || !isnan(next->time_s)) {
        return FM_OK;
    }
    return fm_table_fail(&reader->table, error,
                         "column sigma: %s seconds, but there is no time that it could "
                         "be of",
                         fm_table_text(&reader->table, reader->sigma));
}

static fm_status read_pair(const pair_reader *reader, pair *next, fm_error *error)
{
    *next = (pair){.line = reader->table.line, .time_s = NAN, .sigma_s = NAN};
    fm_status status = find_station(reader, reader->source, &reader->sources,
                                    reader->sources_path, &next->source, error);
    if (status == FM_OK) {
        status = find_station(reader, reader->receiver, &reader->receivers,
                              reader->receivers_path, &next->receiver, error);
    }
    if (status == FM_OK && reader->has_time) {
        status = read_seconds(reader, reader->time, true, &next->time_s, error);
    }
    if (status == FM_OK && reader->has_sigma) {
        status = read_seconds(reader, reader->sigma, false, &next->sigma_s, error);
    }
    return status == FM_OK ? check_sigma(reader, next, error) : status;
}

static fm_status add_pair(const pair_reader *reader, pair_list *list, fm_error *error)
{
    pair next = {0};
    fm_status status = read_pair(reader, &next, error);
    if (status != FM_OK) {
        return status;
    }
    pair *at = fm_table_grow(list->at, list->n, &list->capacity, sizeof *at);
    if (!at) {
        return fm_fail_memory(error, "pairs", (double)list->n * sizeof *at);
    }
    list->at = at;
    at[list->n++] = next;
    return FM_OK;
}

static fm_status open_reader(const char *path, const fm_survey *survey,
                             pair_reader *reader, fm_error *error)
{
    const char *purpose = "a table of pairs";
    fm_status status =
        fm_ids_create(survey->sources.n, survey->sources.id, &reader->sources, error);
    if (status == FM_OK) {
        status = fm_ids_create(survey->receivers.n, survey->receivers.id,
                               &reader->receivers, error);
    }
    if (status == FM_OK) {
        status = fm_table_open(path, "source,receiver", &reader->table, error);
    }
    if (status == FM_OK) {
        status =
            fm_table_need(&reader->table, "source", purpose, &reader->source, error);
    }
    if (status == FM_OK) {
        status = fm_table_need(&reader->table, "receiver", purpose, &reader->receiver,
                               error);
    }
    reader->has_time = fm_table_column(&reader->table, "time", &reader->time);
    reader->has_sigma = fm_table_column(&reader->table, "sigma", &reader->sigma);
    return status;
}

static void close_reader(pair_reader *reader)
{
    fm_table_close(&reader->table);
    fm_ids_clear(&reader->sources);
    fm_ids_clear(&reader->receivers);
}

static int compare(const void *left, const void *right)
{
    const pair *a = left, *b = right;
    if (a->source != b->source) {
        return a->source < b->source ? -1 : 1;
    }
    if (a->receiver != b->receiver) {
        return a->receiver < b->receiver ? -1 : 1;
    }
    return (a->line > b->line) - (a->line < b->line);
}

static fm_status check_unique(const char *path, const fm_survey *survey,
                              pair_list *list, fm_error *error)
{
    assert(list->at); /* a table has rows, or it was refused */
    qsort(list->at, list->n, sizeof *list->at, compare);
    for (size_t i = 1; i < list->n; i++) {
        const pair *a = &list->at[i - 1], *b = &list->at[i];
        if (a->source == b->source && a->receiver == b->receiver) {
            return fm_fail(error, FM_BAD_INPUT,
                           "%s:%zu: source '%.60s' with receiver '%.60s' stands on "
                           "line %zu already",
                           path, b->line, survey->sources.id[b->source],
                           survey->receivers.id[b->receiver], a->line);
        }
    }
    return FM_OK;
}

static fm_status split(const pair_list *list, bool has_time, bool has_sigma,
                       fm_survey *survey, fm_error *error)
{
    size_t n = list->n;
    survey->pair_source = calloc(n, sizeof *survey->pair_source);
    survey->pair_receiver = calloc(n, sizeof *survey->pair_receiver);
    survey->observed_s = has_time ? calloc(n, sizeof *survey->observed_s) : NULL;
    survey->sigma_s = has_sigma ? calloc(n, sizeof *survey->sigma_s) : NULL;
    if (!survey->pair_source || !survey->pair_receiver ||
        (has_time && !survey->observed_s) || (has_sigma && !survey->sigma_s)) {
        return fm_fail_memory(error, "pairs", (double)n * sizeof(pair));
    }
    survey->npairs = n;
    for (size_t i = 0; i < n; i++) {
        survey->pair_source[i] = list->at[i].source;
        survey->pair_receiver[i] = list->at[i].receiver;
        if (has_time) {
            survey->observed_s[i] = list->at[i].time_s;
        }
        if (has_sigma) {
            survey->sigma_s[i] = list->at[i].sigma_s;
        }
    }
    return FM_OK;
}

static fm_status read_list(pair_reader *reader, pair_list *list, fm_error *error)
{
    fm_status status = FM_OK;
    bool more = true;
    while (more) {
        status = fm_table_next(&reader->table, &more, error);
        if (status == FM_OK && more) {
            status = add_pair(reader, list, error);
        }
        more = more && status == FM_OK;
    }
    if (status == FM_OK && list->n == 0) {
        status = fm_fail(error, FM_BAD_INPUT, "%s: a header, but no rows",
                         reader->table.lines.path);
    }
    return status;
}

fm_status fm_pairs_read(const char *path, const char *sources, const char *receivers,
                        fm_survey *survey, fm_error *error)
{
    pair_reader reader = {.sources_path = sources, .receivers_path = receivers};
    pair_list list = {0};
    fm_status status = open_reader(path, survey, &reader, error);
    if (status == FM_OK) {
        status = read_list(&reader, &list, error);
    }
    if (status == FM_OK) {
        status = check_unique(path, survey, &list, error);
    }
    if (status == FM_OK) {
        status = split(&list, reader.has_time, reader.has_sigma, survey, error);
    }
    close_reader(&reader);
    free(list.at);
    return status;
}
