#ifndef FM_FMM_HEAP_H
#define FM_FMM_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The queue of trial nodes: smallest time first, equal times by node number, so that
 * the order of acceptance is decided by the numbers alone. A node is in it once. */

typedef struct fm_heap {
    uint64_t *key; /* the bits of times >= 0, which sort as the times do */
    uint32_t
        *node; /* both with some entries to spare; keys behind the end are latest */
    uint32_t *place; /* [nodes] where a node stands, while it is in the heap */
    size_t n, capacity;
} fm_heap;

/* For nodes 0 .. nodes-1, with room for `capacity` of them at first. */
bool fm_heap_create(size_t nodes, size_t capacity, fm_heap *heap);
void fm_heap_clear(fm_heap *heap);
double fm_heap_bytes(size_t nodes, size_t capacity);

/* False without memory; the heap is then as it was. The node is not in it yet. */
bool fm_heap_push(fm_heap *heap, double time, uint32_t node);
/* Give a node that is in the heap an earlier time. */
void fm_heap_improve(fm_heap *heap, double time, uint32_t node);
/* Take the earliest entry out; not when empty. */
uint32_t fm_heap_pop(fm_heap *heap, double *time);
void fm_heap_empty(fm_heap *heap); /* keeps the memory */

#endif
