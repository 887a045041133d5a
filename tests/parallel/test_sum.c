/* Sums over the tasks of a map, on every backend: the same bits as one after the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "suite.h"

enum { COUNT = 200 };

typedef struct seen {
    fm_fixed sum[SUM_SIZE]; /* of what was delivered with FM_OK */
    size_t delivered, failed, stop_after;
    fm_pool *pool; /* for maps within the callback */
} seen;

/* Part after part, one addend after the other. */
static void add(fm_fixed *sum, const double *addend)
{
    for (size_t p = 0; p < sum_shape.parts; p++) {
        size_t n = sum_shape.part[p].n;
        assert_int_equal(
            fm_fixed_add_doubles(sum, sum, addend, n, sum_shape.part[p].lsb), n);
        sum += n, addend += n;
    }
}

static fm_status see(void *context, const fm_task_result *result, fm_error *error)
{
    (void)error;
    seen *s = context;
    double addend[SUM_SIZE];
    s->delivered++;
    s->failed += result->status != FM_OK;
    if (result->status == FM_OK) {
        addend_of(result->index, addend);
        add(s->sum, addend);
    }
    return FM_OK;
}

static fm_map map_of(seen *s, fm_fixed *sum)
{
    return (fm_map){.kernel = "adds",
                    .count = COUNT,
                    .context = s,
                    .result = see,
                    .sum_shape = &sum_shape,
                    .sum = sum};
}

static void assert_sum(const fm_fixed *sum, const seen *s)
{
    assert_memory_equal(sum, s->sum, sizeof s->sum);
}

/* What fails, or adds what is not a number, counts neither here nor there. */
static void sum_is_that_of_the_tasks_that_went_well(void **state)
{
    fm_fixed sum[SUM_SIZE];
    fm_pool *pool = open_pool(state);
    for (int round = 0; round < 2; round++) { /* the second begins anew */
        seen s = {.pool = pool};
        fm_map map = map_of(&s, sum);
        assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
        assert_int_equal(s.delivered, COUNT);
        assert_int_equal(s.failed, COUNT / 5);
        assert_sum(sum, &s);
    }
    fm_pool_close(pool, true);
}

static fm_status see_nan(void *context, const fm_task_result *result, fm_error *error)
{
    if (result->index % 10 == 5) {
        assert_int_equal(result->status, FM_FAILED);
        assert_string_equal(result->error->message,
                            "element 2 of part 1 of what it adds to the sum is nan; it "
                            "must be a number below 3.96141e+28");
    }
    return see(context, result, error);
}

static void addend_that_is_no_number_fails_its_task(void **state)
{
    fm_fixed sum[SUM_SIZE];
    fm_pool *pool = open_pool(state);
    seen s = {.pool = pool};
    fm_map map = map_of(&s, sum);
    map.result = see_nan;
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    fm_pool_close(pool, true);
}

static bool stop_after(void *context)
{
    const seen *s = context;
    return s->delivered >= s->stop_after;
}

static void sum_of_a_stopped_map_is_that_of_what_was_delivered(void **state)
{
    fm_fixed sum[SUM_SIZE];
    fm_pool *pool = open_pool(state);
    seen s = {.pool = pool, .stop_after = 33};
    fm_map map = map_of(&s, sum);
    map.stop = stop_after;
    map.window = 20;
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_INTERRUPTED);
    assert_in_range(s.delivered, 33, COUNT - !hands_out_all(state));
    assert_sum(sum, &s);
    fm_pool_close(pool, true);
}

static fm_status see_and_map(void *context, const fm_task_result *result,
                             fm_error *error)
{
    seen *s = context;
    if (result->index % 50 == 0) {
        fm_fixed sum[SUM_SIZE];
        fm_map inner = map_of(s, sum);
        fm_error refusal;
        assert_int_equal(fm_pool_map(s->pool, &inner, &refusal), FM_FAILED);
        assert_string_equal(refusal.message,
                            "a map with a sum cannot begin while tasks are pending");
        assert_int_equal(
            fm_pool_map(s->pool, &(fm_map){.kernel = "adds", .count = 20}, error),
            FM_OK);
    }
    return see(context, result, error);
}

static void maps_within_a_map_do_not_add_to_its_sum(void **state)
{
    fm_fixed sum[SUM_SIZE];
    fm_pool *pool = open_pool(state);
    seen s = {.pool = pool};
    fm_map map = map_of(&s, sum);
    map.result = see_and_map;
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_sum(sum, &s);
    fm_pool_close(pool, true);
}

static void sum_does_not_begin_while_a_future_is_pending(void **state)
{
    fm_fixed sum[SUM_SIZE];
    board *meeting = board_make();
    fm_pool *pool = open_pool(state);
    const gated_task task = gated_task_at(meeting, 3);
    fm_future *future = NULL;
    assert_int_equal(
        fm_pool_submit(pool, "gated", (fm_bytes){&task, sizeof task}, &future, NULL),
        FM_OK);
    seen s = {.pool = pool};
    fm_map map = map_of(&s, sum);
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_FAILED);
    sem_post(&meeting->gate);
    fm_bytes result;
    assert_int_equal(fm_future_result(future, -1, &result, NULL), FM_OK);
    fm_future_free(future);
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_sum(sum, &s);
    fm_pool_close(pool, true);
    board_free(meeting);
}

static void sum_of_no_tasks_is_zero(void **state)
{
    fm_fixed sum[SUM_SIZE];
    const fm_fixed zero[SUM_SIZE] = {{0}};
    memset(sum, 1, sizeof sum);
    fm_pool *pool = open_pool(state);
    seen s = {.pool = pool};
    fm_map map = map_of(&s, sum);
    map.count = 0;
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_memory_equal(sum, zero, sizeof zero);
    fm_pool_close(pool, true);
}

int main(void)
{
    serve_suite();
    struct CMUnitTest tests[] = {
        cmocka_unit_test(sum_is_that_of_the_tasks_that_went_well),
        cmocka_unit_test(addend_that_is_no_number_fails_its_task),
        cmocka_unit_test(sum_of_a_stopped_map_is_that_of_what_was_delivered),
        cmocka_unit_test(maps_within_a_map_do_not_add_to_its_sum),
        cmocka_unit_test(sum_does_not_begin_while_a_future_is_pending),
        cmocka_unit_test(sum_of_no_tasks_is_zero),
    };
    return run_on_every_backend(tests, sizeof tests / sizeof *tests);
}
