#ifndef TESTS_PARALLEL_SUITE_H
#define TESTS_PARALLEL_SUITE_H

/* The same tests on every backend: a test gets the spec of its pool as state. Included
 * after <cmocka.h>. */
#include <semaphore.h>
#include <stdatomic.h>

#include "parallel/pool.h"

/* The first line of main: workers may be this program started afresh. */
void serve_suite(void);
/* Each test on each backend of the one list in suite.c, or on those chosen; the number
 * that failed. Under mpirun the tests run in rank 0, and the others serve it. */
int run_on_every_backend(struct CMUnitTest *tests, size_t n);
const char *chosen_backends(void); /* the variable FM_TEST_POOLS; NULL: it is not set */

/* A pool of the spec in `state`, with the kernels below. */
fm_pool *open_pool(void **state);
fm_pool *open_pool_with(void **state, const char *options); /* ",timeout=1" */
bool is_serial(const fm_pool *pool); /* the caller works itself */
bool hands_out_all(void **state);    /* a map's tasks all go before the first result */

/* Where kernels and a test meet, by a gated_task as argument or shared data. It is
 * memory with a name, so that kernels find it in other processes too. */
typedef struct board {
    char name[32];
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
 *   "adds"          adds the numbers of addend_of to a sum of the shape sum_shape, if
 *                   the map has one; as "square". Multiples of 10 less 3 fail with
 *                   FM_FAILED, multiples of 10 less 5 add a NaN
 *   "endless"       odd numbers: as long as it may (FM_TIMED_OUT); even: as "square"
 *   "sigint"        1 if SIGINT is blocked where the kernel runs
 */
typedef struct gated_task {
    char board[32];
    size_t number;
} gated_task;
gated_task gated_task_at(const board *meeting, size_t number);

extern const fm_sum_shape sum_shape;
enum { SUM_SIZE = 107 };
void addend_of(size_t number, double addend[SUM_SIZE]);

/* The size_t that a result holds. */
size_t number_of(fm_bytes bytes);

#endif
