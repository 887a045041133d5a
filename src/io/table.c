/* CSV tables on top of libcsv.
 *
 * libcsv splits rows into fields (RFC 4180, strictly: a stray quote is an error) and
 * calls back. It is fed line by line, which gives three things that it does not: rows
 * are pulled one at a time, comments and blank lines between rows can be skipped, and
 * the line on which a row begins is known even when quoted fields span lines. After a
 * line a row is either complete or lies open within quotes. */
#include "table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"

enum { MOST_COLUMNS = 1000 };

fm_status fm_table_fail(const fm_table *table, fm_error *error, const char *format, ...)
{
    char text[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fm_fail(error, FM_BAD_INPUT, "%s:%zu: %s", table->lines.path, table->line,
                   text);
}

static bool reserve_text(fm_table *table, size_t size)
{
    if (table->used + size <= table->capacity) {
        return true;
    }
    size_t capacity = 2 * (table->used + size);
    char *text = realloc(table->text, capacity);
    if (!text) {
        return false;
    }
    table->text = text;
    table->capacity = capacity;
    return true;
}

static bool reserve_field(fm_table *table)
{
    if (table->nfields < table->field_capacity) {
        return true;
    }
    size_t capacity = 2 * table->nfields + 8;
    size_t *start = realloc(table->start, capacity * sizeof *start);
    if (!start) {
        return false;
    }
    table->start = start;
    table->field_capacity = capacity;
    return true;
}

static void on_field(void *field, size_t length, void *context)
{
    fm_table *table = context;
    if (!reserve_text(table, length + 1) || !reserve_field(table)) {
        table->out_of_memory = true;
        return;
    }
    table->start[table->nfields++] = table->used;
    if (length > 0) {
        memcpy(table->text + table->used, field, length);
    }
    table->text[table->used + length] = '\0';
    table->used += length + 1;
}

static void on_row(int terminator, void *context)
{
    (void)terminator;
    fm_table *table = context;
    table->row_complete = true;
}

static fm_status feed(fm_table *table, const char *text, size_t length, fm_error *error)
{
    size_t taken = csv_parse(&table->parser, text, length, on_field, on_row, table);
    if (table->out_of_memory || csv_error(&table->parser) == CSV_ENOMEM) {
        return fm_fail_memory(error, "a row of a table", (double)table->capacity);
    }
    if (taken != length) {
        return fm_table_fail(table, error,
                             "a quote (\") in the middle of a field; a field with "
                             "quotes in it is written \"like \"\"this\"\"\"");
    }
    return FM_OK;
}

/* How many bytes of a well-formed UTF-8 character begin here; 0: none do. */
static size_t utf8_length(const unsigned char *c)
{
    size_t length = c[0] < 0x80   ? 1
                    : c[0] < 0xC2 ? 0
                    : c[0] < 0xE0 ? 2
                    : c[0] < 0xF0 ? 3
                    : c[0] < 0xF5 ? 4
                                  : 0;
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xF0 && c[1] < 0x90);
    bool surrogate = c[0] == 0xED && c[1] > 0x9F;
    bool beyond = c[0] == 0xF4 && c[1] > 0x8F;
    return overlong || surrogate || beyond ? 0 : length;
}

static fm_status check_utf8(const fm_table *table, fm_error *error)
{
    const unsigned char *c = (const unsigned char *)table->lines.text;
    while (*c) {
        size_t length = utf8_length(c);
        if (length == 0) {
            return fm_fail(error, FM_BAD_INPUT,
                           "%s:%zu: a byte 0x%02X that is no UTF-8 text; save the "
                           "table as UTF-8",
                           table->lines.path, table->lines.number, *c);
        }
        c += length;
    }
    return FM_OK;
}

static fm_status feed_line(fm_table *table, fm_error *error)
{
    fm_status status = check_utf8(table, error);
    if (status == FM_OK) {
        status = feed(table, table->lines.text, table->lines.length, error);
    }
    return status == FM_OK ? feed(table, "\n", 1, error) : status;
}

static bool between_rows(const fm_table *table)
{
    return fm_text_blank(table->lines.text) || table->lines.text[0] == '#';
}

/* Lines until one that begins a row. */
static fm_status find_row(fm_table *table, bool *more, fm_error *error)
{
    fm_status status = FM_OK;
    do {
        status = fm_lines_next(&table->lines, more, error);
    } while (status == FM_OK && *more && between_rows(table));
    return status;
}

/* The row that begins on the current line, however many lines it takes. */
static fm_status read_row(fm_table *table, fm_error *error)
{
    table->line = table->lines.number;
    table->nfields = 0;
    table->used = 0;
    table->row_complete = false;
    for (;;) {
        fm_status status = feed_line(table, error);
        if (status != FM_OK || table->row_complete) {
            return status;
        }
        bool more = false;
        status = fm_lines_next(&table->lines, &more, error);
        if (status != FM_OK) {
            return status;
        }
        if (!more) {
            return fm_table_fail(table, error,
                                 "a quoted field begins in this row and never ends");
        }
    }
}

fm_status fm_table_next(fm_table *table, bool *more, fm_error *error)
{
    fm_status status = find_row(table, more, error);
    if (status != FM_OK || !*more) {
        return status;
    }
    status = read_row(table, error);
    if (status == FM_OK && table->nfields != table->ncolumns) {
        status = fm_table_fail(table, error, "%zu fields, but the header has %zu",
                               table->nfields, table->ncolumns);
    }
    return status;
}

static fm_status name_column(fm_table *table, const char *name, fm_error *error)
{
    size_t other = 0;
    if (name[0] != '\0' && fm_table_column(table, name, &other)) {
        return fm_table_fail(table, error, "column '%.60s' stands twice", name);
    }
    table->name[table->ncolumns] = fm_text_copy(name);
    if (!table->name[table->ncolumns]) {
        return fm_fail_memory(error, "a column's name", (double)strlen(name));
    }
    table->ncolumns++;
    return FM_OK;
}

/* Is this one of the names in "id,x,z"? */
static bool is_among(const char *name, const char *names)
{
    size_t length = strlen(name);
    const char *end = names;
    for (; *names; names = *end ? end + 1 : end) {
        end = names + strcspn(names, ",");
        if ((size_t)(end - names) == length && memcmp(name, names, length) == 0) {
            return true;
        }
    }
    return false;
}

/* A table that begins at once with its data. */
static fm_status check_header(const fm_table *table, const char *header,
                              fm_error *error)
{
    const char *number = NULL;
    for (size_t i = 0; i < table->nfields; i++) {
        const char *field = table->text + table->start[i];
        double value = 0;
        if (is_among(field, header)) {
            return FM_OK;
        }
        number = !number && fm_number_parse(field, &value) ? field : number;
    }
    return number ? fm_table_fail(table, error,
                                  "no header: the first line must name the columns: "
                                  "%s (it has '%.60s')",
                                  header, number)
                  : FM_OK;
}

static fm_status read_header(fm_table *table, const char *header, fm_error *error)
{
    bool more = false;
    fm_status status = find_row(table, &more, error);
    if (status != FM_OK) {
        return status;
    }
    if (!more) {
        return fm_fail(error, FM_BAD_INPUT, "%s: empty: not even a header row",
                       table->lines.path);
    }
    status = read_row(table, error);
    if (status != FM_OK) {
        return status;
    }
    if (table->nfields > MOST_COLUMNS) {
        return fm_table_fail(table, error, "a header of %zu columns; at most %d",
                             table->nfields, MOST_COLUMNS);
    }
    table->name = calloc(table->nfields, sizeof *table->name);
    if (!table->name) {
        return fm_fail_memory(error, "a header", (double)table->nfields);
    }
    assert(table->start && table->text); /* read_row filled them */
    status = check_header(table, header, error);
    for (size_t i = 0; i < table->nfields && status == FM_OK; i++) {
        status = name_column(table, table->text + table->start[i], error);
    }
    return status;
}

fm_status fm_table_open(const char *path, const char *header, fm_table *table,
                        fm_error *error)
{
    *table = (fm_table){0};
    fm_status status = fm_lines_open(path, &table->lines, error);
    if (status != FM_OK) {
        goto fail;
    }
    if (csv_init(&table->parser, CSV_STRICT) != 0) {
        status = fm_fail(error, FM_FAILED, "the CSV parser does not start");
        goto fail;
    }
    table->parser_ready = true;
    status = read_header(table, header, error);
    if (status != FM_OK) {
        goto fail;
    }
    return FM_OK;
fail:
    fm_table_close(table);
    return status;
}

void fm_table_close(fm_table *table)
{
    fm_lines_close(&table->lines);
    if (table->parser_ready) {
        csv_free(&table->parser);
    }
    for (size_t i = 0; i < table->ncolumns; i++) {
        free(table->name[i]);
    }
    free(table->name);
    free(table->text);
    free(table->start);
    *table = (fm_table){0};
}

bool fm_table_column(const fm_table *table, const char *name, size_t *column)
{
    for (size_t i = 0; i < table->ncolumns; i++) {
        if (strcmp(table->name[i], name) == 0) {
            *column = i;
            return true;
        }
    }
    return false;
}

/* "id, lon, lat" of the header as it stands, for a message. */
static void join_names(const fm_table *table, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < table->ncolumns && used < size; i++) {
        int length = snprintf(text + used, size - used, "%s%.40s", i ? ", " : "",
                              table->name[i]);
        used += length > 0 ? (size_t)length : 0;
    }
}

fm_status fm_table_need(const fm_table *table, const char *name, const char *purpose,
                        size_t *column, fm_error *error)
{
    if (fm_table_column(table, name, column)) {
        return FM_OK;
    }
    char names[400];
    join_names(table, names, sizeof names);
    bool other_delimiter = table->ncolumns == 1 && strpbrk(table->name[0], ";\t ");
    return fm_table_fail(table, error, "%s needs a column '%s'; the header has: %s%s",
                         purpose, name, names,
                         other_delimiter ? " (columns are separated by commas)" : "");
}

const char *fm_table_text(const fm_table *table, size_t column)
{
    return table->text + table->start[column];
}

fm_status fm_table_number(const fm_table *table, size_t column, double *value,
                          fm_error *error)
{
    const char *text = fm_table_text(table, column);
    if (fm_number_parse(text, value)) {
        return FM_OK;
    }
    return fm_table_fail(table, error, "column %s: '%.60s' is not a number",
                         table->name[column], text);
}

void *fm_table_grow(void *array, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity) {
        return array;
    }
    size_t wanted = 2 * n + 16;
    void *grown = wanted > SIZE_MAX / size ? NULL : realloc(array, wanted * size);
    if (grown) {
        *capacity = wanted;
    }
    return grown;
}
