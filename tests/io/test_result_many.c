/* More pairs than are read back at once: the file is checked in blocks of a megabyte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "folder_fixture.h"
#include "io/result.h"
#include "result_fixture.h"

enum { SOURCES = 75000, PAIRS = 4 * SOURCES }; /* 2.4 MB of times */

static void make_many(fm_job *job)
{
    const fixture_options many = {
        .geometry = FM_CARTESIAN, .times = true, .nsources = SOURCES};
    fixture_make(&many, job);
    assert_int_equal(job->survey.npairs, PAIRS);
}

/* Each pair's time is its number. */
static void add_all(fm_result_file *file, const fm_job *job)
{
    uint8_t status[4] = {FM_PAIR_REACHED, FM_PAIR_REACHED, FM_PAIR_REACHED,
                         FM_PAIR_REACHED};
    for (size_t s = 0; s < job->shots.n; s++) {
        const fm_shot *shot = &job->shots.shot[s];
        double time_s[4];
        for (size_t r = 0; r < 4; r++) {
            time_s[r] = (double)job->shots.row[shot->begin + r];
        }
        const fm_shot_result result = {.shot = s,
                                       .n = 4,
                                       .row = job->shots.row + shot->begin,
                                       .time_s = time_s,
                                       .pair_status = status};
        assert_int_equal(fm_result_add(file, &result, NULL), FM_OK);
    }
}

static void hundreds_of_thousands_of_pairs_stand_in_their_rows(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fm_result_file *file;
    fm_error error = {0};
    make_many(&job);
    assert_int_equal(fm_result_create(path, &job, &file, &error), FM_OK);
    add_all(file, &job);
    if (fm_result_commit(file, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
    double *found = malloc(PAIRS * sizeof *found);
    hid_t opened = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = H5Dopen2(opened, "arrival", H5P_DEFAULT);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, found) >=
                0);
    H5Dclose(set);
    H5Fclose(opened);
    for (size_t p = 0; p < PAIRS; p++) {
        assert_true(found[p] == (double)p);
    }
    free(found);
    fm_job_clear(&job);
}

/* Change one value of a variable in the file that is not finished yet. */
static void change(const char *path, const char *variable, hsize_t row)
{
    int64_t value = 1 << 20;
    hsize_t one = 1;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, variable, H5P_DEFAULT);
    hid_t space = H5Dget_space(set);
    hid_t memory = H5Screate_simple(1, &one, NULL);
    H5Sselect_elements(space, H5S_SELECT_SET, 1, &row);
    assert_true(H5Dwrite(set, H5T_NATIVE_INT64, memory, space, H5P_DEFAULT, &value) >=
                0);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
}

static void a_change_is_noticed_in_the_last_block_as_well(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    make_many(&job);
    const hsize_t rows[] = {0, PAIRS / 2, PAIRS - 1};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fm_result_file *file;
        fm_error error = {0};
        assert_int_equal(fm_result_create(path, &job, &file, &error), FM_OK);
        change(fm_result_temporary(file), "arrival_source", rows[i]);
        add_all(file, &job);
        assert_int_equal(fm_result_commit(file, &error), FM_IO_FAILED);
        assert_non_null(strstr(error.message, "arrival_source"));
        assert_int_equal(folder_count(*state), 0);
    }
    fm_job_clear(&job);
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(hundreds_of_thousands_of_pairs_stand_in_their_rows),
        IN_FOLDER(a_change_is_noticed_in_the_last_block_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
