/* The job packed flat: a header, then every array, each at a multiple of 16 bytes.
 *
 * The header is a job_view whose pointers are null, with the place of each array kept
 * beside it; a reader copies the header and fills in the pointers. One function lists
 * the arrays; it runs twice, first with nowhere to write, which measures. */
#include "packed.h"

#include <stdlib.h>
#include <string.h>

typedef struct packed_header {
    size_t size; /* of everything; tells a job from other bytes */
    job_view job;
    size_t depth_km, knot_speed, values;
    size_t rows, slowness, interface_row, slowness_beyond;
    size_t source_point, receiver_point, pair_source, pair_receiver;
    size_t shot, shot_row;
} packed_header;

typedef struct packer {
    unsigned char *base; /* NULL: only measure */
    size_t used;
} packer;

enum { ALIGNMENT = 16 };

static size_t put(packer *p, const void *data, size_t n, size_t size)
{
    size_t place = p->used;
    if (p->base && data && n > 0) {
        memcpy(p->base + place, data, n * size);
    }
    size_t bytes = data ? n * size : 0;
    p->used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
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

static void put_survey(packer *p, const fm_survey *survey, packed_header *header)
{
    header->source_point =
        put(p, survey->sources.point, survey->sources.n, sizeof(fm_point));
    header->receiver_point =
        put(p, survey->receivers.point, survey->receivers.n, sizeof(fm_point));
    header->pair_source = put(p, survey->pair_source, survey->npairs, sizeof(size_t));
    header->pair_receiver =
        put(p, survey->pair_receiver, survey->npairs, sizeof(size_t));
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
    plain->survey.sources.n = job->survey.sources.n;
    plain->survey.receivers.n = job->survey.receivers.n;
    plain->survey.npairs = job->survey.npairs;
    plain->survey.length_scale = job->survey.length_scale;
    plain->shots.reciprocal = job->shots.reciprocal;
    plain->shots.n = job->shots.n;
    plain->solver = spec->solver;
    plain->solver.stop_early = spec->solver.stop_early && !spec->want_fields;
    plain->want_fields = spec->want_fields;
    plain->fields_f64 = spec->fields_f64;
}

/* Everything in its order; the number of bytes. */
static size_t pack(const fm_job *job, unsigned char *base)
{
    packed_header header = {0};
    packer p = {base, 0};
    put(&p, &header, 1, sizeof header);
    put_model(&p, &job->model, &header);
    put_medium(&p, &job->medium, &header);
    put_survey(&p, &job->survey, &header);
    header.shot = put(&p, job->shots.shot, job->shots.n, sizeof(fm_shot));
    header.shot_row = put(&p, job->shots.row, job->survey.npairs, sizeof(size_t));
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

fm_status fm_packed_create(const fm_job *job, fm_bytes *bytes, fm_error *error)
{
    size_t size = pack(job, NULL);
    unsigned char *base = calloc(1, size);
    *bytes = (fm_bytes){0};
    if (!base) {
        return fm_fail_memory(error, "the job as the workers see it", (double)size);
    }
    pack(job, base);
    *bytes = (fm_bytes){base, size};
    return FM_OK;
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
    if (model->kind == FM_MODEL_NODES) {
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
    view->survey.sources.point = at(bytes, header.source_point);
    view->survey.receivers.point = at(bytes, header.receiver_point);
    view->survey.pair_source = at(bytes, header.pair_source);
    view->survey.pair_receiver = at(bytes, header.pair_receiver);
    view->shots.shot = at(bytes, header.shot);
    view->shots.row = at(bytes, header.shot_row);
    return FM_OK;
}
