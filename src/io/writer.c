/* Writing behind. A disk is fast on average and slow now and then: the system makes
 * whoever writes wait while it commits a journal, or when too much is unwritten. That
 * wait must not be one of the thread that collects results, which with one worker
 * is the worker. So the pieces are copied, which takes as long as memory does, and
 * written by a thread of its own.
 *
 * What waits is bounded. A disk that is slower than the march on the whole run (not
 * just for a while) fills the slots, and then fm_writer_put waits: there is nowhere
 * else to put the bytes. The memory of a slot is taken when it is first needed, and the
 * slot used last is used next, so a writer that keeps up takes that of one or two.
 *
 * One lock guards it all; nothing is copied or written under it. */
#include "writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct slot {
    struct slot *next;
    size_t number;
    alignas(max_align_t) unsigned char bytes[];
} slot;

struct fm_writer {
    fm_writer_plan plan;
    pthread_t thread;
    pthread_mutex_t lock;    /* guards all below */
    pthread_cond_t work;     /* a piece waits, or the end: for the thread */
    pthread_cond_t progress; /* a piece is written: for the caller */
    slot *first, **last;     /* those that wait */
    slot *spare;             /* without a piece */
    size_t made, unwritten;  /* slots; pieces that wait or are being written */
    bool ending;
    fm_error error; /* of the piece that could not be written; FM_OK: none so far */
};

/* ---- the thread ---- */

static slot *pop_first(fm_writer *writer)
{
    slot *piece = writer->first;
    writer->first = piece->next;
    if (!writer->first) {
        writer->last = &writer->first;
    }
    return piece;
}

/* Called and left with the lock held; free in between. */
static void write_first(fm_writer *writer)
{
    slot *piece = pop_first(writer);
    bool wanted = writer->error.status == FM_OK;
    fm_error error = {0};
    pthread_mutex_unlock(&writer->lock);
    fm_status status = wanted ? writer->plan.write(writer->plan.context, piece->number,
                                                   piece->bytes, &error)
                              : FM_OK;
    pthread_mutex_lock(&writer->lock);
    if (status != FM_OK) {
        writer->error = error;
        writer->error.status = status;
    }
    piece->next = writer->spare;
    writer->spare = piece;
    writer->unwritten--;
    pthread_cond_signal(&writer->progress);
}

static void *write_all(void *argument)
{
    fm_writer *writer = argument;
    pthread_mutex_lock(&writer->lock);
    while (!writer->ending) {
        if (writer->first) {
            write_first(writer);
        } else {
            pthread_cond_wait(&writer->work, &writer->lock);
        }
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

/* ---- its life ---- */

static int init_locks(fm_writer *writer)
{
    int failed = pthread_mutex_init(&writer->lock, NULL);
    failed = failed ? failed : pthread_cond_init(&writer->work, NULL);
    return failed ? failed : pthread_cond_init(&writer->progress, NULL);
}

static int start_thread(fm_writer *writer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the thread inherits it */
    int failed = pthread_create(&writer->thread, NULL, write_all, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

fm_status fm_writer_create(const fm_writer_plan *plan, fm_writer **writer,
                           fm_error *error)
{
    *writer = calloc(1, sizeof **writer);
    if (!*writer) {
        return fm_fail_memory(error, "a writer", sizeof **writer);
    }
    (*writer)->plan = *plan;
    (*writer)->last = &(*writer)->first;
    int failed = init_locks(*writer);
    failed = failed ? failed : start_thread(*writer);
    if (failed) {
        free(*writer);
        *writer = NULL;
        return fm_fail(error, FM_FAILED, "could not start the thread that writes: %s",
                       strerror(failed));
    }
    return FM_OK;
}

static void free_slots(slot *first)
{
    while (first) {
        slot *next = first->next;
        free(first);
        first = next;
    }
}

void fm_writer_destroy(fm_writer *writer)
{
    if (!writer) {
        return;
    }
    pthread_mutex_lock(&writer->lock);
    writer->ending = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pthread_cond_destroy(&writer->progress);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
    free_slots(writer->first);
    free_slots(writer->spare);
    free(writer);
}

/* ---- handing in ---- */

/* With the lock held. A further slot if there may be one; without memory for it, those
 * there are must do. */
static void make_slot(fm_writer *writer)
{
    slot *fresh = writer->made < writer->plan.slots
                      ? malloc(sizeof(slot) + writer->plan.size)
                      : NULL;
    if (fresh) {
        fresh->next = NULL;
        writer->spare = fresh;
        writer->made++;
    }
}

/* With the lock held: a slot to fill, or NULL and the error. */
static slot *take_slot(fm_writer *writer, fm_error *error)
{
    if (!writer->spare) {
        make_slot(writer);
    }
    if (writer->made == 0) {
        fm_fail_memory(error, "what is to be written", (double)writer->plan.size);
        return NULL;
    }
    while (!writer->spare && writer->error.status == FM_OK) {
        pthread_cond_wait(&writer->progress, &writer->lock);
    }
    if (writer->error.status != FM_OK) {
        fm_fail(error, writer->error.status, "%s", writer->error.message);
        return NULL;
    }
    slot *piece = writer->spare;
    writer->spare = piece->next;
    return piece;
}

fm_status fm_writer_put(fm_writer *writer, size_t number, const void *bytes,
                        fm_error *error)
{
    fm_error failed = {0};
    pthread_mutex_lock(&writer->lock);
    slot *piece = take_slot(writer, &failed);
    pthread_mutex_unlock(&writer->lock);
    if (!piece) {
        return fm_fail(error, failed.status, "%s", failed.message);
    }
    piece->next = NULL;
    piece->number = number;
    memcpy(piece->bytes, bytes, writer->plan.size);
    pthread_mutex_lock(&writer->lock);
    *writer->last = piece;
    writer->last = &piece->next;
    writer->unwritten++;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
    return FM_OK;
}

fm_status fm_writer_drain(fm_writer *writer, fm_error *error)
{
    pthread_mutex_lock(&writer->lock);
    while (writer->unwritten > 0) {
        pthread_cond_wait(&writer->progress, &writer->lock);
    }
    fm_error failed = writer->error;
    pthread_mutex_unlock(&writer->lock);
    return failed.status == FM_OK ? FM_OK
                                  : fm_fail(error, failed.status, "%s", failed.message);
}
