/* How far a run has come, told to a terminal and to a file. The bar is fed with times,
 * so nothing here waits. */
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
                                .total = 120,
                                .cost_done = 1,
                                .cost_total = 4,
                                .elapsed_s = tick / 10.0};
        progress_show(&bar, &progress);
    }
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
    progress_bar bar = {.terminal = false, .next_s = 60};
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
    progress_bar bar = {.terminal = true, .next_s = 0.2};
    write_for(bar, 2, text);
    assert_int_equal(count(text, '\n'), 0);
    assert_in_range(count(text, '\r'), 9, 10);
    assert_non_null(strstr(text, "[##########..............................] 30/120"));
}

static void quiet_writes_nothing(void **state)
{
    (void)state;
    progress_bar bar = progress_open(true);
    fm_progress progress = {.total = 1, .elapsed_s = 1000};
    progress_show(&bar, &progress);
    assert_null(bar.stream);
    assert_false(bar.drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_gets_a_line_a_minute),
        cmocka_unit_test(a_terminal_gets_a_bar_five_times_a_second),
        cmocka_unit_test(quiet_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
