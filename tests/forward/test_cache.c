/* Shots kept on disk: what is read is what would be marched, nothing is read that is
 * not right, and nothing that happens to the folder costs a shot. (What makes a shot
 * another one is in test_cache_key.c.) */
#define _XOPEN_SOURCE 700 /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cache.h"
#include "cached.h"

enum { HEADER = 88 }; /* bytes before the result in an entry */

/* ---- a folder for each test ---- */

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *ftw)
{
    (void)status;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static int make_folder(void **state)
{
    char name[] = "/tmp/fermat-test-XXXXXX";
    *state = mkdtemp(name) ? strdup(name) : NULL;
    return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
    int failed = nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return failed;
}

static char *inside(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static size_t names_in(const char *path)
{
    size_t names = 0;
    DIR *folder = opendir(path);
    while (folder && readdir(folder)) {
        names++;
    }
    closedir(folder);
    return names - 2; /* "." and ".." */
}

static char *opened(const char *folder)
{
    char *resolved = NULL;
    assert_int_equal(fm_cache_open(folder, &resolved, NULL), FM_OK);
    return resolved;
}

/* ---- jobs and runs ---- */

static found must_run(const fm_job *job, const char *backend)
{
    found f;
    assert_int_equal(found_run(job, backend, &f), FM_OK);
    assert_int_equal(f.shots, job->shots.n);
    assert_int_equal(f.failed, 0);
    return f;
}

static void assert_same(const found *a, const found *b)
{
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->bytes, b->bytes, a->size);
}

/* One shot on a coarse grid, 43 bytes of result: for trying out many things. */
static void one_shot(fm_job *job, const char *folder)
{
    build_job(job, 1, 3);
    job->spec.allow_reciprocal = false;
    job->spec.spacing = (fm_spacing){.dx = 0.5, .dz = 0.5};
    job->spec.cache = opened(folder);
    assert_int_equal(fm_job_prepare(job, NULL), FM_OK);
}

static void prepare_with(fm_job *job, const char *folder, bool fields, bool f64)
{
    job->spec.want_fields = fields;
    job->spec.fields_f64 = f64;
    job->spec.cache = folder ? opened(folder) : NULL;
    assert_int_equal(fm_job_prepare(job, NULL), FM_OK);
}

static void layered(fm_job *job)
{
    static const double depth[] = {0, 2, 2, 5}, speed[] = {3, 4, 5, 7};
    build_job(job, 5, 4);
    job->model.kind = FM_MODEL_PROFILE;
    job->model.nknots = 4;
    job->model.depth_km = malloc(sizeof depth);
    job->model.knot_speed = malloc(sizeof speed);
    memcpy(job->model.depth_km, depth, sizeof depth);
    memcpy(job->model.knot_speed, speed, sizeof speed);
}

static void walled(fm_job *job)
{
    build_job(job, 4, 2);
    build_wall(job, 10, 11);
}

static void with_a_masked_receiver(fm_job *job)
{
    build_job(job, 3, 2);
    build_wall(job, 16, 20);
    job->survey.sources.point[2].x = 2;
}

/* ---- the tests ---- */

static void what_is_read_is_what_was_marched(void **state)
{
    void (*const builders[])(fm_job *) = {layered, walled, with_a_masked_receiver};
    for (size_t b = 0; b < 3; b++) {
        for (int kind = 0; kind < 3; kind++) { /* times; fields f32; fields f64 */
            fm_job job, plain;
            builders[b](&job);
            builders[b](&plain);
            prepare_with(&job, *state, kind > 0, kind > 1);
            prepare_with(&plain, NULL, kind > 0, kind > 1);
            found none = must_run(&plain, "serial");
            found cold = must_run(&job, "threads:3"), warm = must_run(&job, "serial");
            found again = must_run(&job, "threads:3");
            assert_int_equal(none.hits + cold.hits, 0);
            assert_int_equal(warm.hits, job.shots.n);
            assert_int_equal(again.hits, job.shots.n);
            assert_int_equal(cold.damaged + cold.not_kept + warm.damaged, 0);
            assert_same(&none, &cold);
            assert_same(&none, &warm);
            assert_same(&none, &again);
            free(none.bytes);
            free(cold.bytes);
            free(warm.bytes);
            free(again.bytes);
            fm_job_clear(&job);
            fm_job_clear(&plain);
        }
    }
}

static void no_temporary_file_is_left_by_a_run(void **state)
{
    fm_job job;
    one_shot(&job, *state);
    free(must_run(&job, "serial").bytes);
    assert_int_equal(names_in(*state), 1); /* the subfolder */
    fm_job_clear(&job);
}

static void a_shot_that_fails_is_not_kept(void **state)
{
    fm_job job;
    one_shot(&job, *state);
    job.survey.sources.point[0].z = 99; /* behind the back of fm_job_prepare */
    for (int twice = 0; twice < 2; twice++) {
        found f;
        assert_int_equal(found_run(&job, "serial", &f), FM_OK);
        assert_int_equal(f.failed, 1);
        assert_int_equal(f.hits, 0);
        free(f.bytes);
    }
    char entry[600];
    assert_false(found_entry(*state, entry, sizeof entry));
    fm_job_clear(&job);
}

/* ---- entries that are not right ---- */

typedef struct file_bytes {
    unsigned char bytes[4096];
    size_t size;
} file_bytes;

static void read_file(const char *path, file_bytes *file)
{
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    file->size = fread(file->bytes, 1, sizeof file->bytes, in);
    fclose(in);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

/* With bad bytes in the place of the entry: found out, marched, and repaired. */
static void assert_marched_anew(const fm_job *job, const char *entry,
                                const file_bytes *good, const found *right)
{
    found f = must_run(job, "serial");
    assert_int_equal(f.hits, 0);
    assert_int_equal(f.damaged, 1);
    assert_int_equal(f.not_kept, 0);
    assert_same(&f, right);
    free(f.bytes);
    file_bytes now;
    read_file(entry, &now);
    assert_int_equal(now.size, good->size);
    assert_memory_equal(now.bytes, good->bytes, good->size);
}

typedef struct kept_shot {
    fm_job job;
    found right;
    char entry[600];
    file_bytes good;
} kept_shot;

static void keep_one(kept_shot *k, const char *folder)
{
    one_shot(&k->job, folder);
    k->right = must_run(&k->job, "serial");
    assert_true(found_entry(folder, k->entry, sizeof k->entry));
    read_file(k->entry, &k->good);
    assert_int_equal(k->good.size, HEADER + 32 + 3 * 9);
}

static void forget(kept_shot *k)
{
    free(k->right.bytes);
    fm_job_clear(&k->job);
}

static void every_prefix_of_an_entry_is_marched_anew(void **state)
{
    kept_shot k;
    keep_one(&k, *state);
    for (size_t size = 0; size < k.good.size; size++) {
        write_file(k.entry, k.good.bytes, size);
        assert_marched_anew(&k.job, k.entry, &k.good, &k.right);
    }
    forget(&k);
}

static void an_entry_with_any_byte_changed_is_marched_anew(void **state)
{
    kept_shot k;
    keep_one(&k, *state);
    for (size_t i = 0; i < k.good.size; i++) {
        file_bytes bad = k.good;
        bad.bytes[i] ^= (unsigned char)(1 << i % 8);
        write_file(k.entry, bad.bytes, bad.size);
        assert_marched_anew(&k.job, k.entry, &k.good, &k.right);
    }
    forget(&k);
}

static void an_entry_with_more_behind_it_is_marched_anew(void **state)
{
    kept_shot k;
    keep_one(&k, *state);
    file_bytes bad = k.good;
    bad.bytes[bad.size++] = 0;
    write_file(k.entry, bad.bytes, bad.size);
    assert_marched_anew(&k.job, k.entry, &k.good, &k.right);
    forget(&k);
}

/* The entry of another shot, right in itself, under this one's name. */
static void a_foreign_entry_is_marched_anew(void **state)
{
    kept_shot k;
    char *folder = inside(*state, "one"), *other = inside(*state, "other");
    keep_one(&k, folder);
    fm_job job;
    one_shot(&job, other);
    job.survey.sources.point[0].x += 1;
    free(must_run(&job, "serial").bytes);
    char entry[600];
    file_bytes foreign;
    assert_true(found_entry(other, entry, sizeof entry));
    read_file(entry, &foreign);
    assert_int_equal(foreign.size, k.good.size);
    write_file(k.entry, foreign.bytes, foreign.size);
    assert_marched_anew(&k.job, k.entry, &k.good, &k.right);
    fm_job_clear(&job);
    forget(&k);
    free(folder);
    free(other);
}

static void a_pipe_in_the_place_of_an_entry_does_not_hold_the_run(void **state)
{
    kept_shot k;
    keep_one(&k, *state);
    assert_int_equal(unlink(k.entry), 0);
    assert_int_equal(mkfifo(k.entry, 0600), 0);
    assert_marched_anew(&k.job, k.entry, &k.good, &k.right);
    forget(&k);
}

static void a_folder_in_the_place_of_an_entry_costs_only_the_entry(void **state)
{
    kept_shot k;
    keep_one(&k, *state);
    assert_int_equal(unlink(k.entry), 0);
    assert_int_equal(mkdir(k.entry, 0700), 0);
    found f = must_run(&k.job, "serial");
    assert_int_equal(f.damaged, 1);
    assert_int_equal(f.not_kept, 1);
    assert_same(&f, &k.right);
    free(f.bytes);
    forget(&k);
}

/* ---- a folder that cannot be written to any more ---- */

static void a_subfolder_that_cannot_be_made_costs_only_the_entry(void **state)
{
    kept_shot k;
    keep_one(&k, *state);
    assert_int_equal(unlink(k.entry), 0);
    *strrchr(k.entry, '/') = '\0';
    assert_int_equal(rmdir(k.entry), 0);
    write_file(k.entry, "", 0);
    found f = must_run(&k.job, "serial");
    assert_int_equal(f.hits + f.damaged, 0);
    assert_int_equal(f.not_kept, 1);
    assert_int_equal(f.why, ENOTDIR);
    assert_same(&f, &k.right);
    free(f.bytes);
    forget(&k);
}

static void a_folder_that_is_gone_costs_only_the_entries(void **state)
{
    fm_job job;
    char *folder = inside(*state, "gone");
    one_shot(&job, folder);
    assert_int_equal(rmdir(folder), 0);
    found f = must_run(&job, "serial");
    assert_int_equal(f.not_kept, 1);
    assert_int_equal(f.why, ENOENT);
    free(f.bytes);
    fm_job_clear(&job);
    free(folder);
}

static void names_that_are_too_long_cost_only_the_entries(void **state)
{
    fm_job job;
    one_shot(&job, *state);
    for (size_t length = 4000; length < 4300; length++) {
        job.spec.cache = realloc(job.spec.cache, length + 1);
        memset(job.spec.cache, '/', length);
        memcpy(job.spec.cache + length - 4, "none", 5);
        found f = must_run(&job, "serial");
        assert_int_equal(f.not_kept, 1);
        free(f.bytes);
    }
    fm_job_clear(&job);
}

/* In a child with a limit on the size of files, so that writing stops half-way. */
static int run_without_room(const fm_job *job, const found *right)
{
    found f;
    const struct rlimit little = {HEADER + 20, HEADER + 20};
    signal(SIGXFSZ, SIG_IGN);
    bool good = setrlimit(RLIMIT_FSIZE, &little) == 0 &&
                found_run(job, "serial", &f) == FM_OK && f.not_kept == 1 &&
                f.why == EFBIG && memcmp(f.bytes, right->bytes, f.size) == 0;
    return good ? 0 : 1;
}

static void no_room_for_an_entry_costs_only_the_entry(void **state)
{
    kept_shot k;
    keep_one(&k, *state);
    assert_int_equal(unlink(k.entry), 0);
    pid_t child = fork();
    if (child == 0) {
        _exit(run_without_room(&k.job, &k.right));
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(names_in(*state), 1); /* the subfolder, nothing unfinished */
    assert_int_not_equal(access(k.entry, F_OK), 0);
    forget(&k);
}

/* ---- more than one ---- */

static void what_a_killed_program_left_does_not_stand_in_the_way(void **state)
{
    kept_shot k;
    keep_one(&k, *state);
    char key[FM_HASH_TEXT], name[128];
    const char *slash = strrchr(k.entry, '/');
    snprintf(key, sizeof key, "%.2s%.30s", slash - 2, slash + 1);
    for (int attempt = 1; attempt < 3; attempt++) {
        snprintf(name, sizeof name, ".fermat-unfinished-%s-%ld-%d", key, (long)getpid(),
                 attempt);
        char *path = inside(*state, name);
        write_file(path, "half", 4);
        free(path);
    }
    assert_int_equal(unlink(k.entry), 0);
    found f = must_run(&k.job, "serial");
    assert_int_equal(f.not_kept, 0);
    free(f.bytes);
    f = must_run(&k.job, "serial");
    assert_int_equal(f.hits, 1);
    free(f.bytes);
    forget(&k);
}

static void many(fm_job *job, const char *folder)
{
    build_job(job, 40, 3);
    job->spec.allow_reciprocal = false;
    prepare_with(job, folder, true, false);
}

typedef struct runner {
    const fm_job *job;
    found found;
    fm_status status;
} runner;

static void *run_in_thread(void *memory)
{
    runner *r = memory;
    r->status = found_run(r->job, "threads:2", &r->found);
    return NULL;
}

static void two_pools_in_two_threads_use_one_folder_at_once(void **state)
{
    fm_job job, plain;
    many(&job, *state);
    many(&plain, NULL);
    found right = must_run(&plain, "serial");
    runner r[2] = {{.job = &job}, {.job = &job}};
    pthread_t thread[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, run_in_thread, &r[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(r[i].status, FM_OK);
        assert_int_equal(r[i].found.damaged + r[i].found.not_kept, 0);
        assert_same(&r[i].found, &right);
        free(r[i].found.bytes);
    }
    found warm = must_run(&job, "serial");
    assert_int_equal(warm.hits, 40);
    assert_same(&warm, &right);
    free(warm.bytes);
    free(right.bytes);
    fm_job_clear(&job);
    fm_job_clear(&plain);
}

/* What a child found out, as its exit status: nothing wrong. */
static int run_in_child(const fm_job *job, const found *right)
{
    found f;
    bool good = found_run(job, "serial", &f) == FM_OK && f.damaged == 0 &&
                f.not_kept == 0 && f.size == right->size &&
                memcmp(f.bytes, right->bytes, f.size) == 0;
    free(f.bytes);
    return good ? 0 : 1;
}

static void two_pools_in_two_processes_use_one_folder_at_once(void **state)
{
    fm_job job, plain;
    many(&job, *state);
    many(&plain, NULL);
    found right = must_run(&plain, "serial");
    pid_t child[2];
    for (int i = 0; i < 2; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            _exit(run_in_child(&job, &right));
        }
        assert_true(child[i] > 0);
    }
    for (int i = 0; i < 2; i++) {
        int status = -1;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
    found warm = must_run(&job, "serial");
    assert_int_equal(warm.hits, 40);
    assert_same(&warm, &right);
    free(warm.bytes);
    free(right.bytes);
    fm_job_clear(&job);
    fm_job_clear(&plain);
}

/* ---- opening ---- */

static void opening_makes_the_folder_and_gives_its_absolute_name(void **state)
{
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(*state), 0);
    char *resolved = opened("new"), *again = opened("new/../new");
    assert_int_equal(chdir(before), 0);
    struct stat status;
    assert_int_equal(resolved[0], '/');
    assert_int_equal(stat(resolved, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_string_equal(again, resolved);
    free(resolved);
    free(again);
}

static void assert_refused(const char *folder, const char *reason)
{
    fm_error error = {0};
    char *resolved = (char *)"";
    assert_int_equal(fm_cache_open(folder, &resolved, &error), FM_BAD_INPUT);
    assert_null(resolved);
    assert_non_null(strstr(error.message, folder));
    assert_non_null(strstr(error.message, reason));
}

static void a_folder_that_cannot_be_made_or_is_none_is_refused(void **state)
{
    char *below = inside(*state, "not/there"), *file = inside(*state, "file");
    write_file(file, "a file", 6);
    assert_refused(below, "No such file or directory");
    assert_refused(file, "Not a directory");
    free(below);
    free(file);
}

static void make_aged(const char *folder, const char *name, time_t age_s)
{
    char *path = inside(folder, name);
    write_file(path, "x", 1);
    time_t then = time(NULL) - age_s;
    const struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    free(path);
}

static bool is_there(const char *folder, const char *name)
{
    char *path = inside(folder, name);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static void opening_removes_what_was_abandoned_a_day_ago_and_nothing_else(void **state)
{
    make_aged(*state, ".fermat-unfinished-a-1-1", 25 * 3600);
    make_aged(*state, ".fermat-unfinished-b-1-1", 23 * 3600);
    make_aged(*state, "notes.txt", 1000 * 3600);
    kept_shot k;
    keep_one(&k, *state);
    const struct timespec ancient[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, k.entry, ancient, 0), 0);
    free(opened(*state));
    assert_false(is_there(*state, ".fermat-unfinished-a-1-1"));
    assert_true(is_there(*state, ".fermat-unfinished-b-1-1"));
    assert_true(is_there(*state, "notes.txt"));
    assert_int_equal(access(k.entry, F_OK), 0);
    forget(&k);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_is_what_was_marched),
        TEST(no_temporary_file_is_left_by_a_run),
        TEST(a_shot_that_fails_is_not_kept),
        TEST(every_prefix_of_an_entry_is_marched_anew),
        TEST(an_entry_with_any_byte_changed_is_marched_anew),
        TEST(an_entry_with_more_behind_it_is_marched_anew),
        TEST(a_foreign_entry_is_marched_anew),
        TEST(a_pipe_in_the_place_of_an_entry_does_not_hold_the_run),
        TEST(a_folder_in_the_place_of_an_entry_costs_only_the_entry),
        TEST(a_subfolder_that_cannot_be_made_costs_only_the_entry),
        TEST(a_folder_that_is_gone_costs_only_the_entries),
        TEST(names_that_are_too_long_cost_only_the_entries),
        TEST(no_room_for_an_entry_costs_only_the_entry),
        TEST(what_a_killed_program_left_does_not_stand_in_the_way),
        TEST(two_pools_in_two_threads_use_one_folder_at_once),
        TEST(two_pools_in_two_processes_use_one_folder_at_once),
        TEST(opening_makes_the_folder_and_gives_its_absolute_name),
        TEST(a_folder_that_cannot_be_made_or_is_none_is_refused),
        TEST(opening_removes_what_was_abandoned_a_day_ago_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
