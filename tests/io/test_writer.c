/* The thread that writes behind: what is handed in comes out whole and in order, what
 * waits is bounded, and an error is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "writer.h"

enum { PIECES = 200, SIZE = 1000 };

/* Where pieces go; the thread that writes only sets what no assertion reads before it
 * has ended or was waited for. */
typedef struct paper {
    size_t n, number[PIECES];
    bool whole;           /* every piece was so far */
    size_t fails_at;      /* the n'th to be written; PIECES: none */
    size_t slots;         /* not 0: wait until so many were handed in and not written */
    atomic_size_t handed; /* puts that have returned */
    size_t most;          /* of those, not written yet */
} paper;

static size_t waiting(const paper *p)
{
    return atomic_load(&p->handed) - p->n;
}

/* Slow, until all slots are taken; and a little longer, for who would take more. */
static void dawdle(paper *p)
{
    while (waiting(p) < p->slots && atomic_load(&p->handed) < PIECES) {
        sched_yield();
    }
    for (int i = 0; i < 20; i++) {
        p->most = waiting(p) > p->most ? waiting(p) : p->most;
        sched_yield();
    }
}

static fm_status put_on_paper(void *context, size_t number, const void *bytes,
                              fm_error *error)
{
    paper *p = context;
    if (p->slots > 0) {
        dawdle(p);
    }
    if (p->n == p->fails_at) {
        return fm_fail(error, FM_IO_FAILED, "out of ink at %zu", number);
    }
    char expected[SIZE];
    memset(expected, (int)number, SIZE);
    p->whole = p->whole && memcmp(bytes, expected, SIZE) == 0;
    p->number[p->n++] = number;
    return FM_OK;
}

static fm_writer *open_on(paper *p, size_t slots)
{
    const fm_writer_plan plan = {
        .size = SIZE, .slots = slots, .write = put_on_paper, .context = p};
    fm_writer *writer;
    fm_error error = {0};
    assert_int_equal(fm_writer_create(&plan, &writer, &error), FM_OK);
    return writer;
}

/* The bytes are spoiled at once: the writer has its own. */
static fm_status hand_in(paper *p, fm_writer *writer, size_t number, fm_error *error)
{
    char bytes[SIZE];
    memset(bytes, (int)number, SIZE);
    fm_status status = fm_writer_put(writer, number, bytes, error);
    memset(bytes, ~(int)number, SIZE);
    atomic_fetch_add(&p->handed, status == FM_OK);
    return status;
}

static size_t number_of(size_t i)
{
    return (i * 77 + 5) % PIECES;
}

static void pieces_are_written_whole_and_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    for (size_t slots = 1; slots < 10; slots += 4) {
        paper p = {.whole = true, .fails_at = PIECES};
        fm_writer *writer = open_on(&p, slots);
        for (size_t i = 0; i < PIECES; i++) {
            assert_int_equal(hand_in(&p, writer, number_of(i), NULL), FM_OK);
        }
        assert_int_equal(fm_writer_drain(writer, NULL), FM_OK);
        fm_writer_destroy(writer);
        assert_int_equal(p.n, PIECES);
        assert_true(p.whole);
        for (size_t i = 0; i < PIECES; i++) {
            assert_int_equal(p.number[i], number_of(i));
        }
    }
}

/* The writer takes a piece only when as many wait as there are slots: if putting them
 * there waited for anything else, this would not end. */
static void there_is_room_for_as_many_as_there_are_slots_and_no_more(void **state)
{
    (void)state;
    for (size_t slots = 1; slots < 10; slots += 4) {
        paper p = {.whole = true, .fails_at = PIECES, .slots = slots};
        fm_writer *writer = open_on(&p, slots);
        for (size_t i = 0; i < PIECES; i++) {
            assert_int_equal(hand_in(&p, writer, number_of(i), NULL), FM_OK);
        }
        assert_int_equal(fm_writer_drain(writer, NULL), FM_OK);
        fm_writer_destroy(writer);
        assert_int_equal(p.most, slots);
        assert_true(p.whole);
    }
}

static void an_error_is_told_once_it_is_known_and_nothing_is_written_after(void **state)
{
    (void)state;
    for (size_t fails_at = 0; fails_at < 60; fails_at += 7) {
        paper p = {.whole = true, .fails_at = fails_at};
        fm_error error = {0}, later = {0};
        fm_writer *writer = open_on(&p, 4);
        fm_status status = FM_OK;
        size_t handed = 0;
        while (handed < PIECES && status == FM_OK) {
            status = hand_in(&p, writer, handed++, &error);
        }
        assert_int_equal(status, FM_IO_FAILED); /* long before the last */
        char expected[32];
        snprintf(expected, sizeof expected, "out of ink at %zu", fails_at);
        assert_string_equal(error.message, expected);
        assert_int_equal(fm_writer_drain(writer, &later), FM_IO_FAILED);
        assert_int_equal(later.status, FM_IO_FAILED);
        assert_string_equal(later.message, expected);
        fm_writer_destroy(writer);
        assert_int_equal(p.n, fails_at);
    }
}

static void the_error_of_the_last_piece_is_told_in_the_end(void **state)
{
    (void)state;
    paper p = {.whole = true, .fails_at = 2};
    fm_error error = {0};
    fm_writer *writer = open_on(&p, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(hand_in(&p, writer, i, NULL), FM_OK);
    }
    assert_int_equal(fm_writer_drain(writer, &error), FM_IO_FAILED);
    assert_string_equal(error.message, "out of ink at 2");
    fm_writer_destroy(writer);
}

static void a_writer_can_be_left_with_what_waits(void **state)
{
    (void)state;
    for (size_t n = 0; n < 4; n++) {
        paper p = {.whole = true, .fails_at = PIECES};
        fm_writer *writer = open_on(&p, 4);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(hand_in(&p, writer, i, NULL), FM_OK);
        }
        fm_writer_destroy(writer);
        assert_true(p.n <= n && p.whole);
    }
    fm_writer_destroy(NULL);
}

/* Memory for a piece is refused from the n'th on, by a malloc wrapped by the linker. */
static size_t refused_from = SIZE_MAX;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    if (size < SIZE || refused_from == SIZE_MAX) {
        return __real_malloc(size);
    }
    return refused_from == 0 ? NULL : (refused_from--, __real_malloc(size));
}

static void without_memory_for_one_piece_that_is_told(void **state)
{
    (void)state;
    paper p = {.whole = true, .fails_at = PIECES};
    fm_error error = {0};
    fm_writer *writer = open_on(&p, 4);
    refused_from = 0;
    fm_status status = hand_in(&p, writer, 0, &error);
    refused_from = SIZE_MAX;
    assert_int_equal(status, FM_NO_MEMORY);
    assert_non_null(strstr(error.message, "what is to be written"));
    fm_writer_destroy(writer);
}

static void with_memory_for_one_piece_all_are_written(void **state)
{
    (void)state;
    paper p = {.whole = true, .fails_at = PIECES};
    fm_writer *writer = open_on(&p, 4);
    refused_from = 1;
    for (size_t i = 0; i < PIECES; i++) {
        assert_int_equal(hand_in(&p, writer, i, NULL), FM_OK);
    }
    assert_int_equal(fm_writer_drain(writer, NULL), FM_OK);
    refused_from = SIZE_MAX;
    assert_int_equal(p.n, PIECES);
    assert_true(p.whole);
    fm_writer_destroy(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_written_whole_and_in_the_order_in_which_they_came),
        cmocka_unit_test(there_is_room_for_as_many_as_there_are_slots_and_no_more),
        cmocka_unit_test(
            an_error_is_told_once_it_is_known_and_nothing_is_written_after),
        cmocka_unit_test(the_error_of_the_last_piece_is_told_in_the_end),
        cmocka_unit_test(a_writer_can_be_left_with_what_waits),
        cmocka_unit_test(without_memory_for_one_piece_that_is_told),
        cmocka_unit_test(with_memory_for_one_piece_all_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
