/* The mpi backend: ranks that mpirun started, each with threads that compute.
 *
 * Rank 0 is the program; it hands out tasks and takes results when the program calls
 * the pool, and its own threads compute like those of any other rank (mpi_site.c). The
 * other ranks serve (mpi_rank.c). Messages are in mpi_wire.c, what all do together in
 * mpi_together.c, the life of MPI in the process in mpi_job.c.
 *
 * The dynamic schedule sends a batch to the rank that has the least to do, two for each
 * of its workers at most, so that none waits and few are committed. A heap of the ranks
 * makes this a matter of a few comparisons, however many there are. The static schedule
 * keeps the tasks of a map until all are posted, then scatters them in blocks by index;
 * futures, which nobody posts all at once, go as in the dynamic one.
 *
 * A task that is to be taken back may be at another rank. That rank is asked, once, for
 * everything it has not begun; what comes back is kept here, to be taken back in turn
 * or sent out again. So a map with thousands of tasks is stopped with one question a
 * rank.
 *
 * Where a task is, is noted in it: the number of the rank that has it, or FM_MPI_HELD.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "clock.h"
#include "launcher.h"
#include "mpi_rank.h"
#include "mpi_site.h"
#include "mpi_together.h"

static const double longest_look_s = 1e-3;
enum { SCATTER_MAX = 256 << 20 }; /* bytes of one scatter */

/* A rank as rank 0 sees it. */
typedef struct peer {
    size_t tasks;       /* that it has */
    size_t place;       /* in the heap */
    bool bare;          /* what it has was begun, as far as we know */
    fm_mpi_credit owed; /* results consumed, of which it was not told */
    struct peer *next_owed;
} peer;

typedef struct mpi {
    fm_mpi *mpi; /* NULL: there is no other rank, and no MPI */
    fm_kernels kernels;
    fm_mpi_terms terms;
    fm_mpi_link link;
    fm_mpi_site site; /* rank 0's own threads */
    fm_mpi_shared shared;
    fm_task_list held; /* to be scattered, or came back and are to be sent again */
    fm_task_list finished;
    size_t away; /* tasks at other ranks */
    size_t sum_size;
    peer *owed;   /* those with credit to be sent */
    size_t *heap; /* ranks, the one with the fewest tasks first */
    size_t ranks;
    peer peers[];
} mpi;

/* ---- who has the least to do ---- */

static bool before(const mpi *m, size_t a, size_t b)
{
    return m->peers[a].tasks < m->peers[b].tasks ||
           (m->peers[a].tasks == m->peers[b].tasks && a < b);
}

static void put(mpi *m, size_t place, size_t rank)
{
    m->heap[place] = rank;
    m->peers[rank].place = place;
}

static size_t rise(mpi *m, size_t place, size_t rank)
{
    while (place > 0 && before(m, rank, m->heap[(place - 1) / 2])) {
        put(m, place, m->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    return place;
}

static size_t sink(mpi *m, size_t place, size_t rank)
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

static void set_tasks(mpi *m, size_t rank, size_t tasks)
{
    peer *p = &m->peers[rank];
    p->tasks = tasks;
    put(m, p->place, rank);
    size_t place = rise(m, p->place, rank);
    put(m, sink(m, place, rank), rank);
}

/* ---- handing out ---- */

static fm_mpi_task record_of(const mpi *m, const fm_task *task)
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
static void send_large(mpi *m, fm_task *task, size_t rank)
{
    void *copy = malloc(task->argument.size);
    if (!copy) {
        fm_task_fail(task, FM_NO_MEMORY, "no memory for the argument");
        task->where = FM_MPI_HELD;
        m->away--;
        set_tasks(m, rank, m->peers[rank].tasks - 1);
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

static void send_small(mpi *m, fm_task_list *batch, size_t rank)
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
static void hand_to(mpi *m, size_t rank, fm_task_list *batch)
{
    m->peers[rank].bare = false;
    set_tasks(m, rank, m->peers[rank].tasks + batch->n);
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

static bool hand_out(mpi *m, fm_task_list *batch)
{
    size_t rank = m->heap[0], most = 2 * m->site.workers * batch->n;
    if (m->peers[rank].tasks > 0 && m->peers[rank].tasks + batch->n > most) {
        return false;
    }
    hand_to(m, rank, batch);
    return true;
}

static void hold(mpi *m, fm_task_list *batch)
{
    for (fm_task *task = batch->first; task; task = task->next) {
        task->where = FM_MPI_HELD;
    }
    fm_task_list_append(&m->held, batch);
}

static bool post(void *self, fm_task_list *batch)
{
    mpi *m = self;
    bool of_a_map = batch->first->home != NULL;
    if (m->terms.windowed && of_a_map) {
        hold(m, batch);
        return true;
    }
    return hand_out(m, batch);
}

/* ---- the static schedule ---- */

static int by_index(const void *a, const void *b)
{
    const fm_task *left = *(fm_task *const *)a, *right = *(fm_task *const *)b;
    return (left->id > right->id) - (left->id < right->id);
}

/* The tasks held, by index; there are held.n of them. */
static fm_task **sorted(mpi *m)
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

static size_t block_begin(const mpi *m, size_t n, size_t rank)
{
    return n / m->ranks * rank + n % m->ranks * rank / m->ranks;
}

static void own_block(mpi *m, fm_task **tasks, size_t n)
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
static unsigned char *pack_block(mpi *m, unsigned char *at, size_t rank,
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
    set_tasks(m, rank, m->peers[rank].tasks + n);
    return at;
}

/* Tasks of `bytes` bytes in all. */
static void scatter(mpi *m, fm_task **tasks, size_t n, size_t bytes)
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
static void scatter_held(mpi *m)
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

/* Tasks that are held go out: all of them, or as many as the ranks take. */
static void dispatch_held(mpi *m)
{
    if (m->held.n > 0 && m->terms.windowed && m->ranks > 1) {
        scatter_held(m);
    }
    bool more = true;
    while (m->held.n > 0 && more) {
        fm_task_list alone = {0};
        fm_task_list_push(&alone, fm_task_list_pop(&m->held));
        more = hand_out(m, &alone);
        fm_task_list_prepend(&m->held, &alone);
    }
}

/* ---- results ---- */

static void came_home(mpi *m, size_t rank, fm_task *task)
{
    m->away--;
    set_tasks(m, rank, m->peers[rank].tasks - 1);
    fm_task_list_push(&m->finished, task);
}

static void take_result(mpi *m, size_t rank, fm_mpi_reader *reader, size_t body)
{
    fm_mpi_result record;
    fm_mpi_read(reader, &record, sizeof record);
    fm_task *task = (fm_task *)(uintptr_t)record.token; /* ours: we sent it */
    char message[sizeof((fm_error *)NULL)->message + 1];
    memcpy(message, fm_mpi_read_here(reader, record.message_size), record.message_size);
    message[record.message_size] = '\0';
    task->status = (fm_status)record.status;
    task->worker = record.worker;
    task->process = (long)rank;
    task->seconds = record.seconds;
    if (task->status != FM_OK) {
        fm_task_fail(task, task->status, message);
    }
    size_t size = (size_t)record.size;
    void *place = size > 0 ? fm_output_reserve(&task->output, size) : NULL;
    if (size > 0 && !place) {
        fm_task_fail(task, FM_NO_MEMORY, "no memory for the result");
    }
    if (body > 0) {
        fm_mpi_receive_body(&m->link, (int)rank, place, body, task);
        return;
    }
    const void *bytes = fm_mpi_read_here(reader, size);
    if (place) {
        memcpy(place, bytes, size);
    }
    came_home(m, rank, task);
}

static void take_recalled(mpi *m, size_t rank, fm_mpi_reader *reader, size_t n)
{
    m->peers[rank].bare = n == 0;
    fm_task_list back = {0};
    for (size_t i = 0; i < n; i++) {
        uint64_t token = 0;
        fm_mpi_read(reader, &token, sizeof token);
        fm_task_list_push(&back, (fm_task *)(uintptr_t)token);
    }
    m->away -= n;
    set_tasks(m, rank, m->peers[rank].tasks - n);
    hold(m, &back);
}

static bool hear(mpi *m)
{
    int source = 0;
    const fm_mpi_head *head = fm_mpi_look(&m->link, &source);
    if (!head) {
        return false;
    }
    fm_mpi_reader reader = {(const unsigned char *)(head + 1)};
    if (head->kind == FM_MPI_RECALLED) {
        take_recalled(m, (size_t)source, &reader, head->n);
    } else {
        for (uint32_t i = 0; i < head->n; i++) {
            take_result(m, (size_t)source, &reader, (size_t)head->body);
        }
    }
    fm_mpi_next(&m->link);
    return true;
}

static bool collect_own(mpi *m, double seconds)
{
    size_t had = m->finished.n;
    bool any = fm_mpi_site_collect(&m->site, seconds, &m->finished);
    set_tasks(m, 0, m->peers[0].tasks - (m->finished.n - had));
    return any;
}

static bool progress(mpi *m)
{
    bool any = collect_own(m, 0);
    if (!m->mpi) {
        return any;
    }
    while (hear(m)) {
        any = true;
    }
    int source = 0;
    for (fm_task *task; (task = fm_mpi_arrived(&m->link, &source));) {
        came_home(m, (size_t)source, task);
        any = true;
    }
    return fm_mpi_link_progress(&m->link) || any;
}

/* ---- the window of the static schedule ---- */

/* To tell of every result would cost as much as the result. What is kept back leaves a
 * rank room to go on, whatever it has (mpi_site.c). */
static bool is_worth_telling(const mpi *m, fm_mpi_credit credit)
{
    return credit.n > m->site.workers && (credit.n > 1024 || credit.bytes > 256 << 10);
}

static void tell_credit(mpi *m, peer *p)
{
    if (p == m->peers) {
        fm_mpi_site_consumed(&m->site, p->owed);
    } else {
        fm_mpi_parcel *parcel = fm_mpi_pack(&m->link, FM_MPI_CREDIT);
        fm_mpi_put(parcel, &p->owed, sizeof p->owed);
        fm_mpi_send(&m->link, parcel, (int)(p - m->peers));
    }
    p->owed = (fm_mpi_credit){0};
}

/* What was handed to the pool in the last poll has been consumed when it polls again.
 */
static void send_credit(mpi *m)
{
    for (peer **at = &m->owed; *at;) {
        peer *p = *at;
        if (is_worth_telling(m, p->owed)) {
            tell_credit(m, p);
            *at = p->next_owed;
        } else {
            at = &p->next_owed;
        }
    }
}

static void note_credit(mpi *m)
{
    for (const fm_task *task = m->finished.first; task; task = task->next) {
        if (task->where == FM_MPI_HELD) {
            continue; /* it failed before it went */
        }
        peer *p = &m->peers[task->where];
        if (p->owed.n == 0) {
            p->next_owed = m->owed;
            m->owed = p;
        }
        fm_mpi_credit credit = fm_mpi_credit_of(task);
        p->owed.n += credit.n;
        p->owed.bytes += credit.bytes;
    }
}

/* ---- waiting ---- */

/* That are not held. */
static size_t tasks_in(const mpi *m)
{
    return fm_mpi_site_tasks(&m->site) + m->away;
}

/* Until a result of our own or the end of the pause. */
static bool rest(mpi *m, fm_mpi_pause *pause, double left_s)
{
    double seconds = left_s;
    if (m->mpi) {
        seconds = fmin(fm_mpi_pause_length(pause, longest_look_s), left_s);
    }
    if (seconds > 0 && m->site.inside > 0) {
        return collect_own(m, seconds);
    }
    fm_mpi_sleep(seconds);
    return false;
}

/* By the static schedule as many results as were asked for may not fit into the window:
 * when nothing has come for a while, those that are there are enough. */
static bool is_stuck(const mpi *m, const fm_mpi_pause *pause)
{
    static const double patience_s = 100e-6;
    return m->terms.windowed && m->finished.n > 0 && pause->since > 0 &&
           fm_clock_now() > pause->since + patience_s;
}

static void poll(void *self, size_t enough, double timeout_s, fm_task_list *done)
{
    mpi *m = self;
    double deadline = fm_clock_now() + timeout_s, left_s = timeout_s;
    fm_mpi_pause pause = {0};
    if (m->terms.windowed) {
        send_credit(m);
    }
    dispatch_held(m);
    bool any = progress(m);
    while (m->finished.n < enough && tasks_in(m) > 0 && left_s > 0 &&
           !is_stuck(m, &pause)) {
        pause = any ? (fm_mpi_pause){0} : pause;
        any = progress(m) || rest(m, &pause, left_s);
        left_s = deadline - fm_clock_now();
    }
    if (m->terms.windowed) {
        note_credit(m);
    }
    fm_task_list_append(done, &m->finished);
}

/* ---- taking back ---- */

static void recall(mpi *m, size_t rank)
{
    fm_mpi_send(&m->link, fm_mpi_pack(&m->link, FM_MPI_RECALL), (int)rank);
    fm_mpi_pause pause = {0};
    while (!m->peers[rank].bare) {
        if (progress(m)) {
            pause = (fm_mpi_pause){0};
        } else if (!m->peers[rank].bare) {
            fm_mpi_sleep(fm_mpi_pause_length(&pause, longest_look_s));
        }
    }
}

static bool cancel(void *self, fm_task *task)
{
    mpi *m = self;
    if (task->where > 0 && !m->peers[task->where].bare) {
        recall(m, (size_t)task->where);
    }
    if (task->where == FM_MPI_HELD) {
        fm_task_list_remove(&m->held, task);
        return true;
    }
    if (task->where > 0 || !fm_mpi_site_cancel(&m->site, task)) {
        return false;
    }
    set_tasks(m, 0, m->peers[0].tasks - 1);
    return true;
}

static void abandon(void *self)
{
    mpi *m = self;
    fm_backend_threads.abandon(m->site.threads);
    if (m->mpi) {
        fm_mpi_tell_all(&m->link, FM_MPI_ABANDON, NULL, 0);
    }
}

static bool wants_all(const void *self)
{
    return ((const mpi *)self)->terms.windowed;
}

/* ---- together with the other ranks ---- */

static fm_status share(void *self, fm_bytes shared, fm_error *error)
{
    mpi *m = self;
    if (!m->mpi) {
        return fm_backend_threads.share(m->site.threads, shared, error);
    }
    const uint64_t size = shared.size;
    fm_mpi_tell_all(&m->link, FM_MPI_SHARE, &size, sizeof size);
    return fm_mpi_share(m->mpi, &m->site, &m->shared, shared, error);
}

static fm_status open_sum(void *self, const fm_sum_shape *shape, fm_error *error)
{
    mpi *m = self;
    m->sum_size = fm_sum_size(shape);
    if (!m->mpi) {
        return fm_backend_threads.open_sum(m->site.threads, shape, error);
    }
    fm_mpi_tell_all(&m->link, FM_MPI_OPEN_SUM, shape, sizeof *shape);
    return fm_mpi_open_sum(m->mpi, &m->site, shape, error);
}

static fm_status close_sum(void *self, fm_fixed *total, fm_error *error)
{
    mpi *m = self;
    if (!m->mpi) {
        return fm_backend_threads.close_sum(m->site.threads, total, error);
    }
    const uint64_t wanted = total != NULL;
    fm_mpi_tell_all(&m->link, FM_MPI_CLOSE_SUM, &wanted, sizeof wanted);
    return fm_mpi_close_sum(m->mpi, &m->site, wanted, m->sum_size, total, error);
}

/* ---- start and stop ---- */

static void release(mpi *m)
{
    if (m->mpi) {
        fm_mpi_link_close(&m->link);
        m->mpi->busy = false;
    }
    free(m->heap);
    free(m);
}

static void stop(void *self)
{
    mpi *m = self;
    if (!m) {
        return;
    }
    assert(tasks_in(m) + m->held.n == 0);
    if (m->mpi) {
        fm_mpi_tell_all(&m->link, FM_MPI_CLOSE, NULL, 0);
    }
    fm_mpi_site_close(&m->site);
    if (m->mpi) {
        fm_mpi_unshare(&m->shared);
        fm_mpi_must(MPI_Barrier(m->mpi->comm), "MPI_Barrier");
    }
    release(m);
}

static bool put_terms(const mpi *m, fm_mpi_parcel *parcel)
{
    fm_mpi_put(parcel, &m->terms, sizeof m->terms);
    for (size_t i = 0; i < m->kernels.n; i++) {
        const char *name = m->kernels.kernel[i].name;
        if (strlen(name) + 8 > fm_mpi_room(parcel)) {
            return false;
        }
        fm_mpi_put(parcel, name, strlen(name) + 1);
    }
    return true;
}

static fm_status tell_terms(mpi *m, fm_error *error)
{
    for (int rank = 1; rank < m->mpi->size; rank++) {
        fm_mpi_parcel *parcel = fm_mpi_pack(&m->link, FM_MPI_OPEN);
        if (!put_terms(m, parcel)) {
            fm_mpi_drop(&m->link, parcel);
            return fm_fail(error, FM_BAD_INPUT,
                           "the names of the kernels are too long for MPI");
        }
        fm_mpi_send(&m->link, parcel, rank);
    }
    return FM_OK;
}

static fm_status open_ranks(mpi *m, fm_error *error)
{
    fm_status status = FM_OK;
    if (m->mpi) {
        fm_mpi_link_open(&m->link, m->mpi);
        m->mpi->busy = true;
        status = tell_terms(m, error);
        if (status != FM_OK) {
            return status;
        }
    }
    status = fm_mpi_site_open(&m->site, 0, m->kernels, &m->terms, error);
    if (m->mpi) {
        status = fm_mpi_agree(m->mpi, status, error);
    }
    if (status != FM_OK) {
        fm_mpi_site_close(&m->site);
    }
    return status;
}

static mpi *create(fm_mpi *joined, fm_kernels kernels, const fm_pool_options *options)
{
    size_t ranks = joined ? (size_t)joined->size : 1;
    mpi *m = calloc(1, sizeof *m + ranks * sizeof *m->peers);
    if (!m) {
        return NULL;
    }
    m->heap = calloc(ranks, sizeof *m->heap);
    if (!m->heap) {
        free(m);
        return NULL;
    }
    m->mpi = joined;
    m->ranks = ranks;
    m->kernels = kernels;
    m->shared.window = MPI_WIN_NULL;
    m->terms = (fm_mpi_terms){.timeout_s = options->timeout_s,
                              .workers_per_rank = options->workers_per_rank,
                              .windowed = options->schedule_static,
                              .kernels = kernels.n};
    for (size_t rank = 0; rank < ranks; rank++) {
        put(m, rank, rank);
    }
    return m;
}

/* In rank 0, or without MPI. */
static fm_status start_pool(fm_mpi *joined, fm_kernels kernels,
                            fm_pool_options *options, void **self, fm_error *error)
{
    mpi *m = create(joined, kernels, options);
    if (!m) {
        return fm_fail_memory(error, "a pool of ranks", sizeof *m);
    }
    options->workers = m->ranks * options->workers_per_rank;
    fm_status status = open_ranks(m, error);
    if (status != FM_OK) {
        release(m);
        return status;
    }
    *self = m;
    return FM_OK;
}

static fm_status start(fm_kernels kernels, fm_pool_options *options, void **self,
                       fm_error *error)
{
    fm_mpi *joined = NULL;
    *self = NULL;
    if (fm_under_mpirun()) {
        fm_status status = fm_mpi_join(&joined, error);
        if (status != FM_OK) {
            return status;
        }
    }
    if (joined && joined->rank > 0) {
        fm_mpi_serve(joined, kernels);
        return fm_fail(error, FM_WAS_WORKER, "this rank served the pools of rank 0");
    }
    if (joined && joined->busy) {
        return fm_fail(error, FM_FAILED,
                       "an mpi pool is open already; the ranks serve one at a time");
    }
    return start_pool(joined, kernels, options, self, error);
}

const fm_backend fm_backend_mpi = {
    .name = "mpi",
    .takes = FM_TAKES_SCHEDULE,
    .batch_s = 200e-6,
    .start = start,
    .post = post,
    .poll = poll,
    .cancel = cancel,
    .abandon = abandon,
    .wants_all = wants_all,
    .open_sum = open_sum,
    .close_sum = close_sum,
    .share = share,
    .stop = stop,
};
