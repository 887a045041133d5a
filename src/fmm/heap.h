#ifndef FM_FMM_HEAP_H
#define FM_FMM_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The queue of trial nodes: smallest time first, equal times by node number, so that
 * the order of acceptance is decided by the numbers alone. */

typedef struct fm_heap {
    uint64_t *key;  /* the bits of times >= 0, which sort as the times do */
    uint32_t *node; /* both [capacity + 8]; keys from n on are later than any */
    size_t n, capacity;
} fm_heap;

enum { FM_HEAP_ENTRY_BYTES = sizeof(uint64_t) + sizeof(uint32_t) };

/* False without memory; the heap is then as it was. */
bool fm_heap_reserve(fm_heap *heap, size_t capacity);
bool fm_heap_push(fm_heap *heap, double time, uint32_t node);
/* Take the earliest entry out; not when empty. */
uint32_t fm_heap_pop(fm_heap *heap, double *time);
void fm_heap_empty(fm_heap *heap); /* keeps the memory */
void fm_heap_clear(fm_heap *heap);

#endif
