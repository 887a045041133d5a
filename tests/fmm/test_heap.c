/* The queue: smallest time first, equal times by node, whatever its history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "fixture.h"
#include "heap.h"

typedef struct entry {
    double time;
    uint32_t node;
} entry;

static int by_time_then_node(const void *one, const void *two)
{
    const entry *a = one, *b = two;
    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    return (a->node > b->node) - (a->node < b->node);
}

enum { N = 100000 };

/* Nodes in random order, few different times, so that most are shared by many nodes. */
static entry *random_entries(size_t n, double different, uint64_t seed)
{
    entry *entries = malloc(n * sizeof *entries);
    assert_non_null(entries);
    for (size_t e = 0; e < n; e++) {
        entries[e].time = (double)(size_t)(different * uniform(seed + 2 * e)) / 7;
        size_t other = (size_t)((double)(e + 1) * uniform(seed + 2 * e + 1));
        entries[e].node = entries[other].node;
        entries[other].node = (uint32_t)e;
    }
    return entries;
}

static fm_heap new_heap(size_t nodes, size_t capacity)
{
    fm_heap heap;
    assert_true(fm_heap_create(nodes, capacity, &heap));
    return heap;
}

static void push_all(fm_heap *heap, const entry *entries, size_t n)
{
    for (size_t e = 0; e < n; e++) {
        assert_true(fm_heap_push(heap, entries[e].time, entries[e].node));
    }
    assert_int_equal(heap->n, n);
}

static void expect_sorted(fm_heap *heap, entry *entries, size_t n)
{
    qsort(entries, n, sizeof *entries, by_time_then_node);
    for (size_t e = 0; e < n; e++) {
        double time;
        uint32_t node = fm_heap_pop(heap, &time);
        if (time != entries[e].time || node != entries[e].node) {
            fail_msg("entry %zu: %g of node %u, expected %g of node %u", e, time, node,
                     entries[e].time, entries[e].node);
        }
    }
    assert_int_equal(heap->n, 0);
}

static void entries_leave_by_time_and_equal_times_by_node(void **state)
{
    (void)state;
    const double different[] = {1, 300, 1e9};
    for (size_t d = 0; d < sizeof different / sizeof *different; d++) {
        fm_heap heap = new_heap(N, 16);
        entry *entries = random_entries(N, different[d], d * 1000003);
        push_all(&heap, entries, N);
        expect_sorted(&heap, entries, N);
        free(entries);
        fm_heap_clear(&heap);
    }
}

static void every_small_size_is_sorted(void **state)
{
    (void)state;
    fm_heap heap = new_heap(100, 0);
    for (size_t n = 1; n < 100; n++) {
        entry *entries = random_entries(n, 5, n * 77);
        push_all(&heap, entries, n);
        expect_sorted(&heap, entries, n);
        free(entries);
    }
    fm_heap_clear(&heap);
}

/* Half of the entries, and then a quarter again, become earlier, some to times that
 * others have. */
static void entries_that_improve_leave_at_their_new_time(void **state)
{
    (void)state;
    fm_heap heap = new_heap(N, N);
    entry *entries = random_entries(N, 3000, 11);
    push_all(&heap, entries, N);
    for (size_t e = 0; e < N; e++) {
        size_t times = e % 4 == 0 ? 2 : e % 2;
        for (size_t n = 0; n < times; n++) {
            entries[e].time -= (double)(size_t)(entries[e].time * uniform(e + n)) / 7;
            fm_heap_improve(&heap, entries[e].time, entries[e].node);
        }
    }
    expect_sorted(&heap, entries, N);
    free(entries);
    fm_heap_clear(&heap);
}

/* As a march does: what is pushed is never earlier than what was popped last. */
static void pushes_between_pops_keep_the_order(void **state)
{
    (void)state;
    fm_heap heap = new_heap(N, 8);
    double last = 0;
    uint32_t last_node = 0, nodes = 0;
    while (nodes < 50) {
        assert_true(fm_heap_push(&heap, 0, nodes++));
    }
    while (heap.n > 0) {
        double time;
        uint32_t node = fm_heap_pop(&heap, &time);
        assert_true(time > last || (time == last && node > last_node) || node == 0);
        last = time;
        last_node = node;
        for (uint32_t more = 0; more < (node % 7 == 0 ? 5U : 1U) && nodes < N; more++) {
            double later = time + 1 + (double)(size_t)(4 * uniform(nodes));
            assert_true(fm_heap_push(&heap, later, nodes++));
        }
    }
    assert_int_equal(nodes, N);
    fm_heap_clear(&heap);
}

static void room_for_the_expected_entries_is_there_from_the_start(void **state)
{
    (void)state;
    fm_heap heap = new_heap(N, 1000);
    entry *entries = random_entries(5000, 50, 5);
    const uint64_t *key = heap.key;
    push_all(&heap, entries, 1000);
    assert_ptr_equal(heap.key, key);
    assert_true(heap.capacity == 1000);
    fm_heap_empty(&heap);
    push_all(&heap, entries, 5000);
    assert_true(heap.capacity >= 5000);
    expect_sorted(&heap, entries, 5000);
    free(entries);
    fm_heap_clear(&heap);
}

static void an_emptied_queue_is_as_good_as_new(void **state)
{
    (void)state;
    fm_heap heap = new_heap(N, 64);
    fm_heap_empty(&heap); /* never used */
    for (uint64_t round = 0; round < 20; round++) {
        entry *entries = random_entries(3000, 100, round * 999983);
        push_all(&heap, entries, 3000);
        double time;
        for (size_t n = 0; n < 150 * round; n++) {
            fm_heap_pop(&heap, &time);
        }
        fm_heap_empty(&heap);
        push_all(&heap, entries, 100 + round);
        expect_sorted(&heap, entries, 100 + round);
        free(entries);
    }
    size_t capacity = heap.capacity;
    fm_heap_empty(&heap);
    assert_int_equal(heap.capacity, capacity);
    fm_heap_clear(&heap);
    assert_null(heap.key);
    fm_heap_clear(&heap);
}

static void a_queue_larger_than_memory_is_refused(void **state)
{
    (void)state;
    fm_heap heap;
    assert_false(fm_heap_create(10, SIZE_MAX / 64, &heap));
    assert_null(heap.place);
    assert_false(fm_heap_create(SIZE_MAX / 64, 10, &heap));
    fm_heap_clear(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_leave_by_time_and_equal_times_by_node),
        cmocka_unit_test(every_small_size_is_sorted),
        cmocka_unit_test(entries_that_improve_leave_at_their_new_time),
        cmocka_unit_test(pushes_between_pops_keep_the_order),
        cmocka_unit_test(room_for_the_expected_entries_is_there_from_the_start),
        cmocka_unit_test(an_emptied_queue_is_as_good_as_new),
        cmocka_unit_test(a_queue_larger_than_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
