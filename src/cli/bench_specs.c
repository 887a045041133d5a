/* Which backends to compare, and the command line that runs a job on one of them.
 *
 * The bench knows of backends only what it cannot do without: that the ranks of MPI
 * are started by mpirun. Whether a spec makes sense, fm_pool_open says in the child. */
#include "bench_specs.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/number.h"
#include "parallel/pool.h"

static char *copy(const char *text, size_t length)
{
    char *made = malloc(length + 1);
    if (made) {
        memcpy(made, text, length);
        made[length] = '\0';
    }
    return made;
}

/* ---- the list ---- */

static fm_status add(bench_specs *specs, const char *text, size_t length,
                     fm_error *error)
{
    char *spec = copy(text, length);
    char **more = realloc(specs->spec, (specs->n + 1) * sizeof *more);
    if (more) {
        specs->spec = more;
    }
    if (!spec || !more) {
        free(spec);
        return fm_fail_memory(error, "the list of backends", (double)length);
    }
    specs->spec[specs->n++] = spec;
    return FM_OK;
}

fm_status bench_specs_add(bench_specs *specs, const char *spec, fm_error *error)
{
    return add(specs, spec, strlen(spec), error);
}

/* The length of the spec at the start of `text`, with the options behind it. */
static size_t spec_length(const char *text)
{
    size_t length = strcspn(text, ", ");
    while (text[length] == ',') {
        size_t piece = strcspn(text + length + 1, ", ");
        if (!memchr(text + length + 1, '=', piece)) {
            break;
        }
        length += 1 + piece;
    }
    return length;
}

fm_status bench_specs_add_list(bench_specs *specs, const char *list, fm_error *error)
{
    size_t before = specs->n;
    fm_status status = FM_OK;
    for (list += strspn(list, ", "); *list && status == FM_OK;
         list += strspn(list, ", ")) {
        size_t length = spec_length(list);
        status = add(specs, list, length, error);
        list += length;
    }
    if (status == FM_OK && specs->n == before) {
        return fm_fail(error, FM_BAD_INPUT, "--backends: the list is empty");
    }
    return status;
}

static fm_status add_numbered(bench_specs *specs, const char *name, size_t least,
                              size_t most, fm_error *error)
{
    fm_status status = FM_OK;
    for (size_t n = least; n <= most && status == FM_OK;) {
        char spec[64];
        snprintf(spec, sizeof spec, "%s:%zu", name, n);
        status = bench_specs_add(specs, spec, error);
        /* The last step goes to all processors, if those are no power of two. */
        n = n < most && 2 * n > most ? most : 2 * n;
    }
    return status;
}

fm_status bench_specs_add_usual(bench_specs *specs, size_t processors, bool mpi,
                                fm_error *error)
{
    fm_status status = bench_specs_add(specs, "serial", error);
    if (status == FM_OK) {
        status = add_numbered(specs, "threads", 1, processors, error);
    }
    if (status == FM_OK) {
        status = add_numbered(specs, "processes", 1, processors, error);
    }
    if (status == FM_OK && mpi) {
        status = add_numbered(specs, "mpi", 2, processors, error);
    }
    return status;
}

void bench_specs_clear(bench_specs *specs)
{
    for (size_t i = 0; i < specs->n; i++) {
        free(specs->spec[i]);
    }
    free(specs->spec);
    *specs = (bench_specs){0};
}

/* ---- the command line ---- */

bool bench_on_path(const char *program)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        char file[4096];
        int length = (int)strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%s", length, path, program);
        if (access(file, X_OK) == 0) {
            return true;
        }
        path += length + (path[length] == ':');
    }
    return false;
}

/* "mpi", "mpi:N", "mpi,..." and "mpi:N,...": N, all processors if there is none, and
 * the spec without it. */
static fm_status split_mpi(const char *spec, bench_command *command, fm_error *error)
{
    const char *rest = spec + strlen("mpi");
    const char *number = *rest == ':' ? rest + 1 : NULL;
    char all[32];
    snprintf(all, sizeof all, "%zu", fm_processors());
    size_t digits = number ? strcspn(number, ",") : 0;
    command->mpi = true;
    command->ranks = number ? copy(number, digits) : copy(all, strlen(all));
    rest += number ? digits + 1 : 0;
    size_t size = strlen("mpi") + strlen(rest) + 1;
    command->pool = malloc(size);
    if (!command->ranks || !command->pool) {
        return fm_fail_memory(error, "a command line", (double)size);
    }
    snprintf(command->pool, size, "mpi%s", rest);
    uint64_t ranks = 0;
    if (!fm_count_parse(command->ranks, &ranks) || ranks == 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the number of ranks must be a whole number from 1 on, not "
                       "\"%s\"",
                       command->ranks);
    }
    return FM_OK;
}

static bool is_mpi(const char *spec)
{
    return !strncmp(spec, "mpi", 3) && strchr(":,", spec[3]);
}

static fm_status split(const char *spec, bench_command *command, fm_error *error)
{
    if (is_mpi(spec)) {
        return split_mpi(spec, command, error);
    }
    command->pool = copy(spec, strlen(spec));
    return command->pool ? FM_OK : fm_fail_memory(error, "a command line", 1);
}

/* (The strings that exec takes are not const, but it does not write to them.) */
fm_status bench_command_make(const char *program, const char *const *args, size_t n,
                             const char *spec, bench_command *command, fm_error *error)
{
    *command = (bench_command){0};
    fm_status status = split(spec, command, error);
    if (status == FM_OK) {
        command->argv = calloc(n + 7, sizeof *command->argv);
        status = command->argv ? FM_OK : fm_fail_memory(error, "a command line", 1);
    }
    if (status != FM_OK) {
        bench_command_clear(command);
        return status;
    }
    char **next = command->argv;
    if (command->mpi) {
        *next++ = (char *)"mpirun";
        *next++ = (char *)"-n";
        *next++ = command->ranks;
    }
    *next++ = (char *)program;
    for (size_t i = 0; i < n; i++) {
        *next++ = (char *)args[i];
    }
    *next++ = (char *)"--backend";
    *next = command->pool;
    return FM_OK;
}

void bench_command_clear(bench_command *command)
{
    free(command->argv);
    free(command->ranks);
    free(command->pool);
    *command = (bench_command){0};
}
