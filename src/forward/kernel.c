/* What a worker does: it marches one shot and reads off the times; if results are kept
 * in a folder, it looks there first. The pool knows nothing of that, so it is the same
 * for threads, processes and ranks.
 *
 * A worker sees the job as shared bytes and keeps one solver, made when it first works
 * and used for every shot. The field, which is by far the largest part of a result, is
 * written by the solver straight into the memory the pool hands on; so is the one that
 * goes into the sum over sources. */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "forward/forward.h"
#include "packed.h"
#include "shot_bytes.h"
#include "sums.h"

typedef struct workspace {
    job_view job;
    fm_solver *solver;
    fm_point *targets; /* room for the longest shot's rows */
} workspace;

static size_t longest_shot(const job_view *job)
{
    size_t longest = 0;
    for (size_t s = 0; s < job->nshots; s++) {
        size_t n = job->shot[s].end - job->shot[s].begin;
        longest = n > longest ? n : longest;
    }
    return longest;
}

static void close_workspace(void *memory)
{
    workspace *w = memory;
    if (w) {
        fm_solver_destroy(w->solver);
        free(w->targets);
        free(w);
    }
}

static fm_status open_workspace(fm_bytes shared, void **memory, fm_error *error)
{
    *memory = NULL;
    workspace *w = calloc(1, sizeof *w);
    if (!w) {
        return fm_fail_memory(error, "a worker", sizeof *w);
    }
    fm_status status = fm_packed_view(shared, &w->job, error);
    if (status != FM_OK) {
        goto fail;
    }
    size_t longest = longest_shot(&w->job);
    w->targets = malloc((longest + 1) * sizeof *w->targets);
    if (!w->targets) {
        status = fm_fail_memory(error, "the receivers of a shot",
                                (double)longest * sizeof *w->targets);
        goto fail;
    }
    status = fm_solver_create(&w->job.medium, &w->job.model, &w->job.solver, &w->solver,
                              error);
    if (status != FM_OK) {
        goto fail;
    }
    *memory = w;
    return FM_OK;
fail:
    close_workspace(w);
    return status;
}

/* A receiver may be masked; when it is where the march would start (reciprocity), its
 * pairs are out of reach, exactly as they are when marching towards it. */
static void out_of_reach(size_t n, double *times, uint8_t *statuses)
{
    for (size_t r = 0; r < n; r++) {
        times[r] = NAN;
        statuses[r] = FM_PAIR_UNREACHABLE;
    }
}

static void read_times(const workspace *w, size_t n, double *times, uint8_t *statuses)
{
    for (size_t r = 0; r < n; r++) {
        bool reached = fm_solver_time(w->solver, w->targets[r], &times[r]);
        statuses[r] = reached ? FM_PAIR_REACHED : FM_PAIR_UNREACHABLE;
        if (!reached) {
            times[r] = NAN;
        }
    }
}

static void read_field(const workspace *w, unsigned char *field)
{
    if (w->job.want_fields && w->job.fields_f64) {
        fm_solver_field_f64(w->solver, (double *)(void *)field);
    } else if (w->job.want_fields) {
        fm_solver_field_f32(w->solver, (float *)(void *)field);
    }
}

/* March to the targets. Every byte is written but the note, and the first part of the
 * addend if there is one. */
static fm_status march(workspace *w, fm_point origin, size_t n, unsigned char *bytes,
                       const shot_bytes *places, double *addend, fm_error *error)
{
    const job_view *job = &w->job;
    uint64_t *accepted = (uint64_t *)(void *)bytes;
    double *times = (double *)(void *)(bytes + places->times);
    uint8_t *statuses = bytes + places->statuses;
    *accepted = 0;
    if (job->reciprocal && fm_survey_masked(&job->medium, origin)) {
        out_of_reach(n, times, statuses);
        return FM_OK;
    }
    fm_status status = fm_solver_march(w->solver, origin, w->targets, n, error);
    if (status == FM_OK) {
        *accepted = fm_solver_accepted(w->solver);
        read_times(w, n, times, statuses);
        read_field(w, bytes + places->field);
        if (addend) {
            fm_solver_field_f64(w->solver, addend);
        }
    }
    return status;
}

/* The addend's first part is the field; fill in the others. */
static fm_status complete_addend(const job_view *job, double *addend, fm_error *error)
{
    const fm_grid *grid = &job->medium.grid;
    size_t nodes = fm_grid_nodes(grid);
    size_t node = fm_sums_fill(&job->sum_scale, nodes, addend);
    if (node == nodes) {
        return FM_OK;
    }
    return fm_fail(error, FM_FAILED,
                   "the time at %s %.9g, %s %.9g is %g s, and the sum over sources "
                   "takes times below %g s in this model",
                   fm_geometry_x_name(grid->geometry), fm_grid_x(grid, node % grid->nx),
                   fm_geometry_z_name(grid->geometry), grid->z[node / grid->nx],
                   addend[node], ldexp(1, job->sum_scale.exponent));
}

static bool overdue(const void *output)
{
    return fm_output_overdue(output);
}

/* Read from the cache what it has, else march and keep it. Only the march can fail: to
 * have read or kept nothing is noted and costs time, not the shot. Of the addend the
 * field is kept. */
static fm_status recall(workspace *w, fm_point origin, size_t n, unsigned char *bytes,
                        const shot_bytes *places, double *addend, fm_error *error)
{
    const job_view *job = &w->job;
    char key[FM_HASH_TEXT];
    shot_note note = {0}, *place = (shot_note *)(void *)(bytes + places->note);
    fm_status status =
        fm_cache_key(job->digest, job->reciprocal, origin, w->targets, n, key, error);
    if (status != FM_OK) {
        return status;
    }
    size_t field = addend ? fm_grid_nodes(&job->medium.grid) * sizeof *addend : 0;
    const fm_cache_part parts[] = {{bytes, places->size}, {addend, field}};
    fm_cache_found found = fm_cache_read(job->cache, key, parts, 2);
    note.from_cache = found == FM_CACHE_FOUND;
    note.entry_damaged = found == FM_CACHE_DAMAGED;
    if (!note.from_cache) {
        *place = (shot_note){0};
        status = march(w, origin, n, bytes, places, addend, error);
        if (status == FM_OK) {
            note.not_kept = fm_cache_write(job->cache, key, parts, 2);
        }
    }
    *place = note;
    return status;
}

static void take_targets(workspace *w, const fm_shot *shot)
{
    const job_view *job = &w->job;
    for (size_t r = shot->begin; r < shot->end; r++) {
        w->targets[r - shot->begin] = job->station[job->target[r]];
    }
}

static fm_status run_shot(void *memory, fm_bytes argument, fm_output *output,
                          fm_error *error)
{
    workspace *w = memory;
    size_t s = 0;
    memcpy(&s, argument.data, sizeof s);
    const fm_shot *shot = &w->job.shot[s];
    size_t n = shot->end - shot->begin;
    fm_point origin = w->job.origin[shot->origin];
    shot_bytes places = fm_shot_bytes(n, fm_grid_nodes(&w->job.medium.grid),
                                      w->job.want_fields, w->job.fields_f64);
    unsigned char *bytes = fm_output_reserve(output, places.size);
    if (!bytes) {
        return fm_fail_memory(error, "the result of a shot", (double)places.size);
    }
    fm_solver_watch(w->solver, overdue, output);
    take_targets(w, shot);
    double *addend = w->job.want_sum ? fm_output_addend(output) : NULL;
    *(shot_note *)(void *)(bytes + places.note) = (shot_note){0};
    fm_status status = w->job.cache
                           ? recall(w, origin, n, bytes, &places, addend, error)
                           : march(w, origin, n, bytes, &places, addend, error);
    return status == FM_OK && addend ? complete_addend(&w->job, addend, error) : status;
}

static const fm_kernel kernels[] = {
    {FM_MARCH_KERNEL, open_workspace, run_shot, close_workspace},
};

fm_kernels fm_forward_kernels(void)
{
    return (fm_kernels){kernels, sizeof kernels / sizeof *kernels};
}
