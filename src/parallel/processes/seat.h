#ifndef FM_PARALLEL_SEAT_H
#define FM_PARALLEL_SEAT_H

#include <sys/types.h>

#include "arena.h"
#include "channel.h"
#include "task.h"

/* A worker as the caller sees it: the tasks that it has in hand, and its channel. The
 * process may change, the seat stays. */

typedef enum fm_seat_state {
    FM_SEAT_EMPTY,
    FM_SEAT_HIRING, /* the keeper was, or is to be, asked for a process */
    FM_SEAT_TAKEN
} fm_seat_state;

typedef struct fm_seat {
    size_t id;
    fm_seat_state state;
    bool greeted; /* the process has said hello */
    bool ended;   /* and will say no more */
    bool leaving; /* it was told to end */
    bool behind;  /* has not taken the newest shared data */
    bool orphan;  /* the keeper that would tell of its death is gone */
    pid_t pid;
    fm_channel channel;
    fm_desk *desk;
    int arena;
    fm_drawer drawer[FM_DRAWERS];

    fm_task *ring[FM_DESK_RING]; /* by number; NULL: not in hand any more */
    uint64_t first, next;        /* numbers in hand: first .. next-1 */
    size_t n, batches;           /* in hand */
    size_t given;                /* tasks given to this process, and not taken back */
    double given_s;              /* when it got the last */
    uint64_t condemned;          /* 1 + the task for whose sake it is to be killed */
    fm_status verdict;           /* and the status of that task then */

    bool wants_kill, wants_hire; /* to be told to the keeper */
    int their_end;               /* of the channel, for the process to be hired */
    double hire_s;               /* not before */
    unsigned failures;           /* processes in a row that did not come to say hello */
    fm_error failure;            /* the last of them */
} fm_seat;

fm_status fm_seat_create(fm_seat *seat, size_t id, int arena, fm_error *error);
void fm_seat_release(fm_seat *seat);

/* Put a task into the hand and the channel's buffer; false without memory. There must
 * be room in the ring. */
bool fm_seat_give(fm_seat *seat, fm_task *task, uint32_t kernel);
size_t fm_seat_room(const fm_seat *seat); /* in the ring */
/* Take a task back that has not begun. */
bool fm_seat_take_back(fm_seat *seat, const fm_task *task);
/* Take up to n of the last tasks back that have not begun, in order. */
void fm_seat_withdraw(fm_seat *seat, size_t n, fm_task_list *list);
/* The number of the task that runs or ran last and is in hand; false: none has begun.
 */
bool fm_seat_running(const fm_seat *seat, uint64_t *number);
fm_task *fm_seat_task(const fm_seat *seat, uint64_t number);

/* Read what the process has sent; results go to `finished`. */
void fm_seat_hear(fm_seat *seat, fm_task_list *finished);
/* Send what the buffer has. */
void fm_seat_speak(fm_seat *seat);

/* The process is dead (`status` of wait, or -1 if nobody knows) and all it sent was
 * read: the task that it had begun goes to `finished`, if it is to blame, those not
 * begun to the front of `queue`. Returns a task whose addend is to be taken back; NULL:
 * none. The seat is empty. */
fm_task *fm_seat_vacate(fm_seat *seat, int status, double timeout_s,
                        fm_task_list *queue, fm_task_list *finished);

#endif
