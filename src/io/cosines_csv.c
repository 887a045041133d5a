/* The coefficients of a sum of cosines from CSV, in any order: first the rows as they
 * stand, which tell how many cosines there are, then each in its place. A row keeps its
 * line, by which a second one for the same pair is told. */
#include <math.h>
#include <stdlib.h>

#include "core/number.h"
#include "io/load.h"
#include "table.h"

typedef struct term {
    size_t kx, kz, line;
    double value;
} term;

typedef struct terms {
    size_t n, capacity;
    size_t nx, nz; /* cosines: one more than the greatest kx and kz */
    term *term;    /* [n] */
} terms;

typedef struct term_columns {
    size_t kx, kz, value;
} term_columns;

static fm_status find_columns(const fm_table *table, term_columns *columns,
                              fm_error *error)
{
    static const char purpose[] = "a table of cosines";
    fm_status status = fm_table_need(table, "kx", purpose, &columns->kx, error);
    if (status == FM_OK) {
        status = fm_table_need(table, "kz", purpose, &columns->kz, error);
    }
    return status == FM_OK
               ? fm_table_need(table, "value", purpose, &columns->value, error)
               : status;
}

static fm_status read_order(const fm_table *table, size_t column, size_t *order,
                            fm_error *error)
{
    uint64_t count = 0;
    const char *text = fm_table_text(table, column);
    if (!fm_count_parse(text, &count) || count >= FM_MOST_COSINES) {
        return fm_table_fail(table, error,
                             "column %s: '%.60s' is not a whole number from 0 to %d",
                             table->name[column], text, FM_MOST_COSINES - 1);
    }
    *order = (size_t)count;
    return FM_OK;
}

static fm_status add_term(const fm_table *table, const term_columns *columns,
                          double scale, terms *all, fm_error *error)
{
    term read = {.line = table->line};
    fm_status status = read_order(table, columns->kx, &read.kx, error);
    if (status == FM_OK) {
        status = read_order(table, columns->kz, &read.kz, error);
    }
    if (status == FM_OK) {
        status = fm_table_number(table, columns->value, &read.value, error);
    }
    if (status != FM_OK) {
        return status;
    }
    term *grown = fm_table_grow(all->term, all->n, &all->capacity, sizeof *grown);
    if (!grown) {
        return fm_fail_memory(error, "a table of cosines",
                              (double)all->n * sizeof *grown);
    }
    read.value *= scale;
    all->term = grown;
    all->term[all->n++] = read;
    all->nx = read.kx >= all->nx ? read.kx + 1 : all->nx;
    all->nz = read.kz >= all->nz ? read.kz + 1 : all->nz;
    return FM_OK;
}

static fm_status read_terms(const char *path, double scale, terms *all, fm_error *error)
{
    fm_table table = {0};
    term_columns columns = {0};
    fm_status status = fm_table_open(path, "kx,kz,value", &table, error);
    if (status == FM_OK) {
        status = find_columns(&table, &columns, error);
    }
    bool more = status == FM_OK;
    while (more) {
        status = fm_table_next(&table, &more, error);
        if (status == FM_OK && more) {
            status = add_term(&table, &columns, scale, all, error);
        }
        more = more && status == FM_OK;
    }
    fm_table_close(&table);
    if (status == FM_OK && all->n == 0) {
        status = fm_fail(error, FM_BAD_INPUT, "%s: a header, but no rows", path);
    }
    return status;
}

/* line[] holds where each coefficient was read, 0: nowhere yet. */
static fm_status place_terms(const char *path, const terms *all, double *value,
                             size_t *line, fm_error *error)
{
    for (size_t n = 0; n < all->n; n++) {
        const term *read = all->term + n;
        size_t place = read->kz * all->nx + read->kx;
        if (line[place] != 0) {
            return fm_fail(error, FM_BAD_INPUT,
                           "%s:%zu: kx %zu, kz %zu stands on line %zu already", path,
                           read->line, read->kx, read->kz, line[place]);
        }
        line[place] = read->line;
        value[place] = read->value;
    }
    return FM_OK;
}

static fm_status fill_model(const char *path, const terms *all, fm_model *model,
                            fm_error *error)
{
    size_t n = all->nx * all->nz;
    size_t *line = calloc(n, sizeof *line);
    model->nx = all->nx;
    model->nz = all->nz;
    model->values = calloc(n, sizeof *model->values);
    fm_status status =
        line && model->values
            ? place_terms(path, all, model->values, line, error)
            : fm_fail_memory(error, "a model's cosines",
                             (double)(n * (sizeof *line + sizeof *model->values)));
    free(line);
    return status;
}

fm_status fm_cosines_read(const char *path, double scale, fm_model *model,
                          fm_error *error)
{
    terms all = {0};
    fm_status status = read_terms(path, scale, &all, error);
    if (status == FM_OK) {
        status = fill_model(path, &all, model, error);
    }
    free(all.term);
    if (status != FM_OK) {
        fm_model_clear(model);
    }
    return status;
}
