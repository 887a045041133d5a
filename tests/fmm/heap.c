/* A heap with four children to a node: half as deep as a binary one, and the children
 * of a node share a cache line. Which child is earliest cannot be predicted, so it is
 * computed and not branched upon; late keys behind the end spare the last parent a
 * special case.
 *
 * Every node knows its place, so that an earlier time moves its entry instead of adding
 * a second one: nearly every node is improved once, and a heap half as large with half
 * as many pops is worth the bookkeeping (118 ns a node for a march against 155). */
#include "heap.h"

#include <stdlib.h>
#include <string.h>

/* The root sits at index ROOT, so that every group of children starts on a multiple of
 * four. Children of p: 4 (p - ROOT + 1) ... + 3. */
enum { CHILDREN = 4, ROOT = 3, SPARE = ROOT + CHILDREN + 1 };

static size_t first_child(size_t parent)
{
    return CHILDREN * (parent - ROOT + 1);
}

static size_t parent_of(size_t child)
{
    return child / CHILDREN + ROOT - 1;
}

static bool reserve(fm_heap *heap, size_t capacity)
{
    size_t old = heap->key ? heap->capacity + SPARE : 0;
    size_t entries = capacity + SPARE;
    uint64_t *key = aligned_alloc(64, (entries * sizeof *key + 63) / 64 * 64);
    uint32_t *node = realloc(heap->node, entries * sizeof *node);
    heap->node = node ? node : heap->node;
    if (!key || !node) {
        free(key);
        return false;
    }
    if (old > 0) {
        memcpy(key, heap->key, old * sizeof *key);
    }
    /* Spare places are compared too, nodes included. */
    memset(key + old, 0xff, (entries - old) * sizeof *key);
    memset(node + old, 0xff, (entries - old) * sizeof *node);
    free(heap->key);
    heap->key = key;
    heap->capacity = capacity;
    return true;
}

bool fm_heap_create(size_t nodes, size_t capacity, fm_heap *heap)
{
    *heap = (fm_heap){.place = malloc(nodes * sizeof *heap->place)};
    if (!heap->place || !reserve(heap, capacity)) {
        fm_heap_clear(heap);
        return false;
    }
    return true;
}

void fm_heap_clear(fm_heap *heap)
{
    free(heap->key);
    free(heap->node);
    free(heap->place);
    *heap = (fm_heap){0};
}

double fm_heap_bytes(size_t nodes, size_t capacity)
{
    return (double)nodes * sizeof(uint32_t) +
           (double)(capacity + SPARE) * (sizeof(uint64_t) + sizeof(uint32_t));
}

static void put(fm_heap *heap, size_t place, uint64_t key, uint32_t node)
{
    heap->key[place] = key;
    heap->node[place] = node;
    heap->place[node] = (uint32_t)place;
}

static bool before(const fm_heap *heap, size_t place, uint64_t key, uint32_t node)
{
    return heap->key[place] < key ||
           (heap->key[place] == key && heap->node[place] < node);
}

/* Let an entry rise from `child` until its parent is earlier. */
static void rise(fm_heap *heap, size_t child, uint64_t key, uint32_t node)
{
    while (child > ROOT) {
        size_t parent = parent_of(child);
        if (before(heap, parent, key, node)) {
            break;
        }
        put(heap, child, heap->key[parent], heap->node[parent]);
        child = parent;
    }
    put(heap, child, key, node);
}

static uint64_t key_of(double time)
{
    uint64_t key;
    memcpy(&key, &time, sizeof key);
    return key;
}

bool fm_heap_push(fm_heap *heap, double time, uint32_t node)
{
    if (heap->n == heap->capacity && !reserve(heap, 2 * heap->capacity + 64)) {
        return false;
    }
    rise(heap, ROOT + heap->n++, key_of(time), node);
    return true;
}

void fm_heap_improve(fm_heap *heap, double time, uint32_t node)
{
    rise(heap, heap->place[node], key_of(time), node);
}

/* The earlier of two places, without a branch but for equal times. */
static size_t earlier(const fm_heap *heap, size_t one, size_t two)
{
    uint64_t a = heap->key[one];
    uint64_t b = heap->key[two];
    size_t second = b < a;
    if (__builtin_expect(a == b, 0)) {
        second = heap->node[two] < heap->node[one];
    }
    return one + (two - one) * second;
}

static size_t earliest_child(const fm_heap *heap, size_t first)
{
    return earlier(heap, earlier(heap, first, first + 1),
                   earlier(heap, first + 2, first + 3));
}

uint32_t fm_heap_pop(fm_heap *heap, double *time)
{
    uint32_t top = heap->node[ROOT];
    memcpy(time, &heap->key[ROOT], sizeof *time);
    size_t end = ROOT + --heap->n;
    uint64_t key = heap->key[end];
    uint32_t node = heap->node[end];
    heap->key[end] = UINT64_MAX;
    size_t place = ROOT;
    for (size_t first = first_child(place); first < end; first = first_child(place)) {
        size_t child = earliest_child(heap, first);
        if (!before(heap, child, key, node)) {
            break;
        }
        put(heap, place, heap->key[child], heap->node[child]);
        place = child;
    }
    if (place < end) {
        put(heap, place, key, node);
    }
    return top;
}

void fm_heap_empty(fm_heap *heap)
{
    memset(heap->key + ROOT, 0xff, heap->n * sizeof *heap->key);
    heap->n = 0;
}
