/* 2. Threads by hand: a counter, a lock, a condition.
 *
 *   cc -pthread 02_threads.c $(pkg-config --cflags --libs --static fermat) -o
 * 02_threads
 *   ./02_threads 4          four threads; two unless told
 *
 * In Python this is `threading`: Thread, Lock, Condition, join. There the interpreter's
 * own lock lets one thread at a time run; here they run at once.
 *
 * Threads live in one address space. The medium, the counter and the sum are the same
 * bytes for all of them, and nothing is copied or sent. So
 * - what all read and nobody writes (the medium) needs no lock,
 * - what one thread alone uses (its solver, its times) is made by that thread,
 * - what several write (the next shot, the sum) is touched under the lock only.
 * Whoever is free takes the next shot: that is dynamic scheduling, in one line.
 * And a thread that crashes takes the whole program with it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "problem.h"

typedef struct work {
    const fm_medium *medium; /* read only */
    pthread_mutex_t lock;    /* guards what follows */
    pthread_cond_t changed;  /* `done` grew, or somebody failed */
    size_t next, done;
    fm_fixed sum[RECEIVERS];
    fm_status status;
    fm_error error;
} work;

static bool take_shot(work *w, size_t *shot)
{
    pthread_mutex_lock(&w->lock);
    *shot = w->next;
    bool any = w->status == FM_OK && w->next < SHOTS;
    w->next += any;
    pthread_mutex_unlock(&w->lock);
    return any;
}

static void give_result(work *w, fm_status status, const double *time,
                        const fm_error *error)
{
    pthread_mutex_lock(&w->lock);
    if (status == FM_OK) {
        problem_add(w->sum, time);
        w->done++;
    } else {
        w->status = status;
        w->error = *error;
    }
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void *thread_main(void *argument)
{
    work *w = argument;
    fm_solver *solver = NULL;
    fm_error error;
    double time[RECEIVERS];
    fm_status status = problem_solver(w->medium, &solver, &error);
    if (status != FM_OK) {
        give_result(w, status, NULL, &error);
    }
    for (size_t shot; status == FM_OK && take_shot(w, &shot);) {
        status = problem_shot(solver, shot, time, &error);
        give_result(w, status, time, &error);
    }
    fm_solver_destroy(solver);
    return NULL;
}

/* The caller sleeps until a thread signals. A condition is waited for in a loop: to be
 * woken says that something may have changed, not what. */
static void wait_for_all(work *w)
{
    pthread_mutex_lock(&w->lock);
    while (w->done < SHOTS && w->status == FM_OK) {
        pthread_cond_wait(&w->changed, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
}

int main(int argc, char **argv)
{
    enum { MOST = 64 };
    long asked = argc > 1 ? strtol(argv[1], NULL, 10) : 2;
    size_t n = asked < 1 ? 1 : asked > MOST ? MOST : (size_t)asked, started = 0;
    pthread_t thread[MOST];
    fm_medium medium = {0};
    work w = {.medium = &medium,
              .lock = PTHREAD_MUTEX_INITIALIZER,
              .changed = PTHREAD_COND_INITIALIZER};

    w.status = problem_medium(&medium, &w.error);
    n = w.status == FM_OK ? n : 0;
    while (started < n && !pthread_create(&thread[started], NULL, thread_main, &w)) {
        started++;
    }
    if (started > 0) {
        wait_for_all(&w);
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(thread[i], NULL);
    }
    if (w.done == SHOTS) {
        printf("travel-time sum %.17g s   by %zu threads\n", problem_total(w.sum),
               started);
    } else {
        fprintf(stderr, "02_threads: %s\n", w.status ? w.error.message : "no thread");
    }
    fm_medium_clear(&medium);
    return w.done == SHOTS ? 0 : 1;
}
