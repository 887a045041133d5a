/* fermat info: what is in this file? */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "io/inspect.h"

int cli_info(int argc, char **argv)
{
    if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        fputs(cli_help("info"), stdout);
        return CLI_DONE;
    }
    if (argc != 2) {
        cli_complain("info takes one file, %d were given; see 'fermat help info'",
                     argc - 1);
        return CLI_BAD_INPUT;
    }
    if (argv[1][0] == '-') {
        cli_complain("info has no option '%s'; see 'fermat help info'", argv[1]);
        return CLI_BAD_INPUT;
    }
    fm_error error = {0};
    return fm_inspect(argv[1], stdout, &error) == FM_OK ? CLI_DONE : cli_refuse(&error);
}
