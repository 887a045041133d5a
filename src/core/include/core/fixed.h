#ifndef FM_CORE_FIXED_H
#define FM_CORE_FIXED_H

#include <stddef.h>
#include <stdint.h>

/* Sums of doubles that do not depend on the order of the addends, nor on how they were
 * divided among workers: each addend is rounded once to a whole multiple of 2^lsb, and
 * whole numbers add exactly. `lsb` (least significant bit) is the caller's choice, the
 * same for all numbers that meet, from FM_FIXED_LSB_MIN (at which every double is a
 * multiple) to FM_FIXED_LSB_MAX. Nothing here depends on the rounding mode. */

/* A 128-bit two's complement fixed-point number:
 * value = (high * 2^64 + low) * 2^lsb; lsb is declared beside the array.
 * All zero bits is 0. */
typedef struct fm_fixed {
    uint64_t low;
    int64_t high;
} fm_fixed;

enum { FM_FIXED_ADDEND_BITS = 95, FM_FIXED_LSB_MIN = -1074, FM_FIXED_LSB_MAX = 1000 };

/* sum[i] = before[i] + round(value[i] * 2^-lsb), i = 0..n-1, round half to even;
 * `before` may be `sum` itself, and otherwise does not overlap it. Every addend must be
 * finite and smaller in magnitude than 2^(lsb+FM_FIXED_ADDEND_BITS), so that 2^31
 * addends cannot overflow whatever their order: overflow is thereby a property of the
 * addend alone, never of the order. Returns n, or the index of the first addend that is
 * not so (sum then is partly written: up to that index, exclusive). */
size_t fm_fixed_add_doubles(fm_fixed *sum, const fm_fixed *before, const double *value,
                            size_t n, int lsb);

/* sum[i] += other[i]; plain integer addition (wraps; cannot with at most 2^31 addends
 * in all). `other` may be `sum` itself. */
void fm_fixed_merge(fm_fixed *sum, const fm_fixed *other, size_t n);

/* The double nearest (ties to even) to the number; exact sums give one result. Infinite
 * when that is beyond the largest double. There is no -0. */
double fm_fixed_to_double(fm_fixed number, int lsb);

#endif
