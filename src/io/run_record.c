/* The record of a run, kept small and written as a stream. While the run lasts it is
 * one short row a shot, and a message for each that failed. A tree of all of it, as
 * JSON libraries like to have it, would take ten times that; so only one object at a
 * time is made with jansson, which knows about quotes, escapes and numbers, and the
 * lists around them are written here, an object a line: a line can be found with grep.
 *
 * The ledger of errors is not kept apart from the shots: it is those of them that
 * failed, were begun more than once, or were given up. */
#include "io/run_record.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/version.h"
#include "part_file.h"

typedef enum shot_state { NOT_DONE, DONE, FAILED, STATES } shot_state;

static const char *const state_names[STATES] = {"not_done", "done", "failed"};

typedef struct shot_row {
    double seconds;
    uint64_t nodes;
    uint64_t worker;
    long process;
    char *message;    /* of a failed one; NULL also if there was no memory for it */
    fm_status status; /* why it failed, or was given up */
    unsigned attempts;
    int signal;
    shot_state state;
    bool from_cache;
} shot_row;

struct fm_run_record {
    const fm_job *job;
    shot_row *shot; /* [shots.n] */
    size_t count[STATES], from_cache;
};

/* ---- while the run lasts ---- */

void fm_run_record_destroy(fm_run_record *record)
{
    if (!record) {
        return;
    }
    for (size_t s = 0; record->shot && s < record->job->shots.n; s++) {
        free(record->shot[s].message);
    }
    free(record->shot);
    free(record);
}

fm_status fm_run_record_create(const fm_job *job, fm_run_record **record,
                               fm_error *error)
{
    size_t n = job->shots.n;
    *record = calloc(1, sizeof **record);
    if (!*record) {
        goto fail;
    }
    (*record)->job = job;
    (*record)->count[NOT_DONE] = n;
    (*record)->shot = calloc(n + 1, sizeof *(*record)->shot);
    if (!(*record)->shot) {
        goto fail;
    }
    return FM_OK;
fail:
    fm_run_record_destroy(*record);
    *record = NULL;
    return fm_fail_memory(error, "the record of the run",
                          (double)n * (double)sizeof(shot_row));
}

/* A shot that was given up has not failed: it was not done. */
static shot_state state_of(fm_status status)
{
    return status == FM_OK ? DONE : status == FM_CANCELLED ? NOT_DONE : FAILED;
}

void fm_run_record_add(fm_run_record *record, const fm_shot_result *result)
{
    shot_row *row = &record->shot[result->shot];
    record->count[row->state]--;
    record->from_cache -= row->from_cache;
    free(row->message);
    *row = (shot_row){
        .seconds = result->seconds,
        .nodes = result->nodes,
        .worker = result->worker,
        .process = result->process,
        .status = result->status,
        .attempts = result->attempts,
        .signal = result->signal,
        .state = state_of(result->status),
        .from_cache = result->from_cache,
    };
    if (result->status != FM_OK && result->error) {
        row->message = strdup(result->error->message);
    }
    record->count[row->state]++;
    record->from_cache += row->from_cache;
}

/* ---- its name ---- */

char *fm_run_record_name(const char *result, bool part)
{
    const char *slash = strrchr(result, '/');
    const char *base = slash ? slash + 1 : result;
    const char *dot = strrchr(base, '.');
    size_t stem = dot && dot > base ? (size_t)(dot - result) : strlen(result);
    const char *ending = part ? ".part.run.json" : ".run.json";
    size_t size = stem + strlen(ending) + 1;
    char *name = malloc(size);
    if (name) {
        memcpy(name, result, stem);
        memcpy(name + stem, ending, strlen(ending) + 1);
    }
    return name;
}

/* ---- as JSON ---- */

/* JSON is UTF-8, but a command line and a message may hold any bytes. What is no UTF-8
 * keeps its ASCII. NULL becomes null. */
static json_t *text_value(const char *text)
{
    json_t *value = text ? json_string(text) : json_null();
    char *ascii = value ? NULL : strdup(text);
    if (ascii) {
        for (char *c = ascii; *c; c++) {
            *c = (unsigned char)*c < 0x80 ? *c : '?';
        }
        value = json_string(ascii);
        free(ascii);
    }
    return value;
}

static json_t *words_value(const char *const *word, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(list, text_value(word[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *time_value(time_t time)
{
    struct tm parts;
    char text[32];
    if (!gmtime_r(&time, &parts) ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        return json_null();
    }
    return json_string(text);
}

static json_t *host_value(void)
{
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    return text_value(name);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The object takes the value, which is NULL when there was no memory to make it. */
static bool put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static bool put_count(json_t *object, const char *key, size_t n)
{
    return put(object, key, json_integer((json_int_t)n));
}

static bool put_facts(json_t *o, const fm_run_facts *facts)
{
    return put(o, "program", json_sprintf("fermat %s", fm_version())) &&
           put(o, "command", words_value(facts->command, facts->ncommand)) &&
           put(o, "result", text_value(base_name(facts->result))) &&
           put(o, "job_hash", text_value(facts->job_hash)) &&
           put(o, "backend", text_value(facts->backend)) &&
           put_count(o, "workers", facts->workers) && put(o, "host", host_value()) &&
           put(o, "process", json_integer((json_int_t)getpid())) &&
           put(o, "started", time_value(facts->started)) &&
           put(o, "elapsed_s", json_real(facts->elapsed_s)) &&
           put(o, "interrupted", text_value(facts->interrupted));
}

static bool put_counts(json_t *o, const fm_run_record *record)
{
    return put_count(o, "shots_asked", record->job->shots.n) &&
           put_count(o, "shots_done", record->count[DONE]) &&
           put_count(o, "shots_failed", record->count[FAILED]) &&
           put_count(o, "shots_not_done", record->count[NOT_DONE]) &&
           put_count(o, "shots_from_cache", record->from_cache);
}

static json_t *facts_value(const fm_run_record *record, const fm_run_facts *facts)
{
    json_t *object = json_object();
    if (put_facts(object, facts) && put_counts(object, record)) {
        return object;
    }
    json_decref(object);
    return NULL;
}

/* ---- shots and errors, an object each ---- */

/* Where a shot was marched from is called what it is. */
static const char *origin_key(const fm_run_record *record)
{
    return record->job->shots.reciprocal ? "receiver" : "source";
}

static json_t *origin_value(const fm_run_record *record, size_t s)
{
    const fm_survey *survey = &record->job->survey;
    size_t origin = record->job->shots.shot[s].origin;
    return text_value(record->job->shots.reciprocal ? survey->receivers.id[origin]
                                                    : survey->sources.id[origin]);
}

static bool every_shot(const shot_row *row)
{
    (void)row;
    return true;
}

static json_t *shot_value(const fm_run_record *record, size_t s)
{
    const shot_row *row = &record->shot[s];
    if (row->state == NOT_DONE) {
        return json_pack("{s:I, s:o, s:s, s:n, s:n, s:n, s:i, s:n}", "shot",
                         (json_int_t)s, origin_key(record), origin_value(record, s),
                         "status", state_names[row->state], "worker", "seconds",
                         "nodes", "attempts", (int)row->attempts, "cached");
    }
    return json_pack("{s:I, s:o, s:s, s:I, s:f, s:I, s:i, s:b}", "shot", (json_int_t)s,
                     origin_key(record), origin_value(record, s), "status",
                     state_names[row->state], "worker", (json_int_t)row->worker,
                     "seconds", row->seconds, "nodes", (json_int_t)row->nodes,
                     "attempts", (int)row->attempts, "cached", row->from_cache);
}

static bool has_error(const shot_row *row)
{
    return row->status != FM_OK || row->attempts > 1;
}

static json_t *signal_value(int signal)
{
    return signal ? json_integer(signal) : json_null();
}

/* Of a shot that was done in the end, there is no reason and no message. */
static json_t *error_value(const fm_run_record *record, size_t s)
{
    const shot_row *row = &record->shot[s];
    const char *reason = row->status == FM_OK ? NULL : fm_status_name(row->status);
    return json_pack(
        "{s:I, s:o, s:s, s:o, s:I, s:I, s:o, s:i, s:o}", "shot", (json_int_t)s,
        origin_key(record), origin_value(record, s), "status", state_names[row->state],
        "reason", text_value(reason), "worker", (json_int_t)row->worker, "process",
        (json_int_t)row->process, "signal", signal_value(row->signal), "attempts",
        (int)row->attempts, "message", text_value(row->message));
}

/* ---- as a file ---- */

enum { FLAGS = JSON_ENCODE_ANY | JSON_REAL_PRECISION(9) };

/* False: there was no memory to make the value. What happens to the stream it keeps to
 * itself until it is closed. */
static bool write_value(FILE *stream, json_t *value)
{
    if (!value) {
        return false;
    }
    bool written = json_dumpf(value, stream, FLAGS) == 0 || ferror(stream);
    json_decref(value);
    return written;
}

static bool write_facts(FILE *stream, json_t *facts)
{
    bool good = facts != NULL;
    const char *key;
    json_t *value;
    json_object_foreach(facts, key, value)
    {
        fprintf(stream, "  \"%s\": ", key);
        good = write_value(stream, json_incref(value)) && good;
        fputs(",\n", stream);
    }
    json_decref(facts);
    return good;
}

/* The shots that `listed` says belong here, each with what `value` makes of it. */
static bool write_list(FILE *stream, const fm_run_record *record, const char *key,
                       bool (*listed)(const shot_row *row),
                       json_t *(*value)(const fm_run_record *record, size_t s))
{
    const char *between = "\n    ", *end = "]";
    bool good = true;
    fprintf(stream, "  \"%s\": [", key);
    for (size_t s = 0; s < record->job->shots.n && good && !ferror(stream); s++) {
        if (listed(&record->shot[s])) {
            fputs(between, stream);
            good = write_value(stream, value(record, s));
            between = ",\n    ";
            end = "\n  ]";
        }
    }
    fputs(end, stream);
    return good;
}

static bool write_all(FILE *stream, const fm_run_record *record,
                      const fm_run_facts *facts)
{
    fputs("{\n", stream);
    bool good = write_facts(stream, facts_value(record, facts));
    good = write_list(stream, record, "errors", has_error, error_value) && good;
    fputs(",\n", stream);
    good = write_list(stream, record, "shots", every_shot, shot_value) && good;
    fputs("\n}\n", stream);
    return good;
}

/* A stream onto a second descriptor of the file: closing it leaves the first one, which
 * syncing needs. */
static fm_status fill(const fm_part_file *part, const fm_run_record *record,
                      const fm_run_facts *facts, fm_error *error)
{
    int descriptor = dup(part->descriptor);
    FILE *stream = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (!stream) {
        int number = errno;
        if (descriptor >= 0) {
            close(descriptor);
        }
        return fm_fail(error, FM_IO_FAILED, "cannot be written: %s", strerror(number));
    }
    bool good = write_all(stream, record, facts);
    bool failed = ferror(stream) != 0;
    int number = failed ? errno : 0;
    if (fclose(stream) != 0) {
        number = failed ? number : errno;
        failed = true;
    }
    if (failed) {
        return fm_fail(error, FM_IO_FAILED, "cannot be written: %s", strerror(number));
    }
    return good ? FM_OK
                : fm_fail(error, FM_NO_MEMORY, "no memory to write a line of it");
}

fm_status fm_run_record_write(const fm_run_record *record, const fm_run_facts *facts,
                              const char *path, void (*temporary)(const char *name),
                              fm_error *error)
{
    fm_part_file part;
    fm_status status = fm_part_open(path, &part, error);
    if (status == FM_OK && temporary) {
        temporary(part.temporary);
    }
    part.hurried = facts->hurried;
    if (status == FM_OK) {
        status = fill(&part, record, facts, error);
    }
    if (status == FM_OK) {
        status = fm_part_sync(&part, error);
    }
    if (status == FM_OK) {
        status = fm_part_publish(&part, error);
    }
    if (status != FM_OK) {
        fm_fail_within(error, "%s", path);
    }
    fm_part_clear(&part);
    return status;
}
