#include "fmst_fixture.h"

#include <stdio.h>
#include <string.h>

#include "read_fixture.h"

const char fmst_sources[] = "2\n  -10.5   111.25  0.0\n -11.0D0, 112.0 late\n";
const char fmst_receivers[] = "   3   receivers\n-10 110\n-12 113\n-11.5 112.5\n";
const char fmst_pairs[] = "1  30.5  0.25\n0 0.0 0.0\n1\n0\n0\n0  7.5 0.1\n";

static const char *const lines[] = {
    "cccccccccccccccccccccccccccccccccccccccc",
    "c INPUT PARAMETERS",
    "cccccccccccccccccccccccccccccccccccccccc",
    "sources.dat                    c: File containing source positions",
    "receivers.dat                  c: File containing receiver positions",
    "otimes.dat                     c: File containing associations",
    "gridc.vtx                      c: File containing velocity grid",
    "2     3                        c: Grid dicing in latitude and longitude",
    "1                              c: Apply source grid refinement?",
    "5     10                       c: Dicing level and extent",
    "6371.0                         c: Earth radius in km",
    "1                              c: Use first-order(0) or mixed-order(1)",
    "0.5                            c: Narrow band size",
    "cccccccccccccccccccccccccccccccccccccccc",
    "c OUTPUT FILES",
    "cccccccccccccccccccccccccccccccccccccccc",
    "1                              c: find traveltimes (0=no,1=yes)",
    "rtravel.out                   c: file of traveltimes",
    "1                              c: Calculate Frechet derivatives",
    "frechet.out                   c: file of Frechet derivatives",
    "2                              c: Write traveltime field to file?",
    "travelt.out                   c: file of the field",
    "-1                             c: Write out raypaths (<0=all)",
    "raypath.out                   c: file of raypaths",
};

const char *fmst_input(size_t number, const char *text)
{
    static char all[4096];
    all[0] = '\0';
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *line = i + 1 == number ? text : lines[i];
        if (line) {
            strcat(all, line);
            strcat(all, "\n");
        }
    }
    return all;
}

static void put_model(const void *state)
{
    char text[1024] = "3 4\n -10.0 110.0\n 1.0 1.0\n";
    for (int i = 0; i < 5 * 6; i++) {
        strcat(text, " 4.0  0.3\n");
    }
    put(state, "gridc.vtx", text);
}

const char *fmst_put(const void *state)
{
    put(state, "sources.dat", fmst_sources);
    put(state, "receivers.dat", fmst_receivers);
    put(state, "otimes.dat", fmst_pairs);
    put_model(state);
    return put(state, "fm2dss.in", fmst_input(0, NULL));
}
