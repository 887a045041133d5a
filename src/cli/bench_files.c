/* The files of a bench: a folder of its own for results and messages, the comparison of
 * two results byte by byte, and what a child complained of. */
#include "bench_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the folder ---- */

fm_status bench_folder_make(const char *beside, bench_folder *folder, fm_error *error)
{
    static const char name[] = "fermat-bench-XXXXXX";
    const char *base = getenv("TMPDIR");
    size_t length;
    if (beside) {
        const char *slash = strrchr(beside, '/');
        base = slash ? beside : ".";
        length = slash ? (size_t)(slash - beside) : strlen(base);
    } else {
        base = base && *base ? base : "/tmp";
        length = strlen(base);
    }
    size_t size = length + 1 + sizeof name;
    folder->path = malloc(size);
    if (!folder->path) {
        return fm_fail_memory(error, "a folder's name", (double)size);
    }
    snprintf(folder->path, size, "%.*s/%s", (int)length, base, name);
    if (!mkdtemp(folder->path)) {
        fm_fail(error, FM_BAD_INPUT, "%s: no folder can be made for the results: %s",
                folder->path, strerror(errno));
        free(folder->path);
        folder->path = NULL;
        return FM_BAD_INPUT;
    }
    return FM_OK;
}

char *bench_folder_file(const bench_folder *folder, const char *name)
{
    size_t size = strlen(folder->path) + strlen(name) + 2;
    char *path = malloc(size);
    if (path) {
        snprintf(path, size, "%s/%s", folder->path, name);
    }
    return path;
}

void bench_folder_empty(const bench_folder *folder)
{
    DIR *entries = folder->path ? opendir(folder->path) : NULL;
    if (!entries) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(entries));) {
        char *path = bench_folder_file(folder, entry->d_name);
        if (path && strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            unlink(path);
        }
        free(path);
    }
    closedir(entries);
}

void bench_folder_remove(bench_folder *folder)
{
    if (folder->path) {
        bench_folder_empty(folder);
        rmdir(folder->path);
        free(folder->path);
        folder->path = NULL;
    }
}

/* ---- comparison ---- */

static bool same_bytes(FILE *a, FILE *b)
{
    char block_a[16384];
    char block_b[sizeof block_a];
    bool same = true;
    for (size_t n = sizeof block_a; same && n == sizeof block_a;) {
        n = fread(block_a, 1, sizeof block_a, a);
        same =
            fread(block_b, 1, sizeof block_b, b) == n && !memcmp(block_a, block_b, n);
    }
    return same;
}

fm_status bench_files_same(const char *a, const char *b, bool *same, fm_error *error)
{
    fm_status status = FM_OK;
    FILE *first = fopen(a, "rb");
    FILE *second = first ? fopen(b, "rb") : NULL;
    if (second) {
        *same = same_bytes(first, second);
        if (ferror(first) || ferror(second)) {
            status = fm_fail(error, FM_IO_FAILED, "%s: cannot be read: %s",
                             ferror(first) ? a : b, strerror(errno));
        }
        fclose(second);
    } else {
        status = fm_fail(error, FM_IO_FAILED, "%s: cannot be opened: %s", first ? b : a,
                         strerror(errno));
    }
    if (first) {
        fclose(first);
    }
    return status;
}

/* ---- complaints ---- */

static bool has_letter(const char *text)
{
    while (*text && !isalpha((unsigned char)*text)) {
        text++;
    }
    return *text;
}

void bench_files_complaint(const char *path, char *line, size_t size)
{
    static const char own[] = "fermat: ";
    char read[1200];
    line[0] = '\0';
    FILE *file = fopen(path, "r");
    while (file && fgets(read, sizeof read, file)) {
        read[strcspn(read, "\r\n")] = '\0';
        if (!strncmp(read, own, strlen(own))) {
            snprintf(line, size, "%s", read + strlen(own));
            break;
        }
        if (!line[0] && has_letter(read)) {
            snprintf(line, size, "%s", read);
        }
    }
    if (file) {
        fclose(file);
    }
}
