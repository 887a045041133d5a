/* Opening, sharing, workspaces and closing on every backend; then, once, the specs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

enum { COUNT = 100 };

static const fm_kernels no_kernels = {NULL, 0};

typedef struct seen {
    size_t delivered, failed, expected;
} seen;

static fm_status see_expected(void *context, const fm_task_result *result,
                              fm_error *error)
{
    (void)error;
    seen *s = context;
    assert_int_equal(result->status, FM_OK);
    assert_int_equal(number_of(result->bytes), s->expected);
    s->delivered++;
    return FM_OK;
}

/* ---- on every backend ---- */

/* "threads:7", "mpi,workers-per-rank=2" under mpirun, and 1 without a number. */
static size_t workers_of(const char *spec)
{
    static const char option[] = "workers-per-rank=";
    const char *colon = strchr(spec, ':'), *per_rank = strstr(spec, option);
    const char *ranks = getenv("OMPI_COMM_WORLD_SIZE");
    size_t n = colon ? strtoul(colon + 1, NULL, 10) : 1;
    if (per_rank) {
        n = strtoul(per_rank + strlen(option), NULL, 10);
    }
    return ranks ? n * strtoul(ranks, NULL, 10) : n;
}

static void pool_knows_its_name_and_its_workers(void **state)
{
    fm_pool *pool = open_pool(state);
    const char *spec = *state;
    size_t length = strcspn(spec, ":,");
    assert_int_equal(strlen(fm_pool_backend(pool)), length);
    assert_memory_equal(fm_pool_backend(pool), spec, length);
    assert_int_equal(fm_pool_workers(pool), workers_of(spec));
    fm_pool_close(pool, true);
}

static void pool_that_did_nothing_closes(void **state)
{
    fm_pool_close(open_pool(state), true);
    fm_pool_close(open_pool(state), false);
    fm_pool_close(NULL, true);
}

static void shared_data_reach_every_workspace_again_when_they_change(void **state)
{
    fm_pool *pool = open_pool(state);
    for (size_t model = 10; model < 15; model++) {
        seen s = {.expected = model};
        const fm_map map = {
            .kernel = "data", .count = COUNT, .context = &s, .result = see_expected};
        size_t *shared = malloc(sizeof *shared);
        *shared = model;
        assert_int_equal(fm_pool_share(pool, (fm_bytes){shared, sizeof *shared}, NULL),
                         FM_OK);
        assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
        assert_int_equal(s.delivered, COUNT);
        *shared = 0;
        size_t nothing = 0;
        assert_int_equal(
            fm_pool_share(pool, (fm_bytes){&nothing, sizeof nothing}, NULL), FM_OK);
        free(shared);
    }
    fm_pool_close(pool, true);
}

static void every_workspace_opened_is_closed_once(void **state)
{
    board *meeting = board_make();
    const gated_task shared = gated_task_at(meeting, 0);
    fm_pool *pool = open_pool(state);
    const fm_map map = {.kernel = "counted", .count = COUNT};
    for (size_t round = 1; round <= 2; round++) {
        size_t closed_before = atomic_load(&meeting->opened);
        assert_int_equal(fm_pool_share(pool, (fm_bytes){&shared, sizeof shared}, NULL),
                         FM_OK);
        assert_int_equal(atomic_load(&meeting->closed), closed_before);
        assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
        assert_in_range(atomic_load(&meeting->opened) - closed_before, 1,
                        fm_pool_workers(pool));
    }
    fm_pool_close(pool, true);
    assert_int_equal(atomic_load(&meeting->closed), atomic_load(&meeting->opened));
    board_free(meeting);
}

static void share_while_tasks_are_pending_is_refused(void **state)
{
    board *meeting = board_make();
    fm_pool *pool = open_pool(state);
    const gated_task task = gated_task_at(meeting, 3);
    fm_future *future = NULL;
    fm_bytes bytes = {0};
    fm_error error = {0};
    fm_pool_submit(pool, "gated", (fm_bytes){&task, sizeof task}, &future, NULL);
    assert_int_equal(fm_pool_share(pool, (fm_bytes){NULL, 0}, &error), FM_FAILED);
    assert_string_equal(error.message,
                        "new data cannot be shared while tasks are pending (1)");
    sem_post(&meeting->gate);
    assert_int_equal(fm_future_result(future, -1, &bytes, NULL), FM_OK);
    assert_int_equal(fm_pool_share(pool, (fm_bytes){NULL, 0}, NULL), FM_OK);
    fm_future_free(future);
    fm_pool_close(pool, true);
    board_free(meeting);
}

typedef struct by_worker {
    size_t ok[16], failed[16];
} by_worker;

static fm_status see_worker(void *context, const fm_task_result *result,
                            fm_error *error)
{
    (void)error;
    by_worker *s = context;
    (result->status == FM_OK ? s->ok : s->failed)[result->worker]++;
    return FM_OK;
}

static void worker_that_cannot_open_fails_alone(void **state)
{
    board *meeting = board_make();
    const gated_task shared = gated_task_at(meeting, 0);
    by_worker s = {0};
    fm_pool *pool = open_pool(state);
    const fm_map map = {.kernel = "first cannot open",
                        .count = COUNT,
                        .context = &s,
                        .result = see_worker};
    fm_pool_share(pool, (fm_bytes){&shared, sizeof shared}, NULL);
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    size_t failing = 0, total = 0;
    for (size_t i = 0; i < 16; i++) {
        failing += s.failed[i] > 0;
        total += s.failed[i] + s.ok[i];
        assert_true(s.failed[i] == 0 || s.ok[i] == 0);
    }
    assert_int_equal(failing, 1);
    assert_int_equal(total, COUNT);
    fm_pool_close(pool, true);
    board_free(meeting);
}

static fm_bytes ask_nested(void *context, size_t index)
{
    (void)context;
    const char *spec = index % 2 ? "threads:3" : "auto";
    return (fm_bytes){spec, strlen(spec) + 1};
}

static void pool_opened_in_a_worker_is_serial(void **state)
{
    seen s = {.expected = 285};
    fm_pool *pool = open_pool(state);
    const fm_map map = {.kernel = "nested",
                        .count = 20,
                        .context = &s,
                        .argument = ask_nested,
                        .result = see_expected};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_int_equal(s.delivered, 20);
    fm_pool_close(pool, true);
    pool = open_pool(state); /* and out here it is as before */
    assert_memory_equal(fm_pool_backend(pool), *state, strlen(fm_pool_backend(pool)));
    fm_pool_close(pool, true);
}

static void signals_stay_with_the_caller(void **state)
{
    fm_pool *pool = open_pool(state);
    seen s = {.expected = !is_serial(pool)};
    const fm_map map = {
        .kernel = "sigint", .count = COUNT, .context = &s, .result = see_expected};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    sigset_t blocked;
    sigemptyset(&blocked);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    assert_int_equal(sigismember(&blocked, SIGINT), 0);
    fm_pool_close(pool, true);
}

/* ---- specs ---- */

static void assert_spec(const char *spec, const char *backend, size_t workers)
{
    fm_pool *pool = NULL;
    fm_error error = {0};
    if (fm_pool_open(spec, no_kernels, &pool, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(fm_pool_backend(pool), backend);
    assert_int_equal(fm_pool_workers(pool), workers);
    fm_pool_close(pool, true);
}

static void assert_refused(const char *spec, const char *message)
{
    fm_pool *pool = NULL;
    fm_error error = {0};
    assert_int_equal(fm_pool_open(spec, no_kernels, &pool, &error), FM_BAD_INPUT);
    assert_string_equal(error.message, message);
    assert_null(pool);
}

static void specs_choose_backend_and_workers(void **state)
{
    (void)state;
    assert_spec("serial", "serial", 1);
    assert_spec("threads:3", "threads", 3);
    assert_spec("threads", "threads", fm_processors());
    assert_spec("auto", "threads", fm_processors());
}

static void bad_specs_are_refused_with_what_is_wrong(void **state)
{
    (void)state;
    const char *choose = "; choose serial, threads, processes, mpi or auto";
    const char *unknown[] = {"treads", "Threads", "thread",    "threads2",
                             ":2",     " serial", ",retries=1"};
    const char *number[] = {
        "0", "x", "", "-1", "2:3", "1.5", " 2", "1025", "99999999999999999999"};
    char spec[64], message[256];
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        snprintf(message, sizeof message, "pool \"%s\": there is no backend \"%.*s\"%s",
                 unknown[i], (int)strcspn(unknown[i], ":,"), unknown[i], choose);
        assert_refused(unknown[i], message);
    }
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++) {
        snprintf(spec, sizeof spec, "threads:%s", number[i]);
        snprintf(message, sizeof message,
                 "pool \"%s\": the number of workers must be 1 to 1024, not \"%s\"",
                 spec, number[i]);
        assert_refused(spec, message);
    }
    assert_refused("serial:2", "pool \"serial:2\": serial takes no number of workers");
    assert_refused("auto:2", "pool \"auto:2\": auto takes no number of workers");
}

static void options_of_specs_are_read_and_refused(void **state)
{
    (void)state;
    assert_spec("threads:3,timeout=2.5,retries=0", "threads", 3);
    assert_spec("threads,retries=1000", "threads", fm_processors());
    assert_refused("serial,", "pool \"serial,\": there is no option \"\"; choose "
                              "timeout, retries, start, tasks-per-child, schedule or "
                              "workers-per-rank");
    assert_refused("serial,x=1",
                   "pool \"serial,x=1\": there is no option \"x\"; choose timeout, "
                   "retries, start, tasks-per-child, schedule or workers-per-rank");
    const char *timeouts[] = {"0", "-1", "", "x", "nan", "1 ", "1e999"};
    char spec[64], message[256];
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        snprintf(spec, sizeof spec, "threads:2,timeout=%s,retries=1", timeouts[i]);
        snprintf(message, sizeof message,
                 "pool \"%s\": timeout must be a number of seconds above 0, not \"%s\"",
                 spec, timeouts[i]);
        assert_refused(spec, message);
    }
    assert_refused(
        "threads,timeout",
        "pool \"threads,timeout\": timeout must be a number of seconds above "
        "0, not \"\"");
    assert_refused("threads,retries=1001",
                   "pool \"threads,retries=1001\": retries must "
                   "be 0 to 1000, not \"1001\"");
    assert_refused("processes:2,start=fork,start=spawn",
                   "pool \"processes:2,start=fork,start=spawn\": start is given twice");
    assert_refused("serial,retries=1,timeout=2,retries=1",
                   "pool \"serial,retries=1,timeout=2,retries=1\": retries is given "
                   "twice");
    assert_refused("threads,start=spawn",
                   "pool \"threads,start=spawn\": threads has no option start");
    assert_refused("serial,schedule=static",
                   "pool \"serial,schedule=static\": serial has no option schedule");
}

static void environment_stands_in_for_the_spec(void **state)
{
    (void)state;
    setenv("FERMAT_POOL", "threads:5", 1);
    assert_spec(NULL, "threads", 5);
    assert_spec("", "threads", 5);
    assert_spec("serial", "serial", 1);
    setenv("FERMAT_POOL", "treads", 1);
    assert_refused(NULL, "FERMAT_POOL \"treads\": there is no backend \"treads\"; "
                         "choose serial, threads, processes, mpi or auto");
    setenv("FERMAT_POOL", "", 1);
    assert_spec(NULL, "threads", fm_processors());
    unsetenv("FERMAT_POOL");
    assert_spec(NULL, "threads", fm_processors());
}

static fm_status run_nothing(void *workspace, fm_bytes argument, fm_output *output,
                             fm_error *error)
{
    (void)workspace;
    (void)argument;
    (void)output;
    (void)error;
    return FM_OK;
}

static void kernels_of_one_name_are_refused(void **state)
{
    (void)state;
    const fm_kernel twice[] = {{.name = "a", .run = run_nothing},
                               {.name = "b", .run = run_nothing},
                               {.name = "a", .run = run_nothing}};
    fm_pool *pool = NULL;
    fm_error error = {0};
    assert_int_equal(fm_pool_open("serial", (fm_kernels){twice, 3}, &pool, &error),
                     FM_BAD_INPUT);
    assert_string_equal(error.message, "kernels 0 and 2 are both named \"a\"");
}

int main(void)
{
    serve_suite();
    struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_knows_its_name_and_its_workers),
        cmocka_unit_test(pool_that_did_nothing_closes),
        cmocka_unit_test(shared_data_reach_every_workspace_again_when_they_change),
        cmocka_unit_test(every_workspace_opened_is_closed_once),
        cmocka_unit_test(share_while_tasks_are_pending_is_refused),
        cmocka_unit_test(worker_that_cannot_open_fails_alone),
        cmocka_unit_test(pool_opened_in_a_worker_is_serial),
        cmocka_unit_test(signals_stay_with_the_caller),
    };
    const struct CMUnitTest specs[] = {
        cmocka_unit_test(specs_choose_backend_and_workers),
        cmocka_unit_test(options_of_specs_are_read_and_refused),
        cmocka_unit_test(bad_specs_are_refused_with_what_is_wrong),
        cmocka_unit_test(environment_stands_in_for_the_spec),
        cmocka_unit_test(kernels_of_one_name_are_refused),
    };
    int failed = run_on_every_backend(tests, sizeof tests / sizeof *tests);
    return chosen_backends() ? failed
                             : failed + cmocka_run_group_tests(specs, NULL, NULL);
}
