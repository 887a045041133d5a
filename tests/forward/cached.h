#ifndef TEST_FORWARD_CACHED_H
#define TEST_FORWARD_CACHED_H

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "forward/forward.h"

/* Runs of a job with a cache: what was found, in one piece, and where it came from. No
 * assertions here: it is used in threads and in children as well. */

typedef struct found {
    size_t shots, failed, hits, damaged, not_kept;
    int why; /* of the last not kept */
    unsigned char *bytes;
    size_t size;
    size_t width; /* bytes of a field, and the pairs: where things go */
    const fm_job *job;
} found;

static inline fm_status found_add(void *context, const fm_shot_result *result,
                                  fm_error *error)
{
    (void)error;
    found *f = context;
    f->shots++;
    f->failed += result->status != FM_OK;
    f->hits += result->from_cache;
    f->damaged += result->entry_damaged;
    f->not_kept += result->not_kept != 0;
    f->why = result->not_kept ? result->not_kept : f->why;
    if (result->status != FM_OK) {
        return FM_OK;
    }
    for (size_t r = 0; r < result->n; r++) {
        unsigned char *place = f->bytes + 9 * result->row[r];
        memcpy(place, &result->time_s[r], 8);
        place[8] = result->pair_status[r];
    }
    unsigned char *place = f->bytes + 9 * f->job->survey.npairs;
    place += result->shot * (8 + f->width);
    uint64_t nodes = result->nodes;
    memcpy(place, &nodes, 8);
    if (result->field) {
        memcpy(place + 8, result->field, f->width);
    }
    return FM_OK;
}

/* March the (prepared) job; the caller frees f->bytes. */
static inline fm_status found_run(const fm_job *job, const char *backend, found *f)
{
    size_t value = job->spec.fields_f64 ? 8 : 4;
    *f = (found){.job = job};
    f->width = job->spec.want_fields ? fm_grid_nodes(&job->medium.grid) * value : 0;
    f->size = 9 * job->survey.npairs + job->shots.n * (8 + f->width);
    f->bytes = calloc(1, f->size);
    fm_pool *pool = NULL;
    fm_status status = fm_pool_open(backend, fm_forward_kernels(), &pool, NULL);
    if (status == FM_OK) {
        fm_forward_sink sink = {.context = f, .shot = found_add};
        status = fm_forward_run(job, pool, &sink, NULL);
    }
    fm_pool_close(pool, true);
    return status;
}

/* The only entry below the folder, or the last one found: FOLDER/ab/cdef.shot. False:
 * there is none. */
static inline bool found_entry(const char *folder, char *path, size_t size)
{
    bool any = false;
    DIR *outer = opendir(folder);
    for (const struct dirent *e; outer && (e = readdir(outer));) {
        char inside[512];
        snprintf(inside, sizeof inside, "%.200s/%.200s", folder, e->d_name);
        DIR *inner =
            strlen(e->d_name) == 2 && e->d_name[0] != '.' ? opendir(inside) : NULL;
        for (const struct dirent *s; inner && (s = readdir(inner));) {
            if (strstr(s->d_name, ".shot")) {
                snprintf(path, size, "%.400s/%.190s", inside, s->d_name);
                any = true;
            }
        }
        if (inner) {
            closedir(inner);
        }
    }
    if (outer) {
        closedir(outer);
    }
    return any;
}

#endif
