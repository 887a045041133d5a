/* Models from classic netCDF files: made by ncgen, and by GMT where it is installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "classic_fixture.h"
#include "folder_fixture.h"
#include "grid_fixture.h"
#include "read_fixture.h"

static void accept(const void *state, const char *kind, const char *text,
                   fm_model *model)
{
    fm_error error = {0};
    assert_read(read_grid(make_classic(state, kind, text), FM_CARTESIAN, model, &error),
                &error);
}

static void refuse_text(const void *state, const char *text, const char *variable,
                        const char *words)
{
    fm_model model;
    fm_error error = {0};
    const char *path = make_classic(state, "nc3", text);
    assert_refused(fm_grid_file_read(path, variable, FM_CARTESIAN, 6371, FM_CUBIC, 1,
                                     &model, &error),
                   &error, words);
    assert_null(model.values);
}

static void assert_usual(fm_model *model)
{
    assert_lines(model, NX, NZ, -2, 2, 1, 0.5);
    assert_sum(model);
    fm_model_clear(model);
}

/* --- What is read --- */

static void every_version_of_the_format_is_read(void **state)
{
    static const char *const kinds[] = {"nc3", "nc6", "cdf5"};
    static const char versions[] = {1, 2, 5};
    for (size_t i = 0; i < 3; i++) {
        fm_model model;
        size_t size = 0;
        accept(*state, kinds[i], classic_usual, &model);
        assert_usual(&model);
        char *bytes = get_bytes(folder_path(*state, "g.nc"), &size);
        assert_int_equal(bytes[3], versions[i]);
        free(bytes);
    }
}

/* 10 z + x, packed so that bytes hold it; the second is missing. */
#define PACKED                                                                         \
    "v:add_offset = 99.; v:scale_factor = 0.5;\n"                                      \
    "data: z = 1, 1.5; x = -2, 0, 2, 4;\n"                                             \
    "  v = 18, 7, 26, 30, 28, 32, 36, 40;\n"

static void every_type_of_number_is_read_and_unpacked(void **state)
{
    static const char *const types[] = {"byte",  "short",  "int",  "float", "double",
                                        "ubyte", "ushort", "uint", "int64", "uint64"};
    for (size_t i = 0; i < 10; i++) {
        char text[600];
        fm_model model;
        snprintf(text, sizeof text,
                 "dimensions: z = 2; x = 4;\n"
                 "variables: float z(z), x(x); %s v(z, x); v:_FillValue = %s;\n" PACKED,
                 types[i],
                 i == 0   ? "7b"
                 : i == 5 ? "7ub"
                          : "7");
        accept(*state, i < 5 ? "nc3" : "cdf5", text, &model);
        assert_lines(&model, 4, 2, -2, 2, 1, 0.5);
        for (size_t k = 0; k < 8; k++) {
            double wanted = 99 + 10 * (k < 4 ? 1 : 1.5) - 2 + 2 * (double)(k % 4) + 1;
            if (k == 1) {
                assert_true(isnan(model.values[k]));
            } else {
                assert_near(model.values[k], wanted, 1e-12);
            }
        }
        fm_model_clear(&model);
    }
}

static void negative_numbers_are_read(void **state)
{
    static const char *const types[] = {"byte", "short", "int", "float", "int64"};
    for (size_t i = 0; i < 5; i++) {
        char text[400];
        fm_model model;
        snprintf(text, sizeof text,
                 "dimensions: z = 2; x = 2; variables: %s z(z), x(x); float v(z, x);\n"
                 "data: z = -2, -1; x = -100, -90; v = 1, 2, 3, 4;\n",
                 types[i]);
        accept(*state, i < 4 ? "nc3" : "cdf5", text, &model);
        assert_lines(&model, 2, 2, -100, 10, -2, 1);
        fm_model_clear(&model);
    }
}

static void missing_values_have_three_names(void **state)
{
    static const char *const how[][2] = {{"v:_FillValue = -1.f;", "-1"},
                                         {"v:missing_value = -1.f;", "-1"},
                                         {"", "_"},
                                         {"", "NaNf"}};
    for (size_t i = 0; i < 4; i++) {
        char text[400];
        fm_model model;
        snprintf(text, sizeof text,
                 "dimensions: z = 2; x = 2; variables: int z(z), x(x); float v(z, x);\n"
                 "%s\ndata: z = 1, 2; x = 3, 4; v = 1, 2, %s, 4;\n",
                 how[i][0], how[i][1]);
        accept(*state, "nc3", text, &model);
        assert_true(isnan(model.values[2]));
        assert_near(model.values[3], 4, 1e-12);
        fm_model_clear(&model);
    }
}

static void units_are_those_of_the_file_or_of_the_job(void **state)
{
    fm_model model;
    accept(*state, "nc3",
           "dimensions: z = 2; x = 2; variables: double z(z), x(x), v(z, x);\n"
           "x:units = \"m  \"; v:units = \"m s-1\"; z:positive = \"up\";\n"
           "data: z = 1, 2; x = 1000, 2000; v = 1000, 2000, 3000, 4000;\n",
           &model);
    assert_lines(&model, 2, 2, 1, 1, -2, 1);
    assert_near(model.values[0], 3, 1e-12);
    fm_model_clear(&model);
    refuse_text(*state,
                "dimensions: z = 2; x = 2; variables: double z(z), x(x), v(z, x);\n"
                "x:units = \"mile\"; data: z = 1, 2; x = 1, 2; v = 1, 2, 3, 4;\n",
                NULL, "g.nc: x has the units 'mile'; expected here: km, m");
}

static void coordinates_of_usual_names_serve(void **state)
{
    fm_model model;
    accept(*state, "nc3",
           "dimensions: n = 2; m = 3; other = 7;\n"
           "variables: double z(n), x(m), v(n, m), longest(other);\n"
           "data: z = 1, 2; x = 1, 2, 3; v = 1, 2, 3, 4, 5, 6;\n",
           &model);
    assert_lines(&model, 3, 2, 1, 1, 1, 1);
    fm_model_clear(&model);
    refuse_text(*state,
                "dimensions: n = 2; m = 3; variables: double z(n), x(n), v(n, m);\n"
                "data: z = 1, 2;\n",
                NULL, "variable v has no coordinate for its second dimension (3 val");
}

/* Records of one variable are not padded, those of several are. */
static void a_dimension_that_grows_is_read(void **state)
{
    fm_model model;
    accept(*state, "nc3",
           "dimensions: n = UNLIMITED; m = 3; four = 3;\n"
           "variables: double z(four), x(m); short v(n, m);\n"
           "data: z = 1, 2, 3; x = 1, 2, 3; v = 1, 2, 3, 4, 5, 6, 7, 8, 9;\n",
           &model);
    assert_near(model.values[8], 9, 1e-12);
    assert_near(model.values[3], 4, 1e-12);
    fm_model_clear(&model);
    accept(*state, "cdf5",
           "dimensions: z = UNLIMITED; x = 3;\n"
           "variables: double z(z), x(x); short v(z, x); byte b(z);\n"
           "data: z = 1, 2, 3; x = 1, 2, 3; v = 1, 2, 3, 4, 5, 6, 7, 8, 9; b = 1;\n",
           &model);
    assert_lines(&model, 3, 3, 1, 1, 1, 1);
    assert_near(model.values[8], 9, 1e-12);
    assert_near(model.values[3], 4, 1e-12);
    fm_model_clear(&model);
}

/* --- What is refused --- */

static void the_variable_must_be_named_among_several(void **state)
{
    static const char text[] =
        "dimensions: z = 2; x = 2; t = 3;\n"
        "variables: double z(z), x(x), vp(z, x), vs(z, x), cube(t, z, x); int none;\n"
        "  char title(z);\n"
        "data: z = 1, 2; x = 1, 2; vp = 1, 2, 3, 4; vs = 5, 6, 7, 8;\n";
    fm_model model;
    fm_error error = {0};
    refuse_text(*state, text, NULL,
                "more than one 2-D variable; say which with model.variable: z (1-D), "
                "x (1-D), vp [2 x 2], vs [2 x 2], cube (3-D), none (0-D)");
    refuse_text(*state, text, "vq", "no variable 'vq'; the file has: z (1-D)");
    refuse_text(*state, text, "cube", "variable cube is 3-D; a model is 2-D");
    refuse_text(*state, text, "none", "variable none is 0-D; a model is 2-D");
    refuse_text(*state, text, "title", "variable title is not of numbers");
    assert_read(fm_grid_file_read(folder_path(*state, "g.nc"), "vs", FM_CARTESIAN, 6371,
                                  FM_CUBIC, 1, &model, &error),
                &error);
    assert_near(model.values[0], 5, 1e-12);
    fm_model_clear(&model);
}

static void files_without_a_usable_variable_are_refused(void **state)
{
    refuse_text(*state, "", NULL, "no 2-D variable of numbers; the file has: nothing");
    refuse_text(*state,
                "dimensions: z = 1; x = 2; variables: double z(z), x(x), v(z, x);\n",
                NULL, "variable v is 1 x 2; a model has at least 2 x 2");
    refuse_text(*state,
                "dimensions: z = 2; x = 2; variables: double z(z), x(x), v(z, x);\n"
                "data: z = 1, _; x = 1, 2; v = 1, 2, 3, 4;\n",
                NULL, "value 2 of coordinate z is missing");
}

static void versions_that_are_not_known_are_refused(void **state)
{
    fm_model model;
    fm_error error = {0};
    const char *path = put_bytes(*state, "g.nc", "CDF\003\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "g.nc: netCDF, but of a version that is not known");
    path = put_bytes(*state, "g.nc", "CDF\001\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\0", 16);
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "g.nc: netCDF, but still being written");
}

/* --- GMT --- */

static void gmt(const void *state, const char *arguments)
{
    char command[300];
    if (!folder_run(state, "gmt --version")) {
        skip();
    }
    snprintf(command, sizeof command, "gmt %s", arguments);
    assert_true(folder_run(state, command));
}

#define FORMULA " 100 Y 10 MUL ADD X ADD = g.grd"

static void grids_of_gmt_are_read(void **state)
{
    fm_model model;
    fm_error error = {0};
    const char *path = folder_path(*state, "g.grd");
    gmt(*state, "grdmath -R110/120/-20/-15 -I1/0.5 -fg" FORMULA);
    assert_read(read_grid(path, FM_GEOGRAPHIC, &model, &error), &error);
    assert_lines(&model, 11, 11, 110, 1, -20, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
    gmt(*state, "grdmath -R0/10/0/5 -I1 -r" FORMULA "=ns+s0.01+o30");
    assert_read(read_grid(path, FM_CARTESIAN, &model, &error), &error);
    assert_lines(&model, 10, 5, 0.5, 1, 0.5, 1);
    assert_sum(&model);
    fm_model_clear(&model);
}

static void old_grids_of_gmt_are_read(void **state)
{
    fm_model model;
    fm_error error = {0};
    const char *path = folder_path(*state, "g.grd");
    gmt(*state, "grdmath -R110/120/-20/-15 -I1/0.5 -fg" FORMULA "=cf");
    assert_read(read_grid(path, FM_GEOGRAPHIC, &model, &error), &error);
    assert_lines(&model, 11, 11, 110, 1, -20, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
    gmt(*state, "grdmath -R0/10/0/5 -I1 -r" FORMULA "=cs+s0.01+o30");
    assert_read(
        fm_grid_file_read(path, "z", FM_CARTESIAN, 6371, FM_CUBIC, 1, &model, &error),
        &error);
    assert_lines(&model, 10, 5, 0.5, 1, 0.5, 1);
    assert_sum(&model);
    fm_model_clear(&model);
}

#define OLD(units, dimension, values, offset)                                          \
    "dimensions: side = 2; xysize = " values ";\n"                                     \
    "variables: double x_range(side), y_range(side), z_range(side), spacing(side);\n"  \
    "int dimension(side); float z(xysize); z:node_offset = " offset ";\n"              \
    "x_range:units = \"" units "\"; z_range:units = \"z\";\n"                          \
    "data: x_range = 0, 2; y_range = 10, 11; spacing = 1, 1;\n"                        \
    "dimension = " dimension "; z = 21, 22, 23, 11, 12, 13;\n"

static void old_grids_have_rows_from_the_north(void **state)
{
    fm_model model;
    accept(*state, "nc3", OLD("along [m]", "3, 2", "6", "0"), &model);
    assert_lines(&model, 3, 2, 0, 0.001, 10, 1);
    assert_near(model.values[0], 11, 1e-12);
    assert_near(model.values[5], 23, 1e-12);
    fm_model_clear(&model);
    accept(*state, "nc3", OLD("x", "3, 2", "6", "0"), &model);
    assert_lines(&model, 3, 2, 0, 1, 10, 1);
    fm_model_clear(&model);
    refuse_text(*state, OLD("mile", "3, 2", "6", "0"), NULL, "x has the units 'mile'");
}

static void old_grids_must_agree_with_themselves(void **state)
{
    static const char words[] = "an old GMT grid whose header does not agree";
    refuse_text(*state, OLD("x", "2, 3", "6", "0"), NULL, words);
    refuse_text(*state, OLD("x", "3, 2", "7", "0"), NULL, words);
    refuse_text(*state, OLD("x", "3, 2", "6", "1"), NULL, words);
    refuse_text(*state, OLD("x", "3, 2", "6", "2"), NULL, words);
    refuse_text(*state, OLD("x", "-3, -2", "6", "0"), NULL, words);
    refuse_text(*state, OLD("x", "3, 2", "6", "0"), "v", "no variable 'v'");
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_version_of_the_format_is_read),
        IN_FOLDER(every_type_of_number_is_read_and_unpacked),
        IN_FOLDER(negative_numbers_are_read),
        IN_FOLDER(missing_values_have_three_names),
        IN_FOLDER(units_are_those_of_the_file_or_of_the_job),
        IN_FOLDER(coordinates_of_usual_names_serve),
        IN_FOLDER(a_dimension_that_grows_is_read),
        IN_FOLDER(the_variable_must_be_named_among_several),
        IN_FOLDER(files_without_a_usable_variable_are_refused),
        IN_FOLDER(versions_that_are_not_known_are_refused),
        IN_FOLDER(grids_of_gmt_are_read),
        IN_FOLDER(old_grids_of_gmt_are_read),
        IN_FOLDER(old_grids_have_rows_from_the_north),
        IN_FOLDER(old_grids_must_agree_with_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
