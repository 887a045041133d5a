/* A model's words, its end, and the ring of cushion vertices of a B-spline. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

/* In the order of the enumerators. */
static const char *const interpolations[] = {"linear", "cubic", "bspline"};
enum { INTERPOLATIONS = sizeof interpolations / sizeof *interpolations };

const char *fm_interpolation_name(fm_interpolation interpolation)
{
    return interpolations[interpolation];
}

bool fm_interpolation_parse(const char *text, fm_interpolation *interpolation)
{
    for (int i = 0; i < INTERPOLATIONS; i++) {
        if (strcmp(text, interpolations[i]) == 0) {
            *interpolation = (fm_interpolation)i;
            return true;
        }
    }
    return false;
}

void fm_model_clear(fm_model *model)
{
    if (!model) {
        return;
    }
    free(model->depth_km);
    free(model->knot_speed);
    free(model->values);
    memset(model, 0, sizeof *model);
}
