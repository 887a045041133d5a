/* The life of a result file. At first HDF5 lays it all out under a temporary name, with
 * everything that is known before the march; it is closed, read back, and its space
 * reserved on the disk, so that a disk too small is told now and not after an hour.
 * While the march lasts, a thread writes the fields to their places (fields.c), and the
 * times of pairs are kept in memory (nine bytes each; the pairs themselves take more).
 * In the end come times and statuses, a sync, everything is read back and compared, and
 * the file gets its name (part_file.c).
 *
 * The order in which shots come cannot show: every byte has its place from the start,
 * and what no shot wrote is filled with NaN at the end. */
#include "io/result.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "part_file.h"
#include "provenance.h"
#include "result_derived.h"
#include "result_layout.h"
#include "result_rows.h"
#include "result_sums.h"
#include "slabs.h"
#include "source_states.h"

struct fm_result_file {
    const fm_job *job;
    fm_part_file part;
    fm_provenance provenance;
    fm_slabs later[FM_LATER_KINDS];
    fm_fields fields;               /* which write later[FM_LATER_FIELDS] */
    double *arrival_s;              /* [npairs] */
    uint8_t *arrival_status;        /* [npairs] fm_pair_status */
    uint8_t *shot_state;            /* [shots.n] of FM_SOURCE_... */
    fm_result_derived derived;      /* rays and misfits */
    fm_result_rows rows;            /* points of rays, Fréchet rows */
    bool summed;                    /* fm_result_add_sums was called */
    fm_range found[FM_LATER_KINDS]; /* in what was written so far */
    fm_range range[FM_LATER_KINDS]; /* as it stands in the file; NaN: none */
};

static void destroy(fm_result_file *file)
{
    fm_fields_clear(&file->fields);
    for (int i = 0; i < FM_LATER_KINDS; i++) {
        fm_slabs_clear(&file->later[i]);
    }
    fm_result_derived_clear(&file->derived);
    fm_result_rows_clear(&file->rows);
    fm_part_clear(&file->part);
    fm_provenance_clear(&file->provenance);
    free(file->arrival_s);
    free(file->arrival_status);
    free(file->shot_state);
    free(file);
}

void fm_result_discard(fm_result_file *file)
{
    if (file) {
        destroy(file);
    }
}

const char *fm_result_temporary(const fm_result_file *file)
{
    return file->part.temporary;
}

const char *fm_result_name(const fm_result_file *file)
{
    return file->part.path;
}

const char *fm_result_job_hash(const fm_result_file *file)
{
    return file->provenance.job_hash;
}

static fm_status allocate_tables(fm_result_file *file, fm_error *error)
{
    size_t npairs = file->job->survey.npairs;
    size_t nshots = file->job->shots.n;
    file->arrival_s = malloc((npairs + 1) * sizeof *file->arrival_s);
    file->arrival_status = calloc(npairs + 1, sizeof *file->arrival_status);
    file->shot_state = calloc(nshots + 1, sizeof *file->shot_state);
    if (!file->arrival_s || !file->arrival_status || !file->shot_state) {
        return fm_fail_memory(error, "the times", 9.0 * (double)npairs);
    }
    for (size_t i = 0; i < npairs; i++) {
        file->arrival_s[i] = NAN;
    }
    return FM_OK;
}

static fm_status lay_out(fm_result_file *file, fm_error *error)
{
    fm_nc nc;
    fm_nc_place place[FM_LATER_KINDS] = {0};
    fm_nc_create(file->part.temporary, &nc);
    file->rows.axes =
        fm_layout_describe(&nc, file->job, &file->provenance, file->range, place);
    fm_status status = fm_nc_close(&nc, error);
    for (fm_later i = 0; i < FM_LATER_KINDS && status == FM_OK; i++) {
        if (fm_later_wanted(file->job, i)) {
            status = fm_slabs_create(fm_later_name(i), fm_later_type(file->job, i),
                                     fm_later_slabs(file->job, i),
                                     fm_later_positions(file->job, i), place[i],
                                     &file->later[i], error);
        }
    }
    return status;
}

/* Read back all that the layout describes and, at the end, what was added since. */
static fm_status check(fm_result_file *file, bool slabs, fm_error *error)
{
    fm_nc nc;
    fm_nc_place place[FM_LATER_KINDS];
    fm_nc_check(file->part.temporary, &nc);
    fm_layout_describe(&nc, file->job, &file->provenance, file->range, place);
    fm_status status = FM_OK;
    for (int i = 0; i < FM_LATER_KINDS && slabs && status == FM_OK; i++) {
        status = fm_slabs_check(&file->later[i], &nc, error);
    }
    if (slabs && status == FM_OK) {
        status = fm_result_rows_check(&file->rows, &nc, error);
    }
    fm_status closed = fm_nc_close(&nc, status == FM_OK ? error : NULL);
    return status == FM_OK ? closed : status;
}

/* One row of nx speeds from slownesses; masked nodes are missing values. */
static fm_status write_row(fm_result_file *file, fm_later which, size_t row,
                           const double *slowness, double *speed, fm_error *error)
{
    for (size_t i = 0; i < file->job->medium.grid.nx; i++) {
        speed[i] = isinf(slowness[i]) ? NAN : 1 / slowness[i];
    }
    return fm_slabs_write(&file->later[which], &file->part, row, speed, error);
}

static fm_status write_model(fm_result_file *file, fm_error *error)
{
    const fm_medium *medium = &file->job->medium;
    size_t nx = medium->grid.nx;
    double *speed = malloc(nx * sizeof *speed);
    if (!speed) {
        return fm_fail_memory(error, "a row of speeds", (double)(nx * sizeof *speed));
    }
    fm_status status = FM_OK;
    for (size_t k = 0; k < medium->grid.nz && status == FM_OK; k++) {
        status =
            write_row(file, FM_LATER_SPEED, k, medium->slowness + k * nx, speed, error);
    }
    for (size_t k = 0; k < medium->ninterfaces && status == FM_OK; k++) {
        status = write_row(file, FM_LATER_SPEED_BEYOND, k,
                           medium->slowness_beyond + k * nx, speed, error);
    }
    free(speed);
    return status;
}

/* The steps from nothing to a file that waits for shots. Space is asked for before HDF5
 * sees the file (which empties it), because HDF5 recovers badly from a full disk; and
 * once more when the exact size is known. */
static fm_status begin(fm_result_file *file, const char *path, fm_error *error)
{
    fm_status status = fm_part_open(path, &file->part, error);
    if (status == FM_OK) {
        status = fm_provenance_make(file->job, &file->provenance, error);
    }
    if (status == FM_OK) {
        status = allocate_tables(file, error);
    }
    if (status == FM_OK) {
        status = fm_result_derived_create(file->job, &file->derived, error);
    }
    if (status == FM_OK) {
        status = fm_result_rows_create(file->part.path, file->job, &file->rows, error);
    }
    if (status == FM_OK) {
        status = fm_part_reserve(&file->part, fm_result_bytes(file->job), error);
    }
    if (status == FM_OK) {
        status = lay_out(file, error);
    }
    if (status == FM_OK) {
        status = fm_part_reserve(&file->part, 0, error);
    }
    if (status == FM_OK) {
        status = check(file, false, error);
    }
    if (status == FM_OK) {
        status = write_model(file, error);
    }
    return status;
}

fm_status fm_result_create(const char *path, const fm_job *job, fm_result_file **file,
                           fm_error *error)
{
    *file = calloc(1, sizeof **file);
    if (!*file) {
        return fm_fail_memory(error, "a result file", sizeof **file);
    }
    (*file)->job = job;
    (*file)->part.descriptor = -1;
    (*file)->rows.spool.descriptor = -1;
    (*file)->fields = fm_fields_of(&(*file)->later[FM_LATER_FIELDS], &(*file)->part);
    for (int i = 0; i < FM_LATER_KINDS; i++) {
        (*file)->found[i] = (fm_range){INFINITY, -INFINITY};
        (*file)->range[i] = (fm_range){NAN, NAN};
    }
    fm_status status = begin(*file, path, error);
    if (status != FM_OK) {
        destroy(*file);
        *file = NULL;
        fm_fail_within(error, "%s", path);
    }
    return status;
}

/* ---- shots ---- */

static void keep_rows(fm_result_file *file, const fm_shot_result *result)
{
    for (size_t r = 0; r < result->n; r++) {
        size_t pair = result->row[r];
        assert(pair < file->job->survey.npairs);
        bool reached = result->pair_status[r] == FM_PAIR_REACHED;
        file->arrival_s[pair] = reached ? result->time_s[r] : NAN;
        file->arrival_status[pair] = result->pair_status[r];
    }
}

static fm_status keep_field(fm_result_file *file, const fm_shot_result *result,
                            fm_error *error)
{
    const fm_shots *shots = &file->job->shots;
    assert(result->field && !shots->reciprocal);
    size_t source = shots->shot[result->shot].origin;
    return fm_fields_add(&file->fields, source, result->field, error);
}

fm_status fm_result_add(fm_result_file *file, const fm_shot_result *result,
                        fm_error *error)
{
    assert(result->shot < file->job->shots.n);
    if (result->status != FM_OK) {
        file->shot_state[result->shot] = FM_SOURCE_FAILED;
        return FM_OK;
    }
    keep_rows(file, result);
    fm_result_derived_add(&file->derived, result);
    fm_status status = fm_result_rows_add(&file->rows, result, error);
    if (status == FM_OK && file->job->spec.want_fields) {
        status = keep_field(file, result, error);
    }
    if (status != FM_OK) {
        fm_fail_within(error, "%s", file->part.path);
        return status;
    }
    file->shot_state[result->shot] = FM_SOURCE_DONE;
    return FM_OK;
}

/* sums NULL: there are none. */
static fm_status write_sums(fm_result_file *file, const fm_shot_sums *sums,
                            fm_error *error)
{
    const fm_job *job = file->job;
    fm_status status =
        fm_result_derived_sums(job, file->later, &file->part, sums, error);
    if (status == FM_OK && job->spec.want_sum) {
        status = fm_result_sums_write(file->later, &file->part, &job->medium.grid, sums,
                                      file->found, error);
    }
    return status;
}

fm_status fm_result_add_sums(fm_result_file *file, const fm_shot_sums *sums,
                             fm_error *error)
{
    file->summed = true;
    fm_status status = write_sums(file, sums, error);
    if (status != FM_OK) {
        fm_fail_within(error, "%s", file->part.path);
    }
    return status;
}

/* ---- the end ---- */

static fm_status write_states(fm_result_file *file, fm_error *error)
{
    size_t n = file->job->survey.sources.n;
    uint8_t *state = malloc(n);
    if (!state) {
        return fm_fail_memory(error, "the states of sources", (double)n);
    }
    fm_status status = fm_source_states(file->job, file->shot_state, state, error);
    if (status == FM_OK) {
        status = fm_slabs_write(&file->later[FM_LATER_SOURCE_STATUS], &file->part, 0,
                                state, error);
    }
    free(state);
    return status;
}

static fm_status write_arrivals(fm_result_file *file, fm_error *error)
{
    fm_slabs *times = &file->later[FM_LATER_ARRIVAL];
    fm_slabs *states = &file->later[FM_LATER_ARRIVAL_STATUS];
    if (!times->name) {
        return FM_OK;
    }
    fm_status status = fm_slabs_write(times, &file->part, 0, file->arrival_s, error);
    if (status == FM_OK) {
        status = fm_slabs_write(states, &file->part, 0, file->arrival_status, error);
    }
    return status;
}

static fm_status finish_fields(fm_result_file *file, fm_error *error)
{
    if (!file->later[FM_LATER_FIELDS].name) {
        return FM_OK;
    }
    fm_status status = fm_fields_finish(&file->fields, error);
    file->found[FM_LATER_FIELDS] = file->fields.found;
    return status;
}

static fm_status write_missing_sums(fm_result_file *file, fm_error *error)
{
    return file->summed ? FM_OK : write_sums(file, NULL, error);
}

/* Ranges are known when all has been written. */
static fm_status write_ranges(fm_result_file *file, fm_error *error)
{
    if (!file->later[FM_LATER_FIELDS].name && !file->later[FM_LATER_SUM].name) {
        return FM_OK;
    }
    fm_nc nc;
    fm_nc_update(file->part.temporary, &nc);
    for (int i = 0; i < FM_LATER_KINDS; i++) {
        const double range[] = {file->found[i].least, file->found[i].greatest};
        if (fm_later_ranged(i) && file->later[i].name && range[0] <= range[1]) {
            file->range[i] = file->found[i];
            fm_nc_overwrite_range(&nc, fm_later_name(i), range);
        }
    }
    return fm_nc_close(&nc, error);
}

fm_status fm_result_set_aside(fm_result_file *file, fm_error *error)
{
    fm_status status = fm_part_append(&file->part, ".part", error);
    if (status != FM_OK) {
        fm_fail_within(error, "%s", file->part.path);
    }
    return status;
}

void fm_result_hurry(fm_result_file *file)
{
    file->part.hurried = true;
}

static fm_status finish(fm_result_file *file, fm_error *error)
{
    fm_status status = finish_fields(file, error);
    if (status == FM_OK) {
        status = write_missing_sums(file, error);
    }
    if (status == FM_OK) {
        status = write_arrivals(file, error);
    }
    if (status == FM_OK) {
        status = write_states(file, error);
    }
    if (status == FM_OK) {
        status = fm_result_derived_write(&file->derived, file->arrival_s, file->later,
                                         &file->part, error);
    }
    if (status == FM_OK) {
        status = write_ranges(file, error);
    }
    if (status == FM_OK) {
        status = fm_result_rows_write(&file->rows, &file->part, error);
    }
    if (status == FM_OK) {
        status = fm_part_sync(&file->part, error);
    }
    if (status == FM_OK) {
        status = check(file, true, error);
    }
    if (status == FM_OK) {
        status = fm_part_publish(&file->part, error);
    }
    return status;
}

fm_status fm_result_commit(fm_result_file *file, fm_error *error)
{
    fm_status status = finish(file, error);
    if (status != FM_OK) {
        fm_fail_within(error, "%s", file->part.path);
    }
    destroy(file);
    return status;
}
