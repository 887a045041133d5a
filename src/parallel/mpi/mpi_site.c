/* What a rank computes with: the threads backend, fed with the tasks that the rank was
 * given. The thread that talks to the other ranks is not one of them; it sleeps when
 * there is nothing to say.
 *
 * By the dynamic schedule a rank has few tasks, and they go to the threads as they
 * come. By the static one it has its whole share, and then it begins no more than what
 * its results may take: as many as its workers need to be busy, more if they are small,
 * until rank 0 has consumed some. Short tasks go to the threads in batches. */
#include "mpi_site.h"

#include <math.h>

#include "backend.h"

static const double batch_s = 100e-6;
static const fm_mpi_credit small_results = {.n = 4096, .bytes = 1 << 20};
enum { BATCH_MAX = 32 };

fm_status fm_mpi_site_open(fm_mpi_site *site, size_t rank, fm_kernels kernels,
                           const fm_mpi_terms *terms, fm_error *error)
{
    fm_pool_options options = {.workers = (size_t)terms->workers_per_rank,
                               .timeout_s = terms->timeout_s};
    *site = (fm_mpi_site){.rank = rank,
                          .windowed = terms->windowed,
                          .recent_s = INFINITY,
                          .recent_bytes = INFINITY};
    fm_status status =
        fm_backend_threads.start(kernels, &options, &site->threads, error);
    site->workers = options.workers;
    return status;
}

void fm_mpi_site_close(fm_mpi_site *site)
{
    fm_backend_threads.stop(site->threads);
    site->threads = NULL;
}

size_t fm_mpi_site_tasks(const fm_mpi_site *site)
{
    return site->waiting.n + site->inside;
}

/* ---- the window ---- */

fm_mpi_credit fm_mpi_credit_of(const fm_task *task)
{
    return (fm_mpi_credit){1, fm_task_bytes(task).size};
}

static size_t batch_size(const fm_mpi_site *site)
{
    double n = batch_s / fmax(site->recent_s, 1e-9);
    return n < 2 ? 1 : (size_t)fmin(n, BATCH_MAX);
}

/* How many tasks may be begun. Of results of a size not yet known as many as the
 * workers need to be busy. */
static size_t room(const fm_mpi_site *site)
{
    size_t n = site->kept + site->inside, needed = 2 * site->workers + 2;
    size_t room = n < needed ? needed - n : 0;
    double bytes = (double)site->kept_bytes + (double)site->inside * site->recent_bytes;
    double fit = ((double)small_results.bytes - bytes) / fmax(site->recent_bytes, 1);
    if (n < small_results.n && fit > (double)room) {
        room = (size_t)fmin(fit, (double)(small_results.n - n));
    }
    return room;
}

/* How many of them now: two batches a worker. */
static size_t next_batch(const fm_mpi_site *site)
{
    size_t batch = batch_size(site), most = room(site);
    if (site->inside + batch > 2 * site->workers * batch) {
        return 0;
    }
    return batch < most ? batch : most;
}

void fm_mpi_site_consumed(fm_mpi_site *site, fm_mpi_credit credit)
{
    site->kept -= (size_t)credit.n;
    site->kept_bytes -= (size_t)credit.bytes;
}

/* ---- feeding ---- */

static void post(fm_mpi_site *site, fm_task_list *batch)
{
    site->inside += batch->n;
    for (fm_task *task = batch->first; task; task = task->next) {
        task->with_next = task->next != NULL;
    }
    fm_backend_threads.post(site->threads, batch);
}

static void feed(fm_mpi_site *site)
{
    size_t n = 0;
    while (site->waiting.n > 0 && (n = next_batch(site)) > 0) {
        fm_task_list tasks = {0};
        while (tasks.n < n && site->waiting.n > 0) {
            fm_task *task = fm_task_list_pop(&site->waiting);
            task->where = (int)site->rank;
            fm_task_list_push(&tasks, task);
        }
        post(site, &tasks);
    }
}

void fm_mpi_site_add(fm_mpi_site *site, fm_task_list *batch)
{
    for (fm_task *task = batch->first; task; task = task->next) {
        task->where = site->windowed ? FM_MPI_WAITS : (int)site->rank;
    }
    if (!site->windowed) {
        post(site, batch);
        return;
    }
    fm_task_list_append(&site->waiting, batch);
    feed(site);
}

bool fm_mpi_site_cancel(fm_mpi_site *site, fm_task *task)
{
    if (task->where == FM_MPI_WAITS) {
        fm_task_list_remove(&site->waiting, task);
        return true;
    }
    bool free_to_go = fm_backend_threads.cancel(site->threads, task);
    site->inside -= free_to_go;
    return free_to_go;
}

/* A running mean; INFINITY: of nothing yet. */
static double mean(double before, double value)
{
    return isinf(before) ? value : before + (value - before) / 8;
}

static void note(fm_mpi_site *site, fm_task *task)
{
    fm_mpi_credit credit = fm_mpi_credit_of(task);
    site->recent_s = mean(site->recent_s, task->seconds);
    site->recent_bytes = mean(site->recent_bytes, (double)credit.bytes);
    site->inside--;
    if (site->windowed) {
        site->kept += (size_t)credit.n;
        site->kept_bytes += (size_t)credit.bytes;
    }
    task->worker += site->rank * site->workers;
    task->process = (long)site->rank;
}

bool fm_mpi_site_collect(fm_mpi_site *site, double timeout_s, fm_task_list *done)
{
    fm_task_list finished = {0};
    fm_backend_threads.poll(site->threads, 1, timeout_s, &finished);
    for (fm_task *task = finished.first; task; task = task->next) {
        note(site, task);
    }
    bool any = finished.n > 0;
    fm_task_list_append(done, &finished);
    if (site->windowed) {
        feed(site);
    }
    return any;
}
