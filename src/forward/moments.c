/* From exact sums to mean and deviation.
 *
 * With S1 the sum of n times and S2 that of their squares, the variance is
 * (n S2 - S1^2) / n^2, notorious for cancellation: times of 1000 s that differ by a
 * microsecond agree in the first 18 digits of both terms. Here both are known exactly,
 * as whole numbers, and so is their difference if the arithmetic is long enough. In
 * units of 2^(2 exponent - 190), S1^2 and n S2 are below 2^252 for up to 2^31 shots:
 * 256 bits, eight words in two's complement. The one rounding comes after the
 * subtraction. Equal times have a deviation of exactly 0. */
#include <assert.h>
#include <math.h>

#include "sums.h"

enum { WORDS = 8, WORD_BITS = 32 };

/* A whole number modulo 2^256, the lowest word first. */
typedef struct wide {
    uint32_t word[WORDS];
} wide;

/* number * 2^shift, with its sign */
static wide widened(fm_fixed number, unsigned shift)
{
    uint64_t high = (uint64_t)number.high;
    uint32_t sign = number.high < 0 ? UINT32_MAX : 0;
    const uint32_t word[4] = {(uint32_t)number.low, (uint32_t)(number.low >> WORD_BITS),
                              (uint32_t)high, (uint32_t)(high >> WORD_BITS)};
    unsigned words = shift / WORD_BITS, bits = shift % WORD_BITS;
    wide result = {{0}};
    uint32_t below = 0; /* the word under this one */
    for (unsigned i = words; i < WORDS; i++) {
        uint32_t here = i - words < 4 ? word[i - words] : sign;
        uint64_t both = (uint64_t)here << WORD_BITS | below;
        result.word[i] = (uint32_t)(both >> (WORD_BITS - bits));
        below = here;
    }
    return result;
}

static wide sum_of(wide a, wide b)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        carry += (uint64_t)a.word[i] + b.word[i];
        a.word[i] = (uint32_t)carry;
        carry >>= WORD_BITS;
    }
    return a;
}

static wide difference(wide a, wide b)
{
    uint64_t carry = 1; /* -b is ~b + 1 */
    for (unsigned i = 0; i < WORDS; i++) {
        carry += (uint64_t)a.word[i] + (uint32_t)~b.word[i];
        a.word[i] = (uint32_t)carry;
        carry >>= WORD_BITS;
    }
    return a;
}

static wide product(wide a, uint32_t n)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        carry += (uint64_t)a.word[i] * n;
        a.word[i] = (uint32_t)carry;
        carry >>= WORD_BITS;
    }
    return a;
}

/* Of a number that is not negative. */
static wide square(fm_fixed number)
{
    enum { HALF = WORDS / 2 };
    wide a = widened(number, 0), result = {{0}};
    for (unsigned i = 0; i < HALF; i++) {
        uint64_t carry = 0;
        for (unsigned k = 0; k < HALF; k++) {
            carry += (uint64_t)a.word[i] * a.word[k] + result.word[i + k];
            result.word[i + k] = (uint32_t)carry;
            carry >>= WORD_BITS;
        }
        result.word[i + HALF] = (uint32_t)carry;
    }
    return result;
}

static bool negative(wide a)
{
    return a.word[WORDS - 1] >> (WORD_BITS - 1) != 0;
}

/* The double nearest to a * 2^lsb, a not negative. The first three words that are not 0
 * decide, if it is known whether anything follows. */
static double to_double(wide a, int lsb)
{
    unsigned skipped = WORDS - 3;
    while (skipped > 0 && a.word[skipped + 2] == 0) {
        skipped--;
    }
    const uint32_t *word = a.word + skipped;
    uint64_t low = (uint64_t)word[1] << WORD_BITS | word[0];
    for (unsigned i = 0; i < skipped; i++) {
        low |= a.word[i] != 0;
    }
    fm_fixed first = {low, (int64_t)word[2]};
    return fm_fixed_to_double(first, lsb + (int)(skipped * WORD_BITS));
}

/* The root of (n S2 - S1^2), over n. Times too small for the scale are rounded, and so
 * a variance that should be 0 may come out below it. */
static double deviation(fm_fixed sum, wide square_sum, uint32_t n, int lsb)
{
    wide variance = difference(product(square_sum, n), square(sum));
    return negative(variance) ? 0 : sqrt(to_double(variance, lsb)) / n;
}

fm_moments fm_shot_sums_at(const fm_shot_sums *sums, size_t node)
{
    const fm_sum_scale scale = {sums->exponent, sums->counted};
    const fm_sum_shape shape = fm_sums_shape(&scale, sums->nodes);
    const fm_fixed *part[4] = {sums->exact + node};
    for (size_t p = 1; p < shape.parts; p++) {
        part[p] = part[p - 1] + sums->nodes;
    }
    size_t count = sums->counted ? (size_t)part[3]->low : sums->shots;
    assert(count <= sums->shots && count <= UINT32_MAX / 2);
    if (count == 0) {
        return (fm_moments){0, NAN, NAN, NAN, NAN};
    }
    /* The unit of the variance is the square of the first part's. */
    int unit = 2 * shape.part[0].lsb;
    wide squares = sum_of(widened(*part[1], (unsigned)(shape.part[1].lsb - unit)),
                          widened(*part[2], (unsigned)(shape.part[2].lsb - unit)));
    double sum = fm_fixed_to_double(*part[0], shape.part[0].lsb);
    return (fm_moments){
        .count = count,
        .sum = sum,
        .square_sum = to_double(squares, unit),
        .mean = sum / (double)count,
        .deviation = deviation(*part[0], squares, (uint32_t)count, unit),
    };
}
