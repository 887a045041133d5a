/* From recorded pairs to marches. One march from a point serves all pairs that have
 * this point at one end, and travel time is the same both ways, so the survey can be
 * marched from its sources or from its receivers: from whichever are fewer. With 25
 * stations and 400 earthquakes that is a sixteenth of the work. Fields, however, belong
 * to sources, so whoever wants them marches from the sources. */
#include "survey/shots.h"

#include <stdlib.h>

#include "order.h"

static size_t count_nonempty(const size_t *begin, size_t keys)
{
    size_t n = 0;
    for (size_t k = 0; k < keys; k++) {
        n += begin[k + 1] > begin[k];
    }
    return n;
}

/* One end of the pairs: whose rows are whose. */
typedef struct side {
    size_t n, used;      /* stations, and those with a pair */
    size_t *begin, *row; /* as order_by gives them */
} side;

static void side_clear(side *s)
{
    free(s->begin);
    free(s->row);
    *s = (side){0};
}

static fm_status side_create(const size_t *key, size_t n, size_t npairs, side *s,
                             fm_error *error)
{
    *s = (side){.n = n};
    fm_status status = fm_order_by(key, n, NULL, npairs, &s->begin, &s->row, error);
    s->used = status == FM_OK ? count_nonempty(s->begin, n) : 0;
    return status;
}

/* Make the shots of one side, whose rows pass over to them. */
static fm_status make_shots(side *s, bool with_empty, fm_shots *shots, fm_error *error)
{
    size_t n = with_empty ? s->n : s->used;
    shots->shot = malloc((n + 1) * sizeof *shots->shot);
    if (!shots->shot) {
        return fm_fail_memory(error, "the list of shots",
                              (double)n * sizeof *shots->shot);
    }
    for (size_t k = 0; k < s->n; k++) {
        if (with_empty || s->begin[k + 1] > s->begin[k]) {
            shots->shot[shots->n++] = (fm_shot){k, s->begin[k], s->begin[k + 1]};
        }
    }
    shots->row = s->row;
    s->row = NULL;
    return FM_OK;
}

fm_status fm_shots_plan(const fm_survey *survey, bool every_source,
                        bool allow_reciprocal, fm_shots *shots, fm_error *error)
{
    *shots = (fm_shots){0};
    side sources = {0}, receivers = {0};
    fm_status status = side_create(survey->pair_source, survey->sources.n,
                                   survey->npairs, &sources, error);
    if (status == FM_OK && allow_reciprocal && !every_source) {
        status = side_create(survey->pair_receiver, survey->receivers.n, survey->npairs,
                             &receivers, error);
        shots->reciprocal = status == FM_OK && receivers.used < sources.used;
    }
    if (status == FM_OK) {
        status = make_shots(shots->reciprocal ? &receivers : &sources, every_source,
                            shots, error);
    }
    side_clear(&sources);
    side_clear(&receivers);
    if (status != FM_OK) {
        fm_shots_clear(shots);
    }
    return status;
}

/* Parts of equal size, but for one row. */
static size_t split_shot(const fm_shot *shot, size_t most, fm_shot *part)
{
    size_t rows = shot->end - shot->begin;
    size_t n = rows > most ? (rows + most - 1) / most : 1;
    for (size_t i = 0; part && i < n; i++) {
        part[i] = (fm_shot){shot->origin, shot->begin + rows * i / n,
                            shot->begin + rows * (i + 1) / n};
    }
    return n;
}

fm_status fm_shots_split(fm_shots *shots, size_t most, fm_error *error)
{
    size_t n = 0;
    for (size_t s = 0; s < shots->n; s++) {
        n += split_shot(&shots->shot[s], most, NULL);
    }
    fm_shot *split = malloc((n + 1) * sizeof *split);
    if (!split) {
        return fm_fail_memory(error, "the list of shots", (double)n * sizeof *split);
    }
    n = 0;
    for (size_t s = 0; s < shots->n; s++) {
        n += split_shot(&shots->shot[s], most, split + n);
    }
    free(shots->shot);
    shots->shot = split;
    shots->n = n;
    return FM_OK;
}

void fm_shots_clear(fm_shots *shots)
{
    free(shots->shot);
    free(shots->row);
    *shots = (fm_shots){0};
}

fm_point fm_shots_origin(const fm_shots *shots, const fm_survey *survey, size_t s)
{
    const fm_stations *from = shots->reciprocal ? &survey->receivers : &survey->sources;
    return from->point[shots->shot[s].origin];
}

fm_point fm_shots_target(const fm_shots *shots, const fm_survey *survey, size_t row)
{
    return shots->reciprocal ? survey->sources.point[survey->pair_source[row]]
                             : survey->receivers.point[survey->pair_receiver[row]];
}
