/* What makes a shot another one for the cache, and what does not. Each ingredient of
 * the key is changed alone: first in the job, with both marched, then (what a job
 * cannot change alone) in what the workers see of it. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>

#include "cache.h"
#include "cached.h"
#include "core/version.h"

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *ftw)
{
    (void)status;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* ---- jobs: three sources, two receivers, three shots ---- */

typedef void build(fm_job *job);

static void constant(fm_job *job)
{
    build_job(job, 3, 2);
    job->spec.allow_reciprocal = false;
    job->spec.spacing = (fm_spacing){.dx = 0.25, .dz = 0.25};
}

static void gradient(fm_job *job)
{
    constant(job);
    job->model.kind = FM_MODEL_GRADIENT;
    job->model.gradient_x = 0.1;
    job->model.gradient_z = 0.2;
}

static void nodes(fm_job *job)
{
    constant(job);
    build_wall(job, 21, 21); /* no wall: 4 km/s throughout */
    job->spec.spacing = (fm_spacing){.dice_x = 2, .dice_z = 2};
}

static void profile(fm_job *job)
{
    static const double depth[] = {0, 2, 2, 5}, speed[] = {3, 4, 5, 7};
    constant(job);
    job->model.kind = FM_MODEL_PROFILE;
    job->model.nknots = 4;
    job->model.depth_km = malloc(sizeof depth);
    job->model.knot_speed = malloc(sizeof speed);
    memcpy(job->model.depth_km, depth, sizeof depth);
    memcpy(job->model.knot_speed, speed, sizeof speed);
}

static void geographic(fm_job *job)
{
    constant(job);
    job->model.geometry = FM_GEOGRAPHIC;
    job->model.radius_km = 6371;
}

static void fields(fm_job *job)
{
    constant(job);
    job->spec.want_fields = true;
}

static void whole(fm_job *job)
{
    constant(job);
    job->spec.solver.stop_early = false;
}

static void whole_fields(fm_job *job)
{
    fields(job);
    job->spec.solver.stop_early = false;
}

static void at_one_point(fm_job *job) /* so that only the side differs */
{
    build_job(job, 1, 1);
    job->spec.allow_reciprocal = false;
    job->survey.receivers.point[0] = job->survey.sources.point[0];
}

/* ---- changes ---- */

static void speed(fm_job *job)
{
    job->model.speed = nextafter(4, 5);
}

static void gradient_x(fm_job *job)
{
    job->model.gradient_x = 0.11;
}

static void gradient_z(fm_job *job)
{
    job->model.gradient_z = 0.21;
}

static void a_value(fm_job *job)
{
    job->model.values[200] = nextafter(4, 5);
}

static void a_mask(fm_job *job)
{
    job->model.values[105] = NAN;
}

static void interpolation(fm_job *job)
{
    job->model.interpolation = FM_CUBIC;
}

static void a_knot(fm_job *job)
{
    job->model.depth_km[1] = job->model.depth_km[2] = 2.001;
}

static void a_knots_speed(fm_job *job)
{
    job->model.knot_speed[2] = nextafter(5, 6);
}

static void extent(fm_job *job)
{
    job->model.x_max = 10.5;
}

static void geometry(fm_job *job)
{
    job->model.geometry = FM_GEOGRAPHIC;
    job->model.radius_km = 6371;
}

static void radius(fm_job *job)
{
    job->model.radius_km = 6370;
}

static void spacing(fm_job *job)
{
    job->spec.spacing.dz = 0.2;
}

static void order(fm_job *job)
{
    job->spec.solver.order = 1;
}

static void refine(fm_job *job)
{
    job->spec.solver.refine = 2;
}

static void stop_early(fm_job *job)
{
    job->spec.solver.stop_early = true;
}

static void exact(fm_job *job)
{
    job->spec.solver.exact = true;
}

static void unfactored(fm_job *job)
{
    job->spec.solver.unfactored = true;
}

static void want_fields(fm_job *job)
{
    job->spec.want_fields = true;
}

static void want_sum(fm_job *job)
{
    job->spec.want_sum = true;
}

static void f64(fm_job *job)
{
    job->spec.fields_f64 = true;
}

static void a_source(fm_job *job)
{
    job->survey.sources.point[1].x += 1e-6;
}

static void a_receiver(fm_job *job)
{
    job->survey.receivers.point[1].z -= 1e-6;
}

static void receivers_swapped(fm_job *job)
{
    fm_point first = job->survey.receivers.point[0];
    job->survey.receivers.point[0] = job->survey.receivers.point[1];
    job->survey.receivers.point[1] = first;
}

static void a_pair_less(fm_job *job)
{
    job->survey.npairs--; /* of the last source */
}

static void nothing(fm_job *job)
{
    (void)job;
}

static void an_id(fm_job *job)
{
    job->survey.sources.id[0][0] = 'Q';
    job->survey.receivers.id[1][0] = 'P';
}

static void observed_times(fm_job *job)
{
    job->survey.observed_s = calloc(job->survey.npairs, sizeof(double));
    job->survey.sigma_s = calloc(job->survey.npairs, sizeof(double));
}

static void names(fm_job *job)
{
    job->spec.path = strdup("other.yaml");
    job->spec.output = strdup("other.h5");
    job->spec.model_file = strdup("other.csv");
}

static void unit_of_lengths(fm_job *job)
{
    job->spec.length_scale = 0.001;
    job->survey.length_scale = 0.001;
}

static void a_source_more_in_front(fm_job *job)
{
    fm_survey *survey = &job->survey;
    fm_survey_clear(survey);
    survey->length_scale = 1;
    build_line(&survey->sources, "S", 3, 0.2);
    build_line(&survey->receivers, "R", 2, 4.9);
    fm_stations *sources = &survey->sources;
    sources->n = 4;
    sources->id = realloc(sources->id, 4 * sizeof *sources->id);
    sources->point = realloc(sources->point, 4 * sizeof *sources->point);
    sources->id[3] = sources->id[0];
    sources->point[3] = sources->point[0];
    sources->id[0] = strdup("new");
    sources->point[0] = (fm_point){7, 1};
    assert_int_equal(fm_survey_pair_all(survey, NULL), FM_OK);
}

typedef struct trial {
    const char *name;
    build *base, *change;
    size_t hits; /* of the changed job, after the base job has run */
} trial;

static found run_of(build *base, build *change, const char *folder)
{
    fm_job job;
    found f;
    base(&job);
    change(&job);
    assert_int_equal(fm_cache_open(folder, &job.spec.cache, NULL), FM_OK);
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    assert_int_equal(found_run(&job, "serial", &f), FM_OK);
    assert_int_equal(f.failed + f.damaged + f.not_kept, 0);
    fm_job_clear(&job);
    free(f.bytes);
    return f;
}

static void try_all(const trial *trials, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const trial *t = &trials[i];
        char folder[] = "/tmp/fermat-test-XXXXXX";
        assert_non_null(mkdtemp(folder));
        found first = run_of(t->base, nothing, folder);
        found again = run_of(t->base, nothing, folder);
        found other = run_of(t->base, t->change, folder);
        assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
        assert_int_equal(first.hits, 0);
        assert_int_equal(again.hits, first.shots);
        if (other.hits != t->hits) {
            fail_msg("%s changed: %zu shots from the cache instead of %zu", t->name,
                     other.hits, t->hits);
        }
    }
}

static void what_decides_the_numbers_makes_another_shot(void **state)
{
    (void)state;
    static const trial trials[] = {
        {"the speed", constant, speed, 0},
        {"the gradient along x", gradient, gradient_x, 0},
        {"the gradient along z", gradient, gradient_z, 0},
        {"a value of the model", nodes, a_value, 0},
        {"a mask", nodes, a_mask, 0},
        {"the interpolation", nodes, interpolation, 0},
        {"the depth of an interface", profile, a_knot, 0},
        {"the speed below an interface", profile, a_knots_speed, 0},
        {"the extent", constant, extent, 0},
        {"the geometry", constant, geometry, 0},
        {"the radius", geographic, radius, 0},
        {"the spacing", constant, spacing, 0},
        {"the order", constant, order, 0},
        {"the refinement", constant, refine, 0},
        {"the early stop", whole, stop_early, 0},
        {"the exact order", constant, exact, 0},
        {"the factoring", constant, unfactored, 0},
        {"the wish for fields", constant, want_fields, 0},
        {"the wish for the sum", fields, want_sum, 0},
        {"the precision of fields", fields, f64, 0},
        {"one source", constant, a_source, 2},
        {"one receiver", constant, a_receiver, 0},
        {"the order of the receivers", constant, receivers_swapped, 0},
        {"the receivers of one source", constant, a_pair_less, 2},
    };
    try_all(trials, sizeof trials / sizeof *trials);
}

static void what_no_march_can_see_makes_no_other_shot(void **state)
{
    (void)state;
    static const trial trials[] = {
        {"nothing", profile, nothing, 3},
        {"ids", constant, an_id, 3},
        {"observed times", constant, observed_times, 3},
        {"names of files", constant, names, 3},
        {"the unit of the files", constant, unit_of_lengths, 3},
        {"the precision without fields", constant, f64, 3},
        {"the early stop with fields", whole_fields, stop_early, 3},
        {"one source more", constant, a_source_more_in_front, 3},
    };
    try_all(trials, sizeof trials / sizeof *trials);
}

/* ---- what the workers see ---- */

typedef void tamper(job_view *view);

static void medium_slowness(job_view *v)
{
    v->medium.slowness[7] = nextafter(v->medium.slowness[7], 1);
}

static void medium_mask(job_view *v)
{
    v->medium.slowness[7] = INFINITY;
}

static void medium_beyond(job_view *v)
{
    v->medium.slowness_beyond[3] = nextafter(v->medium.slowness_beyond[3], 1);
}

static void medium_interface(job_view *v)
{
    v->medium.interface_row[0]++;
}

static void medium_without_interface(job_view *v)
{
    v->medium.ninterfaces = 0;
}

static void grid_row(job_view *v)
{
    v->medium.grid.z[3] = nextafter(v->medium.grid.z[3], 0);
}

static void grid_x0(job_view *v)
{
    v->medium.grid.x0 += 1;
}

static void grid_dx(job_view *v)
{
    v->medium.grid.dx = nextafter(v->medium.grid.dx, 1);
}

static void grid_shape(job_view *v)
{
    v->medium.grid.nx = v->medium.grid.nx - 1;
}

static void grid_radius(job_view *v)
{
    v->medium.grid.radius_km += 1;
}

static void grid_geometry(job_view *v)
{
    v->medium.grid.geometry = FM_POLAR;
}

static void model_knot(job_view *v)
{
    v->model.knot_speed[3] = nextafter(v->model.knot_speed[3], 9);
}

static void model_kind(job_view *v)
{
    v->model.kind = FM_MODEL_CONSTANT;
}

static void solver_order(job_view *v)
{
    v->solver.order = 1;
}

static void solver_refine(job_view *v)
{
    v->solver.refine = 0;
}

static void solver_stop(job_view *v)
{
    v->solver.stop_early = !v->solver.stop_early;
}

static void solver_exact(job_view *v)
{
    v->solver.exact = !v->solver.exact;
}

static void solver_unfactored(job_view *v)
{
    v->solver.unfactored = !v->solver.unfactored;
}

static void wants_fields(job_view *v)
{
    v->want.fields = !v->want.fields;
}

static void wants_sum(job_view *v)
{
    v->addend.fields = !v->addend.fields;
}

static void wants_traced(job_view *v)
{
    v->want.traced = !v->want.traced;
}

static void wants_rays(job_view *v)
{
    v->want.rays = !v->want.rays;
}

static void wants_frechet(job_view *v)
{
    v->want.frechet = !v->want.frechet;
}

static void wants_coverage(job_view *v)
{
    v->want_coverage = !v->want_coverage;
}

static void wants_gradient(job_view *v)
{
    v->want_gradient = !v->want_gradient;
}

static void wants_slowness(job_view *v)
{
    v->coefficients.quantity = FM_SLOWNESS;
}

static void wants_cushions(job_view *v)
{
    v->coefficients.cushions = true;
}

static void wants_less(job_view *v)
{
    v->threshold = 1e-3;
}

static void digest_of(const job_view *view, const char *version,
                      char digest[FM_HASH_TEXT])
{
    assert_int_equal(fm_cache_digest(view, version, digest, NULL), FM_OK);
    assert_int_equal(strlen(digest), FM_HASH_TEXT - 1);
}

static fm_bytes packed_profile(job_view *view)
{
    fm_job job;
    fm_bytes bytes;
    profile(&job);
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    assert_int_equal(fm_packed_create(&job, &bytes, NULL), FM_OK);
    assert_int_equal(fm_packed_view(bytes, view, NULL), FM_OK);
    fm_job_clear(&job);
    return bytes;
}

static void everything_that_a_worker_is_given_counts(void **state)
{
    (void)state;
    static tamper *const tampers[] = {medium_slowness,
                                      medium_mask,
                                      medium_beyond,
                                      medium_interface,
                                      medium_without_interface,
                                      grid_row,
                                      grid_x0,
                                      grid_dx,
                                      grid_shape,
                                      grid_radius,
                                      grid_geometry,
                                      model_knot,
                                      model_kind,
                                      solver_order,
                                      solver_refine,
                                      solver_stop,
                                      solver_exact,
                                      solver_unfactored,
                                      wants_fields,
                                      wants_sum,
                                      wants_traced,
                                      wants_rays,
                                      wants_frechet,
                                      wants_coverage,
                                      wants_gradient,
                                      wants_slowness,
                                      wants_cushions,
                                      wants_less};
    for (size_t i = 0; i < sizeof tampers / sizeof *tampers; i++) {
        job_view view;
        char before[FM_HASH_TEXT], after[FM_HASH_TEXT];
        fm_bytes bytes = packed_profile(&view);
        digest_of(&view, "1.2.3", before);
        tampers[i](&view);
        digest_of(&view, "1.2.3", after);
        if (strcmp(before, after) == 0) {
            fail_msg("change %zu did not change the digest", i);
        }
        free((void *)bytes.data);
    }
}

static void another_program_has_other_keys(void **state)
{
    (void)state;
    job_view view;
    char one[FM_HASH_TEXT], same[FM_HASH_TEXT], other[FM_HASH_TEXT];
    fm_bytes bytes = packed_profile(&view);
    digest_of(&view, "1.2.3", one);
    digest_of(&view, "1.2.3", same);
    digest_of(&view, "1.2.4", other);
    assert_string_equal(one, same);
    assert_string_not_equal(one, other);
    assert_string_equal(view.digest, "");
    free((void *)bytes.data);
}

static void this_program_is_its_version_and_its_sources(void **state)
{
    (void)state;
    size_t version = strlen(fm_version());
    assert_memory_equal(fm_cache_program(), fm_version(), version);
    assert_int_equal(fm_cache_program()[version], ' ');
    assert_int_equal(strlen(fm_cache_program()), version + 1 + 64);
}

static void a_key_is_of_the_digest_the_side_and_every_point(void **state)
{
    (void)state;
    const fm_point a = {1, 2}, b = {2, 1}, targets[] = {{1, 2}, {3, 4}, {5, 6}};
    const fm_point others[] = {{3, 4}, {1, 2}, {5, 6}};
    const double times[] = {1, 2, 3, 4};
    struct {
        const char *digest;
        bool reciprocal;
        fm_point origin;
        const fm_point *targets;
        size_t n;
        const double *observed, *pull;
    } shots[] = {
        {"x", false, a, targets, 3, NULL, NULL},
        {"y", false, a, targets, 3, NULL, NULL},
        {"x", true, a, targets, 3, NULL, NULL},
        {"x", false, b, targets, 3, NULL, NULL},
        {"x", false, a, targets, 2, NULL, NULL},
        {"x", false, a, others, 3, NULL, NULL},
        {"x", false, a, NULL, 0, NULL, NULL},
        {"x", false, a, targets + 1, 2, NULL, NULL},
        {"x", false, a, targets, 3, times, times},
        {"x", false, a, targets, 3, times, times + 1},
        {"x", false, a, targets, 3, times + 1, times},
    };
    /* What was observed counts where a gradient is wanted. */
    enum { SHOTS = sizeof shots / sizeof *shots };
    char key[SHOTS][FM_HASH_TEXT];
    for (size_t i = 0; i < SHOTS; i++) {
        assert_int_equal(fm_cache_key(shots[i].digest, shots[i].reciprocal,
                                      shots[i].origin, shots[i].targets,
                                      shots[i].observed, shots[i].pull, shots[i].n,
                                      key[i], NULL),
                         FM_OK);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(key[i], key[j]);
        }
    }
}

/* The kernel asks with its own side: the same points marched from the receivers. */
static void marches_from_the_receivers_are_other_shots(void **state)
{
    (void)state;
    char folder[] = "/tmp/fermat-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    fm_job job;
    found f[2];
    at_one_point(&job);
    assert_int_equal(fm_cache_open(folder, &job.spec.cache, NULL), FM_OK);
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    for (int side = 0; side < 2; side++) {
        job.shots.reciprocal = side;
        assert_int_equal(found_run(&job, "serial", &f[side]), FM_OK);
        assert_int_equal(f[side].hits, 0);
        free(f[side].bytes);
    }
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    fm_job_clear(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_decides_the_numbers_makes_another_shot),
        cmocka_unit_test(what_no_march_can_see_makes_no_other_shot),
        cmocka_unit_test(everything_that_a_worker_is_given_counts),
        cmocka_unit_test(another_program_has_other_keys),
        cmocka_unit_test(this_program_is_its_version_and_its_sources),
        cmocka_unit_test(a_key_is_of_the_digest_the_side_and_every_point),
        cmocka_unit_test(marches_from_the_receivers_are_other_shots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
