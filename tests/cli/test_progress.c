/* How far a run has come, told to a terminal, to a file and to a program. The bar is
 * fed with times, so nothing here waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "progress.h"

enum { TEXT = 4096 };

/* What the bar writes when it is shown ten times a second for `seconds`. */
static void write_for(progress_bar bar, double seconds, char text[TEXT])
{
    bar.stream = tmpfile();
    assert_non_null(bar.stream);
    for (int tick = 1; tick <= seconds * 10; tick++) {
        fm_progress progress = {.done = 30,
                                .failed = 2,
                                .total = 120,
                                .cost_done = 1,
                                .cost_total = 4,
                                .elapsed_s = tick / 10.0};
        progress_show(&bar, &progress);
    }
    progress_close(&bar);
    rewind(bar.stream);
    text[fread(text, 1, TEXT - 1, bar.stream)] = '\0';
    fclose(bar.stream);
}

static size_t count(const char *text, char what)
{
    size_t n = 0;
    for (; *text; text++) {
        n += *text == what;
    }
    return n;
}

static void a_file_gets_a_line_a_minute(void **state)
{
    (void)state;
    char text[TEXT];
    progress_bar bar = {.style = PROGRESS_LINES, .next_s = 60};
    write_for(bar, 59, text);
    assert_string_equal(text, "");
    write_for(bar, 185, text);
    assert_int_equal(count(text, '\n'), 3);
    assert_non_null(strstr(text, "fermat: 30 of 120 shots after 1:00, 3:00 to go\n"));
    assert_non_null(strstr(text, "fermat: 30 of 120 shots after 3:00, 9:00 to go\n"));
}

static void a_terminal_gets_a_bar_five_times_a_second(void **state)
{
    (void)state;
    char text[TEXT];
    progress_bar bar = {.style = PROGRESS_BAR, .next_s = 0.2};
    write_for(bar, 2, text);
    assert_int_equal(count(text, '\n'), 0);
    assert_in_range(count(text, '\r'), 10, 11); /* the last one wipes it */
    assert_non_null(strstr(text, "[##########..............................] 30/120"));
}

static const char a_program_reads[] =
    "{\"done\": 30, \"failed\": 2, \"total\": 120, \"fraction\": 0.25, "
    "\"elapsed_s\": 2, \"to_go_s\": 6}\n";

static void a_program_gets_an_object_a_line_five_times_a_second(void **state)
{
    (void)state;
    char text[TEXT];
    progress_bar bar = progress_open(PROGRESS_JSON, false);
    write_for(bar, 2, text);
    assert_in_range(count(text, '\n'), 9, 11);
    assert_int_equal(count(text, '{'), count(text, '\n'));
    size_t length = strlen(a_program_reads);
    assert_string_equal(text + strlen(text) - length, a_program_reads);
}

static void a_program_gets_the_end_however_soon_it_comes_and_once(void **state)
{
    (void)state;
    char text[TEXT];
    progress_bar bar = progress_open(PROGRESS_JSON, false);
    write_for(bar, 0.1, text);
    assert_int_equal(count(text, '\n'), 1);
    assert_non_null(strstr(text, "\"elapsed_s\": 0.1, "));
    bar.next_s = 0.1;
    write_for(bar, 0.1, text);
    assert_int_equal(count(text, '\n'), 1);
}

static void a_program_is_told_null_as_long_as_nothing_is_known(void **state)
{
    (void)state;
    char text[TEXT];
    progress_bar bar = {.stream = tmpfile(), .style = PROGRESS_JSON};
    progress_show(&bar, &(fm_progress){.total = 7, .cost_total = 1, .elapsed_s = 1});
    rewind(bar.stream);
    text[fread(text, 1, TEXT - 1, bar.stream)] = '\0';
    fclose(bar.stream);
    assert_string_equal(text,
                        "{\"done\": 0, \"failed\": 0, \"total\": 7, \"fraction\": "
                        "0, \"elapsed_s\": 1, \"to_go_s\": null}\n");
}

static void assert_silent(progress_bar bar)
{
    fm_progress progress = {.total = 1, .elapsed_s = 1000};
    progress_show(&bar, &progress);
    progress_close(&bar);
    assert_null(bar.stream);
    assert_false(bar.drawn);
}

static void quiet_and_none_write_nothing(void **state)
{
    (void)state;
    assert_silent(progress_open(PROGRESS_DEFAULT, true));
    assert_silent(progress_open(PROGRESS_NONE, false));
}

static void what_is_asked_for_is_told_even_if_the_rest_is_quiet(void **state)
{
    (void)state;
    assert_ptr_equal(progress_open(PROGRESS_JSON, true).stream, stderr);
    assert_int_equal(progress_open(PROGRESS_LINES, true).style, PROGRESS_LINES);
    assert_int_equal(progress_open(PROGRESS_BAR, false).style, PROGRESS_BAR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_gets_a_line_a_minute),
        cmocka_unit_test(a_terminal_gets_a_bar_five_times_a_second),
        cmocka_unit_test(a_program_gets_an_object_a_line_five_times_a_second),
        cmocka_unit_test(a_program_gets_the_end_however_soon_it_comes_and_once),
        cmocka_unit_test(a_program_is_told_null_as_long_as_nothing_is_known),
        cmocka_unit_test(quiet_and_none_write_nothing),
        cmocka_unit_test(what_is_asked_for_is_told_even_if_the_rest_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
