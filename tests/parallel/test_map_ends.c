/* fm_pool_map on every backend: failures, and the ways in which a map ends early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "suite.h"

enum { COUNT = 200 };

typedef struct seen {
    size_t delivered, failed, asked, asked_when_ending;
    size_t last_index;
    size_t stop_after; /* deliveries; 0: never */
    size_t stop_asked, progress_calls;
    bool ending;
    fm_status expected;
    const char *message;
    size_t argument;
    board *meeting;
    gated_task gated;
} seen;

/* Runs the map; the error's message stays readable in `error`. */
static fm_status run(void **state, const fm_map *map, fm_error *error)
{
    fm_pool *pool = open_pool(state);
    fm_status status = fm_pool_map(pool, map, error);
    fm_pool_close(pool, true);
    return status;
}

static fm_bytes ask(void *context, size_t index)
{
    seen *s = context;
    s->asked++;
    s->argument = index;
    return (fm_bytes){&s->argument, sizeof s->argument};
}

static fm_status see(void *context, const fm_task_result *result, fm_error *error)
{
    (void)error;
    seen *s = context;
    s->delivered++;
    s->failed += result->status != FM_OK;
    s->last_index = result->index;
    assert_int_equal(result->error->status, result->status);
    return FM_OK;
}

/* ---- tasks that fail ---- */

static fm_status see_odd_fail(void *context, const fm_task_result *result,
                              fm_error *error)
{
    if (result->index % 2) {
        char message[64];
        snprintf(message, sizeof message, "task %zu is odd", result->index);
        assert_int_equal(result->status, FM_FAILED);
        assert_string_equal(result->error->message, message);
        assert_int_equal(result->bytes.size, 0);
    } else {
        assert_int_equal(number_of(result->bytes), result->index);
    }
    return see(context, result, error);
}

static void task_that_fails_does_not_stop_the_others(void **state)
{
    seen s = {0};
    assert_int_equal(run(state,
                         &(fm_map){.kernel = "odd fails",
                                   .count = COUNT,
                                   .context = &s,
                                   .result = see_odd_fail},
                         NULL),
                     FM_OK);
    assert_int_equal(s.delivered, COUNT);
    assert_int_equal(s.failed, COUNT / 2);
}

/* All fail with s->expected and s->message. */
static fm_status see_failure(void *context, const fm_task_result *result,
                             fm_error *error)
{
    seen *s = context;
    assert_int_equal(result->status, s->expected);
    assert_string_equal(result->error->message, s->message);
    assert_int_equal(result->bytes.size, 0);
    return see(context, result, error);
}

static void assert_all_fail(void **state, const char *kernel, fm_status status,
                            const char *message)
{
    seen s = {.expected = status, .message = message};
    const fm_map map = {
        .kernel = kernel, .count = COUNT, .context = &s, .result = see_failure};
    assert_int_equal(run(state, &map, NULL), FM_OK);
    assert_int_equal(s.delivered, COUNT);
}

static void kernel_that_fails_mutely_gets_words(void **state)
{
    assert_all_fail(state, "fails mutely", FM_FAILED, "failed");
}

static void workspace_that_cannot_be_opened_fails_its_tasks(void **state)
{
    assert_all_fail(state, "cannot open", FM_BAD_INPUT, "no workspace today");
}

static void memory_refused_for_a_result_fails_its_task(void **state)
{
    assert_all_fail(state, "refused", FM_NO_MEMORY, "no memory for the result");
}

static fm_bytes ask_too_much_for_odd(void *context, size_t index)
{
    fm_bytes bytes = ask(context, index);
    bytes.size = index % 2 ? SIZE_MAX / 4 : bytes.size;
    return bytes;
}

static fm_status see_odd_without_memory(void *context, const fm_task_result *result,
                                        fm_error *error)
{
    assert_int_equal(result->status, result->index % 2 ? FM_NO_MEMORY : FM_OK);
    if (result->index % 2) {
        assert_string_equal(result->error->message, "no memory for the argument");
    } else {
        assert_int_equal(number_of(result->bytes), result->index * result->index);
    }
    return see(context, result, error);
}

static void memory_refused_for_an_argument_fails_its_task(void **state)
{
    for (int in_order = 0; in_order < 2; in_order++) {
        seen s = {0};
        const fm_map map = {.kernel = "square",
                            .count = COUNT,
                            .context = &s,
                            .argument = ask_too_much_for_odd,
                            .result = see_odd_without_memory,
                            .in_order = in_order};
        assert_int_equal(run(state, &map, NULL), FM_OK);
        assert_int_equal(s.delivered, COUNT);
    }
}

static void stop_on_fail_ends_the_map_with_the_error(void **state)
{
    seen s = {0};
    fm_error error = {0};
    const fm_map map = {.kernel = "odd fails",
                        .count = COUNT,
                        .context = &s,
                        .argument = ask,
                        .result = see,
                        .stop_on_fail = true,
                        .window = 3};
    assert_int_equal(run(state, &map, &error), FM_FAILED);
    assert_int_equal(error.status, FM_FAILED);
    assert_non_null(strstr(error.message, "is odd"));
    assert_true(
        s.asked <= 6 ||
        hands_out_all(state)); /* at the latest when 1, 3 and 5 fill the window */
    assert_true(s.delivered <= s.asked);
}

static void stop_on_fail_in_order_names_the_first_that_failed(void **state)
{
    seen s = {0};
    fm_error error = {0};
    const fm_map map = {.kernel = "odd fails",
                        .count = COUNT,
                        .context = &s,
                        .result = see,
                        .in_order = true,
                        .stop_on_fail = true,
                        .window = 20};
    assert_int_equal(run(state, &map, &error), FM_FAILED);
    assert_string_equal(error.message, "task 1 is odd");
    assert_true(s.delivered < COUNT || hands_out_all(state));
}

/* ---- the callback fails ---- */

static fm_status break_at_third(void *context, const fm_task_result *result,
                                fm_error *error)
{
    seen *s = context;
    see(context, result, error);
    if (s->delivered == 3) {
        return fm_fail(error, FM_IO_FAILED, "disk full");
    }
    return FM_OK;
}

static void callback_that_fails_ends_the_map_with_its_error(void **state)
{
    for (int in_order = 0; in_order < 2; in_order++) {
        seen s = {0};
        fm_error error = {0};
        const fm_map map = {.kernel = "square",
                            .count = COUNT,
                            .context = &s,
                            .result = break_at_third,
                            .in_order = in_order};
        assert_int_equal(run(state, &map, &error), FM_IO_FAILED);
        assert_string_equal(error.message, "disk full");
        assert_int_equal(s.delivered, 3);
    }
}

static fm_status break_mutely(void *context, const fm_task_result *result,
                              fm_error *error)
{
    (void)context;
    (void)result;
    (void)error;
    return FM_IO_FAILED;
}

static void callback_that_fails_mutely_gets_words(void **state)
{
    fm_error error = {0};
    const fm_map map = {.kernel = "square", .count = 9, .result = break_mutely};
    assert_int_equal(run(state, &map, &error), FM_IO_FAILED);
    assert_string_equal(error.message, "input/output");
}

static void pool_is_usable_after_a_map_that_ended_early(void **state)
{
    fm_pool *pool = open_pool(state);
    seen s = {0};
    fm_map map = {
        .kernel = "square", .count = COUNT, .context = &s, .result = break_at_third};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_IO_FAILED);
    s = (seen){0};
    map.result = see;
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_int_equal(s.delivered, COUNT);
    fm_pool_close(pool, true);
}

/* ---- stop ---- */

static bool stop_after(void *context)
{
    seen *s = context;
    s->stop_asked++;
    if (s->delivered >= s->stop_after && !s->ending) {
        s->ending = true;
        s->asked_when_ending = s->asked;
    }
    return s->ending;
}

static void stop_delivers_what_ran_and_dispatches_no_more(void **state)
{
    for (int in_order = 0; in_order < 2; in_order++) {
        seen s = {.stop_after = 20};
        fm_error error = {0};
        char message[64];
        const fm_map map = {.kernel = "square",
                            .count = COUNT,
                            .context = &s,
                            .argument = ask,
                            .result = see,
                            .stop = stop_after,
                            .in_order = in_order,
                            .window = 7};
        assert_int_equal(run(state, &map, &error), FM_INTERRUPTED);
        assert_int_equal(s.asked, s.asked_when_ending);
        assert_in_range(s.delivered, 20, s.asked);
        snprintf(message, sizeof message, "stopped on request after %zu of %d tasks",
                 s.delivered, COUNT);
        assert_string_equal(error.message, message);
    }
}

static void stop_before_the_first_task_runs_none(void **state)
{
    seen s = {.stop_after = 0};
    const fm_map map = {.kernel = "square",
                        .count = COUNT,
                        .context = &s,
                        .argument = ask,
                        .result = see,
                        .stop = stop_after};
    assert_int_equal(run(state, &map, NULL), FM_INTERRUPTED);
    assert_int_equal(s.asked, 0);
    assert_int_equal(s.delivered, 0);
}

static fm_bytes ask_gated(void *context, size_t index)
{
    seen *s = context;
    s->asked++;
    s->gated = gated_task_at(s->meeting, index);
    return (fm_bytes){&s->gated, sizeof s->gated};
}

static bool stop_at_third_question(void *context)
{
    seen *s = context;
    s->ending = s->ending || ++s->stop_asked == 3;
    return s->ending;
}

static void open_gate_when_ending(void *context, const fm_progress *progress)
{
    (void)progress;
    seen *s = context;
    for (size_t i = 0; s->ending && i < s->asked; i++) {
        sem_post(&s->meeting->gate);
    }
}

/* If nobody asks while the tasks run, the gate stays closed and the map never ends; by
 * the time it opens, what had not begun must have been taken back. */
static void stop_is_asked_while_tasks_run(void **state)
{
    seen s = {.meeting = board_make()};
    fm_pool *pool = open_pool(state);
    const fm_map map = {.kernel = "gated",
                        .count = COUNT,
                        .context = &s,
                        .argument = ask_gated,
                        .result = see,
                        .progress = open_gate_when_ending,
                        .stop = stop_at_third_question};
    if (is_serial(pool)) { /* it cannot ask while the caller works */
        sem_post(&s.meeting->gate);
    }
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_INTERRUPTED);
    assert_true(s.asked > fm_pool_workers(pool));
    assert_int_equal(s.delivered, atomic_load(&s.meeting->started));
    assert_true(s.delivered <= fm_pool_workers(pool));
    fm_pool_close(pool, true);
    board_free(s.meeting);
}

static bool stop_after_three_dispatched(void *context)
{
    return ((seen *)context)->asked >= 3;
}

static double rising(void *context, size_t index)
{
    (void)context;
    return (double)index;
}

static fm_status see_rising(void *context, const fm_task_result *result,
                            fm_error *error)
{
    seen *s = context;
    assert_true(s->delivered == 0 || result->index > s->last_index);
    return see(context, result, error);
}

/* In order and longest first, index 6 goes first and the ones before those that were
 * asked for never. */
static void stop_in_order_delivers_across_the_gaps(void **state)
{
    seen s = {.meeting = board_make()};
    fm_pool *pool = open_pool(state);
    const fm_map map = {.kernel = "gated",
                        .count = COUNT,
                        .context = &s,
                        .argument = ask_gated,
                        .cost = rising,
                        .result = see_rising,
                        .stop = stop_after_three_dispatched,
                        .in_order = true,
                        .window = 7};
    for (size_t i = 0; i < COUNT; i++) {
        sem_post(&s.meeting->gate);
    }
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_INTERRUPTED);
    assert_int_equal(s.delivered, atomic_load(&s.meeting->started));
    assert_true(s.delivered == 0 || s.last_index + s.asked >= 7);
    assert_true(s.delivered == 2 || !is_serial(pool));
    fm_pool_close(pool, true);
    board_free(s.meeting);
}

static void open_gate_at_third_call(void *context, const fm_progress *progress)
{
    seen *s = context;
    assert_int_equal(progress->total, 1);
    if (++s->progress_calls == 3) {
        sem_post(&s->meeting->gate);
    }
}

static void progress_is_told_while_tasks_run(void **state)
{
    seen s = {.meeting = board_make()};
    fm_pool *pool = open_pool(state);
    const fm_map map = {.kernel = "gated",
                        .count = 1,
                        .context = &s,
                        .argument = ask_gated,
                        .result = see,
                        .progress = open_gate_at_third_call};
    if (!is_serial(pool)) {
        assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
        assert_true(s.progress_calls >= 4);
    }
    fm_pool_close(pool, true);
    board_free(s.meeting);
}

/* ---- tasks that take too long ---- */

static fm_status see_odd_end(void *context, const fm_task_result *result,
                             fm_error *error)
{
    seen *s = context;
    if (result->index % 2) {
        assert_int_equal(result->status, s->expected);
        assert_string_equal(result->error->message, s->message);
    } else {
        assert_int_equal(number_of(result->bytes), result->index * result->index);
    }
    return see(context, result, error);
}

static void task_that_takes_too_long_ends_alone(void **state)
{
    seen s = {.expected = FM_TIMED_OUT,
              .message = "not done within the time-out of 0.05 s"};
    fm_pool *pool = open_pool_with(state, ",timeout=0.05");
    const fm_map map = {
        .kernel = "endless", .count = 10, .context = &s, .result = see_odd_end};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_int_equal(s.delivered, 10);
    assert_int_equal(s.failed, 5);
    fm_pool_close(pool, true);
}

static bool stop_after_two_delivered(void *context)
{
    return ((seen *)context)->delivered >= 2;
}

static bool now(void *context)
{
    (void)context;
    return true;
}

/* Tasks 0 and 2 end; 1 and 3, if they had begun, would go on for ever. */
static void check_giving_up(void **state, double grace_s, bool (*give_up)(void *))
{
    seen s = {.expected = FM_CANCELLED, .message = "given up before it was done"};
    fm_pool *pool = open_pool(state);
    const fm_map map = {.kernel = "endless",
                        .count = 4,
                        .context = &s,
                        .result = see_odd_end,
                        .stop = stop_after_two_delivered,
                        .grace_s = grace_s,
                        .give_up = give_up};
    if (fm_pool_workers(pool) > 2) { /* else the two wait for workers that do not end */
        assert_int_equal(fm_pool_map(pool, &map, NULL), FM_INTERRUPTED);
        assert_in_range(s.delivered, 2, 4);
        assert_int_equal(s.failed, s.delivered - 2);
        /* and the pool works on */
        s = (seen){.expected = FM_FAILED};
        assert_int_equal(fm_pool_map(pool,
                                     &(fm_map){.kernel = "square",
                                               .count = COUNT,
                                               .context = &s,
                                               .result = see},
                                     NULL),
                         FM_OK);
        assert_int_equal(s.delivered, COUNT);
        assert_int_equal(s.failed, 0);
    }
    fm_pool_close(pool, true);
}

static void what_outlasts_the_grace_time_is_given_up(void **state)
{
    check_giving_up(state, 0.02, NULL);
}

static void what_runs_is_given_up_at_once_when_asked_for(void **state)
{
    check_giving_up(state, 0, now);
}

int main(void)
{
    serve_suite();
    struct CMUnitTest tests[] = {
        cmocka_unit_test(task_that_fails_does_not_stop_the_others),
        cmocka_unit_test(kernel_that_fails_mutely_gets_words),
        cmocka_unit_test(workspace_that_cannot_be_opened_fails_its_tasks),
        cmocka_unit_test(memory_refused_for_a_result_fails_its_task),
        cmocka_unit_test(memory_refused_for_an_argument_fails_its_task),
        cmocka_unit_test(stop_on_fail_ends_the_map_with_the_error),
        cmocka_unit_test(stop_on_fail_in_order_names_the_first_that_failed),
        cmocka_unit_test(callback_that_fails_ends_the_map_with_its_error),
        cmocka_unit_test(callback_that_fails_mutely_gets_words),
        cmocka_unit_test(pool_is_usable_after_a_map_that_ended_early),
        cmocka_unit_test(stop_delivers_what_ran_and_dispatches_no_more),
        cmocka_unit_test(stop_before_the_first_task_runs_none),
        cmocka_unit_test(stop_is_asked_while_tasks_run),
        cmocka_unit_test(stop_in_order_delivers_across_the_gaps),
        cmocka_unit_test(task_that_takes_too_long_ends_alone),
        cmocka_unit_test(what_outlasts_the_grace_time_is_given_up),
        cmocka_unit_test(what_runs_is_given_up_at_once_when_asked_for),
        cmocka_unit_test(progress_is_told_while_tasks_run),
    };
    return run_on_every_backend(tests, sizeof tests / sizeof *tests);
}
