/* The judge of the march: order by a heap, and nothing clever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "heap.h"
#include "judge.h"
#include "update.h"

static void expect_ok(fm_status status, const fm_error *error)
{
    if (status != FM_OK) {
        fail_msg("%s", error->message);
    }
}

fm_march begun(const fm_medium *medium, fm_way way, fm_point source)
{
    fm_march march;
    fm_error error = {0};
    expect_ok(
        fm_march_create(medium->grid.nx, medium->grid.nz, way.order, &march, &error),
        &error);
    march.exact = way.exact;
    march.frame.unfactored = way.unfactored;
    march.update = way.update ? way.update : march.update;
    expect_ok(fm_march_begin(&march, medium, source, &error), &error);
    expect_ok(fm_march_seed_source(&march, &error), &error);
    return march;
}

static double *field_of_march(const fm_march *march)
{
    const fm_grid *grid = &march->medium->grid;
    double *field = malloc(fm_grid_nodes(grid) * sizeof *field);
    assert_non_null(field);
    for (size_t node = 0; node < fm_grid_nodes(grid); node++) {
        double time = fm_march_time(march, node % grid->nx, node / grid->nx);
        field[node] = time < INFINITY ? time : NAN;
    }
    return field;
}

double *marched(const fm_medium *medium, fm_way way, fm_point source)
{
    fm_march march = begun(medium, way, source);
    fm_error error = {0};
    expect_ok(fm_march_run(&march, false, &error), &error);
    double *field = field_of_march(&march);
    fm_march_clear(&march);
    return field;
}

/* Trial and far neighbours of a node just accepted get their times. */
static void spread(fm_march *march, fm_heap *heap, uint32_t node)
{
    uint32_t stride = (uint32_t)march->stride;
    const uint32_t around[] = {node - 1, node + 1, node - stride, node + stride};
    for (size_t n = 0; n < 4; n++) {
        double before = march->time[around[n]], crossing;
        if (before >= 0) {
            continue;
        }
        double time = fm_update_one(march, around[n], &crossing);
        if (time >= -before) {
            continue;
        }
        march->time[around[n]] = -time;
        if (isinf(before)) {
            assert_true(fm_heap_push(heap, time, around[n]));
        } else {
            fm_heap_improve(heap, time, around[n]);
        }
    }
}

static void spread_from_seeds(fm_march *march, fm_heap *heap)
{
    const fm_grid *grid = &march->medium->grid;
    for (size_t k = 0; k < grid->nz; k++) {
        for (size_t i = 0; i < grid->nx; i++) {
            size_t node = fm_march_node(march, i, k);
            /* Already trial nodes are negative, closed ones infinite. */
            if (fm_march_is_accepted(march, i, k)) {
                spread(march, heap, (uint32_t)node);
            }
        }
    }
}

double *judged(const fm_medium *medium, fm_way way, fm_point source)
{
    fm_march march = begun(medium, way, source);
    fm_heap heap;
    assert_true(fm_heap_create(march.max_nodes, 1024, &heap));
    spread_from_seeds(&march, &heap);
    while (heap.n > 0) {
        double time;
        uint32_t node = fm_heap_pop(&heap, &time);
        march.time[node] = time;
        spread(&march, &heap, node);
    }
    double *field = field_of_march(&march);
    fm_heap_clear(&heap);
    fm_march_clear(&march);
    return field;
}

double mean_difference(const double *one, const double *two, size_t n)
{
    double differences = 0, times = 0;
    for (size_t node = 0; node < n; node++) {
        if (isnan(one[node]) != isnan(two[node])) {
            fail_msg("node %zu: %.17g but %.17g", node, one[node], two[node]);
        }
        differences += isnan(one[node]) ? 0 : fabs(one[node] - two[node]);
        times += isnan(two[node]) ? 0 : fabs(two[node]);
    }
    return differences / times;
}
