/* What a run tells: enough to see at a glance whether it is the run that was meant, and
 * whether its numbers make sense. One aligned word a line, so that scripts can cut. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "quantity.h"

static const char *model_name(const fm_job_spec *spec)
{
    if (spec->model_file) {
        return spec->model_file;
    }
    return spec->constant ? "constant speed" : "speed gradient";
}

/* An axis in the user's own units: metres if the job was in metres. */
typedef struct axis {
    const char *name, *unit;
    double scale;
} axis;

static axis axis_of(const char *name, const char *unit, const fm_job *job)
{
    bool metres = job->spec.length_scale == 0.001 && strcmp(unit, "km") == 0;
    return metres ? (axis){name, "m", 1000} : (axis){name, unit, 1};
}

static axis x_axis(const fm_job *job)
{
    fm_geometry geometry = job->medium.grid.geometry;
    return axis_of(fm_geometry_x_name(geometry), fm_geometry_x_unit(geometry), job);
}

static axis z_axis(const fm_job *job)
{
    fm_geometry geometry = job->medium.grid.geometry;
    return axis_of(fm_geometry_z_name(geometry), fm_geometry_z_unit(geometry), job);
}

static void print_range(const axis *a, double low, double high)
{
    printf(", %s %.6g to %.6g %s", a->name, low * a->scale, high * a->scale, a->unit);
}

/* Rows lie at equal steps but for profiles, whose layers have their own. */
static void print_grid(const fm_job *job)
{
    const fm_grid *grid = &job->medium.grid;
    axis x = x_axis(job), z = z_axis(job);
    double least = INFINITY, most = 0;
    for (size_t k = 0; k + 1 < grid->nz; k++) {
        least = fmin(least, grid->z[k + 1] - grid->z[k]);
        most = fmax(most, grid->z[k + 1] - grid->z[k]);
    }
    printf("grid      %zu x %zu = %zu nodes, steps of %.6g %s in %s and ", grid->nx,
           grid->nz, fm_grid_nodes(grid), grid->dx * x.scale, x.unit, x.name);
    if (most - least > 1e-6 * most) {
        printf("%.6g to ", least * z.scale);
    }
    printf("%.6g %s in %s\n", most * z.scale, z.unit, z.name);
}

static void print_model(const fm_job *job)
{
    const fm_grid *grid = &job->medium.grid;
    axis x = x_axis(job), z = z_axis(job);
    printf("model     %s, %s", model_name(&job->spec),
           fm_geometry_name(grid->geometry));
    print_range(&x, grid->x0, fm_grid_x_max(grid));
    print_range(&z, grid->z[0], grid->z[grid->nz - 1]);
    printf("\n");
    print_grid(job);
}

static size_t sources_with_pairs(const fm_survey *survey)
{
    size_t n = survey->npairs > 0;
    for (size_t p = 1; p < survey->npairs; p++) {
        n += survey->pair_source[p] != survey->pair_source[p - 1];
    }
    return n;
}

static void print_wants_of_pairs(const fm_job *job)
{
    const fm_job_spec *spec = &job->spec;
    const struct {
        bool wanted;
        const char *words;
    } wants[] = {{spec->want_rays, "rays"},
                 {spec->want_frechet, "Fréchet derivatives"},
                 {spec->want_misfit, "misfits"},
                 {spec->want_gradient, "the gradient of the misfit"},
                 {spec->want_coverage, "the coverage by rays"}};
    const char *before = "          with ";
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
        if (wants[i].wanted) {
            printf("%s%s", before, wants[i].words);
            before = ", ";
        }
    }
    if (fm_job_wants_coefficients(spec)) {
        const fm_coefficients *of = &job->coefficients;
        printf(", by %zu x %zu %s", of->nx, of->nz,
               of->quantity == FM_SPEED ? "speeds" : "slownesses");
    }
    if (strcmp(before, ", ") == 0) {
        printf("\n");
    }
}

static void print_survey(const fm_job *job)
{
    const fm_survey *survey = &job->survey;
    printf("survey    %zu source%s, %zu receiver%s, %zu pair%s\n", survey->sources.n,
           plural(survey->sources.n), survey->receivers.n, plural(survey->receivers.n),
           survey->npairs, plural(survey->npairs));
    if (job->shots.reciprocal) {
        printf("          marching from the receivers (reciprocity): %zu march%s "
               "instead of %zu\n",
               job->shots.n, job->shots.n == 1 ? "" : "es", sources_with_pairs(survey));
    }
    if (job->spec.want_fields) {
        printf("          with the field of every source, %s\n",
               job->spec.fields_f64 ? "f64" : "f32");
    }
    if (job->spec.want_sum) {
        printf("          with the sum of the fields over the sources, their mean and "
               "deviation\n");
    }
    print_wants_of_pairs(job);
}

void report_start(const report *r, const char *backend, size_t workers)
{
    if (r->quiet) {
        return;
    }
    print_model(r->job);
    print_survey(r->job);
    printf("running   %s, %zu worker%s\n", backend, workers, plural(workers));
    fflush(stdout);
}

static void compare(report *r, size_t pair, double time_s)
{
    const double *observed = r->job->survey.observed_s;
    if (!observed || !isfinite(observed[pair])) {
        return;
    }
    const double *sigmas = r->job->survey.sigma_s;
    double sigma = sigmas && isfinite(sigmas[pair]) ? sigmas[pair] : 1;
    double difference = fabs(time_s - observed[pair]);
    r->misfit += 0.5 * (difference / sigma) * (difference / sigma);
    r->compared++;
    r->sum_difference += difference;
    r->sum_square += difference * difference;
    /* A tie goes to the first pair: the report must not depend on who was faster. */
    if (difference > r->worst || r->compared == 1 ||
        (difference == r->worst && pair < r->worst_pair)) {
        r->worst = difference;
        r->worst_pair = pair;
    }
}

static void add_cache(report *r, const fm_shot_result *result)
{
    r->cached += result->from_cache;
    r->damaged += result->entry_damaged;
    if (result->not_kept != 0) {
        r->not_kept_why = r->not_kept ? r->not_kept_why : result->not_kept;
        r->not_kept++;
    }
}

static void add_ray(report *r, const fm_shot_result *result, size_t row)
{
    double time = result->time_s[row], along = result->rays.time_s[row];
    r->ray[result->rays.status[row]]++;
    if (isfinite(along) && time > 0) {
        double difference = fabs(along - time) / time;
        r->ray_difference += difference;
        r->ray_worst = fmax(r->ray_worst, difference);
        r->ray_compared++;
    }
}

void report_add(report *r, const fm_shot_result *result)
{
    if (result->status != FM_OK) {
        r->failed++;
        return;
    }
    r->done++;
    if (!result->from_cache) {
        r->busy_s += result->seconds;
        r->nodes += (double)result->nodes;
    }
    add_cache(r, result);
    for (size_t i = 0; i < result->n; i++) {
        if (result->pair_status[i] == FM_PAIR_REACHED) {
            r->reached++;
            compare(r, result->row[i], result->time_s[i]);
        } else {
            r->unreachable++;
        }
        if (result->rays.status) {
            add_ray(r, result, i);
        }
    }
}

static void print_rays(const report *r)
{
    const size_t *ray = r->ray;
    size_t traced = ray[FM_RAY_REACHED] + ray[FM_RAY_ALONG_EDGE] + ray[FM_RAY_FALLBACK];
    printf("rays      %zu to their sources (%zu in part along edges, %zu by fallback), "
           "%zu failed",
           traced, ray[FM_RAY_ALONG_EDGE], ray[FM_RAY_FALLBACK], ray[FM_RAY_FAILED]);
    if (r->ray_compared > 0) {
        printf("; their times\n          within %.2g of the arrivals on average, %.2g "
               "at worst",
               r->ray_difference / (double)r->ray_compared, r->ray_worst);
    }
    printf("\n");
}

static void print_comparison(const report *r)
{
    const fm_survey *survey = &r->job->survey;
    double n = (double)r->compared;
    printf("observed  %zu time%s to compare: |difference| %.3g s on average, RMS %.3g "
           "s,\n          worst %.3g s (source '%s', receiver '%s')\n",
           r->compared, plural(r->compared), r->sum_difference / n,
           sqrt(r->sum_square / n), r->worst,
           survey->sources.id[survey->pair_source[r->worst_pair]],
           survey->receivers.id[survey->pair_receiver[r->worst_pair]]);
}

static void print_cache(const report *r)
{
    size_t all = r->job->shots.n;
    printf("cached    %zu of %zu shot%s\n", r->cached, all, plural(all));
    if (r->damaged > 0) {
        printf("          %zu damaged entr%s marched anew\n", r->damaged,
               r->damaged == 1 ? "y was" : "ies were");
    }
    if (r->not_kept > 0) {
        printf("          %zu could not be kept in %s: %s\n", r->not_kept,
               r->job->spec.cache, strerror(r->not_kept_why));
    }
}

void report_end(const report *r, double elapsed_s, const char *output, double size)
{
    if (r->quiet) {
        return;
    }
    size_t all = r->job->shots.n;
    printf("done      %zu of %zu shot%s in %s", r->done, all, plural(all),
           duration_text(elapsed_s).text);
    if (r->done > 0 && elapsed_s > 0) {
        printf(": %.3g shots/s", (double)r->done / elapsed_s);
    }
    if (r->nodes > 0) {
        printf(", %.0f ns a node", r->busy_s * 1e9 / r->nodes);
    }
    printf("\n");
    if (r->job->spec.cache) {
        print_cache(r);
    }
    printf("pairs     %zu reached, %zu unreachable", r->reached, r->unreachable);
    if (r->done < all) {
        printf(", %zu not done", r->job->survey.npairs - r->reached - r->unreachable);
    }
    printf("\n");
    if (fm_job_wants_rays_traced(&r->job->spec)) {
        print_rays(r);
    }
    if (r->compared > 0) {
        print_comparison(r);
    }
    if (r->job->spec.want_misfit || r->job->spec.want_gradient) {
        printf("misfit    %.6g of %zu times\n", r->misfit, r->compared);
    }
    printf("output    %s", output);
    if (size >= 0) {
        printf(", %s", bytes_text(size).text);
    }
    printf("\n");
}

void report_plan(const report *r, const fm_plan *plan, const char *backend,
                 const char *output, double output_bytes)
{
    print_model(r->job);
    print_survey(r->job);
    printf("plan      %zu shot%s of %zu nodes, %zu pair%s\n", plan->shots,
           plural(plan->shots), plan->nodes, plan->pairs, plural(plan->pairs));
    printf("workers   %zu (%s)\n", plan->workers, backend);
    printf("memory    about %s\n", bytes_text(plan->memory_bytes).text);
    printf("output    %s, about %s\n", output, bytes_text(output_bytes).text);
    printf("time      about %s (an estimate)\n", duration_text(plan->seconds).text);
    printf("Nothing was run and nothing written.\n");
}

const char *report_origin_kind(const fm_job *job)
{
    return job->shots.reciprocal ? "receiver" : "source";
}

const char *report_origin_id(const fm_job *job, size_t shot)
{
    size_t origin = job->shots.shot[shot].origin;
    return job->shots.reciprocal ? job->survey.receivers.id[origin]
                                 : job->survey.sources.id[origin];
}
