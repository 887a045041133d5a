#ifndef FM_CLI_CLI_H
#define FM_CLI_CLI_H

#include "core/status.h"

/* The commands. Each gets its own word as argv[0] and returns the exit status. */
int cli_forward(int argc, char **argv);
int cli_fmst(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_info(int argc, char **argv);
int cli_bench(int argc, char **argv);

/* The help of a command, or of the program for NULL; "" if there is no such command. */
const char *cli_help(const char *command);

/* Exit statuses: done; the computation or the writing of its result failed; what the
 * user gave (command line, job, model, survey, output name) cannot be used. A run that
 * a signal ended exits with 128 + the signal's number, as the shell does. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_BAD_INPUT = 2 };

/* "fermat: ..." and a new line, to stderr. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Complain of an error met while reading what the user gave, and give the exit status:
 * a file that cannot be read is bad input as well. */
int cli_refuse(const fm_error *error);
/* The same for what every rank under mpirun finds alike, on the command line or in the
 * opening of the pool: rank 0 says it, and all have the same exit status. */
int cli_refuse_alike(const fm_error *error);

#endif
