/* How the nodes of a grid depend on those of a model.
 *
 * The speed of a node is a sum of two or four columns by two or four rows of vertices
 * (lattice.c). Its derivatives are the weights. Summed over all nodes, dJ/d speed goes
 * the way back: the nodes of a row are gathered in the columns of vertices they take
 * from, run by run, and this short line is spread over the few rows of vertices. A node
 * costs a handful of operations, and the lines are short.
 *
 * What a mask leaves to the open corners of its cell is taken out of its row and
 * treated by itself, with the weights that made it.
 *
 * The vertices are not yet the coefficients where a ring of them lies outside; its own
 * vertices pass on what they have at the end of the sum (ring.c). */
#include <stdlib.h>
#include <string.h>

#include "interpolate.h"
#include "jacobian.h"

/* --- Making one --- */

static fm_status keep_mended(fm_nodes_jacobian *nodes, const fm_mended *found, size_t n,
                             size_t before, fm_error *error)
{
    if (n == 0) {
        return FM_OK;
    }
    size_t bytes = (before + n) * sizeof *nodes->mended;
    fm_mended *all = realloc(nodes->mended, bytes);
    if (!all) {
        return fm_fail_memory(error, "the nodes beside a model's masks", (double)bytes);
    }
    memcpy(all + before, found, n * sizeof *found);
    nodes->mended = all;
    return FM_OK;
}

static fm_status find_mended(fm_nodes_jacobian *nodes, fm_error *error)
{
    fm_lattice *lattice = &nodes->lattice;
    fm_mended *found = malloc(lattice->nx * sizeof *found);
    nodes->mended_row = calloc(lattice->nz + 1, sizeof *nodes->mended_row);
    if (!found || !nodes->mended_row) {
        free(found);
        return fm_fail_memory(error, "the nodes beside a model's masks",
                              (double)(lattice->nx * sizeof *found));
    }
    fm_status status = FM_OK;
    for (size_t k = 0; status == FM_OK && k < lattice->nz; k++) {
        size_t n = fm_lattice_mended(lattice, k, found);
        status = keep_mended(nodes, found, n, nodes->mended_row[k], error);
        nodes->mended_row[k + 1] = nodes->mended_row[k] + n;
    }
    free(found);
    return status;
}

static fm_status make_sums(fm_nodes_jacobian *nodes, fm_error *error)
{
    const fm_lattice *lattice = &nodes->lattice;
    nodes->top = lattice->row[0].first;
    nodes->height = lattice->row[lattice->nz - 1].first + lattice->taps - nodes->top;
    size_t bytes = nodes->height * lattice->width * sizeof *nodes->sum;
    nodes->sum = malloc(bytes);
    return nodes->sum
               ? FM_OK
               : fm_fail_memory(error, "sums for a model's nodes", (double)bytes);
}

fm_status fm_nodes_jacobian_create(const fm_model *model, const fm_grid *grid,
                                   const fm_coefficients *coefficients,
                                   fm_nodes_jacobian *nodes, fm_error *error)
{
    *nodes = (fm_nodes_jacobian){
        .model = model,
        .coefficients = coefficients,
        .ring = fm_ring_of(model, coefficients),
    };
    fm_status status = fm_lattice_create(model, grid, &nodes->lattice, error);
    if (status == FM_OK) {
        status = find_mended(nodes, error);
    }
    if (status == FM_OK) {
        status = make_sums(nodes, error);
    }
    if (status != FM_OK) {
        fm_nodes_jacobian_clear(nodes);
    }
    return status;
}

void fm_nodes_jacobian_clear(fm_nodes_jacobian *nodes)
{
    fm_lattice_clear(&nodes->lattice);
    free(nodes->mended_row);
    free(nodes->mended);
    free(nodes->sum);
    *nodes = (fm_nodes_jacobian){0};
}

/* Of coefficient (i, k): from what the model holds to what derivatives are of. */
static double factor_of(const fm_nodes_jacobian *nodes, size_t i, size_t k)
{
    const fm_coefficients *coefficients = nodes->coefficients;
    if (coefficients->quantity == FM_SPEED) {
        return 1;
    }
    double c = fm_coefficient_of_nodes(nodes->model, coefficients, i, k);
    return fm_coefficient_factor(coefficients, c);
}

/* --- One node --- */

/* What a node takes from the vertices: two or four along x by as many along z. */
typedef struct node_taps {
    size_t n;
    size_t first_x, first_z;
    double weight[4][4]; /* [z][x] */
} node_taps;

static const fm_mended *find_in_row(const fm_nodes_jacobian *nodes, size_t row,
                                    size_t column)
{
    size_t low = nodes->mended_row[row], end = nodes->mended_row[row + 1], high = end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (nodes->mended[middle].column < column) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < end && nodes->mended[low].column == column ? nodes->mended + low
                                                            : NULL;
}

static node_taps taps_of(const fm_nodes_jacobian *nodes, size_t column, size_t row)
{
    const fm_lattice *lattice = &nodes->lattice;
    const fm_stencil *x = lattice->column + column, *z = lattice->row + row;
    node_taps t = {
        .n = lattice->taps, .first_x = lattice->left + x->first, .first_z = z->first};
    const fm_mended *mended = find_in_row(nodes, row, column);
    if (mended) {
        size_t corner = t.n == 4 ? 1 : 0; /* of the cell, among the taps */
        for (size_t c = 0; c < 4; c++) {
            t.weight[corner + c / 2][corner + c % 2] = mended->weight[c];
        }
        return t;
    }
    for (size_t k = 0; k < t.n; k++) {
        for (size_t i = 0; i < t.n; i++) {
            t.weight[k][i] = z->weight[k] * x->weight[i];
        }
    }
    return t;
}

/* The folds of neighbouring vertices; returns the first coefficient of all. */
static size_t fold_taps(const fm_nodes_jacobian *nodes, size_t n, size_t first,
                        size_t taps, fm_fold folds[4])
{
    size_t least = SIZE_MAX;
    for (size_t t = 0; t < taps; t++) {
        folds[t] = fm_ring_fold(&nodes->ring, n, first + t);
        least = folds[t].first < least ? folds[t].first : least;
    }
    return least;
}

/* Spread a vertex's weight over the coefficients. */
static void deposit(double weight, const fm_fold *fx, const fm_fold *fz, node_taps *to)
{
    for (size_t k = 0; k < fz->n; k++) {
        for (size_t i = 0; i < fx->n; i++) {
            to->weight[fz->first + k - to->first_z][fx->first + i - to->first_x] +=
                weight * fz->weight[k] * fx->weight[i];
        }
    }
}

/* From vertices to coefficients, which are no more than the vertices were. */
static node_taps fold_back(const fm_nodes_jacobian *nodes, const node_taps *t)
{
    const fm_model *model = nodes->model;
    fm_fold fx[4], fz[4];
    node_taps folded = {.n = t->n};
    folded.first_x = fold_taps(nodes, model->nx, t->first_x, t->n, fx);
    folded.first_z = fold_taps(nodes, model->nz, t->first_z, t->n, fz);
    for (size_t k = 0; k < t->n; k++) {
        for (size_t i = 0; i < t->n; i++) {
            double ratio = fm_ring_ratio(&nodes->ring, t->first_x + i, t->first_z + k);
            deposit(t->weight[k][i] * ratio, fx + i, fz + k, &folded);
        }
    }
    return folded;
}

static bool is_within(size_t first, size_t taps, size_t n)
{
    return first >= 1 && first + taps <= n + 1;
}

/* The same for vertices that are coefficients themselves, as nearly all are. */
static node_taps renumber(const fm_nodes_jacobian *nodes, const node_taps *t)
{
    const fm_model *model = nodes->model;
    node_taps own = *t;
    if (nodes->ring.kind == FM_RING_NONE) {
        return own;
    }
    if (!is_within(t->first_x, t->n, model->nx) ||
        !is_within(t->first_z, t->n, model->nz)) {
        return fold_back(nodes, t);
    }
    own.first_x--;
    own.first_z--;
    return own;
}

size_t fm_nodes_jacobian_node(const fm_nodes_jacobian *nodes, size_t column, size_t row,
                              uint32_t *index, double *derivative)
{
    const fm_coefficients *coefficients = nodes->coefficients;
    node_taps vertices = taps_of(nodes, column, row);
    node_taps t = renumber(nodes, &vertices);
    size_t found = 0;
    for (size_t k = 0; k < t.n; k++) {
        size_t first = (t.first_z + k) * coefficients->nx + t.first_x;
        for (size_t i = 0; i < t.n; i++) {
            double weight = t.weight[k][i];
            if (weight != 0) {
                index[found] = (uint32_t)(first + i);
                derivative[found++] =
                    weight * factor_of(nodes, t.first_x + i, t.first_z + k);
            }
        }
    }
    return found;
}

/* --- All nodes --- */

void fm_nodes_jacobian_begin(const fm_nodes_jacobian *nodes)
{
    size_t n = nodes->height * nodes->lattice.width;
    memset(nodes->sum, 0, n * sizeof *nodes->sum);
}

/* The sums' row for row `row` of vertices. */
static double *sums_of(const fm_nodes_jacobian *nodes, size_t row)
{
    return nodes->sum + (row - nodes->top) * nodes->lattice.width;
}

/* Mended nodes, taken out of their row. */
static void take_mended(const fm_nodes_jacobian *nodes, size_t row, double *kernel)
{
    const fm_lattice *lattice = &nodes->lattice;
    size_t corner = lattice->taps == 4 ? 1 : 0;
    for (size_t n = nodes->mended_row[row]; n < nodes->mended_row[row + 1]; n++) {
        const fm_mended *mended = nodes->mended + n;
        size_t first = lattice->column[mended->column].first + corner;
        for (size_t c = 0; c < 4; c++) {
            double *sums = sums_of(nodes, lattice->row[row].first + corner + c / 2);
            sums[first + c % 2] += mended->weight[c] * kernel[mended->column];
        }
        kernel[mended->column] = 0;
    }
}

/* From the taps of this run to those of the next: so many columns, or all. */
static size_t advance(const fm_lattice *lattice, size_t run)
{
    if (run + 1 == lattice->nruns) {
        return lattice->taps;
    }
    size_t columns = lattice->run[run + 1].first - lattice->run[run].first;
    return columns < lattice->taps ? columns : lattice->taps;
}

/* The sums of taps that neighbouring runs share are carried from one to the next: going
 * through memory, each would wait for the one before. */
static void gather_two(const fm_lattice *lattice, const double *kernel)
{
    const double *w0 = lattice->weight, *w1 = w0 + lattice->nx;
    double v0 = 0, v1 = 0;
    for (size_t n = 0; n < lattice->nruns; n++) {
        const fm_run *run = lattice->run + n;
        for (size_t i = run->begin; i < run->end; i++) {
            v0 += w0[i] * kernel[i];
            v1 += w1[i] * kernel[i];
        }
        size_t columns = advance(lattice, n);
        for (size_t c = 0; c < columns; c++) {
            lattice->line[run->first + c] = v0;
            v0 = v1;
            v1 = 0;
        }
    }
}

static void gather_four(const fm_lattice *lattice, const double *kernel)
{
    size_t nx = lattice->nx;
    const double *w0 = lattice->weight, *w1 = w0 + nx, *w2 = w1 + nx, *w3 = w2 + nx;
    double v0 = 0, v1 = 0, v2 = 0, v3 = 0;
    for (size_t n = 0; n < lattice->nruns; n++) {
        const fm_run *run = lattice->run + n;
        for (size_t i = run->begin; i < run->end; i++) {
            v0 += w0[i] * kernel[i];
            v1 += w1[i] * kernel[i];
            v2 += w2[i] * kernel[i];
            v3 += w3[i] * kernel[i];
        }
        size_t columns = advance(lattice, n);
        for (size_t c = 0; c < columns; c++) {
            lattice->line[run->first + c] = v0;
            v0 = v1;
            v1 = v2;
            v2 = v3;
            v3 = 0;
        }
    }
}

static void gather_row(const fm_lattice *lattice, const double *kernel)
{
    memset(lattice->line, 0, lattice->width * sizeof *lattice->line);
    if (lattice->taps == 2) {
        gather_two(lattice, kernel);
    } else {
        gather_four(lattice, kernel);
    }
}

void fm_nodes_jacobian_row(const fm_nodes_jacobian *nodes, size_t row, double *kernel)
{
    const fm_lattice *lattice = &nodes->lattice;
    const fm_stencil *stencil = lattice->row + row;
    take_mended(nodes, row, kernel);
    gather_row(lattice, kernel);
    for (size_t t = 0; t < lattice->taps; t++) {
        double weight = stencil->weight[t], *restrict sums;
        sums = sums_of(nodes, stencil->first + t);
        for (size_t i = 0; i < lattice->width; i++) {
            sums[i] += weight * lattice->line[i];
        }
    }
}

static void add_to(const fm_nodes_jacobian *nodes, size_t i, size_t k, double value,
                   double *gradient)
{
    gradient[k * nodes->coefficients->nx + i] += value * factor_of(nodes, i, k);
}

static void pass_on(const fm_nodes_jacobian *nodes, size_t i, const fm_fold *fz,
                    size_t k, double sum, double *gradient)
{
    fm_fold fx = fm_ring_fold(&nodes->ring, nodes->model->nx, i);
    double value = sum * fm_ring_ratio(&nodes->ring, i, k);
    for (size_t z = 0; z < fz->n; z++) {
        for (size_t x = 0; x < fx.n; x++) {
            add_to(nodes, fx.first + x, fz->first + z,
                   value * fz->weight[z] * fx.weight[x], gradient);
        }
    }
}

/* n vertices that are coefficients themselves, those of row k from column i on. */
static void hand_over(const fm_nodes_jacobian *nodes, const double *sums, size_t n,
                      size_t i, size_t k, double *gradient)
{
    for (size_t v = 0; v < n; v++) {
        add_to(nodes, i + v, k, sums[v], gradient);
    }
}

static void end_row(const fm_nodes_jacobian *nodes, size_t k, double *gradient)
{
    size_t nx = nodes->model->nx, left = nodes->lattice.left;
    size_t width = nodes->lattice.width, begin = 0, end = width;
    const double *sums = sums_of(nodes, k);
    fm_fold fz = fm_ring_fold(&nodes->ring, nodes->model->nz, k);
    if (nodes->ring.kind != FM_RING_NONE) {
        bool own = k >= 1 && k <= nodes->model->nz;
        begin = !own ? width : left == 0 ? 1 : 0;
        end = own && left + width == nx + 2 ? width - 1 : width;
    }
    for (size_t i = 0; i < begin; i++) {
        pass_on(nodes, left + i, &fz, k, sums[i], gradient);
    }
    if (begin < end) {
        fm_fold fx = fm_ring_fold(&nodes->ring, nx, left + begin);
        hand_over(nodes, sums + begin, end - begin, fx.first, fz.first, gradient);
    }
    for (size_t i = end; i < width; i++) {
        pass_on(nodes, left + i, &fz, k, sums[i], gradient);
    }
}

void fm_nodes_jacobian_end(const fm_nodes_jacobian *nodes, double *gradient)
{
    for (size_t k = nodes->top; k < nodes->top + nodes->height; k++) {
        end_row(nodes, k, gradient);
    }
}
