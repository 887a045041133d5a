/* A field goes through three hands: the caller copies it into the queue of a writer
 * (writer.c), whose thread looks for its range, digests it and writes it to its place,
 * and bids the disk to begin, so that when the last one is written little is left to
 * wait for.
 *
 * The thread is started with the first field, after the pool: processes are forked
 * before it. */
#include "fields.h"

#include <math.h>
#include <stdlib.h>

enum { QUEUE = 4, QUEUE_BYTES = 32 << 20 };

static size_t slots(size_t n, size_t size)
{
    size_t some = size < QUEUE_BYTES / QUEUE ? QUEUE_BYTES / size : QUEUE;
    return n < some ? n : some;
}

double fm_fields_queue_bytes(size_t n, size_t size)
{
    return (double)slots(n, size) * (double)size;
}

fm_fields fm_fields_of(fm_slabs *slabs, fm_part_file *part)
{
    return (fm_fields){.slabs = slabs, .part = part, .found = {INFINITY, -INFINITY}};
}

void fm_fields_clear(fm_fields *fields)
{
    fm_writer_destroy(fields->writer);
    fields->writer = NULL;
}

/* ---- the range ---- */

/* The extremes of n times, at most BLOCK. So many are kept side by side, which
 * processors do at once; to which a time goes cannot show. A missing value is left out,
 * because no comparison with it is true. */
enum { LANES = 8, BLOCK = 512 };

static void widen(fm_range *range, const double *t, size_t n)
{
    double least[LANES], greatest[LANES];
    for (size_t j = 0; j < LANES; j++) {
        least[j] = range->least;
        greatest[j] = range->greatest;
    }
    for (size_t i = 0; i + LANES <= n; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            least[j] = t[i + j] < least[j] ? t[i + j] : least[j];
            greatest[j] = t[i + j] > greatest[j] ? t[i + j] : greatest[j];
        }
    }
    for (size_t i = n - n % LANES; i < n; i++) {
        least[0] = t[i] < least[0] ? t[i] : least[0];
        greatest[0] = t[i] > greatest[0] ? t[i] : greatest[0];
    }
    for (size_t j = 0; j < LANES; j++) {
        range->least = least[j] < range->least ? least[j] : range->least;
        range->greatest = greatest[j] > range->greatest ? greatest[j] : range->greatest;
    }
}

/* The order in which fields come cannot show either. */
static void widen_range(fm_fields *fields, const void *field)
{
    bool f64 = fields->slabs->type == FM_NC_F64;
    size_t n = fields->slabs->size / (f64 ? sizeof(double) : sizeof(float));
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t some = n - i < BLOCK ? n - i : BLOCK;
        double t[BLOCK];
        for (size_t j = 0; j < some; j++) {
            t[j] = f64 ? ((const double *)field)[i + j]
                       : (double)((const float *)field)[i + j];
        }
        widen(&fields->found, t, some);
    }
}

/* ---- writing ---- */

/* On the writer's thread. */
static fm_status write_field(void *context, size_t source, const void *field,
                             fm_error *error)
{
    fm_fields *fields = context;
    fm_slabs *slabs = fields->slabs;
    widen_range(fields, field);
    fm_status status = fm_slabs_write(slabs, fields->part, source, field, error);
    if (status == FM_OK) {
        fm_part_hasten(fields->part, fm_slabs_offset(slabs, source), slabs->size);
    }
    return status;
}

static fm_status start_writer(fm_fields *fields, fm_error *error)
{
    const fm_writer_plan plan = {.size = fields->slabs->size,
                                 .slots = slots(fields->slabs->n, fields->slabs->size),
                                 .write = write_field,
                                 .context = fields};
    return fm_writer_create(&plan, &fields->writer, error);
}

fm_status fm_fields_add(fm_fields *fields, size_t source, const void *field,
                        fm_error *error)
{
    fm_status status = fields->writer ? FM_OK : start_writer(fields, error);
    return status == FM_OK ? fm_writer_put(fields->writer, source, field, error)
                           : status;
}

static void fill_missing(void *field, fm_nc_type type, size_t size)
{
    if (type == FM_NC_F64) {
        for (size_t i = 0; i < size / sizeof(double); i++) {
            ((double *)field)[i] = NAN;
        }
    } else {
        for (size_t i = 0; i < size / sizeof(float); i++) {
            ((float *)field)[i] = NAN;
        }
    }
}

/* The fields of shots that failed or never came. */
static fm_status write_missing(fm_fields *fields, fm_error *error)
{
    fm_slabs *slabs = fields->slabs;
    void *field = malloc(slabs->size);
    if (!field) {
        return fm_fail_memory(error, "an empty field", (double)slabs->size);
    }
    fill_missing(field, slabs->type, slabs->size);
    fm_status status = FM_OK;
    for (size_t i = 0; i < slabs->n && status == FM_OK; i++) {
        if (!fm_slabs_written(slabs, i)) {
            status = write_field(fields, i, field, error);
        }
    }
    free(field);
    return status;
}

fm_status fm_fields_finish(fm_fields *fields, fm_error *error)
{
    fm_status status = fields->writer ? fm_writer_drain(fields->writer, error) : FM_OK;
    fm_fields_clear(fields); /* the thread: the rest is written here */
    return status == FM_OK ? write_missing(fields, error) : status;
}
