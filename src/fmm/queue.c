/* The bucket queue (Dial 1969; for this use Kim 2001 and Yatziv, Bartesaghi & Sapiro
 * 2006). Filing and taking cost a few instructions whatever the length of the front.
 *
 * Entries are node numbers in blocks of 32, chained from the last filled to the
 * first; blocks given back are used again, so that the queue takes what the front
 * needs and no more, whatever the number of buckets. A bitmap tells empty buckets:
 * where the medium is slow they outnumber the others a thousandfold.
 *
 * Nodes too late for the ring wait in a list of their own until the ring has come to
 * the first of them, which is at most once a turn. */
#include "queue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NO_BLOCK = 0 };

void fm_queue_clear(fm_queue *queue)
{
    free(queue->bucket);
    free(queue->used);
    free(queue->entry);
    free(queue->late);
    *queue = (fm_queue){0};
}

static size_t buckets_for(double width, double span)
{
    size_t buckets = 64;
    while (buckets < FM_BUCKETS_MAX && (double)buckets * width < span) {
        buckets *= 2;
    }
    return buckets;
}

static bool make_room(fm_queue *queue, size_t buckets)
{
    queue->buckets = buckets;
    if (queue->room >= buckets) {
        return true;
    }
    free(queue->bucket);
    free(queue->used);
    queue->bucket = malloc(buckets * sizeof *queue->bucket);
    queue->used = malloc(buckets / 8);
    queue->room = queue->bucket && queue->used ? buckets : 0;
    return queue->room > 0;
}

bool fm_queue_start(fm_queue *queue, double width, double span)
{
    if (!make_room(queue, buckets_for(width, span))) {
        return false;
    }
    for (size_t b = 0; b < queue->buckets; b++) {
        queue->bucket[b] = (fm_bucket){NO_BLOCK, FM_BLOCK};
    }
    memset(queue->used, 0, queue->buckets / 8);
    for (uint32_t b = 1; b < queue->blocks; b++) {
        queue->entry[(size_t)b * FM_BLOCK] = b + 1 < queue->blocks ? b + 1 : NO_BLOCK;
    }
    queue->spare = queue->blocks > 1 ? 1 : NO_BLOCK;
    queue->width = width;
    queue->per_width = 1 / width;
    queue->current = 0;
    queue->in_use = 0;
    queue->late_n = 0;
    queue->late_first = INT64_MAX;
    return true;
}

static bool more_blocks(fm_queue *queue)
{
    size_t blocks = queue->blocks > 0 ? (size_t)2 * queue->blocks : 64;
    uint32_t *entry = blocks <= UINT32_MAX / FM_BLOCK
                          ? realloc(queue->entry, blocks * FM_BLOCK * sizeof *entry)
                          : NULL;
    if (!entry) {
        return false;
    }
    uint32_t first = queue->blocks > 0 ? queue->blocks : 1;
    for (size_t b = first; b < blocks; b++) {
        entry[b * FM_BLOCK] = b + 1 < blocks ? (uint32_t)b + 1 : NO_BLOCK;
    }
    queue->entry = entry;
    queue->blocks = (uint32_t)blocks;
    queue->spare = first;
    return true;
}

bool fm_queue_extend(fm_queue *queue, size_t place)
{
    fm_bucket *bucket = &queue->bucket[place];
    if (queue->spare == NO_BLOCK && !more_blocks(queue)) {
        return false;
    }
    uint32_t block = queue->spare;
    uint32_t *entry = queue->entry + (size_t)block * FM_BLOCK;
    queue->spare = entry[0];
    entry[0] = bucket->block;
    bucket->block = block;
    bucket->fill = 1;
    queue->in_use++;
    queue->used[place / 64] |= (uint64_t)1 << place % 64;
    return true;
}

bool fm_queue_put_aside(fm_queue *queue, uint32_t node, int64_t number)
{
    if (queue->late_n == queue->late_room) {
        size_t room = 2 * queue->late_room + 64;
        uint32_t *late = realloc(queue->late, room * sizeof *late);
        if (!late) {
            return false;
        }
        queue->late = late;
        queue->late_room = room;
    }
    queue->late[queue->late_n++] = node;
    queue->late_first = number < queue->late_first ? number : queue->late_first;
    return true;
}

/* The first bucket at or after `number` that is not empty, or `end`. */
static int64_t next_used(const fm_queue *queue, int64_t number, int64_t end)
{
    while (number < end) {
        size_t place = (size_t)number & (queue->buckets - 1);
        uint64_t bits = queue->used[place / 64] >> place % 64;
        if (bits != 0) {
            number += __builtin_ctzll(bits);
            return number < end ? number : end;
        }
        number += 64 - (int64_t)(place % 64);
    }
    return end;
}

bool fm_queue_advance(fm_queue *queue)
{
    int64_t end = queue->current + (int64_t)queue->buckets;
    int64_t next =
        queue->in_use > 0 ? next_used(queue, queue->current, end) : INT64_MAX;
    bool late = queue->late_first <= next;
    queue->current = late ? queue->late_first : next;
    return late;
}

int64_t fm_queue_window(const fm_queue *queue, double window)
{
    /* A window meant to be one bucket wide is one, however that is rounded. */
    double wide = fmin(window * queue->per_width * (1 + 1e-12), (double)queue->buckets);
    int64_t last = queue->current + (int64_t)wide - 1;
    return last < queue->late_first ? last : queue->late_first - 1;
}

static size_t empty_bucket(fm_queue *queue, fm_bucket *bucket, uint32_t *node)
{
    size_t n = 0;
    while (bucket->block != NO_BLOCK) {
        uint32_t block = bucket->block;
        uint32_t *entry = queue->entry + (size_t)block * FM_BLOCK;
        memcpy(node + n, entry + 1, (bucket->fill - 1) * sizeof *node);
        n += bucket->fill - 1;
        bucket->block = entry[0];
        bucket->fill = FM_BLOCK;
        entry[0] = queue->spare;
        queue->spare = block;
        queue->in_use--;
    }
    return n;
}

size_t fm_queue_take(fm_queue *queue, int64_t last, uint32_t *node)
{
    size_t n = 0;
    int64_t number = queue->current;
    while ((number = next_used(queue, number, last + 1)) <= last) {
        size_t place = (size_t)number & (queue->buckets - 1);
        n += empty_bucket(queue, &queue->bucket[place], node + n);
        queue->used[place / 64] &= ~((uint64_t)1 << place % 64);
    }
    return n;
}

double fm_queue_bytes(const fm_queue *queue)
{
    return (double)queue->room * (sizeof(fm_bucket) + 1.0 / 8) +
           ((double)queue->blocks * FM_BLOCK + (double)queue->late_room) *
               sizeof(uint32_t);
}
