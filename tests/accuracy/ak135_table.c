/* ak135_table JOB.yaml RESULT.h5: computed against published P times, and against exact
 * rays in the same model. Exits with 1 when they are further apart than promised. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>

#include "ak135.h"

/* The arrivals of the result file; NULL when it does not have one for each pair. */
static double *read_arrivals(const char *path, size_t npairs)
{
    double *arrivals = NULL;
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t data = file < 0 ? -1 : H5Dopen2(file, "arrival", H5P_DEFAULT);
    hid_t space = data < 0 ? -1 : H5Dget_space(data);
    if (space >= 0 && H5Sget_simple_extent_npoints(space) == (hssize_t)npairs) {
        arrivals = calloc(npairs, sizeof *arrivals);
        if (arrivals && H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                arrivals) < 0) {
            free(arrivals);
            arrivals = NULL;
        }
    }
    H5Sclose(space);
    H5Dclose(data);
    H5Fclose(file);
    return arrivals;
}

static void print_table(const ak135 *earth, const double *computed)
{
    const fm_survey *survey = &earth->job.survey;
    size_t sources = survey->sources.n;
    size_t receivers = survey->receivers.n;
    puts("P waves in ak135: seconds after the event; then, in milliseconds, computed "
         "minus\n"
         "published (Kennett, Engdahl & Buland 1995) and computed minus exact ray.\n");
    printf("%8s", "");
    for (size_t s = 0; s < sources; s++) {
        printf("  | source %6s      ", survey->sources.id[s]);
    }
    printf("\n%8s", "angle");
    for (size_t s = 0; s < sources; s++) {
        printf("  | %7s %5s %5s", "time", "publ.", "exact");
    }
    puts("");
    for (size_t r = 0; r < receivers; r++) {
        printf("%7.0f°", survey->receivers.point[r].x);
        for (size_t s = 0; s < sources; s++) {
            size_t p = s * receivers + r;
            printf("  | %7.2f %5.0f %5.0f", computed[p],
                   1e3 * (computed[p] - survey->observed_s[p]),
                   1e3 * (computed[p] - earth->exact[p]));
        }
        puts("");
    }
}

static int judge(const ak135 *earth, const double *computed)
{
    ak135_deviation deviation = ak135_compare(earth, computed);
    bool good = deviation.table_mean <= 0.02 && deviation.table_worst <= 0.06;
    printf("\n%-34s mean %.4f s, worst %.4f s (promised: 0.02, 0.06)%s\n",
           "|computed - published|", deviation.table_mean, deviation.table_worst,
           good ? "" : "  WORSE THAN PROMISED");
    printf("%-34s mean %.4f s, worst %.4f s\n", "|computed - exact ray, same model|",
           deviation.exact_mean, deviation.exact_worst);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: ak135_table JOB.yaml RESULT.h5\n", stderr);
        return 2;
    }
    ak135 earth;
    fm_error error;
    if (ak135_open(argv[1], &earth, &error) != FM_OK) {
        fprintf(stderr, "ak135_table: %s\n", error.message);
        return 2;
    }
    int status = 2;
    double *computed = read_arrivals(argv[2], earth.job.survey.npairs);
    if (computed && earth.job.survey.npairs ==
                        earth.job.survey.sources.n * earth.job.survey.receivers.n) {
        print_table(&earth, computed);
        status = judge(&earth, computed);
    } else {
        fprintf(stderr, "ak135_table: %s has no arrivals of this job\n", argv[2]);
    }
    free(computed);
    ak135_close(&earth);
    return status;
}
