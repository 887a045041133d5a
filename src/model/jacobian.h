#ifndef FM_MODEL_JACOBIAN_H
#define FM_MODEL_JACOBIAN_H

#include "model/coefficients.h"
#include "sampler.h"

/* Private to the room: derivatives of the speeds of nodes with respect to coefficients
 * as they stand. That the slowness is wanted, and perhaps with respect to reciprocals,
 * is looked after in jacobian.c, but for the coefficients' factors. */

/* d (a coefficient as the model holds it) / d (the coefficient): 1, or of c = 1/c' with
 * respect to c', -c^2. (Cosines are taken as they stand and do not ask.) */
double fm_coefficient_factor(const fm_coefficients *coefficients, double c);

/* What the model holds for coefficient (i, k) of a nodes model; 0 if masked. */
double fm_coefficient_of_nodes(const fm_model *model,
                               const fm_coefficients *coefficients, size_t i, size_t k);

/* --- The ring of vertices outside (ring.c) --- */

typedef enum fm_ring_kind {
    FM_RING_NONE,     /* all vertices are coefficients */
    FM_RING_LINE,     /* extrapolated from the outermost two */
    FM_RING_PARABOLA, /* from the outermost three, or two where there are no more */
    FM_RING_RATIO     /* in proportion to the nearest */
} fm_ring_kind;

typedef struct fm_ring {
    fm_ring_kind kind;
    const fm_model *model;
} fm_ring;

fm_ring fm_ring_of(const fm_model *model, const fm_coefficients *coefficients);

/* What a vertex is made of along one axis: n neighbouring coefficients. */
typedef struct fm_fold {
    size_t first, n;
    double weight[3];
} fm_fold;

/* Vertex `place` along an axis on which the model has n nodes. With a ring, places 0
 * and n + 1 are outside. */
fm_fold fm_ring_fold(const fm_ring *ring, size_t n, size_t place);

/* By what vertex (i, k) is multiplied besides: 1, but for a ratio. */
double fm_ring_ratio(const fm_ring *ring, size_t i, size_t k);

/* --- Nodes (jacobian_nodes.c) --- */

/* The vertices are those of fm_model_vertices: with one ring beyond the model's own,
 * but for linear interpolation. */
typedef struct fm_nodes_jacobian {
    const fm_model *model;
    const fm_coefficients *coefficients;
    fm_ring ring;
    fm_lattice lattice; /* what the nodes take from the vertices */
    size_t *mended_row; /* [grid nz + 1], where a row's mended nodes begin */
    fm_mended *mended;
    size_t top, height; /* the rows of vertices in use */
    double *sum;        /* [height][lattice.width], of fm_nodes_jacobian_row */
} fm_nodes_jacobian;

/* Keeps the model and the coefficients. */
fm_status fm_nodes_jacobian_create(const fm_model *model, const fm_grid *grid,
                                   const fm_coefficients *coefficients,
                                   fm_nodes_jacobian *nodes, fm_error *error);
void fm_nodes_jacobian_clear(fm_nodes_jacobian *nodes);

/* d speed / d coefficient of one node: how many are not 0, at most 16. */
size_t fm_nodes_jacobian_node(const fm_nodes_jacobian *nodes, size_t column, size_t row,
                              uint32_t *index, double *derivative);

/* Sums over the nodes: begin at 0; a row of dJ/d speed, which is used up; and their
 * part of dJ/d coefficient at the end. */
void fm_nodes_jacobian_begin(const fm_nodes_jacobian *nodes);
void fm_nodes_jacobian_row(const fm_nodes_jacobian *nodes, size_t row, double *kernel);
void fm_nodes_jacobian_end(const fm_nodes_jacobian *nodes, double *gradient);

/* --- Cosines (jacobian_cosines.c) --- */

/* All nodes depend on all coefficients. */
typedef struct fm_cosines_jacobian {
    fm_cosines cosines;
    double *sum; /* [model nz][grid nx], of fm_cosines_jacobian_row */
} fm_cosines_jacobian;

/* Keeps the model. */
fm_status fm_cosines_jacobian_create(const fm_model *model, const fm_grid *grid,
                                     fm_cosines_jacobian *cosines, fm_error *error);
void fm_cosines_jacobian_clear(fm_cosines_jacobian *cosines);

/* As with nodes, but of what the cosines make, a speed or a slowness. */
size_t fm_cosines_jacobian_node(const fm_cosines_jacobian *cosines, size_t column,
                                size_t row, uint32_t *index, double *derivative);
void fm_cosines_jacobian_begin(const fm_cosines_jacobian *cosines);
void fm_cosines_jacobian_row(const fm_cosines_jacobian *cosines, size_t row,
                             const double *kernel);
void fm_cosines_jacobian_end(const fm_cosines_jacobian *cosines, double *gradient);

#endif
