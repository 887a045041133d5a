#ifndef FM_TESTS_FOLDER_FIXTURE_H
#define FM_TESTS_FOLDER_FIXTURE_H

#include <stddef.h>

/* A folder of its own for each test, removed with all that is in it. */
int folder_make(void **state);
int folder_remove(void **state);

/* The path of a name in the folder; the last 32 such texts are kept. */
const char *folder_path(const void *state, const char *name);

size_t folder_count(const void *state);  /* how many files there are */
size_t folder_entries(const char *path); /* in any folder */
void folder_assert_same_bytes(const char *one, const char *other);

#endif
