#include "classic_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "folder_fixture.h"

const char *const classic_usual =
    "dimensions: z = 4; x = 5;\n"
    "variables: double z(z), x(x), speed(z, x);\n"
    "  speed:units = \"km/s\"; x:units = \"km\"; x:axis = \"X\";\n"
    "data: z = 1, 1.5, 2, 2.5; x = -2, 0, 2, 4, 6;\n"
    "  speed = 108, 110, 112, 114, 116, 113, 115, 117, 119, 121,\n"
    "          118, 120, 122, 124, 126, 123, 125, 127, 129, 131;\n";

const char *make_classic(const void *state, const char *kind, const char *text)
{
    char command[100];
    if (!folder_run(state, "command -v ncgen")) {
        skip();
    }
    FILE *file = fopen(folder_path(state, "g.cdl"), "w");
    assert_non_null(file);
    fprintf(file, "netcdf g {\n%s}\n", text);
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof command, "ncgen -k %s -o g.nc g.cdl", kind);
    assert_true(folder_run(state, command));
    return folder_path(state, "g.nc");
}
