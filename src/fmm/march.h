#ifndef FM_FMM_MARCH_H
#define FM_FMM_MARCH_H

#include "frame.h"
#include "heap.h"
#include "source.h"

/* One march over one medium: arrays, queue and the loop. The solver has one for the
 * propagation grid and one for each refined zone around the source. */

/* Two nodes of margin on every side, never entered, spare the stencil all bounds
 * checks. */
enum { FM_MARGIN = 2 };

enum fm_node_state {
    FM_FAR,
    FM_TRIAL,
    FM_ACCEPTED,
    FM_CLOSED
}; /* closed: masked, margin */

/* Flags beside the state. */
enum {
    FM_STATE = 3,  /* mask of the state itself */
    FM_WANTED = 4, /* a receiver needs this node */
    FM_SEED = 8 /* accepted before the march; its neighbours are still to be updated */
};

typedef struct fm_value {
    double time, tau; /* T, and T / r */
} fm_value;

typedef struct fm_march {
    const fm_medium *medium;
    fm_frame frame;
    fm_source source;
    int order;
    size_t max_nodes, stride;
    fm_value *value; /* with margin; valid in trial and accepted nodes */
    uint8_t *state;
    fm_heap heap;
    size_t accepted;
    size_t wanted; /* nodes still to be accepted before an early stop */
    size_t line_column[2],
        line_row[2]; /* nodes beside the source's lines, or SIZE_MAX */
    /* Asked now and then; true: the march ends. NULL: not asked. */
    bool (*stop)(const void *context);
    const void *stop_context;
    /* A zone stops at the first node on an edge beyond which there is more medium. */
    struct {
        bool west, east, low, high;
    } open;
} fm_march;

fm_status fm_march_create(size_t max_nx, size_t max_nz, int order, fm_march *march,
                          fm_error *error);
void fm_march_clear(fm_march *march);
double fm_march_bytes(size_t nx, size_t nz);

/* Take a medium, forget the last march, and find the source in it. */
fm_status fm_march_begin(fm_march *march, const fm_medium *medium, fm_point source,
                         fm_error *error);
/* Fix the time of a node before the march: it is accepted at once. */
fm_status fm_march_seed(fm_march *march, size_t column, size_t row, double time,
                        fm_error *error);
/* Seed the corners of the source's cell from the closed form. */
fm_status fm_march_seed_source(fm_march *march, fm_error *error);
/* Ask that this node be accepted before an early stop. */
void fm_march_want(fm_march *march, size_t column, size_t row);
/* March until every node is accepted that can be reached, or, with stop_early, until
 * nothing wanted is left. FM_NO_MEMORY; FM_CANCELLED if march->stop said so. */
fm_status fm_march_run(fm_march *march, bool stop_early, fm_error *error);

static inline size_t fm_march_node(const fm_march *march, size_t column, size_t row)
{
    return (row + FM_MARGIN) * march->stride + column + FM_MARGIN;
}

static inline bool fm_march_is_accepted(const fm_march *march, size_t column,
                                        size_t row)
{
    return (march->state[fm_march_node(march, column, row)] & FM_STATE) == FM_ACCEPTED;
}

#endif
