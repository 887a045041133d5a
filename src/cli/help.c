/* The help texts: first what to type, then what it means. */
#include <string.h>

#include "cli.h"

static const char program_help[] =
    "fermat computes first-arrival travel times of seismic waves.\n"
    "\n"
    "  fermat forward job.yaml         times from every source to its receivers\n"
    "  fermat info model.vtx           what a model or a result file contains\n"
    "  fermat check                    does this installation compute rightly?\n"
    "  fermat bench job.yaml           one job on several backends, measured\n"
    "\n"
    "  fermat help COMMAND             more about forward, info, check or bench\n"
    "  fermat --version\n"
    "\n"
    "Exit status: 0 done; 1 a computation or writing its result failed (no space on\n"
    "the disk, no memory); 2 something given to it cannot be used (the message says\n"
    "what and where).\n";

static const char forward_help[] =
    "fermat forward: march a wavefront from every source, write the travel times.\n"
    "\n"
    "  fermat forward job.yaml\n"
    "  fermat forward job.yaml --plan\n"
    "  fermat forward job.yaml -o other.h5 --set model.dice=[4,4]\n"
    "  fermat forward job.yaml --backend threads --workers 4 --quiet > /dev/null\n"
    "  fermat forward job.yaml --cache shots\n"
    "\n"
    "A job file names the model, the survey and what is wanted:\n"
    "\n"
    "  model:\n"
    "    file: australia.vtx      # .vtx, .grd .nc .h5, .csv; or constant:, gradient:\n"
    "    geometry: geographic     # cartesian | geographic | polar\n"
    "    dice: [8, 8]\n"
    "  survey:\n"
    "    sources: sources.csv\n"
    "    receivers: receivers.csv\n"
    "    pairs: pairs.csv         # optional; all pairs without it\n"
    "  want: [times, fields]     # also sum (mean and deviation over the sources),\n"
    "                            # rays, frechet, misfit, gradient, coverage\n"
    "  output: australia.h5\n"
    "\n"
    "Options\n"
    "  -o, --output FILE   the result file, instead of the job's `output`\n"
    "      --set KEY=VALUE change a key of the job for this run; may be repeated\n"
    "      --plan          say what the run would take; run and write nothing\n"
    "      --backend NAME  serial, threads:N, processes:N, mpi or auto (the default:\n"
    "                      mpi under mpirun, else threads on all processors it may\n"
    "                      use); also from $FERMAT_POOL. Under mpirun all but mpi run\n"
    "                      the job in every process. After a comma timeout=S (of "
    "a\n"
    "                      shot), for processes retries=N (when one dies),\n"
    "                      tasks-per-child=N and start=fork|forkserver|spawn, for mpi\n"
    "                      schedule=static (shots are scattered beforehand)\n"
    "      --workers N     how many workers (for mpi: mpirun -n N)\n"
    "      --workers-per-rank N  threads that march in each rank of mpi (default 1)\n"
    "      --grace S       seconds that running shots have to end when the run is\n"
    "                      interrupted (default 10; 0: as long as they need)\n"
    "      --cache DIR     keep each shot's result in this folder and march only what "
    "is\n"
    "                      not there yet: after a change of the survey, or an "
    "interruption\n"
    "      --progress=HOW  bar, lines (one a minute), json (an object a line on "
    "stderr,\n"
    "                      at most five a second, and a last one) or none; the "
    "default\n"
    "                      is a bar on a terminal and lines elsewhere\n"
    "  -q, --quiet         no report, no progress (unless --progress asks for it), "
    "only\n"
    "                      complaints\n"
    "  -h, --help\n"
    "\n"
    "The result is the same, byte for byte, whatever the backend and the workers.\n"
    "It appears under its name when it is complete; an existing file is kept until\n"
    "then. If single shots fail, the others are done, the result is written with the\n"
    "failed ones marked as such, and the exit status is 1; if all fail, nothing is\n"
    "written. Interrupted by Ctrl-C (SIGINT) or SIGTERM, it lets the running shots "
    "end\n"
    "and keeps what was done as FILE.part, the other shots marked as not done; "
    "FILE\n"
    "itself is left as it was. Interrupted again, it ends at once and keeps nothing.\n"
    "With --cache the next run continues where this one ended. mpirun passes SIGUSR1\n"
    "on (status 138, as elsewhere); of SIGINT or SIGTERM it makes SIGTERM and a "
    "second\n"
    "later SIGKILL: there running shots are given up, and mpirun's status is 1.\n"
    "\n"
    "Beside australia.h5 it writes australia.run.json, the record of the run: its\n"
    "command, host, time, workers, how each shot went, and every failure (beside\n"
    "australia.h5.part: australia.part.run.json).\n"
    "\n"
    "Exit status: 0 done; 1 the run or shots of it failed, or there is no space for\n"
    "its result, or its record could not be written (the result may be there); 2 the\n"
    "command line, the job or a file it names cannot be used (the output, too, if its\n"
    "folder is not there or may not be written); 130, 143, 138 ended by SIGINT,\n"
    "SIGTERM, SIGUSR1.\n";

static const char info_help[] =
    "fermat info: what a model or a result file contains, in a few lines.\n"
    "\n"
    "  fermat info australia.vtx\n"
    "  fermat info australia.h5\n"
    "\n"
    "It reads .vtx, .grd .nc .h5 and .csv models, and results of fermat forward, also\n"
    "what an interrupted run kept (.part).\n"
    "\n"
    "Exit status: 0 done; 2 the file cannot be read or is none of these.\n";

static const char check_help[] =
    "fermat check: does this installation compute rightly?\n"
    "\n"
    "  fermat check\n"
    "  fermat check --quick\n"
    "\n"
    "It marches problems whose answer is known in closed form, in all geometries, "
    "from\n"
    "random sources between the nodes, on a series of grids, and prints errors and\n"
    "orders of convergence beside their bounds.\n"
    "\n"
    "Options\n"
    "      --quick         smaller grids, a few seconds\n"
    "  -h, --help\n"
    "\n"
    "Exit status: 0 all within bounds; 1 something is worse than its bound;\n"
    "2 bad command line.\n";

static const char bench_help[] =
    "fermat bench: one job on several backends, measured.\n"
    "\n"
    "  fermat bench job.yaml\n"
    "  fermat bench job.yaml --backends serial,threads:1,threads:2 --csv speed.csv\n"
    "  fermat bench job.yaml --backend serial --backend processes:2,start=spawn\n"
    "  fermat bench --empty\n"
    "\n"
    "It runs the job on each backend, one after the other, then again, and prints for "
    "each\n"
    "the median time, the speed-up, the efficiency (speed-up a worker), the overhead "
    "a\n"
    "shot (time of the workers that no shot took), the peak memory of all its "
    "processes\n"
    "together, and whether the results are the same, byte for byte. Speed-up is "
    "against\n"
    "the first backend of the list. docs/bench.md tells how to read the table;\n"
    "scripts/plot draws the CSV file.\n"
    "\n"
    "Options\n"
    "      --backends LIST backends separated by commas or blanks; what has a '=' "
    "belongs\n"
    "                      to the one before it. Default: serial; threads and "
    "processes\n"
    "                      at 1, 2, 4 ... workers up to the processors; mpi as well "
    "if\n"
    "                      there is mpirun\n"
    "      --backend SPEC  one backend, as for forward; may be repeated. mpi:N is "
    "forward\n"
    "                      --backend mpi under mpirun -n N\n"
    "      --repeat N      rounds (3)\n"
    "      --csv FILE      write the table as CSV, too\n"
    "      --set KEY=VALUE change a key of the job; may be repeated\n"
    "      --empty         no job: tasks that do nothing, microseconds each and a "
    "second\n"
    "  -h, --help\n"
    "\n"
    "A backend that cannot be had is a row that says why. Results go to a temporary\n"
    "folder beside FILE, or in $TMPDIR, which is removed.\n"
    "\n"
    "Exit status: 0 done; 1 a run failed, or results differ; 2 the command line or "
    "the\n"
    "job cannot be used, or none of the backends can be had; 129, 130, 143 ended by\n"
    "SIGHUP, SIGINT, SIGTERM.\n";

const char *cli_help(const char *command)
{
    if (!command) {
        return program_help;
    }
    static const struct {
        const char *command, *text;
    } texts[] = {{"forward", forward_help},
                 {"info", info_help},
                 {"check", check_help},
                 {"bench", bench_help}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(command, texts[i].command) == 0) {
            return texts[i].text;
        }
    }
    return "";
}
