/* What only the backend mpi does, under mpirun: messages of all lengths, shared data
 * once a node, several pools. Rank 0 tests, the others serve.
 *
 * A machine is split into "nodes" of two ranks, so that one is enough to try several:
 * calls to MPI_Comm_split_type come here first (MPI's profiling interface). With
 * FM_TEST_FIRST_NODE=1 rank 0 is alone on its node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <mpi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "parallel/pool.h"

static int node_of(int rank)
{
    return (rank + (getenv("FM_TEST_FIRST_NODE") != NULL)) / 2;
}

int MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm *made)
{
    (void)type;
    (void)info;
    int rank = 0;
    PMPI_Comm_rank(comm, &rank);
    return PMPI_Comm_split(comm, node_of(rank), key, made);
}

/* ---- kernels ---- */

/* The argument with every byte changed. */
static fm_status invert(void *workspace, fm_bytes argument, fm_output *output,
                        fm_error *error)
{
    (void)workspace;
    (void)error;
    const unsigned char *from = argument.data;
    unsigned char *to = fm_output_reserve(output, argument.size);
    if (!to) {
        return FM_NO_MEMORY;
    }
    for (size_t i = 0; i < argument.size; i++) {
        to[i] = (unsigned char)~from[i];
    }
    return FM_OK;
}

/* Of the shared bytes: where they are, and their sum. */
typedef struct place {
    unsigned long long inode; /* of the file that is mapped there; 0: none */
    unsigned long long sum;
    size_t size, misaligned;
} place;

static unsigned long long inode_at(const void *address)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long long begin, end, inode, found = 0;
    char line[4096];
    while (maps && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%llx-%llx %*s %*s %*s %llu", &begin, &end, &inode) == 3 &&
            begin <= (uintptr_t)address && (uintptr_t)address < end) {
            found = inode;
        }
    }
    if (maps) {
        fclose(maps);
    }
    return found;
}

static fm_status open_place(fm_bytes shared, void **workspace, fm_error *error)
{
    (void)error;
    place *here = calloc(1, sizeof *here);
    *workspace = here;
    here->size = shared.size;
    here->inode = inode_at(shared.data);
    here->misaligned = (uintptr_t)shared.data % 16;
    for (size_t i = 0; i < shared.size; i++) {
        here->sum += (i % 251 + 1) * ((const unsigned char *)shared.data)[i];
    }
    return FM_OK;
}

static fm_status tell_place(void *workspace, fm_bytes argument, fm_output *output,
                            fm_error *error)
{
    (void)argument;
    (void)error;
    memcpy(fm_output_reserve(output, sizeof(place)), workspace, sizeof(place));
    return FM_OK;
}

/* Where kernels count that they have begun: memory with a name, which is shared. */
static atomic_size_t *counter_at(const char *name, int flags)
{
    int file = shm_open(name, flags | O_RDWR, 0600);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, sizeof(atomic_size_t)), 0);
    void *counter =
        mmap(NULL, sizeof(atomic_size_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    assert_true(counter != MAP_FAILED);
    return counter;
}

static fm_status open_counter(fm_bytes shared, void **workspace, fm_error *error)
{
    (void)error;
    *workspace = counter_at(shared.data, 0);
    return FM_OK;
}

static void close_counter(void *workspace)
{
    munmap(workspace, sizeof(atomic_size_t));
}

static fm_status count_large(void *workspace, fm_bytes argument, fm_output *output,
                             fm_error *error)
{
    (void)argument;
    (void)error;
    atomic_fetch_add((atomic_size_t *)workspace, 1);
    return fm_output_reserve(output, 300000) ? FM_OK : FM_NO_MEMORY;
}

static const fm_kernel kernels[] = {
    {.name = "count large",
     .open = open_counter,
     .run = count_large,
     .close = close_counter},
    {.name = "invert", .run = invert},
    {.name = "place", .open = open_place, .run = tell_place, .close = free},
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

/* ---- messages of all lengths ---- */

static const size_t lengths[] = {
    0,        1,     7,     8,     9,      16000, 16383,   16384,         16385,
    32000,    32767, 32768, 32769, 100000, 65536, 1 << 24, (1 << 24) - 1, (1 << 24) + 1,
    40000000,
};
enum { LENGTHS = sizeof lengths / sizeof *lengths, REPEATED = 3 };

typedef struct seen {
    unsigned char *bytes;
    size_t delivered, ranks[64];
} seen;

static fm_bytes ask(void *context, size_t index)
{
    seen *s = context;
    size_t length = lengths[index % LENGTHS];
    for (size_t i = 0; i < length; i++) {
        s->bytes[i] = (unsigned char)(i * 31 + index);
    }
    return (fm_bytes){s->bytes, length};
}

static fm_status see(void *context, const fm_task_result *result, fm_error *error)
{
    (void)error;
    seen *s = context;
    const unsigned char *bytes = result->bytes.data;
    size_t wrong = 0;
    assert_int_equal(result->status, FM_OK);
    assert_int_equal(result->bytes.size, lengths[result->index % LENGTHS]);
    for (size_t i = 0; i < result->bytes.size; i++) {
        wrong += bytes[i] != (unsigned char)~(i * 31 + result->index);
    }
    assert_int_equal(wrong, 0);
    s->ranks[result->process]++;
    s->delivered++;
    return FM_OK;
}

static void arguments_and_results_of_all_lengths_arrive_whole(void **state)
{
    seen s = {.bytes = malloc(40000000)};
    fm_pool *pool = open_pool(*state);
    const fm_map map = {.kernel = "invert",
                        .count = REPEATED * LENGTHS,
                        .context = &s,
                        .argument = ask,
                        .result = see};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_int_equal(s.delivered, REPEATED * LENGTHS);
    fm_pool_close(pool, true);
    free(s.bytes);
}

/* ---- shared data ---- */

enum { WORKERS = 64 };

typedef struct places {
    place at[WORKERS]; /* by rank */
    size_t seen[WORKERS];
} places;

static fm_status see_place(void *context, const fm_task_result *result, fm_error *error)
{
    (void)error;
    places *p = context;
    assert_int_equal(result->status, FM_OK);
    memcpy(&p->at[result->process], result->bytes.data, sizeof(place));
    p->seen[result->process]++;
    return FM_OK;
}

static place share_and_see(fm_pool *pool, size_t size, unsigned seed, places *p)
{
    place expected = {.size = size};
    unsigned char *shared = malloc(size + 1);
    for (size_t i = 0; i < size; i++) {
        shared[i] = (unsigned char)((i * 2654435761u + seed) >> 8);
        expected.sum += (i % 251 + 1) * shared[i];
    }
    assert_int_equal(fm_pool_share(pool, (fm_bytes){shared, size}, NULL), FM_OK);
    memset(p, 0, sizeof *p);
    const fm_map map = {.kernel = "place",
                        .count = 40 * fm_pool_workers(pool),
                        .context = p,
                        .result = see_place};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_int_equal(fm_pool_share(pool, (fm_bytes){NULL, 0}, NULL), FM_OK);
    free(shared);
    return expected;
}

/* By the static schedule, so that every rank tells. The ranks of a node see the same
 * file; a rank that is alone needs none, unless rank 0 has the bytes elsewhere. */
static void shared_data_are_there_once_a_node(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 1000, 70000001, 4096};
    fm_pool *pool = open_pool("mpi,schedule=static");
    size_t ranks = fm_pool_workers(pool);
    for (size_t round = 0; round < sizeof sizes / sizeof *sizes; round++) {
        places p;
        place expected = share_and_see(pool, sizes[round], (unsigned)round, &p);
        for (size_t rank = 0; rank < ranks; rank++) {
            assert_true(p.seen[rank] > 0);
            assert_int_equal(p.at[rank].size, expected.size);
            assert_int_equal(p.at[rank].sum, expected.sum);
            assert_int_equal(p.at[rank].misaligned, 0);
            if (rank > 0 && node_of((int)rank) == node_of((int)rank - 1)) {
                assert_true(p.at[rank].inode != 0);
                assert_int_equal(p.at[rank].inode, p.at[rank - 1].inode);
            }
        }
    }
    fm_pool_close(pool, true);
}

/* ---- memory ---- */

enum { EACH = 100, LIE_ABOUT = 12 };

typedef struct slow {
    atomic_size_t *begun;
    size_t delivered, ranks;
} slow;

/* Whoever could go on would have the time to do so at the first result; if he does not
 * take it, nothing is lost. */
static fm_status see_slowly(void *context, const fm_task_result *result,
                            fm_error *error)
{
    (void)error;
    slow *s = context;
    assert_int_equal(result->status, FM_OK);
    if (s->delivered++ == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    }
    assert_true(atomic_load(s->begun) <= s->delivered + s->ranks * LIE_ABOUT);
    return FM_OK;
}

/* A rank has all its tasks, but of results of 300 kB it makes no more than a few that
 * nobody takes; and rank 0 may have as many again that came in one go. */
static void scattered_tasks_wait_until_their_results_are_taken(void **state)
{
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "/fermat-test-mpi-%ld", (long)getpid());
    fm_pool *pool = open_pool("mpi,schedule=static");
    slow s = {.begun = counter_at(name, O_CREAT | O_EXCL),
              .ranks = fm_pool_workers(pool)};
    assert_int_equal(fm_pool_share(pool, (fm_bytes){name, sizeof name}, NULL), FM_OK);
    const fm_map map = {.kernel = "count large",
                        .count = EACH * s.ranks,
                        .context = &s,
                        .result = see_slowly};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_int_equal(s.delivered, EACH * s.ranks);
    fm_pool_close(pool, true);
    munmap(s.begun, sizeof *s.begun);
    shm_unlink(name);
}

/* ---- pools ---- */

static void second_pool_at_once_is_refused(void **state)
{
    (void)state;
    fm_error error = {0};
    fm_pool *pool = open_pool("mpi"), *second = NULL;
    assert_int_equal(fm_pool_open("mpi", known, &second, &error), FM_FAILED);
    assert_string_equal(error.message,
                        "an mpi pool is open already; the ranks serve one at a time");
    fm_pool_close(pool, true);
    fm_pool_close(open_pool("mpi,workers-per-rank=2"), true);
}

static fm_status see_unknown(void *context, const fm_task_result *result,
                             fm_error *error)
{
    (void)error;
    size_t *failed = context;
    if (result->status != FM_OK) {
        assert_true(result->process > 0);
        assert_non_null(strstr(result->error->message, "does not know the kernel"));
        ++*failed;
    }
    return FM_OK;
}

static void kernel_that_the_ranks_were_not_told_of_fails_there(void **state)
{
    (void)state;
    const fm_kernel late = {.name = "late", .run = invert};
    size_t failed = 0;
    fm_pool *pool = NULL;
    fm_error error = {0};
    assert_int_equal(
        fm_pool_open("mpi,schedule=static", (fm_kernels){&late, 1}, &pool, &error),
        FM_OK);
    size_t ranks = fm_pool_workers(pool);
    const fm_map map = {.kernel = "late",
                        .count = 100 * ranks,
                        .context = &failed,
                        .result = see_unknown};
    assert_int_equal(fm_pool_map(pool, &map, NULL), FM_OK);
    assert_int_equal(failed, 100 * (ranks - 1));
    fm_pool_close(pool, true);
}

int main(void)
{
    if (fm_pool_rank() > 0) {
        fm_pool *pool = NULL;
        fm_error error = {0};
        return fm_pool_open("mpi", known, &pool, &error) != FM_WAS_WORKER;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(arguments_and_results_of_all_lengths_arrive_whole,
                                  "mpi"),
        cmocka_unit_test_prestate(arguments_and_results_of_all_lengths_arrive_whole,
                                  "mpi,schedule=static"),
        cmocka_unit_test(shared_data_are_there_once_a_node),
        cmocka_unit_test(scattered_tasks_wait_until_their_results_are_taken),
        cmocka_unit_test(second_pool_at_once_is_refused),
        cmocka_unit_test(kernel_that_the_ranks_were_not_told_of_fails_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
