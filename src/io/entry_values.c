/* From the texts of a job file to numbers and words. YAML would take "1.5km" for a
 * text, "0x10" and "1_000" for numbers and "no" for a false; here a value is what its
 * key wants, by the one strict parser of numbers, or it is refused. */
#include "entry_values.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/number.h"

fm_status fm_entry_text(const fm_entries *entries, const fm_entry *entry,
                        const char **text, fm_error *error)
{
    if (entry->list) {
        return fm_entry_fail(entries, entry, error, "takes one value, not a list");
    }
    if (entry->value[0][0] == '\0') {
        return fm_entry_fail(entries, entry, error, "has no value");
    }
    *text = entry->value[0];
    return FM_OK;
}

fm_status fm_entry_word(const fm_entries *entries, const fm_entry *entry,
                        const char *const *words, size_t n, size_t *which,
                        fm_error *error)
{
    const char *text = NULL;
    fm_status status = fm_entry_text(entries, entry, &text, error);
    if (status != FM_OK) {
        return status;
    }
    assert(text);
    char all[200];
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(text, words[i]) == 0) {
            *which = i;
            return FM_OK;
        }
        int length = snprintf(all + used, sizeof all - used, "%s%s",
                              i == 0      ? ""
                              : i + 1 < n ? ", "
                                          : " or ",
                              words[i]);
        used += (size_t)length;
    }
    return fm_entry_fail(entries, entry, error, "is %s, not '%.60s'", all, text);
}

static fm_status parse_number(const fm_entries *entries, const fm_entry *entry,
                              const char *text, double *value, fm_error *error)
{
    if (fm_number_parse(text, value)) {
        return FM_OK;
    }
    return fm_entry_fail(entries, entry, error,
                         "takes numbers, written plainly and without units; '%.60s' is "
                         "not one",
                         text);
}

fm_status fm_entry_number(const fm_entries *entries, const fm_entry *entry,
                          double *value, fm_error *error)
{
    const char *text = NULL;
    fm_status status = fm_entry_text(entries, entry, &text, error);
    return status == FM_OK ? parse_number(entries, entry, text, value, error) : status;
}

fm_status fm_entry_shape(const fm_entries *entries, const fm_entry *entry,
                         const char *shape, size_t n, fm_error *error)
{
    if (!entry->list) {
        return fm_entry_fail(entries, entry, error, "is a list %s, not '%.60s'", shape,
                             entry->value[0]);
    }
    if (entry->n != n) {
        return fm_entry_fail(entries, entry, error, "is a list %s; it has %zu values",
                             shape, entry->n);
    }
    return FM_OK;
}

fm_status fm_entry_numbers(const fm_entries *entries, const fm_entry *entry,
                           const char *shape, size_t n, double *value, fm_error *error)
{
    fm_status status = fm_entry_shape(entries, entry, shape, n, error);
    for (size_t i = 0; i < n && status == FM_OK; i++) {
        status = parse_number(entries, entry, entry->value[i], &value[i], error);
    }
    return status;
}

fm_status fm_entry_count(const fm_entries *entries, const fm_entry *entry, size_t i,
                         uint64_t least, uint64_t most, uint64_t *value,
                         fm_error *error)
{
    if (fm_count_parse(entry->value[i], value) && *value >= least && *value <= most) {
        return FM_OK;
    }
    return fm_entry_fail(
        entries, entry, error, "takes whole numbers from %llu to %llu, not '%.60s'",
        (unsigned long long)least, (unsigned long long)most, entry->value[i]);
}
