#ifndef FM_PARALLEL_ARENA_H
#define FM_PARALLEL_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "parallel/pool.h"

/* The memory that the caller shares with its worker processes. It has no name in the
 * file system: it is gone with the last process that holds it, however that ended.
 *
 * The arena is cut into desks, one a worker; a worker maps nothing but its own. */

enum {
    FM_DESK_RING = 128, /* tasks that a worker can have in hand */
    FM_DRAWERS = 2      /* large results that wait for the caller */
};

/* A task in hand has a number, counted up in each desk. Its claim says whether it has
 * begun: the worker changes FM_OFFERED to FM_BEGUN, the caller to FM_WITHDRAWN, and
 * whoever is first has it. */
enum { FM_OFFERED = 1, FM_BEGUN, FM_WITHDRAWN };

typedef struct fm_desk {
    atomic_ullong claim[FM_DESK_RING]; /* [number % FM_DESK_RING] */
    atomic_ullong begun_ns;            /* since when a kernel runs; 0: none does */
    atomic_bool give_up;               /* what runs is not wanted any more */
    atomic_bool full[FM_DRAWERS];      /* the caller has not emptied it yet */
} fm_desk;

void fm_desk_offer(fm_desk *desk, uint64_t number);
/* Change the claim of that task from FM_OFFERED; false if the other side was first. */
bool fm_desk_claim(fm_desk *desk, uint64_t number, unsigned as);
bool fm_desk_has_begun(const fm_desk *desk, uint64_t number);
uint64_t fm_desk_clock_ns(void);

/* The parts of a desk. */
typedef enum fm_desk_part {
    FM_PART_DESK,
    FM_PART_SUM,    /* an fm_sum_state with two copies */
    FM_PART_DRAWER, /* the first of FM_DRAWERS */
    FM_PART_COUNT = FM_PART_DRAWER + FM_DRAWERS
} fm_desk_part;

/* A file descriptor; desks are zeros. */
fm_status fm_arena_create(size_t desks, int *arena, fm_error *error);
/* The first `size` bytes of a part, to read and write; NULL without memory. */
void *fm_arena_map(int arena, size_t desk, fm_desk_part part, size_t size);
/* Accepts NULL. */
void fm_arena_unmap(void *memory, size_t size);
/* Give the memory of a part back; it is zeros again. */
void fm_arena_forget(int arena, size_t desk, fm_desk_part part, size_t size);

/* A drawer as one process has it mapped. */
typedef struct fm_drawer {
    void *data;
    size_t size;
} fm_drawer;
/* Make it at least so large; false without memory. */
bool fm_drawer_fit(fm_drawer *drawer, int arena, size_t desk, size_t which,
                   size_t size);
void fm_drawer_release(fm_drawer *drawer);

/* A copy of the bytes, at least one, that nobody can change any more: a file
 * descriptor. */
fm_status fm_sealed_copy(fm_bytes bytes, int *copy, fm_error *error);

#endif
