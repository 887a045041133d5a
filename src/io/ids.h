#ifndef FM_IO_IDS_H
#define FM_IO_IDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* Where is the station with this id? Private to the room. The ids are borrowed. */
typedef struct fm_ids_entry {
    const char *id;
    size_t row;
} fm_ids_entry;

typedef struct fm_ids {
    size_t n;
    fm_ids_entry *entry; /* [n], sorted by id, then by row */
} fm_ids;

fm_status fm_ids_create(size_t n, char *const *id, fm_ids *ids, fm_error *error);
void fm_ids_clear(fm_ids *ids); /* a zeroed fm_ids is fine */

/* The first control character in an id (C0, DEL or C1; the id is UTF-8), if any. */
bool fm_ids_control(const char *id, unsigned *character);

bool fm_ids_find(const fm_ids *ids, const char *id, size_t *row);

/* The first row, in the order of the table, whose id stood before, and where. */
bool fm_ids_repeated(const fm_ids *ids, size_t *first, size_t *again);

#endif
