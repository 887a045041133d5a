/* Memory that runs out: a whole job is read again and again, and each time another
 * allocation of ours fails, alone or with all that follow. Every time the reader says
 * so and leaves nothing behind (the sanitizers look). The linker puts the functions
 * below in the place of malloc, calloc and realloc in our code; libraries keep theirs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>
#include <hdf5_hl.h>

#include "classic_fixture.h"
#include "folder_fixture.h"
#include "io/jobfile.h"
#include "io/load.h"
#include "read_fixture.h"

/* --- Allocations that fail --- */

typedef struct fault {
    bool armed, for_good;
    long left; /* allocations that still succeed */
} fault;

static fault fault_now;

static bool fails(void)
{
    if (!fault_now.armed) {
        return false;
    }
    long left = fault_now.left--;
    return fault_now.for_good ? left <= 0 : left == 0;
}

/* Names that the linker gives. */
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails() ? NULL : __real_realloc(block, size);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

/* --- Jobs --- */

#define REST                                                                           \
    "survey:\n  sources: s.csv\n  receivers: s.csv\n  pairs: p.csv\n"                  \
    "want: [times]\noutput: o.h5\n"

static fm_status read_and_load(const char *path)
{
    static const char *const overrides[] = {"want=[times, fields]", "output=other.h5"};
    fm_job_spec spec;
    fm_job job;
    fm_error error = {0};
    fm_status status = fm_jobfile_read(path, overrides, 2, &spec, &error);
    if (status == FM_OK) {
        status = fm_job_load(&spec, &job, &error);
        if (status == FM_OK) {
            fm_job_clear(&job);
        }
    }
    assert_true(status == FM_OK || strlen(error.message) > 0);
    return status;
}

static void put_survey(const void *state)
{
    put(state, "s.csv", "id,x,z\nA,1,2\nB,3,4\nC,5,4\n");
    put(state, "p.csv", "source,receiver,time,sigma\nA,B,1,0.1\nB,A,,\n");
}

/* Reading must fail for want of memory at the first allocation, the second, and so on,
 * until there are no more to fail. */
static void try_every_allocation(const char *path, bool for_good)
{
    assert_int_equal(read_and_load(path), FM_OK);
    for (long i = 0;; i++) {
        fault_now = (fault){.armed = true, .for_good = for_good, .left = i};
        fm_status status = read_and_load(path);
        bool failed = fault_now.left < 0;
        fault_now.armed = false;
        if (!failed) {
            assert_int_equal(status, FM_OK);
            assert_true(i > 20);
            return;
        }
        if (status != FM_NO_MEMORY) {
            fail_msg("allocation %ld failed and the status was '%s'", i,
                     fm_status_name(status));
        }
    }
}

static void try_job(const void *state, const char *model)
{
    char text[600];
    put_survey(state);
    snprintf(text, sizeof text, "%s%s", model, REST);
    const char *path = put(state, "job.yaml", text);
    try_every_allocation(path, false);
    try_every_allocation(path, true);
}

static void a_formula_without_memory_is_refused(void **state)
{
    try_job(*state, "model:\n  constant: 5\n  geometry: cartesian\n"
                    "  extent: [0, 9, 0, 9]\n  spacing: [1, 1]\n");
}

static void a_profile_without_memory_is_refused(void **state)
{
    put(*state, "m.csv", "depth_km,vp_km_s\n0,5\n9,6\n");
    try_job(*state, "model:\n  file: m.csv\n  geometry: cartesian\n"
                    "  extent: [0, 9, 0, 9]\n  spacing: [1, 1]\n");
}

static void cosines_without_memory_are_refused(void **state)
{
    put(*state, "m.csv", "kx,kz,value\n0,0,5\n1,2,0.5\n");
    try_job(*state, "model:\n  cosines: m.csv\n  geometry: cartesian\n"
                    "  extent: [0, 9, 0, 9]\n  spacing: [1, 1]\n");
}

static void a_vertex_file_without_memory_is_refused(void **state)
{
    char text[200];
    size_t used = (size_t)sprintf(text, "2 2\n9 0\n9 9\n");
    for (int i = 0; i < 16; i++) {
        used += (size_t)sprintf(text + used, "5\n");
    }
    put(*state, "m.vtx", text);
    try_job(*state, "model:\n  file: m.vtx\n  geometry: cartesian\n");
}

static void put_grid(const void *state)
{
    static const hsize_t size[2] = {2, 2};
    static const double at[2] = {0, 9}, values[4] = {5, 5, 6, 6};
    hid_t file =
        H5Fcreate(folder_path(state, "m.nc"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5LTmake_dataset_double(file, "v", 2, size, values);
    H5LTmake_dataset_double(file, "x", 1, size, at);
    H5LTmake_dataset_double(file, "z", 1, size, at);
    hid_t variable = H5Dopen2(file, "v", H5P_DEFAULT);
    hid_t x = H5Dopen2(file, "x", H5P_DEFAULT), z = H5Dopen2(file, "z", H5P_DEFAULT);
    H5DSset_scale(x, "x");
    H5DSattach_scale(variable, x, 1);
    H5DSset_scale(z, "z");
    H5DSattach_scale(variable, z, 0);
    H5LTset_attribute_string(file, "x", "units", "km");
    H5LTset_attribute_string(file, "v", "units", "km/s");
    H5Dclose(variable);
    H5Dclose(x);
    H5Dclose(z);
    H5Fclose(file);
}

static void a_grid_without_memory_is_refused(void **state)
{
    put_grid(*state);
    try_job(*state, "model:\n  file: m.nc\n  geometry: cartesian\n"
                    "  interpolation: bspline\n");
}

static void a_classic_grid_without_memory_is_refused(void **state)
{
    make_classic(*state, "nc3", classic_usual);
    try_job(*state, "model:\n  file: g.nc\n  geometry: cartesian\n");
}

static void an_old_grid_of_gmt_without_memory_is_refused(void **state)
{
    make_classic(*state, "nc3",
                 "dimensions: side = 2; xysize = 4;\nvariables:\n"
                 "double x_range(side), y_range(side), spacing(side), z(xysize);\n"
                 "int dimension(side); x_range:units = \"km\";\n"
                 "data: x_range = 0, 9; y_range = 0, 9; spacing = 9, 9;\n"
                 "dimension = 2, 2; z = 5, 6, 7, 8;\n");
    try_job(*state, "model:\n  file: g.nc\n  geometry: cartesian\n");
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_formula_without_memory_is_refused),
        IN_FOLDER(a_profile_without_memory_is_refused),
        IN_FOLDER(cosines_without_memory_are_refused),
        IN_FOLDER(a_vertex_file_without_memory_is_refused),
        IN_FOLDER(a_grid_without_memory_is_refused),
        IN_FOLDER(a_classic_grid_without_memory_is_refused),
        IN_FOLDER(an_old_grid_of_gmt_without_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
