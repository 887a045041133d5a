/* The result file: what is read is what was written, whatever the order of the shots;
 * the name appears with the commit and not before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder_fixture.h"
#include "io/result.h"
#include "result_fixture.h"

enum { NODES = FIXTURE_ROWS * FIXTURE_COLUMNS };

static const fixture_options everything = {.geometry = FM_CARTESIAN,
                                           .fields = true,
                                           .times = true,
                                           .observed = true,
                                           .masked = true};

static fm_result_file *create(const char *path, const fm_job *job)
{
    fm_result_file *file = NULL;
    fm_error error = {0};
    if (fm_result_create(path, job, &file, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
    return file;
}

static void add(fm_result_file *file, const fm_job *job, size_t s)
{
    fm_error error = {0};
    fixture_shot shot;
    fixture_shot_make(job, s, &shot);
    assert_int_equal(fm_result_add(file, &shot.result, &error), FM_OK);
    fixture_shot_clear(&shot);
}

static void add_failed(fm_result_file *file, size_t s)
{
    const fm_error why = {FM_FAILED, "for a test"};
    const fm_shot_result result = {.shot = s, .status = FM_FAILED, .error = &why};
    assert_int_equal(fm_result_add(file, &result, NULL), FM_OK);
}

static void commit(fm_result_file *file)
{
    fm_error error = {0};
    if (fm_result_commit(file, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
}

/* The whole file of the job, shots in ascending or descending order. */
static void write_all(const char *path, const fm_job *job, bool backwards)
{
    fm_result_file *file = create(path, job);
    for (size_t s = 0; s < job->shots.n; s++) {
        add(file, job, backwards ? job->shots.n - 1 - s : s);
    }
    commit(file);
}

static hid_t open_result(const char *path)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

static void read_doubles(hid_t file, const char *name, double *values)
{
    assert_true(H5LTread_dataset_double(file, name, values) >= 0);
}

static void read_bytes(hid_t file, const char *name, uint8_t *values)
{
    assert_true(H5LTread_dataset(file, name, H5T_NATIVE_UINT8, values) >= 0);
}

static bool has(hid_t file, const char *name)
{
    return H5Lexists(file, name, H5P_DEFAULT) > 0;
}

static void close_result(hid_t file)
{
    H5Fclose(file);
    assert_int_equal(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

/* ---- what is in it ---- */

static void fields_are_read_as_they_were_given(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    for (int f64 = 0; f64 <= 1; f64++) {
        fixture_options options = everything;
        options.f64 = f64;
        fm_job job;
        fixture_make(&options, &job);
        write_all(path, &job, false);
        double found[3 * NODES];
        hid_t file = open_result(path);
        read_doubles(file, "traveltime", found);
        close_result(file);
        for (size_t s = 0; s < 3; s++) {
            fixture_shot shot;
            fixture_shot_make(&job, s, &shot);
            for (size_t i = 0; i < NODES; i++) {
                double given =
                    f64 ? ((double *)shot.field)[i] : (double)((float *)shot.field)[i];
                assert_true(found[s * NODES + i] == given ||
                            (isnan(given) && isnan(found[s * NODES + i])));
            }
            fixture_shot_clear(&shot);
        }
        fm_job_clear(&job);
    }
}

static void the_range_of_the_fields_is_stated(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fixture_make(&everything, &job);
    write_all(path, &job, false);
    hid_t file = open_result(path);
    float range[2];
    assert_true(H5LTget_attribute_float(file, "traveltime", "actual_range", range) >=
                0);
    assert_true(range[0] == 0);
    assert_true(range[1] == (float)(sqrt(10.0) / FIXTURE_SPEED));
    close_result(file);
    fm_job_clear(&job);
}

static void times_stand_in_the_rows_of_their_pairs(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fixture_make(&everything, &job);
    write_all(path, &job, true);
    hid_t file = open_result(path);
    double time[8];
    long long source[8], receiver[8];
    uint8_t status[8];
    read_doubles(file, "arrival", time);
    read_bytes(file, "arrival_status", status);
    H5LTread_dataset(file, "arrival_source", H5T_NATIVE_LLONG, source);
    H5LTread_dataset(file, "arrival_receiver", H5T_NATIVE_LLONG, receiver);
    for (size_t p = 0; p < 8; p++) {
        const fm_survey *survey = &job.survey;
        assert_int_equal(source[p], p < 4 ? 0 : 2);
        assert_int_equal(receiver[p], p % 4);
        assert_int_equal(status[p], FM_PAIR_REACHED);
        assert_true(time[p] == fm_distance(&job.medium.grid,
                                           survey->sources.point[source[p]],
                                           survey->receivers.point[receiver[p]]) /
                                   FIXTURE_SPEED);
    }
    double observed[8];
    read_doubles(file, "arrival_observed", observed);
    assert_true(observed[0] == 0 && isnan(observed[1]));
    close_result(file);
    fm_job_clear(&job);
}

static void masked_nodes_are_missing_values_of_the_speed(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fixture_make(&everything, &job);
    write_all(path, &job, false);
    hid_t file = open_result(path);
    double speed[NODES];
    read_doubles(file, "speed", speed);
    for (size_t i = 0; i < NODES; i++) {
        assert_true(i == FIXTURE_COLUMNS + 2 ? isnan(speed[i])
                                             : speed[i] == FIXTURE_SPEED);
    }
    assert_false(has(file, "speed_beyond"));
    close_result(file);
    fm_job_clear(&job);
}

static void an_interface_has_both_its_speeds(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const fixture_options options = {
        .geometry = FM_POLAR, .times = true, .interface = true};
    fm_job job;
    fixture_make(&options, &job);
    write_all(path, &job, false);
    hid_t file = open_result(path);
    double speed[NODES], beyond[FIXTURE_COLUMNS], radius;
    read_doubles(file, "speed", speed);
    read_doubles(file, "speed_beyond", beyond);
    read_doubles(file, "interface_radius", &radius);
    assert_true(speed[2 * FIXTURE_COLUMNS] == FIXTURE_SPEED);
    for (size_t i = 0; i < FIXTURE_COLUMNS; i++) {
        assert_true(beyond[i] == FIXTURE_SPEED_BEYOND);
    }
    assert_true(radius == job.medium.grid.z[2]);
    close_result(file);
    fm_job_clear(&job);
}

/* ---- what was not done ---- */

static void a_failed_shot_and_a_missing_one_say_so(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fixture_make(&everything, &job);
    fm_result_file *result = create(path, &job);
    add_failed(result, 2);
    add(result, &job, 0);
    commit(result);
    hid_t file = open_result(path);
    uint8_t sources[3], pairs[8];
    double time[8];
    float field[3 * NODES];
    read_bytes(file, "source_status", sources);
    read_bytes(file, "arrival_status", pairs);
    read_doubles(file, "arrival", time);
    H5LTread_dataset_float(file, "traveltime", field);
    const uint8_t expected[] = {1, 0, 2};
    assert_memory_equal(sources, expected, 3);
    for (size_t p = 0; p < 8; p++) {
        assert_int_equal(pairs[p], p < 4 ? FM_PAIR_REACHED : FM_PAIR_NOT_DONE);
        assert_int_equal(isnan(time[p]) != 0, p >= 4);
    }
    for (size_t i = NODES; i < 3 * NODES; i++) {
        assert_true(isnan(field[i]));
    }
    close_result(file);
    fm_job_clear(&job);
}

static void an_unreachable_pair_has_a_status_and_no_time(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const fixture_options options = {.geometry = FM_CARTESIAN, .times = true};
    fm_job job;
    fixture_make(&options, &job);
    fm_result_file *result = create(path, &job);
    fixture_shot shot;
    fixture_shot_make(&job, 0, &shot);
    shot.status[1] = FM_PAIR_UNREACHABLE;
    shot.time_s[1] = 12; /* whatever stands there */
    assert_int_equal(fm_result_add(result, &shot.result, NULL), FM_OK);
    fixture_shot_clear(&shot);
    commit(result);
    hid_t file = open_result(path);
    uint8_t pairs[8];
    double time[8];
    read_bytes(file, "arrival_status", pairs);
    read_doubles(file, "arrival", time);
    assert_int_equal(pairs[1], FM_PAIR_UNREACHABLE);
    assert_true(isnan(time[1]) && !isnan(time[0]));
    close_result(file);
    fm_job_clear(&job);
}

static void a_source_marched_from_its_receivers_is_done_when_all_are(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const fixture_options options = {
        .geometry = FM_CARTESIAN, .times = true, .reciprocal = true, .nsources = 4};
    fm_job job;
    fixture_make(&options, &job);
    assert_true(job.shots.reciprocal);
    assert_int_equal(job.shots.n, 2);
    const uint8_t expected[3] = {1, 0, 2}; /* both done, one missing, one failed */
    for (size_t variant = 0; variant < 3; variant++) {
        fm_result_file *result = create(path, &job);
        add(result, &job, 0);
        if (variant == 0) {
            add(result, &job, 1);
        } else if (variant == 2) {
            add_failed(result, 1);
        }
        commit(result);
        hid_t file = open_result(path);
        uint8_t sources[4];
        read_bytes(file, "source_status", sources);
        for (size_t s = 0; s < 4; s++) {
            assert_int_equal(sources[s], expected[variant]);
        }
        close_result(file);
    }
    fm_job_clear(&job);
}

/* ---- more and less than usual ---- */

static void what_is_not_wanted_is_not_there(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    for (int fields = 0; fields <= 1; fields++) {
        fixture_options options = {.geometry = FM_GEOGRAPHIC, .fields = fields};
        options.times = !fields;
        fm_job job;
        fixture_make(&options, &job);
        write_all(path, &job, false);
        hid_t file = open_result(path);
        assert_int_equal(has(file, "traveltime"), fields);
        assert_int_equal(has(file, "arrival"), !fields);
        assert_int_equal(has(file, "pair"), !fields);
        assert_false(has(file, "arrival_observed"));
        close_result(file);
        fm_job_clear(&job);
    }
}

static void one_source_and_one_pair_are_enough(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fixture_options options = everything;
    options.observed = false;
    options.nsources = 1;
    fm_job job;
    fixture_make(&options, &job);
    assert_int_equal(job.survey.npairs, 1);
    write_all(path, &job, false);
    hid_t file = open_result(path);
    double time;
    read_doubles(file, "arrival", &time);
    assert_true(time == 0.25);
    close_result(file);
    fm_job_clear(&job);
}

static void ids_may_be_long_and_in_any_script(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    char *id = calloc(1, 3 * 30000 + 1);
    for (size_t i = 0; i < 30000; i++) {
        memcpy(id + 3 * i, "\u5730", 3);
    }
    fixture_options options = everything;
    options.long_id = id;
    fm_job job;
    fixture_make(&options, &job);
    write_all(path, &job, false);
    hid_t file = open_result(path);
    hid_t set = H5Dopen2(file, "source_id", H5P_DEFAULT);
    hid_t type = H5Dget_type(set);
    hid_t space = H5Dget_space(set);
    char *found[3];
    H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, found);
    assert_string_equal(found[0], id);
    assert_string_equal(found[2], "S\u03b83");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, found);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
    close_result(file);
    fm_job_clear(&job);
    free(id);
}

/* ---- the same bytes, the right moment ---- */

static void the_order_of_the_shots_does_not_show(void **state)
{
    const char *forwards = folder_path(*state, "a.h5");
    const char *backwards = folder_path(*state, "b.h5");
    const fm_geometry all[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    for (size_t g = 0; g < 3; g++) {
        fixture_options options = everything;
        options.geometry = all[g];
        options.interface = true;
        fm_job job;
        fixture_make(&options, &job);
        write_all(forwards, &job, false);
        write_all(backwards, &job, true);
        folder_assert_same_bytes(forwards, backwards);
        fm_job_clear(&job);
    }
}

static herr_t object_has_no_date(hid_t file, const char *name, const H5O_info_t *info,
                                 void *objects)
{
    (void)file;
    (void)name;
    ++*(size_t *)objects;
    return info->atime || info->mtime || info->ctime || info->btime ? -1 : 0;
}

/* Two files of one second are the same even with dates; so look for the dates. */
static void nothing_in_the_file_has_a_date(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fixture_make(&everything, &job);
    write_all(path, &job, false);
    size_t objects = 0;
    hid_t file = open_result(path);
    assert_int_equal(
        H5Ovisit1(file, H5_INDEX_NAME, H5_ITER_INC, object_has_no_date, &objects), 0);
    assert_true(objects > 15);
    assert_true(H5Aexists(file, "history") == 0 && H5Aexists(file, "date") == 0);
    close_result(file);
    fm_job_clear(&job);
}

static void two_results_of_one_name_do_not_disturb_each_other(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const char *alone = folder_path(*state, "alone.h5");
    fm_job job;
    fixture_make(&everything, &job);
    write_all(alone, &job, false);
    fm_result_file *one = create(path, &job);
    fm_result_file *two = create(path, &job);
    for (size_t s = 0; s < 3; s++) {
        add(one, &job, s);
    }
    commit(one);
    folder_assert_same_bytes(path, alone);
    fm_result_discard(two);
    folder_assert_same_bytes(path, alone);
    fm_job_clear(&job);
}

static void the_name_appears_with_the_commit(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fixture_make(&everything, &job);
    fm_result_file *file = create(path, &job);
    assert_int_not_equal(access(path, F_OK), 0);
    add(file, &job, 0);
    assert_int_not_equal(access(path, F_OK), 0);
    commit(file);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(folder_count(*state), 1);
    fm_job_clear(&job);
}

static void discard_leaves_nothing(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fixture_make(&everything, &job);
    fm_result_file *file = create(path, &job);
    add(file, &job, 0);
    assert_int_equal(folder_count(*state), 1);
    fm_result_discard(file);
    assert_int_equal(folder_count(*state), 0);
    fm_result_discard(NULL);
    fm_job_clear(&job);
}

static void an_older_file_stays_until_it_is_replaced(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    FILE *old = fopen(path, "w");
    fputs("old", old);
    fclose(old);
    fm_job job;
    fixture_make(&everything, &job);
    fm_result_discard(create(path, &job));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 3);
    write_all(path, &job, false);
    hid_t file = open_result(path);
    close_result(file);
    fm_job_clear(&job);
}

static void a_link_is_followed(void **state)
{
    const char *link = folder_path(*state, "link.h5");
    const char *path = folder_path(*state, "a.h5");
    fclose(fopen(path, "w"));
    assert_int_equal(symlink("a.h5", link), 0);
    fm_job job;
    fixture_make(&everything, &job);
    write_all(link, &job, false);
    struct stat status;
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    hid_t file = open_result(path);
    close_result(file);
    fm_job_clear(&job);
}

static void the_size_is_foretold_a_little_above(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const fm_geometry all[] = {FM_CARTESIAN, FM_POLAR};
    for (size_t g = 0; g < 2; g++) {
        fixture_options options = everything;
        options.geometry = all[g];
        options.interface = g == 1;
        fm_job job;
        fixture_make(&options, &job);
        write_all(path, &job, false);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        double excess = fm_result_bytes(&job) - (double)status.st_size;
        assert_true(excess >= 0 && excess < 16e3);
        fm_job_clear(&job);
    }
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(fields_are_read_as_they_were_given),
        IN_FOLDER(the_range_of_the_fields_is_stated),
        IN_FOLDER(times_stand_in_the_rows_of_their_pairs),
        IN_FOLDER(masked_nodes_are_missing_values_of_the_speed),
        IN_FOLDER(an_interface_has_both_its_speeds),
        IN_FOLDER(a_failed_shot_and_a_missing_one_say_so),
        IN_FOLDER(an_unreachable_pair_has_a_status_and_no_time),
        IN_FOLDER(a_source_marched_from_its_receivers_is_done_when_all_are),
        IN_FOLDER(what_is_not_wanted_is_not_there),
        IN_FOLDER(one_source_and_one_pair_are_enough),
        IN_FOLDER(ids_may_be_long_and_in_any_script),
        IN_FOLDER(the_order_of_the_shots_does_not_show),
        IN_FOLDER(nothing_in_the_file_has_a_date),
        IN_FOLDER(two_results_of_one_name_do_not_disturb_each_other),
        IN_FOLDER(the_name_appears_with_the_commit),
        IN_FOLDER(discard_leaves_nothing),
        IN_FOLDER(an_older_file_stays_until_it_is_replaced),
        IN_FOLDER(a_link_is_followed),
        IN_FOLDER(the_size_is_foretold_a_little_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
