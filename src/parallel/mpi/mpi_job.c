/* MPI as a state of the process.
 *
 * MPI can be initialised once in the life of a process and never again, so it cannot
 * begin and end with a pool: it is joined by the first pool and left when the program
 * ends. This is why the one variable at file scope is here; it mirrors what MPI itself
 * keeps for the process.
 *
 * How ranks learn that the program is over. Rank 0 may open one pool after another;
 * the others serve them all, within their first fm_pool_open. That ends when rank 0
 * finalises MPI, by our exit handler or by its own call: an attribute of MPI_COMM_SELF
 * is deleted first in MPI_Finalize, while MPI still works, and deleting it tells the
 * other ranks. A program that ends while a pool is open, or a kernel that calls exit,
 * cannot end in order, as somebody may be computing or waiting: it ends the whole job.
 *
 * What fails in MPI ends the job too. This and the handler are the only places of the
 * library that end a program or print: there is no caller to return to whose ranks
 * could still agree on anything. */
#include "mpi_job.h"

#include <stdio.h>
#include <stdlib.h>

#include "mpi_wire.h"

static fm_mpi here = {.comm = MPI_COMM_NULL, .leaders = MPI_COMM_NULL};

void fm_mpi_must(int code, const char *call)
{
    if (code == MPI_SUCCESS) {
        return;
    }
    char reason[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, reason, &length);
    fflush(stdout);
    fprintf(stderr, "fermat: rank %d: %s failed: %s; the job cannot go on\n", here.rank,
            call, reason);
    fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

void fm_mpi_must_have(bool memory, const char *what)
{
    fm_mpi_must(memory ? MPI_SUCCESS : MPI_ERR_NO_MEM, what);
}

/* ---- the end ---- */

static int say_goodbye(MPI_Comm comm, int key, void *value, void *extra)
{
    (void)comm;
    (void)key;
    (void)value;
    (void)extra;
    if (here.busy) {
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    const fm_mpi_head end = {.kind = FM_MPI_END};
    for (int rank = 1; here.rank == 0 && rank < here.size; rank++) {
        fm_mpi_must(
            MPI_Send(&end, sizeof end, MPI_BYTE, rank, FM_MPI_TAG_HEAD, here.comm),
            "MPI_Send");
    }
    return MPI_SUCCESS;
}

static void leave(void)
{
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (!finalized) {
        MPI_Finalize();
    }
}

/* ---- the beginning ---- */

static fm_status initialise(fm_error *error)
{
    int initialized = 0, finalized = 0, provided = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (finalized) {
        return fm_fail(error, FM_FAILED,
                       "MPI was finalised by this program and cannot be used again");
    }
    if (initialized) {
        return FM_OK;
    }
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
        provided < MPI_THREAD_FUNNELED) {
        return fm_fail(error, FM_FAILED, "MPI cannot be used beside threads here");
    }
    if (atexit(leave) != 0) {
        return fm_fail(error, FM_FAILED, "no place for the exit handler of MPI");
    }
    return FM_OK;
}

static void find_neighbours(void)
{
    fm_mpi_must(MPI_Comm_split_type(here.comm, MPI_COMM_TYPE_SHARED, here.rank,
                                    MPI_INFO_NULL, &here.node),
                "MPI_Comm_split_type");
    fm_mpi_must(MPI_Comm_rank(here.node, &here.node_rank), "MPI_Comm_rank");
    fm_mpi_must(MPI_Comm_size(here.node, &here.node_size), "MPI_Comm_size");
    int colour = here.node_rank == 0 ? 0 : MPI_UNDEFINED;
    fm_mpi_must(MPI_Comm_split(here.comm, colour, here.rank, &here.leaders),
                "MPI_Comm_split");
}

static void prepare_goodbye(void)
{
    int key = MPI_KEYVAL_INVALID;
    fm_mpi_must(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, say_goodbye, &key, NULL),
                "MPI_Comm_create_keyval");
    fm_mpi_must(MPI_Comm_set_attr(MPI_COMM_SELF, key, &here), "MPI_Comm_set_attr");
    fm_mpi_must(MPI_Comm_free_keyval(&key), "MPI_Comm_free_keyval");
}

fm_status fm_mpi_join(fm_mpi **mpi, fm_error *error)
{
    if (here.comm == MPI_COMM_NULL) {
        fm_status status = initialise(error);
        if (status != FM_OK) {
            return status;
        }
        fm_mpi_must(MPI_Comm_dup(MPI_COMM_WORLD, &here.comm), "MPI_Comm_dup");
        fm_mpi_must(MPI_Comm_set_errhandler(here.comm, MPI_ERRORS_RETURN),
                    "MPI_Comm_set_errhandler");
        fm_mpi_must(MPI_Comm_rank(here.comm, &here.rank), "MPI_Comm_rank");
        fm_mpi_must(MPI_Comm_size(here.comm, &here.size), "MPI_Comm_size");
        find_neighbours();
        prepare_goodbye();
    }
    *mpi = &here;
    return FM_OK;
}

/* ---- all of one mind ---- */

fm_status fm_mpi_agree(const fm_mpi *mpi, fm_status status, fm_error *error)
{
    struct {
        int failed, rank;
    } mine = {status != FM_OK, mpi->rank}, first = {0};
    fm_mpi_must(MPI_Allreduce(&mine, &first, 1, MPI_2INT, MPI_MAXLOC, mpi->comm),
                "MPI_Allreduce");
    if (!first.failed) {
        return FM_OK;
    }
    fm_error told = {.status = status};
    if (status != FM_OK && error) {
        snprintf(told.message, sizeof told.message, "%s", error->message);
    }
    fm_mpi_must(MPI_Bcast(&told, sizeof told, MPI_BYTE, first.rank, mpi->comm),
                "MPI_Bcast");
    return fm_fail(error, told.status, "rank %d: %.900s", first.rank, told.message);
}
