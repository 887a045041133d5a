/* The time to go is weighted by the cost of the shots, longest first, so it does not
 * promise too much at the end. */
#include "progress.h"

#include <string.h>
#include <unistd.h>

enum { BAR = 40 };

/* How long a style waits, before it first speaks and each time afterwards. */
static double pause_s(progress_style style)
{
    return style == PROGRESS_LINES ? 60 : 0.2;
}

progress_bar progress_open(progress_style style, bool quiet)
{
    if (style == PROGRESS_DEFAULT && quiet) {
        style = PROGRESS_NONE;
    } else if (style == PROGRESS_DEFAULT) {
        style = isatty(STDERR_FILENO) == 1 ? PROGRESS_BAR : PROGRESS_LINES;
    }
    return (progress_bar){.stream = style == PROGRESS_NONE ? NULL : stderr,
                          .style = style,
                          .next_s = pause_s(style)};
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

/* Negative: not known yet. */
static double seconds_to_go(const fm_progress *p)
{
    return p->cost_done > 0
               ? p->elapsed_s * (p->cost_total - p->cost_done) / p->cost_done
               : -1;
}

static time_text time_to_go(const fm_progress *p)
{
    double seconds = seconds_to_go(p);
    return seconds < 0 ? (time_text){"?"} : clock_text(seconds);
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

static void write_json(progress_bar *bar, const fm_progress *p)
{
    char to_go[32] = "null";
    double seconds = seconds_to_go(p);
    if (seconds >= 0) {
        snprintf(to_go, sizeof to_go, "%.6g", seconds);
    }
    fprintf(bar->stream,
            "{\"done\": %zu, \"failed\": %zu, \"total\": %zu, \"fraction\": %.6g, "
            "\"elapsed_s\": %.6g, \"to_go_s\": %s}\n",
            p->done, p->failed, p->total, share_done(p), p->elapsed_s, to_go);
    fflush(bar->stream);
}

static void tell(progress_bar *bar, const fm_progress *p)
{
    if (bar->style == PROGRESS_BAR) {
        draw_bar(bar, p);
    } else if (bar->style == PROGRESS_JSON) {
        write_json(bar, p);
    } else {
        write_line(bar, p);
    }
}

void progress_show(progress_bar *bar, const fm_progress *p)
{
    if (!bar->stream) {
        return;
    }
    bar->last = *p;
    bar->behind = p->elapsed_s < bar->next_s;
    if (!bar->behind) {
        tell(bar, p);
        bar->next_s = p->elapsed_s + pause_s(bar->style);
    }
}

void progress_wipe(progress_bar *bar)
{
    if (bar->drawn) {
        fputs("\r\033[K", bar->stream);
        fflush(bar->stream);
        bar->drawn = false;
    }
}

void progress_close(progress_bar *bar)
{
    progress_wipe(bar);
    if (bar->style == PROGRESS_JSON && bar->behind) {
        tell(bar, &bar->last);
        bar->behind = false;
    }
}
