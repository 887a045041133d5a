/* What the program says about a file: the numbers that are in it, and for a file that
 * is nothing of ours a clear no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classic_fixture.h"
#include "folder_fixture.h"
#include "io/inspect.h"
#include "io/result.h"
#include "result_fixture.h"

/* What fm_inspect prints; the caller frees it. */
static char *inspect(const char *path, fm_status expected, fm_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    *error = (fm_error){0};
    fm_status status = fm_inspect(path, stream, error);
    fclose(stream);
    if (status != expected) {
        fail_msg("%s: %s", fm_status_name(status), error->message);
    }
    assert_int_equal(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    return text;
}

static void assert_says(const char *path, const char *const *lines, size_t n)
{
    fm_error error;
    char *text = inspect(path, FM_OK, &error);
    for (size_t i = 0; i < n; i++) {
        if (!strstr(text, lines[i])) {
            fail_msg("\"%s\" is not in\n%s", lines[i], text);
        }
    }
    free(text);
}

#define ASSERT_SAYS(path, lines)                                                       \
    assert_says((path), (lines), sizeof(lines) / sizeof((lines)[0]))

static void assert_refuses(const char *path, fm_status status, const char *reason)
{
    fm_error error;
    char *text = inspect(path, status, &error);
    assert_string_equal(text, "");
    assert_memory_equal(error.message, path, strlen(path));
    if (!strstr(error.message, reason)) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, reason);
    }
    free(text);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_result(const char *path, const fixture_options *options, size_t shots)
{
    fm_job job;
    fm_result_file *file;
    fm_error error = {0};
    fixture_make(options, &job);
    assert_int_equal(fm_result_create(path, &job, &file, &error), FM_OK);
    for (size_t s = 0; s < shots; s++) {
        fixture_shot shot;
        fixture_shot_make(&job, s, &shot);
        assert_int_equal(fm_result_add(file, &shot.result, &error), FM_OK);
        fixture_shot_clear(&shot);
    }
    assert_int_equal(fm_result_commit(file, &error), FM_OK);
    fm_job_clear(&job);
}

static void a_result_tells_its_survey_and_what_was_done(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const fixture_options options = {
        .geometry = FM_GEOGRAPHIC, .fields = true, .times = true, .masked = true};
    const char *const lines[] = {
        "travel times by fermat ",
        "geometry    geographic, radius 6371 km\n",
        "lon         7 values, 110 to 116 degrees_east\n",
        "lat         5 values, -30 to -22 degrees_north\n",
        "speed       5 x 7 nodes, 4 to 4 km/s, 1 nodes masked\n",
        "sources     3: 2 done, 1 not done\n",
        "receivers   4\n",
        "pairs       8: 4 reached, 4 not done; times ",
        "fields      3 x 5 x 7, 4 bytes each, 0 to ",
        "reciprocity not used\n",
    };
    write_result(path, &options, 2);
    ASSERT_SAYS(path, lines);
}

static void a_result_without_fields_or_pairs_says_so(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const fixture_options times = {
        .geometry = FM_POLAR, .times = true, .interface = true};
    const fixture_options nothing = {.geometry = FM_CARTESIAN};
    const char *const lines[] = {"4 to 5 km/s, 1 interfaces\n", "fields      none\n",
                                 "angle       7 values"};
    const char *const fewer[] = {"geometry    cartesian\n",
                                 "sources     3: 3 not done\n"};
    write_result(path, &times, 2);
    ASSERT_SAYS(path, lines);
    write_result(path, &nothing, 0);
    ASSERT_SAYS(path, fewer);
}

static void an_hdf5_model_shows_its_coordinates_as_they_stand(void **state)
{
    const char *path = folder_path(*state, "m.h5");
    const double speed[6] = {3, 3.5, 0, 4, 4.25, 5};
    const double x[3] = {100, 200, 300}, z[2] = {-10, 10};
    const hsize_t shape[2] = {2, 3};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5LTmake_dataset_double(file, "vp", 2, shape, speed);
    H5LTmake_dataset_double(file, "z", 1, shape, z);
    H5LTmake_dataset_double(file, "x", 1, shape + 1, x);
    H5LTset_attribute_string(file, "vp", "units", "km/s");
    H5LTset_attribute_string(file, "x", "units", "m");
    H5Fclose(file);
    const char *const lines[] = {
        "a model", "vp          2 x 3 nodes, 3 to 5 km/s, 1 nodes masked\n",
        "z           2 values, -10 to 10 (no unit)\n",
        "x           3 values, 100 to 300 m\n"};
    ASSERT_SAYS(path, lines);
}

/* Also without the help of its name. */
static void a_classic_netcdf_model_shows_the_same(void **state)
{
    const char *path = make_classic(*state, "nc3", classic_usual);
    const char *other = folder_path(*state, "model");
    const char *const lines[] = {"a model, HDF5 or netCDF\n",
                                 "speed       4 x 5 nodes, 108 to 131 km/s\n",
                                 "z           4 values, 1 to 2.5 (no unit)\n",
                                 "x           5 values, -2 to 6 km\n"};
    ASSERT_SAYS(path, lines);
    assert_int_equal(rename(path, other), 0);
    ASSERT_SAYS(other, lines);
}

static void a_vtx_model_shows_vertices_and_extent(void **state)
{
    const char *path = folder_path(*state, "m.vtx");
    char text[2000] = "2 3\n-10 110\n5 2\n";
    for (int i = 0; i < 4 * 5; i++) {
        strcat(text, i == 7 ? "3.5 0.1\n" : "3 0.1\n");
    }
    write_text(path, text);
    const char *const lines[] = {
        "2 x 3 and a ring", "west-east   110 to 114, every 2\n",
        "south-north -15 to -10, every 5\n", "speeds      3 to 3.5 (coefficients)\n"};
    ASSERT_SAYS(path, lines);
}

static void a_profile_shows_knots_depths_and_jumps(void **state)
{
    const char *path = folder_path(*state, "m.csv");
    write_text(path, "depth_km,vp_km_s\n2,5\n20,5.5\n20,6.5\n35,8\n");
    const char *const lines[] = {"knots       4, 1 discontinuities\n",
                                 "depth       2 to 35 km\n",
                                 "speed       5 to 8 km/s\n"};
    ASSERT_SAYS(path, lines);
}

static void what_is_nothing_of_ours_is_refused(void **state)
{
    assert_refuses(folder_path(*state, "nowhere.xyz"), FM_IO_FAILED, "No such file");
    const char *text = folder_path(*state, "a.xyz");
    write_text(text, "hello");
    assert_refuses(text, FM_BAD_INPUT, "neither a result file nor a model");
    const char *fake = folder_path(*state, "a.h5");
    write_text(fake, "hello");
    assert_refuses(fake, FM_BAD_INPUT, "neither netCDF nor HDF5");
    const char *table = folder_path(*state, "a.csv");
    write_text(table, "id,x,z\nA,1,2\n");
    assert_refuses(table, FM_BAD_INPUT, "depth_km");
    write_text(table, "depth_km,vp_km_s\n");
    assert_refuses(table, FM_BAD_INPUT, "without rows");
}

static void a_result_cut_short_is_refused(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const fixture_options options = {
        .geometry = FM_CARTESIAN, .fields = true, .times = true};
    struct stat status;
    write_result(path, &options, 3);
    assert_int_equal(stat(path, &status), 0);
    for (off_t size = status.st_size - 1; size > 100; size -= 1009) {
        assert_int_equal(truncate(path, size), 0);
        assert_refuses(path, FM_BAD_INPUT, "cut short");
    }
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_result_tells_its_survey_and_what_was_done),
        IN_FOLDER(a_result_without_fields_or_pairs_says_so),
        IN_FOLDER(an_hdf5_model_shows_its_coordinates_as_they_stand),
        IN_FOLDER(a_classic_netcdf_model_shows_the_same),
        IN_FOLDER(a_vtx_model_shows_vertices_and_extent),
        IN_FOLDER(a_profile_shows_knots_depths_and_jumps),
        IN_FOLDER(what_is_nothing_of_ours_is_refused),
        IN_FOLDER(a_result_cut_short_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
