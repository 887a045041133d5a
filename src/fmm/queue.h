#ifndef FM_FMM_QUEUE_H
#define FM_FMM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The trial nodes, in buckets by time: a ring of buckets of equal width in time that
 * turns with the wave. A node is filed again whenever its time improves and never taken
 * out for that: of its entries only the first to come up still finds it trial. */

typedef struct fm_bucket {
    uint32_t block; /* the last block of entries; 0: empty */
    uint32_t fill;  /* entries used in it */
} fm_bucket;

typedef struct fm_queue {
    fm_bucket *bucket;
    uint64_t *used;  /* a bit for each bucket that is not empty */
    uint32_t *entry; /* blocks of FM_BLOCK entries; the first is the block before */
    uint32_t blocks, spare; /* blocks there are, first free one */
    size_t buckets;         /* a power of two: so many, whatever there is room for */
    size_t room;            /* buckets */
    double width, per_width;
    int64_t current; /* number of the bucket that the wave is in */
    size_t in_use;   /* blocks */
    /* Nodes too late for the ring, and the least bucket number among them. */
    uint32_t *late;
    size_t late_n, late_room;
    int64_t late_first;
} fm_queue;

enum { FM_BLOCK = 32, FM_BUCKETS_MAX = 1 << 17 };

/* Empty queues: no memory is taken before fm_queue_start. */
void fm_queue_clear(fm_queue *queue);

/* Forget all entries and file from time 0 on in buckets of this width; the ring covers
 * `span` seconds unless that takes more than FM_BUCKETS_MAX buckets. False: no memory.
 */
bool fm_queue_start(fm_queue *queue, double width, double span);

/* The bucket number of a time. */
static inline int64_t fm_queue_number(const fm_queue *queue, double time)
{
    double number = time * queue->per_width;
    return number < 4e18 ? (int64_t)number : (int64_t)4e18;
}

/* Chain a block to this bucket, whose last one is full. False: no memory. */
bool fm_queue_extend(fm_queue *queue, size_t place);

/* Put a node aside that is too late for the ring. False: no memory. */
bool fm_queue_put_aside(fm_queue *queue, uint32_t node, int64_t number);

/* File a node with this time. A time before the current bucket is filed in it, one
 * beyond the ring put aside. False: no memory. */
static inline bool fm_queue_push(fm_queue *queue, uint32_t node, double time)
{
    int64_t number = fm_queue_number(queue, time);
    if (number >= queue->current + (int64_t)queue->buckets) {
        return fm_queue_put_aside(queue, node, number);
    }
    number = number < queue->current ? queue->current : number;
    size_t place = (size_t)number & (queue->buckets - 1);
    fm_bucket *bucket = &queue->bucket[place];
    if (bucket->fill == FM_BLOCK && !fm_queue_extend(queue, place)) {
        return false;
    }
    queue->entry[(size_t)bucket->block * FM_BLOCK + bucket->fill++] = node;
    return true;
}

static inline bool fm_queue_is_empty(const fm_queue *queue)
{
    return queue->in_use == 0 && queue->late_n == 0;
}

/* No more entries than this. */
static inline size_t fm_queue_most(const fm_queue *queue)
{
    return queue->in_use * (FM_BLOCK - 1);
}

/* Turn the ring to the first bucket that is not empty. True: before going on, the
 * nodes put aside are to be filed again, for the ring has come to the first of them.
 * Not for an empty queue. */
bool fm_queue_advance(fm_queue *queue);

/* The last bucket, from the current one on, of a window of so many seconds that does
 * not go past the nodes put aside; before the current one if even that is wider. */
int64_t fm_queue_window(const fm_queue *queue, double window);

/* Take the entries of the buckets current to last; node[] has room for
 * fm_queue_most. */
size_t fm_queue_take(fm_queue *queue, int64_t last, uint32_t *node);

/* Bytes taken now. */
double fm_queue_bytes(const fm_queue *queue);

#endif
