/* Where the survey may lie, and what is said when it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "build.h"

static fm_grid cartesian(void)
{
    fm_grid grid;
    assert_int_equal(
        fm_grid_create(FM_CARTESIAN, 0, 11, 6, 0, 0.01, 0, 0.01, &grid, NULL), FM_OK);
    return grid;
}

static void assert_says(const fm_error *error, const char *const *words)
{
    for (; *words; words++) {
        if (!strstr(error->message, *words)) {
            fail_msg("'%s' is missing in: %s", *words, error->message);
        }
    }
}

static void a_position_outside_is_told_as_the_user_wrote_it(void **state)
{
    (void)state;
    fm_grid grid = cartesian();
    fm_survey survey = build_survey(1, 2);
    survey.length_scale = 0.001; /* the file is in metres */
    survey.sources.point[0] = (fm_point){0.02, 0.02};
    survey.receivers.point[0] = (fm_point){0.1, 0.05};
    survey.receivers.point[1] = (fm_point){0.1005, 0.03};
    fm_error error = {0};
    assert_int_equal(fm_survey_place(&survey, &grid, &error), FM_BAD_INPUT);
    assert_says(&error, (const char *[]){"receiver 'R1'", "x 100.5, z 30 ",
                                         "x 0 to 100 m", "z 0 to 50 m", NULL});
    fm_survey_clear(&survey);
    fm_grid_clear(&grid);
}

static void a_source_outside_is_called_a_source(void **state)
{
    (void)state;
    fm_grid grid = cartesian();
    fm_survey survey = build_survey(1, 1);
    survey.sources.point[0] = (fm_point){0.05, -0.01};
    fm_error error = {0};
    assert_int_equal(fm_survey_place(&survey, &grid, &error), FM_BAD_INPUT);
    assert_says(&error, (const char *[]){"source 'S0'", "x 0.05, z -0.01",
                                         "x 0 to 0.1 km", "z 0 to 0.05 km", NULL});
    survey.sources.point[0] = (fm_point){NAN, 0};
    assert_int_equal(fm_survey_place(&survey, &grid, &error), FM_BAD_INPUT);
    fm_survey_clear(&survey);
    fm_grid_clear(&grid);
}

static void the_file_and_line_of_a_station_stand_first(void **state)
{
    (void)state;
    fm_grid grid = cartesian();
    fm_survey survey = build_survey(1, 2);
    survey.receivers.point[1] = (fm_point){0.05, 7};
    survey.receivers.path = strdup("there/r.csv");
    survey.receivers.line = calloc(2, sizeof *survey.receivers.line);
    survey.receivers.line[1] = 17;
    fm_error error = {0};
    assert_int_equal(fm_survey_place(&survey, &grid, &error), FM_BAD_INPUT);
    const char *begin = "there/r.csv:17: receiver 'R1' at x 0.05, z 7 lies outside";
    assert_memory_equal(error.message, begin, strlen(begin));
    assert_int_equal(fm_survey_place(&survey, &grid, NULL), FM_BAD_INPUT);
    fm_survey_clear(&survey);
    assert_null(survey.receivers.path);
    assert_null(survey.receivers.line);
    fm_grid_clear(&grid);
}

static void degrees_are_not_scaled_and_depth_is_told_in_a_polar_section(void **state)
{
    (void)state;
    fm_grid grid;
    assert_int_equal(
        fm_grid_create(FM_POLAR, 6371, 11, 11, 0, 1, 6271, 10, &grid, NULL), FM_OK);
    fm_survey survey = build_survey(1, 0);
    survey.length_scale = 0.001;
    survey.sources.point[0] = (fm_point){3, 6261};
    fm_error error = {0};
    assert_int_equal(fm_survey_place(&survey, &grid, &error), FM_BAD_INPUT);
    assert_says(&error, (const char *[]){"angle 3, radius 6261000 (depth 110000)",
                                         "angle 0 to 10 degrees",
                                         "radius 6271000 to 6371000 m", NULL});
    fm_survey_clear(&survey);
    fm_grid_clear(&grid);
}

static void longitudes_move_by_360_degrees_into_the_model(void **state)
{
    (void)state;
    fm_grid grid;
    assert_int_equal(
        fm_grid_create(FM_GEOGRAPHIC, 6371, 21, 11, 175, 1, -50, 1, &grid, NULL),
        FM_OK);
    fm_survey survey = build_survey(2, 0);
    survey.sources.point[0] = (fm_point){-178, -45};
    survey.sources.point[1] = (fm_point){-160, -45};
    fm_error error = {0};
    assert_int_equal(fm_survey_place(&survey, &grid, &error), FM_BAD_INPUT);
    assert_says(&error, (const char *[]){"source 'S1' at lon -160, lat -45",
                                         "lon 175 to 195 degrees", NULL});
    survey.sources.point[1] = (fm_point){535, -45};
    assert_int_equal(fm_survey_place(&survey, &grid, &error), FM_OK);
    assert_float_equal(survey.sources.point[0].x, 182, 1e-9);
    assert_float_equal(survey.sources.point[1].x, 175, 1e-9);
    fm_survey_clear(&survey);
    fm_grid_clear(&grid);
}

static void points_within_rounding_of_an_edge_are_moved_onto_it(void **state)
{
    (void)state;
    fm_grid grid = cartesian();
    fm_survey survey = build_survey(0, 1);
    survey.receivers.point[0] = (fm_point){fm_grid_x_max(&grid) + 1e-13, -1e-13};
    assert_int_equal(fm_survey_place(&survey, &grid, NULL), FM_OK);
    assert_true(survey.receivers.point[0].x == fm_grid_x_max(&grid));
    assert_true(survey.receivers.point[0].z == 0);
    fm_survey_clear(&survey);
    fm_grid_clear(&grid);
}

/* Column 5 is masked, and so are columns 6 to 10 of rows 0 to 2. */
static fm_medium masked_medium(void)
{
    fm_medium medium = {.grid = cartesian()};
    size_t nx = medium.grid.nx;
    medium.slowness = calloc(fm_grid_nodes(&medium.grid), sizeof(double));
    for (size_t n = 0; n < fm_grid_nodes(&medium.grid); n++) {
        bool masked = n % nx == 5 || (n % nx > 5 && n / nx < 3);
        medium.slowness[n] = masked ? INFINITY : 1;
    }
    return medium;
}

static void a_point_is_masked_when_all_nodes_that_count_for_it_are(void **state)
{
    (void)state;
    fm_medium medium = masked_medium();
    assert_false(fm_survey_masked(&medium, (fm_point){0.045, 0.015}));
    assert_true(fm_survey_masked(&medium, (fm_point){0.05, 0.045})); /* on the column */
    assert_false(fm_survey_masked(&medium, (fm_point){0.055, 0.045}));
    assert_true(fm_survey_masked(&medium, (fm_point){0.08, 0.02})); /* on a node */
    assert_false(fm_survey_masked(&medium, (fm_point){0.08, 0.021}));
    assert_true(fm_survey_masked(&medium, (fm_point){0.075, 0.005})); /* in a cell */
    fm_medium_clear(&medium);
}

static void a_masked_source_is_refused_a_masked_receiver_is_not(void **state)
{
    (void)state;
    fm_medium medium = masked_medium();
    fm_survey survey = build_survey(2, 1);
    survey.receivers.point[0] = (fm_point){0.075, 0.005};
    survey.sources.point[1] = (fm_point){0.02, 0.01};
    assert_int_equal(fm_survey_check_sources(&survey, &medium, NULL), FM_OK);
    survey.sources.point[1] = (fm_point){0.05, 0.045};
    fm_error error = {0};
    assert_int_equal(fm_survey_check_sources(&survey, &medium, &error), FM_BAD_INPUT);
    assert_says(&error,
                (const char *[]){"source 'S1' at x 0.05, z 0.045", "masked", NULL});
    survey.sources.path = strdup("s.csv");
    survey.sources.line = calloc(2, sizeof *survey.sources.line);
    survey.sources.line[1] = 3;
    assert_int_equal(fm_survey_check_sources(&survey, &medium, &error), FM_BAD_INPUT);
    assert_says(&error, (const char *[]){"s.csv:3: source 'S1'", "masked", NULL});
    fm_survey_clear(&survey);
    fm_medium_clear(&medium);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_outside_is_told_as_the_user_wrote_it),
        cmocka_unit_test(a_source_outside_is_called_a_source),
        cmocka_unit_test(the_file_and_line_of_a_station_stand_first),
        cmocka_unit_test(degrees_are_not_scaled_and_depth_is_told_in_a_polar_section),
        cmocka_unit_test(longitudes_move_by_360_degrees_into_the_model),
        cmocka_unit_test(points_within_rounding_of_an_edge_are_moved_onto_it),
        cmocka_unit_test(a_point_is_masked_when_all_nodes_that_count_for_it_are),
        cmocka_unit_test(a_masked_source_is_refused_a_masked_receiver_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
