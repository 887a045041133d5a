#ifndef FM_IO_CLASSIC_PRIVATE_H
#define FM_IO_CLASSIC_PRIVATE_H

#include "classic.h"

/* Reading the pieces that a header consists of. Errors stick: after the first one
 * nothing is read and every number is 0. */
typedef struct fm_classic_cursor {
    const fm_classic *file;
    uint64_t at; /* place in the file */
    fm_status status;
    fm_error *error;
} fm_classic_cursor;

/* The next piece begins at `place`. */
fm_classic_cursor fm_classic_seek(const fm_classic *file, uint64_t place,
                                  fm_error *error);
fm_status fm_classic_damaged(fm_classic_cursor *cursor, const char *what);

void fm_classic_take(fm_classic_cursor *cursor, void *bytes, size_t n);
void fm_classic_skip(fm_classic_cursor *cursor, uint64_t n);
uint64_t fm_classic_big_endian(const unsigned char *bytes, size_t n);

uint64_t fm_classic_take_number(fm_classic_cursor *cursor, size_t bytes);
uint64_t fm_classic_take_size(fm_classic_cursor *cursor); /* 4 bytes, in CDF-5 8 */
fm_classic_type fm_classic_take_type(fm_classic_cursor *cursor);

/* How many things follow, each of at least `least` bytes: no more than there is file.
 */
size_t fm_classic_take_count(fm_classic_cursor *cursor, size_t least);

/* The same for a list that begins with a tag, or with 0 when there is none. */
size_t fm_classic_take_list(fm_classic_cursor *cursor, unsigned tag, size_t least);

/* On the heap; NULL after an error. */
char *fm_classic_take_name(fm_classic_cursor *cursor);

enum {
    FM_CLASSIC_TAG_DIMENSION = 10,
    FM_CLASSIC_TAG_VARIABLE,
    FM_CLASSIC_TAG_ATTRIBUTE
};

/* The head of an attribute: name (the caller frees it), type and number of values;
 * `end` is the place behind its values. */
typedef struct fm_classic_attribute {
    char *name;
    fm_classic_type type;
    uint64_t n, end;
} fm_classic_attribute;
void fm_classic_take_attribute(fm_classic_cursor *cursor,
                               fm_classic_attribute *attribute);

/* Bytes are stored in fours. */
uint64_t fm_classic_padded(uint64_t bytes);

#endif
