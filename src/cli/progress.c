/* The time to go is weighted by the cost of the shots, longest first, so it does not
 * promise too much at the end. */
#include "progress.h"

#include <string.h>
#include <unistd.h>

enum { BAR = 40 };

progress_bar progress_open(bool quiet)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    return (progress_bar){.stream = quiet ? NULL : stderr,
                          .terminal = terminal,
                          .next_s = terminal ? 0.2 : 60};
}

typedef struct time_text {
    char text[32];
} time_text;

static time_text clock_text(double seconds)
{
    time_text t;
    unsigned long s = seconds < 1e9 ? (unsigned long)(seconds + 0.5) : 0;
    if (s >= 3600) {
        snprintf(t.text, sizeof t.text, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60,
                 s % 60);
    } else {
        snprintf(t.text, sizeof t.text, "%lu:%02lu", s / 60, s % 60);
    }
    return t;
}

static time_text time_to_go(const fm_progress *p)
{
    if (p->cost_done <= 0) {
        return (time_text){"?"};
    }
    return clock_text(p->elapsed_s * (p->cost_total - p->cost_done) / p->cost_done);
}

static double share_done(const fm_progress *p)
{
    return p->cost_total > 0 ? p->cost_done / p->cost_total : 0;
}

static void draw_bar(progress_bar *bar, const fm_progress *p)
{
    char line[BAR + 1];
    size_t full = (size_t)(share_done(p) * BAR);
    full = full > BAR ? BAR : full;
    memset(line, '#', full);
    memset(line + full, '.', BAR - full);
    line[BAR] = '\0';
    fprintf(bar->stream, "\r[%s] %zu/%zu shots, %s to go \033[K", line, p->done,
            p->total, time_to_go(p).text);
    fflush(bar->stream);
    bar->drawn = true;
}

static void write_line(progress_bar *bar, const fm_progress *p)
{
    fprintf(bar->stream, "fermat: %zu of %zu shots after %s, %s to go\n", p->done,
            p->total, clock_text(p->elapsed_s).text, time_to_go(p).text);
}

void progress_show(progress_bar *bar, const fm_progress *p)
{
    if (!bar->stream || p->elapsed_s < bar->next_s) {
        return;
    }
    if (bar->terminal) {
        draw_bar(bar, p);
    } else {
        write_line(bar, p);
    }
    bar->next_s = p->elapsed_s + (bar->terminal ? 0.2 : 60);
}

void progress_wipe(progress_bar *bar)
{
    if (bar->drawn) {
        fputs("\r\033[K", bar->stream);
        fflush(bar->stream);
        bar->drawn = false;
    }
}
