/* From a word like "threads:8" to a backend and its number of workers.
 *
 * A spec is name[:workers]. The one place that knows which backends there are. */
#include "spec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"

static const fm_backend *const backends[] = {&fm_backend_serial, &fm_backend_threads,
                                             NULL};

/* The backend whose name is text[0 .. length-1]; NULL: none. */
static const fm_backend *find(const char *text, size_t length)
{
    if (length == strlen("auto") && !strncmp(text, "auto", length)) {
        return &fm_backend_threads;
    }
    for (size_t i = 0; backends[i]; i++) {
        const char *name = backends[i]->name;
        if (strlen(name) == length && !strncmp(text, name, length)) {
            return backends[i];
        }
    }
    return NULL;
}

static fm_status read_workers(const char *origin, const char *text, const char *number,
                              size_t *workers, fm_error *error)
{
    uint64_t count = 0;
    if (!fm_count_parse(number, &count) || count < 1 || count > FM_POOL_MAX_WORKERS) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s \"%s\": the number of workers must be 1 to %d, not \"%s\"",
                       origin, text, FM_POOL_MAX_WORKERS, number);
    }
    *workers = (size_t)count;
    return FM_OK;
}

static size_t default_workers(void)
{
    size_t processors = fm_processors();
    return processors < FM_POOL_MAX_WORKERS ? processors : FM_POOL_MAX_WORKERS;
}

static fm_status read_spec(const char *origin, const char *text, fm_pool_spec *spec,
                           fm_error *error)
{
    size_t length = strcspn(text, ":");
    bool has_number = text[length] == ':';
    spec->backend = find(text, length);
    if (!spec->backend) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s \"%s\": there is no backend \"%.*s\"; "
                       "choose serial, threads, threads:N or auto",
                       origin, text, (int)length, text);
    }
    if (has_number && (!spec->backend->numbered || text[0] == 'a')) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s \"%s\": %.*s takes no number of workers", origin, text,
                       (int)length, text);
    }
    if (has_number) {
        return read_workers(origin, text, text + length + 1, &spec->workers, error);
    }
    spec->workers = spec->backend->numbered ? default_workers() : 1;
    return FM_OK;
}

fm_status fm_pool_spec_read(const char *text, fm_pool_spec *spec, fm_error *error)
{
    const char *origin = "pool";
    if (!text || !*text) {
        text = getenv("FERMAT_POOL");
        origin = "FERMAT_POOL";
    }
    return read_spec(origin, text && *text ? text : "auto", spec, error);
}
