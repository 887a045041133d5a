#ifndef FM_PARALLEL_MPI_SITE_H
#define FM_PARALLEL_MPI_SITE_H

#include "mpi_wire.h"
#include "sum.h"

/* Where a task is (fm_task.where): with the threads of a rank, by its number, or */
enum {
    FM_MPI_HELD = -1, /* with rank 0, not sent yet, or came back */
    FM_MPI_WAITS = -2 /* with its rank, but not with the threads yet */
};

/* The threads that compute in one rank, and the tasks it has. */
typedef struct fm_mpi_site {
    void *threads; /* a pool of the backend `threads` */
    size_t rank, workers;
    fm_task_list waiting; /* not with the threads yet */
    size_t inside;        /* with the threads */
    /* Only so many tasks are begun as results may lie about until somebody consumes
     * them: for schedules by which a rank has all its tasks from the start. */
    bool windowed;
    size_t kept, kept_bytes;       /* results not consumed */
    double recent_s, recent_bytes; /* running means of the tasks' times and results */
} fm_mpi_site;

fm_status fm_mpi_site_open(fm_mpi_site *site, size_t rank, fm_kernels kernels,
                           const fm_mpi_terms *terms, fm_error *error);
void fm_mpi_site_close(fm_mpi_site *site);

/* Take a batch and empty it. */
void fm_mpi_site_add(fm_mpi_site *site, fm_task_list *batch);
/* Take a task back that is not begun; it is in no list then. */
bool fm_mpi_site_cancel(fm_mpi_site *site, fm_task *task);
size_t fm_mpi_site_tasks(const fm_mpi_site *site);
/* Move finished tasks to `done`; waits for one at most so long. Whether there were any.
 */
bool fm_mpi_site_collect(fm_mpi_site *site, double timeout_s, fm_task_list *done);
/* So many results were consumed. */
void fm_mpi_site_consumed(fm_mpi_site *site, fm_mpi_credit credit);
/* What a result counts for the window. */
fm_mpi_credit fm_mpi_credit_of(const fm_task *task);

#endif
