#ifndef FM_CLI_STANDARD_H
#define FM_CLI_STANDARD_H

#include <stdbool.h>

/* Where standard input, output or error is closed, put a file that is empty and cannot
 * be written; false if there is none. */
bool standard_files_fill(void);

#endif
