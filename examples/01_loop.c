/* 1. One loop over the shots: what all the other examples do, without any help.
 *
 *   cc 01_loop.c $(pkg-config --cflags --libs --static fermat) -o 01_loop && ./01_loop
 *
 * In Python:  total = sum(march(shot) for shot in range(24))
 *
 * No shot knows of another: that is all that the later examples live on. What they
 * share is read only (the medium), what they write is their own (the solver, which is a
 * workspace, and the times). */
#include <stdio.h>

#include "problem.h"

int main(void)
{
    fm_medium medium = {0};
    fm_solver *solver = NULL;
    fm_error error;
    fm_fixed sum[RECEIVERS] = {0};
    double time[RECEIVERS];

    fm_status status = problem_medium(&medium, &error);
    if (status == FM_OK) {
        status = problem_solver(&medium, &solver, &error);
    }
    for (size_t shot = 0; shot < SHOTS && status == FM_OK; shot++) {
        status = problem_shot(solver, shot, time, &error);
        if (status == FM_OK) {
            problem_add(sum, time);
        }
    }
    if (status == FM_OK) {
        printf("travel-time sum %.17g s   by one loop\n", problem_total(sum));
    } else {
        fprintf(stderr, "01_loop: %s\n", error.message);
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    return status == FM_OK ? 0 : 1;
}
