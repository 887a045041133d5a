/* A model's coefficients: their shapes, values and places; and how the slowness of the
 * nodes depends on them, which is compared with what sampling a changed model gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/coefficients.h"
#include "models.h"

static double wave(double x, double z)
{
    return 5 + sin(3 * x) * cos(2 * z);
}

static double even(double x, double z)
{
    (void)x;
    (void)z;
    return 5;
}

/* --- Builders --- */

/* B-spline whose cushion we make: nodes_model gives one, so begin without. */
static fm_model extrapolated_model(size_t nx, size_t nz)
{
    fm_model model = nodes_model(FM_LINEAR, nx, nz, wave);
    model.interpolation = FM_BSPLINE;
    assert_int_equal(fm_model_add_cushion(&model, NULL), FM_OK);
    return model;
}

static fm_model masked_model(fm_interpolation interpolation, uint32_t random)
{
    fm_model model = nodes_model(interpolation, 9, 8, wave);
    for (size_t n = 0; n < 9 * 8; n++) {
        random = random * 1664525 + 1013904223;
        if (random >> 30 == 0) {
            model.values[n] = random & 0x10000 ? NAN : 0;
        }
    }
    return model;
}

static fm_coefficients coefficients_of(const fm_model *model, fm_quantity quantity,
                                       bool cushions)
{
    fm_coefficients coefficients;
    fm_error error = {0};
    fm_coefficients_of(model, quantity, cushions, &coefficients, &error);
    assert_string_equal(error.message, "");
    return coefficients;
}

static fm_jacobian *jacobian_of(const fm_model *model, const fm_medium *medium,
                                const fm_coefficients *coefficients)
{
    fm_jacobian *jacobian;
    assert_int_equal(fm_jacobian_create(model, medium, coefficients, &jacobian, NULL),
                     FM_OK);
    return jacobian;
}

static double *zeros(size_t n)
{
    double *value = calloc(n + 1, sizeof *value);
    assert_non_null(value);
    return value;
}

static fm_medium medium_of(const fm_model *model, const fm_spacing *spacing)
{
    fm_grid grid;
    fm_medium medium;
    fm_error error = {0};
    fm_model_grid(model, spacing, &grid, &error);
    assert_string_equal(error.message, "");
    fm_medium_sample(model, &grid, &medium, &error);
    assert_string_equal(error.message, "");
    return medium;
}

/* --- What every jacobian must do --- */

enum { MOST = 64 };

static double slowness_of(const fm_medium *medium, size_t i, size_t k, bool beyond)
{
    size_t nx = medium->grid.nx, interface = fm_medium_interface_of(medium, k);
    return beyond ? medium->slowness_beyond[interface * nx + i]
                  : medium->slowness[k * nx + i];
}

/* Speeds are linear in the coefficients, so the weighted sum is the slowness itself; no
 * coefficient twice, and none of a masked node. 1e-13: a hundred roundings in the sum
 * and in the place of a window's nodes. */
static void expect_sum_at(const fm_jacobian *jacobian, const fm_model *model,
                          const fm_medium *medium, const fm_coefficients *coefficients,
                          const double *value, size_t i, size_t k, bool beyond)
{
    uint32_t index[MOST];
    double derivative[MOST], sum = 0, s = slowness_of(medium, i, k, beyond);
    size_t n = fm_jacobian_node(jacobian, i, k, beyond, index, derivative);
    assert_true(n <= fm_jacobian_taps(jacobian));
    assert_true((n == 0) == (bool)isinf(s));
    for (size_t a = 0; a < n; a++) {
        assert_true(index[a] < coefficients->nx * coefficients->nz);
        for (size_t b = 0; b < a; b++) {
            assert_true(index[a] != index[b]);
        }
        assert_true(value[index[a]] != 0);
        sum += value[index[a]] * derivative[a];
    }
    bool speed = coefficients->quantity == FM_SPEED;
    /* Cosines make up what differs from the reference, which is 0 for other models. */
    sum += speed ? -s * s * model->reference : model->reference;
    assert_true(n == 0 || fabs(sum - (speed ? -s : s)) <= 1e-13 * s);
}

static void expect_sums(const fm_jacobian *jacobian, const fm_model *model,
                        const fm_medium *medium, const fm_coefficients *coefficients)
{
    double *value = zeros(coefficients->nx * coefficients->nz);
    fm_coefficients_values(model, coefficients, value);
    for (size_t k = 0; k < medium->grid.nz; k++) {
        for (size_t i = 0; i < medium->grid.nx; i++) {
            expect_sum_at(jacobian, model, medium, coefficients, value, i, k, false);
            if (fm_medium_interface_of(medium, k) < medium->ninterfaces) {
                expect_sum_at(jacobian, model, medium, coefficients, value, i, k, true);
            }
        }
    }
    free(value);
}

/* Something of either sign for each node, also for masked ones. */
static double kernel_at(size_t n)
{
    return sin(0.7 * (double)n) + 0.3;
}

static void add_node(const fm_jacobian *jacobian, size_t i, size_t k, bool beyond,
                     double kernel, double *gradient, double *size)
{
    uint32_t index[MOST];
    double derivative[MOST];
    size_t n = fm_jacobian_node(jacobian, i, k, beyond, index, derivative);
    for (size_t a = 0; a < n; a++) {
        gradient[index[a]] += kernel * derivative[a];
        size[index[a]] += fabs(kernel * derivative[a]);
    }
}

/* The sum over all nodes is the sum of the nodes, but for the order of the additions.
 */
static void expect_add(const fm_jacobian *jacobian, const fm_medium *medium,
                       const fm_coefficients *coefficients)
{
    size_t nx = medium->grid.nx, nodes = nx * medium->grid.nz;
    size_t n = coefficients->nx * coefficients->nz, other = nx * medium->ninterfaces;
    double *kernel = zeros(nodes), *beyond = zeros(other);
    double *gradient = zeros(n), *expected = zeros(n), *size = zeros(n);
    for (size_t node = 0; node < nodes + other; node++) {
        *(node < nodes ? kernel + node : beyond + node - nodes) = kernel_at(node);
    }
    for (size_t c = 0; c < n; c++) {
        gradient[c] = expected[c] = (double)c;
        size[c] = (double)c;
    }
    fm_jacobian_add(jacobian, kernel, medium->ninterfaces ? beyond : NULL, gradient);
    for (size_t node = 0; node < nodes; node++) {
        size_t i = node % nx, k = node / nx;
        size_t interface = fm_medium_interface_of(medium, k);
        add_node(jacobian, i, k, false, kernel[node], expected, size);
        if (interface < medium->ninterfaces) {
            add_node(jacobian, i, k, true, beyond[interface * nx + i], expected, size);
        }
    }
    for (size_t c = 0; c < n; c++) {
        assert_near(gradient[c], expected[c], 1e-13 * size[c] + 1e-15);
    }
    free(kernel);
    free(beyond);
    free(gradient);
    free(expected);
    free(size);
}

static void expect_medium(const fm_model *model, const fm_medium *medium,
                          const fm_coefficients *coefficients)
{
    fm_jacobian *jacobian = jacobian_of(model, medium, coefficients);
    expect_sums(jacobian, model, medium, coefficients);
    expect_add(jacobian, medium, coefficients);
    fm_jacobian_destroy(jacobian);
}

/* The whole grid, and windows at its ends and within. */
static void expect_model(const fm_model *model, const fm_spacing *spacing,
                         fm_quantity quantity, bool cushions)
{
    fm_coefficients coefficients = coefficients_of(model, quantity, cushions);
    fm_medium medium = medium_of(model, spacing);
    size_t i = medium.grid.nx - 1, k = medium.grid.nz - 1;
    const fm_window windows[] = {
        {0, 2, 0, 2}, {i - 2, i, k - 2, k}, {1, i / 2 + 1, 1, k}, {0, i, 0, k}};
    expect_medium(model, &medium, &coefficients);
    for (size_t n = 0; n < sizeof windows / sizeof *windows; n++) {
        fm_medium part;
        assert_int_equal(fm_medium_refine(model, &medium, windows[n], &part, NULL),
                         FM_OK);
        expect_medium(model, &part, &coefficients);
        fm_medium_clear(&part);
    }
    fm_medium_clear(&medium);
}

static void expect_both(const fm_model *model, const fm_spacing *spacing)
{
    expect_model(model, spacing, FM_SPEED, false);
    expect_model(model, spacing, FM_SLOWNESS, false);
}

/* --- Central differences --- */

/* What `to` becomes when coefficient `which` is changed by `step`. */
typedef void change(const fm_model *model, fm_coefficients coefficients, size_t which,
                    double step, fm_model *to);

/* d slowness / d coefficient by differences. A relative step of 1e-4 leaves, of the
 * third derivative, some 1e-8 of s/c, which is what a derivative is like. */
static void expect_differences(const fm_model *model, const fm_spacing *spacing,
                               fm_quantity quantity, bool cushions, change *changed)
{
    fm_coefficients c = coefficients_of(model, quantity, cushions);
    size_t n = c.nx * c.nz;
    fm_medium medium = medium_of(model, spacing);
    fm_jacobian *jacobian = jacobian_of(model, &medium, &c);
    double *value = zeros(n);
    fm_coefficients_values(model, &c, value);
    for (size_t which = 0; which < n; which++) {
        double step = 1e-4 * fabs(value[which]);
        fm_model more, less;
        if (value[which] == 0) {
            continue;
        }
        changed(model, c, which, step, &more);
        changed(model, c, which, -step, &less);
        fm_medium after = medium_of(&more, spacing), before = medium_of(&less, spacing);
        size_t nx = medium.grid.nx, nodes = nx * medium.grid.nz;
        for (size_t node = 0; node < nodes + nx * medium.ninterfaces; node++) {
            bool beyond = node >= nodes;
            size_t i = node % nx;
            size_t k = beyond ? medium.interface_row[(node - nodes) / nx] : node / nx;
            uint32_t index[MOST];
            double d[MOST], derivative = 0, s = slowness_of(&medium, i, k, beyond);
            size_t taps = fm_jacobian_node(jacobian, i, k, beyond, index, d);
            for (size_t t = 0; t < taps; t++) {
                derivative += index[t] == which ? d[t] : 0;
            }
            double difference =
                slowness_of(&after, i, k, beyond) - slowness_of(&before, i, k, beyond);
            if (!isinf(s)) {
                assert_near(derivative, difference / (2 * step),
                            1e-7 * s / fabs(value[which]) + 1e-9 * fabs(derivative));
            }
        }
        fm_medium_clear(&after);
        fm_medium_clear(&before);
        fm_model_clear(&more);
        fm_model_clear(&less);
    }
    free(value);
    fm_jacobian_destroy(jacobian);
    fm_medium_clear(&medium);
}

/* What the model holds, changed: by the step, or so that its reciprocal is. */
static void move(double *held, fm_coefficients coefficients, double step)
{
    *held = coefficients.quantity == FM_SPEED ? *held + step : 1 / (1 / *held + step);
}

static double *copy_of(const double *value, size_t n)
{
    double *copy = zeros(n);
    memcpy(copy, value, n * sizeof *copy);
    return copy;
}

static void change_values(const fm_model *model, fm_coefficients coefficients,
                          size_t which, double step, fm_model *to)
{
    *to = *model;
    to->values = copy_of(model->values, coefficients.nx * coefficients.nz);
    move(to->values + which, coefficients, step);
}

static void change_cosine(const fm_model *model, fm_coefficients coefficients,
                          size_t which, double step, fm_model *to)
{
    *to = *model;
    to->values = copy_of(model->values, coefficients.nx * coefficients.nz);
    to->values[which] += step;
}

/* The ring taken off, one vertex changed, the ring made again. */
static void change_within_ring(const fm_model *model, fm_coefficients coefficients,
                               size_t which, double step, fm_model *to)
{
    *to = *model;
    to->values = zeros(model->nx * model->nz);
    for (size_t n = 0; n < model->nx * model->nz; n++) {
        to->values[n] =
            model->values[(n / model->nx + 1) * (model->nx + 2) + n % model->nx + 1];
    }
    move(to->values + which, coefficients, step);
    assert_int_equal(fm_model_add_cushion(to, NULL), FM_OK);
}

static size_t nearest(size_t place, size_t n)
{
    return place < 1 ? 1 : place > n ? n : place;
}

/* One vertex changed, and in proportion the cushion vertices that it is nearest to. */
static void change_with_ring(const fm_model *model, fm_coefficients coefficients,
                             size_t which, double step, fm_model *to)
{
    size_t width = model->nx + 2, height = model->nz + 2;
    size_t own = (which / model->nx + 1) * width + which % model->nx + 1;
    *to = *model;
    to->values = copy_of(model->values, width * height);
    move(to->values + own, coefficients, step);
    double factor = to->values[own] / model->values[own];
    for (size_t n = 0; n < width * height; n++) {
        size_t edge =
            nearest(n / width, model->nz) * width + nearest(n % width, model->nx);
        to->values[n] = edge == own ? factor * model->values[n] : model->values[n];
    }
}

static void change_knot(const fm_model *model, fm_coefficients coefficients,
                        size_t which, double step, fm_model *to)
{
    *to = *model;
    to->depth_km = copy_of(model->depth_km, model->nknots);
    to->knot_speed = copy_of(model->knot_speed, model->nknots);
    move(to->knot_speed + which, coefficients, step);
}

static void change_formula(const fm_model *model, fm_coefficients coefficients,
                           size_t which, double step, fm_model *to)
{
    *to = *model;
    move(which == 0   ? &to->speed
         : which == 1 ? &to->gradient_x
                      : &to->gradient_z,
         coefficients, step);
}

/* --- Sums --- */

/* 7 columns to 5 cells and so on: some nodes of the grid on nodes of the model, most
 * not. */
static const fm_spacing mixed = {.dice_x = 3, .dice_z = 2};

static void
weighted_by_the_nodes_values_the_derivatives_add_to_the_slowness(void **state)
{
    (void)state;
    const fm_interpolation both[] = {FM_LINEAR, FM_CUBIC};
    for (size_t n = 0; n < 2; n++) {
        for (size_t nx = 2; nx < 7; nx++) {
            fm_model model = nodes_model(both[n], nx, 8 - nx, wave);
            expect_both(&model, &mixed);
            fm_model_clear(&model);
        }
    }
}

static void the_same_beside_masks(void **state)
{
    (void)state;
    const fm_interpolation both[] = {FM_LINEAR, FM_CUBIC};
    for (size_t n = 0; n < 2; n++) {
        for (uint32_t random = 0; random < 3; random++) {
            fm_model model = masked_model(both[n], random);
            expect_both(&model, &mixed);
            fm_model_clear(&model);
        }
    }
}

static void the_same_of_a_bspline_whose_cushion_we_made(void **state)
{
    (void)state;
    for (size_t nx = 2; nx < 7; nx++) {
        fm_model model = extrapolated_model(nx, 8 - nx);
        expect_both(&model, &mixed);
        expect_model(&model, &mixed, FM_SPEED, true);
        expect_model(&model, &mixed, FM_SLOWNESS, true);
        fm_model_clear(&model);
    }
}

static void the_same_of_a_bspline_whose_cushion_was_given(void **state)
{
    (void)state;
    for (size_t nx = 2; nx < 7; nx++) {
        fm_model model = nodes_model(FM_BSPLINE, nx, 8 - nx, wave);
        expect_both(&model, &mixed);
        expect_model(&model, &mixed, FM_SPEED, true);
        expect_model(&model, &mixed, FM_SLOWNESS, true);
        fm_model_clear(&model);
    }
}

/* Grid nodes lie far apart: windows and cells that nothing takes from. */
static void the_same_on_a_grid_coarser_than_the_model(void **state)
{
    (void)state;
    fm_model linear = nodes_model(FM_LINEAR, 30, 20, wave);
    fm_model spline = extrapolated_model(30, 20);
    expect_both(&linear, &(fm_spacing){.dx = 2.3, .dz = 0.9});
    expect_both(&spline, &(fm_spacing){.dx = 2.3, .dz = 0.9});
    fm_model_clear(&linear);
    fm_model_clear(&spline);
}

static void the_same_of_a_profile_on_both_sides_of_its_interfaces(void **state)
{
    (void)state;
    fm_model polar = polar_earth_model(), flat = polar_earth_model();
    flat.geometry = FM_CARTESIAN;
    flat.z_min = 0;
    flat.z_max = 400;
    expect_both(&polar, &(fm_spacing){.dx = 1, .dz = 9});
    expect_both(&flat, &(fm_spacing){.dx = 1, .dz = 9});
    /* Edges on a discontinuity take the side within. */
    flat.z_min = 20;
    flat.z_max = 35;
    expect_both(&flat, &(fm_spacing){.dx = 1, .dz = 5});
    fm_model_clear(&polar);
    fm_model_clear(&flat);
}

static void the_same_of_formulas(void **state)
{
    (void)state;
    fm_model constant = constant_model(4), gradient = gradient_model(4, 0.2, -0.3);
    expect_both(&constant, &(fm_spacing){.dx = 1, .dz = 1});
    expect_model(&gradient, &(fm_spacing){.dx = 1, .dz = 1}, FM_SPEED, false);
}

static void the_same_of_cosines_but_for_the_reference(void **state)
{
    (void)state;
    fm_model speed = cosines_model(FM_SPEED, 5, 3);
    fm_model slowness = cosines_model(FM_SLOWNESS, 2, 7);
    expect_model(&speed, &(fm_spacing){.dx = 1, .dz = 0.8}, FM_SPEED, false);
    expect_model(&slowness, &(fm_spacing){.dx = 1, .dz = 0.8}, FM_SLOWNESS, false);
    fm_model_clear(&speed);
    fm_model_clear(&slowness);
}

/* --- Differences --- */

static void nodes_agree_with_differences(void **state)
{
    (void)state;
    const fm_interpolation both[] = {FM_LINEAR, FM_CUBIC};
    for (size_t n = 0; n < 2; n++) {
        fm_model model = nodes_model(both[n], 6, 5, wave);
        expect_differences(&model, &mixed, FM_SPEED, false, change_values);
        expect_differences(&model, &mixed, FM_SLOWNESS, false, change_values);
        fm_model_clear(&model);
        model = masked_model(both[n], 1);
        expect_differences(&model, &mixed, FM_SPEED, false, change_values);
        fm_model_clear(&model);
    }
}

static void a_cushion_that_we_made_follows_the_vertices(void **state)
{
    (void)state;
    fm_model model = extrapolated_model(5, 4);
    expect_differences(&model, &mixed, FM_SPEED, false, change_within_ring);
    expect_differences(&model, &mixed, FM_SLOWNESS, false, change_within_ring);
    fm_model_clear(&model);
}

static void a_cushion_that_was_given_keeps_its_ratio_to_the_edge(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_BSPLINE, 5, 4, wave);
    expect_differences(&model, &mixed, FM_SPEED, false, change_with_ring);
    expect_differences(&model, &mixed, FM_SLOWNESS, false, change_with_ring);
    fm_model_clear(&model);
}

static void counted_cushion_vertices_are_coefficients_like_any(void **state)
{
    (void)state;
    fm_model given = nodes_model(FM_BSPLINE, 4, 3, wave);
    fm_model made = extrapolated_model(4, 3);
    expect_differences(&given, &mixed, FM_SPEED, true, change_values);
    expect_differences(&made, &mixed, FM_SLOWNESS, true, change_values);
    fm_model_clear(&given);
    fm_model_clear(&made);
}

static void a_profile_agrees_with_differences(void **state)
{
    (void)state;
    const double depth[] = {0, 20, 20, 35, 60}, speed[] = {5.8, 6, 6.5, 6.7, 8};
    fm_model model = profile_model(5, depth, speed);
    fm_spacing spacing = {.dx = 25, .dz = 6};
    expect_differences(&model, &spacing, FM_SPEED, false, change_knot);
    expect_differences(&model, &spacing, FM_SLOWNESS, false, change_knot);
    model.geometry = FM_POLAR;
    model.x_max = 10;
    model.z_min = FM_EARTH_RADIUS_KM - 60;
    model.z_max = FM_EARTH_RADIUS_KM;
    spacing.dx = 3;
    expect_differences(&model, &spacing, FM_SPEED, false, change_knot);
    fm_model_clear(&model);
}

static void formulas_agree_with_differences(void **state)
{
    (void)state;
    fm_spacing spacing = {.dx = 3, .dz = 2};
    fm_model constant = constant_model(4), gradient = gradient_model(4, 0.2, -0.3);
    expect_differences(&constant, &spacing, FM_SPEED, false, change_formula);
    expect_differences(&constant, &spacing, FM_SLOWNESS, false, change_formula);
    expect_differences(&gradient, &spacing, FM_SPEED, false, change_formula);
}

static void cosines_agree_with_differences(void **state)
{
    (void)state;
    fm_model speed = cosines_model(FM_SPEED, 5, 3);
    fm_model slowness = cosines_model(FM_SLOWNESS, 2, 7);
    fm_spacing spacing = {.dx = 1, .dz = 0.8};
    expect_differences(&speed, &spacing, FM_SPEED, false, change_cosine);
    expect_differences(&slowness, &spacing, FM_SLOWNESS, false, change_cosine);
    fm_model_clear(&speed);
    fm_model_clear(&slowness);
}

/* --- What they are and where --- */

static void shapes_are_those_of_the_model(void **state)
{
    (void)state;
    fm_model spline = nodes_model(FM_BSPLINE, 5, 4, even);
    fm_model earth = polar_earth_model();
    fm_model gradient = gradient_model(4, 0.2, -0.3);
    fm_coefficients c = coefficients_of(&spline, FM_SPEED, false);
    assert_true(c.nx == 5 && c.nz == 4);
    c = coefficients_of(&spline, FM_SLOWNESS, true);
    assert_true(c.nx == 7 && c.nz == 6 && c.quantity == FM_SLOWNESS && c.cushions);
    c = coefficients_of(&earth, FM_SLOWNESS, false);
    assert_true(c.nx == 1 && c.nz == 12);
    c = coefficients_of(&gradient, FM_SPEED, false);
    assert_true(c.nx == 1 && c.nz == 3);
    fm_model_clear(&spline);
    fm_model_clear(&earth);
}

static void values_are_speeds_or_slownesses_and_0_where_masked(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 3, 2, even);
    *node_of(&model, 1, 0) = NAN;
    *node_of(&model, 2, 1) = 8;
    fm_coefficients c = coefficients_of(&model, FM_SPEED, false);
    double value[6];
    fm_coefficients_values(&model, &c, value);
    assert_true(value[0] == 5 && value[1] == 0 && value[5] == 8);
    c = coefficients_of(&model, FM_SLOWNESS, false);
    fm_coefficients_values(&model, &c, value);
    assert_true(value[0] == 0.2 && value[1] == 0 && value[5] == 0.125);
    fm_model_clear(&model);
}

static void values_of_a_bspline_leave_the_cushion_out_unless_counted(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_BSPLINE, 3, 2, wave);
    double value[20];
    fm_coefficients c = coefficients_of(&model, FM_SPEED, false);
    fm_coefficients_values(&model, &c, value);
    assert_true(value[0] == *node_of(&model, 0, 0));
    assert_true(value[5] == *node_of(&model, 2, 1));
    c = coefficients_of(&model, FM_SPEED, true);
    fm_coefficients_values(&model, &c, value);
    assert_memory_equal(value, model.values, sizeof value);
    fm_model_clear(&model);
}

static void positions_are_in_the_coordinates_of_the_grid(void **state)
{
    (void)state;
    fm_model spline = nodes_model(FM_BSPLINE, 3, 2, even);
    fm_model earth = polar_earth_model(), gradient = gradient_model(4, 0.2, -0.3);
    double x[5], z[12];
    fm_coefficients c = coefficients_of(&spline, FM_SPEED, false);
    fm_coefficients_positions(&spline, &c, x, z);
    assert_true(x[0] == -3 && x[2] == -2 && z[0] == 2 && z[1] == 2.25);
    c = coefficients_of(&spline, FM_SPEED, true);
    fm_coefficients_positions(&spline, &c, x, z);
    assert_true(x[0] == -3.5 && x[4] == -1.5 && z[0] == 1.75 && z[3] == 2.5);
    c = coefficients_of(&earth, FM_SPEED, false);
    fm_coefficients_positions(&earth, &c, x, z);
    assert_true(x[0] == 0 && z[0] == 6371 && z[1] == 6351 && z[11] == 5971);
    c = coefficients_of(&gradient, FM_SPEED, false);
    fm_coefficients_positions(&gradient, &c, x, z);
    assert_true(x[0] == 0 && z[0] == 0 && z[2] == 2);
    fm_model_clear(&spline);
    fm_model_clear(&earth);
}

static void expect_refused(const fm_model *model, fm_quantity quantity, bool cushions,
                           const char *message)
{
    fm_coefficients coefficients;
    fm_error error = {0};
    assert_int_equal(
        fm_coefficients_of(model, quantity, cushions, &coefficients, &error),
        FM_BAD_INPUT);
    assert_string_equal(error.message, message);
}

static void derivatives_that_a_model_does_not_have_are_refused(void **state)
{
    (void)state;
    fm_model gradient = gradient_model(4, 0.2, -0.3);
    fm_model cubic = nodes_model(FM_CUBIC, 3, 3, even);
    expect_refused(&gradient, FM_SLOWNESS, false,
                   "derivatives of a gradient can only be with respect to speed: its "
                   "coefficients are a speed and two slopes");
    expect_refused(&cubic, FM_SPEED, true,
                   "a cubic model has no cushion vertices to count: only a B-spline "
                   "has");
    expect_refused(&gradient, FM_SPEED, true,
                   "a gradient has no cushion vertices to count: only a B-spline has");
    fm_model_clear(&cubic);
    fm_model speed = cosines_model(FM_SPEED, 2, 2);
    expect_refused(&speed, FM_SLOWNESS, false,
                   "derivatives of cosines that make a speed can only be with respect "
                   "to speed");
    speed.quantity = FM_SLOWNESS;
    expect_refused(&speed, FM_SPEED, false,
                   "derivatives of cosines that make a slowness can only be with "
                   "respect to slowness");
    fm_model_clear(&speed);
}

static void cosines_are_numbered_and_taken_as_they_stand(void **state)
{
    (void)state;
    fm_model model = cosines_model(FM_SLOWNESS, 3, 2);
    fm_coefficients c = coefficients_of(&model, FM_SLOWNESS, false);
    double value[6], x[3], z[2];
    fm_coefficients_values(&model, &c, value);
    assert_memory_equal(value, model.values, sizeof value);
    fm_coefficients_positions(&model, &c, x, z);
    assert_true(x[0] == 0 && x[2] == 2 && z[1] == 1);
    fm_model_clear(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            weighted_by_the_nodes_values_the_derivatives_add_to_the_slowness),
        cmocka_unit_test(the_same_beside_masks),
        cmocka_unit_test(the_same_of_a_bspline_whose_cushion_we_made),
        cmocka_unit_test(the_same_of_a_bspline_whose_cushion_was_given),
        cmocka_unit_test(the_same_on_a_grid_coarser_than_the_model),
        cmocka_unit_test(the_same_of_a_profile_on_both_sides_of_its_interfaces),
        cmocka_unit_test(the_same_of_formulas),
        cmocka_unit_test(the_same_of_cosines_but_for_the_reference),
        cmocka_unit_test(nodes_agree_with_differences),
        cmocka_unit_test(a_cushion_that_we_made_follows_the_vertices),
        cmocka_unit_test(a_cushion_that_was_given_keeps_its_ratio_to_the_edge),
        cmocka_unit_test(counted_cushion_vertices_are_coefficients_like_any),
        cmocka_unit_test(a_profile_agrees_with_differences),
        cmocka_unit_test(formulas_agree_with_differences),
        cmocka_unit_test(cosines_agree_with_differences),
        cmocka_unit_test(shapes_are_those_of_the_model),
        cmocka_unit_test(values_are_speeds_or_slownesses_and_0_where_masked),
        cmocka_unit_test(values_of_a_bspline_leave_the_cushion_out_unless_counted),
        cmocka_unit_test(positions_are_in_the_coordinates_of_the_grid),
        cmocka_unit_test(derivatives_that_a_model_does_not_have_are_refused),
        cmocka_unit_test(cosines_are_numbered_and_taken_as_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
