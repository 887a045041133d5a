#ifndef FM_IO_PLAIN_YAML_H
#define FM_IO_PLAIN_YAML_H

#include "entries.h"

/* Plain YAML into entries; private to the room. */

typedef struct fm_yaml_source {
    const char *path, *text;
    size_t length;
    const char *override; /* not NULL: the text is the value of this override */
} fm_yaml_source;

/* A document, which is a mapping: an entry for each key. What was added before an error
 * remains the caller's. */
fm_status fm_yaml_entries(const fm_yaml_source *source, fm_entries *entries,
                          fm_error *error);

/* A list of scalars into the values of one entry, likewise. */
fm_status fm_yaml_list(const fm_yaml_source *source, fm_entry *entry, fm_error *error);

#endif
