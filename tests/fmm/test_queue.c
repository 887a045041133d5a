/* The bucket queue against a list that is searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "queue.h"

enum { ROOM = 20000 };

typedef struct filed {
    int64_t number;
    double time;
    uint32_t node;
    bool aside; /* too late for the ring */
} filed;

/* What a queue holds, in no order. */
typedef struct model {
    filed entry[ROOM];
    size_t n;
    int64_t current;
} model;

static void push(model *list, fm_queue *queue, uint32_t node, double time)
{
    assert_true(list->n < ROOM);
    double whole = fmin(floor(time * queue->per_width), 4e18);
    int64_t number = (int64_t)fmax(whole, (double)list->current);
    bool aside = number >= list->current + (int64_t)queue->buckets;
    list->entry[list->n++] = (filed){number, time, node, aside};
    assert_true(fm_queue_push(queue, node, time));
    assert_true(fm_queue_most(queue) + queue->late_n >= list->n);
}

static int64_t first_of(const model *list, bool aside)
{
    int64_t first = INT64_MAX;
    for (size_t e = 0; e < list->n; e++) {
        if (list->entry[e].aside == aside && list->entry[e].number < first) {
            first = list->entry[e].number;
        }
    }
    return first;
}

/* What a march does with the nodes put aside, when their time comes. */
static void file_aside(model *list, fm_queue *queue)
{
    size_t n = 0;
    for (size_t e = 0; e < list->n; e++) {
        n += list->entry[e].aside;
    }
    assert_int_equal(queue->late_n, n);
    queue->late_n = 0;
    queue->late_first = INT64_MAX;
    for (size_t e = 0; e < list->n; e++) {
        filed *entry = &list->entry[e];
        if (entry->aside) {
            entry->aside = entry->number >= list->current + (int64_t)queue->buckets;
            assert_true(fm_queue_push(queue, entry->node, entry->time));
        }
    }
}

static void advance(model *list, fm_queue *queue)
{
    int64_t inside = first_of(list, false), aside = first_of(list, true);
    assert_true(queue->late_first == aside);
    bool late = aside <= inside;
    assert_true(fm_queue_advance(queue) == late);
    list->current = late ? aside : inside;
    assert_true(queue->current == list->current);
    if (late) {
        file_aside(list, queue);
        assert_false(fm_queue_advance(queue));
        assert_true(queue->current == list->current);
    }
}

/* The window by its definition: whole buckets, none of those that wait aside. */
static int64_t window_of(const model *list, double width, double window)
{
    int64_t last = list->current - 1, aside = first_of(list, true);
    while ((double)(last + 2 - list->current) * width <= window && last + 1 < aside) {
        last++;
    }
    return last;
}

static int by_number(const void *one, const void *two)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)two;
    return (a > b) - (a < b);
}

/* The same nodes leave both, in any order. */
static void take(model *list, fm_queue *queue, int64_t last)
{
    static uint32_t expected[ROOM], taken[ROOM]; /* too much for the stack */
    size_t n = 0, kept = 0;
    for (size_t e = 0; e < list->n; e++) {
        if (list->entry[e].number <= last) {
            expected[n++] = list->entry[e].node;
        } else {
            list->entry[kept++] = list->entry[e];
        }
    }
    list->n = kept;
    assert_int_equal(fm_queue_take(queue, last, taken), n);
    assert_true(fm_queue_most(queue) + queue->late_n >= kept);
    qsort(expected, n, sizeof *expected, by_number);
    qsort(taken, n, sizeof *taken, by_number);
    assert_memory_equal(expected, taken, n * sizeof *taken);
}

static void start(model *list, fm_queue *queue, double width, double span)
{
    assert_true(fm_queue_start(queue, width, span));
    list->n = 0;
    list->current = 0;
    assert_true(fm_queue_is_empty(queue) && queue->current == 0 && queue->late_n == 0);
}

/* Pushes and takes as a march does them, but also before the current bucket and beyond
 * the ring. */
static void rounds(model *list, fm_queue *queue, size_t count, uint64_t seed)
{
    uint32_t node = 0;
    double span = (double)queue->buckets * queue->width;
    for (uint64_t round = 0; round < count; round++) {
        double now = (double)list->current * queue->width;
        size_t more = list->n < 3000 ? (size_t)(60 * uniform(seed + 7 * round)) : 0;
        for (uint64_t n = 0; n < more; n++) {
            uint64_t draw = seed + 1000 * round + 2 * n;
            double reach = uniform(draw) < 0.02 ? 1.5 * span : 0.2 * span;
            double time = fmax(now + reach * (uniform(draw + 1) - 0.05), 0);
            push(list, queue, node++, time);
        }
        if (list->n == 0) {
            continue;
        }
        advance(list, queue);
        double window = 30.5 * queue->width * uniform(seed + 7 * round + 1);
        int64_t last = window_of(list, queue->width, window);
        assert_true(fm_queue_window(queue, window) == last);
        take(list, queue, last < list->current ? list->current : last);
    }
}

static void entries_leave_by_bucket_whatever_the_history(void **state)
{
    (void)state;
    model *list = calloc(1, sizeof *list);
    assert_non_null(list);
    fm_queue queue = {0};
    const double spans[] = {1, 64, 65, 300, 5000};
    for (size_t s = 0; s < sizeof spans / sizeof *spans; s++) {
        start(list, &queue, 0.25, 0.25 * spans[s]);
        assert_true((double)queue.buckets >= spans[s]);
        rounds(list, &queue, 1500, 31 * s);
    }
    fm_queue_clear(&queue);
    free(list);
}

static void a_queue_that_starts_again_has_forgotten_everything(void **state)
{
    (void)state;
    model *list = calloc(1, sizeof *list);
    assert_non_null(list);
    fm_queue queue = {0};
    for (uint64_t n = 0; n < 30; n++) {
        double width = pow(10, 6 * uniform(n) - 3);
        start(list, &queue, width, width * (double)(32 << n % 9));
        assert_int_equal(queue.buckets, n % 9 < 1 ? 64 : 32 << n % 9);
        rounds(list, &queue, 60, 991 * n); /* and leaves entries behind */
    }
    assert_true(queue.blocks <= 4096);
    fm_queue_clear(&queue);
    assert_true(!queue.bucket && !queue.entry && !queue.used);
    fm_queue_clear(&queue);
    free(list);
}

static void a_time_beyond_the_ring_waits_aside(void **state)
{
    (void)state;
    fm_queue queue = {0};
    uint32_t node[64];
    assert_true(fm_queue_start(&queue, 1, 64));
    assert_int_equal(queue.buckets, 64);
    assert_true(fm_queue_push(&queue, 1, 63.5));
    assert_int_equal(queue.late_n, 0);
    assert_true(fm_queue_push(&queue, 2, 70));
    assert_true(fm_queue_push(&queue, 3, 1e300));
    assert_true(fm_queue_push(&queue, 4, INFINITY));
    assert_true(queue.late_n == 3 && queue.late_first == 70);
    assert_false(fm_queue_advance(&queue));
    assert_true(queue.current == 63);
    assert_true(fm_queue_window(&queue, 1e9) == 69); /* not past what waits */
    assert_true(fm_queue_window(&queue, 0.99) == 62);
    assert_true(fm_queue_window(&queue, 1) == 63 && fm_queue_window(&queue, 2.5) == 64);
    assert_int_equal(fm_queue_take(&queue, 63, node), 1);
    assert_false(fm_queue_is_empty(&queue));
    assert_true(fm_queue_advance(&queue));
    assert_true(queue.current == 70);
    fm_queue_clear(&queue);
}

/* Slownesses of one to 1e12: the ring is as long as it may be and no longer. */
static void a_contrast_of_1e12_takes_no_more_than_the_longest_ring(void **state)
{
    (void)state;
    model *list = calloc(1, sizeof *list);
    assert_non_null(list);
    fm_queue queue = {0};
    start(list, &queue, 1e-12, 1);
    assert_true(queue.buckets == FM_BUCKETS_MAX);
    rounds(list, &queue, 400, 5);
    for (uint32_t n = 0; n < 100; n++) {
        push(list, &queue, n, pow(10, 24 * uniform(n) - 12));
    }
    while (list->n > 0) {
        advance(list, &queue);
        take(list, &queue, list->current);
    }
    assert_true(fm_queue_bytes(&queue) < 9.0 * FM_BUCKETS_MAX + 1e6);
    fm_queue_clear(&queue);
    free(list);
}

/* A million entries through a queue that holds a thousand at a time. */
static void blocks_are_used_again(void **state)
{
    (void)state;
    static uint32_t node[ROOM];
    fm_queue queue = {0};
    assert_true(fm_queue_start(&queue, 1, 256));
    uint64_t draw = 0;
    size_t out = 0, held = 0;
    int64_t next = 0;
    double bytes = 0;
    for (size_t round = 0; round < 4000; round++) {
        for (; held < 1000; held++) {
            double time = (double)next + 200 * uniform(draw++);
            assert_true(fm_queue_push(&queue, 1, time));
        }
        fm_queue_advance(&queue);
        size_t taken = fm_queue_take(&queue, queue.current + 40, node);
        out += taken;
        held -= taken;
        next = queue.current + 41;
        bytes = round == 10 ? fm_queue_bytes(&queue) : bytes;
    }
    assert_true(out > 500000);
    assert_true(fm_queue_bytes(&queue) <= bytes);
    /* At most a block a bucket that is not full, the others full, twice that. */
    assert_true(queue.blocks <= 2 * (256 + 1000 / (FM_BLOCK - 1)));
    fm_queue_clear(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_leave_by_bucket_whatever_the_history),
        cmocka_unit_test(a_queue_that_starts_again_has_forgotten_everything),
        cmocka_unit_test(a_time_beyond_the_ring_waits_aside),
        cmocka_unit_test(a_contrast_of_1e12_takes_no_more_than_the_longest_ring),
        cmocka_unit_test(blocks_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
