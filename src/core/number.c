/* Strict numbers: the C library converts, but first the text is looked at, because
 * strtod also takes blanks, hexadecimal, infinities and whatever follows the number. */
#include "core/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool fm_number_parse(const char *text, double *value)
{
    size_t length = strlen(text);
    if (length == 0 || strspn(text, "0123456789+-.eE") != length) {
        return false;
    }
    char *end = NULL;
    double number = strtod(text, &end);
    if (end != text + length || !isfinite(number)) {
        return false;
    }
    *value = number;
    return true;
}

bool fm_count_parse(const char *text, uint64_t *value)
{
    size_t length = strlen(text);
    if (length == 0 || strspn(text, "0123456789") != length) {
        return false;
    }
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    if (errno == ERANGE) {
        return false;
    }
    *value = number;
    return true;
}
