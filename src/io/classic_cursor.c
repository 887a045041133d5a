/* The pieces of a classic netCDF header: big-endian numbers, names, lists and
 * attributes, everything padded to four bytes. A count is believed only as far as the
 * file is long enough for what it counts. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "classic_private.h"

fm_status fm_classic_damaged(fm_classic_cursor *cursor, const char *what)
{
    if (cursor->status == FM_OK) {
        cursor->status = fm_fail(cursor->error, FM_BAD_INPUT, "%s: netCDF, but %s",
                                 cursor->file->path, what);
    }
    return cursor->status;
}

static void seek_there(fm_classic_cursor *cursor)
{
    if (fseeko(cursor->file->stream, (off_t)cursor->at, SEEK_SET) != 0) {
        cursor->status = fm_fail(cursor->error, FM_IO_FAILED, "%s: cannot be read: %s",
                                 cursor->file->path, strerror(errno));
    }
}

fm_classic_cursor fm_classic_seek(const fm_classic *file, uint64_t place,
                                  fm_error *error)
{
    fm_classic_cursor cursor = {.file = file, .at = place, .error = error};
    seek_there(&cursor);
    return cursor;
}

static bool has(fm_classic_cursor *cursor, uint64_t n)
{
    if (cursor->status == FM_OK && n > cursor->file->bytes - cursor->at) {
        fm_classic_damaged(cursor, "it ends inside its header: cut short, or damaged");
    }
    return cursor->status == FM_OK;
}

void fm_classic_take(fm_classic_cursor *cursor, void *bytes, size_t n)
{
    FILE *stream = cursor->file->stream;
    if (!has(cursor, n)) {
        return;
    }
    errno = 0;
    if (fread(bytes, 1, n, stream) == n) {
        cursor->at += n;
    } else if (ferror(stream)) {
        cursor->status = fm_fail(cursor->error, FM_IO_FAILED, "%s: cannot be read: %s",
                                 cursor->file->path, strerror(errno));
    } else {
        fm_classic_damaged(cursor, "it became shorter while it was read");
    }
}

void fm_classic_skip(fm_classic_cursor *cursor, uint64_t n)
{
    if (n > 0 && has(cursor, n)) {
        cursor->at += n;
        seek_there(cursor);
    }
}

uint64_t fm_classic_big_endian(const unsigned char *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

uint64_t fm_classic_take_number(fm_classic_cursor *cursor, size_t bytes)
{
    unsigned char stored[8] = {0};
    fm_classic_take(cursor, stored, bytes);
    return cursor->status == FM_OK ? fm_classic_big_endian(stored, bytes) : 0;
}

uint64_t fm_classic_take_size(fm_classic_cursor *cursor)
{
    return fm_classic_take_number(cursor, cursor->file->version == 5 ? 8 : 4);
}

fm_classic_type fm_classic_take_type(fm_classic_cursor *cursor)
{
    uint64_t type = fm_classic_take_number(cursor, 4);
    fm_classic_type last = cursor->file->version == 5 ? FM_CLASSIC_U64 : FM_CLASSIC_F64;
    if (type < FM_CLASSIC_I8 || type > last) {
        fm_classic_damaged(cursor, "its header is damaged: a type that there is not");
        return FM_CLASSIC_I8;
    }
    return (fm_classic_type)type;
}

size_t fm_classic_take_count(fm_classic_cursor *cursor, size_t least)
{
    uint64_t n = fm_classic_take_size(cursor);
    if (cursor->status == FM_OK && n > (cursor->file->bytes - cursor->at) / least) {
        fm_classic_damaged(cursor, "it ends inside its header: cut short, or damaged");
    }
    return cursor->status == FM_OK ? (size_t)n : 0;
}

size_t fm_classic_take_list(fm_classic_cursor *cursor, unsigned tag, size_t least)
{
    uint64_t found = fm_classic_take_number(cursor, 4);
    size_t n = fm_classic_take_count(cursor, least);
    if (found != tag && (found != 0 || n != 0)) {
        fm_classic_damaged(cursor, "its header is damaged: a list of the wrong kind");
        return 0;
    }
    return n;
}

uint64_t fm_classic_padded(uint64_t bytes)
{
    return (bytes + 3) / 4 * 4;
}

char *fm_classic_take_name(fm_classic_cursor *cursor)
{
    size_t n = fm_classic_take_count(cursor, 1);
    if (cursor->status != FM_OK) {
        return NULL;
    }
    char *name = calloc(n + 1, 1);
    if (!name) {
        cursor->status = fm_fail_memory(cursor->error, "a name", (double)n + 1);
        return NULL;
    }
    fm_classic_take(cursor, name, n);
    fm_classic_skip(cursor, fm_classic_padded(n) - n);
    if (cursor->status != FM_OK) {
        free(name);
        return NULL;
    }
    return name;
}

size_t fm_classic_type_size(fm_classic_type type)
{
    static const size_t sizes[] = {
        [FM_CLASSIC_I8] = 1,  [FM_CLASSIC_TEXT] = 1, [FM_CLASSIC_I16] = 2,
        [FM_CLASSIC_I32] = 4, [FM_CLASSIC_F32] = 4,  [FM_CLASSIC_F64] = 8,
        [FM_CLASSIC_U8] = 1,  [FM_CLASSIC_U16] = 2,  [FM_CLASSIC_U32] = 4,
        [FM_CLASSIC_I64] = 8, [FM_CLASSIC_U64] = 8};
    return sizes[type];
}

void fm_classic_take_attribute(fm_classic_cursor *cursor,
                               fm_classic_attribute *attribute)
{
    attribute->name = fm_classic_take_name(cursor);
    attribute->type = fm_classic_take_type(cursor);
    size_t size = fm_classic_type_size(attribute->type);
    attribute->n = fm_classic_take_count(cursor, size);
    attribute->end = cursor->at + fm_classic_padded(attribute->n * size);
}
