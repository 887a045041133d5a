#ifndef FM_PARALLEL_MPI_WIRE_H
#define FM_PARALLEL_MPI_WIRE_H

#include <stdint.h>

#include "mpi_job.h"
#include "task.h"

/* What rank 0 and the others say to each other.
 *
 * A parcel is a head, at most FM_MPI_HEAD_MAX bytes with a few records in it, and, if a
 * record's bytes do not fit there, a body of any length, sent in pieces. Heads are
 * received where they come from; bodies are received into their place. */

enum { FM_MPI_TAG_HEAD = 1, FM_MPI_TAG_BODY = 2 };
enum { FM_MPI_HEAD_MAX = 32 * 1024 };

typedef enum fm_mpi_kind {
    /* From rank 0. */
    FM_MPI_OPEN,      /* fm_mpi_terms, then the kernels' names, each with its zero */
    FM_MPI_TASKS,     /* a batch: fm_mpi_task and argument, n times */
    FM_MPI_SCATTER,   /* enter a scatter of tasks */
    FM_MPI_RECALL,    /* give back what was not begun */
    FM_MPI_CREDIT,    /* fm_mpi_credit: results were consumed */
    FM_MPI_ABANDON,   /* give up what runs */
    FM_MPI_SHARE,     /* uint64: enter the sharing of that many bytes */
    FM_MPI_OPEN_SUM,  /* fm_sum_shape */
    FM_MPI_CLOSE_SUM, /* uint64: whether the sum is wanted */
    FM_MPI_CLOSE,     /* the pool ends */
    FM_MPI_END,       /* and so does the program */
    /* To rank 0. */
    FM_MPI_RESULTS,  /* fm_mpi_result, message and bytes, n times */
    FM_MPI_RECALLED, /* n tokens of tasks given back; 0 of them: that was all */
} fm_mpi_kind;

typedef struct fm_mpi_head {
    uint32_t kind, n;
    uint64_t body; /* bytes that follow; 0: none */
} fm_mpi_head;

/* How a pool is to be served. */
typedef struct fm_mpi_terms {
    double timeout_s;
    uint64_t workers_per_rank, windowed, kernels;
} fm_mpi_terms;

/* A task. Its token is its address in rank 0, which is its name everywhere. Argument
 * bytes follow, unless they are the body. */
typedef struct fm_mpi_task {
    uint64_t token, id, size;
    uint32_t kernel, adds;
} fm_mpi_task;

typedef struct fm_mpi_result {
    uint64_t token, size;
    double seconds;
    uint32_t status, worker, message_size, spare;
} fm_mpi_result;

typedef struct fm_mpi_credit {
    uint64_t n, bytes;
} fm_mpi_credit;

/* ---- records within a head ---- */

/* Records are padded to multiples of 8 bytes, so that each begins aligned. */
size_t fm_mpi_padded(size_t size);

/* Where reading a head, or a share of a scatter, has come to. */
typedef struct fm_mpi_reader {
    const unsigned char *at;
} fm_mpi_reader;
void fm_mpi_read(fm_mpi_reader *reader, void *to, size_t size);
const void *fm_mpi_read_here(fm_mpi_reader *reader, size_t size);

/* ---- sending ---- */

typedef struct fm_mpi_parcel {
    struct fm_mpi_parcel *next;
    size_t used; /* bytes of head, the fm_mpi_head itself included */
    unsigned char *head;
    MPI_Request *requests; /* of the head, and of the body's pieces */
    int n;
    void *body;     /* to be freed when it was sent; NULL: nothing */
    fm_task *owner; /* of the body: is free to go when it was sent; NULL: nobody */
} fm_mpi_parcel;

typedef struct fm_mpi_arrival {
    struct fm_mpi_arrival *next;
    MPI_Request *requests;
    int n;
    int source;
    fm_task *task;
} fm_mpi_arrival;

/* The sending and receiving of one rank. */
typedef struct fm_mpi_link {
    const fm_mpi *mpi;
    unsigned char *inbox;
    MPI_Request incoming;
    fm_mpi_parcel *sending, *spare;
    fm_mpi_arrival *arriving;
    fm_task_list sent; /* owners of bodies that were sent */
} fm_mpi_link;

void fm_mpi_link_open(fm_mpi_link *link, const fm_mpi *mpi);
/* Waits until what was sent has gone. */
void fm_mpi_link_close(fm_mpi_link *link);

/* An empty parcel; fill it and send it. */
fm_mpi_parcel *fm_mpi_pack(fm_mpi_link *link, fm_mpi_kind kind);
void fm_mpi_drop(fm_mpi_link *link, fm_mpi_parcel *parcel); /* not to be sent */
size_t fm_mpi_room(const fm_mpi_parcel *parcel);
void fm_mpi_put(fm_mpi_parcel *parcel, const void *bytes, size_t size);
void fm_mpi_count_record(fm_mpi_parcel *parcel);
void fm_mpi_send(fm_mpi_link *link, fm_mpi_parcel *parcel, int to);
/* With a body, which must stay until it was sent: then it is freed if `give`, and
 * `owner`, unless NULL, goes to link->sent. */
void fm_mpi_send_body(fm_mpi_link *link, fm_mpi_parcel *parcel, int to, void *body,
                      size_t size, bool give, fm_task *owner);
/* A head alone, to every other rank. */
void fm_mpi_tell_all(fm_mpi_link *link, fm_mpi_kind kind, const void *bytes,
                     size_t size);

/* Move what is under way; whether anything has come to its end. */
bool fm_mpi_link_progress(fm_mpi_link *link);

/* ---- receiving ---- */

/* The next head that has come, and from where; NULL: none. It stays until next. */
const fm_mpi_head *fm_mpi_look(fm_mpi_link *link, int *source);
void fm_mpi_next(fm_mpi_link *link);
/* Receive the body that follows a head into `place`; NULL: nowhere. `task` can be taken
 * from fm_mpi_arrived when it is there. */
void fm_mpi_receive_body(fm_mpi_link *link, int source, void *place, size_t size,
                         fm_task *task);
/* A task whose body has come, and from where; NULL: none. */
fm_task *fm_mpi_arrived(fm_mpi_link *link, int *source);

/* ---- waiting ---- */

/* How long to sleep before looking again: longer the longer nothing has happened. */
typedef struct fm_mpi_pause {
    double since; /* by fm_clock_now; 0: something has just happened */
} fm_mpi_pause;
double fm_mpi_pause_length(fm_mpi_pause *pause, double longest_s);
void fm_mpi_sleep(double seconds);

#endif
