/* Sending and receiving without ever waiting.
 *
 * One receive for heads is always posted, from any source, so that to look costs the
 * same however many ranks there are. Messages of one pair of ranks with one tag are
 * received in the order in which they were sent; this is what makes it safe to post the
 * receives of a body when its head has been read, and to send it as pieces of which
 * each has a length that fits into MPI's int.
 *
 * Open MPI waits by spinning, and so would take a processor from those who compute.
 * Here everybody looks, and sleeps a little when there was nothing; the longer nothing
 * happens the longer, so that an answer is late by a small part of the time one has
 * waited for it. */
#include "mpi_wire.h"

#include <assert.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

enum { PIECE = 16 << 20 };

/* ---- records ---- */

size_t fm_mpi_padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

const void *fm_mpi_read_here(fm_mpi_reader *reader, size_t size)
{
    const void *here = reader->at;
    reader->at += fm_mpi_padded(size);
    return here;
}

void fm_mpi_read(fm_mpi_reader *reader, void *to, size_t size)
{
    memcpy(to, fm_mpi_read_here(reader, size), size);
}

/* ---- sending ---- */

static int pieces_of(size_t size)
{
    return (int)((size + PIECE - 1) / PIECE);
}

static int piece_size(size_t size, int piece)
{
    size_t left = size - (size_t)piece * PIECE;
    return left < PIECE ? (int)left : PIECE;
}

fm_mpi_parcel *fm_mpi_pack(fm_mpi_link *link, fm_mpi_kind kind)
{
    fm_mpi_parcel *parcel = link->spare;
    if (parcel) {
        link->spare = parcel->next;
    } else {
        parcel = calloc(1, sizeof *parcel);
        fm_mpi_must_have(parcel, "memory for a message");
        parcel->head = malloc(FM_MPI_HEAD_MAX);
        fm_mpi_must_have(parcel->head, "memory for a message");
    }
    const fm_mpi_head head = {.kind = kind};
    memcpy(parcel->head, &head, sizeof head);
    parcel->used = sizeof head;
    return parcel;
}

size_t fm_mpi_room(const fm_mpi_parcel *parcel)
{
    return FM_MPI_HEAD_MAX - parcel->used;
}

void fm_mpi_put(fm_mpi_parcel *parcel, const void *bytes, size_t size)
{
    assert(fm_mpi_padded(size) <= fm_mpi_room(parcel));
    if (size > 0) {
        memcpy(parcel->head + parcel->used, bytes, size);
        memset(parcel->head + parcel->used + size, 0, fm_mpi_padded(size) - size);
    }
    parcel->used += fm_mpi_padded(size);
}

static fm_mpi_head *head_of(fm_mpi_parcel *parcel)
{
    return (fm_mpi_head *)(void *)parcel->head;
}

void fm_mpi_count_record(fm_mpi_parcel *parcel)
{
    head_of(parcel)->n++;
}

static void set_aside(fm_mpi_link *link, fm_mpi_parcel *parcel)
{
    free(parcel->requests);
    free(parcel->body);
    if (parcel->owner) {
        fm_task_list_push(&link->sent, parcel->owner);
    }
    parcel->requests = NULL;
    parcel->body = NULL;
    parcel->owner = NULL;
    parcel->next = link->spare;
    link->spare = parcel;
}

void fm_mpi_drop(fm_mpi_link *link, fm_mpi_parcel *parcel)
{
    set_aside(link, parcel);
}

static bool all_done(MPI_Request *requests, int n)
{
    int done = 0;
    fm_mpi_must(MPI_Testall(n, requests, &done, MPI_STATUSES_IGNORE), "MPI_Testall");
    return done;
}

static MPI_Request *requests_for(int n)
{
    MPI_Request *requests = malloc((size_t)n * sizeof(MPI_Request));
    fm_mpi_must_have(requests, "memory for a message");
    return requests;
}

void fm_mpi_send_body(fm_mpi_link *link, fm_mpi_parcel *parcel, int to, void *body,
                      size_t size, bool give, fm_task *owner)
{
    parcel->n = 1 + pieces_of(size);
    parcel->requests = requests_for(parcel->n);
    parcel->body = give ? body : NULL;
    parcel->owner = owner;
    head_of(parcel)->body = size;
    fm_mpi_must(MPI_Isend(parcel->head, (int)parcel->used, MPI_BYTE, to,
                          FM_MPI_TAG_HEAD, link->mpi->comm, &parcel->requests[0]),
                "MPI_Isend");
    for (int i = 0; i + 1 < parcel->n; i++) {
        fm_mpi_must(MPI_Isend((char *)body + (size_t)i * PIECE, piece_size(size, i),
                              MPI_BYTE, to, FM_MPI_TAG_BODY, link->mpi->comm,
                              &parcel->requests[1 + i]),
                    "MPI_Isend");
    }
    if (all_done(parcel->requests, parcel->n)) {
        set_aside(link, parcel);
    } else {
        parcel->next = link->sending;
        link->sending = parcel;
    }
}

void fm_mpi_send(fm_mpi_link *link, fm_mpi_parcel *parcel, int to)
{
    fm_mpi_send_body(link, parcel, to, NULL, 0, false, NULL);
}

void fm_mpi_tell_all(fm_mpi_link *link, fm_mpi_kind kind, const void *bytes,
                     size_t size)
{
    for (int rank = 1; rank < link->mpi->size; rank++) {
        fm_mpi_parcel *parcel = fm_mpi_pack(link, kind);
        fm_mpi_put(parcel, bytes, size);
        fm_mpi_send(link, parcel, rank);
    }
}

static bool progress_sending(fm_mpi_link *link)
{
    bool any = false;
    fm_mpi_parcel **at = &link->sending;
    while (*at) {
        fm_mpi_parcel *parcel = *at;
        if (all_done(parcel->requests, parcel->n)) {
            *at = parcel->next;
            set_aside(link, parcel);
            any = true;
        } else {
            at = &parcel->next;
        }
    }
    return any;
}

/* ---- receiving ---- */

void fm_mpi_next(fm_mpi_link *link)
{
    fm_mpi_must(MPI_Irecv(link->inbox, FM_MPI_HEAD_MAX, MPI_BYTE, MPI_ANY_SOURCE,
                          FM_MPI_TAG_HEAD, link->mpi->comm, &link->incoming),
                "MPI_Irecv");
}

const fm_mpi_head *fm_mpi_look(fm_mpi_link *link, int *source)
{
    int come = 0;
    MPI_Status status;
    fm_mpi_must(MPI_Test(&link->incoming, &come, &status), "MPI_Test");
    if (!come) {
        return NULL;
    }
    *source = status.MPI_SOURCE;
    return (const fm_mpi_head *)(const void *)link->inbox;
}

/* Rare: there was no memory for the body's place. */
static void receive_nowhere(fm_mpi_link *link, int source, size_t size)
{
    void *scrap = malloc(PIECE);
    fm_mpi_must_have(scrap, "memory for a message");
    for (int i = 0; i < pieces_of(size); i++) {
        fm_mpi_must(MPI_Recv(scrap, piece_size(size, i), MPI_BYTE, source,
                             FM_MPI_TAG_BODY, link->mpi->comm, MPI_STATUS_IGNORE),
                    "MPI_Recv");
    }
    free(scrap);
}

void fm_mpi_receive_body(fm_mpi_link *link, int source, void *place, size_t size,
                         fm_task *task)
{
    fm_mpi_arrival *arrival = calloc(1, sizeof *arrival);
    fm_mpi_must_have(arrival, "memory for a message");
    *arrival = (fm_mpi_arrival){
        .next = link->arriving, .n = pieces_of(size), .source = source, .task = task};
    link->arriving = arrival;
    arrival->requests = requests_for(arrival->n);
    if (!place) {
        receive_nowhere(link, source, size);
        arrival->n = 0;
    }
    for (int i = 0; i < arrival->n; i++) {
        fm_mpi_must(MPI_Irecv((char *)place + (size_t)i * PIECE, piece_size(size, i),
                              MPI_BYTE, source, FM_MPI_TAG_BODY, link->mpi->comm,
                              &arrival->requests[i]),
                    "MPI_Irecv");
    }
}

fm_task *fm_mpi_arrived(fm_mpi_link *link, int *source)
{
    for (fm_mpi_arrival **at = &link->arriving; *at; at = &(*at)->next) {
        fm_mpi_arrival *arrival = *at;
        if (all_done(arrival->requests, arrival->n)) {
            fm_task *task = arrival->task;
            *source = arrival->source;
            *at = arrival->next;
            free(arrival->requests);
            free(arrival);
            return task;
        }
    }
    return NULL;
}

/* ---- the link ---- */

void fm_mpi_link_open(fm_mpi_link *link, const fm_mpi *mpi)
{
    *link = (fm_mpi_link){.mpi = mpi, .incoming = MPI_REQUEST_NULL};
    link->inbox = malloc(FM_MPI_HEAD_MAX);
    fm_mpi_must_have(link->inbox, "memory for messages");
    fm_mpi_next(link);
}

void fm_mpi_link_close(fm_mpi_link *link)
{
    fm_mpi_pause pause = {0};
    while (link->sending) {
        if (!progress_sending(link)) {
            fm_mpi_sleep(fm_mpi_pause_length(&pause, 1e-3));
        }
    }
    assert(!link->arriving);
    if (link->incoming != MPI_REQUEST_NULL) {
        fm_mpi_must(MPI_Cancel(&link->incoming), "MPI_Cancel");
        fm_mpi_must(MPI_Wait(&link->incoming, MPI_STATUS_IGNORE), "MPI_Wait");
    }
    while (link->spare) {
        fm_mpi_parcel *parcel = link->spare;
        link->spare = parcel->next;
        free(parcel->head);
        free(parcel);
    }
    free(link->inbox);
}

bool fm_mpi_link_progress(fm_mpi_link *link)
{
    return progress_sending(link);
}

/* ---- waiting ---- */

double fm_mpi_pause_length(fm_mpi_pause *pause, double longest_s)
{
    static const double awake_s = 30e-6; /* less than it takes to sleep and wake */
    double now = fm_clock_now();
    if (pause->since <= 0) {
        pause->since = now;
    }
    double waited_s = now - pause->since;
    return waited_s < awake_s ? 0 : fmin(waited_s / 8, longest_s);
}

void fm_mpi_sleep(double seconds)
{
    if (seconds <= 0) {
        sched_yield();
        return;
    }
    double whole = floor(seconds);
    const struct timespec length = {.tv_sec = (time_t)whole,
                                    .tv_nsec = (long)((seconds - whole) * 1e9)};
    nanosleep(&length, NULL);
}
