/* A binary heap with a total order, so that what comes next never depends on the order
 * in which entries came. Room is reserved apart from pushing: a map makes sure of it
 * before it dispatches a task, and then a result can always be put away. */
#include "agenda.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

bool fm_agenda_reserve(fm_agenda *agenda, size_t n)
{
    if (n <= agenda->capacity) {
        return true;
    }
    if (n > SIZE_MAX / 2 / sizeof *agenda->entry) {
        return false;
    }
    size_t capacity = n < 2 * agenda->capacity ? 2 * agenda->capacity : n;
    void *grown = realloc(agenda->entry, capacity * sizeof *agenda->entry);
    if (!grown) {
        return false;
    }
    agenda->entry = grown;
    agenda->capacity = capacity;
    return true;
}

static bool before(fm_agenda_entry a, fm_agenda_entry b)
{
    return a.cost > b.cost || (a.cost == b.cost && a.index < b.index);
}

void fm_agenda_push(fm_agenda *agenda, fm_agenda_entry entry)
{
    assert(agenda->n < agenda->capacity);
    size_t hole = agenda->n++;
    while (hole > 0 && before(entry, agenda->entry[(hole - 1) / 2])) {
        agenda->entry[hole] = agenda->entry[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    agenda->entry[hole] = entry;
}

fm_agenda_entry fm_agenda_pop(fm_agenda *agenda)
{
    assert(agenda->n > 0);
    fm_agenda_entry first = agenda->entry[0];
    fm_agenda_entry last = agenda->entry[--agenda->n];
    size_t hole = 0, child = 1;
    while (child < agenda->n) {
        if (child + 1 < agenda->n &&
            before(agenda->entry[child + 1], agenda->entry[child])) {
            child++;
        }
        if (!before(agenda->entry[child], last)) {
            break;
        }
        agenda->entry[hole] = agenda->entry[child];
        hole = child;
        child = 2 * hole + 1;
    }
    agenda->entry[hole] = last;
    return first;
}

void fm_agenda_release(fm_agenda *agenda)
{
    free(agenda->entry);
    *agenda = (fm_agenda){0};
}
