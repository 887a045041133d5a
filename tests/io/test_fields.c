/* The fields of a file while they are written: their range, wherever the extremes are,
 * and the missing ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "fields.h"
#include "folder_fixture.h"

static void set(void *field, fm_nc_type type, size_t i, double time)
{
    if (type == FM_NC_F64) {
        ((double *)field)[i] = time;
    } else {
        ((float *)field)[i] = (float)time;
    }
}

/* A file of nothing but fields of so many nodes. */
typedef struct file {
    fm_part_file part;
    fm_slabs slabs;
    fm_fields fields;
    size_t nodes;
} file;

static void open_file(const char *path, fm_nc_type type, size_t n, size_t nodes,
                      file *f)
{
    size_t width = type == FM_NC_F64 ? sizeof(double) : sizeof(float);
    const fm_nc_place place = {.offset = 0, .size = n * nodes * width};
    f->nodes = nodes;
    assert_int_equal(fm_part_open(path, &f->part, NULL), FM_OK);
    assert_int_equal(fm_slabs_create("traveltime", type, n, 1, place, &f->slabs, NULL),
                     FM_OK);
    f->fields = fm_fields_of(&f->slabs, &f->part);
}

static void close_file(file *f)
{
    fm_fields_clear(&f->fields);
    fm_slabs_clear(&f->slabs);
    fm_part_clear(&f->part);
}

/* Times between 1 and 2 with the extremes at two places, or only those two. */
static void fill(file *f, void *field, size_t low, size_t high, bool missing)
{
    for (size_t i = 0; i < f->nodes; i++) {
        set(field, f->slabs.type, i,
            missing ? (double)NAN : 1 + (double)i / (double)f->nodes);
    }
    set(field, f->slabs.type, high, 3.5);
    set(field, f->slabs.type, low, 0.25);
}

static void check_range(const char *path, fm_nc_type type, size_t nodes, bool missing)
{
    double *field = malloc(nodes * sizeof *field);
    for (size_t low = 0; low < nodes; low++) {
        size_t high = (low + nodes / 2) % nodes;
        file f;
        open_file(path, type, 1, nodes, &f);
        fill(&f, field, low, high, missing);
        assert_int_equal(fm_fields_add(&f.fields, 0, field, NULL), FM_OK);
        assert_int_equal(fm_fields_finish(&f.fields, NULL), FM_OK);
        assert_true(f.fields.found.least == 0.25);
        assert_true(f.fields.found.greatest == (nodes > 1 ? 3.5 : 0.25));
        close_file(&f);
    }
    free(field);
}

static void the_range_has_the_extremes_wherever_they_are(void **state)
{
    const char *path = folder_path(*state, "fields");
    const size_t nodes[] = {1, 2, 7, 8, 9, 35, 512, 523, 1030};
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        check_range(path, i % 2 ? FM_NC_F64 : FM_NC_F32, nodes[i], i % 3 == 0);
        check_range(path, i % 2 ? FM_NC_F32 : FM_NC_F64, nodes[i], i % 3 == 1);
    }
}

static void fields_that_never_came_are_missing_and_have_no_range(void **state)
{
    file f;
    open_file(folder_path(*state, "fields"), FM_NC_F32, 3, 100, &f);
    float field[100], found[300];
    fill(&f, field, 7, 9, false);
    assert_int_equal(fm_fields_add(&f.fields, 1, field, NULL), FM_OK);
    assert_int_equal(fm_fields_finish(&f.fields, NULL), FM_OK);
    assert_true(f.fields.found.least == 0.25 && f.fields.found.greatest == 3.5);
    assert_int_equal(pread(f.part.descriptor, found, sizeof found, 0), sizeof found);
    assert_memory_equal(found + 100, field, sizeof field);
    for (size_t i = 0; i < 100; i++) {
        assert_true(isnan(found[i]) && isnan(found[200 + i]));
    }
    close_file(&f);
    open_file(folder_path(*state, "fields"), FM_NC_F64, 3, 100, &f);
    assert_int_equal(fm_fields_finish(&f.fields, NULL), FM_OK);
    assert_true(f.fields.found.least > f.fields.found.greatest);
    close_file(&f);
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(the_range_has_the_extremes_wherever_they_are),
        IN_FOLDER(fields_that_never_came_are_missing_and_have_no_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
