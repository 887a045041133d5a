/* What the stencil is told about the grid and the source: factor and its gradient,
 * difference weights, interfaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fixture.h"
#include "frame.h"

static const double radians = 3.14159265358979323846 / 180;

static fm_frame frame_of(const fm_medium *medium, int order, fm_point source)
{
    fm_frame frame;
    assert_int_equal(fm_frame_create(medium->grid.nx, medium->grid.nz, &frame, NULL),
                     FM_OK);
    fm_frame_set_medium(&frame, medium, order);
    fm_frame_set_source(&frame, source);
    return frame;
}

static double km_per_x(const fm_grid *grid, double z)
{
    return grid->geometry == FM_CARTESIAN ? 1
           : grid->geometry == FM_GEOGRAPHIC
               ? grid->radius_km * cos(z * radians) * radians
               : z * radians;
}

static double km_per_z(const fm_grid *grid)
{
    return grid->geometry == FM_GEOGRAPHIC ? grid->radius_km * radians : 1;
}

/* Central differences of the factor, in km per km. */
static fm_point slope_of_factor(const fm_frame *frame, fm_point at)
{
    const fm_grid *grid = &frame->medium->grid;
    double dx = 1e-2 / km_per_x(grid, at.z), dz = 1e-2 / km_per_z(grid);
    const fm_point around[] = {
        {at.x + dx, at.z}, {at.x - dx, at.z}, {at.x, at.z + dz}, {at.x, at.z - dz}};
    double r[4];
    for (size_t n = 0; n < 4; n++) {
        r[n] = fm_frame_factor(frame, fm_distance(grid, frame->source, around[n]));
    }
    return (fm_point){(r[0] - r[1]) / 2e-2, (r[2] - r[3]) / 2e-2};
}

/* In the plane and in the section the factor is the distance d. On the sphere, with
 * s = sin^2(d / 2R), it is the beginning of
 *
 *   d^2 = 4 R^2 (s + s^2/3 + 8 s^3/45 + 4 s^4/35 + ...);
 *
 * all terms are positive and their coefficients fall, so that what is left out lies
 * between the term in s^4 - the eighth power of the angle - and that over 1 - s. */
static void expect_factor(const fm_grid *grid, double r, double distance)
{
    double s = 0, diameter = 2 * grid->radius_km;
    if (grid->geometry == FM_GEOGRAPHIC) {
        s = pow(sin(distance / diameter), 2);
    }
    double left_out = diameter * diameter * pow(s, 4) * 4 / 35;
    /* At the antipode the arcsine of the distance is steep: half of the digits. */
    double rounding = (s < 0.99 ? 1e-12 : 1e-6) * distance * distance;
    double missing = distance * distance - r * r;
    if (!(missing >= left_out - rounding && missing * (1 - s) <= left_out + rounding)) {
        fail_msg("factor %.17g at a distance of %.17g km", r, distance);
    }
}

/* The length of the gradient of the factor: 1 where it is the distance. */
static double slope_on_sphere(const fm_grid *grid, double r, double distance)
{
    double angle = distance / grid->radius_km;
    double s = pow(sin(angle / 2), 2);
    double rate = 1 + 2 * s / 3 + 8 * s * s / 15;
    return rate * grid->radius_km * sin(angle) / r;
}

static void expect_gradient(const fm_frame *frame, fm_point at, const fm_look *look)
{
    const fm_grid *grid = &frame->medium->grid;
    double distance = fm_distance(grid, frame->source, at);
    fm_point slope = slope_of_factor(frame, at);
    double tolerance = 2e-3 / (distance * distance) + 3e-9;
    assert_near(look->gx, slope.x, tolerance);
    assert_near(look->gz, slope.z, tolerance);
    bool sphere = grid->geometry == FM_GEOGRAPHIC;
    bool antipode = sphere && distance > 3 * grid->radius_km;
    assert_near(hypot(look->gx, look->gz),
                sphere ? slope_on_sphere(grid, look->r, distance) : 1,
                antipode ? 1e-7 : 1e-12);
}

static void expect_looks(const fm_medium *medium, fm_point source)
{
    fm_frame frame = frame_of(medium, 2, source);
    const fm_grid *grid = &medium->grid;
    for (size_t k = 0; k < grid->nz; k++) {
        for (size_t i = 0; i < grid->nx; i++) {
            fm_point at = node_at(medium, i, k);
            fm_look look = fm_frame_look(&frame, i, k);
            double distance = fm_distance(grid, source, at);
            expect_factor(grid, look.r, distance);
            assert_near(fm_frame_factor(&frame, distance), look.r, 1e-12 * look.r);
            if (distance > 0.5) {
                expect_gradient(&frame, at, &look);
            }
        }
    }
    fm_frame_clear(&frame);
}

static void the_factor_and_its_gradient_are_right_in_the_plane(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_CARTESIAN, 21, 16, (fm_point){-7, 3},
                                 (fm_point){2, 0.75}, unit_slowness);
    expect_looks(&medium, (fm_point){-7, 3});
    expect_looks(&medium, (fm_point){4.2, 9.1});
    fm_medium_clear(&medium);
}

static void the_factor_and_its_gradient_are_right_on_the_sphere(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_GEOGRAPHIC, 37, 33, (fm_point){-180, -80},
                                 (fm_point){9.9, 5}, unit_slowness);
    expect_looks(&medium, (fm_point){0, 0});
    expect_looks(&medium, (fm_point){-170, 63.3});
    expect_looks(&medium, (fm_point){12.5, -79});
    fm_medium_clear(&medium);
}

static void the_factor_and_its_gradient_are_right_in_the_section(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_POLAR, 31, 20, (fm_point){-20, 3471},
                                 (fm_point){5, 150}, unit_slowness);
    expect_looks(&medium, (fm_point){-20, 6321});
    expect_looks(&medium, (fm_point){33.3, 5000});
    fm_medium_clear(&medium);
}

static void a_node_close_to_the_source_keeps_the_digits_of_its_distance(void **state)
{
    (void)state;
    fm_geometry geometries[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    for (size_t g = 0; g < 3; g++) {
        fm_point first = {140, geometries[g] == FM_POLAR ? 6000 : -40};
        fm_medium medium =
            medium_of(geometries[g], 5, 5, first, (fm_point){0.5, 0.5}, unit_slowness);
        fm_point source = {141 + 1e-7, first.z + 1 - 1e-7};
        fm_frame frame = frame_of(&medium, 2, source);
        fm_look look = fm_frame_look(&frame, 2, 2);
        /* The differences themselves are exact; then five digits would be poor. */
        double dx = (source.x - 141) * km_per_x(&medium.grid, source.z);
        double dz = (source.z - (first.z + 1)) * km_per_z(&medium.grid);
        assert_near(look.r, hypot(dx, dz), 1e-8 * look.r);
        assert_near(look.gx, -dx / look.r, 1e-6);
        assert_near(look.gz, -dz / look.r, 1e-6);
        fm_frame_clear(&frame);
        fm_medium_clear(&medium);
    }
}

static void the_source_itself_has_no_gradient(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(4, 4, unit_slowness);
    fm_frame frame = frame_of(&medium, 2, (fm_point){2, 1});
    fm_look look = fm_frame_look(&frame, 2, 1);
    assert_true(look.r == 0 && look.gx == 0 && look.gz == 0);
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

/* Around the whole Earth: the distance has a kink at the antipode, the factor none. */
static void the_factor_is_smooth_at_the_antipode(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_GEOGRAPHIC, 359, 3, (fm_point){-89, -1},
                                 (fm_point){1, 1}, unit_slowness);
    fm_frame frame = frame_of(&medium, 2, (fm_point){0, 0});
    double step = medium.grid.radius_km * radians;
    for (size_t i = 90; i < 358; i++) {
        double west = fm_frame_look(&frame, i - 1, 1).r;
        double here = fm_frame_look(&frame, i, 1).r;
        double east = fm_frame_look(&frame, i + 1, 1).r;
        /* A kink of slope 1 would give -2 / step. */
        assert_true(fabs(east - 2 * here + west) < 0.03 * step);
    }
    fm_look antipode = fm_frame_look(&frame, 269, 1);
    assert_near(antipode.gx, 0, 1e-12);
    assert_near(antipode.gz, 0, 1e-12);
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static void unfactored_the_factor_is_one(void **state)
{
    (void)state;
    const fm_geometry geometries[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    for (size_t g = 0; g < 3; g++) {
        fm_point first = {140, geometries[g] == FM_POLAR ? 6000 : -40};
        fm_medium medium =
            medium_of(geometries[g], 5, 5, first, (fm_point){0.5, 0.5}, unit_slowness);
        fm_frame frame;
        assert_int_equal(fm_frame_create(5, 5, &frame, NULL), FM_OK);
        frame.unfactored = true;
        fm_frame_set_medium(&frame, &medium, 2);
        fm_frame_set_source(&frame, (fm_point){141.2, first.z + 0.9});
        for (size_t node = 0; node < 25; node++) {
            fm_look look = fm_frame_look(&frame, node % 5, node / 5);
            assert_true(look.r == 1 && look.gx == 0 && look.gz == 0);
        }
        assert_true(fm_frame_factor(&frame, 17) == 1);
        assert_int_equal(frame.rows, FM_ROWS_ANY);
        fm_frame_clear(&frame);
        fm_medium_clear(&medium);
    }
}

/* What the tables say of w at the rows above and below is w there minus w here. */
static void expect_sides(fm_geometry geometry, fm_point first, fm_point step)
{
    fm_medium medium = medium_of(geometry, 9, 8, first, step, unit_slowness);
    fm_frame frame = frame_of(
        &medium, 2, (fm_point){first.x + 3.3 * step.x, first.z + 4.6 * step.z});
    for (size_t k = 0; k < 8; k++) {
        const fm_row *row = fm_frame_row(&frame, k);
        for (size_t i = 0; i < 9; i++) {
            double h = frame.H[i + FM_MARGIN], w = row->a + row->b * h;
            for (size_t upper = 0; upper < 2; upper++) {
                const fm_side *side = &row->side[upper];
                size_t room = upper ? 7 - k : k;
                const fm_row *one = upper ? row + 1 : row - 1;
                const fm_row *two = upper ? row + 2 : row - 2;
                double w1 = room >= 1 ? one->a + one->b * h : w;
                double w2 = room >= 2 ? two->a + two->b * h : w;
                double scale = 1e-13 * fmax(fmax(w, w1), w2);
                assert_near(side->da1 + side->db1 * h, w1 - w, scale);
                assert_near(side->da2 + side->db2 * h, w2 - w, scale);
            }
        }
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static void the_squares_of_neighbouring_rows_are_told_by_their_differences(void **state)
{
    (void)state;
    expect_sides(FM_CARTESIAN, (fm_point){-3, 2}, (fm_point){0.7, 1.3});
    expect_sides(FM_GEOGRAPHIC, (fm_point){130, -45}, (fm_point){2, 3});
    expect_sides(FM_POLAR, (fm_point){10, 4000}, (fm_point){2, 200});
}

/* On even rows the same differences come from w and its gradient. */
static void expect_growth(fm_geometry geometry, fm_point first, fm_point step)
{
    fm_medium medium = medium_of(geometry, 9, 8, first, step, unit_slowness);
    fm_frame frame = frame_of(
        &medium, 2, (fm_point){first.x + 3.3 * step.x, first.z + 4.6 * step.z});
    assert_int_equal(frame.rows, FM_ROWS_EVEN);
    for (size_t k = 2; k < 6; k++) {
        const fm_row *row = fm_frame_row(&frame, k);
        assert_true(row->c == frame.c);
        for (size_t i = 0; i < 9; i++) {
            const double *h = &frame.H[i + FM_MARGIN];
            double q = frame.S[i + FM_MARGIN], w = row->a + row->b * h[0];
            double half = row->d + row->e * h[0];
            for (int n = -2; n <= 2; n += n == -1 ? 2 : 1) {
                fm_growth to = frame.growth[abs(n) - 1];
                double sign = n < 0 ? 1 : -1; /* upwind is where n points to */
                double x =
                    row->b * (to.x_square * (1 - 2 * h[0]) - to.x_sine * sign * q);
                double z = to.z_constant - to.z_of_w * w - to.z_of_half * sign * half;
                assert_near(x, row->b * (h[n] - h[0]), 1e-13 * row->b);
                assert_near(z, (row + n)->a + (row + n)->b * h[0] - w, 1e-9 * w);
            }
        }
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static void on_even_rows_the_squares_grow_as_their_gradient_says(void **state)
{
    (void)state;
    expect_growth(FM_GEOGRAPHIC, (fm_point){130, -45}, (fm_point){2, 3});
    expect_growth(FM_GEOGRAPHIC, (fm_point){-10, -1}, (fm_point){0.01, 0.02});
    expect_growth(FM_POLAR, (fm_point){10, 4000}, (fm_point){2, 200});
}

/* Beyond `near` the squares of neighbours are within 1/16 of that of the node. */
static void far_from_the_source_neighbours_are_alike(void **state)
{
    (void)state;
    const fm_geometry geometries[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    for (size_t g = 0; g < 3; g++) {
        fm_point first = {0, geometries[g] == FM_POLAR ? 900 : -60};
        fm_medium medium = medium_of(geometries[g], 300, 300, first,
                                     (fm_point){0.4, 0.4}, unit_slowness);
        fm_frame frame =
            frame_of(&medium, 2, (fm_point){first.x + 31.41, first.z + 47.11});
        size_t far = 0;
        for (size_t node = 0; node < 300 * 300; node++) {
            size_t i = node % 300, k = node / 300;
            const fm_row *row = fm_frame_row(&frame, k);
            double r = fm_frame_look(&frame, i, k).r;
            if (row->a + row->b * frame.H[i + FM_MARGIN] < frame.near || i < 2 ||
                k < 2 || i > 297 || k > 297) {
                continue;
            }
            far++;
            const size_t others[][2] = {{i - 1, k}, {i + 1, k}, {i, k - 1}, {i, k + 1},
                                        {i - 2, k}, {i + 2, k}, {i, k - 2}, {i, k + 2}};
            for (size_t n = 0; n < 8; n++) {
                double r1 = fm_frame_look(&frame, others[n][0], others[n][1]).r;
                assert_true(fabs(r1 * r1 / (r * r) - 1) <= 0.0625);
            }
        }
        assert_true(far > 20000);
        fm_frame_clear(&frame);
        fm_medium_clear(&medium);
    }
}

/* The short cuts: equal rows, no interfaces. */
static void only_equal_rows_without_interfaces_are_flat_or_even(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_CARTESIAN, 4, 6, (fm_point){-7, 3},
                                 (fm_point){2, 0.75}, unit_slowness);
    fm_frame frame = frame_of(&medium, 2, (fm_point){-7, 3});
    assert_int_equal(frame.rows, FM_ROWS_FLAT);
    assert_near(frame.step_x, 2, 1e-15);
    assert_near(frame.step_z, 0.75, 1e-15);
    assert_near(frame.least, 0.75, 1e-15);
    add_interface(&medium, 3, unit_slowness);
    fm_frame_set_medium(&frame, &medium, 2);
    assert_int_equal(frame.rows, FM_ROWS_ANY);
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
    const double z[] = {0, 1, 2, 3.001, 4};
    fm_grid grid;
    assert_int_equal(fm_grid_create_rows(FM_CARTESIAN, 1, 3, 5, 0, 0.5, z, &grid, NULL),
                     FM_OK);
    medium = medium_on(&grid, unit_slowness);
    frame = frame_of(&medium, 2, (fm_point){0, 1});
    assert_int_equal(frame.rows, FM_ROWS_ANY);
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
    medium = medium_of(FM_GEOGRAPHIC, 4, 4, (fm_point){0, 0}, (fm_point){1, 1},
                       unit_slowness);
    frame = frame_of(&medium, 2, (fm_point){0, 0});
    assert_int_equal(frame.rows, FM_ROWS_EVEN);
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static bool is_second(const fm_side *side)
{
    return side->w2 > 0;
}

static double derivative(const fm_side *d, double f, double f1, double f2)
{
    return is_second(d) ? (d->w1 - d->w2) * f - d->w1 * f1 + d->w2 * f2
                        : d->first * (f - f1);
}

/* Along a row, where steps are equal. */
static double derivative_along(const fm_frame *frame, const fm_row *row, double f,
                               double f1, double f2)
{
    double w1 = frame->equal1 * row->along, w2 = frame->equal2 * row->along;
    return (w1 - w2) * f - w1 * f1 + w2 * f2;
}

static double quadratic(double z)
{
    return 3 - 2 * z + 0.7 * z * z;
}

/* Rows at uneven steps: exact for a quadratic with two nodes, for a line with one. */
static void differences_on_uneven_rows_are_exact_for_quadratics(void **state)
{
    (void)state;
    const double z[] = {1, 1.25, 2.75, 3, 5, 5.125, 9};
    enum { NZ = sizeof z / sizeof *z };
    fm_grid grid;
    assert_int_equal(
        fm_grid_create_rows(FM_CARTESIAN, 1, 3, NZ, 0, 0.5, z, &grid, NULL), FM_OK);
    fm_medium medium = medium_on(&grid, unit_slowness);
    fm_frame frame = frame_of(&medium, 2, (fm_point){0, 1});
    for (size_t k = 0; k < NZ; k++) {
        const fm_row *row = fm_frame_row(&frame, k);
        double slope = -2 + 1.4 * z[k];
        assert_true(is_second(&row->side[0]) == (k >= 2));
        assert_true(is_second(&row->side[1]) == (k + 2 < NZ));
        if (k >= 2) {
            assert_near(derivative(&row->side[0], quadratic(z[k]), quadratic(z[k - 1]),
                                   quadratic(z[k - 2])),
                        slope, 1e-10);
        }
        if (k + 2 < NZ) {
            assert_near(derivative(&row->side[1], quadratic(z[k]), quadratic(z[k + 1]),
                                   quadratic(z[k + 2])),
                        -slope, 1e-10);
        }
        if (k >= 1) {
            assert_near(row->side[0].first * (z[k] - z[k - 1]), 1, 1e-14);
        }
        assert_near(derivative_along(&frame, row, 9 * 9, 8.5 * 8.5, 8 * 8), 18, 1e-10);
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static void first_order_has_no_second_differences(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(6, 6, unit_slowness);
    fm_frame frame = frame_of(&medium, 1, (fm_point){0, 0});
    assert_true(frame.equal1 == 1 && frame.equal2 == 0);
    for (size_t k = 0; k < 6; k++) {
        assert_false(is_second(&fm_frame_row(&frame, k)->side[0]) ||
                     is_second(&fm_frame_row(&frame, k)->side[1]));
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static void no_difference_reaches_across_an_interface(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(4, 9, unit_slowness);
    add_interface(&medium, 4, unit_slowness);
    fm_frame frame = frame_of(&medium, 2, (fm_point){0, 0});
    for (size_t k = 0; k < 9; k++) {
        const fm_row *row = fm_frame_row(&frame, k);
        assert_true(row->interface == (k == 4 ? 0 : FM_NO_INTERFACE));
        assert_true(is_second(&row->side[0]) == (k >= 2 && k != 5));
        assert_true(is_second(&row->side[1]) == (k <= 6 && k != 3));
        assert_true((frame.row_tags[k + FM_MARGIN] == FM_TAG_ALWAYS) == (k == 4));
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

/* A frame is used for one medium after another. */
static void an_interface_of_the_last_medium_is_forgotten(void **state)
{
    (void)state;
    fm_medium layered = flat_medium(4, 9, unit_slowness);
    add_interface(&layered, 4, unit_slowness);
    fm_medium plain = flat_medium(4, 7, unit_slowness);
    fm_frame frame = frame_of(&layered, 2, (fm_point){0, 0});
    fm_frame_set_medium(&frame, &plain, 2);
    for (size_t k = 0; k < 7; k++) {
        assert_true(fm_frame_row(&frame, k)->interface == FM_NO_INTERFACE);
        assert_true(frame.row_tags[k + FM_MARGIN] == 0);
        assert_true(is_second(&fm_frame_row(&frame, k)->side[0]) == (k >= 2));
        assert_true(is_second(&fm_frame_row(&frame, k)->side[1]) == (k <= 4));
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&plain);
    fm_medium_clear(&layered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_factor_and_its_gradient_are_right_in_the_plane),
        cmocka_unit_test(the_factor_and_its_gradient_are_right_on_the_sphere),
        cmocka_unit_test(the_factor_and_its_gradient_are_right_in_the_section),
        cmocka_unit_test(a_node_close_to_the_source_keeps_the_digits_of_its_distance),
        cmocka_unit_test(the_source_itself_has_no_gradient),
        cmocka_unit_test(the_factor_is_smooth_at_the_antipode),
        cmocka_unit_test(unfactored_the_factor_is_one),
        cmocka_unit_test(
            the_squares_of_neighbouring_rows_are_told_by_their_differences),
        cmocka_unit_test(on_even_rows_the_squares_grow_as_their_gradient_says),
        cmocka_unit_test(far_from_the_source_neighbours_are_alike),
        cmocka_unit_test(only_equal_rows_without_interfaces_are_flat_or_even),
        cmocka_unit_test(differences_on_uneven_rows_are_exact_for_quadratics),
        cmocka_unit_test(first_order_has_no_second_differences),
        cmocka_unit_test(no_difference_reaches_across_an_interface),
        cmocka_unit_test(an_interface_of_the_last_medium_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
