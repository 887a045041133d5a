#ifndef FM_PARALLEL_CLOCK_H
#define FM_PARALLEL_CLOCK_H

#include <time.h>

/* Seconds on a clock that nobody sets. */
static inline double fm_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
