/* Which marches a survey needs, and which rows belong to which march. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build.h"
#include "survey/shots.h"

/* Each pair stands in exactly one shot, and that shot starts at one end of it. */
static void assert_covers_all_pairs(const fm_survey *survey, const fm_shots *shots)
{
    size_t *seen = calloc(survey->npairs + 1, sizeof *seen);
    size_t expected_begin = 0;
    for (size_t s = 0; s < shots->n; s++) {
        const fm_shot *shot = &shots->shot[s];
        assert_int_equal(shot->begin, expected_begin);
        expected_begin = shot->end;
        for (size_t r = shot->begin; r < shot->end; r++) {
            size_t pair = shots->row[r];
            assert_true(pair < survey->npairs);
            assert_int_equal(seen[pair]++, 0);
            assert_int_equal(shot->origin, shots->reciprocal
                                               ? survey->pair_receiver[pair]
                                               : survey->pair_source[pair]);
        }
    }
    assert_int_equal(expected_begin, survey->npairs);
    free(seen);
}

static void fewer_receivers_than_sources_march_from_the_receivers(void **state)
{
    (void)state;
    fm_survey survey = build_survey(5, 2);
    fm_survey_pair_all(&survey, NULL);
    fm_shots shots;
    assert_int_equal(fm_shots_plan(&survey, false, true, &shots, NULL), FM_OK);
    assert_true(shots.reciprocal);
    assert_int_equal(shots.n, 2);
    assert_covers_all_pairs(&survey, &shots);
    fm_shots_clear(&shots);
    fm_survey_clear(&survey);
}

static void split_shots_have_few_rows_and_all_of_them(void **state)
{
    (void)state;
    fm_survey survey = build_survey(7, 4);
    fm_survey_pair_all(&survey, NULL);
    fm_shots shots;
    assert_int_equal(fm_shots_plan(&survey, false, true, &shots, NULL), FM_OK);
    assert_int_equal(fm_shots_split(&shots, 7, NULL), FM_OK);
    assert_int_equal(shots.n, 4);
    assert_int_equal(fm_shots_split(&shots, 3, NULL), FM_OK);
    assert_int_equal(shots.n, 12); /* of 7 rows: 2, 2 and 3 */
    assert_covers_all_pairs(&survey, &shots);
    for (size_t s = 0; s < shots.n; s++) {
        size_t rows = shots.shot[s].end - shots.shot[s].begin;
        assert_true(rows == 2 || rows == 3);
    }
    fm_shots_clear(&shots);
    fm_survey_clear(&survey);
}

/* A source without pairs is marched for its field: it stays. */
static void shots_without_rows_are_not_split_away(void **state)
{
    (void)state;
    fm_survey survey = build_survey(3, 0);
    fm_shots shots;
    assert_int_equal(fm_shots_plan(&survey, true, true, &shots, NULL), FM_OK);
    assert_int_equal(fm_shots_split(&shots, 1, NULL), FM_OK);
    assert_int_equal(shots.n, 3);
    fm_shots_clear(&shots);
    fm_survey_clear(&survey);
}

static void as_many_receivers_as_sources_march_from_the_sources(void **state)
{
    (void)state;
    fm_survey survey = build_survey(3, 3);
    fm_survey_pair_all(&survey, NULL);
    fm_shots shots;
    assert_int_equal(fm_shots_plan(&survey, false, true, &shots, NULL), FM_OK);
    assert_false(shots.reciprocal);
    assert_int_equal(shots.n, 3);
    assert_covers_all_pairs(&survey, &shots);
    fm_shots_clear(&shots);
    fm_survey_clear(&survey);
}

static void reciprocity_can_be_forbidden(void **state)
{
    (void)state;
    fm_survey survey = build_survey(5, 2);
    fm_survey_pair_all(&survey, NULL);
    fm_shots shots;
    assert_int_equal(fm_shots_plan(&survey, false, false, &shots, NULL), FM_OK);
    assert_false(shots.reciprocal);
    assert_int_equal(shots.n, 5);
    fm_shots_clear(&shots);
    fm_survey_clear(&survey);
}

/* Five sources and three receivers, but only two of the sources recorded anything. */
static void what_counts_is_who_has_a_pair(void **state)
{
    (void)state;
    fm_survey survey = build_survey(5, 3);
    build_pairs(&survey, 4, (const size_t[][2]){{1, 0}, {1, 1}, {4, 1}, {4, 2}});
    fm_shots shots;
    assert_int_equal(fm_shots_plan(&survey, false, true, &shots, NULL), FM_OK);
    assert_false(shots.reciprocal);
    assert_int_equal(shots.n, 2);
    assert_int_equal(shots.shot[0].origin, 1);
    assert_int_equal(shots.shot[1].origin, 4);
    assert_covers_all_pairs(&survey, &shots);
    fm_shots_clear(&shots);
    fm_survey_clear(&survey);
}

static void
wanting_every_source_gives_shots_without_rows_and_no_reciprocity(void **state)
{
    (void)state;
    fm_survey survey = build_survey(4, 1);
    build_pairs(&survey, 1, (const size_t[][2]){{2, 0}});
    fm_shots shots;
    assert_int_equal(fm_shots_plan(&survey, true, true, &shots, NULL), FM_OK);
    assert_false(shots.reciprocal);
    assert_int_equal(shots.n, 4);
    for (size_t s = 0; s < 4; s++) {
        assert_int_equal(shots.shot[s].origin, s);
        assert_int_equal(shots.shot[s].end - shots.shot[s].begin, s == 2);
    }
    assert_covers_all_pairs(&survey, &shots);
    fm_shots_clear(&shots);
    fm_survey_clear(&survey);
}

static void no_pairs_give_no_shots(void **state)
{
    (void)state;
    fm_survey survey = build_survey(2, 2);
    fm_shots shots;
    assert_int_equal(fm_shots_plan(&survey, false, true, &shots, NULL), FM_OK);
    assert_int_equal(shots.n, 0);
    fm_shots_clear(&shots);
    fm_shots_clear(&shots);
    fm_survey_clear(&survey);
}

static void both_ends_of_a_row_are_where_the_survey_has_them(void **state)
{
    (void)state;
    for (int allow = 0; allow < 2; allow++) {
        fm_survey survey = build_survey(3, 2);
        survey.sources.point[2] = (fm_point){7, 8};
        survey.receivers.point[1] = (fm_point){5, 6};
        build_pairs(&survey, 4, (const size_t[][2]){{0, 0}, {1, 0}, {2, 0}, {2, 1}});
        fm_shots shots;
        assert_int_equal(fm_shots_plan(&survey, false, allow, &shots, NULL), FM_OK);
        assert_int_equal(shots.reciprocal, allow);
        fm_point origin = fm_shots_origin(&shots, &survey, shots.n - 1);
        fm_point target = fm_shots_target(&shots, &survey, 3);
        assert_true(origin.x == (allow ? 5 : 7) && origin.z == (allow ? 6 : 8));
        assert_true(target.x == (allow ? 7 : 5) && target.z == (allow ? 8 : 6));
        fm_shots_clear(&shots);
        fm_survey_clear(&survey);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_receivers_than_sources_march_from_the_receivers),
        cmocka_unit_test(split_shots_have_few_rows_and_all_of_them),
        cmocka_unit_test(shots_without_rows_are_not_split_away),
        cmocka_unit_test(as_many_receivers_as_sources_march_from_the_sources),
        cmocka_unit_test(reciprocity_can_be_forbidden),
        cmocka_unit_test(what_counts_is_who_has_a_pair),
        cmocka_unit_test(
            wanting_every_source_gives_shots_without_rows_and_no_reciprocity),
        cmocka_unit_test(no_pairs_give_no_shots),
        cmocka_unit_test(both_ends_of_a_row_are_where_the_survey_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
