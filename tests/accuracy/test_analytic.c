/* Every promise of accuracy that `fermat check` prints, asserted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "check/accuracy.h"

static void every_case_is_within_its_bounds(void **state)
{
    (void)state;
    size_t n;
    const fm_accuracy_case *cases = fm_accuracy_cases(&n);
    size_t passed = 0;
    for (size_t c = 0; c < n; c++) {
        fm_accuracy_series series;
        fm_error error;
        assert_int_equal(fm_accuracy_run(&cases[c], FM_QUICK, &series, &error), FM_OK);
        print_message("%-15s %s order %d: error %.2e (<= %.1e), order %.2f (>= %.1f)\n",
                      cases[c].problem, cases[c].on_node ? "on nodes" : "anywhere",
                      cases[c].order, series.error[series.grids - 1],
                      series.largest_error, series.order, cases[c].least_order);
        passed += series.passed;
    }
    assert_int_equal(passed, n);
}

/* The promises of the project in its own words, so that a bound loosened in the list of
 * cases does not pass unnoticed. */
static void the_list_of_cases_keeps_the_promises(void **state)
{
    (void)state;
    size_t n;
    const fm_accuracy_case *cases = fm_accuracy_cases(&n);
    size_t kept = 0;
    for (size_t c = 0; c < n; c++) {
        const fm_problem *problem = fm_problem_named(cases[c].problem);
        assert_non_null(problem);
        bool gradient = problem == fm_problem_named("gradient") && cases[c].order == 2;
        bool sphere = problem == fm_problem_named("sphere");
        bool section = problem == fm_problem_named("section");
        kept += gradient && cases[c].finest == 1001 && cases[c].largest_error <= 2e-7 &&
                cases[c].least_order >= 1.9;
        kept += (sphere || section) && cases[c].largest_error <= 1e-6;
    }
    assert_int_equal(kept, 4); /* gradient on and off the nodes, sphere, section */
}

static void sources_are_random_reproducible_and_inside_their_box(void **state)
{
    (void)state;
    const fm_problem *problem = fm_problem_named("sloth");
    for (uint64_t number = 0; number < 1000; number++) {
        fm_point one = fm_accuracy_source(problem, 101, number, false);
        fm_point two = fm_accuracy_source(problem, 101, number, false);
        fm_point next = fm_accuracy_source(problem, 101, number + 1, false);
        assert_true(one.x == two.x && one.z == two.z && one.x != next.x);
        assert_true(one.x >= problem->source_box[0] && one.x <= problem->source_box[1]);
        assert_true(one.z >= problem->source_box[2] && one.z <= problem->source_box[3]);
    }
}

static void sources_on_nodes_stay_on_nodes_of_bisected_grids(void **state)
{
    (void)state;
    const fm_problem *problem = fm_problem_named("sphere");
    for (uint64_t number = 0; number < 100; number++) {
        fm_point source = fm_accuracy_source(problem, 101, number, true);
        for (double cells = 100; cells <= 800; cells *= 2) {
            double column =
                (source.x - problem->x_min) / (problem->x_max - problem->x_min) * cells;
            assert_true(fabs(column - round(column)) < 1e-9);
        }
    }
}

/* |grad T| = s by central differences: the closed forms solve the equation they claim
 * to. */
static void closed_forms_satisfy_the_eikonal_equation(void **state)
{
    (void)state;
    size_t n;
    const fm_problem *problems = fm_problems(&n);
    for (size_t p = 0; p < n; p++) {
        const fm_problem *problem = &problems[p];
        fm_point source = fm_accuracy_source(problem, 101, 7, false);
        for (uint64_t number = 20; number < 60; number++) {
            fm_point at = fm_accuracy_source(problem, 101, number, false);
            double km_x = problem->geometry == FM_POLAR ? at.z : 1;
            double km_z = 1;
            if (problem->geometry == FM_GEOGRAPHIC) {
                km_z = problem->radius_km * acos(-1) / 180;
                km_x = km_z * cos(at.z * acos(-1) / 180);
            } else if (problem->geometry == FM_POLAR) {
                km_x = at.z * acos(-1) / 180;
            }
            double h = 1e-5 * (problem->x_max - problem->x_min);
            double v = 1e-5 * (problem->z_max - problem->z_min);
            double gx = (problem->time((fm_point){at.x + h, at.z}, source) -
                         problem->time((fm_point){at.x - h, at.z}, source)) /
                        (2 * h * km_x);
            double gz = (problem->time((fm_point){at.x, at.z + v}, source) -
                         problem->time((fm_point){at.x, at.z - v}, source)) /
                        (2 * v * km_z);
            double s = problem->slowness(at, source);
            assert_true(fabs(hypot(gx, gz) - s) < 1e-6 * s);
        }
    }
}

/* Each bound is looked at. */
static void a_case_worse_than_either_bound_does_not_pass(void **state)
{
    (void)state;
    fm_accuracy_case demands[] = {
        {"gradient", false, 2, 401, 1, 0},
        {"gradient", false, 2, 401, 1e-12, 0},
        {"gradient", false, 2, 401, 1, 5},
    };
    for (size_t d = 0; d < 3; d++) {
        fm_accuracy_series series;
        assert_int_equal(fm_accuracy_run(&demands[d], true, &series, NULL), FM_OK);
        assert_int_equal(series.passed, d == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_forms_satisfy_the_eikonal_equation),
        cmocka_unit_test(sources_are_random_reproducible_and_inside_their_box),
        cmocka_unit_test(sources_on_nodes_stay_on_nodes_of_bisected_grids),
        cmocka_unit_test(the_list_of_cases_keeps_the_promises),
        cmocka_unit_test(a_case_worse_than_either_bound_does_not_pass),
        cmocka_unit_test(every_case_is_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
