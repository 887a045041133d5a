/* What of a result file is written after it has been laid out, and how large the whole
 * will be: what can be said of the file before it exists. */
#include <string.h>

#include "fields.h"
#include "io/result.h"
#include "result_layout.h"

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
        return FM_NC_U8;
    case FM_LATER_FIELDS:
        return job->spec.fields_f64 ? FM_NC_F64 : FM_NC_F32;
    case FM_LATER_COUNT:
    case FM_LATER_SUM_SHOTS:
        return FM_NC_I32;
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
    default:
        return 1;
    }
}

size_t fm_later_positions(const fm_job *job, fm_later which)
{
    switch (which) {
    case FM_LATER_SOURCE_STATUS:
        return job->survey.sources.n;
    case FM_LATER_ARRIVAL:
    case FM_LATER_ARRIVAL_STATUS:
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
    if (fm_later_wanted(job, FM_LATER_ARRIVAL)) {
        bytes +=
            (8 + 8 + 8 + 1 + (survey->observed_s ? 8 : 0) + (survey->sigma_s ? 8 : 0)) *
            (double)survey->npairs;
    }
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
