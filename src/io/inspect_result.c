/* The few lines about a result file: what was asked, of which model and survey, and how
 * much of it is there. Fields are not read: their range stands in the file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hdf5_values.h"
#include "inspect_private.h"

/* A variable of one or two dimensions as numbers; none when the file lacks it. */
typedef struct column {
    size_t n;
    hsize_t size[2];
    double *value;
} column;

static column read_column(hid_t file, const char *name)
{
    column c = {0};
    int rank = 0;
    if (H5Lexists(file, name, H5P_DEFAULT) <= 0) {
        return c;
    }
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (set >= 0 && fm_hdf5_shape(set, &rank, c.size) && (rank == 1 || rank == 2)) {
        size_t n = (size_t)(c.size[0] * (rank == 2 ? c.size[1] : 1));
        c.value = malloc((n + 1) * sizeof *c.value);
        if (c.value && fm_hdf5_values(set, n, c.value)) {
            c.n = n;
        }
    }
    if (set >= 0) {
        H5Dclose(set);
    }
    return c;
}

static size_t count(const column *c, double value)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        n += c->value[i] == value;
    }
    return n;
}

/* "8: 7 reached, 1 not done", the states 0, 1, 2 by their words. */
static void print_states(FILE *stream, const char *label, const column *c,
                         const char *const words[3])
{
    const char *between = ":";
    fprintf(stream, "  %-11s %zu", label, c->n);
    for (int state = 2; state >= 0; state--) {
        int of = state == 2 ? 1 : state == 1 ? 2 : 0; /* the good news first */
        size_t n = count(c, of);
        if (n > 0) {
            fprintf(stream, "%s %zu %s", between, n, words[of]);
            between = ",";
        }
    }
}

static void print_text(hid_t file, FILE *stream, const char *label, const char *name)
{
    char *text = fm_hdf5_text(file, name);
    fprintf(stream, "  %-11s %s\n", label, text ? text : "(not stated)");
    free(text);
}

static void print_geometry(hid_t file, FILE *stream)
{
    double radius;
    char *geometry = fm_hdf5_text(file, "geometry");
    fprintf(stream, "  geometry    %s", geometry ? geometry : "(not stated)");
    if (fm_hdf5_number(file, "radius_km", &radius)) {
        fprintf(stream, ", radius %.10g km", radius);
    }
    fputc('\n', stream);
    free(geometry);
}

static void print_coordinate(hid_t file, FILE *stream, const char *name)
{
    column c = read_column(file, name);
    if (c.n > 0) {
        hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
        char *unit = fm_hdf5_text(set, "units");
        H5Dclose(set);
        fprintf(stream, "  %-11s %zu values, %.10g to %.10g %s\n", name, c.n,
                c.value[0], c.value[c.n - 1], unit ? unit : "");
        free(unit);
    }
    free(c.value);
}

static void print_speed(hid_t file, FILE *stream)
{
    column speed = read_column(file, "speed");
    column beyond = read_column(file, "speed_beyond");
    fm_span one = fm_span_of(speed.value, speed.n);
    fm_span two = fm_span_of(beyond.value, beyond.n);
    fprintf(stream, "  speed       %llu x %llu nodes, %.6g to %.6g km/s",
            (unsigned long long)speed.size[0], (unsigned long long)speed.size[1],
            fmin(one.least, two.least), fmax(one.greatest, two.greatest));
    if (one.missing > 0) {
        fprintf(stream, ", %zu nodes masked", one.missing);
    }
    if (beyond.n > 0) {
        fprintf(stream, ", %llu interfaces", (unsigned long long)beyond.size[0]);
    }
    fputc('\n', stream);
    free(speed.value);
    free(beyond.value);
}

static void print_survey(hid_t file, FILE *stream)
{
    static const char *const source_words[] = {"not done", "done", "failed"};
    static const char *const pair_words[] = {"not done", "reached", "unreachable"};
    column sources = read_column(file, "source_status");
    column receivers = read_column(file, "receiver");
    column pairs = read_column(file, "arrival_status");
    column times = read_column(file, "arrival");
    print_states(stream, "sources", &sources, source_words);
    fprintf(stream, "\n  receivers   %zu\n", receivers.n);
    if (pairs.n > 0) {
        fm_span span = fm_span_of(times.value, times.n);
        double least = span.zero > 0 ? 0 : span.least;
        print_states(stream, "pairs", &pairs, pair_words);
        if (!isnan(least)) {
            fprintf(stream, "; times %.6g to %.6g s", least,
                    fmax(least, span.greatest));
        }
        fputc('\n', stream);
    }
    free(sources.value);
    free(receivers.value);
    free(pairs.value);
    free(times.value);
}

static void print_fields(hid_t file, FILE *stream)
{
    if (H5Lexists(file, "traveltime", H5P_DEFAULT) <= 0) {
        fputs("  fields      none\n", stream);
        return;
    }
    hid_t set = H5Dopen2(file, "traveltime", H5P_DEFAULT);
    hid_t type = H5Dget_type(set);
    hid_t space = H5Dget_space(set);
    hsize_t size[3] = {0};
    double range[2] = {NAN, NAN};
    hid_t attribute = H5Aopen(set, "actual_range", H5P_DEFAULT);
    H5Sget_simple_extent_dims(space, size, NULL);
    H5Aread(attribute, H5T_NATIVE_DOUBLE, range);
    fprintf(stream,
            "  fields      %llu x %llu x %llu, %zu bytes each, %.6g to %.6g s\n",
            (unsigned long long)size[0], (unsigned long long)size[1],
            (unsigned long long)size[2], H5Tget_size(type), range[0], range[1]);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
}

/* Of how many sources, and what is seen of them. */
static void print_sums(hid_t file, FILE *stream)
{
    int32_t sources = 0;
    hid_t set = H5Lexists(file, "traveltime_sum_sources", H5P_DEFAULT) > 0
                    ? H5Dopen2(file, "traveltime_sum_sources", H5P_DEFAULT)
                    : -1;
    if (set < 0) {
        return;
    }
    H5Dread(set, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, &sources);
    H5Dclose(set);
    column mean = read_column(file, "traveltime_mean");
    column deviation = read_column(file, "traveltime_deviation");
    fm_span means = fm_span_of(mean.value, mean.n);
    fm_span deviations = fm_span_of(deviation.value, deviation.n);
    fprintf(stream, "  sums        of %ld sources", (long)sources);
    if (sources > 0) {
        fprintf(stream, ", mean %.6g to %.6g s, deviation up to %.6g s",
                means.zero > 0 ? 0 : means.least, means.greatest,
                fmax(0, deviations.greatest));
    }
    fputc('\n', stream);
    free(mean.value);
    free(deviation.value);
}

static void print_rays(hid_t file, FILE *stream)
{
    static const char *const words[] = {
        "not done",    "reached", "in part along an edge",
        "by fallback", "failed",  "unreachable"};
    column status = read_column(file, "ray_status");
    const char *before = ": ";
    if (status.n == 0) {
        return;
    }
    fprintf(stream, "  rays        %zu", status.n);
    for (size_t s = 0; s < sizeof words / sizeof *words; s++) {
        size_t state = s < 5 ? s + 1 : 0; /* the good news first */
        size_t n = count(&status, (double)state);
        if (n > 0) {
            fprintf(stream, "%s%zu %s", before, n, words[state]);
            before = ", ";
        }
    }
    fputc('\n', stream);
    free(status.value);
}

static bool read_scalar(hid_t file, const char *name, double *value)
{
    if (H5Lexists(file, name, H5P_DEFAULT) <= 0) {
        return false;
    }
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    herr_t read = H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
    H5Dclose(set);
    return read >= 0;
}

static void print_derivatives(hid_t file, FILE *stream)
{
    double misfit, pairs;
    column coefficients = read_column(file, "coefficient");
    column gradient = read_column(file, "gradient");
    if (read_scalar(file, "misfit_sum", &misfit) &&
        read_scalar(file, "misfit_pairs", &pairs)) {
        fprintf(stream, "  misfit      %.6g of %.0f times\n", misfit, pairs);
    }
    if (coefficients.n > 0) {
        bool rows = H5Lexists(file, "frechet", H5P_DEFAULT) > 0;
        fprintf(stream, "  derivatives by %llu x %llu coefficients: %s%s%s\n",
                (unsigned long long)coefficients.size[1],
                (unsigned long long)coefficients.size[0], rows ? "Fréchet rows" : "",
                rows && gradient.n > 0 ? ", " : "",
                gradient.n > 0 ? "gradient of the misfit" : "");
    }
    free(coefficients.value);
    free(gradient.value);
}

bool fm_result_recognise(const char *path)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) {
        return false; /* the reader of models says why */
    }
    char *source = fm_hdf5_text(file, "source");
    char *hash = fm_hdf5_text(file, "job_hash");
    bool ours = source && hash && strncmp(source, "fermat ", 7) == 0;
    free(source);
    free(hash);
    H5Fclose(file);
    return ours;
}

fm_status fm_result_inspect(const char *path, FILE *stream, fm_error *error)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) {
        return fm_fail(error, FM_IO_FAILED, "%s: cannot be opened again", path);
    }
    char *source = fm_hdf5_text(file, "source");
    fprintf(stream, "%s: travel times by %s\n", path, source);
    free(source);
    print_geometry(file, stream);
    const char *const coordinates[] = {"x", "lon", "angle", "z", "lat", "radius"};
    for (size_t i = 0; i < sizeof coordinates / sizeof coordinates[0]; i++) {
        print_coordinate(file, stream, coordinates[i]);
    }
    print_speed(file, stream);
    print_survey(file, stream);
    print_fields(file, stream);
    print_sums(file, stream);
    print_rays(file, stream);
    print_derivatives(file, stream);
    print_text(file, stream, "reciprocity", "reciprocity");
    print_text(file, stream, "job", "job_hash");
    print_text(file, stream, "model", "model_hash");
    print_text(file, stream, "survey", "survey_hash");
    H5Fclose(file);
    return FM_OK;
}
