/* Pairs are ordered by small whole numbers (indices of sources and receivers), so a
 * counting sort does it: linear in time, and stable, which lets a sort by receiver
 * followed by one by source give the order by both. */
#include "order.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* begin[k] becomes the number of items with a key below k. */
static void count_keys(const size_t *key, size_t keys, size_t n, size_t *begin)
{
    for (size_t i = 0; i < n; i++) {
        assert(key[i] < keys);
        begin[key[i] + 1]++;
    }
    for (size_t k = 0; k < keys; k++) {
        begin[k + 1] += begin[k];
    }
}

fm_status fm_order_by(const size_t *key, size_t keys, const size_t *items, size_t n,
                      size_t **begin, size_t **sorted, fm_error *error)
{
    *begin = calloc(keys + 1, sizeof **begin);
    *sorted = malloc((n + 1) * sizeof **sorted);
    size_t *next = malloc((keys + 1) * sizeof *next);
    if (!*begin || !*sorted || !next) {
        goto fail;
    }
    count_keys(key, keys, n, *begin);
    memcpy(next, *begin, (keys + 1) * sizeof *next);
    for (size_t i = 0; i < n; i++) {
        size_t item = items ? items[i] : i;
        (*sorted)[next[key[item]]++] = item;
    }
    free(next);
    return FM_OK;
fail:
    free(next);
    free(*begin);
    free(*sorted);
    *begin = *sorted = NULL;
    return fm_fail_memory(error, "the order of the survey's pairs",
                          (double)(2 * keys + n) * sizeof(size_t));
}
