/* A run: the shots are mapped over the pool, and what each found goes to the sink as it
 * comes. Nothing is kept here but the sum over the shots, if that is wanted, so memory
 * does not grow with the number of shots.
 *
 * Rows carry their pair's number, so the order of arrival does not matter to whoever
 * stores them. */
#include "forward/forward.h"

#include <stdlib.h>

#include "addend.h"
#include "cost.h"
#include "kernel.h"
#include "packed.h"
#include "shot_bytes.h"

typedef struct run {
    const fm_job *job;
    const fm_forward_sink *sink;
    double *cost;     /* [shots] */
    size_t done;      /* shots */
    fm_addend addend; /* of each shot, if sums are wanted */
    fm_sum_shape sum_shape;
    fm_fixed *sum;
} run;

static double cost_of(void *context, size_t index)
{
    return ((const run *)context)->cost[index];
}

static const double *numbers_at(const unsigned char *bytes, size_t place)
{
    return (const double *)(const void *)(bytes + place);
}

static const uint64_t *counts_at(const unsigned char *bytes, size_t place)
{
    return (const uint64_t *)(const void *)(bytes + place);
}

static void unpack_rays(const shot_wants *want, const unsigned char *bytes,
                        const shot_bytes *places, fm_shot_result *result)
{
    if (want->traced) {
        result->rays = (fm_shot_rays){
            .status = bytes + places->ray_statuses,
            .time_s = numbers_at(bytes, places->ray_times),
            .length_km = numbers_at(bytes, places->ray_lengths),
            .size = want->rays ? counts_at(bytes, places->ray_sizes) : NULL,
            .point = (const fm_point *)(const void *)(bytes + places->points)};
    }
    if (want->frechet) {
        result->frechet = (fm_shot_frechet){
            .size = counts_at(bytes, places->row_sizes),
            .column = (const uint32_t *)(const void *)(bytes + places->columns),
            .value = numbers_at(bytes, places->values)};
    }
}

/* The places of the parts within the bytes, for the sink to read where they are. */
static void unpack(const fm_job *job, const unsigned char *bytes,
                   fm_shot_result *result)
{
    const shot_head *head = (const shot_head *)(const void *)bytes;
    shot_wants want = fm_shot_wants(&job->spec);
    const shot_counts counts = {.rows = result->n,
                                .nodes = fm_grid_nodes(&job->medium.grid),
                                .points = head->points,
                                .entries = head->entries};
    shot_bytes places = fm_shot_bytes(&want, &counts);
    result->nodes = head->nodes;
    result->from_cache = head->note.from_cache;
    result->entry_damaged = head->note.entry_damaged;
    result->not_kept = head->note.not_kept;
    result->time_s = numbers_at(bytes, places.times);
    result->field = want.fields ? bytes + places.field : NULL;
    result->pair_status = bytes + places.statuses;
    unpack_rays(&want, bytes, &places, result);
}

static fm_status deliver(void *context, const fm_task_result *task, fm_error *error)
{
    run *r = context;
    const fm_shots *shots = &r->job->shots;
    const fm_shot *shot = &shots->shot[task->index];
    fm_shot_result result = {
        .shot = task->index,
        .status = task->status,
        .error = task->error,
        .worker = task->worker,
        .process = task->process,
        .attempts = task->attempts,
        .signal = task->signal,
        .seconds = task->seconds,
        .row = shots->row + shot->begin,
    };
    if (task->status == FM_OK) {
        r->done++;
        result.n = shot->end - shot->begin;
        unpack(r->job, task->bytes.data, &result);
    }
    return r->sink->shot(r->sink->context, &result, error);
}

static void tell_progress(void *context, const fm_progress *progress)
{
    const fm_forward_sink *sink = ((const run *)context)->sink;
    sink->progress(sink->context, progress);
}

static bool ask_stop(void *context)
{
    const fm_forward_sink *sink = ((const run *)context)->sink;
    return sink->stop(sink->context);
}

static bool ask_give_up(void *context)
{
    const fm_forward_sink *sink = ((const run *)context)->sink;
    return sink->give_up(sink->context);
}

static fm_status prepare_sum(run *r, fm_error *error)
{
    r->addend = fm_addend_of(r->job);
    r->sum_shape = fm_addend_shape(&r->addend);
    if (r->sum_shape.parts == 0) {
        return FM_OK;
    }
    size_t size = fm_sum_size(&r->sum_shape);
    r->sum = malloc(size * sizeof *r->sum);
    return r->sum ? FM_OK
                  : fm_fail_memory(error, "the sum over sources",
                                   (double)(size * sizeof *r->sum));
}

/* After the map, which ended with `status`. */
static fm_status deliver_sum(const run *r, fm_status status, fm_error *error)
{
    if (!r->sum || !r->sink->sums || (status != FM_OK && status != FM_INTERRUPTED)) {
        return status;
    }
    const fm_addend *addend = &r->addend;
    fm_addend_places at = fm_addend_at(addend);
    const fm_shot_sums sums = {.shots = r->done,
                               .nodes = fm_grid_nodes(&r->job->medium.grid),
                               .exponent = addend->scale.exponent,
                               .counted = addend->scale.counted,
                               .exact = addend->fields ? r->sum : NULL,
                               .coefficients = addend->coefficients,
                               .cells = addend->cells,
                               .gradient_lsb = fm_addend_gradient_lsb(addend),
                               .coverage_lsb = fm_addend_coverage_lsb(addend),
                               .gradient =
                                   addend->coefficients ? r->sum + at.gradient : NULL,
                               .coverage = addend->cells ? r->sum + at.coverage : NULL};
    fm_status taken = r->sink->sums(r->sink->context, &sums, error);
    return taken == FM_OK ? status : taken;
}

static fm_status map_shots(run *r, fm_pool *pool, fm_error *error)
{
    size_t n = r->job->shots.n;
    r->cost = malloc((n + 1) * sizeof *r->cost);
    if (!r->cost) {
        return fm_fail_memory(error, "the costs of the shots",
                              (double)n * sizeof *r->cost);
    }
    for (size_t s = 0; s < n; s++) {
        r->cost[s] = fm_shot_share(r->job, s);
    }
    fm_map map = {
        .kernel = FM_MARCH_KERNEL,
        .count = n,
        .context = r,
        .cost = cost_of,
        .result = deliver,
        .progress = r->sink->progress ? tell_progress : NULL,
        .stop = r->sink->stop ? ask_stop : NULL,
        .grace_s = r->sink->grace_s,
        .give_up = r->sink->give_up ? ask_give_up : NULL,
        .sum_shape = r->sum ? &r->sum_shape : NULL,
        .sum = r->sum,
    };
    return fm_pool_map(pool, &map, error);
}

fm_status fm_forward_run(const fm_job *job, fm_pool *pool, const fm_forward_sink *sink,
                         fm_error *error)
{
    run r = {.job = job, .sink = sink};
    fm_bytes shared = {0};
    fm_status status = fm_packed_create(job, &shared, error);
    if (status == FM_OK) {
        status = fm_pool_share(pool, shared, error);
    }
    if (status == FM_OK) {
        status = prepare_sum(&r, error);
    }
    if (status == FM_OK) {
        status = map_shots(&r, pool, error);
        status = deliver_sum(&r, status, error);
        /* The bytes go, so the workers must let go of them first. */
        fm_error ignored;
        fm_pool_share(pool, (fm_bytes){0}, &ignored);
    }
    free(r.cost);
    free(r.sum);
    free((void *)shared.data);
    return status;
}
