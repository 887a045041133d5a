/* What a run will take, told before it is run. Memory is counted, not guessed: the
 * program itself, the job (its model twice: as read, and as the workers see it), a
 * solver for each worker, the results in flight, and what the result file keeps until
 * its end. Time rests on a measured constant, so it is an estimate. */
#include "forward/forward.h"

#include <math.h>

#include "addend.h"
#include "cost.h"
#include "packed.h"
#include "shot_bytes.h"
#include "traces.h"

/* The program with its libraries, before it has read anything. */
static const double program_bytes = 17e6;

/* Nanoseconds a node, second order, one core of about 2.6 GHz that shares its memory
 * with others at work. It includes what surrounds the march: the grids around the
 * source, reading the receivers' times, handing the result over. (The march alone, on
 * an idle machine, takes three quarters of it: bench_march.) */
static double ns_a_node(fm_geometry geometry)
{
    return geometry == FM_GEOGRAPHIC ? 90 : 75;
}

/* Of a ray, with what it takes from nodes and coefficients, likewise. */
static const double ns_a_point = 600;

/* As many as the pool keeps in flight by default. */
static double results_in_flight(const fm_job *job, size_t workers)
{
    size_t window = 2 * workers + 2;
    return (double)(window < job->shots.n ? window : job->shots.n);
}

/* Of a pair: source and receiver, its place in the order of the shots, what was
 * observed; and its time and status, which the result file writes at its end. Of a
 * field written only a digest is kept. */
static double table_bytes(const fm_job *job)
{
    const fm_survey *survey = &job->survey;
    double pair = 3 * sizeof(size_t) + sizeof(double) + 1;
    pair += survey->observed_s ? sizeof(double) : 0;
    pair += survey->sigma_s ? sizeof(double) : 0;
    double stations = (double)(survey->sources.n + survey->receivers.n);
    double fields = job->spec.want_fields ? 33 * (double)survey->sources.n : 0;
    double record = 64 * (double)job->shots.n; /* of how each went */
    pair += fm_job_wants_rays_traced(&job->spec) ? 17 : 0;
    pair += job->spec.want_rays ? 16 : 0;
    pair += job->spec.want_frechet ? 16 : 0;
    return pair * (double)survey->npairs + 64 * stations + fields + record;
}

/* Of the sum over sources: its total, and for each worker what it has added up so far
 * and what it is about to add. */
static double sum_bytes(const fm_job *job, size_t workers)
{
    fm_addend addend = fm_addend_of(job);
    double worker = sizeof(fm_fixed) + sizeof(double);
    return (double)fm_addend_at(&addend).size *
           (sizeof(fm_fixed) + (double)workers * worker);
}

static double run_bytes(const fm_job *job, size_t workers)
{
    const fm_grid *grid = &job->medium.grid;
    size_t shots = job->shots.n > 0 ? job->shots.n : 1;
    shot_wants want = fm_shot_wants(&job->spec);
    fm_ray_sizes rays = fm_forward_ray_sizes(job);
    const shot_counts counts = {.rows = job->survey.npairs / shots,
                                .nodes = fm_grid_nodes(grid),
                                .points = (size_t)rays.points / shots,
                                .entries = (size_t)rays.entries / shots};
    shot_bytes result = fm_shot_bytes(&want, &counts);
    fm_solver_options options = fm_job_solver_options(&job->spec);
    double worker = fm_solver_bytes(&job->medium, &job->model, &options);
    if (want.traced) {
        worker += fm_tracer_bytes(&job->medium) + (double)result.size;
    }
    double shared = fm_packed_bytes(job);
    double as_read = shared - (double)job->survey.npairs * sizeof(uint32_t);
    return as_read + shared + table_bytes(job) + sum_bytes(job, workers) +
           (double)workers * worker +
           results_in_flight(job, workers) * (double)result.size;
}

/* A table of pairs is sorted while it is read, which takes more than to have it. */
static double reading_bytes(const fm_job *job)
{
    double pair = 54;
    pair += job->survey.observed_s ? sizeof(double) : 0;
    pair += job->survey.sigma_s ? sizeof(double) : 0;
    return job->spec.pairs ? pair * (double)job->survey.npairs : 0;
}

static double memory_bytes(const fm_job *job, size_t workers)
{
    return program_bytes + fmax(run_bytes(job, workers), reading_bytes(job));
}

/* Shots do not split: no run is shorter than its longest shot. */
static double march_seconds(const fm_job *job, size_t workers)
{
    double all = 0, longest = 0;
    for (size_t s = 0; s < job->shots.n; s++) {
        double share = fm_shot_share(job, s);
        all += share;
        longest = fmax(longest, share);
    }
    double whole_grid = (double)fm_grid_nodes(&job->medium.grid) *
                        ns_a_node(job->medium.grid.geometry) * 1e-9;
    double rays = fm_rays_points(job) * ns_a_point * 1e-9 / (double)workers;
    double adjoint = job->spec.want_gradient ? 2 : 1; /* as long as the march */
    return adjoint * whole_grid * fmax(all / (double)workers, longest) + rays;
}

fm_plan fm_forward_plan(const fm_job *job, size_t workers)
{
    return (fm_plan){
        .shots = job->shots.n,
        .pairs = job->survey.npairs,
        .nodes = fm_grid_nodes(&job->medium.grid),
        .workers = workers,
        .memory_bytes = memory_bytes(job, workers),
        .seconds = march_seconds(job, workers),
    };
}
