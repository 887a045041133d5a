#ifndef FM_TESTS_FOLDER_FIXTURE_H
#define FM_TESTS_FOLDER_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

/* A folder of its own for each test, removed with all that is in it. */
int folder_make(void **state);
int folder_remove(void **state);

/* The path of a name in the folder; the last 32 such texts are kept. */
const char *folder_path(const void *state, const char *name);

/* Run a command of the shell in the folder, quietly; did it succeed? */
bool folder_run(const void *state, const char *command);

size_t folder_count(const void *state);  /* how many files there are */
size_t folder_entries(const char *path); /* in any folder */
void folder_assert_same_bytes(const char *one, const char *other);

#endif
