/* A rank other than 0: it does what rank 0 says.
 *
 * One thread looks for messages, hands the tasks in them to the rank's threads, and
 * sends their results. Messages are taken in the order in which they came; while the
 * body of one is still under way the next waits, so that what it says about tasks is
 * true.
 *
 * Signals are rank 0's affair: mpirun passes them to every rank, and rank 0 decides
 * whether what runs may end. A rank that serves ignores them. */
#include "mpi_rank.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "mpi_guest.h"

static const double longest_nap_s = 5e-3;  /* without tasks */
static const double longest_look_s = 1e-3; /* while the threads work */

/* ---- what rank 0 says ---- */

static void take_share(fm_mpi_server *s)
{
    int size = 0;
    unsigned char *share = fm_mpi_scatter(s->mpi, NULL, NULL, &size);
    if (size > 0) {
        uint64_t n = 0;
        fm_mpi_reader reader = {share};
        fm_mpi_read(&reader, &n, sizeof n);
        fm_mpi_take_records(s, reader, (size_t)n);
    }
    free(share);
}

static void unlearn(fm_mpi_server *s)
{
    free(s->known);
    s->known = NULL;
}

static const fm_kernel *find(fm_kernels kernels, const char *name)
{
    for (size_t i = 0; i < kernels.n; i++) {
        if (!strcmp(kernels.kernel[i].name, name)) {
            return &kernels.kernel[i];
        }
    }
    return NULL;
}

static void learn(fm_mpi_server *s, fm_mpi_reader reader, size_t n)
{
    s->known = calloc(n + 1, sizeof *s->known);
    fm_mpi_must_have(s->known, "memory for the names of the kernels");
    for (size_t i = 0; i < n; i++) {
        s->known[i] = find(s->kernels, (const char *)reader.at);
        fm_mpi_read_here(&reader, strlen((const char *)reader.at) + 1);
    }
}

static void open_pool(fm_mpi_server *s, fm_mpi_reader reader)
{
    fm_mpi_terms terms;
    fm_mpi_read(&reader, &terms, sizeof terms);
    learn(s, reader, (size_t)terms.kernels);
    fm_error error;
    fm_status mine =
        fm_mpi_site_open(&s->site, (size_t)s->mpi->rank, s->kernels, &terms, &error);
    s->open = fm_mpi_agree(s->mpi, mine, &error) == FM_OK;
    if (!s->open) {
        fm_mpi_site_close(&s->site);
        unlearn(s);
    }
}

static void close_pool(fm_mpi_server *s)
{
    fm_mpi_site_close(&s->site);
    fm_mpi_unshare(&s->shared);
    unlearn(s);
    fm_mpi_release_spare(s);
    s->open = false;
    fm_mpi_must(MPI_Barrier(s->mpi->comm), "MPI_Barrier");
}

static void share(fm_mpi_server *s, fm_mpi_reader reader)
{
    uint64_t size = 0;
    fm_error error;
    fm_mpi_read(&reader, &size, sizeof size);
    fm_mpi_share(s->mpi, &s->site, &s->shared, (fm_bytes){NULL, (size_t)size}, &error);
}

static void open_sum(fm_mpi_server *s, fm_mpi_reader reader)
{
    fm_sum_shape shape;
    fm_error error;
    fm_mpi_read(&reader, &shape, sizeof shape);
    s->sum_size = fm_sum_size(&shape);
    fm_mpi_open_sum(s->mpi, &s->site, &shape, &error);
}

static void close_sum(fm_mpi_server *s, fm_mpi_reader reader)
{
    uint64_t wanted = 0;
    fm_error error;
    fm_mpi_read(&reader, &wanted, sizeof wanted);
    fm_mpi_close_sum(s->mpi, &s->site, wanted, s->sum_size, NULL, &error);
}

static void take_credit(fm_mpi_server *s, fm_mpi_reader reader)
{
    fm_mpi_credit credit;
    fm_mpi_read(&reader, &credit, sizeof credit);
    fm_mpi_site_consumed(&s->site, credit);
}

static void obey(fm_mpi_server *s, const fm_mpi_head *head)
{
    fm_mpi_reader reader = {(const unsigned char *)(head + 1)};
    switch ((fm_mpi_kind)head->kind) {
    case FM_MPI_OPEN:
        open_pool(s, reader);
        break;
    case FM_MPI_TASKS:
        if (head->body > 0) {
            fm_mpi_take_large(s, reader, (size_t)head->body);
        } else {
            fm_mpi_take_records(s, reader, head->n);
        }
        break;
    case FM_MPI_SCATTER:
        take_share(s);
        break;
    case FM_MPI_RECALL:
        fm_mpi_give_back(s);
        break;
    case FM_MPI_CREDIT:
        take_credit(s, reader);
        break;
    case FM_MPI_ABANDON:
        fm_backend_threads.abandon(s->site.threads);
        break;
    case FM_MPI_SHARE:
        share(s, reader);
        break;
    case FM_MPI_OPEN_SUM:
        open_sum(s, reader);
        break;
    case FM_MPI_CLOSE_SUM:
        close_sum(s, reader);
        break;
    case FM_MPI_CLOSE:
        close_pool(s);
        break;
    case FM_MPI_END:
        s->mpi->over = true;
        break;
    case FM_MPI_RESULTS:
    case FM_MPI_RECALLED:
        break; /* rank 0 does not send these */
    }
}

/* ---- the loop ---- */

static bool hear(fm_mpi_server *s)
{
    int source = 0;
    const fm_mpi_head *head = fm_mpi_look(&s->link, &source);
    if (!head) {
        return false;
    }
    obey(s, head);
    if (!s->mpi->over) {
        fm_mpi_next(&s->link);
    }
    return true;
}

/* What the threads have done; wait for it so long. */
static bool collect(fm_mpi_server *s, double seconds)
{
    fm_task_list done = {0};
    bool any = fm_mpi_site_collect(&s->site, seconds, &done);
    for (fm_task *task = done.first; task; task = task->next) {
        task->place = FM_TASK_DONE;
    }
    fm_task_list_append(&s->finished, &done);
    return any;
}

/* Whatever happens first, a result or the end of the pause. */
static bool rest(fm_mpi_server *s, fm_mpi_pause *pause)
{
    bool working = s->open && s->site.inside > 0;
    double seconds =
        fm_mpi_pause_length(pause, working ? longest_look_s : longest_nap_s);
    if (working && seconds > 0) {
        return collect(s, seconds);
    }
    fm_mpi_sleep(seconds);
    return false;
}

static void serve(fm_mpi_server *s)
{
    fm_mpi_pause pause = {0};
    while (!s->mpi->over) {
        bool any = hear(s);
        any = (s->open && collect(s, 0)) || any;
        any = fm_mpi_send_results(s) || any;
        any = fm_mpi_link_progress(&s->link) || any;
        fm_mpi_dismiss_sent(s);
        any = any || rest(s, &pause);
        if (any) {
            pause = (fm_mpi_pause){0};
        }
    }
}

enum { DEAF_TO = 4 };
static const int deaf_to[DEAF_TO] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

void fm_mpi_serve(fm_mpi *mpi, fm_kernels kernels)
{
    if (mpi->over) {
        return;
    }
    struct sigaction before[DEAF_TO], ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < DEAF_TO; i++) {
        sigaction(deaf_to[i], &ignore, &before[i]);
    }
    fm_mpi_server s = {.mpi = mpi, .kernels = kernels, .shared = {MPI_WIN_NULL}};
    fm_mpi_link_open(&s.link, mpi);
    mpi->busy = true;
    serve(&s);
    mpi->busy = false;
    fm_mpi_link_close(&s.link);
    for (size_t i = 0; i < DEAF_TO; i++) {
        sigaction(deaf_to[i], &before[i], NULL);
    }
}
