#ifndef FM_CORE_STATUS_H
#define FM_CORE_STATUS_H

/* Every function that can fail returns an fm_status. The sentence that a person will
 * read (what was wrong, the value received, the range allowed, the file and line)
 * travels beside it in an fm_error that the caller passes. */

/* One list gives both the enumerators and their names. */
#define FM_STATUS_LIST(X)                                                              \
    X(FM_OK, "ok")                                                                     \
    X(FM_BAD_INPUT, "bad input")    /* what the user gave cannot be used */            \
    X(FM_IO_FAILED, "input/output") /* the file system refused */                      \
    X(FM_NO_MEMORY, "out of memory")                                                   \
    X(FM_FAILED, "failed") /* a computation could not be done */                       \
    X(FM_TIMED_OUT, "timed out")                                                       \
    X(FM_CANCELLED, "cancelled")                                                       \
    X(FM_INTERRUPTED, "interrupted") /* a signal asked the run to stop */              \
    X(FM_WORKER_DIED, "worker died") /* its process ended under the task */            \
    X(FM_WAS_WORKER, "was a worker") /* this process only served another's pool */

typedef enum fm_status {
#define FM_STATUS_ENUMERATOR(name, text) name,
    FM_STATUS_LIST(FM_STATUS_ENUMERATOR)
#undef FM_STATUS_ENUMERATOR
} fm_status;

typedef struct fm_error {
    fm_status status;
    char message[1024]; /* one sentence or a few lines, no trailing newline */
} fm_error;

/* A word or two for a status; never NULL. */
const char *fm_status_name(fm_status status);

/* Fill `error` (which may be NULL) and return `status`, so that a failing function ends
 * with `return fm_fail(error, FM_BAD_INPUT, "...", ...)`. */
fm_status fm_fail(fm_error *error, fm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The usual end of an allocation that failed; `what` was to be stored in `size` bytes.
 */
fm_status fm_fail_memory(fm_error *error, const char *what, double size);

/* Put `format ...` and ": " before the message already in `error`; returns its status.
 */
fm_status fm_fail_within(fm_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
