#ifndef FM_IO_ENTRIES_H
#define FM_IO_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* A plain YAML file as a list of entries with dotted keys; private to the room. Plain:
 * one document, mappings of at most two levels, scalars and lists of scalars; no
 * anchors, aliases or tags. Every value is text. */

typedef struct fm_entry {
    char *key; /* "model.dice" */
    bool list; /* written as one */
    size_t n;  /* values: 1 unless a list */
    char **value;
    size_t line, column; /* of the key, from 1 */
    char *override;      /* "key=value", when it was given so, not in the file */
} fm_entry;

typedef struct fm_entries {
    const char *path; /* borrowed */
    size_t n, capacity;
    fm_entry *entry;
} fm_entries;

/* Messages begin with "FILE:LINE:COLUMN: " (or "FILE: "). */
fm_status fm_entries_read(const char *path, fm_entries *entries, fm_error *error);

/* Put an override "key=value" in the place of the entry with that key, or add it. A
 * value in brackets is a list where `list_key` says that the key takes one; all else is
 * text as it stands. Messages begin with "--set key=value: ". */
fm_status fm_entries_override(fm_entries *entries, const char *text,
                              bool (*list_key)(const char *key), fm_error *error);

void fm_entries_clear(fm_entries *entries); /* zeroed entries are fine */
void fm_entry_clear(fm_entry *entry);

/* Room for one more at entry[n]. */
fm_status fm_entries_reserve(fm_entries *entries, fm_error *error);

/* The entry with this key, or NULL. */
fm_entry *fm_entries_find(const fm_entries *entries, const char *key);

/* Where an entry stands and its key, "FILE:LINE:COLUMN: key", on the heap; NULL without
 * memory. */
char *fm_entry_place(const fm_entries *entries, const fm_entry *entry);

/* FM_BAD_INPUT about an entry: its place, its key, and the sentence. */
fm_status fm_entry_fail(const fm_entries *entries, const fm_entry *entry,
                        fm_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
