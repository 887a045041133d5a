/* The spool is made with a name and loses it at once. (O_TMPFILE would not need one,
 * but not all file systems have it.) */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char name[] = ".fermat-spool-XXXXXX";

static fm_status fail(fm_error *error, const char *what)
{
    return fm_fail(error, FM_IO_FAILED, "%s: %s", what, strerror(errno));
}

fm_status fm_spool_open(const char *path, fm_spool *spool, fm_error *error)
{
    *spool = (fm_spool){.descriptor = -1};
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    char *full = malloc(folder + sizeof name);
    if (!full) {
        return fm_fail_memory(error, "a file name", (double)(folder + sizeof name));
    }
    memcpy(full, path, folder);
    memcpy(full + folder, name, sizeof name);
    spool->descriptor = mkstemp(full);
    fm_status status =
        spool->descriptor >= 0
            ? FM_OK
            : fail(error, "a file for rays and derivatives cannot be made beside it");
    if (status == FM_OK) {
        unlink(full);
        fcntl(spool->descriptor, F_SETFD, FD_CLOEXEC);
    }
    free(full);
    return status;
}

void fm_spool_close(fm_spool *spool)
{
    if (spool->descriptor >= 0) {
        close(spool->descriptor);
    }
    *spool = (fm_spool){.descriptor = -1};
}

fm_status fm_spool_append(fm_spool *spool, const void *bytes, size_t size,
                          uint64_t *offset, fm_error *error)
{
    const char *from = bytes;
    *offset = spool->size;
    while (size > 0) {
        ssize_t n = pwrite(spool->descriptor, from, size, (off_t)spool->size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n < 0 ? errno : EIO;
            return fail(error, "rays and derivatives cannot be put aside");
        }
        from += n;
        size -= (size_t)n;
        spool->size += (uint64_t)n;
    }
    return FM_OK;
}

fm_status fm_spool_read(const fm_spool *spool, uint64_t offset, void *bytes,
                        size_t size, fm_error *error)
{
    char *to = bytes;
    while (size > 0) {
        ssize_t n = pread(spool->descriptor, to, size, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n < 0 ? errno : EIO;
            return fail(error, "rays and derivatives put aside cannot be read again");
        }
        to += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return FM_OK;
}
