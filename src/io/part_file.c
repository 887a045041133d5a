/* Whole or not at all. The bytes go to a temporary name in the same folder (a rename
 * across file systems is a copy, and a copy can be cut short); the name carries the
 * process number and is created exclusively, so two programs with one output in mind
 * never write into one file, and the later rename wins. The order of the end is what
 * survives a power cut: sync the file, rename it, sync the folder. */
#define _GNU_SOURCE /* realpath, sync_file_range */
#include "part_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_BYTES = 200,
    ATTEMPTS = 100,
    LEFT_OVER_S = 24 * 3600,
    SLACK_BYTES = 8 << 20,
};

static fm_status fail_errno(fm_error *error, const char *what, int number)
{
    return fm_fail(error, FM_IO_FAILED, "%s: %s", what, strerror(number));
}

/* Why a file cannot be created: because of the name that was given (no such folder, no
 * permission), or because the system cannot, whatever the name (no space, a limit). */
static fm_status fail_create(fm_error *error, int number)
{
    static const int about_the_name[] = {ENOENT, ENOTDIR, EISDIR,       EACCES, EPERM,
                                         EROFS,  ELOOP,   ENAMETOOLONG, EINVAL};
    fm_status status = FM_IO_FAILED;
    for (size_t i = 0; i < sizeof about_the_name / sizeof *about_the_name; i++) {
        status = number == about_the_name[i] ? FM_BAD_INPUT : status;
    }
    return fm_fail(error, status, "cannot create a file there: %s", strerror(number));
}

/* The length of the folder's part of a path, its last slash included. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* A result may replace a file, but never a folder or (think of -o /dev/null) a device.
 */
static fm_status refuse_what_is_no_file(const char *path, fm_error *error)
{
    struct stat status;
    if (path[folder_length(path)] == '\0') {
        return fm_fail(error, FM_BAD_INPUT, "this is a folder, not the name of a file");
    }
    if (stat(path, &status) != 0) {
        return FM_OK; /* creating it will tell what is wrong, if anything is */
    }
    if (S_ISDIR(status.st_mode)) {
        return fm_fail(error, FM_BAD_INPUT, "this is a folder, not the name of a file");
    }
    if (!S_ISREG(status.st_mode)) {
        return fm_fail(error, FM_BAD_INPUT, "exists and is not a regular file");
    }
    return FM_OK;
}

/* The name to rename to: where a symbolic link points, or the path as given. */
static char *resolve(const char *path)
{
    struct stat status;
    bool link = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
    char *real = link ? realpath(path, NULL) : NULL;
    return real ? real : strdup(path);
}

/* .NAME.part-PID, and from the second attempt on .NAME.part-PID-ATTEMPT: what a killed
 * run left may have our number. A very long name is cut to leave room. */
static void print_temporary(char *text, size_t size, const char *path, int attempt)
{
    size_t folder = folder_length(path);
    int used = snprintf(text, size, "%.*s.%.*s.part-%ld", (int)folder, path, NAME_BYTES,
                        path + folder, (long)getpid());
    if (attempt > 1) {
        snprintf(text + used, size - (size_t)used, "-%d", attempt);
    }
}

static fm_status create_exclusively(fm_part_file *part, fm_error *error)
{
    size_t size = strlen(part->path) + 64;
    char *name = malloc(size);
    if (!name) {
        return fm_fail_memory(error, "a file name", (double)size);
    }
    for (int attempt = 1; attempt <= ATTEMPTS && part->descriptor < 0; attempt++) {
        print_temporary(name, size, part->path, attempt);
        part->descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (part->descriptor < 0 && errno != EEXIST) {
            break;
        }
    }
    if (part->descriptor < 0) {
        fm_status status = fail_create(error, errno);
        free(name);
        return status;
    }
    part->temporary = name;
    return FM_OK;
}

/* ---- what killed runs left ---- */

static bool is_left_over(int folder, const char *name, const char *prefix, time_t now)
{
    struct stat status;
    return strncmp(name, prefix, strlen(prefix)) == 0 &&
           fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode) && now - status.st_mtime > LEFT_OVER_S;
}

/* Removes temporary files of this path on which nobody has written for a day, by the
 * clock of the file system (our own file's time); who runs so long without a shot done
 * is not known. That a folder cannot be read, or a file not removed, is no matter. */
static void remove_left_overs(const fm_part_file *part)
{
    size_t folder = folder_length(part->temporary);
    struct stat status;
    char prefix[NAME_BYTES + 16];
    snprintf(prefix, sizeof prefix, ".%.*s.part-", NAME_BYTES,
             part->path + folder_length(part->path));
    char *where = folder > 0 ? strndup(part->temporary, folder) : strdup(".");
    DIR *directory =
        where && fstat(part->descriptor, &status) == 0 ? opendir(where) : NULL;
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        if (is_left_over(dirfd(directory), entry->d_name, prefix, status.st_mtime)) {
            unlinkat(dirfd(directory), entry->d_name, 0);
        }
    }
    if (directory) {
        closedir(directory);
    }
    free(where);
}

fm_status fm_part_open(const char *path, fm_part_file *part, fm_error *error)
{
    *part = (fm_part_file){.descriptor = -1};
    fm_status status = refuse_what_is_no_file(path, error);
    if (status != FM_OK) {
        goto fail;
    }
    part->path = resolve(path);
    if (!part->path) {
        status = fm_fail_memory(error, "a file name", (double)strlen(path));
        goto fail;
    }
    status = create_exclusively(part, error);
    if (status != FM_OK) {
        goto fail;
    }
    remove_left_overs(part);
    return FM_OK;
fail:
    fm_part_clear(part);
    return status;
}

fm_status fm_part_append(fm_part_file *part, const char *ending, fm_error *error)
{
    size_t size = strlen(part->path) + strlen(ending) + 1;
    char *path = malloc(size);
    if (!path) {
        return fm_fail_memory(error, "a file name", (double)size);
    }
    snprintf(path, size, "%s%s", part->path, ending);
    free(part->path);
    part->path = path;
    return refuse_what_is_no_file(path, error);
}

fm_status fm_part_reserve(const fm_part_file *part, double bytes, fm_error *error)
{
    struct stat status;
    if (fstat(part->descriptor, &status) != 0) {
        return fail_errno(error, "cannot be examined", errno);
    }
    off_t size = bytes > (double)status.st_size ? (off_t)bytes : status.st_size;
    int number;
    do {
        number = posix_fallocate(part->descriptor, 0, size);
    } while (number == EINTR);
    /* A file system that cannot reserve is no reason to refuse: writes are checked. */
    if (number != 0 && number != EOPNOTSUPP && number != EINVAL) {
        return fm_fail(error, FM_IO_FAILED, "no room for %.1f MB: %s",
                       (double)size / 1e6, strerror(number));
    }
    return FM_OK;
}

fm_status fm_part_write(const fm_part_file *part, uint64_t offset, const void *bytes,
                        size_t size, fm_error *error)
{
    const char *from = bytes;
    while (size > 0) {
        ssize_t written = pwrite(part->descriptor, from, size, (off_t)offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return fail_errno(error, "cannot be written", written < 0 ? errno : EIO);
        }
        from += written;
        size -= (size_t)written;
        offset += (uint64_t)written;
    }
    return FM_OK;
}

/* Left alone, the kernel keeps what was written for half a minute, and all the disk has
 * to do is left to the sync at the end. The call only starts the writing; it neither
 * waits nor takes note of errors, which the sync will tell as ever. So it is of no
 * matter if it fails. What lies between two places and is written already does not
 * count. */
void fm_part_hasten(fm_part_file *part, uint64_t offset, size_t size)
{
    if (part->slack.bytes == 0 || offset < part->slack.begin) {
        part->slack.begin = offset;
    }
    if (part->slack.bytes == 0 || offset + size > part->slack.end) {
        part->slack.end = offset + size;
    }
    part->slack.bytes += size;
    if (part->slack.bytes >= SLACK_BYTES) {
        sync_file_range(part->descriptor, (off_t)part->slack.begin,
                        (off_t)(part->slack.end - part->slack.begin),
                        SYNC_FILE_RANGE_WRITE);
        part->slack.bytes = 0;
    }
}

/* fsync until it is done or has really failed. A failed fsync is never repeated: the
 * kernel may have dropped the bytes and would report success the second time. */
static int sync_descriptor(int descriptor)
{
    int result;
    do {
        result = fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result;
}

fm_status fm_part_sync(const fm_part_file *part, fm_error *error)
{
    if (!part->hurried && sync_descriptor(part->descriptor) != 0) {
        return fail_errno(error, "cannot be synced", errno);
    }
    return FM_OK;
}

/* The rename itself lives in the folder. Some file systems cannot sync one (EINVAL). */
static int sync_folder(const char *path)
{
    char *folder = strdup(path);
    if (!folder) {
        errno = ENOMEM;
        return -1;
    }
    folder[folder_length(path)] = '\0';
    int descriptor = open(folder[0] ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (descriptor < 0) {
        return -1;
    }
    int result = sync_descriptor(descriptor);
    int number = errno;
    close(descriptor);
    errno = number;
    return result != 0 && number != EINVAL ? -1 : 0;
}

fm_status fm_part_publish(fm_part_file *part, fm_error *error)
{
    int descriptor = part->descriptor;
    part->descriptor = -1;
    if (close(descriptor) != 0 && errno != EINTR) {
        return fail_errno(error, "cannot be closed", errno);
    }
    if (rename(part->temporary, part->path) != 0) {
        return fail_errno(error, "cannot be given its name", errno);
    }
    free(part->temporary);
    part->temporary = NULL;
    if (!part->hurried && sync_folder(part->path) != 0) {
        return fail_errno(error,
                          "is written and whole, but its folder cannot be synced "
                          "(a power cut may still lose it)",
                          errno);
    }
    return FM_OK;
}

void fm_part_clear(fm_part_file *part)
{
    if (part->descriptor >= 0) {
        close(part->descriptor);
    }
    if (part->temporary) {
        unlink(part->temporary);
    }
    free(part->temporary);
    free(part->path);
    *part = (fm_part_file){.descriptor = -1};
}
