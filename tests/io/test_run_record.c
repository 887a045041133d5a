/* The record of a run, read back with the library that others read JSON with: it has
 * every shot and every failure, whatever stands in names and messages; and it is there
 * whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/version.h"
#include "folder_fixture.h"
#include "io/run_record.h"
#include "result_fixture.h"

static const char *const command[] = {"fermat", "forward", "a \"job\".yaml",
                                      "-o",     "\xff",    "\xc3\xa9.h5"};

/* 2026-11-23 17:20:26 UTC */
static const fm_run_facts facts = {.command = command,
                                   .ncommand = sizeof command / sizeof *command,
                                   .result = "some/folder/a.h5",
                                   .job_hash = "0123456789abcdef0123456789abcdef",
                                   .backend = "threads",
                                   .workers = 7,
                                   .started = 1795454426,
                                   .elapsed_s = 12.5};

static fm_run_record *create(const fm_job *job)
{
    fm_run_record *record = NULL;
    fm_error error = {0};
    assert_int_equal(fm_run_record_create(job, &record, &error), FM_OK);
    return record;
}

static void add_done(fm_run_record *record, size_t shot, double seconds)
{
    const fm_shot_result result = {.shot = shot,
                                   .status = FM_OK,
                                   .worker = 3,
                                   .attempts = 1,
                                   .seconds = seconds,
                                   .nodes = 35};
    fm_run_record_add(record, &result);
}

static void add_failed(fm_run_record *record, size_t shot, const char *message)
{
    fm_error error;
    fm_fail(&error, FM_NO_MEMORY, "%s", message);
    const fm_shot_result result = {.shot = shot,
                                   .status = FM_NO_MEMORY,
                                   .error = &error,
                                   .worker = 5,
                                   .process = 4711,
                                   .attempts = 3,
                                   .signal = 9,
                                   .seconds = 0.25};
    fm_run_record_add(record, &result);
}

static json_t *load(const char *path)
{
    json_error_t why;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!root) {
        fail_msg("%s: line %d: %s", path, why.line, why.text);
    }
    return root;
}

static json_t *write_and_load(const fm_run_record *record, const fm_run_facts *of,
                              const char *path)
{
    fm_error error = {0};
    if (fm_run_record_write(record, of, path, NULL, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
    return load(path);
}

static void assert_text(const json_t *object, const char *key, const char *text)
{
    const char *found = json_string_value(json_object_get(object, key));
    assert_non_null(found);
    assert_string_equal(found, text);
}

static void assert_count(const json_t *object, const char *key, json_int_t n)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    assert_int_equal(json_integer_value(json_object_get(object, key)), n);
}

static void it_tells_of_the_run_as_a_whole(void **state)
{
    const fixture_options options = {.geometry = FM_CARTESIAN, .times = true};
    fm_job job;
    fixture_make(&options, &job);
    fm_run_record *record = create(&job);
    json_t *root = write_and_load(record, &facts, folder_path(*state, "a.run.json"));
    char program[64];
    snprintf(program, sizeof program, "fermat %s", fm_version());
    assert_text(root, "program", program);
    assert_text(root, "result", "a.h5");
    assert_text(root, "job_hash", facts.job_hash);
    assert_text(root, "backend", "threads");
    assert_count(root, "workers", 7);
    assert_text(root, "started", "2026-11-23T17:20:26Z");
    assert_true(json_real_value(json_object_get(root, "elapsed_s")) == 12.5);
    assert_true(json_is_null(json_object_get(root, "interrupted")));
    assert_count(root, "process", getpid());
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    assert_text(root, "host", host);
    json_decref(root);
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

static void the_command_line_is_there_word_by_word_even_if_it_is_no_utf8(void **state)
{
    const fixture_options options = {.geometry = FM_CARTESIAN, .times = true};
    fm_job job;
    fixture_make(&options, &job);
    fm_run_record *record = create(&job);
    json_t *root = write_and_load(record, &facts, folder_path(*state, "a.run.json"));
    const json_t *words = json_object_get(root, "command");
    assert_int_equal(json_array_size(words), facts.ncommand);
    for (size_t i = 0; i < facts.ncommand; i++) {
        const char *expected = command[i][0] == '\xff' ? "?" : command[i];
        assert_string_equal(json_string_value(json_array_get(words, i)), expected);
    }
    json_decref(root);
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

static void every_shot_is_there_done_failed_or_not_done(void **state)
{
    const fixture_options options = {
        .geometry = FM_CARTESIAN, .times = true, .fields = true};
    fm_job job;
    fixture_make(&options, &job);
    fm_run_record *record = create(&job);
    add_failed(record, 2, "for a test");
    add_done(record, 0, 0.125);
    json_t *root = write_and_load(record, &facts, folder_path(*state, "a.run.json"));
    assert_count(root, "shots_asked", 3);
    assert_count(root, "shots_done", 1);
    assert_count(root, "shots_failed", 1);
    assert_count(root, "shots_not_done", 1);
    const json_t *shots = json_object_get(root, "shots");
    assert_int_equal(json_array_size(shots), 3);
    static const char *const status[] = {"done", "not_done", "failed"};
    for (size_t s = 0; s < 3; s++) {
        const json_t *shot = json_array_get(shots, s);
        assert_count(shot, "shot", (json_int_t)s);
        assert_text(shot, "source", job.survey.sources.id[job.shots.shot[s].origin]);
        assert_text(shot, "status", status[s]);
    }
    const json_t *done = json_array_get(shots, 0);
    assert_count(done, "worker", 3);
    assert_count(done, "nodes", 35);
    assert_true(json_real_value(json_object_get(done, "seconds")) == 0.125);
    const json_t *never = json_array_get(shots, 1);
    assert_true(json_is_null(json_object_get(never, "worker")));
    assert_true(json_is_null(json_object_get(never, "seconds")));
    assert_count(never, "attempts", 0);
    assert_count(done, "attempts", 1);
    json_decref(root);
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

static void the_ledger_has_what_failed_and_nothing_else(void **state)
{
    const fixture_options options = {
        .geometry = FM_CARTESIAN, .times = true, .fields = true};
    fm_job job;
    fixture_make(&options, &job);
    fm_run_record *record = create(&job);
    add_done(record, 0, 1);
    add_done(record, 2, 1);
    json_t *root = write_and_load(record, &facts, folder_path(*state, "a.run.json"));
    assert_int_equal(json_array_size(json_object_get(root, "errors")), 0);
    json_decref(root);

    add_failed(record, 1, "it said \"no\",\n\ttwice \\ \xe2\x82");
    root = write_and_load(record, &facts, folder_path(*state, "a.run.json"));
    const json_t *errors = json_object_get(root, "errors");
    assert_int_equal(json_array_size(errors), 1);
    const json_t *error = json_array_get(errors, 0);
    assert_count(error, "shot", 1);
    assert_text(error, "source", job.survey.sources.id[job.shots.shot[1].origin]);
    assert_text(error, "status", "failed");
    assert_text(error, "reason", fm_status_name(FM_NO_MEMORY));
    assert_count(error, "worker", 5);
    assert_count(error, "process", 4711);
    assert_count(error, "signal", 9);
    assert_count(error, "attempts", 3);
    assert_text(error, "message", "it said \"no\",\n\ttwice \\ ??");
    json_decref(root);
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

static void
a_shot_that_was_done_at_the_second_attempt_is_done_and_in_the_ledger(void **state)
{
    const fixture_options options = {
        .geometry = FM_CARTESIAN, .times = true, .fields = true};
    fm_job job;
    fixture_make(&options, &job);
    fm_run_record *record = create(&job);
    const fm_shot_result result = {
        .shot = 1, .worker = 2, .process = 4712, .attempts = 2, .signal = 11};
    fm_run_record_add(record, &result);
    json_t *root = write_and_load(record, &facts, folder_path(*state, "a.run.json"));
    assert_count(root, "shots_done", 1);
    assert_count(root, "shots_failed", 0);
    assert_int_equal(json_array_size(json_object_get(root, "errors")), 1);
    const json_t *error = json_array_get(json_object_get(root, "errors"), 0);
    assert_count(error, "shot", 1);
    assert_text(error, "status", "done");
    assert_count(error, "signal", 11);
    assert_count(error, "attempts", 2);
    assert_true(json_is_null(json_object_get(error, "reason")));
    assert_true(json_is_null(json_object_get(error, "message")));
    json_decref(root);
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

static void a_shot_that_was_given_up_is_not_done_and_in_the_ledger(void **state)
{
    const fixture_options options = {
        .geometry = FM_CARTESIAN, .times = true, .fields = true};
    fm_job job;
    fm_error why;
    fixture_make(&options, &job);
    fm_run_record *record = create(&job);
    fm_fail(&why, FM_CANCELLED, "given up");
    const fm_shot_result result = {
        .shot = 0, .status = FM_CANCELLED, .error = &why, .attempts = 1};
    fm_run_record_add(record, &result);
    fm_run_facts interrupted = facts;
    interrupted.interrupted = "SIGINT";
    json_t *root =
        write_and_load(record, &interrupted, folder_path(*state, "a.run.json"));
    assert_text(root, "interrupted", "SIGINT");
    assert_count(root, "shots_failed", 0);
    assert_count(root, "shots_not_done", 3);
    assert_int_equal(json_array_size(json_object_get(root, "errors")), 1);
    const json_t *error = json_array_get(json_object_get(root, "errors"), 0);
    assert_text(error, "status", "not_done");
    assert_text(error, "reason", "cancelled");
    assert_text(error, "message", "given up");
    assert_true(json_is_null(json_object_get(error, "signal")));
    json_decref(root);
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

static void a_shot_marched_from_a_receiver_names_the_receiver(void **state)
{
    const fixture_options options = {
        .geometry = FM_CARTESIAN, .times = true, .reciprocal = true, .nsources = 4};
    fm_job job;
    fixture_make(&options, &job);
    assert_true(job.shots.reciprocal);
    fm_run_record *record = create(&job);
    add_failed(record, 0, "for a test");
    json_t *root = write_and_load(record, &facts, folder_path(*state, "a.run.json"));
    const char *id = job.survey.receivers.id[job.shots.shot[0].origin];
    const char *const lists[] = {"shots", "errors"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *first = json_array_get(json_object_get(root, lists[i]), 0);
        assert_text(first, "receiver", id);
        assert_null(json_object_get(first, "source"));
    }
    json_decref(root);
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

static void assert_name(const char *result, bool part, const char *expected)
{
    char *name = fm_run_record_name(result, part);
    assert_non_null(name);
    assert_string_equal(name, expected);
    free(name);
}

static void it_has_the_name_of_the_result_with_another_ending(void **state)
{
    (void)state;
    assert_name("australia.h5", false, "australia.run.json");
    assert_name("australia.h5", true, "australia.part.run.json");
    assert_name("/data.old/a.b.nc", false, "/data.old/a.b.run.json");
    assert_name("/data.old/result", false, "/data.old/result.run.json");
    assert_name("../result", true, "../result.part.run.json");
    assert_name(".h5", false, ".h5.run.json");
    assert_name("x/.h5", false, "x/.h5.run.json");
}

static char heard[600];

static void hear(const char *name)
{
    assert_true(strlen(name) < sizeof heard);
    memcpy(heard, name, strlen(name) + 1);
    assert_int_equal(access(heard, F_OK), 0);
}

static void an_older_record_is_replaced_by_way_of_a_temporary_file(void **state)
{
    const fixture_options options = {.geometry = FM_CARTESIAN, .times = true};
    fm_job job;
    fm_error error = {0};
    const char *path = folder_path(*state, "a.run.json");
    FILE *old = fopen(path, "w");
    fputs("an older one, and longer than what comes, perhaps", old);
    fclose(old);
    fixture_make(&options, &job);
    fm_run_record *record = create(&job);
    assert_int_equal(fm_run_record_write(record, &facts, path, hear, &error), FM_OK);
    assert_string_not_equal(heard, path);
    assert_int_equal(folder_count(*state), 1);
    json_decref(load(path));
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

static void without_a_folder_it_says_where_it_was_to_be(void **state)
{
    const fixture_options options = {.geometry = FM_CARTESIAN, .times = true};
    fm_job job;
    fm_error error = {0};
    const char *path = folder_path(*state, "nowhere/a.run.json");
    fixture_make(&options, &job);
    fm_run_record *record = create(&job);
    assert_int_not_equal(fm_run_record_write(record, &facts, path, NULL, &error),
                         FM_OK);
    assert_memory_equal(error.message, path, strlen(path));
    assert_non_null(strstr(error.message, "No such file or directory"));
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void without_room_nothing_is_left_and_the_older_record_stays(void **state)
{
    const fixture_options options = {.geometry = FM_CARTESIAN, .times = true};
    fm_job job;
    struct stat whole;
    const char *path = folder_path(*state, "a.run.json");
    fixture_make(&options, &job);
    fm_run_record *record = create(&job);
    json_decref(write_and_load(record, &facts, path));
    assert_int_equal(stat(path, &whole), 0);
    add_done(record, 0, 1);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t bytes = 0; bytes + 100 < (rlim_t)whole.st_size; bytes += 31) {
        fm_error error = {0};
        limit_file_size(bytes);
        fm_status status = fm_run_record_write(record, &facts, path, NULL, &error);
        limit_file_size(RLIM_INFINITY);
        assert_int_equal(status, FM_IO_FAILED);
        assert_non_null(strstr(error.message, "File too large"));
        assert_int_equal(folder_count(*state), 1);
        json_t *root = load(path);
        assert_count(root, "shots_done", 0);
        json_decref(root);
    }
    signal(SIGXFSZ, SIG_DFL);
    fm_run_record_destroy(record);
    fm_job_clear(&job);
}

int main(void)
{
#define IN_A_FOLDER(test)                                                              \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(it_tells_of_the_run_as_a_whole),
        IN_A_FOLDER(the_command_line_is_there_word_by_word_even_if_it_is_no_utf8),
        IN_A_FOLDER(every_shot_is_there_done_failed_or_not_done),
        IN_A_FOLDER(the_ledger_has_what_failed_and_nothing_else),
        IN_A_FOLDER(
            a_shot_that_was_done_at_the_second_attempt_is_done_and_in_the_ledger),
        IN_A_FOLDER(a_shot_that_was_given_up_is_not_done_and_in_the_ledger),
        IN_A_FOLDER(a_shot_marched_from_a_receiver_names_the_receiver),
        cmocka_unit_test(it_has_the_name_of_the_result_with_another_ending),
        IN_A_FOLDER(an_older_record_is_replaced_by_way_of_a_temporary_file),
        IN_A_FOLDER(without_a_folder_it_says_where_it_was_to_be),
        IN_A_FOLDER(without_room_nothing_is_left_and_the_older_record_stays),
    };
#undef IN_A_FOLDER
    return cmocka_run_group_tests(tests, NULL, NULL);
}
