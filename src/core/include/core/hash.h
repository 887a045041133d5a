#ifndef FM_CORE_HASH_H
#define FM_CORE_HASH_H

#include <stddef.h>

#include "core/status.h"

/* 128-bit XXH3 digests of content (models, surveys, jobs, shots), for provenance and
 * for noticing change. Not cryptographic. */

typedef struct fm_hash fm_hash;

enum { FM_HASH_TEXT = 33 }; /* 32 hexadecimal digits and the terminator */

fm_status fm_hash_create(fm_hash **hash, fm_error *error);
void fm_hash_destroy(fm_hash *hash); /* accepts NULL */
void fm_hash_add(fm_hash *hash, const void *bytes, size_t size);
void fm_hash_add_text(fm_hash *hash, const char *text); /* with its terminator */
void fm_hash_text(const fm_hash *hash, char text[FM_HASH_TEXT]);

#endif
