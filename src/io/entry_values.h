#ifndef FM_IO_ENTRY_VALUES_H
#define FM_IO_ENTRY_VALUES_H

#include <stdint.h>

#include "entries.h"

/* The values of an entry, converted strictly; private to the room. Failures say the
 * key, what was read and what is allowed. */

/* One text, not empty. */
fm_status fm_entry_text(const fm_entries *entries, const fm_entry *entry,
                        const char **text, fm_error *error);

/* One of n words; which. */
fm_status fm_entry_word(const fm_entries *entries, const fm_entry *entry,
                        const char *const *words, size_t n, size_t *which,
                        fm_error *error);

/* One finite number. */
fm_status fm_entry_number(const fm_entries *entries, const fm_entry *entry,
                          double *value, fm_error *error);

/* A list of n numbers; `shape` shows it ("[x_min, x_max]"). */
fm_status fm_entry_numbers(const fm_entries *entries, const fm_entry *entry,
                           const char *shape, size_t n, double *value, fm_error *error);

/* Value i, a whole number from least to most. */
fm_status fm_entry_count(const fm_entries *entries, const fm_entry *entry, size_t i,
                         uint64_t least, uint64_t most, uint64_t *value,
                         fm_error *error);

/* The entry must be a list of n values. */
fm_status fm_entry_shape(const fm_entries *entries, const fm_entry *entry,
                         const char *shape, size_t n, fm_error *error);

#endif
