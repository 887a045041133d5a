/* Classic netCDF files cut short, and damaged: refused with a message, or read when
 * they are whole still; never a crash, nor zeros for what is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "classic_fixture.h"
#include "folder_fixture.h"
#include "grid_fixture.h"
#include "read_fixture.h"

/* A grid with records, one in GMT's old layout, and one that others stand behind. */
static const char records[] =
    "dimensions: z = UNLIMITED; x = 2;\n"
    "variables: double z(z), x(x), v(z, x), other(z);\n"
    "data: z = 1, 2, 3; x = 1, 2; v = 1, 2, 3, 4, 5, 6; other = 1, 2, 3;\n";
static const char front[] =
    "dimensions: z = 2; x = 2; variables: double v(z, x), z(z), x(x), other(x);\n"
    "data: v = 1, 2, 3, 4; z = 1, 2; x = 1, 2; other = 1, 2;\n";
static const char old[] =
    "dimensions: side = 2; xysize = 6;\n"
    "variables: double x_range(side), y_range(side), spacing(side);\n"
    "int dimension(side); float z(xysize); z:node_offset = 0;\n"
    "data: x_range = 0, 2; y_range = 10, 11; spacing = 1, 1;\n"
    "dimension = 3, 2; z = 21, 22, 23, 11, 12, 13;\n";

static const char *const whole[][2] = {{"nc3", NULL},    {"nc6", NULL}, {"cdf5", NULL},
                                       {"nc3", records}, {"nc3", old},  {"nc3", front}};
enum { WHOLE = sizeof whole / sizeof *whole };

static char *whole_bytes(const void *state, size_t i, size_t *size)
{
    const char *text = whole[i][1] ? whole[i][1] : classic_usual;
    return get_bytes(make_classic(state, whole[i][0], text), size);
}

static bool accepted(const void *state, const char *bytes, size_t size)
{
    fm_model model;
    fm_error error = {0};
    const char *path = put_bytes(state, "damaged.nc", bytes, size);
    fm_status status = read_grid(path, FM_CARTESIAN, &model, &error);
    fm_model_clear(&model);
    if (status != FM_OK) {
        assert_int_equal(status, FM_BAD_INPUT);
        assert_memory_equal(error.message, path, strlen(path));
    }
    return status == FM_OK;
}

static void files_cut_short_are_refused(void **state)
{
    for (size_t i = 0; i < WHOLE; i++) {
        size_t size = 0;
        char *bytes = whole_bytes(*state, i, &size);
        assert_true(accepted(*state, bytes, size));
        for (size_t length = 0; length < size; length++) {
            if (accepted(*state, bytes, length)) {
                fail_msg("%zu of %zu bytes of file %zu were accepted", length, size, i);
            }
        }
        free(bytes);
    }
}

static void damaged_files_never_crash(void **state)
{
    enum { MUTANTS = 4000 };
    unsigned long long seed = 20240801;
    for (size_t i = 0; i < WHOLE; i++) {
        size_t size = 0, refused = 0;
        char *bytes = whole_bytes(*state, i, &size);
        for (int k = 0; k < MUTANTS; k++) {
            size_t new_size = 0;
            char *mutant = damaged(bytes, size, &new_size, &seed);
            refused += !accepted(*state, mutant, new_size);
            free(mutant);
        }
        free(bytes);
        assert_true(refused > MUTANTS / 3 && refused < MUTANTS);
    }
}

/* Counts and places near the ends of their types. */
static void extreme_numbers_in_the_header_never_crash(void **state)
{
    static const unsigned char extremes[][4] = {{0xFF, 0xFF, 0xFF, 0xFF},
                                                {0x7F, 0xFF, 0xFF, 0xFF},
                                                {0x80, 0, 0, 0},
                                                {0, 0, 0, 0},
                                                {0, 0, 0, 1},
                                                {0x20, 0, 0, 0}};
    for (size_t i = 0; i < WHOLE; i++) {
        size_t size = 0, refused = 0;
        char *bytes = whole_bytes(*state, i, &size);
        for (size_t at = 4; at + 4 <= size; at += 4) {
            for (size_t k = 0; k < 6; k++) {
                char kept[4];
                memcpy(kept, bytes + at, 4);
                memcpy(bytes + at, extremes[k], 4);
                refused += !accepted(*state, bytes, size);
                memcpy(bytes + at, kept, 4);
            }
        }
        free(bytes);
        assert_true(refused > size / 4);
    }
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(files_cut_short_are_refused),
        IN_FOLDER(damaged_files_never_crash),
        IN_FOLDER(extreme_numbers_in_the_header_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
