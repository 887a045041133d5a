/* What the tests of rays share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracing.h"

void open_tracing(tracing *stage)
{
    if (!stage->solver) {
        stage->solver = plain_solver(&stage->medium);
    }
    assert_int_equal(fm_tracer_create(stage->solver, &stage->tracer, NULL), FM_OK);
}

void close_tracing(tracing *stage)
{
    fm_tracer_destroy(stage->tracer);
    fm_solver_destroy(stage->solver);
    fm_medium_clear(&stage->medium);
}

void begin_at(tracing *stage, fm_point source)
{
    march_from(stage->solver, source);
    fm_tracer_begin(stage->tracer);
}

fm_ray ray_from(tracing *stage, fm_point receiver)
{
    fm_ray ray;
    assert_int_equal(fm_tracer_trace(stage->tracer, receiver, &ray, NULL), FM_OK);
    return ray;
}

bool arrived(const fm_ray *ray)
{
    return ray->status == FM_RAY_REACHED || ray->status == FM_RAY_ALONG_EDGE ||
           ray->status == FM_RAY_FALLBACK;
}

bool same_point(fm_point one, fm_point two)
{
    return one.x == two.x && one.z == two.z;
}

fm_point random_in(const fm_grid *grid, uint64_t n)
{
    double width = fm_grid_x_max(grid) - grid->x0;
    double height = grid->z[grid->nz - 1] - grid->z[0];
    return (fm_point){grid->x0 + width * uniform(2 * n),
                      grid->z[0] + height * uniform(2 * n + 1)};
}
