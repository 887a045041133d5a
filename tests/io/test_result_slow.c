/* A disk that is slow, or fails, while workers march. The disk is a double: pwrite and
 * fm_solver_march are wrapped by the linker, the first hangs or fails as a test wants
 * it, the second counts. The counts are in memory shared with worker processes. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>

#include "fmm/solver.h"
#include "folder_fixture.h"
#include "io/result.h"
#include "result_fixture.h"

enum { SHOTS = 40, FIELD_BYTES = sizeof(float) * FIXTURE_ROWS * FIXTURE_COLUMNS };

typedef struct double_of_disk {
    atomic_size_t marches; /* begun by any worker */
    /* The first field hangs until so many were begun (0: not at all), */
    size_t hang_until;
    bool hung_in_vain;
    size_t fail_at; /* and the n'th, from 0, finds the disk full; SHOTS: none does. */
    size_t fields;  /* that came to be written */
} double_of_disk;

static double_of_disk *disk;

fm_status __real_fm_solver_march(fm_solver *solver, fm_point source,
                                 const fm_point *receivers, size_t n, fm_error *error);
fm_status __wrap_fm_solver_march(fm_solver *solver, fm_point source,
                                 const fm_point *receivers, size_t n, fm_error *error);
ssize_t __real_pwrite(int descriptor, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int descriptor, const void *bytes, size_t size, off_t offset);

fm_status __wrap_fm_solver_march(fm_solver *solver, fm_point source,
                                 const fm_point *receivers, size_t n, fm_error *error)
{
    atomic_fetch_add(&disk->marches, 1);
    return __real_fm_solver_march(solver, source, receivers, n, error);
}

/* A minute is for machines that are very busy; who writes where he marches waits it
 * out. */
static void hang(void)
{
    for (int i = 0; i < 60000; i++) {
        if (atomic_load(&disk->marches) >= disk->hang_until) {
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    disk->hung_in_vain = true;
}

/* Nothing else in the file has the size of a field. */
ssize_t __wrap_pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
    if (size == FIELD_BYTES) {
        size_t i = disk->fields++;
        if (i == 0 && disk->hang_until > 0) {
            hang();
        }
        if (i == disk->fail_at) {
            errno = ENOSPC;
            return -1;
        }
    }
    return __real_pwrite(descriptor, bytes, size, offset);
}

static fm_status take_shot(void *context, const fm_shot_result *result, fm_error *error)
{
    assert_int_equal(result->status, FM_OK);
    return fm_result_add(context, result, error);
}

/* March all shots into a file; what fails is told. */
static fm_status run(const char *path, const char *backend, double_of_disk behaviour,
                     fm_error *error)
{
    const fixture_options options = {
        .geometry = FM_CARTESIAN, .fields = true, .times = true, .nsources = SHOTS};
    *disk = behaviour;
    fm_job job;
    fm_pool *pool;
    fm_result_file *file;
    assert_int_equal(fm_pool_open(backend, fm_forward_kernels(), &pool, error), FM_OK);
    fixture_make(&options, &job);
    job.spec.solver = fm_solver_defaults();
    assert_int_equal(fm_result_create(path, &job, &file, error), FM_OK);
    const fm_forward_sink sink = {.context = file, .shot = take_shot};
    fm_status status = fm_forward_run(&job, pool, &sink, error);
    if (status == FM_OK) {
        status = fm_result_commit(file, error);
    } else {
        fm_result_discard(file);
    }
    fm_pool_close(pool, false);
    fm_job_clear(&job);
    return status;
}

static const char *const backends[] = {"serial", "threads:2", "processes:2"};
enum { BACKENDS = sizeof backends / sizeof *backends };

/* Of a queue that has room, that is. */
static void every_shot_is_marched_while_the_first_field_waits_for_the_disk(void **state)
{
    const char *at_once = folder_path(*state, "at_once.h5");
    const char *late = folder_path(*state, "late.h5");
    fm_error error = {0};
    assert_int_equal(run(at_once, "serial", (double_of_disk){.fail_at = SHOTS}, &error),
                     FM_OK);
    for (size_t b = 0; b < BACKENDS; b++) {
        const double_of_disk slow = {.hang_until = SHOTS, .fail_at = SHOTS};
        assert_int_equal(run(late, backends[b], slow, &error), FM_OK);
        assert_false(disk->hung_in_vain);
        assert_int_equal(disk->marches, SHOTS);
        assert_int_equal(disk->fields, SHOTS);
        folder_assert_same_bytes(at_once, late);
    }
}

static void a_disk_that_gets_full_is_told_whoever_marches(void **state)
{
    const char *path = folder_path(*state, "a.h5");
    char expected[600];
    snprintf(expected, sizeof expected, "%s: cannot be written: %s", path,
             strerror(ENOSPC));
    for (size_t b = 0; b < BACKENDS; b++) {
        const size_t places[] = {0, 1, SHOTS / 2, SHOTS - 1};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            fm_error error = {0};
            const double_of_disk full = {.fail_at = places[i]};
            assert_int_equal(run(path, backends[b], full, &error), FM_IO_FAILED);
            assert_int_equal(error.status, FM_IO_FAILED);
            assert_string_equal(error.message, expected);
            assert_int_equal(disk->fields, places[i] + 1); /* and none after it */
            assert_int_equal(folder_count(*state), 0);
        }
    }
}

/* ---- what may wait ---- */

static void what_fields_may_take_while_they_wait_is_bounded(void **state)
{
    (void)state;
    fixture_options options = {
        .geometry = FM_CARTESIAN, .fields = true, .nsources = SHOTS};
    fm_job job;
    fixture_make(&options, &job);
    assert_true(fm_result_queue_bytes(&job) == (double)SHOTS * FIELD_BYTES);
    job.medium.grid.nx = 1024; /* 4 MB: as many as make 32 MB */
    job.medium.grid.nz = 1024;
    assert_true(fm_result_queue_bytes(&job) == 32.0 * 1024 * 1024);
    job.medium.grid.nx = 8192; /* 32 MB: four */
    assert_true(fm_result_queue_bytes(&job) == 128.0 * 1024 * 1024);
    job.spec.want_fields = false;
    assert_true(fm_result_queue_bytes(&job) == 0);
    job.medium.grid.nx = FIXTURE_COLUMNS;
    job.medium.grid.nz = FIXTURE_ROWS;
    fm_job_clear(&job);
}

static int share_disk(void **state)
{
    (void)state;
    void *memory = mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    disk = memory;
    return memory == MAP_FAILED ? -1 : 0;
}

static int unshare_disk(void **state)
{
    (void)state;
    return munmap(disk, sizeof *disk);
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_shot_is_marched_while_the_first_field_waits_for_the_disk),
        IN_FOLDER(a_disk_that_gets_full_is_told_whoever_marches),
        cmocka_unit_test(what_fields_may_take_while_they_wait_is_bounded),
    };
    return cmocka_run_group_tests(tests, share_disk, unshare_disk);
}
