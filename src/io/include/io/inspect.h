#ifndef FM_IO_INSPECT_H
#define FM_IO_INSPECT_H

#include <stdio.h>

#include "core/status.h"

/* What a model file (.vtx, .grd .nc .h5, .csv) or a result file contains, in a few
 * lines written to `stream`: kind, geometry, extent, nodes, range of speeds; or
 * sources, pairs, how many reached, range of times, what made it. */
fm_status fm_inspect(const char *path, FILE *stream, fm_error *error);

#endif
