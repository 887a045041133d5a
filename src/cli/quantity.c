/* Numbers as people say them: three digits and a unit. */
#include "quantity.h"

#include <stdio.h>

quantity_text bytes_text(double bytes)
{
    static const char *const unit[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    quantity_text t;
    size_t u = 0;
    while (bytes >= 999.5 && u + 1 < sizeof unit / sizeof *unit) {
        bytes /= 1000;
        u++;
    }
    snprintf(t.text, sizeof t.text, "%.3g %s", bytes, unit[u]);
    return t;
}

quantity_text duration_text(double seconds)
{
    quantity_text t;
    if (seconds < 99.5) {
        snprintf(t.text, sizeof t.text, "%.2g s", seconds);
    } else if (seconds < 3600) {
        unsigned whole = (unsigned)(seconds + 0.5);
        snprintf(t.text, sizeof t.text, "%u min %u s", whole / 60, whole % 60);
    } else {
        double minutes = seconds / 60;
        double hours = (double)(unsigned long)(minutes / 60);
        snprintf(t.text, sizeof t.text, "%.0f h %.0f min", hours, minutes - hours * 60);
    }
    return t;
}

const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}
