#ifndef TEST_SURVEY_BUILD_H
#define TEST_SURVEY_BUILD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "survey/survey.h"

/* Small surveys to test with: sources S0, S1, ... and receivers R0, R1, ... */

static inline void build_stations(fm_stations *stations, const char *letter, size_t n)
{
    stations->n = n;
    stations->id = calloc(n + 1, sizeof *stations->id);
    stations->point = calloc(n + 1, sizeof *stations->point);
    for (size_t i = 0; i < n; i++) {
        char id[32];
        snprintf(id, sizeof id, "%s%zu", letter, i);
        stations->id[i] = strdup(id);
        stations->point[i] = (fm_point){(double)i, 0};
    }
}

static inline fm_survey build_survey(size_t sources, size_t receivers)
{
    fm_survey survey = {.length_scale = 1};
    build_stations(&survey.sources, "S", sources);
    build_stations(&survey.receivers, "R", receivers);
    return survey;
}

/* pairs[n][2]: source, receiver. The observed time of pair i is i, its sigma i/10. */
static inline void build_pairs(fm_survey *survey, size_t n, const size_t (*pairs)[2])
{
    survey->npairs = n;
    survey->pair_source = calloc(n + 1, sizeof *survey->pair_source);
    survey->pair_receiver = calloc(n + 1, sizeof *survey->pair_receiver);
    survey->observed_s = calloc(n + 1, sizeof *survey->observed_s);
    survey->sigma_s = calloc(n + 1, sizeof *survey->sigma_s);
    for (size_t i = 0; i < n; i++) {
        survey->pair_source[i] = pairs[i][0];
        survey->pair_receiver[i] = pairs[i][1];
        survey->observed_s[i] = (double)i;
        survey->sigma_s[i] = (double)i / 10;
    }
}

#endif
