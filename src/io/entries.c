/* The entries of a job file: filled from YAML, then overridden from the command line,
 * then looked up by key. An override is taken literally, so that any file name can be
 * given; only where a key takes a list is [a, b] read as one. */
#include "entries.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "plain_yaml.h"

enum { LONGEST_JOB = 1 << 16 };

char *fm_entry_place(const fm_entries *entries, const fm_entry *entry)
{
    char place[512];
    if (entry->override) {
        snprintf(place, sizeof place, "--set %.200s: %.60s", entry->override,
                 entry->key);
    } else {
        snprintf(place, sizeof place, "%.400s:%zu:%zu: %.60s", entries->path,
                 entry->line, entry->column, entry->key);
    }
    return fm_text_copy(place);
}

fm_status fm_entry_fail(const fm_entries *entries, const fm_entry *entry,
                        fm_error *error, const char *format, ...)
{
    char text[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fm_fail(error, FM_BAD_INPUT, "%.60s %s", entry->key, text);
    if (entry->override) {
        fm_fail_within(error, "--set %.200s", entry->override);
    } else {
        fm_fail_within(error, "%s:%zu:%zu", entries->path, entry->line, entry->column);
    }
    return FM_BAD_INPUT;
}

void fm_entry_clear(fm_entry *entry)
{
    for (size_t i = 0; i < entry->n; i++) {
        free(entry->value[i]);
    }
    free(entry->value);
    free(entry->key);
    free(entry->override);
    *entry = (fm_entry){0};
}

void fm_entries_clear(fm_entries *entries)
{
    for (size_t i = 0; i < entries->n; i++) {
        fm_entry_clear(&entries->entry[i]);
    }
    free(entries->entry);
    *entries = (fm_entries){0};
}

fm_entry *fm_entries_find(const fm_entries *entries, const char *key)
{
    for (size_t i = 0; i < entries->n; i++) {
        if (strcmp(entries->entry[i].key, key) == 0) {
            return &entries->entry[i];
        }
    }
    return NULL;
}

fm_status fm_entries_reserve(fm_entries *entries, fm_error *error)
{
    if (entries->n < entries->capacity) {
        return FM_OK;
    }
    size_t capacity = 2 * entries->capacity + 32;
    fm_entry *grown = realloc(entries->entry, capacity * sizeof *grown);
    if (!grown) {
        return fm_fail_memory(error, "job entries", (double)capacity * sizeof *grown);
    }
    entries->entry = grown;
    entries->capacity = capacity;
    return FM_OK;
}

fm_status fm_entries_read(const char *path, fm_entries *entries, fm_error *error)
{
    *entries = (fm_entries){.path = path};
    char *text = NULL;
    size_t length = 0;
    fm_status status = fm_text_slurp(path, LONGEST_JOB, &text, &length, error);
    if (status != FM_OK) {
        return status;
    }
    fm_yaml_source source = {.path = path, .text = text, .length = length};
    status = fm_yaml_entries(&source, entries, error);
    free(text);
    if (status != FM_OK) {
        fm_entries_clear(entries);
    }
    return status;
}

/* The value of an override into the free entry behind the last. */
static fm_status take_value(fm_entries *entries, const char *value, bool list,
                            fm_error *error)
{
    fm_entry *entry = &entries->entry[entries->n];
    fm_yaml_source source = {.text = value,
                             .length = strlen(value),
                             .path = entries->path,
                             .override = entry->override};
    if (list && value[0] == '[') {
        return fm_yaml_list(&source, entry, error);
    }
    entry->value = calloc(1, sizeof *entry->value);
    if (entry->value) {
        entry->value[0] = fm_text_copy(value);
    }
    if (!entry->value || !entry->value[0]) {
        return fm_fail_memory(error, "an override", (double)source.length);
    }
    entry->n = 1;
    return FM_OK;
}

static fm_status split_override(const char *text, fm_entry *entry, fm_error *error)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        return fm_fail(error, FM_BAD_INPUT,
                       "--set %.200s: an override is key=value, such as "
                       "solver.order=1",
                       text);
    }
    entry->key = fm_text_copy(text);
    entry->override = fm_text_copy(text);
    if (!entry->key || !entry->override) {
        return fm_fail_memory(error, "an override", (double)strlen(text));
    }
    entry->key[equals - text] = '\0';
    return FM_OK;
}

fm_status fm_entries_override(fm_entries *entries, const char *text,
                              bool (*list_key)(const char *key), fm_error *error)
{
    fm_status status = fm_entries_reserve(entries, error);
    if (status != FM_OK) {
        return status;
    }
    fm_entry *entry = &entries->entry[entries->n];
    *entry = (fm_entry){0};
    status = split_override(text, entry, error);
    if (status == FM_OK) {
        status =
            take_value(entries, strchr(text, '=') + 1, list_key(entry->key), error);
    }
    if (status != FM_OK) {
        fm_entry_clear(entry);
        return status;
    }
    fm_entry *old = fm_entries_find(entries, entry->key);
    if (old) {
        fm_entry_clear(old);
        *old = *entry;
    } else {
        entries->n++;
    }
    return FM_OK;
}
