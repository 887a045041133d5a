/* Large variables are not written through HDF5. On a full disk, or after an error, its
 * writes may report success for bytes that never arrive; pwrite at the place where HDF5
 * put the variable reports what happens, needs no open HDF5 file while the run lasts,
 * and costs nothing over writing a plain file. What HDF5 will make of it is checked at
 * the end: every slab is read through HDF5 and must give the digest noted when it was
 * handed in. That finds a slab written to the wrong place, cut short, or changed by
 * someone else; it reads mostly from the system's cache, so it cannot find a disk that
 * forgets what it acknowledged (fsync is what asks the disk). */
#include "slabs.h"

#include <stdlib.h>
#include <string.h>

fm_status fm_slabs_create(const char *name, fm_nc_type type, size_t n, size_t positions,
                          fm_nc_place place, fm_slabs *slabs, fm_error *error)
{
    *slabs = (fm_slabs){.name = name,
                        .type = type,
                        .offset = place.offset,
                        .n = n,
                        .size = (size_t)place.size / n,
                        .positions = positions};
    slabs->digest = calloc(n, sizeof *slabs->digest);
    if (!slabs->digest) {
        return fm_fail_memory(error, "digests", (double)(n * sizeof *slabs->digest));
    }
    return FM_OK;
}

void fm_slabs_clear(fm_slabs *slabs)
{
    free(slabs->digest);
    *slabs = (fm_slabs){0};
}

static fm_status digest(const void *bytes, size_t size, char text[FM_HASH_TEXT],
                        fm_error *error)
{
    fm_hash *hash;
    fm_status status = fm_hash_create(&hash, error);
    if (status == FM_OK) {
        fm_hash_add(hash, bytes, size);
        fm_hash_text(hash, text);
        fm_hash_destroy(hash);
    }
    return status;
}

uint64_t fm_slabs_offset(const fm_slabs *slabs, size_t i)
{
    return slabs->offset + (uint64_t)i * slabs->size;
}

fm_status fm_slabs_write(fm_slabs *slabs, const fm_part_file *part, size_t i,
                         const void *values, fm_error *error)
{
    fm_status status =
        fm_part_write(part, fm_slabs_offset(slabs, i), values, slabs->size, error);
    if (status == FM_OK) {
        status = digest(values, slabs->size, slabs->digest[i], error);
    }
    return status;
}

fm_status fm_slab_stream_begin(fm_slabs *slabs, const fm_part_file *part,
                               fm_slab_stream *stream, fm_error *error)
{
    *stream = (fm_slab_stream){.slabs = slabs, .part = part};
    return fm_hash_create(&stream->hash, error);
}

fm_status fm_slab_stream_put(fm_slab_stream *stream, const void *bytes, size_t size,
                             fm_error *error)
{
    uint64_t place = fm_slabs_offset(stream->slabs, 0) + stream->done;
    fm_status status = fm_part_write(stream->part, place, bytes, size, error);
    if (status == FM_OK) {
        fm_hash_add(stream->hash, bytes, size);
        stream->done += size;
    }
    return status;
}

void fm_slab_stream_end(fm_slab_stream *stream)
{
    if (stream->hash) {
        fm_hash_text(stream->hash, stream->slabs->digest[0]);
    }
    fm_hash_destroy(stream->hash);
    stream->hash = NULL;
}

bool fm_slabs_written(const fm_slabs *slabs, size_t i)
{
    return slabs->digest[i][0] != '\0';
}

/* The digest of slab i as it is read through HDF5, block by block. */
static fm_status digest_found(const fm_slabs *slabs, fm_nc *nc, size_t i, void *buffer,
                              char text[FM_HASH_TEXT], fm_error *error)
{
    fm_hash *hash;
    fm_status status = fm_hash_create(&hash, error);
    if (status != FM_OK) {
        return status;
    }
    size_t size = slabs->size / slabs->positions;
    size_t block = fm_nc_block(slabs->positions, size);
    for (size_t done = 0; done < slabs->positions; done += block) {
        size_t rest = slabs->positions - done;
        size_t some = rest < block ? rest : block;
        fm_nc_read_part(nc, slabs->name, slabs->type, i * slabs->positions + done, some,
                        buffer);
        fm_hash_add(hash, buffer, some * size);
    }
    fm_hash_text(hash, text);
    fm_hash_destroy(hash);
    return nc->error.status == FM_OK
               ? FM_OK
               : fm_fail(error, nc->error.status, "%s", nc->error.message);
}

static fm_status check_one(const fm_slabs *slabs, fm_nc *nc, size_t i, void *buffer,
                           fm_error *error)
{
    char found[FM_HASH_TEXT];
    fm_status status = digest_found(slabs, nc, i, buffer, found, error);
    if (status == FM_OK && strcmp(found, slabs->digest[i]) != 0) {
        status = fm_fail(error, FM_IO_FAILED,
                         "read back, part %zu of %zu of %s is not what was written",
                         i + 1, slabs->n, slabs->name);
    }
    return status;
}

fm_status fm_slabs_check(const fm_slabs *slabs, fm_nc *nc, fm_error *error)
{
    if (!slabs->name) {
        return FM_OK;
    }
    size_t position = slabs->size / slabs->positions;
    size_t size = position * fm_nc_block(slabs->positions, position);
    void *buffer = calloc(1, size);
    if (!buffer) {
        return fm_fail_memory(error, "reading back", (double)size);
    }
    fm_status status = FM_OK;
    for (size_t i = 0; i < slabs->n && status == FM_OK; i++) {
        status = check_one(slabs, nc, i, buffer, error);
    }
    free(buffer);
    return status;
}
