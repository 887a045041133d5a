#ifndef FM_SURVEY_ORDER_H
#define FM_SURVEY_ORDER_H

#include <stddef.h>

#include "core/status.h"

/* Stable counting sort of items 0 .. n-1 by a key below `keys`. `items` NULL: they come
 * as 0, 1, 2 ... On success *begin [keys + 1] tells where each key's items begin in
 * *sorted [n]; the caller frees both. On failure both are NULL. */
fm_status fm_order_by(const size_t *key, size_t keys, const size_t *items, size_t n,
                      size_t **begin, size_t **sorted, fm_error *error);

#endif
