#ifndef FM_IO_SLABS_H
#define FM_IO_SLABS_H

#include "core/hash.h"
#include "netcdf.h"
#include "part_file.h"

/* A variable that is written piece by piece after the file has been laid out: where it
 * lies, and a digest of each piece to compare with when it is read back. */
typedef struct fm_slabs {
    const char *name; /* of the variable; NULL: this file has none */
    fm_nc_type type;
    uint64_t offset;              /* of the first slab */
    size_t n, size;               /* equal slabs along the first axis, bytes of each */
    size_t positions;             /* of a slab along that axis */
    char (*digest)[FM_HASH_TEXT]; /* [n]; empty text: not written yet */
} fm_slabs;

/* For a variable laid out at `place`, n slabs of so many positions. */
fm_status fm_slabs_create(const char *name, fm_nc_type type, size_t n, size_t positions,
                          fm_nc_place place, fm_slabs *slabs, fm_error *error);
void fm_slabs_clear(fm_slabs *slabs); /* a zeroed one is fine */

fm_status fm_slabs_write(fm_slabs *slabs, const fm_part_file *part, size_t i,
                         const void *values, fm_error *error);
uint64_t fm_slabs_offset(const fm_slabs *slabs, size_t i); /* in the file */
bool fm_slabs_written(const fm_slabs *slabs, size_t i);

/* The first slab, written in pieces one after the other. */
typedef struct fm_slab_stream {
    fm_slabs *slabs;
    const fm_part_file *part;
    fm_hash *hash;
    uint64_t done;
} fm_slab_stream;
fm_status fm_slab_stream_begin(fm_slabs *slabs, const fm_part_file *part,
                               fm_slab_stream *stream, fm_error *error);
fm_status fm_slab_stream_put(fm_slab_stream *stream, const void *bytes, size_t size,
                             fm_error *error);
void fm_slab_stream_end(fm_slab_stream *stream);

/* Read every slab through HDF5, as a reader of the file will, and compare digests. */
fm_status fm_slabs_check(const fm_slabs *slabs, fm_nc *nc, fm_error *error);

#endif
