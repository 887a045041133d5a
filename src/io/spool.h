#ifndef FM_IO_SPOOL_H
#define FM_IO_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* A file without a name, in the folder of another one: what must wait on the disk until
 * its size is known. It is gone with the program, however that ends. Messages do not
 * name it; the caller puts a path in front. Used by one thread. */
typedef struct fm_spool {
    int descriptor; /* -1: not open */
    uint64_t size;
} fm_spool;

/* In the folder of `path`. FM_IO_FAILED. */
fm_status fm_spool_open(const char *path, fm_spool *spool, fm_error *error);
void fm_spool_close(fm_spool *spool);

/* At the end; *offset is where. All or an error: a full disk is told at once. */
fm_status fm_spool_append(fm_spool *spool, const void *bytes, size_t size,
                          uint64_t *offset, fm_error *error);
fm_status fm_spool_read(const fm_spool *spool, uint64_t offset, void *bytes,
                        size_t size, fm_error *error);

#endif
