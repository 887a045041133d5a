#ifndef FM_CLI_BENCH_MEMORY_H
#define FM_CLI_BENCH_MEMORY_H

#include <sys/types.h>

/* The proportional set size of a process and all its descendants at this moment, bytes:
 * pages that several processes map are shared out among them, so the sum counts each
 * page once. 0 if the kernel does not tell. */
double bench_memory_now(pid_t process);

#endif
