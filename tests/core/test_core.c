/* The words that every room shares: statuses, strict numbers, digests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/hash.h"
#include "core/number.h"
#include "core/status.h"

static void fail_writes_the_sentence_and_returns_the_status(void **state)
{
    (void)state;
    fm_error error = {0};
    assert_int_equal(fm_fail(&error, FM_BAD_INPUT, "value %d", 7), FM_BAD_INPUT);
    assert_int_equal(error.status, FM_BAD_INPUT);
    assert_string_equal(error.message, "value 7");
    assert_int_equal(fm_fail(NULL, FM_FAILED, "nobody listens"), FM_FAILED);
}

static void fail_within_puts_the_place_before_the_sentence(void **state)
{
    (void)state;
    fm_error error = {0};
    fm_fail(&error, FM_BAD_INPUT, "not a number");
    assert_int_equal(fm_fail_within(&error, "%s:%d", "a.csv", 3), FM_BAD_INPUT);
    assert_string_equal(error.message, "a.csv:3: not a number");
}

static void fail_within_survives_a_place_longer_than_the_message(void **state)
{
    (void)state;
    fm_error error = {0};
    char place[3000];
    memset(place, 'x', sizeof place - 1);
    place[sizeof place - 1] = '\0';
    fm_fail(&error, FM_BAD_INPUT, "not a number");
    fm_fail_within(&error, "%s", place);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

static void every_status_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(fm_status_name(FM_OK), "ok");
    assert_string_equal(fm_status_name(FM_INTERRUPTED), "interrupted");
}

static void numbers_take_up_all_of_the_text(void **state)
{
    (void)state;
    double value = 0;
    assert_true(fm_number_parse("1.5", &value) && value == 1.5);
    assert_true(fm_number_parse("-3", &value) && value == -3);
    assert_true(fm_number_parse("+1e-4", &value) && value == 1e-4);
    const char *refused[] = {"",      " 1",  "1 ", "1.5km", "0x10", "inf", "nan",
                             "1e999", "--1", "1e", "e5",    "1,5",  "."};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        value = 42;
        assert_false(fm_number_parse(refused[i], &value));
        assert_true(value == 42);
    }
}

static void counts_are_plain_digits(void **state)
{
    (void)state;
    uint64_t value = 0;
    assert_true(fm_count_parse("18446744073709551615", &value) && value == UINT64_MAX);
    const char *refused[] = {"", "-1", "+1", "1.0", "18446744073709551616", "1e3"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(fm_count_parse(refused[i], &value));
    }
}

static void equal_content_has_equal_digests_however_it_is_added(void **state)
{
    (void)state;
    char text[3][FM_HASH_TEXT];
    for (int i = 0; i < 3; i++) {
        fm_hash *hash = NULL;
        assert_int_equal(fm_hash_create(&hash, NULL), FM_OK);
        if (i == 0) {
            fm_hash_add(hash, "abcdef", 6);
        } else {
            fm_hash_add(hash, "abc", 3);
            fm_hash_add(hash, i == 1 ? "def" : "deg", 3);
        }
        fm_hash_text(hash, text[i]);
        fm_hash_destroy(hash);
    }
    assert_string_equal(text[0], text[1]);
    assert_string_not_equal(text[0], text[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_writes_the_sentence_and_returns_the_status),
        cmocka_unit_test(fail_within_puts_the_place_before_the_sentence),
        cmocka_unit_test(fail_within_survives_a_place_longer_than_the_message),
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(numbers_take_up_all_of_the_text),
        cmocka_unit_test(counts_are_plain_digits),
        cmocka_unit_test(equal_content_has_equal_digests_however_it_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
