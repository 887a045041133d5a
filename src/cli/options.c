/* The command line of the commands that run a job, read with getopt_long, but with our
 * own messages: getopt's do not say where to look further. */
#include "options.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"
#include "parallel/pool.h"

enum {
    OPTION_SET = 256,
    OPTION_PLAN,
    OPTION_BACKEND,
    OPTION_WORKERS,
    OPTION_WORKERS_PER_RANK,
    OPTION_PROGRESS,
    OPTION_GRACE,
    OPTION_CACHE
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"set", required_argument, NULL, OPTION_SET},
    {"plan", no_argument, NULL, OPTION_PLAN},
    {"backend", required_argument, NULL, OPTION_BACKEND},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"workers-per-rank", required_argument, NULL, OPTION_WORKERS_PER_RANK},
    {"grace", required_argument, NULL, OPTION_GRACE},
    {"progress", required_argument, NULL, OPTION_PROGRESS},
    {"cache", required_argument, NULL, OPTION_CACHE},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const double grace_s = 10; /* unless told */

/* What options said, before it is put together. */
typedef struct words {
    const char *output, *backend, *workers, *workers_per_rank;
} words;

static bool is_fmst(const forward_options *options)
{
    return strcmp(options->name, "fmst") == 0;
}

static fm_status refuse_option(int option, char **argv, const forward_options *options,
                               fm_error *error)
{
    const char *word = argv[optind - 1], *name = options->name;
    if (option == ':') {
        return fm_fail(error, FM_BAD_INPUT,
                       "option '%s' needs a value; see 'fermat help %s'", word, name);
    }
    if (optopt > 0 && optopt < OPTION_SET && strncmp(word, "--", 2) != 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s has no option '-%c'; see 'fermat help %s'", name, optopt,
                       name);
    }
    if (optopt > 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "option '%s': it takes no value; see 'fermat help %s'", word,
                       name);
    }
    return fm_fail(error, FM_BAD_INPUT, "%s has no option '%s'; see 'fermat help %s'",
                   name, word, name);
}

static fm_status take_set(forward_options *options, fm_error *error)
{
    if (is_fmst(options)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "fmst has no option '--set': all that can be set stands in the "
                       "24 lines of its file; see 'fermat help fmst'");
    }
    options->set[options->nset++] = optarg;
    return FM_OK;
}

static fm_status take_progress(forward_options *options, fm_error *error)
{
    static const struct {
        const char *name;
        progress_style style;
    } styles[] = {{"bar", PROGRESS_BAR},
                  {"lines", PROGRESS_LINES},
                  {"json", PROGRESS_JSON},
                  {"none", PROGRESS_NONE}};
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        if (strcmp(optarg, styles[i].name) == 0) {
            options->progress = styles[i].style;
            return FM_OK;
        }
    }
    return fm_fail(error, FM_BAD_INPUT,
                   "--progress %s: it can be bar, lines, json or none", optarg);
}

static fm_status take_grace(forward_options *options, fm_error *error)
{
    if (fm_number_parse(optarg, &options->grace_s) && options->grace_s >= 0) {
        return FM_OK;
    }
    return fm_fail(error, FM_BAD_INPUT,
                   "--grace %s: a number of seconds is needed, 0 for as long as it "
                   "takes",
                   optarg);
}

static fm_status take_option(int option, char **argv, forward_options *options,
                             words *said, fm_error *error)
{
    switch (option) {
    case 'o':
        said->output = optarg;
        return FM_OK;
    case OPTION_SET:
        return take_set(options, error);
    case OPTION_PLAN:
        options->plan = true;
        return FM_OK;
    case OPTION_BACKEND:
        said->backend = optarg;
        return FM_OK;
    case OPTION_WORKERS:
        said->workers = optarg;
        return FM_OK;
    case OPTION_WORKERS_PER_RANK:
        said->workers_per_rank = optarg;
        return FM_OK;
    case OPTION_GRACE:
        return take_grace(options, error);
    case OPTION_PROGRESS:
        return take_progress(options, error);
    case OPTION_CACHE:
        options->cache = optarg;
        return optarg[0] != '\0' ? FM_OK
                                 : fm_fail(error, FM_BAD_INPUT,
                                           "--cache: the folder's name is empty");
    case 'q':
        options->quiet = true;
        return FM_OK;
    case 'h':
        options->help = true;
        return FM_OK;
    default:
        return refuse_option(option, argv, options, error);
    }
}

static fm_status take_job(int argc, char **argv, forward_options *options,
                          fm_error *error)
{
    const char *name = options->name;
    const char *kind = is_fmst(options) ? "file fm2dss.in" : "job file";
    if (options->help) {
        return FM_OK;
    }
    if (optind == argc) {
        return fm_fail(error, FM_BAD_INPUT, "%s needs a %s; see 'fermat help %s'", name,
                       kind, name);
    }
    if (argc - optind > 1) {
        return fm_fail(
            error, FM_BAD_INPUT,
            "%s takes one %s, but after '%s' there is '%s'; see 'fermat help "
            "%s'",
            name, kind, argv[optind], argv[optind + 1], name);
    }
    options->job = argv[optind];
    return FM_OK;
}

/* The backend's word when options say no other. */
static const char *implied_backend(const words *said)
{
    if (said->workers_per_rank) {
        return "mpi";
    }
    return said->workers ? "threads" : "auto";
}

/* The backend that --workers is for; a number alone means threads. */
static bool is_mpi(const words *said)
{
    const char *backend = said->backend ? said->backend : implied_backend(said);
    size_t name = strcspn(backend, ",");
    bool chosen = !said->backend || (name == 4 && !strncmp(backend, "auto", name));
    return (name == 3 && !strncmp(backend, "mpi", name)) ||
           (chosen && fm_pool_under_mpirun());
}

static fm_status check_workers(const words *said, fm_error *error)
{
    uint64_t n = 0;
    if (!fm_count_parse(said->workers, &n) || n == 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "--workers %s: a whole number from 1 on is needed",
                       said->workers);
    }
    if (said->backend && strchr(said->backend, ':')) {
        return fm_fail(error, FM_BAD_INPUT,
                       "--backend %s and --workers %s both say how many workers; give "
                       "one of them",
                       said->backend, said->workers);
    }
    if (is_mpi(said)) {
        return fm_fail(
            error, FM_BAD_INPUT,
            "--workers %s: with mpi the workers are the ranks, and mpirun -n "
            "says how many; --workers-per-rank N puts N threads into each",
            said->workers);
    }
    if (said->backend && strcmp(said->backend, "serial") == 0 && n != 1) {
        return fm_fail(error, FM_BAD_INPUT,
                       "--workers %s: the serial backend has one worker; use --backend "
                       "threads",
                       said->workers);
    }
    return FM_OK;
}

/* --output is an override like any other, and comes last. */
static fm_status join_output(const words *said, forward_options *options,
                             fm_error *error)
{
    if (!said->output) {
        return FM_OK;
    }
    if (said->output[0] == '\0') {
        return fm_fail(error, FM_BAD_INPUT, "--output: the file's name is empty");
    }
    size_t size = strlen("output=") + strlen(said->output) + 1;
    options->output = said->output;
    options->set_output = malloc(size);
    if (!options->set_output) {
        return fm_fail_memory(error, "the command line", (double)size);
    }
    snprintf(options->set_output, size, "output=%s", said->output);
    options->set[options->nset++] = options->set_output;
    return FM_OK;
}

/* `threads,timeout=9` and 4 become "threads:4,timeout=9"; a number alone means threads,
 * a number of workers in each rank mpi. */
static fm_status join_pool(const words *said, forward_options *options, fm_error *error)
{
    if (said->workers) {
        fm_status status = check_workers(said, error);
        if (status != FM_OK) {
            return status;
        }
    }
    if (!said->backend && !said->workers && !said->workers_per_rank) {
        return FM_OK;
    }
    const char *backend = said->backend ? said->backend : implied_backend(said);
    bool alone = !said->workers || strcmp(backend, "serial") == 0;
    if (!alone && strcmp(backend, "auto") == 0) {
        backend = "threads";
    }
    const char *workers = alone ? "" : said->workers;
    const char *per_rank = said->workers_per_rank ? said->workers_per_rank : "";
    const char *option = said->workers_per_rank ? ",workers-per-rank=" : "";
    int name = (int)strcspn(backend, ",");
    size_t size = strlen(backend) + strlen(workers) + strlen(option) + strlen(per_rank);
    size += sizeof ":";
    options->pool = malloc(size);
    if (!options->pool) {
        return fm_fail_memory(error, "the command line", (double)size);
    }
    snprintf(options->pool, size, "%.*s%s%s%s%s%s", name, backend, alone ? "" : ":",
             workers, backend + name, option, per_rank);
    return FM_OK;
}

static fm_status take_words(int argc, char **argv, forward_options *options,
                            words *said, fm_error *error)
{
    opterr = 0;
    optind = 1;
    fm_status status = FM_OK;
    while (status == FM_OK) {
        int option = getopt_long(argc, argv, ":o:qh", long_options, NULL);
        if (option == -1) {
            break;
        }
        status = take_option(option, argv, options, said, error);
    }
    return status == FM_OK ? take_job(argc, argv, options, error) : status;
}

/* Before getopt, which changes the order of the words. */
static void keep_command(int argc, char **argv, forward_options *options)
{
    options->command[options->ncommand++] = "fermat";
    for (int i = 0; i < argc; i++) {
        options->command[options->ncommand++] = argv[i];
    }
}

fm_status forward_options_read(int argc, char **argv, forward_options *options,
                               fm_error *error)
{
    *options = (forward_options){.name = argv[0], .grace_s = grace_s};
    options->set = calloc((size_t)argc + 1, sizeof *options->set);
    options->command = calloc((size_t)argc + 1, sizeof *options->command);
    if (!options->set || !options->command) {
        forward_options_clear(options);
        return fm_fail_memory(error, "the command line", (double)argc);
    }
    keep_command(argc, argv, options);
    words said = {0};
    fm_status status = take_words(argc, argv, options, &said, error);
    if (status == FM_OK) {
        status = join_output(&said, options, error);
    }
    if (status == FM_OK) {
        status = join_pool(&said, options, error);
    }
    if (status != FM_OK) {
        forward_options_clear(options);
    }
    return status;
}

void forward_options_clear(forward_options *options)
{
    free(options->set);
    free(options->command);
    free(options->set_output);
    free(options->pool);
    *options = (forward_options){0};
}
