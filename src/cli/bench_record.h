#ifndef FM_CLI_BENCH_RECORD_H
#define FM_CLI_BENCH_RECORD_H

#include <stdbool.h>
#include <stddef.h>

/* What the record of a run (NAME.run.json) tells about its time. */
typedef struct bench_record {
    double march_s; /* "elapsed_s": its marching phase */
    double shots_s; /* the sum of "seconds" over the shots */
    size_t shots;   /* that have one */
} bench_record;

/* False if there is no such file, or not these keys in it. */
bool bench_record_read(const char *path, bench_record *record);

#endif
