/* The parts below the pool: lists of tasks, the agenda, and the counting of processors
 * with control groups and schedulers made for the purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agenda.h"
#include "processors.h"
#include "sum.h"
#include "task.h"

/* ---- lists ---- */

/* Checks forwards and backwards. */
static void assert_ids(const fm_task_list *list, const char *ids)
{
    size_t n = strlen(ids), i = 0;
    assert_int_equal(list->n, n);
    for (fm_task *task = list->first; task; task = task->next) {
        assert_true(i < n && task->id == (size_t)ids[i]);
        i++;
    }
    assert_int_equal(i, n);
    for (fm_task *task = list->last; task; task = task->previous) {
        i--;
        assert_true(i < n && task->id == (size_t)ids[i]);
    }
    assert_int_equal(i, 0);
}

static fm_task_list list_of(fm_task *tasks, const char *ids)
{
    fm_task_list list = {0};
    for (size_t i = 0; i < strlen(ids); i++) {
        tasks[i] = (fm_task){.id = (size_t)ids[i]};
        fm_task_list_push(&list, &tasks[i]);
    }
    return list;
}

static void lists_join_in_front_and_behind(void **state)
{
    (void)state;
    const char *words[][3] = {
        {"abc", "de", "abcde"}, {"", "de", "de"}, {"abc", "", "abc"}, {"", "", ""}};
    for (size_t i = 0; i < 4; i++) {
        fm_task one[3] = {{0}}, two[3] = {{0}};
        fm_task_list left = list_of(one, words[i][0]),
                     right = list_of(two, words[i][1]);
        fm_task_list_append(&left, &right);
        assert_ids(&left, words[i][2]);
        assert_ids(&right, "");
        left = list_of(one, words[i][0]), right = list_of(two, words[i][1]);
        fm_task_list_prepend(&right, &left);
        assert_ids(&right, words[i][2]);
        assert_ids(&left, "");
    }
}

static void tasks_leave_a_list_from_anywhere(void **state)
{
    (void)state;
    fm_task tasks[4];
    fm_task_list list = list_of(tasks, "abcd");
    fm_task_list_remove(&list, &tasks[1]);
    assert_ids(&list, "acd");
    fm_task_list_remove(&list, &tasks[3]);
    assert_ids(&list, "ac");
    assert_ptr_equal(fm_task_list_pop(&list), &tasks[0]);
    assert_ptr_equal(fm_task_list_pop(&list), &tasks[2]);
    assert_null(fm_task_list_pop(&list));
    assert_ids(&list, "");
}

static void batches_stay_together_without_a_task_that_left(void **state)
{
    (void)state;
    for (size_t gone = 0; gone < 5; gone++) {
        static const char *const rest[][2] = {
            {"bc", "de"}, {"ac", "de"}, {"ab", "de"}, {"abc", "e"}, {"abc", "d"}};
        fm_task tasks[5];
        fm_task_list list = list_of(tasks, "abcde"); /* batches abc, de */
        tasks[0].with_next = tasks[1].with_next = tasks[3].with_next = true;
        fm_task_list_remove(&list, &tasks[gone]);
        fm_task_list first = fm_task_list_take_batch(&list);
        fm_task_list second = fm_task_list_take_batch(&list);
        assert_ids(&first, rest[gone][0]);
        assert_ids(&second, rest[gone][1]);
        assert_ids(&list, "");
    }
}

/* ---- the agenda ---- */

static void agenda_gives_by_falling_cost_then_by_index(void **state)
{
    (void)state;
    enum { N = 1000 };
    fm_agenda agenda = {0};
    uint32_t random = 1;
    assert_true(fm_agenda_reserve(&agenda, N));
    for (size_t i = 0; i < N; i++) {
        random = random * 1664525 + 1013904223;
        fm_agenda_push(&agenda,
                       (fm_agenda_entry){.cost = random >> 26, .index = (i * 7) % N});
    }
    fm_agenda_entry last = fm_agenda_pop(&agenda);
    while (agenda.n > 0) {
        fm_agenda_entry next = fm_agenda_pop(&agenda);
        assert_true(last.cost > next.cost ||
                    (last.cost == next.cost && last.index < next.index));
        last = next;
    }
    fm_agenda_release(&agenda);
}

static void agenda_refuses_more_than_there_is(void **state)
{
    (void)state;
    fm_agenda agenda = {0};
    assert_false(fm_agenda_reserve(&agenda, SIZE_MAX));
    fm_agenda_release(&agenda);
}

/* ---- processors ---- */

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    for (char *slash = path + strlen(directory); (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A made-up /sys/fs/cgroup with one or two files, seen from `membership`. */
typedef struct made_up {
    const char *membership, *name, *text, *name_2, *text_2;
    size_t processors;
} made_up;

static size_t count_in(const made_up *m, const char *directory)
{
    char membership[512];
    snprintf(membership, sizeof membership, "%s/membership", directory);
    write_file(directory, "membership", m->membership);
    if (m->name) {
        write_file(directory, m->name, m->text);
    }
    if (m->name_2) {
        write_file(directory, m->name_2, m->text_2);
    }
    return fm_cgroup_processors(membership, directory);
}

/* With the directories above it that are empty then. */
static void remove_file(const char *directory, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    unlink(path);
    while (strlen(path) > strlen(directory)) {
        *strrchr(path, '/') = '\0';
        rmdir(path);
    }
}

static void remove_all(const made_up *m, const char *directory)
{
    if (m->name) {
        remove_file(directory, m->name);
    }
    if (m->name_2) {
        remove_file(directory, m->name_2);
    }
    remove_file(directory, "membership");
    assert_int_equal(access(directory, F_OK), -1);
}

static void quotas_of_control_groups_are_rounded_up(void **state)
{
    (void)state;
    const made_up cases[] = {
        /* version 2: here, in a parent, at the mount, the least of them, none */
        {"0::/a/b\n", "a/b/cpu.max", "150000 100000\n", NULL, NULL, 2},
        {"0::/a/b\n", "a/cpu.max", "100000 100000\n", NULL, NULL, 1},
        {"0::/not/seen/here\n", "cpu.max", "320000 100000\n", NULL, NULL, 4},
        {"0::/a/b\n", "a/b/cpu.max", "800000 100000\n", "a/cpu.max", "300000 100000\n",
         3},
        {"0::/a\n", "a/cpu.max", "max 100000\n", NULL, NULL, SIZE_MAX},
        {"0::/\n", "cpu.max", "5000 100000\n", NULL, NULL, 1},
        {"0::/\n", NULL, NULL, NULL, NULL, SIZE_MAX},
        /* version 1: by the controllers' names or by "cpu" */
        {"3:memory:/m\n2:cpu,cpuacct:/a\n", "cpu,cpuacct/a/cpu.cfs_quota_us",
         "250000\n", "cpu,cpuacct/a/cpu.cfs_period_us", "100000\n", 3},
        {"2:cpuacct,cpu:/a\n", "cpu/cpu.cfs_quota_us", "250000\n",
         "cpu/cpu.cfs_period_us", "50000\n", 5},
        {"2:cpu:/\n", "cpu/cpu.cfs_quota_us", "-1\n", "cpu/cpu.cfs_period_us",
         "100000\n", SIZE_MAX},
        {"2:cpuset:/a\n", "cpuset/a/cpu.max", "100000 100000\n", NULL, NULL, SIZE_MAX},
        /* nonsense counts for nothing */
        {"rubbish\n0::/\n", "cpu.max", "many 0\n", NULL, NULL, SIZE_MAX},
        {"0::/\n", "cpu.max", "100000\n", NULL, NULL, SIZE_MAX},
        {"", NULL, NULL, NULL, NULL, SIZE_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char directory[] = "/tmp/fermat-parts-XXXXXX";
        assert_non_null(mkdtemp(directory));
        size_t n = count_in(&cases[i], directory);
        remove_all(&cases[i], directory);
        if (n != cases[i].processors) {
            fail_msg("case %zu: %zu processors, not %zu", i, n, cases[i].processors);
        }
    }
    assert_true(fm_cgroup_processors("/no/such/file", "/no") == SIZE_MAX);
}

static void forget_schedulers(void)
{
    unsetenv("SLURM_CPUS_PER_TASK");
    unsetenv("PBS_NP");
    unsetenv("NCPUS");
    unsetenv("NSLOTS");
    unsetenv("LSB_DJOB_NUMPROC");
}

static void schedulers_are_believed_when_they_give_a_number(void **state)
{
    (void)state;
    const char *variables[] = {"SLURM_CPUS_PER_TASK", "PBS_NP", "NCPUS", "NSLOTS",
                               "LSB_DJOB_NUMPROC"};
    for (size_t i = 0; i < 5; i++) {
        forget_schedulers();
        assert_true(fm_scheduler_processors() == SIZE_MAX);
        setenv(variables[i], "12", 1);
        assert_int_equal(fm_scheduler_processors(), 12);
        setenv(variables[(i + 1) % 5], "3", 1);
        assert_int_equal(fm_scheduler_processors(), 3);
        setenv(variables[(i + 1) % 5], "0", 1);
        assert_int_equal(fm_scheduler_processors(), 12);
        setenv(variables[i], "4(x2)", 1);
        assert_true(fm_scheduler_processors() == SIZE_MAX);
    }
    forget_schedulers();
}

static void processors_are_the_least_of_all_and_at_least_one(void **state)
{
    (void)state;
    forget_schedulers();
    size_t n = fm_processors();
    assert_true(n >= 1 && n <= (size_t)sysconf(_SC_NPROCESSORS_CONF));
    setenv("SLURM_CPUS_PER_TASK", "1", 1);
    assert_int_equal(fm_processors(), 1);
    setenv("SLURM_CPUS_PER_TASK", "1000000", 1);
    assert_int_equal(fm_processors(), n);
    forget_schedulers();
}

/* ---- sums ---- */

/* Killed after the sum was taken for current, before anybody heard of it. */
static void task_added_last_can_be_taken_back(void **state)
{
    (void)state;
    const fm_sum_shape shape = {.parts = 1, .part = {{3, 0}}};
    void *memory = malloc(fm_accumulator_bytes(&shape, 2));
    fm_accumulator accumulator, successor;
    fm_fixed total[3] = {{0}};
    assert_int_equal(fm_accumulator_attach(&shape, memory, true, &accumulator, NULL),
                     FM_OK);
    for (size_t id = 0; id < 3; id++) {
        accumulator.addend[id] = 5;
        assert_int_equal(fm_accumulator_add(&accumulator, id, NULL), FM_OK);
    }
    fm_accumulator_release(&accumulator);
    assert_int_equal(fm_accumulator_attach(&shape, memory, false, &successor, NULL),
                     FM_OK);
    fm_accumulator_take_back(&successor, 1); /* was not the last */
    fm_accumulator_take_back(&successor, 2);
    fm_accumulator_merge(&successor, total);
    assert_int_equal(total[0].low, 5);
    assert_int_equal(total[1].low, 5);
    assert_int_equal(total[2].low, 0);
    successor.addend[0] = 1;
    assert_int_equal(fm_accumulator_add(&successor, 2, NULL), FM_OK);
    memset(total, 0, sizeof total);
    fm_accumulator_merge(&successor, total);
    assert_int_equal(total[0].low, 6);
    assert_int_equal(total[1].low, 5);
    fm_accumulator_release(&successor);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(task_added_last_can_be_taken_back),
        cmocka_unit_test(lists_join_in_front_and_behind),
        cmocka_unit_test(tasks_leave_a_list_from_anywhere),
        cmocka_unit_test(batches_stay_together_without_a_task_that_left),
        cmocka_unit_test(agenda_gives_by_falling_cost_then_by_index),
        cmocka_unit_test(agenda_refuses_more_than_there_is),
        cmocka_unit_test(quotas_of_control_groups_are_rounded_up),
        cmocka_unit_test(schedulers_are_believed_when_they_give_a_number),
        cmocka_unit_test(processors_are_the_least_of_all_and_at_least_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
