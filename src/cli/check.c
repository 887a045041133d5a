/* fermat check: what a user runs to trust an installation. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check/accuracy.h"
#include "cli.h"

/* What was asked for; finished: nothing more to do but return the status. */
typedef struct arguments {
    bool quick, finished;
    int status;
} arguments;

static arguments parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"quick", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'}, {0}};
    arguments parsed = {0};
    opterr = 0;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(cli_help("check"), stdout);
            return (arguments){.finished = true, .status = CLI_DONE};
        }
        if (option != 'q') {
            cli_complain("check does not know the option '%s'; see 'fermat help check'",
                         argv[optind - 1]);
            return (arguments){.finished = true, .status = CLI_BAD_INPUT};
        }
        parsed.quick = true;
    }
    if (optind < argc) {
        cli_complain("check takes no '%s'; see 'fermat help check'", argv[optind]);
        return (arguments){.finished = true, .status = CLI_BAD_INPUT};
    }
    return parsed;
}

static void print_heading(bool quick)
{
    puts("Mean error of the times relative to the mean time, against closed forms, on\n"
         "grids of n x n nodes; geometric mean over random sources (fixed seed).\n");
    printf("%-15s %-8s %-6s", "problem", "sources", "scheme");
    static const int grids[FM_ACCURACY_GRIDS] = {101, 201, 401, 801, 1001};
    for (int g = 0; g < (quick ? 3 : FM_ACCURACY_GRIDS); g++) {
        printf("  n = %-4d", grids[g]);
    }
    printf("  %-9s %5s %6s\n", "bound", "order", "bound");
}

static void print_series(const fm_accuracy_case *accuracy_case,
                         const fm_accuracy_series *series, bool quick)
{
    printf("%-15s %-8s %-6s", accuracy_case->problem,
           accuracy_case->on_node ? "on node" : "anywhere",
           accuracy_case->order == 1 ? "first" : "second");
    for (size_t g = 0; g < (quick ? 3U : FM_ACCURACY_GRIDS); g++) {
        if (g < series->grids) {
            printf("  %8.1e", series->error[g]);
        } else {
            printf("  %8s", "");
        }
    }
    printf("  <= %7.1e", series->largest_error);
    if (isinf(accuracy_case->least_order)) {
        printf(" %5s %6s", "-", "");
    } else {
        printf(" %5.2f >= %.1f", series->order, accuracy_case->least_order);
    }
    printf("  %s\n", series->passed ? "ok" : "WORSE THAN ITS BOUND");
    fflush(stdout);
}

static void print_formulas(void)
{
    size_t n;
    const fm_problem *problems = fm_problems(&n);
    puts("");
    for (size_t p = 0; p < n; p++) {
        printf("%-15s %s\n", problems[p].name, problems[p].formula);
    }
}

int cli_check(int argc, char **argv)
{
    arguments given = parse(argc, argv);
    if (given.finished) {
        return given.status;
    }
    size_t n;
    const fm_accuracy_case *cases = fm_accuracy_cases(&n);
    size_t passed = 0;
    print_heading(given.quick);
    for (size_t c = 0; c < n; c++) {
        fm_accuracy_series series;
        fm_error error;
        if (fm_accuracy_run(&cases[c], given.quick, &series, &error) != FM_OK) {
            cli_complain("%s: %s", cases[c].problem, error.message);
            return CLI_FAILED;
        }
        print_series(&cases[c], &series, given.quick);
        passed += series.passed;
    }
    print_formulas();
    printf("\n%zu of %zu within their bounds.\n", passed, n);
    return passed == n ? CLI_DONE : CLI_FAILED;
}
