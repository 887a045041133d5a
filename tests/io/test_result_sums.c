/* The sums over sources in a result file: each in its map, and how many sources they
 * are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "folder_fixture.h"
#include "io/inspect.h"
#include "io/result.h"
#include "result_fixture.h"

enum { NODES = FIXTURE_ROWS * FIXTURE_COLUMNS };

static const fixture_options sum_alone = {
    .geometry = FM_CARTESIAN, .sum = true, .masked = true};

/* A file of the first n shots, the sums over as many. */
static void write_result(const char *path, const fm_job *job, size_t n, bool sums_first)
{
    fm_result_file *file;
    fm_error error = {0};
    assert_int_equal(fm_result_create(path, job, &file, &error), FM_OK);
    fm_shot_sums sums = fixture_sums_make(job, n);
    if (sums_first) {
        assert_int_equal(fm_result_add_sums(file, &sums, &error), FM_OK);
    }
    for (size_t s = 0; s < n; s++) {
        fixture_shot shot;
        fixture_shot_make(job, s, &shot);
        assert_int_equal(fm_result_add(file, &shot.result, &error), FM_OK);
        fixture_shot_clear(&shot);
    }
    if (!sums_first) {
        assert_int_equal(fm_result_add_sums(file, &sums, &error), FM_OK);
    }
    free((void *)sums.exact);
    if (fm_result_commit(file, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
}

typedef struct maps {
    double sum[NODES], square_sum[NODES], mean[NODES], deviation[NODES];
    int count[NODES], sources;
} maps;

static maps read_maps(const char *path)
{
    maps m;
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    assert_true(H5LTread_dataset_double(file, "traveltime_sum", m.sum) >= 0);
    assert_true(H5LTread_dataset_double(file, "traveltime_square_sum", m.square_sum) >=
                0);
    assert_true(H5LTread_dataset_double(file, "traveltime_mean", m.mean) >= 0);
    assert_true(H5LTread_dataset_double(file, "traveltime_deviation", m.deviation) >=
                0);
    assert_true(H5LTread_dataset_int(file, "traveltime_count", m.count) >= 0);
    assert_true(H5LTread_dataset_int(file, "traveltime_sum_sources", &m.sources) >= 0);
    H5Fclose(file);
    return m;
}

/* Against the times themselves, in plain arithmetic. */
static void assert_maps(const maps *m, const fm_job *job, size_t n)
{
    const fm_grid *grid = &job->medium.grid;
    assert_int_equal(m->sources, n);
    for (size_t i = 0; i < NODES; i++) {
        if (i == FIXTURE_COLUMNS + 2 || n == 0) {
            assert_int_equal(m->count[i], 0);
            assert_true(isnan(m->sum[i]) && isnan(m->square_sum[i]));
            assert_true(isnan(m->mean[i]) && isnan(m->deviation[i]));
            continue;
        }
        fm_point point = {fm_grid_x(grid, i % FIXTURE_COLUMNS),
                          grid->z[i / FIXTURE_COLUMNS]};
        double sum = 0, square_sum = 0;
        for (size_t s = 0; s < n; s++) {
            double t =
                fm_distance(grid, job->survey.sources.point[s], point) / FIXTURE_SPEED;
            sum += t;
            square_sum += t * t;
        }
        double mean = sum / (double)n;
        double variance = square_sum / (double)n - mean * mean;
        assert_int_equal(m->count[i], n);
        /* What plain arithmetic on three times rounds is a few of 2^-53. */
        const double round = 8 * 0x1p-53;
        assert_true(fabs(m->sum[i] - sum) <= round * sum);
        assert_true(fabs(m->square_sum[i] - square_sum) <= round * square_sum);
        assert_true(fabs(m->mean[i] - mean) <= round * mean);
        assert_true(fabs(m->deviation[i] * m->deviation[i] - variance) <=
                    round * square_sum);
    }
}

static void sums_stand_in_their_maps(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fixture_make(&sum_alone, &job);
    for (size_t n = 0; n <= 3; n++) {
        write_result(path, &job, n, false);
        maps m = read_maps(path);
        assert_maps(&m, &job, n);
    }
    fm_job_clear(&job);
}

static void sums_that_never_came_are_missing(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fm_result_file *file;
    fixture_make(&sum_alone, &job);
    assert_int_equal(fm_result_create(path, &job, &file, NULL), FM_OK);
    assert_int_equal(fm_result_commit(file, NULL), FM_OK);
    maps m = read_maps(path);
    assert_maps(&m, &job, 0);
    fm_job_clear(&job);
}

static void sums_stand_beside_fields_and_times(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const char *other = folder_path(*state, "b.h5");
    const fm_geometry all[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    for (size_t g = 0; g < 3; g++) {
        fixture_options options = {.geometry = all[g],
                                   .sum = true,
                                   .fields = true,
                                   .times = true,
                                   .observed = true,
                                   .interface = true,
                                   .masked = true};
        fm_job job;
        fixture_make(&options, &job);
        write_result(path, &job, 3, false);
        maps m = read_maps(path);
        assert_maps(&m, &job, 3);
        write_result(other, &job, 3, true);
        folder_assert_same_bytes(path, other);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        double excess = fm_result_bytes(&job) - (double)status.st_size;
        assert_true(excess >= 0 && excess < 16e3);
        fm_job_clear(&job);
    }
}

static void without_sum_there_are_none(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const fixture_options options = {.geometry = FM_CARTESIAN, .times = true};
    fm_job job;
    fm_result_file *file;
    fixture_make(&options, &job);
    assert_int_equal(fm_result_create(path, &job, &file, NULL), FM_OK);
    assert_int_equal(fm_result_commit(file, NULL), FM_OK);
    hid_t read = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_int_equal(H5Lexists(read, "traveltime_sum", H5P_DEFAULT), 0);
    assert_int_equal(H5Lexists(read, "traveltime_sum_sources", H5P_DEFAULT), 0);
    H5Fclose(read);
    fm_job_clear(&job);
}

static void info_tells_of_the_sums(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const char *const lines[] = {"  sums        of 0 sources\n",
                                 "  sums        of 1 sources, mean 0 to 0.79",
                                 "  sums        of 2 sources, mean 0.125 to "};
    fm_job job;
    fixture_make(&sum_alone, &job);
    for (size_t n = 0; n < 3; n++) {
        char *text = NULL;
        size_t size = 0;
        write_result(path, &job, n, false);
        FILE *stream = open_memstream(&text, &size);
        assert_int_equal(fm_inspect(path, stream, NULL), FM_OK);
        fclose(stream);
        if (!strstr(text, lines[n]) ||
            (n == 1 && !strstr(text, "deviation up to 0 s"))) {
            fail_msg("\"%s\" is not in\n%s", lines[n], text);
        }
        free(text);
    }
    fm_job_clear(&job);
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(sums_stand_in_their_maps),
        IN_FOLDER(sums_that_never_came_are_missing),
        IN_FOLDER(sums_stand_beside_fields_and_times),
        IN_FOLDER(without_sum_there_are_none),
        IN_FOLDER(info_tells_of_the_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
