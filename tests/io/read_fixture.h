#ifndef FM_TESTS_READ_FIXTURE_H
#define FM_TESTS_READ_FIXTURE_H

#include <stddef.h>

#include "core/status.h"

/* For tests of readers: files made of texts, and messages looked at. */

/* Write the text (or bytes) to a file of this name in the test's folder (see
 * folder_fixture.h); its path. */
const char *put(const void *state, const char *name, const char *text);
const char *put_bytes(const void *state, const char *name, const void *bytes,
                      size_t size);

/* The bytes of a file, on the heap, with a zero behind them. */
char *get_bytes(const char *path, size_t *size);

/* The status, and these words in the message; the test fails showing the message. */
void assert_refused(fm_status status, const fm_error *error, const char *words);
void assert_io_failed(fm_status status, const fm_error *error, const char *words);

/* FM_OK; the test fails showing the message. */
void assert_read(fm_status status, const fm_error *error);

/* Two numbers within a tolerance (cmocka compares in single precision). */
void assert_near(double value, double wanted, double tolerance);

/* A file damaged at random: a few bytes changed, removed, put in or moved. `seed`
 * decides and is advanced. On the heap. */
char *damaged(const char *text, size_t size, size_t *new_size,
              unsigned long long *seed);

#endif
