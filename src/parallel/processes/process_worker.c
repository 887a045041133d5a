/* A worker process: it reads tasks from its socket and writes results to it.
 *
 * Results are collected and sent together when no more tasks are at hand or a short
 * time has passed. A task that adds to a sum is told of before the next one begins: so
 * if the worker dies, the caller knows of all that is in its sum but for the last.
 *
 * It ends when it is told to, after closing its workspaces, or at once when its caller
 * is gone; in either case by _exit, because what atexit handlers would do belongs to
 * the caller. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "channel.h"
#include "clock.h"
#include "keeper.h"
#include "worker.h"

enum {
    INLINE_SIZE = 8 * 1024, /* results above are left in a drawer */
    FLUSH_SIZE = 32 * 1024
};
static const double flush_s = 200e-6;

typedef struct bench {
    fm_channel channel;
    fm_kernels known;  /* what this program has */
    fm_kernel *kernel; /* those of the pool, in its order */
    size_t id;
    int arena;
    fm_desk *desk;
    fm_drawer drawer[FM_DRAWERS];
    fm_worker *worker;
    fm_task task; /* the one that runs, used again and again */
    void *shared;
    size_t shared_size;
    void *sum; /* this worker's part; NULL: none */
    size_t sum_size;
    fm_accumulator accumulator;
    fm_error sum_error; /* why there is none */
    double flushed_s;
} bench;

/* ---- telling ---- */

/* Without a caller, or without memory to speak, there is nothing left to do. */
static void tell(bench *b, const fm_message *message, const void *payload)
{
    if (!fm_channel_put(&b->channel, message, payload)) {
        _exit(1);
    }
}

static void flush(bench *b)
{
    if (fm_channel_flush(&b->channel) != FM_FLOWS) {
        _exit(1);
    }
    b->flushed_s = fm_clock_now();
}

/* ---- setting up ---- */

static const fm_kernel *find_kernel(fm_kernels known, const char *name)
{
    for (size_t i = 0; i < known.n; i++) {
        if (!strcmp(known.kernel[i].name, name)) {
            return &known.kernel[i];
        }
    }
    return NULL;
}

static fm_status list_kernels(bench *b, size_t n, const char *names, fm_error *error)
{
    b->kernel = calloc(n + 1, sizeof *b->kernel);
    if (!b->kernel) {
        return fm_fail_memory(error, "the kernels", (double)(n * sizeof *b->kernel));
    }
    for (size_t i = 0; i < n; i++, names += strlen(names) + 1) {
        const fm_kernel *found = find_kernel(b->known, names);
        if (!found) {
            return fm_fail(
                error, FM_FAILED,
                "the worker process has no kernel \"%s\"; fm_pool_serve must "
                "be given all kernels of the pool",
                names);
        }
        b->kernel[i] = *found;
    }
    return FM_OK;
}

/* The next file that came holds `size` bytes of shared data. */
static fm_status map_shared(bench *b, size_t size, fm_error *error)
{
    if (b->shared) {
        munmap(b->shared, b->shared_size);
        b->shared = NULL;
    }
    b->shared_size = size;
    if (size == 0) {
        return FM_OK;
    }
    int file = fm_channel_take_file(&b->channel);
    void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) {
        return fm_fail_memory(error, "the shared data", (double)size);
    }
    b->shared = memory;
    return FM_OK;
}

static void leave_sum(bench *b)
{
    fm_worker_sum(b->worker, NULL);
    fm_accumulator_release(&b->accumulator);
    fm_arena_unmap(b->sum, b->sum_size);
    b->sum = NULL;
    b->sum_error.status = FM_OK;
}

/* If it fails, tasks that add will fail. */
static void join_sum(bench *b, const fm_sum_shape *shape)
{
    b->sum_size = fm_accumulator_bytes(shape, 2);
    b->sum = fm_arena_map(b->arena, b->id, FM_PART_SUM, b->sum_size);
    if (!b->sum) {
        fm_fail_memory(&b->sum_error, "the sum of a map", (double)b->sum_size);
        b->sum_error.status = FM_NO_MEMORY;
    } else if (fm_accumulator_attach(shape, b->sum, false, &b->accumulator,
                                     &b->sum_error) == FM_OK) {
        b->sum_error.status = FM_OK;
        fm_worker_sum(b->worker, &b->accumulator);
    }
}

static fm_status make_worker(bench *b, const fm_setup *setup, const char *names,
                             fm_error *error)
{
    fm_status status = list_kernels(b, (size_t)setup->kernels, names, error);
    if (status != FM_OK) {
        return status;
    }
    b->arena = fm_channel_take_file(&b->channel);
    b->id = (size_t)setup->desk;
    b->desk = fm_arena_map(b->arena, b->id, FM_PART_DESK, sizeof *b->desk);
    if (!b->desk) {
        return fm_fail_memory(error, "a desk", sizeof *b->desk);
    }
    const fm_worker_plan plan = {.kernels = {b->kernel, (size_t)setup->kernels},
                                 .id = b->id,
                                 .process = getpid(),
                                 .timeout_s = setup->timeout_s,
                                 .give_up = &b->desk->give_up};
    status = fm_worker_create(&plan, &b->worker, error);
    status =
        status == FM_OK ? map_shared(b, (size_t)setup->shared_size, error) : status;
    if (status == FM_OK) {
        fm_worker_share(b->worker, (fm_bytes){b->shared, b->shared_size});
    }
    if (status == FM_OK && setup->sums) {
        join_sum(b, &setup->shape);
    }
    return status;
}

static void set_up(bench *b, const unsigned char *payload)
{
    fm_setup setup;
    fm_error error;
    memcpy(&setup, payload, sizeof setup);
    fm_status status =
        make_worker(b, &setup, (const char *)payload + sizeof setup, &error);
    fm_message hello = {.type = FM_TELL_HELLO, .code = status};
    hello.size = status == FM_OK ? 0 : strlen(error.message);
    tell(b, &hello, error.message);
    flush(b);
    if (status != FM_OK) {
        _exit(1);
    }
}

/* ---- tasks ---- */

/* The drawer in which the bytes were put, 1 and up; 0: none is free. */
static uint32_t put_in_drawer(bench *b, fm_bytes bytes)
{
    for (uint32_t i = 0; i < FM_DRAWERS; i++) {
        if (atomic_load(&b->desk->full[i]) ||
            !fm_drawer_fit(&b->drawer[i], b->arena, b->id, i, bytes.size)) {
            continue;
        }
        memcpy(b->drawer[i].data, bytes.data, bytes.size);
        atomic_store(&b->desk->full[i], true);
        return i + 1;
    }
    return 0;
}

static void tell_result(bench *b, uint64_t number)
{
    const fm_task *task = &b->task;
    fm_bytes bytes = fm_task_bytes(task);
    fm_message result = {.type = FM_TELL_RESULT,
                         .code = task->status,
                         .number = number,
                         .seconds = task->seconds};
    if (task->status != FM_OK && task->message) {
        bytes = (fm_bytes){task->message, strlen(task->message)};
    } else if (bytes.size > INLINE_SIZE) {
        result.drawer = put_in_drawer(b, bytes);
    }
    result.size = bytes.size;
    tell(b, &result, bytes.data);
}

static void run(bench *b, const fm_message *message)
{
    fm_task *task = &b->task;
    task->id = (size_t)message->id;
    task->kernel = &b->kernel[message->code];
    task->adds = message->adds;
    if (task->adds && b->sum_error.status != FM_OK) {
        fm_task_fail(task, b->sum_error.status, b->sum_error.message);
        return;
    }
    fm_worker_prepare(b->worker, task->kernel);
    atomic_store(&b->desk->begun_ns, fm_desk_clock_ns());
    fm_worker_run(b->worker, task);
    atomic_store(&b->desk->begun_ns, 0);
}

static void take_task(bench *b, const fm_message *message, const void *payload)
{
    if (!fm_desk_claim(b->desk, message->number, FM_BEGUN)) {
        return; /* it was withdrawn */
    }
    fm_task_clear(&b->task);
    if (fm_task_set_argument(&b->task, (fm_bytes){payload, (size_t)message->size})) {
        run(b, message);
    } else {
        fm_task_fail(&b->task, FM_NO_MEMORY, "no memory for the argument");
    }
    tell_result(b, message->number);
    size_t unsent = b->channel.out.end - b->channel.out.begin;
    if (message->adds || unsent > FLUSH_SIZE ||
        fm_clock_now() > b->flushed_s + flush_s) {
        flush(b);
    }
}

/* ---- the rest ---- */

static void take_shared(bench *b, size_t size)
{
    fm_error error;
    fm_worker_share(b->worker, (fm_bytes){NULL, 0});
    if (map_shared(b, size, &error) != FM_OK) {
        _exit(1); /* another will try, and say why it cannot */
    }
    fm_worker_share(b->worker, (fm_bytes){b->shared, b->shared_size});
    tell(b, &(fm_message){.type = FM_TELL_TAKEN}, NULL);
}

noreturn static void end(bench *b)
{
    flush(b);
    fm_worker_destroy(b->worker);
    fflush(NULL); /* what kernels have printed */
    _exit(0);
}

static void take_sum(bench *b, const fm_message *message, const void *payload)
{
    leave_sum(b);
    if (message->size > 0) {
        fm_sum_shape shape;
        memcpy(&shape, payload, sizeof shape);
        join_sum(b, &shape);
    }
}

static void obey(bench *b, const fm_message *message, const void *payload)
{
    switch (message->type) {
    case FM_TELL_SETUP:
        set_up(b, payload);
        break;
    case FM_TELL_TASK:
        take_task(b, message, payload);
        break;
    case FM_TELL_SHARED:
        take_shared(b, (size_t)message->number);
        break;
    case FM_TELL_SUM:
        take_sum(b, message, payload);
        break;
    default:
        end(b);
    }
}

noreturn void fm_process_work(int socket, fm_kernels known)
{
    bench b = {.channel = {.socket = socket}, .known = known, .arena = -1};
    for (;;) {
        fm_message message;
        const void *payload;
        while (fm_channel_next(&b.channel, &message, &payload)) {
            obey(&b, &message, payload);
        }
        flush(&b);
        if (fm_channel_fill(&b.channel) != FM_FLOWS) {
            _exit(1);
        }
    }
}
