/* Processes that are stopped (SIGSTOP) and so do nothing, not even end: they are not
 * waited for without limit. The backend is driven below the pool, for a limit of its
 * own and the ids of its processes; an alarm ends this program should it hang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "processes.h"

enum { HANGS_S = 60 };

static fm_status shared_byte(void *workspace, fm_bytes argument, fm_output *output,
                             fm_error *error)
{
    (void)argument;
    (void)error;
    void *byte = fm_output_reserve(output, 1);
    memcpy(byte, workspace, 1);
    return FM_OK;
}

static fm_status keep_shared(fm_bytes shared, void **workspace, fm_error *error)
{
    (void)error;
    *workspace = (void *)shared.data;
    return FM_OK;
}

static const fm_kernel kernel = {
    .name = "shared byte", .open = keep_shared, .run = shared_byte};
static const fm_backend *const backend = &fm_backend_processes;

static processes *start(fm_start_method method)
{
    fm_pool_options options = {.workers = 2,
                               .timeout_s = INFINITY,
                               .start_s = 60,
                               .end_s = 10,
                               .start = method};
    void *self = NULL;
    fm_error error = {0};
    if (backend->start((fm_kernels){&kernel, 1}, &options, &self, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
    processes *p = self;
    p->options.start_s = 0.2; /* they are there: be impatient now */
    p->options.end_s = 1;
    return p;
}

/* Not there, or dead and not buried: that is for init, if its keeper was killed. */
static bool is_gone(pid_t pid)
{
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "r");
    if (file) {
        bool read = fscanf(file, "%*d (%*[^)]) %c", &state) == 1;
        state = read ? state : 'Z'; /* it went just now */
        fclose(file);
    }
    return state == 'Z' || state == 'X';
}

static void assert_gone(pid_t pid)
{
    while (!is_gone(pid)) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* All of them do their tasks, with the byte that was shared last. */
static void assert_at_work(processes *p, char shared)
{
    fm_task tasks[8] = {{0}};
    fm_task_list batch = {0}, done = {0};
    for (size_t i = 0; i < 8; i++) {
        tasks[i].id = i;
        tasks[i].kernel = &kernel;
        fm_task_list_push(&batch, &tasks[i]);
    }
    assert_true(backend->post(p, &batch));
    while (done.n < 8) {
        backend->poll(p, 8 - done.n, 10, &done);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(tasks[i].status, FM_OK);
        fm_bytes bytes = fm_task_bytes(&tasks[i]);
        assert_int_equal(bytes.size, 1);
        assert_memory_equal(bytes.data, &shared, 1);
        fm_task_release(&tasks[i]);
    }
}

static void share(processes *p, const char *byte)
{
    fm_error error = {0};
    assert_int_equal(backend->share(p, (fm_bytes){byte, 1}, &error), FM_OK);
}

static void stopped_worker_does_not_hold_up_new_shared_data(void **state)
{
    (void)state;
    for (int method = FM_START_FORK; method <= FM_START_SPAWN; method++) {
        alarm(HANGS_S);
        processes *p = start((fm_start_method)method);
        share(p, "a");
        assert_at_work(p, 'a');
        pid_t stopped = p->seats[1].pid, other = p->seats[0].pid;
        assert_int_equal(kill(stopped, SIGSTOP), 0);
        share(p, "b");
        assert_gone(stopped);
        assert_int_equal(p->seats[0].pid, other);
        assert_at_work(p, 'b');
        backend->stop(p);
        alarm(0);
    }
}

static void stopped_keeper_does_not_hold_up_the_end(void **state)
{
    (void)state;
    for (int method = FM_START_FORK; method <= FM_START_SPAWN; method++) {
        alarm(HANGS_S);
        processes *p = start((fm_start_method)method);
        pid_t keeper = p->keeper.pid, workers[] = {p->seats[0].pid, p->seats[1].pid};
        assert_int_equal(kill(keeper, SIGSTOP), 0);
        backend->stop(p);
        assert_gone(keeper);
        assert_gone(workers[0]);
        assert_gone(workers[1]);
        alarm(0);
    }
}

static void stopped_keeper_and_workers_do_not_either(void **state)
{
    (void)state;
    alarm(HANGS_S);
    processes *p = start(FM_START_FORK);
    pid_t workers[] = {p->seats[0].pid, p->seats[1].pid};
    assert_int_equal(kill(workers[0], SIGSTOP), 0);
    assert_int_equal(kill(p->keeper.pid, SIGSTOP), 0);
    backend->stop(p);
    assert_gone(workers[0]);
    assert_gone(workers[1]);
    alarm(0);
}

int main(void)
{
    fm_pool_serve((fm_kernels){&kernel, 1});
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_worker_does_not_hold_up_new_shared_data),
        cmocka_unit_test(stopped_keeper_does_not_hold_up_the_end),
        cmocka_unit_test(stopped_keeper_and_workers_do_not_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
