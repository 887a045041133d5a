/* Entries on disk: a shot's bytes behind a header that names them and holds their
 * digest, one file each, FOLDER/ab/cdef....shot for the key abcdef....
 *
 * Any number of programs may use one folder at once, without locks. An entry is written
 * under a temporary name in the folder and then renamed, so whoever opens an entry
 * finds all of it; two that march the same shot write the same bytes, and the later
 * rename wins. Nothing is believed that was read: an entry counts if its header is,
 * byte for byte, the one we would write for these bytes. That also stands in for fsync,
 * which would cost more than many a march: what a power cut leaves empty or half
 * written is found out, and marched again.
 *
 * A program that is killed leaves its temporary file behind. The next that opens the
 * folder removes those that nobody has written to for a day, by the clock of the file
 * system. (If a program was only asleep, its rename fails: one shot that is not kept.)
 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forward/forward.h"

enum { PATH_BYTES = 4096 + 128, ATTEMPTS = 100, KEY_DIGITS = FM_HASH_TEXT - 1 };

static const char temporary_prefix[] = ".fermat-unfinished-";
static const time_t abandoned_after_s = 24 * 3600;

typedef struct path {
    char text[PATH_BYTES];
} path;

typedef struct header {
    char magic[8];
    uint32_t format, order; /* the second tells the order of a number's bytes */
    uint64_t size;          /* of the bytes behind the header */
    char key[KEY_DIGITS], digest[KEY_DIGITS];
} header;

_Static_assert(sizeof(header) == 88, "a header has no gaps");

/* ---- names ---- */

/* 0, or ENAMETOOLONG. */
static int entry_path(path *entry, const char *folder, const char *key)
{
    int n = snprintf(entry->text, PATH_BYTES, "%s/%.2s/%s.shot", folder, key, key + 2);
    return n < PATH_BYTES ? 0 : ENAMETOOLONG;
}

/* Made exclusively: the process number is not ours alone (threads, other hosts), and
 * what a killed program left may have it too. The descriptor, or -1 and errno. */
static int create_temporary(path *temporary, const char *folder, const char *key)
{
    int descriptor = -1;
    errno = EEXIST;
    for (int i = 1; i <= ATTEMPTS && descriptor < 0 && errno == EEXIST; i++) {
        int n = snprintf(temporary->text, PATH_BYTES, "%s/%s%s-%ld-%d", folder,
                         temporary_prefix, key, (long)getpid(), i);
        if (n >= PATH_BYTES) {
            errno = ENAMETOOLONG;
            return -1;
        }
        descriptor =
            open(temporary->text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return descriptor;
}

/* ---- one entry ---- */

static size_t size_of(const fm_cache_part *part, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        size += part[i].size;
    }
    return size;
}

static bool make_header(const char *key, const fm_cache_part *part, size_t n, header *h)
{
    char digest[FM_HASH_TEXT];
    fm_hash *hash = NULL;
    if (fm_hash_create(&hash, NULL) != FM_OK) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        fm_hash_add(hash, part[i].bytes, part[i].size);
    }
    fm_hash_text(hash, digest);
    fm_hash_destroy(hash);
    *h = (header){
        .format = FM_CACHE_FORMAT, .order = 0x01020304, .size = size_of(part, n)};
    memcpy(h->magic, "fm-shot\n", sizeof h->magic);
    memcpy(h->key, key, sizeof h->key);
    memcpy(h->digest, digest, sizeof h->digest);
    return true;
}

static bool read_all(int descriptor, void *bytes, size_t size)
{
    char *to = bytes;
    while (size > 0) {
        ssize_t n = read(descriptor, to, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        to += n;
        size -= (size_t)n;
    }
    return true;
}

static bool read_parts(int descriptor, const fm_cache_part *part, size_t n)
{
    bool good = true;
    for (size_t i = 0; i < n && good; i++) {
        good = read_all(descriptor, part[i].bytes, part[i].size);
    }
    return good;
}

static bool is_entry(int descriptor, const char *key, const fm_cache_part *part,
                     size_t n)
{
    struct stat status;
    header found, right;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
           (uint64_t)status.st_size == sizeof found + size_of(part, n) &&
           read_all(descriptor, &found, sizeof found) &&
           read_parts(descriptor, part, n) && make_header(key, part, n, &right) &&
           memcmp(&found, &right, sizeof found) == 0;
}

fm_cache_found fm_cache_size(const char *folder, const char *key, size_t *size)
{
    path entry;
    struct stat status;
    *size = 0;
    if (entry_path(&entry, folder, key) != 0) {
        return FM_CACHE_ABSENT;
    }
    if (stat(entry.text, &status) != 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        return absent ? FM_CACHE_ABSENT : FM_CACHE_DAMAGED;
    }
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size < sizeof(header)) {
        return FM_CACHE_DAMAGED;
    }
    *size = (size_t)status.st_size - sizeof(header);
    return FM_CACHE_FOUND;
}

/* (Not blocking: what stands under the name may be a pipe that nobody writes to.) */
fm_cache_found fm_cache_read(const char *folder, const char *key,
                             const fm_cache_part *part, size_t n)
{
    path entry;
    if (entry_path(&entry, folder, key) != 0) {
        return FM_CACHE_ABSENT;
    }
    int descriptor = open(entry.text, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        return absent ? FM_CACHE_ABSENT : FM_CACHE_DAMAGED;
    }
    bool right = is_entry(descriptor, key, part, n);
    close(descriptor);
    return right ? FM_CACHE_FOUND : FM_CACHE_DAMAGED;
}

static int write_all(int descriptor, const void *bytes, size_t size)
{
    const char *from = bytes;
    while (size > 0) {
        ssize_t n = write(descriptor, from, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : EIO;
        }
        from += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Closing can be where a file system over the network says that the disk is full. */
static int write_and_close(int descriptor, const header *h, const fm_cache_part *part,
                           size_t n)
{
    int failure = write_all(descriptor, h, sizeof *h);
    for (size_t i = 0; i < n && failure == 0; i++) {
        failure = write_all(descriptor, part[i].bytes, part[i].size);
    }
    if (close(descriptor) != 0 && errno != EINTR && failure == 0) {
        failure = errno;
    }
    return failure;
}

/* The subfolder is made when the first entry of its two letters comes. */
static int publish(const path *temporary, const char *folder, const char *key)
{
    path entry, subfolder;
    int failure = entry_path(&entry, folder, key);
    if (failure != 0 || rename(temporary->text, entry.text) == 0) {
        return failure;
    }
    if (errno != ENOENT) {
        return errno;
    }
    snprintf(subfolder.text, PATH_BYTES, "%s/%.2s", folder, key);
    if (mkdir(subfolder.text, 0777) != 0 && errno != EEXIST) {
        return errno;
    }
    return rename(temporary->text, entry.text) == 0 ? 0 : errno;
}

int fm_cache_write(const char *folder, const char *key, const fm_cache_part *part,
                   size_t n)
{
    header h;
    path temporary;
    if (!make_header(key, part, n, &h)) {
        return ENOMEM;
    }
    int descriptor = create_temporary(&temporary, folder, key);
    if (descriptor < 0) {
        return errno;
    }
    int failure = write_and_close(descriptor, &h, part, n);
    if (failure == 0) {
        failure = publish(&temporary, folder, key);
    }
    if (failure != 0) {
        unlink(temporary.text);
    }
    return failure;
}

/* ---- the folder ---- */

/* Remove a temporary file that nobody has written to for a day. */
static void remove_abandoned(DIR *folder, const char *name, time_t now)
{
    struct stat status;
    int at = dirfd(folder);
    if (strncmp(name, temporary_prefix, strlen(temporary_prefix)) == 0 &&
        fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode) && now - status.st_mtime > abandoned_after_s) {
        unlinkat(at, name, 0);
    }
}

/* What cannot be removed does no harm but to take room. */
static void tidy(const char *folder, time_t now)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        remove_abandoned(entries, entry->d_name, now);
    }
    if (entries) {
        closedir(entries);
    }
}

/* Can a file be made in the folder, and what time is it there? 0 or an errno. */
static int try_to_write(const char *folder, time_t *now)
{
    static const char key[] = "00000000000000000000000000000000";
    path probe;
    struct stat status;
    int descriptor = create_temporary(&probe, folder, key);
    if (descriptor < 0) {
        return errno;
    }
    int failure = fstat(descriptor, &status) == 0 ? 0 : errno;
    *now = failure == 0 ? status.st_mtime : 0;
    close(descriptor);
    unlink(probe.text);
    return failure;
}

fm_status fm_cache_open(const char *folder, char **resolved, fm_error *error)
{
    *resolved = NULL;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return fm_fail(error, FM_BAD_INPUT, "the cache's folder %s cannot be made: %s",
                       folder, strerror(errno));
    }
    char *real = realpath(folder, NULL);
    time_t now = 0;
    int failure = real ? try_to_write(real, &now) : errno;
    if (failure != 0) {
        free(real);
        return fm_fail(error, FM_BAD_INPUT,
                       "no file can be made in the cache's folder %s: %s", folder,
                       strerror(failure));
    }
    tidy(real, now);
    *resolved = real;
    return FM_OK;
}
