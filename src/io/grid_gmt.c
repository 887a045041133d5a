/* GMT's old netCDF grids (its format "cf" and relatives): all values in a single
 * dimension, row by row from the greatest y down, and variables x_range, y_range,
 * spacing and dimension, of two numbers each, that say what the rows are. Nodes stand
 * on the range's ends, or, with node_offset = 1, at the centres of pixels. Units stand
 * in brackets behind a name ("longitude [degrees_east]"), or alone; a bare x, y or z is
 * what GMT writes when it knows nothing. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid_classic.h"
#include "lines.h"
#include "raw_grid_private.h"

static bool is_pair(const fm_classic *file, const char *name)
{
    const fm_classic_variable *pair = fm_classic_find(file, name);
    return pair && pair->type != FM_CLASSIC_TEXT && pair->rank == 1 &&
           pair->size[0] == 2;
}

bool fm_grid_gmt_recognise(const fm_classic *file)
{
    const fm_classic_variable *z = fm_classic_find(file, "z");
    return z && z->type != FM_CLASSIC_TEXT && z->rank == 1 &&
           is_pair(file, "x_range") && is_pair(file, "y_range") &&
           is_pair(file, "spacing") && is_pair(file, "dimension");
}

static fm_status read_pair(const fm_classic *file, const char *name, double pair[2],
                           fm_error *error)
{
    return fm_classic_values(file, fm_classic_find(file, name), pair, error);
}

/* --- Units --- */

/* Leave only the unit in a text. */
static void keep_unit(char *text)
{
    char *open = strchr(text, '[');
    char *close = open ? strchr(open, ']') : NULL;
    if (close) {
        memmove(text, open + 1, (size_t)(close - open - 1));
        text[close - open - 1] = '\0';
    } else if (strlen(text) == 1 && strchr("xyz", text[0])) {
        text[0] = '\0';
    }
}

static fm_status read_unit(const fm_classic *file, const char *range, char **unit,
                           fm_error *error)
{
    const fm_classic_variable *variable = fm_classic_find(file, range);
    fm_status status =
        variable ? fm_classic_text(file, variable, "units", unit, error) : FM_OK;
    if (*unit) {
        keep_unit(*unit);
        if ((*unit)[0] == '\0') {
            free(*unit);
            *unit = NULL;
        }
    }
    return status;
}

/* --- Rows and columns --- */

typedef struct header {
    double range[2][2]; /* of y, x: as raw->axis */
    double spacing[2], dimension[2];
    double node_offset; /* 0: nodes on the ends of the range; 1: half a step inside */
} header;

static fm_status read_header(const fm_classic *file, header *h, fm_error *error)
{
    double xy[2] = {0};
    fm_status status = read_pair(file, "y_range", h->range[0], error);
    if (status == FM_OK) {
        status = read_pair(file, "x_range", h->range[1], error);
    }
    if (status == FM_OK) {
        status = read_pair(file, "spacing", xy, error);
        h->spacing[0] = xy[1];
        h->spacing[1] = xy[0];
    }
    if (status == FM_OK) {
        status = read_pair(file, "dimension", xy, error);
        h->dimension[0] = xy[1];
        h->dimension[1] = xy[0];
    }
    return status == FM_OK ? fm_classic_number(file, fm_classic_find(file, "z"),
                                               "node_offset", &h->node_offset, error)
                           : status;
}

/* Do the four tell the same? */
static bool agrees(const header *h, int i)
{
    double steps = h->dimension[i] - 1 + h->node_offset;
    double length = h->range[i][1] - h->range[i][0];
    return fabs(length - steps * h->spacing[i]) <= 1e-3 * h->spacing[i];
}

static fm_status check_header(const fm_classic *file, const header *h, fm_error *error)
{
    const fm_classic_variable *z = fm_classic_find(file, "z");
    const double *n = h->dimension;
    bool whole = n[0] >= 1 && n[1] >= 1 && n[0] <= UINT32_MAX && n[1] <= UINT32_MAX &&
                 n[0] == floor(n[0]) && n[1] == floor(n[1]);
    bool offset = h->node_offset == 0 || h->node_offset == 1;
    if (!whole || !offset || n[0] * n[1] != (double)z->size[0] || !agrees(h, 0) ||
        !agrees(h, 1)) {
        return fm_fail(
            error, FM_BAD_INPUT,
            "%s: an old GMT grid whose header does not agree with itself: "
            "dimension %.10g x %.10g, %llu values, x_range %.10g to %.10g by "
            "%.10g, y_range %.10g to %.10g by %.10g, node_offset %.10g",
            file->path, n[1], n[0], (unsigned long long)z->size[0], h->range[1][0],
            h->range[1][1], h->spacing[1], h->range[0][0], h->range[0][1],
            h->spacing[0], h->node_offset);
    }
    const uint64_t size[2] = {(uint64_t)n[0], (uint64_t)n[1]};
    return fm_raw_check_shape(file->path, "z", 2, size, error);
}

/* y from the greatest down, x from the least up. */
static fm_status lay_axis(const header *h, int i, fm_raw_axis *axis, fm_error *error)
{
    size_t n = (size_t)h->dimension[i];
    double half = h->node_offset / 2;
    double steps = (double)n - 1 + h->node_offset;
    axis->name = fm_text_copy(i == 0 ? "y" : "x");
    axis->at = malloc(n * sizeof *axis->at);
    if (!axis->name || !axis->at) {
        return fm_fail_memory(error, "a coordinate", (double)n * sizeof *axis->at);
    }
    axis->n = n;
    axis->rounding = DBL_EPSILON;
    for (size_t k = 0; k < n; k++) {
        double part = ((double)(i == 0 ? n - 1 - k : k) + half) / steps;
        axis->at[k] = h->range[i][0] * (1 - part) + h->range[i][1] * part;
    }
    return FM_OK;
}

fm_status fm_grid_gmt_read(const fm_classic *file, fm_raw_grid *raw, fm_error *error)
{
    static const char *const ranges[2] = {"y_range", "x_range"};
    header h = {0};
    fm_status status = read_header(file, &h, error);
    if (status == FM_OK) {
        status = check_header(file, &h, error);
    }
    for (int i = 0; i < 2 && status == FM_OK; i++) {
        status = lay_axis(&h, i, &raw->axis[i], error);
        if (status == FM_OK) {
            status = read_unit(file, ranges[i], &raw->axis[i].units, error);
        }
    }
    if (status == FM_OK) {
        status = read_unit(file, "z_range", &raw->units, error);
    }
    if (status != FM_OK) {
        return status;
    }
    raw->name = fm_text_copy("z");
    if (!raw->name) {
        return fm_fail_memory(error, "a name", 2);
    }
    return fm_grid_classic_values(file, fm_classic_find(file, "z"),
                                  raw->axis[0].n * raw->axis[1].n, "a velocity grid",
                                  &raw->values, error);
}
