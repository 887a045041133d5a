/* How much of the grid a shot will march. A march over the whole grid is 1. One that
 * stops early has gone, when it has come to its farthest receiver, about as far in
 * every direction; the share is that of the square around the source that reaches so
 * far, cut off at the edges of the grid. It orders the shots, longest first, and
 * weights the time to go; no result depends on it. */
#include "cost.h"

#include <math.h>

#include "forward/forward.h"

static double farthest_km(const fm_job *job, size_t s)
{
    const fm_shot *shot = &job->shots.shot[s];
    fm_point origin = fm_shots_origin(&job->shots, &job->survey, s);
    double farthest = 0;
    for (size_t r = shot->begin; r < shot->end; r++) {
        fm_point target = fm_shots_target(&job->shots, &job->survey, job->shots.row[r]);
        farthest = fmax(farthest, fm_distance(&job->medium.grid, origin, target));
    }
    return farthest;
}

/* The part of a line through `origin`, from edge to edge, within `reach` of it. */
static double share_of_line(const fm_grid *grid, fm_point origin, fm_point low,
                            fm_point high, double reach)
{
    double before = fm_distance(grid, origin, low);
    double after = fm_distance(grid, origin, high);
    double all = before + after;
    return all > 0 ? (fmin(before, reach) + fmin(after, reach)) / all : 1;
}

double fm_shot_share(const fm_job *job, size_t s)
{
    if (!fm_job_solver_options(&job->spec).stop_early) {
        return 1;
    }
    const fm_grid *grid = &job->medium.grid;
    fm_point at = fm_shots_origin(&job->shots, &job->survey, s);
    double reach = farthest_km(job, s);
    fm_point west = {grid->x0, at.z}, east = {fm_grid_x_max(grid), at.z};
    fm_point first = {at.x, grid->z[0]}, last = {at.x, grid->z[grid->nz - 1]};
    double share = share_of_line(grid, at, west, east, reach) *
                   share_of_line(grid, at, first, last, reach);
    return fmax(share, 1 / (double)fm_grid_nodes(grid));
}

/* A ray has about a point for each step of the grid, and goes a tenth further than the
 * crow flies. */
static double ray_points(const fm_job *job, size_t pair)
{
    const fm_grid *grid = &job->medium.grid;
    const fm_survey *survey = &job->survey;
    fm_point from = survey->sources.point[survey->pair_source[pair]];
    fm_point to = survey->receivers.point[survey->pair_receiver[pair]];
    double columns = fabs(from.x - to.x) / grid->dx;
    double height = grid->z[grid->nz - 1] - grid->z[0];
    double rows = fabs(from.z - to.z) / height * (double)(grid->nz - 1);
    return 1.1 * hypot(columns, rows) + 2;
}

/* The band of coefficients around a ray is some six wide; cosines are everywhere. */
static double row_entries(const fm_job *job, double points)
{
    const fm_coefficients *of = &job->coefficients;
    double all = (double)of->nx * (double)of->nz;
    double columns = (double)of->nx / (double)job->medium.grid.nx;
    double rows = (double)of->nz / (double)job->medium.grid.nz;
    if (job->model.kind == FM_MODEL_COSINES) {
        return all;
    }
    return fmin(all, 6 * (points * fmax(columns, rows) + 4));
}

double fm_rays_points(const fm_job *job)
{
    double points = 0;
    bool any = fm_job_wants_rays_traced(&job->spec);
    for (size_t p = 0; any && p < job->survey.npairs; p++) {
        points += ray_points(job, p);
    }
    return points;
}

fm_ray_sizes fm_forward_ray_sizes(const fm_job *job)
{
    const fm_job_spec *spec = &job->spec;
    fm_ray_sizes sizes = {0};
    bool any = spec->want_rays || spec->want_frechet;
    for (size_t p = 0; any && p < job->survey.npairs; p++) {
        double points = ray_points(job, p);
        sizes.points += spec->want_rays ? points : 0;
        sizes.entries += spec->want_frechet ? row_entries(job, points) : 0;
    }
    return sizes;
}
