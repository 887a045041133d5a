/* The tables of fm2dss written from a result file, which is made here by hand. What
 * they must look like was taken from programs compiled with gfortran 12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fmst_fixture.h"
#include "folder_fixture.h"
#include "fortran_file.h"
#include "io/fmst.h"
#include "read_fixture.h"

static void assert_text(const char *path, const char *wanted)
{
    size_t size = 0;
    char *text = get_bytes(path, &size);
    assert_string_equal(text, wanted);
    free(text);
}

/* --- Numbers --- */

static void numbers_stand_as_gfortran_writes_them(void **state)
{
    static const struct {
        double value;
        const char *text;
    } singles[] =
        {
            {0, "   0.00000000    "},
            {-0.0, "   0.00000000    "},
            {0.100000001, "  0.100000001    "},
            {9.9999999999, "   10.0000000    "},
            {12.3450003, "   12.3450003    "},
            {-0.263300002, " -0.263300002    "},
            {9.99999997e-7, "   9.99999997E-07"},
            {-9.99999996e-13, "  -9.99999996E-13"},
            {1e8, "   100000000.    "},
            {1e9, "   1.00000000E+09"},
            {-35, "  -35.0000000    "},
            {NAN, "              NaN"},
            {1e-120, "   0.00000000    "},
        },
      doubles[] = {
          {0, "   0.0000000000000000     "},    {0.1, "  0.10000000000000001     "},
          {1, "   1.0000000000000000     "},    {-35, "  -35.000000000000000     "},
          {1e-6, "   9.9999999999999995E-007"}, {-1e-120, "  -9.9999999999999998E-121"},
          {1e16, "   10000000000000000.     "}, {1e17, "   1.0000000000000000E+017"},
          {NAN, "                       NaN"},
      };
    fm_error error = {0};
    fm_fortran_file file;
    char wanted[2048] = "";
    const char *path = folder_path(*state, "numbers.out");
    assert_read(fm_fortran_open(path, &file, &error), &error);
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
        fm_fortran_single(&file, singles[i].value);
        fm_fortran_end_record(&file);
        strcat(strcat(wanted, singles[i].text), "\n");
    }
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        fm_fortran_double(&file, doubles[i].value);
        fm_fortran_end_record(&file);
        strcat(strcat(wanted, doubles[i].text), "\n");
    }
    fm_fortran_whole(&file, 185);
    fm_fortran_whole(&file, 123456789);
    fm_fortran_end_record(&file);
    strcat(wanted, "         185   123456789\n");
    assert_read(fm_fortran_finish(&file, &error), &error);
    assert_read(fm_fortran_publish(&file, &error), &error);
    fm_fortran_close(&file);
    assert_text(path, wanted);
}

/* Many of them take a way without the C library; it must come to the same digits, also
 * at ties and where rounding carries over. */
static void all_numbers_are_rounded_as_the_c_library_does(void **state)
{
    enum { N = 100000 };
    fm_error error = {0};
    fm_fortran_file file;
    const char *path = folder_path(*state, "numbers.out");
    double *value = malloc(N * sizeof *value);
    uint64_t bits = 1;
    assert_non_null(value);
    assert_read(fm_fortran_open(path, &file, &error), &error);
    for (int i = 0; i < N; i++) {
        bits = bits * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
        double power = pow(10, (double)(bits >> 58) / 2 - 20);
        double digits = (double)(bits >> 24 & 0xFFFFFFFF) / 4294967296;
        switch (i % 4) {
        case 0: /* ten digits, the last a five */
            value[i] = (floor(digits * 1e9) + 0.5) / 1e3;
            break;
        case 1: /* nines */
            value[i] = power * (1 - digits * 1e-9);
            break;
        default:
            value[i] = i % 8 < 4 ? power * digits : -power * digits;
        }
        fm_fortran_single(&file, value[i]);
        fm_fortran_end_record(&file);
    }
    assert_read(fm_fortran_finish(&file, &error), &error);
    assert_read(fm_fortran_publish(&file, &error), &error);
    fm_fortran_close(&file);
    size_t size = 0;
    char *text = get_bytes(path, &size);
    assert_int_equal(size, N * 18);
    for (int i = 0; i < N; i++) {
        char wanted[32], found[32];
        snprintf(wanted, sizeof wanted, "%.8e", value[i]);
        snprintf(found, sizeof found, "%.8e", strtod(text + (size_t)i * 18, NULL));
        assert_string_equal(found, wanted);
    }
    free(text);
    free(value);
}

/* --- A result by hand --- */

typedef struct made {
    fm_fmst_input input;
    fm_job job;
    const char *result;
} made;

static void put_numbers(hid_t file, const char *name, hid_t type, hsize_t n,
                        const void *values)
{
    assert_true(H5LTmake_dataset(file, name, 1, &n, type, values) >= 0);
}

/* Two pairs: a ray of two points and one of three; two derivatives and three, in the
 * order of the matrix (south to north, west to east). */
static void put_result(const char *path, uint8_t second)
{
    static const double time[] = {30.25, 1.5},
                        lon[] = {110, 111.25, 112.5, 112, 111.25};
    static const double lat[] = {-10, -10.5, -11.5, -11, -10.5};
    static const double data[] = {-0.5, -2, -1e-3, -0.25, -4};
    static const int64_t size[] = {2, 3}, indptr[] = {0, 2, 5};
    static const int32_t indices[] = {0, 29, 5, 6, 24};
    const uint8_t status[] = {1, second};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    put_numbers(file, "arrival", H5T_NATIVE_DOUBLE, 2, time);
    put_numbers(file, "arrival_status", H5T_NATIVE_UINT8, 2, status);
    put_numbers(file, "ray_size", H5T_NATIVE_INT64, 2, size);
    put_numbers(file, "ray_lon", H5T_NATIVE_DOUBLE, 5, lon);
    put_numbers(file, "ray_lat", H5T_NATIVE_DOUBLE, 5, lat);
    H5Gclose(H5Gcreate2(file, "frechet", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put_numbers(file, "frechet/data", H5T_NATIVE_DOUBLE, 5, data);
    put_numbers(file, "frechet/indices", H5T_NATIVE_INT32, 5, indices);
    put_numbers(file, "frechet/indptr", H5T_NATIVE_INT64, 3, indptr);
    assert_true(H5Fclose(file) >= 0);
}

static void make(const void *state, size_t line, const char *text, made *m)
{
    fm_error error = {0};
    fmst_put(state);
    const char *path = put(state, "fm2dss.in", fmst_input(line, text));
    assert_read(fm_fmst_input_read(path, &m->input, &error), &error);
    assert_read(fm_fmst_load(&m->input, &m->job, &error), &error);
    assert_read(fm_job_prepare(&m->job, &error), &error);
    m->result = folder_path(state, "fm2dss.h5");
    put_result(m->result, 1);
}

static void clear(made *m)
{
    fm_job_clear(&m->job);
    fm_fmst_input_clear(&m->input);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static fm_status write_all(const made *m, fm_error *error)
{
    const fm_fmst_watch watch = {.stop = never};
    return fm_fmst_write(&m->input, &m->job, m->result, &watch, error);
}

static void every_pair_has_its_place_down_to_the_last_source(void **state)
{
    made m;
    fm_error error = {0};
    make(*state, 0, NULL, &m);
    assert_read(write_all(&m, &error), &error);
    assert_text(m.input.times_file, "           1   30.2500000    \n"
                                    "           0   0.00000000    \n"
                                    "           1   1.50000000    \n"
                                    "           0   0.00000000    \n"
                                    "           0   0.00000000    \n"
                                    "           0   0.00000000    \n");
    /* 6 vertices in longitude, 5 in latitude, the ring among them. Entry 0 is the
     * south-western one (fm2dss: 5), 29 the north-eastern (26), 5 the south-eastern
     * (30), 6 the one north of the south-western (4), 24 the north-western (1). */
    assert_text(m.input.frechet_file, "           2\n"
                                      "           5 -0.500000000    \n"
                                      "          26  -2.00000000    \n"
                                      "           0\n"
                                      "           3\n"
                                      "           1  -4.00000000    \n"
                                      "           4 -0.250000000    \n"
                                      "          30  -1.00000000E-03\n"
                                      "           0\n           0\n           0\n");
    assert_text(m.input.rays_file, "           6\n"
                                   "           2\n"
                                   "  -10.0000000       110.000000    \n"
                                   "  -10.5000000       111.250000    \n"
                                   "           0\n"
                                   "           3\n"
                                   "  -11.5000000       112.500000    \n"
                                   "  -11.0000000       112.000000    \n"
                                   "  -10.5000000       111.250000    \n"
                                   "           0\n           0\n           0\n");
    clear(&m);
}

static void rays_of_one_source_are_only_its_own(void **state)
{
    made m;
    fm_error error = {0};
    make(*state, 23, "2", &m);
    assert_read(write_all(&m, &error), &error);
    assert_text(m.input.rays_file,
                "           3\n           0\n           0\n           0\n");
    clear(&m);
    /* With a second source that was recorded, whose ray begins after the first one's.
     */
    make(*state, 23, "2", &m);
    m.job.survey.pair_source[1] = 1;
    assert_read(write_all(&m, &error), &error);
    assert_text(m.input.rays_file, "           3\n           0\n           0\n"
                                   "           3\n"
                                   "  -11.5000000       112.500000    \n"
                                   "  -11.0000000       112.000000    \n"
                                   "  -10.5000000       111.250000    \n");
    clear(&m);
}

static void pairs_without_a_time_have_none(void **state)
{
    made m;
    fm_error error = {0};
    make(*state, 0, NULL, &m);
    put_result(m.result, 2);
    assert_read(write_all(&m, &error), &error);
    assert_text(m.input.times_file, "           1   30.2500000    \n"
                                    "           0   0.00000000    \n"
                                    "           0   0.00000000    \n"
                                    "           0   0.00000000    \n"
                                    "           0   0.00000000    \n"
                                    "           0   0.00000000    \n");
    clear(&m);
}

/* --- The field --- */

/* Great circles: the field of source 2, at 11 S 112 E, in 4 km/s. */
static double exact(double lat, double lon)
{
    double degree = acos(-1) / 180, a = -11 * degree, b = lat * degree;
    double h = pow(sin((b - a) / 2), 2) +
               cos(a) * cos(b) * pow(sin((lon - 112) * degree / 2), 2);
    return 2 * 6371 * asin(sqrt(h)) / 4;
}

static void the_field_runs_from_the_north_west(void **state)
{
    made m;
    fm_error error = {0};
    make(*state, 0, NULL, &m);
    assert_read(write_all(&m, &error), &error);
    size_t size = 0;
    char *text = get_bytes(m.input.field_file, &size);
    static const char head[] = "  -10.000000000000000        110.00000000000000     \n"
                               "           5          10\n"
                               "  0.50000000000000000       0.33333333333333331     \n";
    assert_memory_equal(text, head, sizeof head - 1);
    char *at = text + sizeof head - 1;
    for (int i = 0; i < 10; i++) {
        for (int k = 0; k < 5; k++) {
            /* 50 nodes of half a degree: factored marching is exact for constant speed
             * but for rounding, on the sphere to about 1e-7. */
            double lat = -10 - 0.5 * k, lon = 110 + i / 3.0;
            assert_near(strtod(at, &at), exact(lat, lon), 1e-5 * 60);
        }
    }
    assert_string_equal(at + strspn(at, " "), "\n");
    free(text);
    clear(&m);
}

/* --- Whole or not at all --- */

static bool at_once(void *context)
{
    (void)context;
    return true;
}

static size_t heard;

static void hear(const char *name)
{
    heard += name[0] != '\0';
}

static void a_stop_leaves_the_tables_as_they_were(void **state)
{
    made m;
    fm_error error = {0};
    make(*state, 0, NULL, &m);
    put(*state, "raypath.out", "old\n");
    size_t before = folder_count(*state);
    heard = 0;
    const fm_fmst_watch watch = {.stop = at_once, .temporary = hear};
    assert_int_equal(fm_fmst_write(&m.input, &m.job, m.result, &watch, &error),
                     FM_INTERRUPTED);
    assert_int_equal(heard, 4);
    assert_int_equal(folder_count(*state), before);
    assert_text(m.input.rays_file, "old\n");
    clear(&m);
}

static void a_result_that_is_cut_short_writes_nothing(void **state)
{
    made m;
    fm_error error = {0};
    make(*state, 0, NULL, &m);
    size_t before = folder_count(*state);
    double one = 1;
    hid_t file = H5Fopen(m.result, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, "ray_lon", H5P_DEFAULT);
    put_numbers(file, "ray_lon", H5T_NATIVE_DOUBLE, 1, &one);
    H5Fclose(file);
    assert_io_failed(write_all(&m, &error), &error,
                     "fm2dss.h5: ray_lon cannot be read");
    assert_int_equal(folder_count(*state), before);
    put(*state, "fm2dss.h5", "no HDF5");
    assert_io_failed(write_all(&m, &error), &error, "fm2dss.h5: the result");
    clear(&m);
}

static void tables_that_cannot_be_made_are_found_before_the_run(void **state)
{
    made m;
    fm_error error = {0};
    make(*state, 24, "none/raypath.out", &m);
    assert_refused(fm_fmst_check_files(&m.input, &error), &error,
                   "none/raypath.out: cannot create a file there");
    size_t before = folder_count(*state);
    clear(&m);
    make(*state, 0, NULL, &m);
    assert_read(fm_fmst_check_files(&m.input, &error), &error);
    assert_int_equal(folder_count(*state), before);
    clear(&m);
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(numbers_stand_as_gfortran_writes_them),
        IN_FOLDER(all_numbers_are_rounded_as_the_c_library_does),
        IN_FOLDER(every_pair_has_its_place_down_to_the_last_source),
        IN_FOLDER(rays_of_one_source_are_only_its_own),
        IN_FOLDER(pairs_without_a_time_have_none),
        IN_FOLDER(the_field_runs_from_the_north_west),
        IN_FOLDER(a_stop_leaves_the_tables_as_they_were),
        IN_FOLDER(a_result_that_is_cut_short_writes_nothing),
        IN_FOLDER(tables_that_cannot_be_made_are_found_before_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
