/* Attributes and values of a classic netCDF file, whose header has been read and
 * compared with the length of the file (classic.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classic_private.h"

/* --- Numbers --- */

static double single_precision(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static double double_precision(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double number(fm_classic_type type, const unsigned char *bytes)
{
    uint64_t bits = fm_classic_big_endian(bytes, fm_classic_type_size(type));
    switch (type) {
    case FM_CLASSIC_I8:
        return (int8_t)bits;
    case FM_CLASSIC_I16:
        return (int16_t)bits;
    case FM_CLASSIC_I32:
        return (int32_t)bits;
    case FM_CLASSIC_I64:
        return (double)(int64_t)bits;
    case FM_CLASSIC_F32:
        return single_precision((uint32_t)bits);
    case FM_CLASSIC_F64:
        return double_precision(bits);
    case FM_CLASSIC_TEXT:
    case FM_CLASSIC_U8:
    case FM_CLASSIC_U16:
    case FM_CLASSIC_U32:
    case FM_CLASSIC_U64:
        break;
    }
    return (double)bits;
}

/* --- Attributes --- */

/* The cursor is at the values of the attribute with this name, or n is 0. */
static void find_attribute(fm_classic_cursor *cursor, const char *name,
                           fm_classic_attribute *found)
{
    size_t n = fm_classic_take_list(cursor, FM_CLASSIC_TAG_ATTRIBUTE, 12);
    for (size_t i = 0; i < n && cursor->status == FM_OK; i++) {
        fm_classic_take_attribute(cursor, found);
        bool same = found->name && strcmp(found->name, name) == 0;
        free(found->name);
        found->name = NULL;
        if (cursor->status == FM_OK && same) {
            return;
        }
        if (cursor->status == FM_OK) {
            fm_classic_skip(cursor, found->end - cursor->at);
        }
    }
    *found = (fm_classic_attribute){0};
}

static void trim(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ') {
        text[--length] = '\0';
    }
}

fm_status fm_classic_text(const fm_classic *file, const fm_classic_variable *variable,
                          const char *name, char **text, fm_error *error)
{
    enum { LONGEST_TEXT = 4096 };
    fm_classic_attribute found = {0};
    fm_classic_cursor cursor = fm_classic_seek(file, variable->attributes, error);
    *text = NULL;
    find_attribute(&cursor, name, &found);
    if (cursor.status != FM_OK || found.n == 0 || found.type != FM_CLASSIC_TEXT) {
        return cursor.status;
    }
    if (found.n > LONGEST_TEXT) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: attribute %s of variable %.60s is damaged: %llu letters",
                       file->path, name, variable->name, (unsigned long long)found.n);
    }
    char *copy = calloc((size_t)found.n + 1, 1);
    if (!copy) {
        return fm_fail_memory(error, "an attribute", (double)found.n + 1);
    }
    fm_classic_take(&cursor, copy, (size_t)found.n);
    if (cursor.status != FM_OK) {
        free(copy);
        return cursor.status;
    }
    trim(copy);
    *text = copy;
    return FM_OK;
}

fm_status fm_classic_number(const fm_classic *file, const fm_classic_variable *variable,
                            const char *name, double *value, fm_error *error)
{
    unsigned char bytes[8] = {0};
    fm_classic_attribute found = {0};
    fm_classic_cursor cursor = fm_classic_seek(file, variable->attributes, error);
    find_attribute(&cursor, name, &found);
    if (cursor.status != FM_OK || found.n != 1 || found.type == FM_CLASSIC_TEXT) {
        return cursor.status;
    }
    fm_classic_take(&cursor, bytes, fm_classic_type_size(found.type));
    if (cursor.status == FM_OK) {
        *value = number(found.type, bytes);
    }
    return cursor.status;
}

/* --- Values --- */

static fm_status read_run(const fm_classic *file, const fm_classic_variable *variable,
                          uint64_t place, size_t n, double *values, fm_error *error)
{
    enum { CHUNK = 1024 };
    unsigned char bytes[CHUNK * 8];
    size_t size = fm_classic_type_size(variable->type);
    fm_classic_cursor cursor = fm_classic_seek(file, place, error);
    for (size_t i = 0; i < n && cursor.status == FM_OK;) {
        size_t some = n - i < CHUNK ? n - i : CHUNK;
        fm_classic_take(&cursor, bytes, some * size);
        for (size_t j = 0; j < some && cursor.status == FM_OK; j++) {
            values[i + j] = number(variable->type, bytes + j * size);
        }
        i += some;
    }
    return cursor.status;
}

fm_status fm_classic_values(const fm_classic *file, const fm_classic_variable *variable,
                            double *values, fm_error *error)
{
    size_t n = (size_t)variable->n;
    if (!variable->grows) {
        return read_run(file, variable, variable->begin, n, values, error);
    }
    fm_status status = FM_OK;
    for (uint64_t i = 0; i < file->records && status == FM_OK; i++) {
        status = read_run(file, variable, variable->begin + i * file->record_bytes, n,
                          values + i * n, error);
    }
    return status;
}
