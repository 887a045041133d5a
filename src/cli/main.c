/* fermat: the program. It hands the command line to the command it names. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "cli.h"
#include "core/version.h"
#include "parallel/pool.h"
#include "standard.h"

void cli_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs("fermat: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static int status_of(const fm_error *error)
{
    return error->status == FM_BAD_INPUT || error->status == FM_IO_FAILED
               ? CLI_BAD_INPUT
               : CLI_FAILED;
}

int cli_refuse(const fm_error *error)
{
    cli_complain("%s", error->message);
    return status_of(error);
}

/* mpirun ends all at the first that fails, and that must not be before rank 0 has said
 * what is wrong: the others let it go first. */
int cli_refuse_alike(const fm_error *error)
{
    if (fm_pool_rank() == 0) {
        return cli_refuse(error);
    }
    sleep(1);
    return status_of(error);
}

static int help(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : NULL;
    const char *text = cli_help(command);
    if (argc > 2 || text[0] == '\0') {
        cli_complain("there is no help on '%s'; 'fermat help' lists the commands",
                     argc > 2 ? argv[2] : command);
        return CLI_BAD_INPUT;
    }
    fputs(text, stdout);
    return CLI_DONE;
}

static int version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("fermat %s\n", fm_version());
    return CLI_DONE;
}

typedef struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    {"forward", cli_forward},
    {"fmst", cli_fmst},
    {"check", cli_check},
    {"info", cli_info},
    {"bench", cli_bench},
    {"help", help},
    {"--help", help},
    {"-h", help},
    {"version", version},
    {"--version", version},
    {"bench-empty", cli_bench_empty},
};

static int run_command(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[0], commands[i].name) == 0) {
            return commands[i].run(argc, argv);
        }
    }
    fm_error error = {0};
    fm_fail(&error, FM_BAD_INPUT,
            "there is no command '%s'; 'fermat help' lists the commands", argv[0]);
    return cli_refuse_alike(&error);
}

static int run_program(int argc, char **argv)
{
    if (argc < 2) {
        fputs(cli_help(NULL), stderr);
        return CLI_BAD_INPUT;
    }
    int status = run_command(argc - 1, argv + 1);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == CLI_DONE) {
        cli_complain("cannot write to standard output: %s", strerror(errno));
        return CLI_FAILED;
    }
    return status;
}

int main(int argc, char **argv)
{
    if (!standard_files_fill()) {
        return CLI_FAILED; /* where would that be told? */
    }
    fm_kernel table[CLI_KERNELS];
    fm_pool_serve(cli_kernels(table)); /* this may be a worker process of a pool */
    return run_program(argc, argv);
}
