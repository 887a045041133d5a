#ifndef FM_TESTS_FMM_SCENES_H
#define FM_TESTS_FMM_SCENES_H

#include "fixture.h"

enum { SCENE_NX = 41, SCENE_NZ = 37 };

typedef enum medium_kind {
    CONSTANT,
    SMOOTH,
    ROUGH,  /* every node from 0.5 to 1.5 */
    JUMP,   /* smooth, and 0.3 of it beyond a curve */
    MASKED, /* smooth, every seventh node masked */
    NOISE,  /* from node to node up to 1:1000 */
    KINDS
} medium_kind;

fm_medium medium_like(fm_geometry geometry, medium_kind kind, uint64_t seed);
/* With interfaces in rows 9, 12 and 25, beyond the last of which a part is masked. */
fm_medium layered_like(fm_geometry geometry, medium_kind kind, uint64_t seed);

/* At these steps along the axes from the first node. */
fm_point point_at(const fm_medium *medium, double column, double row);
/* A place among n nodes of an axis: between them, on one, at either end. */
double place_of(size_t n, uint64_t seed);
/* Both at random. */
fm_point somewhere(const fm_medium *medium, uint64_t seed);

/* Some combination of order, early stop, exact order, and no factor. */
fm_solver_options some_options(uint64_t n);

#endif
