/* Models from text files: FMST grids, profiles, cosines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder_fixture.h"
#include "io/load.h"
#include "read_fixture.h"

/* 2 latitudes, 3 longitudes and the ring: 5 columns of 4, the value saying where:
 * 1.<column><row from the north>. */
static void write_vtx(char *text, const char *header, const char *tail)
{
    size_t used = (size_t)sprintf(text, "%s", header);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 4; k++) {
            used += (size_t)sprintf(text + used, "   1.%d%d%s\n", i, k, tail);
        }
    }
}

static const char usual_header[] = "  2  3\n -10.0  110.0\n  1.0  2.0\n";

static void vertices_are_turned_to_ascend(void **state)
{
    char text[2000];
    fm_model model;
    fm_error error = {0};
    write_vtx(text, usual_header, "  0.3");
    const char *path = put(*state, "m.vtx", text);
    assert_read(fm_vtx_read(path, FM_GEOGRAPHIC, 6371, &model, &error), &error);
    assert_int_equal(model.kind, FM_MODEL_NODES);
    assert_int_equal(model.interpolation, FM_BSPLINE);
    assert_int_equal(model.nx, 3);
    assert_int_equal(model.nz, 2);
    assert_true(model.x_min == 110 && model.x_max == 114 && model.dx == 2);
    assert_true(model.z_min == -11 && model.z_max == -10 && model.dz == 1);
    assert_true(model.x0 == 110 && model.z0 == -11);
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < 5; i++) {
            char wanted[48];
            snprintf(wanted, sizeof wanted, "1.%zu%zu", i, 3 - k);
            assert_true(model.values[k * 5 + i] == strtod(wanted, NULL));
        }
    }
    fm_model_clear(&model);
}

static void fortran_ways_of_writing_are_understood(void **state)
{
    static const char *const headers[] = {
        "2 3\n-10 110\n1 2\n",
        "\t2, 3  grid without cushion\n-10.,110. origin\n\n1.D0 0.2d1 spacing\n",
        "2 3\r\n-1.0E+01 +110.0\r\n1 2\r\n",
    };
    static const char *const tails[] = {"",       "D0",  "d+00, 5", " 0.3 comment",
                                        "E0\t.5", "\n\n"};
    for (size_t h = 0; h < 3; h++) {
        for (size_t t = 0; t < 6; t++) {
            char text[2000];
            fm_model model;
            fm_error error = {0};
            write_vtx(text, headers[h], tails[t]);
            const char *path = put(*state, "m.vtx", text);
            assert_read(fm_vtx_read(path, FM_CARTESIAN, 6371, &model, &error), &error);
            assert_true(model.x0 == 110 && model.z0 == -11 && model.dx == 2);
            assert_true(model.values[0] == 1.03);
            fm_model_clear(&model);
        }
    }
}

static void bad_vertex_files_are_refused_with_file_and_line(void **state)
{
    static const struct {
        const char *header, *tail, *words;
    } bad[] = {
        {"2\n-10 110\n1 2\n", "", "m.vtx:1: the numbers of vertices, nlat nlon"},
        {"2.5 3\n-10 110\n1 2\n", "", "m.vtx:1: the numbers of vertices"},
        {"2 -3\n-10 110\n1 2\n", "", "m.vtx:1: the numbers of vertices"},
        {"1 3\n-10 110\n1 2\n", "", "found '1 3'"},
        {"1000000 1000000\n-10 110\n1 2\n", "", "m.vtx:1: more vertices than"},
        {"2 3 -10 110\n1 2\n", "", "m.vtx:3: the spacings, dlat dlon (positive)"},
        {"2 3\n-10\n110 1 2\n", "", "m.vtx:2: the origin, north west; found '-10'"},
        {"2 3\n-10 110\n-1 2\n", "", "m.vtx:3: the spacings, dlat dlon (positive)"},
        {"2 3\n-10 110\n1 0\n", "", "m.vtx:3: the spacings"},
        {"2 3\n-10 110\n1 2\n", "km", "m.vtx:4: value 1 of 20; found '   1.00km'"},
        {"2 3\n-10 110\n1 2\n", "D", "m.vtx:4: value 1 of 20"},
        {"2 3\n-10 110\n1 2\n*\n", "", "m.vtx:4: value 1 of 20; found '*'"},
        {"2 4\n-10 110\n1 2\n", "", "m.vtx:24: the file ends before value 21 of 24"},
        {"2 3\n-10 110\n1 2\n1.5\n", "", "m.vtx:24: more than the 20 values"},
        {"2 3\nnorth west\n1 2\n", "", "m.vtx:2: the origin"},
        {"2 3\n-10 1e999\n1 2\n", "", "m.vtx:2: the origin"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[2000];
        fm_model model;
        fm_error error = {0};
        write_vtx(text, bad[i].header, bad[i].tail);
        const char *path = put(*state, "m.vtx", text);
        assert_refused(fm_vtx_read(path, FM_GEOGRAPHIC, 6371, &model, &error), &error,
                       bad[i].words);
        assert_null(model.values);
    }
}

static void a_negative_vertex_is_refused(void **state)
{
    char text[2000];
    fm_model model;
    fm_error error = {0};
    write_vtx(text, usual_header, "");
    *strstr(text, " 1.21") = '-';
    const char *path = put(*state, "m.vtx", text);
    assert_refused(fm_vtx_read(path, FM_GEOGRAPHIC, 6371, &model, &error), &error,
                   "-1.21");
    assert_null(model.values);
}

static void vertex_files_are_not_polar_and_must_be_there(void **state)
{
    char text[2000];
    fm_model model;
    fm_error error = {0};
    write_vtx(text, usual_header, "");
    const char *path = put(*state, "m.vtx", text);
    assert_refused(fm_vtx_read(path, FM_POLAR, 6371, &model, &error), &error,
                   "not polar");
    path = folder_path(*state, "absent.vtx");
    assert_io_failed(fm_vtx_read(path, FM_GEOGRAPHIC, 6371, &model, &error), &error,
                     "absent.vtx: cannot be read: No such file");
}

/* --- Profiles --- */

static const double extent[4] = {0, 100, 0, 40};

static fm_status read_profile(const void *state, const char *text, const char *column,
                              fm_model *model, fm_error *error)
{
    const char *path = put(state, "p.csv", text);
    return fm_profile_read(path, column, FM_CARTESIAN, 6371, extent, model, error);
}

static void a_profile_has_knots_in_km(void **state)
{
    static const struct {
        const char *text, *column;
    } same[] = {
        {"depth_km,vp_km_s\n0,5\n20,6\n20,8\n40,8.5\n", NULL},
        {"depth_m,vp_m_s\n0,5000\n20000,6000\n20000,8000\n40000,8500\n", NULL},
        {"speed_km_s,depth_km\n5,0\n6,20\n8,20\n8.5,40\n", NULL},
        {"vp_km_s,depth_km,vs_km_s\n0,0,5\n0,20,6\n0,20,8\n0,40,8.5\n", "vs_km_s"},
        {"# x\ndepth_km,u_m_s\n0,5000\n20,6000\n20,8000\n40,8500\n", "u_m_s"},
    };
    static const double depth[] = {0, 20, 20, 40}, speed[] = {5, 6, 8, 8.5};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        fm_model model;
        fm_error error = {0};
        assert_read(read_profile(*state, same[i].text, same[i].column, &model, &error),
                    &error);
        assert_int_equal(model.kind, FM_MODEL_PROFILE);
        assert_int_equal(model.nknots, 4);
        assert_true(model.x_max == 100 && model.z_max == 40);
        for (size_t k = 0; k < 4; k++) {
            assert_near(model.depth_km[k], depth[k], 1e-12);
            assert_near(model.knot_speed[k], speed[k], 1e-12);
        }
        fm_model_clear(&model);
    }
}

static void bad_profiles_are_refused_with_file_and_line(void **state)
{
    static const struct {
        const char *text, *column, *words;
    } bad[] = {
        {"", NULL, "p.csv: empty"},
        {"depth_km,vp_km_s\n", NULL, "p.csv: "},
        {"depth_km,vp_km_s\n0,5\n", NULL, "p.csv: "},
        {"depth,vp_km_s\n0,5\n", NULL, "p.csv:1: a profile needs a column 'depth_km'"},
        {"depth_km,depth_m,vp_km_s\n0,0,5\n", NULL, "both 'depth_km' and 'depth_m'"},
        {"depth_km,vp\n0,5\n", NULL,
         "needs a column 'vp_km_s'; the header has: "
         "depth_km, vp"},
        {"depth_km,vp_km_s,vp_m_s\n0,5,5\n", NULL,
         "both 'vp_km_s' and 'vp_m_s'; say which with model.variable"},
        {"depth_km,vs\n0,5\n", "vs", "column 'vs' does not say its unit"},
        {"depth_km,vs_km_s\n0,5\n", "vp_km_s", "needs a column 'vp_km_s'"},
        {"depth_km,vp_km_s\n0,5\n10,fast\n", NULL,
         "p.csv:3: column vp_km_s: 'fast' is not a number"},
        {"depth_km,vp_km_s\n0,5\n10,-6\n", NULL, "p.csv:3: a speed of -6 km/s"},
        {"depth_km,vp_km_s\n0,5\n10,6\n5,6\n", NULL,
         "p.csv:4: a depth of 5 km below one of 10 km"},
        {"depth_km,vp_km_s\n0,5\n10,6\n10,7\n10,8\n", NULL,
         "p.csv:5: a third row at 10 km"},
        {"depth_km,vp_km_s\n0,5\n10,6\n10.0000001,7\n", NULL,
         "p.csv:4: a depth only 1e-07 km below the one before"},
        {"depth_km,vp_km_s\n0,5\n10,6\n20,0\n", NULL,
         "p.csv:4: the speed goes from 6 to 0 km/s over 10 km; a masked layer"},
        {"depth_km,vp_km_s\n0,0\n10,6\n", NULL, "p.csv:3: the speed goes from 0 to 6"},
        {"0,5\n10,6\n", NULL,
         "p.csv:1: no header: the first line must name the "
         "columns: depth_km,vp_km_s (it has '0')"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fm_model model;
        fm_error error = {0};
        assert_refused(read_profile(*state, bad[i].text, bad[i].column, &model, &error),
                       &error, bad[i].words);
        assert_null(model.depth_km);
    }
}

/* --- Cosines --- */

static fm_status read_cosines(const void *state, const char *text, double scale,
                              fm_model *model, fm_error *error)
{
    *model = (fm_model){.kind = FM_MODEL_COSINES};
    return fm_cosines_read(put(state, "c.csv", text), scale, model, error);
}

static void coefficients_may_stand_in_any_order_and_be_left_out(void **state)
{
    static const char *const same[] = {
        "kx,kz,value\n0,0,5\n2,0,-0.25\n1,1,1e-1\n",
        "# order does not matter\nvalue,kz,name,kx\n0.1,1,a,1\n-.25,0,b,2\n5,0,,0\n",
        "kx,kz,value\n1,1,0.1\n0,0,5\n\n2,0,-0.25\n0,1,0\n",
    };
    static const double values[6] = {5, 0, -0.25, 0, 0.1, 0};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        fm_model model;
        fm_error error = {0};
        assert_read(read_cosines(*state, same[i], 1, &model, &error), &error);
        assert_true(model.nx == 3 && model.nz == 2);
        for (size_t n = 0; n < 6; n++) {
            assert_true(model.values[n] == values[n]);
        }
        fm_model_clear(&model);
    }
}

static void coefficients_are_scaled(void **state)
{
    fm_model model;
    fm_error error = {0};
    assert_read(read_cosines(*state, "kx,kz,value\n999,0,2\n", 0.5, &model, &error),
                &error);
    assert_true(model.nx == FM_MOST_COSINES && model.nz == 1 && model.values[999] == 1);
    fm_model_clear(&model);
}

static void bad_cosines_are_refused_with_file_and_line(void **state)
{
    static const char *const bad[][2] = {
        {"", "c.csv: empty"},
        {"kx,kz,value\n", "c.csv: a header, but no rows"},
        {"kx,ky,value\n0,0,1\n", "c.csv:1: a table of cosines needs a column 'kz'"},
        {"0,0,1\n", "c.csv:1: no header: the first line must name the columns: "
                    "kx,kz,value"},
        {"kx,kz,value\n0,0,1\n-1,0,2\n",
         "c.csv:3: column kx: '-1' is not a whole number from 0 to 999"},
        {"kx,kz,value\n0,1.5,1\n", "c.csv:2: column kz: '1.5' is not a whole number"},
        {"kx,kz,value\n0,1000,1\n", "c.csv:2: column kz: '1000' is not a whole"},
        {"kx,kz,value\n0,,1\n", "c.csv:2: column kz: '' is not a whole number"},
        {"kx,kz,value\n0,0,high\n", "c.csv:2: column value: 'high' is not a number"},
        {"kx,kz,value\n0,0,nan\n", "c.csv:2: column value: 'nan'"},
        {"kx,kz,value\n0,0,1\n3,2,1\n\n3,2,1\n",
         "c.csv:5: kx 3, kz 2 stands on line 3 already"},
        {"kx,kz,value\n0,0,1\n1,0,2.", "c.csv:3: "},
        {"kx,kz,value\n0,0,1\n1,0\n", "c.csv:3: "},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fm_model model;
        fm_error error = {0};
        assert_refused(read_cosines(*state, bad[i][0], 1, &model, &error), &error,
                       bad[i][1]);
        assert_null(model.values);
    }
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(vertices_are_turned_to_ascend),
        IN_FOLDER(fortran_ways_of_writing_are_understood),
        IN_FOLDER(bad_vertex_files_are_refused_with_file_and_line),
        IN_FOLDER(a_negative_vertex_is_refused),
        IN_FOLDER(vertex_files_are_not_polar_and_must_be_there),
        IN_FOLDER(a_profile_has_knots_in_km),
        IN_FOLDER(bad_profiles_are_refused_with_file_and_line),
        IN_FOLDER(coefficients_may_stand_in_any_order_and_be_left_out),
        IN_FOLDER(coefficients_are_scaled),
        IN_FOLDER(bad_cosines_are_refused_with_file_and_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
