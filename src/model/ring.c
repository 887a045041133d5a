/* How the ring of vertices outside a model's own follows its coefficients.
 *
 * - cubic: a vertex outside is a parabola, or a line, through those at the edge
 *   (interpolate.c)
 * - B-spline whose cushion we made: a line (fm_model_add_cushion)
 * - B-spline whose cushion was given: it keeps its ratio to the vertex at the edge
 *
 * All but the ratio is separable: a vertex is made of up to three rows by up to three
 * columns, so that one in a corner takes from nine coefficients. */
#include "jacobian.h"

fm_ring fm_ring_of(const fm_model *model, const fm_coefficients *coefficients)
{
    fm_ring ring = {.model = model};
    if (coefficients->cushions || model->interpolation == FM_LINEAR) {
        return ring;
    }
    if (model->interpolation == FM_CUBIC) {
        ring.kind = FM_RING_PARABOLA;
    } else {
        ring.kind = model->cushion_extrapolated ? FM_RING_LINE : FM_RING_RATIO;
    }
    return ring;
}

static fm_fold fold_outside(const fm_ring *ring, size_t n, bool before)
{
    if (ring->kind == FM_RING_RATIO) {
        return (fm_fold){before ? 0 : n - 1, 1, {1}};
    }
    if (ring->kind == FM_RING_LINE || n == 2) {
        return before ? (fm_fold){0, 2, {2, -1}} : (fm_fold){n - 2, 2, {-1, 2}};
    }
    return before ? (fm_fold){0, 3, {3, -3, 1}} : (fm_fold){n - 3, 3, {1, -3, 3}};
}

fm_fold fm_ring_fold(const fm_ring *ring, size_t n, size_t place)
{
    if (ring->kind == FM_RING_NONE) {
        return (fm_fold){place, 1, {1}};
    }
    if (place >= 1 && place <= n) {
        return (fm_fold){place - 1, 1, {1}};
    }
    return fold_outside(ring, n, place == 0);
}

static size_t nearest(size_t place, size_t n)
{
    return place < 1 ? 1 : place > n ? n : place;
}

double fm_ring_ratio(const fm_ring *ring, size_t i, size_t k)
{
    if (ring->kind != FM_RING_RATIO) {
        return 1;
    }
    const fm_model *model = ring->model;
    size_t width = model->nx + 2;
    size_t edge = nearest(k, model->nz) * width + nearest(i, model->nx);
    double own = model->values[edge];
    return own == 0 ? 1 : model->values[k * width + i] / own;
}
