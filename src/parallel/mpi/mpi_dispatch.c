/* How tasks leave rank 0.
 *
 * The dynamic schedule sends a batch to the rank that has the least to do, two for each
 * of its workers at most, so that none waits and few are committed. A heap of the ranks
 * makes this a matter of a few comparisons, however many there are. The static schedule
 * keeps the tasks of a map until all are posted, then scatters them in blocks by index;
 * futures, which nobody posts all at once, go as in the dynamic one. */
#include <stdlib.h>
#include <string.h>

#include "mpi_root.h"

enum { SCATTER_MAX = 256 << 20 }; /* bytes of one scatter */

/* ---- who has the least to do ---- */

static bool before(const fm_mpi_root *m, size_t a, size_t b)
{
    return m->peers[a].tasks < m->peers[b].tasks ||
           (m->peers[a].tasks == m->peers[b].tasks && a < b);
}

static void put(fm_mpi_root *m, size_t place, size_t rank)
{
    m->heap[place] = rank;
    m->peers[rank].place = place;
}

static size_t rise(fm_mpi_root *m, size_t place, size_t rank)
{
    while (place > 0 && before(m, rank, m->heap[(place - 1) / 2])) {
        put(m, place, m->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    return place;
}

static size_t sink(fm_mpi_root *m, size_t place, size_t rank)
{
    for (size_t child; (child = 2 * place + 1) < m->ranks; place = child) {
        if (child + 1 < m->ranks && before(m, m->heap[child + 1], m->heap[child])) {
            child++;
        }
        if (!before(m, m->heap[child], rank)) {
            break;
        }
        put(m, place, m->heap[child]);
    }
    return place;
}

void fm_mpi_set_tasks(fm_mpi_root *m, size_t rank, size_t tasks)
{
    fm_mpi_peer *p = &m->peers[rank];
    p->tasks = tasks;
    put(m, p->place, rank);
    size_t place = rise(m, p->place, rank);
    put(m, sink(m, place, rank), rank);
}

/* ---- handing out ---- */

static fm_mpi_task record_of(const fm_mpi_root *m, const fm_task *task)
{
    return (fm_mpi_task){
        .token = (uint64_t)(uintptr_t)task,
        .id = task->id,
        .size = task->argument.size,
        .kernel = (uint32_t)(task->kernel - m->kernels.kernel),
        .adds = task->adds,
    };
}

static size_t record_size(const fm_task *task)
{
    return fm_mpi_padded(sizeof(fm_mpi_task)) + fm_mpi_padded(task->argument.size);
}

static bool is_large(const fm_task *task)
{
    return task->argument.size > FM_MPI_HEAD_MAX / 2;
}

/* Its argument is copied, for the task may come home before MPI has let go of it. */
static void send_large(fm_mpi_root *m, fm_task *task, size_t rank)
{
    void *copy = malloc(task->argument.size);
    if (!copy) {
        fm_task_fail(task, FM_NO_MEMORY, "no memory for the argument");
        task->where = FM_MPI_HELD;
        m->away--;
        fm_mpi_set_tasks(m, rank, m->peers[rank].tasks - 1);
        fm_task_list_push(&m->finished, task);
        return;
    }
    memcpy(copy, task->argument.data, task->argument.size);
    const fm_mpi_task record = record_of(m, task);
    fm_mpi_parcel *parcel = fm_mpi_pack(&m->link, FM_MPI_TASKS);
    fm_mpi_put(parcel, &record, sizeof record);
    fm_mpi_count_record(parcel);
    fm_mpi_send_body(&m->link, parcel, (int)rank, copy, task->argument.size, true,
                     NULL);
}

static void send_small(fm_mpi_root *m, fm_task_list *batch, size_t rank)
{
    fm_mpi_parcel *parcel = fm_mpi_pack(&m->link, FM_MPI_TASKS);
    while (batch->n > 0 && !is_large(batch->first) &&
           record_size(batch->first) <= fm_mpi_room(parcel)) {
        fm_task *task = fm_task_list_pop(batch);
        const fm_mpi_task record = record_of(m, task);
        fm_mpi_put(parcel, &record, sizeof record);
        fm_mpi_put(parcel, task->argument.data, task->argument.size);
        fm_mpi_count_record(parcel);
    }
    fm_mpi_send(&m->link, parcel, (int)rank);
}

/* The batch is empty then. */
static void hand_to(fm_mpi_root *m, size_t rank, fm_task_list *batch)
{
    m->peers[rank].bare = false;
    fm_mpi_set_tasks(m, rank, m->peers[rank].tasks + batch->n);
    if (rank == 0) {
        fm_mpi_site_add(&m->site, batch);
        return;
    }
    m->away += batch->n;
    for (fm_task *task = batch->first; task; task = task->next) {
        task->where = (int)rank;
    }
    while (batch->n > 0) {
        if (is_large(batch->first)) {
            send_large(m, fm_task_list_pop(batch), rank);
        } else {
            send_small(m, batch, rank);
        }
    }
}

bool fm_mpi_hand_out(fm_mpi_root *m, fm_task_list *batch)
{
    size_t rank = m->heap[0], most = 2 * m->site.workers * batch->n;
    if (m->peers[rank].tasks > 0 && m->peers[rank].tasks + batch->n > most) {
        return false;
    }
    hand_to(m, rank, batch);
    return true;
}

void fm_mpi_hold(fm_mpi_root *m, fm_task_list *batch)
{
    for (fm_task *task = batch->first; task; task = task->next) {
        task->where = FM_MPI_HELD;
    }
    fm_task_list_append(&m->held, batch);
}

/* ---- the static schedule ---- */

static int by_index(const void *a, const void *b)
{
    const fm_task *left = *(fm_task *const *)a, *right = *(fm_task *const *)b;
    return (left->id > right->id) - (left->id < right->id);
}

/* The tasks held, by index; there are held.n of them. */
static fm_task **sorted(fm_mpi_root *m)
{
    fm_task **tasks = malloc(m->held.n * sizeof(fm_task *));
    fm_mpi_must_have(tasks, "memory for a scatter");
    size_t n = 0;
    for (fm_task *task = m->held.first; task; task = task->next) {
        tasks[n++] = task;
    }
    qsort(tasks, n, sizeof *tasks, by_index);
    return tasks;
}

static size_t block_begin(const fm_mpi_root *m, size_t n, size_t rank)
{
    return n / m->ranks * rank + n % m->ranks * rank / m->ranks;
}

static void own_block(fm_mpi_root *m, fm_task **tasks, size_t n)
{
    fm_task_list own = {0};
    for (size_t i = 0; i < n; i++) {
        fm_task_list_push(&own, tasks[i]);
    }
    if (n > 0) {
        hand_to(m, 0, &own);
    }
}

/* A rank's block behind `at`: how many, then the records. The new end. */
static unsigned char *pack_block(fm_mpi_root *m, unsigned char *at, size_t rank,
                                 fm_task **tasks, size_t n)
{
    const uint64_t count = n;
    memcpy(at, &count, sizeof count);
    at += sizeof count;
    for (size_t i = 0; i < n; i++) {
        const fm_mpi_task record = record_of(m, tasks[i]);
        memcpy(at, &record, sizeof record);
        if (record.size > 0) {
            memcpy(at + fm_mpi_padded(sizeof record), tasks[i]->argument.data,
                   tasks[i]->argument.size);
        }
        at += record_size(tasks[i]);
        tasks[i]->where = (int)rank;
    }
    m->away += n;
    m->peers[rank].bare = false;
    fm_mpi_set_tasks(m, rank, m->peers[rank].tasks + n);
    return at;
}

/* Tasks of `bytes` bytes in all. */
static void scatter(fm_mpi_root *m, fm_task **tasks, size_t n, size_t bytes)
{
    unsigned char *all = calloc(1, bytes + m->ranks * sizeof(uint64_t));
    int *size = calloc(m->ranks, sizeof *size), mine = 0;
    fm_mpi_must_have(all && size, "memory for a scatter");
    fm_mpi_tell_all(&m->link, FM_MPI_SCATTER, NULL, 0);
    unsigned char *at = all;
    for (size_t rank = 1; rank < m->ranks; rank++) {
        size_t begin = block_begin(m, n, rank), end = block_begin(m, n, rank + 1);
        unsigned char *next = pack_block(m, at, rank, tasks + begin, end - begin);
        size[rank] = (int)(next - at);
        at = next;
    }
    own_block(m, tasks, block_begin(m, n, 1));
    fm_mpi_scatter(m->mpi, all, size, &mine);
    free(size);
    free(all);
}

/* In rounds, if they are too large for one. */
static void scatter_held(fm_mpi_root *m)
{
    fm_task **tasks = sorted(m);
    size_t n = m->held.n, begin = 0;
    m->held = (fm_task_list){0};
    while (begin < n) {
        size_t end = begin, bytes = 0;
        while (end < n && !is_large(tasks[end]) &&
               bytes + record_size(tasks[end]) <= SCATTER_MAX) {
            bytes += record_size(tasks[end++]);
        }
        if (end > begin) {
            scatter(m, tasks + begin, end - begin, bytes);
        } else {
            fm_task_list alone = {0};
            fm_task_list_push(&alone, tasks[end++]);
            hand_to(m, m->heap[0], &alone);
        }
        begin = end;
    }
    free(tasks);
}

void fm_mpi_dispatch_held(fm_mpi_root *m)
{
    if (m->held.n > 0 && m->terms.windowed && m->ranks > 1) {
        scatter_held(m);
    }
    bool more = true;
    while (m->held.n > 0 && more) {
        fm_task_list alone = {0};
        fm_task_list_push(&alone, fm_task_list_pop(&m->held));
        more = fm_mpi_hand_out(m, &alone);
        fm_task_list_prepend(&m->held, &alone);
    }
}
