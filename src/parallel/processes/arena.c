/* Shared memory without a name.
 *
 * The arena is one sparse memory file in which every part of every desk has a place so
 * far from the next that it can grow to a tebibyte; memory is taken for the pages that
 * are written. So a pool of a thousand workers costs two file descriptors for its
 * memory, and nothing has to be agreed on when a result is larger than the last. The
 * size of the file is sealed: no process can shorten it under the feet of another. */
/* For memfd_create, seals and fallocate.
 * NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
#define _GNU_SOURCE
#include "arena.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "files.h"

static const off_t part_stride = (off_t)1 << 40;

/* ---- claims ---- */

/* The number is in the word: what is left of an older task is not taken for this one.
 */
static unsigned long long claim_of(uint64_t number, unsigned state)
{
    return (unsigned long long)number << 2 | state;
}

void fm_desk_offer(fm_desk *desk, uint64_t number)
{
    atomic_store(&desk->claim[number % FM_DESK_RING], claim_of(number, FM_OFFERED));
}

bool fm_desk_claim(fm_desk *desk, uint64_t number, unsigned as)
{
    unsigned long long offered = claim_of(number, FM_OFFERED);
    return atomic_compare_exchange_strong(&desk->claim[number % FM_DESK_RING], &offered,
                                          claim_of(number, as));
}

bool fm_desk_has_begun(const fm_desk *desk, uint64_t number)
{
    return atomic_load(&desk->claim[number % FM_DESK_RING]) ==
           claim_of(number, FM_BEGUN);
}

/* The same clock in all processes. */
uint64_t fm_desk_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the arena ---- */

/* A file too large for the limit (ulimit -f) would end the program by SIGXFSZ. */
static bool within_limit(off_t size)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
           (rlim_t)size <= limit.rlim_cur;
}

static fm_status make_file(const char *name, off_t size, int *file, fm_error *error)
{
    if (!within_limit(size)) {
        *file = -1;
        return fm_fail(error, FM_FAILED,
                       "memory to share with processes counts as a file here, and the "
                       "size of files is limited (ulimit -f)");
    }
    *file = fm_file_raise(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (*file < 0 || ftruncate(*file, size) != 0) {
        fm_fail(error, FM_FAILED, "could not make memory to share with processes: %s",
                strerror(errno));
        if (*file >= 0) {
            close(*file);
        }
        *file = -1;
        return FM_FAILED;
    }
    return FM_OK;
}

fm_status fm_arena_create(size_t desks, int *arena, fm_error *error)
{
    off_t size = (off_t)(desks * FM_PART_COUNT) * part_stride;
    fm_status status = make_file("fermat-arena", size, arena, error);
    if (status == FM_OK) {
        fcntl(*arena, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    }
    return status;
}

static off_t place_of(size_t desk, fm_desk_part part)
{
    return (off_t)(desk * FM_PART_COUNT + (size_t)part) * part_stride;
}

void *fm_arena_map(int arena, size_t desk, fm_desk_part part, size_t size)
{
    if (size > (size_t)part_stride) {
        return NULL;
    }
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, arena,
                        place_of(desk, part));
    return memory == MAP_FAILED ? NULL : memory;
}

void fm_arena_unmap(void *memory, size_t size)
{
    if (memory) {
        munmap(memory, size);
    }
}

void fm_arena_forget(int arena, size_t desk, fm_desk_part part, size_t size)
{
    fallocate(arena, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, place_of(desk, part),
              (off_t)size);
}

bool fm_drawer_fit(fm_drawer *drawer, int arena, size_t desk, size_t which, size_t size)
{
    if (size <= drawer->size) {
        return true;
    }
    fm_drawer_release(drawer);
    drawer->data = fm_arena_map(arena, desk, FM_PART_DRAWER + which, size);
    drawer->size = drawer->data ? size : 0;
    return drawer->data != NULL;
}

void fm_drawer_release(fm_drawer *drawer)
{
    fm_arena_unmap(drawer->data, drawer->size);
    *drawer = (fm_drawer){0};
}

/* ---- sealed copies ---- */

static bool write_all(int file, fm_bytes bytes)
{
    const unsigned char *at = bytes.data;
    size_t left = bytes.size;
    while (left > 0) {
        ssize_t n = write(file, at, left < (1u << 30) ? left : 1u << 30);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        at += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

fm_status fm_sealed_copy(fm_bytes bytes, int *copy, fm_error *error)
{
    fm_status status = make_file("fermat-shared", (off_t)bytes.size, copy, error);
    if (status != FM_OK) {
        return status;
    }
    if (!write_all(*copy, bytes) ||
        fcntl(*copy, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        fm_fail(error, FM_NO_MEMORY, "could not share %zu bytes with processes: %s",
                bytes.size, strerror(errno));
        close(*copy);
        *copy = -1;
        return FM_NO_MEMORY;
    }
    return FM_OK;
}
