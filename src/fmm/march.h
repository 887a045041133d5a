#ifndef FM_FMM_MARCH_H
#define FM_FMM_MARCH_H

#include "frame.h"
#include "queue.h"
#include "source.h"

/* One march over one medium: the times, the front and the loop. The solver has one for
 * the propagation grid and one for each refined zone around the source. */

/* Nodes, in a list that grows. */
typedef struct fm_list {
    uint32_t *node;
    size_t n, room;
} fm_list;

struct fm_march;

/* For n nodes, the times from their accepted neighbours (INFINITY if those give none),
 * and the least time in which a wave crosses a step from any of them. Works in strips:
 * both arrays have room for n rounded up to whole ones, and node[] has nodes there. */
enum { FM_STRIP = 8 };
typedef void fm_update(const struct fm_march *march, const uint32_t *node, size_t n,
                       double *time, double *crossing);

/* The terms of the differential of a node's time,
 *
 *   dT = s ds + x1 dT1x - x2 dT2x + z1 dT1z - z2 dT2z,
 *
 * for a batch of nodes; s < 0 where the neighbours that now stand there do not give the
 * time that the node has. */
enum { FM_BATCH = 64 }; /* whole strips */
typedef struct fm_terms {
    double x1[FM_BATCH], x2[FM_BATCH], z1[FM_BATCH], z2[FM_BATCH], s[FM_BATCH];
    double own[FM_BATCH]; /* the node's time */
    /* From node to neighbours; 0 where the term is. */
    int64_t to_x1[FM_BATCH], to_x2[FM_BATCH], to_z1[FM_BATCH], to_z2[FM_BATCH];
} fm_terms;

/* For n accepted nodes, at most a batch; in strips as above. */
typedef void fm_explain(const struct fm_march *march, const uint32_t *node, size_t n,
                        fm_terms *terms);

typedef struct fm_entry {
    double time;
    uint32_t node;
} fm_entry;

/* What moves with the wave. */
typedef struct fm_front {
    fm_queue queue;
    fm_list accepted;   /* in this step */
    fm_list candidates; /* trial and far neighbours of those */
    fm_list redo;       /* those of them accepted together with an earlier neighbour */
    double *time;       /* of the candidates */
    size_t room;
    /* The least crossing time of what was filed since the ring began its last turn, and
     * in the turn before: no node in the ring was filed earlier than that. */
    double least, least_before;
    int64_t turn_ends;
    /* The current bucket when it goes in order, the earliest node first. */
    fm_entry *heap;
    size_t heap_n, heap_room;
} fm_front;

/* What the adjoint keeps of a march (backward.h): the nodes in an order in which each
 * comes after all that its time depends on. The first ones were seeds. */
typedef struct fm_backward {
    uint32_t *order; /* NULL: not kept */
    size_t n, seeds;
    double *kernel; /* [max_nodes] */
    double *beyond; /* [ninterfaces][nx] */
    size_t beyond_room;
    fm_source_share source;
    size_t searched; /* nodes whose stencil had to be searched for */
    double worst;    /* the largest relative error of a time so found */
} fm_backward;

/* time[] has the state of a node in its sign: accepted (the time itself), trial
 * (negative), far (-INFINITY), or closed (INFINITY: masked, and the margin). Read as
 * unsigned integers, accepted and closed ones are smaller than all others, so that the
 * smaller of two neighbours is the upwind one if either of them is. */
typedef struct fm_march {
    const fm_medium *medium;
    fm_frame frame;
    fm_source source;
    fm_update *update;
    fm_explain *explain;
    int order;
    bool exact; /* accept strictly in order of time */
    size_t max_nodes, stride;
    double per_stride; /* 1 / stride */
    double *time;      /* s, with margin */
    fm_front front;
    fm_list wanted;  /* nodes to be accepted before an early stop */
    size_t accepted; /* nodes */
    fm_backward backward;
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

/* From now on keep what the adjoint needs. */
fm_status fm_march_keep(fm_march *march, fm_error *error);
double fm_march_keep_bytes(size_t nx, size_t nz);

/* Take a medium, forget the last march, and find the source in it. */
fm_status fm_march_begin(fm_march *march, const fm_medium *medium, fm_point source,
                         fm_error *error);
/* Fix the time of a node before the march: it is accepted at once. */
fm_status fm_march_seed(fm_march *march, size_t column, size_t row, double time,
                        fm_error *error);
/* Seed the corners of the source's cell from the closed form. */
fm_status fm_march_seed_source(fm_march *march, fm_error *error);
/* Ask that this node be accepted before an early stop. */
fm_status fm_march_want(fm_march *march, size_t column, size_t row, fm_error *error);
/* March until every node is accepted that can be reached, or, with stop_early, until
 * nothing wanted is left. FM_NO_MEMORY; FM_CANCELLED if march->stop said so. */
fm_status fm_march_run(fm_march *march, bool stop_early, fm_error *error);

static inline size_t fm_march_node(const fm_march *march, size_t column, size_t row)
{
    return (row + FM_MARGIN) * march->stride + column + FM_MARGIN;
}

/* Nodes between `place` and the nearer of the one or two nodes beside the source. */
static inline size_t fm_march_steps_from(const size_t line[2], size_t place)
{
    size_t low = line[0] != SIZE_MAX ? line[0] : line[1];
    size_t high = line[1] != SIZE_MAX ? line[1] : line[0];
    return place < low ? low - place : place > high ? place - high : 0;
}

/* The time of an accepted node, and INFINITY for any other. */
static inline double fm_march_time(const fm_march *march, size_t column, size_t row)
{
    double time = march->time[fm_march_node(march, column, row)];
    return time >= 0 ? time : INFINITY;
}

static inline bool fm_march_is_accepted(const fm_march *march, size_t column,
                                        size_t row)
{
    return fm_march_time(march, column, row) < INFINITY;
}

/* Nodes accepted now, each of which depends on earlier ones only. */
static inline void fm_march_record(fm_march *march, const uint32_t *node, size_t n)
{
    fm_backward *backward = &march->backward;
    if (backward->order) {
        for (size_t k = 0; k < n; k++) {
            backward->order[backward->n++] = node[k];
        }
    }
}

/* Room for n nodes in all; false: no memory. */
bool fm_list_reserve(fm_list *list, size_t n);

#endif
