#include "folder_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES = 32, NAME_BYTES = 512 };

typedef struct folder {
    char path[64];
    char *name[NAMES];
    int next;
} folder;

int folder_make(void **state)
{
    folder *f = calloc(1, sizeof *f);
    strcpy(f->path, "/tmp/fermat-test-XXXXXX");
    for (int i = 0; i < NAMES; i++) {
        f->name[i] = malloc(NAME_BYTES);
    }
    *state = f;
    return mkdtemp(f->path) ? 0 : -1;
}

const char *folder_path(const void *state, const char *name)
{
    folder *f = (folder *)state;
    char *text = f->name[f->next++ % NAMES];
    snprintf(text, NAME_BYTES, "%s/%s", f->path, name);
    return text;
}

bool folder_run(const void *state, const char *command)
{
    char line[1000];
    snprintf(line, sizeof line, "cd %s && { %s; } >/dev/null 2>&1",
             ((const folder *)state)->path, command);
    return system(line) == 0; // NOLINT(cert-env33-c): a test drives other programs
}

/* How many files there are, or were, when they are to be removed. */
static size_t visit(const char *place, int removing)
{
    size_t n = 0;
    DIR *directory = opendir(place);
    assert_non_null(directory);
    for (struct dirent *e; (e = readdir(directory));) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            char path[400];
            snprintf(path, sizeof path, "%s/%s", place, e->d_name);
            n++;
            if (removing && unlink(path) != 0) {
                rmdir(path);
            }
        }
    }
    closedir(directory);
    return n;
}

size_t folder_entries(const char *path)
{
    return visit(path, 0);
}

size_t folder_count(const void *state)
{
    return visit(((const folder *)state)->path, 0);
}

int folder_remove(void **state)
{
    folder *f = *state;
    visit(f->path, 1);
    int result = rmdir(f->path);
    for (int i = 0; i < NAMES; i++) {
        free(f->name[i]);
    }
    free(f);
    return result;
}

void folder_assert_same_bytes(const char *one, const char *other)
{
    FILE *a = fopen(one, "rb");
    FILE *b = fopen(other, "rb");
    assert_non_null(a);
    assert_non_null(b);
    long at = 0;
    for (int x = 0, y = 0; x != EOF || y != EOF; at++) {
        x = fgetc(a);
        y = fgetc(b);
        if (x != y) {
            fail_msg("%s and %s differ at byte %ld", one, other, at);
        }
    }
    fclose(a);
    fclose(b);
}
