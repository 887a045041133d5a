/* What can go wrong with a result file: every fault is told in one message, and nothing
 * is left behind. */
#define _GNU_SOURCE /* unshare: a small disk of our own for the test of a full one */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <hdf5.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "folder_fixture.h"
#include "io/result.h"
#include "result_fixture.h"

static const fixture_options plain = {
    .geometry = FM_CARTESIAN, .fields = true, .times = true, .observed = true};
static const fixture_options everything = {.geometry = FM_CARTESIAN,
                                           .fields = true,
                                           .times = true,
                                           .observed = true,
                                           .derived = true};

/* All of it, up to the first failure. */
static fm_status write_all(const char *path, const fm_job *job, fm_error *error)
{
    fm_result_file *file;
    fm_status status = fm_result_create(path, job, &file, error);
    if (status != FM_OK) {
        return file ? FM_FAILED : status;
    }
    for (size_t s = 0; s < job->shots.n && status == FM_OK; s++) {
        fixture_shot shot;
        fixture_shot_make(job, s, &shot);
        status = fm_result_add(file, &shot.result, error);
        fixture_shot_clear(&shot);
    }
    if (status != FM_OK) {
        fm_result_discard(file);
        return status;
    }
    return fm_result_commit(file, error);
}

static void assert_refused(const char *path, const char *reason)
{
    fm_job job;
    fm_error error = {0};
    fixture_make(&everything, &job);
    assert_int_equal(write_all(path, &job, &error), FM_BAD_INPUT);
    assert_int_equal(error.status, FM_BAD_INPUT);
    assert_memory_equal(error.message, path, strlen(path));
    if (!strstr(error.message, reason)) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, reason);
    }
    assert_int_equal(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    fm_job_clear(&job);
}

static void a_folder_that_does_not_exist_is_named(void **state)
{
    assert_refused(folder_path(*state, "nowhere/a.h5"), "No such file or directory");
    assert_int_equal(folder_count(*state), 0);
    fclose(fopen(folder_path(*state, "file"), "w"));
    assert_refused(folder_path(*state, "file/a.h5"), "Not a directory");
    assert_int_equal(folder_count(*state), 1);
}

static void a_folder_is_no_file(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    assert_int_equal(mkdir(path, 0777), 0);
    assert_refused(path, "folder");
    assert_refused(folder_path(*state, "b.h5/"), "folder");
    assert_refused("", "folder");
    assert_int_equal(folder_count(*state), 1);
}

/* A pipe stands for all that is neither file nor folder, /dev/null among it: a test
 * that fails must not be able to do harm. */
static void what_is_no_regular_file_is_not_replaced(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    struct stat status;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(path, "not a regular file");
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
}

static void a_folder_without_permission_is_told(void **state)
{
    const char *path = folder_path(*state, "closed/a.h5");
    const char *folder = folder_path(*state, "closed");
    assert_int_equal(mkdir(folder, 0555), 0);
    bool root = geteuid() == 0;
    if (root) {
        assert_int_equal(chmod(folder_path(*state, "."), 0755), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    assert_refused(path, "Permission denied");
    if (root) {
        assert_int_equal(seteuid(0), 0);
    }
}

/* The name is good, the system has no means left: not the user's fault. */
static void a_limit_on_open_files_is_no_fault_of_the_name(void **state)
{
    fm_job job;
    fm_error error = {0};
    struct rlimit limit;
    fixture_make(&everything, &job);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    fm_status status = write_all(folder_path(*state, "a.h5"), &job, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(status, FM_IO_FAILED);
    assert_non_null(strstr(error.message, "Too many open files"));
    fm_job_clear(&job);
}

/* ---- no room ---- */

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* At every limit on the size of a file there is a whole file or none. */
static void a_limit_on_the_size_is_told_at_once(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const char *whole = folder_path(*state, "whole.h5");
    fm_job job;
    fm_error error = {0};
    struct stat status;
    fixture_make(&plain, &job);
    assert_int_equal(write_all(whole, &job, &error), FM_OK);
    assert_int_equal(stat(whole, &status), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t bytes = 0; bytes <= (rlim_t)status.st_size; bytes += 97) {
        fm_result_file *file;
        limit_file_size(bytes);
        fm_status result = fm_result_create(path, &job, &file, &error);
        limit_file_size(RLIM_INFINITY);
        assert_int_equal(result, FM_IO_FAILED);
        assert_null(file);
        assert_memory_equal(error.message, path, strlen(path));
        assert_int_equal(folder_count(*state), 1);
        assert_int_equal(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    }
    limit_file_size((rlim_t)fm_result_bytes(&job) + 1);
    assert_int_equal(write_all(path, &job, &error), FM_OK);
    limit_file_size(RLIM_INFINITY);
    signal(SIGXFSZ, SIG_DFL);
    folder_assert_same_bytes(path, whole);
    fm_job_clear(&job);
}

static void a_write_that_fails_later_is_told_and_nothing_left(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fm_error error = {0};
    fm_result_file *file;
    fixture_shot shot;
    fixture_make(&plain, &job);
    fixture_shot_make(&job, 2, &shot);
    assert_int_equal(fm_result_create(path, &job, &file, &error), FM_OK);
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(100);
    fm_status added = fm_result_add(file, &shot.result, &error);
    fm_status committed = fm_result_commit(file, &error);
    limit_file_size(RLIM_INFINITY);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(added, FM_OK); /* it is written behind our back ... */
    assert_int_equal(committed, FM_IO_FAILED);
    assert_memory_equal(error.message, path, strlen(path));
    assert_non_null(strstr(error.message, "cannot be written: File too large"));
    assert_int_equal(folder_count(*state), 0);
    fixture_shot_clear(&shot);
    fm_job_clear(&job);
}

/* How long rays are is not known at the beginning, so it is told when it is; but there
 * is a whole file or none. */
static void with_rays_a_limit_on_the_size_leaves_a_whole_file_or_none(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const char *whole = folder_path(*state, "whole.h5");
    fm_job job;
    fm_error error = {0};
    struct stat status;
    size_t refused = 0;
    fixture_make(&everything, &job);
    assert_int_equal(write_all(whole, &job, &error), FM_OK);
    assert_int_equal(stat(whole, &status), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t bytes = 0; bytes < (rlim_t)status.st_size; bytes += 1009) {
        limit_file_size(bytes);
        fm_status result = write_all(path, &job, &error);
        limit_file_size(RLIM_INFINITY);
        assert_int_equal(result, FM_IO_FAILED);
        assert_memory_equal(error.message, path, strlen(path));
        assert_int_equal(folder_count(*state), 1);
        refused++;
    }
    assert_true(refused > 10);
    limit_file_size((rlim_t)fm_result_bytes(&job) + 1);
    assert_int_equal(write_all(path, &job, &error), FM_OK);
    limit_file_size(RLIM_INFINITY);
    signal(SIGXFSZ, SIG_DFL);
    folder_assert_same_bytes(path, whole);
    fm_job_clear(&job);
}

/* The end of a child process that tries a disk of a few pages. */
enum { REFUSED_WELL, WRITTEN, WRONG, NO_DISK };

static int write_on_disk_of(int pages, const char *disk, const fm_job *job)
{
    char path[600], options[32];
    fm_error error = {0};
    snprintf(path, sizeof path, "%s/a.h5", disk);
    snprintf(options, sizeof options, "size=%dk", 4 * pages);
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", disk, "tmpfs", 0, options) != 0) {
        return NO_DISK;
    }
    fm_status status = write_all(path, job, &error);
    size_t left = folder_entries(disk);
    if (status == FM_OK) {
        return left == 1 && access(path, F_OK) == 0 ? WRITTEN : WRONG;
    }
    if (status != FM_IO_FAILED) {
        return WRONG;
    }
    return left == 0 && strstr(error.message, "No space left") ? REFUSED_WELL : WRONG;
}

static int outcome_on_disk_of(int pages, const char *disk, const fm_job *job)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        _exit(write_on_disk_of(pages, disk, job));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : WRONG;
}

static void a_full_disk_is_told_and_nothing_left(void **state)
{
    const char *disk = folder_path(*state, "disk");
    assert_int_equal(mkdir(disk, 0777), 0);
    fm_job job;
    fixture_make(&everything, &job);
    int outcome = REFUSED_WELL;
    for (int pages = 1; pages <= 40 && outcome == REFUSED_WELL; pages++) {
        outcome = outcome_on_disk_of(pages, disk, &job);
    }
    fm_job_clear(&job);
    if (outcome == NO_DISK) {
        skip(); /* only root may mount one */
    }
    assert_int_equal(outcome, WRITTEN);
}

/* ---- what others do ---- */

/* The temporary file, of which there is exactly one. */
static void find_part(const void *state, char *path, size_t size)
{
    const char *pattern = folder_path(state, ".a.h5.part-");
    snprintf(path, size, "%s%ld", pattern, (long)getpid());
    assert_int_equal(access(path, F_OK), 0);
}

static void flip_bit(const char *path, const char *variable, size_t byte)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, variable, H5P_DEFAULT);
    off_t offset = (off_t)H5Dget_offset(set) + (off_t)byte;
    H5Dclose(set);
    H5Fclose(file);
    unsigned char value;
    int descriptor = open(path, O_RDWR);
    assert_int_equal(pread(descriptor, &value, 1, offset), 1);
    value ^= 1;
    assert_int_equal(pwrite(descriptor, &value, 1, offset), 1);
    close(descriptor);
}

/* The field of source 0 goes to the file behind our back, too: wait until it is there.
 */
static void wait_until_written(const char *path, const void *field, size_t size)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, "traveltime", H5P_DEFAULT);
    off_t offset = (off_t)H5Dget_offset(set);
    H5Dclose(set);
    H5Fclose(file);
    char *found = malloc(size);
    int descriptor = open(path, O_RDONLY);
    for (int i = 0; i < 60000; i++) {
        assert_int_equal(pread(descriptor, found, size, offset), size);
        if (memcmp(found, field, size) == 0) {
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_memory_equal(found, field, size);
    close(descriptor);
    free(found);
}

static void what_is_changed_behind_our_back_is_noticed(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const char *variables[] = {"x",         "source",         "speed",
                               "source_x",  "arrival_source", "arrival_observed",
                               "traveltime"};
    fm_job job;
    fixture_make(&everything, &job);
    for (size_t v = 0; v < sizeof variables / sizeof variables[0]; v++) {
        fm_result_file *file;
        fixture_shot shot;
        fm_error error = {0};
        char part[600];
        assert_int_equal(fm_result_create(path, &job, &file, &error), FM_OK);
        fixture_shot_make(&job, 0, &shot);
        assert_int_equal(fm_result_add(file, &shot.result, &error), FM_OK);
        find_part(*state, part, sizeof part);
        wait_until_written(part, shot.result.field,
                           sizeof(float) * FIXTURE_ROWS * FIXTURE_COLUMNS);
        fixture_shot_clear(&shot);
        flip_bit(part, variables[v], 5);
        assert_int_equal(fm_result_commit(file, &error), FM_IO_FAILED);
        assert_non_null(strstr(error.message, variables[v]));
        assert_non_null(strstr(error.message, "is not what was written"));
        assert_int_equal(folder_count(*state), 0);
    }
    fm_job_clear(&job);
}

static void change_units_of_x(hid_t file)
{
    hid_t set = H5Dopen2(file, "x", H5P_DEFAULT);
    hid_t attribute = H5Aopen(set, "units", H5P_DEFAULT);
    hid_t type = H5Aget_type(attribute);
    assert_int_equal(H5Tget_size(type), 2);
    assert_int_equal(H5Awrite(attribute, type, "mm"), 0);
    H5Tclose(type);
    H5Aclose(attribute);
    H5Dclose(set);
}

static void change_an_id(hid_t file)
{
    const char *id[] = {"S1", "S2", "S3"};
    hid_t set = H5Dopen2(file, "source_id", H5P_DEFAULT);
    hid_t type = H5Dget_type(set);
    assert_int_equal(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, id), 0);
    H5Tclose(type);
    H5Dclose(set);
}

static void texts_changed_behind_our_back_are_noticed(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    void (*const change[])(hid_t) = {change_units_of_x, change_an_id};
    const char *const named[] = {"units", "source_id"};
    fm_job job;
    fixture_make(&everything, &job);
    for (size_t c = 0; c < 2; c++) {
        fm_result_file *file;
        fm_error error = {0};
        char part[600];
        assert_int_equal(fm_result_create(path, &job, &file, &error), FM_OK);
        find_part(*state, part, sizeof part);
        hid_t other = H5Fopen(part, H5F_ACC_RDWR, H5P_DEFAULT);
        change[c](other);
        H5Fclose(other);
        assert_int_equal(fm_result_commit(file, &error), FM_IO_FAILED);
        assert_non_null(strstr(error.message, named[c]));
        assert_int_equal(folder_count(*state), 0);
    }
    fm_job_clear(&job);
}

/* Send what would be printed to a file; give back what was the standard error. */
static int redirect_stderr(const char *path)
{
    int kept = dup(STDERR_FILENO);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(descriptor, STDERR_FILENO);
    close(descriptor);
    return kept;
}

static void hdf5_does_not_print_what_we_report(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    const char *printed = folder_path(*state, "printed");
    fm_job job;
    fm_result_file *file;
    fm_error error = {0};
    char part[600];
    struct stat status;
    fixture_make(&everything, &job);
    assert_int_equal(fm_result_create(path, &job, &file, &error), FM_OK);
    find_part(*state, part, sizeof part);
    assert_int_equal(truncate(part, 200), 0);
    int kept = redirect_stderr(printed);
    fm_status committed = fm_result_commit(file, &error);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_int_equal(committed, FM_IO_FAILED);
    assert_int_equal(stat(printed, &status), 0);
    assert_int_equal(status.st_size, 0);
    fm_job_clear(&job);
}

static void a_file_cut_short_is_noticed(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fm_result_file *file;
    fm_error error = {0};
    char part[600];
    struct stat status;
    fixture_make(&everything, &job);
    assert_int_equal(fm_result_create(path, &job, &file, &error), FM_OK);
    find_part(*state, part, sizeof part);
    assert_int_equal(stat(part, &status), 0);
    assert_int_equal(truncate(part, status.st_size / 2), 0);
    assert_int_equal(fm_result_commit(file, &error), FM_IO_FAILED);
    assert_int_equal(folder_count(*state), 0);
    fm_job_clear(&job);
}

static void what_a_killed_run_left_is_in_nobodys_way(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    fm_job job;
    fm_error error = {0};
    fm_result_file *file;
    fixture_make(&everything, &job);
    char left[600];
    snprintf(left, sizeof left, "%s%ld", folder_path(*state, ".a.h5.part-"),
             (long)getpid());
    fclose(fopen(left, "w")); /* as if by a process that had our number */
    pid_t child = fork();
    if (child == 0) {
        (void)fm_result_create(path, &job, &file, NULL);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(folder_count(*state), 2);
    assert_int_equal(write_all(path, &job, &error), FM_OK);
    assert_int_equal(folder_count(*state), 3);
    assert_int_equal(access(left, F_OK), 0);
    fm_job_clear(&job);
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_folder_that_does_not_exist_is_named),
        IN_FOLDER(a_folder_is_no_file),
        IN_FOLDER(what_is_no_regular_file_is_not_replaced),
        IN_FOLDER(a_folder_without_permission_is_told),
        IN_FOLDER(a_limit_on_open_files_is_no_fault_of_the_name),
        IN_FOLDER(a_limit_on_the_size_is_told_at_once),
        IN_FOLDER(with_rays_a_limit_on_the_size_leaves_a_whole_file_or_none),
        IN_FOLDER(a_write_that_fails_later_is_told_and_nothing_left),
        IN_FOLDER(a_full_disk_is_told_and_nothing_left),
        IN_FOLDER(what_is_changed_behind_our_back_is_noticed),
        IN_FOLDER(texts_changed_behind_our_back_are_noticed),
        IN_FOLDER(hdf5_does_not_print_what_we_report),
        IN_FOLDER(a_file_cut_short_is_noticed),
        IN_FOLDER(what_a_killed_run_left_is_in_nobodys_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
