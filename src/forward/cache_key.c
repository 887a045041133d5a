/* What a shot's result depends on, as 32 digits. Too much in the key costs a march, too
 * little gives wrong numbers; so everything that a worker is given goes in, by its
 * content and not by its name, but for what no march can see: ids, file names, the
 * other shots, and observed times unless the gradient of the misfit is wanted. A survey
 * with one source more has one new key.
 *
 * The part that all shots share (the grids of slowness, by far the largest) is hashed
 * once a run, where the job is packed. What is added to job_view and decides numbers
 * belongs here, and in tests/forward/test_cache_key.c. */
#include "cache.h"
#include "program.h" /* made by the build */

const char *fm_cache_program(void)
{
    return FM_PROGRAM;
}

static void add_choices(fm_hash *hash, const job_view *job, const char *program)
{
    const fm_solver_options *solver = &job->solver;
    const int field_width = job->want.f64 ? 8 : 4;
    const int64_t choices[] = {
        FM_CACHE_FORMAT,
        solver->order,
        solver->refine,
        solver->stop_early,
        solver->exact,
        solver->unfactored,
        job->want.fields ? field_width : 0,
        job->addend.fields,
        job->want.traced,
        job->want.rays,
        job->want.frechet,
        job->want_coverage,
        job->want_gradient,
        job->coefficients.quantity,
        job->coefficients.cushions,
    };
    fm_hash_add_text(hash, program);
    fm_hash_add(hash, choices, sizeof choices);
    fm_hash_add(hash, &job->threshold, sizeof job->threshold);
}

fm_status fm_cache_digest(const job_view *job, const char *program,
                          char digest[FM_HASH_TEXT], fm_error *error)
{
    char model[FM_HASH_TEXT], medium[FM_HASH_TEXT];
    fm_hash *hash = NULL;
    fm_status status = fm_model_digest(&job->model, model, error);
    if (status == FM_OK) {
        status = fm_medium_digest(&job->medium, medium, error);
    }
    if (status == FM_OK) {
        status = fm_hash_create(&hash, error);
    }
    if (status == FM_OK) {
        fm_hash_add_text(hash, model);
        fm_hash_add_text(hash, medium);
        add_choices(hash, job, program);
        fm_hash_text(hash, digest);
    }
    fm_hash_destroy(hash);
    return status;
}

_Static_assert(sizeof(fm_point) == 2 * sizeof(double), "points are hashed as they lie");

fm_status fm_cache_key(const char *digest, bool reciprocal, fm_point origin,
                       const fm_point *targets, const double *observed_s,
                       const double *pull, size_t n, char key[FM_HASH_TEXT],
                       fm_error *error)
{
    fm_hash *hash = NULL;
    fm_status status = fm_hash_create(&hash, error);
    if (status == FM_OK) {
        const uint64_t side = reciprocal;
        fm_hash_add_text(hash, digest);
        fm_hash_add(hash, &side, sizeof side);
        fm_hash_add(hash, &origin, sizeof origin);
        fm_hash_add(hash, targets, n * sizeof *targets);
        if (observed_s && pull) {
            fm_hash_add(hash, observed_s, n * sizeof *observed_s);
            fm_hash_add(hash, pull, n * sizeof *pull);
        }
        fm_hash_text(hash, key);
    }
    fm_hash_destroy(hash);
    return status;
}
