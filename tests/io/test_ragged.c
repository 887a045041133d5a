/* Rows of any length, put aside in any order and written in theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder_fixture.h"
#include "ragged.h"

enum { ROWS = 40 };

/* Row r has so many elements: none, few, and more than any buffer holds. */
static size_t length_of(size_t row)
{
    return row == 7 ? 400000 : row % 5 == 0 ? 0 : row * 3 % 17;
}

static double number_at(size_t row, size_t i)
{
    return (double)row * 1e6 + (double)i;
}

static uint32_t column_at(size_t row, size_t i)
{
    return (uint32_t)(row * 1000003 + i);
}

static fm_status add_row(fm_ragged *ragged, size_t row, fm_error *error)
{
    size_t n = length_of(row);
    double *number = malloc((n + 1) * sizeof *number);
    uint32_t *column = malloc((n + 1) * sizeof *column);
    assert_true(number && column);
    for (size_t i = 0; i < n; i++) {
        number[i] = number_at(row, i);
        column[i] = column_at(row, i);
    }
    fm_status status = fm_ragged_add(ragged, row, n, number, column, error);
    free(number);
    free(column);
    return status;
}

/* One part in a file of its own, and what it should hold. */
static void assert_part(const fm_ragged *ragged, size_t part, const char *path)
{
    fm_part_file file = {.descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666)};
    size_t size = (size_t)ragged->total * ragged->width[part];
    const uint64_t before = 24;
    fm_slabs slabs;
    assert_true(file.descriptor >= 0);
    assert_int_equal(fm_slabs_create("x", FM_NC_F64, 1, ragged->total,
                                     (fm_nc_place){before, size}, &slabs, NULL),
                     FM_OK);
    assert_int_equal(fm_ragged_write(ragged, part, &slabs, &file, NULL), FM_OK);
    assert_true(fm_slabs_written(&slabs, 0));
    unsigned char *found = malloc(size);
    assert_int_equal(pread(file.descriptor, found, size, (off_t)before), size);
    const unsigned char *at = found;
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t i = 0; i < length_of(row); i++) {
            double number = number_at(row, i);
            uint32_t column = column_at(row, i);
            const void *right = part == 0 ? (const void *)&number : &column;
            assert_memory_equal(at, right, ragged->width[part]);
            at += ragged->width[part];
        }
    }
    assert_ptr_equal(at, found + size);
    free(found);
    fm_slabs_clear(&slabs);
    close(file.descriptor);
}

static void rows_come_in_any_order_and_are_written_in_theirs(void **state)
{
    const char *path = folder_path(*state, "a");
    const size_t strides[] = {1, 13, 27, 39}; /* none has a factor in common with 40 */
    for (size_t s = 0; s < sizeof strides / sizeof *strides; s++) {
        fm_spool spool;
        fm_ragged ragged;
        assert_int_equal(fm_spool_open(path, &spool, NULL), FM_OK);
        assert_int_equal(fm_ragged_create(ROWS, 8, 4, &spool, &ragged, NULL), FM_OK);
        for (size_t k = 0; k < ROWS; k++) {
            assert_int_equal(add_row(&ragged, k * strides[s] % ROWS, NULL), FM_OK);
        }
        assert_part(&ragged, 0, path);
        assert_part(&ragged, 1, path);
        fm_ragged_clear(&ragged);
        fm_spool_close(&spool);
    }
}

static void a_spool_has_no_name(void **state)
{
    fm_spool spool;
    uint64_t offset;
    assert_int_equal(fm_spool_open(folder_path(*state, "a.h5"), &spool, NULL), FM_OK);
    assert_int_equal(fm_spool_append(&spool, "abc", 3, &offset, NULL), FM_OK);
    assert_int_equal(folder_count(*state), 0);
    fm_spool_close(&spool);
    fm_spool_close(&spool);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    fm_spool spool;
    fm_error error;
    const char *path = folder_path(*state, "nowhere/a.h5");
    assert_int_equal(fm_spool_open(path, &spool, &error), FM_IO_FAILED);
    assert_non_null(strstr(error.message, "No such file or directory"));
    fm_spool_close(&spool);
}

/* What was not put aside whole is an error, not a short row. */
static void a_full_disk_is_told_at_once(void **state)
{
    fm_spool spool;
    fm_ragged ragged;
    fm_error error;
    struct rlimit limit, small;
    assert_int_equal(fm_spool_open(folder_path(*state, "a"), &spool, NULL), FM_OK);
    assert_int_equal(fm_ragged_create(ROWS, 8, 4, &spool, &ragged, NULL), FM_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 1000000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    fm_status status = add_row(&ragged, 7, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status, FM_IO_FAILED);
    assert_non_null(strstr(error.message, "File too large"));
    assert_int_equal(ragged.size[7], 0);
    fm_ragged_clear(&ragged);
    fm_spool_close(&spool);
}

/* A spool that someone cut short cannot give what is no more in it. */
static void what_cannot_be_read_again_is_an_error(void **state)
{
    fm_spool spool;
    fm_error error;
    uint64_t offset;
    char back[3];
    assert_int_equal(fm_spool_open(folder_path(*state, "a"), &spool, NULL), FM_OK);
    assert_int_equal(fm_spool_append(&spool, "abc", 3, &offset, NULL), FM_OK);
    assert_int_equal(fm_spool_read(&spool, offset, back, 3, NULL), FM_OK);
    assert_memory_equal(back, "abc", 3);
    assert_int_equal(ftruncate(spool.descriptor, 2), 0);
    assert_int_equal(fm_spool_read(&spool, offset, back, 3, &error), FM_IO_FAILED);
    fm_spool_close(&spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            rows_come_in_any_order_and_are_written_in_theirs, folder_make,
            folder_remove),
        cmocka_unit_test_setup_teardown(a_spool_has_no_name, folder_make,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_told, folder_make,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told_at_once, folder_make,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_again_is_an_error,
                                        folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
