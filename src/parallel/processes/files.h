#ifndef FM_PARALLEL_FILES_H
#define FM_PARALLEL_FILES_H

#include <stdbool.h>

/* Descriptors that are never 0, 1 or 2, which belong to whoever prints. */

/* The same file at another number if need be, closed across exec; -1 and errno stay. */
int fm_file_raise(int file);
/* A pair of sockets, both raised; false: errno, and nothing is open. */
bool fm_file_pair(int type, int ends[2]);
/* Where one of the three is closed, put a file that is empty and cannot be written. */
void fm_file_fill_standard(void);

#endif
