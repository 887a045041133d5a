#ifndef TESTS_PARALLEL_SUITE_H
#define TESTS_PARALLEL_SUITE_H

/* The same tests on every backend: a test gets the spec of its pool as state. Included
 * after <cmocka.h>. */
#include <semaphore.h>
#include <stdatomic.h>

#include "parallel/pool.h"

/* Each test on each backend of the one list in suite.c; the number that failed. */
int run_on_every_backend(struct CMUnitTest *tests, size_t n);

/* A pool of the spec in `state`, with the kernels below. */
fm_pool *open_pool(void **state);
bool is_serial(const fm_pool *pool); /* the caller works itself */

/* Where kernels and a test meet, by a gated_task as argument or shared data. */
typedef struct board {
    sem_t begun; /* a gated task has begun */
    sem_t gate;  /* and waits for this */
    atomic_size_t started, opened, closed;
} board;
board *board_make(void);
void board_free(board *meeting);

/* The kernels. Arguments are a size_t, or what is said:
 *   "square"        its square
 *   "odd fails"     the number; FM_FAILED "task 3 is odd"
 *   "nothing"       no bytes, and never asks for any
 *   "refused"       asks for more memory than there is and does not look
 *   "fails mutely"  FM_FAILED without a word
 *   "megabyte"      a million bytes of that number's low byte
 *   "data"          the shared size_t that its workspace copied when it was opened
 *   "cannot open"   open fails with FM_BAD_INPUT "no workspace today"
 *   "first cannot open" the same in the first worker that tries, by the shared board
 *   "counted"       counts its workspaces on the shared board, then as "square"
 *   "gated"         argument: a gated_task; begins, waits for the gate, as "square"
 *   "sometimes slow" as "square", but one in 64 takes milliseconds
 *   "nested"        argument: a spec; the sum of the squares of 0..9 by a pool of its
 *                   own, 1000 more if that was not serial
 *   "sigint"        1 if SIGINT is blocked where the kernel runs
 */
typedef struct gated_task {
    board *meeting;
    size_t number;
} gated_task;

/* The size_t that a result holds. */
size_t number_of(fm_bytes bytes);

#endif
