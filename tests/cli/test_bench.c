/* What fermat bench makes of a command line, of files and of times; the runs themselves
 * are in tests/endtoend/test_bench.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_files.h"
#include "bench_record.h"
#include "bench_specs.h"
#include "bench_table.h"

/* cmocka compares floats. */
static void assert_near(double value, double expected, double tolerance)
{
    assert_true(fabs(value - expected) <= tolerance);
}

/* ---- specs and command lines ---- */

static void assert_list(const char *list, const char *const *expected, size_t n)
{
    bench_specs specs = {0};
    fm_error error;
    assert_int_equal(bench_specs_add_list(&specs, list, &error), FM_OK);
    assert_int_equal(specs.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(specs.spec[i], expected[i]);
    }
    bench_specs_clear(&specs);
}

static void commas_and_blanks_separate_backends_but_not_their_options(void **state)
{
    (void)state;
    const char *const plain[] = {"serial", "threads:1", "threads:2"};
    assert_list("serial,threads:1,threads:2", plain, 3);
    assert_list(" serial  threads:1, threads:2,", plain, 3);
    const char *const options[] = {"processes:2,start=spawn,retries=0", "mpi:2",
                                   "mpi:3,schedule=static", "serial"};
    assert_list("processes:2,start=spawn,retries=0,mpi:2,mpi:3,schedule=static,serial",
                options, 4);
    assert_list("processes:2,start=spawn,retries=0 mpi:2 mpi:3,schedule=static serial",
                options, 4);
}

static void an_empty_list_is_refused(void **state)
{
    (void)state;
    bench_specs specs = {0};
    fm_error error;
    assert_int_equal(bench_specs_add_list(&specs, " , ", &error), FM_BAD_INPUT);
    bench_specs_clear(&specs);
}

static void assert_usual(size_t processors, bool mpi, const char *expected)
{
    bench_specs specs = {0};
    fm_error error;
    char all[512] = "";
    assert_int_equal(bench_specs_add_usual(&specs, processors, mpi, &error), FM_OK);
    for (size_t i = 0; i < specs.n; i++) {
        strcat(strcat(all, i ? " " : ""), specs.spec[i]);
    }
    assert_string_equal(all, expected);
    bench_specs_clear(&specs);
}

static void the_usual_backends_double_up_to_the_processors(void **state)
{
    (void)state;
    assert_usual(1, true, "serial threads:1 processes:1");
    assert_usual(2, true, "serial threads:1 threads:2 processes:1 processes:2 mpi:2");
    assert_usual(6, false,
                 "serial threads:1 threads:2 threads:4 threads:6 "
                 "processes:1 processes:2 processes:4 processes:6");
    assert_usual(3, true,
                 "serial threads:1 threads:2 threads:3 "
                 "processes:1 processes:2 processes:3 mpi:2 mpi:3");
}

static void assert_command(const char *spec, const char *expected)
{
    static const char *const args[] = {"forward", "job.yaml"};
    bench_command command;
    fm_error error;
    char all[512] = "";
    assert_int_equal(bench_command_make("/bin/fermat", args, 2, spec, &command, &error),
                     FM_OK);
    for (char **word = command.argv; *word; word++) {
        strcat(strcat(all, word == command.argv ? "" : " "), *word);
    }
    assert_string_equal(all, expected);
    bench_command_clear(&command);
}

static void ranks_are_for_mpirun_and_the_rest_for_the_program(void **state)
{
    (void)state;
    assert_command("threads:2", "/bin/fermat forward job.yaml --backend threads:2");
    assert_command("mpi:3", "mpirun -n 3 /bin/fermat forward job.yaml --backend mpi");
    assert_command("mpi:2,schedule=static,workers-per-rank=2",
                   "mpirun -n 2 /bin/fermat forward job.yaml --backend "
                   "mpi,schedule=static,workers-per-rank=2");
    assert_command("mpix:2", "/bin/fermat forward job.yaml --backend mpix:2");
}

static void a_number_of_ranks_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"mpi:", "mpi:0", "mpi:two",
                                      "mpi:-1,schedule=static"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bench_command command;
        fm_error error;
        assert_int_equal(bench_command_make("f", NULL, 0, bad[i], &command, &error),
                         FM_BAD_INPUT);
        assert_null(command.argv);
        assert_non_null(strstr(error.message, "number of ranks"));
    }
}

/* ---- files ---- */

typedef struct files {
    bench_folder folder;
    char *a, *b;
} files;

static int make_files(void **state)
{
    static files made;
    fm_error error;
    if (bench_folder_make(NULL, &made.folder, &error) != FM_OK) {
        return -1;
    }
    made.a = bench_folder_file(&made.folder, "a");
    made.b = bench_folder_file(&made.folder, "b");
    *state = &made;
    return 0;
}

static int remove_files(void **state)
{
    files *made = *state;
    free(made->a);
    free(made->b);
    bench_folder_remove(&made->folder);
    return 0;
}

static void fill(const char *path, const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static bool same(const files *f)
{
    bool answer = false;
    fm_error error;
    assert_int_equal(bench_files_same(f->a, f->b, &answer, &error), FM_OK);
    return answer;
}

static void files_are_the_same_only_if_every_byte_is(void **state)
{
    const files *f = *state;
    enum { SIZE = 40000 }; /* several blocks */
    char *bytes = calloc(SIZE, 1);
    assert_non_null(bytes);
    fill(f->a, bytes, SIZE);
    fill(f->b, bytes, SIZE);
    assert_true(same(f));
    static const size_t places[] = {0, 16383, 16384, SIZE - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        bytes[places[i]] = 1;
        fill(f->b, bytes, SIZE);
        assert_false(same(f));
        bytes[places[i]] = 0;
    }
    fill(f->b, bytes, SIZE - 1);
    assert_false(same(f));
    fill(f->a, bytes, 16384); /* ends with its first block, the other goes on */
    assert_false(same(f));
    fill(f->a, bytes, 0);
    assert_false(same(f));
    fill(f->b, bytes, 0);
    assert_true(same(f));
    free(bytes);
}

static void a_file_that_is_not_there_is_an_error_and_not_a_difference(void **state)
{
    const files *f = *state;
    bool answer;
    fm_error error;
    fill(f->a, "x", 1);
    unlink(f->b);
    assert_int_equal(bench_files_same(f->a, f->b, &answer, &error), FM_IO_FAILED);
    assert_non_null(strstr(error.message, f->b));
    assert_int_equal(bench_files_same(f->b, f->a, &answer, &error), FM_IO_FAILED);
    assert_non_null(strstr(error.message, f->b));
}

static void assert_complaint(const files *f, const char *text, const char *expected)
{
    char line[200];
    fill(f->a, text, strlen(text));
    bench_files_complaint(f->a, line, sizeof line);
    assert_string_equal(line, expected);
}

static void the_programs_own_complaint_is_found_among_others(void **state)
{
    const files *f = *state;
    assert_complaint(f, "", "");
    assert_complaint(f, "-----\nmpirun was unable\nfermat: no room\nfermat: x\n",
                     "no room");
    assert_complaint(f, "-----\n\nmpirun was unable\nto start\n-----\n",
                     "mpirun was unable");
}

static void a_record_gives_elapsed_time_and_the_sum_of_its_shots(void **state)
{
    const files *f = *state;
    static const char text[] =
        "{\n  \"program\": \"fermat 0.1.0\",\n"
        "  \"command\": [\"--set\", \"\\\"elapsed_s\\\": 7\"],\n"
        "  \"elapsed_s\": 2.5,\n  \"shots\": [\n"
        "    {\"shot\": 0, \"source\": \"\\\"seconds\\\": 9\", \"seconds\": 1.25},\n"
        "    {\"shot\": 1, \"seconds\": 0.5}, {\"shot\": 2, \"seconds\": null},\n"
        "    {\"shot\": 3,\"seconds\":3e-1}\n  ]\n}\n";
    fill(f->a, text, strlen(text));
    bench_record record;
    assert_true(bench_record_read(f->a, &record));
    assert_near(record.march_s, 2.5, 0);
    assert_near(record.shots_s, 2.05, 1e-15);
    assert_int_equal(record.shots, 3);
    fill(f->a, "{}", 2);
    assert_false(bench_record_read(f->a, &record));
    unlink(f->a);
    assert_false(bench_record_read(f->a, &record));
}

/* ---- figures ---- */

static void a_median_is_the_middle_or_between_the_two(void **state)
{
    (void)state;
    static const double values[] = {5, 1, 3, 100};
    assert_near(bench_median(values, 1), 5, 0);
    assert_near(bench_median(values, 3), 3, 0);
    assert_near(bench_median(values, 4), 4, 0);
    assert_true(isnan(bench_median(values, 0)));
}

static bench_row row_of(size_t workers, const double wall[3], const double march[3],
                        const double shots[3])
{
    bench_row row;
    fm_error error;
    assert_int_equal(bench_row_make("x", 3, &row, &error), FM_OK);
    row.workers = workers;
    row.shots = 10;
    row.runs = 3;
    memcpy(row.wall_s, wall, sizeof(double[3]));
    memcpy(row.march_s, march, sizeof(double[3]));
    memcpy(row.shots_s, shots, sizeof(double[3]));
    return row;
}

static void figures_are_against_the_first_row_that_was_measured(void **state)
{
    (void)state;
    bench_row rows[] = {
        {.spec = "none", .state = BENCH_NOT_AVAILABLE},
        row_of(1, (double[]){9, 11, 10}, (double[]){8, 99, 6}, (double[]){7, 98, 6}),
        row_of(2, (double[]){7, 6, 5}, (double[]){6, 4, 5}, (double[]){11, 7, 9}),
    };
    bench_table table = {.job = "j", .row = rows, .n = 3};
    assert_ptr_equal(bench_base(&table), &rows[1]);
    bench_figures base = bench_compute(&table, &rows[1]);
    bench_figures two = bench_compute(&table, &rows[2]);
    assert_near(base.speedup, 1, 0);
    assert_near(base.time_s, 8, 0);
    assert_near(base.overhead_us, 1e5, 1e-6); /* of 1, 1 and 0 s */
    assert_near(two.time_s, 5, 0);
    assert_near(two.least_s, 4, 0);
    assert_near(two.most_s, 6, 0);
    assert_near(two.wall_s, 6, 0);
    assert_near(two.speedup, 8.0 / 5, 1e-15);
    assert_near(two.efficiency, 8.0 / 10, 1e-15);
    assert_near(two.overhead_us, 1e5, 1e-6);

    rows[2].march_s[1] = NAN; /* one run without a record: the wall clock for all */
    two = bench_compute(&table, &rows[2]);
    assert_near(two.speedup, 10.0 / 6, 1e-15);
    assert_true(isnan(two.overhead_us));
    bench_row_clear(&rows[1]);
    bench_row_clear(&rows[2]);
}

static void efficiency_is_a_worker_of_the_first_row(void **state)
{
    (void)state;
    const double two[3] = {4, 4, 4};
    const double four[3] = {2, 2, 2};
    bench_row rows[] = {row_of(2, two, two, two), row_of(4, four, four, four)};
    bench_table table = {.job = "j", .row = rows, .n = 2};
    assert_near(bench_compute(&table, &rows[1]).speedup, 2, 0);
    assert_near(bench_compute(&table, &rows[1]).efficiency, 1, 0);
    bench_row_clear(&rows[0]);
    bench_row_clear(&rows[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_blanks_separate_backends_but_not_their_options),
        cmocka_unit_test(an_empty_list_is_refused),
        cmocka_unit_test(the_usual_backends_double_up_to_the_processors),
        cmocka_unit_test(ranks_are_for_mpirun_and_the_rest_for_the_program),
        cmocka_unit_test(a_number_of_ranks_that_is_none_is_refused),
        cmocka_unit_test_setup_teardown(files_are_the_same_only_if_every_byte_is,
                                        make_files, remove_files),
        cmocka_unit_test_setup_teardown(
            a_file_that_is_not_there_is_an_error_and_not_a_difference, make_files,
            remove_files),
        cmocka_unit_test_setup_teardown(
            the_programs_own_complaint_is_found_among_others, make_files, remove_files),
        cmocka_unit_test_setup_teardown(
            a_record_gives_elapsed_time_and_the_sum_of_its_shots, make_files,
            remove_files),
        cmocka_unit_test(a_median_is_the_middle_or_between_the_two),
        cmocka_unit_test(figures_are_against_the_first_row_that_was_measured),
        cmocka_unit_test(efficiency_is_a_worker_of_the_first_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
