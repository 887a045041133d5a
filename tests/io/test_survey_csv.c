/* Sources, receivers and pairs from CSV: what is read, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder_fixture.h"
#include "io/load.h"
#include "read_fixture.h"

static const char two_sources[] = "id,x,z\nA,1,2\nB,3,4.5\n";
static const char two_receivers[] = "id,x,z\nP,10,0\nQ,20,0\n";

/* Read with these texts as tables (pairs may be NULL) in a geometry. */
static fm_status read_as(const void *state, fm_geometry geometry, const char *sources,
                         const char *receivers, const char *pairs, fm_survey *survey,
                         fm_error *error)
{
    const char *s = put(state, "s.csv", sources);
    const char *r = put(state, "r.csv", receivers);
    const char *p = pairs ? put(state, "p.csv", pairs) : NULL;
    return fm_survey_read(s, r, p, geometry, 6371, 1, survey, error);
}

static void refuse_sources(const void *state, fm_geometry geometry, const char *text,
                           const char *words)
{
    fm_survey survey;
    fm_error error = {0};
    fm_status status =
        read_as(state, geometry, text, two_receivers, NULL, &survey, &error);
    assert_refused(status, &error, words);
    assert_null(survey.sources.id);
    assert_int_equal(survey.sources.n, 0);
}

static void refuse_pairs(const void *state, const char *text, const char *words)
{
    fm_survey survey;
    fm_error error = {0};
    fm_status status =
        read_as(state, FM_CARTESIAN, two_sources, two_receivers, text, &survey, &error);
    assert_refused(status, &error, words);
    assert_null(survey.pair_source);
}

static void stations_are_read_in_the_order_of_the_table(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    assert_read(read_as(*state, FM_CARTESIAN, two_sources, two_receivers, NULL, &survey,
                        &error),
                &error);
    assert_int_equal(survey.sources.n, 2);
    assert_string_equal(survey.sources.id[1], "B");
    assert_true(survey.sources.point[1].x == 3 && survey.sources.point[1].z == 4.5);
    assert_string_equal(survey.receivers.id[0], "P");
    assert_true(survey.receivers.point[1].x == 20);
    assert_non_null(strstr(survey.sources.path, "s.csv"));
    assert_non_null(strstr(survey.receivers.path, "r.csv"));
    assert_int_equal(survey.sources.line[0], 2);
    assert_int_equal(survey.sources.line[1], 3);
    fm_survey_clear(&survey);
}

static void without_a_table_of_pairs_all_are_pairs(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    assert_read(read_as(*state, FM_CARTESIAN, two_sources, two_receivers, NULL, &survey,
                        &error),
                &error);
    assert_int_equal(survey.npairs, 4);
    assert_null(survey.observed_s);
    assert_null(survey.sigma_s);
    fm_survey_clear(&survey);
}

static void columns_may_stand_in_any_order_beside_others(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    assert_read(read_as(*state, FM_GEOGRAPHIC, "lat,magnitude,lon,id\n-20,6.1,130,E\n",
                        "name,id,lat,lon,depth\nPerth,PSA,-32,116,12\n", NULL, &survey,
                        &error),
                &error);
    assert_true(survey.sources.point[0].x == 130 && survey.sources.point[0].z == -20);
    assert_true(survey.receivers.point[0].x == 116 &&
                survey.receivers.point[0].z == -32);
    fm_survey_clear(&survey);
}

static void polar_stations_have_a_radius_or_a_depth(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    assert_read(read_as(*state, FM_POLAR, "id,angle,depth\nA,1,35\n",
                        "id,angle,radius\nP,2,6371\n", NULL, &survey, &error),
                &error);
    assert_true(survey.sources.point[0].z == 6336);
    assert_true(survey.receivers.point[0].z == 6371);
    fm_survey_clear(&survey);
    refuse_sources(*state, FM_POLAR, "id,angle,depth,radius\nA,1,2,3\n",
                   "s.csv:1: both 'radius' and 'depth'");
}

static void lengths_are_scaled_in_cartesian_geometry_only(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    const char *s = put(*state, "s.csv", "id,x,z\nA,1500,250\n");
    assert_read(fm_survey_read(s, s, NULL, FM_CARTESIAN, 6371, 0.001, &survey, &error),
                &error);
    assert_true(survey.sources.point[0].x == 1.5 && survey.sources.point[0].z == 0.25);
    assert_true(survey.length_scale == 0.001);
    fm_survey_clear(&survey);
    s = put(*state, "s.csv", "id,lon,lat\nA,150,25\n");
    assert_read(fm_survey_read(s, s, NULL, FM_GEOGRAPHIC, 6371, 0.001, &survey, &error),
                &error);
    assert_true(survey.sources.point[0].x == 150);
    fm_survey_clear(&survey);
}

static void csv_of_all_sorts_is_understood(void **state)
{
    static const char *const same[] = {
        "\xEF\xBB\xBFid,x,z\nA,1,2\n",
        "id,x,z\r\nA,1,2\r\n",
        "id,x,z\rA,1,2\r",
        "# made by hand\n\nid,x,z\n  \n# one\nA,1,2\n\n",
        "id , x , z\n A , 1 , 2 \n",
        "\"id\",\"x\",\"z\"\n\"A\",\"1\",\"2\"\n",
        "id,x,z,note\nA,1,2,\"with a\nline, a comma and a \"\"quote\"\"\"\n",
        "id,x,z,name\nA,1,2,Caf\xC3\xA9\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        fm_survey survey;
        fm_error error = {0};
        assert_read(read_as(*state, FM_CARTESIAN, same[i], two_receivers, NULL, &survey,
                            &error),
                    &error);
        assert_int_equal(survey.sources.n, 1);
        assert_string_equal(survey.sources.id[0], "A");
        assert_true(survey.sources.point[0].x == 1 && survey.sources.point[0].z == 2);
        fm_survey_clear(&survey);
    }
}

static void bad_tables_of_stations_are_refused_with_file_and_line(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "s.csv: empty: not even a header row"},
        {"# nothing\n", "s.csv: empty"},
        {"id,x,z\n", "s.csv: a header, but no rows"},
        {"id,lon,lat\nA,1,2\n", "s.csv:1: a table of sources needs a column 'x'; the "
                                "header has: id, lon, lat"},
        {"x,z\n1,2\n", "s.csv:1: a table of sources needs a column 'id'"},
        {"id;x;z\nA;1;2\n", "columns are separated by commas"},
        {"id,x,z,x\nA,1,2,3\n", "s.csv:1: column 'x' stands twice"},
        {"id,x,z\nA,1\n", "s.csv:2: 2 fields, but the header has 3"},
        {"id,x,z\nA,1,2,3\n", "s.csv:2: 4 fields, but the header has 3"},
        {"id,x,z\nA,1,2\n,3,4\n", "s.csv:3: column id is empty"},
        {"id,x,z\nA,1km,2\n", "s.csv:2: column x: '1km' is not a number"},
        {"id,x,z\nA,,2\n", "s.csv:2: column x: '' is not a number"},
        {"id,x,z\nA,1,nan\n", "s.csv:2: column z: 'nan' is not a number"},
        {"id,x,z\nA,0x10,2\n", "'0x10' is not a number"},
        {"id,x,z\nA,1,2\nB,1,2\n\n# c\nA,5,6\n",
         "s.csv:6: id 'A' stands on line 2 already"},
        {"id,x,z\nB,1,2\nA,1,2\nB,5,6\nA,5,6\n",
         "s.csv:4: id 'B' stands on line 2 already"},
        {"id,x,z,n\nA,1,2,\"a\nb\"\nB,?,2,c\n", "s.csv:4: column x: '?'"},
        {"id,x,z\n\"A,1,2\nB,1,2\n", "s.csv:2: a quoted field begins in this row"},
        {"id,x,z\nA\"B,1,2\n", "s.csv:2: a quote (\") in the middle of a field"},
        {"id,x,z\nA,1,2", "s.csv:2: the file may be cut short here"},
        {"id,x,z\nCaf\xE9,1,2\n", "s.csv:2: a byte 0xE9 that is no UTF-8 text"},
        {"A,1,1\nB,2,2\n", "s.csv:1: no header: the first line must name the columns: "
                           "id,x,z (it has '1')"},
        {"# made by hand\n7,1.5,2\n", "s.csv:2: no header: the first line must name"},
        {"id,x,z\nA,1,2\nB\x1B[31m,1,2\n",
         "s.csv:3: column id: a control character (U+001B) in an id"},
        {"id,x,z\n\"A\nB\",1,2\n", "s.csv:2: column id: a control character (U+000A)"},
        {"id,x,z\nA\tB,1,2\n", "s.csv:2: column id: a control character (U+0009)"},
        {"id,x,z\nA\x7F,1,2\n", "s.csv:2: column id: a control character (U+007F)"},
        {"id,x,z\nA\xC2\x9B"
         "1m,1,2\n",
         "column id: a control character (U+009B)"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse_sources(*state, FM_CARTESIAN, bad[i].text, bad[i].words);
    }
    refuse_sources(*state, FM_GEOGRAPHIC, "A,130,-20\n",
                   "s.csv:1: no header: the first line must name the columns: "
                   "id,lon,lat (it has '130')");
    refuse_sources(*state, FM_GEOGRAPHIC, "id,lon,lat\nA,-20,130\n",
                   "s.csv:2: lat 130 of 'A' is beyond -90 to 90 degrees");
}

static void ill_formed_utf8_is_refused_wherever_it_is_wrong(void **state)
{
    static const char *const bad[] = {
        "\x80",         "\xC0\x80",         "\xC1\xBF",         "\xE0\x9F\xBF",
        "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xE2\x82"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        snprintf(text, sizeof text, "id,x,z\n%s,1,2\n", bad[i]);
        refuse_sources(*state, FM_CARTESIAN, text, "no UTF-8 text");
    }
    static const char *const good[] = {"\xC2\xA0", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                       "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[64];
        fm_survey survey;
        fm_error error = {0};
        snprintf(text, sizeof text, "id,x,z\n%s,1,2\n", good[i]);
        assert_read(
            read_as(*state, FM_CARTESIAN, text, two_receivers, NULL, &survey, &error),
            &error);
        fm_survey_clear(&survey);
    }
}

static void what_is_no_text_is_refused(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    const char *path = put_bytes(*state, "s.csv", "id,x\0z\nA,1,2\n", 14);
    assert_refused(
        fm_survey_read(path, path, NULL, FM_CARTESIAN, 1, 1, &survey, &error), &error,
        "s.csv:1: a zero byte: this is no text file");
    size_t size = (1 << 20) + 10;
    char *line = malloc(size);
    memset(line, 'a', size);
    path = put_bytes(*state, "s.csv", line, size);
    free(line);
    assert_refused(
        fm_survey_read(path, path, NULL, FM_CARTESIAN, 1, 1, &survey, &error), &error,
        "s.csv:1: a line of more than 1048576 bytes");
}

static void a_header_of_very_many_columns_is_refused(void **state)
{
    char text[4000];
    memset(text, ',', sizeof text);
    text[sizeof text - 2] = '\n';
    text[sizeof text - 1] = '\0';
    refuse_sources(*state, FM_CARTESIAN, text, "s.csv:1: a header of 3999 columns");
}

static void files_that_cannot_be_read_are_named(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    const char *good = put(*state, "r.csv", two_receivers);
    const char *absent = folder_path(*state, "absent.csv");
    assert_io_failed(
        fm_survey_read(absent, good, NULL, FM_CARTESIAN, 1, 1, &survey, &error), &error,
        "absent.csv: cannot be read: No such file");
    assert_io_failed(
        fm_survey_read(good, absent, NULL, FM_CARTESIAN, 1, 1, &survey, &error), &error,
        "absent.csv: cannot be read: No such file");
    assert_io_failed(
        fm_survey_read(good, good, absent, FM_CARTESIAN, 1, 1, &survey, &error), &error,
        "absent.csv: cannot be read: No such file");
    assert_io_failed(fm_survey_read(folder_path(*state, "."), good, NULL, FM_CARTESIAN,
                                    1, 1, &survey, &error),
                     &error, "cannot be read: Is a directory");
}

static void pairs_are_sorted_and_keep_their_times(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    assert_read(read_as(*state, FM_CARTESIAN, two_sources, two_receivers,
                        "time,receiver,sigma,source\n7.5,Q,0.1,B\n,P,,B\n0,Q,2,A\n",
                        &survey, &error),
                &error);
    assert_int_equal(survey.npairs, 3);
    const size_t source[] = {0, 1, 1}, receiver[] = {1, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(survey.pair_source[i], source[i]);
        assert_int_equal(survey.pair_receiver[i], receiver[i]);
    }
    assert_true(survey.observed_s[0] == 0 && survey.sigma_s[0] == 2);
    assert_true(isnan(survey.observed_s[1]) && isnan(survey.sigma_s[1]));
    assert_true(survey.observed_s[2] == 7.5 && survey.sigma_s[2] == 0.1);
    fm_survey_clear(&survey);
}

static void pairs_without_times_have_none(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    assert_read(read_as(*state, FM_CARTESIAN, two_sources, two_receivers,
                        "source,receiver\nA,Q\n", &survey, &error),
                &error);
    assert_int_equal(survey.npairs, 1);
    assert_null(survey.observed_s);
    assert_null(survey.sigma_s);
    fm_survey_clear(&survey);
}

static void bad_tables_of_pairs_are_refused_with_file_and_line(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"source,receiver\n", "p.csv: a header, but no rows"},
        {"source,station\nA,P\n",
         "p.csv:1: a table of pairs needs a column 'receiver'"},
        {"receiver\nP\n", "p.csv:1: a table of pairs needs a column 'source'"},
        {"source,receiver\nA,P\nC,P\n", "p.csv:3: source 'C' is not in "},
        {"source,receiver\nC,P\n", "s.csv"},
        {"source,receiver\nA,R\n", "p.csv:2: receiver 'R' is not in "},
        {"source,receiver\nA,R\n", "r.csv"},
        {"source,receiver\nP,A\n", "p.csv:2: source 'P' is not in "},
        {"source,receiver\nA,P\nB,P\nA,P\n",
         "p.csv:4: source 'A' with receiver 'P' stands on line 2 already"},
        {"source,receiver,time\nA,P,-1\n", "p.csv:2: column time: -1 seconds"},
        {"source,receiver,time\nA,P,soon\n", "p.csv:2: column time: 'soon' is not"},
        {"source,receiver,sigma\nA,P,0\n", "p.csv:2: column sigma: 0 seconds; it is "
                                           "empty or positive"},
        {"source,receiver,sigma\nA,P,-0.1\n", "p.csv:2: column sigma"},
        {"source,receiver,time,sigma\nA,P,1,0.5\nA,Q,,0.5\n",
         "p.csv:3: column sigma: 0.5 seconds, but there is no time that it could be "
         "of"},
        {"source,receiver,sigma\nA,P,\nA,Q,0.5\n",
         "p.csv:3: column sigma: 0.5 seconds"},
        {"1,2\n1,3\n", "p.csv:1: no header: the first line must name the columns: "
                       "source,receiver (it has '1')"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse_pairs(*state, bad[i].text, bad[i].words);
    }
}

/* Every station is found among many, whatever the order of the table. */
static void ids_are_found_among_many(void **state)
{
    enum { N = 20000 };
    char *stations = malloc(N * 24 + 64), *pairs = malloc(N * 24 + 64);
    size_t s = (size_t)sprintf(stations, "id,x,z\n");
    size_t p = (size_t)sprintf(pairs, "source,receiver\n");
    for (int i = 0; i < N; i++) {
        int shuffled = (int)(((long)i * 7919) % N);
        s += (size_t)sprintf(stations + s, "s%d,%d,0\n", shuffled, shuffled);
        p += (size_t)sprintf(pairs + p, "s%d,s%d\n", i, N - 1 - i);
    }
    fm_survey survey;
    fm_error error = {0};
    assert_read(
        read_as(*state, FM_CARTESIAN, stations, stations, pairs, &survey, &error),
        &error);
    assert_int_equal(survey.npairs, N);
    for (size_t i = 0; i < N; i++) {
        double source = survey.sources.point[survey.pair_source[i]].x;
        double receiver = survey.receivers.point[survey.pair_receiver[i]].x;
        assert_true(source + receiver == N - 1);
    }
    fm_survey_clear(&survey);
    free(stations);
    free(pairs);
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(stations_are_read_in_the_order_of_the_table),
        IN_FOLDER(without_a_table_of_pairs_all_are_pairs),
        IN_FOLDER(columns_may_stand_in_any_order_beside_others),
        IN_FOLDER(polar_stations_have_a_radius_or_a_depth),
        IN_FOLDER(lengths_are_scaled_in_cartesian_geometry_only),
        IN_FOLDER(csv_of_all_sorts_is_understood),
        IN_FOLDER(bad_tables_of_stations_are_refused_with_file_and_line),
        IN_FOLDER(ill_formed_utf8_is_refused_wherever_it_is_wrong),
        IN_FOLDER(what_is_no_text_is_refused),
        IN_FOLDER(a_header_of_very_many_columns_is_refused),
        IN_FOLDER(files_that_cannot_be_read_are_named),
        IN_FOLDER(pairs_are_sorted_and_keep_their_times),
        IN_FOLDER(pairs_without_times_have_none),
        IN_FOLDER(bad_tables_of_pairs_are_refused_with_file_and_line),
        IN_FOLDER(ids_are_found_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
