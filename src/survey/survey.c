/* The survey: tables of sources and receivers, and the pairs that were recorded.
 *
 * Pairs have one order for the whole program (by source, then by receiver, as the
 * tables list them), so that a row number means the same pair in every result, whatever
 * the order in the user's file and in whatever order the shots are marched. */
#include "survey/survey.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

void fm_stations_clear(fm_stations *stations)
{
    for (size_t i = 0; stations->id && i < stations->n; i++) {
        free(stations->id[i]);
    }
    free(stations->id);
    free(stations->point);
    free(stations->path);
    free(stations->line);
    *stations = (fm_stations){0};
}

static void clear_pairs(fm_survey *survey)
{
    free(survey->pair_source);
    free(survey->pair_receiver);
    free(survey->observed_s);
    free(survey->sigma_s);
    survey->pair_source = survey->pair_receiver = NULL;
    survey->observed_s = survey->sigma_s = NULL;
    survey->npairs = 0;
}

void fm_survey_clear(fm_survey *survey)
{
    clear_pairs(survey);
    fm_stations_clear(&survey->sources);
    fm_stations_clear(&survey->receivers);
    *survey = (fm_survey){0};
}

fm_status fm_survey_pair_all(fm_survey *survey, fm_error *error)
{
    size_t sources = survey->sources.n, receivers = survey->receivers.n;
    clear_pairs(survey);
    double bytes = 2.0 * (double)sources * (double)receivers * sizeof(size_t);
    if (bytes > (double)PTRDIFF_MAX) {
        return fm_fail_memory(error, "all pairs of sources and receivers", bytes);
    }
    size_t n = sources * receivers;
    survey->pair_source = malloc((n + 1) * sizeof *survey->pair_source);
    survey->pair_receiver = malloc((n + 1) * sizeof *survey->pair_receiver);
    if (!survey->pair_source || !survey->pair_receiver) {
        clear_pairs(survey);
        return fm_fail_memory(error, "all pairs of sources and receivers", bytes);
    }
    for (size_t p = 0; p < n; p++) {
        survey->pair_source[p] = p / receivers;
        survey->pair_receiver[p] = p % receivers;
    }
    survey->npairs = n;
    return FM_OK;
}

/* values[i] becomes values[order[i]]; `spare` has room for them. */
static void permute_indices(size_t *values, const size_t *order, size_t n,
                            size_t *spare)
{
    memcpy(spare, values, n * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        values[i] = spare[order[i]];
    }
}

static void permute_numbers(double *values, const size_t *order, size_t n,
                            double *spare)
{
    if (!values) {
        return;
    }
    memcpy(spare, values, n * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        values[i] = spare[order[i]];
    }
}

static fm_status permute_pairs(fm_survey *survey, const size_t *order, fm_error *error)
{
    size_t n = survey->npairs;
    if (n == 0) {
        return FM_OK;
    }
    size_t *indices = malloc(n * sizeof *indices);
    double *numbers = malloc(n * sizeof *numbers);
    fm_status status = FM_OK;
    if (indices && numbers) {
        permute_indices(survey->pair_source, order, n, indices);
        permute_indices(survey->pair_receiver, order, n, indices);
        permute_numbers(survey->observed_s, order, n, numbers);
        permute_numbers(survey->sigma_s, order, n, numbers);
    } else {
        status = fm_fail_memory(error, "sorting the survey's pairs",
                                (double)n * (sizeof *indices + sizeof *numbers));
    }
    free(indices);
    free(numbers);
    return status;
}

static fm_status refuse_repeated_pair(const fm_survey *survey, fm_error *error)
{
    const size_t *source = survey->pair_source, *receiver = survey->pair_receiver;
    for (size_t p = 1; p < survey->npairs; p++) {
        if (source[p] == source[p - 1] && receiver[p] == receiver[p - 1]) {
            return fm_fail(error, FM_BAD_INPUT,
                           "the pair of source '%s' and receiver '%s' stands twice in "
                           "the survey",
                           survey->sources.id[source[p]],
                           survey->receivers.id[receiver[p]]);
        }
    }
    return FM_OK;
}

fm_status fm_survey_sort(fm_survey *survey, fm_error *error)
{
    size_t *begin = NULL, *by_receiver = NULL, *order = NULL;
    fm_status status = fm_order_by(survey->pair_receiver, survey->receivers.n, NULL,
                                   survey->npairs, &begin, &by_receiver, error);
    if (status == FM_OK) {
        free(begin);
        status = fm_order_by(survey->pair_source, survey->sources.n, by_receiver,
                             survey->npairs, &begin, &order, error);
    }
    if (status == FM_OK) {
        status = permute_pairs(survey, order, error);
    }
    free(begin);
    free(by_receiver);
    free(order);
    return status == FM_OK ? refuse_repeated_pair(survey, error) : status;
}
