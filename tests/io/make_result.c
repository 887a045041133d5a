/* Writes one of the fixture's result files: make_result KIND FILE. For open_result.py,
 * which opens it with the programs people use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/result.h"
#include "result_fixture.h"

typedef struct kind {
    const char *name;
    fixture_options options;
} kind;

static const kind kinds[] = {
    {"cartesian",
     {.geometry = FM_CARTESIAN, .fields = true, .times = true, .observed = true}},
    {"geographic",
     {.geometry = FM_GEOGRAPHIC,
      .fields = true,
      .f64 = true,
      .times = true,
      .masked = true}},
    {"polar", {.geometry = FM_POLAR, .fields = true, .times = true, .interface = true}},
    {"times", {.geometry = FM_CARTESIAN, .times = true}},
    {"fields", {.geometry = FM_CARTESIAN, .fields = true}},
    {"sums", {.geometry = FM_GEOGRAPHIC, .sum = true, .masked = true}},
};

static fm_status write_file(const char *path, const fm_job *job, fm_error *error)
{
    fm_result_file *file;
    fm_status status = fm_result_create(path, job, &file, error);
    for (size_t s = 0; s < job->shots.n && status == FM_OK; s++) {
        fixture_shot shot;
        fixture_shot_make(job, s, &shot);
        status = fm_result_add(file, &shot.result, error);
        fixture_shot_clear(&shot);
    }
    if (status == FM_OK && job->spec.want_sum) {
        fm_shot_sums sums = fixture_sums_make(job, job->shots.n);
        status = fm_result_add_sums(file, &sums, error);
        free((void *)sums.exact);
    }
    return status == FM_OK ? fm_result_commit(file, error) : status;
}

int main(int count, char **argument)
{
    for (size_t i = 0; count == 3 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(argument[1], kinds[i].name) == 0) {
            fm_job job;
            fm_error error = {0};
            fixture_make(&kinds[i].options, &job);
            fm_status status = write_file(argument[2], &job, &error);
            fm_job_clear(&job);
            if (status != FM_OK) {
                fprintf(stderr, "%s\n", error.message);
            }
            return status == FM_OK ? 0 : 1;
        }
    }
    fprintf(stderr, "usage: make_result KIND FILE\n");
    return 2;
}
