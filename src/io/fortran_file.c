/* Numbers in the columns where programs and scripts written around Fortran look for
 * them. List-directed output leaves the layout to the compiler; this is gfortran's: a
 * value from 0.1 on that has no more digits before the point than are significant is
 * written without an exponent, and the exponent's columns stay blank behind it. */
#include "fortran_file.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 1 << 16, LONGEST_ITEM = 64, MOST_DIGITS = 17 };

typedef struct number_form {
    int digits; /* significant */
    int width;
    int exponent_digits;
} number_form;

static const number_form single_form = {9, 17, 2}, double_form = {17, 26, 3};

fm_status fm_fortran_open(const char *path, fm_fortran_file *file, fm_error *error)
{
    *file = (fm_fortran_file){.path = path, .part = {.descriptor = -1}};
    file->buffer = malloc(BUFFER_BYTES);
    if (!file->buffer) {
        return fm_fail_memory(error, "a buffer for text", BUFFER_BYTES);
    }
    if (fm_part_open(path, &file->part, error) != FM_OK) {
        fm_fortran_close(file);
        return fm_fail_within(error, "%s", path);
    }
    return FM_OK;
}

static void flush(fm_fortran_file *file)
{
    if (file->status != FM_OK || file->used == 0) {
        return;
    }
    file->status = fm_part_write(&file->part, file->offset, file->buffer, file->used,
                                 &file->error);
    fm_part_hasten(&file->part, file->offset, file->used);
    file->offset += file->used;
    file->used = 0;
}

static void put(fm_fortran_file *file, const char *text, size_t length)
{
    assert(length <= LONGEST_ITEM);
    if (file->used + length > BUFFER_BYTES) {
        flush(file);
    }
    if (file->status == FM_OK) {
        memcpy(file->buffer + file->used, text, length);
        file->used += length;
    }
}

void fm_fortran_whole(fm_fortran_file *file, int64_t value)
{
    char text[LONGEST_ITEM];
    int length = snprintf(text, sizeof text, "%12lld", (long long)value);
    put(file, text, (size_t)length);
}

void fm_fortran_end_record(fm_fortran_file *file)
{
    put(file, "\n", 1);
}

/* --- Digits --- */

/* d.ddd times ten to the power. */
typedef struct decimal {
    bool negative;
    int power;
    char digit[MOST_DIGITS];
} decimal;

/* Nine digits of a value from 1e-13 to 1e9 by arithmetic: tables hold millions of them.
 * A power of ten up to 22 is exact, so the product has an error below 1e-6 of its last
 * digit; where that could matter, and outside the range, the C library must do it. */
static bool quick_digits(double value, decimal *d)
{
    static const double ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    enum { LAST = 8 }; /* power of the last of nine digits, below the first */
    if (!(value >= 1e-13 && value < 1e9)) {
        return false;
    }
    int power = 8;
    while (power > -14 && (power >= 0 ? value < ten[power] : value * ten[-power] < 1)) {
        power--;
    }
    double scaled = value * ten[LAST - power], whole = floor(scaled);
    uint32_t n = (uint32_t)whole + (scaled - whole > 0.5);
    if (fabs(scaled - whole - 0.5) < 1e-6 || n < 100000000 || n > 999999999) {
        return false;
    }
    d->power = power;
    for (int i = LAST; i >= 0; i--, n /= 10) {
        d->digit[i] = (char)('0' + n % 10);
    }
    return true;
}

static void slow_digits(double value, int digits, decimal *d)
{
    char text[LONGEST_ITEM];
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    const char *mark = strchr(text, 'e');
    assert(mark);
    d->power = (int)strtol(mark + 1, NULL, 10);
    d->digit[0] = text[0];
    memcpy(d->digit + 1, text + 2, (size_t)digits - 1); /* behind the point */
}

static decimal decimal_of(double value, const number_form *form)
{
    decimal d = {.negative = value < 0};
    int digits = form->digits, least = form->exponent_digits == 2 ? -99 : -999;
    value = fabs(value);
    if (digits != single_form.digits || !quick_digits(value, &d)) {
        slow_digits(value, digits, &d);
    }
    if (value == 0 || d.power < least) { /* too small to be written */
        d = (decimal){0};
        memset(d.digit, '0', sizeof d.digit);
    }
    return d;
}

/* --- Layout --- */

static char *put_digits(char *to, const char *digit, int n)
{
    memcpy(to, digit, (size_t)n);
    return to + n;
}

/* 0.ddd, d.ddd or ddd. */
static size_t lay_plain(const decimal *d, int digits, char *text)
{
    char *to = text;
    int before = d->power + 1; /* the point */
    if (d->negative) {
        *to++ = '-';
    }
    if (before == 0) {
        *to++ = '0';
    }
    to = put_digits(to, d->digit, before);
    *to++ = '.';
    to = put_digits(to, d->digit + before, digits - before);
    return (size_t)(to - text);
}

static size_t lay_scientific(const decimal *d, const number_form *form, char *text)
{
    char *to = text;
    if (d->negative) {
        *to++ = '-';
    }
    *to++ = d->digit[0];
    *to++ = '.';
    to = put_digits(to, d->digit + 1, form->digits - 1);
    *to++ = 'E';
    *to++ = d->power < 0 ? '-' : '+';
    int power = abs(d->power), scale = form->exponent_digits == 2 ? 10 : 100;
    for (; scale > 0; scale /= 10) {
        *to++ = (char)('0' + power / scale % 10);
    }
    return (size_t)(to - text);
}

static void put_number(fm_fortran_file *file, const number_form *form, double value)
{
    char text[LONGEST_ITEM], line[LONGEST_ITEM];
    size_t length = 0, behind = 0;
    if (isnan(value)) {
        length = (size_t)snprintf(text, sizeof text, "NaN");
    } else if (isinf(value)) {
        length =
            (size_t)snprintf(text, sizeof text, value > 0 ? "Infinity" : "-Infinity");
    } else {
        decimal d = decimal_of(value, form);
        bool plain = d.power >= -1 && d.power < form->digits;
        length =
            plain ? lay_plain(&d, form->digits, text) : lay_scientific(&d, form, text);
        behind = plain ? 2 + (size_t)form->exponent_digits : 0;
    }
    memset(line, ' ', sizeof line);
    memcpy(line + (size_t)form->width - behind - length, text, length);
    put(file, line, (size_t)form->width);
}

void fm_fortran_single(fm_fortran_file *file, double value)
{
    put_number(file, &single_form, value);
}

void fm_fortran_double(fm_fortran_file *file, double value)
{
    put_number(file, &double_form, value);
}

fm_status fm_fortran_finish(fm_fortran_file *file, fm_error *error)
{
    flush(file);
    if (file->status == FM_OK) {
        file->status = fm_part_sync(&file->part, &file->error);
    }
    return file->status == FM_OK ? FM_OK
                                 : fm_fail(error, file->status, "%s: %s", file->path,
                                           file->error.message);
}

fm_status fm_fortran_publish(fm_fortran_file *file, fm_error *error)
{
    fm_status status = fm_part_publish(&file->part, error);
    return status == FM_OK ? FM_OK : fm_fail_within(error, "%s", file->path);
}

void fm_fortran_close(fm_fortran_file *file)
{
    if (file->path) {
        fm_part_clear(&file->part);
    }
    free(file->buffer);
    *file = (fm_fortran_file){0};
}
