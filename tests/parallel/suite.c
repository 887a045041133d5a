/* The backends to test, and kernels to test them with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

static fm_kernels known_kernels(void);

static const char *const every_backend[] = {
    "serial",
    "threads:1",
    "threads:2",
    "threads:7",
    "threads:16",
    "processes:1",
    "processes:2",
    "processes:5",
    "processes:7",
    "processes:1,start=forkserver",
    "processes:2,start=forkserver",
    "processes:5,start=forkserver",
    "processes:1,start=spawn",
    "processes:2,start=spawn",
    "processes:5,start=spawn",
#ifdef FM_MPI
    /* without mpirun: one rank */
    "mpi",
    "mpi,workers-per-rank=2",
    "mpi,workers-per-rank=2,schedule=static",
#endif
    NULL,
};

static int run_on(char *spec, struct CMUnitTest *tests, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tests[i].initial_state = spec;
    }
    return _cmocka_run_group_tests(spec, tests, n, NULL, NULL);
}

static int serve_rank_zero(void)
{
    void *spec = "mpi";
    fm_pool *pool = NULL;
    fm_error error = {0};
    fm_status status = fm_pool_open(spec, known_kernels(), &pool, &error);
    return status != FM_WAS_WORKER;
}

/* The specs are separated by blanks. */
static int run_on_chosen(const char *specs, struct CMUnitTest *tests, size_t n)
{
    int failed = 0;
    char *list = strdup(specs), *rest = NULL;
    assert_non_null(list);
    for (char *spec = strtok_r(list, " ", &rest); spec;
         spec = strtok_r(NULL, " ", &rest)) {
        failed += run_on(spec, tests, n);
    }
    free(list);
    return failed;
}

int run_on_every_backend(struct CMUnitTest *tests, size_t n)
{
    if (fm_pool_rank() > 0) {
        return serve_rank_zero();
    }
    if (chosen_backends()) {
        return run_on_chosen(chosen_backends(), tests, n);
    }
    int failed = 0;
    for (const char *const *spec = every_backend; *spec; spec++) {
        failed += run_on((char *)*spec, tests, n);
    }
    return failed;
}

const char *chosen_backends(void)
{
    return getenv("FM_TEST_POOLS");
}

bool hands_out_all(void **state)
{
    return strstr(*state, "schedule=static");
}

size_t number_of(fm_bytes bytes)
{
    size_t number = 0;
    assert_int_equal(bytes.size, sizeof number);
    memcpy(&number, bytes.data, sizeof number);
    return number;
}

/* The board of that name; `flags` as of shm_open. */
static board *board_at(const char *name, int flags)
{
    int file = shm_open(name, flags | O_RDWR, 0600);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, sizeof(board)), 0);
    board *meeting =
        mmap(NULL, sizeof *meeting, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert_true(meeting != MAP_FAILED);
    close(file);
    return meeting;
}

board *board_make(void)
{
    char name[sizeof((board *)NULL)->name];
    snprintf(name, sizeof name, "/fermat-test-%ld", (long)getpid());
    board *meeting = board_at(name, O_CREAT | O_EXCL);
    memcpy(meeting->name, name, sizeof name);
    sem_init(&meeting->begun, 1, 0);
    sem_init(&meeting->gate, 1, 0);
    return meeting;
}

void board_free(board *meeting)
{
    sem_destroy(&meeting->begun);
    sem_destroy(&meeting->gate);
    shm_unlink(meeting->name);
    munmap(meeting, sizeof *meeting);
}

gated_task gated_task_at(const board *meeting, size_t number)
{
    gated_task task = {.number = number};
    memcpy(task.board, meeting->name, sizeof task.board);
    return task;
}

/* ---- kernels ---- */

static size_t size_in(fm_bytes bytes)
{
    size_t number = 0;
    memcpy(&number, bytes.data, sizeof number);
    return number;
}

static fm_status give(size_t number, fm_output *output)
{
    void *bytes = fm_output_reserve(output, sizeof number);
    if (!bytes) {
        return FM_NO_MEMORY;
    }
    memcpy(bytes, &number, sizeof number);
    return FM_OK;
}

static fm_status square(void *workspace, fm_bytes argument, fm_output *output,
                        fm_error *error)
{
    (void)workspace;
    (void)error;
    return give(size_in(argument) * size_in(argument), output);
}

static fm_status odd_fails(void *workspace, fm_bytes argument, fm_output *output,
                           fm_error *error)
{
    (void)workspace;
    if (size_in(argument) % 2) {
        fm_output_reserve(output, 5);
        return fm_fail(error, FM_FAILED, "task %zu is odd", size_in(argument));
    }
    return give(size_in(argument), output);
}

static fm_status nothing(void *workspace, fm_bytes argument, fm_output *output,
                         fm_error *error)
{
    (void)workspace;
    (void)argument;
    (void)output;
    (void)error;
    return FM_OK;
}

static fm_status refused(void *workspace, fm_bytes argument, fm_output *output,
                         fm_error *error)
{
    (void)workspace;
    (void)argument;
    (void)error;
    fm_output_reserve(output, SIZE_MAX / 4);
    return FM_OK;
}

static fm_status fails_mutely(void *workspace, fm_bytes argument, fm_output *output,
                              fm_error *error)
{
    (void)workspace;
    (void)argument;
    (void)output;
    (void)error;
    return FM_FAILED;
}

static fm_status megabyte(void *workspace, fm_bytes argument, fm_output *output,
                          fm_error *error)
{
    (void)workspace;
    (void)error;
    void *bytes = fm_output_reserve(output, 1000000);
    if (!bytes) {
        return FM_NO_MEMORY;
    }
    memset(bytes, (int)(size_in(argument) % 256), 1000000);
    return FM_OK;
}

static fm_status data_open(fm_bytes shared, void **workspace, fm_error *error)
{
    size_t *copy = malloc(sizeof *copy);
    if (!copy) {
        return fm_fail_memory(error, "a copy", sizeof *copy);
    }
    *copy = size_in(shared);
    *workspace = copy;
    return FM_OK;
}

static fm_status data(void *workspace, fm_bytes argument, fm_output *output,
                      fm_error *error)
{
    (void)argument;
    (void)error;
    return give(*(size_t *)workspace, output);
}

static void data_close(void *workspace)
{
    free(workspace);
}

static fm_status cannot_open(fm_bytes shared, void **workspace, fm_error *error)
{
    (void)shared;
    *workspace = error; /* which close would not survive: it is not called */
    return fm_fail(error, FM_BAD_INPUT, "no workspace today");
}

/* The board that a gated_task names, mapped into this process. */
static board *board_in(fm_bytes shared)
{
    gated_task task;
    memcpy(&task, shared.data, sizeof task);
    return board_at(task.board, 0);
}

static void board_leave(board *meeting)
{
    munmap(meeting, sizeof *meeting);
}

static fm_status first_cannot_open(fm_bytes shared, void **workspace, fm_error *error)
{
    board *meeting = board_in(shared);
    bool first = atomic_fetch_add(&meeting->opened, 1) == 0;
    board_leave(meeting);
    return first ? cannot_open(shared, workspace, error) : FM_OK;
}

static fm_status counted_open(fm_bytes shared, void **workspace, fm_error *error)
{
    (void)error;
    board *meeting = board_in(shared);
    *workspace = meeting;
    atomic_fetch_add(&meeting->opened, 1);
    return FM_OK;
}

static void counted_close(void *workspace)
{
    atomic_fetch_add(&((board *)workspace)->closed, 1);
    board_leave(workspace);
}

static fm_status gated(void *workspace, fm_bytes argument, fm_output *output,
                       fm_error *error)
{
    (void)workspace;
    (void)error;
    gated_task task;
    memcpy(&task, argument.data, sizeof task);
    board *meeting = board_in(argument);
    atomic_fetch_add(&meeting->started, 1);
    sem_post(&meeting->begun);
    sem_wait(&meeting->gate);
    board_leave(meeting);
    return give(task.number * task.number, output);
}

static fm_status sometimes_slow(void *workspace, fm_bytes argument, fm_output *output,
                                fm_error *error)
{
    if (size_in(argument) % 64 == 50) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return square(workspace, argument, output, error);
}

static fm_status add(void *context, const fm_task_result *result, fm_error *error)
{
    (void)error;
    *(size_t *)context += size_in(result->bytes);
    return FM_OK;
}

static fm_status nested(void *workspace, fm_bytes argument, fm_output *output,
                        fm_error *error)
{
    (void)workspace;
    const fm_kernel kernel = {.name = "square", .run = square};
    fm_pool *pool = NULL;
    fm_status status =
        fm_pool_open(argument.data, (fm_kernels){&kernel, 1}, &pool, error);
    if (status != FM_OK) {
        return status;
    }
    size_t sum = strcmp(fm_pool_backend(pool), "serial") ? 1000 : 0;
    const fm_map map = {
        .kernel = "square", .count = 10, .context = &sum, .result = add};
    status = fm_pool_map(pool, &map, error);
    fm_pool_close(pool, true);
    return status == FM_OK ? give(sum, output) : status;
}

const fm_sum_shape sum_shape = {.parts = 2, .part = {{100, -40}, {7, 0}}};

/* Numbers of both signs and of very different sizes, whose plain sum depends on the
 * order. */
void addend_of(size_t number, double addend[SUM_SIZE])
{
    for (size_t i = 0; i < SUM_SIZE; i++) {
        uint64_t mixed = (number * SUM_SIZE + i + 1) * 0x9e3779b97f4a7c15u;
        mixed ^= mixed >> 29;
        double fraction = (double)(mixed >> 11) * 0x1p-53 - 0.5;
        addend[i] = ldexp(fraction, (int)(mixed % 40));
    }
}

static fm_status adds(void *workspace, fm_bytes argument, fm_output *output,
                      fm_error *error)
{
    size_t number = size_in(argument);
    double *addend = fm_output_addend(output);
    if (addend) {
        for (size_t i = 0; i < SUM_SIZE; i++) {
            if (addend[i] != 0) {
                return fm_fail(error, FM_FAILED, "the addend did not come as zeros");
            }
        }
        addend_of(number, addend);
    }
    if (number % 10 == 7) {
        return fm_fail(error, FM_FAILED, "%zu ends in 7", number);
    }
    if (addend && number % 10 == 5) {
        addend[102] = NAN;
    }
    return square(workspace, argument, output, error);
}

static fm_status endless(void *workspace, fm_bytes argument, fm_output *output,
                         fm_error *error)
{
    while (size_in(argument) % 2) {
        if (fm_output_overdue(output)) {
            return FM_TIMED_OUT;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return square(workspace, argument, output, error);
}

static fm_status sigint(void *workspace, fm_bytes argument, fm_output *output,
                        fm_error *error)
{
    (void)workspace;
    (void)argument;
    (void)error;
    sigset_t blocked;
    sigemptyset(&blocked);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    return give(sigismember(&blocked, SIGINT) == 1, output);
}

static const fm_kernel kernels[] = {
    {.name = "square", .run = square},
    {.name = "odd fails", .run = odd_fails},
    {.name = "nothing", .run = nothing},
    {.name = "refused", .run = refused},
    {.name = "fails mutely", .run = fails_mutely},
    {.name = "megabyte", .run = megabyte},
    {.name = "data", .open = data_open, .run = data, .close = data_close},
    {.name = "cannot open", .open = cannot_open, .run = square, .close = data_close},
    {.name = "first cannot open", .open = first_cannot_open, .run = square},
    {.name = "counted", .open = counted_open, .run = square, .close = counted_close},
    {.name = "gated", .run = gated},
    {.name = "sometimes slow", .run = sometimes_slow},
    {.name = "nested", .run = nested},
    {.name = "adds", .run = adds},
    {.name = "endless", .run = endless},
    {.name = "sigint", .run = sigint},
};

static fm_kernels known_kernels(void)
{
    return (fm_kernels){kernels, sizeof kernels / sizeof *kernels};
}

void serve_suite(void)
{
    fm_pool_serve(known_kernels());
}

fm_pool *open_pool(void **state)
{
    return open_pool_with(state, "");
}

fm_pool *open_pool_with(void **state, const char *options)
{
    fm_pool *pool = NULL;
    fm_error error = {0};
    char spec[256];
    snprintf(spec, sizeof spec, "%s%s", (const char *)*state, options);
    if (fm_pool_open(spec, known_kernels(), &pool, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
    return pool;
}

bool is_serial(const fm_pool *pool)
{
    return !strcmp(fm_pool_backend(pool), "serial");
}
