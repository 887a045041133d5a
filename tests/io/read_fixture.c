/* Files for tests of readers. */
#include "read_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder_fixture.h"

const char *put_bytes(const void *state, const char *name, const void *bytes,
                      size_t size)
{
    const char *path = folder_path(state, name);
    remove(path); /* writing over a file waits for the disk on some file systems */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

const char *put(const void *state, const char *name, const char *text)
{
    return put_bytes(state, name, text, strlen(text));
}

char *get_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = calloc(*size + 1, 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void assert_message(fm_status wanted, fm_status status, const fm_error *error,
                           const char *words)
{
    if (status != wanted || error->status != wanted || !strstr(error->message, words)) {
        fail_msg("wanted %s, '%s'; got %s, '%s'", fm_status_name(wanted), words,
                 fm_status_name(status), status == FM_OK ? "" : error->message);
    }
}

void assert_refused(fm_status status, const fm_error *error, const char *words)
{
    assert_message(FM_BAD_INPUT, status, error, words);
}

void assert_io_failed(fm_status status, const fm_error *error, const char *words)
{
    assert_message(FM_IO_FAILED, status, error, words);
}

void assert_read(fm_status status, const fm_error *error)
{
    if (status != FM_OK) {
        fail_msg("refused: %s", error->message);
    }
}

void assert_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance)) {
        fail_msg("%.17g is not %.17g within %g", value, wanted, tolerance);
    }
}

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t draw(unsigned long long *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void damage_once(char *text, size_t *size, unsigned long long *seed)
{
    static const char likely[] =
        "0123456789.-+eEdD,;:\"'#[]{}&*!|>%@`\n\r\t \0\xFF\xC3";
    size_t at = *size ? draw(seed) % *size : 0;
    size_t length = 1 + draw(seed) % 8;
    char c = draw(seed) % 4 ? likely[draw(seed) % (sizeof likely - 1)]
                            : (char)(draw(seed) % 256);
    switch (draw(seed) % 4) {
    case 0: /* change a byte */
        text[at] = c;
        break;
    case 1: /* put one in */
        memmove(text + at + 1, text + at, *size - at);
        text[at] = c;
        ++*size;
        break;
    case 2: /* remove some */
        length = length < *size - at ? length : *size - at;
        memmove(text + at, text + at + length, *size - at - length);
        *size -= length;
        break;
    default: /* repeat some */
        length = length < *size - at ? length : *size - at;
        memmove(text + at + length, text + at, *size - at);
        *size += length;
    }
}

char *damaged(const char *text, size_t size, size_t *new_size, unsigned long long *seed)
{
    char *copy = calloc(size + 64, 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    *new_size = size;
    for (uint64_t n = 1 + draw(seed) % 4; n > 0; n--) {
        damage_once(copy, new_size, seed);
    }
    return copy;
}
