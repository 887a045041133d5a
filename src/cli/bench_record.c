/* The few numbers of a run's record that a bench needs. The record is JSON of our own
 * making, in which a quote inside a text is always escaped: so `"seconds":` is that key
 * wherever it stands, and to look for it takes no parser. A shot without a time has
 * null there. */
#include "bench_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* The number behind a key in the text; NULL: none. `value` untouched if it is null. */
static const char *number_behind(const char *text, const char *key, double *value)
{
    const char *found = strstr(text, key);
    if (!found) {
        return NULL;
    }
    found += strlen(key);
    char *end;
    double number = strtod(found, &end);
    if (end != found) {
        *value = number;
    }
    return found;
}

static void add_shots(const char *line, bench_record *record)
{
    static const double none = -1;
    double seconds = none;
    while ((line = number_behind(line, "\"seconds\":", &seconds))) {
        if (seconds >= 0) {
            record->shots_s += seconds;
            record->shots++;
        }
        seconds = none;
    }
}

bool bench_record_read(const char *path, bench_record *record)
{
    *record = (bench_record){.march_s = -1};
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    while (file && getline(&line, &size, file) >= 0) {
        if (record->march_s < 0) {
            number_behind(line, "\"elapsed_s\":", &record->march_s);
        }
        add_shots(line, record);
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return record->march_s > 0 && record->shots > 0;
}
