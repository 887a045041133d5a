/* The job packed flat: a header, then every array, each at a multiple of 16 bytes.
 *
 * The header is a job_view whose pointers are null, with the place of each array kept
 * beside it; a reader copies the header and fills in the pointers. One function lists
 * the arrays; it runs twice, first with nowhere to write, which measures. */
#include "packed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"

typedef struct packed_header {
    size_t size; /* of everything; tells a job from other bytes */
    job_view job;
    size_t depth_km, knot_speed, values;
    size_t rows, slowness, interface_row, slowness_beyond;
    size_t shot, origin, target, station, observed_s, pull;
    size_t cache; /* 0: none */
} packed_header;

typedef struct packer {
    unsigned char *base; /* NULL: only measure */
    size_t used;
} packer;

enum { ALIGNMENT = 16 };

static size_t reserve(packer *p, size_t bytes)
{
    size_t place = p->used;
    p->used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return place;
}

static size_t put(packer *p, const void *data, size_t n, size_t size)
{
    size_t place = reserve(p, data ? n * size : 0);
    if (p->base && data && n > 0) {
        memcpy(p->base + place, data, n * size);
    }
    return place;
}

static void put_model(packer *p, const fm_model *model, packed_header *header)
{
    size_t ring = model->interpolation == FM_BSPLINE ? 2 : 0;
    size_t values = (model->nx + ring) * (model->nz + ring);
    header->depth_km = put(p, model->depth_km, model->nknots, sizeof(double));
    header->knot_speed = put(p, model->knot_speed, model->nknots, sizeof(double));
    header->values = put(p, model->values, values, sizeof(double));
}

static void put_medium(packer *p, const fm_medium *medium, packed_header *header)
{
    const fm_grid *grid = &medium->grid;
    size_t n = medium->ninterfaces;
    header->rows = put(p, grid->z, grid->nz, sizeof(double));
    header->slowness = put(p, medium->slowness, fm_grid_nodes(grid), sizeof(double));
    header->interface_row = put(p, medium->interface_row, n, sizeof(size_t));
    header->slowness_beyond =
        put(p, medium->slowness_beyond, n * grid->nx, sizeof(double));
}

/* For every row of every shot, the station at its far end. */
static size_t put_targets(packer *p, const fm_job *job)
{
    const fm_survey *survey = &job->survey;
    const size_t *station =
        job->shots.reciprocal ? survey->pair_source : survey->pair_receiver;
    size_t place = reserve(p, survey->npairs * sizeof(uint32_t));
    uint32_t *target = p->base ? (uint32_t *)(void *)(p->base + place) : NULL;
    for (size_t r = 0; target && r < survey->npairs; r++) {
        target[r] = (uint32_t)station[job->shots.row[r]];
    }
    return place;
}

static double pull_of(const fm_survey *survey, size_t pair)
{
    double sigma = survey->sigma_s ? survey->sigma_s[pair] : NAN;
    if (!isfinite(survey->observed_s[pair])) {
        return 0;
    }
    return isfinite(sigma) ? 1 / (sigma * sigma) : 1;
}

/* For every row of every shot, what was observed and how much it counts. */
static void put_observed(packer *p, const fm_job *job, packed_header *header)
{
    const fm_survey *survey = &job->survey;
    size_t n = job->spec.want_gradient ? survey->npairs : 0;
    header->observed_s = reserve(p, n * sizeof(double));
    header->pull = reserve(p, n * sizeof(double));
    if (!p->base) {
        return;
    }
    double *observed = (double *)(void *)(p->base + header->observed_s);
    double *pull = (double *)(void *)(p->base + header->pull);
    for (size_t r = 0; r < n; r++) {
        pull[r] = pull_of(survey, job->shots.row[r]);
        observed[r] = pull[r] > 0 ? survey->observed_s[job->shots.row[r]] : 0;
    }
}

static void put_shots(packer *p, const fm_job *job, packed_header *header)
{
    const fm_stations *from = &job->survey.sources, *to = &job->survey.receivers;
    if (job->shots.reciprocal) {
        from = &job->survey.receivers;
        to = &job->survey.sources;
    }
    header->shot = put(p, job->shots.shot, job->shots.n, sizeof(fm_shot));
    header->origin = put(p, from->point, from->n, sizeof(fm_point));
    header->station = put(p, to->point, to->n, sizeof(fm_point));
    header->target = put_targets(p, job);
}

/* The plain values; every pointer stays null. */
static void fill_header(const fm_job *job, job_view *plain)
{
    const fm_job_spec *spec = &job->spec;
    plain->model = job->model;
    plain->model.depth_km = plain->model.knot_speed = plain->model.values = NULL;
    plain->medium.grid = job->medium.grid;
    plain->medium.grid.z = NULL;
    plain->medium.ninterfaces = job->medium.ninterfaces;
    plain->reciprocal = job->shots.reciprocal;
    plain->nshots = job->shots.n;
    plain->solver = fm_job_solver_options(spec);
    plain->want = fm_shot_wants(spec);
    plain->want_gradient = spec->want_gradient;
    plain->want_coverage = spec->want_coverage;
    plain->coefficients = job->coefficients;
    plain->threshold = spec->derivatives.threshold;
    plain->addend = fm_addend_of(job);
}

/* Everything in its order; the number of bytes. */
static size_t pack(const fm_job *job, unsigned char *base)
{
    packed_header header = {0};
    packer p = {base, 0};
    put(&p, &header, 1, sizeof header);
    put_model(&p, &job->model, &header);
    put_medium(&p, &job->medium, &header);
    put_shots(&p, job, &header);
    put_observed(&p, job, &header);
    if (job->spec.cache) {
        header.cache = put(&p, job->spec.cache, strlen(job->spec.cache) + 1, 1);
    }
    if (base) {
        header.size = p.used;
        fill_header(job, &header.job);
        memcpy(base, &header, sizeof header);
    }
    return p.used;
}

double fm_packed_bytes(const fm_job *job)
{
    return (double)pack(job, NULL);
}

/* The members of a view are not const only because those who own such structs free
 * them; whoever has a view reads. */
static void *at(fm_bytes bytes, size_t place)
{
    return (unsigned char *)bytes.data + place;
}

static void point_model(fm_bytes bytes, const packed_header *header, fm_model *model)
{
    if (model->nknots > 0) {
        model->depth_km = at(bytes, header->depth_km);
        model->knot_speed = at(bytes, header->knot_speed);
    }
    if (model->kind == FM_MODEL_NODES || model->kind == FM_MODEL_COSINES) {
        model->values = at(bytes, header->values);
    }
}

fm_status fm_packed_view(fm_bytes bytes, job_view *view, fm_error *error)
{
    packed_header header = {0};
    if (bytes.size >= sizeof header) {
        memcpy(&header, bytes.data, sizeof header);
    }
    if (header.size == 0 || header.size != bytes.size) {
        return fm_fail(error, FM_FAILED, "the workers were not given the job");
    }
    *view = header.job;
    point_model(bytes, &header, &view->model);
    view->medium.grid.z = at(bytes, header.rows);
    view->medium.slowness = at(bytes, header.slowness);
    view->medium.interface_row = at(bytes, header.interface_row);
    view->medium.slowness_beyond = at(bytes, header.slowness_beyond);
    view->shot = at(bytes, header.shot);
    view->origin = at(bytes, header.origin);
    view->target = at(bytes, header.target);
    view->station = at(bytes, header.station);
    view->observed_s = at(bytes, header.observed_s);
    view->pull = at(bytes, header.pull);
    view->cache = header.cache ? at(bytes, header.cache) : NULL;
    return FM_OK;
}

/* Of what the workers will see, once for all of them. */
static fm_status put_digest(unsigned char *base, size_t size, fm_error *error)
{
    job_view view;
    packed_header *header = (packed_header *)(void *)base;
    fm_status status = fm_packed_view((fm_bytes){base, size}, &view, error);
    return status
               ? status
               : fm_cache_digest(&view, fm_cache_program(), header->job.digest, error);
}

fm_status fm_packed_create(const fm_job *job, fm_bytes *bytes, fm_error *error)
{
    *bytes = (fm_bytes){0};
    if (job->survey.sources.n > UINT32_MAX || job->survey.receivers.n > UINT32_MAX) {
        return fm_fail(error, FM_FAILED, "more than %lu sources or receivers",
                       (unsigned long)UINT32_MAX);
    }
    size_t size = pack(job, NULL);
    unsigned char *base = calloc(1, size);
    if (!base) {
        return fm_fail_memory(error, "the job as the workers see it", (double)size);
    }
    pack(job, base);
    fm_status status = job->spec.cache ? put_digest(base, size, error) : FM_OK;
    if (status != FM_OK) {
        free(base);
        return status;
    }
    *bytes = (fm_bytes){base, size};
    return FM_OK;
}
