/* The library in one page: a gradient of the speed, one source, one receiver.
 *
 *   cc -std=c17 one_shot.c $(pkg-config --cflags --libs --static fermat) -o one_shot */
#include <math.h>
#include <stdio.h>

#include "fmm/solver.h"

int main(void)
{
    /* v = 2 + 0.5 z km/s, 10 km wide and 5 km deep, a node every 0.1 km. */
    fm_model model = {.geometry = FM_CARTESIAN,
                      .kind = FM_MODEL_GRADIENT,
                      .x_max = 10,
                      .z_max = 5,
                      .speed = 2,
                      .gradient_z = 0.5};
    fm_spacing spacing = {.dx = 0.1, .dz = 0.1};
    fm_solver_options options = fm_solver_defaults();
    fm_grid grid = {0};
    fm_medium medium = {0};
    fm_solver *solver = NULL;
    fm_error error;
    double time = NAN;

    fm_status status = fm_model_grid(&model, &spacing, &grid, &error);
    if (status == FM_OK) {
        status = fm_medium_sample(&model, &grid, &medium, &error);
    }
    if (status == FM_OK) {
        status = fm_solver_create(&medium, &model, &options, &solver, &error);
    }
    if (status == FM_OK) {
        status = fm_solver_march(solver, (fm_point){1.23, 0.45}, NULL, 0, &error);
    }
    if (status == FM_OK) {
        fm_solver_time(solver, (fm_point){8.7, 0}, &time);
        printf("computed %.6f s, exact %.6f s\n", time,
               acosh(1 + 0.25 * (pow(8.7 - 1.23, 2) + pow(0.45, 2)) /
                             (2 * (2 + 0.5 * 0.45) * 2)) /
                   0.5);
    } else {
        fprintf(stderr, "one_shot: %s\n", error.message);
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    return status == FM_OK ? 0 : 1;
}
