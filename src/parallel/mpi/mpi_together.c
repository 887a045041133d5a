/* The collective part: scatter, sums by MPI_Reduce, and shared data.
 *
 * Sums. Each rank adds up what its threads have; the ranks' sums are then added by
 * MPI_Reduce. The elements are 128-bit integers, for which MPI has no addition, so the
 * datatype (two 64-bit integers) and the operation are our own. Adding integers is
 * commutative and associative, which is told to MPI_Op_create: MPI may add in any order
 * and by any tree, and the bits are the same. With doubles they would not be.
 *
 * Shared data. The first rank of each node allocates a window of shared memory, and the
 * others of the node map the same memory; the bytes are broadcast among these first
 * ranks alone. Where rank 0 is alone on its node it needs no copy of what it has. */
#include "mpi_together.h"

#include <stdlib.h>
#include <string.h>

#include "backend.h"

enum { BROADCAST_PIECE = 64 << 20, REDUCE_PIECE = 1 << 20 };
enum { ALIGNED = 64 }; /* shared bytes; windows are aligned to 8 only */

/* ---- shared data ---- */

void fm_mpi_unshare(fm_mpi_shared *shared)
{
    if (shared->window != MPI_WIN_NULL) {
        fm_mpi_must(MPI_Win_free(&shared->window), "MPI_Win_free");
    }
}

static bool needs_window(const fm_mpi *mpi)
{
    return mpi->rank > 0 || mpi->node_size > 1;
}

static fm_status allocate(const fm_mpi *mpi, fm_mpi_shared *shared, size_t size,
                          fm_error *error)
{
    fm_status status = FM_OK;
    if (needs_window(mpi)) {
        void *base = NULL;
        MPI_Aint mine = mpi->node_rank == 0 ? (MPI_Aint)(size + ALIGNED) : 0;
        if (MPI_Win_allocate_shared(mine, 1, MPI_INFO_NULL, mpi->node, &base,
                                    &shared->window) != MPI_SUCCESS) {
            shared->window = MPI_WIN_NULL;
            status =
                fm_fail(error, FM_NO_MEMORY,
                        "no shared memory for %.0f bytes of shared data", (double)size);
        } else {
            fm_mpi_must(MPI_Win_set_errhandler(shared->window, MPI_ERRORS_RETURN),
                        "MPI_Win_set_errhandler");
        }
    }
    status = fm_mpi_agree(mpi, status, error);
    if (status != FM_OK) {
        fm_mpi_unshare(shared);
    }
    return status;
}

static void broadcast(const fm_mpi *mpi, unsigned char *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += BROADCAST_PIECE) {
        size_t left = size - at;
        int piece = left < BROADCAST_PIECE ? (int)left : BROADCAST_PIECE;
        fm_mpi_must(MPI_Bcast(bytes + at, piece, MPI_BYTE, 0, mpi->leaders),
                    "MPI_Bcast");
    }
}

/* The node's copy, filled; a fence before and after, so that all see it. */
static const void *fill(const fm_mpi *mpi, const fm_mpi_shared *shared, fm_bytes bytes)
{
    unsigned char *base = NULL;
    if (shared->window == MPI_WIN_NULL) {
        broadcast(mpi, (unsigned char *)bytes.data, bytes.size); /* the root: reads */
        return bytes.data;
    }
    MPI_Aint size = 0;
    int unit = 0;
    fm_mpi_must(MPI_Win_shared_query(shared->window, 0, &size, &unit, (void *)&base),
                "MPI_Win_shared_query");
    base += -(uintptr_t)base % ALIGNED; /* alike in all ranks, for pages are */
    fm_mpi_must(MPI_Win_fence(0, shared->window), "MPI_Win_fence");
    if (mpi->rank == 0) {
        memcpy(base, bytes.data, bytes.size);
    }
    if (mpi->node_rank == 0) {
        broadcast(mpi, base, bytes.size);
    }
    fm_mpi_must(MPI_Win_fence(0, shared->window), "MPI_Win_fence");
    return base;
}

fm_status fm_mpi_share(const fm_mpi *mpi, fm_mpi_site *site, fm_mpi_shared *shared,
                       fm_bytes bytes, fm_error *error)
{
    fm_status status =
        fm_backend_threads.share(site->threads, (fm_bytes){NULL, 0}, error);
    status = fm_mpi_agree(mpi, status, error);
    fm_mpi_unshare(shared);
    if (status != FM_OK || bytes.size == 0) {
        return status;
    }
    status = allocate(mpi, shared, bytes.size, error);
    if (status != FM_OK) {
        return status;
    }
    const void *copy = fill(mpi, shared, bytes);
    status =
        fm_backend_threads.share(site->threads, (fm_bytes){copy, bytes.size}, error);
    return fm_mpi_agree(mpi, status, error);
}

/* ---- sums ---- */

fm_status fm_mpi_open_sum(const fm_mpi *mpi, fm_mpi_site *site,
                          const fm_sum_shape *shape, fm_error *error)
{
    fm_status mine = fm_backend_threads.open_sum(site->threads, shape, error);
    fm_status status = fm_mpi_agree(mpi, mine, error);
    if (status != FM_OK && mine == FM_OK) {
        fm_error ignored;
        fm_backend_threads.close_sum(site->threads, NULL, &ignored);
    }
    return status;
}

static void merge(void *in, void *inout, int *n, MPI_Datatype *type)
{
    (void)type;
    fm_fixed_merge(inout, in, (size_t)*n);
}

/* Into rank 0's total. */
static void reduce(const fm_mpi *mpi, fm_fixed *total, size_t size)
{
    MPI_Datatype fixed = MPI_DATATYPE_NULL;
    MPI_Op add = MPI_OP_NULL;
    fm_mpi_must(MPI_Type_contiguous(2, MPI_INT64_T, &fixed), "MPI_Type_contiguous");
    fm_mpi_must(MPI_Type_commit(&fixed), "MPI_Type_commit");
    fm_mpi_must(MPI_Op_create(merge, 1, &add), "MPI_Op_create");
    for (size_t at = 0; at < size; at += REDUCE_PIECE) {
        size_t left = size - at;
        int piece = left < REDUCE_PIECE ? (int)left : REDUCE_PIECE;
        const void *from = mpi->rank == 0 ? MPI_IN_PLACE : total + at;
        fm_mpi_must(MPI_Reduce(from, total + at, piece, fixed, add, 0, mpi->comm),
                    "MPI_Reduce");
    }
    fm_mpi_must(MPI_Op_free(&add), "MPI_Op_free");
    fm_mpi_must(MPI_Type_free(&fixed), "MPI_Type_free");
}

fm_status fm_mpi_close_sum(const fm_mpi *mpi, fm_mpi_site *site, bool wanted,
                           size_t size, fm_fixed *total, fm_error *error)
{
    fm_fixed *mine = mpi->rank == 0 ? total : NULL;
    fm_status status = FM_OK;
    if (wanted && mpi->rank > 0) {
        mine = calloc(size + 1, sizeof *mine);
        status = mine ? FM_OK
                      : fm_fail_memory(error, "the sum of a map",
                                       (double)size * sizeof *mine);
    }
    fm_error ignored;
    fm_backend_threads.close_sum(site->threads, wanted ? mine : NULL, &ignored);
    if (wanted) {
        status = fm_mpi_agree(mpi, status, error);
    }
    if (wanted && status == FM_OK) {
        reduce(mpi, mine, size);
    }
    if (mpi->rank > 0) {
        free(mine);
    }
    return status;
}

/* ---- scatter ---- */

static int *displacements(const fm_mpi *mpi, const int *size)
{
    int *begin = malloc((size_t)mpi->size * sizeof *begin);
    fm_mpi_must_have(begin, "memory for a scatter");
    begin[0] = 0;
    for (int rank = 1; rank < mpi->size; rank++) {
        begin[rank] = begin[rank - 1] + size[rank - 1];
    }
    return begin;
}

unsigned char *fm_mpi_scatter(const fm_mpi *mpi, const unsigned char *all,
                              const int *size, int *mine)
{
    int *begin = size ? displacements(mpi, size) : NULL; /* in rank 0 */
    fm_mpi_must(MPI_Scatter(size, 1, MPI_INT, mine, 1, MPI_INT, 0, mpi->comm),
                "MPI_Scatter");
    unsigned char *share = *mine > 0 ? malloc((size_t)*mine) : NULL;
    if (*mine > 0) {
        fm_mpi_must_have(share, "memory for a scatter");
    }
    fm_mpi_must(
        MPI_Scatterv(all, size, begin, MPI_BYTE, share, *mine, MPI_BYTE, 0, mpi->comm),
        "MPI_Scatterv");
    free(begin);
    return share;
}
