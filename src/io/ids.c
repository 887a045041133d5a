/* Ids, sorted, so that a table of pairs finds its stations by bisection: a hundred
 * thousand ids are looked up in seventeen comparisons each, and equal ids become
 * neighbours. */
#include "ids.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
    const fm_ids_entry *a = left, *b = right;
    int order = strcmp(a->id, b->id);
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

fm_status fm_ids_create(size_t n, char *const *id, fm_ids *ids, fm_error *error)
{
    *ids = (fm_ids){0};
    ids->entry = calloc(n ? n : 1, sizeof *ids->entry);
    if (!ids->entry) {
        return fm_fail_memory(error, "an index of ids", (double)n * sizeof *ids->entry);
    }
    ids->n = n;
    for (size_t i = 0; i < n; i++) {
        ids->entry[i] = (fm_ids_entry){.id = id[i], .row = i};
    }
    qsort(ids->entry, n, sizeof *ids->entry, compare);
    return FM_OK;
}

void fm_ids_clear(fm_ids *ids)
{
    free(ids->entry);
    *ids = (fm_ids){0};
}

bool fm_ids_control(const char *id, unsigned *character)
{
    for (const unsigned char *c = (const unsigned char *)id; *c; c++) {
        bool c1 = c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0;
        if (*c < 0x20 || *c == 0x7F || c1) {
            *character = c1 ? c[1] : c[0];
            return true;
        }
    }
    return false;
}

static int compare_id(const void *key, const void *member)
{
    return strcmp(key, ((const fm_ids_entry *)member)->id);
}

bool fm_ids_find(const fm_ids *ids, const char *id, size_t *row)
{
    const fm_ids_entry *found =
        bsearch(id, ids->entry, ids->n, sizeof *ids->entry, compare_id);
    if (found) {
        *row = found->row;
    }
    return found != NULL;
}

bool fm_ids_repeated(const fm_ids *ids, size_t *first, size_t *again)
{
    bool found = false;
    for (size_t i = 1; i < ids->n; i++) {
        const fm_ids_entry *a = &ids->entry[i - 1], *b = &ids->entry[i];
        if (strcmp(a->id, b->id) == 0 && (!found || b->row < *again)) {
            *first = a->row;
            *again = b->row;
            found = true;
        }
    }
    return found;
}
