#ifndef TEST_FORWARD_BUILD_H
#define TEST_FORWARD_BUILD_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forward/job.h"

/* A small job made by hand: a cartesian model of 10 by 5 km, sources along the surface,
 * receivers along the bottom, all on nodes of a grid of 0.1 km (where constant speed
 * gives times exact to rounding), all pairs. Not yet prepared. */

static inline void build_line(fm_stations *stations, const char *letter, size_t n,
                              double z)
{
    stations->n = n;
    stations->id = calloc(n + 1, sizeof *stations->id);
    stations->point = calloc(n + 1, sizeof *stations->point);
    for (size_t i = 0; i < n; i++) {
        char id[32];
        snprintf(id, sizeof id, "%s%zu", letter, i);
        stations->id[i] = strdup(id);
        double x = n > 1 ? 0.1 * (double)(3 + 94 * i / (n - 1)) : 5.1;
        stations->point[i] = (fm_point){x, z};
    }
}

static inline void build_job(fm_job *job, size_t sources, size_t receivers)
{
    *job = (fm_job){0};
    job->spec.constant = true;
    job->spec.length_scale = 1;
    job->spec.speed = 4;
    job->spec.want_times = true;
    job->spec.allow_reciprocal = true;
    job->spec.solver = fm_solver_defaults();
    job->spec.spacing = (fm_spacing){.dx = 0.1, .dz = 0.1};
    job->model = (fm_model){.geometry = FM_CARTESIAN,
                            .kind = FM_MODEL_CONSTANT,
                            .x_max = 10,
                            .z_max = 5,
                            .speed = 4};
    job->survey.length_scale = 1;
    build_line(&job->survey.sources, "S", sources, 0.2);
    build_line(&job->survey.receivers, "R", receivers, 4.9);
    fm_survey_pair_all(&job->survey, NULL);
}

/* The model becomes nodes, half a km apart, 4 km/s, masked (NaN) in columns
 * first .. last. */
static inline void build_wall(fm_job *job, size_t first, size_t last)
{
    fm_model *model = &job->model;
    model->kind = FM_MODEL_NODES;
    model->interpolation = FM_LINEAR;
    model->nx = 21;
    model->nz = 11;
    model->dx = model->dz = 0.5;
    model->values = calloc(model->nx * model->nz, sizeof *model->values);
    for (size_t n = 0; n < model->nx * model->nz; n++) {
        size_t column = n % model->nx;
        model->values[n] = column >= first && column <= last ? NAN : 4;
    }
    job->spec.spacing = (fm_spacing){.dice_x = 5, .dice_z = 5};
}

#endif
