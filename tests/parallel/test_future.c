/* Futures on every backend: submit, wait, result, cancel, free, and the pool's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "suite.h"

static fm_future *submit(fm_pool *pool, const char *kernel, size_t number)
{
    fm_future *future = NULL;
    fm_error error = {0};
    if (fm_pool_submit(pool, kernel, (fm_bytes){&number, sizeof number}, &future,
                       &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
    return future;
}

static size_t result_number(fm_future *future)
{
    fm_bytes bytes = {0};
    fm_error error = {0};
    if (fm_future_result(future, -1, &bytes, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
    return number_of(bytes);
}

/* ---- results ---- */

static void future_gives_the_bytes_again_and_again(void **state)
{
    fm_pool *pool = open_pool(state);
    fm_future *future = submit(pool, "square", 12);
    assert_int_equal(result_number(future), 144);
    assert_int_equal(result_number(future), 144);
    fm_future_free(future);
    fm_pool_close(pool, true);
}

static void future_gives_the_error_of_its_task(void **state)
{
    fm_pool *pool = open_pool(state);
    fm_future *future = submit(pool, "odd fails", 7);
    fm_bytes bytes = {"x", 1};
    fm_error error = {0};
    assert_int_equal(fm_future_result(future, -1, &bytes, &error), FM_FAILED);
    assert_string_equal(error.message, "task 7 is odd");
    assert_int_equal(bytes.size, 0);
    assert_true(fm_future_done(future));
    fm_future_free(future);
    fm_pool_close(pool, true);
}

static void results_may_be_taken_in_any_order(void **state)
{
    enum { N = 100 };
    fm_future *future[N];
    fm_pool *pool = open_pool(state);
    for (size_t i = 0; i < N; i++) {
        future[i] = submit(pool, "square", i);
    }
    for (size_t i = N; i-- > 0;) {
        assert_int_equal(result_number(future[i]), i * i);
        fm_future_free(future[i]);
    }
    fm_pool_close(pool, true);
}

static void submit_of_an_unknown_kernel_is_refused(void **state)
{
    fm_pool *pool = open_pool(state);
    fm_error error = {0};
    fm_future *future = NULL;
    assert_int_equal(fm_pool_submit(pool, "cube", (fm_bytes){NULL, 0}, &future, &error),
                     FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "there is no kernel \"cube\""));
    assert_null(future);
    fm_pool_close(pool, true);
}

static void submit_without_memory_for_the_argument_is_refused(void **state)
{
    fm_pool *pool = open_pool(state);
    fm_error error = {0};
    fm_future *future = NULL;
    assert_int_equal(
        fm_pool_submit(pool, "square", (fm_bytes){"", SIZE_MAX / 4}, &future, &error),
        FM_NO_MEMORY);
    assert_null(future);
    fm_pool_close(pool, true);
}

/* ---- look and wait ---- */

static void looking_again_and_again_comes_to_an_end(void **state)
{
    fm_pool *pool = open_pool(state);
    fm_future *first = submit(pool, "square", 3), *second = submit(pool, "square", 4);
    while (!fm_future_done(second)) {
    }
    assert_int_equal(result_number(second), 16);
    fm_future_free(first);
    fm_future_free(second);
    fm_pool_close(pool, true);
}

static void wait_any_gives_them_as_completed(void **state)
{
    enum { N = 50 };
    fm_future *future[N];
    size_t sum = 0, i = 0;
    fm_pool *pool = open_pool(state);
    for (i = 0; i < N; i++) {
        future[i] = submit(pool, "square", i);
    }
    while ((i = fm_future_wait_any(future, N, -1)) < N) {
        sum += result_number(future[i]);
        fm_future_free(future[i]);
        future[i] = NULL;
    }
    assert_int_equal(sum, (N - 1) * N * (2 * N - 1) / 6);
    fm_pool_close(pool, true);
}

static void wait_any_of_none_gives_their_number(void **state)
{
    (void)state;
    fm_future *none[3] = {NULL};
    assert_int_equal(fm_future_wait_any(none, 3, -1), 3);
    assert_int_equal(fm_future_wait_any(none, 0, -1), 0);
}

/* All workers busy behind a gate; with the caller as worker there is no such thing. */
typedef struct crowd {
    board *meeting;
    fm_pool *pool;
    fm_future *gated[16];
    size_t n;
} crowd;

static crowd gather(void **state)
{
    crowd c = {.meeting = board_make(), .pool = open_pool(state)};
    if (is_serial(c.pool)) {
        return c;
    }
    for (c.n = 0; c.n < fm_pool_workers(c.pool); c.n++) {
        const gated_task task = gated_task_at(c.meeting, c.n);
        assert_int_equal(fm_pool_submit(c.pool, "gated", (fm_bytes){&task, sizeof task},
                                        &c.gated[c.n], NULL),
                         FM_OK);
    }
    for (size_t i = 0; i < c.n; i++) {
        sem_wait(&c.meeting->begun);
    }
    return c;
}

static void open_gate(const crowd *c)
{
    for (size_t i = 0; i < c->n; i++) {
        sem_post(&c->meeting->gate);
    }
}

static void part(crowd *c)
{
    for (size_t i = 0; i < c->n; i++) {
        assert_int_equal(result_number(c->gated[i]), i * i);
        fm_future_free(c->gated[i]);
    }
    fm_pool_close(c->pool, true);
    board_free(c->meeting);
}

static void time_outs_leave_the_task_alone(void **state)
{
    crowd c = gather(state);
    fm_error error = {0};
    fm_bytes bytes = {0};
    if (c.n > 0) {
        assert_int_equal(fm_future_result(c.gated[0], 0, &bytes, &error), FM_TIMED_OUT);
        assert_int_equal(fm_future_result(c.gated[0], 0.01, &bytes, &error),
                         FM_TIMED_OUT);
        assert_string_equal(error.message, "the task was not done within 0.01 s");
        assert_int_equal(fm_future_wait_any(c.gated, c.n, 0.01), c.n);
        assert_false(fm_future_done(c.gated[0]));
    }
    open_gate(&c);
    part(&c);
}

static void time_out_does_not_apply_where_the_caller_works(void **state)
{
    fm_pool *pool = open_pool(state);
    if (is_serial(pool)) {
        fm_future *first = submit(pool, "square", 3);
        fm_future *second = submit(pool, "square", 4);
        fm_bytes bytes = {0};
        assert_int_equal(fm_future_result(second, 0, &bytes, NULL), FM_OK);
        fm_future_free(first);
        fm_future_free(second);
    }
    fm_pool_close(pool, true);
}

/* ---- cancel and free ---- */

static void pending_task_can_be_cancelled_once(void **state)
{
    crowd c = gather(state);
    fm_future *kept = submit(c.pool, "square", 5);
    fm_future *cancelled = submit(c.pool, "square", 6);
    fm_future *last = submit(c.pool, "square", 7);
    fm_bytes bytes = {0};
    fm_error error = {0};
    assert_true(fm_future_cancel(cancelled));
    assert_true(fm_future_done(cancelled));
    assert_false(fm_future_cancel(cancelled));
    assert_int_equal(fm_future_result(cancelled, -1, &bytes, &error), FM_CANCELLED);
    assert_string_equal(error.message, "cancelled");
    open_gate(&c);
    assert_int_equal(result_number(kept), 25);
    assert_int_equal(result_number(last), 49);
    fm_future_free(kept);
    fm_future_free(cancelled);
    fm_future_free(last);
    part(&c);
}

static void running_task_cannot_be_cancelled(void **state)
{
    crowd c = gather(state);
    if (c.n > 0) {
        assert_false(fm_future_cancel(c.gated[0]));
    }
    open_gate(&c);
    part(&c);
}

static void task_that_is_done_cannot_be_cancelled(void **state)
{
    fm_pool *pool = open_pool(state);
    fm_future *future = submit(pool, "square", 5);
    result_number(future);
    assert_false(fm_future_cancel(future));
    assert_int_equal(result_number(future), 25);
    fm_future_free(future);
    fm_pool_close(pool, true);
}

static void future_may_be_freed_at_any_time(void **state)
{
    fm_pool *pool = open_pool(state);
    for (size_t i = 0; i < 200; i++) {
        fm_future *first = submit(pool, "square", i);
        fm_future *second = submit(pool, "megabyte", i);
        fm_future_free(i % 2 ? first : second);
        fm_future_free(i % 2 ? second : first);
    }
    fm_future_free(NULL);
    fm_pool_close(pool, true);
}

/* ---- close ---- */

static void close_with_wait_runs_what_is_pending(void **state)
{
    enum { N = 100 };
    fm_future *future[N];
    fm_pool *pool = open_pool(state);
    for (size_t i = 0; i < N; i++) {
        future[i] = submit(pool, "square", i);
    }
    fm_pool_close(pool, true);
    for (size_t i = 0; i < N; i++) {
        assert_true(fm_future_done(future[i]));
        assert_int_equal(result_number(future[i]), i * i);
        assert_false(fm_future_cancel(future[i]));
        fm_future_free(future[i]);
    }
}

/* How many are cancelled is up to the workers, but each is one or the other; where the
 * caller works none has begun. */
static void close_without_wait_cancels_what_is_pending(void **state)
{
    enum { N = 100 };
    fm_future *future[N];
    size_t cancelled = 0;
    fm_pool *pool = open_pool(state);
    bool serial = is_serial(pool);
    for (size_t i = 0; i < N; i++) {
        future[i] = submit(pool, "square", i);
    }
    fm_pool_close(pool, false);
    for (size_t i = 0; i < N; i++) {
        fm_bytes bytes = {0};
        assert_true(fm_future_done(future[i]));
        if (fm_future_result(future[i], 0, &bytes, NULL) == FM_OK) {
            assert_int_equal(number_of(bytes), i * i);
        } else {
            assert_int_equal(fm_future_result(future[i], 0, &bytes, NULL),
                             FM_CANCELLED);
            cancelled++;
        }
        fm_future_free(future[i]);
    }
    assert_true(cancelled == N || !serial);
}

int main(void)
{
    serve_suite();
    struct CMUnitTest tests[] = {
        cmocka_unit_test(future_gives_the_bytes_again_and_again),
        cmocka_unit_test(future_gives_the_error_of_its_task),
        cmocka_unit_test(results_may_be_taken_in_any_order),
        cmocka_unit_test(submit_of_an_unknown_kernel_is_refused),
        cmocka_unit_test(submit_without_memory_for_the_argument_is_refused),
        cmocka_unit_test(looking_again_and_again_comes_to_an_end),
        cmocka_unit_test(wait_any_gives_them_as_completed),
        cmocka_unit_test(wait_any_of_none_gives_their_number),
        cmocka_unit_test(time_outs_leave_the_task_alone),
        cmocka_unit_test(time_out_does_not_apply_where_the_caller_works),
        cmocka_unit_test(pending_task_can_be_cancelled_once),
        cmocka_unit_test(running_task_cannot_be_cancelled),
        cmocka_unit_test(task_that_is_done_cannot_be_cancelled),
        cmocka_unit_test(future_may_be_freed_at_any_time),
        cmocka_unit_test(close_with_wait_runs_what_is_pending),
        cmocka_unit_test(close_without_wait_cancels_what_is_pending),
    };
    return run_on_every_backend(tests, sizeof tests / sizeof *tests);
}
