/* Tasks in a rank that they did not come from: a copy is made of what the message says,
 * it is run like any other task, and what it left is sent back. Small results travel
 * together; the bytes of a large one are sent from where they are, and the guest stays
 * until they have gone. */
#include "mpi_guest.h"

#include <stdlib.h>
#include <string.h>

static const double longest_look_s = 1e-3;

/* ---- guests ---- */

static fm_mpi_guest *receive_guest(fm_mpi_server *s, const fm_mpi_task *record)
{
    fm_mpi_guest *g = (fm_mpi_guest *)(void *)fm_task_list_pop(&s->spare);
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

static void dismiss(fm_mpi_server *s, fm_mpi_guest *g)
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

void fm_mpi_release_spare(fm_mpi_server *s)
{
    for (fm_task *task; (task = fm_task_list_pop(&s->spare));) {
        fm_task_release(task);
        free(task);
    }
}

/* ---- tasks ---- */

static void refuse(fm_mpi_server *s, fm_mpi_guest *g, fm_status status,
                   const char *message)
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
static void admit(fm_mpi_server *s, fm_mpi_guest *g, bool has_argument,
                  fm_task_list *batch)
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

void fm_mpi_take_records(fm_mpi_server *s, fm_mpi_reader reader, size_t n)
{
    fm_task_list batch = {0};
    for (; n > 0; n--) {
        fm_mpi_task record;
        fm_mpi_read(&reader, &record, sizeof record);
        size_t size = (size_t)record.size;
        fm_mpi_guest *g = receive_guest(s, &record);
        const fm_bytes argument = {fm_mpi_read_here(&reader, size), size};
        admit(s, g, fm_task_set_argument(&g->task, argument), &batch);
    }
    if (batch.n > 0) {
        fm_mpi_site_add(&s->site, &batch);
    }
}

/* A task whose argument is the body: waited for, for the messages behind it may be
 * about it. */
void fm_mpi_take_large(fm_mpi_server *s, fm_mpi_reader reader, size_t size)
{
    fm_mpi_task record;
    fm_mpi_read(&reader, &record, sizeof record);
    fm_mpi_guest *g = receive_guest(s, &record);
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

/* ---- results ---- */

static fm_mpi_result result_of(const fm_task *task)
{
    size_t message = task->message ? strlen(task->message) : 0;
    const size_t longest = sizeof((fm_error *)NULL)->message;
    return (fm_mpi_result){
        .token = ((const fm_mpi_guest *)(const void *)task)->token,
        .size = fm_task_bytes(task).size,
        .seconds = task->seconds,
        .status = (uint32_t)task->status,
        .worker = (uint32_t)task->worker,
        .message_size = (uint32_t)(message < longest ? message : longest),
    };
}

static void send_large(fm_mpi_server *s, fm_task *task, const fm_mpi_result *record)
{
    fm_mpi_parcel *parcel = fm_mpi_pack(&s->link, FM_MPI_RESULTS);
    fm_mpi_put(parcel, record, sizeof *record);
    fm_mpi_count_record(parcel);
    fm_mpi_send_body(&s->link, parcel, 0, task->output.buffer.data,
                     task->output.buffer.size, false, task);
}

/* As many as fit into one parcel. */
static void send_small(fm_mpi_server *s)
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
        dismiss(s, (fm_mpi_guest *)(void *)task);
    }
    fm_mpi_send(&s->link, parcel, 0);
}

bool fm_mpi_send_results(fm_mpi_server *s)
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

/* ---- back to rank 0 ---- */

static void send_recalled(fm_mpi_server *s, fm_mpi_parcel **parcel, fm_mpi_guest *g)
{
    if (fm_mpi_room(*parcel) < sizeof g->token) {
        fm_mpi_send(&s->link, *parcel, 0);
        *parcel = fm_mpi_pack(&s->link, FM_MPI_RECALLED);
    }
    fm_mpi_put(*parcel, &g->token, sizeof g->token);
    fm_mpi_count_record(*parcel);
    dismiss(s, g);
}

void fm_mpi_give_back(fm_mpi_server *s)
{
    fm_mpi_parcel *parcel = fm_mpi_pack(&s->link, FM_MPI_RECALLED);
    for (fm_mpi_guest *g = s->guests, *next; g; g = next) {
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

void fm_mpi_dismiss_sent(fm_mpi_server *s)
{
    for (fm_task *task; (task = fm_task_list_pop(&s->link.sent));) {
        dismiss(s, (fm_mpi_guest *)(void *)task);
    }
}
