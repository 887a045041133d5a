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

enum { BUFFER_BYTES = 1 << 16, LONGEST_ITEM = 64 };

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
    int length = snprintf(text, sizeof text, " %11lld", (long long)value);
    put(file, text, (size_t)length);
}

void fm_fortran_end_record(fm_fortran_file *file)
{
    put(file, "\n", 1);
}

/* Its power of ten, after rounding to so many digits. */
static int power_of(double value, int digits, char mantissa[LONGEST_ITEM])
{
    snprintf(mantissa, LONGEST_ITEM, "%.*e", digits - 1, value);
    char *mark = strchr(mantissa, 'e');
    assert(mark);
    *mark = '\0';
    return (int)strtol(mark + 1, NULL, 10);
}

static void put_number(fm_fortran_file *file, const number_form *form, double value)
{
    char text[LONGEST_ITEM], mantissa[LONGEST_ITEM];
    int length = 0, blank = 2 + form->exponent_digits;
    if (!isfinite(value)) {
        length = snprintf(text, sizeof text, "%*s", form->width,
                          isnan(value)  ? "NaN"
                          : value > 0.0 ? "Infinity"
                                        : "-Infinity");
        put(file, text, (size_t)length);
        return;
    }
    int power = power_of(value, form->digits, mantissa);
    if (power <= -(form->exponent_digits == 2 ? 100 : 1000)) {
        value = 0; /* too small to be written */
    }
    if (value == 0) {
        power = 0;
        value = 0; /* without a sign */
    }
    if (power >= -1 && power < form->digits) {
        length = snprintf(text, sizeof text, "%#*.*f%*s", form->width - blank,
                          form->digits - 1 - power, value, blank, "");
    } else {
        length =
            snprintf(text, sizeof text, "%*sE%c%0*d", form->width - blank, mantissa,
                     power < 0 ? '-' : '+', form->exponent_digits, abs(power));
    }
    put(file, text, (size_t)length);
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
