/* Text files, line by line.
 *
 * The readers of tables and of FMST grids share this: it knows where lines end on every
 * system, counts them for the messages, and refuses what is no text. It also insists
 * that the last line is ended. Programs that write numbers do so; a file that does not
 * end so may have lost the last digits of its last number on the way, and "13" for
 * "135.2" would be believed. */
#include "lines.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_LINE = 1 << 20 };

static fm_status fail_system(const char *path, int reason, fm_error *error)
{
    return fm_fail(error, FM_IO_FAILED, "%s: cannot be read: %s", path,
                   strerror(reason));
}

fm_status fm_lines_open(const char *path, fm_lines *lines, fm_error *error)
{
    *lines = (fm_lines){.path = path};
    lines->stream = fopen(path, "rb");
    return lines->stream ? FM_OK : fail_system(path, errno, error);
}

static fm_status append(fm_lines *lines, char c, fm_error *error)
{
    if (lines->length + 1 >= lines->capacity) {
        size_t capacity = lines->capacity ? 2 * lines->capacity : 256;
        char *text = realloc(lines->text, capacity);
        if (!text) {
            return fm_fail_memory(error, "a line of text", (double)capacity);
        }
        lines->text = text;
        lines->capacity = capacity;
    }
    assert(lines->text);
    lines->text[lines->length++] = c;
    lines->text[lines->length] = '\0';
    return FM_OK;
}

static fm_status take(fm_lines *lines, int c, fm_error *error)
{
    if (c == '\0') {
        return fm_fail(error, FM_BAD_INPUT, "%s:%zu: a zero byte: this is no text file",
                       lines->path, lines->number);
    }
    if (lines->length == LONGEST_LINE) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s:%zu: a line of more than %d bytes: this is no table",
                       lines->path, lines->number, LONGEST_LINE);
    }
    return append(lines, (char)c, error);
}

static fm_status finish(fm_lines *lines, bool *more, fm_error *error)
{
    *more = false;
    if (ferror(lines->stream)) {
        return fail_system(lines->path, errno, error);
    }
    if (lines->length > 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s:%zu: the file may be cut short here: its last line is not "
                       "ended (if the file is whole, add a line end)",
                       lines->path, lines->number);
    }
    return FM_OK;
}

static void skip_byte_order_mark(fm_lines *lines)
{
    if (lines->number == 1 && strncmp(lines->text, "\xEF\xBB\xBF", 3) == 0) {
        lines->length -= 3;
        memmove(lines->text, lines->text + 3, lines->length + 1);
    }
}

fm_status fm_lines_next(fm_lines *lines, bool *more, fm_error *error)
{
    if (!lines->text) { /* so that an empty line has a text */
        fm_status status = append(lines, ' ', error);
        if (status != FM_OK) {
            return status;
        }
    }
    assert(lines->text);
    lines->length = 0;
    lines->text[0] = '\0';
    lines->number++;
    errno = 0;
    int c = 0;
    while ((c = getc(lines->stream)) != EOF && c != '\n' && c != '\r') {
        fm_status status = take(lines, c, error);
        if (status != FM_OK) {
            return status;
        }
    }
    if (c == EOF) {
        return finish(lines, more, error);
    }
    if (c == '\r') {
        c = getc(lines->stream);
        if (c != '\n' && c != EOF) {
            ungetc(c, lines->stream);
        }
    }
    skip_byte_order_mark(lines);
    *more = true;
    return FM_OK;
}

void fm_lines_close(fm_lines *lines)
{
    if (lines->stream) {
        fclose(lines->stream);
    }
    free(lines->text);
    *lines = (fm_lines){0};
}

bool fm_text_blank(const char *text)
{
    return text[strspn(text, " \t\v\f")] == '\0';
}

char *fm_text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy) {
        memcpy(copy, text, size);
    }
    return copy;
}

bool fm_path_ends(const char *path, const char *extension)
{
    size_t length = strlen(path), end = strlen(extension);
    return length > end && strcasecmp(path + length - end, extension) == 0;
}

char *fm_path_beside(const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    if (name[0] == '/' || !slash) {
        return fm_text_copy(name);
    }
    size_t folder = (size_t)(slash - file) + 1;
    char *joined = malloc(folder + strlen(name) + 1);
    if (joined) {
        memcpy(joined, file, folder);
        memcpy(joined + folder, name, strlen(name) + 1);
    }
    return joined;
}

fm_status fm_text_slurp(const char *path, size_t limit, char **text, size_t *length,
                        fm_error *error)
{
    fm_status status = FM_OK;
    char *buffer = NULL;
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        return fail_system(path, errno, error);
    }
    buffer = malloc(limit + 1);
    if (!buffer) {
        status = fm_fail_memory(error, "the text of a file", (double)limit);
        goto fail;
    }
    errno = 0;
    *length = fread(buffer, 1, limit + 1, stream);
    if (ferror(stream)) {
        status = fail_system(path, errno, error);
        goto fail;
    }
    if (*length > limit) {
        status = fm_fail(error, FM_BAD_INPUT, "%s: more than %zu bytes", path, limit);
        goto fail;
    }
    buffer[*length] = '\0';
    fclose(stream);
    *text = buffer;
    return FM_OK;
fail:
    free(buffer);
    fclose(stream);
    return status;
}
