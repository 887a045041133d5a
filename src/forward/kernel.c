/* What a worker does: it marches one shot and reads off the times; if results are kept
 * in a folder, it looks there first. The pool knows nothing of that, so it is the same
 * for threads, processes and ranks.
 *
 * A worker sees the job as shared bytes and keeps one solver, made when it first works
 * and used for every shot. The field, which is by far the largest part of a result, is
 * written by the solver straight into the memory the pool hands on; so is the one that
 * goes into the sum over sources. How large a result is is known when its rays are. */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "forward/forward.h"
#include "packed.h"
#include "pull.h"
#include "sums.h"
#include "traces.h"

typedef struct workspace {
    job_view job;
    fm_solver *solver;
    fm_point *targets;     /* room for the longest shot's rows */
    fm_jacobian *jacobian; /* if the job wants coefficients */
    fm_traces traces;      /* if it wants rays traced */
    double *weight;        /* if it wants the gradient: as targets */
} workspace;

/* What is known of the shot in hand. */
typedef struct shot_task {
    fm_point origin;
    size_t n;
    const double *observed_s, *pull; /* [n], NULL unless the gradient is wanted */
    fm_output *output;
    double *addend; /* or NULL */
} shot_task;

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
        fm_traces_clear(&w->traces);
        fm_jacobian_destroy(w->jacobian);
        fm_solver_destroy(w->solver);
        free(w->targets);
        free(w->weight);
        free(w);
    }
}

/* What follows the march, as far as it is wanted. */
static fm_status open_derivatives(workspace *w, size_t longest, fm_error *error)
{
    const job_view *job = &w->job;
    fm_status status = FM_OK;
    if (job->want.frechet || job->want_gradient) {
        status = fm_jacobian_create(&job->model, &job->medium, &job->coefficients,
                                    &w->jacobian, error);
    }
    if (status == FM_OK && job->want.traced) {
        status =
            fm_traces_create(job, w->solver, w->jacobian, longest, &w->traces, error);
    }
    if (status == FM_OK && job->want_gradient) {
        w->weight = malloc((longest + 1) * sizeof *w->weight);
        status = w->weight ? FM_OK
                           : fm_fail_memory(error, "the residuals of a shot",
                                            (double)longest * sizeof *w->weight);
    }
    return status;
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
    status = open_derivatives(w, longest, error);
    if (status != FM_OK) {
        goto fail;
    }
    *memory = w;
    return FM_OK;
fail:
    close_workspace(w);
    return status;
}

/* ---- the parts of a result ---- */

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
    if (w->job.want.fields && w->job.want.f64) {
        fm_solver_field_f64(w->solver, (double *)(void *)field);
    } else if (w->job.want.fields) {
        fm_solver_field_f32(w->solver, (float *)(void *)field);
    }
}

/* ---- a shot marched ---- */

/* True: it was marched; false: there is nothing to march. */
static bool has_march(const job_view *job, fm_point origin)
{
    return !job->reciprocal || !fm_survey_masked(&job->medium, origin);
}

static fm_status follow_rays(workspace *w, const shot_task *shot, bool marched,
                             fm_error *error)
{
    const job_view *job = &w->job;
    if (!job->want.traced) {
        return FM_OK;
    }
    if (!marched) {
        fm_traces_none(&w->traces, shot->n);
        return FM_OK;
    }
    double *coverage =
        job->want_coverage ? shot->addend + fm_addend_at(&job->addend).coverage : NULL;
    return fm_traces_follow(&w->traces, w->targets, shot->n, coverage, error);
}

/* Memory for the result, its head written. */
static unsigned char *reserve(const workspace *w, const shot_task *shot, bool marched,
                              shot_bytes *places, fm_error *error)
{
    const shot_counts counts = {.rows = shot->n,
                                .nodes = fm_grid_nodes(&w->job.medium.grid),
                                .points = w->traces.points,
                                .entries = w->traces.entries};
    *places = fm_shot_bytes(&w->job.want, &counts);
    unsigned char *bytes = fm_output_reserve(shot->output, places->size);
    if (!bytes) {
        fm_fail_memory(error, "the result of a shot", (double)places->size);
        return NULL;
    }
    *(shot_head *)(void *)bytes =
        (shot_head){.nodes = marched ? fm_solver_accepted(w->solver) : 0,
                    .points = counts.points,
                    .entries = counts.entries};
    return bytes;
}

/* Put together what the march found; of the addend the field and the gradient. */
static fm_status collect(workspace *w, const shot_task *shot, bool marched,
                         unsigned char *bytes, const shot_bytes *places,
                         fm_error *error)
{
    const job_view *job = &w->job;
    double *times = (double *)(void *)(bytes + places->times);
    uint8_t *statuses = bytes + places->statuses;
    if (job->want.traced) {
        fm_traces_put(&w->traces, shot->n, places, bytes);
    }
    if (!marched) {
        out_of_reach(shot->n, times, statuses);
        return FM_OK;
    }
    read_times(w, shot->n, times, statuses);
    read_field(w, bytes + places->field);
    if (job->addend.fields && shot->addend) {
        fm_solver_field_f64(w->solver, shot->addend);
    }
    if (!job->want_gradient || !shot->addend) {
        return FM_OK;
    }
    return fm_pull_add(job, w->solver, w->jacobian, w->targets, times, shot->observed_s,
                       shot->pull, shot->n, w->weight,
                       shot->addend + fm_addend_at(&job->addend).gradient, error);
}

/* March to the targets. Every byte is written, and of the addend what is not made from
 * its field. */
static fm_status march(workspace *w, const shot_task *shot, unsigned char **bytes,
                       size_t *size, fm_error *error)
{
    shot_bytes places;
    bool marched = has_march(&w->job, shot->origin);
    fm_status status = FM_OK;
    if (marched) {
        status = fm_solver_march(w->solver, shot->origin, w->targets, shot->n, error);
    }
    if (status == FM_OK) {
        status = follow_rays(w, shot, marched, error);
    }
    if (status != FM_OK) {
        return status;
    }
    *bytes = reserve(w, shot, marched, &places, error);
    *size = places.size;
    return *bytes ? collect(w, shot, marched, *bytes, &places, error) : FM_NO_MEMORY;
}

/* The addend's first part is the field; fill in those that are made from it. */
static fm_status complete_addend(const job_view *job, double *addend, fm_error *error)
{
    const fm_grid *grid = &job->medium.grid;
    size_t nodes = fm_grid_nodes(grid);
    size_t node = fm_sums_fill(&job->addend.scale, nodes, addend);
    if (node == nodes) {
        return FM_OK;
    }
    return fm_fail(error, FM_FAILED,
                   "the time at %s %.9g, %s %.9g is %g s, and the sum over sources "
                   "takes times below %g s in this model",
                   fm_geometry_x_name(grid->geometry), fm_grid_x(grid, node % grid->nx),
                   fm_geometry_z_name(grid->geometry), grid->z[node / grid->nx],
                   addend[node], ldexp(1, job->addend.scale.exponent));
}

static bool overdue(const void *output)
{
    return fm_output_overdue(output);
}

/* ---- a shot kept ---- */

/* The parts of the addend that an entry holds: the field, which the others of its sum
 * are made from, and what is behind them. */
typedef struct kept_addend {
    fm_cache_part field, rest;
} kept_addend;

static kept_addend parts_of_addend(const job_view *job, double *addend)
{
    fm_addend_places at = fm_addend_at(&job->addend);
    if (!addend) {
        return (kept_addend){0};
    }
    return (kept_addend){
        {addend, job->addend.nodes * sizeof *addend},
        {addend + at.gradient, (at.size - at.gradient) * sizeof *addend}};
}

/* Can these be the bytes of a shot with so many rows? */
static bool is_sound(const job_view *job, const unsigned char *bytes, size_t size,
                     size_t rows)
{
    const shot_head *head = (const shot_head *)(const void *)bytes;
    const shot_counts counts = {.rows = rows,
                                .nodes = fm_grid_nodes(&job->medium.grid),
                                .points = head->points,
                                .entries = head->entries};
    return head->points <= size && head->entries <= size &&
           fm_shot_bytes(&job->want, &counts).size == size;
}

/* The entry's bytes if they are right; else *bytes is NULL, and nothing is in the
 * addend. */
static fm_cache_found read_entry(const workspace *w, const shot_task *shot,
                                 const char *key, size_t size, unsigned char **bytes)
{
    const job_view *job = &w->job;
    kept_addend kept = parts_of_addend(job, shot->addend);
    size_t beside = kept.field.size + kept.rest.size;
    *bytes = NULL;
    if (size < beside + sizeof(shot_head)) {
        return FM_CACHE_DAMAGED;
    }
    *bytes = fm_output_reserve(shot->output, size - beside);
    const fm_cache_part parts[] = {{*bytes, size - beside}, kept.field, kept.rest};
    fm_cache_found found =
        *bytes ? fm_cache_read(job->cache, key, parts, 3) : FM_CACHE_DAMAGED;
    if (found == FM_CACHE_FOUND && !is_sound(job, *bytes, size - beside, shot->n)) {
        found = FM_CACHE_DAMAGED;
    }
    if (found != FM_CACHE_FOUND) {
        *bytes = NULL;
        if (kept.rest.size > 0) { /* the march adds to it */
            memset(kept.rest.bytes, 0, kept.rest.size);
        }
    }
    return found;
}

static fm_cache_found look_up(const workspace *w, const shot_task *shot,
                              const char *key, unsigned char **bytes)
{
    size_t size;
    fm_cache_found found = fm_cache_size(w->job.cache, key, &size);
    *bytes = NULL;
    return found == FM_CACHE_FOUND ? read_entry(w, shot, key, size, bytes) : found;
}

/* Read from the cache what it has, else march and keep it. Only the march can fail: to
 * have read or kept nothing is noted and costs time, not the shot. */
static fm_status recall(workspace *w, const shot_task *shot, fm_error *error)
{
    const job_view *job = &w->job;
    char key[FM_HASH_TEXT];
    unsigned char *bytes = NULL;
    size_t size = 0;
    fm_status status =
        fm_cache_key(job->digest, job->reciprocal, shot->origin, w->targets,
                     shot->observed_s, shot->pull, shot->n, key, error);
    if (status != FM_OK) {
        return status;
    }
    fm_cache_found found = look_up(w, shot, key, &bytes);
    shot_note note = {.from_cache = found == FM_CACHE_FOUND,
                      .entry_damaged = found == FM_CACHE_DAMAGED};
    if (!note.from_cache) {
        status = march(w, shot, &bytes, &size, error);
        if (status == FM_OK) {
            kept_addend kept = parts_of_addend(job, shot->addend);
            const fm_cache_part parts[] = {{bytes, size}, kept.field, kept.rest};
            note.not_kept = fm_cache_write(job->cache, key, parts, 3);
        }
    }
    if (status == FM_OK) {
        ((shot_head *)(void *)bytes)->note = note;
    }
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
    const job_view *job = &w->job;
    size_t s = 0;
    memcpy(&s, argument.data, sizeof s);
    const fm_shot *planned = &job->shot[s];
    shot_task shot = {.origin = job->origin[planned->origin],
                      .n = planned->end - planned->begin,
                      .output = output};
    if (job->want_gradient) {
        shot.observed_s = job->observed_s + planned->begin;
        shot.pull = job->pull + planned->begin;
    }
    if (fm_addend_at(&job->addend).size > 0) {
        shot.addend = fm_output_addend(output);
    }
    fm_solver_watch(w->solver, overdue, output);
    take_targets(w, planned);
    unsigned char *bytes;
    size_t size;
    fm_status status =
        job->cache ? recall(w, &shot, error) : march(w, &shot, &bytes, &size, error);
    bool fields = status == FM_OK && shot.addend && job->addend.fields;
    return fields ? complete_addend(job, shot.addend, error) : status;
}

static const fm_kernel kernels[] = {
    {FM_MARCH_KERNEL, open_workspace, run_shot, close_workspace},
};

fm_kernels fm_forward_kernels(void)
{
    return (fm_kernels){kernels, sizeof kernels / sizeof *kernels};
}
