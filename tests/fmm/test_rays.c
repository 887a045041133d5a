/* Rays where they are known: straight lines, arcs, great circles, head waves; and what
 * they say of nodes and cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tracing.h"

static const double radians = 3.14159265358979323846 / 180;

/* ---- constant speed ---- */

/* Distance in km of a point from the straight line or great circle through two others,
 * in space. */
typedef struct vector {
    double x, y, z;
} vector;

static vector cross(vector a, vector b)
{
    return (vector){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z,
                    a.x * b.y - a.y * b.x};
}

static double dot(vector a, vector b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static vector in_space(const fm_grid *grid, fm_point at)
{
    double x = at.x * radians, z = at.z * radians;
    switch (grid->geometry) {
    case FM_GEOGRAPHIC:
        return (vector){grid->radius_km * cos(z) * cos(x),
                        grid->radius_km * cos(z) * sin(x), grid->radius_km * sin(z)};
    case FM_POLAR:
        return (vector){at.z * cos(x), at.z * sin(x), 0};
    case FM_CARTESIAN:
        break;
    }
    return (vector){at.x, at.z, 0};
}

static double off_line(const fm_grid *grid, fm_point from, fm_point to, fm_point at)
{
    vector a = in_space(grid, from), b = in_space(grid, to), p = in_space(grid, at);
    if (grid->geometry == FM_GEOGRAPHIC) {
        vector normal = cross(a, b);
        return fabs(dot(normal, p)) / sqrt(dot(normal, normal));
    }
    vector along = {b.x - a.x, b.y - a.y, b.z - a.z};
    vector off = cross(along, (vector){p.x - a.x, p.y - a.y, p.z - a.z});
    return sqrt(dot(off, off) / dot(along, along));
}

/* Does the line stay two rows away from the edges? Great circles bend towards the pole,
 * and straight lines in a section towards the centre. */
static bool stays_inside(const fm_grid *grid, fm_point from, fm_point to)
{
    vector a = in_space(grid, from), b = in_space(grid, to);
    for (int n = 0; n <= 32; n++) {
        double t = n / 32.0;
        vector p = {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y),
                    a.z + t * (b.z - a.z)};
        double length = sqrt(dot(p, p));
        double z = grid->geometry == FM_GEOGRAPHIC ? asin(p.z / length) / radians
                   : grid->geometry == FM_POLAR    ? length
                                                   : p.y;
        if (z < grid->z[2] || z > grid->z[grid->nz - 3]) {
            return false;
        }
    }
    return true;
}

/* The largest distance from the line, in km, of rays between random pairs whose line
 * stays in the model; and their time must be the distance. */
static double worst_off_line(tracing *stage, double along_tolerance)
{
    const fm_grid *grid = &stage->medium.grid;
    double worst = 0;
    for (uint64_t s = 0; s < 8; s++) {
        fm_point source = random_in(grid, 1000 * s);
        begin_at(stage, source);
        for (uint64_t r = 1; r < 40; r++) {
            fm_point receiver = random_in(grid, 1000 * s + r);
            fm_ray ray = ray_from(stage, receiver);
            assert_true(arrived(&ray));
            if (!stays_inside(grid, source, receiver)) {
                continue;
            }
            double distance = fm_distance(grid, source, receiver);
            assert_near(ray.length_km, distance, along_tolerance * distance);
            for (size_t n = 0; n < ray.n; n++) {
                double off = off_line(grid, source, receiver, ray.point[n]);
                worst = off <= worst ? worst : off;
            }
        }
    }
    return worst;
}

static void where_the_speed_is_constant_rays_are_straight(void **state)
{
    (void)state;
    tracing stage = {.medium = flat_medium(61, 41, unit_slowness)};
    open_tracing(&stage);
    double worst = worst_off_line(&stage, 1e-12);
    if (!(worst < 1e-6)) { /* rounding of tau, times the distance */
        fail_msg("%g spacings", worst);
    }
    close_tracing(&stage);
}

/* A degree is 111 km; steps of a quarter of one. The times themselves bend the rays by
 * 0.013 steps, half as many steps along the ray or not. */
static void on_the_sphere_they_are_great_circles(void **state)
{
    (void)state;
    tracing stage = {.medium = medium_of(FM_GEOGRAPHIC, 161, 121, (fm_point){-10, 30},
                                         (fm_point){0.25, 0.25}, unit_slowness)};
    open_tracing(&stage);
    double worst = worst_off_line(&stage, 1e-5);
    if (!(worst < 0.016 * 0.25 * 111)) {
        fail_msg("%g km", worst);
    }
    close_tracing(&stage);
}

static void in_a_section_they_are_straight_too(void **state)
{
    (void)state;
    tracing stage = {.medium = medium_of(FM_POLAR, 81, 41, (fm_point){0, 5371},
                                         (fm_point){0.25, 25}, unit_slowness)};
    open_tracing(&stage);
    double worst = worst_off_line(&stage, 1e-5);
    if (!(worst < 0.01 * 25)) {
        fail_msg("%g km", worst);
    }
    close_tracing(&stage);
}

/* ---- a linear gradient ---- */

/* How far, in km, is a point from the arc through a and b? Its centre is where the
 * speed would be zero. */
static double off_arc(fm_point a, fm_point b, fm_point p)
{
    double g = sqrt(1.0 / 64 + 1.0 / 16), nx = 1.0 / 8 / g, nz = 1.0 / 4 / g;
    double ua = a.x * nz - a.z * nx, ub = b.x * nz - b.z * nx;
    double wa = a.x * nx + a.z * nz + 2 / g, wb = b.x * nx + b.z * nz + 2 / g;
    double centre = (ub * ub + wb * wb - ua * ua - wa * wa) / (2 * (ub - ua));
    double radius = hypot(ua - centre, wa);
    double up = p.x * nz - p.z * nx, wp = p.x * nx + p.z * nz + 2 / g;
    return fabs(hypot(up - centre, wp) - radius);
}

static void in_a_linear_gradient_they_are_arcs_of_circles(void **state)
{
    (void)state;
    const double h = 0.0625;
    tracing stage = {.medium = medium_of(FM_CARTESIAN, 321, 321, (fm_point){0, 0},
                                         (fm_point){h, h}, gradient_slowness)};
    open_tracing(&stage);
    /* An arc that grazes the edge comes as near as the march knows it there. */
    fm_grid inside = stage.medium.grid;
    inside.x0 += 3 * h;
    inside.nx -= 6;
    inside.z += 3;
    inside.nz -= 6;
    double worst = 0;
    size_t judged = 0;
    for (uint64_t s = 0; s < 10; s++) {
        fm_point source = random_in(&stage.medium.grid, 1000 * s);
        begin_at(&stage, source);
        for (uint64_t r = 1; r < 40; r++) {
            fm_point receiver = random_in(&stage.medium.grid, 1000 * s + r);
            if (!gradient_ray_inside(&inside, source, receiver)) {
                continue;
            }
            fm_ray ray = ray_from(&stage, receiver);
            assert_int_equal(ray.status, FM_RAY_REACHED);
            double exact = gradient_time(source, receiver);
            /* 4e-5 measured; bilinear slowness is h^2 / 8 times its curvature high. */
            assert_near(ray.time_s, exact, 1e-4 * exact);
            judged++;
            for (size_t n = 0; n < ray.n; n++) {
                double off = off_arc(source, receiver, ray.point[n]);
                worst = off <= worst ? worst : off;
            }
        }
    }
    assert_true(judged > 200);
    if (!(worst < 0.01 * h)) {
        fail_msg("%g spacings", worst / h);
    }
    close_tracing(&stage);
}

/* ---- nodes and pieces ---- */

static void check_sums(const tracing *stage, const fm_ray *ray)
{
    const fm_medium *medium = &stage->medium;
    double time = 0, nodes = 0, pieces = 0, points = 0;
    for (size_t n = 0; n < ray->nnodes; n++) {
        const fm_ray_node *node = &ray->node[n];
        size_t of = fm_medium_interface_of(medium, node->row);
        double slowness = medium->slowness[node->row * medium->grid.nx + node->column];
        if (node->beyond) {
            slowness = medium->slowness_beyond[of * medium->grid.nx + node->column];
        }
        assert_true(node->km > 0 && isfinite(slowness));
        for (size_t m = 0; m < n; m++) {
            assert_false(ray->node[m].column == node->column &&
                         ray->node[m].row == node->row &&
                         ray->node[m].beyond == node->beyond);
        }
        time += node->km * slowness;
        nodes += node->km;
    }
    for (size_t n = 0; n < ray->npieces; n++) {
        assert_true(ray->piece[n].column + 1 < medium->grid.nx);
        assert_true(ray->piece[n].row + 1 < medium->grid.nz);
        pieces += ray->piece[n].km;
    }
    for (size_t n = 1; n < ray->n; n++) {
        points += fm_distance(&medium->grid, ray->point[n - 1], ray->point[n]);
    }
    assert_near(ray->time_s, time, 1e-14 * time);
    assert_near(ray->length_km, pieces, 1e-14 * pieces);
    assert_near(nodes, pieces, 1e-12 * pieces);
    /* Between points a ray is straight on the grid, which on the sphere and in the
     * section is longer than the shortest way by the square of a step. */
    assert_near(points, pieces, 2e-5 * pieces);
}

static void nodes_and_pieces_add_up_to_time_and_length(void **state)
{
    (void)state;
    static const fm_geometry geometries[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    static const fm_point first[] = {{0, 0}, {10, 30}, {0, 6000}};
    static const fm_point step[] = {{0.5, 0.5}, {0.25, 0.25}, {0.1, 10}};
    for (size_t g = 0; g < 3; g++) {
        tracing stage = {.medium =
                             medium_of(geometries[g], 41, 31, first[g], step[g],
                                       g == 0 ? gradient_slowness : unit_slowness)};
        open_tracing(&stage);
        begin_at(&stage, random_in(&stage.medium.grid, 7));
        for (uint64_t r = 0; r < 40; r++) {
            fm_ray ray = ray_from(&stage, random_in(&stage.medium.grid, 100 + r));
            assert_true(arrived(&ray));
            check_sums(&stage, &ray);
        }
        close_tracing(&stage);
    }
}

static double bilinear(const fm_medium *medium, fm_point at)
{
    fm_place place;
    assert_true(fm_grid_locate(&medium->grid, at, &place));
    const double *s = medium->slowness + place.row * medium->grid.nx + place.column;
    const double *next = s + medium->grid.nx;
    double below = (1 - place.fx) * s[0] + place.fx * s[1];
    double above = (1 - place.fx) * next[0] + place.fx * next[1];
    return (1 - place.fz) * below + place.fz * above;
}

/* By 400 short steps from each point to the next. */
static double integral(const fm_medium *medium, const fm_ray *ray)
{
    enum { PARTS = 400 };
    double sum = 0;
    for (size_t n = 1; n < ray->n; n++) {
        fm_point a = ray->point[n - 1], b = ray->point[n], last = a;
        for (int part = 1; part <= PARTS; part++) {
            double t = (double)part / PARTS;
            fm_point next = {a.x + t * (b.x - a.x), a.z + t * (b.z - a.z)};
            fm_point middle = {(last.x + next.x) / 2, (last.z + next.z) / 2};
            sum += bilinear(medium, middle) * fm_distance(&medium->grid, last, next);
            last = next;
        }
    }
    return sum;
}

static void the_time_of_a_ray_is_the_integral_of_bilinear_slowness(void **state)
{
    (void)state;
    static const fm_geometry geometries[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    static const fm_point first[] = {{0, 0}, {10, 30}, {0, 6000}};
    static const fm_point step[] = {{0.5, 0.7}, {0.25, 0.25}, {0.1, 10}};
    for (size_t g = 0; g < 3; g++) {
        tracing stage = {.medium = medium_of(geometries[g], 31, 31, first[g], step[g],
                                             unit_slowness)};
        for (size_t n = 0; n < fm_grid_nodes(&stage.medium.grid); n++) {
            stage.medium.slowness[n] = 0.5 + uniform(n);
        }
        open_tracing(&stage);
        begin_at(&stage, random_in(&stage.medium.grid, 7));
        for (uint64_t r = 0; r < 10; r++) {
            fm_ray ray = ray_from(&stage, random_in(&stage.medium.grid, 100 + r));
            double expected = integral(&stage.medium, &ray);
            assert_near(ray.time_s, expected, 1e-6 * expected);
        }
        close_tracing(&stage);
    }
}

static void the_pieces_of_a_ray_join_and_lie_in_their_cells(void **state)
{
    (void)state;
    tracing stage = {.medium = flat_medium(31, 31, gradient_slowness)};
    open_tracing(&stage);
    begin_at(&stage, (fm_point){3.3, 4.7});
    fm_ray ray = ray_from(&stage, (fm_point){27.2, 22.9});
    for (size_t n = 1; n < ray.npieces; n++) {
        const fm_ray_piece *one = &ray.piece[n - 1], *two = &ray.piece[n];
        assert_true(abs((int)one->column - (int)two->column) <= 1);
        assert_true(abs((int)one->row - (int)two->row) <= 1);
        assert_true(two->km > 0 && two->km <= sqrt(2) * (1 + 1e-12));
    }
    assert_int_equal(ray.piece[0].column, 27);
    assert_int_equal(ray.piece[0].row, 22);
    assert_int_equal(ray.piece[ray.npieces - 1].column, 3);
    assert_int_equal(ray.piece[ray.npieces - 1].row, 4);
    close_tracing(&stage);
}

/* ---- ends ---- */

static const fm_point places[] = {{10, 10}, {10.1, 9.87}, {10, 9.9},    {10.3, 10},
                                  {0, 0},   {20, 20},     {0, 7.1},     {20, 13},
                                  {7.7, 0}, {4.2, 20},    {20, 0},      {10.1, 10.87},
                                  {9.9, 9}, {10.6, 9.6},  {9.95, 10.05}};
enum { PLACES = sizeof places / sizeof *places };

static void rays_run_from_receiver_to_source_wherever_those_are(void **state)
{
    (void)state;
    tracing stage = {.medium = flat_medium(21, 21, gradient_slowness)};
    open_tracing(&stage);
    for (size_t s = 0; s < PLACES; s++) {
        begin_at(&stage, places[s]);
        for (size_t r = 0; r < PLACES; r++) {
            fm_ray ray = ray_from(&stage, places[r]);
            assert_true(ray.status == FM_RAY_REACHED ||
                        ray.status == FM_RAY_ALONG_EDGE);
            assert_true(same_point(ray.point[0], places[r]));
            assert_true(same_point(ray.point[ray.n - 1], places[s]));
            double exact = gradient_time(places[s], places[r]);
            /* Half a percent along the edge, where the arc would leave the model;
             * bilinear slowness on so coarse a grid is a few 1e-3 off. */
            assert_true(ray.time_s >= exact * (1 - 1e-3));
            assert_near(ray.time_s, time_at(stage.solver, places[r]), 0.01 * exact);
        }
    }
    close_tracing(&stage);
}

static void a_receiver_at_the_source_has_that_one_point(void **state)
{
    (void)state;
    tracing stage = {.medium = flat_medium(21, 21, gradient_slowness)};
    open_tracing(&stage);
    for (size_t s = 0; s < PLACES; s++) {
        begin_at(&stage, places[s]);
        fm_ray ray = ray_from(&stage, places[s]);
        assert_int_equal(ray.status, FM_RAY_REACHED);
        assert_int_equal(ray.n, 1);
        assert_true(same_point(ray.point[0], places[s]));
        assert_true(ray.time_s == 0 && ray.length_km == 0);
        assert_true(ray.nnodes == 0 && ray.npieces == 0);
    }
    close_tracing(&stage);
}

static void in_the_sources_cell_a_ray_is_straight(void **state)
{
    (void)state;
    tracing stage = {.medium = flat_medium(21, 21, gradient_slowness)};
    open_tracing(&stage);
    begin_at(&stage, (fm_point){10.1, 9.87});
    fm_ray ray = ray_from(&stage, (fm_point){10.9, 9.2});
    assert_int_equal(ray.n, 2);
    assert_int_equal(ray.npieces, 1);
    assert_int_equal(ray.nnodes, 4);
    close_tracing(&stage);
}

static void nothing_is_said_without_a_march_or_a_wave(void **state)
{
    (void)state;
    tracing stage = {.medium = flat_medium(21, 21, unit_slowness)};
    for (size_t k = 0; k < 21; k++) {
        mask(&stage.medium, 12, k);
    }
    open_tracing(&stage);
    fm_tracer_begin(stage.tracer);
    fm_ray ray = ray_from(&stage, (fm_point){3, 3});
    assert_int_equal(ray.status, FM_RAY_NOT_DONE);
    begin_at(&stage, (fm_point){5, 5});
    static const fm_point nowhere[] = {{15, 3}, {12, 3}, {30, 3}, {3, -1}};
    for (size_t n = 0; n < 4; n++) {
        ray = ray_from(&stage, nowhere[n]);
        assert_int_equal(ray.status, FM_RAY_UNREACHABLE);
        assert_true(isnan(ray.time_s) && ray.n == 0 && ray.nnodes == 0 &&
                    ray.npieces == 0);
    }
    ray = ray_from(&stage, (fm_point){3, 3});
    assert_int_equal(ray.status, FM_RAY_REACHED);
    close_tracing(&stage);
}

static void a_ray_found_again_has_the_same_bits(void **state)
{
    (void)state;
    tracing stage = {.medium = flat_medium(41, 41, gradient_slowness)};
    open_tracing(&stage);
    begin_at(&stage, (fm_point){3.3, 4.7});
    fm_ray ray = ray_from(&stage, (fm_point){37.2, 22.9});
    size_t n = ray.n;
    double time = ray.time_s;
    fm_point *points = malloc(n * sizeof *points);
    assert_non_null(points);
    memcpy(points, ray.point, n * sizeof *points);
    ray_from(&stage, (fm_point){7, 31});
    begin_at(&stage, (fm_point){3.3, 4.7});
    ray = ray_from(&stage, (fm_point){37.2, 22.9});
    assert_int_equal(ray.n, n);
    assert_true(ray.time_s == time);
    assert_memory_equal(ray.point, points, n * sizeof *points);
    free(points);
    close_tracing(&stage);
}

static void a_tracer_takes_what_it_says(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(21, 11, unit_slowness);
    double bytes = fm_tracer_bytes(&medium);
    assert_true(bytes > 12 * 21 * 11 && bytes < 12 * 25 * 15 + 11 * 200);
    fm_medium_clear(&medium);
    fm_tracer_destroy(NULL);
}

static void without_the_factor_rays_are_found_as_well(void **state)
{
    (void)state;
    tracing stage = {.medium = flat_medium(41, 41, gradient_slowness)};
    stage.solver = solver_of(&stage.medium, NULL,
                             &(fm_solver_options){.order = 2, .unfactored = true});
    assert_int_equal(fm_tracer_create(stage.solver, &stage.tracer, NULL), FM_OK);
    begin_at(&stage, (fm_point){5.3, 4.7});
    for (uint64_t r = 0; r < 40; r++) {
        fm_ray ray = ray_from(&stage, random_in(&stage.medium.grid, r));
        assert_true(arrived(&ray));
        double exact = gradient_time((fm_point){5.3, 4.7}, ray.point[0]);
        assert_near(ray.time_s, exact, 0.02 * exact);
    }
    close_tracing(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_the_speed_is_constant_rays_are_straight),
        cmocka_unit_test(on_the_sphere_they_are_great_circles),
        cmocka_unit_test(in_a_section_they_are_straight_too),
        cmocka_unit_test(in_a_linear_gradient_they_are_arcs_of_circles),
        cmocka_unit_test(nodes_and_pieces_add_up_to_time_and_length),
        cmocka_unit_test(the_time_of_a_ray_is_the_integral_of_bilinear_slowness),
        cmocka_unit_test(the_pieces_of_a_ray_join_and_lie_in_their_cells),
        cmocka_unit_test(rays_run_from_receiver_to_source_wherever_those_are),
        cmocka_unit_test(a_receiver_at_the_source_has_that_one_point),
        cmocka_unit_test(in_the_sources_cell_a_ray_is_straight),
        cmocka_unit_test(nothing_is_said_without_a_march_or_a_wave),
        cmocka_unit_test(a_ray_found_again_has_the_same_bits),
        cmocka_unit_test(a_tracer_takes_what_it_says),
        cmocka_unit_test(without_the_factor_rays_are_found_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
