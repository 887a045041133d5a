/* The sums over sources in a result file. What comes are exact numbers, of which each
 * node's doubles are made as its row is written: a run does not hold both. */
#include "result_sums.h"

#include <math.h>
#include <stdlib.h>

enum { PLANES = 4 };

/* A row of each variable. */
typedef struct row {
    double
        *plane[PLANES]; /* sum, sum of squares, mean, deviation; the first owns all */
    int32_t *count;
} row;

static const fm_later which[PLANES] = {FM_LATER_SUM, FM_LATER_SQUARE_SUM, FM_LATER_MEAN,
                                       FM_LATER_DEVIATION};

static fm_status row_create(size_t nx, row *r, fm_error *error)
{
    r->plane[0] = malloc(PLANES * nx * sizeof(double));
    r->count = malloc(nx * sizeof *r->count);
    if (!r->plane[0] || !r->count) {
        return fm_fail_memory(error, "a row of sums", (double)nx * (PLANES * 8 + 4));
    }
    for (size_t p = 1; p < PLANES; p++) {
        r->plane[p] = r->plane[p - 1] + nx;
    }
    return FM_OK;
}

static void row_clear(row *r)
{
    free(r->plane[0]);
    free(r->count);
}

/* The nodes from `first` on. */
static void fill(const fm_shot_sums *sums, size_t first, size_t nx, row *r)
{
    const fm_moments none = {0, NAN, NAN, NAN, NAN};
    for (size_t i = 0; i < nx; i++) {
        fm_moments m = sums ? fm_shot_sums_at(sums, first + i) : none;
        r->plane[0][i] = m.sum;
        r->plane[1][i] = m.square_sum;
        r->plane[2][i] = m.mean;
        r->plane[3][i] = m.deviation;
        r->count[i] = (int32_t)m.count;
    }
}

/* Missing values are left out: no comparison with them is true. */
static void widen(fm_range *found, const row *r, size_t nx)
{
    for (size_t p = 0; p < PLANES; p++) {
        fm_range *range = &found[which[p]];
        for (size_t i = 0; i < nx; i++) {
            double value = r->plane[p][i];
            range->least = value < range->least ? value : range->least;
            range->greatest = value > range->greatest ? value : range->greatest;
        }
    }
}

static fm_status write_row(fm_slabs *later, const fm_part_file *part, size_t k,
                           const row *r, fm_error *error)
{
    fm_status status = fm_slabs_write(&later[FM_LATER_COUNT], part, k, r->count, error);
    for (size_t p = 0; p < PLANES && status == FM_OK; p++) {
        status = fm_slabs_write(&later[which[p]], part, k, r->plane[p], error);
    }
    return status;
}

fm_status fm_result_sums_write(fm_slabs *later, const fm_part_file *part,
                               const fm_grid *grid, const fm_shot_sums *sums,
                               fm_range *found, fm_error *error)
{
    row r = {0};
    fm_status status = row_create(grid->nx, &r, error);
    for (size_t k = 0; k < grid->nz && status == FM_OK; k++) {
        fill(sums, k * grid->nx, grid->nx, &r);
        widen(found, &r, grid->nx);
        status = write_row(later, part, k, &r, error);
    }
    if (status == FM_OK) {
        int32_t shots = sums ? (int32_t)sums->shots : 0;
        status = fm_slabs_write(&later[FM_LATER_SUM_SHOTS], part, 0, &shots, error);
    }
    row_clear(&r);
    return status;
}
