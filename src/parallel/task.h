#ifndef FM_PARALLEL_TASK_H
#define FM_PARALLEL_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "parallel/pool.h"

/* What travels between the pool and a backend. A task is owned by whoever made it (a
 * future or a map); the backend borrows it from post until poll or cancel. */

typedef struct fm_buffer {
    void *data;
    size_t size, capacity;
} fm_buffer;

struct fm_output {
    fm_buffer buffer;
    bool refused; /* there was no memory */
    /* While the task runs: */
    double *addend;             /* of the worker; NULL: none is wanted */
    double deadline_s;          /* by fm_clock_now */
    const atomic_bool *give_up; /* NULL: nobody will */
};

typedef enum fm_task_place {
    FM_TASK_IDLE,    /* with its owner, not given to the pool yet */
    FM_TASK_WAITING, /* in the pool's queue: the backend was full */
    FM_TASK_POSTED,  /* with the backend */
    FM_TASK_DONE     /* with its owner again: ran, or was cancelled */
} fm_task_place;

typedef struct fm_task fm_task;

/* A queue of tasks; a task is in one list at a time. */
typedef struct fm_task_list {
    fm_task *first, *last;
    size_t n;
} fm_task_list;

struct fm_task {
    /* What to do. */
    size_t id; /* the index in its map; 0 for a future */
    const fm_kernel *kernel;
    fm_buffer argument;
    bool adds; /* it has an addend to the sum of its map */
    /* What came back. */
    fm_status status;
    char *message; /* what went wrong; NULL if all went well or memory was short */
    fm_output output;
    size_t worker;
    long process;
    double seconds;
    unsigned attempts; /* times it came home after it was begun */
    int signal;        /* of the last worker that died under it */
    /* Where it is. */
    fm_task *previous, *next;
    bool with_next; /* goes to the same worker as the next of the list: a batch */
    bool taken;     /* for the backend: a worker has it */
    int where;      /* for the backend: which of its parts has it */
    fm_task_place place;
    fm_task_list *home; /* where it goes when it is done; NULL: nowhere */
    /* For its owner. */
    double cost;
    fm_task *made_before;
};

/* Copies the bytes; false without memory. */
bool fm_task_set_argument(fm_task *task, fm_bytes argument);
fm_bytes fm_task_argument(const fm_task *task);
/* The result's bytes: none unless the status is FM_OK. */
fm_bytes fm_task_bytes(const fm_task *task);
/* What went wrong, in words; never NULL. */
const char *fm_task_message(const fm_task *task);

/* Forget the result of an earlier run, not its attempts and signal; the memory stays
 * for the next. */
void fm_task_clear(fm_task *task);
/* The task ends with this status; the message (NULL or "" for none) is copied. */
void fm_task_fail(fm_task *task, fm_status status, const char *message);
/* Frees what the task holds, not the task. */
void fm_task_release(fm_task *task);

void fm_task_list_push(fm_task_list *list, fm_task *task);
fm_task *fm_task_list_pop(fm_task_list *list); /* the first; NULL if empty */
/* Takes a task out of the list it is in; a batch stays a batch without it. */
void fm_task_list_remove(fm_task_list *list, fm_task *task);
/* Move all of `from` behind, or before, what `list` has. */
void fm_task_list_append(fm_task_list *list, fm_task_list *from);
void fm_task_list_prepend(fm_task_list *list, fm_task_list *from);
/* The first batch of the list: its first task, and those that go with it. */
fm_task_list fm_task_list_take_batch(fm_task_list *list);

#endif
