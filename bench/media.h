#ifndef FM_BENCH_MEDIA_H
#define FM_BENCH_MEDIA_H

#include "check/analytic.h"

/* A problem of fm_problems() by its name, or one of the rough media, which have no
 * closed form (time is NULL): "rough" (cartesian), "rough-sphere" (geographic),
 * "rough-section" (polar). NULL: unknown. */
const fm_problem *bench_problem(const char *name);

#endif
