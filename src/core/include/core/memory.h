#ifndef FM_CORE_MEMORY_H
#define FM_CORE_MEMORY_H

#include <stddef.h>

/* Uninitialised memory for a large array, to be given back with free(); NULL when there
 * is none. Where the system has huge pages they are asked for: an array of a gigabyte
 * that is read here and there then costs far fewer misses of the address tables. */
void *fm_large_alloc(size_t bytes);

#endif
