#ifndef FM_CLI_BENCH_FILES_H
#define FM_CLI_BENCH_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* A folder for what a bench writes on its way. */
typedef struct bench_folder {
    char *path;
} bench_folder;

/* Beside the file `beside`, or in TMPDIR (/tmp without it) if that is NULL. */
fm_status bench_folder_make(const char *beside, bench_folder *folder, fm_error *error);
/* The path of `name` in it, to be freed; NULL without memory. */
char *bench_folder_file(const bench_folder *folder, const char *name);
/* Remove all files in it; accepts a folder that was not made. */
void bench_folder_empty(const bench_folder *folder);
/* ... and itself. */
void bench_folder_remove(bench_folder *folder);

/* Whether two files hold the same bytes. */
fm_status bench_files_same(const char *a, const char *b, bool *same, fm_error *error);

/* The line of a program's complaints that says most: its own, without "fermat: "; else
 * the first that has a letter. "" if there is none. */
void bench_files_complaint(const char *path, char *line, size_t size);

#endif
