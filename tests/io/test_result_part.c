/* What is kept of a run that was interrupted: it has a name of its own, and says which
 * shots are not in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "folder_fixture.h"
#include "io/inspect.h"
#include "io/result.h"
#include "result_fixture.h"

static const fixture_options everything = {
    .geometry = FM_CARTESIAN, .fields = true, .times = true};

/* A result of which the shot 0 alone was done; it is to be set aside if `aside`. */
static fm_result_file *begin(const char *path, const fm_job *job, bool aside)
{
    fm_result_file *file = NULL;
    fm_error error = {0};
    fixture_shot shot;
    assert_int_equal(fm_result_create(path, job, &file, &error), FM_OK);
    fixture_shot_make(job, 0, &shot);
    assert_int_equal(fm_result_add(file, &shot.result, &error), FM_OK);
    fixture_shot_clear(&shot);
    if (aside) {
        assert_int_equal(fm_result_set_aside(file, &error), FM_OK);
    }
    return file;
}

static void commit(fm_result_file *file)
{
    fm_error error = {0};
    if (fm_result_commit(file, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
}

static void what_is_set_aside_leaves_the_name_to_the_file_that_has_it(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const char *part = folder_path(*state, "a.h5.part");
    fm_job job;
    struct stat status;
    FILE *old = fopen(path, "w");
    fputs("old", old);
    fclose(old);
    fixture_make(&everything, &job);
    fm_result_file *file = begin(path, &job, true);
    assert_string_equal(fm_result_name(file), part);
    assert_int_not_equal(access(part, F_OK), 0);
    commit(file);
    assert_int_equal(access(part, F_OK), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 3);
    assert_int_equal(folder_count(*state), 2);
    fm_job_clear(&job);
}

static void what_is_set_aside_is_a_whole_file_with_the_others_not_done(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    uint8_t states[3];
    fixture_make(&everything, &job);
    commit(begin(path, &job, true));
    commit(begin(path, &job, false));
    folder_assert_same_bytes(folder_path(*state, "a.h5.part"), path);
    hid_t file = H5Fopen(folder_path(*state, "a.h5.part"), H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    assert_true(H5LTread_dataset(file, "source_status", H5T_NATIVE_UINT8, states) >= 0);
    assert_int_equal(H5Fclose(file), 0);
    const uint8_t expected[] = {1, 0, 0};
    assert_memory_equal(states, expected, 3);
    fm_job_clear(&job);
}

static void info_tells_what_it_has(void **state)
{
    fm_job job;
    fm_error error = {0};
    char text[4096];
    fixture_make(&everything, &job);
    commit(begin(folder_path(*state, "a.h5"), &job, true));
    FILE *stream = tmpfile();
    assert_int_equal(fm_inspect(folder_path(*state, "a.h5.part"), stream, &error),
                     FM_OK);
    rewind(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    assert_non_null(strstr(text, "sources     3: 1 done, 2 not done"));
    fm_job_clear(&job);
}

static void a_link_is_followed_and_the_part_is_beside_the_file(void **state)
{
    const char *link = folder_path(*state, "link.h5");
    fm_job job;
    fclose(fopen(folder_path(*state, "a.h5"), "w"));
    assert_int_equal(symlink("a.h5", link), 0);
    fixture_make(&everything, &job);
    fm_result_file *file = begin(link, &job, true);
    assert_non_null(strstr(fm_result_name(file), "/a.h5.part"));
    commit(file);
    assert_int_equal(access(folder_path(*state, "a.h5.part"), F_OK), 0);
    fm_job_clear(&job);
}

static void make_old(const char *path, long age_s)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    const struct timespec times[] = {{.tv_sec = time(NULL) - age_s},
                                     {.tv_sec = time(NULL) - age_s}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void what_killed_runs_left_is_removed_after_a_day(void **state)
{
    enum { DAY = 24 * 3600 };
    const char *stays[] = {".b.h5.part-12", ".a.h5.part", "a.h5.part-12",
                           ".a.h5.part-34", "a.h5.part"};
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++) {
        make_old(folder_path(*state, stays[i]), i == 3 ? DAY - 600 : 2 * DAY);
    }
    make_old(folder_path(*state, ".a.h5.part-12"), DAY + 600);
    make_old(folder_path(*state, ".a.h5.part-12-2"), 20 * DAY);
    fm_job job;
    fixture_make(&everything, &job);
    fm_result_discard(begin(folder_path(*state, "a.h5"), &job, false));
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++) {
        assert_int_equal(access(folder_path(*state, stays[i]), F_OK), 0);
    }
    assert_int_equal(folder_count(*state), 5);
    fm_job_clear(&job);
}

static void a_folder_of_that_name_is_refused_and_nothing_left(void **state)
{
    const char *part = folder_path(*state, "a.h5.part");
    fm_job job;
    fm_error error = {0};
    assert_int_equal(mkdir(part, 0777), 0);
    fixture_make(&everything, &job);
    fm_result_file *file = begin(folder_path(*state, "a.h5"), &job, false);
    assert_int_equal(fm_result_set_aside(file, &error), FM_BAD_INPUT);
    assert_memory_equal(error.message, part, strlen(part));
    fm_result_discard(file);
    assert_int_equal(folder_count(*state), 1);
    fm_job_clear(&job);
}

int main(void)
{
#define IN_A_FOLDER(test)                                                              \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(what_is_set_aside_leaves_the_name_to_the_file_that_has_it),
        IN_A_FOLDER(what_is_set_aside_is_a_whole_file_with_the_others_not_done),
        IN_A_FOLDER(info_tells_what_it_has),
        IN_A_FOLDER(a_link_is_followed_and_the_part_is_beside_the_file),
        IN_A_FOLDER(what_killed_runs_left_is_removed_after_a_day),
        IN_A_FOLDER(a_folder_of_that_name_is_refused_and_nothing_left),
    };
#undef IN_A_FOLDER
    return cmocka_run_group_tests(tests, NULL, NULL);
}
