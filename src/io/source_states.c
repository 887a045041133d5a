/* From the states of the shots to the states of the sources, which are not the same
 * when the march began at the receivers. */
#include "source_states.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One more march has news of a source: a failure outweighs all, then what is missing.
 */
static void merge_state(uint8_t *state, bool *heard, uint8_t news)
{
    if (!*heard) {
        *state = news;
    } else if (news == FM_SOURCE_FAILED || *state == FM_SOURCE_FAILED) {
        *state = FM_SOURCE_FAILED;
    } else if (news == FM_SOURCE_NOT_DONE) {
        *state = FM_SOURCE_NOT_DONE;
    }
    *heard = true;
}

/* A source is done when all marches that concern it are: its own, or with reciprocity
 * those of the receivers that recorded it. */
static void merge_states(const fm_job *job, const uint8_t *shot_state, uint8_t *state,
                         bool *heard)
{
    for (size_t s = 0; s < job->shots.n; s++) {
        const fm_shot *shot = &job->shots.shot[s];
        uint8_t news = shot_state[s];
        if (!job->shots.reciprocal) {
            merge_state(&state[shot->origin], &heard[shot->origin], news);
            continue;
        }
        for (size_t r = shot->begin; r < shot->end; r++) {
            size_t source = job->survey.pair_source[job->shots.row[r]];
            merge_state(&state[source], &heard[source], news);
        }
    }
}

fm_status fm_source_states(const fm_job *job, const uint8_t *shot_state, uint8_t *state,
                           fm_error *error)
{
    size_t n = job->survey.sources.n;
    bool *heard = calloc(n, sizeof *heard);
    if (!heard) {
        return fm_fail_memory(error, "the states of sources", (double)n);
    }
    memset(state, FM_SOURCE_NOT_DONE, n);
    merge_states(job, shot_state, state, heard);
    free(heard);
    return FM_OK;
}
