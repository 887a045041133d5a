/* The order of pairs, on which every row number of every result rests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build.h"

static void all_pairs_are_source_by_source(void **state)
{
    (void)state;
    fm_survey survey = build_survey(3, 2);
    assert_int_equal(fm_survey_pair_all(&survey, NULL), FM_OK);
    assert_int_equal(survey.npairs, 6);
    for (size_t p = 0; p < 6; p++) {
        assert_int_equal(survey.pair_source[p], p / 2);
        assert_int_equal(survey.pair_receiver[p], p % 2);
    }
    assert_null(survey.observed_s);
    fm_survey_clear(&survey);
}

static void pairing_all_replaces_the_pairs_there_were(void **state)
{
    (void)state;
    fm_survey survey = build_survey(2, 2);
    build_pairs(&survey, 1, (const size_t[][2]){{1, 1}});
    assert_int_equal(fm_survey_pair_all(&survey, NULL), FM_OK);
    assert_int_equal(survey.npairs, 4);
    assert_null(survey.observed_s);
    assert_null(survey.sigma_s);
    fm_survey_clear(&survey);
}

static void sorting_orders_by_source_then_receiver_and_times_go_along(void **state)
{
    (void)state;
    fm_survey survey = build_survey(3, 3);
    build_pairs(&survey, 5,
                (const size_t[][2]){{2, 0}, {0, 2}, {1, 1}, {0, 0}, {2, 2}});
    assert_int_equal(fm_survey_sort(&survey, NULL), FM_OK);
    const size_t expected[][3] = {
        {0, 0, 3}, {0, 2, 1}, {1, 1, 2}, {2, 0, 0}, {2, 2, 4}};
    for (size_t p = 0; p < 5; p++) {
        assert_int_equal(survey.pair_source[p], expected[p][0]);
        assert_int_equal(survey.pair_receiver[p], expected[p][1]);
        assert_true(survey.observed_s[p] == (double)expected[p][2]);
        assert_true(survey.sigma_s[p] == (double)expected[p][2] / 10);
    }
    fm_survey_clear(&survey);
}

static void a_pair_that_stands_twice_is_named(void **state)
{
    (void)state;
    fm_survey survey = build_survey(3, 3);
    build_pairs(&survey, 4, (const size_t[][2]){{2, 1}, {0, 2}, {1, 1}, {2, 1}});
    fm_error error = {0};
    assert_int_equal(fm_survey_sort(&survey, &error), FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "'S2'"));
    assert_non_null(strstr(error.message, "'R1'"));
    assert_non_null(strstr(error.message, "twice"));
    fm_survey_clear(&survey);
}

static void no_pairs_and_no_times_sort_too(void **state)
{
    (void)state;
    fm_survey survey = build_survey(2, 2);
    assert_int_equal(fm_survey_sort(&survey, NULL), FM_OK);
    assert_int_equal(survey.npairs, 0);
    fm_survey_clear(&survey);
    fm_survey_clear(&survey);
}

/* Quadratic work would not end within the test's time limit. */
static void a_million_pairs_sort(void **state)
{
    (void)state;
    enum { N = 1000 };
    fm_survey survey = build_survey(N, N);
    assert_int_equal(fm_survey_pair_all(&survey, NULL), FM_OK);
    for (size_t p = 0; p < survey.npairs; p++) {
        size_t shuffled = p * 387420489 % survey.npairs; /* 3^18, prime to 10^6 */
        survey.pair_source[p] = shuffled / N;
        survey.pair_receiver[p] = shuffled % N;
    }
    assert_int_equal(fm_survey_sort(&survey, NULL), FM_OK);
    for (size_t p = 0; p < survey.npairs; p++) {
        if (survey.pair_source[p] * N + survey.pair_receiver[p] != p) {
            fail_msg("row %zu is out of order", p);
        }
    }
    fm_survey_clear(&survey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pairs_are_source_by_source),
        cmocka_unit_test(pairing_all_replaces_the_pairs_there_were),
        cmocka_unit_test(sorting_orders_by_source_then_receiver_and_times_go_along),
        cmocka_unit_test(a_pair_that_stands_twice_is_named),
        cmocka_unit_test(no_pairs_and_no_times_sort_too),
        cmocka_unit_test(a_million_pairs_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
