/* What of a result file is written after it has been laid out, and how large the whole
 * will be: what can be said of the file before it exists. */
#include <string.h>

#include "fields.h"
#include "io/result.h"
#include "result_layout.h"

bool fm_layout_has_pairs(const fm_job *job)
{
    return fm_later_wanted(job, FM_LATER_ARRIVAL) ||
           fm_later_wanted(job, FM_LATER_RAY_STATUS);
}

bool fm_later_wanted(const fm_job *job, fm_later which)
{
    switch (which) {
    case FM_LATER_SPEED_BEYOND:
        return job->medium.ninterfaces > 0;
    case FM_LATER_ARRIVAL:
    case FM_LATER_ARRIVAL_STATUS:
        return job->spec.want_times && job->survey.npairs > 0;
    case FM_LATER_FIELDS:
        return job->spec.want_fields;
    case FM_LATER_SUM:
    case FM_LATER_SQUARE_SUM:
    case FM_LATER_COUNT:
    case FM_LATER_MEAN:
    case FM_LATER_DEVIATION:
    case FM_LATER_SUM_SHOTS:
        return job->spec.want_sum;
    case FM_LATER_RAY_STATUS:
    case FM_LATER_RAY_TIME:
    case FM_LATER_RAY_LENGTH:
        return fm_job_wants_rays_traced(&job->spec) && job->survey.npairs > 0;
    case FM_LATER_MISFIT:
    case FM_LATER_MISFIT_SUM:
    case FM_LATER_MISFIT_PAIRS:
        return job->spec.want_misfit || job->spec.want_gradient;
    case FM_LATER_GRADIENT:
        return job->spec.want_gradient;
    case FM_LATER_COVERAGE:
        return job->spec.want_coverage;
    default:
        return true;
    }
}

const char *fm_later_name(fm_later which)
{
    static const char *const name[FM_LATER_KINDS] = {
        [FM_LATER_SPEED] = "speed",
        [FM_LATER_SPEED_BEYOND] = "speed_beyond",
        [FM_LATER_SOURCE_STATUS] = "source_status",
        [FM_LATER_ARRIVAL] = "arrival",
        [FM_LATER_ARRIVAL_STATUS] = "arrival_status",
        [FM_LATER_FIELDS] = "traveltime",
        [FM_LATER_SUM] = "traveltime_sum",
        [FM_LATER_SQUARE_SUM] = "traveltime_square_sum",
        [FM_LATER_COUNT] = "traveltime_count",
        [FM_LATER_MEAN] = "traveltime_mean",
        [FM_LATER_DEVIATION] = "traveltime_deviation",
        [FM_LATER_SUM_SHOTS] = "traveltime_sum_sources",
        [FM_LATER_RAY_STATUS] = "ray_status",
        [FM_LATER_RAY_TIME] = "ray_time",
        [FM_LATER_RAY_LENGTH] = "ray_length",
        [FM_LATER_MISFIT] = "misfit",
        [FM_LATER_MISFIT_SUM] = "misfit_sum",
        [FM_LATER_MISFIT_PAIRS] = "misfit_pairs",
        [FM_LATER_GRADIENT] = "gradient",
        [FM_LATER_COVERAGE] = "coverage",
    };
    return name[which];
}

bool fm_later_ranged(fm_later which)
{
    return which == FM_LATER_FIELDS || which == FM_LATER_SUM ||
           which == FM_LATER_SQUARE_SUM || which == FM_LATER_MEAN ||
           which == FM_LATER_DEVIATION;
}

fm_nc_type fm_later_type(const fm_job *job, fm_later which)
{
    switch (which) {
    case FM_LATER_SOURCE_STATUS:
    case FM_LATER_ARRIVAL_STATUS:
    case FM_LATER_RAY_STATUS:
        return FM_NC_U8;
    case FM_LATER_FIELDS:
        return job->spec.fields_f64 ? FM_NC_F64 : FM_NC_F32;
    case FM_LATER_COUNT:
    case FM_LATER_SUM_SHOTS:
        return FM_NC_I32;
    case FM_LATER_MISFIT_PAIRS:
        return FM_NC_I64;
    default:
        return FM_NC_F64;
    }
}

size_t fm_later_slabs(const fm_job *job, fm_later which)
{
    switch (which) {
    case FM_LATER_SPEED:
    case FM_LATER_SUM:
    case FM_LATER_SQUARE_SUM:
    case FM_LATER_COUNT:
    case FM_LATER_MEAN:
    case FM_LATER_DEVIATION:
        return job->medium.grid.nz;
    case FM_LATER_SPEED_BEYOND:
        return job->medium.ninterfaces;
    case FM_LATER_FIELDS:
        return job->survey.sources.n;
    case FM_LATER_GRADIENT:
        return job->coefficients.nz;
    case FM_LATER_COVERAGE:
        return fm_cells_of(&job->model, &job->medium.grid).nz;
    default:
        return 1;
    }
}

size_t fm_later_positions(const fm_job *job, fm_later which)
{
    switch (which) {
    case FM_LATER_SOURCE_STATUS:
    case FM_LATER_MISFIT:
        return job->survey.sources.n;
    case FM_LATER_ARRIVAL:
    case FM_LATER_ARRIVAL_STATUS:
    case FM_LATER_RAY_STATUS:
    case FM_LATER_RAY_TIME:
    case FM_LATER_RAY_LENGTH:
        return job->survey.npairs;
    default:
        return 1;
    }
}

/* A string lies in the file's heap, behind a header, and its address in the variable.
 */
static double strings_bytes(const fm_stations *stations)
{
    double bytes = 0;
    for (size_t i = 0; i < stations->n; i++) {
        bytes += 16 + 16 + (double)strlen(stations->id[i]) + 8;
    }
    return bytes;
}

static double pairs_bytes(const fm_job *job)
{
    const fm_survey *survey = &job->survey;
    if (!fm_layout_has_pairs(job)) {
        return 0;
    }
    double pair = 8 + 8 + (survey->observed_s ? 8 : 0) + (survey->sigma_s ? 8 : 0);
    pair += fm_later_wanted(job, FM_LATER_ARRIVAL) ? 9 : 0;
    pair += fm_later_wanted(job, FM_LATER_RAY_STATUS) ? 17 : 0;
    pair += job->spec.want_rays ? 8 : 0;
    pair += job->spec.want_frechet ? 8 : 0;
    return pair * (double)survey->npairs;
}

/* Rays, rows, misfits and the maps beside them: the first two about. */
static double derived_bytes(const fm_job *job)
{
    fm_ray_sizes rays = fm_forward_ray_sizes(job);
    fm_cells cells = fm_cells_of(&job->model, &job->medium.grid);
    bool any = fm_later_wanted(job, FM_LATER_RAY_STATUS) ||
               fm_later_wanted(job, FM_LATER_MISFIT);
    double bytes = (any ? 24e3 : 0) + 16 * rays.points + 12 * rays.entries;
    double coefficients = (double)(job->coefficients.nx * job->coefficients.nz);
    bytes += 8 * coefficients * (job->spec.want_gradient ? 2 : 1);
    bytes += job->spec.want_coverage ? 8 * (double)(cells.nx * cells.nz) : 0;
    bytes +=
        fm_later_wanted(job, FM_LATER_MISFIT) ? 8 * (double)job->survey.sources.n : 0;
    return bytes;
}

/* Numbers to the byte, texts nearly; HDF5's own tables, from experience, in one sum. */
double fm_result_bytes(const fm_job *job)
{
    const fm_survey *survey = &job->survey;
    const fm_grid *grid = &job->medium.grid;
    double nodes = (double)fm_grid_nodes(grid);
    double sources = (double)survey->sources.n;
    double stations = sources + (double)survey->receivers.n;
    double bytes = 28e3 + 8 * (nodes + (double)(grid->nx + grid->nz));
    bytes += 24 * stations + sources + strings_bytes(&survey->sources) +
             strings_bytes(&survey->receivers);
    bytes += 8 * (double)(job->medium.ninterfaces * (grid->nx + 2));
    bytes += pairs_bytes(job) + derived_bytes(job);
    if (job->spec.want_fields) {
        bytes += sources * nodes * (job->spec.fields_f64 ? 8 : 4);
    }
    if (job->spec.want_sum) {
        bytes += 6e3 + nodes * (4 * 8 + 4);
    }
    return bytes;
}

double fm_result_queue_bytes(const fm_job *job)
{
    size_t width = job->spec.fields_f64 ? sizeof(double) : sizeof(float);
    size_t field = fm_grid_nodes(&job->medium.grid) * width;
    return job->spec.want_fields ? fm_fields_queue_bytes(job->survey.sources.n, field)
                                 : 0;
}
