/* A job in the state in which fm_result_create gets it. Whatever fails here is a fault
 * of the test, so it ends the program. */
#include "result_fixture.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sums.h"

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void *allocate(size_t n, size_t size)
{
    void *memory = calloc(n + 1, size);
    require(memory);
    return memory;
}

static void make_medium(const fixture_options *options, fm_job *job)
{
    const fm_geometry g = options->geometry;
    const double x0[] = {0, 110, 20};
    const double dx[] = {0.5, 1, 2};
    const double z0[] = {0, -30, 5000};
    const double dz[] = {0.25, 2, 300};
    fm_medium *medium = &job->medium;
    const size_t nodes = (size_t)FIXTURE_ROWS * FIXTURE_COLUMNS;
    require(fm_grid_create(g, FM_EARTH_RADIUS_KM, FIXTURE_COLUMNS, FIXTURE_ROWS, x0[g],
                           dx[g], z0[g], dz[g], &medium->grid, NULL) == FM_OK);
    medium->slowness = allocate(nodes, sizeof(double));
    for (size_t i = 0; i < nodes; i++) {
        medium->slowness[i] = 1 / FIXTURE_SPEED;
    }
    if (options->masked) {
        medium->slowness[FIXTURE_COLUMNS + 2] = INFINITY;
    }
    if (options->interface) {
        medium->ninterfaces = 1;
        medium->interface_row = allocate(1, sizeof(size_t));
        medium->interface_row[0] = 2;
        medium->slowness_beyond = allocate(FIXTURE_COLUMNS, sizeof(double));
        for (size_t i = 0; i < FIXTURE_COLUMNS; i++) {
            medium->slowness_beyond[i] = 1 / FIXTURE_SPEED_BEYOND;
        }
    }
}

static void make_model(fm_job *job)
{
    const fm_grid *grid = &job->medium.grid;
    job->model = (fm_model){.geometry = grid->geometry,
                            .radius_km = grid->radius_km,
                            .kind = FM_MODEL_CONSTANT,
                            .x_min = grid->x0,
                            .x_max = fm_grid_x_max(grid),
                            .z_min = grid->z[0],
                            .z_max = grid->z[grid->nz - 1],
                            .speed = FIXTURE_SPEED};
}

/* Stations on nodes of one row, three columns to their right the first again. */
static void make_stations(const fm_grid *grid, size_t n, size_t row,
                          const char *const *id, fm_stations *stations)
{
    stations->n = n;
    stations->id = allocate(n, sizeof *stations->id);
    stations->point = allocate(n, sizeof *stations->point);
    for (size_t i = 0; i < n; i++) {
        stations->id[i] = strdup(id[i % 4]);
        stations->point[i].x = fm_grid_x(grid, (2 * i) % grid->nx);
        stations->point[i].z = grid->z[row];
    }
}

static void make_survey(const fixture_options *options, fm_job *job)
{
    const char *sources[] = {"S1", "S02", "S\u03b83", "S4"};
    const char *receivers[] = {"R1", "R 2", "R,3", "R4"};
    fm_survey *survey = &job->survey;
    size_t n = options->nsources ? options->nsources : 3;
    size_t nreceivers = options->nsources == 1 ? 1 : options->reciprocal ? 2 : 4;
    sources[0] = options->long_id ? options->long_id : sources[0];
    make_stations(&job->medium.grid, n, 0, sources, &survey->sources);
    make_stations(&job->medium.grid, nreceivers, FIXTURE_ROWS - 1, receivers,
                  &survey->receivers);
    survey->length_scale = 1;
    survey->pair_source = allocate(n * nreceivers, sizeof(size_t));
    survey->pair_receiver = allocate(n * nreceivers, sizeof(size_t));
    for (size_t s = 0; s < n; s++) {
        for (size_t r = 0; r < nreceivers && !(n == 3 && s == 1); r++) {
            survey->pair_source[survey->npairs] = s;
            survey->pair_receiver[survey->npairs++] = r;
        }
    }
    if (options->observed) {
        survey->observed_s = allocate(survey->npairs, sizeof(double));
        survey->sigma_s = allocate(survey->npairs, sizeof(double));
        survey->observed_s[1] = NAN;
    }
}

void fixture_make(const fixture_options *options, fm_job *job)
{
    *job = (fm_job){0};
    make_medium(options, job);
    make_model(job);
    make_survey(options, job);
    job->spec = (fm_job_spec){.geometry = options->geometry,
                              .radius_km = FM_EARTH_RADIUS_KM,
                              .constant = true,
                              .speed = FIXTURE_SPEED,
                              .length_scale = 1,
                              .want_times = options->times,
                              .want_fields = options->fields,
                              .want_sum = options->sum,
                              .fields_f64 = options->f64,
                              .allow_reciprocal = options->reciprocal,
                              .want_rays = options->derived,
                              .want_frechet = options->derived,
                              .want_coverage = options->derived,
                              .want_misfit = options->derived && options->observed,
                              .want_gradient = options->derived && options->observed,
                              .solver = {.order = 2, .refine = FM_REFINE_AUTO}};
    require(fm_coefficients_of(&job->model, FM_SPEED, false, &job->coefficients,
                               NULL) == FM_OK);
    require(fm_shots_plan(&job->survey, fm_job_wants_whole_fields(&job->spec),
                          options->reciprocal, &job->shots, NULL) == FM_OK);
}

static void *make_field(const fm_job *job, fm_point origin, bool wide)
{
    const fm_grid *grid = &job->medium.grid;
    double *f64 = allocate(fm_grid_nodes(grid), sizeof(double));
    float *f32 = allocate(fm_grid_nodes(grid), sizeof(float));
    for (size_t k = 0; k < grid->nz; k++) {
        for (size_t i = 0; i < grid->nx; i++) {
            size_t node = k * grid->nx + i;
            fm_point point = {fm_grid_x(grid, i), grid->z[k]};
            f64[node] = fm_distance(grid, origin, point) / FIXTURE_SPEED;
            f64[node] = isinf(job->medium.slowness[node]) ? NAN : f64[node];
            f32[node] = (float)f64[node];
        }
    }
    free(wide ? (void *)f32 : f64);
    return wide ? (void *)f64 : f32;
}

/* Points and entries of all rows come one after the other. */
static void make_rays(const fm_job *job, fm_point origin, fixture_shot *shot)
{
    size_t n = shot->result.n, points = 0, entries = 0;
    shot->ray_status = allocate(n, 1);
    shot->ray_time_s = allocate(n, sizeof(double));
    shot->ray_length_km = allocate(n, sizeof(double));
    shot->size = allocate(n, sizeof(uint64_t));
    shot->row_size = allocate(n, sizeof(uint64_t));
    shot->point = allocate(n * job->survey.npairs, sizeof(fm_point));
    shot->column = allocate(n * job->survey.npairs, sizeof(uint32_t));
    shot->value = allocate(n * job->survey.npairs, sizeof(double));
    for (size_t r = 0; r < n; r++) {
        size_t row = shot->result.row[r];
        fm_point from = fm_shots_target(&job->shots, &job->survey, row);
        shot->ray_status[r] = row > 0 ? FM_RAY_REACHED : FM_RAY_FAILED;
        shot->ray_time_s[r] = row > 0 ? shot->time_s[r] : NAN;
        shot->ray_length_km[r] = row > 0 ? shot->time_s[r] * FIXTURE_SPEED : NAN;
        shot->size[r] = row;
        shot->row_size[r] = row > 0 ? row - 1 : 0;
        for (size_t i = 0; i < row; i++) {
            double part = row > 1 ? (double)i / (double)(row - 1) : 0;
            shot->point[points++] = (fm_point){from.x + part * (origin.x - from.x),
                                               from.z + part * (origin.z - from.z)};
        }
        for (size_t i = 0; i + 1 < row; i++) {
            shot->column[entries] = (uint32_t)i;
            shot->value[entries++] = (double)row + (double)i / 16;
        }
    }
    shot->result.rays = (fm_shot_rays){shot->ray_status, shot->ray_time_s,
                                       shot->ray_length_km, shot->size, shot->point};
    shot->result.frechet = (fm_shot_frechet){shot->row_size, shot->column, shot->value};
}

void fixture_shot_make(const fm_job *job, size_t s, fixture_shot *shot)
{
    const fm_shot *planned = &job->shots.shot[s];
    fm_point origin = fm_shots_origin(&job->shots, &job->survey, s);
    size_t n = planned->end - planned->begin;
    *shot = (fixture_shot){.time_s = allocate(n, sizeof(double)),
                           .status = allocate(n, sizeof(uint8_t))};
    for (size_t r = 0; r < n; r++) {
        size_t row = job->shots.row[planned->begin + r];
        fm_point target = fm_shots_target(&job->shots, &job->survey, row);
        shot->time_s[r] =
            fm_distance(&job->medium.grid, origin, target) / FIXTURE_SPEED;
        shot->status[r] = FM_PAIR_REACHED;
    }
    shot->field =
        job->spec.want_fields ? make_field(job, origin, job->spec.fields_f64) : NULL;
    shot->result = (fm_shot_result){.shot = s,
                                    .status = FM_OK,
                                    .n = n,
                                    .row = job->shots.row + planned->begin,
                                    .time_s = shot->time_s,
                                    .pair_status = shot->status,
                                    .field = shot->field};
    if (job->spec.want_rays) {
        make_rays(job, origin, shot);
    }
}

void fixture_shot_clear(fixture_shot *shot)
{
    free(shot->time_s);
    free(shot->status);
    free(shot->field);
    free(shot->ray_status);
    free(shot->ray_time_s);
    free(shot->ray_length_km);
    free(shot->size);
    free(shot->row_size);
    free(shot->point);
    free(shot->column);
    free(shot->value);
    *shot = (fixture_shot){0};
}

fm_shot_sums fixture_sums_make(const fm_job *job, size_t n)
{
    size_t nodes = fm_grid_nodes(&job->medium.grid);
    fm_sum_scale scale = fm_sums_scale(&job->medium);
    fm_sum_shape shape = fm_sums_shape(&scale, nodes);
    fm_fixed *exact = allocate(fm_sum_size(&shape), sizeof *exact);
    for (size_t s = 0; s < n; s++) {
        double *addend = allocate(fm_sum_size(&shape), sizeof *addend);
        double *field =
            make_field(job, fm_shots_origin(&job->shots, &job->survey, s), true);
        memcpy(addend, field, nodes * sizeof *field);
        require(fm_sums_fill(&scale, nodes, addend) == nodes);
        for (size_t p = 0; p < shape.parts; p++) {
            fm_fixed *part = exact + p * nodes;
            require(fm_fixed_add_doubles(part, part, addend + p * nodes, nodes,
                                         shape.part[p].lsb) == nodes);
        }
        free(field);
        free(addend);
    }
    return (fm_shot_sums){.shots = n,
                          .nodes = nodes,
                          .exponent = scale.exponent,
                          .counted = scale.counted,
                          .exact = exact};
}
