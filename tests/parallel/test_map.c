/* fm_pool_map on every backend: what is run, in which order, and what is delivered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

enum { COUNT = 200 };

/* What a map was seen to do. */
typedef struct seen {
    size_t delivered, failed, sum, window, asked;
    size_t times[COUNT];     /* each index was delivered */
    size_t order[COUNT];     /* of delivery */
    size_t asked_for[COUNT]; /* order of dispatch */
    size_t argument;
    pthread_t caller;
    size_t workers;
    fm_progress progress;
    size_t progress_calls;
    fm_pool *pool;
} seen;

static fm_status see(void *context, const fm_task_result *result, fm_error *error)
{
    (void)error;
    seen *s = context;
    assert_true(result->index < COUNT);
    s->times[result->index]++;
    s->order[s->delivered++] = result->index;
    if (result->status == FM_OK) {
        s->sum += number_of(result->bytes);
    } else {
        assert_null(result->bytes.data);
        s->failed++;
    }
    return FM_OK;
}

/* Index to argument; notes what is dispatched and that the window is kept. */
static fm_bytes ask(void *context, size_t index)
{
    seen *s = context;
    s->asked_for[s->asked++] = index;
    if (s->window) {
        assert_true(s->asked - s->delivered <= s->window);
    }
    s->argument = index;
    return (fm_bytes){&s->argument, sizeof s->argument};
}

/* 0, 6, 5, 4 .. 1, 0, 6 ..: neither sorted nor without ties, and a NaN among them. */
static double uneven(void *context, size_t index)
{
    (void)context;
    return index == 17 ? strtod("nan", NULL) : (double)((7 - index % 7) % 7);
}

/* The later the longer: the worst for a window in order. */
static double rising(void *context, size_t index)
{
    (void)context;
    return (double)index;
}

static void run(void **state, const fm_map *map, fm_status expected)
{
    fm_pool *pool = open_pool(state);
    ((seen *)map->context)->pool = pool;
    fm_error error = {0};
    fm_status status = fm_pool_map(pool, map, &error);
    fm_pool_close(pool, true);
    if (status != expected) {
        fail_msg("status %d: %s", status, error.message);
    }
}

static size_t sum_of_squares(size_t n)
{
    return (n - 1) * n * (2 * n - 1) / 6;
}

static void assert_each_once(const seen *s)
{
    assert_int_equal(s->delivered, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(s->times[i], 1);
    }
}

static void map_delivers_each_result_once(void **state)
{
    seen s = {0};
    run(state,
        &(fm_map){.kernel = "square", .count = COUNT, .context = &s, .result = see},
        FM_OK);
    assert_each_once(&s);
    assert_int_equal(s.sum, sum_of_squares(COUNT));
}

static void map_in_order_delivers_by_index(void **state)
{
    seen s = {0};
    run(state,
        &(fm_map){.kernel = "square",
                  .count = COUNT,
                  .context = &s,
                  .result = see,
                  .cost = uneven,
                  .in_order = true},
        FM_OK);
    assert_each_once(&s);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(s.order[i], i);
    }
}

static void map_of_nothing_is_done_at_once(void **state)
{
    seen s = {0};
    run(state, &(fm_map){.kernel = "square", .context = &s, .result = see}, FM_OK);
    assert_int_equal(s.delivered, 0);
}

static void map_needs_no_callback(void **state)
{
    seen s = {0};
    run(state, &(fm_map){.kernel = "square", .count = COUNT, .context = &s}, FM_OK);
}

static fm_bytes word(void *context, size_t index)
{
    (void)context;
    static const size_t numbers[] = {5, 6, 7};
    return (fm_bytes){&numbers[index], sizeof *numbers};
}

static void map_takes_arguments_from_the_callback(void **state)
{
    seen s = {0};
    run(state,
        &(fm_map){.kernel = "square",
                  .count = 3,
                  .context = &s,
                  .argument = word,
                  .result = see},
        FM_OK);
    assert_int_equal(s.sum, 25 + 36 + 49);
}

static void longest_go_first_and_ties_by_index(void **state)
{
    seen s = {0};
    run(state,
        &(fm_map){.kernel = "square",
                  .count = COUNT,
                  .context = &s,
                  .argument = ask,
                  .cost = uneven},
        FM_OK);
    assert_int_equal(s.asked, COUNT);
    for (size_t i = 1; i < COUNT; i++) {
        size_t a = s.asked_for[i - 1], b = s.asked_for[i];
        double cost_a = a == 17 ? 0 : uneven(NULL, a);
        double cost_b = b == 17 ? 0 : uneven(NULL, b);
        assert_true(cost_a > cost_b || (cost_a == cost_b && a < b));
    }
}

static void window_bounds_results_in_flight(void **state)
{
    for (size_t window = 1; window < 40; window = 2 * window + 1) {
        seen s = {.window = hands_out_all(state) ? 0 : window};
        run(state,
            &(fm_map){.kernel = "square",
                      .count = COUNT,
                      .context = &s,
                      .argument = ask,
                      .result = see,
                      .cost = window % 3 ? uneven : NULL,
                      .window = window},
            FM_OK);
        assert_each_once(&s);
    }
}

/* An index a window away from the next delivery is not asked for. */
static fm_bytes ask_within_window(void *context, size_t index)
{
    seen *s = context;
    assert_true(!s->window || index < s->delivered + s->window);
    return ask(context, index);
}

static void small_windows_in_order_do_not_hang(void **state)
{
    for (size_t window = 1; window < 40; window = 2 * window + 1) {
        seen s = {.window = hands_out_all(state) ? 0 : window};
        run(state,
            &(fm_map){.kernel = "square",
                      .count = COUNT,
                      .context = &s,
                      .argument = ask_within_window,
                      .result = see,
                      .cost = rising,
                      .in_order = true,
                      .window = window},
            FM_OK);
        assert_each_once(&s);
    }
}

/* Larger than the window, too, and than what is left at the end. */
static void chunks_of_any_size_do_each_task_once(void **state)
{
    for (size_t chunk = 1; chunk < 40; chunk = 2 * chunk + 1) {
        size_t window = chunk == 7 ? 3 : 0;
        seen s = {.window = hands_out_all(state) ? 0 : window};
        run(state,
            &(fm_map){.kernel = "square",
                      .count = COUNT,
                      .context = &s,
                      .argument = ask,
                      .result = see,
                      .in_order = chunk % 3 == 0,
                      .window = window,
                      .chunk = chunk},
            FM_OK);
        assert_each_once(&s);
    }
}

static void default_window_in_order_does_not_hang(void **state)
{
    enum { MANY = 20000 };
    size_t calls = 0;
    fm_pool *pool = open_pool(state);
    const fm_map map = {.kernel = "square",
                        .count = MANY,
                        .context = &calls,
                        .cost = rising,
                        .in_order = true};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    fm_pool_close(pool, true);
}

static fm_status see_on_callers_thread(void *context, const fm_task_result *result,
                                       fm_error *error)
{
    seen *s = context;
    assert_true(pthread_equal(pthread_self(), s->caller));
    assert_true(result->worker < fm_pool_workers(s->pool));
    assert_true(result->seconds >= 0);
    return see(context, result, error);
}

static void callbacks_run_on_the_callers_thread(void **state)
{
    seen s = {.caller = pthread_self()};
    run(state,
        &(fm_map){.kernel = "square",
                  .count = COUNT,
                  .context = &s,
                  .result = see_on_callers_thread},
        FM_OK);
    assert_int_equal(s.delivered, COUNT);
}

static void note_progress(void *context, const fm_progress *progress)
{
    seen *s = context;
    assert_true(progress->done >= s->progress.done);
    assert_int_equal(progress->total, COUNT);
    assert_true(progress->elapsed_s >= s->progress.elapsed_s);
    s->progress = *progress;
    s->progress_calls++;
}

static void progress_counts_tasks_failures_and_costs(void **state)
{
    seen s = {0};
    run(state,
        &(fm_map){.kernel = "odd fails",
                  .count = COUNT,
                  .context = &s,
                  .result = see,
                  .progress = note_progress,
                  .cost = rising},
        FM_OK);
    assert_true(s.progress_calls >= COUNT);
    assert_int_equal(s.progress.done, COUNT);
    assert_int_equal(s.progress.failed, COUNT / 2);
    assert_true(2 * s.progress.cost_done == COUNT * (COUNT - 1));
    assert_true(s.progress.cost_total == s.progress.cost_done);
}

static void costs_not_given_count_tasks(void **state)
{
    seen s = {0};
    run(state,
        &(fm_map){.kernel = "square",
                  .count = COUNT,
                  .context = &s,
                  .progress = note_progress},
        FM_OK);
    assert_true(s.progress.cost_done == COUNT && s.progress.cost_total == COUNT);
}

static fm_status see_megabyte(void *context, const fm_task_result *result,
                              fm_error *error)
{
    (void)error;
    const unsigned char *bytes = result->bytes.data;
    assert_int_equal(result->bytes.size, 1000000);
    assert_int_equal(bytes[0], result->index % 256);
    assert_int_equal(bytes[999999], result->index % 256);
    ((seen *)context)->delivered++;
    return FM_OK;
}

static void large_results_arrive_whole(void **state)
{
    seen s = {0};
    run(state,
        &(fm_map){
            .kernel = "megabyte", .count = 50, .context = &s, .result = see_megabyte},
        FM_OK);
    assert_int_equal(s.delivered, 50);
}

static fm_status see_no_bytes(void *context, const fm_task_result *result,
                              fm_error *error)
{
    (void)error;
    assert_int_equal(result->status, FM_OK);
    assert_int_equal(result->bytes.size, 0);
    ((seen *)context)->delivered++;
    return FM_OK;
}

static void kernel_that_reserves_nothing_gives_no_bytes(void **state)
{
    seen s = {0};
    run(state,
        &(fm_map){
            .kernel = "nothing", .count = COUNT, .context = &s, .result = see_no_bytes},
        FM_OK);
    assert_int_equal(s.delivered, COUNT);
}

static fm_status add(void *context, const fm_task_result *result, fm_error *error)
{
    (void)error;
    *(size_t *)context += number_of(result->bytes);
    return FM_OK;
}

static void hundred_thousand_tiny_tasks_add_up(void **state)
{
    size_t sum = 0;
    fm_pool *pool = open_pool(state);
    const fm_map map = {
        .kernel = "square", .count = 100000, .context = &sum, .result = add};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    fm_pool_close(pool, true);
    assert_int_equal(sum, sum_of_squares(100000));
}

/* They travel in batches, of which the rest is given back when one turns out long. */
static void slow_tasks_among_tiny_ones_lose_none(void **state)
{
    size_t sum = 0;
    fm_pool *pool = open_pool(state);
    const fm_map map = {
        .kernel = "sometimes slow", .count = 2000, .context = &sum, .result = add};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    fm_pool_close(pool, true);
    assert_int_equal(sum, sum_of_squares(2000));
}

/* The callback may use the pool too, but not share. */
static fm_status submit_from_callback(void *context, const fm_task_result *result,
                                      fm_error *error)
{
    seen *s = context;
    fm_future *future = NULL;
    fm_bytes bytes = {0};
    size_t number = result->index;
    assert_int_equal(fm_pool_submit(s->pool, "square",
                                    (fm_bytes){&number, sizeof number}, &future, error),
                     FM_OK);
    assert_int_equal(fm_future_result(future, -1, &bytes, error), FM_OK);
    assert_int_equal(number_of(bytes), number_of(result->bytes));
    fm_future_free(future);
    assert_int_equal(fm_pool_share(s->pool, (fm_bytes){NULL, 0}, NULL), FM_FAILED);
    return see(context, result, error);
}

static void callback_may_submit_but_not_share(void **state)
{
    seen s = {0};
    run(state,
        &(fm_map){.kernel = "square",
                  .count = COUNT,
                  .context = &s,
                  .result = submit_from_callback},
        FM_OK);
    assert_each_once(&s);
}

static void unknown_kernel_is_refused_with_the_names_known(void **state)
{
    fm_pool *pool = open_pool(state);
    fm_error error = {0};
    const fm_map map = {.kernel = "cube", .count = 3};
    assert_int_equal(fm_pool_map(pool, &map, &error), FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "\"cube\""));
    assert_non_null(strstr(error.message, "\"square\", \"odd fails\""));
    fm_pool_close(pool, true);
}

int main(void)
{
    serve_suite();
    struct CMUnitTest tests[] = {
        cmocka_unit_test(map_delivers_each_result_once),
        cmocka_unit_test(map_in_order_delivers_by_index),
        cmocka_unit_test(map_of_nothing_is_done_at_once),
        cmocka_unit_test(map_needs_no_callback),
        cmocka_unit_test(map_takes_arguments_from_the_callback),
        cmocka_unit_test(longest_go_first_and_ties_by_index),
        cmocka_unit_test(window_bounds_results_in_flight),
        cmocka_unit_test(chunks_of_any_size_do_each_task_once),
        cmocka_unit_test(small_windows_in_order_do_not_hang),
        cmocka_unit_test(default_window_in_order_does_not_hang),
        cmocka_unit_test(callbacks_run_on_the_callers_thread),
        cmocka_unit_test(progress_counts_tasks_failures_and_costs),
        cmocka_unit_test(costs_not_given_count_tasks),
        cmocka_unit_test(large_results_arrive_whole),
        cmocka_unit_test(kernel_that_reserves_nothing_gives_no_bytes),
        cmocka_unit_test(hundred_thousand_tiny_tasks_add_up),
        cmocka_unit_test(slow_tasks_among_tiny_ones_lose_none),
        cmocka_unit_test(callback_may_submit_but_not_share),
        cmocka_unit_test(unknown_kernel_is_refused_with_the_names_known),
    };
    return run_on_every_backend(tests, sizeof tests / sizeof *tests);
}
