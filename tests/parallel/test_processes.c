/* What only processes can have: workers that die, in every way and at any time, and the
 * traces that they must not leave. This program has a process group of its own, so that
 * all it has started can be found. FM_TEST_KILLS=1000 kills so many (at most that)
 * instead of 200 in the tests of survival, and says what came of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "parallel/pool.h"

enum { COUNT = 200, SUM_SIZE = 50 };

static const fm_sum_shape sum_shape = {.parts = 1, .part = {{SUM_SIZE, -40}}};

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* ---- kernels; their arguments are a size_t ---- */

static size_t size_in(fm_bytes bytes)
{
    size_t number = 0;
    memcpy(&number, bytes.data, sizeof number);
    return number;
}

static fm_status give(size_t number, fm_output *output)
{
    void *bytes = fm_output_reserve(output, sizeof number);
    if (!bytes) {
        return FM_NO_MEMORY;
    }
    memcpy(bytes, &number, sizeof number);
    return FM_OK;
}

static fm_status square(void *workspace, fm_bytes argument, fm_output *output,
                        fm_error *error)
{
    (void)workspace;
    (void)error;
    return give(size_in(argument) * size_in(argument), output);
}

/* A crash as it is without a sanitizer, which would make an exit of it. */
static void crash(int number)
{
    signal(number, SIG_DFL);
    raise(number);
}

enum { KILLED = 10, CRASHED = 11, LEFT = 12, ABORTED = 13 };

/* Some numbers are deadly, always. */
static fm_status deadly(void *workspace, fm_bytes argument, fm_output *output,
                        fm_error *error)
{
    switch (size_in(argument)) {
    case KILLED:
        raise(SIGKILL);
        break;
    case CRASHED:
        crash(SIGSEGV);
        break;
    case LEFT:
        _exit(3);
    case ABORTED:
        crash(SIGABRT);
        break;
    default:
        break;
    }
    return square(workspace, argument, output, error);
}

/* In the folder that the environment names: whether this is the first call for it. */
static bool is_first(const char *what, size_t number)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s-%zu", getenv("FERMAT_TEST_FOLDER"), what,
             number);
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (file < 0) {
        return false;
    }
    close(file);
    return true;
}

static void addend_of(size_t number, double addend[SUM_SIZE])
{
    for (size_t i = 0; i < SUM_SIZE; i++) {
        uint64_t mixed = (number * SUM_SIZE + i + 1) * 0x9e3779b97f4a7c15u;
        addend[i] = (double)(int64_t)(mixed ^ mixed >> 29) * 0x1p-50;
    }
}

/* A signal that kills this process in some hundred microseconds, wherever it is then.
 */
static void die_soon(size_t number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    signal(SIGALRM, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    suseconds_t us = 1 + (suseconds_t)(number * 7919 % 400);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, us}}, NULL);
}

/* After this nothing can be told to the caller: the task is done and added, and nobody
 * hears of it. */
static void fall_silent(void)
{
    int nothing = open("/dev/null", O_RDWR);
    for (int file = 3; file < 100; file++) {
        struct stat status;
        if (fstat(file, &status) == 0 && S_ISSOCK(status.st_mode)) {
            dup2(nothing, file);
        }
    }
}

/* Adds; the first time that some numbers come, the process dies: with half an addend,
 * or after it was added and before the caller knows, or a little later. */
static fm_status mortal(void *workspace, fm_bytes argument, fm_output *output,
                        fm_error *error)
{
    size_t number = size_in(argument);
    double *addend = fm_output_addend(output);
    addend_of(number, addend);
    if (number % 15 == 4 && is_first("mortal", number)) {
        if (number % 4 == 0) {
            die_soon(number);
        } else if (number % 4 == 1) {
            fall_silent();
        } else {
            addend[number % SUM_SIZE] = 1e300;
            raise(SIGKILL);
        }
    }
    return square(workspace, argument, output, error);
}

static fm_status process(void *workspace, fm_bytes argument, fm_output *output,
                         fm_error *error)
{
    (void)workspace;
    (void)argument;
    (void)error;
    return give((size_t)getpid(), output);
}

/* Odd numbers never end and never ask. */
static fm_status deaf(void *workspace, fm_bytes argument, fm_output *output,
                      fm_error *error)
{
    while (size_in(argument) % 2) {
        sleep_ms(1000);
    }
    return square(workspace, argument, output, error);
}

/* Some hundred kilobytes, more for larger numbers. */
static size_t bulk(size_t number)
{
    return 300000 + number * 7001;
}

static fm_status bulky(void *workspace, fm_bytes argument, fm_output *output,
                       fm_error *error)
{
    (void)workspace;
    (void)error;
    size_t number = size_in(argument);
    unsigned char *bytes = fm_output_reserve(output, bulk(number));
    if (!bytes) {
        return FM_NO_MEMORY;
    }
    for (size_t i = 0; i < bulk(number); i++) {
        bytes[i] = (unsigned char)((number + 1) * (i + 3) >> 5);
    }
    return FM_OK;
}

static size_t files_of(const char *folder)
{
    size_t n = 0;
    DIR *files = opendir(folder);
    while (files && readdir(files)) {
        n++;
    }
    if (files) {
        closedir(files);
    }
    return n;
}

/* How many files are open here, 1000 more if standard input gives something. */
static fm_status files(void *workspace, fm_bytes argument, fm_output *output,
                       fm_error *error)
{
    (void)workspace;
    (void)argument;
    (void)error;
    char byte;
    size_t more = read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1000;
    return give(files_of("/proc/self/fd") + more, output);
}

/* How many of the standard files are not open on a device here. Something is printed,
 * as kernels do. */
static fm_status standard(void *workspace, fm_bytes argument, fm_output *output,
                          fm_error *error)
{
    (void)workspace;
    (void)argument;
    (void)error;
    size_t n = 0;
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        struct stat status;
        n += fstat(file, &status) != 0 || !S_ISCHR(status.st_mode);
        n += write(file, "0123456789012345678901234567890123456789", 40) == 40;
    }
    return give(n, output);
}

static fm_status slow(void *workspace, fm_bytes argument, fm_output *output,
                      fm_error *error)
{
    sleep_ms((long)size_in(argument));
    return square(workspace, argument, output, error);
}

/* Closes all files that it finds, its socket among them, and lives on. */
static fm_status closes(void *workspace, fm_bytes argument, fm_output *output,
                        fm_error *error)
{
    if (size_in(argument) == 5) {
        for (int file = 3; file < 100; file++) {
            close(file);
        }
        sleep_ms(600000);
    }
    return square(workspace, argument, output, error);
}

static fm_status open_or_die(fm_bytes shared, void **workspace, fm_error *error)
{
    (void)error;
    *workspace = NULL;
    if (shared.size > 0) {
        raise(SIGKILL);
    }
    return FM_OK;
}

static const fm_kernel kernels[] = {
    {.name = "square", .run = square},
    {.name = "deadly", .run = deadly},
    {.name = "mortal", .run = mortal},
    {.name = "process", .run = process},
    {.name = "deaf", .run = deaf},
    {.name = "bulky", .run = bulky},
    {.name = "files", .run = files},
    {.name = "standard", .run = standard},
    {.name = "slow", .run = slow},
    {.name = "closes", .run = closes},
    {.name = "cannot open", .open = open_or_die, .run = square},
};
static const fm_kernels known = {kernels, sizeof kernels / sizeof *kernels};

static fm_pool *open_pool(const char *spec)
{
    fm_pool *pool = NULL;
    fm_error error = {0};
    if (fm_pool_open(spec, known, &pool, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
    return pool;
}

static void map_all(fm_pool *pool, const fm_map *map)
{
    fm_error error = {0};
    if (fm_pool_map(pool, map, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
}

/* ---- what there is in the system ---- */

/* The processes of a group whose name begins so, at most `most`, but not this one, and
 * not those that are dead and only wait for init to bury them. */
static size_t processes_of(pid_t group, const char *name, pid_t *pids, size_t most)
{
    size_t n = 0;
    DIR *all = opendir("/proc");
    assert_non_null(all);
    for (struct dirent *entry; (entry = readdir(all));) {
        char path[300], line[300] = "", comm[64] = "", state;
        int parent, its_group;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = fopen(path, "r");
        if (!file) {
            continue;
        }
        bool read = fgets(line, sizeof line, file) &&
                    sscanf(line, "%*d (%63[^)]) %c %d %d", comm, &state, &parent,
                           &its_group) == 4;
        fclose(file);
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        bool dead = read && state == 'Z' && parent != getpid();
        if (read && !dead && its_group == group && pid > 0 && pid != getpid() &&
            n < most && !strncmp(comm, name, strlen(name))) {
            pids[n++] = pid;
        }
    }
    closedir(all);
    return n;
}

static pid_t keeper_of(pid_t group)
{
    pid_t pid = 0;
    assert_int_equal(processes_of(group, "fermat-keeper", &pid, 1), 1);
    return pid;
}

static void assert_nobody_is_left(pid_t group)
{
    pid_t pids[100];
    size_t n = processes_of(group, "", pids, 100);
    for (int tries = 0; tries < 1000 && n > 0; tries++) {
        sleep_ms(10); /* those whose keeper was killed are reaped by init */
        n = processes_of(group, "", pids, 100);
    }
    if (n > 0) {
        fail_msg("%zu processes are left, among them %ld", n, (long)pids[0]);
    }
}

static bool maps_name(const char *name)
{
    char line[1000];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        found = found || strstr(line, name);
    }
    fclose(maps);
    return found;
}

static size_t files_before; /* open in this process when a test begins */

static int note_what_is_there(void **state)
{
    (void)state;
    files_before = files_of("/proc/self/fd");
    return 0;
}

static int check_what_is_left(void **state)
{
    (void)state;
    assert_nobody_is_left(getpgrp());
    assert_int_equal(files_of("/proc/self/fd"), files_before);
    assert_false(maps_name("memfd:fermat"));
    return 0;
}

static void make_folder(char *folder)
{
    assert_non_null(mkdtemp(folder));
    setenv("FERMAT_TEST_FOLDER", folder, 1);
}

static void remove_folder(const char *folder)
{
    DIR *all = opendir(folder);
    for (struct dirent *entry; (entry = readdir(all));) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(all);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- what a map was seen to give ---- */

enum { TASKS_A_KILL = 15, KILLS_MOST = 1000, MANY = TASKS_A_KILL * KILLS_MOST };

typedef struct seen {
    size_t times[MANY], delivered, failed, died, retried;
    size_t kills, kills_wanted, count;
    long pids[MANY];
    fm_status expected;
    bool keeper_too;
} seen;

static fm_status see(void *context, const fm_task_result *result, fm_error *error)
{
    (void)error;
    seen *s = context;
    s->times[result->index]++;
    s->pids[s->delivered++] = result->process;
    s->retried += result->attempts > 1;
    if (result->status != FM_OK) {
        s->failed++;
        return FM_OK;
    }
    assert_int_equal(size_in(result->bytes), result->index * result->index);
    return FM_OK;
}

static void assert_each_once(const seen *s, size_t n)
{
    assert_int_equal(s->delivered, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(s->times[i], 1);
    }
}

/* ---- deaths ---- */

static fm_status see_and_kill(void *context, const fm_task_result *result,
                              fm_error *error)
{
    seen *s = context;
    if (s->kills < s->kills_wanted && s->delivered % 2 == 1) {
        s->kills += kill((pid_t)result->process, SIGKILL) == 0;
    }
    if (s->keeper_too && s->delivered == s->count / 2) {
        kill(keeper_of(getpgrp()), SIGKILL);
    }
    return see(context, result, error);
}

static void expected_sum(fm_fixed sum[SUM_SIZE], size_t count)
{
    double addend[SUM_SIZE];
    memset(sum, 0, SUM_SIZE * sizeof *sum);
    for (size_t i = 0; i < count; i++) {
        addend_of(i, addend);
        fm_fixed_add_doubles(sum, sum, addend, SUM_SIZE, -40);
    }
}

static size_t kills_wanted(void)
{
    const char *text = getenv("FM_TEST_KILLS");
    size_t wanted = text ? strtoul(text, NULL, 10) : 200;
    return wanted <= KILLS_MOST ? wanted : KILLS_MOST;
}

/* 200 times, or as often as FM_TEST_KILLS says, a process is killed from outside, and
 * as many tasks let theirs die. There are 15 tasks a kill, because most of those that
 * are delivered are of processes that have died since. */
static void survive(const char *spec, bool keeper_too)
{
    char folder[] = "/tmp/fermat-processes-XXXXXX";
    make_folder(folder);
    seen s = {.kills_wanted = kills_wanted(), .keeper_too = keeper_too};
    fm_fixed sum[SUM_SIZE], expected[SUM_SIZE];
    s.count = TASKS_A_KILL * s.kills_wanted;
    fm_pool *pool = open_pool(spec);
    const fm_map map = {.kernel = "mortal",
                        .count = s.count,
                        .context = &s,
                        .result = see_and_kill,
                        .sum_shape = &sum_shape,
                        .sum = sum};
    map_all(pool, &map);
    fm_pool_close(pool, true);
    remove_folder(folder);
    expected_sum(expected, s.count);
    assert_memory_equal(sum, expected, sizeof sum);
    assert_each_once(&s, s.count);
    assert_int_equal(s.failed, 0);
    assert_int_equal(s.kills, s.kills_wanted);
    assert_true(s.retried >= s.kills_wanted / 2);
    if (getenv("FM_TEST_KILLS")) {
        print_message("%s: %zu kills, %zu tasks delivered once each, %zu of them after "
                      "a retry, %zu failed; the sum is exact\n",
                      spec, s.kills, s.delivered, s.retried, s.failed);
    }
}

static void results_and_sum_survive_hundreds_of_deaths(void **state)
{
    (void)state;
    survive("processes:4,retries=1000", false);
}

static void they_do_with_workers_started_afresh(void **state)
{
    (void)state;
    survive("processes:3,start=forkserver,retries=1000", false);
    survive("processes:3,start=spawn,retries=1000", false);
}

static void they_survive_the_death_of_the_keeper_too(void **state)
{
    (void)state;
    survive("processes:3,retries=1000", true);
}

static fm_status see_deadly(void *context, const fm_task_result *result,
                            fm_error *error)
{
    static const struct {
        int signal;
        const char *words;
    } ends[] = {{SIGKILL, "was killed by signal 9 (Killed)"},
                {SIGSEGV, "was killed by signal 11 (Segmentation fault)"},
                {0, "ended with exit status 3"},
                {SIGABRT, "was killed by signal 6 (Aborted)"}};
    if (result->index >= KILLED && result->index <= ABORTED) {
        char message[200];
        snprintf(message, sizeof message, "its process %ld %s", result->process,
                 ends[result->index - KILLED].words);
        assert_int_equal(result->status, FM_WORKER_DIED);
        assert_string_equal(result->error->message, message);
        assert_int_equal(result->signal, ends[result->index - KILLED].signal);
        assert_int_equal(result->attempts, 4);
    } else {
        assert_int_equal(result->status, FM_OK);
        assert_int_equal(result->attempts, 1);
    }
    return see(context, result, error);
}

static void task_that_always_kills_is_set_aside_and_no_other(void **state)
{
    (void)state;
    const char *specs[] = {"processes:1,retries=3", "processes:3,retries=3",
                           "processes:2,start=forkserver,retries=3",
                           "processes:2,start=spawn,retries=3"};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        for (size_t chunk = 0; chunk < 20; chunk += 19) {
            seen s = {0};
            fm_pool *pool = open_pool(specs[i]);
            const fm_map map = {.kernel = "deadly",
                                .count = COUNT,
                                .context = &s,
                                .result = see_deadly,
                                .chunk = chunk};
            map_all(pool, &map);
            assert_each_once(&s, COUNT);
            assert_int_equal(s.failed, 4);
            fm_pool_close(pool, true);
        }
    }
}

static void worker_that_closes_its_socket_counts_as_dead(void **state)
{
    (void)state;
    seen s = {0};
    fm_pool *pool = open_pool("processes:2,retries=1");
    const fm_map map = {
        .kernel = "closes", .count = COUNT, .context = &s, .result = see};
    map_all(pool, &map);
    assert_each_once(&s, COUNT);
    assert_int_equal(s.failed, 1);
    fm_pool_close(pool, true);
}

static void death_while_a_workspace_opens_is_that_of_the_task(void **state)
{
    (void)state;
    seen s = {0};
    fm_pool *pool = open_pool("processes:2,retries=1");
    const fm_map map = {
        .kernel = "cannot open", .count = 10, .context = &s, .result = see};
    assert_int_equal(fm_pool_share(pool, (fm_bytes){"x", 1}, NULL), FM_OK);
    map_all(pool, &map);
    assert_each_once(&s, 10);
    assert_int_equal(s.failed, 10);
    s = (seen){0};
    assert_int_equal(fm_pool_share(pool, (fm_bytes){NULL, 0}, NULL), FM_OK);
    map_all(pool, &map);
    assert_int_equal(s.failed, 0);
    fm_pool_close(pool, true);
}

/* ---- replaced in good order ---- */

static fm_status see_process(void *context, const fm_task_result *result,
                             fm_error *error)
{
    (void)error;
    seen *s = context;
    assert_int_equal(size_in(result->bytes), result->process);
    s->pids[s->delivered++] = result->process;
    return FM_OK;
}

static void children_are_replaced_after_so_many_tasks(void **state)
{
    (void)state;
    const char *specs[] = {"processes:2,tasks-per-child=10",
                           "processes:3,tasks-per-child=10,start=spawn"};
    for (size_t k = 0; k < 2; k++) {
        seen s = {0};
        fm_pool *pool = open_pool(specs[k]);
        const fm_map map = {
            .kernel = "process", .count = COUNT, .context = &s, .result = see_process};
        map_all(pool, &map);
        fm_pool_close(pool, true);
        assert_int_equal(s.delivered, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            size_t tasks = 0;
            for (size_t j = 0; j < COUNT; j++) {
                tasks += s.pids[j] == s.pids[i];
            }
            assert_in_range(tasks, 1, 10);
        }
    }
}

/* ---- kernels that do not listen ---- */

static fm_status see_late(void *context, const fm_task_result *result, fm_error *error)
{
    seen *s = context;
    if (result->index % 2) {
        assert_int_equal(result->status, s->expected);
        assert_int_equal(result->attempts, 1);
        assert_int_equal(result->signal, 0);
        assert_string_equal(result->error->message,
                            s->expected == FM_TIMED_OUT
                                ? "not done within the time-out of 0.05 s"
                                : "given up before it was done");
    }
    return see(context, result, error);
}

static void kernel_that_never_asks_is_killed_when_its_time_is_over(void **state)
{
    (void)state;
    seen s = {.expected = FM_TIMED_OUT};
    fm_pool *pool = open_pool("processes:3,timeout=0.05");
    const fm_map map = {
        .kernel = "deaf", .count = 12, .context = &s, .result = see_late};
    map_all(pool, &map);
    assert_each_once(&s, 12);
    assert_int_equal(s.failed, 6);
    fm_pool_close(pool, true);
}

static bool stop_after_two(void *context)
{
    return ((seen *)context)->delivered >= 2;
}

static void kernel_that_never_asks_is_killed_after_the_grace_time(void **state)
{
    (void)state;
    seen s = {.expected = FM_CANCELLED};
    fm_pool *pool = open_pool("processes:4");
    const fm_map map = {.kernel = "deaf",
                        .count = 4,
                        .context = &s,
                        .result = see_late,
                        .stop = stop_after_two,
                        .grace_s = 0.02};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_INTERRUPTED);
    assert_int_equal(s.failed, s.delivered - 2);
    s = (seen){0};
    map_all(
        pool,
        &(fm_map){.kernel = "square", .count = COUNT, .context = &s, .result = see});
    assert_each_once(&s, COUNT);
    assert_int_equal(s.failed, 0);
    fm_pool_close(pool, true);
}

/* ---- large things ---- */

static fm_status see_bulky(void *context, const fm_task_result *result, fm_error *error)
{
    (void)error;
    seen *s = context;
    const unsigned char *bytes = result->bytes.data;
    s->times[result->index]++;
    assert_int_equal(result->bytes.size, bulk(result->index));
    for (size_t i = 0; i < bulk(result->index); i++) {
        if (bytes[i] != (unsigned char)((result->index + 1) * (i + 3) >> 5)) {
            fail_msg("byte %zu of result %zu is wrong", i, result->index);
        }
    }
    if (s->delivered++ % 8 == 0) {
        sleep_ms(5); /* meanwhile the workers fill what there is to fill */
    }
    return FM_OK;
}

/* In batches there are more large results than drawers. */
static void large_results_come_whole_whoever_waits_for_whom(void **state)
{
    (void)state;
    for (size_t chunk = 0; chunk < 10; chunk += 5) {
        seen s = {0};
        fm_pool *pool = open_pool("processes:3");
        const fm_map map = {.kernel = "bulky",
                            .count = 120,
                            .context = &s,
                            .result = see_bulky,
                            .chunk = chunk,
                            .window = 40};
        map_all(pool, &map);
        assert_each_once(&s, 120);
        fm_pool_close(pool, true);
    }
}

/* Arguments that fill every socket, while results fill every socket the other way. */
static void large_arguments_and_results_do_not_block_each_other(void **state)
{
    (void)state;
    enum { N = 60, SIZE = 400000 };
    fm_future *future[N];
    char *argument = calloc(1, SIZE);
    fm_pool *pool = open_pool("processes:2");
    for (size_t i = 0; i < N; i++) {
        /* the kernel takes the first bytes of it */
        assert_int_equal(
            fm_pool_submit(pool, "files", (fm_bytes){argument, SIZE}, &future[i], NULL),
            FM_OK);
    }
    for (size_t i = 0; i < N; i++) {
        fm_bytes bytes;
        assert_int_equal(fm_future_result(future[i], -1, &bytes, NULL), FM_OK);
        fm_future_free(future[i]);
    }
    free(argument);
    fm_pool_close(pool, true);
}

/* ---- what children may not have ---- */

static fm_status see_few_files(void *context, const fm_task_result *result,
                               fm_error *error)
{
    (void)context;
    (void)error;
    assert_in_range(size_in(result->bytes), 5, 12);
    return FM_OK;
}

static void children_have_few_files_and_nothing_to_read(void **state)
{
    (void)state;
    const char *specs[] = {"processes:3", "processes:3,start=forkserver",
                           "processes:3,start=spawn"};
    int opened[30];
    fm_pool *other = open_pool("processes:4");
    for (size_t i = 0; i < 30; i++) {
        opened[i] = open("/dev/zero", O_RDONLY);
        assert_int_equal(dup2(opened[i], 300 + (int)i), 300 + (int)i);
    }
    for (size_t i = 0; i < 3; i++) {
        fm_pool *pool = open_pool(specs[i]);
        const fm_map map = {.kernel = "files", .count = 20, .result = see_few_files};
        map_all(pool, &map);
        fm_pool_close(pool, true);
    }
    for (size_t i = 0; i < 30; i++) {
        close(opened[i]);
        close(300 + (int)i);
    }
    fm_pool_close(other, true);
}

static fm_status count_standard(void *context, const fm_task_result *result,
                                fm_error *error)
{
    (void)error;
    size_t *n = context;
    n[0]++;
    n[1] += result->status != FM_OK || size_in(result->bytes) != 0;
    return FM_OK;
}

/* How many of 0, 1 and 2 are open. */
static size_t standard_files(void)
{
    size_t n = 0;
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        n += fcntl(file, F_GETFD) >= 0;
    }
    return n;
}

/* Between the closing and the opening again nothing is asserted: nobody would hear. */
static void pool_without_standard_files_takes_their_numbers_for_nothing(void **state)
{
    (void)state;
    const char *specs[] = {"processes:2", "processes:2,start=forkserver",
                           "processes:2,start=spawn"};
    for (size_t i = 0; i < 3; i++) {
        int saved[3];
        size_t counts[2] = {0}, taken = 0;
        fm_pool *pool = NULL;
        fm_error error = {0};
        fflush(NULL);
        for (int file = 0; file < 3; file++) {
            saved[file] = fcntl(file, F_DUPFD_CLOEXEC, 10);
            close(file);
        }
        const fm_map map = {.kernel = "standard",
                            .count = 20,
                            .context = counts,
                            .result = count_standard};
        fm_status status = fm_pool_open(specs[i], known, &pool, &error);
        if (status == FM_OK) {
            status = fm_pool_share(pool, (fm_bytes){"x", 1}, &error);
            status = status == FM_OK ? fm_pool_map(pool, &map, &error) : status;
            taken = standard_files();
        }
        fm_pool_close(pool, true);
        for (int file = 0; file < 3; file++) {
            dup2(saved[file], file);
            close(saved[file]);
        }
        assert_string_equal(error.message, "");
        assert_int_equal(status, FM_OK);
        assert_int_equal(taken, 0);
        assert_int_equal(counts[0], 20);
        assert_int_equal(counts[1], 0);
    }
}

static void signals_to_the_group_leave_the_workers_at_work(void **state)
{
    (void)state;
    fm_future *future[3];
    fm_pool *pool = open_pool("processes:3");
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    for (size_t i = 0; i < 3; i++) {
        size_t ms = 100;
        fm_pool_submit(pool, "slow", (fm_bytes){&ms, sizeof ms}, &future[i], NULL);
    }
    kill(0, SIGINT);
    kill(0, SIGTERM);
    for (size_t i = 0; i < 3; i++) {
        fm_bytes bytes;
        assert_int_equal(fm_future_result(future[i], -1, &bytes, NULL), FM_OK);
        fm_future_free(future[i]);
    }
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    fm_pool_close(pool, true);
}

/* ---- who dies with whom ---- */

/* A caller in a group of its own with workers that never end; says when they work. */
static void be_a_caller(const char *spec, int ready)
{
    fm_future *future[3];
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
    setpgid(0, 0);
    fm_pool *pool = open_pool(spec);
    for (size_t i = 0; i < 3; i++) {
        size_t odd = 1;
        fm_pool_submit(pool, "deaf", (fm_bytes){&odd, sizeof odd}, &future[i], NULL);
    }
    ssize_t written = write(ready, "x", 1);
    _exit(written == 1 && fm_future_wait_any(future, 3, -1) < 3 ? 1 : 0);
}

static void nobody_outlives_a_caller_that_is_killed(void **state)
{
    (void)state;
    const char *specs[] = {"processes:3", "processes:3,start=forkserver",
                           "processes:3,start=spawn"};
    for (size_t i = 0; i < 3; i++) {
        int ready[2];
        char byte;
        pid_t pids[10];
        assert_int_equal(pipe(ready), 0);
        pid_t caller = fork();
        if (caller == 0) {
            be_a_caller(specs[i], ready[1]);
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        assert_int_equal(processes_of(caller, "fermat-", pids, 10), 4);
        kill(caller, SIGKILL);
        waitpid(caller, NULL, 0);
        assert_nobody_is_left(caller);
        close(ready[0]);
        close(ready[1]);
    }
}

/* ---- programs that do not serve ---- */

static fm_status see_nobody(void *context, const fm_task_result *result,
                            fm_error *error)
{
    seen *s = context;
    if (s->delivered == 3 && s->keeper_too) {
        pid_t pids[10];
        kill(keeper_of(getpgrp()), SIGKILL);
        while (processes_of(getpgrp(), "fermat-worker", pids, 10) > 0) {
            sleep_ms(1);
        }
    }
    if (result->status == FM_FAILED &&
        strstr(result->error->message, "fm_pool_serve")) {
        s->died++;
    }
    return see(context, result, error);
}

static void starting_afresh_is_refused(void **state)
{
    (void)state;
    const char *methods[] = {"spawn", "forkserver"};
    for (size_t i = 0; i < 2; i++) {
        char spec[64], message[200];
        fm_pool *pool = NULL;
        fm_error error;
        snprintf(spec, sizeof spec, "processes:2,start=%s", methods[i]);
        snprintf(message, sizeof message,
                 "processes cannot be started by %s: this program does not begin with "
                 "fm_pool_serve",
                 methods[i]);
        assert_int_equal(fm_pool_open(spec, known, &pool, &error), FM_FAILED);
        assert_string_equal(error.message, message);
        assert_null(pool);
    }
}

static void worker_that_does_not_know_it_makes_no_workers(void **state)
{
    (void)state;
    fm_pool *pool = NULL;
    fm_error error;
    setenv("FERMAT_POOL_ROLE", "worker:3:1", 1);
    assert_int_equal(fm_pool_open("processes:2", known, &pool, &error), FM_FAILED);
    assert_non_null(strstr(error.message, "must begin with fm_pool_serve"));
    unsetenv("FERMAT_POOL_ROLE");
}

static void tasks_fail_with_the_reason_when_the_keeper_is_killed(void **state)
{
    (void)state;
    seen s = {.keeper_too = true};
    fm_pool *pool = open_pool("processes:2");
    const fm_map map = {.kernel = "square",
                        .count = COUNT,
                        .context = &s,
                        .result = see_nobody,
                        .window = 20};
    map_all(pool, &map);
    assert_each_once(&s, COUNT);
    assert_true(s.died > COUNT / 2);
    s = (seen){0};
    map_all(pool, &map);
    assert_int_equal(s.died, COUNT);
    fm_pool_close(pool, true);
}

static int run_unserved(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starting_afresh_is_refused),
        cmocka_unit_test(worker_that_does_not_know_it_makes_no_workers),
        cmocka_unit_test_setup_teardown(
            tasks_fail_with_the_reason_when_the_keeper_is_killed, note_what_is_there,
            check_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

static void program_that_does_not_serve_passes_its_tests(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/proc/self/exe", "test_processes", "unserved", (char *)NULL);
        _exit(127);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, note_what_is_there, check_what_is_left)

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "unserved")) {
        setpgid(0, 0);
        return run_unserved();
    }
    fm_pool_serve(known);
    setpgid(0, 0);
    const struct CMUnitTest tests[] = {
        TEST(results_and_sum_survive_hundreds_of_deaths),
        TEST(they_do_with_workers_started_afresh),
        TEST(they_survive_the_death_of_the_keeper_too),
        TEST(task_that_always_kills_is_set_aside_and_no_other),
        TEST(worker_that_closes_its_socket_counts_as_dead),
        TEST(death_while_a_workspace_opens_is_that_of_the_task),
        TEST(children_are_replaced_after_so_many_tasks),
        TEST(kernel_that_never_asks_is_killed_when_its_time_is_over),
        TEST(kernel_that_never_asks_is_killed_after_the_grace_time),
        TEST(large_results_come_whole_whoever_waits_for_whom),
        TEST(large_arguments_and_results_do_not_block_each_other),
        TEST(children_have_few_files_and_nothing_to_read),
        TEST(pool_without_standard_files_takes_their_numbers_for_nothing),
        TEST(signals_to_the_group_leave_the_workers_at_work),
        TEST(nobody_outlives_a_caller_that_is_killed),
        TEST(program_that_does_not_serve_passes_its_tests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
