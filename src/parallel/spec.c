/* From a word like "processes:8,start=spawn" to a backend and its options.
 *
 * A spec is name[:workers][,option=value]... The one place that knows which backends
 * and which options there are. */
#include "spec.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "core/number.h"

static const fm_backend *const backends[] = {
    &fm_backend_serial,
    &fm_backend_threads,
    &fm_backend_processes,
#ifdef FM_MPI
    &fm_backend_mpi,
#endif
    NULL,
};

static const char names[] = "serial, threads, processes, mpi or auto";

/* A spec while it is read, and where it was found, for messages. */
typedef struct reader {
    const char *origin, *text;
    fm_pool_spec *spec;
    fm_error *error;
    unsigned given; /* a bit for each of the options below */
} reader;

/* A piece of the spec: not ended by a zero. */
typedef struct piece {
    const char *text;
    int length;
} piece;

static bool is(piece word, const char *name)
{
    return strlen(name) == (size_t)word.length &&
           !strncmp(word.text, name, strlen(name));
}

/* ---- options ---- */

/* The value as a text of its own; an empty one if it is too long to be right. */
typedef struct value {
    char text[32];
} value;

static value value_of(piece word)
{
    value v = {""};
    if ((size_t)word.length < sizeof v.text) {
        memcpy(v.text, word.text, (size_t)word.length);
    }
    return v;
}

static bool read_count(const char *text, uint64_t least, uint64_t most, size_t *count)
{
    uint64_t n = 0;
    if (!fm_count_parse(text, &n) || n < least || n > most) {
        return false;
    }
    *count = (size_t)n;
    return true;
}

static bool read_timeout(const char *text, fm_pool_options *options)
{
    double seconds = 0;
    if (!fm_number_parse(text, &seconds) || seconds <= 0) {
        return false;
    }
    options->timeout_s = seconds;
    return true;
}

static bool read_retries(const char *text, fm_pool_options *options)
{
    size_t n = 0;
    bool good = read_count(text, 0, 1000, &n);
    options->retries = (unsigned)n;
    return good;
}

static bool read_start(const char *text, fm_pool_options *options)
{
    static const char *const methods[] = {[FM_START_FORK] = "fork",
                                          [FM_START_FORKSERVER] = "forkserver",
                                          [FM_START_SPAWN] = "spawn"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (!strcmp(text, methods[i])) {
            options->start = (fm_start_method)i;
            return true;
        }
    }
    return false;
}

static bool read_tasks_per_child(const char *text, fm_pool_options *options)
{
    return read_count(text, 0, SIZE_MAX, &options->tasks_per_child);
}

static bool read_schedule(const char *text, fm_pool_options *options)
{
    options->schedule_static = !strcmp(text, "static");
    return options->schedule_static || !strcmp(text, "dynamic");
}

static bool read_workers_per_rank(const char *text, fm_pool_options *options)
{
    return read_count(text, 1, FM_POOL_MAX_WORKERS, &options->workers_per_rank);
}

typedef struct option {
    const char *name, *values;
    unsigned needs; /* what the backend must take: FM_TAKES_...; 0: all do */
    bool (*read)(const char *text, fm_pool_options *options);
} option;

static const option options[] = {
    {"timeout", "a number of seconds above 0", 0, read_timeout},
    {"retries", "0 to 1000", 0, read_retries},
    {"start", "fork, forkserver or spawn", FM_TAKES_START, read_start},
    {"tasks-per-child", "a whole number, 0 for any number of tasks", FM_TAKES_START,
     read_tasks_per_child},
    {"schedule", "dynamic or static", FM_TAKES_SCHEDULE, read_schedule},
    {"workers-per-rank", "1 to 1024", FM_TAKES_SCHEDULE, read_workers_per_rank},
};

static fm_status read_option(reader *r, piece word)
{
    const char *equals = memchr(word.text, '=', (size_t)word.length);
    int name_length = equals ? (int)(equals - word.text) : word.length;
    const fm_backend *backend = r->spec->backend;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (!is((piece){word.text, name_length}, options[i].name)) {
            continue;
        }
        if ((options[i].needs & backend->takes) != options[i].needs) {
            return fm_fail(r->error, FM_BAD_INPUT, "%s \"%s\": %s has no option %s",
                           r->origin, r->text, backend->name, options[i].name);
        }
        if (r->given & 1u << i) {
            return fm_fail(r->error, FM_BAD_INPUT, "%s \"%s\": %s is given twice",
                           r->origin, r->text, options[i].name);
        }
        r->given |= 1u << i;
        piece given = {equals ? equals + 1 : "", word.length - name_length - !!equals};
        if (!options[i].read(value_of(given).text, &r->spec->options)) {
            return fm_fail(r->error, FM_BAD_INPUT,
                           "%s \"%s\": %s must be %s, not \"%.*s\"", r->origin, r->text,
                           options[i].name, options[i].values, given.length,
                           given.text);
        }
        return FM_OK;
    }
    return fm_fail(r->error, FM_BAD_INPUT,
                   "%s \"%s\": there is no option \"%.*s\"; choose timeout, retries, "
                   "start, tasks-per-child, schedule or workers-per-rank",
                   r->origin, r->text, name_length, word.text);
}

/* ---- the backend ---- */

static const fm_backend *find(piece name)
{
    if (is(name, "auto")) {
        return find(fm_pool_under_mpirun() ? (piece){"mpi", 3} : (piece){"threads", 7});
    }
    for (size_t i = 0; backends[i]; i++) {
        if (is(name, backends[i]->name)) {
            return backends[i];
        }
    }
    return NULL;
}

static fm_status read_workers(const reader *r, piece word)
{
    if (!read_count(value_of(word).text, 1, FM_POOL_MAX_WORKERS,
                    &r->spec->options.workers)) {
        return fm_fail(r->error, FM_BAD_INPUT,
                       "%s \"%s\": the number of workers must be 1 to %d, not \"%.*s\"",
                       r->origin, r->text, FM_POOL_MAX_WORKERS, word.length, word.text);
    }
    return FM_OK;
}

/* name[:workers] */
static fm_status read_backend(const reader *r, piece word)
{
    const char *colon = memchr(word.text, ':', (size_t)word.length);
    piece name = {word.text, colon ? (int)(colon - word.text) : word.length};
    r->spec->backend = find(name);
    if (!r->spec->backend && is(name, "auto")) {
        return fm_fail(r->error, FM_BAD_INPUT,
                       "mpirun started this program, but it was built without MPI; it "
                       "can be run without mpirun, or on another backend: serial, "
                       "threads or processes");
    }
    if (!r->spec->backend && is(name, "mpi")) {
        return fm_fail(r->error, FM_BAD_INPUT,
                       "%s \"%s\": this program was built without MPI; choose serial, "
                       "threads or processes",
                       r->origin, r->text);
    }
    if (!r->spec->backend) {
        return fm_fail(r->error, FM_BAD_INPUT,
                       "%s \"%s\": there is no backend \"%.*s\"; choose %s", r->origin,
                       r->text, name.length, name.text, names);
    }
    if (!colon) {
        return FM_OK;
    }
    if (is(name, "mpi")) {
        return fm_fail(r->error, FM_BAD_INPUT,
                       "%s \"%s\": mpi takes no number of workers; mpirun -n says how "
                       "many ranks, workers-per-rank=N how many threads in each",
                       r->origin, r->text);
    }
    if (!r->spec->backend->numbered || is(name, "auto")) {
        return fm_fail(r->error, FM_BAD_INPUT,
                       "%s \"%s\": %.*s takes no number of workers", r->origin, r->text,
                       name.length, name.text);
    }
    return read_workers(r, (piece){colon + 1, word.length - name.length - 1});
}

static size_t default_workers(void)
{
    size_t processors = fm_processors();
    return processors < FM_POOL_MAX_WORKERS ? processors : FM_POOL_MAX_WORKERS;
}

static fm_status read_spec(reader *r)
{
    const char *at = r->text;
    piece word = {at, (int)strcspn(at, ",")};
    *r->spec = (fm_pool_spec){.options = {.timeout_s = INFINITY,
                                          .retries = 2,
                                          .start_s = 60,
                                          .end_s = 10,
                                          .workers_per_rank = 1}};
    fm_status status = read_backend(r, word);
    while (status == FM_OK && at[word.length] == ',') {
        at += word.length + 1;
        word = (piece){at, (int)strcspn(at, ",")};
        status = read_option(r, word);
    }
    if (status == FM_OK && r->spec->options.workers == 0) {
        r->spec->options.workers = r->spec->backend->numbered ? default_workers() : 1;
    }
    return status;
}

fm_status fm_pool_spec_read(const char *text, fm_pool_spec *spec, fm_error *error)
{
    reader r = {.origin = "pool", .text = text, .spec = spec, .error = error};
    if (!text || !*text) {
        r.origin = "FERMAT_POOL";
        r.text = getenv("FERMAT_POOL");
    }
    if (!r.text || !*r.text) {
        r.text = "auto";
    }
    return read_spec(&r);
}
