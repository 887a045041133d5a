/* The records of programs written in Fortran.
 *
 * Such programs read with list-directed statements, and their users' files have grown
 * up with them: numbers stand where they like on a line, D is an exponent, and what
 * follows the numbers is a remark that nobody asked for. A record that lacks an item
 * goes on with the next line in Fortran; here that is an error, because it nearly
 * always is one. */
#include "records.h"

#include <stdint.h>
#include <string.h>

#include "core/number.h"

enum { LONGEST_ITEM = 63 };

fm_status fm_record_next(fm_lines *lines, bool *more, fm_error *error)
{
    fm_status status = FM_OK;
    do {
        status = fm_lines_next(lines, more, error);
    } while (status == FM_OK && *more && fm_text_blank(lines->text));
    return status;
}

fm_status fm_record_need(fm_lines *lines, const char *what, fm_error *error)
{
    bool more = false;
    fm_status status = fm_record_next(lines, &more, error);
    if (status == FM_OK && !more) {
        status = fm_fail(error, FM_BAD_INPUT, "%s:%zu: the file ends before %s",
                         lines->path, lines->number, what);
    }
    return status;
}

fm_status fm_record_fail(const fm_lines *lines, const char *what, fm_error *error)
{
    int shown = lines->length > 60 ? 60 : (int)lines->length;
    return fm_fail(error, FM_BAD_INPUT, "%s:%zu: %s; found '%.*s'", lines->path,
                   lines->number, what, shown, lines->text);
}

/* The next item as C writes numbers. */
static bool next_item(const char **text, char item[LONGEST_ITEM + 1])
{
    const char *begin = *text + strspn(*text, " \t,");
    size_t length = strcspn(begin, " \t,");
    *text = begin + length;
    if (length == 0 || length > LONGEST_ITEM) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        item[i] = begin[i] == 'D' || begin[i] == 'd' ? 'E' : begin[i];
    }
    item[length] = '\0';
    return true;
}

bool fm_record_number(const char **text, double *value)
{
    char item[LONGEST_ITEM + 1];
    return next_item(text, item) && fm_number_parse(item, value);
}

bool fm_record_count(const char **text, uint64_t *value)
{
    char item[LONGEST_ITEM + 1];
    return next_item(text, item) && fm_count_parse(item, value);
}

bool fm_record_whole(const char **text, int64_t *value)
{
    char item[LONGEST_ITEM + 1];
    uint64_t size = 0;
    if (!next_item(text, item)) {
        return false;
    }
    bool sign = item[0] == '-' || item[0] == '+';
    if (!fm_count_parse(item + sign, &size) || size > INT64_MAX) {
        return false;
    }
    *value = item[0] == '-' ? -(int64_t)size : (int64_t)size;
    return true;
}

bool fm_record_numeric(const char *text)
{
    char item[LONGEST_ITEM + 1];
    return next_item(&text, item) && strchr("0123456789+-.", item[0]) != NULL;
}

fm_status fm_record_two(fm_lines *lines, const char *what, double *a, double *b,
                        fm_error *error)
{
    fm_status status = fm_record_need(lines, what, error);
    if (status != FM_OK) {
        return status;
    }
    const char *text = lines->text;
    return fm_record_number(&text, a) && fm_record_number(&text, b)
               ? FM_OK
               : fm_record_fail(lines, what, error);
}

fm_status fm_record_end(fm_lines *lines, const char *what, fm_error *error)
{
    bool more = false;
    fm_status status = fm_record_next(lines, &more, error);
    if (status == FM_OK && more) {
        status = fm_fail(error, FM_BAD_INPUT, "%s:%zu: more than %s", lines->path,
                         lines->number, what);
    }
    return status;
}
