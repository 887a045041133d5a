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
#include "mpi_site.h"
#include "mpi_together.h"

static const double longest_nap_s = 5e-3;  /* without tasks */
static const double longest_look_s = 1e-3; /* while the threads work */

/* A task that came from rank 0. */
typedef struct guest {
    fm_task task; /* first: a pointer to it is one to the guest */
    uint64_t token;
    struct guest *previous, *next; /* all that are here */
} guest;

typedef struct server {
    fm_mpi *mpi;
    fm_kernels kernels;
    fm_mpi_link link;
    /* The pool that is served; open: there is one. */
    bool open;
    fm_mpi_site site;
    const fm_kernel **known; /* by rank 0's numbers; NULL: not known here */
    fm_mpi_shared shared;
    size_t sum_size;
    guest *guests;
    fm_task_list spare, finished;
} server;

/* ---- guests ---- */

static guest *receive_guest(server *s, const fm_mpi_task *record)
{
    guest *g = (guest *)(void *)fm_task_list_pop(&s->spare);
    if (g) {
        fm_task_clear(&g->task);
    } else {
        g = calloc(1, sizeof *g);
        fm_mpi_must_have(g, "memory for a task");
    }
    g->token = record->token;
    g->task.id = (size_t)record->id;
    g->task.kernel = s->known[record->kernel];
    g->task.adds = record->adds;
    g->previous = NULL;
    g->next = s->guests;
    if (s->guests) {
        s->guests->previous = g;
    }
    s->guests = g;
    return g;
}

static void dismiss(server *s, guest *g)
{
    if (g->previous) {
        g->previous->next = g->next;
    } else {
        s->guests = g->next;
    }
    if (g->next) {
        g->next->previous = g->previous;
    }
    fm_task_list_push(&s->spare, &g->task);
}

static void release_spare(server *s)
{
    for (fm_task *task; (task = fm_task_list_pop(&s->spare));) {
        fm_task_release(task);
        free(task);
    }
}

/* ---- tasks ---- */

static void refuse(server *s, guest *g, fm_status status, const char *message)
{
    g->task.worker = s->site.rank * s->site.workers;
    fm_task_fail(&g->task, status, message);
    g->task.place = FM_TASK_DONE;
    g->task.seconds = 0;
    if (s->site.windowed) {
        s->site.kept++; /* like every result: it will be consumed */
    }
    fm_task_list_push(&s->finished, &g->task);
}

/* Into the batch, or, if it cannot be run, among what is finished. */
static void admit(server *s, guest *g, bool has_argument, fm_task_list *batch)
{
    if (!has_argument) {
        refuse(s, g, FM_NO_MEMORY, "no memory for the argument");
    } else if (!g->task.kernel) {
        refuse(s, g, FM_FAILED,
               "this rank does not know the kernel: it was not among those of the "
               "first pool that it opened");
    } else {
        g->task.place = FM_TASK_POSTED;
        fm_task_list_push(batch, &g->task);
    }
}

static void take_records(server *s, fm_mpi_reader reader, size_t n)
{
    fm_task_list batch = {0};
    for (; n > 0; n--) {
        fm_mpi_task record;
        fm_mpi_read(&reader, &record, sizeof record);
        size_t size = (size_t)record.size;
        guest *g = receive_guest(s, &record);
        const fm_bytes argument = {fm_mpi_read_here(&reader, size), size};
        admit(s, g, fm_task_set_argument(&g->task, argument), &batch);
    }
    if (batch.n > 0) {
        fm_mpi_site_add(&s->site, &batch);
    }
}

/* A task whose argument is the body: waited for, for the messages behind it may be
 * about it. */
static void take_large(server *s, fm_mpi_reader reader, size_t size)
{
    fm_mpi_task record;
    fm_mpi_read(&reader, &record, sizeof record);
    guest *g = receive_guest(s, &record);
    void *place = malloc(size);
    free(g->task.argument.data);
    g->task.argument = (fm_buffer){.data = place, .size = size, .capacity = size};
    fm_mpi_receive_body(&s->link, 0, place, size, &g->task);
    fm_mpi_pause pause = {0};
    for (int source; !fm_mpi_arrived(&s->link, &source);) {
        fm_mpi_sleep(fm_mpi_pause_length(&pause, longest_look_s));
    }
    fm_task_list batch = {0};
    admit(s, g, place != NULL, &batch);
    if (batch.n > 0) {
        fm_mpi_site_add(&s->site, &batch);
    }
}

static void take_share(server *s)
{
    int size = 0;
    unsigned char *share = fm_mpi_scatter(s->mpi, NULL, NULL, &size);
    if (size > 0) {
        uint64_t n = 0;
        fm_mpi_reader reader = {share};
        fm_mpi_read(&reader, &n, sizeof n);
        take_records(s, reader, (size_t)n);
    }
    free(share);
}

/* ---- results ---- */

static fm_mpi_result result_of(const fm_task *task)
{
    size_t message = task->message ? strlen(task->message) : 0;
    const size_t longest = sizeof((fm_error *)NULL)->message;
    return (fm_mpi_result){
        .token = ((const guest *)(const void *)task)->token,
        .size = fm_task_bytes(task).size,
        .seconds = task->seconds,
        .status = (uint32_t)task->status,
        .worker = (uint32_t)task->worker,
        .message_size = (uint32_t)(message < longest ? message : longest),
    };
}

static void send_large(server *s, fm_task *task, const fm_mpi_result *record)
{
    fm_mpi_parcel *parcel = fm_mpi_pack(&s->link, FM_MPI_RESULTS);
    fm_mpi_put(parcel, record, sizeof *record);
    fm_mpi_count_record(parcel);
    fm_mpi_send_body(&s->link, parcel, 0, task->output.buffer.data,
                     task->output.buffer.size, false, task);
}

/* As many as fit into one parcel. */
static void send_small(server *s)
{
    fm_mpi_parcel *parcel = fm_mpi_pack(&s->link, FM_MPI_RESULTS);
    for (fm_task *task; (task = s->finished.first);) {
        fm_mpi_result record = result_of(task);
        size_t size = fm_mpi_padded(sizeof record) +
                      fm_mpi_padded(record.message_size) +
                      fm_mpi_padded((size_t)record.size);
        if (record.size > fm_mpi_room(parcel) || size > fm_mpi_room(parcel)) {
            break;
        }
        fm_mpi_put(parcel, &record, sizeof record);
        fm_mpi_put(parcel, task->message, record.message_size);
        fm_mpi_put(parcel, fm_task_bytes(task).data, (size_t)record.size);
        fm_mpi_count_record(parcel);
        fm_task_list_pop(&s->finished);
        dismiss(s, (guest *)(void *)task);
    }
    fm_mpi_send(&s->link, parcel, 0);
}

static bool send_results(server *s)
{
    static const size_t large = FM_MPI_HEAD_MAX / 2;
    bool any = s->finished.n > 0;
    while (s->finished.n > 0) {
        fm_mpi_result record = result_of(s->finished.first);
        if (record.size > large) {
            send_large(s, fm_task_list_pop(&s->finished), &record);
        } else {
            send_small(s);
        }
    }
    return any;
}

/* ---- what rank 0 says ---- */

static void send_recalled(server *s, fm_mpi_parcel **parcel, guest *g)
{
    if (fm_mpi_room(*parcel) < sizeof g->token) {
        fm_mpi_send(&s->link, *parcel, 0);
        *parcel = fm_mpi_pack(&s->link, FM_MPI_RECALLED);
    }
    fm_mpi_put(*parcel, &g->token, sizeof g->token);
    fm_mpi_count_record(*parcel);
    dismiss(s, g);
}

static void give_back(server *s)
{
    fm_mpi_parcel *parcel = fm_mpi_pack(&s->link, FM_MPI_RECALLED);
    for (guest *g = s->guests, *next; g; g = next) {
        next = g->next;
        bool here = g->task.place == FM_TASK_POSTED;
        if (here && fm_mpi_site_cancel(&s->site, &g->task)) {
            send_recalled(s, &parcel, g);
        }
    }
    if (parcel->used > sizeof(fm_mpi_head)) {
        fm_mpi_send(&s->link, parcel, 0);
        parcel = fm_mpi_pack(&s->link, FM_MPI_RECALLED);
    }
    fm_mpi_send(&s->link, parcel, 0);
}

static void unlearn(server *s)
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

static void learn(server *s, fm_mpi_reader reader, size_t n)
{
    s->known = calloc(n + 1, sizeof *s->known);
    fm_mpi_must_have(s->known, "memory for the names of the kernels");
    for (size_t i = 0; i < n; i++) {
        s->known[i] = find(s->kernels, (const char *)reader.at);
        fm_mpi_read_here(&reader, strlen((const char *)reader.at) + 1);
    }
}

static void open_pool(server *s, fm_mpi_reader reader)
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

static void close_pool(server *s)
{
    fm_mpi_site_close(&s->site);
    fm_mpi_unshare(&s->shared);
    unlearn(s);
    release_spare(s);
    s->open = false;
    fm_mpi_must(MPI_Barrier(s->mpi->comm), "MPI_Barrier");
}

static void share(server *s, fm_mpi_reader reader)
{
    uint64_t size = 0;
    fm_error error;
    fm_mpi_read(&reader, &size, sizeof size);
    fm_mpi_share(s->mpi, &s->site, &s->shared, (fm_bytes){NULL, (size_t)size}, &error);
}

static void open_sum(server *s, fm_mpi_reader reader)
{
    fm_sum_shape shape;
    fm_error error;
    fm_mpi_read(&reader, &shape, sizeof shape);
    s->sum_size = fm_sum_size(&shape);
    fm_mpi_open_sum(s->mpi, &s->site, &shape, &error);
}

static void close_sum(server *s, fm_mpi_reader reader)
{
    uint64_t wanted = 0;
    fm_error error;
    fm_mpi_read(&reader, &wanted, sizeof wanted);
    fm_mpi_close_sum(s->mpi, &s->site, wanted, s->sum_size, NULL, &error);
}

static void take_credit(server *s, fm_mpi_reader reader)
{
    fm_mpi_credit credit;
    fm_mpi_read(&reader, &credit, sizeof credit);
    fm_mpi_site_consumed(&s->site, credit);
}

static void obey(server *s, const fm_mpi_head *head)
{
    fm_mpi_reader reader = {(const unsigned char *)(head + 1)};
    switch ((fm_mpi_kind)head->kind) {
    case FM_MPI_OPEN:
        open_pool(s, reader);
        break;
    case FM_MPI_TASKS:
        if (head->body > 0) {
            take_large(s, reader, (size_t)head->body);
        } else {
            take_records(s, reader, head->n);
        }
        break;
    case FM_MPI_SCATTER:
        take_share(s);
        break;
    case FM_MPI_RECALL:
        give_back(s);
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

static bool hear(server *s)
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

static void dismiss_sent(server *s)
{
    for (fm_task *task; (task = fm_task_list_pop(&s->link.sent));) {
        dismiss(s, (guest *)(void *)task);
    }
}

/* What the threads have done; wait for it so long. */
static bool collect(server *s, double seconds)
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
static bool rest(server *s, fm_mpi_pause *pause)
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

static void serve(server *s)
{
    fm_mpi_pause pause = {0};
    while (!s->mpi->over) {
        bool any = hear(s);
        any = (s->open && collect(s, 0)) || any;
        any = send_results(s) || any;
        any = fm_mpi_link_progress(&s->link) || any;
        dismiss_sent(s);
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
    server s = {.mpi = mpi, .kernels = kernels, .shared = {MPI_WIN_NULL}};
    fm_mpi_link_open(&s.link, mpi);
    mpi->busy = true;
    serve(&s);
    mpi->busy = false;
    fm_mpi_link_close(&s.link);
    for (size_t i = 0; i < DEAF_TO; i++) {
        sigaction(deaf_to[i], &before[i], NULL);
    }
}
