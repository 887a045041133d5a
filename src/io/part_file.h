#ifndef FM_IO_PART_FILE_H
#define FM_IO_PART_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* A file that appears under its own name only when it is whole: it is written as
 * .NAME.part-PID in the same folder, synced and renamed. Messages do not repeat the
 * path; the caller puts it in front. */
typedef struct fm_part_file {
    char *path;      /* its name in the end; symbolic links are followed */
    char *temporary; /* its name so far; NULL when there is nothing to remove */
    int descriptor;  /* open for reading and writing, or -1 */
    bool hurried;    /* the program is about to be killed: do not wait for the disk */
    struct {
        uint64_t begin, end, bytes; /* that the disk was not yet bid to write */
    } slack;
} fm_part_file;

/* Make the temporary file, empty. FM_BAD_INPUT: no such folder, no permission, `path`
 * is a folder or a device; FM_IO_FAILED: the file system cannot. On failure nothing is
 * left behind. Temporary files of this path that killed runs left are removed when they
 * are a day old. */
fm_status fm_part_open(const char *path, fm_part_file *part, fm_error *error);

/* It is to appear as PATH + ending instead. FM_BAD_INPUT: that is a folder or a device.
 */
fm_status fm_part_append(fm_part_file *part, const char *ending, fm_error *error);

/* Have every byte of the file, and at least `bytes`, backed by the disk, so that no
 * later write finds it full. */
fm_status fm_part_reserve(const fm_part_file *part, double bytes, fm_error *error);

/* All of size bytes at the offset, or an error. */
fm_status fm_part_write(const fm_part_file *part, uint64_t offset, const void *bytes,
                        size_t size, fm_error *error);

/* These bytes were written and will not change: the disk may begin with them, so that
 * fm_part_sync has less to wait for. Does nothing until some megabytes have come
 * together. Used by one thread. */
void fm_part_hasten(fm_part_file *part, uint64_t offset, size_t size);

fm_status fm_part_sync(const fm_part_file *part, fm_error *error);

/* Give it its own name, replacing what had it, and sync the folder. If only the last
 * step fails the file stands whole under its name and the message says so. */
fm_status fm_part_publish(fm_part_file *part, fm_error *error);

/* Close, remove the temporary file unless it was published, free the names. A part file
 * whose opening failed is fine. */
void fm_part_clear(fm_part_file *part);

#endif
