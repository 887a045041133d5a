/* A thin coat over xxHash, so that only this file knows which hash it is. */
#include "core/hash.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* An fm_hash is the XXH3 state itself, under our name. */
static XXH3_state_t *state_of(fm_hash *hash)
{
    return (XXH3_state_t *)hash;
}

fm_status fm_hash_create(fm_hash **hash, fm_error *error)
{
    XXH3_state_t *state = XXH3_createState();
    *hash = (fm_hash *)state;
    if (!state) {
        return fm_fail_memory(error, "a hash", 512);
    }
    XXH3_128bits_reset(state);
    return FM_OK;
}

void fm_hash_destroy(fm_hash *hash)
{
    XXH3_freeState(state_of(hash));
}

void fm_hash_add(fm_hash *hash, const void *bytes, size_t size)
{
    XXH3_128bits_update(state_of(hash), bytes, size);
}

void fm_hash_add_text(fm_hash *hash, const char *text)
{
    fm_hash_add(hash, text, strlen(text) + 1);
}

void fm_hash_text(const fm_hash *hash, char text[FM_HASH_TEXT])
{
    XXH128_hash_t digest = XXH3_128bits_digest((const XXH3_state_t *)hash);
    snprintf(text, FM_HASH_TEXT, "%016llx%016llx", (unsigned long long)digest.high64,
             (unsigned long long)digest.low64);
}
