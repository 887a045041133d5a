#ifndef FM_FORWARD_FORWARD_H
#define FM_FORWARD_FORWARD_H

#include <stdint.h>

#include "fmm/ray.h"
#include "forward/cells.h"
#include "forward/job.h"
#include "parallel/pool.h"

/* The application's one idea: a shot is marched, what it found is added to the results.
 */

typedef enum fm_pair_status {
    FM_PAIR_NOT_DONE = 0,    /* its shot failed or was not run */
    FM_PAIR_REACHED = 1,     /* the time is there */
    FM_PAIR_UNREACHABLE = 2, /* masked nodes stand between source and receiver */
} fm_pair_status;

/* The rays of a shot's rows, if the job wants any, their Fréchet rows or coverage. */
typedef struct fm_shot_rays {
    const uint8_t *status;            /* [n] fm_ray_status; NULL: none were traced */
    const double *time_s, *length_km; /* [n]; NaN where there is no ray */
    const uint64_t *size;  /* [n] points of each; NULL: the points are not wanted */
    const fm_point *point; /* ray after ray, each from the receiver to the source */
} fm_shot_rays;

/* Its rows of Fréchet derivatives, with respect to job->coefficients. */
typedef struct fm_shot_frechet {
    const uint64_t *size;   /* [n] entries of each row; NULL: not wanted */
    const uint32_t *column; /* row after row, ascending within a row */
    const double *value;
} fm_shot_frechet;

typedef struct fm_shot_result {
    size_t shot;      /* index into job->shots.shot */
    fm_status status; /* FM_OK, or the shot failed and error says why; FM_CANCELLED: it
                         was given up when the grace after a stop was over */
    const fm_error *error;
    size_t worker;
    long process;      /* of that worker; under MPI its rank */
    unsigned attempts; /* times it was begun */
    int signal;        /* that a worker died of under it; 0: none did */
    double seconds;
    bool from_cache;    /* read there (fm_cache_open), not marched */
    bool entry_damaged; /* there was one, but it was wrong: marched and kept anew */
    int not_kept;       /* 0, or the errno for which the cache does not have it */
    size_t nodes; /* that the wavefront went over: fewer than all if stopped early */
    size_t n;     /* rows: survey pair row[r], time_s[r], pair_status[r]; 0 if failed */
    const size_t *row;
    const double *time_s;       /* NaN where not reached */
    const uint8_t *pair_status; /* fm_pair_status */
    const void *field;          /* [nz][nx] float or double as the job wants; or NULL */
    fm_shot_rays rays;
    fm_shot_frechet frechet;
} fm_shot_result;

/* The sums over the shots done (want: [sum, gradient, coverage]) as exact numbers,
 * which are the same whatever the order and the backend (docs/method.md). */
typedef struct fm_shot_sums {
    size_t shots; /* that are in them: those whose status was FM_OK */
    size_t nodes;
    int exponent; /* the scale: times are below 2^exponent seconds */
    bool counted; /* exact[] ends with the number of shots that reached each node; else
                     every shot reached every node */
    const fm_fixed *exact; /* [3, or 4 if counted][nodes]: times, squares in two; NULL:
                              the sum is not wanted */
    /* Whole multiples of 2^lsb; NULL: not wanted. */
    size_t coefficients, cells;
    int gradient_lsb, coverage_lsb;
    const fm_fixed *gradient; /* of the misfit, as job->coefficients */
    const fm_fixed *coverage; /* km, as fm_cells_of */
} fm_shot_sums;

/* What they say of one node: over the `count` shots that reached it. All but the count
 * are NaN when it is 0. Seconds, but for square_sum. */
typedef struct fm_moments {
    size_t count;
    double sum, square_sum, mean;
    double deviation; /* root of the mean squared difference from the mean */
} fm_moments;
fm_moments fm_shot_sums_at(const fm_shot_sums *sums, size_t node);

/* Who takes the results: called on the caller's thread, one at a time, as they
 * complete. */
typedef struct fm_forward_sink {
    void *context;
    fm_status (*shot)(void *context, const fm_shot_result *result, fm_error *error);
    void (*progress)(void *context, const fm_progress *progress); /* may be NULL */
    bool (*stop)(void *context);                                  /* may be NULL */
    double grace_s; /* running shots have after a stop; 0: as long as they need */
    bool (*give_up)(void *context); /* them at once? asked after a stop; may be NULL */
    /* If the job wants sums: called once, when all shots are done or after the stop.
     * The numbers are valid during the call. May be NULL. */
    fm_status (*sums)(void *context, const fm_shot_sums *sums, fm_error *error);
} fm_forward_sink;

/* The kernels to open a pool with. */
fm_kernels fm_forward_kernels(void);

/* A folder in which the results of shots are kept (docs/cache.md): it is made if need
 * be, temporary files that killed programs left in it are removed, and its absolute
 * name goes, malloc'ed, into *resolved, for fm_job_spec.cache. From then on a run reads
 * there what it need not march. Any number of programs may use it at once.
 * FM_BAD_INPUT: it cannot be made or written to; a folder that fails later costs no
 * shot, only what would have been kept. */
fm_status fm_cache_open(const char *folder, char **resolved, fm_error *error);

/* March all shots of the job on the pool. The sink's error, FM_INTERRUPTED, or FM_OK
 * even if single shots failed (the sink heard of each). */
fm_status fm_forward_run(const fm_job *job, fm_pool *pool, const fm_forward_sink *sink,
                         fm_error *error);

/* About how many points all rays will have, and entries all Fréchet rows, as far as
 * they are wanted: the numbers that are not known before the run. */
typedef struct fm_ray_sizes {
    double points, entries;
} fm_ray_sizes;
fm_ray_sizes fm_forward_ray_sizes(const fm_job *job);

/* What a run will take, an estimate; nothing is run. (The size of the result file, and
 * the memory of fields that wait to be written to it, are io's to tell:
 * fm_result_bytes, fm_result_queue_bytes.) */
typedef struct fm_plan {
    size_t shots, pairs, nodes, workers;
    double memory_bytes, seconds;
} fm_plan;
fm_plan fm_forward_plan(const fm_job *job, size_t workers);

#endif
