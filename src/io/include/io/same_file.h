#ifndef FM_IO_SAME_FILE_H
#define FM_IO_SAME_FILE_H

#include <stdbool.h>

/* Do two names mean one file, however they are spelled? Also of files that are not
 * there yet: then the folder must be one, and the name in it. NULL is no file. */
bool fm_same_file(const char *a, const char *b);

#endif
