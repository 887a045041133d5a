/* What a run will take, told before it is run. Memory is counted, not guessed: the job
 * (twice: as read, and as the workers see it), a solver for each worker, and the
 * results in flight. Time rests on a measured constant, so it is an estimate. */
#include "forward/forward.h"

#include <math.h>

#include "cost.h"
#include "packed.h"
#include "shot_bytes.h"

/* Nanoseconds a node, second order, one core of about 2.6 GHz (bench_march). */
static double ns_a_node(fm_geometry geometry)
{
    return geometry == FM_GEOGRAPHIC ? 140 : 115;
}

/* As many as the pool keeps in flight by default. */
static double results_in_flight(const fm_job *job, size_t workers)
{
    size_t window = 2 * workers + 2;
    return (double)(window < job->shots.n ? window : job->shots.n);
}

static double memory_bytes(const fm_job *job, size_t workers)
{
    const fm_grid *grid = &job->medium.grid;
    size_t rows = job->survey.npairs / (job->shots.n > 0 ? job->shots.n : 1);
    shot_bytes result = fm_shot_bytes(rows, fm_grid_nodes(grid), job->spec.want_fields,
                                      job->spec.fields_f64);
    return 2 * fm_packed_bytes(job) + (double)workers * fm_solver_bytes(grid) +
           results_in_flight(job, workers) * (double)result.size;
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
    return whole_grid * fmax(all / (double)workers, longest);
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
