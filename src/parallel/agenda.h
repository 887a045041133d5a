#ifndef FM_PARALLEL_AGENDA_H
#define FM_PARALLEL_AGENDA_H

#include <stdbool.h>
#include <stddef.h>

/* What comes next: entries leave by falling cost, those of equal cost by index. */
typedef struct fm_agenda_entry {
    double cost; /* not a NaN */
    size_t index;
    void *item;
} fm_agenda_entry;

typedef struct fm_agenda {
    fm_agenda_entry *entry; /* a binary heap */
    size_t n, capacity;
} fm_agenda;

/* Room for n entries in all; false without memory. */
bool fm_agenda_reserve(fm_agenda *agenda, size_t n);
void fm_agenda_push(fm_agenda *agenda, fm_agenda_entry entry); /* into reserved room */
fm_agenda_entry fm_agenda_pop(fm_agenda *agenda);              /* not if empty */
void fm_agenda_release(fm_agenda *agenda);

#endif
