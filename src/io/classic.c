/* The classic format of netCDF, by its specification ("NetCDF Classic Format
 * Specification", Unidata; CDF-5 by Northwestern University and Argonne): a header of
 * dimensions, attributes and variables, then the values, big-endian. Variables over the
 * dimension that grows are interleaved, record by record.
 *
 * We read it ourselves. It is simple, we need little of it, and the library (libnetcdf
 * 4.9) returns zeros for values behind the end of a file that was cut short and crashes
 * on headers with a few bytes wrong. Here every place and length is compared with the
 * length of the file before it is used. */
#include "classic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "classic_private.h"

bool fm_classic_begin(const char *bytes, size_t n)
{
    return n == 4 && memcmp(bytes, "CDF", 3) == 0;
}

/* --- The header --- */

static bool reserve(fm_classic_cursor *cursor, void *block, size_t n)
{
    if (cursor->status == FM_OK && !block) {
        cursor->status = fm_fail_memory(cursor->error, "a netCDF header", (double)n);
    }
    return cursor->status == FM_OK;
}

static void take_version(fm_classic_cursor *cursor, fm_classic *file)
{
    unsigned char begin[4] = {0};
    fm_classic_take(cursor, begin, sizeof begin);
    file->version = begin[3];
    if (file->version != 1 && file->version != 2 && file->version != 5) {
        fm_classic_damaged(cursor,
                           "of a version that is not known: CDF-1, CDF-2, CDF-5 "
                           "and netCDF-4 are");
    }
}

static void take_records(fm_classic_cursor *cursor, fm_classic *file)
{
    uint64_t streaming = file->version == 5 ? UINT64_MAX : UINT32_MAX;
    file->records = fm_classic_take_size(cursor);
    if (file->records == streaming) {
        fm_classic_damaged(cursor, "still being written: it does not say how many "
                                   "records it has");
    }
}

static void take_dimensions(fm_classic_cursor *cursor, fm_classic *file)
{
    size_t n = fm_classic_take_list(cursor, FM_CLASSIC_TAG_DIMENSION, 8);
    file->dimension = calloc(n + 1, sizeof *file->dimension);
    if (!reserve(cursor, file->dimension, (n + 1) * sizeof *file->dimension)) {
        return;
    }
    file->dimensions = n;
    for (size_t i = 0; i < n && cursor->status == FM_OK; i++) {
        fm_classic_dimension *dimension = &file->dimension[i];
        dimension->name = fm_classic_take_name(cursor);
        dimension->length = fm_classic_take_size(cursor);
        dimension->grows = dimension->length == 0;
        if (dimension->grows) {
            dimension->length = file->records;
        }
    }
}

static void skip_attributes(fm_classic_cursor *cursor)
{
    size_t n = fm_classic_take_list(cursor, FM_CLASSIC_TAG_ATTRIBUTE, 12);
    for (size_t i = 0; i < n && cursor->status == FM_OK; i++) {
        fm_classic_attribute attribute;
        fm_classic_take_attribute(cursor, &attribute);
        free(attribute.name);
        if (cursor->status == FM_OK) {
            fm_classic_skip(cursor, attribute.end - cursor->at);
        }
    }
}

/* The dimensions of a variable; n becomes the product of those that do not grow. */
static void take_shape(fm_classic_cursor *cursor, fm_classic_variable *variable)
{
    const uint64_t most = (uint64_t)1
                          << 48; /* values in a variable; no file has more */
    const fm_classic *file = cursor->file;
    variable->rank = fm_classic_take_count(cursor, file->version == 5 ? 8 : 4);
    variable->n = 1;
    for (size_t i = 0; i < variable->rank && cursor->status == FM_OK; i++) {
        uint64_t which = fm_classic_take_size(cursor);
        if (which >= file->dimensions || (file->dimension[which].grows && i > 0)) {
            fm_classic_damaged(cursor, "its header is damaged: a variable with a "
                                       "dimension that cannot be");
            return;
        }
        const fm_classic_dimension *dimension = &file->dimension[which];
        if (i < 2) {
            variable->dimension[i] = (size_t)which;
            variable->size[i] = dimension->length;
        }
        if (dimension->grows) {
            variable->grows = true;
        } else if (variable->n > most / dimension->length) {
            fm_classic_damaged(cursor, "a variable is larger than a file can be: cut "
                                       "short, or damaged");
        } else {
            variable->n *= dimension->length;
        }
    }
}

static void take_variables(fm_classic_cursor *cursor, fm_classic *file)
{
    size_t n = fm_classic_take_list(cursor, FM_CLASSIC_TAG_VARIABLE, 28);
    file->variable = calloc(n + 1, sizeof *file->variable);
    if (!reserve(cursor, file->variable, (n + 1) * sizeof *file->variable)) {
        return;
    }
    file->variables = n;
    for (size_t i = 0; i < n && cursor->status == FM_OK; i++) {
        fm_classic_variable *variable = &file->variable[i];
        variable->name = fm_classic_take_name(cursor);
        take_shape(cursor, variable);
        variable->attributes = cursor->at;
        skip_attributes(cursor);
        variable->type = fm_classic_take_type(cursor);
        fm_classic_take_size(cursor); /* its size, which is known already */
        variable->begin = fm_classic_take_number(cursor, file->version == 1 ? 4 : 8);
    }
}

/* --- Is all of it there? --- */

static uint64_t bytes_of(const fm_classic_variable *variable)
{
    return variable->n * fm_classic_type_size(variable->type);
}

/* Records follow each other without padding if a single variable has them. */
static void measure_records(fm_classic *file)
{
    size_t grow = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < file->variables; i++) {
        if (file->variable[i].grows) {
            uint64_t one = bytes_of(&file->variable[i]);
            uint64_t more = fm_classic_padded(one);
            grow++;
            bytes = one;
            file->record_bytes += more < UINT64_MAX - file->record_bytes
                                      ? more
                                      : UINT64_MAX - file->record_bytes;
        }
    }
    if (grow == 1) {
        file->record_bytes = bytes;
    }
}

/* Does the variable end within the file? */
static bool is_whole(const fm_classic *file, const fm_classic_variable *variable)
{
    uint64_t bytes = bytes_of(variable);
    uint64_t more = variable->grows && file->records > 0 ? file->records - 1 : 0;
    if (variable->grows && file->records == 0) {
        return true;
    }
    if (variable->begin > file->bytes || bytes > file->bytes - variable->begin) {
        return false;
    }
    uint64_t behind = file->bytes - variable->begin - bytes;
    return more == 0 || more <= behind / file->record_bytes;
}

static void check_places(fm_classic_cursor *cursor)
{
    const fm_classic *file = cursor->file;
    for (size_t i = 0; i < file->variables && cursor->status == FM_OK; i++) {
        const fm_classic_variable *variable = &file->variable[i];
        if (variable->begin < cursor->at) {
            fm_classic_damaged(cursor, "its header is damaged: values inside of it");
        } else if (!is_whole(file, variable)) {
            cursor->status =
                fm_fail(cursor->error, FM_BAD_INPUT,
                        "%s: netCDF, but cut short or damaged: the file ends (after "
                        "%llu bytes) before the values of variable %.60s do",
                        file->path, (unsigned long long)file->bytes, variable->name);
        }
    }
}

/* --- The file --- */

static fm_status measure_file(fm_classic *file, fm_error *error)
{
    struct stat status;
    errno = 0;
    if (!file->stream || fstat(fileno(file->stream), &status) != 0) {
        return fm_fail(error, FM_IO_FAILED, "%s: cannot be read: %s", file->path,
                       strerror(errno));
    }
    file->bytes = status.st_size > 0 ? (uint64_t)status.st_size : 0;
    return FM_OK;
}

fm_status fm_classic_open(const char *path, fm_classic *file, fm_error *error)
{
    *file = (fm_classic){.path = path, .stream = fopen(path, "rb")};
    fm_status status = measure_file(file, error);
    if (status != FM_OK) {
        return status;
    }
    fm_classic_cursor cursor = {.file = file, .error = error};
    take_version(&cursor, file);
    take_records(&cursor, file);
    take_dimensions(&cursor, file);
    skip_attributes(&cursor); /* those of the file */
    take_variables(&cursor, file);
    if (cursor.status == FM_OK) {
        measure_records(file);
        check_places(&cursor);
    }
    return cursor.status;
}

void fm_classic_close(fm_classic *file)
{
    for (size_t i = 0; i < file->dimensions; i++) {
        free(file->dimension[i].name);
    }
    for (size_t i = 0; i < file->variables; i++) {
        free(file->variable[i].name);
    }
    free(file->dimension);
    free(file->variable);
    if (file->stream) {
        fclose(file->stream);
    }
    *file = (fm_classic){0};
}

const fm_classic_variable *fm_classic_find(const fm_classic *file, const char *name)
{
    for (size_t i = 0; i < file->variables; i++) {
        if (strcmp(file->variable[i].name, name) == 0) {
            return &file->variable[i];
        }
    }
    return NULL;
}
