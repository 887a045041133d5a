/* Exact sums. What they should be was computed with Python's fractions and math.fsum
 * (tables), or is computed here in another way: with nearbyint on doubles for what is
 * added, and by strtod, which rounds correctly, for what is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fixed.h"

enum { COUNT = 600, NODES = 16, LSB = -70 };

/* splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t draw(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A double of either sign with a full mantissa and an exponent in [least, most]. */
static double draw_double(uint64_t *seed, int least, int most)
{
    double mantissa = (double)((draw(seed) >> 11) | (UINT64_C(1) << 52));
    int exponent = least + (int)(draw(seed) % (uint64_t)(most - least + 1));
    double value = ldexp(mantissa, exponent - 52);
    return draw(seed) & 1 ? -value : value;
}

static void assert_same(fm_fixed is, uint64_t low, int64_t high)
{
    if (is.low != low || is.high != high) {
        fail_msg("%016" PRIx64 " %016" PRIx64 ", not %016" PRIx64 " %016" PRIx64,
                 (uint64_t)is.high, is.low, (uint64_t)high, low);
    }
}

static void assert_same_bits(double is, double should_be)
{
    if (memcmp(&is, &should_be, sizeof is) != 0) {
        fail_msg("%a, not %a", is, should_be);
    }
}

static fm_fixed fixed_of(double value, int lsb)
{
    fm_fixed sum = {0, 0};
    if (fm_fixed_add_doubles(&sum, &sum, &value, 1, lsb) != 1) {
        fail_msg("%a was refused at lsb %d", value, lsb);
    }
    return sum;
}

static const struct {
    double value;
    int lsb;
    uint64_t low;
    int64_t high;
} addends[] = {
    {0.0, 0, 0, 0},
    {-0.0, 0, 0, 0},
    {1.0, 0, 1, 0},
    {-1.0, 0, UINT64_MAX, -1},
    /* ties, and next to ties */
    {0.5, 0, 0, 0},
    {1.5, 0, 2, 0},
    {2.5, 0, 2, 0},
    {-0.5, 0, 0, 0},
    {-1.5, 0, UINT64_MAX - 1, -1},
    {-2.5, 0, UINT64_MAX - 1, -1},
    {0x1.0000000000001p-1, 0, 1, 0},
    {0x1.fffffffffffffp-2, 0, 0, 0},
    {0x1.4000000000001p+1, 0, 3, 0},
    {0x1.0000000000000p+52, 53, 0, 0},
    {0x1.0000000000001p+52, 53, 1, 0},
    {0x1.fffffffffffffp-1, 0, 1, 0},
    {1e-300, 0, 0, 0},
    {-1e-300, 0, 0, 0},
    /* across the words */
    {0x1.999999999999ap-4, -80, UINT64_C(0x999999999a000000), 6553},
    {-0x1.999999999999ap-4, -80, UINT64_C(0x6666666666000000), -6554},
    {0x1.edd3c07ee0b0bp+6, -83, UINT64_C(0xfdc1616000000000), 64726912},
    {-0x1.921fb54442d18p+1, -64, UINT64_C(0xdbc095777a5d0000), -4},
    {0x1.921fb54442d18p+1, -51, UINT64_C(0x001921fb54442d18), 0},
    {0x1.921fb54442d18p+1, -50, UINT64_C(0x000c90fdaa22168c), 0},
    {0x1.0000000000000p+64, 0, 0, 1},
    {-0x1.0000000000000p+64, 0, 0, -1},
    {0x1.fffffffffffffp+94, 0, UINT64_C(0xfffffc0000000000), INT32_MAX},
    {-0x1.fffffffffffffp+94, 0, UINT64_C(0x0000040000000000), INT32_MIN},
    /* subnormals */
    {0x0.0000000000001p-1022, -1074, 1, 0},
    {-0x0.0000000000001p-1022, -1074, UINT64_MAX, -1},
    {0x0.fffffffffffffp-1022, -1074, UINT64_C(0x000fffffffffffff), 0},
    {0x1.0000000000000p-1022, -1074, UINT64_C(0x0010000000000000), 0},
    {0x0.0000000000001p-1022, -1073, 0, 0},
    {0x0.0000000000003p-1022, -1073, 2, 0},
    {0x0.0000000000001p-1022, -1000, 0, 0},
    {0x0.fffffffffffffp-1022, 1000, 0, 0},
    /* the ends of the scale */
    {0x1.0000000000000p-1001, -1000, 0, 0},
    {-0x1.0000000000001p-1001, -1000, UINT64_MAX, -1},
    {0x1.8000000000000p-1000, -1000, 2, 0},
    {0x1.fffffffffffffp-906, -1000, UINT64_C(0xfffffc0000000000), INT32_MAX},
    {0x1.fffffffffffffp+1023, 929, UINT64_C(0xfffffc0000000000), INT32_MAX},
    {0x1.fffffffffffffp+1023, 1000, UINT64_C(0x0000000001000000), 0},
    {-0x1.fffffffffffffp+1023, 1000, UINT64_C(0xffffffffff000000), -1},
    {0x1.0000000000000p+999, 1000, 0, 0},
    {-0x1.8000000000000p+1000, 1000, UINT64_MAX - 1, -1},
};

static void an_addend_is_rounded_half_to_even_to_multiples_of_the_last_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addends / sizeof *addends; i++) {
        assert_same(fixed_of(addends[i].value, addends[i].lsb), addends[i].low,
                    addends[i].high);
    }
}

static void random_addends_agree_with_rounding_by_nearbyint(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 100000; i++) {
        int lsb = (int)(draw(&seed) % 1801) - 900;
        double value = draw_double(&seed, lsb - 4, lsb + FM_FIXED_ADDEND_BITS - 1);
        double whole = nearbyint(ldexp(fabs(value), -lsb)); /* exact from 2^53 on */
        double high = floor(ldexp(whole, -64));
        uint64_t low = (uint64_t)(whole - ldexp(high, 64));
        uint64_t upper = (uint64_t)high;
        if (value < 0) {
            upper = ~upper + (low == 0);
            low = ~low + 1;
        }
        assert_same(fixed_of(value, lsb), low, (int64_t)upper);
    }
}

static void what_is_too_large_or_not_finite_is_refused_with_its_index(void **state)
{
    (void)state;
    enum { N = 7 };
    static const int lsbs[] = {-1074, -1000, -80, 0, 80, 928};
    for (size_t s = 0; s < sizeof lsbs / sizeof *lsbs; s++) {
        double limit = ldexp(1, lsbs[s] + FM_FIXED_ADDEND_BITS);
        const double refused[] = {
            limit,       -limit,      DBL_MAX, (double)INFINITY, -(double)INFINITY,
            (double)NAN, -(double)NAN};
        double largest = nextafter(limit, 0);
        for (size_t at = 0; at < N; at++) {
            double values[N] = {largest, -largest, 0, largest, largest, -0.0, -largest};
            fm_fixed sum[N] = {{0, 0}};
            assert_int_equal(fm_fixed_add_doubles(sum, sum, values, N, lsbs[s]), N);
            values[at] = refused[(at + s) % 7];
            values[N - 1] = at < N - 1 ? (double)INFINITY : values[N - 1];
            assert_int_equal(fm_fixed_add_doubles(sum, sum, values, N, lsbs[s]), at);
        }
    }
    const double values[] = {DBL_MAX, -DBL_MAX, (double)INFINITY};
    fm_fixed sum[3] = {{0, 0}};
    assert_int_equal(fm_fixed_add_doubles(sum, sum, values, 3, 929), 2);
    assert_int_equal(fm_fixed_add_doubles(sum, sum, values, 3, 1000), 2);
    assert_int_equal(fm_fixed_add_doubles(sum, sum, values, 0, 0), 0);
}

static void as_many_of_the_largest_addends_as_are_allowed_do_not_overflow(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        fm_fixed sum = fixed_of(sign * 0x1.fffffffffffffp+94, 0);
        for (int times = 0; times < 31; times++) {
            fm_fixed_merge(&sum, &sum, 1);
        }
        assert_same_bits(fm_fixed_to_double(sum, 0), sign * 0x1.fffffffffffffp+125);
    }
}

static void before_may_be_another_array_and_is_left_alone(void **state)
{
    (void)state;
    const double values[] = {1.25, -3, 0x1p-30};
    fm_fixed before[3] = {{UINT64_MAX, 4}, {2, -1}, {0, 0}};
    fm_fixed copy[3];
    fm_fixed sum[3];
    memcpy(copy, before, sizeof copy);
    assert_int_equal(fm_fixed_add_doubles(sum, before, values, 3, -2), 3);
    assert_memory_equal(before, copy, sizeof copy);
    assert_same(sum[0], 4, 5);
    assert_same(sum[1], UINT64_C(0) - 10, -2);
    assert_same(sum[2], 0, 0);
    assert_int_equal(fm_fixed_add_doubles(before, before, values, 3, -2), 3);
    assert_memory_equal(before, sum, sizeof sum);
}

static void merging_carries_between_the_words(void **state)
{
    (void)state;
    fm_fixed sum[] = {{UINT64_MAX, 0}, {UINT64_MAX, -1}, {0, 5}, {1, INT64_MAX}};
    const fm_fixed other[] = {{1, 0}, {1, 0}, {UINT64_MAX, -1}, {UINT64_MAX, 0}};
    fm_fixed_merge(sum, other, 4);
    assert_same(sum[0], 0, 1);
    assert_same(sum[1], 0, 0);
    assert_same(sum[2], UINT64_MAX, 4);
    assert_same(sum[3], 0, INT64_MIN); /* wraps, as it says */
}

static void sums_with_cancellation_are_those_of_exact_arithmetic(void **state)
{
    (void)state;
    static const struct {
        double addends[8];
        double sum; /* math.fsum */
    } rows[] = {
        {{-0x1.aecd8eb2b8b78p-17, -0x1.b5d34316e07c0p+1, 0x1.68ca5e0d58b25p-13,
          -0x1.c49bee0b8ed14p+0, 0x1.b5d34316e07c0p+1, 0x1.aecd8eb973edcp-17,
          -0x1.68ca5e0d58b24p-13, -0x1.9f9c5fd1311b2p+2},
         -0x1.0861adaa0a675p+3},
        {{0x1.ca743687eb186p+2, -0x1.813a0f06b9f7ep-9, 0x1.0b8599a09f768p+1,
          0x1.a31c20b97748bp-3, 0x1.813a0f06b9f7ep-9, -0x1.c378891629b5cp+2,
          -0x1.a31c20b97748ap-3, 0x1.c378891d3797ep+2},
         0x1.281b81afa45aep+3},
        {{-0x1.43b6a0d74bdd4p-11, -0x1.967890358e204p+2, 0x1.43b6a0d74bdd4p-11,
          -0x1.227664a27b2d9p-1, -0x1.6c48653acace2p-13, 0x1.6c48653acace3p-13,
          0x1.1c7eaa301850cp-6, 0x1.2276649df1540p-1},
         -0x1.955c118bef432p+2},
        {{0x1.2894f876b165ep-8, 0x1.d5f5947453b01p-6, -0x1.2894f8720f120p-8,
          0x1.19ca1da862790p+10, -0x1.19ca1da862790p+10, -0x1.019c761a51c60p-11,
          -0x1.d5f5947453b00p-6, -0x1.7f837a8dbd5b0p-10},
         -0x1.0028dac42e76cp-9},
        {{-0x1.b24daf641b434p-15, -0x1.645e2a888a9a2p-1, 0x1.57142c9f1601ap-6,
          -0x1.57142c9f1601ap-6, 0x1.b24daf641b435p-15, -0x1.40b939ebed070p+12,
          0x1.8719c3c495635p-3, -0x1.8719c3be78fc4p-3},
         -0x1.40c45cdd413f2p+12},
        {{0x1.8289fcfe4c288p+0, 0x1.3004733a64efap-14, -0x1.3004733f25017p-14,
          0x1.5c20838bfaf40p+14, -0x1.d72a1386a17e0p+5, -0x1.5c20838bfaf40p+14,
          -0x1.8289fcfe4c287p+0, 0x1.502f0810a3d68p-16},
         -0x1.d72a0905293e1p+5},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        fm_fixed sum = {0, 0};
        for (size_t i = 0; i < 8; i++) {
            fm_fixed addend = fixed_of(rows[r].addends[i], -75);
            fm_fixed_merge(&sum, &addend, 1);
        }
        assert_same_bits(fm_fixed_to_double(sum, -75), rows[r].sum);
    }
}

static void what_is_read_back_is_the_nearest_double(void **state)
{
    (void)state;
    static const struct {
        fm_fixed number;
        int lsb;
        double nearest;
    } cases[] = {
        {{0, 0}, 5, 0.0},
        {{1, 0}, -1074, 0x1p-1074},
        {{UINT64_MAX, -1}, -1074, -0x1p-1074},
        {{(UINT64_C(1) << 52) - 1, 0}, -1074, 0x0.fffffffffffffp-1022},
        {{(UINT64_C(1) << 53) + 1, 0}, -1074, 0x1p-1021}, /* tie, to even below */
        {{(UINT64_C(1) << 53) + 3, 0}, 0, 0x1.0000000000002p+53}, /* and above */
        {{UINT64_MAX, 0}, 0, 0x1p+64}, /* carries into the next power of two */
        {{UINT64_MAX, INT64_MAX}, 0, 0x1p+127},
        {{0, INT64_MIN}, 0, -0x1p+127},
        {{1, INT64_MIN}, 0, -0x1p+127},
        {{0x400, INT64_C(1) << 62}, 0, 0x1p+126},
        {{0, (INT64_C(1) << 62) + 512}, 0, 0x1p+126}, /* tie */
        {{1, (INT64_C(1) << 62) + 512}, 0, 0x1.0000000000001p+126},
        {{0, (INT64_C(1) << 62) + 1536}, 0, 0x1.0000000000002p+126}, /* tie */
        {{UINT64_MAX, (INT64_C(1) << 62) + 1535}, 0, 0x1.0000000000001p+126},
        {{0, -(INT64_C(1) << 62) - 1536}, 0, -0x1.0000000000002p+126}, /* tie */
        /* the largest double, what rounds down to it, and what no longer does */
        {{0, INT64_MAX - 1023}, 897, DBL_MAX},
        {{UINT64_MAX, INT64_MAX - 512}, 897, DBL_MAX},
        {{0, INT64_MAX - 511}, 897, (double)INFINITY},
        {{0, INT64_MIN}, 897, -(double)INFINITY},
        {{1, 0}, 1000, 0x1p+1000},
        {{UINT64_C(1) << 24, 0}, 1000, (double)INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_same_bits(fm_fixed_to_double(cases[i].number, cases[i].lsb),
                         cases[i].nearest);
    }
}

static void random_numbers_are_read_back_as_strtod_reads_them(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 100000; i++) {
        /* Any length, often with a run of equal bits below: near ties. */
        unsigned cut = (unsigned)(draw(&seed) % 127);
        uint64_t high = draw(&seed) >> 1;
        uint64_t low = draw(&seed) >> (draw(&seed) % 64);
        low = draw(&seed) & 1 ? low : UINT64_C(0) - low;
        if (cut >= 64) {
            low = high;
            high = 0;
        }
        low = high == 0 ? low >> (cut % 64) : low;
        high >>= cut % 64;
        int lsb = (int)(draw(&seed) % 2075) - 1074;
        char text[64];
        snprintf(text, sizeof text, "0x%016" PRIx64 "%016" PRIx64 "p%d", high, low,
                 lsb);
        double nearest = strtod(text, NULL);
        assert_same_bits(fm_fixed_to_double((fm_fixed){low, (int64_t)high}, lsb),
                         nearest);
        if ((high | low) != 0) {
            uint64_t minus = ~high + (low == 0);
            fm_fixed number = {UINT64_C(0) - low, (int64_t)minus};
            assert_same_bits(fm_fixed_to_double(number, lsb), -nearest);
        }
    }
}

static void the_rounding_mode_does_not_matter(void **state)
{
    (void)state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    const double value = 0x1.921fb54442d18p+1;
    fm_fixed tie = {(UINT64_C(1) << 53) + 3, 0};
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        assert_int_equal(fesetround(modes[m]), 0);
        fm_fixed sum = {0, 0};
        size_t added = fm_fixed_add_doubles(&sum, &sum, &value, 1, -20);
        double nearest = fm_fixed_to_double(tie, 0);
        fesetround(FE_TONEAREST);
        assert_int_equal(added, 1);
        assert_same(sum, 3294199, 0);
        assert_same_bits(nearest, 0x1.0000000000002p+53);
    }
}

/* Like travel times of many shots at a few nodes: [COUNT][NODES], of both signs so that
 * there is cancellation, and some of them below half the last bit. */
static double *draw_shots(uint64_t *seed)
{
    double *shots = calloc((size_t)COUNT * NODES, sizeof *shots);
    assert_non_null(shots);
    for (size_t i = 0; i < (size_t)COUNT * NODES; i++) {
        shots[i] = draw_double(seed, LSB - 3, 10);
    }
    return shots;
}

static void shuffle(size_t *order, uint64_t *seed)
{
    for (size_t i = COUNT - 1; i > 0; i--) {
        size_t j = (size_t)(draw(seed) % (i + 1));
        size_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

/* The shots, in this order, are dealt at random to `workers`, whose sums are merged in
 * random order; beside it the same with plain doubles. */
static void add_in_parts(const double *shots, const size_t *order, size_t workers,
                         uint64_t *seed, fm_fixed *exact, double *plain)
{
    enum { MOST = 8 };
    fm_fixed parts[MOST][NODES] = {{{0, 0}}};
    double plain_parts[MOST][NODES] = {{0}};
    for (size_t n = 0; n < COUNT; n++) {
        const double *shot = shots + order[n] * NODES;
        size_t w = (size_t)(draw(seed) % workers);
        assert_int_equal(fm_fixed_add_doubles(parts[w], parts[w], shot, NODES, LSB),
                         NODES);
        for (size_t i = 0; i < NODES; i++) {
            plain_parts[w][i] += shot[i];
        }
    }
    memset(exact, 0, NODES * sizeof *exact);
    memset(plain, 0, NODES * sizeof *plain);
    size_t first = (size_t)(draw(seed) % workers);
    for (size_t k = 0; k < workers; k++) {
        size_t w = (first + k) % workers;
        fm_fixed_merge(exact, parts[w], NODES);
        for (size_t i = 0; i < NODES; i++) {
            plain[i] += plain_parts[w][i];
        }
    }
}

/* Sums in many orders (workers = 1) or partitions; returns how often the plain sum came
 * out other than at first, and expects that the exact one never does. */
static int vary(size_t workers)
{
    uint64_t seed = 3;
    double *shots = draw_shots(&seed);
    size_t order[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        order[i] = i;
    }
    fm_fixed exact[2][NODES];
    double plain[2][NODES];
    int differed = 0;
    add_in_parts(shots, order, 1, &seed, exact[0], plain[0]);
    for (int trial = 0; trial < 50; trial++) {
        if (workers == 1) {
            shuffle(order, &seed);
        }
        add_in_parts(shots, order, workers, &seed, exact[1], plain[1]);
        assert_memory_equal(exact[0], exact[1], sizeof exact[0]);
        differed += memcmp(plain[0], plain[1], sizeof plain[0]) != 0;
    }
    free(shots);
    return differed;
}

static void plain_sums_depend_on_the_order_and_exact_sums_do_not(void **state)
{
    (void)state;
    assert_true(vary(1) > 0);
}

static void plain_sums_depend_on_the_partition_and_exact_sums_do_not(void **state)
{
    (void)state;
    for (size_t workers = 2; workers <= 8; workers++) {
        assert_true(vary(workers) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            an_addend_is_rounded_half_to_even_to_multiples_of_the_last_bit),
        cmocka_unit_test(random_addends_agree_with_rounding_by_nearbyint),
        cmocka_unit_test(what_is_too_large_or_not_finite_is_refused_with_its_index),
        cmocka_unit_test(as_many_of_the_largest_addends_as_are_allowed_do_not_overflow),
        cmocka_unit_test(before_may_be_another_array_and_is_left_alone),
        cmocka_unit_test(merging_carries_between_the_words),
        cmocka_unit_test(sums_with_cancellation_are_those_of_exact_arithmetic),
        cmocka_unit_test(what_is_read_back_is_the_nearest_double),
        cmocka_unit_test(random_numbers_are_read_back_as_strtod_reads_them),
        cmocka_unit_test(the_rounding_mode_does_not_matter),
        cmocka_unit_test(plain_sums_depend_on_the_order_and_exact_sums_do_not),
        cmocka_unit_test(plain_sums_depend_on_the_partition_and_exact_sums_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
