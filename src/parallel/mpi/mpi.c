/* The mpi backend: ranks that mpirun started, each with threads that compute.
 *
 * Rank 0 is the program; it hands out tasks and takes results when the program calls
 * the pool, and its own threads compute like those of any other rank (mpi_site.c). The
 * other ranks serve (mpi_rank.c). How tasks go out is in mpi_dispatch.c, how they come
 * home in mpi_results.c, messages in mpi_wire.c, what all ranks do together in
 * mpi_together.c, the life of MPI in the process in mpi_job.c.
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
#include "mpi_rank.h"
#include "mpi_root.h"

static const double longest_look_s = 1e-3;

/* ---- tasks ---- */

static bool post(void *self, fm_task_list *batch)
{
    fm_mpi_root *m = self;
    bool of_a_map = batch->first->home != NULL;
    if (m->terms.windowed && of_a_map) {
        fm_mpi_hold(m, batch);
        return true;
    }
    return fm_mpi_hand_out(m, batch);
}

/* ---- waiting ---- */

/* That are not held. */
static size_t tasks_in(const fm_mpi_root *m)
{
    return fm_mpi_site_tasks(&m->site) + m->away;
}

/* Until a result of our own or the end of the pause. */
static bool rest(fm_mpi_root *m, fm_mpi_pause *pause, double left_s)
{
    double seconds = left_s;
    fm_mpi_send_credit(m, true);
    if (m->mpi || m->terms.windowed) { /* else nobody but our threads can do anything */
        seconds = fmin(fm_mpi_pause_length(pause, longest_look_s), left_s);
    }
    if (seconds > 0 && m->site.inside > 0) {
        return fm_mpi_collect_own(m, seconds);
    }
    fm_mpi_sleep(seconds);
    return false;
}

/* By the static schedule as many results as were asked for may not fit into the window:
 * when nothing has come for a while, those that are there are enough. */
static bool is_stuck(const fm_mpi_root *m, const fm_mpi_pause *pause)
{
    static const double patience_s = 100e-6;
    return m->terms.windowed && m->finished.n > 0 && pause->since > 0 &&
           fm_clock_now() > pause->since + patience_s;
}

static void poll(void *self, size_t enough, double timeout_s, fm_task_list *done)
{
    fm_mpi_root *m = self;
    double deadline = fm_clock_now() + timeout_s, left_s = timeout_s;
    fm_mpi_pause pause = {0};
    if (m->terms.windowed) {
        fm_mpi_send_credit(m, false);
    }
    fm_mpi_dispatch_held(m);
    bool any = fm_mpi_progress(m);
    while (m->finished.n < enough && tasks_in(m) > 0 && left_s > 0 &&
           !is_stuck(m, &pause)) {
        pause = any ? (fm_mpi_pause){0} : pause;
        any = fm_mpi_progress(m) || rest(m, &pause, left_s);
        left_s = deadline - fm_clock_now();
    }
    if (m->terms.windowed) {
        fm_mpi_note_credit(m);
    }
    fm_task_list_append(done, &m->finished);
}

/* ---- taking back ---- */

static void recall(fm_mpi_root *m, size_t rank)
{
    fm_mpi_send(&m->link, fm_mpi_pack(&m->link, FM_MPI_RECALL), (int)rank);
    fm_mpi_pause pause = {0};
    while (!m->peers[rank].bare) {
        if (fm_mpi_progress(m)) {
            pause = (fm_mpi_pause){0};
        } else if (!m->peers[rank].bare) {
            fm_mpi_sleep(fm_mpi_pause_length(&pause, longest_look_s));
        }
    }
}

static bool cancel(void *self, fm_task *task)
{
    fm_mpi_root *m = self;
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
    fm_mpi_set_tasks(m, 0, m->peers[0].tasks - 1);
    return true;
}

static void abandon(void *self)
{
    fm_mpi_root *m = self;
    fm_backend_threads.abandon(m->site.threads);
    if (m->mpi) {
        fm_mpi_tell_all(&m->link, FM_MPI_ABANDON, NULL, 0);
    }
}

static bool wants_all(const void *self)
{
    return ((const fm_mpi_root *)self)->terms.windowed;
}

/* ---- together with the other ranks ---- */

static fm_status share(void *self, fm_bytes shared, fm_error *error)
{
    fm_mpi_root *m = self;
    if (!m->mpi) {
        return fm_backend_threads.share(m->site.threads, shared, error);
    }
    const uint64_t size = shared.size;
    fm_mpi_tell_all(&m->link, FM_MPI_SHARE, &size, sizeof size);
    return fm_mpi_share(m->mpi, &m->site, &m->shared, shared, error);
}

static fm_status open_sum(void *self, const fm_sum_shape *shape, fm_error *error)
{
    fm_mpi_root *m = self;
    m->sum_size = fm_sum_size(shape);
    if (!m->mpi) {
        return fm_backend_threads.open_sum(m->site.threads, shape, error);
    }
    fm_mpi_tell_all(&m->link, FM_MPI_OPEN_SUM, shape, sizeof *shape);
    return fm_mpi_open_sum(m->mpi, &m->site, shape, error);
}

static fm_status close_sum(void *self, fm_fixed *total, fm_error *error)
{
    fm_mpi_root *m = self;
    if (!m->mpi) {
        return fm_backend_threads.close_sum(m->site.threads, total, error);
    }
    const uint64_t wanted = total != NULL;
    fm_mpi_tell_all(&m->link, FM_MPI_CLOSE_SUM, &wanted, sizeof wanted);
    return fm_mpi_close_sum(m->mpi, &m->site, wanted, m->sum_size, total, error);
}

/* ---- start and stop ---- */

static void release(fm_mpi_root *m)
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
    fm_mpi_root *m = self;
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

static bool put_terms(const fm_mpi_root *m, fm_mpi_parcel *parcel)
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

static fm_status tell_terms(fm_mpi_root *m, fm_error *error)
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

static fm_status open_ranks(fm_mpi_root *m, fm_error *error)
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

static fm_mpi_root *create(fm_mpi *joined, fm_kernels kernels,
                           const fm_pool_options *options)
{
    size_t ranks = joined ? (size_t)joined->size : 1;
    fm_mpi_root *m = calloc(1, sizeof *m + ranks * sizeof *m->peers);
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
        m->heap[rank] = rank;
        m->peers[rank].place = rank;
    }
    return m;
}

/* In rank 0, or without MPI. */
static fm_status start_pool(fm_mpi *joined, fm_kernels kernels,
                            fm_pool_options *options, void **self, fm_error *error)
{
    fm_mpi_root *m = create(joined, kernels, options);
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
    if (fm_pool_under_mpirun()) {
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
