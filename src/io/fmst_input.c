/* fm2dss.in: 24 lines, each with its own meaning.
 *
 * Lines 1 to 3 and 14 to 16 are banners. A line with a file name gives it in its first
 * 30 columns, which is all that fm2dss reads of it, and a remark behind them. A name
 * that goes on in column 31 was cut by fm2dss, and a remark that begins too early
 * became part of the name; both are refused here rather than obeyed. The other lines
 * are list-directed (records.h). */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "io/fmst.h"
#include "io/same_file.h"
#include "records.h"

enum { NAME_COLUMNS = 30 };

typedef enum line_kind {
    BANNER,
    NAME,
    WANTED_NAME, /* of an output file, needed if the line before is not 0 */
    WHOLE,
    POSITIVE,
} line_kind;

typedef struct line_rule {
    line_kind kind;
    const char *what;
    size_t field; /* where in fm_fmst_input */
    size_t n;     /* whole numbers */
    int64_t least, greatest;
} line_rule;

#define AT(member) offsetof(fm_fmst_input, member)

static const line_rule rules[FM_FMST_LINES] = {
    {.kind = BANNER},
    {.kind = BANNER},
    {.kind = BANNER},
    {.kind = NAME, .what = "the file of sources", .field = AT(sources)},
    {.kind = NAME, .what = "the file of receivers", .field = AT(receivers)},
    {.kind = NAME, .what = "the file of associations", .field = AT(pairs)},
    {.kind = NAME, .what = "the file of the velocity grid", .field = AT(model)},
    {WHOLE, "the dicing in latitude and longitude, two whole numbers from 1 to 1000",
     AT(dice), 2, 1, 1000},
    {WHOLE, "source grid refinement, 0 or 1", AT(refine), 1, 0, 1},
    {WHOLE,
     "the dicing level and the extent of the refined grid, two whole numbers that are "
     "not negative",
     AT(refinement), 2, 0, INT32_MAX},
    {.kind = POSITIVE,
     .what = "the Earth's radius in km, a positive number",
     .field = AT(radius_km)},
    {WHOLE, "the order of the scheme, 0 (first) or 1 (mixed)", AT(mixed_order), 1, 0,
     1},
    {.kind = POSITIVE,
     .what = "the size of the narrow band as a fraction of the grid, a positive number",
     .field = AT(band)},
    {.kind = BANNER},
    {.kind = BANNER},
    {.kind = BANNER},
    {WHOLE, "travel times, 0 (no) or 1 (yes)", AT(times), 1, 0, 1},
    {.kind = WANTED_NAME, .what = "the file for times", .field = AT(times_file)},
    {WHOLE, "Fréchet derivatives, 0 (no) or 1 (yes)", AT(frechet), 1, 0, 1},
    {.kind = WANTED_NAME,
     .what = "the file for derivatives",
     .field = AT(frechet_file)},
    {WHOLE, "the source whose field is written, a whole number, 0 for none", AT(field),
     1, 0, INT32_MAX},
    {.kind = WANTED_NAME, .what = "the file for the field", .field = AT(field_file)},
    {WHOLE,
     "the source whose rays are written, a whole number, 0 for none, negative for all",
     AT(rays), 1, INT32_MIN, INT32_MAX},
    {.kind = WANTED_NAME, .what = "the file for rays", .field = AT(rays_file)},
};

typedef struct input_reading {
    fm_lines lines;
    fm_fmst_input *input;
    int64_t last; /* the number that was read last: is the output wanted? */
} input_reading;

static void *place_of(const input_reading *reading, const line_rule *rule)
{
    return (char *)reading->input + rule->field;
}

/* --- Names --- */

static fm_status refuse_name(const input_reading *reading, const line_rule *rule,
                             const char *why, fm_error *error)
{
    const fm_lines *lines = &reading->lines;
    int shown = lines->length > 60 ? 60 : (int)lines->length;
    return fm_fail(error, FM_BAD_INPUT, "%s:%zu: %s: %s; found '%.*s'", lines->path,
                   lines->number, rule->what, why, shown, lines->text);
}

/* The name in the first 30 columns of the line, without the blanks around it. */
static fm_status cut_name(const input_reading *reading, const line_rule *rule,
                          char name[NAME_COLUMNS + 1], fm_error *error)
{
    const char *text = reading->lines.text;
    size_t length = strnlen(text, NAME_COLUMNS);
    if (length == NAME_COLUMNS && text[length] != '\0' &&
        !strchr(" \t", text[length]) && !strchr(" \t", text[length - 1])) {
        return refuse_name(
            reading, rule,
            "the name, or a remark that follows too early, goes on after "
            "column 30; fm2dss reads a name from columns 1 to 30",
            error);
    }
    while (length > 0 && strchr(" \t", text[length - 1])) {
        length--;
    }
    size_t begin = strspn(text, " \t");
    begin = begin < length ? begin : length;
    memcpy(name, text + begin, length - begin);
    name[length - begin] = '\0';
    if (strstr(name, "  ") || strchr(name, '\t')) {
        return refuse_name(reading, rule,
                           "a remark begins before column 31; fm2dss takes all of "
                           "columns 1 to 30 as the name",
                           error);
    }
    return FM_OK;
}

static fm_status take_name(const input_reading *reading, const line_rule *rule,
                           fm_error *error)
{
    char name[NAME_COLUMNS + 1] = "";
    fm_status status = cut_name(reading, rule, name, error);
    if (status != FM_OK) {
        return status;
    }
    if (name[0] == '\0') {
        return refuse_name(reading, rule, "a name is needed in columns 1 to 30", error);
    }
    char **target = place_of(reading, rule);
    *target = fm_path_beside(reading->lines.path, name);
    return *target ? FM_OK : fm_fail_memory(error, "a file name", NAME_COLUMNS);
}

/* --- Numbers --- */

static fm_status take_whole(input_reading *reading, const line_rule *rule,
                            fm_error *error)
{
    const char *text = reading->lines.text;
    int64_t *value = place_of(reading, rule);
    for (size_t i = 0; i < rule->n; i++) {
        if (!fm_record_whole(&text, &value[i]) || value[i] < rule->least ||
            value[i] > rule->greatest) {
            return fm_record_fail(&reading->lines, rule->what, error);
        }
        reading->last = value[i];
    }
    return FM_OK;
}

static fm_status take_positive(const input_reading *reading, const line_rule *rule,
                               fm_error *error)
{
    const char *text = reading->lines.text;
    double *value = place_of(reading, rule);
    return fm_record_number(&text, value) && *value > 0
               ? FM_OK
               : fm_record_fail(&reading->lines, rule->what, error);
}

/* --- Lines --- */

static fm_status take_line(input_reading *reading, const line_rule *rule,
                           fm_error *error)
{
    switch (rule->kind) {
    case BANNER:
        return FM_OK;
    case NAME:
        return take_name(reading, rule, error);
    case WANTED_NAME:
        return reading->last != 0 ? take_name(reading, rule, error) : FM_OK;
    case WHOLE:
        return take_whole(reading, rule, error);
    case POSITIVE:
        return take_positive(reading, rule, error);
    }
    return FM_OK;
}

static fm_status read_lines(input_reading *reading, fm_error *error)
{
    for (size_t i = 0; i < FM_FMST_LINES; i++) {
        bool more = false;
        fm_status status = fm_lines_next(&reading->lines, &more, error);
        if (status == FM_OK && !more) {
            status = fm_fail(error, FM_BAD_INPUT,
                             "%s:%zu: the file ends before line %zu of %d (%s)",
                             reading->lines.path, reading->lines.number, i + 1,
                             FM_FMST_LINES, rules[i].what ? rules[i].what : "a banner");
        }
        if (status == FM_OK) {
            status = take_line(reading, &rules[i], error);
        }
        if (status != FM_OK) {
            return status;
        }
    }
    return FM_OK;
}

/* --- Together --- */

/* fm2dss would write over its own input, or two tables into one file. */
static fm_status check_names(const fm_fmst_input *input, fm_error *error)
{
    const char *const names[] = {
        input->path,         input->sources,    input->receivers,
        input->pairs,        input->model,      input->times_file,
        input->frechet_file, input->field_file, input->rays_file};
    enum { INPUTS = 5, ALL = sizeof names / sizeof *names };
    for (size_t out = INPUTS; out < ALL; out++) {
        for (size_t other = 0; names[out] && other < out; other++) {
            if (names[other] && fm_same_file(names[out], names[other])) {
                return fm_fail(error, FM_BAD_INPUT, "%s:%zu: %s is %s, too",
                               input->path, 18 + 2 * (out - INPUTS), names[out],
                               other < INPUTS ? "a file that is read"
                                              : "another output");
            }
        }
    }
    return FM_OK;
}

fm_status fm_fmst_input_read(const char *path, fm_fmst_input *input, fm_error *error)
{
    *input = (fm_fmst_input){.path = fm_text_copy(path)};
    input_reading reading = {.input = input};
    fm_status status = input->path ? fm_lines_open(path, &reading.lines, error)
                                   : fm_fail_memory(error, "a file name", 256);
    if (status == FM_OK) {
        status = read_lines(&reading, error);
    }
    fm_lines_close(&reading.lines);
    if (status == FM_OK) {
        status = check_names(input, error);
    }
    if (status != FM_OK) {
        fm_fmst_input_clear(input);
    }
    return status;
}

void fm_fmst_input_clear(fm_fmst_input *input)
{
    char *const owned[] = {input->path,         input->sources,    input->receivers,
                           input->pairs,        input->model,      input->times_file,
                           input->frechet_file, input->field_file, input->rays_file};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        free(owned[i]);
    }
    *input = (fm_fmst_input){0};
}
