#ifndef FM_CLI_QUANTITY_H
#define FM_CLI_QUANTITY_H

#include <stddef.h>

/* Numbers as people say them. */
typedef struct quantity_text {
    char text[48];
} quantity_text;

quantity_text bytes_text(double bytes);      /* "12.3 MB" */
quantity_text duration_text(double seconds); /* "0.35 s", "2 min 5 s", "3 h 2 min" */
const char *plural(size_t n);                /* "" or "s" */

#endif
