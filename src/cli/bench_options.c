/* The command line of `fermat bench`. */
#include "bench_options.h"

#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/number.h"

enum { REPEAT = 3, MOST_REPEATS = 1000 };
enum {
    OPTION_BACKEND = 256,
    OPTION_BACKENDS,
    OPTION_CSV,
    OPTION_EMPTY,
    OPTION_REPEAT,
    OPTION_SET
};

static const struct option long_options[] = {
    {"backend", required_argument, NULL, OPTION_BACKEND},
    {"backends", required_argument, NULL, OPTION_BACKENDS},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"empty", no_argument, NULL, OPTION_EMPTY},
    {"repeat", required_argument, NULL, OPTION_REPEAT},
    {"set", required_argument, NULL, OPTION_SET},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char see[] = "see 'fermat help bench'";

static fm_status refuse_option(int option, char **argv, fm_error *error)
{
    const char *word = argv[optind - 1];
    if (option == ':') {
        return fm_fail(error, FM_BAD_INPUT, "option '%s' needs a value; %s", word, see);
    }
    if (optopt >= OPTION_BACKEND) {
        return fm_fail(error, FM_BAD_INPUT, "option '%s': it takes no value; %s", word,
                       see);
    }
    return fm_fail(error, FM_BAD_INPUT, "bench has no option '%s'; %s", word, see);
}

static fm_status take_repeat(const char *text, size_t *repeat, fm_error *error)
{
    uint64_t n = 0;
    if (!fm_count_parse(text, &n) || n == 0 || n > MOST_REPEATS) {
        return fm_fail(error, FM_BAD_INPUT,
                       "--repeat %s: a whole number from 1 to %d is needed", text,
                       MOST_REPEATS);
    }
    *repeat = (size_t)n;
    return FM_OK;
}

/* The file is written when all is measured, and to replace a folder or a device would
 * fail only then, or worse, succeed. */
static fm_status take_csv(const char *path, bench_options *options, fm_error *error)
{
    struct stat found;
    if (path[0] == '\0' || (stat(path, &found) == 0 && !S_ISREG(found.st_mode))) {
        return fm_fail(error, FM_BAD_INPUT, "--csv %s: this is not the name of a file",
                       path);
    }
    options->csv = path;
    return FM_OK;
}

static fm_status take_option(int option, char **argv, bench_options *options,
                             fm_error *error)
{
    switch (option) {
    case OPTION_BACKEND:
        return bench_specs_add(&options->specs, optarg, error);
    case OPTION_BACKENDS:
        return bench_specs_add_list(&options->specs, optarg, error);
    case OPTION_CSV:
        return take_csv(optarg, options, error);
    case OPTION_EMPTY:
        options->empty = true;
        return FM_OK;
    case OPTION_REPEAT:
        return take_repeat(optarg, &options->repeat, error);
    case OPTION_SET:
        options->set[options->nset++] = optarg;
        return FM_OK;
    case 'h':
        options->help = true;
        return FM_OK;
    default:
        return refuse_option(option, argv, error);
    }
}

static fm_status take_job(int argc, char **argv, bench_options *options,
                          fm_error *error)
{
    if (optind < argc) {
        options->job = argv[optind];
    }
    if (options->empty && (options->job || options->nset)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "--empty measures empty tasks and takes no job (%s); %s",
                       options->job ? options->job : "--set", see);
    }
    if (!options->empty && !options->job) {
        return fm_fail(error, FM_BAD_INPUT, "bench needs a job file, or --empty; %s",
                       see);
    }
    if (argc - optind > 1) {
        return fm_fail(error, FM_BAD_INPUT,
                       "bench takes one job file, but after '%s' there is '%s'; %s",
                       argv[optind], argv[optind + 1], see);
    }
    return FM_OK;
}

fm_status bench_options_read(int argc, char **argv, bench_options *options,
                             fm_error *error)
{
    *options = (bench_options){.repeat = REPEAT};
    options->set = calloc((size_t)argc + 1, sizeof *options->set);
    fm_status status = options->set ? FM_OK : fm_fail_memory(error, "options", argc);
    opterr = 0;
    optind = 1;
    while (status == FM_OK) {
        int option = getopt_long(argc, argv, ":h", long_options, NULL);
        if (option == -1) {
            break;
        }
        status = take_option(option, argv, options, error);
    }
    if (status == FM_OK && !options->help) {
        status = take_job(argc, argv, options, error);
    }
    if (status != FM_OK) {
        bench_options_clear(options);
    }
    return status;
}

void bench_options_clear(bench_options *options)
{
    bench_specs_clear(&options->specs);
    free(options->set);
    *options = (bench_options){0};
}
