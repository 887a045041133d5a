/* Rows as they come go to the end of the spool, first part before second; what is kept
 * in memory is where each begins, 16 bytes a row. In the end they are read in their
 * order, through a buffer of a megabyte. */
#include "ragged.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 1 << 20 };

fm_status fm_ragged_create(size_t nrows, size_t width0, size_t width1, fm_spool *spool,
                           fm_ragged *ragged, fm_error *error)
{
    *ragged = (fm_ragged){.nrows = nrows, .width = {width0, width1}, .spool = spool};
    ragged->size = calloc(nrows + 1, sizeof *ragged->size);
    ragged->place = calloc(nrows + 1, sizeof *ragged->place);
    if (!ragged->size || !ragged->place) {
        fm_ragged_clear(ragged);
        return fm_fail_memory(error, "the places of rows", 16.0 * (double)nrows);
    }
    return FM_OK;
}

void fm_ragged_clear(fm_ragged *ragged)
{
    free(ragged->size);
    free(ragged->place);
    *ragged = (fm_ragged){0};
}

fm_status fm_ragged_add(fm_ragged *ragged, size_t row, size_t n, const void *part0,
                        const void *part1, fm_error *error)
{
    uint64_t ignored;
    fm_status status = fm_spool_append(ragged->spool, part0, n * ragged->width[0],
                                       &ragged->place[row], error);
    if (status == FM_OK) {
        status = fm_spool_append(ragged->spool, part1, n * ragged->width[1], &ignored,
                                 error);
    }
    if (status == FM_OK) {
        ragged->size[row] = (int64_t)n;
        ragged->total += n;
    }
    return status;
}

/* From the spool to the file, by way of a buffer. */
typedef struct pouring {
    fm_slab_stream stream;
    unsigned char *buffer;
    size_t used;
} pouring;

static fm_status empty(pouring *p, fm_error *error)
{
    fm_status status = fm_slab_stream_put(&p->stream, p->buffer, p->used, error);
    p->used = 0;
    return status;
}

/* A row may be larger than the buffer. */
static fm_status pour(pouring *p, const fm_spool *spool, uint64_t place, size_t size,
                      fm_error *error)
{
    fm_status status = FM_OK;
    while (size > 0 && status == FM_OK) {
        size_t room = BUFFER_BYTES - p->used, some = size < room ? size : room;
        status = fm_spool_read(spool, place, p->buffer + p->used, some, error);
        p->used += some;
        place += some;
        size -= some;
        if (status == FM_OK && p->used == BUFFER_BYTES) {
            status = empty(p, error);
        }
    }
    return status;
}

fm_status fm_ragged_write(const fm_ragged *ragged, size_t part, fm_slabs *slabs,
                          const fm_part_file *file, fm_error *error)
{
    pouring p = {.buffer = malloc(BUFFER_BYTES)};
    if (!p.buffer) {
        return fm_fail_memory(error, "writing rows", BUFFER_BYTES);
    }
    size_t width = ragged->width[part];
    fm_status status = fm_slab_stream_begin(slabs, file, &p.stream, error);
    for (size_t row = 0; row < ragged->nrows && status == FM_OK; row++) {
        size_t n = (size_t)ragged->size[row];
        uint64_t before = part > 0 ? n * ragged->width[0] : 0;
        status = pour(&p, ragged->spool, ragged->place[row] + before, n * width, error);
    }
    if (status == FM_OK) {
        status = empty(&p, error);
    }
    fm_slab_stream_end(&p.stream);
    free(p.buffer);
    return status;
}
