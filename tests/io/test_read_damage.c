/* Damaged files: every beginning of a file, and thousands of files with a few bytes
 * wrong. A reader refuses them with a message or reads what is a whole file still; it
 * never crashes, leaks (the sanitizers look) or takes a truncated number for a whole
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fmst_fixture.h"
#include "folder_fixture.h"
#include "io/fmst.h"
#include "io/jobfile.h"
#include "io/load.h"
#include "read_fixture.h"

enum { MUTANTS = 4000, FEWER_MUTANTS = 1000 };

static const char stations[] =
    "\xEF\xBB\xBF# stations\nid,x,z,name\nA,1.25,-2e0,\"one, "
    "\"\"two\"\"\nand three\"\n\nB,3,4.5,\r\nC,+5,6,caf\xC3\xA9\n";
static const char pairs[] =
    "source,receiver,time,sigma\nA,B,1.5,0.25\nB,A,,\nC,C,12,1e-1\n";
static const char profile[] =
    "# Earth\ndepth_km,vp_km_s,vs_km_s\n0,5.8,3.46\n20,5.8,3.46\n20,6.5,3.85\n35,8,4\n";
static const char cosines[] =
    "kz,kx,value,note\n0,0,5.8,mean\n# along x\n1,0,-3e-1,\n0,2,0.25,\"a, b\"\n";
static const char vertices[] =
    "   2   2  counts\n -10.0  110.0\n  1.0  2.0\n\n"
    " 3.01  0.3\n 3.02\n 3.03\n 3.04\n\n 3.05D0\n 3.06\n 3.07\n 3.08\n"
    " 3.09\n 3.10\n 3.11\n 3.12\n 3.13\n 3.14\n 3.15\n 31.6E-1";
static const char job[] =
    "# job\nmodel:\n  gradient: [5, 0.01, -0.02]\n  geometry: cartesian\n"
    "  extent: [0, 10, 0, 5.5]\n  spacing: [1, 0.5]\nunits: m\n"
    "survey: {sources: \"s.csv\", receivers: 'r.csv'}\n"
    "want:\n  - times\n  - fields\nprecision: f64\nsolver:\n  refine: auto\n"
    "output: o.h5\n";

/* --- Readers of one file, alike --- */

typedef fm_status reader(const void *state, const char *path, fm_error *error);

static fm_status read_stations(const void *state, const char *path, fm_error *error)
{
    (void)state;
    fm_survey survey;
    fm_status status =
        fm_survey_read(path, path, NULL, FM_CARTESIAN, 6371, 1, &survey, error);
    if (status == FM_OK) {
        assert_true(survey.sources.n > 0 && survey.npairs > 0);
    }
    fm_survey_clear(&survey);
    return status;
}

static fm_status read_pairs(const void *state, const char *path, fm_error *error)
{
    fm_survey survey;
    const char *good = folder_path(state, "good.csv");
    fm_status status =
        fm_survey_read(good, good, path, FM_CARTESIAN, 6371, 1, &survey, error);
    if (status == FM_OK) {
        assert_true(survey.npairs > 0 && survey.npairs <= 9);
    }
    fm_survey_clear(&survey);
    return status;
}

static fm_status read_profile(const void *state, const char *path, fm_error *error)
{
    (void)state;
    static const double extent[4] = {0, 100, 0, 20};
    fm_model model;
    fm_status status =
        fm_profile_read(path, "vp_km_s", FM_CARTESIAN, 6371, extent, &model, error);
    fm_model_clear(&model);
    return status;
}

static fm_status read_cosines(const void *state, const char *path, fm_error *error)
{
    (void)state;
    fm_model model = {.kind = FM_MODEL_COSINES};
    fm_status status = fm_cosines_read(path, 1, &model, error);
    if (status == FM_OK) {
        assert_true(model.nx >= 1 && model.nx <= FM_MOST_COSINES && model.values);
    }
    fm_model_clear(&model);
    return status;
}

static fm_status read_vertices(const void *state, const char *path, fm_error *error)
{
    (void)state;
    fm_model model;
    fm_status status = fm_vtx_read(path, FM_GEOGRAPHIC, 6371, &model, error);
    fm_model_clear(&model);
    return status;
}

static fm_status read_job(const void *state, const char *path, fm_error *error)
{
    (void)state;
    fm_job_spec spec;
    fm_status status = fm_jobfile_read(path, NULL, 0, &spec, error);
    if (status == FM_OK) {
        assert_true(spec.sources && spec.receivers && spec.output);
    }
    fm_job_spec_clear(&spec);
    return status;
}

static fm_status read_fmst_input(const void *state, const char *path, fm_error *error)
{
    (void)state;
    fm_fmst_input input;
    fm_status status = fm_fmst_input_read(path, &input, error);
    if (status == FM_OK) {
        assert_true(input.sources && input.receivers && input.pairs && input.model);
    }
    fm_fmst_input_clear(&input);
    return status;
}

/* A table with another number of stations is whole; only the pairs do not fit it. */
static fm_status read_fmst_stations(const void *state, const char *path,
                                    fm_error *error)
{
    fm_survey survey;
    const char *others = folder_path(state, "receivers.dat");
    const char *known = folder_path(state, "otimes.dat");
    fm_status status = fm_fmst_survey_read(path, others, known, &survey, error);
    if (status != FM_OK && strncmp(error->message, known, strlen(known)) == 0) {
        status = FM_OK;
    }
    fm_survey_clear(&survey);
    return status;
}

static fm_status read_fmst_pairs(const void *state, const char *path, fm_error *error)
{
    fm_survey survey;
    fm_status status =
        fm_fmst_survey_read(folder_path(state, "sources.dat"),
                            folder_path(state, "receivers.dat"), path, &survey, error);
    if (status == FM_OK) {
        assert_true(survey.npairs <= 6);
    }
    fm_survey_clear(&survey);
    return status;
}

/* Read these bytes as a file: accepted, or refused with a message that names it. */
static bool accepted(const void *state, reader *read, const char *bytes, size_t size)
{
    fm_error error = {0};
    const char *path = put_bytes(state, "damaged.txt", bytes, size);
    fm_status status = read(state, path, &error);
    if (status != FM_OK) {
        assert_int_equal(status, FM_BAD_INPUT);
        assert_int_equal(error.status, FM_BAD_INPUT);
        assert_true(strncmp(error.message, path, strlen(path)) == 0);
    }
    return status == FM_OK;
}

static void try_mutants(const void *state, reader *read, const char *text, size_t n)
{
    unsigned long long seed = 20240607;
    size_t refused = 0;
    put(state, "good.csv", stations);
    assert_true(accepted(state, read, text, strlen(text)));
    for (size_t i = 0; i < n; i++) {
        size_t size = 0;
        char *mutant = damaged(text, strlen(text), &size, &seed);
        refused += !accepted(state, read, mutant, size);
        free(mutant);
    }
    assert_true(refused > n / 3 && refused < n);
}

/* The beginnings that are accepted are those that end a line on or after `whole`. */
static void try_prefixes(const void *state, reader *read, const char *text,
                         size_t whole)
{
    put(state, "good.csv", stations);
    for (size_t length = 0; length <= strlen(text); length++) {
        bool ended =
            length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r');
        bool wanted = ended && length >= whole;
        if (accepted(state, read, text, length) != wanted) {
            fail_msg("the first %zu bytes were %s", length,
                     wanted ? "refused" : "accepted");
        }
    }
}

static size_t end_of(const char *text, const char *part)
{
    const char *found = strstr(text, part);
    assert_non_null(found);
    return (size_t)(found - text) + strlen(part);
}

/* --- Beginnings --- */

static void beginnings_of_tables_end_with_a_row_or_are_refused(void **state)
{
    try_prefixes(*state, read_stations, stations, end_of(stations, "three\"\n"));
    try_prefixes(*state, read_pairs, pairs, end_of(pairs, "0.25\n"));
    try_prefixes(*state, read_profile, profile, end_of(profile, "\n20,5.8,3.46\n"));
    try_prefixes(*state, read_cosines, cosines, end_of(cosines, "mean\n"));
}

static void beginnings_of_vertex_files_are_refused(void **state)
{
    char text[sizeof vertices + 1];
    snprintf(text, sizeof text, "%s\n", vertices);
    try_prefixes(*state, read_vertices, text, strlen(text));
}

static void beginnings_of_fmst_files_are_refused(void **state)
{
    fmst_put(*state);
    const char *input = fmst_input(0, NULL);
    try_prefixes(*state, read_fmst_input, input, strlen(input));
    try_prefixes(*state, read_fmst_stations, fmst_sources, strlen(fmst_sources));
    try_prefixes(*state, read_fmst_pairs, fmst_pairs, strlen(fmst_pairs));
}

/* A job file is written by hand and may lack its last line end. */
static void beginnings_of_job_files_never_crash(void **state)
{
    size_t n = 0;
    for (size_t length = 0; length < strlen(job); length++) {
        n += accepted(*state, read_job, job, length);
    }
    assert_int_equal(n, 4); /* those that end within the name of the output */
}

/* --- Mutants --- */

static void damaged_stations_never_crash(void **state)
{
    try_mutants(*state, read_stations, stations, MUTANTS);
}

static void damaged_pairs_never_crash(void **state)
{
    try_mutants(*state, read_pairs, pairs, MUTANTS);
}

static void damaged_profiles_never_crash(void **state)
{
    try_mutants(*state, read_profile, profile, MUTANTS);
}

static void damaged_cosines_never_crash(void **state)
{
    try_mutants(*state, read_cosines, cosines, MUTANTS);
}

static void damaged_vertex_files_never_crash(void **state)
{
    char text[sizeof vertices + 1];
    snprintf(text, sizeof text, "%s\n", vertices);
    try_mutants(*state, read_vertices, text, MUTANTS);
}

static void damaged_fmst_files_never_crash(void **state)
{
    fmst_put(*state);
    try_mutants(*state, read_fmst_stations, fmst_sources, FEWER_MUTANTS);
    try_mutants(*state, read_fmst_pairs, fmst_pairs, FEWER_MUTANTS);
}

/* Damage to a remark or a banner is none. */
static void damaged_fmst_inputs_never_crash(void **state)
{
    unsigned long long seed = 24;
    size_t refused = 0;
    const char *text = fmst_input(0, NULL);
    for (int i = 0; i < FEWER_MUTANTS; i++) {
        size_t size = 0;
        char *mutant = damaged(text, strlen(text), &size, &seed);
        refused += !accepted(*state, read_fmst_input, mutant, size);
        free(mutant);
    }
    assert_true(refused > FEWER_MUTANTS / 10 && refused < FEWER_MUTANTS);
}

static void damaged_job_files_never_crash(void **state)
{
    try_mutants(*state, read_job, job, MUTANTS);
}

/* Overrides come from the command line: any text. */
static void damaged_overrides_never_crash(void **state)
{
    static const char override[] = "model.spacing=[1.25, 0.5]";
    unsigned long long seed = 7;
    const char *path = put(*state, "job.yaml", job);
    for (int i = 0; i < MUTANTS; i++) {
        size_t size = 0;
        char *mutant = damaged(override, strlen(override), &size, &seed);
        const char *overrides[] = {mutant};
        fm_job_spec spec;
        fm_error error = {0};
        mutant[size] = '\0';
        fm_status status = fm_jobfile_read(path, overrides, 1, &spec, &error);
        assert_true(status == FM_OK || strncmp(error.message, "--set ", 6) == 0);
        fm_job_spec_clear(&spec);
        free(mutant);
    }
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(beginnings_of_tables_end_with_a_row_or_are_refused),
        IN_FOLDER(beginnings_of_vertex_files_are_refused),
        IN_FOLDER(beginnings_of_fmst_files_are_refused),
        IN_FOLDER(beginnings_of_job_files_never_crash),
        IN_FOLDER(damaged_stations_never_crash),
        IN_FOLDER(damaged_pairs_never_crash),
        IN_FOLDER(damaged_profiles_never_crash),
        IN_FOLDER(damaged_cosines_never_crash),
        IN_FOLDER(damaged_vertex_files_never_crash),
        IN_FOLDER(damaged_fmst_files_never_crash),
        IN_FOLDER(damaged_fmst_inputs_never_crash),
        IN_FOLDER(damaged_job_files_never_crash),
        IN_FOLDER(damaged_overrides_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
